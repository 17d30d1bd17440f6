//! Sizes and dates as a reader wants them.

use recscope_analyzer::wording::count;

/// Bytes: `75 bytes`, `94.8 kB`, `1.2 GB`.
pub(super) fn bytes(bytes: u64) -> String {
    let scaled = |unit: u64, name: &str| format!("{:.1} {name}", bytes as f64 / unit as f64);
    match bytes {
        0..1_000 => count(bytes, "byte"),
        1_000..1_000_000 => scaled(1_000, "kB"),
        1_000_000..1_000_000_000 => scaled(1_000_000, "MB"),
        _ => scaled(1_000_000_000, "GB"),
    }
}

/// Seconds since the epoch as a date and time: `2026-11-22 09:15:00.123`.
///
/// What lies outside the years 1 to 9999 is given as the seconds it is.
pub(super) fn utc(seconds: f64) -> String {
    const FIRST: f64 = -62_135_596_800.0;
    const LAST: f64 = 253_402_300_799.0;
    if !(FIRST..=LAST).contains(&seconds) {
        return format!("{seconds} s since 1970");
    }
    #[allow(clippy::cast_possible_truncation, reason = "the range was just checked")]
    let ms = (seconds * 1_000.0).floor() as i64;
    let (days, of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let (year, month, day) = date(days);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, ms) = (of_day / 1_000 % 60, of_day % 1_000);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{ms:03}")
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
fn date(days: i64) -> (i64, i64, i64) {
    // Counted from 1 March of the year 0, leap days come last and months have a regular length.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_in_utc() {
        for (seconds, text) in [
            (0.0, "1970-01-01 00:00:00.000"),
            (1_700_000_000.25, "2023-11-14 22:13:20.250"),
            (951_782_400.0, "2000-02-29 00:00:00.000"),
            (4_107_542_400.0, "2100-03-01 00:00:00.000"),
            (-1.0, "1969-12-31 23:59:59.000"),
            (253_402_300_799.0, "9999-12-31 23:59:59.000"),
            (1e300, &format!("{} s since 1970", 1e300)),
            (f64::NAN, "NaN s since 1970"),
        ] {
            assert_eq!(utc(seconds), text);
        }
    }

    #[test]
    fn sizes_have_the_unit_that_suits_them() {
        for (size, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (94_848, "94.8 kB"),
            (5 << 30, "5.4 GB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }
}
