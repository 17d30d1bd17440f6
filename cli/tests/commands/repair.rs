use super::{call, damage, recording, recscope, testdata};
use std::fs;
use std::path::Path;

fn repair(input: &Path, out: &Path, format: &str) -> super::Run {
    let fixed = ["repair".as_ref(), input.as_os_str(), "-o".as_ref(), out.as_os_str()];
    recscope(fixed.into_iter().chain(["--as".as_ref(), format.as_ref()]))
}

#[test]
fn every_damaged_recording_becomes_one_that_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in.wav"), folder.path().join("out.wav"));
    let whole = fs::read(recording()).unwrap();
    for (name, damaged) in damage::VARIANTS {
        fs::write(&input, damaged(&whole)).unwrap();
        let run = repair(&input, &out, "phone");
        assert_eq!(run.status, 0, "{name}: {}", run.stderr);
        let clean = fs::read(&out).unwrap();
        assert_eq!((clean.len() - 76) % 172, 0, "{name}: whole blocks");
        let report =
            &recscope(["analyze".as_ref(), "--json".as_ref(), out.as_os_str()]).reports()[0];
        let found = report.recording.as_ref().unwrap();
        assert_eq!(found.repairs, [""; 0], "{name}: nothing is left to repair");
        assert_eq!(found.data_size, clean.len() as u64 - 76, "{name}");
    }
}

#[test]
fn a_stale_header_is_mended_and_nothing_else_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in.wav"), folder.path().join("out.wav"));
    let whole = fs::read(recording()).unwrap();
    fs::write(&input, damage::data_size_zero(&whole)).unwrap();
    let run = repair(&input, &out, "phone");
    assert!(run.stderr.contains("dataSize"), "it says what it mended: {}", run.stderr);
    assert!(fs::read(&out).unwrap() == whole);
}

#[test]
fn a_repaired_wave_file_is_what_audio_gives() {
    let folder = tempfile::tempdir().unwrap();
    let (repaired, heard) = (folder.path().join("r.wav"), folder.path().join("h.wav"));
    assert_eq!(repair(&recording(), &repaired, "wave").status, 0);
    let run =
        recscope(["audio".as_ref(), recording().as_os_str(), "-o".as_ref(), heard.as_os_str()]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(fs::read(&repaired).unwrap() == fs::read(&heard).unwrap());
}

#[test]
fn what_is_no_recording_is_not_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.wav");
    let run = repair(&call(), &out, "phone");
    assert_eq!(run.status, 2);
    assert!(run.complaint().contains("is a capture and no recording"), "{}", run.stderr);
    let run = repair(&testdata("audio/speech-16k.wav"), &out, "phone");
    assert_eq!(run.status, 2);
    assert!(run.complaint().ends_with("repair it with --as wave"), "{}", run.stderr);
    assert!(!out.exists());
}
