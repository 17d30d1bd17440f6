//! Streams as connections carry them, whole and in pieces.

use super::{End, Framer, Step};
use crate::Limits;
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

const OPTIONS: &str = "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 4\r\n\r\nbody";
const OK: &str = "SIP/2.0 200 OK\r\nl:0\r\n\r\n";

/// All steps over a stream that comes in these pieces, in words, and its end.
fn steps(pieces: &[&[u8]], limits: &Limits) -> (Vec<String>, End, u64) {
    let mut framer = Framer::new(limits);
    let mut found = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        loop {
            let (used, step) = framer.push(rest);
            rest = &rest[used..];
            match step {
                Step::NeedMore => break,
                Step::Message { bytes, offset, warning } => {
                    let warned = if warning.is_some() { " (guessed)" } else { "" };
                    let first = bytes.split(|&b| b == b'\n').next().unwrap();
                    let first = String::from_utf8_lossy(first).trim_end().to_string();
                    found.push(format!("{offset}+{} {first}{warned}", bytes.len()));
                }
                Step::Skipped { offset, bytes } => found.push(format!("skipped {offset}+{bytes}")),
                Step::Refused(error) => found.push(error.to_string()),
            }
        }
    }
    let keep_alives = framer.keep_alives();
    (found, framer.finish(), keep_alives)
}

fn whole_and_bytewise(stream: &[u8], limits: &Limits) -> (Vec<String>, End, u64) {
    let whole = steps(&[stream], limits);
    let single: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(steps(&single, limits), whole);
    whole
}

#[test]
fn messages_are_framed_by_their_length_however_the_stream_is_cut() {
    let stream = format!("{OPTIONS}{OK}\r\n\r\n{OPTIONS}\r\n{OK}");
    let (found, end, keep_alives) = whole_and_bytewise(stream.as_bytes(), &Limits::default());
    let (a, b) = (OPTIONS.len(), OK.len());
    let expected = vec![
        format!("0+{a} OPTIONS sip:a@b SIP/2.0"),
        format!("{a}+{b} SIP/2.0 200 OK"),
        format!("{}+{a} OPTIONS sip:a@b SIP/2.0", a + b + 4),
        format!("{}+{b} SIP/2.0 200 OK", 2 * a + b + 6),
    ];
    assert_eq!(found, expected);
    assert_eq!(end, End { cut: None, skipped: None });
    assert_eq!(keep_alives, 3);
}

#[test]
fn a_stream_that_begins_in_the_middle_is_read_from_the_next_message() {
    let stream = format!("tag=1\r\nContent-Length: 3\r\n\r\n<x/>{OK}{OPTIONS}");
    let (found, ..) = whole_and_bytewise(stream.as_bytes(), &Limits::default());
    let skipped = stream.find("SIP/2.0").unwrap();
    let expected = vec![
        format!("skipped 0+{skipped}"),
        format!("{skipped}+{} SIP/2.0 200 OK", OK.len()),
        format!("{}+{} OPTIONS sip:a@b SIP/2.0", skipped + OK.len(), OPTIONS.len()),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_message_without_length_has_no_body_and_what_follows_is_skipped() {
    let stream = format!("MESSAGE sip:a SIP/2.0\n\nbody without length\n{OK}");
    let (found, ..) = whole_and_bytewise(stream.as_bytes(), &Limits::default());
    let expected =
        ["0+23 MESSAGE sip:a SIP/2.0 (guessed)", "skipped 23+20", "43+23 SIP/2.0 200 OK"];
    assert_eq!(found, expected);
}

#[test]
fn after_a_gap_the_cut_message_is_given_and_the_next_start_line_found() {
    let mut framer = Framer::new(&Limits::default());
    let (first, _) = OPTIONS.split_at(40);
    assert_eq!(framer.push(first.as_bytes()).1, Step::NeedMore);
    let end = framer.gap(100);
    let cut = end.cut.unwrap();
    assert_eq!((cut.bytes.as_slice(), cut.offset), (first.as_bytes(), 0));
    assert_eq!(end.skipped, None);
    let rest = format!("th: 4\r\n\r\nbody{OK}");
    let (used, step) = framer.push(rest.as_bytes());
    assert_eq!(step, Step::Skipped { offset: 140, bytes: 13 });
    let (_, step) = framer.push(&rest.as_bytes()[used..]);
    assert_eq!(step, Step::Message { bytes: OK.as_bytes(), offset: 153, warning: None });
    let end = framer.finish();
    assert_eq!(end, End { cut: None, skipped: None });
}

#[test]
fn what_is_above_the_limit_is_refused_and_the_stream_goes_on() {
    let limits = Limits { sip_message_bytes: 100, ..Limits::default() };
    let long_body = "INFO sip:a SIP/2.0\r\nContent-Length: 4000000000\r\n\r\n";
    let long_head = format!("INFO sip:a SIP/2.0\r\nX: {}\r\n\r\n", "y".repeat(200));
    let stream = format!("{long_body}{OK}{long_head}{OK}");
    let (found, ..) = whole_and_bytewise(stream.as_bytes(), &limits);
    let (a, b, c) = (long_body.len(), OK.len(), long_head.len());
    let expected = vec![
        format!(
            "sip: the message's length is {}, above the limit of 100 at offset 0",
            4_000_000_000 + a
        ),
        format!("skipped 0+{a}"),
        format!("{a}+{b} SIP/2.0 200 OK"),
        format!("sip: the message's length is 101, above the limit of 100 at offset {}", a + b),
        format!("skipped {}+{c}", a + b),
        format!("{}+{b} SIP/2.0 200 OK", a + b + c),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_line_without_end_is_held_to_a_bound() {
    let mut framer = Framer::new(&Limits::default());
    for _ in 0..1000 {
        assert_eq!(framer.push(&[b'x'; 1000]).1, Step::NeedMore);
    }
    assert!(framer.buffer.len() <= super::LINE_MAX + 1000, "{}", framer.buffer.len());
    assert_eq!(framer.finish().skipped, Some((0, 1_000_000)));
}

/// Streams of whole messages, pieces of them, and noise.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(OPTIONS.as_bytes().to_vec()),
        4 => Just(OK.as_bytes().to_vec()),
        2 => Just(b"\r\n\r\n".to_vec()),
        1 => Just(b"INVITE sip:x SIP/2.0\r\nl: 99\r\n".to_vec()),
        1 => Just(b"SIP/2.0 180 Ringing\n\n".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn chunks_never_change_the_steps(bytes in stream(), cuts in prop::collection::vec(1..50usize, 1..60)) {
        let limits = Limits { sip_message_bytes: 120, ..Limits::default() };
        let whole = steps(&[&bytes], &limits);
        let mut pieces: Vec<&[u8]> = Vec::new();
        let mut rest = bytes.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(steps(&pieces, &limits), whole);
    }

    #[test]
    fn every_byte_is_accounted_for(bytes in stream()) {
        let (found, end, _) = steps(&[&bytes], &Limits::default());
        // Each step's "offset+length" lies after the one before it, within the stream.
        let mut at = 0;
        for step in found {
            let span = step.trim_start_matches("skipped ").split(' ').next().unwrap();
            let (offset, len) = span.split_once('+').unwrap();
            let offset: usize = offset.parse().unwrap();
            prop_assert!(offset >= at);
            at = offset + len.parse::<usize>().unwrap();
        }
        prop_assert!(at <= bytes.len());
        if let Some(cut) = end.cut {
            let offset = usize::try_from(cut.offset).unwrap();
            prop_assert_eq!(&bytes[offset..], cut.bytes.as_slice());
        }
    }
}
