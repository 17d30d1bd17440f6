//! `recscope recorder`, with our phone and with sipp as one.

use crate::capture::{Capture, analyze, packets};
use crate::process::{Process, shown, value};
use crate::readers;
use crate::sound::{assert_heard, channels, chirp, through, trimmed, write_wav};
use crate::{Sipp, free_port, without_peers};
use recscope_analyzer::report::{RecordingMethod, RecordingResult};
use recscope_core::codec::{Codec, Encoder};
use recscope_core::rtp::{Header, RtpTime, SequenceNumber, Ssrc};
use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// The recordings in a folder, in the order of their names.
fn recordings(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

/// A recorder of the phone at `phone`, which keeps a session alive every second.
fn recorder(phone: &str, folder: &Path, more: &[&str]) -> Process {
    let arguments = ["recorder", "--phone", phone, "--dir", shown(folder), "--keepalive", "1"];
    Process::recscope(&[&arguments, more].concat())
}

#[test]
fn both_sides_of_a_call_come_into_one_file_sample_by_sample() {
    for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
        let folder = tempfile::tempdir().unwrap();
        let rate = codec.sample_rate();
        let voices = [chirp(rate, 300.0, 8.0), chirp(rate, 700.0, 8.0)];
        let [sent, received] = ["sent.wav", "received.wav"].map(|name| folder.path().join(name));
        write_wav(&sent, rate, &voices[0]);
        write_wav(&received, rate, &voices[1]);
        let mut phone = Process::recscope(&[
            "phone",
            "mx",
            "--listen",
            "127.0.0.1:0",
            "--allow",
            "127.0.0.1",
            "--codec",
            codec.name(),
            "--sent",
            shown(&sent),
            "--received",
            shown(&received),
        ]);
        let listening = phone.wait_for("event=listening");
        let address = value(&listening, "sip").to_owned();
        let out = folder.path().join("out");
        let mut recorder = recorder(&address, &out, &[]);
        phone.wait_for("message=UPDATE");
        let summary = recorder.stop();
        assert!(summary.starts_with("1 session, 1 file in "), "{summary}");
        for side in ["1000 sent: ", "1000 received: "] {
            let line = summary.lines().find_map(|line| line.strip_prefix(side)).unwrap();
            assert!(line.contains(" 0 lost"), "{line}");
        }
        assert!(phone.stop().starts_with("1 session recorded, "));

        let files = recordings(&out);
        let (found_rate, sides) = channels(&files[0]);
        assert_eq!((files.len(), found_rate, sides.len()), (1, rate, 2));
        for (side, voice) in sides.iter().zip(&voices) {
            let side = trimmed(side, rate as usize / 50);
            assert_heard(side, &through(codec, voice), rate as usize / 2);
        }
    }
}

#[test]
fn a_session_on_the_wire_is_read_as_what_it_was() {
    if without_peers() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut phone =
        Process::recscope(&["phone", "mx", "--listen", "127.0.0.1:0", "--allow", "127.0.0.1"]);
    let listening = phone.wait_for("event=listening");
    let address = value(&listening, "sip").to_owned();
    let rtp: u16 = value(&listening, "rtp").rsplit(':').next().unwrap().parse().unwrap();
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    let Some(capture) = Capture::start(folder.path(), &[port, rtp, rtp + 2]) else { return };
    let mut recorder = recorder(&address, &folder.path().join("out"), &[]);
    phone.wait_for("message=UPDATE");
    recorder.stop();
    phone.stop();

    let capture = capture.finish();
    assert_eq!(packets(&capture, "_ws.malformed"), 0);
    // INVITE, 200, ACK; UPDATE, 200; BYE, 200.
    assert_eq!(packets(&capture, "sip"), 7);
    assert!(packets(&capture, "rtp.p_type == 8") >= 50);
    let report = analyze(&capture);
    let [session] = report.recording_sessions.as_slice() else { panic!("one session") };
    assert_eq!(session.method, RecordingMethod::Active);
    assert_eq!(session.result, RecordingResult::Success, "{}", session.reason);
    assert_eq!(session.streams.len(), 2);
    assert_eq!(session.phone, address);
}

