//! Finds the blocks among the bytes behind the header, and keeps the books about them.

use alloc::vec::Vec;

use super::continuity::Tracker;
use super::summary::time_of;
use super::{Block, Continuity, Encoding, HEADER_LEN, Header, Layout, Repair, RtpHeaders, Summary};
use crate::codec::Codec;
use crate::{ErrorKind, Layer, ParseError, Warning, rtp};

/// A block without its bytes.
pub(super) struct Facts {
    index: u64,
    offset: u64,
    position: u64,
    rtp: Option<rtp::Header>,
    continuity: Continuity,
}

impl Facts {
    /// The block, given its bytes.
    pub(super) fn with(self, bytes: &[u8]) -> Block<'_> {
        let Self { index, offset, position, rtp, continuity } = self;
        Block { index, offset, position, rtp, continuity, bytes }
    }
}

/// The state behind the header.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    pub(super) layout: Layout,
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

/// What the next bytes are.
pub(super) enum Found {
    /// Too few to tell.
    NeedMore,
    /// So many that are no block.
    Skip(usize),
    /// A block.
    Block(Facts),
    /// None: the file is over.
    End,
}

impl Scanner {
    /// A scanner of blocks of this layout.
    pub(super) fn new(header: &Header, layout: Layout, max_notes: usize) -> Self {
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
    pub(super) fn next(
        &mut self,
        header: &Header,
        bytes: &[u8],
        offset: u64,
        ended: bool,
    ) -> Found {
        let len = header.block_len();
        // Beyond the block, so much is looked at to see whether another follows.
        if bytes.len() < len + rtp::Header::LEN && !ended {
            return Found::NeedMore;
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
                return Found::Skip(skip);
            }
        };
        if let Some(Skipped { offset, bytes }) = self.skipped.take() {
            self.note(Repair::Skipped { offset, bytes });
        }
        let (continuity, position) = self.tracker.accept(rtp, offset);
        let index = self.blocks;
        self.blocks += 1;
        Found::Block(Facts { index, offset, position, rtp, continuity })
    }

    /// Deals with what is left and shorter than a block.
    fn take_rest(&mut self, rest: &[u8], offset: u64, len: usize) -> Found {
        if rest.is_empty() {
            if let Some(Skipped { offset, bytes }) = self.skipped.take() {
                self.note(Repair::Trailing { offset, bytes });
            }
            return Found::End;
        }
        let bytes = rest.len() as u64;
        match &mut self.skipped {
            Some(skipped) => skipped.bytes += bytes,
            None => {
                self.partial_last = bytes;
                self.note(Repair::PartialLastBlock { offset, bytes, of: len as u64 });
            }
        }
        Found::Skip(rest.len())
    }

    /// The RTP header that `bytes` begin with, if it belongs to this recording. In its place, the
    /// same source is enough, or the same payload type where the next block has that source too;
    /// in search of the next block behind damage it takes all three.
    fn packet(&self, bytes: &[u8], len: usize) -> Option<rtp::Header> {
        let rtp = rtp::Header::parse(bytes).ok()?;
        let Some(known) = self.tracker.newest().or(self.layout.sample.as_ref()) else {
            return Some(rtp);
        };
        let behind = bytes.get(len..len + rtp::Header::LEN);
        let confirmed = || match behind.map(rtp::Header::parse) {
            Some(Ok(next)) => next.ssrc == rtp.ssrc,
            Some(Err(_)) => false,
            // Only the file's end leaves nothing to look at.
            None => true,
        };
        // What was never written does not speak against a block that lies alone between two holes.
        let before_hole = || behind.is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0));
        let same_source = rtp.ssrc == known.ssrc;
        let same_type = rtp.payload_type == known.payload_type;
        let belongs = match self.skipped {
            None => same_source || same_type && confirmed(),
            Some(_) => same_source && same_type && (confirmed() || before_hole()),
        };
        belongs.then_some(rtp)
    }

    /// Bytes that the cut last block lacks.
    fn missing_of_last(&self, header: &Header) -> u64 {
        match self.partial_last {
            0 => 0,
            bytes => (header.block_len() as u64).saturating_sub(bytes),
        }
    }

    fn note(&mut self, repair: Repair) {
        if self.repairs.len() < self.max_notes {
            self.repairs.push(repair);
        } else {
            self.repairs_omitted += 1;
        }
    }

    /// Closes the books on a file of `file_bytes` bytes.
    pub(super) fn summary(mut self, header: Header, file_bytes: u64) -> Summary {
        let data_bytes = self.blocks.saturating_mul(header.rtp_len.unsigned_abs().into());
        let available = file_bytes.saturating_sub(HEADER_LEN as u64);
        let claimed = header.data_size;
        if claimed == 0 && data_bytes > 0 {
            self.note(Repair::DataSizeUnset { actual: data_bytes });
        } else if u64::from(claimed) > available + self.missing_of_last(&header) {
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
