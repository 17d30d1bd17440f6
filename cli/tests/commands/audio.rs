use super::{call, recording, recscope};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// Channels, samples per second and frames of a PCM16 file of 44 bytes of header.
fn format(wav: &[u8]) -> (u16, u32, usize) {
    assert_eq!((&wav[..4], &wav[8..16]), (b"RIFF".as_slice(), b"WAVEfmt ".as_slice()));
    let channels = u16::from_le_bytes([wav[22], wav[23]]);
    let rate = u32::from_le_bytes([wav[24], wav[25], wav[26], wav[27]]);
    (channels, rate, (wav.len() - 44) / 2 / usize::from(channels))
}

fn audio(file: &Path, arguments: &[&str], out: &Path) -> super::Run {
    let mut all: Vec<&OsStr> =
        vec!["audio".as_ref(), file.as_os_str(), "-o".as_ref(), out.as_os_str()];
    all.extend(arguments.iter().map(|argument| OsStr::new(*argument)));
    recscope(all)
}

#[test]
fn a_call_is_stereo_a_stream_mono_and_a_recording_as_long_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.wav");
    let heard = |file: &Path, arguments: &[&str]| {
        let run = audio(file, arguments, &out);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{arguments:?}");
        format(&fs::read(&out).unwrap())
    };
    // 551 packets of 160 samples, and what the two directions lie apart.
    let (channels, rate, frames) = heard(&call(), &[]);
    assert_eq!((channels, rate), (2, 8000));
    assert!((551 * 160..552 * 160).contains(&frames), "{frames}");
    assert_eq!(heard(&call(), &["--stream", "0"]), (1, 8000, 551 * 160));
    assert_eq!(heard(&recording(), &[]), (1, 8000, 551 * 160));
}

#[test]
fn standard_output_gets_the_same_bytes_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.wav");
    assert_eq!(audio(&call(), &["--call", "0"], &out).status, 0);
    let piped = audio(&call(), &["--call", "0"], Path::new("-"));
    assert_eq!(piped.status, 0);
    assert!(piped.stdout == fs::read(&out).unwrap());
}

#[test]
fn an_output_is_replaced_but_never_the_input() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.pcap");
    fs::copy(call(), &input).unwrap();
    let refused = audio(&input, &[], &input);
    assert_eq!(refused.status, 2);
    assert!(refused.complaint().ends_with("it is the input file; name another one"));
    assert!(fs::read(&input).unwrap() == fs::read(call()).unwrap());

    let out = folder.path().join("out.wav");
    fs::write(&out, "old").unwrap();
    assert_eq!(audio(&input, &[], &out).status, 0);
    assert!(fs::read(&out).unwrap().starts_with(b"RIFF"));
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["in.pcap", "out.wav"], "nothing else is left behind");
}

#[test]
fn of_a_damaged_recording_the_rest_is_heard_and_the_damage_named() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in.wav"), folder.path().join("out.wav"));
    let whole = fs::read(recording()).unwrap();
    fs::write(&input, &whole[..whole.len() - 100]).unwrap();
    let run = audio(&input, &[], &out);
    assert_eq!(run.status, 1);
    assert!(run.complaint().contains("in.wav is damaged: "), "{}", run.stderr);
    assert_eq!(format(&fs::read(&out).unwrap()), (1, 8000, 550 * 160));
}

#[test]
fn what_cannot_be_heard_or_written_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.wav");
    let says = |arguments: &[&str], out: &Path| {
        let run = audio(&call(), arguments, out);
        assert_eq!(run.status, 2, "{}", run.stderr);
        run.complaint().to_owned()
    };
    let none = says(&["--stream", "2"], &out);
    assert!(none.ends_with("call-pcmu.pcap has no stream 2: they are numbered 0 to 1"), "{none}");
    assert!(says(&[], folder.path()).ends_with("it is a folder; name a file in it"));
    assert!(says(&[], &folder.path().join("no/out.wav")).contains("there is no folder"));
    assert!(!out.exists());
}
