use std::string::{String, ToString};
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::codec::Codec;
use crate::{ErrorKind, Limits, Warning};

const START: &str = "cmd=RecordStartRequest&id=15082&device=00087b10a2f4&remote_number=2001\
                     &remote_name=M%C3%BCller&local_number=1000&local_name=Front+desk&dir=out\
                     &codec=PCMU";
const STOP: &str = "cmd=RecordStopRequest&id=15082&remote_number=2001&remote_name=&local_number=1000\
                    &local_name=&reason=call+ended";

fn parse(text: &str) -> Parsed {
    Command::parse(text.as_bytes()).unwrap()
}

#[test]
fn a_start_request_gives_its_values() {
    let expected = StartRequest {
        id: "15082".into(),
        device: "00087b10a2f4".into(),
        remote_number: "2001".into(),
        remote_name: "Müller".into(),
        local_number: "1000".into(),
        local_name: "Front desk".into(),
        direction: Some(Direction::Out),
        codec: "PCMU".into(),
    };
    assert_eq!(expected.supported_codec(), Some(Codec::Pcmu));
    let parsed = parse(START);
    assert_eq!(parsed.command, Command::StartRequest(expected));
    assert!(parsed.warnings.is_empty());
}

#[test]
fn responses_give_result_reason_and_address() {
    let granted =
        parse("cmd=RecordStartResponse&id=1&result=success&reason=&server=192.0.2.9&port=20000");
    let expected = StartResponse {
        id: "1".into(),
        result: Outcome::Success,
        server: "192.0.2.9".into(),
        port: Some(20_000),
        ..StartResponse::default()
    };
    assert_eq!(granted.command, Command::StartResponse(expected));
    assert!(granted.warnings.is_empty());

    let refused =
        parse("cmd=RecordStartResponse&id=1&result=failed&reason=unsupported_codec&server=&port=");
    let Command::StartResponse(response) = refused.command else { panic!() };
    assert_eq!((response.result, &*response.reason), (Outcome::Failed, reason::UNSUPPORTED_CODEC));
    assert!(refused.warnings.is_empty());

    let stopped = parse("cmd=RecordStopResponse&id=1&result=success");
    let expected = StopResponse { id: "1".into(), result: Outcome::Success };
    assert_eq!(stopped.command, Command::StopResponse(expected));
}

#[test]
fn keys_come_in_any_order_and_unknown_ones_are_ignored() {
    let parsed = parse("codec=G722&vendor=x&dir=in&id=7&cmd=RecordStartRequest");
    let Command::StartRequest(request) = parsed.command else { panic!() };
    assert_eq!((&*request.id, request.supported_codec()), ("7", Some(Codec::G722)));
    assert!(parsed.warnings.is_empty());
}

#[test]
fn what_is_missing_or_senseless_is_named_with_its_offset() {
    let cases = [
        ("cmd=RecordStopRequest", 0, "the command has no id"),
        ("cmd=RecordStartRequest&id=1", 0, "the start request names no codec"),
        ("cmd=RecordStartRequest&id=1&codec=PCMA&dir=up", 43, "dir is neither in nor out"),
        ("cmd=RecordStopResponse&id=1", 0, "the response has no result; it is taken as failed"),
        (
            "cmd=RecordStopResponse&id=1&result=maybe",
            35,
            "result is neither success nor failed; taken as failed",
        ),
        (
            "cmd=RecordStartResponse&id=1&result=failed&port=70000",
            48,
            "port is no number from 1 to 65535",
        ),
        (
            "cmd=RecordStartResponse&id=1&result=success&port=",
            0,
            "the start response grants a recording without a port",
        ),
        ("cmd=RecordStopRequest&id=1&id=2", 27, "the key came before; its first value counts"),
    ];
    for (text, offset, problem) in cases {
        let parsed = parse(text);
        let [Warning(error)] = &parsed.warnings[..] else { panic!("{text}: {parsed:?}") };
        assert_eq!((error.offset, &error.kind), (offset, &ErrorKind::Irregular { problem }));
    }
}

#[test]
fn other_commands_are_refused() {
    for (text, offset) in [("", 0), ("id=1", 0), ("id=1&cmd=Ping", 9)] {
        let error = Command::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.offset, offset);
        assert!(matches!(error.kind, ErrorKind::Expected { .. }));
    }
}

