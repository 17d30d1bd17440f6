//! The sample messages that stay where they are.

use crate::wire::assert_round_trip;
use recscope_core::sdp::Session;
use recscope_core::sip::Message;
use std::path::PathBuf;

/// The folder of samples, if it is there: `RECSCOPE_SAMPLES`, or beside the workspace.
pub(crate) fn samples() -> Option<PathBuf> {
    let given = std::env::var_os("RECSCOPE_SAMPLES").map(PathBuf::from);
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    let folder = given.unwrap_or_else(beside);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no samples at {} (set RECSCOPE_SAMPLES)", folder.display());
    None
}

/// What is wrong with a sample: its name, and each finding in words.
const FLAWED: [(&str, &[&str]); 2] = [
    ("ipv6-bad", &["sip: expected a host name or address, IPv6 in brackets at offset 13"]),
    (
        "ipv6-bug-abnf-3-colons",
        &[
            "sip: expected a host name or address, IPv6 in brackets at offset 18",
            "sip: expected a host name or address, IPv6 in brackets at offset 63",
        ],
    ),
];

#[test]
fn every_sample_message_is_read_and_the_flawed_ones_say_why() {
    let Some(folder) = samples() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.join("public/sip")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let parsed = Message::parse(&bytes).unwrap();
        assert_round_trip(&parsed.message);
        let mut findings: Vec<_> = parsed.message.check().iter().map(ToString::to_string).collect();
        // The files' own lengths count a line end more than they hold.
        for warning in parsed.warnings {
            let text = warning.to_string();
            assert!(text.contains("the body"), "{name}: {text}");
            findings.retain(|finding| *finding != text);
        }
        let expected = FLAWED.iter().find(|(flawed, _)| *flawed == name).map_or(&[][..], |f| f.1);
        assert_eq!(findings, expected, "{name}");
        if let Some((_, sdp)) = parsed.message.sdp() {
            Session::parse(sdp).unwrap();
        }
        seen += 1;
    }
    assert!(seen >= FLAWED.len(), "{seen} messages");
}
