//! A display name with an address (RFC 3261 20.10), and the headers that are one.

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{Fault, Found, Rigour, is_blank, is_token, offset_in, quoted, whole};
use crate::sip::param::{Params, params, unescape, write_quoted};
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

    /// The dialog's id on this side; an empty one is none.
    #[must_use]
    pub fn tag(&self) -> Option<&'a str> {
        self.params.value("tag").filter(|tag| !tag.is_empty())
    }
}

impl fmt::Display for NameAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.display_name {
            write_quoted(f, name)?;
            f.write_str(" ")?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
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
    let start = input.trim_start_matches(is_blank);
    let (rest, display_name) = display_name(start, rigour)?;
    if let Some(inner) = rest.strip_prefix('<') {
        let Some((bracketed, after)) = inner.split_once('>') else {
            return Fault::fail(inner, "a closing angle bracket");
        };
        let (uri, from_uri) = match rigour {
            Rigour::Strict => (bracketed, inner),
            Rigour::Lax => (bracketed.trim_matches(is_blank), inner.trim_start_matches(is_blank)),
        };
        let (after, params) = params(after, rigour)?;
        return Ok((after, Parts { display_name, uri, from_uri, params }));
    }
    if display_name.is_some() {
        return Fault::fail(rest, "an address in angle brackets");
    }
    // Without brackets every parameter is the header's, and the URI can hold none.
    let end = rest.find(|c: char| matches!(c, ';' | ',') || is_blank(c)).unwrap_or(rest.len());
    let (uri, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
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
    if start.starts_with('"') {
        match quoted(start, rigour) {
            Ok((rest, inner)) => {
                let rest = rest.trim_start_matches(is_blank);
                if rest.starts_with('<') || rigour == Rigour::Strict {
                    return Ok((rest, Some(unescape(inner))));
                }
            }
            Err(error) if rigour == Rigour::Strict => return Err(error),
            Err(_) => {}
        }
    }
    let Some(at) = start.find('<') else { return Ok((start, None)) };
    let (name, rest) = start.split_at_checked(at).unwrap_or(("", start));
    // `sip:a@b;x=<y>` has a bracket, but no name before it.
    if name.contains(';') {
        return Ok((start, None));
    }
    if rigour == Rigour::Strict
        && let Some(bad) = name.bytes().position(|b| !is_token(b) && !matches!(b, b' ' | b'\t'))
    {
        let rest = start.get(bad..).unwrap_or_default();
        return Fault::fail(rest, "quotes around a display name with this character");
    }
    let name = name.trim_matches(|c: char| is_blank(c) || c == '"');
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
