//! Reads a recording from chunks of any size.

use alloc::vec::Vec;

use super::continuity::Tracker;
use super::summary::time_of;
use super::{Continuity, Encoding, HEADER_LEN, Header, Layout, Repair, RtpHeaders, Summary};
use crate::codec::Codec;
use crate::{ErrorKind, Layer, Limits, ParseError, Warning, rtp};

/// Push parser for recordings. It never holds more than 16 blocks, and reads damaged files as far
/// as they go (BX-L6): [`Reader::finish`] says what was wrong with them.
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
    body: Option<Body>,
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

/// Blocks to judge the layout by.
const PROBE_BLOCKS: usize = 16;

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
            body: None,
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
        self.body.as_ref().map(|body| &body.layout)
    }

    /// Ends the file and sums it up.
    ///
    /// # Errors
    /// As [`Reader::push`]; `Truncated` where the file is shorter than a header.
    pub fn finish(mut self) -> Result<Summary, ParseError> {
        self.end_of_input();
        while !matches!(self.advance()?, Some(Next::End)) {}
        match (self.header, self.body) {
            (Some(header), Some(body)) => Ok(body.summary(header, self.taken)),
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
        if self.body.is_none() && held.len() < window(header) && !self.ended {
            return Ok(None);
        }
        let body = self.body.get_or_insert_with(|| Body::new(header, held, self.max_notes));
        loop {
            let held = self.held.get(self.done..).unwrap_or_default();
            let offset = self.taken - held.len() as u64;
            match body.take(header, held, offset, self.ended) {
                Taken::NeedMore => return Ok(None),
                Taken::Skip(bytes) => self.done += bytes,
                Taken::Block(facts) => {
                    self.done += header.block_len();
                    return Ok(Some(Next::Block(facts)));
                }
                Taken::End => return Ok(Some(Next::End)),
            }
        }
    }

    /// Takes as much of `input` as there is room for.
    fn fill(&mut self, input: &[u8]) -> usize {
        self.held.drain(..self.done.min(self.held.len()));
        self.done = 0;
        let room = self.header.as_ref().map_or(HEADER_LEN, window).saturating_sub(self.held.len());
        let left = self.size.map_or(u64::MAX, |size| size.saturating_sub(self.taken));
        let take = input.len().min(room).min(usize::try_from(left).unwrap_or(usize::MAX));
        self.held.extend_from_slice(input.get(..take).unwrap_or_default());
        self.taken += take as u64;
        self.ended |= self.size.is_some_and(|size| self.taken >= size);
        take
    }

    fn block_before_done(&self) -> &[u8] {
        let len = self.header.as_ref().map_or(0, Header::block_len);
        self.held.get(self.done.saturating_sub(len)..self.done).unwrap_or_default()
    }
}

/// Bytes to hold at most: what the layout is judged by.
fn window(header: &Header) -> usize {
    header.block_len() * PROBE_BLOCKS
}

enum Next {
    NeedMore,
    Header(Header),
    Block(Facts),
    End,
}

/// A block without its bytes.
struct Facts {
    index: u64,
    offset: u64,
    position: u64,
    rtp: Option<rtp::Header>,
    continuity: Continuity,
}

impl Facts {
    fn with(self, bytes: &[u8]) -> Block<'_> {
        let Self { index, offset, position, rtp, continuity } = self;
        Block { index, offset, position, rtp, continuity, bytes }
    }
}

/// The state behind the header.
#[derive(Clone, Debug)]
struct Body {
    layout: Layout,
    codec: Option<Codec>,
    clock: u32,
    increment: u32,
    tracker: Tracker,
    blocks: u64,
    partial_last: u64,
    /// Bytes that are no block and have not been reported yet.
    skipped: Option<Skipped>,
    repairs: Vec<Repair>,
    repairs_omitted: u64,
    max_notes: usize,
    warnings: Vec<Warning>,
}

#[derive(Clone, Copy, Debug)]
struct Skipped {
    offset: u64,
    bytes: u64,
}

enum Taken {
    NeedMore,
    Skip(usize),
    Block(Facts),
    End,
}

impl Body {
    fn new(header: &Header, probe: &[u8], max_notes: usize) -> Self {
        let layout = Layout::detect(header, probe);
        let mut repairs = Vec::new();
        let mut warnings = Vec::new();

        let mut encoding = Encoding::find(header.codec.as_str());
        if header.codec.as_str().is_empty() {
            encoding = layout.sample.and_then(|rtp| Encoding::of_payload_type(rtp.payload_type));
            repairs.extend(encoding.map(|encoding| Repair::Codec { name: encoding.name }));
        }
        if encoding.is_none() {
            let problem = "the codec is unknown, so its RTP clock is taken to be 8000 Hz";
            let at = Header::CODEC_OFFSET as u64;
            let kind = ErrorKind::Irregular { problem };
            warnings.push(ParseError::new(Layer::Recording, at, kind).into());
        }
        let increment = actual_increment(header, &layout, encoding);
        if increment == 0 {
            let problem = "increment makes no sense and nothing else tells how long a block lasts";
            let at = Header::INCREMENT_OFFSET as u64;
            let kind = ErrorKind::Irregular { problem };
            warnings.push(ParseError::new(Layer::Recording, at, kind).into());
        } else if header.plausible_increment() != Some(increment) {
            repairs.push(Repair::Increment { header: header.increment, actual: increment });
        }
        let clock = encoding.map_or(8000, |encoding| encoding.clock);
        Self {
            layout,
            codec: encoding.and_then(|encoding| Codec::from_name(encoding.name)),
            clock,
            increment,
            tracker: Tracker::new(increment, clock, max_notes),
            blocks: 0,
            partial_last: 0,
            skipped: None,
            repairs,
            repairs_omitted: 0,
            max_notes,
            warnings,
        }
    }

