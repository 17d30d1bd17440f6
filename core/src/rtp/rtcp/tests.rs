use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::rtp::RtpTime;

/// A packet with its length field set, `body` being whole words.
fn packet(count: u8, packet_type: u8, body: &[u8]) -> Vec<u8> {
    assert_eq!(body.len() % 4, 0);
    let words = u16::try_from(body.len() / 4).unwrap().to_be_bytes();
    [&[0x80 | count, packet_type], &words[..], body].concat()
}

const BLOCK: [u8; 24] = [
    0, 0, 0, 9, 64, 0xFF, 0xFF, 0xFE, 0, 1, 0, 5, 0, 0, 0, 80, 0x12, 0x34, 0x56, 0x78, 0, 1, 0x80,
    0,
];

fn sender_report() -> Vec<u8> {
    let sender = [0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 0, 160, 0, 0, 0, 50, 0, 0, 31, 64];
    packet(1, 200, &[&[0, 0, 0, 7], &sender[..], &BLOCK].concat())
}

#[test]
fn a_compound_packet_gives_each_of_its_packets() {
    let items = [0, 0, 0, 7, 1, 3, b'a', b'@', b'b', 6, 2, b'p', b'h', 0, 0, 0];
    let compound = [
        sender_report(),
        packet(1, 202, &items),
        packet(1, 203, &[0, 0, 0, 7, 3, b'e', b'n', b'd']),
        packet(2, 204, b"\0\0\0\x07namedata"),
        packet(0, 206, &[1, 2, 3, 4]),
    ]
    .concat();
    let read: Vec<_> = packets(&compound).collect::<Result<_, _>>().unwrap();
    let [sender, sdes, bye, app, other] = read[..] else { panic!("{read:?}") };

    let Packet::SenderReport { ssrc, sender, reports } = sender else { panic!("{sender:?}") };
    assert_eq!(ssrc, Ssrc(7));
    let expected =
        SenderInfo { ntp: 0x1234_5678_0000, timestamp: RtpTime(160), packets: 50, octets: 8000 };
    assert_eq!(sender, expected);
    let blocks: Vec<_> = reports.iter().collect();
    let expected = ReportBlock {
        ssrc: Ssrc(9),
        fraction_lost: 64,
        cumulative_lost: -2,
        highest_sequence: 0x1_0005,
        jitter: 80,
        last_sender_report: NtpShort(0x1234_5678),
        delay_since_last: NtpShort(0x1_8000),
    };
    assert_eq!(blocks, [expected]);

    let Packet::SourceDescription(sdes) = sdes else { panic!("{sdes:?}") };
    let items: Vec<_> = sdes.items().map(|item| (item.ssrc, item.kind, item.text)).collect();
    assert_eq!(items, [(Ssrc(7), 1, &b"a@b"[..]), (Ssrc(7), 6, &b"ph"[..])]);

    let Packet::Bye(bye) = bye else { panic!("{bye:?}") };
    assert_eq!(
        (bye.sources().collect::<Vec<_>>(), bye.reason),
        (Vec::from([Ssrc(7)]), &b"end"[..])
    );
    assert_eq!(app, Packet::App { ssrc: Ssrc(7), subtype: 2, name: *b"name", data: b"data" });
    assert_eq!(other, Packet::Other { packet_type: 206, body: &[1, 2, 3, 4] });
}

#[test]
fn chunks_of_several_sources_are_kept_apart() {
    let chunks = [
        0, 0, 0, 1, 1, 1, b'x', 0, // Ends with one null.
        0, 0, 0, 2, 1, 2, b'y', b'z', 0, 0, 0, 0, // Ends with four.
        0, 0, 0, 3, 1, 0, 0, 0,
    ];
    let bytes = packet(3, 202, &chunks);
    let Some(Ok(Packet::SourceDescription(sdes))) = packets(&bytes).next() else { panic!() };
    let items: Vec<_> = sdes.items().map(|item| (item.ssrc.0, item.text)).collect();
    assert_eq!(items, [(1, &b"x"[..]), (2, &b"yz"[..]), (3, &b""[..])]);
}

