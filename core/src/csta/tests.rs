use std::string::{String, ToString};
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::{ErrorKind, Limits, ParseError, Warning};

fn parse(xml: &str) -> Parsed {
    Message::parse(xml.as_bytes()).unwrap()
}

fn frame(id: u16, xml: &str) -> Vec<u8> {
    Frame { invoke_id: InvokeId::new(id).unwrap(), xml: xml.into() }.to_bytes().unwrap()
}

#[test]
fn a_delivered_event_gives_call_parties_and_state() {
    let parsed = parse(
        r#"<?xml version="1.0" encoding="UTF-8"?>
        <DeliveredEvent xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed4">
          <monitorCrossRefID>17</monitorCrossRefID>
          <connection><callID>00c1</callID><deviceID typeOfNumber="dialingNumber">1000</deviceID></connection>
          <alertingDevice><deviceIdentifier>1000</deviceIdentifier></alertingDevice>
          <callingDevice><deviceIdentifier>N&lt;2001&gt;</deviceIdentifier></callingDevice>
          <calledDevice><deviceIdentifier>1000</deviceIdentifier></calledDevice>
          <lastRedirectionDevice><notRequired/></lastRedirectionDevice>
          <localConnectionInfo>alerting</localConnectionInfo>
          <cause>newCall</cause>
        </DeliveredEvent>"#,
    );
    let expected = CallEvent {
        call_id: "00c1".into(),
        device: "1000".into(),
        subject: "1000".into(),
        calling: "N<2001>".into(),
        called: "1000".into(),
        local_state: "alerting".into(),
        cause: "newCall".into(),
        ..CallEvent::new(CallEventKind::Delivered)
    };
    let event = Event::Call(expected);
    assert_eq!(parsed.message, Message::Event { cross_ref: "17".into(), event });
    assert_eq!(parsed.message.summary(), "Delivered N<2001> → 1000");
    assert!(parsed.warnings.is_empty());
}

#[test]
fn services_and_errors_are_read() {
    let cases = [
        (
            "<MonitorStart><monitorObject><deviceObject>1000</deviceObject></monitorObject></MonitorStart>",
            Message::MonitorStart { device: "1000".into() },
            "MonitorStart 1000",
        ),
        (
            "<c:MonitorStartResponse xmlns:c='x'><c:monitorCrossRefID>9</c:monitorCrossRefID></c:MonitorStartResponse>",
            Message::MonitorStartResponse { cross_ref: "9".into() },
            "MonitorStartResponse 9",
        ),
        (
            "<MonitorStop><monitorCrossRefID>9</monitorCrossRefID></MonitorStop>",
            Message::MonitorStop { cross_ref: "9".into() },
            "MonitorStop 9",
        ),
        ("<MonitorStopResponse/>", Message::MonitorStopResponse, "MonitorStopResponse"),
        (
            "<CSTAErrorCode><operation>invalidDeviceID</operation></CSTAErrorCode>",
            Message::Error { kind: "operation".into(), value: "invalidDeviceID".into() },
            "CSTAErrorCode operation invalidDeviceID",
        ),
        (
            "<HeldEvent><monitorCrossRefID>1</monitorCrossRefID></HeldEvent>",
            Message::Other { name: "HeldEvent".into() },
            "Held",
        ),
    ];
    for (xml, message, summary) in cases {
        assert_eq!(message.summary(), summary);
        assert_eq!(parse(xml), Parsed { message, warnings: Vec::new() });
    }
}

#[test]
fn registration_brings_the_address_of_an_extension() {
    let xml = r#"<BackInServiceEvent><monitorCrossRefID>1</monitorCrossRefID>
        <device><deviceIdentifier>1000</deviceIdentifier></device><cause>normal</cause>
        <extensions><privateData><private>
          <r:registration xmlns:r="urn:recscope:csta:registration:1" address="2001:db8::20"/>
        </private></privateData></extensions></BackInServiceEvent>"#;
    let parsed = parse(xml);
    let Message::Event { event: Event::BackInService(event), .. } = &parsed.message else {
        panic!("{parsed:?}")
    };
    assert_eq!(event.address, "2001:db8::20".parse().ok());
    assert_eq!(parsed.message.summary(), "BackInService 1000 at 2001:db8::20");
    assert!(parsed.warnings.is_empty());

    let parsed = parse(&xml.replace("2001:db8::20", "somewhere"));
    let [Warning(error)] = &parsed.warnings[..] else { panic!("{parsed:?}") };
    let problem = "the registration's address is no IP address";
    assert_eq!(error.kind, ErrorKind::Irregular { problem });
}

