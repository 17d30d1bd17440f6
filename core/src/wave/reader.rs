//! Walks the chunks of a WAVE file from input of any size.

use alloc::vec::Vec;
use core::time::Duration;

use super::format::FMT_LEN;
use super::{Container, Format};
use crate::bytes::ByteOrder;
use crate::{ErrorKind, Layer, Limits, ParseError, Warning};

/// Push parser for WAVE files. Holds no more than a few dozen bytes of the file.
///
/// ```
/// use recscope_core::Limits;
/// use recscope_core::wave::{Reader, SampleReader, Step, pcm16_header};
///
/// # fn samples_of(file: &[u8]) -> Result<Vec<i16>, recscope_core::ParseError> {
/// let mut reader = Reader::new(&Limits::default());
/// let mut converter = None;
/// let mut samples = Vec::new();
/// for mut chunk in file.chunks(4096) {
///     loop {
///         let (consumed, step) = reader.push(chunk)?;
///         chunk = &chunk[consumed..];
///         match step {
///             Step::NeedMore | Step::End => break,
///             Step::Chunk(_) => {}
///             Step::Format(format) => converter = Some(SampleReader::new(&format)?),
///             Step::Data(bytes) => {
///                 if let Some(converter) = &mut converter {
///                     converter.push(bytes, &mut samples);
///                 }
///             }
///         }
///     }
/// }
/// println!("{:?}", reader.finish()?.duration());
/// # Ok(samples)
/// # }
/// # let mut file = pcm16_header(1, 8000, 2)?.as_bytes().to_vec();
/// # file.extend([1, 0, 0xff, 0xff]);
/// # assert_eq!(samples_of(&file)?, [1, -1]);
/// # Ok::<(), recscope_core::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    /// File offset of the next byte to be pushed.
    offset: u64,
    state: State,
    /// The beginning of an item that is not complete yet.
    held: Vec<u8>,
    container: Container,
    /// Where the header says that the file ends; `None` where it does not say.
    riff_end: Option<u64>,
    /// What `ds64` says of the data chunk, whose size does not fit 32 bits.
    data_size_64: Option<u64>,
    format: Option<Format>,
    data: Option<Data>,
    warnings: Vec<Warning>,
    max_warnings: usize,
}

/// What [`Reader::push`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// All input was consumed; go on with the next part of the file, or [`Reader::finish`].
    NeedMore,
    /// A chunk begins; also those that are read here.
    Chunk(Chunk),
    /// What the samples are; always before the first data.
    Format(Format),
    /// The next bytes of the data chunk, as [`SampleReader`](super::SampleReader) takes them.
    Data(&'a [u8]),
    /// Nothing that follows belongs to the file.
    End,
}

/// The header of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its four letters.
    pub id: [u8; 4],
    /// File offset of its content.
    pub offset: u64,
    /// Bytes of its content, as the file claims.
    pub len: u64,
}

/// What a whole file turned out to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What the samples are.
    pub format: Format,
    /// File offset of the first sample.
    pub data_offset: u64,
    /// Bytes of samples that are there.
    pub data_len: u64,
    /// Bytes of samples that the file claims; `None` if it was streamed and does not say.
    pub data_claimed: Option<u64>,
    /// What is irregular; at most [`Limits::warnings`].
    pub warnings: Vec<Warning>,
}

impl Summary {
    /// Samples per channel.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.data_len / u64::from(self.format.block_align.max(1))
    }

    /// Playing time.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let rate = u64::from(self.format.sample_rate.max(1));
        let frames = self.frames();
        let nanos = (frames % rate) * 1_000_000_000 / rate;
        Duration::from_secs(frames / rate) + Duration::from_nanos(nanos)
    }
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The twelve bytes that tell the container.
    Start,
    /// Between chunks.
    Chunk,
    /// Behind a chunk of odd length, where a byte of padding should be.
    Padding,
    /// In the content of a chunk that is read, up to what is of interest.
    Content {
        known: Known,
        chunk: Chunk,
    },
    /// In the data, with so many bytes left; `None` for up to the end of the file.
    Data {
        left: Option<u64>,
    },
    /// In a chunk, or the rest of one, that is not read.
    Skip {
        chunk: Chunk,
        left: u64,
    },
    End,
}

