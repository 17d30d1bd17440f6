//! Headers that are one number.

use super::TypedHeader;
use crate::sip::grammar::{Rigour, expected_at, skip_blanks};
use crate::{ErrorKind, Layer, ParseError};
use core::fmt;

/// The digits at the start of `value`, at most `max`, and the text after them.
pub(super) fn digits<'a>(
    value: &'a str,
    what: &'static str,
    max: u32,
) -> Result<(&'a str, u32), ParseError> {
    let end = value.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(value.len());
    let (number, rest) = value.split_at_checked(end).unwrap_or((value, ""));
    if number.is_empty() {
        return Err(expected_at(0, "a number"));
    }
    match number.parse::<u32>() {
        Ok(number) if number <= max => Ok((rest, number)),
        _ => {
            let found = number.parse().unwrap_or(i64::MAX);
            let kind = ErrorKind::OutOfRange { what, min: 0, max: i64::from(max), found };
            Err(ParseError::new(Layer::Sip, 0, kind))
        }
    }
}

/// Defines a header that is a number of at most `max`; what may follow it is left alone.
macro_rules! number_headers {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, max: $max:expr, then: $then:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl<'a> TypedHeader<'a> for $name {
            const NAME: &'static str = $wire;

            fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
                let (rest, number) = digits(value, $wire, $max)?;
                let rest = skip_blanks(rest);
                let allowed = rest.is_empty() || rest.starts_with(|c: char| $then.contains(c));
                if rigour == Rigour::Strict && !allowed {
                    return Err(expected_at(value.len() - rest.len(), "the end of the number"));
                }
                Ok(Self(number))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

number_headers! {
    /// Bytes of the body (RFC 3261 20.14).
    ContentLength = "Content-Length", max: u32::MAX, then: "";
    /// Proxies that the request may still pass (RFC 3261 20.22).
    MaxForwards = "Max-Forwards", max: 255, then: "";
    /// Seconds for which a registration or subscription holds, or an INVITE may ring
    /// (RFC 3261 20.19).
    Expires = "Expires", max: u32::MAX, then: "";
    /// Fewest seconds that a registrar grants (RFC 3261 20.23).
    MinExpires = "Min-Expires", max: u32::MAX, then: "";
    /// Seconds after which to try again (RFC 3261 20.33).
    RetryAfter = "Retry-After", max: u32::MAX, then: "(;";
    /// Names a provisional response that wants a PRACK (RFC 3262 7.1).
    RSeq = "RSeq", max: u32::MAX, then: "";
    /// Fewest seconds that a session may last without refresh (RFC 4028 5).
    MinSe = "Min-SE", max: u32::MAX, then: ";";
}

#[cfg(test)]
mod tests {
    use super::{ErrorKind, Expires, MaxForwards, RetryAfter, Rigour, TypedHeader};

    #[test]
    fn numbers_within_bounds_are_read_and_others_say_which_bound() {
        assert_eq!(MaxForwards::parse("0068"), Ok(MaxForwards(68)));
        let error = MaxForwards::parse("300").unwrap_err();
        let (what, found) = ("Max-Forwards", 300);
        assert_eq!(error.kind, ErrorKind::OutOfRange { what, min: 0, max: 255, found });
        assert!(Expires::parse("10000000000000000000000000").is_err());
        assert!(Expires::parse("").is_err());
        assert_eq!(Expires::parse("60 s"), Ok(Expires(60)));
        assert_eq!(Expires::read("60 s", Rigour::Strict).unwrap_err().offset, 3);
        let busy = "18000;duration=3600 (in a meeting)";
        assert_eq!(RetryAfter::read(busy, Rigour::Strict), Ok(RetryAfter(18000)));
    }
}
