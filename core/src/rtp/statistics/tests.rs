use std::format;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

/// One packet every 20 ms of 8 kHz audio: arrival in µs and facts.
fn at(n: u16) -> (i64, PacketFacts) {
    let facts = PacketFacts {
        sequence: SequenceNumber(n),
        timestamp: RtpTime(u32::from(n) * 160),
        ..PacketFacts::default()
    };
    (i64::from(n) * 20_000, facts)
}

fn feed(statistics: &mut Statistics, packets: impl IntoIterator<Item = u16>) -> Vec<Order> {
    let mut clock_us = 0;
    packets
        .into_iter()
        .map(|n| {
            clock_us += 20_000;
            statistics.on_packet(clock_us, &at(n).1)
        })
        .collect()
}

#[test]
fn order_names_each_packets_place() {
    let mut statistics = Statistics::new(8000);
    let orders = feed(&mut statistics, [7, 8, 11, 9, 9, 12, 6]);
    assert_eq!(
        orders,
        [
            Order::First,
            Order::Next,
            Order::Gap { missing: 2 },
            Order::Late,
            Order::Duplicate,
            Order::Next,
            Order::Late,
        ]
    );
    let summary = statistics.summary();
    assert_eq!((summary.packets, summary.duplicates, summary.out_of_order), (7, 1, 2));
    assert_eq!(summary.gaps, 1);
}

#[test]
fn rfc_3550_spans_from_lowest_to_highest_across_the_wrap() {
    let mut statistics = Statistics::with_rule(8000, Rule::Rfc3550);
    for (arrival, n) in (0..).step_by(20_000).zip([65_533u16, 65_535, 0, 2, 1]) {
        let facts = PacketFacts {
            sequence: SequenceNumber(n),
            timestamp: RtpTime(u32::from(n.wrapping_sub(65_533)) * 160),
            ..PacketFacts::default()
        };
        statistics.on_packet(arrival, &facts);
    }
    let summary = statistics.summary();
    assert_eq!((summary.expected, summary.lost, summary.segments), (6, 1, 1));
}

#[test]
fn a_late_packet_from_before_number_zero_is_within_the_span() {
    let mut statistics = Statistics::with_rule(8000, Rule::Rfc3550);
    assert_eq!(feed(&mut statistics, [0, 65535, 1]), [Order::First, Order::Late, Order::Next]);
    assert_eq!(statistics.summary().expected, 3);
}

#[test]
fn a_sequence_restart_opens_a_segment_and_loses_nothing() {
    let mut statistics = Statistics::with_rule(8000, Rule::Rfc3550);
    let orders = feed(&mut statistics, (0..10).chain(40_000..40_010));
    assert_eq!(orders.get(10), Some(&Order::Stray));
    let restart = Order::Segment { cause: SegmentCause::Sequence, missing: 0 };
    assert_eq!(orders.get(11), Some(&restart));
    let summary = statistics.summary();
    assert_eq!((summary.segments, summary.expected, summary.lost), (2, 20, 0));
}

#[test]
fn a_restart_is_loss_and_jitter_to_tshark_alone() {
    for (rule, expected, is_jittery) in
        [(Rule::Tshark, 20_010, true), (Rule::Reconciled, 20, false), (Rule::Rfc3550, 20, false)]
    {
        let mut statistics = Statistics::with_rule(8000, rule);
        feed(&mut statistics, (0..10).chain(20_000..20_010));
        let summary = statistics.summary();
        assert_eq!(summary.expected, expected, "{rule:?}");
        let jitter = summary.jitter_ms.map(|jitter| jitter.max);
        assert_eq!(jitter.is_some_and(|jitter| jitter > 0.1), is_jittery, "{rule:?}: {jitter:?}");
    }
}

#[test]
fn a_lone_stray_neither_restarts_nor_counts_as_found() {
    let mut statistics = Statistics::with_rule(8000, Rule::Rfc3550);
    feed(&mut statistics, (0..10).chain([30_000]).chain(10..20));
    let summary = statistics.summary();
    assert_eq!((summary.packets, summary.expected, summary.lost), (21, 20, 0));
    assert_eq!(summary.segments, 1);
}

#[test]
fn a_pause_and_a_timestamp_jump_open_segments() {
    for rule in [Rule::Tshark, Rule::Rfc3550] {
        let mut statistics = Statistics::with_rule(8000, rule);
        statistics.on_packet(0, &at(0).1);
        let after_pause = statistics.on_packet(5_000_000, &at(1).1);
        assert_eq!(after_pause, Order::Segment { cause: SegmentCause::Pause, missing: 0 });
        let mut jumped = at(3).1;
        jumped.timestamp = RtpTime(4_000_000_000);
        let after_jump = statistics.on_packet(5_020_000, &jumped);
        assert_eq!(after_jump, Order::Segment { cause: SegmentCause::Timestamp, missing: 1 });
        assert_eq!(statistics.summary().segments, 3);
    }
}

