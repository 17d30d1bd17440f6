//! Session-ID: one name for all legs of a call (RFC 7989).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Rigour, expected_at, whole};
use crate::sip::param::{Params, params};
use core::fmt;

/// The ids of both ends; the same pair, either way round, in every leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionId<'a> {
    /// The sender's id, 32 hexadecimal digits.
    pub local: &'a str,
    /// `remote`, ….
    pub params: Params<'a>,
}

/// The id of an end that is not known yet.
const NIL: &str = "00000000000000000000000000000000";

impl<'a> SessionId<'a> {
    /// The other end's id, once it is known.
    #[must_use]
    pub fn remote(&self) -> Option<&'a str> {
        self.params.value("remote").filter(|remote| *remote != NIL)
    }
}

impl<'a> TypedHeader<'a> for SessionId<'a> {
    const NAME: &'static str = "Session-ID";

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        let end = value.find([';', ' ', '\t']).unwrap_or(value.len());
        let (local, rest) = value.split_at_checked(end).unwrap_or((value, ""));
        // RFC 7329 and others before it used names of other forms.
        let is_id = local.len() == 32 && local.bytes().all(|b| b.is_ascii_hexdigit());
        if local.is_empty() || rigour == Rigour::Strict && !is_id {
            return Err(expected_at(0, "an id of 32 hexadecimal digits"));
        }
        let params = whole(rest, rigour, |input| params(input, rigour))
            .map_err(|error| error.at(end as u64))?;
        Ok(Self { local, params })
    }
}

impl fmt::Display for SessionId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.local, self.params)
    }
}
