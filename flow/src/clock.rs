//! Times and time differences as they are written beside a diagram.

/// A time as seconds after the flow's beginning: `0.000`, `12.345`, `-0.020`.
#[must_use]
pub fn relative(us: i64) -> String {
    let sign = if us < 0 { "-" } else { "" };
    let millis = us.unsigned_abs() / 1_000;
    format!("{sign}{}.{:03}", millis / 1_000, millis % 1_000)
}

/// A difference in the unit that suits it: `450 µs`, `19.9 ms`, `1.25 s`, `3 min 20 s`, `2 h 05 min`.
#[must_use]
pub fn difference(us: i64) -> String {
    let sign = if us < 0 { "-" } else { "" };
    let abs = us.unsigned_abs();
    let tenths_of_ms = (abs + 50) / 100;
    let hundredths_of_s = (abs + 5_000) / 10_000;
    let seconds = (abs + 500_000) / 1_000_000;
    if abs < 1_000 {
        format!("{sign}{abs} µs")
    } else if tenths_of_ms < 1_000 {
        format!("{sign}{}.{} ms", tenths_of_ms / 10, tenths_of_ms % 10)
    } else if abs < 999_500 {
        format!("{sign}{} ms", (abs + 500) / 1_000)
    } else if hundredths_of_s < 6_000 {
        format!("{sign}{}.{:02} s", hundredths_of_s / 100, hundredths_of_s % 100)
    } else if seconds < 3_600 {
        format!("{sign}{} min {:02} s", seconds / 60, seconds % 60)
    } else {
        format!("{sign}{} h {:02} min", seconds / 3_600, seconds / 60 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times_have_milliseconds() {
        for (us, text) in [
            (0, "0.000"),
            (999, "0.000"),
            (12_345_678, "12.345"),
            (-20_000, "-0.020"),
            (i64::MIN, "-9223372036854.775"),
        ] {
            assert_eq!(relative(us), text);
        }
    }

    #[test]
    fn differences_choose_their_unit() {
        for (us, text) in [
            (0, "0 µs"),
            (450, "450 µs"),
            (1_000, "1.0 ms"),
            (19_949, "19.9 ms"),
            (99_949, "99.9 ms"),
            (99_950, "100 ms"),
            (999_499, "999 ms"),
            (999_500, "1.00 s"),
            (1_254_999, "1.25 s"),
            (59_994_999, "59.99 s"),
            (59_995_000, "1 min 00 s"),
            (200_000_000, "3 min 20 s"),
            (7_500_000_000, "2 h 05 min"),
            (-1_500, "-1.5 ms"),
        ] {
            assert_eq!(difference(us), text, "{us}");
        }
    }
}
