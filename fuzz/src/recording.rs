//! Recordings in the phones' own form.

use crate::cutting::{Push, pieces, push_all};
use recscope_core::recording::{
    Block, Continuity, Header, Reader, Repair, Repairer, RtpHeaders, Step, Summary,
};
use recscope_core::{Limits, ParseError, rtp};
use std::iter::once;

/// A file: its blocks lie in it where they say, pieces change nothing, and what a repair makes of it
/// reads as the same blocks and needs no repair.
pub fn recording(bytes: &[u8]) {
    let size = bytes.len() as u64;
    for size in [Some(size), None] {
        let whole = read(Reader::new(size, &Limits::default()), once(bytes), bytes);
        let in_pieces = read(Reader::new(size, &Limits::default()), pieces(bytes), bytes);
        assert_eq!(in_pieces, whole);
        if let Ok(summary) = &whole.summary {
            adds_up(&whole, summary, bytes.len());
        }
    }
    repaired(bytes);
}

fn adds_up(read: &Read, summary: &Summary, size: usize) {
    assert_eq!(summary.blocks, read.blocks.len() as u64);
    let data: usize = read.blocks.iter().map(|block| block.len).sum();
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
    let again = read(Reader::new(size, &Limits::default()), once(&clean[..]), &clean);
    let summary = again.summary.expect("a repaired file can be read");
    let before = &repaired.summary;
    // Of blocks without headers only zeros are left out, which nothing is judged by. Among packets
    // much may be left out that had a say: then the report is unsure of it.
    let is_unsure =
        before.layout.rtp_headers == RtpHeaders::Present && before.layout.certainty < 0.9;
    if is_unsure && summary.layout.rtp_headers == RtpHeaders::Absent {
        return;
    }
    assert_eq!(summary.layout.rtp_headers, before.layout.rtp_headers, "it was {before:?}");
    let repairs = summary.repairs.iter();
    let repairs: Vec<_> = repairs
        .filter(|repair| !(is_unsure && matches!(repair, Repair::Increment { .. })))
        .collect();
    assert!(repairs.is_empty(), "{repairs:?} though it was {before:?}");
    assert_eq!(summary.blocks, before.blocks);
    assert_eq!(summary.codec, before.codec);
}

#[derive(Debug, PartialEq)]
struct Read {
    headers: Vec<Header>,
    blocks: Vec<Facts>,
    error: Option<ParseError>,
    summary: Result<Summary, ParseError>,
}

/// All of a block but its bytes, which are held to the file.
#[derive(Debug, PartialEq)]
struct Facts {
    index: u64,
    offset: u64,
    len: usize,
    position: u64,
    rtp: Option<rtp::Header>,
    continuity: Continuity,
}

fn read<'a>(mut reader: Reader, pieces: impl Iterator<Item = &'a [u8]>, file: &[u8]) -> Read {
    let (mut headers, mut blocks) = (Vec::new(), Vec::new());
    let mut error = None;
    let mut push = |reader: &mut Reader, piece: &[u8]| match reader.push(piece) {
        Ok((consumed, Step::NeedMore)) => (consumed, Push::NeedMore),
        Ok((consumed, Step::End)) => (consumed, Push::End),
        Ok((consumed, Step::Header(header))) => {
            headers.push(header);
            (consumed, Push::Item)
        }
        Ok((consumed, Step::Block(block))) => {
            let start = usize::try_from(block.offset).expect("inside the file");
            let len = block.bytes.len();
            assert_eq!(file.get(start..start + len), Some(block.bytes));
            assert!(block.payload().len() <= len);
            let Block { index, offset, position, rtp, continuity, .. } = block;
            blocks.push(Facts { index, offset, len, position, rtp, continuity });
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
    Read { headers, blocks, error, summary: reader.finish() }
}
