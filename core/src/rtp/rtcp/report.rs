//! Sender and report blocks (RFC 3550 6.4.1).

use super::{NtpShort, Word};
use crate::rtp::{RtpTime, Ssrc};

/// What a sender says about what it sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// Wall clock: seconds since 1900 and their 2⁻³² parts.
    pub ntp: u64,
    /// The same instant in the stream's clock.
    pub timestamp: RtpTime,
    /// Packets sent.
    pub packets: u32,
    /// Payload octets sent.
    pub octets: u32,
}

impl SenderInfo {
    /// Bytes on the wire.
    pub const LEN: usize = 20;

    /// The middle 32 bits of the wall clock, as receivers quote them.
    #[must_use]
    pub const fn ntp_short(&self) -> NtpShort {
        let [_, _, a, b, c, d, _, _] = self.ntp.to_be_bytes();
        NtpShort(u32::from_be_bytes([a, b, c, d]))
    }

    /// From its words.
    pub(super) fn read(words: &[Word; Self::LEN / 4]) -> Self {
        let [seconds, fraction, timestamp, packets, octets] = words.map(u32::from_be_bytes);
        Self {
            ntp: u64::from(seconds) << 32 | u64::from(fraction),
            timestamp: RtpTime(timestamp),
            packets,
            octets,
        }
    }
}

/// What a receiver says about one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream's sender.
    pub ssrc: Ssrc,
    /// Loss since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Loss since the beginning, negative with duplicates; 24 bits.
    pub cumulative_lost: i32,
    /// Highest sequence number, with the count of cycles above.
    pub highest_sequence: u32,
    /// Interarrival jitter in ticks of the stream's clock.
    pub jitter: u32,
    /// Which sender report came last; 0 if none did.
    pub last_sender_report: NtpShort,
    /// How long ago it came.
    pub delay_since_last: NtpShort,
}

impl ReportBlock {
    /// Bytes on the wire.
    pub const LEN: usize = 24;

    /// Round trip as RFC 3550 6.4.1 has it: what of the time since the sender report was sent is
    /// not the receiver's delay. `arrival` is when this block came, by the clock that stamped the
    /// sender report. `None` where no sender report is quoted, or the clocks contradict each other.
    #[must_use]
    pub fn round_trip(&self, arrival: NtpShort) -> Option<NtpShort> {
        if self.last_sender_report == NtpShort::default() {
            return None;
        }
        let elapsed = arrival.0.wrapping_sub(self.last_sender_report.0);
        elapsed.checked_sub(self.delay_since_last.0).map(NtpShort)
    }

    /// From its words.
    pub(super) fn read(words: &[Word; Self::LEN / 4]) -> Self {
        let [ssrc, losses, highest, jitter, last, delay] = *words;
        let [fraction_lost, l0, l1, l2] = losses;
        Self {
            ssrc: Ssrc(u32::from_be_bytes(ssrc)),
            fraction_lost,
            // Shifted down with the sign.
            cumulative_lost: i32::from_be_bytes([l0, l1, l2, 0]) >> 8,
            highest_sequence: u32::from_be_bytes(highest),
            jitter: u32::from_be_bytes(jitter),
            last_sender_report: NtpShort(u32::from_be_bytes(last)),
            delay_since_last: NtpShort(u32::from_be_bytes(delay)),
        }
    }
}
