//! gzip around a capture, inflated as a stream: what comes out is never held, so a file that
//! inflates to terabytes costs time but no memory.

use flate2::{Decompress, FlushDecompress, Status};
use recscope_core::{ErrorKind, Layer, ParseError};

/// Whether a file starts as gzip does.
#[must_use]
pub fn looks_like_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b, 8])
}

/// Inflates a gzip file of one or more members that is pushed in chunks of any size.
///
/// ```
/// # use std::io::Write;
/// use recscope_analyzer::capture::gzip::Inflater;
/// # let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
/// # encoder.write_all(b"the capture").unwrap();
/// # let compressed = encoder.finish().unwrap();
/// let mut inflater = Inflater::new();
/// let (mut out, mut buffer) = (Vec::new(), [0; 4]);
/// let mut rest = &compressed[..];
/// loop {
///     let (consumed, produced) = inflater.push(rest, &mut buffer)?;
///     if (consumed, produced) == (0, 0) {
///         break; // wants more input
///     }
///     rest = &rest[consumed..];
///     out.extend_from_slice(&buffer[..produced]);
/// }
/// inflater.finish()?;
/// assert_eq!(out, b"the capture");
/// # Ok::<(), recscope_core::ParseError>(())
/// ```
#[derive(Debug)]
pub struct Inflater {
    inflate: Decompress,
    /// Bytes of the file consumed.
    offset: u64,
    crc: flate2::Crc,
    part: Part,
    /// Where the part began.
    part_at: u64,
    /// Waits until all that came before it is given.
    error: Option<ParseError>,
}

/// The part of a member that comes next.
#[derive(Debug)]
enum Part {
    /// The ten fixed bytes.
    Header(Field<10>),
    /// The two bytes before the extra field.
    ExtraLen(u8, Field<2>),
    /// The extra field.
    Extra(u8, usize),
    /// A zero-terminated name, then one comment: as many as the flags still hold.
    Text(u8),
    /// The header's own check sum.
    HeaderCrc(Field<2>),
    Body,
    /// Check sum and length.
    Trailer(Field<8>),
    /// After a member: zeros, another member, or the end.
    Between,
    /// Something else follows the last member and is left alone.
    Ended,
}

/// Fixed bytes that may arrive in pieces.
#[derive(Debug)]
struct Field<const N: usize> {
    bytes: [u8; N],
    filled: usize,
}

impl<const N: usize> Field<N> {
    const EMPTY: Self = Self { bytes: [0; N], filled: 0 };

    /// Takes what it lacks from the input; gives the bytes once all are there.
    fn fill(&mut self, input: &mut &[u8]) -> Option<[u8; N]> {
        while self.filled < N {
            let (first, rest) = input.split_first()?;
            *self.bytes.get_mut(self.filled)? = *first;
            self.filled += 1;
            *input = rest;
        }
        Some(self.bytes)
    }
}

/// How far deflated data refers back, and how far it is inflated ahead of what is given out.
const WINDOW: usize = 32 * 1024;

const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

impl Default for Inflater {
    fn default() -> Self {
        Self::new()
    }
}

