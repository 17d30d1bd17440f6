//! Active recording from both ends: the phone's machine and the recorder's, with a network
//! between them that loses what a test wants lost.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails where it cannot go on")]

mod link;

use link::{Datagram, End, Link};
use recscope_core::Instant;
use recscope_core::codec::{Codec, g711};
use recscope_core::machine::{Input, Machine, Output, Side};
use recscope_core::phone::active::{
    Active, ActiveCommand, ActiveConfig, ActiveState, SourcePolicy,
};
use recscope_core::recorder::active::{Demands, Mapping, RepeatShape, SessionState, Takes};
use recscope_core::recorder::{Logger, LoggerCommand, LoggerConfig};
use recscope_core::sdp::forwarding::Layout;
use recscope_core::sip::SessionNaming;
use std::time::Duration;

fn link(change: impl FnOnce(&mut ActiveConfig, &mut LoggerConfig)) -> Link {
    let (mut phone, mut recorder) = (ActiveConfig::default(), LoggerConfig::default());
    change(&mut phone, &mut recorder);
    Link::new(phone, recorder)
}

/// A session that stands, with its log emptied.
fn recording(change: impl FnOnce(&mut ActiveConfig, &mut LoggerConfig)) -> Link {
    let mut link = link(change);
    link.register();
    link.call();
    link.run(1000);
    assert_eq!(link.phone.state(), ActiveState::Forwarding);
    assert_eq!(link.recorder.state_of("1000"), Some(SessionState::Recording));
    link.wire.log.clear();
    link
}

fn of(end: End, name: &'static str) -> impl Fn(&Datagram) -> bool {
    move |datagram| datagram.to == end && datagram.name() == name
}

#[test]
fn a_call_is_copied_from_ack_to_bye() {
    let mut link = link(|_, _| {});
    link.register();
    assert!(link.arrows().is_empty(), "no session before the call");
    link.call();
    link.run(10_000);
    link.hang_up();
    link.run(1000);
    assert_eq!(
        link.wire.log,
        [
            "recording session: no session > inviting by call [MX-2]",
            "-> INVITE [MX-S1]",
            "<- 200 INVITE [MX-S1]",
            "active recording: ready > waiting for ACK by INVITE [MX-S1]",
            "-> ACK [MX-S1]",
            "recording session: inviting > recording by 200 [MX-S1]",
            "active recording: waiting for ACK > forwarding by ACK [MX-S1]",
            "<- RTP [MX-1]",
            "-> BYE [MX-S1]",
            "recording session: recording > waiting for 200 to BYE by call over [MX-2]",
            "<- 200 BYE [MX-S1]",
            "active recording: forwarding > ready by BYE [MX-S1]",
            "recording session: waiting for 200 to BYE > no session by 200 [MX-S1]",
        ]
    );
    // Two streams, 50 packets a second each.
    assert!((990..=1000).contains(&link.heard), "{}", link.heard);
    for facts in link.recorder.streams() {
        assert_eq!((facts.summary.lost, facts.summary.duplicates), (0, 0));
    }
    assert_eq!(link.recorder.streams().map(|facts| facts.side).collect::<Vec<_>>().len(), 2);
}

#[test]
fn a_static_session_lasts_from_registration_to_log_off() {
    let mut link = link(|_, recorder| recorder.mapping = Mapping::Static);
    link.register();
    link.run(1000);
    assert_eq!(link.arrows(), ["-> INVITE [MX-S2]", "<- 200 INVITE [MX-S1]", "-> ACK [MX-S1]"]);
    for _ in 0..2 {
        link.call();
        link.run(1000);
        link.hang_up();
        link.run(1000);
        assert_eq!(link.arrows(), ["<- RTP [MX-1]"]);
    }
    link.recorder(LoggerCommand::Unregistered { extension: "1000".into() });
    link.run(100);
    assert_eq!(link.arrows(), ["-> BYE [MX-S2]", "<- 200 BYE [MX-S1]"]);
    assert_eq!(link.wire.files.len(), 4, "two streams of two calls");
    assert!(link.wire.files.values().all(|file| file.is_closed));
}

