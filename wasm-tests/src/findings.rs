//! All that the analyzer finds in a file, in a form that can be compared to the last byte.

use recscope_analyzer::{Analyzer, AudioRequest, FlowScope, Options};

/// Bytes that the browser's `File` would deliver at once; odd, so that packets are cut.
const CHUNK: usize = 65_521;

/// The report and the flow as JSON, and the sound as a WAV file; what the file has none of is
/// empty.
pub fn of_file(name: &str, content: &[u8]) -> [Vec<u8>; 3] {
    let mut analyzer = Analyzer::new(name, Some(content.len() as u64), Options::default());
    for chunk in content.chunks(CHUNK) {
        analyzer.push(chunk);
    }
    let analysis = analyzer.finish();
    let request = if analysis.report().recording.is_some() {
        AudioRequest::Recording
    } else {
        AudioRequest::Call(0)
    };
    let wav = analysis.audio(request).map_or_else(
        |_| Vec::new(),
        |mut extraction| {
            while let Some(range) = extraction.wanted() {
                let [start, end] = [range.start, range.end].map(|at| {
                    usize::try_from(at).map_or(content.len(), |at| at.min(content.len()))
                });
                extraction.push(&content[start..end]);
            }
            extraction.finish().to_wav()
        },
    );
    let json = |value| serde_json::to_vec_pretty(&value).unwrap_or_default();
    let report = serde_json::to_value(analysis.report()).unwrap_or_default();
    let flow = serde_json::to_value(analysis.flow(FlowScope::All)).unwrap_or_default();
    [json(report), json(flow), wav]
}
