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
    /// or none at all (0.5) is there to judge by.
    pub certainty: f64,
    /// Timestamp units per block that the RTP headers agree on.
    pub(super) increment: Option<u32>,
    /// A header that belongs to the stream, to know its source and payload type by.
    pub(super) sample: Option<rtp::Header>,
}

impl Layout {
    /// Judges by the first blocks, `probe`.
    pub(super) fn detect(header: &Header, probe: &[u8]) -> Self {
        let encoding = Encoding::find(header.codec.as_str());
        let mut evidence = Evidence::default();
        let mut previous = None;
        for block in probe.chunks_exact(header.block_len().max(1)) {
            let current =
                rtp::Header::parse(block).ok().filter(|rtp| payload_type_fits(rtp, encoding));
            evidence.add(previous, current);
            previous = Some(current);
        }
        evidence.judge(length_says(header, encoding))
    }
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

#[derive(Default)]
struct Evidence {
    blocks: u32,
    /// Blocks that could be RTP packets on their own.
    headers: u32,
    /// Neighbours of which the second continues the first.
    links: u32,
    increment: Increment,
    first: Option<rtp::Header>,
    first_linked: Option<rtp::Header>,
}

/// Timestamp units per block, as long as all neighbours agree.
#[derive(Clone, Copy, Default)]
enum Increment {
    #[default]
    Unseen,
    Agreed(u32),
    Disputed,
}

impl Evidence {
    /// Counts a block, after its neighbour if there is one.
    fn add(&mut self, previous: Option<Option<rtp::Header>>, current: Option<rtp::Header>) {
        self.blocks += 1;
        let Some(current) = current else { return };
        self.headers += 1;
        self.first.get_or_insert(current);
        let Some(previous) = previous.flatten() else { return };
        let steps = current.sequence.distance_from(previous.sequence);
        if current.ssrc != previous.ssrc || !NEAR.contains(&steps) {
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

    fn judge(self, length: Option<RtpHeaders>) -> Layout {
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
        let by_count = if self.blocks == 1 { 0.9 } else { 1.0 };
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
