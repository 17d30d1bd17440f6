//! What is counted about one RTP stream: losses, order, arrival gaps and jitter.
//!
//! The state is of fixed size but for the [`Series`], which is bounded; no packet allocates (the
//! series grows by a bucket a second until it is full).
//!
//! # Rules
//!
//! [`Rule::Tshark`] gives the numbers of `tshark -z rtp,streams` (4.0), the tool that people check
//! against; [`Rule::Rfc3550`] those of RFC 3550 A.1, A.3 and A.8. They agree on an orderly stream
//! without talk spurts. Where they differ, RFC 3550 is the definition and its rule is the better
//! account of the stream:
//!
//! | | tshark | RFC 3550 |
//! | --- | --- | --- |
//! | last number for `expected` | of the packet that came last, so reordering at the end looks like loss | the highest |
//! | sequence restart | counted as loss, or as a wrap of 2¹⁶ | a new segment, its own `expected` (A.1) |
//! | jitter takes in | every packet, its mean and extremes only those without marker, comfort noise or a successor of it; a talk spurt's or event's time shift enters | media packets of one clock; the reference starts anew with a segment |
//! | late packets | timestamp before the first packet's: left out | taken as they arrive (A.8) |
//! | delta takes in | the same packets as the jitter's mean | every packet |
//! | mean | divided by all packets so far, those left out included | sum by count |
//! | clock 11025, 22050, 44100 | cut to whole kHz | as it is |
//!
//! [`Rule::Reconciled`], the default, keeps to tshark but for its gross errors: where a sequence
//! restarts it counts the numbers in between as lost and takes the step of the timestamps for
//! jitter; where packets are reordered around a wrap it counts a cycle of 2¹⁶ numbers that never
//! was. Either makes a stream without fault look all but lost. RFC 3550 decides there.

mod order;
mod run;
mod series;
mod timing;

pub use order::{Order, SegmentCause};
pub use run::{MediaPacket, Run};
pub use series::{Bucket, Series};

use order::Tracker;
use timing::Timing;

use super::{Packet, RtpTime, SequenceNumber, payload};

/// Which of two definitions the numbers follow; see the [module](self) for how they differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// As tshark, but as RFC 3550 where the stream restarts, or tshark's count of numbers is off by
    /// half a cycle or more.
    #[default]
    Reconciled,
    /// As `tshark -z rtp,streams` counts.
    Tshark,
    /// As RFC 3550 defines.
    Rfc3550,
}

/// What a packet carries, as far as timing is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Audio or video in the stream's clock.
    #[default]
    Media,
    /// An RFC 4733 event: its timestamp stands still while it lasts.
    Event,
    /// Comfort noise (RFC 3389): sent when the sender sees fit.
    ComfortNoise,
}

/// The facts about a packet that statistics need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketFacts {
    /// Place in the stream.
    pub sequence: SequenceNumber,
    /// Sampling instant.
    pub timestamp: RtpTime,
    /// Start of a talk spurt.
    pub marker: bool,
    /// What it carries.
    pub role: Role,
}

impl PacketFacts {
    /// The facts of `packet`, comfort noise told by its static payload types. Whether a dynamic
    /// type is an event only signalling can say: the caller sets [`PacketFacts::role`].
    #[must_use]
    pub fn of(packet: &Packet<'_>) -> Self {
        let role = if payload::is_comfort_noise(packet.payload_type) {
            Role::ComfortNoise
        } else {
            Role::Media
        };
        let Packet { sequence, timestamp, marker, .. } = *packet;
        Self { sequence, timestamp, marker, role }
    }
}

/// Smallest, mean and largest of a series, in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Smallest.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Largest.
    pub max: f64,
}

/// The numbers of a stream so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Packets that arrived.
    pub packets: u64,
    /// Packets that the sequence numbers span; 0 where tshark's rule comes to a negative number.
    pub expected: u64,
    /// The span less the packets; negative when duplicates outweigh losses. By RFC 3550, strays
    /// are not among the packets.
    pub lost: i64,
    /// `lost` in percent of `expected`.
    pub lost_percent: f64,
    /// Packets whose sequence number had come before.
    pub duplicates: u64,
    /// Packets that came after a higher sequence number, duplicates apart.
    pub out_of_order: u64,
    /// Places where numbers were skipped: with `lost` they tell bursts from single losses
    /// ([`mos::burst_ratio`](crate::rtp::mos::burst_ratio)).
    pub gaps: u64,
    /// Runs between restarts and pauses; 1 for an unbroken stream, 0 without packets.
    pub segments: u32,
    /// Arrival differences; `None` where no two packets can be compared.
    pub delta_ms: Option<Spread>,
    /// Interarrival jitter; `None` where the clock is unknown or no two packets can be compared.
    pub jitter_ms: Option<Spread>,
}

