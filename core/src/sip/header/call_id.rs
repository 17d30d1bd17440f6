//! Call-ID: the name of a call (RFC 3261 20.8).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Rigour, expected_at, is_word};
use core::fmt;

/// The name that all messages of a dialog share; case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId<'a>(pub &'a str);

impl<'a> TypedHeader<'a> for CallId<'a> {
    const NAME: &'static str = "Call-ID";

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        if value.is_empty() {
            return Err(expected_at(0, "a call id"));
        }
        if rigour == Rigour::Strict {
            let (before, after) = value.split_once('@').unwrap_or((value, "x"));
            for (word, offset) in [(before, 0), (after, before.len() + 1)] {
                let bad = word.bytes().position(|b| !is_word(b));
                if let Some(at) = bad.or(word.is_empty().then_some(0)) {
                    return Err(expected_at(offset + at, "a word, or two with an @ between them"));
                }
            }
        }
        Ok(Self(value))
    }
}

impl fmt::Display for CallId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