    /// Looks at the bytes from `offset` on for the next block.
    fn take(&mut self, header: &Header, bytes: &[u8], offset: u64, ended: bool) -> Taken {
        let len = header.block_len();
        // Beyond the block, so much is looked at to see whether another follows.
        if bytes.len() < len + rtp::Header::LEN && !ended {
            return Taken::NeedMore;
        }
        let Some(block) = bytes.get(..len) else {
            return self.take_rest(bytes, offset, len);
        };
        let accepted = match self.layout.rtp_headers {
            RtpHeaders::Present => self.packet(bytes, len).map(Some).ok_or(1),
            RtpHeaders::Absent if is_blank(header, block, offset) => Err(len),
            RtpHeaders::Absent => Ok(None),
        };
        let rtp = match accepted {
            Ok(rtp) => rtp,
            Err(skip) => {
                let skipped = self.skipped.get_or_insert(Skipped { offset, bytes: 0 });
                skipped.bytes += skip as u64;
                return Taken::Skip(skip);
            }
        };
        if let Some(Skipped { offset, bytes }) = self.skipped.take() {
            self.note(Repair::Skipped { offset, bytes });
        }
        let (continuity, position) = self.tracker.accept(rtp, offset);
        let index = self.blocks;
        self.blocks += 1;
        Taken::Block(Facts { index, offset, position, rtp, continuity })
    }

    /// Deals with what is left and shorter than a block.
    fn take_rest(&mut self, rest: &[u8], offset: u64, len: usize) -> Taken {
        if rest.is_empty() {
            if let Some(Skipped { offset, bytes }) = self.skipped.take() {
                self.note(Repair::Trailing { offset, bytes });
            }
            return Taken::End;
        }
        let bytes = rest.len() as u64;
        match &mut self.skipped {
            Some(skipped) => skipped.bytes += bytes,
            None => {
                self.partial_last = bytes;
                self.note(Repair::PartialLastBlock { offset, bytes, of: len as u64 });
            }
        }
        Taken::Skip(rest.len())
    }

    /// The RTP header that `bytes` begin with, if it belongs to this recording. In its place, the
    /// same source is enough, or the same payload type where the next block has that source too;
    /// in search of the next block behind damage it takes all three.
    fn packet(&self, bytes: &[u8], len: usize) -> Option<rtp::Header> {
        let rtp = rtp::Header::parse(bytes).ok()?;
        let Some(known) = self.tracker.newest().or(self.layout.sample.as_ref()) else {
            return Some(rtp);
        };
        let confirmed = || match bytes.get(len..).map(rtp::Header::parse) {
            Some(Ok(next)) => next.ssrc == rtp.ssrc,
            // Only the file's end leaves nothing to look at.
            _ => bytes.len() < len + rtp::Header::LEN,
        };
        let same_source = rtp.ssrc == known.ssrc;
        let same_type = rtp.payload_type == known.payload_type;
        let belongs = match self.skipped {
            None => same_source || same_type && confirmed(),
            Some(_) => same_source && same_type && confirmed(),
        };
        belongs.then_some(rtp)
    }

    fn note(&mut self, repair: Repair) {
        if self.repairs.len() < self.max_notes {
            self.repairs.push(repair);
        } else {
            self.repairs_omitted += 1;
        }
    }

    fn summary(mut self, header: Header, file_bytes: u64) -> Summary {
        let data_bytes = self.blocks.saturating_mul(header.rtp_len.unsigned_abs().into());
        let available = file_bytes.saturating_sub(HEADER_LEN as u64);
        let claimed = header.data_size;
        if claimed == 0 && data_bytes > 0 {
            self.note(Repair::DataSizeUnset { actual: data_bytes });
        } else if u64::from(claimed) > available {
            self.note(Repair::DataSizeBeyondFile { header: claimed, actual: available });
        } else if u64::from(claimed) < data_bytes {
            self.note(Repair::DataSizeStale { header: claimed, actual: data_bytes });
        }
        let ticks = self.blocks.saturating_mul(self.increment.into());
        Summary {
            header,
            layout: self.layout,
            codec: self.codec,
            clock: self.clock,
            increment: self.increment,
            blocks: self.blocks,
            data_bytes,
            duration: time_of(ticks, self.clock),
            span: time_of(self.tracker.end(), self.clock),
            lost: self.tracker.lost,
            late: self.tracker.late,
            duplicates: self.tracker.duplicates,
            restarts: self.tracker.restarts,
            gaps: self.tracker.gaps,
            gaps_omitted: self.tracker.gaps_omitted,
            repairs: self.repairs,
            repairs_omitted: self.repairs_omitted,
            partial_last: self.partial_last,
            warnings: self.warnings,
        }
    }
}

/// The timestamp units per block: as the RTP headers agree, or else as the header says, or else as
/// codec and length imply; 0 where none does.
fn actual_increment(header: &Header, layout: &Layout, encoding: Option<Encoding>) -> u32 {
    let headers = match layout.rtp_headers {
        RtpHeaders::Present => rtp::Header::LEN,
        RtpHeaders::Absent => 0,
    };
    let implied = || {
        let payload = header.block_len().checked_sub(headers)?;
        encoding?.ticks_of(u32::try_from(payload).ok()?)
    };
    layout.increment.or_else(|| header.plausible_increment()).or_else(implied).unwrap_or(0)
}

/// Whether a block is room that was set aside and never written: zeros beyond `dataSize`, which no
/// codec means as sound.
fn is_blank(header: &Header, block: &[u8], offset: u64) -> bool {
    let end = offset + block.len() as u64;
    end > HEADER_LEN as u64 + u64::from(header.data_size) && block.iter().all(|&byte| byte == 0)
}
