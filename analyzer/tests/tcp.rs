//! TCP: a real call's signalling, put on a connection that is then ill-treated, comes out byte by
//! byte as tshark follows it, or says what is missing.

mod rewrite;

use proptest::prelude::*;
use recscope_analyzer::capture::{LinkType, RawPacket};
use recscope_analyzer::net::{Beginning, Decoder, Direction, Payload, TcpEvent};
use recscope_core::Limits;
use rewrite::file::{Classic, Order, pcap};
use rewrite::network::{Arrival, Extensions, fragmented, to_ipv6};
use rewrite::reading::{Decoding, Event, decode};
use rewrite::tcp::{ACK, Conversation, Cut, End, PSH, RST, SYN, over_tcp, segment};
use rewrite::{Capture, Packet, public_samples, tshark};
use std::net::Ipv4Addr;

/// A cut whose sequence numbers wrap in both directions.
const CUT: Cut = Cut { segment: 300, first: (u32::MAX - 700, u32::MAX - 40) };

fn file(capture: &Capture) -> Vec<u8> {
    pcap(capture, Classic::Microseconds, Order::Little)
}

fn conversation() -> Conversation {
    over_tcp(&Capture::signalling(), CUT)
}

/// Whether a frame of a conversation carries bytes, and is sent by the opener.
fn carries(packet: &Packet) -> Option<Direction> {
    let forward = packet.data[34..36] == 5070_u16.to_be_bytes();
    let direction = if forward { Direction::Forward } else { Direction::Backward };
    (packet.data.len() > 54).then_some(direction)
}

/// Decodes, and checks that both streams are whole, for us and for tshark.
fn assert_whole(name: &str, capture: &Capture, said: &Conversation) -> Decoding {
    let file = file(capture);
    let decoding = decode(&file);
    assert_eq!(decoding.tcp_gaps, 0, "{name}");
    assert_eq!(decoding.warnings, [], "{name}");
    assert!(decoding.stream(0, Direction::Forward) == said.forward, "{name}: forward differs");
    assert!(decoding.stream(0, Direction::Backward) == said.backward, "{name}: backward differs");
    if tshark::wanted() {
        let theirs = tshark::follow_tcp(&file, 0);
        assert!(theirs == [said.forward.clone(), said.backward.clone()], "{name}: not theirs");
    }
    decoding
}

/// What happened to the connection, without the bytes.
fn lifecycle(decoding: &Decoding) -> Vec<(u32, Direction, Event)> {
    decoding
        .segments
        .iter()
        .filter(|segment| !matches!(segment.event, Event::Data(_)))
        .map(|segment| (segment.connection.0, segment.direction, segment.event.clone()))
        .collect()
}

#[test]
fn a_stream_comes_out_whole_whatever_the_segments() {
    for segment in [1460, 300, 100, 7] {
        let said = over_tcp(&Capture::signalling(), Cut { segment, ..CUT });
        let decoding = assert_whole(&format!("segments of {segment}"), &said.capture, &said);
        assert_eq!(
            lifecycle(&decoding),
            [
                (0, Direction::Forward, Event::Start(Beginning::Handshake)),
                (0, Direction::Forward, Event::Close),
                (0, Direction::Backward, Event::Close),
            ]
        );
    }
}

#[test]
fn segments_in_the_wrong_order_are_put_right() {
    let said = conversation();
    let mut swapped = said.capture.clone();
    let carrying: Vec<usize> =
        (0..swapped.packets.len()).filter(|i| carries(&swapped.packets[*i]).is_some()).collect();
    for pair in carrying.chunks_exact(2) {
        let (a, b) = (pair[0], pair[1]);
        let data = std::mem::take(&mut swapped.packets[a].data);
        swapped.packets[a].data = std::mem::replace(&mut swapped.packets[b].data, data);
        for i in pair {
            swapped.packets[*i].original_len = swapped.packets[*i].data.len();
        }
    }
    assert_whole("swapped", &swapped, &said);

    // All of one direction backwards, before the receiver says anything.
    let mut reversed = said.capture.clone();
    let (mut data, mut others): (Vec<Packet>, Vec<Packet>) =
        reversed.packets.drain(..).partition(|packet| carries(packet) == Some(Direction::Forward));
    data.reverse();
    others.splice(3..3, data);
    let start_ns = others[0].time_ns;
    for (i, packet) in (0..).zip(&mut others) {
        packet.time_ns = start_ns + i * 1000;
    }
    reversed.packets = others;
    assert_whole("reversed", &reversed, &said);
}