#[test]
fn nothing_is_copied_until_the_ack_arrives() {
    let mut link = link(|_, _| {});
    link.register();
    let mut left = 2;
    link.lose(move |datagram| {
        let lost = left > 0 && of(End::Phone, "ACK")(datagram);
        left -= i32::from(lost);
        lost
    });
    link.call();
    link.run(400);
    assert_eq!((link.heard, link.phone.state()), (0, ActiveState::Invited));
    link.run(5000);
    assert_eq!(
        link.arrows(),
        [
            "-> INVITE [MX-S1]",
            "<- 200 INVITE [MX-S1]",
            "-> ACK [MX-S1] lost",
            "<- 200 INVITE [MX-S1]",
            "-> ACK [MX-S1] lost",
            "<- 200 INVITE [MX-S1]",
            "-> ACK [MX-S1]",
            "<- RTP [MX-1]",
        ]
    );
}

#[test]
fn without_an_ack_the_phone_ends_the_session_itself() {
    let mut link = link(|_, recorder| recorder.keep_alive = Duration::from_secs(300));
    link.register();
    link.lose(of(End::Phone, "ACK"));
    link.call();
    link.run(40_000);
    let arrows = link.arrows();
    assert_eq!(link.heard, 0);
    let bye = arrows.iter().position(|line| line == "<- BYE [RFC 3261 13.3.1.4]");
    assert!(bye.is_some(), "{arrows:?}");
    link.heal();
    link.run(40_000);
    assert_eq!(link.phone.state(), ActiveState::Forwarding, "invited anew");
}

#[test]
fn un_registration_sends_one_bye() {
    let mut link = recording(|_, _| {});
    let heard = link.heard;
    link.phone(ActiveCommand::LogOff);
    link.recorder(LoggerCommand::Unregistered { extension: "1000".into() });
    link.run(5000);
    let arrows = link.arrows();
    let byes = arrows.iter().filter(|line| *line == "<- BYE [MX-S5]").count();
    assert_eq!(byes, 1, "{arrows:?}");
    assert!(link.heard <= heard + 2, "what was under way");
    assert_eq!(link.recorder.state_of("1000"), Some(SessionState::Idle));
}

#[test]
fn un_registration_before_the_ack_waits_for_it() {
    let mut link = link(|_, _| {});
    link.register();
    link.lose(of(End::Phone, "ACK"));
    link.call();
    link.run(100);
    link.phone(ActiveCommand::LogOff);
    link.run(100);
    assert_eq!(link.phone.state(), ActiveState::Leaving);
    assert!(!link.arrows().iter().any(|line| line.contains("BYE")));
    link.heal();
    link.run(1000);
    let arrows = link.arrows();
    assert_eq!(
        arrows,
        ["<- 200 INVITE [MX-S1]", "-> ACK [MX-S1]", "<- BYE [MX-S5]", "-> 200 BYE [MX-S5]"]
    );
    assert_eq!((link.heard, link.phone.state()), (0, ActiveState::LoggedOff));
}

#[test]
fn a_phone_that_is_logged_off_ignores_invite() {
    let mut link = link(|_, recorder| recorder.mapping = Mapping::Static);
    let address = link.phone.config().address;
    link.recorder(LoggerCommand::Registered { extension: "1000".into(), address });
    link.run(500);
    assert!(link.wire.log.contains(&"ignored: the phone is logged off [MX-S6]".into()));
    assert!(!link.wire.log.iter().any(|line| line.starts_with("<-")), "{:?}", link.wire.log);
    // Once it is registered, the INVITE that is still being repeated finds it.
    link.phone(ActiveCommand::LogOn);
    link.run(5000);
    assert_eq!(link.phone.state(), ActiveState::Forwarding);
}

#[test]
fn lost_update_is_followed_by_re_invite_and_no_new_session() {
    let mut link = recording(|_, _| {});
    link.lose(of(End::Phone, "UPDATE"));
    link.run(45_000);
    let arrows = link.arrows();
    let signalling: Vec<_> = arrows.iter().filter(|line| !line.contains("RTP")).collect();
    assert!(signalling[0] == "-> UPDATE [MX-S3] lost", "{signalling:?}");
    let tail = &signalling[signalling.len() - 3..];
    assert_eq!(tail, ["-> INVITE [MX-S10]", "<- 200 INVITE [MX-S10]", "-> ACK [MX-S10]"]);
    assert_eq!(link.phone.state(), ActiveState::Forwarding);
}