impl Inflater {
    /// An inflater at the start of a file.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inflate: Decompress::new(false),
            offset: 0,
            crc: flate2::Crc::new(),
            part: Part::Header(Field::EMPTY),
            part_at: 0,
            error: None,
        }
    }

    /// Consumes from `input`, writes to `out`; gives how much of each. `(0, 0)` means that more
    /// input is wanted: until then push again, even with nothing left, for what is still to come
    /// out. With at least 32 KiB of `out`, chunks make no difference to what comes out of a damaged
    /// file either.
    ///
    /// # Errors
    /// Where the file is not gzip, its compressed data is damaged, or a member's check sum or
    /// length differs. Each is given once, after all that was inflated before it. Members after
    /// one whose check sum differs can still be read; other damage ends the file.
    pub fn push(&mut self, input: &[u8], out: &mut [u8]) -> Result<(usize, usize), ParseError> {
        let mut rest = input;
        let mut produced = 0;
        while self.error.is_none() {
            // A little room left over would decide how much comes out before damage.
            if produced > 0 && out.len() - produced < WINDOW {
                break;
            }
            let at = self.offset + (input.len() - rest.len()) as u64;
            let before = rest.len();
            let step = self.step(&mut rest, out.get_mut(produced..).unwrap_or_default(), at);
            produced += step.produced;
            if step.produced == 0 && rest.len() == before && !step.changed {
                break;
            }
        }
        let consumed = input.len() - rest.len();
        self.offset += consumed as u64;
        match self.error.take_if(|_| (consumed, produced) == (0, 0)) {
            Some(error) => Err(error),
            None => Ok((consumed, produced)),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If the last member is cut.
    pub fn finish(&self) -> Result<(), ParseError> {
        match self.part {
            Part::Between | Part::Ended => Ok(()),
            _ => {
                let problem = "the compressed file ends inside a member, the rest is lost";
                Err(irregular(self.offset, problem))
            }
        }
    }

    /// Goes on within one part of a member.
    fn step(&mut self, rest: &mut &[u8], out: &mut [u8], at: u64) -> Progress {
        let before = rest.len();
        let mut produced = 0;
        let next = match &mut self.part {
            Part::Header(field) => match field.fill(rest) {
                None => None,
                Some([0x1f, 0x8b, 8, flags, ..]) => Some(after_header(flags)),
                Some(_) => {
                    let kind = ErrorKind::Expected { expected: "the magic number of gzip" };
                    self.error = Some(ParseError::new(Layer::Gzip, self.part_at, kind));
                    Some(Part::Ended)
                }
            },
            Part::ExtraLen(flags, field) => field
                .fill(rest)
                .map(|len| Part::Extra(*flags, usize::from(u16::from_le_bytes(len)))),
            Part::Extra(flags, left) => {
                let n = rest.len().min(*left);
                *rest = rest.get(n..).unwrap_or_default();
                *left -= n;
                (*left == 0).then(|| after_extra(*flags))
            }
            Part::Text(flags) => match memchr::memchr(0, rest) {
                Some(end) => {
                    *rest = rest.get(end + 1..).unwrap_or_default();
                    let done = if *flags & NAME != 0 { NAME } else { COMMENT };
                    Some(after_extra(*flags & !done))
                }
                None => {
                    *rest = &[];
                    None
                }
            },
            Part::HeaderCrc(field) => field.fill(rest).map(|_| Part::Body),
            Part::Body => {
                let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
                let status = self.inflate.decompress(rest, out, FlushDecompress::None);
                let consumed = usize::try_from(self.inflate.total_in() - read).unwrap_or(0);
                produced = usize::try_from(self.inflate.total_out() - written).unwrap_or(0);
                self.crc.update(out.get(..produced).unwrap_or_default());
                *rest = rest.get(consumed..).unwrap_or_default();
                match status {
                    Ok(Status::StreamEnd) => Some(Part::Trailer(Field::EMPTY)),
                    Ok(Status::Ok | Status::BufError) => None,
                    Err(_) => {
                        let problem = "the compressed data is damaged, the rest is lost";
                        self.error = Some(irregular(at + consumed as u64, problem));
                        Some(Part::Ended)
                    }
                }
            }
            Part::Trailer(field) => field.fill(rest).map(|[a, b, c, d, e, f, g, h]| {
                if self.crc.sum() != u32::from_le_bytes([a, b, c, d])
                    || self.crc.amount() != u32::from_le_bytes([e, f, g, h])
                {
                    let problem = "the check sum or length of the compressed data differs";
                    self.error = Some(irregular(self.part_at, problem));
                }
                self.inflate.reset(false);
                self.crc.reset();
                Part::Between
            }),
            // Some writers pad with zeros up to a block.
            Part::Between => match rest.first() {
                None => None,
                Some(0) => {
                    *rest = rest.get(1..).unwrap_or_default();
                    None
                }
                Some(0x1f) => Some(Part::Header(Field::EMPTY)),
                Some(_) => {
                    let problem = "something that is not gzip follows, it is left alone";
                    self.error = Some(irregular(at, problem));
                    Some(Part::Ended)
                }
            },
            Part::Ended => {
                *rest = &[];
                None
            }
        };
        let changed = next.is_some();
        if let Some(part) = next {
            self.part = part;
            self.part_at = at + (before - rest.len()) as u64;
        }
        Progress { produced, changed }
    }
}

fn irregular(at: u64, problem: &'static str) -> ParseError {
    ParseError::new(Layer::Gzip, at, ErrorKind::Irregular { problem })
}

/// What one part of a member did.
struct Progress {
    produced: usize,
    changed: bool,
}

fn after_header(flags: u8) -> Part {
    if flags & EXTRA != 0 { Part::ExtraLen(flags, Field::EMPTY) } else { after_extra(flags) }
}

fn after_extra(flags: u8) -> Part {
    if flags & (NAME | COMMENT) != 0 {
        Part::Text(flags)
    } else if flags & HEADER_CRC != 0 {
        Part::HeaderCrc(Field::EMPTY)
    } else {
        Part::Body
    }
}

#[cfg(test)]
mod tests;
