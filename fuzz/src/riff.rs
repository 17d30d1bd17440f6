//! WAVE files.

use crate::cutting::{Push, pieces, push_all};
use recscope_core::wave::{Chunk, Format, Reader, SampleReader, Step, Summary};
use recscope_core::{Limits, ParseError};
use std::iter::once;

/// A file: its data lies in it, its samples are no more than its bytes, and pieces change nothing.
pub fn riff(bytes: &[u8]) {
    let whole = read(once(bytes));
    let in_pieces = read(pieces(bytes));
    assert_eq!(in_pieces, whole);
    assert!(whole.samples.len() <= whole.data.len());
    if let Ok(summary) = &whole.summary {
        assert_eq!(summary.data_len, whole.data.len() as u64);
        assert!(summary.warnings.len() <= limits().warnings as usize);
        let start = usize::try_from(summary.data_offset).expect("inside the file");
        if !whole.data.is_empty() {
            assert_eq!(bytes.get(start..start + whole.data.len()), Some(&whole.data[..]));
        }
        let _ = summary.duration();
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.warnings = 8;
    limits
}

#[derive(Debug, PartialEq)]
struct Read {
    chunks: Vec<Chunk>,
    formats: Vec<Format>,
    data: Vec<u8>,
    samples: Vec<i16>,
    error: Option<ParseError>,
    summary: Result<Summary, ParseError>,
}

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Read {
    let mut reader = Reader::new(&limits());
    let mut converter = None;
    let (mut chunks, mut formats) = (Vec::new(), Vec::new());
    let (mut data, mut samples) = (Vec::new(), Vec::new());
    let mut error = None;
    push_all(pieces, |piece| match reader.push(piece) {
        Ok((consumed, step)) => {
            let outcome = match step {
                Step::NeedMore => Push::NeedMore,
                Step::End => Push::End,
                Step::Chunk(chunk) => {
                    chunks.push(chunk);
                    Push::Item
                }
                Step::Format(format) => {
                    converter = SampleReader::new(&format).ok();
                    formats.push(format);
                    Push::Item
                }
                Step::Data(bytes) => {
                    data.extend_from_slice(bytes);
                    if let Some(converter) = &mut converter {
                        converter.push(bytes, &mut samples);
                    }
                    Push::Item
                }
            };
            (consumed, outcome)
        }
        Err(found) => {
            error = Some(found);
            (0, Push::End)
        }
    });
    Read { chunks, formats, data, samples, error, summary: reader.finish() }
}
