//! Sequence numbers: what is missing, what came late or twice, where a stream begins anew.

use super::{PacketFacts, Role};
use crate::rtp::{RtpTime, SequenceNumber};

/// Numbers ahead of the highest that still count as a gap (RFC 3550 A.1, MAX_DROPOUT).
const MAX_DROPOUT: u16 = 3000;
/// Numbers behind the highest that still count as late (RFC 3550 A.1, MAX_MISORDER).
const MAX_MISORDER: u16 = 100;
/// A silence on the wire after which a stream is said to go on in a new segment. Ours: longer than
/// the pauses of silence suppression, shorter than a call on hold.
const PAUSE_US: i64 = 5_000_000;

/// Why a segment begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentCause {
    /// The sequence numbers went elsewhere, and on from there.
    Sequence,
    /// The timestamps went elsewhere by more than 5 s against the clock, the sequence went on.
    Timestamp,
    /// Nothing arrived for 5 s or more.
    Pause,
}

/// Where a packet stands among those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The stream's first.
    First,
    /// The one that was due.
    Next,
    /// Later ones than were due: `missing` numbers are skipped.
    Gap {
        /// How many.
        missing: u16,
    },
    /// A number skipped before: it was late, not lost.
    Late,
    /// A number that had come before.
    Duplicate,
    /// Far from all others; the next packet shows whether the stream restarted.
    Stray,
    /// The first packet of a new segment, or for [`SegmentCause::Sequence`] its second.
    Segment {
        /// What broke the run.
        cause: SegmentCause,
        /// Numbers skipped where the sequence went on.
        missing: u16,
    },
}

/// Follows the sequence numbers of a stream in constant memory: first what every packet changes.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(super) struct Tracker {
    /// Bit n is set when `highest - n` has arrived.
    seen: u128,
    /// The highest extended number so far.
    highest: u64,
    packets: u64,
    last_arrival_us: i64,
    /// Timestamp of the last media packet, if there was one, and its arrival.
    last_media: Option<RtpTime>,
    last_media_us: i64,
    tshark: TsharkCycles,
    /// What would follow the stray that came last.
    after_stray: Option<SequenceNumber>,
    /// Extended number of the segment's first packet.
    base: u64,
    /// `expected` of the segments before.
    expected_before: u64,
    duplicates: u64,
    out_of_order: u64,
    gaps: u64,
    strays: u64,
    segments: u32,
}

/// The packet that would go on where the last one ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) sequence: SequenceNumber,
    /// How many from this one on can be counted together.
    pub(super) most: usize,
    /// Arrival and timestamp of the packet before.
    pub(super) last_us: i64,
    pub(super) last_timestamp: RtpTime,
}

impl Tracker {
    pub(super) fn on_packet(&mut self, arrival_us: i64, facts: &PacketFacts, clock: u32) -> Order {
        self.tshark.on_packet(facts.sequence.0, facts.timestamp, self.packets == 0);
        let order = self.place(facts.sequence);
        let order = match (order, self.break_in_time(arrival_us, facts, clock)) {
            (Order::Next, Some(cause)) => Order::Segment { cause, missing: 0 },
            (Order::Gap { missing }, Some(cause)) => Order::Segment { cause, missing },
            _ => order,
        };
        self.packets += 1;
        match order {
            Order::First | Order::Segment { .. } => self.segments = self.segments.saturating_add(1),
            Order::Late => self.out_of_order += 1,
            Order::Duplicate => self.duplicates += 1,
            Order::Stray => self.strays += 1,
            Order::Next | Order::Gap { .. } => {}
        }
        if let Order::Gap { .. } | Order::Segment { missing: 1.., .. } = order {
            self.gaps += 1;
        }
        self.last_arrival_us = arrival_us;
        if facts.role == Role::Media && !matches!(order, Order::Late | Order::Stray) {
            self.last_media = Some(facts.timestamp);
            self.last_media_us = arrival_us;
        }
        order
    }

    /// What a run may begin with: `None` before the first packet of media, and where another kind
    /// of packet came after it.
    pub(super) fn due(&self) -> Option<Due> {
        let timestamp = self.last_media.filter(|_| self.last_media_us == self.last_arrival_us)?;
        #[allow(clippy::cast_possible_truncation, reason = "the low 16 bits are the number")]
        let sequence = SequenceNumber(self.highest as u16).next();
        let most = usize::from(self.tshark.most_unremarked(sequence.0));
        Some(Due { sequence, most, last_us: self.last_arrival_us, last_timestamp: timestamp })
    }

    /// Takes in so many packets that were due, at most [`Due::most`], by what the last one was.
    pub(super) fn on_run(&mut self, packets: usize, last_us: i64, last_timestamp: RtpTime) {
        self.packets += packets as u64;
        self.highest += packets as u64;
        self.seen = match packets {
            0..128 => self.seen << packets | !(u128::MAX << packets),
            _ => u128::MAX,
        };
        self.after_stray = None;
        self.last_arrival_us = last_us;
        self.last_media = Some(last_timestamp);
        self.last_media_us = last_us;
        #[allow(clippy::cast_possible_truncation, reason = "the low 16 bits are the number")]
        let last = self.highest as u16;
        self.tshark.last = last;
    }

    pub(super) const fn packets(&self) -> u64 {
        self.packets
    }

    pub(super) const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    pub(super) const fn out_of_order(&self) -> u64 {
        self.out_of_order
    }

