//! Captures of others are read without a warning that does not hold.

use crate::files::{analyse, analyse_surveyed};
use recscope_analyzer::report::{MessageProtocol, Status};
use recscope_core::sdp::Session;
use recscope_core::sip::Message;
use std::path::PathBuf;

/// The warnings there are, with how often, and why they hold.
const WARNED: [(&str, usize, &str); 2] = [
    // Their statistics blocks count ten dropped packets for each interface (isb_ifdrop).
    ("test013.pcapng", 1, "the capturing side lost 10 packets on interface"),
    ("test014.pcapng", 3, "the capturing side lost 10 packets on interface"),
];

fn samples() -> Vec<PathBuf> {
    let root = std::env::var_os("RECSCOPE_SAMPLES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples"),
        PathBuf::from,
    );
    let folder = root.join("public/captures");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no samples at {} (set RECSCOPE_SAMPLES)", folder.display());
        return Vec::new();
    };
    entries.map(|entry| entry.expect("the folder can be listed").path()).collect()
}

#[test]
fn captures_of_others_are_read_whole_and_without_idle_warnings() {
    for path in samples() {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let capture = std::fs::read(&path).expect("a sample");
        let analysis = analyse(&capture);
        let report = analysis.report();
        assert_eq!((report.status, &report.error), (Status::Whole, &None), "{name}");
        assert_eq!(analyse_surveyed(&capture, 1 << 20).report(), report, "{name}");
        let expected = WARNED.iter().find(|(warned, ..)| *warned == name);
        let (count, text) = expected.map_or((0, ""), |(_, count, text)| (*count, *text));
        assert_eq!(report.warnings.len(), count, "{name}: {:?}", report.warnings);
        for warning in &report.warnings {
            assert!(warning.message.starts_with(text), "{name}: {}", warning.message);
        }
        for (index, message) in report.messages.iter().enumerate() {
            if message.protocol != MessageProtocol::Sip {
                continue;
            }
            let detail = analysis.message(index).expect("it was kept");
            let sip = Message::parse(&detail.raw).expect("it was read").message;
            if let Some((_, sdp)) = sip.sdp() {
                assert!(Session::parse(sdp).is_ok(), "{name}, packet {}", message.packet);
            }
            // Everything in SIP belongs to something.
            assert!(message.call.is_some() || message.transaction.is_some(), "{name}: {message:?}");
        }
    }
}