#[test]
fn voip_metrics_give_loss_scores_and_round_trip() {
    let metrics = [
        0, 0, 0, 9, 64, 32, 128, 0, 0, 200, 3, 232, 0, 50, 0, 40, 0xE2, 127, 127, 16, 80, 127, 41,
        127, 0xB0, 0, 0, 60, 0, 80, 0, 120,
    ];
    let body = [&[0, 0, 0, 7, 7, 0, 0, 8][..], &metrics].concat();
    let bytes = packet(0, 207, &body);
    let Some(Ok(Packet::Extended { ssrc, blocks })) = packets(&bytes).next() else { panic!() };
    assert_eq!(ssrc, Ssrc(7));
    let blocks: Vec<_> = blocks.iter().collect();
    let [Block::Voip(metrics)] = blocks[..] else { panic!("{blocks:?}") };
    assert_eq!(metrics.ssrc, Ssrc(9));
    assert_eq!((metrics.loss_percent, metrics.discard_percent), (25.0, 12.5));
    assert_eq!((metrics.burst_duration_ms, metrics.gap_duration_ms), (200, 1000));
    assert_eq!((metrics.round_trip_ms, metrics.end_system_delay_ms), (50, 40));
    assert_eq!((metrics.signal_level, metrics.noise_level), (Some(-30), None));
    assert_eq!((metrics.r_factor, metrics.external_r_factor), (Some(80), None));
    assert_eq!((metrics.mos_listening, metrics.mos_conversational), (Some(4.1), None));
    assert_eq!((metrics.jitter_buffer_nominal_ms, metrics.jitter_buffer_limit_ms), (60, 120));
}

#[test]
fn other_blocks_of_an_extended_report_are_walked() {
    let body = [
        0, 0, 0, 7, // Sender.
        4, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, // Reference time.
        5, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0,
        6, // DLRR.
        42, 0, 0, 1, 1, 2, 3, 4, // Not known.
        7, 0, 0, 8, 0, 0, 0, 0, // Cut.
    ];
    let bytes = packet(0, 207, &body);
    let Some(Ok(Packet::Extended { blocks, .. })) = packets(&bytes).next() else { panic!() };
    let answer = |ssrc, last, delay| Block::LastReceiverReport {
        ssrc: Ssrc(ssrc),
        last: NtpShort(last),
        delay: NtpShort(delay),
    };
    assert_eq!(
        blocks.iter().collect::<Vec<_>>(),
        [
            Block::ReferenceTime { ntp: 0x1_0000_0002 },
            answer(1, 2, 3),
            answer(4, 5, 6),
            Block::Other { block_type: 42, body: &[1, 2, 3, 4] },
        ]
    );
}

#[test]
fn padding_is_taken_off_unless_its_count_is_senseless() {
    for (count, len) in [(4, 4), (200, 8)] {
        let mut bytes = packet(0, 206, &[1, 2, 3, 4, 0, 0, 0, count]);
        bytes[0] |= 0x20;
        let Some(Ok(Packet::Other { body, .. })) = packets(&bytes).next() else { panic!() };
        assert_eq!(body.len(), len);
    }
}

#[test]
fn a_cut_packet_is_named_after_the_whole_ones() {
    let whole = sender_report();
    let compound = [&whole[..], &sender_report()[..40]].concat();
    let read: Vec<_> = packets(&compound).collect();
    assert_eq!(read.len(), 2);
    assert!(read[0].is_ok());
    let error = read[1].as_ref().unwrap_err();
    assert_eq!((error.layer, error.offset), (Layer::Rtcp, whole.len() as u64));
    assert_eq!(
        error.kind,
        ErrorKind::Truncated { what: "RTCP packet", needed: whole.len() as u64, found: 40 }
    );
}