#[test]
fn a_strangers_phone_is_recorded() {
    if without_peers() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut sipp = Sipp::new("phone", "127.0.0.1", port).with(&["-m", "1"]).start();
    let address = format!("127.0.0.1:{port}");
    // The scenario answers one UPDATE and then waits for BYE, so the next one must not come soon.
    let arguments = ["recorder", "--phone", &address, "--dir", shown(folder.path())];
    let times = ["--keepalive", "3", "--retry", "0.2"];
    let mut recorder = Process::recscope(&[&arguments, &times[..]].concat());
    let listening = recorder.wait_for("event=listening");
    let base: u16 = value(&listening, "rtp").rsplit(':').next().unwrap().parse().unwrap();
    recorder.wait_for("to=recording");

    let voices = [chirp(8000, 400.0, 1.0), chirp(8000, 900.0, 1.0)];
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut encoders = [Encoder::new(Codec::Pcma), Encoder::new(Codec::Pcma)];
    for nth in 0..50_u16 {
        for (side, (voice, encoder)) in voices.iter().zip(&mut encoders).enumerate() {
            let header = Header {
                marker: nth == 0,
                payload_type: 8,
                sequence: SequenceNumber(nth.wrapping_sub(20)),
                timestamp: RtpTime(u32::from(nth) * 160),
                ssrc: Ssrc(if side == 0 { 17 } else { 18 }),
            };
            let mut packet = header.write().to_vec();
            let at = usize::from(nth) * 160;
            encoder.encode(&voice[at..at + 160], &mut packet);
            // The first session has the second four of a phone's eight ports.
            let to = base + if side == 0 { 4 } else { 6 };
            socket.send_to(&packet, ("127.0.0.1", to)).unwrap();
        }
    }
    recorder.wait_for("200 UPDATE");
    recorder.type_line("call-ended 1000");
    recorder.wait_for("200 BYE");
    sipp.success();
    recorder.type_line("quit");
    assert!(recorder.success().starts_with("1 session, 1 file in "));

    let (_, sides) = channels(&recordings(folder.path())[0]);
    for (side, voice) in sides.iter().zip(&voices) {
        assert_eq!(*side, through(Codec::Pcma, voice));
    }
}

#[test]
fn a_phone_that_never_answers_update_is_asked_in_other_ways() {
    if without_peers() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    // Two calls: after the first, which falls silent, the recorder opens another session.
    let mut sipp = Sipp::new("phone_deaf", "127.0.0.1", port).with(&["-m", "2"]).start();
    let address = format!("127.0.0.1:{port}");
    let patience = ["--keepalive", "0.3", "--patience", "0.4", "--retry", "0.2"];
    let arguments = ["recorder", "--phone", &address, "--dir", shown(folder.path())];
    let mut recorder = Process::recscope(&[&arguments, &patience[..]].concat());
    for _ in 0..2 {
        recorder.wait_for("to=recording");
        let update = recorder.wait_for("message=UPDATE");
        assert_eq!(value(&update, "rule"), "MX-S3");
        let refresh = recorder.wait_for("message=INVITE");
        assert_eq!(value(&refresh, "rule"), "MX-S10");
        let lost = recorder.wait_for("to=inviting");
        assert_eq!((value(&lost, "cause"), value(&lost, "rule")), ("no answer", "MX-S10"));
    }
    sipp.success();
    assert!(!recorder.log.iter().any(|line| line.contains("BYE")), "a lost session gets none");
}

#[test]
fn a_phone_that_answers_the_re_invite_keeps_its_session() {
    if without_peers() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut sipp = Sipp::new("phone_refreshed", "127.0.0.1", port).with(&["-m", "1"]).start();
    let address = format!("127.0.0.1:{port}");
    let more = ["--patience", "0.4", "--retry", "0.2"];
    let mut recorder = recorder(&address, folder.path(), &more);
    recorder.wait_for("message=UPDATE");
    recorder.wait_for("message=INVITE");
    recorder.wait_for("to=recording");
    let summary = recorder.stop();
    assert!(summary.starts_with("1 session, 0 files in "), "{summary}");
    sipp.success();
}

#[test]
fn a_phone_that_lost_its_power_is_recorded_again_once_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut phone =
        Process::recscope(&["phone", "mx", "--listen", "127.0.0.1:0", "--allow", "127.0.0.1"]);
    let address = value(&phone.wait_for("event=listening"), "sip").to_owned();
    let more = ["--patience", "0.4", "--retry", "0.2"];
    let mut recorder = recorder(&address, folder.path(), &more);
    phone.wait_for("message=UPDATE");
    phone.type_line("power off");
    phone.wait_for("cause=\"power off\"");
    recorder.wait_for("cause=\"no answer\"");
    phone.type_line("power on");
    phone.wait_for("to=forwarding");
    phone.wait_for("message=UPDATE");
    recorder.stop();
    assert!(!phone.log.iter().any(|line| line.contains("sent") && line.contains("message=BYE")));
    assert!(phone.stop().starts_with("2 sessions recorded, "));
    let files = recordings(folder.path());
    assert_eq!(files.len(), 2, "a recording for each session");
    for file in files {
        let (rate, sides) = channels(&file);
        assert_eq!((rate, sides.len()), (8000, 2));
        assert!(!sides[0].is_empty());
    }
}

#[test]
fn a_phone_that_is_held_up_makes_no_pause() {
    let folder = tempfile::tempdir().unwrap();
    let voice = chirp(8000, 300.0, 20.0);
    let sent = folder.path().join("sent.wav");
    write_wav(&sent, 8000, &voice);
    let arguments = ["phone", "mx", "--listen", "127.0.0.1:0", "--allow", "127.0.0.1"];
    let mut phone = Process::recscope(&[&arguments[..], &["--sent", shown(&sent)]].concat());
    let address = value(&phone.wait_for("event=listening"), "sip").to_owned();
    let out = folder.path().join("out");
    let mut recorder = recorder(&address, &out, &[]);
    phone.wait_for("message=UPDATE");
    phone.signal("STOP");
    // As long as nothing but a pause in the call should be.
    thread::sleep(Duration::from_millis(400));
    phone.signal("CONT");
    phone.wait_for("message=UPDATE");
    recorder.stop();
    phone.stop();
    let (_, sides) = channels(&recordings(&out)[0]);
    assert_heard(trimmed(&sides[0], 160), &through(Codec::Pcma, &voice), 8000);
}