    pub(super) const fn gaps(&self) -> u64 {
        self.gaps
    }

    pub(super) const fn strays(&self) -> u64 {
        self.strays
    }

    pub(super) const fn segments(&self) -> u32 {
        self.segments
    }

    /// Whether the sequence ever went elsewhere and on from there.
    pub(super) const fn has_restarted(&self) -> bool {
        self.expected_before > 0
    }

    /// Numbers spanned, segment by segment (RFC 3550 A.3).
    pub(super) const fn expected(&self) -> u64 {
        if self.packets == 0 { 0 } else { self.expected_before + self.highest - self.base + 1 }
    }

    /// Numbers spanned as tshark reckons; negative where it lost its way.
    pub(super) fn tshark_expected(&self) -> i64 {
        if self.packets == 0 { 0 } else { self.tshark.expected() }
    }

    /// RFC 3550 A.1, with two additions: a window tells late packets from duplicates, and the stray
    /// that turns out to have been a restart belongs to the segment it opened.
    fn place(&mut self, sequence: SequenceNumber) -> Order {
        if self.packets == 0 {
            self.base = u64::from(sequence.0);
            self.highest = self.base;
            self.seen = 1;
            return Order::First;
        }
        #[allow(clippy::cast_possible_truncation, reason = "the low 16 bits are the number")]
        let ahead = sequence.0.wrapping_sub(self.highest as u16);
        let behind = ahead.wrapping_neg();
        if (1..MAX_DROPOUT).contains(&ahead) {
            self.after_stray = None;
            self.highest += u64::from(ahead);
            self.seen = self.seen.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
            return if ahead == 1 { Order::Next } else { Order::Gap { missing: ahead - 1 } };
        }
        if behind <= MAX_MISORDER {
            return self.place_behind(behind);
        }
        if self.after_stray == Some(sequence) {
            self.restart(sequence);
            return Order::Segment { cause: SegmentCause::Sequence, missing: 0 };
        }
        self.after_stray = Some(sequence.next());
        Order::Stray
    }

    fn place_behind(&mut self, behind: u16) -> Order {
        // MAX_MISORDER is below the window's 128 bits.
        let bit = 1u128 << behind;
        if self.seen & bit != 0 {
            return Order::Duplicate;
        }
        self.seen |= bit;
        match self.highest.checked_sub(u64::from(behind)) {
            // Before the first packet: it was late, the segment began earlier.
            Some(extended) => self.base = self.base.min(extended),
            None => {
                // The first number was small; lift all extended numbers by one cycle.
                self.base += 1 << 16;
                self.highest += 1 << 16;
                self.base = self.base.min(self.highest - u64::from(behind));
            }
        }
        Order::Late
    }

    fn restart(&mut self, sequence: SequenceNumber) {
        self.expected_before = self.expected();
        self.strays -= 1;
        // One cycle up, so that the stray before number 0 has an extended number too.
        self.highest = u64::from(sequence.0) + (1 << 16);
        self.base = self.highest - 1;
        self.seen = 0b11;
        self.after_stray = None;
    }

    /// Why a packet opens a segment though its number is in sequence, if it does.
    fn break_in_time(
        &self,
        arrival_us: i64,
        facts: &PacketFacts,
        clock: u32,
    ) -> Option<SegmentCause> {
        if self.packets == 0 {
            return None;
        }
        if arrival_us.saturating_sub(self.last_arrival_us) >= PAUSE_US {
            return Some(SegmentCause::Pause);
        }
        let timestamp = self.last_media?;
        if facts.role != Role::Media || clock == 0 {
            return None;
        }
        // Both sides times the clock, which spares a division in every packet.
        let clock = i64::from(clock);
        let media = i64::from(facts.timestamp.distance_from(timestamp)) * 1_000_000;
        let elapsed = arrival_us.saturating_sub(self.last_media_us).saturating_mul(clock);
        let drift = elapsed.saturating_sub(media).saturating_abs();
        (drift > PAUSE_US * clock).then_some(SegmentCause::Timestamp)
    }
}

/// tshark's own count of sequence number cycles: one more whenever a number below the first one
/// appears in time order, once per round.
#[derive(Clone, Copy, Debug, Default)]
struct TsharkCycles {
    first: u16,
    first_timestamp: RtpTime,
    last: u16,
    cycles: u32,
    /// Below the first number in this round.
    below: bool,
}

impl TsharkCycles {
    const fn on_packet(&mut self, sequence: u16, timestamp: RtpTime, is_first: bool) {
        if is_first {
            self.first = sequence;
            self.first_timestamp = timestamp;
        } else if timestamp.distance_from(self.first_timestamp) >= 0 {
            let wrapped_exactly = sequence == 0 && self.last == u16::MAX;
            if !self.below && (sequence < self.first || wrapped_exactly) {
                self.cycles += 1;
                self.below = true;
            } else if self.below && sequence > self.first {
                self.below = false;
            }
        }
        self.last = sequence;
    }

    /// How many numbers from `due` on change nothing here but the last one, whatever their time.
    const fn most_unremarked(self, due: u16) -> u16 {
        match (due, self.below) {
            (0, _) => 0,
            (_, false) if due < self.first => 0,
            (_, false) => u16::MAX - due,
            (_, true) => self.first.saturating_sub(due),
        }
    }

    fn expected(self) -> i64 {
        (i64::from(self.cycles) << 16) + i64::from(self.last) - i64::from(self.first) + 1
    }
}
