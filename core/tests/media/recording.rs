//! Our own recordings, whole and damaged.

use std::time::Duration;

use recscope_core::Limits;
use recscope_core::bytes::ByteOrder;
use recscope_core::codec::Codec;
use recscope_core::recording::{GapKind, Reader, Repairer, RtpHeaders, Step, Summary};

use crate::damage;
use crate::samples::testdata;

struct Case {
    name: &'static str,
    codec: Codec,
    rtp_len: u32,
    rtp_headers: RtpHeaders,
}

const CASES: [Case; 3] = [
    Case {
        name: "recordings/Record_20261122091500.wav",
        codec: Codec::Pcmu,
        rtp_len: 172,
        rtp_headers: RtpHeaders::Present,
    },
    Case {
        name: "recordings/Record_20261122093000.wav",
        codec: Codec::Pcma,
        rtp_len: 172,
        rtp_headers: RtpHeaders::Present,
    },
    Case {
        name: "recordings/Record_20261122094500.wav",
        codec: Codec::G722,
        rtp_len: 160,
        rtp_headers: RtpHeaders::Absent,
    },
];

/// Blocks in each of them, of 20 ms.
const BLOCKS: u64 = 551;

/// Everything that a file says, and its payload in one piece.
fn read(file: &[u8]) -> (Summary, Vec<u8>) {
    let mut reader = Reader::new(Some(file.len() as u64), &Limits::default());
    let mut payload = Vec::new();
    for mut chunk in file.chunks(1000) {
        loop {
            let (consumed, step) = reader.push(chunk).expect("the header is good");
            chunk = &chunk[consumed..];
            match step {
                Step::NeedMore | Step::End => break,
                Step::Header(_) => {}
                Step::Block(block) => payload.extend(block.payload()),
            }
        }
    }
    (reader.finish().expect("the header is good"), payload)
}

#[test]
fn whole_recordings_read_whole() {
    for case in CASES {
        let (summary, payload) = read(&testdata(case.name));
        assert_eq!(summary.codec, Some(case.codec));
        assert_eq!(summary.layout.rtp_headers, case.rtp_headers);
        assert!(summary.layout.certainty > 0.999, "{}", summary.layout.certainty);
        assert_eq!(summary.header.rtp_len.unsigned_abs(), case.rtp_len);
        assert_eq!(summary.increment, 160);
        assert_eq!(summary.blocks, BLOCKS);
        assert_eq!(summary.duration, Duration::from_millis(11_020));
        assert_eq!(summary.span, summary.duration);
        assert_eq!((summary.lost, summary.gaps, summary.repairs), (0, vec![], vec![]));
        assert_eq!(payload.len(), 551 * 160);
    }
}

#[test]
fn damaged_recordings_give_all_that_is_there_and_say_what_happened() {
    for case in CASES {
        let whole = testdata(case.name);
        let (_, sound) = read(&whole);
        for (variant, damage) in damage::VARIANTS {
            let file = damage(&whole);
            let (summary, payload) = read(&file);
            let size = BLOCKS * u64::from(case.rtp_len);
            let second = 50 * u64::from(case.rtp_len);
            let (blocks, repairs) = match variant {
                "data size 0" => (
                    BLOCKS,
                    vec![format!(
                        "dataSize is 0, as the recording was not ended; the whole blocks hold \
                         {size} bytes"
                    )],
                ),
                "data size stale" => (
                    BLOCKS,
                    vec![format!(
                        "dataSize is {}, but the whole blocks hold {size} bytes; all of them are \
                         read",
                        size - second
                    )],
                ),
                "data size too large" => (
                    BLOCKS,
                    vec![format!(
                        "dataSize is {}, but only {size} bytes follow the header; what is there \
                         is read",
                        size + second
                    )],
                ),
                "last block cut" => (
                    BLOCKS - 1,
                    vec![format!(
                        "the last block, at offset {}, is cut to {} of {} bytes and left out",
                        76 + (BLOCKS - 1) * u64::from(case.rtp_len),
                        case.rtp_len - 100,
                        case.rtp_len
                    )],
                ),
                "three blocks missing" => (BLOCKS - 3, vec![]),
                _ => (BLOCKS, vec![]),
            };
            let told: Vec<String> = summary.repairs.iter().map(ToString::to_string).collect();
            assert_eq!(told, repairs, "{} {variant}", case.name);
            assert_eq!(summary.blocks, blocks, "{} {variant}", case.name);

            let big = summary.header.byte_order == ByteOrder::Big;
            assert_eq!(big, variant == "big-endian", "{} {variant}", case.name);
            // Without RTP headers, nothing shows that blocks are missing.
            let missing =
                variant == "three blocks missing" && case.rtp_headers == RtpHeaders::Present;
            assert_eq!(summary.lost, if missing { 3 } else { 0 }, "{} {variant}", case.name);
            if missing {
                let gap = summary.gaps[0];
                assert_eq!(gap.kind, GapKind::Lost { blocks: 3 });
                assert_eq!(summary.time_of(gap.position), Duration::from_secs(2));
                assert_eq!(summary.time_of(gap.ticks), Duration::from_millis(60));
                assert_eq!(summary.span, Duration::from_millis(11_020));
            }
            let expected = if variant == "three blocks missing" {
                [&sound[..100 * 160], &sound[103 * 160..]].concat()
            } else {
                sound[..payload.len()].to_vec()
            };
            assert!(payload == expected, "{} {variant}: the sound is not the same", case.name);
        }
    }
}

#[test]
fn repairing_a_damaged_recording_gives_back_the_whole_one() {
    for case in CASES {
        let whole = testdata(case.name);
        for (variant, damage) in damage::VARIANTS {
            let file = damage(&whole);
            let mut repairer = Repairer::new(Some(file.len() as u64), &Limits::default());
            let mut clean = Vec::new();
            repairer.push(&file, &mut clean).expect("the header is good");
            let repaired = repairer.finish(&mut clean).expect("the header is good");
            clean[..76].copy_from_slice(&repaired.header);
            let expected = match variant {
                "last block cut" => {
                    let len = case.rtp_len as usize;
                    let mut shorter = whole[..whole.len() - len].to_vec();
                    let size = 550 * case.rtp_len;
                    shorter[72..76].copy_from_slice(&size.to_le_bytes());
                    shorter
                }
                "three blocks missing" => file,
                _ => whole.clone(),
            };
            assert!(clean == expected, "{} {variant}", case.name);
        }
    }
}