#[test]
fn a_session_that_is_lost_is_replaced_without_a_bye() {
    let mut link = recording(|_, _| {});
    // The phone hears nothing until the recorder gives the session up.
    link.lose(|datagram| datagram.to == End::Phone);
    link.run(52_000);
    link.heal();
    link.run(20_000);
    let arrows = link.arrows();
    assert!(!arrows.iter().any(|line| line.contains("BYE")), "{arrows:?}");
    let lines: Vec<_> = arrows.iter().filter(|line| !line.contains("RTP")).collect();
    let tail = &lines[lines.len() - 3..];
    assert_eq!(tail, ["-> INVITE [MX-S1]", "<- 200 INVITE [MX-S1]", "-> ACK [MX-S1]"]);
    assert_eq!(link.phone.state(), ActiveState::Forwarding);
    assert_eq!(link.recorder.state_of("1000"), Some(SessionState::Recording));
    let before = link.heard;
    link.run(1000);
    assert!(link.heard > before + 90);
}

#[test]
fn keep_alive_is_answered_and_keeps_the_session() {
    let mut link = recording(|_, _| {});
    link.run(60_500);
    let arrows: Vec<_> = link.arrows().into_iter().filter(|line| !line.contains("RTP")).collect();
    assert_eq!(arrows, ["-> UPDATE [MX-S3]", "<- 200 UPDATE [MX-S3]"].repeat(2));
}

#[test]
fn a_phone_without_power_is_invited_when_it_registers_again() {
    let mut link = recording(|_, recorder| recorder.mapping = Mapping::Static);
    link.phone(ActiveCommand::PowerOff);
    let heard = link.heard;
    link.run(1000);
    assert!(link.heard <= heard + 2);
    assert!(!link.arrows().iter().any(|line| line.contains("BYE")), "it could not say it");
    link.register();
    link.phone(ActiveCommand::CallStarted);
    link.run(1000);
    assert_eq!(link.phone.state(), ActiveState::Forwarding);
    assert_eq!(
        link.arrows()[..3],
        ["-> INVITE [MX-S2]", "<- 200 INVITE [MX-S1]", "-> ACK [MX-S1]"]
    );
}

#[test]
fn a_phone_that_forgot_the_session_is_found_out_by_keep_alive() {
    let mut link = recording(|_, _| {});
    link.phone(ActiveCommand::PowerOff);
    link.phone(ActiveCommand::LogOn);
    link.phone(ActiveCommand::CallStarted);
    link.run(31_000);
    let arrows: Vec<_> = link.arrows().into_iter().filter(|line| !line.contains("RTP")).collect();
    assert_eq!(
        arrows,
        [
            "-> UPDATE [MX-S3]",
            "<- 481 UPDATE [RFC 3261 12.2.2]",
            "-> INVITE [MX-S1]",
            "<- 200 INVITE [MX-S1]",
            "-> ACK [MX-S1]"
        ]
    );
}

#[test]
fn the_next_invite_goes_to_the_phone_that_has_the_extension_now() {
    let mut link = recording(|_, recorder| recorder.mapping = Mapping::Static);
    let address = "192.0.2.21".parse().unwrap();
    link.recorder(LoggerCommand::Registered { extension: "1000".into(), address });
    link.phone(ActiveCommand::LogOff);
    link.wire.log.clear();
    link.run(3);
    // The first phone's BYE is answered, although the recorder has moved on.
    let answered = link.arrows();
    assert!(answered.contains(&"-> 200 BYE [MX-S5]".into()), "{answered:?}");
    assert_eq!(link.recorder.state_of("1000"), Some(SessionState::Inviting));
}

#[test]
fn each_policy_for_a_source_that_is_not_allowed() {
    let invite = b"INVITE sip:1000@192.0.2.20:7300 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n\
        From: <sip:spy@192.0.2.66>;tag=1\r\nTo: <sip:1000@192.0.2.20>\r\nCall-ID: spy\r\n\
        CSeq: 1 INVITE\r\nContact: <sip:spy@192.0.2.66>\r\nContent-Length: 0\r\n\r\n";
    let expectations: [(SourcePolicy, &[&str]); 3] = [
        (SourcePolicy::Drop, &[]),
        (SourcePolicy::Forbid, &["<- 403 INVITE [MX-S4]"]),
        (SourcePolicy::Decline, &["<- 603 INVITE [MX-S4]"]),
    ];
    for (policy, expected) in expectations {
        let mut link = link(|phone, _| phone.policy = policy);
        link.register();
        link.spoof("192.0.2.66:5060", invite);
        if policy == SourcePolicy::Drop {
            let ignored = "ignored: the source address is not allowed [MX-S4]".to_string();
            assert!(link.wire.log.contains(&ignored));
            assert_eq!(link.phone.poll_timeout(), None, "it leaves no trace");
        }
        assert_eq!(link.arrows(), expected);
        assert_eq!(link.phone.state(), ActiveState::Ready);
    }
}

