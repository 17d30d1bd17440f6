//! Jitter, what receivers report, and by whose rules streams are counted.

use crate::rewrite::file::{Classic, Order, pcap};
use crate::treatment::{
    CALLEE, CALLER, PAYLOAD, call, datagram, each_rtp, in_order, leave_out, source,
};
use crate::{analyse, kinds, only_problem, report};
use recscope_analyzer::report::ProblemKind;
use recscope_core::rtp::statistics::Rule;

#[test]
fn jitter_comes_with_its_worst_packet() {
    let mut capture = call();
    each_rtp(&mut capture, CALLER, |n, packet| {
        if (200..230).contains(&n) && n % 2 == 0 {
            packet.time_ns += 80_000_000;
        }
    });
    let report = report(&in_order(capture));
    let problem = only_problem(&report, ProblemKind::Jitter);
    assert!(matches!(problem.packets[..], [400..=480]), "{problem:?}");
}

/// The SSRC of a side's stream.
fn ssrc(of: u16) -> Vec<u8> {
    let capture = call();
    let first = capture.packets.iter().find(|packet| source(&packet.data) == of);
    first.expect("RTP").data[PAYLOAD + 8..PAYLOAD + 12].to_vec()
}

#[test]
fn what_the_receiver_reports_is_shown() {
    let mut capture = call();
    // After those that the call has, so that it has the last word.
    let time_ns = capture.packets[1100].time_ns;
    // A receiver report by the callee: 64/256 lost since the last, 100 in all, jitter 80 ticks.
    let header = [&[0x81, 201, 0, 7][..], &ssrc(CALLEE)].concat();
    let block = [&ssrc(CALLER)[..], &[64, 0, 0, 100, 0, 0, 1, 1, 0, 0, 0, 80], &[0; 8]].concat();
    // And an extended one: 5 % lost, 2.5 % discarded, 450 ms of round trip, MOS 3.1.
    let metrics = [
        &ssrc(CALLER)[..],
        &[13, 6, 0, 0],
        &[0; 4],
        &450_u16.to_be_bytes(),
        &[0; 2],
        &[127, 127, 127, 16, 70, 127, 32, 31],
        &[0; 8],
    ]
    .concat();
    let extended = [&[0x80, 207, 0, 10][..], &ssrc(CALLEE), &[7, 0, 0, 8], &metrics].concat();
    let compound = [&header[..], &block, &extended].concat();
    capture.packets.push(datagram(time_ns, CALLEE + 1, CALLER + 1, &compound));
    let report = report(&in_order(capture));
    let stream = report.streams.iter().find(|stream| stream.src.ends_with("20026")).unwrap();
    let rtcp = stream.rtcp.unwrap();
    assert_eq!((rtcp.reports, rtcp.lost), (3, 100));
    assert_eq!((rtcp.worst_loss_percent, rtcp.max_jitter_ms), (25.0, Some(10.0)));
    assert_eq!((rtcp.mos, rtcp.discarded_percent), (Some(3.1), Some(2.34)));
    assert_eq!(rtcp.round_trip_ms.map(|trip| trip.max), Some(450.0));
    let expected = [ProblemKind::PoorQuality, ProblemKind::RemoteLoss, ProblemKind::Delay];
    assert_eq!(kinds(&report), expected);
    let loss = report.problems.iter().find(|p| p.kind == ProblemKind::RemoteLoss).unwrap();
    assert!(matches!(loss.packets[..], [1101..=1103]), "{loss:?}");
}

#[test]
fn the_rules_differ_where_they_are_said_to() {
    // Every 50th packet comes after the next, the last one too; with it tshark sees a loss.
    let mut capture = call();
    leave_out(&mut capture, CALLEE, |_| true);
    each_rtp(&mut capture, CALLER, |n, packet| {
        if n % 50 == 49 || n == 549 {
            packet.time_ns += 25_000_000;
        }
    });
    let capture = in_order(capture);
    let file = pcap(&capture, Classic::Microseconds, Order::Little);
    let by = |rule| {
        let analysis = analyse(&file, rule);
        let stream = &analysis.report().streams[0];
        (stream.packets, stream.expected, stream.lost, stream.out_of_order)
    };
    assert_eq!(by(Rule::Rfc3550), (551, 551, 0, 11));
    assert_eq!(by(Rule::Tshark), (551, 550, -1, 11));
    assert_eq!(by(Rule::Reconciled), by(Rule::Tshark));
}
