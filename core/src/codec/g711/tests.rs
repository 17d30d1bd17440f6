use std::vec::Vec;

use super::*;

/// One row of the recommendation's tables: magnitudes from `from` to `to`, and what they decode to.
struct Interval {
    from: u16,
    to: u16,
    value: u16,
}

/// The 128 intervals of one sign, from the segment end points of the table: every segment is 16
/// equal intervals, except the first, which the caller gives.
fn intervals(first: &[u16], segment_ends: &[u16], scale: u16) -> Vec<Interval> {
    let mut decisions = first.to_vec();
    for ends in segment_ends.windows(2) {
        let step = (ends[1] - ends[0]) / 16;
        decisions.extend((1..=16).map(|n| ends[0] + n * step));
    }
    decisions
        .windows(2)
        .map(|pair| Interval {
            from: pair[0] * scale,
            to: pair[1] * scale,
            value: (pair[0] * scale).midpoint(pair[1] * scale),
        })
        .collect()
}

/// Table 1 of G.711: 13-bit values.
fn alaw_intervals() -> Vec<Interval> {
    let first: Vec<u16> = (0..=16).map(|n| n * 2).collect();
    intervals(&first, &[32, 64, 128, 256, 512, 1024, 2048, 4096], 8)
}

/// Table 2 of G.711: 14-bit values. The first interval is half as wide and decodes to zero.
fn ulaw_intervals() -> Vec<Interval> {
    let first: Vec<u16> = core::iter::once(0).chain((0..16).map(|n| n * 2 + 1)).collect();
    let mut intervals = intervals(&first, &[31, 95, 223, 479, 991, 2015, 4063, 8159], 4);
    intervals[0].value = 0;
    intervals
}

fn interval_of(magnitude: u16, intervals: &[Interval]) -> usize {
    let reached = intervals.partition_point(|interval| interval.from <= magnitude);
    // Beyond the last decision value is the last interval.
    reached - 1
}

fn check(
    intervals: &[Interval],
    code_of: fn(usize) -> u8,
    encode: fn(i16) -> u8,
    decode: fn(u8) -> i16,
) {
    assert_eq!(intervals.len(), 128);
    for sample in i16::MIN..=i16::MAX {
        // On a decision value, negative samples go to the interval nearer to zero.
        let magnitude = if sample < 0 { !sample } else { sample }.unsigned_abs();
        let number = interval_of(magnitude, intervals);
        let interval = &intervals[number];
        assert!(magnitude < interval.to || number == 127, "{sample} is in no interval");
        let sign = if sample < 0 { 0 } else { 0x80 };
        let code = encode(sample);
        assert_eq!(code, code_of(number) | sign, "code of {sample}");
        let value = i16::try_from(interval.value).unwrap();
        let value = if sample < 0 { -value } else { value };
        assert_eq!(decode(code), value, "decoded {sample}");
    }
}

#[test]
fn alaw_follows_table_1_for_every_sample() {
    let code_of = |number: usize| (u8::try_from(number).unwrap() ^ 0x55) & 0x7f;
    check(&alaw_intervals(), code_of, alaw_from_linear, alaw_to_linear);
}

#[test]
fn ulaw_follows_table_2_for_every_sample() {
    let code_of = |number: usize| 0x7f - u8::try_from(number).unwrap();
    check(&ulaw_intervals(), code_of, ulaw_from_linear, ulaw_to_linear);
}

/// µ-law has two zeros; the negative one becomes the positive one.
#[test]
fn every_code_survives_a_round_trip() {
    for code in 0..=255 {
        assert_eq!(alaw_from_linear(alaw_to_linear(code)), code);
        let expected = if code == 0x7f { 0xff } else { code };
        assert_eq!(ulaw_from_linear(ulaw_to_linear(code)), expected);
    }
}
