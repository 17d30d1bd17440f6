//! What is named, and not read.

use crate::files::analyse;
use crate::wire::{Callee, Caller, Capture, Leg, sdp};
use recscope_analyzer::{FlowScope, remarks};
use recscope_flow::Item;
use std::net::Ipv4Addr;

const PHONE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 20);

/// A TLS record from one port to another.
fn tls(capture: &mut Capture, src: (Ipv4Addr, u16), dst: (Ipv4Addr, u16), sequence: u32) {
    let record = [&[22, 3, 1, 0, 100][..], &[7; 100]].concat();
    let segment = [
        &src.1.to_be_bytes()[..],
        &dst.1.to_be_bytes(),
        &sequence.to_be_bytes(),
        &[0, 0, 0, 0, 0x50, 16, 0xFF, 0xFF, 0, 0, 0, 0],
        &record,
    ]
    .concat();
    capture.packet(6, src.0, dst.0, &segment);
}

#[test]
fn tls_is_named_and_what_is_likely_sip_stands_out() {
    let mut capture = Capture::new();
    for sequence in [100, 205] {
        tls(&mut capture, (PHONE, 40_000), (SERVER, 5061), sequence);
    }
    tls(&mut capture, (PHONE, 40_002), (SERVER, 443), 100);
    let analysis = analyse(&capture.bytes);
    let report = analysis.report();
    let found: Vec<_> =
        report.tls.iter().map(|c| (&*c.src, &*c.dst, c.packets, c.likely_sip)).collect();
    assert_eq!(
        found,
        [
            ("192.0.2.10:40000", "192.0.2.20:5061", 2, true),
            ("192.0.2.10:40002", "192.0.2.20:443", 1, false),
        ]
    );
    let undecoded = &report.capture.as_ref().unwrap().undecoded;
    assert_eq!(undecoded.get("tls"), Some(&3));
    let remarks = remarks(report);
    assert_eq!(remarks.len(), 1);
    assert_eq!(
        remarks[0].text,
        "TLS from 192.0.2.10:40000 to 192.0.2.20:5061 is likely SIP, which stays unread"
    );
    let flow = analysis.flow(FlowScope::All);
    let labels: Vec<_> = flow
        .items
        .iter()
        .map(|item| match item {
            Item::Media(band) => band.label.as_str(),
            other => panic!("no band: {other:?}"),
        })
        .collect();
    assert_eq!(labels, ["TLS, likely SIP, 2 packets", "TLS, 1 packet"]);
}

#[test]
fn datagrams_are_counted_by_the_name_of_what_they_carry() {
    let mut capture = Capture::new();
    for (port, payload) in [
        (53, &b"\x12\x34\x01\0\0\x01"[..]),
        (5353, b"\0\0\0\0\0\x01"),
        (123, b"\x1b\0\0\0"),
        (69, b"\0\x01SEP.cnf\0octet\0"),
        (514, b"<134>phone"),
        (161, b"0\x26\x02\x01\x01"),
        (20_000, b"\x16\xfe\xff\0\0\0"),
        (20_000, b"something else"),
    ] {
        capture.udp((PHONE, 40_000), (SERVER, port), payload);
    }
    let analysis = analyse(&capture.bytes);
    let undecoded = &analysis.report().capture.as_ref().unwrap().undecoded;
    let names: Vec<_> = undecoded.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(
        names,
        [
            ("dns", 1),
            ("dtls", 1),
            ("mdns", 1),
            ("ntp", 1),
            ("snmp", 1),
            ("syslog", 1),
            ("tftp", 1),
            ("udp", 1)
        ]
    );
}

#[test]
fn fax_goes_by_its_name_where_it_was_announced() {
    let mut capture = Capture::new();
    let leg = Leg {
        call_id: "fax",
        caller: (PHONE, 5060),
        callee: (SERVER, 5060),
        users: ("1000", "2000"),
        tag: "b",
    };
    let sound = |address, port| sdp(address, port, "0", "");
    let offer = sound("192.0.2.10", 4000);
    leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", &offer);
    let answer = sound("192.0.2.20", 6000);
    leg.say(&mut capture, Callee, ("SIP/2.0 200 OK", "1 INVITE"), "", &answer);
    let fax = |text: String| text.replace("audio", "image").replace("RTP/AVP 0", "udptl t38");
    leg.say(&mut capture, Callee, ("INVITE", "7 INVITE"), "", &fax(answer));
    leg.say(&mut capture, Caller, ("SIP/2.0 200 OK", "7 INVITE"), "", &fax(offer));
    capture.udp((PHONE, 4000), (SERVER, 6000), b"\0\x01\x06\0\0\0\0\0\0");
    let analysis = analyse(&capture.bytes);
    let report = analysis.report();
    assert_eq!(report.capture.as_ref().unwrap().undecoded.get("t.38"), Some(&1));
    assert_eq!(report.calls[0].events[0].text, "fax instead of audio");
}

#[test]
fn a_description_that_cannot_be_read_is_said_with_its_place() {
    let mut capture = Capture::new();
    let leg = Leg {
        call_id: "bad",
        caller: (PHONE, 5060),
        callee: (SERVER, 5060),
        users: ("1000", "2000"),
        tag: "b",
    };
    let bad = sdp("192.0.2.10", 4000, "0", "").replace("4000", "70000");
    leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", &bad);
    let analysis = analyse(&capture.bytes);
    let [warning] = &analysis.report().warnings[..] else { panic!("one warning") };
    assert_eq!(
        (&*warning.layer, &*warning.message),
        ("sdp", "the port is 70000, outside 0 to 65535")
    );
    let at = usize::try_from(warning.offset).unwrap();
    assert_eq!(&capture.bytes[at..at + 5], b"70000");
}
