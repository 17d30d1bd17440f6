//! Dialogs from both sides: what is repeated until the ACK, when BYE may go, CANCEL, forks.

use crate::peer::{Ask, Bench, Sent, answer};
use core::time::Duration;
use recscope_core::rule::{self, rfc};
use recscope_core::sip::Method;
use recscope_core::sip::endpoint::{Bye, EndpointEvent};

const BYE_LINE: &str = "BYE sip:recorder@192.0.2.9:5060";

#[test]
fn a_2xx_is_repeated_until_its_ack() {
    let mut bench = Bench::new();
    let (dialog, tag) = bench.accept_invite();
    assert_eq!(bench.sent()[0].line(), "200 OK");
    assert!(bench.endpoint.awaits_ack(dialog));
    let times = bench.pass(Duration::from_secs(13));
    let expected = [500, 1500, 3500, 7500, 11_500].map(|at| (at, "200 OK".to_owned()));
    assert_eq!(times, expected);
    assert!(bench.hear(&Ask::new("INVITE").text()).is_empty(), "the INVITE is absorbed");
    // An ACK for another INVITE is not this one's.
    bench.events();
    assert!(bench.hear(&Ask::new("ACK").to(&tag).cseq(2).text()).is_empty());
    assert!(bench.events().is_empty() && bench.endpoint.awaits_ack(dialog));
    bench.hear(&Ask::new("ACK").to(&tag).branch("ack").text());
    assert!(matches!(bench.events().as_slice(), [EndpointEvent::Ack { .. }]));
    bench.hear(&Ask::new("ACK").to(&tag).branch("ack").text());
    assert!(bench.events().is_empty(), "an ACK is told once");
    assert!(bench.pass(Duration::from_secs(60)).is_empty());
    assert_eq!(bench.endpoint.next_timeout(), None);
}

#[test]
fn a_2xx_without_ack_ends_in_bye_after_32_s() {
    let mut bench = Bench::new();
    let (dialog, _) = bench.accept_invite();
    bench.sent();
    let sent = bench.pass(Duration::from_secs(40));
    let byes: Vec<_> = sent.iter().filter(|(_, line)| line == BYE_LINE).map(|s| s.0).collect();
    assert_eq!(byes, [32_000, 32_500, 33_500, 35_500, 39_500]);
    let last = sent.iter().rfind(|(_, line)| line == "200 OK").unwrap();
    assert_eq!(last.0, 31_500);
    let events = bench.events();
    assert_eq!(events, [EndpointEvent::NotAcknowledged { dialog }]);
    bench.pass(Duration::from_secs(60));
    assert!(matches!(bench.events().as_slice(), [EndpointEvent::TimedOut { .. }]));
    assert_eq!(bench.endpoint.dialog(dialog), None);
    assert_eq!(bench.endpoint.next_timeout(), None);
}

#[test]
fn bye_waits_for_the_ack() {
    let mut bench = Bench::new();
    let (dialog, tag) = bench.accept_invite();
    bench.sent();
    let now = bench.now;
    let bye = bench.endpoint.bye(now, dialog, rule::MX_S5, &mut bench.outbox);
    assert_eq!(bye, Bye::Deferred);
    assert!(bench.sent().is_empty());
    let sent = bench.hear(&Ask::new("ACK").to(&tag).branch("ack").text());
    assert_eq!(sent.iter().map(Sent::line).collect::<Vec<_>>(), [BYE_LINE]);
    assert_eq!((sent[0].rule, sent[0].header("CSeq").as_str()), (rule::MX_S5, "1 BYE"));
    assert_eq!(bench.endpoint.bye(now, dialog, rule::MX_S5, &mut bench.outbox), Bye::Nothing);
    // BYEs that cross are both answered; anything else comes too late.
    assert_eq!(bench.lines(&Ask::new("BYE").to(&tag).cseq(2).text()), ["200 OK"]);
    let update = Ask::new("UPDATE").to(&tag).cseq(3).text();
    assert_eq!(bench.lines(&update), ["481 Call/Transaction Does Not Exist"]);
    bench.events();
    bench.hear(&answer(&sent[0], 200, "r1"));
    let events = bench.events();
    assert!(
        matches!(events.as_slice(), [EndpointEvent::Response { dialog: Some(of), status: 200, .. }] if *of == dialog)
    );
    assert_eq!(bench.endpoint.dialog(dialog), None);
}

