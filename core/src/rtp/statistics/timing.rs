//! Arrival differences and jitter, by either rule.

use alloc::boxed::Box;

use super::{Order, PacketFacts, Role, Rule, SegmentCause, Spread};
use crate::rtp::RtpTime;

/// Arrival differences and jitter of one stream.
#[derive(Clone, Debug)]
pub(super) enum Timing {
    Tshark(Tshark),
    /// The larger state, which few ask for.
    Rfc3550(Box<Rfc3550>),
}

impl Timing {
    pub(super) fn new(rule: Rule) -> Self {
        match rule {
            Rule::Reconciled => Self::Tshark(Tshark { heeds_restarts: true, ..Tshark::default() }),
            Rule::Tshark => Self::Tshark(Tshark::default()),
            Rule::Rfc3550 => Self::Rfc3550(Box::default()),
        }
    }

    /// Returns the jitter in ms after this packet, where the rule reports it; `before` packets came
    /// before it.
    pub(super) fn on_packet(
        &mut self,
        arrival_us: i64,
        facts: &PacketFacts,
        clock: u32,
        order: Order,
        before: u64,
    ) -> Option<f64> {
        match self {
            Self::Tshark(timing) => timing.on_packet(arrival_us, facts, clock, order, before),
            Self::Rfc3550(timing) => timing.on_packet(arrival_us, facts, clock, order),
        }
    }

    /// The jitter in ms after the last packet that the rule reports it for.
    pub(super) const fn jitter(&self) -> f64 {
        match self {
            Self::Tshark(timing) => timing.jitter,
            Self::Rfc3550(timing) => timing.jitter,
        }
    }

    pub(super) fn delta_ms(&self) -> Option<Spread> {
        match self {
            Self::Tshark(timing) => timing.delta.spread(),
            Self::Rfc3550(timing) => timing.delta.spread(),
        }
    }

    pub(super) fn jitter_ms(&self) -> Option<Spread> {
        match self {
            Self::Tshark(timing) => timing.jitter_spread.spread(),
            Self::Rfc3550(timing) => timing.jitter_spread.spread(),
        }
    }
}

/// RFC 3550 A.8, over the packets that carry media.
#[derive(Clone, Debug, Default)]
pub(super) struct Rfc3550 {
    last_arrival_us: Option<i64>,
    last_media: Option<(i64, RtpTime)>,
    jitter: f64,
    delta: Running,
    jitter_spread: Running,
}

impl Rfc3550 {
    fn on_packet(
        &mut self,
        arrival_us: i64,
        facts: &PacketFacts,
        clock: u32,
        order: Order,
    ) -> Option<f64> {
        if let Some(last) = self.last_arrival_us.replace(arrival_us) {
            self.delta.add(ms(arrival_us.saturating_sub(last)));
        }
        if facts.role != Role::Media || clock == 0 {
            return None;
        }
        if matches!(order, Order::Segment { .. }) {
            self.last_media = None;
        }
        let here = (arrival_us, facts.timestamp);
        if order == Order::Stray {
            return None;
        }
        let (last_us, last_timestamp) = self.last_media.replace(here)?;
        let ticks = facts.timestamp.distance_from(last_timestamp);
        let difference =
            ms(arrival_us.saturating_sub(last_us)) - f64::from(ticks) * 1000.0 / f64::from(clock);
        self.jitter += (difference.abs() - self.jitter) / 16.0;
        self.jitter_spread.add(self.jitter);
        Some(self.jitter)
    }
}

/// As `tshark -z rtp,streams` reckons; see the table in the module above for what is peculiar.
#[derive(Clone, Debug, Default)]
pub(super) struct Tshark {
    /// Where a stream restarts, tshark takes the step of its timestamps for jitter, of hours at
    /// times; whether to begin anew there instead.
    heeds_restarts: bool,
    first_timestamp: RtpTime,
    /// Arrival of the last packet that was in time order.
    pub(super) last_arrival_us: i64,
    /// Media time of the last packet with a known clock, in ms after the first packet's.
    last_media_ms: f64,
    last_is_comfort_noise: bool,
    pub(super) jitter: f64,
    delta: Decaying,
    jitter_spread: Decaying,
}

impl Tshark {
    /// Hz: it divides by whole kHz.
    const LEAST_CLOCK: u32 = 1000;

