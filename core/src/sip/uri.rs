//! Addresses: `sip:`, `sips:`, `tel:` and whatever else is met (RFC 3261 19.1, RFC 3966).

use super::grammar::{Rigour, cut, expected_at, offset_in, split_while, strip};
use super::param::{Params, params};
use crate::ParseError;
use alloc::borrow::Cow;
use core::fmt;

mod escape;
mod host;

pub use host::Host;
use host::port;
pub(super) use host::{host, port_number};

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
    fn from_name(name: &'a str) -> Self {
        if name.eq_ignore_ascii_case("sip") {
            Self::Sip
        } else if name.eq_ignore_ascii_case("sips") {
            Self::Sips
        } else if name.eq_ignore_ascii_case("tel") {
            Self::Tel
        } else {
            Self::Other(name)
        }
    }

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
    /// Reads a whole URI, without angle brackets, and makes the best of what is not quite one.
    ///
    /// # Errors
    /// What was expected, at its offset in `text`.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        Self::read(text, Rigour::Lax)
    }

    /// Reads a whole URI.
    ///
    /// # Errors
    /// What was expected, at its offset in `text`.
    pub fn read(text: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        let (scheme, rest) = cut(text, b':').unwrap_or(("", text));
        let mut letters = scheme.bytes();
        if !letters.next().is_some_and(|b| b.is_ascii_alphabetic())
            || !letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        {
            return Err(expected_at(0, "a URI with a scheme such as sip:"));
        }
        if let Some(at) = text.bytes().position(|b| matches!(b, b' ' | b'\t' | b'<' | b'>' | b'"'))
        {
            return Err(expected_at(at, "a URI without blanks, quotes and angle brackets"));
        }
        let mut uri = Self {
            scheme: Scheme::from_name(scheme),
            user: None,
            password: None,
            host: None,
            port: None,
            params: Params::default(),
            headers: None,
            text,
        };
        match uri.scheme {
            Scheme::Sip | Scheme::Sips => uri.read_sip(rest, rigour)?,
            Scheme::Tel => uri.read_tel(rest, rigour)?,
            Scheme::Other(_) => {
                uri.check(rest, text.len() - rest.len(), rigour, escape::is_uric, "a URI")?;
            }
        }
        Ok(uri)
    }

    fn read_tel(&mut self, rest: &'a str, rigour: Rigour) -> Result<(), ParseError> {
        let (number, params) = split_while(rest, |byte| byte != b';');
        if number.is_empty() {
            return Err(self.expected(rest, "a telephone number"));
        }
        let local = strip(number, b'+').unwrap_or(number);
        let offset = offset_in(self.text, rest) + number.len() - local.len();
        self.check(local, offset, rigour, escape::is_phone_digit, "a telephone number")?;
        self.user = Some(number);
        self.params = self.read_params(params, params.len(), rigour)?;
        Ok(())
    }

    fn read_sip(&mut self, rest: &'a str, rigour: Rigour) -> Result<(), ParseError> {
        let (userinfo, hostport) = split_user(rest);
        if let Some(userinfo) = userinfo {
            let (user, password) = match cut(userinfo, b':') {
                Some((user, password)) => (user, Some(password)),
                None => (userinfo, None),
            };
            if user.is_empty() && rigour == Rigour::Strict {
                return Err(self.expected(rest, "a user before the @"));
            }
            let offset = offset_in(self.text, rest);
            let expected = "a user's characters, others escaped by % and two hexadecimal digits";
            self.check(user, offset, rigour, escape::is_user, expected)?;
            let offset = offset + user.len() + 1;
            let secret = password.unwrap_or_default();
            self.check(secret, offset, rigour, escape::is_password, "a password's characters")?;
            self.user = Some(user);
            self.password = password;
        }
        let (rest, host) = host(hostport, rigour)
            .map_err(|rest| self.expected(rest, "a host name or address, IPv6 in brackets"))?;
        self.host = Some(host);
        let (rest, port) =
            port(rest).map_err(|rest| self.expected(rest, "a port from 0 to 65535"))?;
        self.port = port;
        let (params, headers) = match cut(rest, b'?') {
            Some((params, headers)) => (params, Some(headers)),
            None => (rest, None),
        };
        self.headers = headers;
        if let Some(headers) = headers {
            let offset = self.text.len() - headers.len();
            self.check(headers, offset, rigour, escape::is_header, "a header's name and value")?;
        }
        if !params.is_empty() && strip(params, b';').is_none() && rigour == Rigour::Strict {
            return Err(self.expected(rest, "a port, a parameter or the URI's end"));
        }
        self.params = self.read_params(params, rest.len(), rigour)?;
        Ok(())
    }

    /// The parameters in `from`, which starts `left` bytes before the URI's end.
    fn read_params(
        &self,
        from: &'a str,
        left: usize,
        rigour: Rigour,
    ) -> Result<Params<'a>, ParseError> {
        let start = self.text.len().saturating_sub(left);
        self.check(from, start, rigour, escape::is_param, "a parameter's characters")?;
        // What may stand in a URI's parameter is more than in a header's, and it was just checked.
        match params(from, Rigour::Lax) {
            Ok((rest, params)) if rest.is_empty() || rigour == Rigour::Lax => Ok(params),
            _ => Err(expected_at(start, "parameters after semicolons")),
        }
    }

    /// Where strict, says which byte of `part` is none of `allowed` and no escape.
    fn check(
        &self,
        part: &str,
        offset: usize,
        rigour: Rigour,
        allowed: fn(u8) -> bool,
        expected: &'static str,
    ) -> Result<(), ParseError> {
        if rigour == Rigour::Strict
            && let Some(at) = escape::first_bad(part, allowed)
        {
            return Err(expected_at(offset + at, expected));
        }
        Ok(())
    }

    fn expected(&self, rest: &str, expected: &'static str) -> ParseError {
        expected_at(offset_in(self.text, rest), expected)
    }

    /// The URI as it was written.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The user with its `%` escapes undone.
    #[must_use]
    pub fn user_text(&self) -> Option<Cow<'a, str>> {
        self.user.map(escape::decode)
    }

    /// The headers after the question mark with their `%` escapes undone.
    pub fn header_fields(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
        self.headers.unwrap_or_default().split('&').filter(|field| !field.is_empty()).map(|field| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            (escape::decode(name), escape::decode(value))
        })
    }

    /// The port to use: the one written, or the scheme's own (5060, 5061).
    #[must_use]
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(if self.scheme == Scheme::Sips { 5061 } else { 5060 })
    }

    /// Whether both mean the same resource (RFC 3261 19.1.4): users with case, hosts without,
    /// ports as written, and parameters that both have the same. Those that change where a
    /// request goes (`user`, `ttl`, `method`, `maddr`, `transport`) must be in both or neither.
    /// URIs of other schemes than `sip` and `sips` are the same if they are spelled the same.
    #[must_use]
    pub fn is_equivalent(&self, other: &Uri<'_>) -> bool {
        if !matches!(self.scheme, Scheme::Sip | Scheme::Sips) {
            return self.text == other.text;
        }
        let same_host = match (&self.host, &other.host) {
            (Some(host), Some(other)) => host.is_same(other),
            _ => false,
        };
        same_host
            && self.scheme == other.scheme
            && self.user_text() == other.user_text()
            && self.password.map(escape::decode) == other.password.map(escape::decode)
            && self.port == other.port
            && self.agrees_on_params(other)
            && other.agrees_on_params(self)
            && self.has_headers_of(other)
            && other.has_headers_of(self)
    }

    /// Whether no parameter of this URI contradicts the other's.
    fn agrees_on_params(&self, other: &Uri<'_>) -> bool {
        let routing = ["user", "ttl", "method", "maddr", "transport"];
        self.params.iter().all(|param| match other.params.find(param.name) {
            Some(found) => {
                let value = |value: Option<&str>| {
                    escape::decode(value.unwrap_or_default()).to_ascii_lowercase()
                };
                value(param.value) == value(found.value)
            }
            None => !routing.iter().any(|name| param.name.eq_ignore_ascii_case(name)),
        })
    }

    fn has_headers_of(&self, other: &Uri<'_>) -> bool {
        other.header_fields().all(|(name, value)| {
            self.header_fields().any(|(n, v)| n.eq_ignore_ascii_case(&name) && v == value)
        })
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

/// Splits at the `@` that ends the user. The user may hold `;` and `?`, so that the first `@`
/// counts; one in the user itself must be escaped, yet is met, so that the last one before the
/// host ends is the one.
fn split_user(rest: &str) -> (Option<&str>, &str) {
    let (before, after) = split_while(rest, |byte| byte != b'@');
    let (hosts, _) = split_while(after, |byte| !matches!(byte, b';' | b'?'));
    let Some(last) = hosts.bytes().rposition(|byte| byte == b'@') else { return (None, rest) };
    let (user, host) = rest.split_at_checked(before.len() + last).unwrap_or(("", rest));
    (Some(user), strip(host, b'@').unwrap_or(host))
}

#[cfg(test)]
mod tests;
