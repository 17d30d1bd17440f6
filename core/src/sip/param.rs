//! Parameters after a semicolon.

use super::grammar::{Fault, Found, is_blank, quoted, sws, token};
use alloc::borrow::Cow;
use alloc::string::String;
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
            let (after, param) = next_param(rest).ok()?;
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
pub(super) fn params(input: &str) -> Found<'_, Params<'_>> {
    let start = input.trim_start_matches(is_blank);
    let mut rest = start;
    while rest.trim_start_matches(is_blank).starts_with(';') {
        rest = next_param(rest)?.0;
    }
    let used = start.len() - rest.len();
    Ok((rest, Params(start.get(..used).unwrap_or_default())))
}

/// One `SEMI generic-param`. A bare value may hold any visible character that does not end it:
/// tags with `@` and unbracketed IPv6 addresses in `received` (RFC 5118 4.5) are common.
fn next_param(input: &str) -> Found<'_, Param<'_>> {
    let (rest, _) = sws(input)?;
    let Some(rest) = rest.strip_prefix(';') else { return Fault::fail(rest, "a semicolon") };
    let (rest, _) = sws(rest)?;
    let Ok((rest, name)) = token(rest) else {
        return Fault::fail(rest, "a parameter name");
    };
    let Some(after) = rest.trim_start_matches(is_blank).strip_prefix('=') else {
        return Ok((rest, Param { name, value: None }));
    };
    let (after, _) = sws(after)?;
    if after.starts_with('"') {
        let (rest, value) = quoted(after)?;
        return Ok((rest, Param { name, value: Some(value) }));
    }
    let end = after
        .find(|c: char| matches!(c, ';' | ',' | '"' | '<' | '>' | '?') || is_blank(c))
        .unwrap_or(after.len());
    let (Some(value), Some(rest)) = (after.get(..end), after.get(end..)) else {
        return Fault::fail(after, "a parameter value");
    };
    if value.is_empty() {
        return Fault::fail(after, "a parameter value");
    }
    Ok((rest, Param { name, value: Some(value) }))
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
