//! What whoever does not belong gets from an actor in any state: 481 for a dialog that does not
//! exist, 500 for a CSeq that was there before, and for a sender that is not allowed what the
//! phone's policy says (MX-S4).

use crate::any_setup;
use crate::forged::request;
use crate::room::{Outcome, PBX, PHONE, Parcel, RECORDER, Room, STRANGER, TERMINAL};
use crate::step;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use recscope_core::sip::Message;
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

const RECORDER_AT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);

/// Statuses of the answers that the last input led to.
fn statuses(room: &Room) -> Vec<u16> {
    let messages = room.sent.iter().filter_map(|(_, bytes)| Message::parse(bytes).ok());
    messages.filter_map(|parsed| parsed.message.status()).collect()
}

fn states(room: &Room, at: usize) -> Vec<(&'static str, &'static str)> {
    room.seats[at].actor.states()
}

/// Whether a phone is on, by its states.
fn is_on(room: &Room, at: usize) -> bool {
    states(room, at).first().is_some_and(|(_, state)| *state != "off" && *state != "down")
}

/// Where each actor takes SIP, and from whom a request inside a dialog would come.
fn sockets() -> [(usize, u16, Ipv4Addr); 4] {
    let pbx = Ipv4Addr::new(192, 0, 2, 1);
    let phone = Ipv4Addr::new(192, 0, 2, 20);
    [
        (PHONE, 5060, RECORDER_AT),
        (TERMINAL, 7300, RECORDER_AT),
        (RECORDER, 5060, phone),
        (PHONE, 5060, pbx),
    ]
}

#[test]
fn a_request_in_a_dialog_that_does_not_exist_gets_481_in_any_state() {
    let asked = Cell::new(0);
    let strategy = (any_setup(), prop::collection::vec(step::anything(), 0..40));
    run(96, &strategy, |(setup, steps)| {
        let mut room = Room::new(&setup);
        for step in &steps {
            room.take(step)?;
        }
        let ends = ["<sip:a@192.0.2.9>;tag=1", "<sip:b@192.0.2.20>;tag=unknown", "no-such-call"];
        let pbx = (PBX, 5060, Ipv4Addr::new(192, 0, 2, 20));
        for (at, port, from) in sockets().into_iter().chain([pbx]) {
            let before = states(&room, at);
            let bye = request("BYE", &format!("u{at}{from}"), &ends, 7, "");
            room.say(at, port, from, bye)?;
            let expected: &[u16] = if is_on(&room, at) { &[481] } else { &[] };
            prop_assert_eq!(&statuses(&room)[..], expected, "{}", &room.seats[at].name);
            prop_assert_eq!(before, states(&room, at));
            asked.set(asked.get() + expected.len());
            // An ACK is never answered.
            room.say(at, port, from, request("ACK", &format!("a{at}{from}"), &ends, 7, ""))?;
            prop_assert!(room.sent.is_empty());
        }
        Ok(())
    });
    assert!(asked.get() > 200, "{} were answered", asked.get());
}

/// The last request of a dialog that the recorder sent to a phone, if one is there.
fn last_request(room: &Room, to: usize) -> Option<([String; 3], u32)> {
    let said = room.said.iter().rev().filter(|flight| flight.to == to);
    said.filter_map(|flight| {
        let Parcel::Datagram { remote, payload, .. } = &flight.parcel else { return None };
        let message = Message::parse(payload).ok()?.message;
        let is_inside = message.to()?.tag().is_some();
        let is_the_recorder_s = remote.ip() == IpAddr::V4(RECORDER_AT);
        if !message.is_request() || !is_inside || !is_the_recorder_s {
            return None;
        }
        let header = |name| message.header(name).map(str::to_owned);
        Some(([header("From")?, header("To")?, header("Call-ID")?], message.cseq()?.number))
    })
    .next()
}

/// A room where a call is recorded, disturbed by some steps.
fn recorded(setup: &crate::room::Setup, steps: &[step::Step]) -> Result<Room, TestCaseError> {
    let mut room = Room::new(setup);
    for _ in 0..4 {
        room.settle()?;
    }
    room.order(PHONE, "dial 0701")?;
    for _ in 0..4 {
        room.settle()?;
        room.pass(Duration::from_secs(2))?;
    }
    if setup.on_demand == "start" {
        room.order(PHONE, "on-demand")?;
    }
    for _ in 0..4 {
        room.settle()?;
    }
    // The first sign of life.
    room.pass(Duration::from_secs(31))?;
    room.settle()?;
    steps.iter().try_for_each(|step| room.take(step))?;
    Ok(room)
}

