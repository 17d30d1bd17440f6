//! Parameters after a semicolon.

use super::grammar::{Fault, Found, Rigour, is_blank, is_token, quoted, split_while, sws, token};
use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::net::Ipv6Addr;

/// `;name=value;flag` as it stands in a header or URI; read as often as asked, never copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a>(&'a str);

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// Its name, as spelled; compared without case.
    pub name: &'a str,
    /// Its value without quotes, escapes as they are; `None` for a flag.
    pub value: Option<&'a str>,
}

impl<'a> Params<'a> {
    /// In the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (after, param) = next_param(rest, Rigour::Lax).ok()?;
            rest = after;
            Some(param)
        })
    }

    /// The first parameter of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Param<'a>> {
        self.iter().find(|param| param.name.eq_ignore_ascii_case(name))
    }

    /// The value of the first parameter of that name, if it has one.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.find(name).and_then(|param| param.value)
    }

    /// Whether a parameter of that name is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The text as it was sent, with its leading semicolon.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

impl fmt::Display for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `*( SEMI generic-param )`: takes what is well formed and stops before anything else.
pub(super) fn params(input: &str, rigour: Rigour) -> Found<'_, Params<'_>> {
    let start = input.trim_start_matches(is_blank);
    let mut rest = start;
    while rest.trim_start_matches(is_blank).starts_with(';') {
        rest = match next_param(rest, rigour) {
            Ok((rest, _)) => rest,
            Err(error) if rigour == Rigour::Strict => return Err(error),
            Err(_) => break,
        };
    }
    let used = start.len() - rest.len();
    Ok((rest, Params(start.get(..used).unwrap_or_default())))
}

/// One `SEMI generic-param`.
fn next_param(input: &str, rigour: Rigour) -> Found<'_, Param<'_>> {
    let (rest, _) = sws(input)?;
    let Some(rest) = rest.strip_prefix(';') else { return Fault::fail(rest, "a semicolon") };
    let rest = match rigour {
        Rigour::Strict => rest.trim_start_matches(is_blank),
        Rigour::Lax => rest.trim_start_matches([' ', '\t', ';']),
    };
    let Ok((rest, name)) = token(rest) else {
        return Fault::fail(rest, "a parameter name");
    };
    let Some(after) = rest.trim_start_matches(is_blank).strip_prefix('=') else {
        return Ok((rest, Param { name, value: None }));
    };
    let (after, _) = sws(after)?;
    let (rest, value) = param_value(after, rigour)?;
    Ok((rest, Param { name, value: Some(value) }))
}

/// A quoted string, or text up to what ends it. Laxly that is any visible character: tags with
/// `@` are common, and so is nothing at all.
fn param_value(input: &str, rigour: Rigour) -> Found<'_, &str> {
    if input.starts_with('"') {
        match quoted(input, rigour) {
            Err(_) if rigour == Rigour::Lax => {}
            found => return found,
        }
    }
    let (value, rest) =
        split_while(input, |byte| !matches!(byte, b';' | b',' | b'<' | b'>' | b'?' | b' ' | b'\t'));
    if rigour == Rigour::Lax {
        return Ok((rest, value));
    }
    if value.is_empty() {
        return Fault::fail(input, "a parameter value");
    }
    match value.bytes().position(|byte| !is_token(byte)) {
        // `received` takes an IPv6 address without brackets, a host takes one with them.
        Some(_) if is_ipv6(value) => Ok((rest, value)),
        Some(at) => Fault::fail(input.get(at..).unwrap_or_default(), "a character of a token"),
        None => Ok((rest, value)),
    }
}

fn is_ipv6(value: &str) -> bool {
    let inner = value.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    inner.unwrap_or(value).parse::<Ipv6Addr>().is_ok()
}

/// A quoted string's text with its escapes undone.
pub(super) fn unescape(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Text between quotes, as a quoted string.
pub(super) fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') || c.is_ascii_control() && c != '\t' {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}