impl State {
    /// The state behind a chunk of this many bytes.
    const fn behind(len: u64) -> Self {
        if len.is_multiple_of(2) { Self::Chunk } else { Self::Padding }
    }
}

/// A chunk whose content is read as a whole.
#[derive(Clone, Copy, Debug)]
enum Known {
    Fmt,
    Ds64,
}

impl Known {
    /// Bytes of its content that are of interest.
    const fn len(self) -> usize {
        match self {
            Self::Fmt => FMT_LEN,
            // The sizes of the file and of its data.
            Self::Ds64 => 16,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Data {
    offset: u64,
    len: u64,
    claimed: Option<u64>,
}

/// The size that stands for "not known", or in RF64 for "see `ds64`".
const UNKNOWN_SIZE: u32 = u32::MAX;

impl Reader {
    /// A reader at the start of a file.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            offset: 0,
            state: State::Start,
            held: Vec::new(),
            container: Container::Riff,
            riff_end: None,
            data_size_64: None,
            format: None,
            data: None,
            warnings: Vec::new(),
            max_warnings: usize::try_from(limits.warnings).unwrap_or(usize::MAX),
        }
    }

    /// Takes some of `input` and gives the number of bytes taken and the next item. Call it again
    /// with the rest until it says [`Step::NeedMore`] or [`Step::End`].
    ///
    /// # Errors
    /// Where the file is no WAVE file, its `fmt ` chunk makes no sense, or data comes before it.
    pub fn push<'a>(&mut self, input: &'a [u8]) -> Result<(usize, Step<'a>), ParseError> {
        let mut rest = input;
        loop {
            if let Some(step) = self.advance(&mut rest)? {
                return Ok((input.len() - rest.len(), step));
            }
        }
    }

    /// Ends the file and sums it up.
    ///
    /// # Errors
    /// `Truncated` or `Expected` where the file ends before its format and data.
    pub fn finish(mut self) -> Result<Summary, ParseError> {
        let cut = self.cut();
        let (Some(format), Some(data)) = (self.format, self.data) else {
            let expected = match self.format {
                None => "a fmt chunk before the end of the file",
                Some(_) => "a data chunk before the end of the file",
            };
            let kind = ErrorKind::Expected { expected };
            return Err(cut.unwrap_or_else(|| ParseError::new(Layer::Riff, self.offset, kind)));
        };
        let align = u64::from(format.block_align).max(1);
        let over = data.len % align;
        if let Some(ParseError { offset, kind, .. }) = cut {
            self.warn(offset, kind);
        } else if over != 0 {
            let kind = ErrorKind::Truncated { what: "the last frame", needed: align, found: over };
            self.warn(data.offset + data.len - over, kind);
        }
        Ok(Summary {
            format,
            data_offset: data.offset,
            data_len: data.len,
            data_claimed: data.claimed,
            warnings: self.warnings,
        })
    }

