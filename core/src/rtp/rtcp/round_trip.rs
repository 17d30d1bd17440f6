//! Round trip times from a capture: a sender report, and the report block that quotes it.

use super::{ReportBlock, SenderInfo};
use crate::rtp::Ssrc;

/// A time or a span in 2⁻¹⁶ s: the middle 32 bits of an NTP timestamp. Wraps in 18 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NtpShort(pub u32);

impl NtpShort {
    /// As a span in microseconds.
    #[must_use]
    pub fn micros(self) -> i64 {
        // 2³² · 10⁶ stays below 2⁵².
        (i64::from(self.0) * 1_000_000) >> 16
    }
}

/// Remembers when the last few sender reports passed the capture, so that a report block that
/// quotes one gives a round trip without any clock but the capture's own.
///
/// What it measures is from the capturing point to the receiver and back, as the delay on the
/// receiver's side is known and that on the sender's side has already passed.
#[derive(Clone, Debug, Default)]
pub struct SenderReports {
    /// The last ones, oldest overwritten.
    seen: [Option<(Ssrc, NtpShort, i64)>; Self::KEPT],
    next: usize,
}

impl SenderReports {
    /// Sender reports remembered. Receivers quote the last one or, under way, the one before.
    pub const KEPT: usize = 8;

    /// A sender report of `ssrc` was captured at `arrival_us`.
    pub fn on_sender_report(&mut self, arrival_us: i64, ssrc: Ssrc, sender: &SenderInfo) {
        if let Some(place) = self.seen.get_mut(self.next) {
            *place = Some((ssrc, sender.ntp_short(), arrival_us));
        }
        self.next = (self.next + 1) % Self::KEPT;
    }

    /// The round trip in µs that a report block captured at `arrival_us` shows; `None` where it
    /// quotes no report that was captured. A little below 0 where the receiver rounds its delay up,
    /// as many do to whole milliseconds.
    #[must_use]
    pub fn round_trip_us(&self, arrival_us: i64, block: &ReportBlock) -> Option<i64> {
        if block.last_sender_report == NtpShort::default() {
            return None;
        }
        let quoted = (block.ssrc, block.last_sender_report);
        let (_, _, sent_us) =
            self.seen.iter().flatten().find(|(ssrc, ntp, _)| (*ssrc, *ntp) == quoted)?;
        let elapsed = arrival_us.checked_sub(*sent_us)?;
        elapsed.checked_sub(block.delay_since_last.micros())
    }
}
