//! Recordings in the phones' own form.

use crate::cutting::{Push, pieces, push_all};
use recscope_core::recording::{Header, Reader, Repairer, Step, Summary};
use recscope_core::{Limits, ParseError};
use std::iter::once;

/// A file: its blocks lie in it where they say, pieces change nothing, and what a repair makes of it
/// reads as the same blocks and needs no repair.
pub fn recording(bytes: &[u8]) {
    let size = bytes.len() as u64;
    for size in [Some(size), None] {
        let whole = read(Reader::new(size, &Limits::default()), once(bytes));
        let in_pieces = read(Reader::new(size, &Limits::default()), pieces(bytes));
        assert_eq!(in_pieces, whole);
        for (offset, block) in &whole.blocks {
            let start = usize::try_from(*offset).expect("inside the file");
            assert_eq!(bytes.get(start..start + block.len()), Some(&block[..]));
        }
        if let Ok(summary) = &whole.summary {
            adds_up(&whole, summary, bytes.len());
        }
    }
    repaired(bytes);
}

fn adds_up(read: &Read, summary: &Summary, size: usize) {
    assert_eq!(summary.blocks, read.blocks.len() as u64);
    let data: usize = read.blocks.iter().map(|(_, block)| block.len()).sum();
    assert_eq!(summary.data_bytes, data as u64);
    assert!(summary.partial_last <= size as u64);
    assert!(summary.span >= summary.duration || summary.duplicates + summary.late > 0);
    assert_eq!(Header::parse(&summary.header.write()).as_ref(), Ok(&summary.header));
}

fn repaired(bytes: &[u8]) {
    let size = Some(bytes.len() as u64);
    let mut repairer = Repairer::new(size, &Limits::default());
    let mut clean = Vec::new();
    if pieces(bytes).try_for_each(|piece| repairer.push(piece, &mut clean)).is_err() {
        return;
    }
    let Ok(repaired) = repairer.finish(&mut clean) else { return };
    assert!(clean.len() <= bytes.len().max(repaired.header.len()), "it grew");
    clean[..repaired.header.len()].copy_from_slice(&repaired.header);

    let size = Some(clean.len() as u64);
    let again = read(Reader::new(size, &Limits::default()), once(&clean[..]));
    let summary = again.summary.expect("a repaired file can be read");
    if summary.layout.rtp_headers != repaired.summary.layout.rtp_headers {
        // Without what was left out, the first blocks may say something else about all of them.
        return assert!(repaired.summary.layout.certainty < 0.9, "{:?}", repaired.summary);
    }
    assert_eq!(summary.repairs, [], "it was {:?}", repaired.summary);
    assert_eq!(summary.blocks, repaired.summary.blocks);
    assert_eq!(summary.codec, repaired.summary.codec);
}

#[derive(Debug, PartialEq)]
struct Read {
    headers: Vec<Header>,
    blocks: Vec<(u64, Vec<u8>)>,
    facts: Vec<String>,
    error: Option<ParseError>,
    summary: Result<Summary, ParseError>,
}

fn read<'a>(mut reader: Reader, pieces: impl Iterator<Item = &'a [u8]>) -> Read {
    let (mut headers, mut blocks, mut facts) = (Vec::new(), Vec::new(), Vec::new());
    let mut error = None;
    let mut push = |reader: &mut Reader, piece: &[u8]| match reader.push(piece) {
        Ok((consumed, Step::NeedMore)) => (consumed, Push::NeedMore),
        Ok((consumed, Step::End)) => (consumed, Push::End),
        Ok((consumed, Step::Header(header))) => {
            headers.push(header);
            (consumed, Push::Item)
        }
        Ok((consumed, Step::Block(block))) => {
            assert!(block.payload().len() <= block.bytes.len());
            facts.push(format!(
                "{} {} {:?} {:?}",
                block.index, block.position, block.rtp, block.continuity
            ));
            blocks.push((block.offset, block.bytes.to_vec()));
            (consumed, Push::Item)
        }
        Err(found) => {
            error.get_or_insert(found);
            (0, Push::End)
        }
    };
    push_all(pieces, |piece| push(&mut reader, piece));
    reader.end_of_input();
    while let (_, Push::Item) = push(&mut reader, &[]) {}
    Read { headers, blocks, facts, error, summary: reader.finish() }
}
