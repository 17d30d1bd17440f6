//! Replaces: which dialog the new one takes the place of (RFC 3891).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Rigour, expected_at, trim_blanks, whole};
use crate::sip::param::{Params, params};
use core::fmt;

/// The dialog to replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaces<'a> {
    /// Its Call-ID.
    pub call_id: &'a str,
    /// `to-tag`, `from-tag` and perhaps `early-only`.
    pub params: Params<'a>,
}

impl<'a> Replaces<'a> {
    /// The tag of the side that receives this.
    #[must_use]
    pub fn to_tag(&self) -> Option<&'a str> {
        self.params.value("to-tag")
    }

    /// The tag of the other side.
    #[must_use]
    pub fn from_tag(&self) -> Option<&'a str> {
        self.params.value("from-tag")
    }

    /// Whether only a dialog that still rings may be replaced.
    #[must_use]
    pub fn is_early_only(&self) -> bool {
        self.params.has("early-only")
    }
}

impl<'a> TypedHeader<'a> for Replaces<'a> {
    const NAME: &'static str = "Replaces";

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        let end = value.find(';').unwrap_or(value.len());
        let (call_id, rest) = value.split_at_checked(end).unwrap_or((value, ""));
        let call_id = trim_blanks(call_id);
        if call_id.is_empty() {
            return Err(expected_at(0, "a call id"));
        }
        let params = whole(rest, rigour, |input| params(input, rigour))
            .map_err(|error| error.at(end as u64))?;
        let replaces = Self { call_id, params };
        if replaces.to_tag().is_none() || replaces.from_tag().is_none() {
            return Err(expected_at(value.len(), "a to-tag and a from-tag"));
        }
        Ok(replaces)
    }
}

impl fmt::Display for Replaces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.call_id, self.params)
    }
}