#[test]
fn a_spoofed_ack_update_or_bye_moves_nothing() {
    let mut link = link(|_, _| {});
    link.register();
    let seen = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let tap = seen.clone();
    link.lose(move |datagram| {
        let lost = of(End::Phone, "ACK")(datagram);
        if lost {
            tap.borrow_mut().push(datagram.payload.clone());
        }
        lost
    });
    link.call();
    link.run(10);
    let ack = seen.borrow()[0].clone();
    link.spoof("192.0.2.66:5060", &ack);
    assert_eq!(link.phone.state(), ActiveState::Invited, "the ACK came from elsewhere");
    let ack = String::from_utf8(ack).unwrap();
    let update = ack.replace("ACK", "UPDATE").replace("CSeq: 1", "CSeq: 2");
    link.arrows();
    link.spoof("192.0.2.66:5060", update.as_bytes());
    assert!(link.arrows().is_empty(), "nobody is told that there is a session");
    let bye = ack.replace("ACK", "BYE").replace("CSeq: 1", "CSeq: 2");
    link.spoof("192.0.2.66:5060", bye.as_bytes());
    assert_eq!(link.phone.state(), ActiveState::Invited);
    link.spoof("192.0.2.9:5060", bye.as_bytes());
    assert_eq!(link.phone.state(), ActiveState::Ready, "the recorder may");
}

#[test]
fn an_invite_repeated_in_any_shape_leads_to_one_session() {
    let cases = [
        (RepeatShape::SameBranch, SessionNaming::CallId, None),
        (RepeatShape::NewBranch, SessionNaming::CallId, Some("by another branch")),
        (RepeatShape::NewCSeq, SessionNaming::CallId, Some("a new CSeq")),
        (RepeatShape::NewCallId, SessionNaming::Header, Some("a new Call-ID")),
        (RepeatShape::NewCallId, SessionNaming::Origin, Some("a new Call-ID")),
    ];
    for (shape, naming, said) in cases {
        let mut link = link(|phone, recorder| {
            phone.naming = naming;
            recorder.naming = naming;
            recorder.repeat_shape = shape;
            recorder.repeats = 2;
            recorder.invite_patience = Duration::from_millis(300);
        });
        link.register();
        // The answers to the first INVITE are late.
        let mut left = 1;
        link.lose(move |datagram| {
            let lost = left > 0 && of(End::Recorder, "200 INVITE")(datagram);
            left -= i32::from(lost);
            lost
        });
        link.call();
        link.run(20_000);
        assert_eq!(link.phone.state(), ActiveState::Forwarding, "{shape:?} {naming:?}");
        assert_eq!(link.recorder.state_of("1000"), Some(SessionState::Recording));
        let acks = link.wire.log.iter().filter(|line| *line == "-> ACK [MX-S1]").count();
        assert_eq!(acks, 1, "{shape:?}: {:#?}", link.wire.log);
        let notes = link.notes();
        match said {
            Some(said) => assert!(notes[0].contains(said), "{shape:?}: {notes:?}"),
            None => assert!(notes[0].contains("a retransmission"), "{notes:?}"),
        }
    }
}

#[test]
fn an_ack_with_the_session_id_of_another_starts_nothing() {
    let mut link = link(|phone, recorder| {
        phone.naming = SessionNaming::Header;
        recorder.naming = SessionNaming::Header;
    });
    link.register();
    let seen = std::rc::Rc::new(std::cell::RefCell::new(None));
    let tap = seen.clone();
    link.lose(move |datagram| {
        let lost = of(End::Phone, "ACK")(datagram);
        if lost {
            *tap.borrow_mut() = Some(datagram.text());
        }
        lost
    });
    link.call();
    link.run(10);
    let ack = seen.borrow().clone().unwrap();
    let at = ack.find("Session-ID: ").unwrap() + 12;
    let mut other = ack.clone();
    other.replace_range(at..at + 32, "0123456789abcdef0123456789abcdef");
    link.spoof("192.0.2.9:5060", other.as_bytes());
    assert_eq!(link.phone.state(), ActiveState::Invited);
    assert!(link.notes().last().unwrap().contains("session id of the ACK"));
    link.spoof("192.0.2.9:5060", ack.as_bytes());
    assert_eq!(link.phone.state(), ActiveState::Forwarding);
}