#[test]
fn what_a_message_lacks_is_named() {
    let cases = [
        ("<MonitorStart/>", "no monitor object"),
        ("<MonitorStartResponse/>", "the message has no monitor cross reference"),
        (
            "<OriginatedEvent><monitorCrossRefID>1</monitorCrossRefID></OriginatedEvent>",
            "the event has no connection",
        ),
        (
            "<OutOfServiceEvent><monitorCrossRefID>1</monitorCrossRefID></OutOfServiceEvent>",
            "the event names no device",
        ),
    ];
    for (xml, problem) in cases {
        let parsed = parse(xml);
        let [Warning(error)] = &parsed.warnings[..] else { panic!("{parsed:?}") };
        assert_eq!(error.kind, ErrorKind::Irregular { problem });
    }
}

#[test]
fn bad_xml_is_refused_at_its_offset() {
    let nested = "<a>".repeat(20_000);
    let bomb = "<!DOCTYPE a [<!ENTITY b 'bb'>]><a>&b;</a>";
    let cases = [
        ("\r\n <a>\n<é></b></a>", 11, "the XML is not well-formed"),
        ("", 0, "the XML is not well-formed"),
        ("no xml", 0, "the XML is not well-formed"),
        (bomb, 0, "the XML has a document type"),
        (&nested, 0, "the XML has more nodes than are read"),
    ];
    for (xml, offset, problem) in cases {
        let error = Message::parse(xml.as_bytes()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Irregular { problem }, "{error}");
        if offset > 0 {
            assert_eq!(error.offset, offset, "{error}");
        }
    }
}

#[test]
fn other_encodings_are_read_as_far_as_they_go() {
    let parsed = Message::parse(b"<HeldEvent>\xFC</HeldEvent>").unwrap();
    assert_eq!(parsed.message.name(), "HeldEvent");
    assert_eq!(parsed.warnings.len(), 1);
}

/// All steps of a stream given in pieces of `size`, and how it ended.
fn split(stream: &[u8], size: usize, limit: u32) -> (Vec<Step>, Result<(), ParseError>) {
    let limits = Limits { csta_frame_bytes: limit, ..Limits::default() };
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
    (steps, splitter.finish())
}

#[test]
fn frames_are_cut_by_their_length() {
    let stream = [frame(1, "<a/>"), frame(9999, "<bb></bb>")].concat();
    assert_eq!(stream[..9], [0, 0, 0, 12, b'0', b'0', b'0', b'1', b'<']);
    for size in [1, 5, stream.len()] {
        let (steps, end) = split(&stream, size, 65_535);
        let [Step::Frame(0, a), Step::Frame(12, b)] = &steps[..] else { panic!("{steps:?}") };
        assert_eq!((a.invoke_id.number(), &a.xml[..]), (1, &b"<a/>"[..]));
        assert_eq!((b.invoke_id, &b.xml[..]), (InvokeId::EVENT, &b"<bb></bb>"[..]));
        assert_eq!(end, Ok(()));
    }
}

#[test]
fn after_junk_the_next_frame_is_found() {
    let good = frame(2, "<good/>");
    let long = frame(1, &["<a>", &"x".repeat(100), "</a>"].concat());
    for junk in [&b"tail of xml></a>"[..], &[0, 0, 0, 5, b'0'], &[0; 11], &long] {
        let stream = [junk, &good].concat();
        let (steps, end) = split(&stream, 3, 64);
        let [Step::Skipped(Warning(error)), Step::Frame(offset, found)] = &steps[..] else {
            panic!("{steps:?}")
        };
        assert_eq!((error.offset, *offset), (0, junk.len() as u64));
        assert!(matches!(error.kind, ErrorKind::Expected { .. }));
        assert_eq!(found.xml, b"<good/>");
        assert_eq!(end, Ok(()));
    }
}