#[test]
fn what_is_sent_again_is_given_once() {
    let said = conversation();
    let mut again = said.capture.clone();
    again.packets = again.packets.into_iter().flat_map(|p| [p.clone(), p]).collect();
    assert_whole("each twice", &again, &said);

    let mut all_again = said.capture.clone();
    all_again.packets.extend_from_within(3..);
    assert_whole("all again after the end", &all_again, &said);
}

#[test]
fn segments_may_overlap() {
    // The same stream cut in another way, interleaved: nearly every segment overlaps others.
    let said = conversation();
    let mut both = said.capture.clone();
    let other = over_tcp(&Capture::signalling(), Cut { segment: 170, ..CUT }).capture;
    both.packets.extend(other.packets.into_iter().filter(|packet| carries(packet).is_some()));
    both.packets.sort_by_key(|packet| packet.time_ns);
    assert_whole("overlapping", &both, &said);
}

#[test]
fn a_capture_may_begin_midway() {
    let said = conversation();
    for dropped in 1..6 {
        let mut midway = said.capture.clone();
        midway.packets.drain(..dropped);
        let decoding = decode(&file(&midway));
        // From the fourth packet on the first bytes themselves are missing.
        let missing = if dropped > 3 { CUT.segment * (dropped - 2).div_euclid(2) } else { 0 };
        let forward = decoding.stream(0, Direction::Forward);
        assert!(said.forward[missing..] == forward, "{dropped} packets dropped");
        assert!(decoding.stream(0, Direction::Backward) == said.backward);
        let beginning = if dropped == 1 { Beginning::Handshake } else { Beginning::Midway };
        assert_eq!(lifecycle(&decoding)[0], (0, Direction::Forward, Event::Start(beginning)));
    }
}

#[test]
fn a_segment_that_is_lost_is_a_gap_and_the_rest_follows() {
    let said = conversation();
    let carrying: Vec<usize> = (0..said.capture.packets.len())
        .filter(|i| carries(&said.capture.packets[*i]) == Some(Direction::Forward))
        .collect();
    for lost in carrying {
        let mut holed = said.capture.clone();
        let removed = holed.packets.remove(lost);
        let decoding = decode(&file(&holed));
        let gaps: Vec<_> = decoding
            .segments
            .iter()
            .filter(|segment| matches!(segment.event, Event::Gap(_)))
            .collect();
        assert_eq!((gaps.len(), decoding.tcp_gaps), (1, 1), "packet {lost}");
        assert_eq!(gaps[0].event, Event::Gap(u32::try_from(removed.data.len() - 54).unwrap()));
        // With the missing bytes put back where the gap is, the stream is whole.
        let mut stream: Vec<u8> = Vec::new();
        for segment in decoding.segments.iter().filter(|s| s.direction == Direction::Forward) {
            match &segment.event {
                Event::Data(data) => stream.extend(data),
                Event::Gap(_) => stream.extend(&removed.data[54..]),
                _ => {}
            }
        }
        assert!(stream == said.forward, "packet {lost}");
        assert_eq!(decoding.stream(0, Direction::Backward), said.backward);
        let (_, _, last) = lifecycle(&decoding).pop().unwrap();
        assert_eq!(last, Event::Close, "packet {lost}");
    }
}