fn has_session(room: &Room) -> bool {
    states(room, PHONE)
        .iter()
        .any(|(machine, state)| *machine == "active recording" && state.starts_with("forwarding"))
}

#[test]
fn a_cseq_that_was_there_before_gets_500_while_the_dialog_lives() {
    let (alive, over) = (Cell::new(0), Cell::new(0));
    let strategy = (any_setup(), prop::collection::vec(step::anything(), 0..12));
    run(96, &strategy, |(setup, steps)| {
        let mut room = recorded(&setup, &steps)?;
        let Some((ends, _)) = last_request(&room, PHONE) else { return Ok(()) };
        if !is_on(&room, PHONE) {
            return Ok(());
        }
        let before = states(&room, PHONE);
        let ends = [&*ends[0], &*ends[1], &*ends[2]];
        // The INVITE that made the dialog had at least this one.
        let late = request("UPDATE", "late", &ends, 1, "");
        room.say(PHONE, 5060, RECORDER_AT, late)?;
        let found = statuses(&room);
        prop_assert!(matches!(found[..], [481 | 500]), "{found:?}");
        prop_assert_eq!(before, states(&room, PHONE));
        let count = if found == [500] { &alive } else { &over };
        count.set(count.get() + 1);
        Ok(())
    });
    assert!(alive.get() >= 20 && over.get() >= 5, "{} and {}", alive.get(), over.get());
}

/// A sender that is not allowed, with all that only the recorder can know, gets what the policy
/// says and changes nothing: the recorder's next request is answered as if nothing had been.
#[test]
fn a_spoofed_source_gets_what_the_policy_says_and_changes_nothing() {
    let (tried, recorded_on) = (Cell::new(0), Cell::new(0));
    let method = prop::sample::select(&["INVITE", "ACK", "BYE", "UPDATE", "CANCEL", "INFO"][..]);
    let strategy = (
        any_setup(),
        prop::collection::vec(step::anything(), 0..8),
        (method, prop_oneof![0_u32..8, Just(u32::MAX >> 1)], any::<bool>()),
    );
    run(120, &strategy, |(setup, steps, (method, cseq, inside))| {
        let mut room = recorded(&setup, &steps)?;
        let Some((real, last)) = last_request(&room, PHONE) else { return Ok(()) };
        if !is_on(&room, PHONE) {
            return Ok(());
        }
        let ends = [&*real[0], if inside { &real[1] } else { "<sip:1000@192.0.2.20>" }, &*real[2]];
        let before = states(&room, PHONE);
        let body = "v=0\r\no=- 9 9 IN IP4 192.0.2.66\r\ns=-\r\nc=IN IP4 192.0.2.66\r\nt=0 0\r\n\
                    m=audio 4000 RTP/AVP 8 0 9\r\na=recvonly\r\n";
        room.say(PHONE, 5060, STRANGER, request(method, "spoof", &ends, cseq, body))?;
        let is_logged_off = before.iter().any(|(machine, state)| {
            *machine == "active recording" && state.starts_with("logged off")
        });
        let expected: &[u16] = match (setup.policy, method) {
            ("drop", _) | (_, "ACK") => &[],
            ("403", _) => &[403],
            _ => &[603],
        };
        let found = statuses(&room);
        // A phone that is logged off need not say anything to an INVITE (MX-S6).
        let is_ignored = is_logged_off && method == "INVITE" && found.is_empty();
        prop_assert!(is_ignored || found == expected, "{} {method}: {found:?}", setup.policy);
        prop_assert_eq!(&before, &states(&room, PHONE));
        tried.set(tried.get() + 1);
        if has_session(&room) {
            // The recorder's own next request, whose CSeq nobody may have used up.
            let ends = [&*real[0], &*real[1], &*real[2]];
            let update = request("UPDATE", "true", &ends, last + 100, "");
            room.say(PHONE, 5060, RECORDER_AT, update)?;
            if statuses(&room) == [200] {
                recorded_on.set(recorded_on.get() + 1);
            } else {
                prop_assert_eq!(&statuses(&room)[..], &[481], "only if that dialog is over");
            }
            for side in [recscope_core::machine::Side::Sent, recscope_core::machine::Side::Received]
            {
                room.speak(PHONE, side, 4, 160)?;
                let stolen = room.sent.iter().any(|(to, _)| to.ip() == IpAddr::V4(STRANGER));
                prop_assert!(!stolen, "the stranger hears the call");
            }
        }
        Ok(())
    });
    assert!(
        tried.get() >= 60 && recorded_on.get() >= 20,
        "{} and {}",
        tried.get(),
        recorded_on.get()
    );
}

fn run<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value) -> Outcome) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(failure) = TestRunner::new(config).run(strategy, test) {
        panic!("{failure}");
    }
}
