//! Links, tunnels, IP and UDP: every variant of a real call decodes to what tshark finds in it.

mod rewrite;

use proptest::prelude::*;
use recscope_core::Limits;
use rewrite::file::{Classic, Order, pcap, together};
use rewrite::link::{self, Link};
use rewrite::network::{
    Arrival, Extensions, TUNNELS, Tunnel, fragmented, ipv4, ipv6, through, to_ipv6,
};
use rewrite::reading::{Datagram, Decoding, decode, decode_within};
use rewrite::{Capture, Packet, public_samples, tshark};
use std::collections::BTreeMap;

fn file(capture: &Capture) -> Vec<u8> {
    pcap(capture, Classic::Microseconds, Order::Little)
}

/// Packet, addresses and payload of a datagram.
type Row = (u64, String, String, String);

/// The datagrams as we see them.
fn ours(decoding: &Decoding) -> Vec<Row> {
    let hex = |payload: &[u8]| payload.iter().map(|byte| format!("{byte:02x}")).collect();
    decoding
        .datagrams
        .iter()
        .map(|d| (d.packet, d.src.to_string(), d.dst.to_string(), hex(&d.payload)))
        .collect()
}

/// The datagrams as tshark does.
fn theirs(file: &[u8], v6: bool) -> Vec<Row> {
    let (src, dst) = if v6 { ("ipv6.src", "ipv6.dst") } else { ("ip.src", "ip.dst") };
    let names = ["frame.number", src, "udp.srcport", dst, "udp.dstport", "udp.payload"];
    let end = |address: &str, port: &str| {
        if v6 { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
    };
    // ICMP quotes datagrams that it is about.
    tshark::fields(file, "udp && !icmp && !icmpv6", &names)
        .into_iter()
        .filter_map(|row| match &row[..] {
            // A tunnel around a fragment, which is shown for want of anything inside.
            [_, _, _, _, port, _] if port == "4789" => None,
            [number, src, src_port, dst, dst_port, payload] => {
                let number = number.parse().expect("a frame number");
                Some((number, end(src, src_port), end(dst, dst_port), payload.clone()))
            }
            other => panic!("six fields: {other:?}"),
        })
        .collect()
}

/// Decodes a file, and checks that tshark finds the very same datagrams in it.
fn assert_same(name: &str, file: &[u8], v6: bool) -> Decoding {
    let decoding = decode(file);
    if tshark::wanted() {
        let (ours, theirs) = (ours(&decoding), theirs(file, v6));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "{name}");
        }
        assert_eq!(ours.len(), theirs.len(), "{name}");
    }
    decoding
}

/// Decodes variants of one capture, all at once for tshark; each must hold as many datagrams.
fn assert_all_same(variants: &[(String, Capture)], datagrams: usize, v6: bool) {
    let captures: Vec<Capture> = variants.iter().map(|(_, capture)| capture.clone()).collect();
    let names: Vec<&str> = variants.iter().map(|(name, _)| &name[..]).collect();
    assert_same(&names.join(", "), &together(&captures), v6);
    for (name, capture) in variants {
        let decoding = decode(&file(capture));
        assert_eq!(decoding.datagrams.len(), datagrams, "{name}");
        assert!(decoding.datagrams.iter().all(|datagram| datagram.src.is_ipv6() == v6), "{name}");
        assert_eq!(decoding.undecoded, [], "{name}");
    }
}

#[test]
fn every_link_leads_to_the_same_datagrams() {
    let call = Capture::short_call();
    let variants = link::ALL.map(|link| (format!("{link:?}"), link::put_on(&call, link))).to_vec();
    assert_all_same(&variants, 24, false);
}

#[test]
fn every_link_carries_ipv6() {
    let call = to_ipv6(&Capture::short_call(), Extensions::None);
    let variants: Vec<_> = link::ALL
        .into_iter()
        // Its name says that it is IPv4.
        .filter(|link| *link != Link::Raw(228))
        .chain([Link::Raw(229)])
        .map(|link| (format!("{link:?}"), link::put_on(&call, link)))
        .collect();
    assert_all_same(&variants, 24, true);
}

#[test]
fn ipv6_is_decoded_through_its_extension_headers() {
    let call = Capture::short_call();
    let variants = [Extensions::None, Extensions::Options, Extensions::AtomicFragment]
        .map(|extensions| (format!("{extensions:?}"), to_ipv6(&call, extensions)));
    assert_all_same(&variants, 24, true);
}

