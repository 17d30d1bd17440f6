//! Puts the parts that a phone wrote at its file size limit together again (BX-L4).

use alloc::vec::Vec;

use super::repair::clean_header;
use super::{HEADER_LEN, Header, Reader, Step, Summary};
use crate::{Limits, ParseError, rtp};

/// Joins parts, given one after the other in chunks of any size, to one recording.
///
/// ```
/// use recscope_core::Limits;
/// use recscope_core::recording::{Joiner, Seam};
///
/// # let whole = include_bytes!("../../../testdata/recordings/Record_20261122091500.wav");
/// # let first = &whole[..76 + 100 * 172];
/// # let second = &[&whole[..76], &whole[76 + 100 * 172..]].concat();
/// let mut joiner = Joiner::new(&Limits::default());
/// let mut out = Vec::new();
/// for part in [first, second] {
///     joiner.begin(Some(part.len() as u64));
///     for chunk in part.chunks(4096) {
///         joiner.push(chunk, &mut out)?;
///     }
///     joiner.end(&mut out)?;
/// }
/// let joined = joiner.finish();
/// out[..76].copy_from_slice(&joined.header.expect("there were parts")); // or seek and overwrite
/// assert_eq!(joined.seams, [Seam::Seamless]);
/// # assert_eq!(out, whole);
/// # Ok::<(), recscope_core::recording::JoinError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Joiner {
    limits: Limits,
    reader: Option<Reader>,
    /// The first part's findings, by which the joined header is made.
    first: Option<Summary>,
    header: Option<Header>,
    /// Bytes of blocks so far.
    data_size: u64,
    /// The last block's RTP header, and whether there was a block at all.
    newest: Option<rtp::Header>,
    /// The part's first block is still to come.
    at_seam: bool,
    parts: usize,
    seams: Vec<Seam>,
}

/// How a part follows the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seam {
    /// With the very next block: nothing is lost (BX-L4).
    Seamless,
    /// With the next block, after so many timestamp units without sound.
    Pause {
        /// Timestamp units.
        ticks: u32,
    },
    /// So many blocks are missing by sequence number.
    Lost {
        /// How many.
        blocks: u32,
    },
    /// The parts are in the wrong order, overlap or are of different recordings.
    Unrelated,
    /// Blocks have no RTP headers, or there are none.
    Unknown,
}

/// What is left to do when all parts are joined.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The header of the whole, to overwrite the first bytes of the output with; `None` where
    /// there was no part.
    pub header: Option<[u8; HEADER_LEN]>,
    /// Between the parts, one fewer than they are.
    pub seams: Vec<Seam>,
}

/// Why parts cannot be joined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// A part's header cannot be read.
    #[error("part {part}: {error}")]
    Unreadable {
        /// Which part, from 1.
        part: usize,
        /// What is wrong.
        error: ParseError,
    },
    /// A part's blocks are not those of the first.
    #[error("part {part} has another {what} than part 1, so it is of another recording")]
    Different {
        /// Which part, from 1.
        part: usize,
        /// What differs.
        what: &'static str,
    },
    /// The format cannot count so much.
    #[error("the parts hold more than 4 GiB together, which the format cannot count")]
    TooLong,
    /// Bytes came outside of a part.
    #[error("no part has been begun")]
    NoPart,
}

impl Joiner {
    /// A joiner of no parts yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            reader: None,
            first: None,
            header: None,
            data_size: 0,
            newest: None,
            at_seam: false,
            parts: 0,
            seams: Vec::new(),
        }
    }

    /// Begins the next part, of `size` bytes, where that is known.
    pub fn begin(&mut self, size: Option<u64>) {
        self.reader = Some(Reader::new(size, &self.limits));
        self.at_seam = self.parts > 0;
        self.parts += 1;
    }

    /// Takes the part's next bytes and appends those of the whole to `out`.
    ///
    /// # Errors
    /// Where the part's header cannot be read or is not that of the first part.
    pub fn push(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> Result<(), JoinError> {
        let part = self.parts;
        let mut reader = self.reader.take().ok_or(JoinError::NoPart)?;
        loop {
            let pushed = reader.push(input);
            let (consumed, step) = pushed.map_err(|error| JoinError::Unreadable { part, error })?;
            input = input.get(consumed..).unwrap_or_default();
            match step {
                Step::Header(header) => {
                    if let Some(bytes) = take_header(&mut self.header, header, part)? {
                        // Stands in for the true header, which only the end can tell.
                        out.extend_from_slice(&bytes);
                    }
                }
                Step::Block(block) => {
                    if core::mem::take(&mut self.at_seam) {
                        self.seams.push(seam(self.newest, block.rtp, self.header.as_ref()));
                    }
                    self.newest = block.rtp;
                    self.data_size += block.bytes.len() as u64;
                    if self.data_size > u64::from(u32::MAX) {
                        return Err(JoinError::TooLong);
                    }
                    out.extend_from_slice(block.bytes);
                }
                Step::NeedMore | Step::End => break,
            }
        }
        self.reader = Some(reader);
        Ok(())
    }

    /// Ends the part: appends its last blocks to `out`, and tells what it was found to hold.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<Summary, JoinError> {
        let part = self.parts;
        self.reader.as_mut().ok_or(JoinError::NoPart)?.end_of_input();
        self.push(&[], out)?;
        if core::mem::take(&mut self.at_seam) {
            self.seams.push(Seam::Unknown);
        }
        let reader = self.reader.take().ok_or(JoinError::NoPart)?;
        let summary = reader.finish().map_err(|error| JoinError::Unreadable { part, error })?;
        let first = self.first.get_or_insert_with(|| summary.clone());
        if first.layout.rtp_headers != summary.layout.rtp_headers && summary.blocks > 0 {
            return Err(JoinError::Different { part, what: "kind of blocks" });
        }
        Ok(summary)
    }

    /// The header of the whole, and how the parts followed each other.
    #[must_use]
    pub fn finish(self) -> Joined {
        let header = self.first.map(|first| Header {
            data_size: u32::try_from(self.data_size).unwrap_or(u32::MAX),
            ..clean_header(&first)
        });
        Joined { header: header.map(|header| header.write()), seams: self.seams }
    }
}

