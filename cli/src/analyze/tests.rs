use super::*;
use recscope_analyzer::remarks;
use recscope_analyzer::report::{Finding, Stream};
use serde_json::{Value, json};

/// A report as JSON: fields that are added to it later need no change here.
fn report(name: &str, kind: &str, rest: &Value) -> Report {
    let mut report = json!({
        "schema": "recscope.report/1",
        "file": { "name": name, "bytes": 94_848, "kind": kind, "compression": null },
        "status": "whole",
        "warnings": [],
    });
    merge(&mut report, rest);
    serde_json::from_value(report).unwrap()
}

fn merge(into: &mut Value, from: &Value) {
    for (key, value) in from.as_object().unwrap() {
        into[key] = value.clone();
    }
}

fn call(id: usize, changes: &Value) -> Value {
    let mut call = json!({
        "id": id, "call_id": "a@192.0.2.1", "from": "sip:1000@192.0.2.1", "to": "sip:2000@192.0.2.2",
        "state": "completed", "status": 200, "start": 1_700_000_000.5, "setup_ms": 120.0,
        "duration_ms": 10_000.0, "messages": 8, "retransmissions": 0, "streams": [],
    });
    merge(&mut call, changes);
    call
}

fn stream(id: usize, src: &str, dst: &str, changes: &Value) -> Value {
    let mut stream = json!({
        "id": id, "call": 0, "ssrc": format!("0x1234abc{id}"), "src": src, "dst": dst,
        "payload_types": [0, 101], "codec": "PCMU", "clock": 8000,
        "first": 1_700_000_001.0, "last": 1_700_000_012.0, "packets": 551, "expected": 551,
        "lost": 0, "lost_percent": 0.0, "duplicates": 0, "out_of_order": 0,
        "delta_ms": { "min": 16.3, "mean": 20.0, "max": 22.1 },
        "jitter_ms": { "min": 0.2, "mean": 1.0, "max": 1.5 },
        "mos": 4.41, "dtmf": "12#", "segments": 1, "encrypted": false,
    });
    merge(&mut stream, changes);
    stream
}

fn capture(undecoded: &Value) -> Value {
    json!({
        "packets": 1_110, "first": 1_700_000_000.0, "last": 1_700_000_012.5,
        "link_types": ["ETHERNET"], "undecoded": undecoded,
        "fragments_reassembled": 0, "tcp_gaps": 0,
    })
}

fn problem(kind: &str, severity: &str, text: &str, packets: &[u64]) -> Value {
    json!({ "kind": kind, "severity": severity, "text": text, "stream": 0, "packets": packets })
}

fn good_call() -> Report {
    let none = json!({});
    let rest = json!({
        "capture": capture(&none),
        "calls": [call(0, &json!({ "streams": [0, 1] }))],
        "streams": [
            stream(0, "192.0.2.1:20000", "192.0.2.2:30000", &none),
            stream(1, "192.0.2.2:30000", "192.0.2.1:20000", &none),
        ],
    });
    report("call.pcap", "pcap", &rest)
}

/// One of everything that can be wrong with a capture.
fn bad_calls() -> Report {
    let failed = json!({
        "state": "failed", "status": 486, "reason": "486 Busy Here",
        "setup_ms": null, "duration_ms": null,
    });
    let lossy = json!({
        "packets": 533, "lost": 18, "lost_percent": 3.2, "mos": 2.9,
        "jitter_ms": { "min": 0.0, "mean": 12.0, "max": 48.25 },
        "rtcp": {
            "reports": 2, "lost": 20, "worst_loss_percent": 4.5, "max_jitter_ms": null,
            "round_trip_ms": { "min": 80.0, "mean": 200.0, "max": 420.0 }, "mos": null,
        },
    });
    let secret = json!({ "call": null, "codec": "", "mos": null, "encrypted": true });
    let rest = json!({
        "status": "damaged",
        "capture": capture(&json!({ "arp": 2 })),
        "calls": [
            call(0, &failed),
            call(1, &json!({ "retransmissions": 3, "streams": [0] })),
            call(2, &json!({ "state": "established" })),
        ],
        "streams": [
            stream(0, "192.0.2.1:20000", "192.0.2.2:30000", &lossy),
            stream(1, "[2001:db8::1]:20000", "[2001:db8::2]:30000", &secret),
        ],
        "recording_sessions": [{
            "method": "server", "state": "idle", "start": 1_700_000_003.0, "end": 1_700_000_004.0,
            "extension": "1000", "phone": "192.0.2.1", "recorder": "192.0.2.9:10000",
            "codec": "G729", "control": [3, 4], "streams": [], "result": "failed",
            "reason": "unsupported_codec",
        }],
        "problems": [
            problem("no-media", "hint", "call 2 was answered, but the capture has none of its media", &[]),
            problem("loss", "fault", "stream 0 lost 18 of 551 packets (3.2 %)", &[7, 9, 40, 44]),
            problem("jitter", "hint", "stream 0 had a jitter of up to 48.2 ms", &[88]),
            problem("encrypted", "hint", "stream 1 is encrypted (SRTP) and cannot be heard", &[1]),
        ],
        "warnings": [{
            "offset": 94_800, "layer": "pcap",
            "message": "the last packet is cut: 20 of 214 bytes are there\u{1b}[2J",
        }],
    });
    report("call.pcap", "pcap", &rest)
}

