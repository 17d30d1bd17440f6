//! Phones' recordings, whole and damaged, and files that are none.

use crate::files::{analyse, analyse_in, hear, names, testdata};
use recscope_analyzer::AudioRequest;
use recscope_analyzer::report::{FileKind, Recording, Report, Status};

const PCMU: &str = "recordings/Record_20261122091500.wav";
const HEADER: usize = 76;
const BLOCK: usize = 172;

fn recording(report: &Report) -> &Recording {
    report.recording.as_ref().expect("a recording")
}

#[test]
fn reports_are_as_they_were() {
    for name in names("recordings") {
        let analysis = analyse(&testdata(&format!("recordings/{name}")));
        insta::assert_json_snapshot!(format!("{name}-report"), analysis.report());
        insta::assert_json_snapshot!(format!("{name}-fields"), analysis.recording_fields());
    }
}

#[test]
fn chunks_never_change_the_report() {
    for name in names("recordings") {
        let file = testdata(&format!("recordings/{name}"));
        assert_eq!(analyse(&file).report(), analyse_in(&file, 1).report(), "{name}");
    }
}

#[test]
fn damaged_recordings_are_read_and_say_what_happened() {
    let whole = testdata(PCMU);
    let with_size = |size: u32| {
        let mut file = whole.clone();
        file[72..76].copy_from_slice(&size.to_le_bytes());
        file
    };
    let mut big_endian = whole.clone();
    for field in [64, 68, 72] {
        big_endian[field..field + 4].reverse();
    }
    let mut missing = whole.clone();
    missing.drain(HEADER + 100 * BLOCK..HEADER + 103 * BLOCK);
    let size = u32::try_from(missing.len() - HEADER).unwrap();
    missing[72..76].copy_from_slice(&size.to_le_bytes());

    // Name, file, status, blocks, duration in ms, repairs, gaps.
    let cases = [
        ("unset size", with_size(0), Status::Damaged, 551, 11_020.0, 1, 0),
        ("stale size", with_size(172 * 500), Status::Damaged, 551, 11_020.0, 1, 0),
        ("size beyond the file", with_size(u32::MAX), Status::Damaged, 551, 11_020.0, 1, 0),
        (
            "cut last block",
            whole[..whole.len() - 50].to_vec(),
            Status::Damaged,
            550,
            11_000.0,
            1,
            0,
        ),
        ("big-endian", big_endian, Status::Whole, 551, 11_020.0, 0, 0),
        ("three blocks missing", missing, Status::Damaged, 548, 11_020.0, 0, 1),
    ];
    for (name, file, status, blocks, duration_ms, repairs, gaps) in cases {
        let analysis = analyse(&file);
        let report = analysis.report();
        let found = recording(report);
        assert_eq!(report.status, status, "{name}");
        assert_eq!((found.blocks, found.duration_ms), (Some(blocks), duration_ms), "{name}");
        assert_eq!(found.repairs.len(), repairs, "{name}: {:?}", found.repairs);
        assert_eq!(found.gaps.len(), gaps, "{name}");
        let heard = hear(&file, analysis.audio(AudioRequest::Recording).unwrap());
        assert_eq!(heard.frames() as f64 / 8.0, duration_ms, "{name}");
    }
}

#[test]
fn missing_blocks_are_silent_in_their_place() {
    let whole = testdata(PCMU);
    let mut missing = whole.clone();
    missing.drain(HEADER + 100 * BLOCK..HEADER + 103 * BLOCK);
    let listen = |file: &[u8]| {
        let analysis = analyse(file);
        hear(file, analysis.audio(AudioRequest::Recording).unwrap()).channels.remove(0).samples
    };
    let (whole, missing) = (listen(&whole), listen(&missing));
    assert_eq!(whole[..16_000], missing[..16_000]);
    assert!(missing[16_000..16_480].iter().all(|&sample| sample == 0));
    assert_eq!(whole[16_480..], missing[16_480..]);
}

#[test]
fn files_that_cannot_be_read_say_why_in_a_sentence() {
    let whole = testdata(PCMU);
    let with_rtp_len = |rtp_len: i32| {
        let mut file = whole.clone();
        file[64..68].copy_from_slice(&rtp_len.to_le_bytes());
        file
    };
    let mut not_ascii = whole.clone();
    not_ascii[1] = 0xFF;
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("empty", Vec::new(), "empty"),
        ("75 bytes", whole[..75].to_vec(), "76 bytes"),
        ("rtpLen 0", with_rtp_len(0), "rtpLen is 0"),
        ("rtpLen -1", with_rtp_len(-1), "rtpLen is -1"),
        ("rtpLen 2^31-1", with_rtp_len(i32::MAX), "rtpLen is 2147483647"),
        ("codec not ASCII", not_ascii, ""),
        ("text named .wav", b"Dear colleague, find the recording attached.".to_vec(), "text"),
        ("RIFF with a 4 GiB chunk", riff_with_huge_chunk(), ""),
    ];
    for (name, file, words) in cases {
        let analysis = analyse(&file);
        let report = analysis.report();
        if let Some(error) = &report.error {
            assert_eq!(report.status, Status::Unreadable, "{name}");
            assert!(error.message.contains(words), "{name}: {}", error.message);
        } else {
            assert!(words.is_empty() && report.status == Status::Damaged, "{name}: {report:?}");
        }
        assert_eq!(report, analyse_in(&file, 1).report(), "{name}");
    }
}

fn riff_with_huge_chunk() -> Vec<u8> {
    let mut file =
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"
            .to_vec();
    file.extend(b"data\xf0\xff\xff\xff\x01\x02\x03\x04");
    file
}

#[test]
fn a_capture_with_a_4_gib_packet_is_bounded() {
    let mut file = testdata("captures/call-pcmu.pcap");
    // The first record claims to be as long as 32 bits allow.
    file[24 + 8..24 + 16].fill(0xFF);
    let analysis = analyse(&file);
    let report = analysis.report();
    assert_eq!((report.file.kind, report.status), (FileKind::Pcap, Status::Damaged));
    assert!(!report.warnings.is_empty());
    assert!(report.streams.iter().all(|stream| stream.packets > 500));
}
