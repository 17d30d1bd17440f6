//! Session-Expires: how long a session holds without a refresh (RFC 4028 4).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Rigour, expect, number, whole};
use crate::sip::param::{Params, params};
use core::fmt;

/// Which side refreshes the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refresher {
    /// The side that sent the request.
    Uac,
    /// The side that answered it.
    Uas,
}

/// The interval in seconds, and who refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires<'a> {
    /// Seconds.
    pub interval: u32,
    /// `refresher`, ….
    pub params: Params<'a>,
}

impl SessionExpires<'_> {
    /// Which side refreshes, if that is said.
    #[must_use]
    pub fn refresher(&self) -> Option<Refresher> {
        let refresher = self.params.value("refresher")?;
        if refresher.eq_ignore_ascii_case("uac") {
            Some(Refresher::Uac)
        } else if refresher.eq_ignore_ascii_case("uas") {
            Some(Refresher::Uas)
        } else {
            None
        }
    }
}

impl<'a> TypedHeader<'a> for SessionExpires<'a> {
    const NAME: &'static str = "Session-Expires";

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        whole(value, rigour, |input| {
            let (rest, interval) = expect("seconds", number)(input)?;
            let (rest, params) = params(rest, rigour)?;
            Ok((rest, Self { interval, params }))
        })
    }
}

impl fmt::Display for SessionExpires<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.interval, self.params)
    }
}
