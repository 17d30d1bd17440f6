//! Calls that are legs of one conversation.

use crate::files::{analyse, testdata};
use crate::wire::{Callee, Caller, Capture, Leg, sdp};
use recscope_analyzer::{Analysis, FlowScope};
use recscope_flow::Item;
use std::net::Ipv4Addr;

const PHONE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const AGENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 20);
const OTHER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 30);

const OK: (&str, &str) = ("SIP/2.0 200 OK", "1 INVITE");

/// A leg to the agent between two phones, and one from it.
fn legs() -> [Leg; 2] {
    let near = Leg {
        call_id: "near",
        caller: (PHONE, 5060),
        callee: (AGENT, 5060),
        users: ("1000", "2000"),
        tag: "b",
    };
    let far = Leg {
        call_id: "far",
        caller: (AGENT, 5060),
        callee: (OTHER, 5060),
        users: ("5551000", "2000-device"),
        tag: "c",
    };
    [near, far]
}

/// Both legs come up, each with these headers, and with media at these ports of each phone.
fn call(headers: [&str; 2], ports: [u16; 2]) -> Analysis {
    let mut capture = Capture::new();
    for (leg, (headers, port)) in legs().iter().zip(headers.iter().zip(ports)) {
        let offer = sdp("192.0.2.10", port, "0", "");
        leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), headers, &offer);
        let answer = sdp("192.0.2.30", port + 2, "0", "");
        leg.say(&mut capture, Callee, OK, headers, &answer);
        leg.say(&mut capture, Caller, ("ACK", "1 ACK"), "", "");
    }
    analyse(&capture.bytes)
}

fn reasons(analysis: &Analysis) -> Vec<(usize, usize, &str)> {
    let calls = analysis.report().calls.iter();
    calls
        .flat_map(|call| call.correlated.iter().map(|c| (call.id, c.call, c.reason.as_str())))
        .collect()
}

#[test]
fn names_that_both_legs_carry_link_them() {
    let a = "ab30317f1a784dc48ff824d0d3715d86";
    let b = "47755a9de7794ba387653f2099600ef2";
    let nil = "0".repeat(32);
    let cases = [
        (
            format!("Session-ID: {a};remote={nil}\r\n"),
            format!("Session-ID: {a};remote={b}\r\n"),
            "the same Session-ID",
        ),
        (
            format!("Session-ID: {a};remote={b}\r\n"),
            format!("Session-ID: {b};remote={a}\r\n"),
            "the same Session-ID",
        ),
        (String::new(), "X-CID: near\r\n".to_owned(), "the same X-CID"),
        (
            "X-Call-ID: far-or-near\r\n".to_owned(),
            "x-call-id: far-or-near\r\n".to_owned(),
            "the same X-Call-ID",
        ),
        (
            "P-Charging-Vector: icid-value=\"1234bc9876e\";orig-ioi=home1\r\n".to_owned(),
            "P-Charging-Vector: icid-value=1234bc9876e;term-ioi=home2\r\n".to_owned(),
            "the same P-Charging-Vector",
        ),
        (
            "Cisco-Guid: 1234567890-1234567890-123456-9876\r\n".to_owned(),
            "Cisco-Guid: 1234567890-1234567890-123456-9876\r\n".to_owned(),
            "the same Cisco-Guid",
        ),
    ];
    for (near, far, reason) in &cases {
        let analysis = call([near, far], [4000, 4100]);
        assert_eq!(reasons(&analysis), [(0, 1, *reason), (1, 0, *reason)], "{near}{far}");
    }
    let different = ["X-Call-ID: first\r\n", "X-Call-ID: second\r\n"];
    assert_eq!(reasons(&call(different, [4000, 4100])), []);
    let nobody = format!("Session-ID: {nil}\r\n");
    assert_eq!(reasons(&call([&nobody, &nobody], [4000, 4100])), []);
}

#[test]
fn media_that_is_passed_on_links_legs() {
    let reason = "media at 192.0.2.10:4000 in both";
    let analysis = call(["", ""], [4000, 4000]);
    let found = reasons(&analysis);
    assert_eq!(found.len(), 2);
    assert!(found[0].2 == reason || found[0].2 == "media at 192.0.2.30:4002 in both", "{found:?}");
}

#[test]
fn phones_behind_nat_with_the_same_address_are_no_legs() {
    let mut capture = Capture::new();
    let [near, _] = legs();
    let other =
        Leg { call_id: "other", caller: (OTHER, 5060), users: ("3000", "4000"), ..near.clone() };
    for (leg, session) in [(near, "7"), (other, "8")] {
        let offer = sdp("10.0.0.2", 4000, "0", "").replace("o=- 1", &format!("o=- {session}"));
        leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", &offer);
    }
    assert_eq!(reasons(&analyse(&capture.bytes)), []);
}

#[test]
fn the_next_call_of_a_phone_at_the_same_port_is_no_leg() {
    let mut capture = Capture::new();
    let [near, _] = legs();
    for call_id in ["one", "two"] {
        let leg = Leg { call_id, ..near.clone() };
        let offer = sdp("192.0.2.10", 4000, "0", "");
        leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", &offer);
        leg.say(&mut capture, Callee, OK, "", &sdp("192.0.2.20", 6000, "0", ""));
        leg.say(&mut capture, Caller, ("BYE", "2 BYE"), "", "");
        capture.time_us += 10_000_000;
    }
    assert_eq!(reasons(&analyse(&capture.bytes)), []);
}

