use super::*;
use crate::rtp::{self, RtpTime, SequenceNumber, Ssrc};
use crate::{Limits, ParseError};
use core::time::Duration;
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec::Vec;

/// A block without its borrow, so that two runs can be compared.
#[derive(Debug, PartialEq)]
struct Seen {
    offset: u64,
    position: u64,
    continuity: Continuity,
    bytes: Vec<u8>,
}

fn read_in(
    file: &[u8],
    chunk: usize,
    size: Option<u64>,
) -> Result<(Vec<Seen>, Summary), ParseError> {
    let mut reader = Reader::new(size, &Limits::default());
    let mut blocks = Vec::new();
    let mut chunks = file.chunks(chunk.max(1));
    loop {
        let mut input = chunks.next();
        if input.is_none() {
            reader.end_of_input();
        }
        loop {
            let (consumed, step) = reader.push(input.unwrap_or_default())?;
            input = input.map(|input| &input[consumed..]);
            match step {
                Step::NeedMore => break,
                Step::Header(header) => assert_eq!(header.write(), file[..HEADER_LEN]),
                Step::Block(block) => {
                    let Block { offset, position, continuity, bytes, .. } = block;
                    assert_eq!(block.index, blocks.len() as u64);
                    blocks.push(Seen { offset, position, continuity, bytes: bytes.to_vec() });
                }
                Step::End => return Ok((blocks, reader.finish()?)),
            }
        }
    }
}

fn read(file: &[u8]) -> Result<(Vec<Seen>, Summary), ParseError> {
    read_in(file, file.len(), Some(file.len() as u64))
}

fn header(codec: &str, rtp_len: i32, increment: i32, data_size: usize) -> Vec<u8> {
    let header = Header {
        codec: CodecName::new(codec).unwrap(),
        rtp_len,
        increment,
        data_size: u32::try_from(data_size).unwrap(),
        byte_order: crate::bytes::ByteOrder::Little,
    };
    header.write().to_vec()
}

fn packet(payload_type: u8, number: u16, payload: &[u8]) -> Vec<u8> {
    let header = rtp::Header {
        marker: number == 0,
        payload_type,
        sequence: SequenceNumber(number.wrapping_add(65_530)),
        timestamp: RtpTime(u32::from(number) * 160),
        ssrc: Ssrc(0x1234_5678),
    };
    [&header.write(), payload].concat()
}

/// PCMU with RTP headers, `numbers` being the packets that are there.
fn with_headers(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    let mut file = header("PCMU", 172, 160, 0);
    for number in numbers {
        file.extend(packet(0, number, &[number.to_le_bytes()[0]; 160]));
    }
    let size = u32::try_from(file.len() - HEADER_LEN).unwrap();
    file[72..76].copy_from_slice(&size.to_le_bytes());
    file
}

fn repairs(summary: &Summary) -> Vec<String> {
    summary.repairs.iter().map(ToString::to_string).collect()
}

#[test]
fn codec_and_length_alone_tell_the_layout_of_a_short_file() {
    use RtpHeaders::{Absent, Present};
    let cases = [
        ("PCMU", 172, 160, Present),
        ("PCMU", 160, 160, Absent),
        ("pcma ", 252, 240, Present),
        ("G722", 160, 160, Absent),
        ("G729", 20, 160, Absent),
        ("G729", 32, 160, Present),
        ("G723", 36, 240, Present),
        ("G723", 24, 240, Absent),
        ("G726-32", 92, 160, Present),
        ("iLBC", 38, 160, Absent),
        ("opus", 80, 960, Absent),
    ];
    for (codec, rtp_len, increment, expected) in cases {
        let (_, summary) = read(&header(codec, rtp_len, increment, 0)).unwrap();
        assert_eq!(summary.layout.rtp_headers, expected, "{codec} {rtp_len}");
        assert!(summary.layout.certainty <= 0.5);
    }
}

