//! Flows for the tests: two made by hand, and any at all.

use crate::model::{
    Actor, ActorKind, Arrow, Band, Class, Delivery, Flow, Item, Note, Protocol, StateChange,
};
use proptest::prelude::*;

fn actor(id: &str, label: &str, kind: ActorKind) -> Actor {
    Actor { id: id.into(), label: label.into(), detail: id.into(), kind }
}

fn arrow(time_us: i64, from: usize, to: usize, label: &str, class: Class) -> Arrow {
    Arrow {
        time_us,
        from,
        to,
        label: label.into(),
        detail: String::new(),
        protocol: Protocol::Sip,
        class,
        delivery: Delivery::Delivered,
        repeats: 0,
        source: None,
        rule: None,
        arrived_us: None,
    }
}

fn band(start_us: i64, end_us: i64, from: usize, to: usize, label: &str) -> Band {
    Band { start_us, end_us, from, to, label: label.into(), lost: 0, source: None }
}

/// A call between two phones with a provisional answer, media both ways and a retransmission.
pub(crate) fn call() -> Flow {
    use Class::{Provisional, Request, Success};
    let start = 1_700_000_000_000_000;
    let at = |us: i64| start + us;
    Flow {
        title: "Call 1000 → 2000".into(),
        actors: vec![
            actor("192.0.2.1:5060", "1000", ActorKind::Phone),
            actor("192.0.2.2:5060", "2000", ActorKind::Phone),
        ],
        items: vec![
            Item::Message(Arrow {
                detail: "INVITE sip:2000@192.0.2.2 SIP/2.0".into(),
                repeats: 1,
                ..arrow(at(0), 0, 1, "INVITE (SDP)", Request)
            }),
            Item::Message(arrow(at(20_000), 1, 0, "100 Trying", Provisional)),
            Item::Message(arrow(at(120_500), 1, 0, "180 Ringing", Provisional)),
            Item::Message(arrow(at(2_500_000), 1, 0, "200 OK (SDP)", Success)),
            Item::Message(arrow(at(2_540_000), 0, 1, "ACK", Request)),
            Item::Media(band(at(2_560_000), at(13_560_000), 0, 1, "RTP PCMU, 551 packets, 0 lost")),
            Item::Media(Band {
                lost: 2,
                ..band(at(2_570_000), at(13_570_000), 1, 0, "RTP PCMU, 549 packets, 2 lost")
            }),
            Item::Message(arrow(at(13_600_000), 0, 1, "BYE", Request)),
            Item::Message(arrow(at(13_620_000), 1, 0, "200 OK", Success)),
        ],
    }
}

/// A server recording with all that a diagram can show: several protocols, notes, states, a
/// message to oneself, one that is lost, a challenge and a failure.
pub(crate) fn recording() -> Flow {
    use Class::{Challenge, Failure, Request, Success};
    let control = |arrow: Arrow| Arrow { protocol: Protocol::Control, ..arrow };
    Flow {
        title: "Server recording <BX6> & \"record server\"".into(),
        actors: vec![
            actor("user", "User", ActorKind::Person),
            actor("192.0.2.10", "Phone BX6", ActorKind::Phone),
            actor("192.0.2.20", "PBX", ActorKind::Pbx),
            actor("192.0.2.30:10000", "RecordServer with a long name", ActorKind::Recorder),
        ],
        items: vec![
            Item::Note(Note {
                time_us: 0,
                actor: None,
                text: "The call is up; the user asks for a recording on the server.".into(),
                rule: Some("BX-1".into()),
            }),
            Item::Message(Arrow {
                protocol: Protocol::Local,
                ..arrow(0, 0, 1, "key: Record", Request)
            }),
            Item::Message(Arrow {
                protocol: Protocol::Local,
                ..arrow(1_000, 1, 1, "bind a local port", Request)
            }),
            Item::State(StateChange {
                time_us: 1_000,
                actor: 1,
                machine: "server-recording".into(),
                from: "idle".into(),
                to: "connecting".into(),
                rule: Some("BX-S1".into()),
            }),
            Item::Message(control(Arrow {
                rule: Some("BX-S2".into()),
                delivery: Delivery::Lost,
                ..arrow(2_000, 1, 3, "RecordStartRequest id=15082", Request)
            })),
            Item::Message(control(Arrow {
                rule: Some("BX-S2".into()),
                ..arrow(502_000, 1, 3, "RecordStartRequest id=15082", Request)
            })),
            Item::Message(control(arrow(510_000, 3, 1, "RecordStartResponse success", Success))),
            Item::State(StateChange {
                time_us: 510_000,
                actor: 1,
                machine: "server-recording".into(),
                from: "connecting".into(),
                to: "recording".into(),
                rule: Some("BX-S8".into()),
            }),
            Item::Media(band(520_000, 12_000_000, 1, 3, "RTP PCMU, 574 packets, 0 lost")),
            Item::Message(arrow(3_000_000, 1, 2, "INFO", Request)),
            Item::Message(arrow(3_010_000, 2, 1, "401 Unauthorized", Challenge)),
            Item::Message(arrow(3_020_000, 1, 2, "INFO", Request)),
            Item::Message(arrow(3_040_000, 2, 1, "403 Forbidden", Failure)),
            Item::Note(Note {
                time_us: 3_040_000,
                actor: Some(1),
                text: "Refused: the phone shows a prompt and its state stays as it was.".into(),
                rule: Some("BX-I3".into()),
            }),
            Item::Message(control(arrow(90_000_000, 1, 3, "RecordStopRequest", Request))),
            Item::Message(control(arrow(90_001_000, 3, 1, "RecordStopResponse", Success))),
        ],
    }
}

