//! What the sample captures have, each read and judged.

use crate::analyse;
use crate::rewrite::{public_samples, testdata};
use recscope_analyzer::report::ProblemKind::{
    self, Duplicates, NoMedia, SsrcChange, UnannouncedMedia,
};
use recscope_core::rtp::statistics::Rule;
use std::path::Path;

/// The problems of every capture that has any. All others have none.
///
/// Not in it, though one might look for them: recorders' calls (`sip-rtp-*`) have media one way
/// because their SDP says so; `rtp-protocol.pcap` has pauses in which one side sends comfort noise;
/// `sip.pcap` has a jitter of up to 12 ms, which jitter buffers take up.
const PROBLEMS: &[(&str, &[ProblemKind])] = &[
    // Echo test of which only the signalling was captured.
    ("DTMFsipinfo.pcap", &[NoMedia]),
    // Behind one address are two DECT handsets; their media goes over a base station that SDP does
    // not name.
    ("SIP_DTMF2.cap", &[UnannouncedMedia]),
    // The codec changes by re-INVITE, and the sender begins a new stream.
    ("codec-negotiation.pcap", &[SsrcChange, SsrcChange]),
    ("register-invite-reinvite-bye.pcap", &[SsrcChange, SsrcChange]),
    // The sender repeats the end of the key press with the sequence number of the packet before.
    ("dtmf_2833_0.pcap", &[Duplicates]),
    ("dtmf_2833_1.pcap", &[Duplicates]),
    ("dtmf_2833_2.pcap", &[Duplicates]),
    ("dtmf_2833_3.pcap", &[Duplicates]),
    ("dtmf_2833_4.pcap", &[Duplicates]),
    ("dtmf_2833_5.pcap", &[Duplicates]),
    ("dtmf_2833_6.pcap", &[Duplicates]),
    ("dtmf_2833_7.pcap", &[Duplicates]),
    ("dtmf_2833_8.pcap", &[Duplicates]),
    ("dtmf_2833_9.pcap", &[Duplicates]),
    ("dtmf_2833_pound.pcap", &[Duplicates]),
    ("dtmf_2833_star.pcap", &[Duplicates]),
];

/// The keys pressed in captures by name.
const DIGITS: &[(&str, &str)] = &[
    ("SIP_DTMF2.cap", "6789123"),
    ("dtmf_2833_0.pcap", "0"),
    ("dtmf_2833_pound.pcap", "#"),
    ("dtmf_2833_star.pcap", "*"),
    ("ulaw-2013785496.pcap", "2013785496"),
];

fn check(folder: &Path) {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.extension().is_none_or(|kind| kind == "md") {
            continue;
        }
        let file = std::fs::read(&path).expect("readable");
        let analysis = analyse(&file, Rule::default());
        let report = analysis.report();
        let expected = PROBLEMS.iter().find(|(named, _)| *named == name);
        let expected = expected.map_or(&[][..], |(_, kinds)| kinds);
        assert_eq!(crate::kinds(report), expected, "{name}: {:#?}", report.problems);
        if let Some((_, digits)) = DIGITS.iter().find(|(named, _)| *named == name) {
            let pressed: String = report.streams.iter().map(|s| s.dtmf.as_str()).collect();
            assert_eq!(pressed, *digits, "{name}");
        }
        seen += 1;
    }
    assert!(seen >= 3, "{} holds no captures", folder.display());
}

#[test]
fn our_own_captures_have_no_problem() {
    check(&testdata().join("captures"));
}

#[test]
fn captures_of_others_have_the_problems_they_have() {
    if let Some(public) = public_samples() {
        check(&public.join("captures"));
    }
}
