//! Whether the blocks of a recording begin with RTP headers: the header does not say (BX-L3).

use super::{Encoding, Header};
use crate::rtp;

/// Whether blocks begin with an RTP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RtpHeaders {
    /// Each block is a whole RTP packet.
    Present,
    /// Each block is payload alone.
    Absent,
}

impl RtpHeaders {
    /// The name used in reports: `present` or `absent`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
        }
    }
}

/// What the first blocks reveal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// Whether blocks begin with an RTP header.
    pub rtp_headers: RtpHeaders,
    /// How sure that is, 0 to 1: the share of the first blocks that agree, lowered where the
    /// block's length says nothing (0.95) or the opposite (0.8), and where a single block (0.9)
    /// or none at all (0.5) is there to judge by. Blocks of nothing but zeros are room that was
    /// never written and agree with neither; where there are so many of them that few others were
    /// found, that lowers it as well (to 0.5 and 1/32 for each).
    pub certainty: f64,
    /// Timestamp units per block that the RTP headers agree on.
    pub(super) increment: Option<u32>,
    /// A header that belongs to the stream, to know its source and payload type by.
    pub(super) sample: Option<rtp::Header>,
}

/// What the block's length says about headers, for a codec of fixed rates.
fn length_says(header: &Header, encoding: Option<Encoding>) -> Option<RtpHeaders> {
    let encoding = encoding?;
    let ticks = header.plausible_increment()?;
    let len = header.rtp_len.unsigned_abs();
    if encoding.payload_fits(len, ticks)? {
        return Some(RtpHeaders::Absent);
    }
    let payload = len.checked_sub(u32::try_from(rtp::Header::LEN).ok()?)?;
    encoding.payload_fits(payload, ticks)?.then_some(RtpHeaders::Present)
}

/// A static payload type must be the codec's own; any codec can have a dynamic one.
fn payload_type_fits(rtp: &rtp::Header, encoding: Option<Encoding>) -> bool {
    match encoding.and_then(|encoding| encoding.payload_type) {
        Some(own) if rtp.payload_type < rtp::payload::FIRST_DYNAMIC => rtp.payload_type == own,
        _ => true,
    }
}

/// Steps in sequence number that still count as the same stream going on.
const NEAR: core::ops::RangeInclusive<i16> = 1..=100;

/// Written blocks to judge by.
pub(crate) const PROBE_BLOCKS: u16 = 16;

/// Bytes among which to look for them: more room than that is not held in memory to find out.
const PROBE_BYTES: usize = 1 << 20;

/// What the blocks looked at so far reveal.
///
/// Blocks of nothing but zeros are passed over. A power cut leaves them where the drive had set room
/// aside or lost what was written (BX-L6): they are no RTP header, and no codec means them as sound,
/// so they speak for neither layout. A repair leaves them out, and by this rule what it makes has
/// the layout of what it was given.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// Bytes looked at, zeros included.
    bytes: usize,
    /// Blocks that were written.
    blocks: u16,
    /// Those that could be RTP packets on their own.
    headers: u16,
    /// Neighbours of which the second continues the first.
    links: u16,
    increment: Increment,
    first: Option<rtp::Header>,
    first_linked: Option<rtp::Header>,
    /// The header of the last written block.
    newest: Option<rtp::Header>,
}

/// Timestamp units per block, as long as all neighbours agree.
#[derive(Clone, Copy, Debug, Default)]
enum Increment {
    #[default]
    Unseen,
    Agreed(u32),
    Disputed,
}

impl Evidence {
    /// Looks at the next blocks of `held`, which begins with the first of the file; gives the
    /// layout once there are enough of them, or as soon as there are no more.
    pub(super) fn gather(&mut self, header: &Header, held: &[u8], ended: bool) -> Option<Layout> {
        let encoding = Encoding::find(header.codec.as_str());
        let len = header.block_len();
        while !self.is_enough()
            && let Some(block) = held.get(self.bytes..self.bytes + len)
        {
            self.bytes += len;
            if block.iter().any(|&byte| byte != 0) {
                self.add(
                    rtp::Header::parse(block).ok().filter(|rtp| payload_type_fits(rtp, encoding)),
                );
            }
        }
        (ended || self.is_enough()).then(|| self.judge(length_says(header, encoding)))
    }

    /// Bytes that it takes from the first block on, as far as that is known yet.
    pub(super) fn bytes_needed(&self, block_len: usize) -> usize {
        self.bytes + usize::from(PROBE_BLOCKS - self.blocks) * block_len
    }

    const fn is_enough(&self) -> bool {
        self.blocks == PROBE_BLOCKS || self.is_cut_short()
    }

    const fn is_cut_short(&self) -> bool {
        self.bytes >= PROBE_BYTES
    }

    /// Counts a written block.
    fn add(&mut self, current: Option<rtp::Header>) {
        self.blocks += 1;
        let previous = core::mem::replace(&mut self.newest, current);
        let Some(current) = current else { return };
        self.headers += 1;
        self.first.get_or_insert(current);
        let Some(previous) = previous else { return };
        let steps = current.sequence.distance_from(previous.sequence);
        let source = |rtp: rtp::Header| (rtp.ssrc, rtp.payload_type);
        if source(current) != source(previous) || !NEAR.contains(&steps) {
            return;
        }
        self.links += 1;
        self.first_linked.get_or_insert(previous);
        if steps == 1 {
            let ticks = current.timestamp.0.wrapping_sub(previous.timestamp.0);
            self.increment = match self.increment {
                Increment::Unseen => Increment::Agreed(ticks),
                Increment::Agreed(agreed) if agreed == ticks => self.increment,
                _ => Increment::Disputed,
            };
        }
    }

    fn judge(&self, length: Option<RtpHeaders>) -> Layout {
        let (for_headers, of) = match self.blocks {
            0 | 1 => (self.headers, self.blocks),
            blocks => (self.links, blocks - 1),
        };
        let share = if of == 0 { 0.5 } else { f64::from(for_headers) / f64::from(of) };
        let rtp_headers = match (self.blocks, length) {
            // A single block can look like anything; its length cannot.
            (0 | 1, Some(length)) => length,
            _ if share > 0.5 => RtpHeaders::Present,
            _ => RtpHeaders::Absent,
        };
        let agreeing = match rtp_headers {
            RtpHeaders::Present => share,
            RtpHeaders::Absent => 1.0 - share,
        };
        let by_length = match length {
            None => 0.95,
            Some(length) if length == rtp_headers => 1.0,
            Some(_) => 0.8,
        };
        let by_count = match self.blocks {
            blocks if self.is_cut_short() => 0.5 + f64::from(blocks) / f64::from(2 * PROBE_BLOCKS),
            1 => 0.9,
            _ => 1.0,
        };
        let increment = match self.increment {
            Increment::Agreed(ticks @ 1..=0xFFFF) => Some(ticks),
            _ => None,
        };
        let present = rtp_headers == RtpHeaders::Present;
        Layout {
            rtp_headers,
            certainty: agreeing * by_length * by_count,
            increment: increment.filter(|_| present),
            sample: self.first_linked.or(self.first).filter(|_| present),
        }
    }
}