/// `messages` arrows to and fro, 1 ms apart.
pub(crate) fn long(messages: usize) -> Flow {
    let items = (0i64..).take(messages).map(|n| {
        let (from, to) = if n % 2 == 0 { (0, 1) } else { (1, 0) };
        Item::Message(arrow(n * 1_000, from, to, "OPTIONS", Class::Request))
    });
    Flow { items: items.collect(), ..call() }
}

/// Any flow: actors that do not exist, hostile texts, times that go back.
pub(crate) fn any_flow() -> impl Strategy<Value = Flow> {
    let actors = prop::collection::vec((text(), text(), text()), 0..5).prop_map(|actors| {
        let actor = |(id, label, detail)| Actor { id, label, detail, kind: ActorKind::Host };
        actors.into_iter().map(actor).collect::<Vec<_>>()
    });
    (text(), actors, prop::collection::vec(any_item(), 0..24))
        .prop_map(|(title, actors, items)| Flow { title, actors, items })
}

/// Text with what markup, Mermaid and terminals treat specially well represented.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        prop::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter),
        prop::collection::vec(
            prop_oneof![
                Just("<script>"),
                Just("&amp;"),
                Just("]]>"),
                Just("\"'"),
                Just(";"),
                Just("#35;"),
                Just("\r\n"),
                Just("end"),
                Just("%%"),
                Just("-->>"),
                Just(":"),
                Just("\u{0}"),
                Just("\u{1b}[2J"),
                Just("\u{202e}"),
                Just("\u{ffff}"),
                Just("INVITE sip:a@b"),
                Just("<br/>"),
            ],
            0..6
        )
        .prop_map(|parts| parts.concat()),
    ]
}

fn any_column() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0usize..6, 1 => any::<usize>()]
}

fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0i64..20_000_000, 1 => any::<i64>()]
}

fn any_item() -> impl Strategy<Value = Item> {
    let rule = || prop::option::of(text());
    prop_oneof![
        3 => (any_time(), any_column(), any_column(), text(), any_look(), any::<bool>(), any::<u32>(), rule(), prop::option::of(any_time()))
            .prop_map(|(time_us, from, to, label, (protocol, class), lost, repeats, rule, arrived_us)| {
                Item::Message(Arrow {
                    protocol,
                    delivery: if lost { Delivery::Lost } else { Delivery::Delivered },
                    repeats: repeats.saturating_sub(u32::MAX / 2),
                    detail: label.clone(),
                    rule,
                    arrived_us,
                    ..arrow(time_us, from, to, &label, class)
                })
            }),
        1 => (any_time(), any_time(), any_column(), any_column(), text(), 0u64..3)
            .prop_map(|(start, end, from, to, label, lost)| {
                Item::Media(Band { lost, ..band(start, end, from, to, &label) })
            }),
        1 => (any_time(), prop::option::of(any_column()), text(), rule())
            .prop_map(|(time_us, actor, text, rule)| Item::Note(Note { time_us, actor, text, rule })),
        1 => (any_time(), any_column(), text(), text(), rule())
            .prop_map(|(time_us, actor, from, to, rule)| {
                Item::State(StateChange { time_us, actor, machine: from.clone(), from, to, rule })
            }),
    ]
}

fn any_look() -> impl Strategy<Value = (Protocol, Class)> {
    use Class::{Challenge, Failure, Provisional, Request, Success};
    use Protocol::{Control, Csta, H225, Http, Local, Ras, Rtp, Sip, Tcp};
    (
        prop::sample::select(vec![Sip, Control, Csta, Http, Ras, H225, Tcp, Rtp, Local]),
        prop::sample::select(vec![Request, Provisional, Success, Challenge, Failure]),
    )
}
