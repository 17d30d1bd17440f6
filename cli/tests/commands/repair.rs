use super::{call, damage, recording, recscope, testdata};
use std::ffi::OsStr;
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

#[test]
fn parts_become_the_recording_that_they_were_cut_from() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(recording()).unwrap();
    let part = |name: &str, from: usize, to: usize| {
        let path = folder.path().join(name);
        let blocks = &whole[76 + from * 172..76 + to * 172];
        fs::write(&path, [&whole[..76], blocks].concat()).unwrap();
        path
    };
    let (one, two, three) =
        (part("1.wav", 0, 200), part("2.wav", 200, 400), part("3.wav", 400, 551));
    let out = folder.path().join("whole.wav");
    let join = |files: &[&Path]| {
        let mut all: Vec<&OsStr> = vec!["repair".as_ref()];
        all.extend(files.iter().map(|file| file.as_os_str()));
        all.extend(["-o".as_ref(), out.as_os_str()]);
        recscope(all)
    };
    assert_eq!(join(&[&one, &two, &three]).status, 0);
    assert!(fs::read(&out).unwrap() == whole);
    let forgotten = join(&[&one, &three]);
    assert_eq!(forgotten.status, 0);
    let complaint = "200 blocks are missing between this part and the one before";
    assert!(forgotten.stderr.contains(complaint), "{}", forgotten.stderr);
    let swapped = join(&[&two, &one]);
    assert!(swapped.stderr.contains("name the parts in order"), "{}", swapped.stderr);
    let own = [&one, &two].map(|path| path.as_os_str());
    let over_itself = recscope(["repair".as_ref(), own[0], own[1], "-o".as_ref(), own[1]]);
    assert_eq!(over_itself.status, 2);
    assert!(over_itself.complaint().ends_with("it is the input file; name another one"));
}
