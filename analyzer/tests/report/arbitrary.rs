//! Whatever the bytes are: no panic, and chunks change nothing.

use crate::files::{analyse, analyse_in, hear, testdata};
use proptest::prelude::*;
use recscope_analyzer::{Analysis, AudioRequest, FlowScope};

/// Asks everything that can be asked.
fn ask_all(bytes: &[u8], analysis: &Analysis) {
    let _ = analysis.flow(FlowScope::All);
    let _ = analysis.recording_fields();
    let report = analysis.report();
    for index in 0..report.messages.len() {
        let _ = analysis.message(index);
    }
    for index in 0..report.recording_sessions.len() {
        let _ = analysis.flow(FlowScope::Session(index));
    }
    let requests = (0..report.streams.len())
        .map(AudioRequest::Stream)
        .chain((0..report.calls.len()).map(AudioRequest::Call))
        .chain([AudioRequest::Recording]);
    for request in requests {
        if let Ok(extraction) = analysis.audio(request) {
            let _ = hear(bytes, extraction).to_wav();
        }
    }
}

/// The beginning of a file of each kind, for bytes to be changed in.
fn starts() -> Vec<Vec<u8>> {
    let capture = testdata("captures/call-pcmu.pcap");
    let recording = testdata("recordings/Record_20261122091500.wav");
    vec![capture[..8000].to_vec(), recording[..4000].to_vec()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        ask_all(&bytes, &analyse(&bytes));
    }

    #[test]
    fn changed_files_never_panic_and_chunks_change_nothing(
        kind in 0usize..2,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = starts().swap_remove(kind);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file.truncate(cut.index(file.len()) + 1);
        let analysis = analyse(&file);
        let byte_by_byte = analyse_in(&file, 1);
        prop_assert_eq!(analysis.report(), byte_by_byte.report());
        ask_all(&file, &analysis);
    }
}
