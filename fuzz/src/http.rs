//! HTTP, as far as record on demand needs it.

use crate::cutting::{Push, pieces, push_all};
use recscope_core::Limits;
use recscope_core::http::variables::{Context, expand};
use recscope_core::http::{
    BodyEnd, Header, Message, Reader, Received, StartLine, Step, looks_like_http, query,
};
use std::iter::once;

/// Bytes of a head, and of a body that is kept, at most; short inputs reach it.
const LIMIT: u32 = 512;

/// A stream: its messages come one after the other, hold no more than they may and, written, read
/// as the same; how the stream is cut changes nothing.
pub fn http(bytes: &[u8]) {
    let _ = looks_like_http(bytes);
    let whole = read(once(bytes));
    assert_eq!(read(pieces(bytes)), whole);
    let mut last = None;
    for received in &whole.0 {
        assert!(received.offset < bytes.len() as u64 && Some(received.offset) > last);
        last = Some(received.offset);
        assert!(received.message.body.len() <= LIMIT as usize);
        assert!(received.body_len <= bytes.len() as u64);
        let _ = (received.message.query_value("page"), received.message.summary());
        if received.end != BodyEnd::Cut && received.body_len == received.message.body.len() as u64 {
            reads_again(&received.message);
        }
    }
    let text = String::from_utf8_lossy(bytes);
    for context in [Context::Plain, Context::Url, Context::Xml] {
        let _ = expand(&text, context, |name| (name.len() < 4).then_some("a<b>&c d"));
    }
    let mut encoded = String::new();
    query::encode(&text, &mut encoded);
    assert_eq!(query::decode(encoded.as_bytes()), text);
}

/// Framing aside, what is written is what was read. Control characters do not survive, nor do
/// responses that have no body where they should.
fn reads_again(message: &Message) {
    let is_clean = |text: &str| !text.contains(char::is_control) && text.trim() == text;
    let is_word = |text: &str| is_clean(text) && !text.contains(' ') && !text.is_empty();
    let start_is_clean = match &message.start {
        StartLine::Request { method, target } => is_word(method) && is_word(target),
        StartLine::Response { status, reason } => {
            is_clean(reason) && !matches!(status, 100..200 | 204 | 304)
        }
    };
    let headers_are_clean =
        message.headers.iter().all(|Header { name, value }| is_word(name) && is_clean(value));
    if !start_is_clean || !headers_are_clean {
        return;
    }
    let written = message.to_bytes();
    let mut reader = Reader::default();
    let (_, Step::Message(again)) = reader.push(&written) else {
        // A message as long as it may be gets longer by its framing.
        return assert!(written.len() > 48 * 1024, "{written:?} is no message");
    };
    assert_eq!(again.message.start, message.start);
    assert_eq!(again.message.body, message.body);
    assert_eq!(again.end, BodyEnd::Whole);
    let unframed = |message: &Message| -> Vec<Header> {
        let framing = ["content-length", "transfer-encoding"];
        let headers = message.headers.iter();
        headers.filter(|h| !framing.contains(&&*h.name.to_ascii_lowercase())).cloned().collect()
    };
    assert_eq!(unframed(&again.message), unframed(message));
}

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Received>, Vec<String>) {
    let mut limits = Limits::default();
    limits.http_message_bytes = LIMIT;
    let mut reader = Reader::new(&limits);
    let (mut messages, mut remarks) = (Vec::new(), Vec::new());
    push_all(pieces, |piece| {
        let (consumed, step) = reader.push(piece);
        let outcome = match step {
            Step::NeedMore => Push::NeedMore,
            Step::Message(received) => {
                messages.push(received);
                Push::Item
            }
            Step::Skipped(warning) => {
                remarks.push(format!("{warning:?}"));
                Push::Item
            }
        };
        (consumed, outcome)
    });
    messages.extend(reader.finish());
    (messages, remarks)
}
