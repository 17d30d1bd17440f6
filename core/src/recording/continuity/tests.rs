use super::*;
use crate::rtp::{RtpTime, SequenceNumber, Ssrc};
use std::format;
use std::string::String;

fn rtp(sequence: u16, timestamp: u32) -> rtp::Header {
    rtp::Header {
        sequence: SequenceNumber(sequence),
        timestamp: RtpTime(timestamp),
        ssrc: Ssrc(7),
        ..rtp::Header::default()
    }
}

/// Runs blocks of 160 units, given as steps from the first sequence number and timestamp.
fn track(first: (u16, u32), steps: &[(i32, i64)]) -> Tracker {
    let mut tracker = Tracker::new(160, 8000, 100);
    for (index, &(sequence, ticks)) in steps.iter().enumerate() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they wrap")]
        let header = rtp(first.0.wrapping_add(sequence as u16), first.1.wrapping_add(ticks as u32));
        tracker.accept(Some(header), 76 + 172 * index as u64);
    }
    tracker
}

/// Gaps as `L<blocks>@<position>+<ticks>` and `P@<position>+<ticks>`.
fn gaps(tracker: &Tracker) -> String {
    let shown = tracker.gaps.iter().map(|gap| {
        let kind = match gap.kind {
            GapKind::Lost { blocks } => format!("L{blocks}"),
            GapKind::Pause => String::from("P"),
        };
        format!("{kind}@{}+{}", gap.position, gap.ticks)
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// Every case also at the point where sequence numbers and timestamps wrap.
#[test]
fn numbers_tell_loss_pauses_and_disorder_apart() {
    type Case<'a> = (&'a str, &'a [(i32, i64)], &'a str, [u64; 4], u64);
    let cases: [Case<'_>; 13] = [
        ("in order", &[(0, 0), (1, 160), (2, 320)], "", [0, 0, 0, 0], 480),
        ("three lost", &[(0, 0), (4, 640)], "L3@160+480", [3, 0, 0, 0], 800),
        ("paused", &[(0, 0), (1, 1160)], "P@160+1000", [0, 0, 0, 0], 1320),
        ("lost, paused", &[(0, 0), (3, 1480)], "L2@160+320 P@480+1000", [2, 0, 0, 0], 1640),
        ("swapped", &[(0, 0), (2, 320), (1, 160), (3, 480)], "", [0, 1, 0, 0], 640),
        ("late at a gap's start", &[(0, 0), (4, 640), (1, 160)], "L2@320+320", [2, 1, 0, 0], 800),
        ("late at a gap's end", &[(0, 0), (4, 640), (3, 480)], "L2@160+320", [2, 1, 0, 0], 800),
        (
            "late within a gap",
            &[(0, 0), (4, 640), (2, 320)],
            "L1@160+160 L1@480+160",
            [2, 1, 0, 0],
            800,
        ),
        ("late before the first", &[(0, 0), (-1, -160), (1, 160)], "", [0, 1, 0, 0], 320),
        ("twice", &[(0, 0), (1, 160), (1, 160), (0, 0)], "", [0, 0, 2, 0], 320),
        ("restarted", &[(0, 0), (9000, 0), (9001, 160)], "", [0, 0, 0, 1], 480),
        ("stepped back in time", &[(0, 0), (1, -50_000)], "", [0, 0, 0, 1], 320),
        // A long loss is one if the timestamps say so too.
        ("a minute lost", &[(0, 0), (4000, 640_000)], "L3999@160+639840", [3999, 0, 0, 0], 640_160),
    ];
    for first in [(10, 1000), (0xFFFF, 0xFFFF_FFFF), (0xFFFE, 0xFFFF_FF00)] {
        for (name, steps, expected, counts, end) in cases {
            let tracker = track(first, steps);
            let Tracker { lost, late, duplicates, restarts, .. } = tracker;
            assert_eq!(gaps(&tracker), expected, "{name} from {first:?}");
            assert_eq!([lost, late, duplicates, restarts], counts, "{name} from {first:?}");
            assert_eq!(tracker.end(), end, "{name} from {first:?}");
        }
    }
}

#[test]
fn another_source_is_a_restart_that_goes_on_in_time() {
    let mut tracker = Tracker::new(160, 8000, 100);
    tracker.accept(Some(rtp(1, 0)), 76);
    let other = rtp::Header { ssrc: Ssrc(8), ..rtp(500, 99_999) };
    assert_eq!(tracker.accept(Some(other), 248), (Continuity::Restart, 160));
    assert_eq!((tracker.lost, tracker.restarts, tracker.end()), (0, 1, 320));
}

#[test]
fn a_jump_of_more_than_a_day_is_another_clock() {
    let day = 24 * 3600 * 8000;
    assert_eq!(track((0, 0), &[(0, 0), (1, 160 + day)]).gaps.len(), 1);
    let tracker = track((0, 0), &[(0, 0), (1, 161 + day)]);
    assert_eq!((tracker.gaps.len(), tracker.restarts, tracker.end()), (0, 1, 320));
}

#[test]
fn gaps_beyond_the_limit_are_counted() {
    let mut tracker = Tracker::new(160, 8000, 3);
    for n in 0..10 {
        tracker.accept(Some(rtp(n * 2, u32::from(n) * 320)), 76);
    }
    assert_eq!((tracker.gaps.len(), tracker.gaps_omitted, tracker.lost), (3, 6, 9));
}

#[test]
fn without_rtp_headers_block_follows_block() {
    let mut tracker = Tracker::new(160, 8000, 3);
    assert_eq!(tracker.accept(None, 76), (Continuity::Next, 0));
    assert_eq!(tracker.accept(None, 236), (Continuity::Next, 160));
    assert_eq!(tracker.end(), 320);
}

/// Any numbers at all: the sums stay consistent.
#[test]
fn hostile_numbers_keep_the_books_straight() {
    use proptest::prelude::*;
    proptest!(|(blocks in prop::collection::vec((any::<u16>(), any::<u32>(), 0..3u32), 0..200),
                increment in prop_oneof![Just(0), Just(160), any::<u16>().prop_map(u32::from)])| {
        let mut tracker = Tracker::new(increment, 8000, 10);
        for &(sequence, timestamp, ssrc) in &blocks {
            let header = rtp::Header { ssrc: Ssrc(ssrc), ..rtp(sequence % 300, timestamp % 50_000) };
            tracker.accept(Some(header), 76);
        }
        prop_assert!(tracker.gaps.len() <= 10);
        if tracker.gaps_omitted == 0 {
            let in_gaps: u64 = tracker.gaps.iter().map(|gap| match gap.kind {
                GapKind::Lost { blocks } => blocks,
                GapKind::Pause => 0,
            }).sum();
            prop_assert_eq!(in_gaps, tracker.lost);
        }
    });
}