#[test]
fn reordering_around_a_wrap_is_no_loss_but_to_tshark() {
    for (rule, expected, lost) in [
        (Rule::Reconciled, 200, 0),
        (Rule::Tshark, 200 + (1 << 16), 1 << 16),
        (Rule::Rfc3550, 200, 0),
    ] {
        let mut statistics = Statistics::with_rule(8000, rule);
        let mut order: Vec<u16> = (0..200).collect();
        // The first number of the new cycle overtakes the last two of the old one.
        order.swap(100, 98);
        for (n, step) in (0i64..).zip(order) {
            let facts = PacketFacts {
                sequence: SequenceNumber(65_436u16.wrapping_add(step)),
                timestamp: RtpTime(u32::from(step) * 160),
                ..PacketFacts::default()
            };
            statistics.on_packet(n * 20_000, &facts);
        }
        let summary = statistics.summary();
        assert_eq!((summary.expected, summary.lost), (expected, lost), "{rule:?}");
    }
}

#[test]
fn even_arrivals_have_no_jitter_and_a_late_one_has_a_sixteenth() {
    let mut statistics = Statistics::with_rule(8000, Rule::Rfc3550);
    for n in 0..3 {
        let (arrival, facts) = at(n);
        statistics.on_packet(arrival, &facts);
    }
    let (arrival, facts) = at(3);
    statistics.on_packet(arrival + 16_000, &facts);
    let jitter = statistics.summary().jitter_ms.unwrap();
    assert_eq!((jitter.min, jitter.max), (0.0, 1.0));
    let delta = statistics.summary().delta_ms.unwrap();
    assert_eq!((delta.min, delta.mean, delta.max), (20.0, 76.0 / 3.0, 36.0));
}

#[test]
fn events_and_comfort_noise_leave_the_jitter_alone() {
    for role in [Role::Event, Role::ComfortNoise] {
        let mut statistics = Statistics::with_rule(8000, Rule::Rfc3550);
        for n in 0..20 {
            let (arrival, mut facts) = at(n);
            if (5..15).contains(&n) {
                facts.role = role;
                facts.timestamp = RtpTime(800);
            }
            statistics.on_packet(arrival, &facts);
        }
        assert_eq!(statistics.summary().jitter_ms.map(|jitter| jitter.max), Some(0.0));
    }
}

#[test]
fn an_unknown_clock_gives_deltas_but_no_jitter() {
    for rule in [Rule::Tshark, Rule::Rfc3550] {
        let mut statistics = Statistics::with_rule(0, rule);
        feed(&mut statistics, 0..5);
        assert_eq!(statistics.summary().jitter_ms, None);
        assert_eq!(statistics.summary().delta_ms.map(|delta| delta.mean), Some(20.0));
    }
}

#[test]
fn buckets_hold_packets_and_net_losses_second_by_second() {
    let mut statistics = Statistics::new(8000);
    for n in (0..100).filter(|n| ![10, 60, 61].contains(n)) {
        let (arrival, facts) = at(n);
        statistics.on_packet(arrival, &facts);
    }
    statistics.on_packet(1_990_000, &at(60).1);
    let series = statistics.series();
    assert_eq!(series.width_s(), 1);
    let counts: Vec<_> = series.buckets().iter().map(|b| (b.packets, b.lost)).collect();
    assert_eq!(counts, [(49, 1), (49, 1)]);
}

#[test]
fn a_long_stream_coarsens_its_buckets_and_loses_no_count() {
    let mut statistics = Statistics::new(8000);
    for n in 0..10_000u32 {
        let facts = PacketFacts {
            #[allow(clippy::cast_possible_truncation, reason = "sequence numbers wrap")]
            sequence: SequenceNumber(n as u16),
            timestamp: RtpTime(n * 8000),
            ..PacketFacts::default()
        };
        statistics.on_packet(i64::from(n) * 1_000_000, &facts);
    }
    let series = statistics.series();
    assert_eq!(series.width_s(), 16);
    assert_eq!(series.buckets().len(), 625);
    assert!(series.buckets().iter().all(|bucket| bucket.packets == 16));
}

/// A packet of a stream that is orderly but for now and then: how it differs from the one before,
/// in numbers, µs and ticks, and what it is.
fn step() -> impl Strategy<Value = (u16, i64, u32, Role, bool)> {
    let usual = || (19_000_i64..21_000).prop_map(|us| (1, us, 160, Role::Media, false));
    let odd = (
        prop_oneof![Just(1_u16), Just(0), Just(3), Just(u16::MAX), any::<u16>()],
        prop_oneof![Just(20_000_i64), Just(0), Just(-20_000), Just(6_000_000), any::<i64>()],
        prop_oneof![
            Just(160_u32),
            Just(0),
            Just(320),
            Just(u32::MAX - 159),
            Just(80_000),
            any::<u32>()
        ],
        prop::sample::select(vec![Role::Media, Role::Media, Role::Event, Role::ComfortNoise]),
        any::<bool>(),
    );
    prop_oneof![30 => usual(), 1 => odd]
}

