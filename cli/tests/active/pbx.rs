//! `recscope pbx`, a phone that is registered there, and a recorder that hears of it over CSTA.

use crate::capture::{Capture, analyze, packets};
use crate::process::{Process, shown, value};
use crate::sound::{channels, chirp, through, trimmed, write_wav};
use crate::without_peers;
use recscope_analyzer::report::{RecordingMethod, RecordingResult};
use recscope_core::codec::Codec;
use std::fs;

#[test]
fn each_call_by_the_pbx_is_recorded_in_a_session_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let voice = chirp(8000, 300.0, 20.0);
    let sent = folder.path().join("sent.wav");
    write_wav(&sent, 8000, &voice);
    let mut pbx = Process::recscope(&["pbx", "--listen", "127.0.0.1:0", "--csta-port", "0"]);
    let listening = pbx.wait_for("event=listening");
    let (sip, csta) = (value(&listening, "sip"), value(&listening, "csta"));

    let mut phone = Process::recscope(&[
        "phone",
        "mx",
        "--listen",
        "127.0.0.1:0",
        "--allow",
        "127.0.0.1",
        "--pbx",
        sip,
        "--extension",
        "2001",
        "--sent",
        shown(&sent),
    ]);
    let listening = phone.wait_for("event=listening");
    let at = value(&listening, "sip").to_owned();
    let ports = [sip, csta, &at, value(&listening, "calls"), value(&listening, "rtp")];
    let ports = ports.map(|at| at.rsplit(':').next().unwrap().parse().unwrap());
    let [.., rtp] = ports;
    let capture = if without_peers() {
        None
    } else {
        Capture::start(folder.path(), &[&ports[..], &[rtp + 2]].concat())
    };
    let extension = format!("2001:{}", at.rsplit(':').next().unwrap());
    phone.wait_for("to=registered");

    let out = folder.path().join("out");
    let mut recorder = Process::recscope(&[
        "recorder",
        "--csta",
        csta,
        "--extension",
        &extension,
        "--dir",
        shown(&out),
        "--keepalive",
        "1",
    ]);
    recorder.wait_for("to=monitoring");

    // Somebody calls the phone, and later hangs up.
    pbx.type_line("call 0301234 2001 Erika");
    phone.wait_for("to=ringing");
    phone.type_line("answer");
    recorder.wait_for("to=recording");
    recorder.wait_for("200 UPDATE");
    pbx.type_line("hang-up 2001");
    recorder.wait_for("to=\"no session\"");

    // The phone calls somebody, and hangs up.
    phone.type_line("dial 0309876");
    recorder.wait_for("to=recording");
    recorder.wait_for("200 UPDATE");
    phone.type_line("hang-up");
    recorder.wait_for("to=\"no session\"");

    assert!(recorder.stop().starts_with("2 sessions, 2 files in "));
    phone.stop();
    assert!(pbx.stop().starts_with("2 calls, "));

    if let Some(capture) = capture.map(Capture::finish) {
        assert_eq!(packets(&capture, "_ws.malformed"), 0);
        let report = analyze(&capture);
        assert_eq!(report.calls.len(), 4, "two calls, and a session for each");
        assert_eq!(report.recording_sessions.len(), 2);
        for session in report.recording_sessions {
            assert_eq!(session.method, RecordingMethod::Active);
            assert_eq!(session.result, RecordingResult::Success, "{}", session.reason);
            assert_eq!((session.extension.as_str(), session.phone), ("2001", at.clone()));
        }
    }

    let played = through(Codec::Pcma, &voice);
    let mut files: Vec<_> = fs::read_dir(&out).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    for file in files {
        let (_, sides) = channels(&file);
        let heard = trimmed(&sides[0], 160);
        assert!(heard.len() >= 4_000, "{} samples", heard.len());
        // The recorder comes a moment after the call began.
        let is_part = played.chunks(160).enumerate().any(|(frame, _)| {
            played.get(frame * 160..).is_some_and(|rest| rest.starts_with(heard))
        });
        assert!(is_part, "{} is a part of what was said", file.display());
    }
}