    fn on_packet(
        &mut self,
        arrival_us: i64,
        facts: &PacketFacts,
        clock: u32,
        order: Order,
        before: u64,
    ) -> Option<f64> {
        let is_comfort_noise = facts.role == Role::ComfortNoise;
        let follows_comfort_noise =
            core::mem::replace(&mut self.last_is_comfort_noise, is_comfort_noise);
        if before == 0 {
            self.first_timestamp = facts.timestamp;
            self.last_arrival_us = arrival_us;
            return None;
        }
        if self.heeds_restarts && self.breaks_off(arrival_us, facts, order) {
            return None;
        }
        let ticks = self.ticks_to(facts.timestamp)?;
        let has_jitter = facts.role != Role::Event && clock >= Self::LEAST_CLOCK;
        let delta = ms(arrival_us.saturating_sub(self.last_arrival_us));
        if has_jitter {
            self.advance(delta, ticks, clock);
        }
        self.last_arrival_us = arrival_us;
        if facts.marker || is_comfort_noise || follows_comfort_noise {
            return None;
        }
        if !has_jitter {
            self.delta.add(delta, share(before as f64));
            return None;
        }
        self.weigh_in(delta, before as f64);
        Some(self.jitter)
    }

    /// Whether media without marker, in the stream's clock and next to the last packet, which came at
    /// `last_us`, needs no more than [`Self::advance`] and [`Self::weigh_in`].
    pub(super) const fn compares_next_with(&self, last_us: i64, clock: u32) -> bool {
        self.last_arrival_us == last_us && !self.last_is_comfort_noise && clock >= Self::LEAST_CLOCK
    }

    /// Ticks from the first packet; `None` where that is not in time order.
    #[inline]
    pub(super) const fn ticks_to(&self, timestamp: RtpTime) -> Option<u32> {
        let ticks = timestamp.0.wrapping_sub(self.first_timestamp.0);
        if ticks < 1 << 31 { Some(ticks) } else { None }
    }

    /// Goes on by a packet that came `delta` ms after the last one, `ticks` of `clock` Hz after the
    /// first.
    #[inline]
    pub(super) fn advance(&mut self, delta: f64, ticks: u32, clock: u32) {
        let media_ms = f64::from(ticks) / f64::from(clock / 1000);
        let difference = delta - (media_ms - self.last_media_ms);
        self.jitter = (15.0 * self.jitter + difference.abs()) / 16.0;
        self.last_media_ms = media_ms;
    }

    /// Takes the difference and the jitter after it into the means, which are over all the packets
    /// that came `before`.
    #[inline]
    pub(super) fn weigh_in(&mut self, delta: f64, before: f64) {
        let share = share(before);
        self.delta.add(delta, share);
        self.jitter_spread.add(self.jitter, share);
    }

    /// Whether a packet cannot be compared with the one before, which it then is the base for unless
    /// it is a stray.
    const fn breaks_off(&mut self, arrival_us: i64, facts: &PacketFacts, order: Order) -> bool {
        match order {
            Order::Stray => true,
            Order::Segment { cause: SegmentCause::Sequence | SegmentCause::Timestamp, .. } => {
                self.first_timestamp = facts.timestamp;
                self.last_arrival_us = arrival_us;
                self.last_media_ms = 0.0;
                true
            }
            _ => false,
        }
    }
}

/// Smallest, mean and largest with an ordinary mean.
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

impl Running {
    fn add(&mut self, value: f64) {
        (self.min, self.max) = if self.count == 0 {
            (value, value)
        } else {
            (self.min.min(value), self.max.max(value))
        };
        self.count += 1;
        self.sum += value;
    }

    fn spread(&self) -> Option<Spread> {
        let mean = self.sum / self.count as f64;
        (self.count > 0).then_some(Spread { min: self.min, mean, max: self.max })
    }
}

/// Smallest, mean and largest with tshark's mean: each value is weighed in as one of all packets so
/// far, so that every packet left out in between makes the mean smaller. Its largest starts at 0.
#[derive(Clone, Copy, Debug)]
struct Decaying {
    /// Infinite before the first value.
    min: f64,
    mean: f64,
    max: f64,
}

impl Default for Decaying {
    fn default() -> Self {
        Self { min: f64::INFINITY, mean: 0.0, max: 0.0 }
    }
}

impl Decaying {
    /// `share` is one of all packets so far. Values are numbers, so the maximum and minimum can do
    /// without the care that `f64::max` takes of those that are not.
    #[inline]
    fn add(&mut self, value: f64, share: f64) {
        if value > self.max {
            self.max = value;
        }
        if value < self.min {
            self.min = value;
        }
        self.mean += (value - self.mean) * share;
    }

    fn spread(&self) -> Option<Spread> {
        let Self { min, mean, max } = *self;
        min.is_finite().then_some(Spread { min, mean, max })
    }
}

/// What one of so many packets weighs.
fn share(packets: f64) -> f64 {
    1.0 / packets
}

#[inline]
pub(super) fn ms(us: i64) -> f64 {
    us as f64 / 1000.0
}
