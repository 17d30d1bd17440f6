//! WAVE files that others wrote, against ffmpeg and hound; and ours, read by ffmpeg, sox and hound.

use std::fs::{self, File};
use std::io::{Cursor, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use recscope_core::wave::{Container, Encoding, Reader, SampleReader, Step, Summary, pcm16_header};
use recscope_core::{Limits, ParseError};

use crate::peer::{bytes_from_samples, ffmpeg, run, samples_from_bytes};
use crate::samples::{noise, public, public_file, testdata};

fn read(file: &[u8]) -> Result<(Vec<i16>, Summary), ParseError> {
    let mut reader = Reader::new(&Limits::default());
    let mut converter = None;
    let mut samples = Vec::new();
    for mut input in file.chunks(1000) {
        loop {
            let (consumed, step) = reader.push(input)?;
            input = &input[consumed..];
            match step {
                Step::NeedMore | Step::End => break,
                Step::Chunk(_) => {}
                Step::Format(format) => converter = Some(SampleReader::new(&format)?),
                Step::Data(bytes) => {
                    converter.as_mut().expect("a format comes first").push(bytes, &mut samples);
                }
            }
        }
    }
    Ok((samples, reader.finish()?))
}

fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wav"))
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs::read(&path).expect("it can be read"))
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no .wav in {}", folder.display());
    files
}

/// What keeps a file from being compared with ffmpeg, and why.
fn differs_from_ffmpeg(name: &str) -> Option<&'static str> {
    match name {
        "pcmwaveformat-24bit-4byte-48kHz-stereo.wav"
        | "waveformatextensible-24bit-4byte-48kHz-stereo.wav" => {
            Some("ffmpeg takes 24 bits in four bytes for floating point")
        }
        "RIFX-16bit-mono.wav" => {
            Some("ffmpeg 5.1 reads RIFX headers as big-endian, but samples as little-endian")
        }
        _ if name.starts_with("crash-") || name.starts_with("oom-") => {
            Some("made to break readers; ffmpeg guesses where we refuse")
        }
        _ => None,
    }
}