#[test]
fn the_blocks_tell_the_layout_where_the_length_does_not() {
    let mut opus = header("opus", 60, 960, 0);
    let mut payload_only = header("opus", 60, 960, 0);
    for number in 0..20 {
        let header = rtp::Header {
            payload_type: 111,
            sequence: SequenceNumber(number),
            timestamp: RtpTime(u32::from(number) * 960),
            ..rtp::Header::default()
        };
        opus.extend([&header.write()[..], &[0x78; 48]].concat());
        payload_only.extend([0x78; 60]);
    }
    let (_, summary) = read(&opus).unwrap();
    assert_eq!(summary.layout.rtp_headers, RtpHeaders::Present);
    assert!((summary.layout.certainty - 0.95).abs() < 1e-9);
    assert_eq!((summary.codec, summary.clock), (None, 48_000));
    assert_eq!(summary.duration, Duration::from_millis(400));
    let (_, summary) = read(&payload_only).unwrap();
    assert_eq!(summary.layout.rtp_headers, RtpHeaders::Absent);
}

/// The header's length fits payload alone, yet every block is a packet: the blocks win, and the
/// certainty shows the doubt.
#[test]
fn blocks_outweigh_a_length_that_says_the_opposite() {
    let mut file = header("PCMU", 160, 160, 0);
    for number in 0..20 {
        file.extend(packet(0, number, &[0xFF; 148]));
    }
    let (_, summary) = read(&file).unwrap();
    assert_eq!(summary.layout.rtp_headers, RtpHeaders::Present);
    assert!((summary.layout.certainty - 0.8).abs() < 1e-9);
}

#[test]
fn sequence_numbers_that_wrap_are_no_loss() {
    let (blocks, summary) = read(&with_headers(0..50)).unwrap();
    assert_eq!(blocks.len(), 50);
    assert_eq!((summary.lost, summary.gaps.len()), (0, 0));
    assert_eq!(repairs(&summary), [""; 0]);
    assert!((summary.layout.certainty - 1.0).abs() < 1e-9);
    assert_eq!(summary.duration, Duration::from_secs(1));
}

#[test]
fn lost_blocks_leave_a_gap_in_time() {
    let (blocks, summary) = read(&with_headers((0..10).chain(13..50))).unwrap();
    assert_eq!((summary.blocks, summary.lost), (47, 3));
    assert_eq!(summary.duration, Duration::from_millis(940));
    assert_eq!(summary.span, Duration::from_secs(1));
    let [gap] = summary.gaps[..] else { panic!("{:?}", summary.gaps) };
    assert_eq!(gap.kind, GapKind::Lost { blocks: 3 });
    assert_eq!(summary.time_of(gap.position), Duration::from_millis(200));
    assert_eq!(summary.time_of(gap.ticks), Duration::from_millis(60));
    assert_eq!(gap.offset, blocks[10].offset);
    assert_eq!(blocks[10].continuity, Continuity::AfterGap);
    assert_eq!(blocks[10].position, 13 * 160);
}

/// One block of 551 overwritten by what another file left on the drive, and 100 bytes gone from
/// another: everything else is read.
#[test]
fn damage_between_blocks_is_skipped_with_or_without_keeping_their_places() {
    let mut overwritten = with_headers(0..60);
    overwritten[76 + 20 * 172..76 + 21 * 172].fill(0x41);
    let (blocks, summary) = read(&overwritten).unwrap();
    assert_eq!((blocks.len(), summary.lost), (59, 1));
    assert_eq!(
        repairs(&summary),
        ["172 bytes at offset 3516 are no block of this recording and left out"]
    );

    let mut shortened = with_headers(0..60);
    shortened.drain(76 + 20 * 172..76 + 20 * 172 + 100);
    let (blocks, summary) = read(&shortened).unwrap();
    assert_eq!((blocks.len(), summary.lost), (59, 1));
    assert_eq!(
        repairs(&summary),
        [
            "72 bytes at offset 3516 are no block of this recording and left out",
            "dataSize is 10320, but only 10220 bytes follow the header; what is there is read",
        ]
    );
}