#[test]
fn counts_beyond_the_packet_are_refused() {
    for (count, packet_type, what) in
        [(2, 200, "report blocks"), (1, 201, "report blocks"), (9, 203, "sources of a BYE")]
    {
        let mut body = sender_report().split_off(4);
        if packet_type != 200 {
            body.truncate(4);
        }
        let bytes = packet(count, packet_type, &body);
        let error = packets(&bytes).next().unwrap().unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::Truncated { what: found, .. } if found == what),
            "{error}"
        );
    }
}

#[test]
fn a_trailer_of_encryption_ends_the_walk() {
    let protected = [&sender_report()[..], &[0x00, 0, 0, 1, 0xAA, 0xBB]].concat();
    assert_eq!(packets(&protected).count(), 1);
}

#[test]
fn rtcp_is_told_from_rtp_on_one_port() {
    let cases: [(&[u8], bool); 6] = [
        (&sender_report(), true),
        (&packet(0, 207, &[0; 4]), true),
        (&[0x80, 0x80 | 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], false),
        (&[0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], false),
        (&[0x80, 200, 0, 6, 0, 0, 0, 7], false),
        (&[0x80, 200], false),
    ];
    for (bytes, expected) in cases {
        assert_eq!(looks_like_rtcp(bytes), expected, "{bytes:?}");
    }
}

#[test]
fn the_round_trip_is_what_the_receivers_delay_leaves() {
    // The example of RFC 3550 6.4.1: A = b710:8000, LSR = b705:2000, DLSR = 5.25 s.
    let block = ReportBlock {
        last_sender_report: NtpShort(0xB705_2000),
        delay_since_last: NtpShort(0x0005_4000),
        ..ReportBlock::default()
    };
    let round_trip = block.round_trip(NtpShort(0xB710_8000)).unwrap();
    assert_eq!((round_trip, round_trip.micros()), (NtpShort(0x0006_2000), 6_125_000));
    assert_eq!(block.round_trip(NtpShort(0xB705_2001)), None);
    assert_eq!(ReportBlock::default().round_trip(NtpShort(5)), None);
}

#[test]
fn a_captured_sender_report_and_its_quotation_give_a_round_trip() {
    let sender = SenderInfo { ntp: 0x1234_5678_0000, ..SenderInfo::default() };
    let block = ReportBlock::read(BLOCK.as_chunks().0.first_chunk().unwrap());
    let mut seen = SenderReports::default();
    assert_eq!(seen.round_trip_us(1_600_000, &block), None);
    seen.on_sender_report(0, Ssrc(9), &sender);
    // The receiver sat on it for 1.5 s.
    assert_eq!(seen.round_trip_us(1_600_000, &block), Some(100_000));
    assert_eq!(seen.round_trip_us(1_499_000, &block), Some(-1000));
    for n in 0..SenderReports::KEPT {
        let later = SenderInfo { ntp: (n as u64 + 1) << 32, ..sender };
        seen.on_sender_report(10, Ssrc(9), &later);
    }
    assert_eq!(seen.round_trip_us(1_600_000, &block), None);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_the_walk_ends(
        mut bytes in prop::collection::vec(any::<u8>(), 0..300),
        packet_type in 199u8..209,
        words in 0u8..80,
    ) {
        // Make it a packet often enough to get inside.
        if let [flags, kind, high, low, ..] = &mut bytes[..] {
            (*flags, *kind, *high, *low) = (0x80 | *flags & 0x3F, packet_type, 0, words);
        }
        let _ = looks_like_rtcp(&bytes);
        let mut parts = 0;
        for read in packets(&bytes) {
            match read {
                Ok(Packet::SenderReport { reports, .. } | Packet::ReceiverReport { reports, .. }) => {
                    parts += reports.iter().count();
                }
                Ok(Packet::SourceDescription(sdes)) => parts += sdes.items().count(),
                Ok(Packet::Bye(bye)) => parts += bye.sources().len(),
                Ok(Packet::Extended { blocks, .. }) => parts += blocks.iter().count(),
                Ok(_) | Err(_) => parts += 1,
            }
        }
        prop_assert!(parts <= bytes.len());
    }
}
