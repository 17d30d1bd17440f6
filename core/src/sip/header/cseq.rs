//! CSeq: the request's place in its dialog (RFC 3261 20.16).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Rigour, expect, number, sws, token, whole};
use crate::sip::method::Method;
use core::fmt;

/// A sequence number and the method it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CSeq<'a> {
    /// Grows by one with each request of a dialog; an ACK or CANCEL repeats its INVITE's.
    pub number: u32,
    /// The method of the request, or of the request that a response answers.
    pub method: Method<'a>,
}

impl<'a> TypedHeader<'a> for CSeq<'a> {
    const NAME: &'static str = "CSeq";

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        whole(value, rigour, |input| {
            let (rest, number) = expect("a sequence number", number)(input)?;
            let (rest, _) = sws(rest)?;
            let (rest, method) = expect("a method", token)(rest)?;
            Ok((rest, Self { number, method: Method::from_token(method) }))
        })
    }
}

impl fmt::Display for CSeq<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}
