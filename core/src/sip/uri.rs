//! Addresses: `sip:`, `sips:`, `tel:` and whatever else is met (RFC 3261 19.1, RFC 3966).

use super::grammar::{expected_at, offset_in};
use super::param::{Params, params};
use crate::ParseError;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The part before the first colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme<'a> {
    /// `sip`.
    Sip,
    /// `sips`.
    Sips,
    /// `tel`: a telephone number (RFC 3966).
    Tel,
    /// Any other, as spelled; the rest of the URI is not taken apart.
    Other(&'a str),
}

impl<'a> Scheme<'a> {
    /// The scheme as written in a URI.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        match self {
            Self::Sip => "sip",
            Self::Sips => "sips",
            Self::Tel => "tel",
            Self::Other(scheme) => scheme,
        }
    }
}

/// A host: a literal address or a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// A literal IPv4 or IPv6 address, the latter without its brackets.
    Address(IpAddr),
    /// A domain name, as spelled.
    Name(&'a str),
}

impl Host<'_> {
    /// The address, if the host is one.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// An address of a user, a phone or a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// What kind of address it is.
    pub scheme: Scheme<'a>,
    /// The user, or the number of a `tel:` URI, with its `%` escapes; see [`Uri::user_text`].
    pub user: Option<&'a str>,
    /// A password after the user; obsolete, but met.
    pub password: Option<&'a str>,
    /// The host; `None` for `tel:` and unknown schemes.
    pub host: Option<Host<'a>>,
    /// The port, if one was written.
    pub port: Option<u16>,
    /// URI parameters, such as `transport`, `lr` and `phone-context`.
    pub params: Params<'a>,
    /// What follows the question mark: headers of the request to make, still escaped.
    pub headers: Option<&'a str>,
    text: &'a str,
}

impl<'a> Uri<'a> {
    /// Reads a whole URI, without angle brackets.
    ///
    /// # Errors
    /// What was expected, at its offset in `text`.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(expected_at(0, "a URI with a scheme such as sip:"));
        };
        let mut letters = scheme.bytes();
        if !letters.next().is_some_and(|b| b.is_ascii_alphabetic())
            || !letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        {
            return Err(expected_at(0, "a URI with a scheme such as sip:"));
        }
        if let Some(at) = text.find([' ', '\t', '<', '>', '"']) {
            return Err(expected_at(at, "a URI without blanks, quotes and angle brackets"));
        }
        let mut uri = Self {
            scheme: Scheme::Other(scheme),
            user: None,
            password: None,
            host: None,
            port: None,
            params: Params::default(),
            headers: None,
            text,
        };
        if scheme.eq_ignore_ascii_case("sip") {
            uri.scheme = Scheme::Sip;
        } else if scheme.eq_ignore_ascii_case("sips") {
            uri.scheme = Scheme::Sips;
        } else if scheme.eq_ignore_ascii_case("tel") {
            uri.scheme = Scheme::Tel;
        } else {
            return Ok(uri);
        }
        if uri.scheme == Scheme::Tel {
            let end = rest.find(';').unwrap_or(rest.len());
            let (number, params) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if number.is_empty() {
                return Err(expected_at(offset_in(text, rest), "a telephone number"));
            }
            uri.user = Some(number);
            uri.params = read_params(text, params)?;
            return Ok(uri);
        }
        let (userinfo, hostport) = split_user(rest);
        if let Some(userinfo) = userinfo {
            let (user, password) = match userinfo.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (userinfo, None),
            };
            if user.is_empty() {
                return Err(expected_at(offset_in(text, rest), "a user before the @"));
            }
            uri.user = Some(user);
            uri.password = password;
        }
        let (rest, host) = host(hostport)
            .map_err(|rest| expected_at(offset_in(text, rest), "a host name or address"))?;
        uri.host = Some(host);
        let rest = match port(rest) {
            Ok((rest, port)) => {
                uri.port = port;
                rest
            }
            Err(at) => return Err(expected_at(offset_in(text, at), "a port from 0 to 65535")),
        };
        let (params, headers) = match rest.split_once('?') {
            Some((params, headers)) => (params, Some(headers)),
            None => (rest, None),
        };
        uri.headers = headers;
        if !params.is_empty() && !params.starts_with(';') {
            return Err(expected_at(offset_in(text, rest), "a port, a parameter or the URI's end"));
        }
        let base = offset_in(text, rest);
        uri.params = read_params(params, params).map_err(|error| error.at(base as u64))?;
        Ok(uri)
    }

    /// The URI as it was written.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The user with its `%` escapes undone.
    #[must_use]
    pub fn user_text(&self) -> Option<Cow<'a, str>> {
        self.user.map(percent_decode)
    }

    /// The port to use: the one written, or the scheme's own (5060, 5061).
    #[must_use]
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(if self.scheme == Scheme::Sips { 5061 } else { 5060 })
    }

    /// Whether the URI names a loose router (`lr`).
    #[must_use]
    pub fn is_loose_route(&self) -> bool {
        self.params.has("lr")
    }
}

