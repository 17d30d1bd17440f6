//! Digits of captures whose digits are known.

use std::collections::BTreeMap;

use recscope_core::rtp::dtmf::Collector;
use recscope_core::rtp::{Packet, Ssrc};

use crate::tshark;

/// Payload type of the events, and the digits.
const KNOWN: [(&str, u8, &str); 14] = [
    ("SIP_DTMF2.cap", 96, "6789123"),
    ("ulaw-2013785496.pcap", 101, "2013785496"),
    ("dtmf_2833_0.pcap", 101, "0"),
    ("dtmf_2833_1.pcap", 101, "1"),
    ("dtmf_2833_2.pcap", 101, "2"),
    ("dtmf_2833_3.pcap", 101, "3"),
    ("dtmf_2833_4.pcap", 101, "4"),
    ("dtmf_2833_5.pcap", 101, "5"),
    ("dtmf_2833_6.pcap", 101, "6"),
    ("dtmf_2833_7.pcap", 101, "7"),
    ("dtmf_2833_8.pcap", 101, "8"),
    ("dtmf_2833_9.pcap", 101, "9"),
    ("dtmf_2833_pound.pcap", 101, "#"),
    ("dtmf_2833_star.pcap", 101, "*"),
];

#[test]
fn captured_digits_are_those_that_were_pressed() {
    if tshark::is_left_out() {
        return;
    }
    let Some(captures) = tshark::sample_captures() else { return };
    for capture in captures {
        let name = capture.file_name().unwrap_or_default();
        let Some((name, events, digits)) = KNOWN.iter().find(|known| name == known.0) else {
            continue;
        };
        let mut collectors: BTreeMap<Ssrc, Collector> = BTreeMap::new();
        for datagram in tshark::packets(&capture) {
            let packet = Packet::parse(&datagram.payload).expect("tshark took it for RTP");
            if packet.payload_type == *events {
                let collector = collectors.entry(packet.ssrc).or_default();
                collector
                    .on_packet(&packet.header(), packet.payload, |_| {})
                    .expect("events are whole");
            }
        }
        let collected: Vec<_> = collectors.values().map(Collector::digits).collect();
        assert_eq!(collected, [*digits], "{name}");
    }
}
