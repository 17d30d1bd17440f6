//! Amounts as they are typed: times in seconds, sizes in bytes.

use anyhow::{Context, Result, ensure};
use std::time::Duration;

/// The longest time that can be asked for.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A time in seconds, also in parts of one: `2.5`.
///
/// # Errors
/// When the text is none, or it is longer than a day.
pub(crate) fn seconds_or_none(text: &str) -> Result<Duration> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let seconds = seconds.filter(|&time| time <= DAY);
    seconds.context("write a number of seconds up to 86400, as in 2.5")
}

/// A time in seconds that is not 0.
///
/// # Errors
/// When the text is none, or it is longer than a day.
pub(crate) fn seconds(text: &str) -> Result<Duration> {
    let time = seconds_or_none(text)?;
    ensure!(!time.is_zero(), "write more than 0 seconds");
    Ok(time)
}

/// A number of bytes: `500`, `500K`, `64M`, `2G`, in powers of 1024.
///
/// # Errors
/// When the text is none.
pub(crate) fn bytes(text: &str) -> Result<u64> {
    let text = text.trim();
    let units = [("K", 10), ("M", 20), ("G", 30), ("T", 40)];
    let (number, shift) = units
        .iter()
        .find_map(|&(unit, shift)| Some((text.strip_suffix(unit)?, shift)))
        .unwrap_or((text, 0));
    let number: Option<u64> = number.parse().ok();
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .context("write a number of bytes, as in 64M")
}

/// Megabytes as manufacturers of drives count them, also parts of one, as bytes.
///
/// # Errors
/// When the text is none.
pub(crate) fn megabytes(text: &str) -> Result<u64> {
    let size: f64 = text.parse().ok().context("write a number of megabytes, as in 5 or 0.5")?;
    ensure!((0.0..1e9).contains(&size), "write a number of megabytes, as in 5 or 0.5");
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked, and parts of a byte do not matter"
    )]
    Ok((size * 1e6) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_and_senseless_ones_are_refused() {
        assert_eq!(seconds("2.5").unwrap(), Duration::from_millis(2500));
        assert_eq!(seconds("86400").unwrap(), DAY);
        assert_eq!(seconds_or_none("0").unwrap(), Duration::ZERO);
        for text in ["", "0", "-1", "2s", "NaN", "inf", "1e9", "86400.1"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, size) in
            [("0", 0), ("1048576", 1 << 20), ("500K", 512_000), ("64M", 64 << 20), ("2G", 2 << 30)]
        {
            assert_eq!(bytes(text).unwrap(), size, "{text}");
        }
        for text in ["", "M", "-1", "1.5G", "64MB", "99999999999G"] {
            assert!(bytes(text).is_err(), "{text}");
        }
        assert_eq!(megabytes("0.5").unwrap(), 500_000);
        assert!(megabytes("-1").is_err() && megabytes("NaN").is_err() && megabytes("").is_err());
    }
}