#[test]
fn bye_that_waited_in_vain_goes_once_after_32_s() {
    let mut bench = Bench::new();
    let (dialog, _) = bench.accept_invite();
    let now = bench.now;
    bench.endpoint.bye(now, dialog, rule::MX_S5, &mut bench.outbox);
    bench.sent();
    let sent = bench.pass(Duration::from_millis(32_100));
    assert_eq!(sent.iter().filter(|(_, line)| line == BYE_LINE).count(), 1);
    assert_eq!(sent.last().map(|last| last.0), Some(32_000));
}

#[test]
fn a_forgotten_dialog_says_nothing_and_knows_nothing() {
    let mut bench = Bench::new();
    let (dialog, tag) = bench.accept_invite();
    bench.sent();
    bench.endpoint.forget(dialog);
    assert!(bench.pass(Duration::from_secs(100)).is_empty());
    let bye = Ask::new("BYE").to(&tag).cseq(2).text();
    assert_eq!(bench.lines(&bye), ["481 Call/Transaction Does Not Exist"]);
    assert!(bench.hear(&Ask::new("ACK").to(&tag).text()).is_empty());
}

#[test]
fn the_dialog_of_a_bye_ends_with_its_answer() {
    let mut bench = Bench::new();
    let (dialog, tag) = bench.established();
    let bye = Ask::new("BYE").to(&tag).cseq(2).text();
    bench.hear(&bye);
    let (key, of) = bench.request();
    assert_eq!(of, Some(dialog));
    assert!(bench.endpoint.dialog(dialog).is_some());
    bench.respond(key, 200);
    assert_eq!(bench.sent()[0].line(), "200 OK");
    assert_eq!(bench.endpoint.dialog(dialog), None);
    assert_eq!(bench.lines(&bye), ["200 OK"], "a BYE that comes again");
    let late = Ask::new("BYE").to(&tag).cseq(3).text();
    assert_eq!(bench.lines(&late), ["481 Call/Transaction Does Not Exist"]);
}

#[test]
fn what_waits_in_a_dialog_is_not_repeated_after_its_bye() {
    let mut bench = Bench::new();
    let (dialog, _) = bench.established();
    let now = bench.now;
    let update = bench.endpoint.request_in(dialog, Method::Update);
    bench.endpoint.send_in(now, dialog, update, rule::MX_S3, &mut bench.outbox).unwrap();
    bench.endpoint.bye(now, dialog, rfc::BYE, &mut bench.outbox);
    let bye = bench.sent().remove(1);
    assert_eq!(bye.header("CSeq"), "2 BYE");
    bench.hear(&answer(&bye, 200, "r1"));
    assert!(bench.pass(Duration::from_secs(60)).is_empty());
    assert!(matches!(bench.events().as_slice(), [EndpointEvent::Response { status: 200, .. }]));
}