#[test]
fn tunnels_lead_to_the_datagrams_inside() {
    let call = Capture::short_call();
    for (inner, v6) in [(&call, false), (&to_ipv6(&call, Extensions::None), true)] {
        let variants =
            TUNNELS.map(|tunnel| (format!("{tunnel:?}, IPv6 {v6}"), through(inner, tunnel)));
        assert_all_same(&variants, 24, v6);
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let mut call = Capture::short_call();
    call.packets.truncate(1);
    for _ in 0..10 {
        call = through(&call, Tunnel::Vxlan);
    }
    let decoding = decode(&file(&call));
    assert_eq!(decoding.datagrams, []);
    assert_eq!(decoding.undecoded, [("malformed".to_owned(), 1)]);
    assert!(decoding.warnings[0].to_string().contains("nests too many headers"));
}

#[test]
fn fragments_become_whole_however_they_arrive() {
    let call = Capture::signalling();
    // Twice comes last: it leaves fragments behind that tshark would take for the next variant.
    let arrivals = [Arrival::InOrder, Arrival::Reversed, Arrival::Overlapping, Arrival::Twice];
    for (capture, v6) in [(&call, false), (&to_ipv6(&call, Extensions::None), true)] {
        let variants = arrivals
            .map(|arrival| (format!("{arrival:?}, IPv6 {v6}"), fragmented(capture, 200, arrival)));
        assert_all_same(&variants, call.packets.len(), v6);
        for ((name, variant), arrival) in variants.iter().zip(arrivals) {
            let decoding = decode(&file(variant));
            let is_whole = |datagram: &&Datagram| datagram.offset.is_none();
            let whole = decoding.datagrams.iter().filter(is_whole).count() as u64;
            assert!(whole >= 4, "{name}");
            assert_eq!(decoding.fragments_reassembled, whole, "{name}");
            assert_eq!(decoding.fragments_lost, 0, "{name}");
            let overlaps = decoding.warnings.iter().all(|w| w.to_string().contains("overlap"));
            assert!(overlaps, "{name}: {:?}", decoding.warnings);
            assert_eq!(decoding.warnings.is_empty(), arrival != Arrival::Overlapping, "{name}");
        }
    }
}

#[test]
fn a_datagram_whose_fragments_are_missing_is_said_to_be_lost() {
    let call = Capture::signalling();
    let large = call.packets.iter().filter(|packet| packet.data.len() > 14 + 20 + 200).count();
    let file = file(&fragmented(&call, 200, Arrival::LastMissing));
    let decoding = assert_same("last missing", &file, false);
    assert_eq!(decoding.datagrams.len(), call.packets.len() - large);
    assert_eq!(decoding.fragments_lost, large as u64);
    assert_eq!(decoding.warnings.len(), large);
    assert!(decoding.warnings[0].to_string().contains("the datagram that starts here is lost"));
}

#[test]
fn fragments_in_a_tunnel_and_of_a_tunnel_become_whole() {
    let call = Capture::signalling();
    let inside = through(&fragmented(&call, 200, Arrival::InOrder), Tunnel::Vxlan);
    let outside = fragmented(&through(&call, Tunnel::Gre), 200, Arrival::Reversed);
    let both = fragmented(&inside, 160, Arrival::InOrder);
    let variants = [("inside", inside), ("outside", outside), ("both", both)]
        .map(|(name, capture)| (name.to_owned(), capture));
    assert_all_same(&variants, call.packets.len(), false);
}

#[test]
fn a_snap_length_leaves_what_it_leaves() {
    let call = Capture::short_call();
    for snap_len in [60, 42, 41, 34, 33, 14, 13, 1] {
        let decoding = decode(&file(&call.cut(snap_len)));
        if snap_len < 42 {
            assert_eq!(decoding.undecoded, [("cut by the capture".to_owned(), 24)], "{snap_len}");
        }
        for datagram in &decoding.datagrams {
            let packet = &call.packets[usize::try_from(datagram.packet).unwrap() - 1];
            assert_eq!(datagram.payload, packet.data[42..snap_len.min(packet.data.len())]);
            assert_eq!(datagram.truncated, packet.data.len() > snap_len);
        }
        assert_eq!(decoding.warnings, [], "{snap_len}");
    }
    let variants = [60, 42].map(|snap_len| (format!("snap {snap_len}"), call.cut(snap_len)));
    assert_all_same(&variants, 24, false);
}

#[test]
fn every_public_capture_has_the_datagrams_that_tshark_finds() {
    let Some(public) = public_samples() else { return };
    let mut files = 0;
    for entry in std::fs::read_dir(public.join("captures")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let file = std::fs::read(&path).expect("a file");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let decoding = assert_same(&name, &file, false);
        assert_eq!(decoding.warnings, [], "{name}");
        files += 1;
    }
    assert!(files > 40, "{files} captures");
}

#[test]
fn what_is_not_decoded_is_counted_by_name() {
    let Some(public) = public_samples() else { return };
    for (name, protocol) in [("aaa.pcap", "arp"), ("sip.pcap", "icmp"), ("sip.pcap.pcapng", "icmp")]
    {
        let file = std::fs::read(public.join("captures").join(name)).expect("a file");
        let counted = BTreeMap::from_iter(decode(&file).undecoded);
        if tshark::wanted() {
            let theirs = tshark::fields(&file, protocol, &["frame.number"]).len() as u64;
            assert_eq!(counted, BTreeMap::from([(protocol.to_owned(), theirs)]), "{name}");
        }
    }
}

#[test]
fn protocols_that_are_not_decoded_have_the_names_that_tshark_knows_them_by() {
    let frame = |ether_type: u16, payload: &[u8]| {
        [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], &ether_type.to_be_bytes()[..], payload].concat()
    };
    let over_ip =
        |protocol| link::ethernet(&ipv4([192, 0, 2, 1], [192, 0, 2, 2], protocol, &[0; 32]));
    let over_ipv6 = |next| link::ethernet(&ipv6([0xfd; 16], [0xfe; 16], next, &[0; 32]));
    // Our name, what tshark calls it in `frame.protocols`, the frame.
    let table = [
        ("arp", "arp", frame(0x0806, &[0; 28])),
        ("lldp", "lldp", frame(0x88cc, &[0; 46])),
        ("eapol", "eapol", frame(0x888e, &[1, 0, 0, 0])),
        ("pppoe discovery", "pppoed", frame(0x8863, &[0x11, 9, 0, 0, 0, 0])),
        ("stp", "stp", frame(38, &[&[0x42, 0x42, 3][..], &[0; 35]].concat())),
        ("ptp", "ptp", frame(0x88f7, &[0; 44])),
        ("icmp", "icmp", over_ip(1)),
        ("igmp", "igmp", over_ip(2)),
        ("esp", "esp", over_ip(50)),
        ("ospf", "ospf", over_ip(89)),
        ("pim", "pim", over_ip(103)),
        ("vrrp", "vrrp", over_ip(112)),
        ("sctp", "sctp", over_ip(132)),
        ("icmpv6", "icmpv6", over_ipv6(58)),
        ("sctp", "sctp", over_ipv6(132)),
    ];
    let packets = table.iter().map(|(_, _, data)| Packet::new(0, data.clone())).collect();
    let file = file(&Capture { link_type: 1, packets });
    for (name, _, data) in &table {
        let packets = vec![Packet::new(0, data.clone())];
        let alone = decode(&self::file(&Capture { link_type: 1, packets }));
        assert_eq!(alone.undecoded, [((*name).to_owned(), 1)]);
    }
    assert_eq!(decode(&file).undecoded.len(), table.len() - 1, "sctp is counted as one");
    if tshark::wanted() {
        let theirs = tshark::fields(&file, "", &["frame.protocols"]);
        assert_eq!(theirs.len(), table.len());
        for ((name, filter, _), row) in table.iter().zip(&theirs) {
            assert!(row[0].split(':').any(|layer| layer == *filter), "{name}: {row:?}");
        }
    }
}

