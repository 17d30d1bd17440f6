//! A display name with an address: From, To, Contact, Route, Refer-To and their like
//! (RFC 3261 20.10).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Fault, Found, expected_at, is_blank, offset_in, quoted, whole};
use crate::sip::param::{Params, params, unescape};
use crate::sip::uri::Uri;
use alloc::borrow::Cow;
use core::fmt;

/// `"Display name" <uri>;tag=…`, or a bare URI with the header's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// The name to show, unquoted and with its escapes undone.
    pub display_name: Option<Cow<'a, str>>,
    /// The address.
    pub uri: Uri<'a>,
    /// The header's own parameters, after the closing bracket.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Reads one element.
    ///
    /// # Errors
    /// What was expected, at its offset in `value`.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        let parts = whole(value, parts)?;
        let uri = Uri::parse(parts.uri)
            .map_err(|error| error.at(offset_in(value, parts.from_uri) as u64))?;
        Ok(Self { display_name: parts.display_name, uri, params: parts.params })
    }

    /// The dialog's id on this side.
    #[must_use]
    pub fn tag(&self) -> Option<&'a str> {
        self.params.value("tag")
    }
}

impl fmt::Display for NameAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.display_name {
            f.write_str("\"")?;
            for c in name.chars() {
                if matches!(c, '"' | '\\') {
                    f.write_str("\\")?;
                }
                write!(f, "{c}")?;
            }
            f.write_str("\" ")?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

struct Parts<'a> {
    display_name: Option<Cow<'a, str>>,
    uri: &'a str,
    from_uri: &'a str,
    params: Params<'a>,
}

fn parts(input: &str) -> Found<'_, Parts<'_>> {
    let start = input.trim_start_matches(is_blank);
    let (display_name, rest) = if start.starts_with('"') {
        let (rest, inner) = quoted(start)?;
        (Some(unescape(inner)), rest.trim_start_matches(is_blank))
    } else {
        match start.find('<') {
            Some(at) => {
                let (name, rest) = start.split_at_checked(at).unwrap_or(("", start));
                let name = name.trim_end_matches(is_blank);
                ((!name.is_empty()).then_some(Cow::Borrowed(name)), rest)
            }
            None => (None, start),
        }
    };
    if let Some(inner) = rest.strip_prefix('<') {
        let Some((uri, after)) = inner.split_once('>') else {
            return Fault::fail(inner, "a closing angle bracket");
        };
        let (after, params) = params(after)?;
        return Ok((after, Parts { display_name, uri, from_uri: inner, params }));
    }
    if display_name.is_some() {
        return Fault::fail(rest, "an address in angle brackets");
    }
    // Without brackets every parameter is the header's, and the URI can hold none.
    let end = rest.find(|c: char| matches!(c, ';' | ',') || is_blank(c)).unwrap_or(rest.len());
    let (uri, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (after, params) = params(after)?;
    Ok((after, Parts { display_name, uri, from_uri: rest, params }))
}

/// Where the sender is reached: an address, or `*` for all of them when unregistering.
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

    fn parse(value: &'a str) -> Result<Self, ParseError> {
        if value.trim_matches(is_blank) == "*" {
            return Ok(Self::Any);
        }
        if value.is_empty() {
            return Err(expected_at(0, "an address or *"));
        }
        NameAddr::parse(value).map(Self::Address)
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
