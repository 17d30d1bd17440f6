//! A call in other clothes: in every file format, on other links, as IPv6, in fragments, over TCP.
//! Its report stays what it was, and tshark finds in each variant what we do.

use crate::captures;
use crate::peer;
use crate::rewrite::file::{Classic, Order, block, gzip, pcap, pcapng};
use crate::rewrite::link::{self, Link, ip_packet};
use crate::rewrite::network::{Arrival, Extensions, Tunnel, fragmented, through, to_ipv6};
use crate::rewrite::tcp::{Cut, over_tcp};
use crate::rewrite::{Capture, Packet, public_samples};
use crate::traffic::differences;
use recscope_analyzer::report::{Message, Report, Stream, Transport};
use recscope_analyzer::{Analyzer, FlowScope, Options};
use serde_json::Value;
use std::net::{Ipv4Addr, Ipv6Addr};

fn report(bytes: &[u8]) -> Report {
    let mut analyzer = Analyzer::new("file", Some(bytes.len() as u64), Options::default());
    analyzer.push(bytes);
    analyzer.finish().report().clone()
}

fn plain(capture: &Capture) -> Vec<u8> {
    pcap(capture, Classic::Microseconds, Order::Little)
}

/// All that a report says about what was trafficked, as text.
fn traffic(report: &Report) -> String {
    let mut value = serde_json::to_value(report).expect("a report is JSON");
    let report = value.as_object_mut().expect("an object");
    report.remove("file");
    let capture = report.get_mut("capture").and_then(Value::as_object_mut).expect("a capture");
    capture.remove("link_types");
    serde_json::to_string_pretty(&value).expect("JSON is text")
}

/// The calls of `testdata`, and real ones of others where they are.
fn calls() -> Vec<(String, Capture)> {
    let mut paths: Vec<_> = captures::testdata().into_iter().map(|capture| capture.path).collect();
    let samples = [
        "register-invite-reinvite-bye.pcap",
        "sip-rtp-g711.pcap",
        "rtp-protocol.pcap",
        "SIP_DTMF2.cap",
    ];
    let public = public_samples().map(|folder| folder.join("captures"));
    paths.extend(public.into_iter().flat_map(|folder| samples.map(|name| folder.join(name))));
    paths
        .into_iter()
        .map(|path| {
            let mut capture = Capture::parse(&std::fs::read(&path).expect("a capture"));
            // Only IPv4 can be put into other clothes here.
            capture.packets.retain(|packet| packet.data.get(12..14) == Some(&[8, 0]));
            (path.file_name().expect("a name").to_string_lossy().into_owned(), capture)
        })
        .collect()
}

/// Variants of which each packet is one packet still: nothing but the clothes may differ.
fn same_packets(call: &Capture) -> Vec<(&'static str, Vec<u8>)> {
    let on = |link| plain(&link::put_on(call, link));
    vec![
        ("nanoseconds", pcap(call, Classic::Nanoseconds, Order::Little)),
        ("modified", pcap(call, Classic::Modified, Order::Little)),
        ("big-endian", pcap(call, Classic::Microseconds, Order::Big)),
        ("pcapng", pcapng(call, Order::Little, 6, 0)),
        ("pcapng, big-endian, ns", pcapng(call, Order::Big, 9, 0)),
        ("pcapng with an offset", pcapng(call, Order::Little, 9, 1_000_000)),
        ("gzip", gzip(&plain(call))),
        ("vlan", on(Link::Vlan(&[(0x8100, 100)]))),
        ("qinq", on(Link::Vlan(&[(0x88a8, 7), (0x8100, 100)]))),
        ("mpls", on(Link::Mpls(&[16, 17]))),
        ("pppoe", on(Link::Pppoe)),
        ("raw ip", on(Link::Raw(101))),
        ("sll", on(Link::Cooked)),
        ("sll2", on(Link::Cooked2)),
        ("null", on(Link::NullLittle)),
        ("gre", plain(&through(call, Tunnel::Gre))),
        ("vxlan", plain(&through(call, Tunnel::Vxlan))),
    ]
}

#[test]
fn clothes_do_not_change_a_report() {
    for (name, call) in calls() {
        let expected = traffic(&report(&plain(&call)));
        for (variant, bytes) in same_packets(&call) {
            let found = traffic(&report(&bytes));
            assert!(found == expected, "{name} as {variant}: {}", first_change(&expected, &found));
        }
    }
}