/// Two voices that cannot be mistaken for each other.
fn voices(side: Side, frame: u64) -> Vec<i16> {
    let step = if side == Side::Sent { 37 } else { 91 };
    (0..160).map(|n| ((frame * 160 + n) * step % 4001) as i16 * 4 - 8000).collect()
}

fn as_heard(side: Side, frames: std::ops::Range<u64>) -> Vec<i16> {
    let through_alaw = |sample| g711::alaw_to_linear(g711::alaw_from_linear(sample));
    frames.flat_map(|frame| voices(side, frame)).map(through_alaw).collect()
}

#[test]
fn every_layout_brings_the_sound_into_the_files() {
    for layout in Layout::ALL {
        let mut link = link(|phone, recorder| {
            phone.layout = layout;
            recorder.layout = layout;
        });
        link.speak(voices);
        link.register();
        link.call();
        link.run(3000);
        link.hang_up();
        link.run(100);
        // The first frame comes when the session stands already.
        let frames = 0..149;
        if layout == Layout::Mixed {
            let mixed = link.samples("mixed");
            let [sent, received] = [Side::Sent, Side::Received]
                .map(|side| frames.clone().flat_map(move |f| voices(side, f)));
            let sum: Vec<i16> = sent
                .zip(received)
                .map(|(a, b)| g711::alaw_to_linear(g711::alaw_from_linear(a.saturating_add(b))))
                .collect();
            assert_eq!(mixed[..sum.len()], sum, "{layout:?}");
        } else {
            for (side, part) in [(Side::Sent, "_sent"), (Side::Received, "_received")] {
                let heard = as_heard(side, frames.clone());
                let samples = link.samples(part);
                assert_eq!(samples[..heard.len()], heard, "{layout:?} {side:?}");
            }
        }
    }
}

#[test]
fn loss_and_reordering_move_no_sound() {
    let mut link = link(|_, _| {});
    link.speak(voices);
    link.register();
    let mut count = 0;
    link.lose(move |datagram| {
        count += u32::from(datagram.name() == "RTP");
        datagram.name() == "RTP" && count % 10 == 3
    });
    link.call();
    link.run(2000);
    link.hang_up();
    link.run(100);
    let samples = link.samples("_sent");
    let expected = as_heard(Side::Sent, 0..98);
    let mut lost = 0;
    for (heard, said) in samples.chunks(160).zip(expected.chunks(160)) {
        if heard.iter().all(|sample| *sample == 0) {
            lost += 1;
        } else {
            assert_eq!(heard, said);
        }
    }
    let facts = link.recorder.streams().find(|facts| facts.side == Side::Sent).unwrap();
    assert_eq!(i64::from(lost), facts.summary.lost);
    assert!(lost > 10);
}

#[test]
fn start_on_demand_records_from_the_key_until_the_call_is_over() {
    let mut link = link(|_, recorder| recorder.demands = Demands::Start);
    link.register();
    assert_eq!(link.http("/x?page=START&OPN=1000"), "HTTP/1.1 409 Conflict", "no call");
    link.call();
    link.run(2000);
    assert!(link.arrows().is_empty(), "nobody asked");
    assert_eq!(link.http("/x?page=START&OPN=1000"), "HTTP/1.1 200 OK");
    link.run(1000);
    assert_eq!(
        link.arrows(),
        ["-> INVITE [MX-S1]", "<- 200 INVITE [MX-S1]", "-> ACK [MX-S1]", "<- RTP [MX-1]"]
    );
    link.hang_up();
    link.run(100);
    assert_eq!(link.arrows(), ["-> BYE [MX-S1]", "<- 200 BYE [MX-S1]"]);
    assert_eq!(link.wire.files.len(), 2);
    assert_eq!(link.http("/x?page=START&OPN=4711"), "HTTP/1.1 404 Not Found");
    link.call();
    link.run(1000);
    assert!(link.arrows().is_empty(), "the key was for the call before");
}