#[test]
fn a_command_is_written_with_all_its_keys() {
    assert_eq!(parse(START).command.to_string(), START);
    assert_eq!(parse(STOP).command.to_string(), STOP);
}

#[test]
fn control_is_told_from_other_streams() {
    let cases: [(&[u8], bool); 6] = [
        (START.as_bytes(), true),
        (b"\r\n\0 cmd=RecordStop", true),
        (b"cmd=Ping", false),
        (b"cmd=Rec", false),
        (b"GET /?cmd=RecordStartRequest HTTP/1.1", false),
        (b"", false),
    ];
    for (bytes, expected) in cases {
        assert_eq!(looks_like_control(bytes), expected);
    }
}

/// All steps of a stream given in pieces of `size`, the last command by `finish`.
fn split(stream: &[u8], size: usize, limit: u32) -> Vec<Step> {
    let limits = Limits { control_message_bytes: limit, ..Limits::default() };
    let mut splitter = Splitter::new(&limits);
    let mut steps = Vec::new();
    for mut piece in stream.chunks(size) {
        loop {
            let (consumed, step) = splitter.push(piece);
            piece = &piece[consumed..];
            if step == Step::NeedMore {
                assert!(piece.is_empty());
                break;
            }
            steps.push(step);
        }
    }
    steps.extend(splitter.finish().map(Step::Message));
    steps
}

fn texts(steps: &[Step]) -> Vec<(u64, String)> {
    let texts = steps.iter().filter_map(|step| match step {
        Step::Message(message) => {
            Some((message.offset, String::from_utf8_lossy(&message.bytes).into_owned()))
        }
        _ => None,
    });
    texts.collect()
}

#[test]
fn commands_are_cut_at_separators_and_at_the_next_command() {
    let a = "cmd=RecordStartRequest&id=1";
    let b = "cmd=RecordStopRequest&id=1&subcmd=2&note=xcmd=y";
    for between in ["", "&", "\r\n", "\0", "\n\n \0"] {
        let stream = [a, between, b, between, a].concat();
        let cut = texts(&split(stream.as_bytes(), stream.len(), 8192));
        let commands: Vec<_> = cut.iter().map(|(_, text)| text.trim_end_matches('&')).collect();
        assert_eq!(commands, [a, b, a], "{between:?}");
        for (offset, text) in &cut {
            assert!(stream[usize::try_from(*offset).unwrap()..].starts_with(text.as_str()));
        }
    }
}

#[test]
fn a_new_key_after_an_ampersand_starts_an_unknown_command_too() {
    let stream = b"cmd=RecordStopRequest&id=1&cmd=Ping&id=2";
    let cut = texts(&split(stream, 7, 8192));
    assert_eq!(cut[1].1, "cmd=Ping&id=2");
}

#[test]
fn junk_is_passed_over_with_one_warning() {
    let stream = b"hello\r\nworld\r\ncmd=RecordStopResponse&id=1&result=success";
    let steps = split(stream, stream.len(), 8192);
    assert_eq!(steps.len(), 2);
    let Step::Skipped(Warning(error)) = &steps[0] else { panic!("{steps:?}") };
    assert_eq!((error.offset, &error.kind), (0, &ErrorKind::Expected { expected: "cmd=" }));
    assert_eq!(texts(&steps)[0].0, 14);
}

#[test]
fn a_command_above_the_limit_is_passed_over_and_nothing_else_lost() {
    let long = ["cmd=RecordStopRequest&id=", &"9".repeat(100)].concat();
    let next = "cmd=RecordStopResponse&id=1&result=success";
    let stream = [&long, next, &long].concat();
    for size in [1, 10, stream.len()] {
        let steps = split(stream.as_bytes(), size, 64);
        let over = |step: &Step| match step {
            Step::Skipped(Warning(error)) => {
                matches!(error.kind, ErrorKind::OverLimit { limit: 64, .. })
            }
            _ => false,
        };
        assert_eq!(steps.iter().filter(|step| over(step)).count(), 2, "{steps:?}");
        assert_eq!(texts(&steps), [(long.len() as u64, next.into())]);
    }
}