#[test]
fn ipv6_changes_nothing_but_addresses() {
    for (name, call) in calls() {
        let expected = traffic(&report(&plain(&call)));
        let addresses = addresses(&call);
        for extensions in [Extensions::None, Extensions::Options, Extensions::AtomicFragment] {
            let found = report(&plain(&to_ipv6(&with_ipv6_sdp(&call), extensions)));
            assert!(found.messages.iter().all(|message| message.src.starts_with("[2001:db8::")));
            let mut found = traffic(&found);
            for v4 in &addresses {
                let v6 = as_ipv6(*v4).to_string();
                found = found.replace(&format!("[{v6}]"), &v4.to_string());
                found = found.replace(&v6, &v4.to_string());
            }
            // A datagram in one atomic fragment is put together from it, and counted so.
            let is_atomic = extensions == Extensions::AtomicFragment;
            let packets = format!("\"fragments_reassembled\": {}", call.packets.len());
            let found = match is_atomic {
                true => found.replace(&packets, "\"fragments_reassembled\": 0"),
                false => found,
            };
            let change = first_change(&expected, &found);
            assert!(found == expected, "{name} with {extensions:?}: {change}");
        }
    }
}

#[test]
fn fragments_change_nothing_but_packet_numbers() {
    for (name, call) in calls() {
        let expected = report(&plain(&call));
        for arrival in [Arrival::InOrder, Arrival::Reversed, Arrival::Twice, Arrival::Overlapping] {
            let found = report(&plain(&fragmented(&call, 400, arrival)));
            let capture = found.capture.as_ref().expect("a capture");
            assert!(capture.fragments_reassembled > 0, "{name} {arrival:?}");
            assert_same_traffic(&format!("{name} {arrival:?}"), &found, &expected);
        }
    }
}

#[test]
fn signalling_over_tcp_changes_nothing_but_the_transport() {
    for (name, call) in calls().into_iter().filter(|(name, _)| name.starts_with("call-")) {
        let expected = report(&plain(&call));
        for segment in [1400, 500, 37] {
            let mut found = report(&plain(&with_tcp(&call, segment)));
            for message in &mut found.messages {
                assert_eq!(message.transport, Transport::Tcp, "{name}");
                message.transport = Transport::Udp;
            }
            assert_same_traffic(&format!("{name} in {segment}"), &found, &expected);
        }
    }
}

#[test]
fn tshark_finds_the_same_in_every_variant() {
    if peer::is_left_out() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let call = Capture::call("call-pcma.pcap");
    let mut variants = same_packets(&call);
    // Its own clock is of no use to it: it rounds otherwise.
    variants.retain(|(name, _)| *name != "pcapng with an offset");
    variants.push(("ipv6", plain(&to_ipv6(&with_ipv6_sdp(&call), Extensions::Options))));
    variants.push(("fragments", plain(&fragmented(&call, 400, Arrival::Reversed))));
    variants.push(("tcp", plain(&with_tcp(&call, 500))));
    for (name, bytes) in variants {
        let capture = captures::Capture::write(folder.path(), name, bytes);
        let found = differences(&capture);
        assert!(found.is_empty(), "tshark says otherwise of {name}:\n{}", found.join("\n"));
    }
}

#[test]
fn names_in_the_file_label_the_life_lines() {
    let call = Capture::call("call-pcma.pcap");
    let mut bytes = pcapng(&call, Order::Little, 6, 0);
    // Name resolution: an IPv4 record of the address and the name, then the end of the records.
    let mut records = vec![1, 0, 15, 0, 127, 0, 0, 1];
    records.extend(b"pbx.office\0\0");
    records.extend([0; 4]);
    bytes.extend(block(Order::Little, 4, &records));
    let mut analyzer = Analyzer::new("file", Some(bytes.len() as u64), Options::default());
    analyzer.push(&bytes);
    let analysis = analyzer.finish();
    let capture = analysis.report().capture.as_ref().expect("a capture");
    assert_eq!(capture.names.get("127.0.0.1").map(String::as_str), Some("pbx.office"));
    let flow = analysis.flow(FlowScope::Call(0));
    let labels: Vec<_> = flow.actors.iter().map(|actor| actor.label.as_str()).collect();
    assert_eq!(labels, ["pbx.office"; 2]);
    assert!(flow.actors[0].detail.starts_with("127.0.0.1:"), "{}", flow.actors[0].detail);
}

/// The first line in which two texts differ.
fn first_change(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines());
    let change = lines.find(|(expected, found)| expected != found);
    change.map_or_else(
        || "one is longer".to_owned(),
        |(expected, found)| format!("{found:?}, not {expected:?}"),
    )
}