#[test]
fn a_limit_of_fragments_is_kept_and_said_once() {
    let mut limits = Limits::default();
    limits.ip_fragments = 2;
    let call = Capture::signalling();
    let file = file(&fragmented(&call, 200, Arrival::LastMissing));
    let decoding = decode_within(&file, &limits);
    let limited = decoding.warnings.iter().filter(|w| w.to_string().contains("above the limit"));
    assert_eq!(limited.count(), 1);
    assert_eq!(decoding.fragments_lost, decode(&file).fragments_lost);
}

/// Link types that are decoded, and one that is not.
const LINK_TYPES: [u16; 15] = [0, 1, 9, 12, 14, 50, 51, 101, 104, 108, 113, 204, 228, 276, 147];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn arbitrary_packets_never_panic(
        link_type in prop::sample::select(&LINK_TYPES[..]),
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 1..8),
    ) {
        let packets: Vec<Packet> =
            packets.into_iter().map(|data| Packet::new(0, data)).collect();
        let decoding = decode(&file(&Capture { link_type, packets: packets.clone() }));
        let counted: u64 = decoding.undecoded.iter().map(|(_, count)| count).sum();
        prop_assert!(counted <= packets.len() as u64);
    }

    #[test]
    fn damaged_packets_never_panic_and_give_only_bytes_of_the_file(
        link in prop::sample::select(&link::ALL[..]),
        tunnel in prop::option::of(prop::sample::select(&TUNNELS[..])),
        v6 in any::<bool>(),
        fragments in any::<bool>(),
        damage in prop::collection::vec((0_usize..200, any::<u8>()), 0..40),
        cut in 0_usize..300,
    ) {
        let mut call = Capture::signalling();
        call.packets.truncate(4);
        if v6 {
            call = to_ipv6(&call, Extensions::Options);
        }
        if fragments {
            call = fragmented(&call, 160, Arrival::Reversed);
        }
        if let Some(tunnel) = tunnel {
            call = through(&call, tunnel);
        }
        call = link::put_on(&call, link);
        for (packet, (at, byte)) in (0..call.packets.len()).cycle().zip(damage) {
            let data = &mut call.packets[packet].data;
            let at = at.min(data.len() - 1);
            data[at] = byte;
        }
        // That offsets lead to the bytes that are given is checked while decoding.
        decode(&file(&call.cut(cut)));
    }
}
