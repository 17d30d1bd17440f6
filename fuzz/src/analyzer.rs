//! Whole files.

use crate::cutting::pieces;
use recscope_analyzer::{
    Analysis, Analyzer, Audio, AudioRequest, Extraction, FlowScope, Options, remarks,
};
use std::iter::once;

/// A file of any kind: the findings are the same however it is cut, all that can be asked about
/// them has an answer, and what is kept follows from the limits.
pub fn analyzer(bytes: &[u8]) {
    let whole = analyse(bytes, once(bytes));
    let in_pieces = analyse(bytes, pieces(bytes));
    assert_eq!(in_pieces.report(), whole.report());
    assert_eq!(in_pieces.flow(FlowScope::All), whole.flow(FlowScope::All));

    let report = whole.report();
    assert_eq!(report.file.bytes, bytes.len() as u64);
    assert!(report.warnings.len() <= limits().warnings as usize);
    assert!(report.streams.len() <= limits().rtp_streams as usize);
    assert!(report.messages.len() <= limits().messages as usize);
    ask_all(bytes, &whole);
}

/// Small enough for short files to reach them.
fn limits() -> recscope_core::Limits {
    let mut limits = recscope_core::Limits::default();
    limits.warnings = 16;
    limits.rtp_streams = 8;
    limits.messages = 32;
    limits.message_bytes = 16 * 1024;
    limits.tcp_flows = 4;
    limits.audio_samples = 64 * 1024;
    limits
}

fn analyse<'a>(bytes: &[u8], pieces: impl Iterator<Item = &'a [u8]>) -> Analysis {
    let mut options = Options::default();
    options.limits = limits();
    let mut analyzer = Analyzer::new("file", Some(bytes.len() as u64), options);
    pieces.for_each(|piece| analyzer.push(piece));
    assert_eq!(analyzer.bytes(), bytes.len() as u64);
    analyzer.finish()
}

fn ask_all(bytes: &[u8], analysis: &Analysis) {
    let report = analysis.report();
    let _ = (analysis.recording_fields(), remarks(report));
    for index in 0..report.messages.len() {
        let _ = analysis.message(index);
    }
    for index in 0..report.calls.len() {
        let _ = analysis.flow(FlowScope::Call(index));
    }
    for index in 0..report.recording_sessions.len() {
        let _ = analysis.flow(FlowScope::Session(index));
    }
    for index in 0..report.streams.len() {
        let _ = analysis.buckets(index);
    }
    // Sound takes long and has its own tests: one stream and one call stand for all.
    for request in [AudioRequest::Stream(0), AudioRequest::Call(0), AudioRequest::Recording] {
        if let Ok(extraction) = analysis.audio(request) {
            let audio = hear(bytes, extraction);
            assert!(audio.frames() <= limits().audio_samples as usize);
            let _ = audio.to_wav();
        }
    }
}

fn hear(bytes: &[u8], mut extraction: Extraction) -> Audio {
    let mut asked = 0;
    while let Some(range) = extraction.wanted() {
        let [start, end] = [range.start, range.end]
            .map(|at| usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len())));
        extraction.push(bytes.get(start..end).unwrap_or_default());
        asked += 1;
        assert!(asked <= 64 + bytes.len(), "it asks without end");
    }
    extraction.finish()
}
