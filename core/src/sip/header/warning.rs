//! Warning: why something was refused, in words (RFC 3261 20.43).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Fault, Rigour, expect, is_blank, quoted, sws, token, whole};
use crate::sip::param::unescape;
use alloc::borrow::Cow;
use core::fmt;

/// A code, who warns, and the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning<'a> {
    /// Three digits; 3xx is about the session description.
    pub code: u16,
    /// Who warns: a host with or without a port, or a made-up name.
    pub agent: &'a str,
    quoted_text: &'a str,
}

impl<'a> Warning<'a> {
    /// The words.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        unescape(self.quoted_text)
    }
}

impl<'a> TypedHeader<'a> for Warning<'a> {
    const NAME: &'static str = "Warning";
    const IS_LIST: bool = true;

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        whole(value, rigour, |input| {
            let (rest, digits) = expect("a code of three digits", token)(input)?;
            let code = match digits.parse() {
                Ok(code) if digits.len() == 3 => code,
                _ => return Fault::fail(input, "a code of three digits"),
            };
            let (rest, _) = sws(rest)?;
            let end = rest.bytes().position(is_blank).unwrap_or(rest.len());
            let (agent, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if agent.is_empty() {
                return Fault::fail(rest, "who warns");
            }
            let (rest, _) = sws(rest)?;
            let (rest, quoted_text) = match quoted(rest, rigour) {
                Err(_) if rigour == Rigour::Lax => ("", rest.trim_matches('"')),
                found => found?,
            };
            Ok((rest, Self { code, agent, quoted_text }))
        })
    }
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {} \"{}\"", self.code, self.agent, self.quoted_text)
    }
}
