//! How fast a sender's clock runs against the clock of whoever captured its packets.
//!
//! The time from sampling to arrival is a constant, plus what the network adds, plus a drift where
//! the two clocks disagree. What the network adds is never below zero, so the packet of each two
//! seconds that was on its way for the shortest time shows the drift almost without jitter; a
//! straight line through those packets (least squares) has it as its slope.

use super::RtpTime;

/// Follows one stream in constant memory.
///
/// ```
/// use recscope_core::rtp::RtpTime;
/// use recscope_core::rtp::skew::Skew;
///
/// let mut skew = Skew::default();
/// for n in 0..3000 {
///     // A packet every 20 ms by the sender's clock, which is 500 ppm slow.
///     skew.on_packet(i64::from(n) * 20_010, RtpTime(n * 160), 8000);
/// }
/// let estimate = skew.estimate().unwrap();
/// assert!((estimate.ppm + 500.0).abs() < 1.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Skew {
    clock: u32,
    first_us: i64,
    last: Option<RtpTime>,
    /// Ticks since the first packet.
    ticks: i64,
    window_start_us: i64,
    /// The shortest way in the window, in µs times the clock, and when it ended.
    shortest: i64,
    shortest_us: i64,
    line: Line,
    /// The estimate over the longest run before this one.
    before: Option<Estimate>,
}

/// A drift, and how much it looks like one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Millionths by which the sender's clock is fast; negative where it is slow.
    pub ppm: f64,
    /// Share of what happened to the fastest packets that a steady drift explains (R²): near 1 for
    /// a drift, 0.75 where the way became longer once, near 0 where there is none.
    pub steadiness: f64,
    /// Seconds of the stream that it rests on.
    pub seconds: f64,
}

impl Skew {
    /// Of so long a time one packet counts.
    const WINDOW_US: i64 = 2_000_000;
    /// Windows without which there is no estimate: half a minute of audio.
    const LEAST_WINDOWS: u32 = 15;

    /// Takes in a packet of audio, `arrival_us` in microseconds from any fixed origin. Another
    /// clock than before begins anew.
    #[inline]
    pub fn on_packet(&mut self, arrival_us: i64, timestamp: RtpTime, clock: u32) {
        let Some(last) = self.last.filter(|_| clock == self.clock) else {
            self.restart();
            self.clock = clock;
            self.first_us = arrival_us;
            self.window_start_us = arrival_us;
            self.shortest_us = arrival_us;
            self.last = Some(timestamp);
            return;
        };
        let elapsed_us = arrival_us.wrapping_sub(self.first_us);
        self.ticks += i64::from(timestamp.distance_from(last));
        self.last = Some(timestamp);
        // Both in µs times the clock: no division for a packet. Wrapping, as hostile times may.
        let way = elapsed_us
            .wrapping_mul(i64::from(clock))
            .wrapping_sub(self.ticks.wrapping_mul(1_000_000));
        if arrival_us.wrapping_sub(self.window_start_us) >= Self::WINDOW_US {
            self.close_window();
            self.window_start_us = arrival_us;
        } else if way >= self.shortest {
            return;
        }
        self.shortest = way;
        self.shortest_us = arrival_us;
    }

    /// The timestamps went elsewhere: what follows is a run of its own.
    pub fn restart(&mut self) {
        let so_far = self.estimate();
        *self = Self { before: so_far, ..Self::default() };
    }

    /// The drift over the longest run, once that is half a minute long.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        let here = self.line.fit().filter(|_| self.line.points >= Self::LEAST_WINDOWS);
        match (here, self.before) {
            (Some(here), Some(before)) if before.seconds > here.seconds => Some(before),
            (here, before) => here.or(before),
        }
    }

    fn close_window(&mut self) {
        if self.clock == 0 {
            return;
        }
        let seconds = self.shortest_us.wrapping_sub(self.first_us) as f64 / 1e6;
        self.line.add(seconds, self.shortest as f64 / f64::from(self.clock));
    }
}

