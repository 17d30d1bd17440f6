//! What a recording's file is called (BX-L2).

use crate::spelling::{push_number, push_padded, text};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A phone's clock: seconds since 1970 of whatever time it shows, without leap seconds.
///
/// Displays as fourteen digits, `YYYYMMDDhhmmss`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SystemTime(pub u64);

impl SystemTime {
    /// The fourteen digits.
    fn digits(self) -> Vec<u8> {
        let days = u32::try_from(self.0 / 86_400).unwrap_or(u32::MAX);
        let second = u32::try_from(self.0 % 86_400).unwrap_or_default();
        // Years that begin in March end in their leap day: the day's number in a cycle of 400
        // years then gives the year, and its number in the year the month, each by a division.
        let days = days.saturating_add(719_468);
        let (cycle, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = cycle * 400 + year + u32::from(month <= 2);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let mut out = Vec::new();
        push_padded(&mut out, year, 4);
        for number in [month, day, hour, minute, second] {
            push_padded(&mut out, number, 2);
        }
        out
    }
}

impl fmt::Display for SystemTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(self.digits()))
    }
}

/// The name of the recording that begins at `time`: `Record_20261122091500.wav`, the `number`th
/// within that second, from 1.
#[must_use]
pub fn file_name(time: SystemTime, number: u32) -> String {
    let mut name = b"Record_".to_vec();
    name.extend_from_slice(&time.digits());
    if number > 1 {
        name.push(b'_');
        push_number(&mut name, number);
    }
    name.extend_from_slice(b".wav");
    text(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // As `date -u -d @SECONDS +%Y%m%d%H%M%S` prints them.
        let cases = [
            (0, "19700101000000"),
            (68_169_599, "19720228235959"),
            (68_169_600, "19720229000000"),
            (951_782_400, "20000229000000"),
            (951_868_800, "20000301000000"),
            (1_704_067_199, "20231231235959"),
            (1_795_338_900, "20261122091500"),
            (4_107_542_399, "21000228235959"),
            (4_107_542_400, "21000301000000"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(SystemTime(seconds).to_string(), expected, "{seconds}");
        }
    }

    #[test]
    fn a_second_file_within_a_second_has_another_name() {
        let time = SystemTime(1_795_338_900);
        assert_eq!(file_name(time, 1), "Record_20261122091500.wav");
        assert_eq!(file_name(time, 2), "Record_20261122091500_2.wav");
    }
}