#[test]
fn room_that_was_never_written_is_no_audio() {
    let mut payload_only = header("PCMA", 160, 160, 800);
    payload_only.extend([0xD5; 800]);
    payload_only.extend([0; 1000]);
    let mut packets = with_headers(0..5);
    packets.extend([0; 1000]);
    for (file, layout) in [(payload_only, RtpHeaders::Absent), (packets, RtpHeaders::Present)] {
        let (blocks, summary) = read(&file).unwrap();
        assert_eq!((blocks.len(), summary.layout.rtp_headers), (5, layout));
        assert!((summary.layout.certainty - 1.0).abs() < 1e-9);
        let offset = file.len() - 1000;
        assert_eq!(
            repairs(&summary),
            [std::format!(
                "the last 1000 bytes, from offset {offset}, are no block of this recording and \
                 left out"
            )]
        );
    }
}

/// Nothing but the blocks tells the layout of these: sectors of the drive that were never written
/// may be all that a reader sees of them at first.
#[test]
fn the_layout_is_judged_by_the_first_blocks_that_were_written() {
    let block = |number, layout| match layout {
        RtpHeaders::Present => packet(111, number, &[0x78; 48]),
        RtpHeaders::Absent => std::vec![0x78; 60],
    };
    for layout in [RtpHeaders::Present, RtpHeaders::Absent] {
        let mut at_first = header("opus", 60, 160, 0);
        at_first.extend([0; 60 * 1000]);
        let mut between = header("opus", 60, 160, 0);
        for number in 0..40 {
            at_first.extend(block(number, layout));
            between.extend(block(number, layout));
            between.extend([0; 60 * 20]);
        }
        for file in [at_first, between] {
            let (blocks, summary) = read(&file).unwrap();
            assert_eq!((blocks.len(), summary.layout.rtp_headers), (40, layout));
            assert!((summary.layout.certainty - 0.95).abs() < 1e-9, "{:?}", summary.layout);
        }
    }
}

/// The hole begins within a header: what is left of it is a packet of another source, by its looks.
#[test]
fn a_hole_that_begins_within_a_header_hides_nothing_behind_it() {
    let mut file = with_headers(0..60);
    file[76 + 172 + 2..76 + 20 * 172].fill(0);
    let (blocks, summary) = read(&file).unwrap();
    assert_eq!((blocks.len(), summary.lost), (41, 19));
}

#[test]
fn zeros_are_certain_of_nothing() {
    let certainty = |zeros: usize, blocks: u16| {
        let mut file = header("opus", 60, 160, 0);
        file.resize(HEADER_LEN + zeros, 0);
        (0..blocks).for_each(|number| file.extend(packet(111, number, &[0x78; 48])));
        file.extend([0; 1 << 20]);
        read(&file).unwrap().1.layout.certainty
    };
    assert!(certainty(0, 0) <= 0.5);
    assert!(certainty(1 << 21, 20) <= 0.5, "they are too far away to be seen");
    let few: Vec<_> = [2, 4, 8, 15].map(|blocks| certainty(600, blocks)).into();
    assert!(few.is_sorted_by(|less, more| less < more), "{few:?}");
    assert!(few.iter().all(|certainty| (0.5..0.95).contains(certainty)), "{few:?}");
}

#[test]
fn a_senseless_increment_is_taken_from_the_timestamps_or_the_codec() {
    let mut packets = with_headers(0..20);
    packets[68..72].copy_from_slice(&0_i32.to_le_bytes());
    let mut wrong = with_headers(0..20);
    wrong[68..72].copy_from_slice(&320_i32.to_le_bytes());
    let mut payload_only = header("G729", 20, -1, 400);
    payload_only.extend([0x55; 400]);
    for (file, found) in [(packets, 0), (wrong, 320), (payload_only, -1)] {
        let (_, summary) = read(&file).unwrap();
        assert_eq!((summary.increment, summary.gaps.len()), (160, 0));
        assert_eq!(summary.duration, Duration::from_millis(400));
        assert_eq!(
            repairs(&summary),
            [std::format!("increment is {found}, but the blocks are 160 timestamp units long")]
        );
    }
}

