//! A display name with an address (RFC 3261 20.10), and the headers that are one.

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{
    Fault, Found, Rigour, cut, is_token, offset_in, quoted, skip_blanks, split_while, strip,
    trim_blanks, whole,
};
use crate::sip::param::{Params, params, push_quoted, unescape};
use crate::sip::uri::Uri;
use crate::spelling::text;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
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
    /// Reads one element, and makes the best of what is not quite one.
    ///
    /// # Errors
    /// What was expected, at its offset in `value`.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        Self::read(value, Rigour::Lax)
    }

    /// Reads one element.
    ///
    /// # Errors
    /// What was expected, at its offset in `value`.
    pub fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        let parts = whole(value, rigour, |input| parts(input, rigour))?;
        let uri = Uri::read(parts.uri, rigour)
            .map_err(|error| error.at(offset_in(value, parts.from_uri) as u64))?;
        Ok(Self { display_name: parts.display_name, uri, params: parts.params })
    }

    /// Name and address with other parameters, which come in parts.
    pub(in crate::sip) fn with_params(&self, params: &[&str]) -> String {
        let mut out = Vec::new();
        if let Some(name) = &self.display_name {
            push_quoted(&mut out, name);
            out.push(b' ');
        }
        for part in ["<", self.uri.as_str(), ">"].iter().chain(params) {
            out.extend_from_slice(part.as_bytes());
        }
        text(out)
    }

    /// The dialog's id on this side; an empty one is none.
    #[must_use]
    pub fn tag(&self) -> Option<&'a str> {
        self.params.value("tag").filter(|tag| !tag.is_empty())
    }
}

impl fmt::Display for NameAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_params(&[self.params.as_str()]))
    }
}

struct Parts<'a> {
    display_name: Option<Cow<'a, str>>,
    uri: &'a str,
    /// The input from the URI on.
    from_uri: &'a str,
    params: Params<'a>,
}

fn parts(input: &str, rigour: Rigour) -> Found<'_, Parts<'_>> {
    let start = skip_blanks(input);
    let (rest, display_name) = display_name(start, rigour)?;
    if let Some(inner) = strip(rest, b'<') {
        let Some((bracketed, after)) = cut(inner, b'>') else {
            return Fault::fail(inner, "a closing angle bracket");
        };
        let (uri, from_uri) = match rigour {
            Rigour::Strict => (bracketed, inner),
            Rigour::Lax => (trim_blanks(bracketed), skip_blanks(inner)),
        };
        let (after, params) = params(after, rigour)?;
        return Ok((after, Parts { display_name, uri, from_uri, params }));
    }
    if display_name.is_some() {
        return Fault::fail(rest, "an address in angle brackets");
    }
    // Without brackets every parameter is the header's, and the URI can hold none.
    let (uri, after) = split_while(rest, |byte| !matches!(byte, b';' | b',' | b' ' | b'\t'));
    if rigour == Rigour::Strict
        && let Some(at) = uri.find('?')
    {
        let rest = rest.get(at..).unwrap_or_default();
        return Fault::fail(rest, "angle brackets around a URI with a question mark");
    }
    let (after, params) = params(after, rigour)?;
    Ok((after, Parts { display_name, uri, from_uri: rest, params }))
}

/// The name before an address in angle brackets, if there is one, and the text from the bracket.
fn display_name(start: &str, rigour: Rigour) -> Found<'_, Option<Cow<'_, str>>> {
    if start.as_bytes().first() == Some(&b'"') {
        match quoted(start, rigour) {
            Ok((rest, inner)) => {
                let rest = skip_blanks(rest);
                if strip(rest, b'<').is_some() || rigour == Rigour::Strict {
                    return Ok((rest, Some(unescape(inner))));
                }
            }
            Err(error) if rigour == Rigour::Strict => return Err(error),
            Err(_) => {}
        }
    }
    let (name, rest) = split_while(start, |byte| byte != b'<');
    if rest.is_empty() {
        return Ok((start, None));
    }
    // `sip:a@b;x=<y>` has a bracket, but no name before it.
    if name.as_bytes().contains(&b';') {
        return Ok((start, None));
    }
    if rigour == Rigour::Strict
        && let Some(bad) = name.bytes().position(|b| !is_token(b) && !matches!(b, b' ' | b'\t'))
    {
        let rest = start.get(bad..).unwrap_or_default();
        return Fault::fail(rest, "quotes around a display name with this character");
    }
    let is_around = |byte: &u8| matches!(byte, b' ' | b'\t' | b'"');
    let end = name.bytes().rposition(|byte| !is_around(&byte)).map_or(0, |last| last + 1);
    let name = split_while(name.get(..end).unwrap_or_default(), |byte| is_around(&byte)).1;
    Ok((rest, (!name.is_empty()).then_some(Cow::Borrowed(name))))
}

/// Defines a header whose value, or each element of it, is a [`NameAddr`].
macro_rules! address_headers {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, list: $list:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name<'a>(pub NameAddr<'a>);

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: &'static str = $wire;
            const IS_LIST: bool = $list;

            fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
                NameAddr::read(value, rigour).map(Self)
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

address_headers! {
    /// Who started the dialog (RFC 3261 20.20).
    From = "From", list: false;
    /// Whom the dialog is with (RFC 3261 20.39).
    To = "To", list: false;
    /// Where answers to a message go (RFC 3261 20.31).
    ReplyTo = "Reply-To", list: false;
    /// A proxy that the request must still pass (RFC 3261 20.34).
    Route = "Route", list: true;
    /// A proxy that stays in the dialog's way (RFC 3261 20.30).
    RecordRoute = "Record-Route", list: true;
    /// A proxy between a phone and its registrar (RFC 3327).
    Path = "Path", list: true;
    /// Where the other side is asked to call (RFC 3515).
    ReferTo = "Refer-To", list: false;
    /// Who asked for a transfer (RFC 3892).
    ReferredBy = "Referred-By", list: false;
    /// Who the caller is, by the word of a trusted network (RFC 3325).
    PAssertedIdentity = "P-Asserted-Identity", list: true;
    /// Who the caller would like to be (RFC 3325).
    PPreferredIdentity = "P-Preferred-Identity", list: true;
    /// Who the caller is, in a form that never left its draft.
    RemotePartyId = "Remote-Party-ID", list: true;
    /// From whom the call was diverted, and why (RFC 5806).
    Diversion = "Diversion", list: true;
}
