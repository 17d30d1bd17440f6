//! Packets that come as they should, one after the other: nearly all that there are.
//!
//! What has to be told of such packets one by one is little: when they came, and by how much that
//! is not when they should have. The rest is the same for all of them and is told once.

use super::order::Due;
use super::timing::{Timing, ms};
use super::{RtpTime, SequenceNumber, Statistics};

/// A packet of media without marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaPacket {
    /// When it arrived, in µs from any fixed origin.
    pub arrival_us: i64,
    /// Place in the stream.
    pub sequence: SequenceNumber,
    /// Sampling instant.
    pub timestamp: RtpTime,
}

/// What became of packets that were given together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Run {
    /// How many of them were taken in. The next one asks for more.
    pub packets: usize,
    /// The largest jitter after any of these, in ms.
    pub peak_ms: f64,
    /// After which of them it was reached first, counted from 0.
    pub peak_at: usize,
}

impl Statistics {
    /// Packets further apart, or with more audio between them, are left to [`Self::on_packet`].
    const NEAR_US: u64 = 1_000_000;

    /// Takes packets in for as long as each is the [next](super::Order::Next) one and comes near
    /// its time, and gives how many these were. It does for them what [`Self::on_packet`] does, for
    /// less. It may stop at any packet, and does at once where the rule is RFC 3550's.
    ///
    /// ```
    /// use recscope_core::rtp::statistics::{MediaPacket, PacketFacts, Statistics};
    /// use recscope_core::rtp::{RtpTime, SequenceNumber};
    ///
    /// let packet = |n: u16| MediaPacket {
    ///     arrival_us: i64::from(n) * 20_000,
    ///     sequence: SequenceNumber(n),
    ///     timestamp: RtpTime(u32::from(n) * 160),
    /// };
    /// let mut statistics = Statistics::new(8000);
    /// statistics.on_packet(0, &PacketFacts::default());
    /// let run = statistics.on_run([1, 2, 3, 5].map(packet));
    /// assert_eq!(run.packets, 3);
    /// assert_eq!(statistics.summary().packets, 4);
    /// ```
    #[inline]
    pub fn on_run(&mut self, packets: impl IntoIterator<Item = MediaPacket>) -> Run {
        let mut run = Run::default();
        let (Timing::Tshark(state), Some(due)) = (&mut self.timing, self.order.due()) else {
            return run;
        };
        let Due { mut sequence, most, mut last_us, mut last_timestamp } = due;
        if !state.compares_next_with(last_us, self.clock) {
            return run;
        }
        let until_us =
            if self.has_series { self.series.same_bucket_until(last_us) } else { i64::MAX };
        // A copy of what changes with every packet, so that it need not go through memory.
        let mut timing = state.clone();
        let mut before = self.order.packets() as f64;
        for packet in packets.into_iter().take(most) {
            let since_us = packet.arrival_us.abs_diff(last_us);
            let ticks = timing.ticks_to(packet.timestamp);
            let is_usual = packet.sequence == sequence
                && (last_us..until_us).contains(&packet.arrival_us)
                && since_us < Self::NEAR_US
                // A second of audio at most.
                && packet.timestamp.0.wrapping_sub(last_timestamp.0) <= self.clock;
            let Some(ticks) = ticks.filter(|_| is_usual) else { break };
            let delta = ms(since_us.cast_signed());
            timing.advance(delta, ticks, self.clock);
            timing.weigh_in(delta, before);
            if timing.jitter > run.peak_ms {
                (run.peak_ms, run.peak_at) = (timing.jitter, run.packets);
            }
            before += 1.0;
            run.packets += 1;
            (last_us, last_timestamp) = (packet.arrival_us, packet.timestamp);
            sequence = sequence.next();
        }
        if run.packets > 0 {
            timing.last_arrival_us = last_us;
            *state = timing;
            self.order.on_run(run.packets, last_us, last_timestamp);
            if self.has_series {
                self.series.on_run(run.packets, run.peak_ms);
            }
            self.has_jitter = true;
        }
        run
    }
}