#[test]
fn stop_on_demand_ends_the_session_within_the_call() {
    let mut link = link(|_, recorder| recorder.demands = Demands::Start);
    link.register();
    link.call();
    link.http("/x?page=START&OPN=1000");
    link.run(1000);
    link.wire.log.clear();
    link.http("/x?page=STOP&OPN=1000");
    link.run(100);
    assert_eq!(link.arrows()[0], "-> BYE [MX-S1]");
    assert_eq!(link.phone.state(), ActiveState::Ready);
}

#[test]
fn what_is_on_its_way_when_a_session_ends_is_no_recording_of_its_own() {
    let mut link = recording(|_, recorder| recorder.takes = Takes::Stereo);
    assert_eq!(link.wire.files.len(), 1, "both sides in one file");
    // BYE is lost for a while, the phone goes on, and for all that the call does, too.
    let mut left = 2;
    link.lose(move |datagram| {
        let lost = left > 0 && of(End::Phone, "BYE")(datagram);
        left -= i32::from(lost);
        lost
    });
    link.recorder(LoggerCommand::Stop);
    link.recorder(LoggerCommand::CallStarted { extension: "1000".into() });
    link.run(5000);
    assert_eq!(link.recorder.state_of("1000"), Some(SessionState::Idle));
    assert_eq!(link.wire.files.len(), 1);
    assert!(link.wire.files.values().all(|file| file.is_closed));
}

#[test]
fn save_on_demand_keeps_what_was_recorded_from_the_start() {
    let mut link = link(|_, recorder| recorder.demands = Demands::Save);
    link.register();
    link.call();
    link.run(2000);
    link.hang_up();
    link.run(100);
    assert!(link.wire.files.is_empty(), "nobody asked to keep it");
    assert!(link.notes()[0].ends_with("is discarded. [MX-D3]"));
    link.call();
    link.run(2000);
    assert_eq!(link.http("/x?page=SAVE&OPN=1000"), "HTTP/1.1 200 OK");
    link.run(1000);
    link.hang_up();
    link.run(100);
    assert_eq!(link.samples("_sent").len(), link.samples("_received").len());
    assert!(link.samples("_sent").len() > 2900 * 8, "from the start, not from the key");
}

#[test]
fn a_phone_without_a_common_codec_says_488_and_is_asked_again_later() {
    let mut link = link(|_, recorder| recorder.codecs = vec![Codec::G722]);
    link.register();
    link.call();
    link.run(1000);
    let arrows = link.arrows();
    assert_eq!(
        arrows,
        ["-> INVITE [MX-S1]", "<- 488 INVITE [RFC 3264 6]", "-> ACK [RFC 3261 17.1.1.3]"]
    );
    assert_eq!(link.recorder.state_of("1000"), Some(SessionState::Waiting));
    link.hang_up();
    assert_eq!(link.recorder.state_of("1000"), Some(SessionState::Idle));
    assert!(link.recorder.poll_timeout().is_some(), "transactions linger");
}

#[test]
fn a_call_that_ends_before_the_answer_leaves_no_session() {
    let mut link = link(|_, _| {});
    link.register();
    link.lose(|datagram| datagram.to == End::Recorder);
    link.call();
    link.run(700);
    link.hang_up();
    assert_eq!(link.recorder.state_of("1000"), Some(SessionState::Withdrawing));
    link.heal();
    link.run(5000);
    assert_eq!(link.recorder.state_of("1000"), Some(SessionState::Idle));
    assert_eq!(link.phone.state(), ActiveState::Ready);
    assert_eq!(link.heard, 0);
}

#[test]
fn rtp_allocates_nothing_it_keeps() {
    // What a phone holds does not grow with the packets that it sent.
    let mut link = recording(|_, _| {});
    link.run(1000);
    let early = format!("{:?}", link.phone).len();
    link.run(20_000);
    assert!(format!("{:?}", link.phone).len() < early + 200);
}

/// All that a machine says, thrown away.
fn discard<M: Machine>(machine: &mut M) {
    while machine.poll_output().is_some_and(|output| !matches!(output, Output::Audio { .. })) {}
}

mod garbage {
    use super::*;
    use proptest::prelude::*;