/// Follows one stream.
///
/// ```
/// use recscope_core::rtp::statistics::{PacketFacts, Statistics};
/// use recscope_core::rtp::{RtpTime, SequenceNumber};
///
/// let mut statistics = Statistics::new(8000);
/// for n in [0u16, 1, 3] {
///     let facts = PacketFacts {
///         sequence: SequenceNumber(n),
///         timestamp: RtpTime(u32::from(n) * 160),
///         ..PacketFacts::default()
///     };
///     statistics.on_packet(i64::from(n) * 20_000, &facts);
/// }
/// let summary = statistics.summary();
/// assert_eq!((summary.packets, summary.expected, summary.lost), (3, 4, 1));
/// assert_eq!(summary.delta_ms.map(|delta| delta.max), Some(40.0));
/// ```
///
/// What every packet needs lies together, at the front: with thousands of streams each line of the
/// processor's cache that is touched comes from afar.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Statistics {
    clock: u32,
    rule: Rule,
    has_series: bool,
    /// Whether the rule gives a jitter after the last packet.
    has_jitter: bool,
    timing: Timing,
    order: Tracker,
    series: Series,
}

impl Statistics {
    /// A difference that no reordering explains, only a miscounted cycle.
    const HALF_CYCLE: u64 = 1 << 15;

    /// Statistics of a stream whose RTP clock is `clock` Hz, by the default rule; 0 where the
    /// clock is not known, which leaves the jitter out.
    #[must_use]
    pub fn new(clock: u32) -> Self {
        Self::with_rule(clock, Rule::default())
    }

    /// Statistics by a rule of the caller's choice.
    #[must_use]
    pub fn with_rule(clock: u32, rule: Rule) -> Self {
        Self {
            rule,
            clock,
            order: Tracker::default(),
            timing: Timing::new(rule),
            series: Series::default(),
            has_series: true,
            has_jitter: false,
        }
    }

    /// Statistics of a stream whose course over time nobody asks for: they never grow.
    #[must_use]
    pub fn without_series(clock: u32) -> Self {
        Self { has_series: false, ..Self::new(clock) }
    }

    /// The rule in force.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The RTP clock in Hz; 0 if unknown.
    #[must_use]
    pub const fn clock(&self) -> u32 {
        self.clock
    }

    /// Packets from here on count time in `clock` Hz: the codec changed, or signalling named it.
    pub const fn set_clock(&mut self, clock: u32) {
        self.clock = clock;
    }

    /// Takes in the next packet of the stream as it arrived, `arrival_us` in microseconds from any
    /// fixed origin, and says where it stands among those before.
    pub fn on_packet(&mut self, arrival_us: i64, facts: &PacketFacts) -> Order {
        let before = self.order.packets();
        let order = self.order.on_packet(arrival_us, facts, self.clock);
        let jitter_ms = self.timing.on_packet(arrival_us, facts, self.clock, order, before);
        if self.has_series {
            self.series.on_packet(arrival_us, order, jitter_ms);
        }
        self.has_jitter = jitter_ms.is_some();
        order
    }

    /// The jitter in ms after the last packet; `None` where the rule leaves that packet out.
    #[must_use]
    pub const fn jitter_ms(&self) -> Option<f64> {
        if self.has_jitter { Some(self.timing.jitter()) } else { None }
    }

    /// The numbers so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let packets = self.order.packets();
        let tshark = (self.order.tshark_expected(), packets);
        let rfc3550 = (self.order.expected().cast_signed(), packets - self.order.strays());
        let (expected, counted) = match self.rule {
            Rule::Reconciled
                if self.order.has_restarted()
                    || tshark.0.abs_diff(rfc3550.0) >= Self::HALF_CYCLE =>
            {
                rfc3550
            }
            Rule::Reconciled | Rule::Tshark => tshark,
            Rule::Rfc3550 => rfc3550,
        };
        let lost = expected - counted.cast_signed();
        let lost_percent = if expected <= 0 { 0.0 } else { lost as f64 * 100.0 / expected as f64 };
        Summary {
            packets,
            expected: expected.max(0).cast_unsigned(),
            lost,
            lost_percent,
            duplicates: self.order.duplicates(),
            out_of_order: self.order.out_of_order(),
            gaps: self.order.gaps(),
            segments: self.order.segments(),
            delta_ms: self.timing.delta_ms(),
            jitter_ms: self.timing.jitter_ms(),
        }
    }

    /// The course of the stream over time, empty by [`Self::without_series`].
    #[must_use]
    pub const fn series(&self) -> &Series {
        &self.series
    }
}

#[cfg(test)]
mod tests;
