//! `kill -9` at any moment: what had been received up to a second before can be played.

use crate::caller::{Caller, decoded};
use crate::process::{Process, Server, eventually, files, side_car, value};
use crate::readers;
use crate::round_trip::{coded_and_decoded, read_wave, write_sound};
use recscope_core::codec::Codec;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Samples of a second, which is what may be lost.
const SECOND: usize = 8000;

/// A file that a server which was killed left behind: as much as `sent`, but for a second at most.
fn assert_all_but_a_second(recording: &Path, sent: &[i16]) {
    let (_, found) = read_wave(recording);
    assert!(sent.starts_with(&found), "{}", recording.display());
    readers::assert_read(recording, 8000, &found);
    let (found, sent) = (found.len(), sent.len());
    assert!(found + SECOND > sent, "{}: {found} of {sent}", recording.display());
}

/// The samples of a phone's recording, as readers find them that know about power cuts.
fn blocks(recording: &Path) -> Vec<u8> {
    let bytes = fs::read(recording).unwrap();
    bytes[76..].chunks_exact(172).flat_map(|block| block[12..].to_vec()).collect()
}

#[test]
fn a_server_that_is_killed_leaves_files_that_play_and_phones_that_say_so() {
    for format in ["wav", "phone"] {
        let mut server = Server::start(24, &["--format", format]);
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = write_sound(folder.path(), Codec::Pcmu);
        let (to, play) = (server.address.to_string(), path.to_str().unwrap());
        let arguments = ["phone", "bx", "--server", &to, "--play", play, "--seconds", "600"];
        let mut phone = Process::start(&arguments);
        phone.wait_for(&["event=recording"]);
        let mut callers: Vec<Caller> =
            (0..12).map(|n| Caller::start(server.address, &format!("{n}"), Codec::Pcma)).collect();
        // All are at another point of their second.
        for round in 0..110 {
            for (number, caller) in callers.iter_mut().enumerate() {
                if round >= number * 3 {
                    caller.speak();
                }
            }
            thread::sleep(Duration::from_millis(15));
        }
        let sent: usize = callers.iter().map(|caller| caller.payload.len() / 160).sum();
        let written = "recscope_rtp_written_total";
        eventually("all is written", || server.figure(written).unwrap() >= sent as f64);
        server.process.kill();

        let (status, _) = phone.finish();
        assert_eq!(status, 2, "{:#?}", phone.lines);
        let says = |text: &str| phone.lines.iter().any(|line| line.contains(text));
        assert!(says("to=idle cause=\"socket error\" rule=BX-S7"), "{:#?}", phone.lines);
        assert!(says("recscope: Recording failed: the connection to the record server broke"));

        for caller in callers {
            let recording = &file_of(&server, &caller);
            if format == "wav" {
                assert_all_but_a_second(recording, &decoded(Codec::Pcma, &caller.payload));
            } else {
                assert_eq!(blocks(recording), caller.payload);
                let sent = caller.payload.len() / 160 * 172;
                assert!(told(recording) + 50 * 172 > sent, "{} of {sent}", told(recording));
            }
            let beside = side_car(recording);
            assert_eq!(beside["state"], "recording");
            let mut analyze = assert_cmd::Command::cargo_bin("recscope").unwrap();
            let output = analyze.arg("analyze").arg(recording).output().unwrap();
            assert!(output.status.code().is_some_and(|code| code <= 1), "{output:?}");
        }
    }
}

#[test]
fn a_phone_that_is_killed_leaves_a_complete_file() {
    let mut server = Server::start(4, &[]);
    let folder = tempfile::tempdir().unwrap();
    let (path, samples) = write_sound(folder.path(), Codec::Pcmu);
    let (to, play) = (server.address.to_string(), path.to_str().unwrap());
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
        "600",
    ]);
    phone.wait_for(&["event=recording"]);
    eventually("a second is recorded", || {
        server.figure("recscope_rtp_written_total") >= Some(50.0)
    });
    phone.kill();
    let line = server.process.wait_for(&["event=recorded", "cause=\"socket error\""]);
    let (recording, beside) = server.recording();
    assert_eq!(recording.file_name().unwrap().to_str().unwrap(), value(&line, "file"));
    assert_eq!(beside["end"]["cause"], "socket error");
    let found = read_wave(&recording).1;
    assert_eq!(found.len() * 2 + 44, fs::metadata(&recording).unwrap().len() as usize);
    assert_eq!(found.len(), beside["rtp"]["written"].as_u64().unwrap() as usize * 160);
    assert!(coded_and_decoded(Codec::Pcmu, &samples.repeat(40)).starts_with(&found));
    eventually("nothing is left of it", || server.figure("recscope_connections") == Some(0.0));
}