    /// Bits of messages that get past the first look.
    fn message() -> impl Strategy<Value = Vec<u8>> {
        let method = prop_oneof![
            Just("INVITE"),
            Just("ACK"),
            Just("BYE"),
            Just("UPDATE"),
            Just("CANCEL"),
            Just("OPTIONS"),
            Just("DANCE"),
        ];
        let tag = prop_oneof![Just(""), Just(";tag=1"), Just(";tag=2")];
        let body = prop_oneof![
            Just(""),
            Just(
                "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8\r\na=recvonly\r\n"
            ),
            Just("v=0\r\nm=audio x"),
        ];
        let structured = (method, tag.clone(), tag, 0_u32..4, 0_u8..3, body).prop_map(
            |(method, from, to, cseq, branch, body)| {
                format!(
                    "{method} sip:1000@192.0.2.20 SIP/2.0\r\n\
                     Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{branch}\r\n\
                     From: <sip:r@192.0.2.9>{from}\r\nTo: <sip:1000@192.0.2.20>{to}\r\n\
                     Call-ID: c\r\nCSeq: {cseq} {method}\r\n\r\n{body}"
                )
                .into_bytes()
            },
        );
        let response = (100_u16..700, "[A-Z]{3,6}", 0_u8..3).prop_map(|(status, method, branch)| {
            format!(
                "SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP 192.0.2.20:7300;branch=z9hG4bK{branch}\r\n\
                 From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n\r\n"
            )
            .into_bytes()
        });
        prop_oneof![4 => structured, 1 => response, 1 => prop::collection::vec(any::<u8>(), 0..200)]
    }

    #[derive(Clone, Debug)]
    enum Step {
        Datagram(Vec<u8>, bool),
        Command(ActiveCommand),
        Audio,
        Wait(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let command = prop_oneof![
            Just(ActiveCommand::LogOn),
            Just(ActiveCommand::LogOff),
            Just(ActiveCommand::CallStarted),
            Just(ActiveCommand::CallEnded),
            Just(ActiveCommand::PowerOff),
        ];
        prop_oneof![
            4 => (message(), any::<bool>()).prop_map(|(m, allowed)| Step::Datagram(m, allowed)),
            2 => command.prop_map(Step::Command),
            1 => Just(Step::Audio),
            2 => (0_u64..40_000).prop_map(Step::Wait),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn nothing_makes_either_machine_panic_or_spin(
            steps in prop::collection::vec(step(), 0..30),
        ) {
            let mut phone = Active::new(ActiveConfig::default());
            let mut logger = Logger::new(LoggerConfig {
                mapping: Mapping::Static, ..LoggerConfig::default()
            });
            let address = "192.0.2.20".parse().unwrap();
            logger.handle_input(Instant::ORIGIN, Input::Command(
                LoggerCommand::Registered { extension: "1000".into(), address },
            )).unwrap();
            discard(&mut logger);
            let mut now = Instant::ORIGIN;
            for step in steps {
                match step {
                    Step::Datagram(payload, allowed) => {
                        let remote = if allowed { "192.0.2.9:5060" } else { "192.0.2.66:5060" };
                        let remote = remote.parse().unwrap();
                        let local = "192.0.2.20:7300".parse().unwrap();
                        let input = Input::Datagram { local, remote, payload: &payload };
                        phone.handle_input(now, input).unwrap();
                        let local = "192.0.2.9:5060".parse().unwrap();
                        let input = Input::Datagram { local, remote, payload: &payload };
                        logger.handle_input(now, input).unwrap();
                        let local = "192.0.2.9:20000".parse().unwrap();
                        let input = Input::Datagram { local, remote, payload: &payload };
                        logger.handle_input(now, input).unwrap();
                    }
                    Step::Command(command) => {
                        phone.handle_input(now, Input::Command(command)).unwrap();
                    }
                    Step::Audio => {
                        let input = Input::Audio { side: Side::Sent, samples: &[0; 160] };
                        phone.handle_input(now, input).unwrap();
                    }
                    Step::Wait(millis) => {
                        now += Duration::from_millis(millis);
                        let mut rounds = 0;
                        while phone.poll_timeout().is_some_and(|(at, _)| at <= now) {
                            phone.handle_input(now, Input::Timeout).unwrap();
                            rounds += 1;
                            prop_assert!(rounds < 50, "the phone's timer does not move on");
                            discard(&mut phone);
                        }
                        rounds = 0;
                        while logger.poll_timeout().is_some_and(|(at, _)| at <= now) {
                            logger.handle_input(now, Input::Timeout).unwrap();
                            rounds += 1;
                            prop_assert!(rounds < 50, "the recorder's timer does not move on");
                            discard(&mut logger);
                        }
                    }
                }
                discard(&mut phone);
                discard(&mut logger);
            }
        }
    }
}
