//! Parameters after a semicolon.

use super::grammar::{
    Fault, Found, Rigour, is_token, quoted, skip_blanks, split_while, strip, token,
};
use crate::spelling;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

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
    let start = skip_blanks(input);
    let mut rest = start;
    while skip_blanks(rest).as_bytes().first() == Some(&b';') {
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
    let rest = skip_blanks(input);
    let Some(rest) = strip(rest, b';') else { return Fault::fail(rest, "a semicolon") };
    let rest = match rigour {
        Rigour::Strict => skip_blanks(rest),
        Rigour::Lax => split_while(rest, |byte| matches!(byte, b' ' | b'\t' | b';')).1,
    };
    let Ok((rest, name)) = token(rest) else {
        return Fault::fail(rest, "a parameter name");
    };
    let Some(after) = strip(skip_blanks(rest), b'=') else {
        return Ok((rest, Param { name, value: None }));
    };
    let (rest, value) = param_value(skip_blanks(after), rigour)?;
    Ok((rest, Param { name, value: Some(value) }))
}

/// A quoted string, or text up to what ends it. Laxly that is any visible character: tags with
/// `@` are common, and so is nothing at all.
fn param_value(input: &str, rigour: Rigour) -> Found<'_, &str> {
    if input.as_bytes().first() == Some(&b'"') {
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
    spelling::ipv6(inner.unwrap_or(value).as_bytes()).is_some()
}

/// A quoted string's text with its escapes undone.
pub(super) fn unescape(inner: &str) -> Cow<'_, str> {
    if !inner.as_bytes().contains(&b'\\') {
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

/// Appends text between quotes, as a quoted string.
pub(super) fn push_quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') || byte.is_ascii_control() && byte != b'\t' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}
