//! RTP's three counters, each a type of its own: all wrap, and none may be taken for another.

use core::fmt;

/// A packet's place in its stream; wraps at 2¹⁶ (RFC 3550 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SequenceNumber(pub u16);

impl SequenceNumber {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// Steps from `earlier` to this number along the shorter way round: −32768 to 32767.
    #[must_use]
    pub const fn distance_from(self, earlier: Self) -> i16 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A sampling instant in units of the payload's RTP clock; wraps at 2³² (RFC 3550 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RtpTime(pub u32);

impl RtpTime {
    /// The instant `ticks` later.
    #[must_use]
    pub const fn after(self, ticks: u32) -> Self {
        Self(self.0.wrapping_add(ticks))
    }

    /// Ticks from `earlier` to this instant along the shorter way round.
    #[must_use]
    pub const fn distance_from(self, earlier: Self) -> i32 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }
}

impl fmt::Display for RtpTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The synchronisation source: a random number that names a stream's sender (RFC 3550 8).
///
/// Displays as reports write it: `0x` and eight hex digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ssrc(pub u32);

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn distances_take_the_shorter_way_round() {
        let cases = [(1, 0, 1), (0, 0xFFFF, 1), (0xFFFF, 0, -1), (0x8000, 0, i16::MIN)];
        for (to, from, steps) in cases {
            assert_eq!(SequenceNumber(to).distance_from(SequenceNumber(from)), steps);
        }
        assert_eq!(RtpTime(80).distance_from(RtpTime(0xFFFF_FFFF)), 81);
        assert_eq!(RtpTime(0xFFFF_FFFF).after(81), RtpTime(80));
        assert_eq!(SequenceNumber(0xFFFF).next(), SequenceNumber(0));
    }

    #[test]
    fn an_ssrc_is_shown_in_eight_hex_digits() {
        assert_eq!(Ssrc(0xAB).to_string(), "0x000000ab");
    }
}
