//! Content-Type: what the body is (RFC 3261 20.15).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Rigour, expect, separator, token, whole};
use crate::sip::param::{Params, params};
use core::fmt;

/// A media type with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentType<'a> {
    /// `application`, `multipart`, …, as spelled.
    pub kind: &'a str,
    /// `sdp`, `mixed`, …, as spelled.
    pub subtype: &'a str,
    /// `boundary`, `charset`, ….
    pub params: Params<'a>,
}

impl<'a> ContentType<'a> {
    /// Whether the type is `kind/subtype`, without case.
    #[must_use]
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    /// Whether the body is SDP.
    #[must_use]
    pub fn is_sdp(&self) -> bool {
        self.is("application", "sdp")
    }

    /// What separates the parts of a multipart body.
    #[must_use]
    pub fn boundary(&self) -> Option<&'a str> {
        let boundary = self.params.value("boundary").filter(|boundary| !boundary.is_empty());
        boundary.filter(|_| self.kind.eq_ignore_ascii_case("multipart"))
    }
}

impl<'a> TypedHeader<'a> for ContentType<'a> {
    const NAME: &'static str = "Content-Type";

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        whole(value, rigour, |input| {
            let (rest, kind) = expect("a media type", token)(input)?;
            let (rest, _) = expect("a slash and a subtype", separator(b'/'))(rest)?;
            let (rest, subtype) = expect("a subtype", token)(rest)?;
            let (rest, params) = params(rest, rigour)?;
            Ok((rest, Self { kind, subtype, params }))
        })
    }
}

impl fmt::Display for ContentType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.kind, self.subtype, self.params)
    }
}