impl fmt::Display for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

fn read_params<'a>(text: &str, from: &'a str) -> Result<Params<'a>, ParseError> {
    match params(from) {
        Ok(("", params)) => Ok(params),
        Ok((rest, _)) => Err(expected_at(offset_in(text, rest), "a parameter or the URI's end")),
        Err(_) => Err(expected_at(offset_in(text, from), "a parameter after the semicolon")),
    }
}

/// Splits at the `@` that ends the user. An `@` in a parameter or header does not count; one in
/// the user must be escaped, yet is met, so that the last before the host is the one.
fn split_user(rest: &str) -> (Option<&str>, &str) {
    // Users may hold ; and ? themselves, so the host starts after the last @ of the text up to
    // the first of these that is followed by no @.
    let Some(at) = rest.rfind('@') else { return (None, rest) };
    let headers = rest.find('?').unwrap_or(rest.len());
    let at = if at > headers {
        rest.get(..headers).and_then(|t| t.rfind('@')).or(Some(at))
    } else {
        Some(at)
    };
    match at.and_then(|at| Some((rest.get(..at)?, rest.get(at + 1..)?))) {
        Some((user, host)) => (Some(user), host),
        None => (None, rest),
    }
}

/// A host at the start of `text`; the rest begins after it.
pub(super) fn host(text: &str) -> Result<(&str, Host<'_>), &str> {
    if let Some(inner) = text.strip_prefix('[') {
        let (address, rest) = inner.split_once(']').ok_or(text)?;
        let address: Ipv6Addr = address.parse().map_err(|_| inner)?;
        return Ok((rest, Host::Address(IpAddr::V6(address))));
    }
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).ok_or(text)?;
    if name.is_empty() {
        return Err(text);
    }
    let host = match name.parse::<Ipv4Addr>() {
        Ok(address) => Host::Address(IpAddr::V4(address)),
        Err(_) => Host::Name(name),
    };
    Ok((rest, host))
}

/// `:port`, or nothing.
pub(super) fn port(text: &str) -> Result<(&str, Option<u16>), &str> {
    let Some(digits) = text.strip_prefix(':') else { return Ok((text, None)) };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (number, rest) = digits.split_at_checked(end).ok_or(digits)?;
    let port = number.parse().map_err(|_| digits)?;
    Ok((rest, Some(port)))
}

/// Undoes `%hh`; escapes that are none stay.
pub(super) fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let hex = after.get(..2).and_then(|two| core::str::from_utf8(two).ok());
            if let Some(value) = hex
                .filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))
                .and_then(|two| u8::from_str_radix(two, 16).ok())
            {
                bytes.push(value);
                rest = after.get(2..).unwrap_or_default();
                continue;
            }
        }
        bytes.push(byte);
    }
    Cow::Owned(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}
