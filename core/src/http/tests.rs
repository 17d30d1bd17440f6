use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::{ErrorKind, Limits, Warning};

/// All items of a stream given in pieces of `size`, what is left by `finish`.
fn read(stream: &[u8], size: usize, limit: u32) -> Vec<Step> {
    let limits = Limits { http_message_bytes: limit, ..Limits::default() };
    let mut reader = Reader::new(&limits);
    let mut steps = Vec::new();
    for mut piece in stream.chunks(size) {
        loop {
            let (consumed, step) = reader.push(piece);
            piece = &piece[consumed..];
            if step == Step::NeedMore {
                assert!(piece.is_empty());
                break;
            }
            steps.push(step);
        }
    }
    steps.extend(reader.finish().map(Step::Message));
    steps
}

/// The only message of a stream.
fn read_one(stream: &[u8]) -> Received {
    let mut steps = read(stream, stream.len(), 4096);
    assert_eq!(steps.len(), 1, "{steps:?}");
    let Some(Step::Message(received)) = steps.pop() else { panic!("no message") };
    received
}

#[test]
fn a_get_gives_its_query_and_headers() {
    let received = read_one(
        b"GET /XVOIPService?page=START&OPN=10%2B00#x HTTP/1.1\r\nHost: rec\r\nX-Folded: a\r\n  b\r\n\r\n",
    );
    let message = received.message;
    assert_eq!(message.query_value("OPN").as_deref(), Some("10+00"));
    assert_eq!(message.query_value("none"), None);
    assert_eq!((message.header("host"), message.header("x-folded")), (Some("rec"), Some("a b")));
    assert_eq!(message.summary(), "GET /XVOIPService?page=START&OPN=10%2B00#x");
    assert_eq!((received.body_len, received.end), (0, BodyEnd::Whole));
    assert!(received.warnings.is_empty());
}