#[test]
fn a_gap_is_known_as_soon_as_the_receiver_has_what_the_capture_has_not() {
    // The lost segment is acknowledged at once; the BYE, 11 s later, must not wait for the end.
    let said = conversation();
    let mut holed = said.capture.clone();
    holed.packets.remove(3);
    let decoding = decode(&file(&holed));
    let gap = decoding.segments.iter().position(|s| matches!(s.event, Event::Gap(_))).unwrap();
    let bye = decoding
        .segments
        .iter()
        .position(|s| matches!(&s.event, Event::Data(data) if data.starts_with(b"BYE")))
        .unwrap();
    assert!(gap < bye);
}

#[test]
fn a_reset_ends_both_directions() {
    let said = conversation();
    let mut reset = said.capture.clone();
    let end = |port| End { address: Ipv4Addr::LOCALHOST, port };
    let time_ns = reset.packets[10].time_ns;
    reset.packets.truncate(10);
    let data = segment(end(5080), end(5070), RST, 0, 0, &[]);
    reset.packets.push(Packet::new(time_ns, data));
    let decoding = decode(&file(&reset));
    assert_eq!(
        lifecycle(&decoding),
        [
            (0, Direction::Forward, Event::Start(Beginning::Handshake)),
            (0, Direction::Backward, Event::Reset),
        ]
    );
    assert!(said.forward.starts_with(&decoding.stream(0, Direction::Forward)));
}

#[test]
fn ports_that_are_used_again_are_another_connection() {
    let first = conversation();
    let other = Cut { first: (77, 990_000_000), ..CUT };
    let second = over_tcp(&Capture::signalling(), other);
    for cut_short in [false, true] {
        let mut both = first.capture.clone();
        if cut_short {
            // Neither side is seen to close.
            let closing = both.packets.len() - 2;
            both.packets.truncate(closing);
        }
        let later = both.packets.last().unwrap().time_ns - both.packets[0].time_ns + 1_000_000;
        both.packets.extend(second.capture.packets.iter().cloned().map(|mut packet| {
            packet.time_ns += later;
            packet
        }));
        let decoding = assert_whole("first", &both, &first);
        assert!(decoding.stream(1, Direction::Forward) == second.forward);
        assert!(decoding.stream(1, Direction::Backward) == second.backward);
        let forgotten = lifecycle(&decoding).iter().any(|(_, _, event)| *event == Event::Forgotten);
        assert_eq!(forgotten, cut_short);
    }
}

#[test]
fn tcp_is_put_together_from_ip_fragments() {
    let said = conversation();
    assert_whole("fragments", &fragmented(&said.capture, 64, Arrival::Reversed), &said);
    let v6 = fragmented(&to_ipv6(&said.capture, Extensions::Options), 64, Arrival::InOrder);
    let decoding = decode(&file(&v6));
    assert!(decoding.stream(0, Direction::Forward) == said.forward);
}

#[test]
fn bytes_that_the_capture_cut_are_gaps() {
    let said = conversation();
    let decoding = decode(&file(&said.capture.cut(54 + 100)));
    let mut at = 0;
    for segment in decoding.segments.iter().filter(|s| s.direction == Direction::Forward) {
        match &segment.event {
            Event::Data(data) => {
                assert!(said.forward[at..].starts_with(data));
                at += data.len();
            }
            Event::Gap(bytes) => at += usize::try_from(*bytes).unwrap(),
            _ => {}
        }
    }
    assert_eq!(at, said.forward.len());
    assert!(decoding.tcp_gaps > 0);
}

#[test]
fn the_public_capture_over_tcp_is_followed_as_tshark_follows_it() {
    let Some(public) = public_samples() else { return };
    for name in ["sip-over-tcp.pcap", "aaa.pcap"] {
        let file = std::fs::read(public.join("captures").join(name)).expect("a file");
        let decoding = decode(&file);
        let connections = decoding.segments.iter().map(|s| s.connection.0 + 1).max().unwrap_or(0);
        assert!(connections > 0);
        if !tshark::wanted() {
            continue;
        }
        for connection in 0..connections {
            let ours = [Direction::Forward, Direction::Backward]
                .map(|direction| decoding.stream(connection, direction));
            assert!(ours == tshark::follow_tcp(&file, connection), "{name}: {connection}");
        }
    }
}