/// A straight line through points, by least squares in one pass.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    points: u32,
    first_x: f64,
    last_x: f64,
    mean_x: f64,
    mean_y: f64,
    /// Sums of the squared and mixed distances from the means.
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Line {
    fn add(&mut self, x: f64, y: f64) {
        if self.points == 0 {
            self.first_x = x;
        }
        self.last_x = x;
        self.points = self.points.saturating_add(1);
        let n = f64::from(self.points);
        let (dx, dy) = (x - self.mean_x, y - self.mean_y);
        self.mean_x += dx / n;
        self.mean_y += dy / n;
        self.xx += dx * (x - self.mean_x);
        self.xy += dx * (y - self.mean_y);
        self.yy += dy * (y - self.mean_y);
    }

    /// `y` in µs over `x` in seconds is a slope in ppm; a way that grows is a slow clock.
    fn fit(&self) -> Option<Estimate> {
        if self.points < 3 || self.xx <= 0.0 {
            return None;
        }
        let slope = self.xy / self.xx;
        let steadiness = if self.yy > 0.0 { slope * self.xy / self.yy } else { 0.0 };
        Some(Estimate { ppm: -slope, steadiness, seconds: self.last_x - self.first_x })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// A stream of 20 ms packets whose sender is `ppm` fast, each delayed by `delay_us`.
    fn stream(
        seconds: u32,
        ppm: f64,
        clock: u32,
        mut delay_us: impl FnMut(u32) -> f64,
    ) -> Option<Estimate> {
        let mut skew = Skew::default();
        for n in 0..seconds * 50 {
            let sent = f64::from(n) * 20_000.0 / (1.0 + ppm / 1e6);
            #[allow(clippy::cast_possible_truncation, reason = "some seconds")]
            let arrival_us = (sent + delay_us(n)) as i64;
            // Begins shortly before the timestamp wraps.
            let timestamp = RtpTime(u32::MAX - 800).after(n * (clock / 50));
            skew.on_packet(arrival_us, timestamp, clock);
        }
        skew.estimate()
    }

    /// Noise that is the same on every run: 0 to 1.
    fn noise(n: u32) -> f64 {
        let mixed = n.wrapping_mul(0x9E37_79B9);
        f64::from((mixed ^ mixed >> 15).wrapping_mul(0x85EB_CA6B) >> 16) / 65_536.0
    }

    #[test]
    fn the_drift_is_found_through_jitter() {
        for (ppm, clock) in [(0.0, 8000), (250.0, 8000), (-500.0, 48_000), (3000.0, 90_000)] {
            let estimate = stream(60, ppm, clock, |n| 40_000.0 * noise(n)).unwrap();
            assert!((estimate.ppm - ppm).abs() < 40.0, "{ppm}: {estimate:?}");
            assert!(estimate.seconds > 50.0);
            assert!(estimate.steadiness > 0.95 || ppm.abs() < 1.0, "{estimate:?}");
        }
    }

    #[test]
    fn a_way_that_grows_longer_once_is_no_steady_drift() {
        let estimate = stream(60, 0.0, 8000, |n| if n > 1500 { 30_000.0 } else { 0.0 }).unwrap();
        assert!(estimate.steadiness < 0.8, "{estimate:?}");
    }

    #[test]
    fn a_short_stream_tells_nothing() {
        assert_eq!(stream(29, 500.0, 8000, |_| 0.0), None);
        assert!(stream(33, 500.0, 8000, |_| 0.0).is_some());
    }

    #[test]
    fn the_longest_run_counts() {
        let mut skew = Skew::default();
        for n in 0..3000_u32 {
            skew.on_packet(i64::from(n) * 20_000, RtpTime(n * 160), 8000);
        }
        skew.restart();
        for n in 0..100_u32 {
            skew.on_packet(100_000_000 + i64::from(n) * 40_000, RtpTime(n * 160), 8000);
        }
        assert!(skew.estimate().is_some_and(|estimate| estimate.ppm.abs() < 0.1));
    }

    proptest! {
        #[test]
        fn no_times_make_it_panic(packets: Vec<(i64, u32, u32)>) {
            let mut skew = Skew::default();
            for (arrival_us, timestamp, clock) in packets {
                skew.on_packet(arrival_us, RtpTime(timestamp), clock);
            }
            let _ = skew.estimate();
        }
    }
}