#[test]
fn the_same_parties_passed_on_at_once_are_legs() {
    let [near, far] = legs();
    for (wait_us, linked) in [(20_000, true), (20_000_000, false)] {
        let mut capture = Capture::new();
        let far = Leg { users: near.users, ..far.clone() };
        near.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", "");
        capture.time_us += wait_us;
        far.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", "");
        let analysis = analyse(&capture.bytes);
        let expected = "the same parties, passed on after 30.0 ms";
        assert_eq!(reasons(&analysis).first(), linked.then_some(&(0, 1, expected)));
    }
}

#[test]
fn a_value_that_many_calls_share_names_no_conversation() {
    let mut capture = Capture::new();
    let [near, _] = legs();
    let ids: Vec<&'static str> = (0..20).map(|n| &*String::leak(format!("call-{n}"))).collect();
    for call_id in ids {
        let leg = Leg { call_id, ..near.clone() };
        leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "X-Call-ID: unknown\r\n", "");
    }
    assert_eq!(reasons(&analyse(&capture.bytes)), []);
}

#[test]
fn each_of_three_legs_names_both_others() {
    let mut capture = Capture::new();
    let [near, far] = legs();
    let third = Leg { call_id: "third", users: ("1", "3"), ..far.clone() };
    for leg in [near, far, third] {
        leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "X-Call-ID: shared-name\r\n", "");
    }
    let analysis = analyse(&capture.bytes);
    let pairs: Vec<_> = reasons(&analysis).iter().map(|(a, b, _)| (*a, *b)).collect();
    assert_eq!(pairs, [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]);
}

#[test]
fn a_flow_shows_all_legs_when_asked() {
    let analysis = call(["", "X-CID: near\r\n"], [4000, 4100]);
    let messages = |scope| {
        let flow = analysis.flow(scope);
        let arrows = flow.items.iter().filter(|item| matches!(item, Item::Message(_))).count();
        (arrows, flow.actors.len())
    };
    assert_eq!(messages(FlowScope::Call(0)), (3, 2));
    assert_eq!(messages(FlowScope::Legs(0)), (6, 3));
    assert_eq!(messages(FlowScope::Legs(1)), (6, 3));
    assert_eq!(analysis.flow(FlowScope::Legs(2)).items, []);
}

/// The real call of testdata and, 3 ms behind it, a second leg of it made from the same packets:
/// another Call-ID and other hosts, everything else as a back-to-back agent leaves it.
#[test]
fn a_real_call_and_its_copy_by_an_agent_are_one_conversation() {
    let capture = testdata("captures/call-pcmu.pcap");
    let both = with_second_leg(&capture);
    let analysis = analyse(&both);
    let report = analysis.report();
    assert_eq!(report.calls.len(), 2);
    let alone = analyse(&capture);
    assert_eq!(report.calls[0].messages, alone.report().calls[0].messages);
    assert_eq!(report.calls[1].messages, alone.report().calls[0].messages);
    let found = reasons(&analysis);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].2.starts_with("media at "), "{found:?}");
    let flow = analysis.flow(FlowScope::Legs(0));
    let arrows = flow.items.iter().filter(|item| matches!(item, Item::Message(_))).count();
    assert_eq!(arrows, 16);
    assert!(flow.title.ends_with("in 2 legs"), "{}", flow.title);
}

#[test]
fn the_call_in_two_legs_is_one_conversation() {
    let analysis = analyse(&testdata("legs/two-legs.pcap"));
    let found = reasons(&analysis);
    assert_eq!(found.iter().map(|(a, b, _)| (*a, *b)).collect::<Vec<_>>(), [(0, 1), (1, 0)]);
    assert!(found[0].2.starts_with("media at 192.0.2.2:"), "{found:?}");
}

/// Each packet of signalling twice: as it is, and 3 ms later as the agent at the callee's address
/// sends it on.
fn with_second_leg(capture: &[u8]) -> Vec<u8> {
    let (header, mut rest) = capture.split_at(24);
    let mut out = header.to_vec();
    while let Some((record, after)) = rest.split_at_checked(16) {
        let len = u32::from_le_bytes(record[8..12].try_into().expect("4 bytes")) as usize;
        let (data, after) = after.split_at(len);
        out.extend(record);
        out.extend(data);
        let is_sip = data.get(42..).is_some_and(|payload| {
            payload.starts_with(b"SIP/2.0") || payload.windows(9).any(|w| w == b" SIP/2.0\r")
        });
        if is_sip {
            let mut record = record.to_vec();
            let time = u32::from_le_bytes(record[4..8].try_into().expect("4 bytes"));
            record[4..8].copy_from_slice(&((time + 3000) % 1_000_000).to_le_bytes());
            let mut data = data.to_vec();
            // From 5070 → 5080 to 5080 → 5090: the agent is the first leg's callee.
            for at in [34, 36] {
                let port = u16::from_be_bytes([data[at], data[at + 1]]);
                data[at..at + 2].copy_from_slice(&(port + 10).to_be_bytes());
            }
            let text = String::from_utf8(data[42..].to_vec()).expect("SIP is text");
            let lines: Vec<String> = text
                .split("\r\n")
                .map(|line| match line.strip_prefix("Call-ID: ") {
                    Some(id) => {
                        let (first, rest) = id.split_at(1);
                        format!("Call-ID: {}{rest}", if first == "9" { "8" } else { "9" })
                    }
                    None => line.to_owned(),
                })
                .collect();
            data.truncate(42);
            data.extend(lines.join("\r\n").into_bytes());
            out.extend(record);
            out.extend(data);
        }
        rest = after;
    }
    out
}