/// The file that a caller's recording is in.
fn file_of(server: &Server, caller: &Caller) -> PathBuf {
    let port = format!("_{}.wav", caller.target.port());
    let mut files = server.recordings();
    files.retain(|path| path.to_str().unwrap().ends_with(&port));
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// Bytes that a phone's recording has by its own count.
fn told(recording: &Path) -> usize {
    let bytes = fs::read(recording).unwrap();
    u32::from_le_bytes(bytes[72..76].try_into().unwrap()) as usize
}

#[test]
fn after_a_second_of_silence_nothing_is_lost_at_all() {
    for format in ["wav", "phone"] {
        let mut server = Server::start(4, &["--format", format]);
        let mut caller = Caller::start(server.address, "1", Codec::Pcma);
        // Less than a second of sound, so that no header was due because of it.
        caller.speak_for(27);
        let written = "recscope_rtp_written_total";
        eventually("all is written", || server.figure(written) == Some(27.0));
        let since = Instant::now();
        let recording = file_of(&server, &caller);
        eventually("the header tells of it", || match format {
            "wav" => read_wave(&recording).1.len() == 27 * 160,
            _ => told(&recording) == 27 * 172,
        });
        let passed = since.elapsed();
        assert!(passed < Duration::from_secs(3), "{passed:?}, and it is to be one second");
        server.process.kill();
        if format == "wav" {
            let sent = decoded(Codec::Pcma, &caller.payload);
            assert!(read_wave(&recording).1 == sent);
            readers::assert_read(&recording, 8000, &sent);
        } else {
            assert_eq!(blocks(&recording), caller.payload);
        }
    }
}

#[test]
fn a_phone_that_is_killed_leaves_a_file_on_its_drive_that_plays() {
    let folder = tempfile::tempdir().unwrap();
    let (path, samples) = write_sound(folder.path(), Codec::Pcma);
    let drive = folder.path().join("usb");
    fs::create_dir(&drive).unwrap();
    let (usb, play) = (drive.to_str().unwrap(), path.to_str().unwrap());
    let arguments = ["phone", "bx", "--usb", usb, "--play", play, "--seconds", "600"];
    let mut phone = Process::start(&arguments);
    phone.wait_for(&["to=recording"]);
    let began = Instant::now();
    let recording = || files(&drive, "wav").pop();
    let len = || recording().map_or(0, |path| path.metadata().unwrap().len());
    eventually("more than two seconds are recorded", || len() > 76 + 172 * 117);
    let elapsed = began.elapsed();
    phone.kill();

    let recording = recording().unwrap();
    let (held, told) = (blocks(&recording).len() / 160, told(&recording) / 172);
    assert!(told <= held && held < told + 50, "{held} blocks, of which it tells {told}");
    let heard_ms = held as u128 * 20;
    assert!(heard_ms + 1000 >= elapsed.as_millis(), "{heard_ms} ms of {elapsed:?}");

    // Whoever believes the header hears all but a second, and a reader that knows of power cuts
    // hears everything.
    let out = folder.path().join("heard.wav");
    let mut command = assert_cmd::Command::cargo_bin("recscope").unwrap();
    let output = command.arg("audio").arg(&recording).arg("-o").arg(&out).output().unwrap();
    assert!(output.status.code().is_some_and(|code| code <= 1), "{output:?}");
    let played = coded_and_decoded(Codec::Pcma, &samples.repeat(40)[..held * 160]);
    assert!(read_wave(&out).1 == played);
    readers::assert_read(&out, 8000, &played);
}