/// Keeps the first part's header and gives its bytes; checks the others' against it.
fn take_header(
    kept: &mut Option<Header>,
    header: Header,
    part: usize,
) -> Result<Option<[u8; HEADER_LEN]>, JoinError> {
    let Some(first) = kept else {
        let bytes = header.write();
        *kept = Some(header);
        return Ok(Some(bytes));
    };
    let differs = |what| Err(JoinError::Different { part, what });
    if !first.codec.as_str().eq_ignore_ascii_case(header.codec.as_str()) {
        return differs("codec");
    }
    if first.rtp_len != header.rtp_len {
        return differs("block length");
    }
    if first.increment != header.increment {
        return differs("increment");
    }
    Ok(None)
}

/// How the block `next` follows the block `last`.
fn seam(last: Option<rtp::Header>, next: Option<rtp::Header>, header: Option<&Header>) -> Seam {
    let (Some(last), Some(next), Some(header)) = (last, next, header) else {
        return Seam::Unknown;
    };
    let steps = next.sequence.distance_from(last.sequence);
    let ticks = u32::try_from(next.timestamp.distance_from(last.timestamp)).ok();
    let one = header.plausible_increment().unwrap_or_default();
    match (steps, ticks) {
        _ if last.ssrc != next.ssrc => Seam::Unrelated,
        (1, Some(ticks)) if ticks > one => Seam::Pause { ticks: ticks - one },
        (1, Some(_)) => Seam::Seamless,
        (2.., Some(_)) => Seam::Lost { blocks: u32::from(steps.unsigned_abs()) - 1 },
        _ => Seam::Unrelated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;
    use std::vec;

    const WHOLE: &[u8] = include_bytes!("../../../testdata/recordings/Record_20261122091500.wav");

    /// The recording's blocks from one to another, as a part of its own.
    fn part(from: usize, to: usize) -> Vec<u8> {
        [&WHOLE[..76], &WHOLE[76 + from * 172..76 + to * 172]].concat()
    }

    fn join(parts: &[Vec<u8>], chunk: usize) -> Result<(Vec<u8>, Vec<Seam>), JoinError> {
        let mut joiner = Joiner::new(&Limits::default());
        let mut out = Vec::new();
        for part in parts {
            joiner.begin(Some(part.len() as u64));
            for chunk in part.chunks(chunk) {
                joiner.push(chunk, &mut out)?;
            }
            joiner.end(&mut out)?;
        }
        let joined = joiner.finish();
        if let Some(header) = joined.header {
            out[..76].copy_from_slice(&header);
        }
        Ok((out, joined.seams))
    }

    #[test]
    fn parts_give_the_whole_however_they_are_cut() {
        let parts = [part(0, 1), part(1, 200), part(200, 201), part(201, 551)];
        for chunk in [1, 77, 100_000] {
            let (whole, seams) = join(&parts, chunk).unwrap();
            assert_eq!(whole, WHOLE);
            assert_eq!(seams, [Seam::Seamless; 3]);
        }
    }

    #[test]
    fn what_is_wrong_between_parts_is_told() {
        let seams = |parts: &[Vec<u8>]| join(parts, 4096).unwrap().1;
        assert_eq!(seams(&[part(0, 50), part(53, 90)]), [Seam::Lost { blocks: 3 }]);
        assert_eq!(seams(&[part(50, 90), part(0, 50)]), [Seam::Unrelated]);
        assert_eq!(seams(&[part(0, 50), part(0, 0), part(50, 60)])[0], Seam::Unknown);
        let mut later = part(50, 90);
        for block in later[76..].chunks_mut(172) {
            let time = u32::from_be_bytes([block[4], block[5], block[6], block[7]]) + 8000;
            block[4..8].copy_from_slice(&time.to_be_bytes());
        }
        assert_eq!(seams(&[part(0, 50), later]), [Seam::Pause { ticks: 8000 }]);
    }

    #[test]
    fn a_part_that_was_cut_off_gives_its_whole_blocks() {
        let mut cut = part(0, 50);
        cut.truncate(cut.len() - 30);
        let (whole, seams) = join(&[cut, part(50, 60)], 4096).unwrap();
        assert_eq!(whole.len(), 76 + 59 * 172);
        assert_eq!(seams, [Seam::Lost { blocks: 1 }]);
        assert_eq!(Header::parse(&whole).unwrap().data_size, 59 * 172);
    }

    #[test]
    fn parts_of_different_recordings_are_refused() {
        let mut other = part(50, 60);
        other[3] = b'A';
        let error = join(&[part(0, 50), other], 4096).unwrap_err();
        assert_eq!(
            error.to_string(),
            "part 2 has another codec than part 1, so it is of another recording"
        );
        let error = join(&[part(0, 50), vec![0; 20]], 4096).unwrap_err();
        assert!(matches!(error, JoinError::Unreadable { part: 2, .. }));
        let error = Joiner::new(&Limits::default()).push(b"x", &mut Vec::new()).unwrap_err();
        assert_eq!(error, JoinError::NoPart);
    }
}