#[test]
fn a_stream_that_ends_within_a_frame_says_so() {
    let whole = frame(1, "<a/>");
    for cut in 1..whole.len() {
        let (steps, end) = split(&whole[..cut], 4, 65_535);
        assert!(steps.is_empty());
        let error = end.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Truncated { found, .. } if found == cut as u64));
    }
}

#[test]
fn a_gap_drops_the_frame_under_way() {
    let mut splitter = Splitter::default();
    splitter.push(&frame(1, "<a/>")[..10]);
    splitter.break_off();
    let (_, step) = splitter.push(&[&b"rest"[..], &frame(2, "<b/>")].concat());
    assert!(matches!(step, Step::Frame(_, frame) if frame.xml == b"<b/>"));
}

#[test]
fn csta_is_told_from_other_streams() {
    let cases: [(&[u8], bool); 5] = [
        (&frame(1, "<a/>"), true),
        (&frame(1, "<a/>")[..8], false),
        (&frame(1, "abc"), false),
        (b"GET / HTTP/1.1\r\n", false),
        (&[0; 20], false),
    ];
    for (bytes, expected) in cases {
        assert_eq!(looks_like_csta(bytes), expected);
    }
}

#[test]
fn a_message_too_long_for_the_length_is_not_framed() {
    let xml = std::vec![b' '; 65_528];
    let error = Frame { invoke_id: InvokeId::EVENT, xml }.to_bytes().unwrap_err();
    assert!(matches!(error.kind, ErrorKind::OverLimit { limit: 65_535, found: 65_536, .. }));
    assert_eq!(InvokeId::new(10_000), None);
}

/// Text that XML can carry and that has no space around it.
fn text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| {
        let text: String = text
            .chars()
            .filter(|&c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
            .collect();
        text.trim().to_string()
    })
}

fn message() -> impl Strategy<Value = Message> {
    let call = (prop::sample::select(&CallEventKind::ALL[..]), prop::array::uniform7(text()));
    let call =
        call.prop_map(|(kind, [call_id, device, subject, calling, called, state, cause])| {
            // What the event has no element for stays blank.
            let only = |text: String, has| if has { text } else { String::new() };
            Event::Call(CallEvent {
                kind,
                call_id,
                device,
                subject: only(subject, kind.subject().is_some()),
                calling: only(calling, kind.names_parties()),
                called: only(called, kind.names_parties()),
                local_state: state,
                cause,
            })
        });
    let service = (text(), text(), any::<Option<std::net::IpAddr>>(), any::<bool>());
    let service = service.prop_map(|(device, cause, address, is_back)| {
        let event = ServiceEvent { device, cause, address };
        if is_back { Event::BackInService(event) } else { Event::OutOfService(event) }
    });
    prop_oneof![
        text().prop_map(|device| Message::MonitorStart { device }),
        text().prop_map(|cross_ref| Message::MonitorStartResponse { cross_ref }),
        text().prop_map(|cross_ref| Message::MonitorStop { cross_ref }),
        Just(Message::MonitorStopResponse),
        ("[a-z][A-Za-z]{0,9}", text()).prop_map(|(kind, value)| Message::Error { kind, value }),
        (text(), prop_oneof![call, service])
            .prop_map(|(cross_ref, event)| Message::Event { cross_ref, event }),
    ]
}

proptest! {
    #[test]
    fn a_written_message_reads_back(message in message()) {
        prop_assert_eq!(parse(&message.to_string()).message, message);
    }

    #[test]
    fn how_a_stream_is_cut_changes_nothing(
        parts in prop::collection::vec(
            prop_oneof![
                (0u16..10_000, "[<>a-z ]{0,30}").prop_map(|(id, xml)| frame(id, &xml)),
                prop::collection::vec(prop::sample::select(&[0u8, 9, b'1', b'<'][..]), 0..20),
            ],
            0..8,
        ),
        size in 1usize..20,
        limit in 9u32..60,
    ) {
        let stream = parts.concat();
        prop_assert_eq!(split(&stream, size, limit), split(&stream, stream.len().max(1), limit));
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        xml in "[<>/a-c='\"&;! \\[\\]?-]{0,60}",
    ) {
        let _ = looks_like_csta(&bytes);
        let _ = Message::parse(&bytes);
        let _ = Message::parse(xml.as_bytes());
        let _ = split(&bytes, 3, 50);
    }
}
