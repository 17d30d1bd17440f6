//! What goes in comes out: sample by sample, through phone, network, server and file.

use crate::caller::decoded;
use crate::process::{Process, Server, files, value};
use recscope_core::codec::{Codec, Encoder};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Two seconds and a bit of something like speech: tones that come and go, and hiss.
pub(crate) fn write_sound(folder: &Path, codec: Codec) -> (PathBuf, Vec<i16>) {
    let rate = codec.sample_rate();
    let mut random = 12_345_u32;
    let samples: Vec<i16> = (0..rate * 21 / 10 + 77)
        .map(|n| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = (random >> 22) as i32 - 512;
            let loud = i32::from(!(n / (rate / 5)).is_multiple_of(3)) * 9000;
            let saw = (n * 311 % rate) as i32 * 2 * loud / rate as i32 - loud;
            (saw + hiss) as i16
        })
        .collect();
    let path = folder.join(format!("{codec}.wav"));
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    samples.iter().for_each(|&sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
    (path, samples)
}

/// What the codec makes of sound that is sent in packets of 20 ms.
pub(crate) fn coded_and_decoded(codec: Codec, samples: &[i16]) -> Vec<i16> {
    let mut samples = samples.to_vec();
    let frame = codec.sample_rate() as usize / 50;
    samples.resize(samples.len().div_ceil(frame) * frame, 0);
    let mut payload = Vec::new();
    Encoder::new(codec).encode(&samples, &mut payload);
    decoded(codec, &payload)
}

pub(crate) fn read_wave(path: &Path) -> (u32, Vec<i16>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!(reader.spec().channels, 1);
    let rate = reader.spec().sample_rate;
    (rate, reader.samples().map(Result::unwrap).collect())
}

/// A recording as `recscope audio` plays it.
fn heard(recording: &Path) -> (u32, Vec<i16>) {
    let out = recording.with_extension("heard");
    let mut command = assert_cmd::Command::cargo_bin("recscope").unwrap();
    command.arg("audio").arg(recording).arg("-o").arg(&out).assert().success();
    read_wave(&out)
}

#[test]
fn a_server_writes_what_the_codec_makes_of_the_sound() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["wav", "phone"] {
        let mut server = Server::start(8, &["--format", format]);
        let to = server.address.to_string();
        for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
            let (path, samples) = write_sound(folder.path(), codec);
            let play = path.to_str().unwrap();
            let codec_name = codec.to_string();
            let mut phone = Process::start(&[
                "phone",
                "bx",
                "--server",
                &to,
                "--codec",
                &codec_name,
                "--play",
                play,
                "--local-number",
                &codec_name,
                "--remote-name",
                "Zoë & Co",
                "--direction",
                "in",
            ]);
            let line = server.process.wait_for(&["event=recorded", "cause=\"stop request\""]);
            assert_eq!(phone.finish().0, 0, "{:#?}", phone.lines);

            let recording = server.folder().join(value(&line, "file"));
            let name = recording.file_name().unwrap().to_str().unwrap();
            assert!(name.contains(&format!("_in_{codec}_2001_00087b10a2f4_")), "{name}");
            let expected = coded_and_decoded(codec, &samples);
            let (rate, found) = match format {
                "wav" => read_wave(&recording),
                _ => heard(&recording),
            };
            assert_eq!(rate, codec.sample_rate());
            assert!(found == expected, "{codec}: {} of {}", found.len(), expected.len());

            let beside = crate::process::side_car(&recording);
            let packets = expected.len() / (codec.sample_rate() as usize / 50);
            assert_eq!(beside["rtp"]["written"], packets);
            assert_eq!((&beside["rtp"]["lost"], &beside["state"]), (&json!(0), &json!("ended")));
            assert_eq!(beside["request"]["remote_name"], "Zoë & Co");
            assert_eq!(beside["end"]["stop_request"]["reason"], "user");
        }
    }
}

#[test]
fn files_of_a_drive_join_to_what_the_codec_makes_of_the_sound() {
    let folder = tempfile::tempdir().unwrap();
    let (path, samples) = write_sound(folder.path(), Codec::Pcma);
    let drive = folder.path().join("usb");
    std::fs::create_dir(&drive).unwrap();
    let (usb, play) = (drive.to_str().unwrap(), path.to_str().unwrap());
    let arguments = ["phone", "bx", "--usb", usb, "--play", play, "--size-limit", "0.01"];
    let mut phone = Process::start(&arguments);
    assert_eq!(phone.finish().0, 0, "{:#?}", phone.lines);

    let mut parts = files(&drive, "wav");
    // Within a second the first has no number, and would be sorted behind those that have.
    parts.sort_by_key(|part| (part.metadata().unwrap().modified().unwrap(), part.clone()));
    assert_eq!(parts.len(), 2, "18 kB of blocks in files of 10 kB");
    let name = parts[0].file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("Record_20") && name.len() == "Record_YYYYMMDDhhmmss.wav".len());
    let mut joined = Vec::new();
    for part in &parts {
        assert!(part.metadata().unwrap().len() <= 10_000);
        let (rate, part) = heard(part);
        assert_eq!(rate, 8000);
        joined.extend(part);
    }
    assert!(joined == coded_and_decoded(Codec::Pcma, &samples));
}

#[test]
fn a_file_is_repeated_for_as_long_as_it_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(4, &[]);
    let (path, samples) = write_sound(folder.path(), Codec::Pcmu);
    let to = server.address.to_string();
    let play = path.to_str().unwrap();
    let mut phone = Process::start(&[
        "phone",
        "bx",
        "--server",
        &to,
        "--codec",
        "PCMU",
        "--play",
        play,
        "--seconds",
        "2.5",
    ]);
    assert_eq!(phone.finish().0, 0, "{:#?}", phone.lines);
    let twice = [&samples[..], &samples[..]].concat();
    let (recording, _) = server.recording();
    assert!(read_wave(&recording).1 == coded_and_decoded(Codec::Pcmu, &twice[..20_000]));
}