#[test]
fn a_soap_post_is_read_whole_and_the_next_message_found() {
    let soap = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"/>";
    let post = Message::request("POST", "/rec")
        .with_header("Host", "rec")
        .with_header("SOAPAction", "\"start\"")
        .with_body("text/xml; charset=utf-8", soap);
    let get = Message::request("GET", "/");
    let stream = [post.to_bytes(), get.to_bytes()].concat();
    let steps = read(&stream, 11, 4096);
    let [Step::Message(first), Step::Message(second)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!((&first.message.start, &first.message.body), (&post.start, &post.body));
    assert_eq!(second.offset, post.to_bytes().len() as u64);
    assert_eq!(second.message, get);
}

#[test]
fn a_form_is_searched_like_the_query() {
    let post = Message::request("POST", "/rec?a=1")
        .with_body("application/x-www-form-urlencoded; charset=UTF-8", "page=SAVE&a=2");
    assert_eq!(post.query_value("page").as_deref(), Some("SAVE"));
    assert_eq!(post.query_value("a").as_deref(), Some("1"));
}

#[test]
fn chunks_are_put_together() {
    let received = read_one(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nT: t\r\n\r\n",
    );
    assert_eq!(received.message.body, b"hello!");
    assert_eq!((received.body_len, received.end), (6, BodyEnd::Whole));
}

#[test]
fn a_response_without_length_lasts_until_the_connection_ends() {
    let received = read_one(b"HTTP/1.0 200 OK\n\nsome text");
    assert_eq!((&received.message.body[..], received.end), (&b"some text"[..], BodyEnd::Closed));
}

#[test]
fn a_body_cut_by_the_end_is_given_as_far_as_it_goes() {
    let received = read_one(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
    assert_eq!((&received.message.body[..], received.end), (&b"abc"[..], BodyEnd::Cut));
}

#[test]
fn a_body_above_the_limit_is_followed_but_not_kept() {
    let head = "POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n";
    let stream = [head.as_bytes(), &[b'x'; 1000], b"GET / HTTP/1.1\r\n\r\n"].concat();
    let steps = read(&stream, 7, 100);
    let [Step::Message(long), Step::Message(_)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!((long.message.body.len(), long.body_len, long.end), (100, 1000, BodyEnd::Whole));
}

#[test]
fn junk_and_a_head_above_the_limit_are_passed_over_with_one_warning() {
    let long = ["GET / HTTP/1.1\r\nX: ", &"x".repeat(100)].concat();
    let cases = [
        (
            String::from("junk\r\nmore junk\r\n"),
            ErrorKind::Expected { expected: "an HTTP/1 request or status line" },
        ),
        (
            ["junk\r\n", &"y".repeat(300), "\r\n"].concat(),
            ErrorKind::Expected { expected: "an HTTP/1 request or status line" },
        ),
        (
            [&long, "\r\n\r\n"].concat(),
            ErrorKind::OverLimit { what: "HTTP head", limit: 64, found: 65 },
        ),
    ];
    for (junk, kind) in cases {
        let stream = [&junk, "GET /x HTTP/1.1\r\n\r\n"].concat();
        let steps = read(stream.as_bytes(), 9, 64);
        let [Step::Skipped(Warning(error)), Step::Message(next)] = &steps[..] else {
            panic!("{steps:?}")
        };
        assert_eq!((error.offset, &error.kind), (0, &kind));
        assert_eq!(next.offset, junk.len() as u64);
    }
}

#[test]
fn what_breaks_the_framing_is_named_with_its_offset() {
    let cases: [(&[u8], u64, &str, BodyEnd); 4] = [
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 16, "the header line has no colon", BodyEnd::Whole),
        (
            b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            0,
            "Content-Length is no number; the body is taken as empty",
            BodyEnd::Whole,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            52,
            "a chunk's size is no hexadecimal number",
            BodyEnd::Cut,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            54,
            "a chunk is longer than its size",
            BodyEnd::Cut,
        ),
    ];
    for (stream, offset, problem, end) in cases {
        let received = read_one(stream);
        let [Warning(error)] = &received.warnings[..] else { panic!("{received:?}") };
        assert_eq!((error.offset, &error.kind), (offset, &ErrorKind::Irregular { problem }));
        assert_eq!(received.end, end);
    }
}

#[test]
fn a_gap_gives_out_the_message_and_the_next_one_is_found() {
    let mut reader = Reader::default();
    reader.push(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nab");
    assert_eq!(reader.break_off().map(|received| received.end), Some(BodyEnd::Cut));
    let (_, step) = reader.push(b"the rest of something\r\nGET / HTTP/1.1\r\n\r\n");
    assert!(matches!(step, Step::Message(_)), "{step:?}");
}

#[test]
fn http_is_told_from_other_streams() {
    let cases: [(&[u8], bool); 8] = [
        (b"GET / HTTP/1.1", true),
        (b"POST http://rec/x HTTP/1.1", true),
        (b"HTTP/1.1 200 OK", true),
        (b"OPTIONS sip:a@b SIP/2.0", false),
        (b"GET sip:a@b SIP/2.0", false),
        (b"GETTY /", false),
        (b"cmd=RecordStartRequest", false),
        (b"", false),
    ];
    for (bytes, expected) in cases {
        assert_eq!(looks_like_http(bytes), expected);
    }
}

#[test]
fn line_breaks_cannot_be_smuggled_into_a_message() {
    let bytes = Message::request("GET", "/a b\r\nX: y").with_header("N", "1\r\nEvil: 2").to_bytes();
    assert_eq!(bytes, b"GET /abX:y HTTP/1.1\r\nN: 1  Evil: 2\r\n\r\n");
}

fn message() -> impl Strategy<Value = Message> {
    let start = prop_oneof![
        ("GET|POST|PUT", "/[!-~]{0,20}")
            .prop_map(|(method, target)| StartLine::Request { method, target }),
        (200u16..600, "[a-zA-Z]{0,10}").prop_map(|(status, reason)| StartLine::Response {
            // Neither has a body.
            status: if matches!(status, 204 | 304) { 200 } else { status },
            reason,
        }),
    ];
    let headers = prop::collection::vec(
        ("X-[a-zA-Z]{1,8}", "[!-~]{0,10}").prop_map(|(name, value)| Header { name, value }),
        0..4,
    );
    let body = prop::collection::vec(any::<u8>(), 0..80);
    (start, headers, body).prop_map(|(start, headers, body)| Message { start, headers, body })
}

proptest! {
    #[test]
    fn written_messages_read_back(
        messages in prop::collection::vec(message(), 1..4), size in 1usize..50,
    ) {
        let stream: Vec<u8> = messages.iter().flat_map(Message::to_bytes).collect();
        let steps = read(&stream, size, 4096);
        let mut found = Vec::new();
        for step in steps {
            let Step::Message(mut received) = step else { panic!("{step:?}") };
            received.message.headers.retain(|header| header.name != "Content-Length");
            prop_assert_eq!(received.end, BodyEnd::Whole);
            found.push(received.message);
        }
        prop_assert_eq!(found, messages);
    }

    #[test]
    fn how_a_stream_is_cut_changes_nothing(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..20),
        size in 1usize..20,
        limit in 10u32..200,
    ) {
        let stream = parts.concat();
        prop_assert_eq!(
            read(stream.as_bytes(), size, limit),
            read(stream.as_bytes(), stream.len().max(1), limit)
        );
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = looks_like_http(&bytes);
        read(&bytes, 3, 50);
        read(&[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &bytes[..]].concat(), 7, 90);
    }
}

/// What streams are made of.
const PARTS: &[&str] = &[
    "GET / HTTP/1.1\r\n",
    "HTTP/1.1 200 OK\n",
    "\r\n",
    "\n",
    "Content-Length: 5\r\n",
    "5\r\n",
    "0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "hello",
    "x",
    "POST /a HTTP/1.0\r\n",
    "A: b\r\n c\r\n",
    "junk",
];