#[test]
fn the_inviting_side_acknowledges_every_2xx_and_refreshes_its_target() {
    let mut bench = Bench::new();
    let (key, invite) = bench.invite();
    let ok = answer(&invite, 200, "r1");
    bench.hear(&ok);
    let [EndpointEvent::Response { transaction, dialog: Some(dialog), status: 200, .. }] =
        bench.events()[..]
    else {
        panic!("no dialog")
    };
    assert_eq!(transaction, key);
    assert!(bench.hear(&ok).is_empty(), "the machine has not acknowledged it yet");
    let ack = bench.endpoint.ack(dialog);
    let now = bench.now;
    bench.endpoint.send_ack(now, dialog, ack, rule::MX_S1, &mut bench.outbox);
    let ack = bench.sent().remove(0);
    assert_eq!(ack.line(), "ACK sip:recorder@192.0.2.9:5060");
    assert_eq!(ack.header("CSeq"), "1 ACK");
    assert_ne!(ack.header("Via"), invite.header("Via"), "a transaction of its own");
    let again = bench.hear(&ok);
    assert_eq!(again[0].text, ack.text);
    assert!(bench.events().is_empty());

    let update = bench.endpoint.request_in(dialog, Method::Update);
    bench.endpoint.send_in(now, dialog, update, rule::MX_S3, &mut bench.outbox).unwrap();
    let update = bench.sent().remove(0);
    assert_eq!(update.header("CSeq"), "2 UPDATE");
    let moved = answer(&update, 200, "r1").replace("192.0.2.9:5060>", "192.0.2.10:5070>");
    bench.hear(&moved);
    bench.events();
    assert!(matches!(bench.endpoint.bye(now, dialog, rfc::BYE, &mut bench.outbox), Bye::Sent(_)));
    let bye = bench.sent().remove(0);
    assert_eq!(bye.line(), "BYE sip:recorder@192.0.2.10:5070");
    assert_eq!(bye.remote, "192.0.2.10:5070".parse().unwrap());
}

#[test]
fn a_call_is_with_one_end_of_a_fork() {
    let mut bench = Bench::new();
    let (_, invite) = bench.invite();
    bench.hear(&answer(&invite, 200, "first"));
    bench.events();
    let sent = bench.hear(&answer(&invite, 200, "second"));
    let lines: Vec<_> = sent.iter().map(Sent::line).collect();
    assert_eq!(lines, ["ACK sip:recorder@192.0.2.9:5060", BYE_LINE]);
    assert!(sent.iter().all(|sent| sent.header("To").ends_with(";tag=second")));
    assert!(bench.events().is_empty());
}

#[test]
fn a_refusal_is_acknowledged_in_the_invites_own_transaction() {
    let mut bench = Bench::new();
    let (_, invite) = bench.invite();
    let busy = answer(&invite, 486, "r1");
    for delivered in [1, 0] {
        let ack = bench.hear(&busy);
        assert_eq!(ack[0].line(), "ACK sip:recorder@192.0.2.9");
        assert_eq!(ack[0].header("Via"), invite.header("Via"));
        assert_eq!(ack[0].rule, rfc::ACK_FAILURE);
        assert_eq!(bench.events().len(), delivered);
    }
}

#[test]
fn cancel_waits_for_a_provisional_answer() {
    let mut bench = Bench::new();
    let (key, invite) = bench.invite();
    let now = bench.now;
    bench.endpoint.cancel(now, key, rfc::CANCELLING, &mut bench.outbox);
    assert!(bench.sent().is_empty());
    let cancel = bench.hear(&answer(&invite, 180, "r1")).remove(0);
    assert_eq!(cancel.line(), "CANCEL sip:recorder@192.0.2.9");
    assert_eq!(cancel.header("Via"), invite.header("Via"));
    bench.events();
    assert!(bench.hear(&answer(&cancel, 200, "r1")).is_empty());
    assert!(bench.events().is_empty(), "the answer to a CANCEL says nothing");
    let ack = bench.hear(&answer(&invite, 487, "r1"));
    assert_eq!(ack[0].line(), "ACK sip:recorder@192.0.2.9");
    assert!(matches!(bench.events().as_slice(), [EndpointEvent::Response { status: 487, .. }]));
}

#[test]
fn a_cancelled_invite_without_any_answer_is_over_after_32_s() {
    let mut bench = Bench::new();
    let (key, invite) = bench.invite();
    bench.hear(&answer(&invite, 180, "r1"));
    bench.events();
    assert_eq!(bench.pass(Duration::from_secs(60)), [], "ringing may take any time");
    let now = bench.now;
    bench.endpoint.cancel(now, key, rfc::CANCELLING, &mut bench.outbox);
    bench.sent();
    bench.pass(Duration::from_secs(33));
    let timed_out = EndpointEvent::TimedOut { transaction: key, dialog: None };
    assert_eq!(bench.events(), [timed_out]);
    assert_eq!(bench.endpoint.next_timeout(), None);
}

