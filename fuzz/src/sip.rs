//! SIP messages and streams of them.

use crate::cutting::{Push, pieces, push_all};
use recscope_core::sip::header::{
    Authorization, Date, From, RAck, Reason, Replaces, SessionExpires, SessionId, TypedHeader,
    Warning,
};
use recscope_core::sip::{
    Contact, ContentType, Framer, Message, NameAddr, Rigour, Step, Uri, Via, looks_like_sip, parts,
};
use recscope_core::{Limits, ParseError};
use std::fmt::Display;
use std::iter::once;

/// One message: printed, it parses equal; whatever is said about it lies inside it; and so for
/// each of its headers.
pub fn sip(bytes: &[u8]) {
    let _ = looks_like_sip(bytes);
    let Ok(parsed) = Message::parse(bytes) else { return };
    let message = &parsed.message;
    let printed = message.to_bytes();
    let again = Message::parse(&printed).expect("what was printed can be read").message;
    assert_eq!(&again, message);
    assert_eq!(again.to_bytes(), printed);

    let findings = message.check();
    assert!(parsed.warnings.len() <= Message::MAX_WARNINGS);
    assert!(findings.len() <= Message::MAX_WARNINGS);
    for error in parsed.warnings.iter().map(|warning| &warning.0).chain(&findings) {
        assert!(error.offset <= bytes.len() as u64, "{error} beyond the end");
    }
    for header in &message.headers {
        assert!(header.offset <= bytes.len());
        values(&header.value);
    }
    let boundary = message.content_type().and_then(|kind| kind.boundary()).unwrap_or_default();
    let body: usize = parts(message.body, boundary).map(|part| part.body.len()).sum();
    assert!(body <= message.body.len());
}

/// A header's value as every kind of header: printed, it parses to what prints the same, as strictly
/// as before.
fn values(value: &str) {
    /// What reads strictly reads laxly as well, to the same; and again when it was printed.
    macro_rules! reads_again {
        ($($header:ident),*) => {$(
            if let Ok(strict) = $header::read(value, Rigour::Strict) {
                let printed = strict.to_string();
                assert_eq!(text_of($header::parse(value)).as_ref(), Some(&printed), "{value:?}");
                let again = text_of($header::read(&printed, Rigour::Strict));
                assert_eq!(again.as_ref(), Some(&printed), "{value:?}");
            }
        )*};
    }
    reads_again!(
        Via,
        From,
        Contact,
        ContentType,
        Reason,
        RAck,
        Replaces,
        SessionExpires,
        SessionId,
        Authorization,
        Warning
    );
    if let Ok(date) = Date::parse(value) {
        assert_eq!(Date::parse(&date.to_string()).ok(), Some(date), "{value:?}");
    }
    if let Ok(uri) = Uri::parse(value) {
        assert_eq!(uri.to_string(), value);
    }
    if let Ok(address) = NameAddr::parse(value) {
        let written = address.to_string();
        let again = NameAddr::parse(&written).expect("what was printed can be read");
        assert_eq!(again.display_name, address.display_name, "{value:?} as {written:?}");
        assert_eq!(again.uri, address.uri, "{value:?} as {written:?}");
        assert_eq!(again.tag(), address.tag(), "{value:?} as {written:?}");
    }
}

fn text_of<T: Display>(read: Result<T, ParseError>) -> Option<String> {
    read.ok().map(|value| value.to_string())
}

/// A stream of messages: each lies in it where it says, one after the other, and how the stream is
/// cut changes nothing.
pub fn sip_stream(bytes: &[u8]) {
    let mut limits = Limits::default();
    limits.sip_message_bytes = 2048;
    let whole = frame(once(bytes), &limits);
    let mut end = 0;
    for (offset, text) in &whole.messages {
        let start = usize::try_from(*offset).expect("inside the stream");
        assert_eq!(bytes.get(start..start + text.len()), Some(&text[..]));
        assert!(*offset >= end && text.len() <= 2048);
        end = offset + text.len() as u64;
    }
    let in_pieces = frame(pieces(bytes), &limits);
    assert_eq!(in_pieces.messages, whole.messages);
    assert_eq!(in_pieces.remarks, whole.remarks);
}

struct Framed {
    messages: Vec<(u64, Vec<u8>)>,
    remarks: Vec<String>,
}

fn frame<'a>(pieces: impl Iterator<Item = &'a [u8]>, limits: &Limits) -> Framed {
    let mut framer = Framer::new(limits);
    let (mut messages, mut remarks) = (Vec::new(), Vec::new());
    push_all(pieces, |piece| {
        let (consumed, step) = framer.push(piece);
        let outcome = match step {
            Step::NeedMore => Push::NeedMore,
            Step::Message { bytes, offset, warning } => {
                remarks.extend(warning.map(|warning| format!("{warning:?}")));
                messages.push((offset, bytes.to_vec()));
                Push::Item
            }
            step => {
                remarks.push(format!("{step:?}"));
                Push::Item
            }
        };
        (consumed, outcome)
    });
    remarks.push(format!("{} {:?}", framer.keep_alives(), framer.finish()));
    Framed { messages, remarks }
}