/// What both say, apart from times to the 10 µs and from packet numbers.
fn assert_same_traffic(name: &str, found: &Report, expected: &Report) {
    let message = |m: &Message| {
        let ends = (m.src.clone(), m.dst.clone(), m.transport);
        (m.protocol, m.summary.clone(), ends, m.call, m.transaction, m.retransmission_of)
    };
    let messages = |report: &Report| report.messages.iter().map(message).collect::<Vec<_>>();
    assert_eq!(messages(found), messages(expected), "{name}");
    let calls = |report: &Report| {
        let mut calls = report.calls.clone();
        for call in &mut calls {
            (call.start, call.setup_ms, call.duration_ms) = (0.0, None, None);
            for event in &mut call.events {
                (event.time, event.packet) = (0.0, 0);
            }
        }
        calls
    };
    assert_eq!(calls(found), calls(expected), "{name}");
    let results = |report: &Report| {
        let all = report.transactions.iter();
        all.map(|t| (t.method.clone(), t.result.clone(), t.messages)).collect::<Vec<_>>()
    };
    assert_eq!(results(found), results(expected), "{name}");
    assert_eq!(found.streams.len(), expected.streams.len(), "{name}");
    for (found, expected) in found.streams.iter().zip(&expected.streams) {
        assert_same_stream(name, found, expected);
    }
    let problems = |report: &Report| {
        report.problems.iter().map(|p| (p.kind, p.call, p.stream)).collect::<Vec<_>>()
    };
    assert_eq!(problems(found), problems(expected), "{name}");
}

fn assert_same_stream(name: &str, found: &Stream, expected: &Stream) {
    let spreads = |s: &Stream| [s.delta_ms, s.jitter_ms];
    for (found, expected) in spreads(found).iter().zip(spreads(expected)) {
        for (found, expected) in
            [(found.min, expected.min), (found.mean, expected.mean), (found.max, expected.max)]
        {
            assert!((found - expected).abs() <= 0.01, "{name}: {found} ms, not {expected} ms");
        }
    }
    let timeless = |stream: &Stream| Stream {
        first: 0.0,
        last: 0.0,
        delta_ms: expected.delta_ms,
        jitter_ms: expected.jitter_ms,
        rtcp: None,
        ..stream.clone()
    };
    let (mut found, expected) = (timeless(found), timeless(expected));
    found.skew_ppm = expected.skew_ppm;
    assert_eq!(found, expected, "{name}");
}

fn as_ipv6(address: Ipv4Addr) -> Ipv6Addr {
    let [a, b, c, d] = address.octets().map(u16::from);
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, a << 8 | b, c << 8 | d)
}

/// The addresses between which packets go.
fn addresses(capture: &Capture) -> Vec<Ipv4Addr> {
    let of_packet = |packet: &Packet| {
        let ip = ip_packet(&packet.data);
        [12, 16].map(|at| Ipv4Addr::new(ip[at], ip[at + 1], ip[at + 2], ip[at + 3]))
    };
    let mut all: Vec<_> = capture.packets.iter().flat_map(of_packet).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The same call with descriptions that name IPv6 addresses.
fn with_ipv6_sdp(capture: &Capture) -> Capture {
    capture.map(capture.link_type, |frame| {
        let ip = ip_packet(frame);
        let end = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
        let text = std::str::from_utf8(&ip[28.min(end)..end]).unwrap_or_default();
        let Some((head, body)) = text.split_once("\r\n\r\n").filter(|(_, b)| !b.is_empty()) else {
            return frame.to_vec();
        };
        let lines = body.split("\r\n").map(|line| match line.split_once("IN IP4 ") {
            Some((before, address)) => match address.trim().parse() {
                Ok(address) => format!("{before}IN IP6 {}", as_ipv6(address)),
                Err(_) => line.to_owned(),
            },
            None => line.to_owned(),
        });
        let body = lines.collect::<Vec<_>>().join("\r\n");
        let head: Vec<_> = head
            .split("\r\n")
            .map(|line| match line.split_once(':') {
                Some((name, _)) if name.trim().eq_ignore_ascii_case("content-length") => {
                    format!("{name}: {}", body.len())
                }
                _ => line.to_owned(),
            })
            .collect();
        let payload = format!("{}\r\n\r\n{body}", head.join("\r\n"));
        let mut out = frame[..14 + 28].to_vec();
        let len = |len: usize| u16::try_from(len).expect("fits").to_be_bytes();
        out[16..18].copy_from_slice(&len(28 + payload.len()));
        out[38..40].copy_from_slice(&len(8 + payload.len()));
        [&out, payload.as_bytes()].concat()
    })
}

/// The same call with its SIP over one TCP connection, in segments of at most this many bytes.
fn with_tcp(capture: &Capture, segment: usize) -> Capture {
    let is_sip = |packet: &&Packet| {
        let payload = packet.data.get(42..).unwrap_or_default();
        payload.starts_with(b"SIP/2.0 ") || payload.windows(10).any(|w| w == b" SIP/2.0\r\n")
    };
    let mut signalling = capture.clone();
    signalling.packets = capture.packets.iter().filter(is_sip).cloned().collect();
    let mut all = over_tcp(&signalling, Cut { segment, first: (7, u32::MAX - 400) }).capture;
    all.packets.extend(capture.packets.iter().filter(|packet| !is_sip(packet)).cloned());
    all.packets.sort_by_key(|packet| packet.time_ns);
    all
}
