//! The pieces that header grammars share (RFC 3261 25.1), over an unfolded header value.

use crate::{ErrorKind, Layer, ParseError};
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::char as chr;
use nom::error::ErrorKind as NomKind;
use nom::{IResult, Parser};

/// Where a grammar stopped, and what it wanted there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault<'a> {
    rest: &'a str,
    expected: &'static str,
}

impl<'a> Fault<'a> {
    /// A recoverable failure at `rest`.
    pub(super) fn fail<T>(rest: &'a str, expected: &'static str) -> IResult<&'a str, T, Self> {
        Err(nom::Err::Error(Self { rest, expected }))
    }
}

impl<'a> nom::error::ParseError<&'a str> for Fault<'a> {
    fn from_error_kind(rest: &'a str, _: NomKind) -> Self {
        Self { rest, expected: "something else" }
    }

    fn append(_: &'a str, _: NomKind, other: Self) -> Self {
        other
    }
}

pub(super) type Found<'a, T> = IResult<&'a str, T, Fault<'a>>;

/// Names what `parser` looks for, for the error.
pub(super) fn expect<'a, T>(
    expected: &'static str,
    mut parser: impl Parser<&'a str, Output = T, Error = Fault<'a>>,
) -> impl FnMut(&'a str) -> Found<'a, T> {
    move |input| {
        parser.parse(input).map_err(|error| {
            error.map(|fault| match fault.expected {
                "something else" => Fault { rest: fault.rest, expected },
                _ => fault,
            })
        })
    }
}

/// Runs `parser` over all of `value`; blanks may follow, nothing else.
///
/// # Errors
/// What was expected, at its offset in `value`.
pub(super) fn whole<'a, T>(
    value: &'a str,
    mut parser: impl FnMut(&'a str) -> Found<'a, T>,
) -> Result<T, ParseError> {
    let fault = match parser(value) {
        Ok((rest, found)) => {
            let rest = rest.trim_start_matches(is_blank);
            if rest.is_empty() {
                return Ok(found);
            }
            Fault { rest, expected: "the end of the header" }
        }
        Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => fault,
        Err(nom::Err::Incomplete(_)) => Fault { rest: "", expected: "more" },
    };
    Err(expected_at(offset_in(value, fault.rest), fault.expected))
}

/// The error "expected …" at an offset in a header's value.
pub(super) fn expected_at(offset: usize, expected: &'static str) -> ParseError {
    ParseError::new(Layer::Sip, offset as u64, ErrorKind::Expected { expected })
}

/// Bytes of `value` before its suffix `rest`.
pub(super) fn offset_in(value: &str, rest: &str) -> usize {
    value.len().saturating_sub(rest.len())
}

/// `token` characters.
pub(super) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

pub(super) fn is_token_char(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_token)
}

/// Linear white space, once unfolded.
pub(super) const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// `SWS`: blanks, or none.
pub(super) fn sws(input: &str) -> Found<'_, &str> {
    take_while(is_blank)(input)
}

/// `token`.
pub(super) fn token(input: &str) -> Found<'_, &str> {
    take_while1(is_token_char)(input)
}

/// A separator with blanks around it: `SEMI`, `EQUAL`, `SLASH`, ….
pub(super) fn separator<'a>(c: char) -> impl FnMut(&'a str) -> Found<'a, char> {
    move |input| (sws, chr(c), sws).map(|(_, c, _)| c).parse(input)
}

/// `quoted-string`; gives what is between the quotes, escapes as they are.
pub(super) fn quoted(input: &str) -> Found<'_, &str> {
    let Some(inner) = input.strip_prefix('"') else {
        return Fault::fail(input, "a quoted string");
    };
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let (Some(text), Some(rest)) = (inner.get(..at), inner.get(at + 1..)) else {
                    break;
                };
                return Ok((rest, text));
            }
            _ => {}
        }
    }
    Fault::fail(input, "a closing quote")
}

/// Decimal digits of a number that fits `u32`.
pub(super) fn number(input: &str) -> Found<'_, u32> {
    let (rest, digits) = take_while1(|c: char| c.is_ascii_digit())(input)?;
    digits.parse().map_or_else(|_| Fault::fail(input, "a number below 2^32"), |n| Ok((rest, n)))
}