fn recording() -> Report {
    let rest = json!({ "recording": {
        "codec": "PCMU", "rtp_len": 172, "increment": 160, "data_size": 94_772,
        "byte_order": "little", "blocks": 551, "rtp_headers": "present", "certainty": 1.0,
        "sample_rate": 8000, "channels": 1, "duration_ms": 11_020.0, "lost": 3,
        "gaps": [{ "at_ms": 1_000.0, "ms": 60.0 }],
        "repairs": ["dataSize was 0 and is taken from the file"],
        "peak_dbfs": -3.1, "rms_dbfs": -20.2, "silence_percent": 12.0,
    }});
    report("Record_20261122091500.wav", "phone-recording", &rest)
}

/// The summary without its terminal styles.
fn shown(report: &Report, width: Option<usize>) -> String {
    anstream::adapter::strip_str(&Summary { report, width }.to_string()).to_string()
}

#[test]
fn summaries_read_as_before() {
    insta::assert_snapshot!("good_call", shown(&good_call(), None));
    insta::assert_snapshot!("bad_calls", shown(&bad_calls(), None));
    insta::assert_snapshot!("recording", shown(&recording(), None));
}

#[test]
fn a_summary_keeps_to_the_terminal() {
    for width in [80, 100, 130] {
        let text = shown(&good_call(), Some(width));
        assert!(text.lines().all(|line| line.chars().count() <= width), "{width}: {text}");
        assert!(text.contains("192.0.2.1:20000") && text.contains("551"), "{width}: {text}");
    }
    insta::assert_snapshot!("narrow", shown(&good_call(), Some(80)));
}

#[test]
fn nothing_from_a_file_steers_the_terminal() {
    let text = shown(&bad_calls(), None);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}

#[test]
fn long_tables_and_lists_are_cut_and_say_so() {
    let mut report = good_call();
    let first: Stream = report.streams.remove(0);
    report.streams = vec![first; 150];
    report.warnings = vec![Finding { offset: 1, layer: "ip".into(), message: "odd".into() }; 25];
    report.warnings_omitted = 75;
    let text = shown(&report, None);
    assert!(text.contains("… and 50 more"), "{text}");
    assert!(text.contains("… and 80 more"), "{text}");
}

#[test]
fn many_remarks_alike_are_summed_up() {
    let loss = |id: usize| {
        let text = format!("stream {id} lost 5 of 50 packets (10.0 %)");
        serde_json::from_value(problem("loss", "fault", &text, &[3])).unwrap()
    };
    let mut report = good_call();
    report.problems = (0..800).map(loss).collect();
    report.problems_omitted = 3;
    let text = remarks(&report).into_iter().map(|remark| remark.text).collect::<Vec<_>>();
    assert_eq!(text.len(), 7);
    assert_eq!(text[0], "stream 0 lost 5 of 50 packets (10.0 %), packet 3");
    assert!(text[5].ends_with("packet 3 (and 794 more like it)"), "{}", text[5]);
    assert_eq!(text[6], "3 further problems are left out");
    report.problems.truncate(6);
    assert!(remarks(&report).iter().all(|remark| !remark.text.contains("more like it")));
}

#[test]
fn more_packets_than_were_sent_are_no_negative_loss() {
    let mut report = good_call();
    report.streams[0].lost = -2;
    assert!(!shown(&report, None).contains("-2"));
}

#[test]
fn reports_are_printed_as_an_array_or_a_line_each() {
    let print_all = |form| {
        let mut out = Vec::new();
        for (index, report) in [good_call(), recording()].iter().enumerate() {
            print(&mut out, report, form, index == 0).unwrap();
        }
        String::from_utf8(out).unwrap()
    };
    let array: Vec<Report> = serde_json::from_str(&(print_all(Form::Json) + "]")).unwrap();
    assert_eq!(array, [good_call(), recording()]);
    let lines = print_all(Form::Ndjson);
    let lines: Vec<Report> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, array);
}