proptest! {
    #[test]
    fn a_run_comes_to_what_its_packets_come_to_one_by_one(
        first: u16,
        timestamp: u32,
        steps in prop::collection::vec(step(), 0..400),
        clock in prop::sample::select(std::vec![0_u32, 999, 8000, 44_100, 48_000]),
        rule in prop::sample::select(std::vec![Rule::Reconciled, Rule::Tshark, Rule::Rfc3550]),
        has_series: bool,
        most in 1_usize..100,
    ) {
        let mut packets = vec![(0_i64, PacketFacts {
            sequence: SequenceNumber(first),
            timestamp: RtpTime(timestamp),
            ..PacketFacts::default()
        })];
        for (numbers, us, ticks, role, marker) in steps {
            let (arrival_us, last) = packets.last().copied().unwrap();
            let sequence = SequenceNumber(last.sequence.0.wrapping_add(numbers));
            let timestamp = RtpTime(last.timestamp.0.wrapping_add(ticks));
            let facts = PacketFacts { sequence, timestamp, marker, role };
            packets.push((arrival_us.wrapping_add(us), facts));
        }
        let mut one_by_one = Statistics::with_rule(clock, rule);
        one_by_one.has_series = has_series;
        let mut in_runs = one_by_one.clone();
        let mut rest = packets.as_slice();
        while let Some(((arrival_us, facts), later)) = rest.split_first() {
            prop_assert_eq!(
                in_runs.on_packet(*arrival_us, facts),
                one_by_one.on_packet(*arrival_us, facts)
            );
            let is_plain = |facts: &PacketFacts| facts.role == Role::Media && !facts.marker;
            let plain = later.iter().take(most).take_while(|(_, facts)| is_plain(facts));
            let run = in_runs.on_run(plain.map(|&(arrival_us, facts)| MediaPacket {
                arrival_us,
                sequence: facts.sequence,
                timestamp: facts.timestamp,
            }));
            let (taken, untaken) = later.split_at(run.packets);
            let mut peak = (0.0, 0);
            for (at, (arrival_us, facts)) in taken.iter().enumerate() {
                prop_assert_eq!(one_by_one.on_packet(*arrival_us, facts), Order::Next);
                if let Some(jitter_ms) = one_by_one.jitter_ms().filter(|ms| *ms > peak.0) {
                    peak = (jitter_ms, at);
                }
            }
            prop_assert_eq!((run.peak_ms, run.peak_at), peak);
            // All of the state, which every later packet's rests on.
            prop_assert_eq!(format!("{in_runs:?}"), format!("{one_by_one:?}"));
            rest = untaken;
        }
    }

    #[test]
    fn any_packets_in_any_order_keep_the_books_balanced(
        packets in prop::collection::vec((any::<i64>(), any::<u16>(), any::<u32>(), 0u8..8), 0..200),
        clock in prop::sample::select(std::vec![0u32, 1, 8000, 48_000]),
        tshark: bool,
    ) {
        let rule = if tshark { Rule::Tshark } else { Rule::Rfc3550 };
        let mut statistics = Statistics::with_rule(clock, rule);
        for &(arrival, sequence, timestamp, kind) in &packets {
            let facts = PacketFacts {
                // Small steps, so that every branch is met.
                sequence: SequenceNumber(if kind < 6 { sequence % 64 } else { sequence }),
                timestamp: RtpTime(timestamp),
                marker: kind == 1,
                role: match kind {
                    2 => Role::Event,
                    3 => Role::ComfortNoise,
                    _ => Role::Media,
                },
            };
            statistics.on_packet(arrival, &facts);
        }
        let summary = statistics.summary();
        prop_assert_eq!(summary.packets, packets.len() as u64);
        let buckets = statistics.series().buckets();
        prop_assert!(buckets.len() <= Series::MAX_BUCKETS);
        prop_assert_eq!(
            buckets.iter().map(|bucket| u64::from(bucket.packets)).sum::<u64>(),
            summary.packets
        );
        if !tshark {
            // Distinct packets never outnumber the span that holds them.
            prop_assert!(summary.lost + summary.duplicates.cast_signed() >= 0);
        }
    }
}

#[test]
fn an_orderly_stream_is_nearly_all_runs() {
    let mut statistics = Statistics::new(8000);
    let packets = (0..3000).map(at).map(|(arrival_us, facts)| MediaPacket {
        arrival_us,
        sequence: facts.sequence,
        timestamp: facts.timestamp,
    });
    let mut in_runs = 0;
    let mut rest = packets.collect::<Vec<_>>();
    while !rest.is_empty() {
        let MediaPacket { arrival_us, sequence, timestamp } = rest.remove(0);
        let facts = PacketFacts { sequence, timestamp, ..PacketFacts::default() };
        statistics.on_packet(arrival_us, &facts);
        let run = statistics.on_run(rest.iter().copied());
        in_runs += run.packets;
        rest.drain(..run.packets);
    }
    assert_eq!(statistics.summary().packets, 3000);
    // One in fifty begins a second.
    assert_eq!(in_runs, 2940);
}