#[test]
fn a_static_session_ends_at_log_off_and_comes_back_with_the_user() {
    let folder = tempfile::tempdir().unwrap();
    let mut phone =
        Process::recscope(&["phone", "mx", "--listen", "127.0.0.1:0", "--allow", "127.0.0.1"]);
    let address = value(&phone.wait_for("event=listening"), "sip").to_owned();
    let more = ["--mapping", "static", "--retry", "0.2"];
    let mut recorder = recorder(&address, folder.path(), &more);
    let invite = recorder.wait_for("message=INVITE");
    assert_eq!(value(&invite, "rule"), "MX-S2");
    phone.wait_for("message=UPDATE");
    phone.type_line("log-off");
    phone.wait_for("message=BYE");
    phone.wait_for("the phone is logged off");
    phone.type_line("log-on");
    phone.wait_for("message=UPDATE");
    assert!(recorder.stop().starts_with("2 sessions, 2 files in "));
    phone.stop();
}

#[test]
fn the_key_on_the_phone_starts_and_stops_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    // Phone and recorder have to know each other's address from the start.
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let demand = ["--on-demand", "start", "--http-port", "0"];
    let mut recorder = recorder(&address, folder.path(), &demand);
    let http = value(&recorder.wait_for("event=listening"), "http").to_owned();
    let mut phone = Process::recscope(&[
        "phone",
        "mx",
        "--listen",
        &address,
        "--allow",
        "127.0.0.1",
        "--on-demand",
        &http,
    ]);
    phone.wait_for("to=ready");
    phone.type_line("on-demand");
    phone.wait_for("Recording started");
    phone.wait_for("message=UPDATE");
    phone.type_line("on-demand");
    phone.wait_for("message=BYE");
    phone.wait_for("Recording stopped");
    phone.stop();
    let summary = recorder.stop();
    assert!(summary.starts_with("1 session, 1 file in "), "{summary}");
}

#[test]
fn a_recorder_that_is_killed_leaves_all_but_the_last_second() {
    // At once, or when the phone has been silent for longer than that: then nothing is lost.
    for is_silent in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let voices = [chirp(8000, 300.0, 30.0), chirp(8000, 700.0, 30.0)];
        let [sent, received] = ["sent.wav", "received.wav"].map(|name| folder.path().join(name));
        write_wav(&sent, 8000, &voices[0]);
        write_wav(&received, 8000, &voices[1]);
        let arguments = ["phone", "mx", "--listen", "127.0.0.1:0", "--allow", "127.0.0.1"];
        let files = ["--sent", shown(&sent), "--received", shown(&received)];
        let mut phone = Process::recscope(&[&arguments[..], &files[..]].concat());
        let address = value(&phone.wait_for("event=listening"), "sip").to_owned();
        let out = folder.path().join("out");
        let mut recorder = recorder(&address, &out, &["--patience", "600"]);
        recorder.wait_for("event=recording");
        let began = Instant::now();
        phone.wait_for("message=UPDATE");
        phone.wait_for("message=UPDATE");
        let file = recordings(&out).remove(0);
        if is_silent {
            phone.type_line("power off");
            phone.wait_for("cause=\"power off\"");
            let since = Instant::now();
            while channels(&file).1[0].len() < frames(&file) {
                assert!(since.elapsed() < Duration::from_secs(3), "it is to be one second");
                thread::sleep(Duration::from_millis(5));
            }
        }
        let passed = began.elapsed();
        recorder.signal("KILL");
        let _ = recorder.finish();

        let (_, sides) = channels(&file);
        let (told, held) = (sides[0].len(), frames(&file));
        let may_be_lost = if is_silent { 0 } else { 8000 };
        assert!(told <= held && held <= told + may_be_lost, "{told} of {held} frames are told of");
        if !is_silent {
            // What came was in the file at once; a busy machine may be late.
            assert!(held / 8 + 500 >= passed.as_millis() as usize, "{held} in {passed:?}");
        }
        assert!(told >= 8000, "two seconds were recorded, of which {told} frames are left");
        for (side, voice) in sides.iter().zip(&voices) {
            assert!(through(Codec::Pcma, voice).starts_with(trimmed(side, 160)));
        }
        let interleaved: Vec<i16> =
            sides[0].iter().zip(&sides[1]).flat_map(|(&left, &right)| [left, right]).collect();
        readers::assert_read(&file, 8000, &interleaved);
    }
}

/// Frames that lie in a file of two channels, whatever its header says.
fn frames(file: &Path) -> usize {
    (usize::try_from(file.metadata().unwrap().len()).unwrap() - 44) / 4
}
