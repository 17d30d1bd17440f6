use super::remarks::{Weight, remarks};
use super::*;
use recscope_analyzer::report::{
    Call, CallState, Capture, File, FileKind, Finding, Gap, Recording, RecordingMethod,
    RecordingResult, RecordingSession, Spread, Status, Stream,
};

fn empty(name: &str, kind: FileKind) -> Report {
    let file = File { name: name.into(), bytes: 94_848, kind, compression: None };
    Report { file, status: Status::Whole, error: None, ..unopened(Path::new(name), String::new()) }
}

fn call(id: usize, state: CallState, streams: &[usize]) -> Call {
    Call {
        id,
        call_id: format!("{id}@192.0.2.1"),
        from: "sip:1000@192.0.2.1".into(),
        to: "sip:2000@192.0.2.2".into(),
        state,
        status: Some(200),
        reason: String::new(),
        start: 1_700_000_000.5,
        setup_ms: Some(120.0),
        duration_ms: Some(10_000.0),
        messages: 8,
        retransmissions: 0,
        streams: streams.to_vec(),
    }
}

fn stream(id: usize, src: &str, dst: &str) -> Stream {
    Stream {
        id,
        call: Some(0),
        ssrc: format!("0x1234abc{id}"),
        src: src.into(),
        dst: dst.into(),
        payload_types: vec![0, 101],
        codec: "PCMU".into(),
        clock: 8000,
        first: 1_700_000_001.0,
        last: 1_700_000_012.0,
        packets: 551,
        expected: 551,
        lost: 0,
        lost_percent: 0.0,
        duplicates: 0,
        out_of_order: 0,
        delta_ms: Spread { min: 16.3, mean: 20.0, max: 22.1 },
        jitter_ms: Spread { min: 0.2, mean: 1.0, max: 1.5 },
        mos: Some(4.41),
        dtmf: "12#".into(),
        segments: 1,
        encrypted: false,
    }
}

fn good_call() -> Report {
    Report {
        capture: Some(Capture {
            packets: 1_110,
            first: Some(1_700_000_000.0),
            last: Some(1_700_000_012.5),
            link_types: vec!["ETHERNET".into()],
            ..Capture::default()
        }),
        calls: vec![call(0, CallState::Completed, &[0, 1])],
        streams: vec![
            stream(0, "192.0.2.1:20000", "192.0.2.2:30000"),
            stream(1, "192.0.2.2:30000", "192.0.2.1:20000"),
        ],
        ..empty("call.pcap", FileKind::Pcap)
    }
}

/// One of everything that can be wrong with a capture.
fn bad_calls() -> Report {
    let mut report = good_call();
    report.status = Status::Damaged;
    report.calls = vec![
        Call {
            state: CallState::Failed,
            status: Some(486),
            reason: "486 Busy Here".into(),
            setup_ms: None,
            duration_ms: None,
            ..call(0, CallState::Failed, &[])
        },
        Call { retransmissions: 3, ..call(1, CallState::Completed, &[0]) },
        call(2, CallState::Established, &[]),
    ];
    report.streams = vec![
        Stream {
            lost: 18,
            lost_percent: 3.2,
            mos: Some(2.9),
            jitter_ms: Spread { min: 0.0, mean: 12.0, max: 48.25 },
            ..stream(0, "192.0.2.1:20000", "192.0.2.2:30000")
        },
        Stream {
            call: None,
            codec: String::new(),
            mos: None,
            encrypted: true,
            ..stream(1, "[2001:db8::1]:20000", "[2001:db8::2]:30000")
        },
    ];
    report.recording_sessions = vec![RecordingSession {
        method: RecordingMethod::Server,
        state: "idle".into(),
        start: 1_700_000_003.0,
        end: Some(1_700_000_004.0),
        extension: "1000".into(),
        phone: "192.0.2.1".into(),
        recorder: "192.0.2.9:10000".into(),
        codec: "G729".into(),
        control: vec![3, 4],
        streams: Vec::new(),
        result: RecordingResult::Failed,
        reason: "unsupported_codec".into(),
    }];
    if let Some(capture) = &mut report.capture {
        capture.undecoded.insert("ARP".into(), 2);
    }
    report.warnings = vec![Finding {
        offset: 94_800,
        layer: "pcap".into(),
        message: "the last packet is cut: 20 of 214 bytes are there\u{1b}[2J".into(),
    }];
    report
}

fn recording() -> Report {
    Report {
        recording: Some(Recording {
            codec: "PCMU".into(),
            rtp_len: Some(172),
            increment: Some(160),
            data_size: 94_772,
            byte_order: "little".into(),
            blocks: Some(551),
            rtp_headers: Some("present".into()),
            certainty: Some(1.0),
            sample_rate: 8000,
            channels: 1,
            duration_ms: 11_020.0,
            lost: 3,
            gaps: vec![Gap { at_ms: 1_000.0, ms: 60.0 }],
            repairs: vec!["dataSize was 0 and is taken from the file".into()],
            peak_dbfs: Some(-3.1),
            rms_dbfs: Some(-20.2),
            silence_percent: Some(12.0),
        }),
        ..empty("Record_20261122091500.wav", FileKind::PhoneRecording)
    }
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
    let text = shown(&good_call(), Some(130));
    assert!(text.lines().all(|line| line.chars().count() <= 130), "{text}");
}

#[test]
fn nothing_from_a_file_steers_the_terminal() {
    let text = shown(&bad_calls(), None);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}

#[test]
fn long_tables_and_lists_are_cut_and_say_so() {
    let mut report = good_call();
    let stream = report.streams.remove(0);
    report.streams = vec![stream; 150];
    report.warnings = vec![Finding { offset: 1, layer: "ip".into(), message: "odd".into() }; 25];
    report.warnings_omitted = 75;
    let text = shown(&report, None);
    assert!(text.contains("… and 50 more"), "{text}");
    assert!(text.contains("… and 80 more"), "{text}");
}

#[test]
fn media_one_way_is_a_fault_and_both_ways_is_not() {
    let faults = |report: &Report| {
        let faults = remarks(report).into_iter().filter(|remark| remark.weight == Weight::Fault);
        faults.map(|remark| remark.text).collect::<Vec<_>>()
    };
    let mut report = good_call();
    assert!(faults(&report).is_empty());
    report.streams.truncate(1);
    assert_eq!(faults(&report), ["call 0 has media one way only, from 192.0.2.1"]);
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
