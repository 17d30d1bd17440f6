//! CSTA frames and their XML.

use crate::cutting::{Push, pieces, push_all};
use recscope_core::Limits;
use recscope_core::csta::{Frame, Message, Splitter, Step, looks_like_csta};
use std::iter::once;

/// A stream of frames: each, written, is what lies in the stream; how the stream is cut changes
/// nothing; and the XML of each, printed, parses equal.
pub fn csta(bytes: &[u8]) {
    let _ = looks_like_csta(bytes);
    let whole = split(once(bytes));
    assert_eq!(split(pieces(bytes)), whole);
    for (offset, frame) in &whole.0 {
        let start = usize::try_from(*offset).expect("inside the stream");
        let written = frame.to_bytes().expect("a frame that was read has a length");
        assert_eq!(bytes.get(start..start + written.len()), Some(&written[..]));
        reads_again(&frame.xml);
    }
    reads_again(bytes);
}

fn reads_again(xml: &[u8]) {
    let parsed = match Message::parse(xml) {
        Ok(parsed) => parsed,
        Err(error) => return assert!(error.offset <= xml.len() as u64, "{error}"),
    };
    for warning in &parsed.warnings {
        assert!(warning.0.offset <= xml.len() as u64, "{warning:?} beyond the end");
    }
    let _ = (parsed.message.name(), parsed.message.summary());
    if let Message::Error { kind, .. } = &parsed.message
        && kind.is_empty()
    {
        // An error without a kind cannot be written: its kind is an element's name.
        return;
    }
    let printed = parsed.message.to_string();
    let again = Message::parse(printed.as_bytes()).expect("what was printed can be read");
    assert_eq!(again.message, parsed.message, "{printed}");
}

fn split<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<(u64, Frame)>, Vec<String>) {
    let mut limits = Limits::default();
    limits.csta_frame_bytes = 512;
    let mut splitter = Splitter::new(&limits);
    let (mut frames, mut remarks) = (Vec::new(), Vec::new());
    push_all(pieces, |piece| {
        let (consumed, step) = splitter.push(piece);
        let outcome = match step {
            Step::NeedMore => Push::NeedMore,
            Step::Frame(offset, frame) => {
                frames.push((offset, frame));
                Push::Item
            }
            Step::Skipped(warning) => {
                remarks.push(format!("{warning:?}"));
                Push::Item
            }
        };
        (consumed, outcome)
    });
    remarks.push(format!("{:?}", splitter.finish()));
    (frames, remarks)
}
