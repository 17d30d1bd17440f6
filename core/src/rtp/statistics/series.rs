//! The course of a stream over time, in buckets whose width doubles when there are too many.

use alloc::vec::Vec;

use super::Order;

/// One stretch of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bucket {
    /// Packets that arrived.
    pub packets: u32,
    /// Packets found missing, less those that came late after all.
    pub lost: u32,
    /// Largest jitter in ms, 0 where none was reckoned.
    pub max_jitter_ms: f32,
}

impl Bucket {
    fn merge(&mut self, later: Self) {
        self.packets = self.packets.saturating_add(later.packets);
        self.lost = self.lost.saturating_add(later.lost);
        self.max_jitter_ms = self.max_jitter_ms.max(later.max_jitter_ms);
    }
}

/// Buckets of one second from the stream's first packet on, up to [`Series::MAX_BUCKETS`]; past
/// that, neighbours merge and the width doubles, as often as it takes.
#[derive(Clone, Debug, Default)]
pub struct Series {
    buckets: Vec<Bucket>,
    start_us: i64,
    /// Bucket width is 2^doublings seconds.
    doublings: u32,
    /// The bucket of the last packet, and from when until before when packets fall into it.
    current: usize,
    from_us: i64,
    until_us: i64,
}

impl Series {
    /// Most buckets held: 12 KiB a stream.
    pub const MAX_BUCKETS: usize = 1024;
    const SECOND_US: u64 = 1_000_000;

    /// The buckets, the first one beginning with the first packet. Times without packets have
    /// empty buckets.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Width of a bucket in seconds: a power of two.
    #[must_use]
    pub const fn width_s(&self) -> u64 {
        1 << self.doublings
    }

    pub(super) fn on_packet(&mut self, arrival_us: i64, order: Order, jitter_ms: Option<f64>) {
        if self.buckets.is_empty() {
            self.start_us = arrival_us;
        }
        let index = self.make_room(arrival_us);
        self.stay_in(index);
        let lost = match order {
            Order::Gap { missing } | Order::Segment { missing, .. } => u32::from(missing),
            Order::Late => {
                self.take_back_loss(index);
                0
            }
            Order::First | Order::Next | Order::Duplicate | Order::Stray => 0,
        };
        self.add(index, 1, lost, jitter_ms.unwrap_or_default());
    }

    /// Until before when packets fall into the bucket of the last packet, which came at `last_us`;
    /// `i64::MIN` where that is not known.
    pub(super) const fn same_bucket_until(&self, last_us: i64) -> i64 {
        if self.from_us <= last_us { self.until_us } else { i64::MIN }
    }

    /// Adds packets to the bucket of the last one: the largest jitter after any of them is
    /// `peak_ms`.
    pub(super) fn on_run(&mut self, packets: usize, peak_ms: f64) {
        let packets = u32::try_from(packets).unwrap_or(u32::MAX);
        self.add(self.current, packets, 0, peak_ms);
    }

    /// Remembers which packets belong to the same bucket. Where that would overflow, none do.
    fn stay_in(&mut self, index: usize) {
        let start_of = |index: usize| {
            let seconds = u64::try_from(index).ok()?.checked_mul(self.width_s())?;
            let us = i64::try_from(seconds.checked_mul(Self::SECOND_US)?).ok()?;
            self.start_us.checked_add(us)
        };
        (self.from_us, self.until_us) = start_of(index).zip(start_of(index + 1)).unwrap_or((0, 0));
        self.current = index;
    }

    fn add(&mut self, index: usize, packets: u32, lost: u32, jitter_ms: f64) {
        #[allow(clippy::cast_possible_truncation, reason = "a graph needs no 53 bits")]
        let max_jitter_ms = jitter_ms as f32;
        if let Some(bucket) = self.buckets.get_mut(index) {
            bucket.merge(Bucket { packets, lost, max_jitter_ms });
        }
    }

    /// A late packet's loss was counted now or just before.
    fn take_back_loss(&mut self, index: usize) {
        let from = index.saturating_sub(1);
        let recent = self.buckets.get_mut(from..=index).unwrap_or_default();
        if let Some(bucket) = recent.iter_mut().rev().find(|bucket| bucket.lost > 0) {
            bucket.lost -= 1;
        }
    }

    /// The bucket of `arrival_us`, made to exist. A clock that steps back stays in the first.
    fn make_room(&mut self, arrival_us: i64) -> usize {
        let elapsed = arrival_us.saturating_sub(self.start_us).max(0).cast_unsigned();
        let seconds = elapsed / Self::SECOND_US;
        // At most 2⁶³ µs are 2⁴⁴ s: the loop ends after 34 rounds at the latest.
        let index = loop {
            match usize::try_from(seconds >> self.doublings) {
                Ok(index) if index < Self::MAX_BUCKETS => break index,
                _ => self.coarsen(),
            }
        };
        if index >= self.buckets.len() {
            self.buckets.resize(index + 1, Bucket::default());
        }
        index
    }

    fn coarsen(&mut self) {
        let merged = self.buckets.len().div_ceil(2);
        for to in 0..merged {
            let pair = self.buckets.get(2 * to..).unwrap_or_default();
            let mut bucket = pair.first().copied().unwrap_or_default();
            if let Some(&later) = pair.get(1) {
                bucket.merge(later);
            }
            if let Some(place) = self.buckets.get_mut(to) {
                *place = bucket;
            }
        }
        self.buckets.truncate(merged);
        self.doublings += 1;
    }
}