/// A packet of raw IPv4 in memory, for floods.
fn flood(decoder: &mut Decoder, number: u64, frame: &[u8], sink: &mut impl FnMut(TcpEvent<'_>)) {
    let data = &frame[14..];
    let packet = RawPacket {
        number,
        time_ns: i64::try_from(number).expect("fits") * 1000,
        timed: true,
        offset: number * 100,
        link_type: LinkType::RAW,
        interface: 0,
        data,
        original_len: u32::try_from(data.len()).expect("fits"),
    };
    decoder.decode(&packet, &mut |payload| {
        if let Payload::Tcp(segment) = payload {
            sink(segment.event);
        }
    });
}

fn stranger(number: u32) -> End {
    let port = u16::try_from(1024 + number % 50_000).expect("fits");
    End { address: Ipv4Addr::from(0x0a00_0000 + number / 50_000), port }
}

#[test]
fn a_million_half_open_connections_displace_no_call_and_cost_no_memory() {
    let limits = Limits::default();
    let mut decoder = Decoder::new(&limits);
    let phone = End { address: Ipv4Addr::new(192, 0, 2, 1), port: 5060 };
    let server = End { address: Ipv4Addr::new(192, 0, 2, 2), port: 5060 };
    let (mut followed, mut peak, mut heard) = (0_i64, 0, Vec::new());
    let mut number = 0;
    let mut push = |decoder: &mut Decoder, frame: &[u8]| {
        number += 1;
        flood(decoder, number, frame, &mut |event| match event {
            TcpEvent::Start(_) => followed += 1,
            TcpEvent::Forgotten => followed -= 1,
            TcpEvent::Data { bytes, .. } => heard.extend_from_slice(bytes),
            _ => {}
        });
        peak = peak.max(followed);
    };
    push(&mut decoder, &segment(phone, server, SYN, 100, 0, &[]));
    push(&mut decoder, &segment(phone, server, ACK | PSH, 101, 1, b"before"));
    // One frame, changed in place: addresses and ports lie at 26 and 34.
    let mut frame = segment(stranger(0), server, SYN, 0, 0, &[]);
    for i in 0..1_000_000 {
        let End { address, port } = stranger(i);
        frame[26..30].copy_from_slice(&address.octets());
        frame[34..36].copy_from_slice(&port.to_be_bytes());
        push(&mut decoder, &frame);
    }
    push(&mut decoder, &segment(phone, server, ACK | PSH, 107, 1, b" and after"));
    assert_eq!(heard, b"before and after");
    assert_eq!(peak, i64::from(limits.tcp_flows));
    let warnings = decoder.take_warnings();
    assert_eq!(warnings.len(), 1);
    assert_eq!(
        warnings[0].to_string(),
        "tcp: number of tcp connections followed at once is 16385, above the limit of 16384 at \
         offset 1638600"
    );
}

#[test]
fn held_segments_are_bounded_for_each_connection_and_in_all() {
    let mut limits = Limits::default();
    limits.tcp_flow_bytes = 10_000;
    limits.tcp_total_bytes = 50_000;
    let mut decoder = Decoder::new(&limits);
    let server = End { address: Ipv4Addr::new(192, 0, 2, 2), port: 5060 };
    let (mut arrived, mut given, mut peak) = (0_usize, 0, 0);
    let mut number = 0;
    for round in 0..40_u32 {
        for connection in 0..20 {
            let from = stranger(connection);
            // The first byte of each stream is missing for ever.
            let frame = match round {
                0 => segment(from, server, SYN, 0, 0, &[]),
                _ => segment(from, server, ACK, 2 + round * 500, 1, &[7; 500]),
            };
            number += 1;
            arrived += frame.len() - 54;
            flood(&mut decoder, number, &frame, &mut |event| {
                if let TcpEvent::Data { bytes, .. } = event {
                    given += bytes.len();
                }
            });
            peak = peak.max(arrived - given);
        }
    }
    decoder.finish(&mut |payload| {
        if let Payload::Tcp(segment) = payload
            && let TcpEvent::Data { bytes, .. } = segment.event
        {
            given += bytes.len();
        }
    });
    assert_eq!(given, arrived, "what had to be given up came out all the same");
    assert!(peak <= 50_000, "{peak} bytes were held");
    assert_eq!(decoder.take_warnings().len(), 1);
}

/// The bytes of a stream at their places; `None` where the capture has none.
fn placed(decoding: &Decoding, direction: Direction) -> Vec<Option<u8>> {
    let mut bytes = Vec::new();
    for segment in decoding.segments.iter().filter(|segment| segment.direction == direction) {
        match &segment.event {
            Event::Data(data) => bytes.extend(data.iter().copied().map(Some)),
            Event::Gap(len) => {
                bytes.resize(bytes.len() + usize::try_from(*len).expect("fits"), None);
            }
            _ => {}
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever a network and a capture do to segments, each byte that comes out stands at its
    /// place, and every byte of a captured segment that was sent only once comes out.
    #[test]
    fn loss_repetition_and_disorder_never_misplace_a_byte(
        segment in 20_usize..400,
        first in any::<u32>(),
        fates in prop::collection::vec((0_u8..10, 0_usize..6), 60),
    ) {
        let cut = Cut { segment, first: (first, first ^ 0x5555_5555) };
        let said = over_tcp(&Capture::signalling(), cut);
        let mut packets = Vec::new();
        let mut lost = false;
        for (i, packet) in said.capture.packets.iter().enumerate() {
            let (fate, shift) = fates[i % fates.len()];
            let place = i * 2 + if i > 3 { shift * 2 } else { 0 };
            match fate {
                0 if i > 3 && carries(packet).is_some() => lost = true,
                1 => packets.extend([(place, packet), (place + 7, packet)]),
                _ => packets.push((place, packet)),
            }
        }
        packets.sort_by_key(|(place, _)| *place);
        let mut times: Vec<i64> = packets.iter().map(|(_, packet)| packet.time_ns).collect();
        times.sort_unstable();
        let packets = packets.into_iter().zip(times);
        let packets = packets.map(|((_, packet), time_ns)| Packet::new(time_ns, packet.data.clone()));
        let decoding = decode(&file(&Capture { link_type: 1, packets: packets.collect() }));
        for (direction, sent) in
            [(Direction::Forward, &said.forward), (Direction::Backward, &said.backward)]
        {
            let placed = placed(&decoding, direction);
            prop_assert_eq!(placed.len(), sent.len());
            for (ours, sent) in placed.iter().zip(sent) {
                prop_assert!(ours.is_none_or(|ours| ours == *sent));
            }
            prop_assert!(lost || placed.iter().all(Option::is_some));
        }
    }

    #[test]
    fn arbitrary_segments_never_panic_within_narrow_limits(
        segments in prop::collection::vec(
            (0_u32..4, any::<bool>(), any::<u8>(), prop_oneof![0_u32..3000, any::<u32>()],
             any::<u32>(), 0_usize..600),
            0..80
        ),
    ) {
        let mut limits = Limits::default();
        limits.tcp_flows = 3;
        limits.tcp_flow_bytes = 2000;
        limits.tcp_total_bytes = 3000;
        let mut decoder = Decoder::new(&limits);
        let server = End { address: Ipv4Addr::new(192, 0, 2, 2), port: 5060 };
        let (mut arrived, mut given) = (0, 0);
        for (number, (from, forward, flags, sequence, acknowledged, len)) in (1..).zip(segments) {
            let (src, dst) =
                if forward { (stranger(from), server) } else { (server, stranger(from)) };
            let frame = segment(src, dst, flags, sequence, acknowledged, &vec![0; len]);
            arrived += len;
            flood(&mut decoder, number, &frame, &mut |event| {
                if let TcpEvent::Data { bytes, .. } = event {
                    given += bytes.len();
                }
            });
        }
        prop_assert!(given <= arrived);
        decoder.finish(&mut |_| {});
    }
}