    /// One move; `None` if it gave no item but the next one may.
    fn advance<'a>(&mut self, rest: &mut &'a [u8]) -> Result<Option<Step<'a>>, ParseError> {
        match self.state {
            State::Start => match self.gather::<12>(rest) {
                None => Ok(Some(Step::NeedMore)),
                Some(start) => self.start(start).map(|()| None),
            },
            State::Chunk if self.is_over() => {
                self.state = State::End;
                Ok(None)
            }
            State::Chunk => match self.gather::<8>(rest) {
                None => Ok(Some(Step::NeedMore)),
                Some(header) => self.chunk(header).map(|chunk| Some(Step::Chunk(chunk))),
            },
            State::Padding => Ok(self.padding(rest)),
            State::Content { known, chunk } => {
                let wanted = usize::try_from(chunk.len).unwrap_or(usize::MAX).min(known.len());
                if self.hold(wanted, rest) {
                    return self.content(known, chunk);
                }
                Ok(Some(Step::NeedMore))
            }
            State::Data { left } => Ok(self.data(left, rest)),
            State::Skip { chunk, left } => Ok(self.skip(chunk, left, rest)),
            State::End => Ok(Some(Step::End)),
        }
    }

    fn start(&mut self, start: [u8; 12]) -> Result<(), ParseError> {
        let [i0, i1, i2, i3, s0, s1, s2, s3, form @ ..] = start;
        let expected = |offset, expected| {
            ParseError::new(Layer::Riff, offset, ErrorKind::Expected { expected })
        };
        self.container = Container::from_id(&[i0, i1, i2, i3])
            .ok_or_else(|| expected(0, "RIFF, RIFX, RF64 or BW64"))?;
        if form != *b"WAVE" {
            return Err(expected(8, "WAVE; other kinds of RIFF file are not read"));
        }
        self.riff_end = match self.order().u32([s0, s1, s2, s3]) {
            0 | UNKNOWN_SIZE => None,
            size => Some(8 + u64::from(size)),
        };
        self.state = State::Chunk;
        Ok(())
    }

    fn chunk(&mut self, header: [u8; 8]) -> Result<Chunk, ParseError> {
        let [i0, i1, i2, i3, size @ ..] = header;
        let size = self.order().u32(size);
        let at = self.offset - 8;
        let mut chunk = Chunk { id: [i0, i1, i2, i3], offset: self.offset, len: size.into() };
        self.state = match (&chunk.id, self.format) {
            (b"fmt ", None) => State::Content { known: Known::Fmt, chunk },
            (b"ds64", _) => State::Content { known: Known::Ds64, chunk },
            (b"data", None) => {
                let kind = ErrorKind::Expected { expected: "the fmt chunk before the data chunk" };
                return Err(ParseError::new(Layer::Riff, at, kind));
            }
            (b"data", Some(_)) if self.data.is_none() => {
                let claimed = self.claimed_data(size);
                chunk.len = claimed.unwrap_or(chunk.len);
                if claimed.is_none() {
                    let problem = "the data chunk has no size, as the file was streamed or not \
                                   closed; it is read to the end of the file";
                    self.warn(at, ErrorKind::Irregular { problem });
                }
                self.data = Some(Data { offset: self.offset, len: 0, claimed });
                State::Data { left: claimed }
            }
            (b"fmt " | b"data", Some(_)) => {
                let problem = "a second chunk of this kind is left out";
                self.warn(at, ErrorKind::Irregular { problem });
                State::Skip { chunk, left: chunk.len }
            }
            _ => State::Skip { chunk, left: chunk.len },
        };
        Ok(chunk)
    }

    /// The bytes of the data chunk whose header says `size`; `None` if it was streamed, that is
    /// written without going back to say.
    fn claimed_data(&self, size: u32) -> Option<u64> {
        let claimed = match size {
            UNKNOWN_SIZE => self.data_size_64?,
            size => size.into(),
        };
        // Zero is meant where the file claims to go on behind it.
        let is_meant = claimed > 0 || self.riff_end.is_some_and(|end| end > self.offset);
        is_meant.then_some(claimed)
    }

    /// Reads the content of a chunk as far as it is of interest.
    fn content<'a>(&mut self, known: Known, chunk: Chunk) -> Result<Option<Step<'a>>, ParseError> {
        let content = core::mem::take(&mut self.held);
        let left = chunk.len - content.len() as u64;
        self.state = State::Skip { chunk, left };
        match known {
            Known::Fmt => {
                let format = Format::parse(self.container, &content)
                    .map_err(|error| error.at(chunk.offset))?;
                self.format = Some(format);
                Ok(Some(Step::Format(format)))
            }
            Known::Ds64 => {
                let order = self.order();
                let mut sizes = content.as_chunks().0.iter().map(|&size| order.u64(size));
                // Zero until the file is closed.
                let riff_size = sizes.next().filter(|&size| size > 0);
                self.riff_end = riff_size.and_then(|size| size.checked_add(8));
                self.data_size_64 = sizes.next();
                Ok(None)
            }
        }
    }

    fn data<'a>(&mut self, left: Option<u64>, rest: &mut &'a [u8]) -> Option<Step<'a>> {
        if left == Some(0) {
            let len = self.data.map_or(0, |data| data.len);
            self.state = State::behind(len);
            return None;
        }
        let bytes = self.take(left.unwrap_or(u64::MAX), rest);
        if bytes.is_empty() {
            return Some(Step::NeedMore);
        }
        let taken = bytes.len() as u64;
        if let Some(data) = &mut self.data {
            data.len += taken;
        }
        self.state = State::Data { left: left.map(|left| left - taken) };
        Some(Step::Data(bytes))
    }

    fn skip<'a>(&mut self, chunk: Chunk, left: u64, rest: &mut &'a [u8]) -> Option<Step<'a>> {
        let left = left - self.take(left, rest).len() as u64;
        if left > 0 {
            self.state = State::Skip { chunk, left };
            return Some(Step::NeedMore);
        }
        self.state = State::behind(chunk.len);
        None
    }

    /// Skips the byte that evens out an odd chunk. Some writers leave it out: then four letters
    /// follow at once.
    fn padding<'a>(&mut self, rest: &mut &'a [u8]) -> Option<Step<'a>> {
        if !self.hold(1, rest) {
            return Some(Step::NeedMore);
        }
        if self.held == [0] {
            self.held.clear();
        } else {
            if !self.hold(5, rest) {
                return Some(Step::NeedMore);
            }
            let are_letters = |bytes: Option<&[u8]>| {
                bytes.is_some_and(|bytes| bytes.iter().all(|byte| matches!(byte, b' '..=b'~')))
            };
            if are_letters(self.held.get(..4)) && !are_letters(self.held.get(1..)) {
                let problem = "a chunk of odd length without its byte of padding";
                self.warn(self.offset - 5, ErrorKind::Irregular { problem });
            } else {
                self.held.remove(0);
            }
        }
        self.state = State::Chunk;
        None
    }

    /// Whether the file has ended by its own account, with everything read.
    fn is_over(&self) -> bool {
        self.data.is_some()
            && self.held.is_empty()
            && self.riff_end.is_some_and(|end| self.offset >= end)
    }

    /// The item that the end of the input cuts, if there is one.
    fn cut(&self) -> Option<ParseError> {
        let held = self.held.len() as u64;
        let (what, start, needed, found) = match self.state {
            State::Start => ("the RIFF header", 0, 12, held),
            State::Chunk if held > 0 => ("a chunk's header", self.offset - held, 8, held),
            State::Content { chunk, .. } => {
                ("the fmt or ds64 chunk", chunk.offset, chunk.len, held)
            }
            State::Data { left: Some(left @ 1..) } => {
                let data = self.data?;
                ("the data chunk", data.offset, data.len.saturating_add(left), data.len)
            }
            State::Skip { chunk, left: left @ 1.. } => {
                ("a chunk", chunk.offset, chunk.len, chunk.len - left)
            }
            _ => return None,
        };
        let kind = ErrorKind::Truncated { what, needed, found };
        Some(ParseError::new(Layer::Riff, start, kind))
    }

    fn warn(&mut self, offset: u64, kind: ErrorKind) {
        if self.warnings.len() < self.max_warnings {
            self.warnings.push(ParseError::new(Layer::Riff, offset, kind).into());
        }
    }

    /// The next `N` bytes, or as many as there are, kept for the next time.
    fn gather<const N: usize>(&mut self, rest: &mut &[u8]) -> Option<[u8; N]> {
        let complete = self.hold(N, rest);
        let bytes = self.held.first_chunk().copied().filter(|_| complete)?;
        self.held.clear();
        Some(bytes)
    }

    /// Holds `wanted` bytes; whether there were as many.
    fn hold(&mut self, wanted: usize, rest: &mut &[u8]) -> bool {
        let missing = wanted.saturating_sub(self.held.len()) as u64;
        let bytes = self.take(missing, rest);
        self.held.extend_from_slice(bytes);
        self.held.len() >= wanted
    }

    /// Takes at most `wanted` bytes of the input.
    fn take<'a>(&mut self, wanted: u64, rest: &mut &'a [u8]) -> &'a [u8] {
        let count = usize::try_from(wanted).unwrap_or(usize::MAX).min(rest.len());
        let bytes = rest.split_off(..count).unwrap_or_default();
        self.offset += count as u64;
        bytes
    }

    const fn order(&self) -> ByteOrder {
        self.container.byte_order()
    }
}
