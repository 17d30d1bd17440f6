use super::{call, recording, recscope};
use recscope_flow::{Flow, Item};
use std::ffi::OsStr;
use std::fs;

fn flow(arguments: &[&str]) -> super::Run {
    let file = call();
    let mut all: Vec<&OsStr> = vec!["flow".as_ref(), file.as_os_str()];
    all.extend(arguments.iter().map(|argument| OsStr::new(*argument)));
    recscope(all)
}

#[test]
fn a_ladder_of_the_whole_call() {
    let run = flow(&[]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    // Times are those of the file; the words in their order are what matters here.
    let mut text = run.text();
    for expected in ["INVITE (SDP)", "180 Ringing", "200 ", "ACK", "RTP PCMU, 551 packets", "BYE"] {
        let (_, rest) =
            text.split_once(expected).unwrap_or_else(|| panic!("{expected}: {}", run.text()));
        text = rest;
    }
}

#[test]
fn every_format_shows_the_same_messages() {
    let json = flow(&["--call", "0", "--format", "json"]);
    let data: Flow = serde_json::from_slice(&json.stdout).unwrap();
    assert!(data.items.len() >= 8);
    let svg = flow(&["--call", "0", "--format", "svg"]);
    assert!(svg.text().starts_with("<svg ") && svg.text().ends_with("</svg>\n"));
    assert_eq!(svg.text().matches("data-index=").count(), data.items.len());
    let mermaid = flow(&["--call", "0", "--format", "mermaid"]);
    assert!(mermaid.text().starts_with("sequenceDiagram\n"));
    assert!(mermaid.text().contains(": INVITE (SDP)\n"));
}

#[test]
fn a_flow_goes_to_a_file_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("call.svg");
    let run = flow(&["--format", "svg", "-o", out.to_str().unwrap()]);
    assert_eq!((run.status, run.stdout.len()), (0, 0));
    assert!(fs::read_to_string(&out).unwrap().starts_with("<svg "));
}

#[test]
fn the_other_legs_of_a_call_come_when_asked_for() {
    let file = super::testdata("legs/two-legs.pcap");
    let arrows = |more: &[&str]| {
        let mut arguments: Vec<&OsStr> = vec!["flow".as_ref(), file.as_os_str()];
        arguments.extend(["--format", "json"].map(OsStr::new));
        arguments.extend(more.iter().map(|argument| OsStr::new(*argument)));
        let run = recscope(arguments);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        let flow: Flow = serde_json::from_slice(&run.stdout).unwrap();
        flow.items.iter().filter(|item| matches!(item, Item::Message(_))).count()
    };
    assert_eq!(arrows(&["--call", "0"]), 8);
    assert_eq!(arrows(&["--call", "0", "--with-legs"]), 16);
}

#[test]
fn what_is_not_there_is_said_so() {
    let transaction = flow(&["--transaction", "0"]);
    assert_eq!(transaction.status, 2);
    let says = transaction.complaint();
    assert!(says.ends_with("has no transaction 0: it has none at all"), "{says}");
    assert_ne!(flow(&["--with-legs"]).status, 0, "legs of which call?");
    let none = flow(&["--call", "7"]);
    assert_eq!(none.status, 2);
    let says = none.complaint();
    assert!(says.ends_with("call-pcmu.pcap has no call 7: the only one is call 0"), "{says}");
    let recording = recscope(["flow".as_ref(), recording().as_os_str()]);
    assert_eq!(recording.status, 2);
    assert!(recording.complaint().contains("it holds no messages to draw"), "{}", recording.stderr);
}
