//! `recscope phone mx`, asked by sipp.

use crate::capture::{Capture, analyze, packets};
use crate::process::{Process, shown, value};
use crate::sound::{Ear, assert_heard, chirp, through, write_wav};
use crate::{Sipp, free_port, without_peers};
use recscope_analyzer::report::{RecordingMethod, RecordingResult};
use recscope_core::codec::Codec;
use std::path::Path;
use tempfile::TempDir;

/// A phone that speaks, and what it says.
struct Speaker {
    phone: Process,
    address: String,
    voices: [Vec<i16>; 2],
    folder: TempDir,
}

impl Speaker {
    fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let voices = [chirp(8000, 300.0, 5.0), chirp(8000, 700.0, 5.0)];
        let [sent, received] = ["sent.wav", "received.wav"].map(|name| folder.path().join(name));
        write_wav(&sent, 8000, &voices[0]);
        write_wav(&received, 8000, &voices[1]);
        let arguments = ["phone", "mx", "--listen", "127.0.0.1:0", "--allow", "127.0.0.1"];
        let files = ["--sent", shown(&sent), "--received", shown(&received)];
        let mut phone = Process::recscope(&[&arguments, &files[..], more].concat());
        let address = value(&phone.wait_for("event=listening"), "sip").to_owned();
        Self { phone, address, voices, folder }
    }

    fn port(&self) -> u16 {
        self.address.rsplit(':').next().unwrap().parse().unwrap()
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets sipp record the phone by a scenario, with an ear for each side.
    fn recorder(
        &self,
        scenario: &str,
        address: &str,
        port: u16,
        more: &[&str],
    ) -> (Process, [Ear; 2]) {
        let ears = [Ear::open(), Ear::open()];
        let ports = [&ears[0], &ears[1]].map(|ear| ear.port.to_string());
        let sipp = Sipp::new(scenario, address, port)
            .with(&[
                "-m", "1", "-d", "600", "-key", "first", &ports[0], "-key", "second", &ports[1],
            ])
            .with(more)
            .with(&[&self.address])
            .start();
        (sipp, ears)
    }

    /// Lets sipp record the phone, and hears what was played.
    fn is_recorded(&mut self, scenario: &str, port: u16, more: &[&str], note: Option<&str>) {
        let (mut sipp, ears) = self.recorder(scenario, "127.0.0.1", port, more);
        if let Some(note) = note {
            let line = self.phone.wait_for(note);
            assert_eq!(value(&line, "rule"), "MX-S9", "{scenario}");
        }
        sipp.success();
        for (ear, voice) in ears.into_iter().zip(&self.voices) {
            let heard = ear.sound(Codec::Pcma);
            assert_heard(&heard, &through(Codec::Pcma, voice), 250 * 8);
        }
    }
}

#[test]
fn recorders_of_all_kinds_get_the_sound_that_is_played() {
    if without_peers() {
        return;
    }
    let mut speaker = Speaker::start(&[]);
    let port = free_port();
    let capture = Capture::start(speaker.folder(), &[speaker.port(), port]);
    // Each with its messages, ACKs among them, and with what the phone says of it (MX-S9).
    let scenarios: [(&str, &[&str], usize, Option<&str>); 6] = [
        ("dynamic", &[], 5, None),
        ("keep_alive", &[], 9, None),
        ("lost_200", &["-nr"], 7, Some("a retransmission, absorbed")),
        ("multiple_invite_retransmission", &["-nr"], 6, Some("a retransmission, absorbed")),
        ("multiple_invite_merged", &[], 8, Some("a merged request, answered 482")),
        ("multiple_invite_new_cseq", &[], 8, Some("came with a new CSeq: answered 482")),
    ];
    for (scenario, more, _, note) in scenarios {
        speaker.is_recorded(scenario, port, more, note);
    }
    assert!(speaker.phone.stop().starts_with("6 sessions recorded, "));

    let Some(capture) = capture.map(Capture::finish) else { return };
    assert_eq!(packets(&capture, "_ws.malformed"), 0);
    let messages: usize = scenarios.iter().map(|(_, _, messages, _)| messages).sum();
    assert_eq!(packets(&capture, "sip"), messages);
    let sessions = analyze(&capture).recording_sessions;
    assert_eq!(sessions.len(), scenarios.len());
    for session in sessions {
        assert_eq!(session.method, RecordingMethod::Active);
        assert_eq!(session.result, RecordingResult::Success, "{}", session.reason);
        assert_eq!((session.extension.as_str(), session.codec.as_str()), ("1000", "PCMA"));
        assert_eq!(session.phone, speaker.address);
    }
}

