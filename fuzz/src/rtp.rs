//! RTP and RTCP.

use recscope_core::rtp::dtmf::Collector;
use recscope_core::rtp::rtcp::{self, Packet as Report, SenderReports};
use recscope_core::rtp::statistics::{PacketFacts, Rule, Statistics, Summary};
use recscope_core::rtp::{Header, Packet, heuristic};

/// Packets of one stream, each after a byte of its length and a byte of the time since the one
/// before (a power of two in microseconds): the fixed header is written as it was read, the
/// payload lies inside the packet, and the numbers of the stream fit together by every rule.
pub fn rtp(bytes: &[u8]) {
    let rules = [Rule::Reconciled, Rule::Tshark, Rule::Rfc3550];
    let mut statistics = rules.map(|rule| Statistics::with_rule(8000, rule));
    let mut digits = Collector::default();
    let (mut packets, mut changes) = (0, 0);
    let mut arrival_us = 0_i64;
    let mut rest = bytes;
    while let Some((&[length, step], after)) = rest.split_first_chunk() {
        let (datagram, after) = after.split_at(usize::from(length).min(after.len()));
        rest = after;
        arrival_us += 1 << (step % 34);
        let Ok(packet) = Packet::parse(datagram) else { continue };
        assert_eq!(Header::parse(&packet.header().write()), Ok(packet.header()));
        let extension = packet.extension.map_or(0, |extension| 4 + extension.data.len());
        let parts = Header::LEN + 4 * packet.csrc().len() + extension + packet.payload.len();
        assert!(parts <= datagram.len(), "{parts} of {} bytes", datagram.len());
        for statistics in &mut statistics {
            statistics.on_packet(arrival_us, &PacketFacts::of(&packet));
        }
        packets += 1;
        let event = digits.on_packet(&packet.header(), packet.payload, |_| changes += 1);
        if event.is_err() {
            assert!(packet.payload.len() < 4);
        }
    }
    let _ = heuristic::looks_like_rtp(bytes);
    assert!(digits.digits().len() <= Collector::MAX_DIGITS);
    assert!(changes <= 2 * bytes.len() / 4, "{changes} key presses in {} bytes", bytes.len());
    for statistics in &statistics {
        fits_together(packets, statistics.rule(), &statistics.summary());
        let buckets = statistics.series().buckets();
        assert_eq!(buckets.iter().map(|bucket| u64::from(bucket.packets)).sum::<u64>(), packets);
    }
}

fn fits_together(packets: u64, rule: Rule, summary: &Summary) {
    assert_eq!(summary.packets, packets);
    if rule == Rule::Rfc3550 {
        let lost = i64::try_from(summary.expected).expect("small") - packets.cast_signed();
        // Strays are among the packets, but not among those that were expected.
        assert!(summary.lost >= lost, "{summary:?}");
    }
    assert!(summary.lost_percent.is_finite());
    assert!(summary.duplicates + summary.out_of_order <= packets, "{summary:?}");
    assert!(u64::from(summary.segments) <= packets && (summary.segments > 0) == (packets > 0));
    for spread in [summary.delta_ms, summary.jitter_ms].into_iter().flatten() {
        let numbers = [spread.min, spread.mean, spread.max];
        assert!(numbers.iter().all(|number| number.is_finite()), "{spread:?}");
        if rule == Rule::Rfc3550 {
            // A mean may differ from its extremes in the last digit.
            let slack = 1e-9 * spread.max.abs().max(1.0);
            assert!(spread.min <= spread.mean + slack && spread.mean <= spread.max + slack);
        }
    }
}

/// A compound packet: what is read of it lies in it, and the walk ends.
pub fn rtcp(bytes: &[u8]) {
    let _ = rtcp::looks_like_rtcp(bytes);
    let mut reports = SenderReports::default();
    let mut packets = 0;
    for packet in rtcp::packets(bytes) {
        packets += 1;
        let packet = match packet {
            Ok(packet) => packet,
            Err(error) => {
                assert!(error.offset <= bytes.len() as u64, "{error} beyond the end");
                continue;
            }
        };
        let read = match packet {
            Report::SenderReport { ssrc, sender, reports: blocks } => {
                reports.on_sender_report(0, ssrc, &sender);
                blocks.iter().count() * 24
            }
            Report::ReceiverReport { reports: blocks, .. } => blocks.iter().count() * 24,
            Report::SourceDescription(description) => {
                description.items().map(|item| 2 + item.text.len()).sum()
            }
            Report::Bye(bye) => 4 * bye.sources().count() + bye.reason.len(),
            Report::App { data, .. } => data.len(),
            Report::Extended { blocks, .. } => 4 * blocks.iter().count(),
            Report::Other { body, .. } => body.len(),
            _ => 0,
        };
        assert!(read <= bytes.len(), "{packet:?} in {} bytes", bytes.len());
    }
    assert!(packets <= 1 + bytes.len() / 4, "{packets} packets in {} bytes", bytes.len());
}
