//! The pieces that header grammars share (RFC 3261 25.1), over an unfolded header value.

use crate::{ErrorKind, Layer, ParseError, spelling};

/// How closely a grammar is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rigour {
    /// Takes what can be made out, and leaves out what cannot.
    Lax,
    /// Takes what the grammar allows and nothing else.
    Strict,
}

/// Where a grammar stopped, and what it wanted there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault<'a> {
    rest: &'a str,
    expected: &'static str,
}

/// What a primitive reports before [`expect`] names it.
const UNNAMED: &str = "something else";

impl<'a> Fault<'a> {
    /// A failure at `rest`.
    pub(super) const fn fail<T>(rest: &'a str, expected: &'static str) -> Found<'a, T> {
        Err(Self { rest, expected })
    }
}

/// The rest and what a grammar found before it, or its [`Fault`].
pub(super) type Found<'a, T> = Result<(&'a str, T), Fault<'a>>;

/// Names what `parser` looks for, for the error.
pub(super) fn expect<'a, T>(
    expected: &'static str,
    parser: impl Fn(&'a str) -> Found<'a, T>,
) -> impl Fn(&'a str) -> Found<'a, T> {
    move |input| {
        parser(input).map_err(|fault| match fault.expected {
            UNNAMED => Fault { expected, ..fault },
            _ => fault,
        })
    }
}

/// Runs `parser` over all of `value`. Blanks may follow; anything else only where lax.
///
/// # Errors
/// What was expected, at its offset in `value`.
pub(super) fn whole<'a, T>(
    value: &'a str,
    rigour: Rigour,
    mut parser: impl FnMut(&'a str) -> Found<'a, T>,
) -> Result<T, ParseError> {
    let fault = match parser(value) {
        Ok((rest, found)) => {
            let rest = skip_blanks(rest);
            if rest.is_empty() || rigour == Rigour::Lax {
                return Ok(found);
            }
            Fault { rest, expected: "the end of the value" }
        }
        Err(fault) => fault,
    };
    Err(expected_at(offset_in(value, fault.rest), fault.expected))
}

/// The error "expected …" at an offset in a header's value.
pub(super) const fn expected_at(offset: usize, expected: &'static str) -> ParseError {
    ParseError::new(Layer::Sip, offset as u64, ErrorKind::Expected { expected })
}

/// Bytes of `value` before its suffix `rest`.
pub(super) const fn offset_in(value: &str, rest: &str) -> usize {
    value.len().saturating_sub(rest.len())
}

/// Which bytes make up a `token`.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~');
        byte += 1;
    }
    table
};

/// Whether `byte` may stand in a `token`.
pub(super) fn is_token(byte: u8) -> bool {
    TOKEN.get(usize::from(byte)).copied().unwrap_or(false)
}

/// Whether `byte` may stand in a `word`, of which a Call-ID is made.
pub(super) fn is_word(byte: u8) -> bool {
    is_token(byte)
        || matches!(
            byte,
            b'(' | b')'
                | b'<'
                | b'>'
                | b':'
                | b'\\'
                | b'"'
                | b'/'
                | b'['
                | b']'
                | b'?'
                | b'{'
                | b'}'
        )
}

/// Linear white space, once unfolded.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The text behind blanks at its start.
pub(super) fn skip_blanks(text: &str) -> &str {
    split_while(text, is_blank).1
}

/// The text without blanks at its end.
pub(super) fn drop_blanks(text: &str) -> &str {
    let end = text.bytes().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// The text without blanks at either end.
pub(super) fn trim_blanks(text: &str) -> &str {
    skip_blanks(drop_blanks(text))
}

/// The text behind `byte`, which is ASCII, if it starts with that.
pub(super) fn strip(text: &str, byte: u8) -> Option<&str> {
    if text.as_bytes().first() == Some(&byte) { text.get(1..) } else { None }
}

/// The text before and behind the first `byte`, which is ASCII.
pub(super) fn cut(text: &str, byte: u8) -> Option<(&str, &str)> {
    let (before, rest) = split_while(text, |other| other != byte);
    Some((before, strip(rest, byte)?))
}

/// `text` split before the first byte that is not `inside`. All that is looked for is ASCII, so
/// that reading bytes finds the same place as reading characters, and sooner.
pub(super) fn split_while(text: &str, inside: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !inside(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// `SWS`: blanks, or none.
pub(super) fn sws(input: &str) -> Found<'_, &str> {
    let (blanks, rest) = split_while(input, is_blank);
    Ok((rest, blanks))
}

/// `token`.
pub(super) fn token(input: &str) -> Found<'_, &str> {
    match split_while(input, is_token) {
        ("", _) => Fault::fail(input, UNNAMED),
        (token, rest) => Ok((rest, token)),
    }
}

/// A separator with blanks around it: `SEMI`, `EQUAL`, `SLASH`, ….
pub(super) fn separator<'a>(byte: u8) -> impl Fn(&'a str) -> Found<'a, ()> {
    move |input| {
        let start = skip_blanks(input);
        match strip(start, byte) {
            Some(rest) => Ok((skip_blanks(rest), ())),
            None => Fault::fail(start, UNNAMED),
        }
    }
}

/// `quoted-string`; gives what is between the quotes, escapes as they are.
pub(super) fn quoted(input: &str, rigour: Rigour) -> Found<'_, &str> {
    let Some(inner) = strip(input, b'"') else {
        return Fault::fail(input, "a quoted string");
    };
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let text = inner.get(..at).unwrap_or_default();
                return Ok((inner.get(at + 1..).unwrap_or_default(), text));
            }
            0..0x20 | 0x7f if byte != b'\t' && rigour == Rigour::Strict => {
                let rest = inner.get(at..).unwrap_or_default();
                return Fault::fail(rest, "a backslash before a control character");
            }
            _ => {}
        }
    }
    Fault::fail(input, "a closing quote for this one")
}

/// Decimal digits of a number that fits `u32`.
pub(super) fn number(input: &str) -> Found<'_, u32> {
    let (digits, rest) = split_while(input, |byte| byte.is_ascii_digit());
    if digits.is_empty() {
        return Fault::fail(input, UNNAMED);
    }
    match spelling::number(digits.as_bytes()) {
        Some(number) => Ok((rest, number)),
        None => Fault::fail(input, "a number below 2^32"),
    }
}
