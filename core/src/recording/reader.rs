//! Reads a recording from chunks of any size.

use alloc::vec::Vec;

use super::layout::{Evidence, PROBE_BLOCKS};
use super::scanner::{Facts, Found, Scanner};
use super::{Continuity, HEADER_LEN, Header, Layout, Summary};
use crate::{Limits, ParseError, rtp};

/// Push parser for recordings. It holds 16 blocks, and at the beginning of a damaged file the room
/// between them that was never written, up to 1 MiB. It reads such files as far as they go (BX-L6):
/// [`Reader::finish`] says what was wrong with them.
///
/// ```
/// use recscope_core::Limits;
/// use recscope_core::codec::Decoder;
/// use recscope_core::recording::{Reader, Step};
///
/// # fn decode(file: &[u8]) -> Result<Vec<i16>, recscope_core::ParseError> {
/// let mut reader = Reader::new(Some(file.len() as u64), &Limits::default());
/// let mut decoder = None;
/// let mut samples = Vec::new();
/// for mut chunk in file.chunks(4096) {
///     loop {
///         let (consumed, step) = reader.push(chunk)?;
///         chunk = &chunk[consumed..];
///         match step {
///             Step::NeedMore | Step::End => break,
///             Step::Header(header) => decoder = header.codec().map(Decoder::new),
///             Step::Block(block) => {
///                 if let Some(decoder) = &mut decoder {
///                     decoder.decode(block.payload(), &mut samples);
///                 }
///             }
///         }
///     }
/// }
/// println!("{:?}", reader.finish()?.duration);
/// # Ok(samples)
/// # }
/// # let file = include_bytes!("../../../testdata/recordings/Record_20261122091500.wav");
/// # assert_eq!(decode(file)?.len(), 551 * 160);
/// # Ok::<(), recscope_core::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    size: Option<u64>,
    max_notes: usize,
    /// Bytes taken from the caller in all.
    taken: u64,
    /// Bytes taken but not handled yet, from `done` on.
    held: Vec<u8>,
    done: usize,
    ended: bool,
    header: Option<Header>,
    /// About the layout, until there is a scanner.
    evidence: Evidence,
    scanner: Option<Scanner>,
}

/// What [`Reader::push`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<'a> {
    /// All input was consumed; go on with the next chunk, or [`Reader::finish`].
    NeedMore,
    /// The header; always the first item.
    Header(Header),
    /// A whole block, in the order of the file.
    Block(Block<'a>),
    /// There is nothing more in the file.
    End,
}

/// One block of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// Number in the file, from 0.
    pub index: u64,
    /// File offset.
    pub offset: u64,
    /// Place in time: RTP timestamp units since the first block, gaps included.
    pub position: u64,
    /// The RTP header, in recordings that have them.
    pub rtp: Option<rtp::Header>,
    /// How it follows the block before.
    pub continuity: Continuity,
    /// All its bytes.
    pub bytes: &'a [u8],
}

impl<'a> Block<'a> {
    /// The bytes to decode: without the RTP header, its extension and padding.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        match (self.rtp, rtp::Packet::parse(self.bytes)) {
            (None, _) => self.bytes,
            (Some(_), Ok(packet)) => packet.payload,
            // The fixed header was read, what may follow it makes no sense.
            (Some(_), Err(_)) => self.bytes.get(rtp::Header::LEN..).unwrap_or_default(),
        }
    }
}

impl Reader {
    /// A reader of a file of `size` bytes. Where the size is not known, say when it is over by
    /// [`Reader::end_of_input`] or [`Reader::finish`].
    #[must_use]
    pub fn new(size: Option<u64>, limits: &Limits) -> Self {
        Self {
            size,
            max_notes: usize::try_from(limits.warnings).unwrap_or(usize::MAX),
            taken: 0,
            held: Vec::new(),
            done: 0,
            ended: size == Some(0),
            header: None,
            evidence: Evidence::default(),
            scanner: None,
        }
    }

