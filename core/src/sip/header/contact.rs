//! Contact: where the sender is reached (RFC 3261 20.10).

use super::TypedHeader;
use super::name_addr::NameAddr;
use crate::sip::grammar::{Rigour, expected_at, trim_blanks};
use crate::{ErrorKind, Layer, ParseError};
use core::fmt;

/// An address, or `*` for all of them when unregistering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact<'a> {
    /// `*`.
    Any,
    /// One address.
    Address(NameAddr<'a>),
}

impl<'a> Contact<'a> {
    /// The address, unless it is `*`.
    #[must_use]
    pub const fn address(&self) -> Option<&NameAddr<'a>> {
        match self {
            Self::Any => None,
            Self::Address(address) => Some(address),
        }
    }

    /// Seconds of validity asked for or granted.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        self.address()?.params.value("expires")?.parse().ok()
    }
}

impl<'a> TypedHeader<'a> for Contact<'a> {
    const NAME: &'static str = "Contact";
    const IS_LIST: bool = true;

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        if trim_blanks(value) == "*" {
            return Ok(Self::Any);
        }
        if value.is_empty() {
            return Err(expected_at(0, "an address or *"));
        }
        let address = NameAddr::read(value, rigour)?;
        if rigour == Rigour::Strict
            && let Some(expires) = address.params.value("expires")
            && expires.parse::<u32>().is_err()
        {
            // Parameters are the last thing in the value.
            let at = value.len() - address.params.as_str().trim_end().len();
            let found = expires.parse().unwrap_or(i64::MAX);
            let (what, max) = ("the contact's expires", i64::from(u32::MAX));
            let kind = ErrorKind::OutOfRange { what, min: 0, max, found };
            return Err(ParseError::new(Layer::Sip, at as u64, kind));
        }
        Ok(Self::Address(address))
    }
}

impl fmt::Display for Contact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Address(address) => address.fmt(f),
        }
    }
}
