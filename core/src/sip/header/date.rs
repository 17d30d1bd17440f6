//! Date: when the message was first sent (RFC 3261 20.17).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Rigour, expected_at};
use core::fmt;

/// A moment in universal time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Four digits.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60, for leap seconds.
    pub second: u8,
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Date {
    /// 0 for Monday (Zeller's congruence).
    fn weekday(self) -> usize {
        let (month, year) = if self.month < 3 {
            (usize::from(self.month) + 12, usize::from(self.year).saturating_sub(1))
        } else {
            (usize::from(self.month), usize::from(self.year))
        };
        let day = usize::from(self.day);
        (day + 13 * (month + 1) / 5 + year + year / 4 + year / 400 + 6 * (year / 100) + 5) % 7
    }
}

impl<'a> TypedHeader<'a> for Date {
    const NAME: &'static str = "Date";

    fn read(value: &'a str, _: Rigour) -> Result<Self, ParseError> {
        // `Fri, 01 Jan 2010 16:00:00 GMT`: every part has its place.
        let part = |from: usize, to: usize| value.get(from..to).unwrap_or_default();
        let number = |from: usize, to: usize, max: u16| {
            let digits = part(from, to);
            let number = digits.parse().ok().filter(|&number: &u16| number <= max);
            number.filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))
        };
        let small = |from: usize, max: u16, expected| {
            let found = number(from, from + 2, max).and_then(|number| u8::try_from(number).ok());
            found.ok_or(expected_at(from, expected))
        };
        if !WEEKDAYS.contains(&part(0, 3)) || part(3, 5) != ", " {
            return Err(expected_at(0, "a weekday such as Mon and a comma"));
        }
        let day = small(5, 31, "a day of two digits")?;
        let month = MONTHS.iter().position(|month| *month == part(8, 11));
        let month = month.and_then(|month| u8::try_from(month + 1).ok());
        let month = month.ok_or(expected_at(8, "a month such as Jan"))?;
        let year = number(12, 16, 9999).ok_or(expected_at(12, "a year of four digits"))?;
        let hour = small(17, 23, "an hour of two digits")?;
        let minute = small(20, 59, "a minute of two digits")?;
        let second = small(23, 60, "a second of two digits")?;
        if value.get(25..) != Some(" GMT") {
            return Err(expected_at(26, "GMT, which is the only time zone allowed"));
        }
        Ok(Self { year, month, day, hour, minute, second })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weekday = WEEKDAYS.get(self.weekday()).unwrap_or(&"Mon");
        let month = MONTHS.get(usize::from(self.month).wrapping_sub(1)).unwrap_or(&"Jan");
        let Self { year, day, hour, minute, second, .. } = self;
        write!(f, "{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }
}

#[cfg(test)]
mod tests {
    use super::{Date, TypedHeader};
    use std::string::ToString;

    #[test]
    fn dates_are_read_and_written_with_their_weekday() {
        for text in [
            "Sat, 13 Nov 2010 23:29:00 GMT",
            "Fri, 01 Jan 2010 16:00:00 GMT",
            "Thu, 29 Feb 2024 00:00:60 GMT",
        ] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_time_zones_and_forms_are_refused_where_they_go_wrong() {
        for (text, offset) in [
            ("Fri, 01 Jan 2010 16:00:00 EST", 26),
            ("01 Jan 2010 16:00:00 GMT", 0),
            ("Fri, 1 Jan 2010 16:00:00 GMT", 5),
            ("Fri, 01 Foo 2010 16:00:00 GMT", 8),
            ("Fri, 01 Jan 2010 25:00:00 GMT", 17),
            ("", 0),
        ] {
            assert_eq!(Date::parse(text).unwrap_err().offset, offset, "{text}");
        }
    }
}