#[test]
fn a_missing_codec_name_is_taken_from_the_payload_type() {
    let mut file = with_headers(0..20);
    file[..64].fill(0);
    let (_, summary) = read(&file).unwrap();
    assert_eq!(summary.codec, Some(crate::codec::Codec::Pcmu));
    assert_eq!(
        repairs(&summary),
        ["the header names no codec; its blocks have the payload type of PCMU"]
    );
}

#[test]
fn an_unknown_codec_is_read_block_by_block_with_a_warning() {
    let mut file = header("SILK", 40, 160, 400);
    file.extend([7; 400]);
    let (blocks, summary) = read(&file).unwrap();
    assert_eq!((blocks.len(), summary.codec), (10, None));
    assert_eq!(summary.warnings.len(), 1);
    assert_eq!(repairs(&summary), [""; 0]);
}

#[test]
fn extension_and_padding_are_not_decoded() {
    let mut bytes = packet(0, 0, &[1; 160]);
    bytes[0] |= 0x30;
    bytes[12..20].copy_from_slice(&[0xBE, 0xDE, 0, 1, 0, 0, 0, 0]);
    bytes[171] = 4;
    let block = Block {
        index: 0,
        offset: 76,
        position: 0,
        rtp: rtp::Header::parse(&bytes).ok(),
        continuity: Continuity::Next,
        bytes: &bytes,
    };
    assert_eq!(block.payload(), [1; 148]);
    assert_eq!(Block { rtp: None, ..block }.payload(), bytes);
}

#[test]
fn files_are_recognised_by_name_or_by_lengths() {
    let good = with_headers(0..2);
    let mut bad_length = good.clone();
    bad_length[64..68].fill(0xFF);
    let mut bad_name = good.clone();
    bad_name[..10].fill(0xE9);
    for file in [&good[..], &good[..75], &good[..5], &bad_length, &bad_name] {
        assert!(looks_like_recording(file));
    }
    let text = "Recording 17, left at the front desk. Please do not delete before Friday, thanks!";
    for file in [&b""[..], b"RIFF\x24\0\0\0WAVEfmt ", &[0; 100], &[0xFF; 100], text.as_bytes()] {
        assert!(!looks_like_recording(file), "{file:?}");
    }
}

/// The repaired file, and what was wrong.
fn repair(file: &[u8]) -> (Vec<u8>, Summary) {
    let mut repairer = Repairer::new(None, &Limits::default());
    let mut clean = Vec::new();
    for chunk in file.chunks(100) {
        repairer.push(chunk, &mut clean).unwrap();
    }
    let repaired = repairer.finish(&mut clean).unwrap();
    clean[..HEADER_LEN].copy_from_slice(&repaired.header);
    (clean, repaired.summary)
}

#[test]
fn a_file_is_repaired_once_and_for_all() {
    let mut damaged = with_headers((0..10).chain(13..50));
    damaged[72..76].fill(0);
    damaged[5..64].fill(0xCC);
    damaged.truncate(damaged.len() - 10);
    let (clean, summary) = repair(&damaged);
    assert_eq!(summary.repairs.len(), 2);
    let (again, summary) = repair(&clean);
    assert_eq!(again, clean);
    assert_eq!(repairs(&summary), [""; 0]);
    assert_eq!((summary.blocks, summary.lost), (46, 3));
}

/// Files that are somewhat right, so that the reader gets beyond the header.
fn nearly_right() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![Just("PCMU"), Just("opus"), Just(""), Just("G729")];
    let numbers =
        prop::collection::vec((0..60_u16, prop::collection::vec(any::<u8>(), 0..3)), 0..60);
    (name, prop_oneof![Just(172), 1..40_i32], any::<i16>(), numbers).prop_map(
        |(name, rtp_len, increment, numbers)| {
            let mut file = header(name, rtp_len, increment.into(), 1000);
            let payload = [0x7F; 160];
            let len = usize::try_from(rtp_len).unwrap().clamp(12, 172) - 12;
            for (number, junk) in numbers {
                file.extend(packet(0, number, &payload[..len]));
                file.extend(junk);
            }
            file
        },
    )
}