    /// Takes some of `input` and gives the number of bytes taken and the next item. Call it again
    /// with the rest until it says [`Step::NeedMore`] or [`Step::End`].
    ///
    /// # Errors
    /// Only for the header, as [`Header::parse`]; there is no going on then.
    pub fn push(&mut self, input: &[u8]) -> Result<(usize, Step<'_>), ParseError> {
        let mut consumed = 0;
        let next = loop {
            if let Some(next) = self.advance()? {
                break next;
            }
            let taken = self.fill(input.get(consumed..).unwrap_or_default());
            if taken == 0 && !self.ended {
                break Next::NeedMore;
            }
            consumed += taken;
        };
        let step = match next {
            Next::NeedMore => Step::NeedMore,
            Next::Header(header) => Step::Header(header),
            Next::Block(facts) => Step::Block(facts.with(self.block_before_done())),
            Next::End => Step::End,
        };
        Ok((consumed, step))
    }

    /// Says that there is no more input. After that, [`Reader::push`] of nothing yields the last
    /// blocks and [`Step::End`]. Only needed by those who want these blocks of a file whose size
    /// they did not know.
    pub fn end_of_input(&mut self) {
        self.ended = true;
    }

    /// The header, once it has been read.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Whether blocks begin with RTP headers, once the first has been read.
    #[must_use]
    pub fn layout(&self) -> Option<&Layout> {
        self.scanner.as_ref().map(|scanner| &scanner.layout)
    }

    /// Ends the file and sums it up.
    ///
    /// # Errors
    /// As [`Reader::push`]; `Truncated` where the file is shorter than a header.
    pub fn finish(mut self) -> Result<Summary, ParseError> {
        self.end_of_input();
        while !matches!(self.advance()?, Some(Next::End)) {}
        match (self.header, self.scanner) {
            (Some(header), Some(scanner)) => Ok(scanner.summary(header, self.taken)),
            _ => Err(Header::cut_to(self.held.len())),
        }
    }

    /// The next item among the bytes held; `None` where it takes more of them.
    fn advance(&mut self) -> Result<Option<Next>, ParseError> {
        let held = self.held.get(self.done..).unwrap_or_default();
        let Some(header) = &self.header else {
            if held.len() < HEADER_LEN && !self.ended {
                return Ok(None);
            }
            let header = Header::parse(held)?;
            self.done += HEADER_LEN;
            self.header = Some(header.clone());
            return Ok(Some(Next::Header(header)));
        };
        let scanner = match &mut self.scanner {
            Some(scanner) => scanner,
            none => match self.evidence.gather(header, held, self.ended) {
                Some(layout) => none.insert(Scanner::new(header, layout, self.max_notes)),
                None => return Ok(None),
            },
        };
        loop {
            let held = self.held.get(self.done..).unwrap_or_default();
            let offset = self.taken - held.len() as u64;
            match scanner.next(header, held, offset, self.ended) {
                Found::NeedMore => return Ok(None),
                Found::Skip(bytes) => self.done += bytes,
                Found::Block(facts) => {
                    self.done += header.block_len();
                    return Ok(Some(Next::Block(facts)));
                }
                Found::End => return Ok(Some(Next::End)),
            }
        }
    }

    /// Takes as much of `input` as there is room for.
    fn fill(&mut self, input: &[u8]) -> usize {
        self.held.drain(..self.done.min(self.held.len()));
        self.done = 0;
        let room = self.window().saturating_sub(self.held.len());
        let left = self.size.map_or(u64::MAX, |size| size.saturating_sub(self.taken));
        let take = input.len().min(room).min(usize::try_from(left).unwrap_or(usize::MAX));
        self.held.extend_from_slice(input.get(..take).unwrap_or_default());
        self.taken += take as u64;
        self.ended |= self.size.is_some_and(|size| self.taken >= size);
        take
    }

    /// Bytes to hold at most: the header, then what the layout is judged by.
    fn window(&self) -> usize {
        match (&self.header, &self.scanner) {
            (None, _) => HEADER_LEN,
            (Some(header), None) => self.evidence.bytes_needed(header.block_len()),
            (Some(header), Some(_)) => header.block_len() * usize::from(PROBE_BLOCKS),
        }
    }

    fn block_before_done(&self) -> &[u8] {
        let len = self.header.as_ref().map_or(0, Header::block_len);
        self.held.get(self.done.saturating_sub(len)..self.done).unwrap_or_default()
    }
}

enum Next {
    NeedMore,
    Header(Header),
    Block(Facts),
    End,
}