#[test]
fn foreign_files_give_the_samples_that_ffmpeg_gives() {
    let Some(folder) = public("audio") else { return };
    let mut compared = 0;
    for (name, file) in files(&folder) {
        if let Some(reason) = differs_from_ffmpeg(&name) {
            eprintln!("{name}: not compared: {reason}");
            continue;
        }
        let path = folder.join(&name).display().to_string();
        let arguments = ["-v", "error", "-i", &path, "-f", "s16le", "pipe:1"];
        let Some(theirs) = run("ffmpeg", &arguments, &[]) else { return };
        let (ours, _) = read(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(ours == samples_from_bytes(&theirs), "{name}: other samples than ffmpeg's");
        compared += 1;
    }
    assert!(compared > 15, "only {compared} files compared");
}

/// The files that hound was tested with: what it reads, and what it refuses without harm.
#[test]
fn foreign_files_give_the_samples_that_hound_gives() {
    let Some(folder) = public("audio") else { return };
    let mut compared = 0;
    for (name, file) in files(&folder) {
        let Ok(theirs) = hound::WavReader::new(Cursor::new(&file)) else { continue };
        let spec = theirs.spec();
        let expected: Result<Vec<i16>, _> = match spec.sample_format {
            hound::SampleFormat::Float => continue,
            hound::SampleFormat::Int => {
                let shift = 32 - u32::from(spec.bits_per_sample);
                let top_bits = |sample: i32| i16::try_from((sample << shift) >> 16);
                theirs
                    .into_samples::<i32>()
                    .map(|sample| sample.map(|sample| top_bits(sample).expect("16 bits")))
                    .collect()
            }
        };
        let (ours, summary) = read(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(summary.format.channels, spec.channels, "{name}");
        assert_eq!(summary.format.sample_rate, spec.sample_rate, "{name}");
        let left_justified = summary.format.valid_bits < 32
            && summary.format.encoding == (Encoding::Pcm { bits: 32 });
        if left_justified {
            eprintln!(
                "{name}: not compared: hound takes the lower bits, the format says the upper"
            );
            continue;
        }
        match expected {
            Ok(expected) => assert!(ours == expected, "{name}: other samples than hound's"),
            Err(error) => eprintln!("{name}: not compared: hound says: {error}"),
        }
        compared += 1;
    }
    assert!(compared > 12, "only {compared} files compared");
}

/// Files made to break readers: an error with a place, or samples; never a panic.
#[test]
fn hostile_files_are_refused_with_a_reason() {
    let Some(folder) = public("audio") else { return };
    for (name, file) in files(&folder) {
        if name.starts_with("crash-") || name.starts_with("oom-") {
            match read(&file) {
                Ok((samples, _)) => assert!(samples.len() <= file.len(), "{name}"),
                Err(error) => assert!(error.offset <= file.len() as u64, "{name}: {error}"),
            }
        }
    }
}

const ENCODINGS: [&str; 8] = [
    "pcm_u8",
    "pcm_s16le",
    "pcm_s24le",
    "pcm_s32le",
    "pcm_f32le",
    "pcm_f64le",
    "pcm_alaw",
    "pcm_mulaw",
];

/// Written to a pipe, so that no size is known; with six channels, in WAVEFORMATEXTENSIBLE.
#[test]
fn streams_that_ffmpeg_writes_give_the_samples_that_it_reads() {
    let speech = testdata("audio/speech-16k.wav");
    for encoding in ENCODINGS {
        for channels in ["1", "2", "6"] {
            let to = ["-c:a", encoding, "-ac", channels, "-f", "wav"];
            let Some(file) = ffmpeg(&[], &to, &speech) else { return };
            let Some(theirs) = ffmpeg(&[], &["-f", "s16le"], &file) else { return };
            let (ours, summary) = read(&file).expect("it is a good file");
            assert!(ours == samples_from_bytes(&theirs), "{encoding} {channels}");
            assert_eq!(summary.data_claimed, None);
        }
    }
}

#[test]
fn rf64_files_that_ffmpeg_writes_give_the_samples_that_it_reads() {
    let speech = testdata("audio/speech-16k.wav");
    for encoding in ENCODINGS {
        let path = temporary(&format!("rf64-{encoding}.wav"));
        let name = path.display().to_string();
        let to = ["-c:a", encoding, "-f", "wav", "-rf64", "always", "-y", &name];
        let arguments = [&["-v", "error", "-i", "pipe:0"], &to[..]].concat();
        if run("ffmpeg", &arguments, &speech).is_none() {
            return;
        }
        let file = fs::read(&path).expect("ffmpeg wrote it");
        fs::remove_file(&path).expect("it can be removed");
        let Some(theirs) = ffmpeg(&[], &["-f", "s16le"], &file) else { return };
        let (ours, summary) = read(&file).expect("it is a good file");
        assert_eq!(summary.format.container, Container::Rf64);
        assert_eq!(summary.warnings, []);
        assert!(ours == samples_from_bytes(&theirs), "{encoding}");
    }
}

/// Big-endian files are for sox to judge: ffmpeg reads their samples the wrong way round.
#[test]
fn rifx_files_give_the_samples_that_sox_gives() {
    // Without -D, it adds noise where bits are dropped.
    let to_raw = ["-D", "-t", "wav", "-", "-t", "raw", "-e", "signed-integer", "-b", "16", "-"];
    let speech = testdata("audio/speech-16k.wav");
    let mut files = Vec::new();
    for bits in ["16", "24", "32"] {
        let to = ["-t", "wav", "-", "-t", "wav", "-B", "-b", bits, "-"];
        let Some(file) = run("sox", &to, &speech) else { return };
        files.push((bits, file));
    }
    files
        .extend(public_file("audio/RIFX-16bit-mono.wav").map(|file| ("RIFX-16bit-mono.wav", file)));
    for (name, file) in files {
        assert_eq!(file[..4], *b"RIFX", "{name}");
        let Some(theirs) = run("sox", &to_raw, &file) else { return };
        let (ours, summary) = read(&file).expect("it is a good file");
        assert_eq!(summary.format.container, Container::Rifx);
        assert!(ours == samples_from_bytes(&theirs), "{name}");
    }
}

#[test]
fn what_we_write_is_read_alike_by_ffmpeg_sox_and_hound() {
    let samples = samples_from_bytes(&noise(8000));
    for channels in [1_u16, 2] {
        let frames = samples.len() as u64 / u64::from(channels);
        let header = pcm16_header(channels, 8000, frames).expect("it can be written");
        let file = [header.as_bytes(), &bytes_from_samples(&samples)].concat();

        let hound = hound::WavReader::new(Cursor::new(&file)).expect("hound opens it");
        assert_eq!(hound.spec().channels, channels);
        let theirs: Vec<i16> =
            hound.into_samples().map(|sample| sample.expect("hound reads it")).collect();
        assert_eq!(theirs, samples, "hound, {channels} channels");

        let (ours, summary) = read(&file).expect("we read it");
        assert_eq!((ours, summary.warnings), (samples.clone(), vec![]));

        let Some(theirs) = ffmpeg(&[], &["-f", "s16le"], &file) else { return };
        assert_eq!(samples_from_bytes(&theirs), samples, "ffmpeg, {channels} channels");
        let to_raw = ["-t", "wav", "-", "-t", "raw", "-e", "signed-integer", "-b", "16", "-"];
        let Some(theirs) = run("sox", &to_raw, &file) else { return };
        assert_eq!(samples_from_bytes(&theirs), samples, "sox, {channels} channels");
    }
}

/// 5 GiB, nearly all of them a hole in the file system.
#[test]
fn ffmpeg_reads_the_length_of_a_file_over_4_gib() {
    let frames = 5 << 28;
    let header = pcm16_header(2, 8000, frames).expect("it can be written");
    assert_eq!(header.container(), Container::Rf64);
    let path = temporary("over-4-gib.wav");
    let mut file = File::create(&path).expect("it can be created");
    file.write_all(header.as_bytes()).expect("it can be written");
    let end = header.as_bytes().len() as u64 + frames * 4;
    file.seek(SeekFrom::Start(end - 1)).expect("holes are possible");
    file.write_all(&[0]).expect("it can be written");
    drop(file);
    let shown = ["-v", "error", "-show_entries", "stream=duration_ts", "-of", "csv=p=0"];
    let name = path.display().to_string();
    let theirs = run("ffprobe", &[&shown[..], &[&name]].concat(), &[]);
    fs::remove_file(&path).expect("it can be removed");
    if let Some(theirs) = theirs {
        assert_eq!(String::from_utf8_lossy(&theirs).trim(), frames.to_string());
    }
}
