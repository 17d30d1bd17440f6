//! Input that is not what it should be: one clear sentence each, and never a panic.

use super::{Run, recording, recscope};
use std::fs;
use std::path::Path;

/// A phone recording's header with blocks behind it.
fn phone(codec: &[u8], rtp_len: i32, data_size: u32, data: usize) -> Vec<u8> {
    let mut file = codec.to_vec();
    file.resize(64, 0);
    file.extend(rtp_len.to_le_bytes());
    file.extend(160_i32.to_le_bytes());
    file.extend(data_size.to_le_bytes());
    file.resize(76 + data, 0xff);
    file
}

/// A WAVE file with one chunk between `fmt ` and its data.
fn wave_with(chunk: &[u8; 4], claimed: u32, held: usize) -> Vec<u8> {
    let mut file = b"RIFF\xff\xff\xff\xffWAVEfmt ".to_vec();
    file.extend(16_u32.to_le_bytes());
    file.extend([1, 0, 1, 0]);
    file.extend(8000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    file.extend([2, 0, 16, 0]);
    file.extend(chunk);
    file.extend(claimed.to_le_bytes());
    file.resize(file.len() + held, 0);
    file
}

/// A capture of one packet that claims a length.
fn pcap_with_packet(claimed: u32) -> Vec<u8> {
    let mut file = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(262_144_u32.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    file.extend([0; 8]);
    file.extend(claimed.to_le_bytes());
    file.extend(claimed.to_le_bytes());
    file.resize(file.len() + 100, 0);
    file
}

/// Name, content, exit status of `analyze`, and a part of what it says.
type Case = (&'static str, Vec<u8>, i32, &'static str);

fn cases() -> Vec<Case> {
    let whole = fs::read(recording()).unwrap();
    vec![
        ("empty.wav", Vec::new(), 2, "the file is empty"),
        ("short.wav", whole[..75].to_vec(), 2, "76"),
        ("rtp-len-0.wav", phone(b"PCMU", 0, 1600, 1600), 2, "rtpLen"),
        ("rtp-len-minus-1.wav", phone(b"PCMU", -1, 1600, 1600), 2, "rtpLen"),
        ("rtp-len-max.wav", phone(b"PCMU", i32::MAX, 1600, 1600), 2, "rtpLen"),
        ("codec.wav", phone(b"\xff\xfe\x01", 160, 1600, 1600), 2, "codec"),
        ("data-size.wav", phone(b"PCMU", 160, 1 << 30, 1600), 1, "dataSize"),
        ("riff-junk.wav", wave_with(b"JUNK", u32::MAX, 100), 2, "chunk"),
        ("riff-data.wav", wave_with(b"data", 0xffff_fff0, 1600), 1, "data"),
        ("packet.pcap", pcap_with_packet(u32::MAX), 1, "packet"),
        ("text.wav", b"Dear colleague, attached is the recording.\n".to_vec(), 2, "text"),
    ]
}

fn analyze(path: &Path) -> Run {
    recscope(["analyze".as_ref(), "--json".as_ref(), path.as_os_str()])
}

#[test]
fn bad_files_get_a_sentence_and_a_status() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, status, says) in cases() {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let run = analyze(&path);
        assert_eq!(run.status, status, "{name}: {}{}", run.stderr, run.text());
        let report = run.reports().remove(0);
        let sentence = match &report.error {
            Some(error) => {
                let complaint = run.complaint();
                assert!(complaint.contains(&error.message), "{name}: {complaint}");
                error.message.clone()
            }
            None => {
                let recording = report.recording.iter().flat_map(|found| found.repairs.clone());
                let warnings = report.warnings.iter().map(|warning| warning.message.clone());
                warnings.chain(recording).collect::<Vec<_>>().join("\n")
            }
        };
        assert!(sentence.contains(says), "{name}: {sentence}");
        assert!(!sentence.is_empty() && !sentence.ends_with('.'), "{name}: {sentence}");
    }
}

#[test]
fn the_other_commands_survive_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for (name, content, status, _) in cases() {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        for command in ["flow", "audio", "repair"] {
            let run =
                recscope([command.as_ref(), path.as_os_str(), "-o".as_ref(), out.as_os_str()]);
            assert!(!run.stderr.contains("panicked"), "{command} {name}: {}", run.stderr);
            if status == 2 {
                assert_eq!(run.status, 2, "{command} {name}");
                assert!(run.complaint().contains(name), "{command} {name}: {}", run.stderr);
                assert!(!out.exists(), "{command} {name}");
            }
        }
        let _ = fs::remove_file(&out);
    }
}

#[test]
fn folders_and_files_that_are_not_there_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("gone.wav");
    for (path, says) in [
        (folder.path(), "it is a folder; name the files in it"),
        (&missing, "gone.wav: there is no such file"),
        (&missing.join("under"), "there is no such file"),
    ] {
        for command in ["analyze", "flow"] {
            let run = recscope([command.as_ref(), path.as_os_str()]);
            assert_eq!(run.status, 2, "{command}");
            assert!(run.complaint().ends_with(says), "{command}: {}", run.stderr);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_while_read_is_said_so() {
    // Opening our own memory succeeds and reading its first page does not, as with a drive that
    // was pulled in between.
    let run = recscope(["analyze", "/proc/self/mem"]);
    assert_eq!(run.status, 2);
    assert!(run.complaint().contains("reading ended early"), "{}", run.stderr);
}
