//! RAck: which provisional response a PRACK confirms (RFC 3262 7.2).

use super::{CSeq, TypedHeader};
use crate::ParseError;
use crate::sip::grammar::{Rigour, expect, number, sws, token, whole};
use crate::sip::method::Method;
use core::fmt;

/// The response's RSeq and CSeq.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RAck<'a> {
    /// The response's RSeq.
    pub rseq: u32,
    /// The response's CSeq.
    pub cseq: CSeq<'a>,
}

impl<'a> TypedHeader<'a> for RAck<'a> {
    const NAME: &'static str = "RAck";

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        whole(value, rigour, |input| {
            let (rest, rseq) = expect("an RSeq", number)(input)?;
            let (rest, _) = sws(rest)?;
            let (rest, number) = expect("a sequence number", number)(rest)?;
            let (rest, _) = sws(rest)?;
            let (rest, method) = expect("a method", token)(rest)?;
            Ok((rest, Self { rseq, cseq: CSeq { number, method: Method::from_token(method) } }))
        })
    }
}

impl fmt::Display for RAck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rseq, self.cseq)
    }
}