#[test]
fn the_invited_side_answers_a_cancel_and_its_invite() {
    let mut bench = Bench::new();
    bench.hear(&Ask::new("INVITE").text());
    let (key, _) = bench.request();
    let cancel = Ask::new("CANCEL").text();
    assert_eq!(bench.lines(&cancel), ["200 OK", "487 Request Terminated"]);
    assert_eq!(bench.events(), [EndpointEvent::Cancelled { transaction: key }]);
    assert!(bench.respond(key, 200).is_none(), "too late to accept");
    assert_eq!(bench.lines(&cancel), ["200 OK"]);
    bench.hear(&Ask::new("ACK").text());
    assert!(bench.pass(Duration::from_secs(60)).is_empty());
}

#[test]
fn requests_follow_the_recorded_route() {
    for (routes, line, route, remote) in [
        (
            "<sip:192.0.2.50;lr>, <sip:192.0.2.51:5080;lr>",
            "BYE sip:recorder@192.0.2.9:5060",
            vec!["<sip:192.0.2.50;lr>", "<sip:192.0.2.51:5080;lr>"],
            "192.0.2.50:5060",
        ),
        (
            "<sip:192.0.2.50>, <sip:192.0.2.51;lr>",
            "BYE sip:192.0.2.50",
            vec!["<sip:192.0.2.51;lr>", "<sip:recorder@192.0.2.9:5060>"],
            "192.0.2.50:5060",
        ),
    ] {
        let mut bench = Bench::new();
        let invite = Ask::new("INVITE").with(&format!("Record-Route: {routes}"));
        bench.hear(&invite.text());
        let (key, _) = bench.request();
        let dialog = bench.respond(key, 200).unwrap();
        let tag = bench.endpoint.dialog(dialog).unwrap().local_tag().to_owned();
        bench.hear(&Ask::new("ACK").to(&tag).branch("ack").text());
        bench.sent();
        let now = bench.now;
        bench.endpoint.bye(now, dialog, rfc::BYE, &mut bench.outbox);
        let bye = bench.sent().remove(0);
        assert_eq!((bye.line().as_str(), bye.remote), (line, remote.parse().unwrap()));
        let parsed = recscope_core::sip::Message::parse(bye.text.as_bytes()).unwrap().message;
        let found: Vec<_> = parsed.headers_named("Route").map(|h| h.value.to_string()).collect();
        assert_eq!(found, route);
    }
}

#[test]
fn an_endpoint_knows_its_own_messages_on_a_shared_port() {
    let mut bench = Bench::new();
    let (_, tag) = bench.established();
    let (_, invite) = bench.invite();
    let ok = answer(&invite, 200, "r1");
    for (text, owned) in [
        (ok.clone(), true),
        (ok.replace("z9hG4bK", "z9hG4bKx"), false),
        (Ask::new("UPDATE").to(&tag).cseq(9).text(), true),
        (Ask::new("UPDATE").to("other").cseq(9).text(), false),
        (Ask::new("INVITE").text(), true),
        (Ask::new("INVITE").branch("new").text(), false),
        (Ask::new("ACK").to(&tag).branch("ack").text(), true),
    ] {
        let message = recscope_core::sip::Message::parse(text.as_bytes()).unwrap().message;
        assert_eq!(bench.endpoint.owns(&message), owned, "{text}");
    }
}

#[test]
fn power_off_forgets_all_and_repeats_no_name() {
    let mut bench = Bench::new();
    let (dialog, _) = bench.accept_invite();
    let (_, before) = bench.invite();
    bench.endpoint.reset();
    assert_eq!(bench.endpoint.next_timeout(), None);
    assert_eq!(bench.endpoint.dialog(dialog), None);
    assert!(bench.pass(Duration::from_secs(60)).is_empty());
    let (_, after) = bench.invite();
    for name in ["Via", "Call-ID", "From"] {
        assert_ne!(before.header(name), after.header(name));
    }
}
