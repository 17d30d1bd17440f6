//! tshark on every capture.

use super::finished;
use recscope_flow::Protocol;
use recscope_simulator::Run;
use recscope_simulator::trace::StepKind;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// Whether the environment says to do without peers; says so on stderr.
fn is_left_out() -> bool {
    let off = std::env::var_os("RECSCOPE_NO_PEERS").is_some_and(|value| value == "1");
    if off {
        eprintln!("skipped: RECSCOPE_NO_PEERS=1, so nothing is compared with tshark");
    }
    off
}

/// Fields of every packet, as tshark reads the run's capture.
fn tshark(run: &Run, folder: &std::path::Path, fields: &[&str]) -> Vec<Vec<String>> {
    let path = folder.join(format!("{}.pcap", run.scenario().id));
    let capture = run.world().capture().expect("captures are asked for");
    fs::write(&path, capture.bytes()).expect("a folder of our own");
    let mut command = Command::new("tshark");
    command.args(["-n", "--enable-heuristic", "rtp_udp", "-o", "ip.check_checksum:TRUE"]);
    command.args(["-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]);
    command.args(["-T", "fields", "-E", "separator=|", "-r"]).arg(&path);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot run tshark ({error}): install it, or set RECSCOPE_NO_PEERS=1")
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

#[test]
fn tshark_finds_nothing_malformed_and_decodes_every_protocol() {
    if is_left_out() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    for run in finished() {
        let id = &run.scenario().id;
        let fields = [
            "_ws.malformed",
            "ip.checksum.status",
            "udp.checksum.status",
            "tcp.checksum.status",
            "sip.CSeq",
            "sdp.version",
            "rtp.ssrc",
            "http.chat",
        ];
        let rows = tshark(run, folder.path(), &fields);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (number, row) in rows.iter().enumerate() {
            let [malformed, ip, udp, tcp, sip, sdp, rtp, http] = row.as_slice() else {
                panic!("{id}: {row:?}");
            };
            let number = number + 1;
            assert!(malformed.is_empty(), "{id}: packet {number} is malformed");
            // 1 is good; what a packet does not have is empty.
            for status in [ip, udp, tcp] {
                assert!(matches!(status.as_str(), "1" | ""), "{id}: packet {number}: {status}");
            }
            let found = [("SIP", sip), ("SDP", sdp), ("RTP", rtp), ("HTTP", http)];
            for (name, _) in found.into_iter().filter(|(_, field)| !field.is_empty()) {
                *counts.entry(name).or_default() += 1;
            }
        }
        let capture = run.world().capture().expect("captures are asked for");
        assert_eq!(rows.len() as u64, capture.packets(), "{id}");
        let streams = run.trace().streams().iter();
        let rtp: u64 = streams.map(|s| s.packets - s.lost + s.duplicated).sum();
        assert_eq!(counts.get("RTP").copied().unwrap_or(0) as u64, rtp, "{id}: RTP");
        let arrived = |protocol: Protocol| {
            let steps = run.trace().steps().iter();
            let arrived = steps.filter_map(|step| match &step.kind {
                StepKind::Message(message) if message.arrived.is_some() => Some(message),
                _ => None,
            });
            let arrived = arrived.filter(|message| message.protocol() == protocol);
            arrived.map(|message| 1 + message.repeats as usize).sum::<usize>()
        };
        assert_eq!(counts.get("SIP").copied().unwrap_or(0), arrived(Protocol::Sip), "{id}: SIP");
        assert_eq!(counts.get("HTTP").copied().unwrap_or(0), arrived(Protocol::Http), "{id}: HTTP");
    }
}
