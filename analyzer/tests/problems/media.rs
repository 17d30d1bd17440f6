//! Sound that is overdriven, clocks that run fast, streams that begin anew.

use crate::treatment::{
    AUDIO, CALLEE, CALLER, add, call, each_rtp, in_order, leave_out, prolonged,
};
use crate::{kinds, only_problem, report};
use recscope_analyzer::report::ProblemKind;
use recscope_core::codec::g711::{ulaw_from_linear, ulaw_to_linear};

#[test]
fn an_overdriven_side_is_clipped() {
    let mut capture = call();
    each_rtp(&mut capture, CALLER, |_, packet| {
        for code in &mut packet.data[AUDIO..] {
            *code = ulaw_from_linear(ulaw_to_linear(*code).saturating_mul(16));
        }
    });
    let report = report(&capture);
    let problem = only_problem(&report, ProblemKind::Clipping);
    assert!(!problem.packets.is_empty());
    assert!(problem.from.unwrap() < problem.to.unwrap());
}

#[test]
fn a_sender_whose_clock_is_fast_is_found_through_jitter() {
    for (ppm, word) in [(400, "fast"), (-600, "slow")] {
        let mut capture = prolonged(4);
        let start = capture.packets[0].time_ns;
        each_rtp(&mut capture, CALLEE, |n, packet| {
            let elapsed = packet.time_ns - start;
            let jitter_ns = i64::try_from(n * 7919 % 11).unwrap() * 1_000_000;
            packet.time_ns += jitter_ns - elapsed * ppm / 1_000_000;
        });
        let report = report(&in_order(capture));
        let problem = only_problem(&report, ProblemKind::ClockSkew);
        assert!(problem.text.contains(word), "{}", problem.text);
        let measured = report.streams[problem.stream.unwrap()].skew_ppm.unwrap();
        assert!((measured - f64::from(i32::try_from(ppm).unwrap())).abs() < 60.0, "{measured}");
    }
}

#[test]
fn a_change_of_ssrc_is_seen_as_one() {
    let mut capture = call();
    each_rtp(&mut capture, CALLER, |n, packet| {
        if n >= 250 {
            add(packet, 8, 4, 77);
        }
    });
    let report = report(&capture);
    assert_eq!(report.streams.len(), 3);
    let problem = only_problem(&report, ProblemKind::SsrcChange);
    assert_eq!(problem.text, "stream 2 goes on from stream 1 under another SSRC");
    assert_eq!(problem.packets.len(), 1);
}

#[test]
fn a_restart_is_a_segment_and_no_loss() {
    let mut capture = call();
    each_rtp(&mut capture, CALLER, |n, packet| {
        if n >= 250 {
            add(packet, 2, 2, 30_000);
            add(packet, 4, 4, 1_000_000_000);
        }
    });
    let report = report(&capture);
    let problem = only_problem(&report, ProblemKind::Restart);
    let stream = &report.streams[problem.stream.unwrap()];
    assert_eq!((stream.segments, stream.packets), (2, 551));
}

#[test]
fn a_wrap_is_nothing_to_speak_of() {
    let mut capture = call();
    let first = capture.packets.iter().find(|p| crate::treatment::source(&p.data) == CALLER);
    let at = |from: usize| {
        u32::from(u16::from_be_bytes([first.unwrap().data[from], first.unwrap().data[from + 1]]))
    };
    let (sequence, timestamp) = (at(44), at(46) << 16 | at(48));
    let (to_sequence, to_timestamp) =
        (65_536 - 200 - sequence, (160_u32 * 300).wrapping_neg().wrapping_sub(timestamp));
    each_rtp(&mut capture, CALLER, |_, packet| {
        add(packet, 2, 2, to_sequence);
        add(packet, 4, 4, to_timestamp);
    });
    let report = report(&capture);
    assert_eq!(report.problems, []);
    assert!(report.streams.iter().all(|s| (s.expected, s.lost, s.segments) == (551, 0, 1)));
}

#[test]
fn a_pause_begins_a_segment() {
    let mut capture = call();
    for side in [CALLER, CALLEE] {
        each_rtp(&mut capture, side, |n, packet| {
            if n >= 250 {
                packet.time_ns += 8_000_000_000;
                add(packet, 4, 4, 64_000);
            }
        });
    }
    let report = report(&in_order(capture));
    assert_eq!(kinds(&report), [ProblemKind::Pause; 2]);
    assert!(report.streams.iter().all(|stream| (stream.segments, stream.lost) == (2, 0)));
}

#[test]
fn comfort_noise_is_counted_and_no_problem() {
    let mut capture = call();
    each_rtp(&mut capture, CALLER, |n, packet| {
        if n % 10 == 9 {
            packet.data[43] = 13;
        }
    });
    let report = report(&capture);
    assert_eq!(report.problems, []);
    let counted: Vec<u64> = report.streams.iter().map(|stream| stream.comfort_noise).collect();
    assert!(counted.contains(&55) && counted.contains(&0), "{counted:?}");
}

#[test]
fn duplicates_are_no_loss() {
    let mut capture = call();
    let twice: Vec<_> = capture
        .packets
        .iter()
        .filter(|packet| crate::treatment::source(&packet.data) == CALLER)
        .step_by(50)
        .map(|packet| {
            let mut packet = packet.clone();
            packet.time_ns += 1_000_000;
            packet
        })
        .collect();
    capture.packets.extend(twice);
    let report = report(&in_order(capture));
    let problem = only_problem(&report, ProblemKind::Duplicates);
    let stream = &report.streams[problem.stream.unwrap()];
    assert_eq!((stream.duplicates, stream.lost), (12, -12));
    assert_eq!(problem.packets.len(), 8);
}

#[test]
fn losses_come_with_the_packets_after_them() {
    let mut capture = call();
    leave_out(&mut capture, CALLEE, |n| n % 25 == 20);
    let report = report(&capture);
    let problem = only_problem(&report, ProblemKind::Loss);
    assert!(problem.text.contains("lost 22 of 551 packets (4.0 %)"), "{}", problem.text);
    assert_eq!(problem.packets.len(), 8);
}