#[test]
fn what_is_held_is_complete_when_its_last_value_is_of_a_closed_set() {
    let cases = [
        (START, true),
        (&START[..START.len() - 1], false),
        ("cmd=RecordStopResponse&id=1&result=success", true),
        ("cmd=RecordStopResponse&id=1&result=succ", false),
        ("cmd=RecordStopResponse&result=success&id=1", false),
        ("cmd=RecordStartResponse&id=1&result=success&reason=&server=h&port=200", false),
        (STOP, false),
        ("cmd=RecordStartRequest&id=1&codec=PCMA&dir=in", true),
        ("", false),
        ("junk", false),
    ];
    for (text, expected) in cases {
        let mut splitter = Splitter::default();
        let (consumed, step) = splitter.push(text.as_bytes());
        if text != "junk" {
            assert_eq!((consumed, step), (text.len(), Step::NeedMore));
        }
        assert_eq!(splitter.is_complete(), expected, "{text}");
    }
}

#[test]
fn a_flushed_command_is_given_once() {
    let mut splitter = Splitter::default();
    splitter.push(STOP.as_bytes());
    assert_eq!(splitter.flush().map(|message| message.bytes), Some(STOP.into()));
    assert_eq!(splitter.flush(), None);
    splitter.push(b"cmd=RecordStopRequest&id=2");
    assert_eq!(splitter.flush().map(|message| message.offset), Some(STOP.len() as u64));
}

/// What streams are made of, and pieces of it.
const PARTS: &[&str] =
    &["cmd=Record", "cmd=", "cm", "&", "\r\n", "\0", " ", "StopRequest&id=1", "&cmd=R"];

fn value() -> impl Strategy<Value = String> {
    any::<String>()
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Success), Just(Outcome::Failed)]
}

fn command() -> impl Strategy<Value = Command> {
    let direction = prop_oneof![Just(None), Just(Some(Direction::In)), Just(Some(Direction::Out))];
    let start = (prop::array::uniform7(value()), direction).prop_map(
        |([id, device, remote_number, remote_name, local_number, local_name, codec], direction)| {
            Command::StartRequest(StartRequest {
                id,
                device,
                remote_number,
                remote_name,
                local_number,
                local_name,
                direction,
                codec,
            })
        },
    );
    let started = (prop::array::uniform3(value()), outcome(), prop::option::of(1u16..)).prop_map(
        |([id, reason, server], result, port)| {
            Command::StartResponse(StartResponse { id, result, reason, server, port })
        },
    );
    let stop = prop::array::uniform6(value()).prop_map(
        |[id, remote_number, remote_name, local_number, local_name, reason]| {
            Command::StopRequest(StopRequest {
                id,
                remote_number,
                remote_name,
                local_number,
                local_name,
                reason,
            })
        },
    );
    let stopped = (value(), outcome())
        .prop_map(|(id, result)| Command::StopResponse(StopResponse { id, result }));
    prop_oneof![start, started, stop, stopped]
}

proptest! {
    #[test]
    fn a_written_command_reads_back(command in command()) {
        prop_assert_eq!(Command::parse(command.to_string().as_bytes()).unwrap().command, command);
    }

    #[test]
    fn written_commands_are_found_in_a_stream(commands in prop::collection::vec(command(), 1..5)) {
        let stream: String = commands.iter().map(ToString::to_string).collect();
        let steps = split(stream.as_bytes(), 5, 8192);
        let found: Vec<_> = texts(&steps)
            .iter()
            .map(|(_, text)| parse(text).command)
            .collect();
        prop_assert_eq!(found, commands);
    }

    #[test]
    fn how_a_stream_is_cut_changes_nothing(
        parts in prop::collection::vec(
            prop_oneof![
                prop::sample::select(PARTS).prop_map(String::from),
                "[a-z=&%]{0,12}",
            ],
            0..30,
        ),
        size in 1usize..20,
        limit in 4u32..60,
    ) {
        let stream = parts.concat();
        prop_assert_eq!(
            split(stream.as_bytes(), size, limit),
            split(stream.as_bytes(), stream.len().max(1), limit)
        );
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Command::parse(&bytes);
        let _ = looks_like_control(&bytes);
        split(&bytes, 3, 16);
    }
}