/// Recordings as a phone writes them, and then what can happen to them: sectors that were never
/// written, others that something else was written to, a count that was not brought up to date, an
/// end that is missing.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop::sample::select(std::vec![
        ("PCMU", 172, 160, Some(0)),
        ("PCMU", 160, 160, None),
        ("G722", 60, 0, Some(9)),
        ("opus", 60, 960, Some(111)),
        ("opus", 60, 960, None),
        ("", 172, 160, Some(8)),
    ]);
    let payloads = prop::collection::vec(any::<[u8; 8]>(), 0..80);
    let ranges = || prop::collection::vec((0..8000_usize, 0..4000_usize), 0..3);
    let data_size = prop_oneof![Just(0), Just(usize::MAX), 0..8000_usize];
    let damage = (ranges(), ranges(), any::<[u8; 16]>(), data_size, 0..300_usize);
    (kind, payloads, damage).prop_map(
        |((codec, rtp_len, increment, payload_type), payloads, damage)| {
            let (never_written, overwritten, junk, data_size, missing) = damage;
            let mut data = Vec::new();
            for (number, payload) in (0..).zip(payloads) {
                let payload: Vec<u8> = payload.into_iter().cycle().take(200).collect();
                let len = usize::try_from(rtp_len).unwrap();
                data.extend(match payload_type {
                    Some(payload_type) => packet(payload_type, number, &payload[..len - 12]),
                    None => payload[..len].to_vec(),
                });
            }
            let spoil = |data: &mut Vec<u8>, ranges: Vec<(usize, usize)>, with: &[u8]| {
                for (start, len) in ranges {
                    let damaged = data.iter_mut().skip(start).take(len);
                    damaged.zip(with.iter().cycle()).for_each(|(byte, &other)| *byte = other);
                }
            };
            spoil(&mut data, overwritten, &junk);
            spoil(&mut data, never_written, &[0]);
            data.truncate(data.len().saturating_sub(missing));
            let mut file = header(codec, rtp_len, increment, data_size.min(data.len()));
            file.extend(data);
            file
        },
    )
}

proptest! {
    #[test]
    fn a_repair_does_not_change_the_layout(file in damaged()) {
        let (clean, before) = repair(&file);
        let (_, after) = read(&clean).unwrap();
        prop_assert_eq!(after.layout.rtp_headers, before.layout.rtp_headers);
        prop_assert_eq!(after.blocks, before.blocks);
        prop_assert_eq!(repairs(&after), [""; 0]);
    }

    #[test]
    fn arbitrary_bytes_never_panic(file in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&file);
    }

    #[test]
    fn chunks_of_any_size_give_what_one_slice_gives(file in nearly_right(), chunk in 1..400_usize) {
        let whole = read(&file);
        prop_assert_eq!(&read_in(&file, 1, Some(file.len() as u64)), &whole);
        prop_assert_eq!(&read_in(&file, chunk, None), &whole);
        let (blocks, summary) = whole.unwrap();
        prop_assert_eq!(summary.blocks, blocks.len() as u64);
        for block in blocks {
            let at = usize::try_from(block.offset).unwrap();
            prop_assert_eq!(&block.bytes, &file[at..at + block.bytes.len()]);
        }
    }

    #[test]
    fn a_summary_does_not_depend_on_taking_the_blocks(file in nearly_right()) {
        let mut reader = Reader::new(None, &Limits::default());
        let mut input = file.as_slice();
        while !input.is_empty() {
            let (consumed, _) = reader.push(input).unwrap();
            input = &input[consumed..];
        }
        prop_assert_eq!(reader.finish().unwrap(), read(&file).unwrap().1);
    }
}
