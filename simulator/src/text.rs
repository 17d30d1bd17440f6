//! Durations, numbers and sizes as people write them.

use std::time::Duration;

/// A whole number, digits only.
pub(crate) fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A decimal number as millionths: `1.5` is 1 500 000.
fn millionths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<6}").parse().ok()?;
    whole.checked_mul(1_000_000)?.checked_add(fraction)
}

/// A duration: `20ms`, `1.5s`, `2min`, `1min30s`, `1h`, `250us`. `0` needs no unit.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut micros = 0_u64;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (count, unit) = rest.split_at(unit_at);
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, after) = unit.split_at(end);
        let factor: u64 = match unit.trim() {
            "us" | "µs" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "min" => 60_000_000,
            "h" => 3_600_000_000,
            _ => return None,
        };
        let part = millionths(count.trim())?.checked_mul(factor)? / 1_000_000;
        micros = micros.checked_add(part)?;
        rest = after.trim_start();
    }
    (!text.is_empty()).then(|| Duration::from_micros(micros))
}

/// A duration in the largest unit that needs no fraction of a thousandth.
pub(crate) fn write_duration(duration: Duration) -> String {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    let (count, unit, digits) = match micros {
        0 => return "0s".to_owned(),
        _ if micros.is_multiple_of(1_000) && micros >= 1_000_000 => (micros / 1_000, "s", 1_000),
        _ if micros.is_multiple_of(1_000) => (micros / 1_000, "ms", 1),
        _ => (micros, "us", 1),
    };
    match (count / digits, count % digits) {
        (whole, 0) => format!("{whole}{unit}"),
        (whole, part) => {
            let part = format!("{part:03}");
            format!("{whole}.{}{unit}", part.trim_end_matches('0'))
        }
    }
}

/// A share: `5%` or `0.5%`, as millionths.
pub(crate) fn share(text: &str) -> Option<u32> {
    let percent = millionths(text.trim().strip_suffix('%')?.trim())?;
    u32::try_from(percent / 100).ok().filter(|share| *share <= 1_000_000)
}

/// A share as percent.
pub(crate) fn write_share(share: u32) -> String {
    let (whole, part) = (share / 10_000, share % 10_000);
    match part {
        0 => format!("{whole}%"),
        _ => format!("{whole}.{}%", format!("{part:04}").trim_end_matches('0')),
    }
}

/// A number of bytes: `64MB`, `20KB`, `512B`, in powers of ten, or plain digits.
pub(crate) fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (count, unit) = text.split_at(at);
    let factor: u64 = match unit.trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    millionths(count)?.checked_mul(factor).map(|bytes| bytes / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_write() {
        for (text, micros) in [
            ("20ms", 20_000),
            ("1.5s", 1_500_000),
            ("2min", 120_000_000),
            ("1min30s", 90_000_000),
            ("1h", 3_600_000_000),
            ("250us", 250),
            ("0", 0),
            ("0.4 ms", 400),
        ] {
            assert_eq!(duration(text), Some(Duration::from_micros(micros)), "{text}");
        }
        for text in ["", "5", "s", "1.2.3s", "5 parsecs", "-1s", "99999999999999999999s"] {
            assert_eq!(duration(text), None, "{text}");
        }
        for (micros, text) in
            [(0, "0s"), (250, "250us"), (20_000, "20ms"), (1_500_000, "1.5s"), (90_000_000, "90s")]
        {
            assert_eq!(write_duration(Duration::from_micros(micros)), text);
            assert_eq!(duration(text), Some(Duration::from_micros(micros)));
        }
    }

    #[test]
    fn shares_and_sizes_read_and_write() {
        assert_eq!(share("5%"), Some(50_000));
        assert_eq!(share("0.25 %"), Some(2_500));
        assert_eq!(share("101%"), None);
        assert_eq!(write_share(50_000), "5%");
        assert_eq!(write_share(2_500), "0.25%");
        assert_eq!(size("1.5MB"), Some(1_500_000));
        assert_eq!(size("20 KB"), Some(20_000));
        assert_eq!(size("77"), Some(77));
        assert_eq!(size("7 apples"), None);
    }
}
