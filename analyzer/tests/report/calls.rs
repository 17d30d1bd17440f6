//! The course of calls: offers and answers, forks, transfers, ends.

use crate::files::analyse;
use crate::wire::{Callee, Caller, Capture, Leg, Speaker, sdp};
use recscope_analyzer::FlowScope;
use recscope_analyzer::report::{CallEventKind, CallState, Report};
use recscope_flow::Item;
use std::net::Ipv4Addr;

const PHONE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const OTHER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 20);

const OK: &str = "SIP/2.0 200 OK";
const PCMU: &str = "0 101";

fn leg() -> Leg {
    Leg {
        call_id: "one",
        caller: (PHONE, 5060),
        callee: (OTHER, 5060),
        users: ("1000", "2000"),
        tag: "b",
    }
}

/// A call that is up, both sides sending and receiving PCMU.
fn established(capture: &mut Capture) -> Leg {
    let leg = leg();
    leg.say(capture, Caller, ("INVITE", "1 INVITE"), "", &sdp("192.0.2.10", 4000, PCMU, ""));
    leg.say(capture, Callee, (OK, "1 INVITE"), "", &sdp("192.0.2.20", 6000, PCMU, ""));
    leg.say(capture, Caller, ("ACK", "1 ACK"), "", "");
    leg
}

/// What happened in call 0, in words.
fn course(report: &Report) -> Vec<&str> {
    report.calls[0].events.iter().map(|event| event.text.as_str()).collect()
}

