use super::*;

/// A start line with, after a bar, further headers; a CSeq; and whether To has a tag.
type Line = (&'static str, &'static str, bool);

fn origin(number: i64, time_ns: i64) -> Origin {
    Origin {
        packet: number.cast_unsigned() + 1,
        time_ns,
        offset: None,
        transport: crate::report::Transport::Udp,
        src: ([192, 0, 2, 1], 5060).into(),
        dst: ([192, 0, 2, 2], 5060).into(),
    }
}

/// Follows messages 100 ms apart.
fn follow(messages: &[Line]) -> Call {
    let mut calls = Calls::default();
    for (number, (start, cseq, has_tag)) in (0_i64..).zip(messages) {
        let (start, headers) = start.split_once('|').unwrap_or((start, ""));
        let tag = if *has_tag { ";tag=b" } else { "" };
        let bytes = format!(
            "{start}\r\nFrom: <sip:1000@pbx>;tag=a\r\nTo: <sip:2000@pbx>{tag}\r\nCall-ID: c\r\n\
             CSeq: {cseq}\r\n{headers}\r\n\r\n"
        );
        let message = Message::parse(bytes.as_bytes()).unwrap().message;
        let time_ns = number * 100_000_000;
        let index = calls.of_message(&message, time_ns).unwrap();
        let session = message.sdp().map(|(_, body)| Session::parse(body).unwrap().session);
        let session = session.map(Arc::new);
        let message = Heard::new(&message);
        calls.on_message(index, &message, session.as_ref(), &origin(number, time_ns), false);
    }
    let mut all = calls.into_all();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

const INVITE: Line = ("INVITE sip:2000@pbx SIP/2.0", "1 INVITE", false);
const AGAIN: Line = ("INVITE sip:2000@pbx SIP/2.0", "2 INVITE", false);
const RINGING: Line = ("SIP/2.0 180 Ringing", "1 INVITE", true);
const CHALLENGE: Line = ("SIP/2.0 401 Unauthorized", "1 INVITE", true);
const OK: Line = ("SIP/2.0 200 OK", "1 INVITE", true);
const OK_AGAIN: Line = ("SIP/2.0 200 OK", "2 INVITE", true);
const CANCEL: Line = ("CANCEL sip:2000@pbx SIP/2.0", "1 CANCEL", false);
const TERMINATED: Line = ("SIP/2.0 487 Request Terminated", "1 INVITE", true);
const BYE: Line = ("BYE sip:2000@pbx SIP/2.0", "9 BYE", true);
const REINVITE: Line = ("INVITE sip:2000@pbx SIP/2.0", "3 INVITE", true);
const REINVITE_REFUSED: Line = ("SIP/2.0 488 Not Acceptable Here", "3 INVITE", true);

#[test]
fn states_follow_from_the_messages() {
    use CallState::{Cancelled, Completed, Established, Failed, Ringing, Unanswered};
    let cases: [(&[Line], CallState, Option<u16>); 11] = [
        (&[INVITE], Unanswered, None),
        (&[INVITE, RINGING], Ringing, None),
        (&[INVITE, RINGING, OK], Established, Some(200)),
        (&[INVITE, OK, BYE], Completed, Some(200)),
        (&[INVITE, RINGING, CANCEL, TERMINATED], Cancelled, Some(487)),
        (&[INVITE, CANCEL], Cancelled, None),
        // The answer was faster than the CANCEL.
        (&[INVITE, OK, CANCEL], Established, Some(200)),
        (&[INVITE, CHALLENGE], Failed, Some(401)),
        (&[INVITE, CHALLENGE, AGAIN], Unanswered, None),
        (&[INVITE, CHALLENGE, AGAIN, OK_AGAIN, BYE], Completed, Some(200)),
        (&[INVITE, OK, REINVITE, REINVITE_REFUSED], Established, Some(200)),
    ];
    for (messages, state, status) in cases {
        let call = follow(messages);
        assert_eq!((call.state(), call.status()), (state, status), "{messages:?}");
    }
}

#[test]
fn setup_runs_from_the_first_invite_and_duration_from_the_answer() {
    let call = follow(&[INVITE, CHALLENGE, AGAIN, OK_AGAIN, BYE]);
    assert_eq!((call.setup_ns(), call.duration_ns()), (Some(300_000_000), Some(100_000_000)));
    assert_eq!(follow(&[INVITE, RINGING]).duration_ns(), None);
}

#[test]
fn a_call_joined_midway_is_established() {
    let call = follow(&[REINVITE, REINVITE_REFUSED]);
    assert_eq!((call.state(), call.setup_ns()), (CallState::Established, None));
    assert_eq!(follow(&[REINVITE, BYE]).state(), CallState::Completed);
}

#[test]
fn failures_say_why_in_words() {
    let refused = "SIP/2.0 486 Busy Here|Reason: Q.850;cause=17";
    let call = follow(&[INVITE, (refused, "1 INVITE", true)]);
    assert_eq!(call.reason(), "486 Busy Here: user busy (Q.850 cause 17)");
    let warned = "SIP/2.0 488 |Warning: 304 pbx \"Media type not available\"";
    let call = follow(&[INVITE, (warned, "1 INVITE", true)]);
    assert_eq!(call.reason(), "488 Not Acceptable Here (Media type not available)");
}

#[test]
fn the_sender_of_a_message_is_told_by_the_tags() {
    let call = follow(&[INVITE, OK]);
    let sender = |start: &str, from: &str| {
        let bytes = format!("{start}\r\nFrom: <sip:x@y>;tag={from}\r\nCSeq: 1 BYE\r\n\r\n");
        call.sender(&Heard::new(&Message::parse(bytes.as_bytes()).unwrap().message))
    };
    assert_eq!(sender("BYE sip:a@b SIP/2.0", "a"), Party::Caller);
    assert_eq!(sender("BYE sip:a@b SIP/2.0", "b"), Party::Callee);
    assert_eq!(sender("SIP/2.0 200 OK", "a"), Party::Callee);
    assert_eq!(sender("SIP/2.0 200 OK", "b"), Party::Caller);
}