#[test]
fn an_ack_of_another_session_starts_nothing() {
    if without_peers() {
        return;
    }
    let mut speaker = Speaker::start(&["--session-id", "session-id"]);
    let note = "came with a new Call-ID: answered 482";
    speaker.is_recorded("multiple_invite_new_call_id", free_port(), &[], Some(note));
    let ignored = speaker.phone.wait_for("the session id of the ACK is not that of the INVITE");
    let began = speaker.phone.wait_for("to=forwarding");
    assert_eq!((value(&ignored, "rule"), value(&began, "cause")), ("MX-S9", "ACK"));
    assert!(speaker.phone.stop().starts_with("1 session recorded, "));
}

#[test]
fn a_stranger_gets_no_answer_and_no_sound() {
    if without_peers() {
        return;
    }
    let mut speaker = Speaker::start(&[]);
    let (mut sipp, ears) = speaker.recorder("wrong_source", "127.0.0.2", free_port(), &[]);
    speaker.phone.wait_for("the source address is not allowed");
    sipp.success();
    for ear in ears {
        assert_eq!(ear.packets().len(), 0);
    }
    assert!(speaker.phone.stop().starts_with("0 sessions recorded, 0 packets sent"));
}

#[test]
fn a_phone_that_leaves_says_bye() {
    if without_peers() {
        return;
    }
    type Leave = fn(&mut Process);
    let ways: [(&str, Leave); 3] = [
        ("log-off", |phone| phone.type_line("log-off")),
        ("Ctrl-C", |phone| phone.signal("INT")),
        ("SIGTERM", |phone| phone.signal("TERM")),
    ];
    for (way, leave) in ways {
        let mut speaker = Speaker::start(&[]);
        let (mut sipp, _ears) = speaker.recorder("phone_leaves", "127.0.0.1", free_port(), &[]);
        speaker.phone.wait_for("to=forwarding");
        leave(&mut speaker.phone);
        let bye = speaker.phone.wait_for("message=BYE");
        assert_eq!(value(&bye, "rule"), "MX-S5", "{way}");
        sipp.success();
        speaker.phone.wait_for("200 BYE");
        speaker.phone.signal("INT");
        speaker.phone.success();
    }
}

#[test]
fn orders_come_from_a_script_too() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("day.txt");
    std::fs::write(&script, "0.1s log-off # home\n0.2s log-on\n0.3s power off\n0.4s quit\n")
        .unwrap();
    let mut speaker = Speaker::start(&["--script", shown(&script)]);
    for (to, rule) in [
        ("ready", "MX-S12"),
        ("logged off", "MX-S6"),
        ("ready", "MX-S12"),
        ("logged off", "MX-S12"),
    ] {
        let line = speaker.phone.wait_for("event=state");
        assert_eq!((value(&line, "to"), value(&line, "rule")), (to, rule));
    }
    assert_eq!(speaker.phone.success(), "0 sessions recorded, 0 packets sent, 0 received\n");
}

#[test]
fn what_cannot_be_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let [sound, script] = ["cd.wav", "bad.txt"].map(|name| folder.path().join(name));
    write_wav(&sound, 44_100, &[0; 100]);
    std::fs::write(&script, "1s dance\n").unwrap();
    for (arguments, complaint) in [
        (["--sent", shown(&sound)], "it has 44100 samples per second, the codec takes 8000"),
        (["--sent", "none.wav"], "cannot read none.wav: there is no such file"),
        (["--script", shown(&script)], "\"dance\" is no order to a phone"),
        (["--listen", "192.0.2.77:7300"], "192.0.2.77 is not an address of this machine"),
    ] {
        let all = [&["phone", "mx", "--allow", "127.0.0.1"], &arguments[..]].concat();
        let mut phone = Process::recscope(&all);
        let (status, _) = phone.finish();
        assert_eq!(status.code(), Some(2));
        assert!(phone.log[0].contains(complaint), "{:?}", phone.log);
        assert_eq!(phone.log.len(), 1);
    }
}