#[test]
fn hold_and_resume_are_told_by_who_does_it() {
    let mut capture = Capture::new();
    let leg = established(&mut capture);
    let re_invite = |capture: &mut Capture, by: Speaker, cseq: &str, lines: &str, reply: &str| {
        let other = if by == Caller { Callee } else { Caller };
        let (own, its) = if by == Caller {
            (sdp("192.0.2.10", 4000, PCMU, lines), sdp("192.0.2.20", 6000, PCMU, reply))
        } else {
            (sdp("192.0.2.20", 6000, PCMU, lines), sdp("192.0.2.10", 4000, PCMU, reply))
        };
        leg.say(capture, by, ("INVITE", cseq), "", &own);
        leg.say(capture, other, (OK, cseq), "", &its);
        leg.say(capture, by, ("ACK", &cseq.replace("INVITE", "ACK")), "", "");
    };
    re_invite(&mut capture, Caller, "3 INVITE", "a=sendonly\r\n", "a=recvonly\r\n");
    re_invite(&mut capture, Callee, "7 INVITE", "a=inactive\r\n", "a=inactive\r\n");
    re_invite(&mut capture, Caller, "4 INVITE", "", "a=sendonly\r\n");
    re_invite(&mut capture, Callee, "8 INVITE", "", "");
    leg.say(&mut capture, Callee, ("BYE", "9 BYE"), "Reason: Q.850;cause=16\r\n", "");
    let analysis = analyse(&capture.bytes);
    let report = analysis.report();
    assert_eq!(
        course(report),
        [
            "put on hold by the caller",
            "put on hold by the callee",
            "resumed by the caller",
            "resumed by the callee",
            "hung up by the callee: normal call clearing (Q.850 cause 16)",
        ]
    );
    let kinds: Vec<_> = report.calls[0].events.iter().map(|event| event.kind).collect();
    use CallEventKind::{End, Hold, Resume};
    assert_eq!(kinds, [Hold, Hold, Resume, Resume, End]);
    assert_eq!(report.calls[0].events[0].packet, 5);
    // The flow says so too, at the life-line of who did it.
    let flow = analysis.flow(FlowScope::Call(0));
    let notes: Vec<_> = flow
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Note(note) => Some((note.actor.unwrap(), note.text.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(notes.len(), 5);
    assert_eq!(notes[1], (1, "put on hold by the callee"));
}

#[test]
fn the_old_hold_by_address_is_one_too() {
    let mut capture = Capture::new();
    let leg = established(&mut capture);
    leg.say(&mut capture, Caller, ("INVITE", "3 INVITE"), "", &sdp("0.0.0.0", 4000, PCMU, ""));
    leg.say(&mut capture, Callee, (OK, "3 INVITE"), "", &sdp("192.0.2.20", 6000, PCMU, ""));
    assert_eq!(course(analyse(&capture.bytes).report()), ["put on hold by the caller"]);
}

#[test]
fn changes_of_codec_media_and_address_are_told_and_refused_ones_too() {
    let mut capture = Capture::new();
    let leg = established(&mut capture);
    let video = "m=video 4002 RTP/AVP 31\r\n";
    let offer = sdp("192.0.2.10", 4000, "9 0", video);
    leg.say(&mut capture, Caller, ("UPDATE", "3 UPDATE"), "", &offer);
    leg.say(&mut capture, Callee, ("SIP/2.0 488 Not Acceptable Here", "3 UPDATE"), "", "");
    leg.say(&mut capture, Caller, ("UPDATE", "4 UPDATE"), "", &offer);
    let answer = sdp("192.0.2.20", 6000, "9", "m=video 0 RTP/AVP 31\r\n");
    leg.say(&mut capture, Callee, (OK, "4 UPDATE"), "", &answer);
    let moved = sdp("192.0.2.30", 7000, "9", "m=video 7002 RTP/AVP 31\r\n");
    leg.say(&mut capture, Callee, ("INVITE", "7 INVITE"), "", &moved);
    leg.say(&mut capture, Caller, (OK, "7 INVITE"), "", &offer);
    let only_sound = sdp("192.0.2.10", 4000, "9", "m=video 0 RTP/AVP 31\r\n");
    leg.say(&mut capture, Caller, ("INVITE", "5 INVITE"), "", &only_sound);
    let reply = sdp("192.0.2.30", 7000, "9", "m=video 0 RTP/AVP 31\r\n");
    leg.say(&mut capture, Callee, (OK, "5 INVITE"), "", &reply);
    assert_eq!(
        course(analyse(&capture.bytes).report()),
        [
            "a change of the session by the caller was refused: 488 Not Acceptable Here",
            "codec changed from PCMU to G722",
            "video is refused by the callee",
            "audio to the callee goes to 192.0.2.30:7000 now",
            "video is added by the callee",
            "video is taken out",
        ]
    );
}

#[test]
fn an_offer_in_the_answer_is_answered_in_the_ack() {
    let mut capture = Capture::new();
    let leg = leg();
    leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", "");
    let offer = sdp("192.0.2.20", 6000, PCMU, "m=video 6002 RTP/AVP 31\r\n");
    leg.say(&mut capture, Callee, (OK, "1 INVITE"), "", &offer);
    let answer = sdp("192.0.2.10", 4000, "0", "m=video 0 RTP/AVP 31\r\n");
    leg.say(&mut capture, Caller, ("ACK", "1 ACK"), "", &answer);
    capture.rtp((PHONE, 4000), (OTHER, 6000), 10);
    let analysis = analyse(&capture.bytes);
    let report = analysis.report();
    let expected = ["the callee makes the offer, in its answer", "video is refused by the caller"];
    assert_eq!(course(report), expected);
    assert_eq!(report.streams[0].call, Some(0));
}

#[test]
fn an_offer_in_a_reliable_provisional_answer_is_answered_in_the_prack() {
    let mut capture = Capture::new();
    let leg = leg();
    leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "Supported: 100rel\r\n", "");
    let offer = sdp("192.0.2.20", 6000, "8 0", "");
    let reliable = "Require: 100rel\r\nRSeq: 7\r\n";
    leg.say(&mut capture, Callee, ("SIP/2.0 183 Session Progress", "1 INVITE"), reliable, &offer);
    let answer = sdp("192.0.2.10", 4000, "8", "");
    leg.say(&mut capture, Caller, ("PRACK", "2 PRACK"), "RAck: 7 1 INVITE\r\n", &answer);
    leg.say(&mut capture, Callee, (OK, "2 PRACK"), "", "");
    // Before it is answered, the session is changed.
    let update = sdp("192.0.2.10", 4000, "0", "");
    leg.say(&mut capture, Caller, ("UPDATE", "3 UPDATE"), "", &update);
    let agreed = sdp("192.0.2.20", 6000, "0", "");
    leg.say(&mut capture, Callee, (OK, "3 UPDATE"), "", &agreed);
    leg.say(&mut capture, Callee, (OK, "1 INVITE"), "", "");
    let analysis = analyse(&capture.bytes);
    let report = analysis.report();
    assert_eq!(
        course(report),
        [
            "the callee makes the offer, in its answer",
            "early media, announced by 183 Session Progress",
            "codec changed from PCMA to PCMU",
        ]
    );
    assert_eq!(report.calls[0].state, CallState::Established);
}

#[test]
fn a_fork_names_its_early_dialogs_and_the_winner() {
    let mut capture = Capture::new();
    let leg = leg();
    let [first, second] = ["f1", "f2"].map(|tag| Leg { tag, ..leg.clone() });
    leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", &sdp("192.0.2.10", 4000, PCMU, ""));
    let contact = |host: &str| format!("Contact: <sip:2000@{host}>\r\n");
    let ringing = ("SIP/2.0 180 Ringing", "1 INVITE");
    let early = sdp("192.0.2.21", 6000, PCMU, "");
    let progress = ("SIP/2.0 183 Session Progress", "1 INVITE");
    first.say(&mut capture, Callee, progress, &contact("192.0.2.21"), &early);
    second.say(&mut capture, Callee, ringing, &contact("192.0.2.22"), "");
    let answer = sdp("192.0.2.22", 6000, "0", "");
    second.say(&mut capture, Callee, (OK, "1 INVITE"), &contact("192.0.2.22"), &answer);
    // The other one was answered at the same moment.
    first.say(&mut capture, Callee, (OK, "1 INVITE"), &contact("192.0.2.21"), &early);
    first.say(&mut capture, Caller, ("BYE", "3 BYE"), "", "");
    let analysis = analyse(&capture.bytes);
    let call = &analysis.report().calls[0];
    assert_eq!(call.state, CallState::Established, "only the further answer was hung up on");
    let dialogs: Vec<_> =
        call.dialogs.iter().map(|d| (&*d.tag, &*d.target, d.status, d.winner)).collect();
    assert_eq!(
        dialogs,
        [("f1", "sip:2000@192.0.2.21", 200, false), ("f2", "sip:2000@192.0.2.22", 200, true)]
    );
    assert_eq!(
        course(analysis.report()),
        [
            "early media, announced by 183 Session Progress",
            "answered by sip:2000@192.0.2.22, one of 2 places that it was sent on to",
            "a further answer was hung up on",
        ]
    );
}

#[test]
fn a_proxy_that_rings_on_is_not_taken_for_a_refusal() {
    let mut capture = Capture::new();
    let leg = leg();
    leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", &sdp("192.0.2.10", 4000, PCMU, ""));
    // The proxy's own hop, to one of several phones.
    let busy = Leg { tag: "busy", caller: (OTHER, 5060), callee: (PHONE, 5070), ..leg.clone() };
    let via = "Via: SIP/2.0/UDP first;branch=z9hG4bK0\r\n";
    busy.say(&mut capture, Callee, ("SIP/2.0 486 Busy Here", "1 INVITE"), via, "");
    leg.say(&mut capture, Callee, ("SIP/2.0 180 Ringing", "1 INVITE"), "", "");
    assert_eq!(analyse(&capture.bytes).report().calls[0].state, CallState::Ringing);
    leg.say(&mut capture, Callee, (OK, "1 INVITE"), "", &sdp("192.0.2.20", 6000, PCMU, ""));
    let analysis = analyse(&capture.bytes);
    let call = &analysis.report().calls[0];
    assert_eq!((call.state, &call.events[..]), (CallState::Established, &[][..]));
}

#[test]
fn encryption_takes_both_sides() {
    let crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\r\n";
    for (reply, encrypted) in [(crypto, true), ("", false)] {
        let mut capture = Capture::new();
        let leg = leg();
        let offer = sdp("192.0.2.10", 4000, PCMU, crypto);
        leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", &offer);
        // Media comes before the answer does.
        capture.rtp((OTHER, 6000), (PHONE, 4000), 10);
        let answer = sdp("192.0.2.20", 6000, PCMU, reply);
        leg.say(&mut capture, Callee, (OK, "1 INVITE"), "", &answer);
        capture.rtp((PHONE, 4000), (OTHER, 6000), 10);
        let analysis = analyse(&capture.bytes);
        let found: Vec<_> = analysis.report().streams.iter().map(|s| s.encrypted).collect();
        assert_eq!(found, [encrypted; 2], "{reply}");
    }
}

#[test]
fn what_a_call_announced_holds_until_it_is_over() {
    let mut capture = Capture::new();
    let leg = established(&mut capture);
    capture.rtp((PHONE, 4000), (OTHER, 6000), 10);
    leg.say(&mut capture, Caller, ("BYE", "2 BYE"), "", "");
    capture.time_us += 5_000_000;
    capture.rtp_of(8, (PHONE, 4000), (OTHER, 6000), 10);
    let analysis = analyse(&capture.bytes);
    let calls: Vec<_> = analysis.report().streams.iter().map(|stream| stream.call).collect();
    assert_eq!(calls, [Some(0), None]);
}

#[test]
fn a_refused_change_leaves_the_payload_types_as_they_were() {
    let mut capture = Capture::new();
    let leg = leg();
    let dynamic = |name: &str| format!("a=rtpmap:96 {name}/8000\r\n");
    let offer = sdp("192.0.2.10", 4000, "96", &dynamic("PCMA"));
    leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", &offer);
    let answer = sdp("192.0.2.20", 6000, "96", &dynamic("PCMA"));
    leg.say(&mut capture, Callee, (OK, "1 INVITE"), "", &answer);
    let change = sdp("192.0.2.10", 4000, "96", &dynamic("opus"));
    leg.say(&mut capture, Caller, ("INVITE", "3 INVITE"), "", &change);
    leg.say(&mut capture, Callee, ("SIP/2.0 488 No", "3 INVITE"), "", "");
    capture.rtp_as(96, (OTHER, 6000), (PHONE, 4000), 10);
    assert_eq!(analyse(&capture.bytes).report().streams[0].codec, "PCMA");
}

#[test]
fn a_transfer_is_followed_to_the_call_that_it_makes() {
    let mut capture = Capture::new();
    let leg = established(&mut capture);
    let refer = "Refer-To: <sip:3000@pbx>\r\nReferred-By: <sip:2000@pbx>\r\n";
    leg.say(&mut capture, Callee, ("REFER", "5 REFER"), refer, "");
    leg.say(&mut capture, Caller, ("SIP/2.0 202 Accepted", "5 REFER"), "", "");
    let third = Leg {
        call_id: "two",
        callee: (Ipv4Addr::new(192, 0, 2, 30), 5060),
        users: ("1000", "3000"),
        ..leg.clone()
    };
    let by = "Referred-By: <sip:2000@pbx>\r\n";
    third.say(&mut capture, Caller, ("INVITE", "1 INVITE"), by, &sdp("192.0.2.10", 4002, PCMU, ""));
    for (cseq, status) in [("8 NOTIFY", "100 Trying"), ("9 NOTIFY", "200 OK")] {
        let fragment = format!("SIP/2.0 {status}\r\n");
        let headers = format!(
            "Event: refer\r\nSubscription-State: active\r\nContent-Type: message/sipfrag\r\n\
             Content-Length: {}\r\n\r\n{fragment}",
            fragment.len()
        );
        leg.say(&mut capture, Caller, ("NOTIFY", cseq), &headers, "");
    }
    let analysis = analyse(&capture.bytes);
    let report = analysis.report();
    assert_eq!(
        course(report),
        ["the callee asks the caller to call sip:3000@pbx", "transfer done: 200 OK"]
    );
    let links: Vec<_> =
        report.calls[1].correlated.iter().map(|other| (other.call, &*other.reason)).collect();
    assert_eq!(links, [(0, "REFER")]);
}

#[test]
fn a_call_that_takes_the_place_of_another_one_is_linked_to_it() {
    let mut capture = Capture::new();
    let leg = established(&mut capture);
    let new = Leg { call_id: "two", users: ("3000", "2000"), ..leg };
    let replaces = "Replaces: one;to-tag=b;from-tag=a\r\n";
    new.say(&mut capture, Caller, ("INVITE", "1 INVITE"), replaces, "");
    let analysis = analyse(&capture.bytes);
    let call = &analysis.report().calls[1];
    assert_eq!(call.events[0].text, "takes the place of the call one");
    assert_eq!((call.correlated[0].call, &*call.correlated[0].reason), (0, "Replaces"));
}

#[test]
fn silence_and_redirection_are_causes_in_words() {
    let mut capture = Capture::new();
    for _ in 0..3 {
        leg().say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", "");
        capture.time_us += 490_000;
    }
    let analysis = analyse(&capture.bytes);
    let call = &analysis.report().calls[0];
    assert_eq!(call.state, CallState::Unanswered);
    assert_eq!(call.reason, "the INVITE was sent 3 times in 1.00 s, and nothing came back");

    let mut capture = Capture::new();
    leg().say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", "");
    let moved = ("SIP/2.0 302 Moved Temporarily", "1 INVITE");
    leg().say(&mut capture, Callee, moved, "Contact: <sip:4000@pbx>\r\n", "");
    let analysis = analyse(&capture.bytes);
    assert_eq!(analysis.report().calls[0].reason, "302 Moved Temporarily to sip:4000@pbx");
}

#[test]
fn an_answer_that_does_not_follow_from_its_offer_is_a_problem() {
    let mut capture = Capture::new();
    let leg = leg();
    leg.say(&mut capture, Caller, ("INVITE", "1 INVITE"), "", &sdp("192.0.2.10", 4000, "0", ""));
    leg.say(&mut capture, Callee, (OK, "1 INVITE"), "", &sdp("192.0.2.20", 6000, "8", ""));
    let analysis = analyse(&capture.bytes);
    assert_eq!(course(analysis.report()), ["audio: no codec is in both the offer and the answer"]);
    assert_eq!(analysis.report().calls[0].events[0].kind, CallEventKind::Problem);
}
