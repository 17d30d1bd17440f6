//! What is wrong with a message that could be read.

use super::{Message, StartLine, list};
use crate::bytes::offset_before_replacement;
use crate::sip::grammar::Rigour;
use crate::sip::header::{self as h, Header, TypedHeader};
use crate::sip::uri::Uri;
use crate::{ErrorKind, Layer, ParseError};
use alloc::vec::Vec;

/// How often a header may stand in a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    Many,
}

/// A header that is understood, and how to check one value of it.
struct Known {
    name: &'static str,
    is_list: bool,
    times: Times,
    check: fn(&str) -> Result<(), ParseError>,
}

macro_rules! known {
    ($($times:ident $header:ident,)*) => {
        &[$(Known {
            name: h::$header::NAME,
            is_list: h::$header::IS_LIST,
            times: Times::$times,
            check: |value| h::$header::read(value, Rigour::Strict).map(drop),
        },)*]
    };
}

static KNOWN: &[Known] = known![
    Many Via,
    Once From,
    Once To,
    Once CallId,
    Once CSeq,
    Once MaxForwards,
    Many Contact,
    Once ContentLength,
    Once ContentType,
    Once ContentDisposition,
    Many ContentEncoding,
    Many Route,
    Many RecordRoute,
    Many Path,
    Many Allow,
    Many Supported,
    Many Require,
    Many ProxyRequire,
    Many Unsupported,
    Many AllowEvents,
    Once Expires,
    Once MinExpires,
    Once RetryAfter,
    Once Date,
    Many WwwAuthenticate,
    Many ProxyAuthenticate,
    Many Authorization,
    Many ProxyAuthorization,
    Many Warning,
    Many Reason,
    Once SessionExpires,
    Once MinSe,
    Once RSeq,
    Once RAck,
    Once Replaces,
    Once ReferTo,
    Once ReferredBy,
    Once ReplyTo,
    Once Event,
    Once SubscriptionState,
    Many PAssertedIdentity,
    Many PPreferredIdentity,
    Many Diversion,
];

/// What every message needs (RFC 3261 8.1.1, 8.2.6), as a header and in words.
const REQUIRED: [(&str, &str); 5] = [
    ("Via", "a Via header"),
    ("From", "a From header"),
    ("To", "a To header"),
    ("Call-ID", "a Call-ID header"),
    ("CSeq", "a CSeq header"),
];

/// Everything that is wrong, see [`Message::check`].
pub(super) fn check(message: &Message<'_>) -> Vec<ParseError> {
    let mut found = Vec::new();
    start_line(message, &mut found);
    for (at, header) in message.headers.iter().enumerate() {
        // Nothing more would be said, and looking for repetitions costs the square of them.
        if found.len() >= Message::MAX_WARNINGS {
            break;
        }
        let Some(known) = KNOWN.iter().find(|known| header.is(known.name)) else { continue };
        let mut before = message.headers.iter().take(at);
        if known.times == Times::Once && before.any(|other| other.is(known.name)) {
            found.push(irregular(header.offset, "the header may stand only once"));
        }
        values(header, known, &mut found);
    }
    for (name, expected) in REQUIRED {
        if message.header(name).is_none() {
            let kind = ErrorKind::Expected { expected };
            found.push(ParseError::new(Layer::Sip, message.body_offset as u64, kind));
        }
    }
    contradictions(message, &mut found);
    found.truncate(Message::MAX_WARNINGS);
    found
}

fn start_line(message: &Message<'_>, found: &mut Vec<ParseError>) {
    let (version, version_offset) = match &message.start_line {
        StartLine::Request { uri, version, .. } => {
            match Uri::read(uri, Rigour::Strict) {
                Err(error) => {
                    let in_uri = usize::try_from(error.offset).unwrap_or(usize::MAX);
                    let offset = message.target_offset
                        + offset_before_replacement(message.raw_target, in_uri);
                    found.push(ParseError { offset: offset as u64, ..error });
                }
                Ok(Uri { headers: Some(headers), .. }) => {
                    let in_uri = uri.len() - headers.len() - 1;
                    let at = message.target_offset
                        + offset_before_replacement(message.raw_target, in_uri);
                    found.push(irregular(at, "a Request-URI may hold no headers"));
                }
                Ok(_) => {}
            }
            (version, message.target_offset + message.raw_target.len() + 1)
        }
        StartLine::Response { version, .. } => (version, message.start_offset),
    };
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        found.push(irregular(version_offset, "the version is not SIP/2.0"));
    }
}

fn values(header: &Header<'_>, known: &Known, found: &mut Vec<ParseError>) {
    let mut any = false;
    for (at, value) in list::values(&header.value, known.is_list) {
        any = true;
        if found.len() < Message::MAX_WARNINGS
            && let Err(error) = (known.check)(value)
        {
            found.push(header.locate(error.at(at as u64)));
        }
    }
    // Only lists of names may be empty (RFC 3261 25.1: Allow, Supported, …).
    if !any && matches!(known.name, "Via" | "Contact" | "Route" | "Record-Route" | "Require") {
        let kind = ErrorKind::Expected { expected: "a value" };
        found.push(ParseError::new(Layer::Sip, header.value_offset as u64, kind));
    }
}

fn contradictions(message: &Message<'_>, found: &mut Vec<ParseError>) {
    if let (Some(method), Some(cseq)) = (message.method(), message.cseq())
        && method != cseq.method
        && let Some(header) = message.headers_named("CSeq").next()
    {
        found.push(irregular(header.value_offset, "the CSeq's method is not the request's"));
    }
    if !message.body.is_empty() && message.header("Content-Type").is_none() {
        found.push(irregular(message.body_offset, "a body stands without a Content-Type"));
    }
}

const fn irregular(offset: usize, problem: &'static str) -> ParseError {
    ParseError::new(Layer::Sip, offset as u64, ErrorKind::Irregular { problem })
}
