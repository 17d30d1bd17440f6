//! Reason: why a request or response was sent (RFC 3326).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Rigour, expect, token, whole};
use crate::sip::param::{Params, params, unescape};
use crate::sip::status::status_text;
use alloc::borrow::Cow;
use core::fmt;

mod q850;

pub use q850::q850_text;

/// One reason, in the numbers of one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason<'a> {
    /// Whose numbers the cause is one of: `SIP`, `Q.850`, `FreeSWITCH`, `X.int`, ….
    pub protocol: &'a str,
    /// `cause`, `text`, ….
    pub params: Params<'a>,
}

impl<'a> Reason<'a> {
    /// The cause's number.
    #[must_use]
    pub fn cause(&self) -> Option<u16> {
        self.params.value("cause")?.parse().ok()
    }

    /// The sender's own words.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        self.params.value("text").map(unescape)
    }

    /// What the cause's number means by its protocol's table; `None` for other protocols and
    /// numbers that have no meaning.
    #[must_use]
    pub fn meaning(&self) -> Option<&'static str> {
        let cause = self.cause()?;
        let text = if self.protocol.eq_ignore_ascii_case("SIP") {
            status_text(cause)
        } else if self.protocol.eq_ignore_ascii_case("Q.850") {
            q850_text(cause)
        } else {
            ""
        };
        Some(text).filter(|text| !text.is_empty())
    }
}

impl<'a> TypedHeader<'a> for Reason<'a> {
    const NAME: &'static str = "Reason";
    const IS_LIST: bool = true;

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        whole(value, rigour, |input| {
            let (rest, protocol) = expect("a protocol", token)(input)?;
            let (rest, params) = params(rest, rigour)?;
            Ok((rest, Self { protocol, params }))
        })
    }
}

/// As it stands in the header.
impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.protocol, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::{Reason, Rigour, TypedHeader};

    #[test]
    fn causes_are_read_in_the_numbers_of_their_protocol() {
        for (value, cause, text, meaning) in [
            (
                "Q.850;cause=16;text=\"Terminated\"",
                Some(16),
                Some("Terminated"),
                Some("normal call clearing"),
            ),
            (
                "SIP ;cause=487 ; text=\"Call \\\"gone\\\"\"",
                Some(487),
                Some("Call \"gone\""),
                Some("Request Terminated"),
            ),
            ("q.850;cause=200", Some(200), None, None),
            ("preemption;cause=1", Some(1), None, None),
            ("SIP", None, None, None),
        ] {
            let reason = Reason::read(value, Rigour::Strict).unwrap();
            assert_eq!(reason.cause(), cause, "{value}");
            assert_eq!(reason.text().as_deref(), text, "{value}");
            assert_eq!(reason.meaning(), meaning, "{value}");
        }
    }
}
