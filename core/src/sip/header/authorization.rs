//! Challenges and the answers to them (RFC 3261 20.7, 20.27, 20.28, 20.44).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{
    Fault, Found, Rigour, expect, is_blank, quoted, separator, skip_blanks, split_while, token,
    whole,
};
use core::fmt;

/// A scheme and its comma-separated parameters, in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authentication<'a> {
    /// `Digest`, `Basic`, ….
    pub scheme: &'a str,
    /// What follows the scheme, as sent.
    pub parameters: &'a str,
}

impl<'a> Authentication<'a> {
    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        whole(value, rigour, |input| {
            let (rest, scheme) = expect("an authentication scheme", token)(input)?;
            let parameters = skip_blanks(rest);
            // Only Digest's parameters are known to be a list of names and values.
            let mut rest = parameters;
            while scheme.eq_ignore_ascii_case("Digest") && rigour == Rigour::Strict {
                let (after, _) = parameter(rest)?;
                match separator(b',')(after) {
                    Ok((after, _)) => rest = after,
                    Err(_) => return Ok((after, Self { scheme, parameters })),
                }
            }
            Ok(("", Self { scheme, parameters }))
        })
    }

    /// The parameters with their values, without quotes, escapes as they are.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut rest = self.parameters;
        core::iter::from_fn(move || {
            rest = split_while(rest, |byte| is_blank(byte) || byte == b',').1;
            let (after, found) = parameter(rest).ok()?;
            rest = after;
            Some(found)
        })
    }

    /// The value of a parameter.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// For what the user is asked to prove himself.
    #[must_use]
    pub fn realm(&self) -> Option<&'a str> {
        self.value("realm")
    }

    /// Who the user says he is.
    #[must_use]
    pub fn username(&self) -> Option<&'a str> {
        self.value("username")
    }

    /// Whether the challenge only says that the last answer used an old nonce.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.value("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
    }
}

impl fmt::Display for Authentication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.scheme, self.parameters)
    }
}

/// `name=value` or `name="value"`.
fn parameter(input: &str) -> Found<'_, (&str, &str)> {
    let (rest, name) = expect("a parameter", token)(input)?;
    let (rest, _) = expect("an equals sign", separator(b'='))(rest)?;
    if rest.starts_with('"') {
        let (rest, value) = quoted(rest, Rigour::Lax)?;
        return Ok((rest, (name, value)));
    }
    let end = rest.bytes().position(|byte| byte == b',' || is_blank(byte)).unwrap_or(rest.len());
    match rest.split_at_checked(end) {
        Some((value, rest)) if !value.is_empty() => Ok((rest, (name, value))),
        _ => Fault::fail(rest, "a value"),
    }
}

/// Defines a header that is an [`Authentication`].
macro_rules! authentication_headers {
    ($($(#[$doc:meta])* $name:ident = $wire:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a>(pub Authentication<'a>);

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: &'static str = $wire;

            fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
                Authentication::read(value, rigour).map(Self)
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

authentication_headers! {
    /// A server's challenge, with 401.
    WwwAuthenticate = "WWW-Authenticate";
    /// A proxy's challenge, with 407.
    ProxyAuthenticate = "Proxy-Authenticate";
    /// The answer to a server.
    Authorization = "Authorization";
    /// The answer to a proxy.
    ProxyAuthorization = "Proxy-Authorization";
}
