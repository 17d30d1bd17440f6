//! What an endpoint answers by itself, and where answers go.

use crate::peer::{Ask, Bench, PHONE, RECORDER, address, answer};
use core::time::Duration;
use recscope_core::rule::rfc;
use recscope_core::sip::Method;
use recscope_core::sip::endpoint::EndpointEvent;

#[test]
fn requests_that_cannot_be_served_are_refused_as_rfc_3261_says() {
    for (ask, expected, header, rule) in [
        (Ask::new("INVITE").without("From"), "400 Bad Request", "", rfc::BAD_REQUEST),
        (Ask::new("INVITE").without("To"), "400 Bad Request", "", rfc::BAD_REQUEST),
        (Ask::new("INVITE").without("Call-ID"), "400 Bad Request", "", rfc::BAD_REQUEST),
        (Ask::new("INVITE").without("CSeq"), "400 Bad Request", "", rfc::BAD_REQUEST),
        (Ask::new("INVITE").cseq_of("BYE"), "400 Bad Request", "", rfc::BAD_REQUEST),
        (Ask::new("INVITE").version("SIP/3.0"), "505 Version Not Supported", "", rfc::VERSION),
        (
            Ask::new("SUBSCRIBE"),
            "405 Method Not Allowed",
            "Allow: ACK, BYE, CANCEL, INVITE, UPDATE",
            rfc::METHOD,
        ),
        (Ask::new("FLY"), "405 Method Not Allowed", "Allow: ACK, BYE", rfc::METHOD),
        (
            Ask::new("INVITE").with("Require: 100rel, timer"),
            "420 Bad Extension",
            "Unsupported: 100rel",
            rfc::REQUIRE,
        ),
        (Ask::new("BYE").to("nobody"), "481 Call/Transaction Does Not Exist", "", rfc::IN_DIALOG),
        (Ask::new("UPDATE").to("x"), "481 Call/Transaction Does Not Exist", "", rfc::IN_DIALOG),
        (Ask::new("INVITE").to("x"), "481 Call/Transaction Does Not Exist", "", rfc::IN_DIALOG),
        (Ask::new("CANCEL"), "481 Call/Transaction Does Not Exist", "", rfc::CANCELLED),
    ] {
        let text = ask.text();
        let mut bench = Bench::with(|config| config.extensions = vec!["timer"]);
        let local = address(PHONE);
        bench.endpoint.handle_datagram(
            bench.now,
            local,
            address(RECORDER),
            text.as_bytes(),
            &mut bench.outbox,
        );
        let Some(recscope_core::machine::Output::Datagram { payload, rule: cited, .. }) =
            bench.outbox.poll()
        else {
            panic!("no answer to\n{text}")
        };
        let reply = String::from_utf8(payload.to_vec()).unwrap();
        assert_eq!(reply.lines().next(), Some(format!("SIP/2.0 {expected}").as_str()), "{text}");
        assert!(reply.contains(header), "{reply}");
        assert_eq!(cited, rule);
        let events = bench.events();
        assert!(matches!(events.as_slice(), [EndpointEvent::Refused { .. }]), "{events:?}");
        // The same question gets the same answer, and nothing of it stays.
        assert_eq!(bench.endpoint.next_timeout(), None);
    }
}

#[test]
fn what_cannot_be_answered_is_dropped_with_a_reason() {
    let mut bench = Bench::new();
    for text in [
        Ask::new("INVITE").without("Via").text(),
        Ask::new("ACK").text(),
        Ask::new("ACK").to("nobody").text(),
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        "\u{0}\u{1}\u{2}".to_owned(),
        "SIP/2.0 200 OK\r\n\r\n".to_owned(),
    ] {
        bench.ignored.clear();
        assert!(bench.hear(&text).is_empty(), "{text}");
        assert_eq!(bench.ignored.len(), 1, "{text}");
        assert!(bench.events().is_empty());
    }
    bench.ignored.clear();
    assert!(bench.hear("\r\n\r\n").is_empty() && bench.hear("").is_empty());
    assert!(bench.ignored.is_empty(), "a keep-alive is nothing to tell");
}

#[test]
fn answers_that_answer_nothing_are_dropped() {
    let mut bench = Bench::new();
    let (_, invite) = bench.invite();
    let ok = answer(&invite, 200, "r1");
    let branch = invite.header("Via").split("branch=").nth(1).unwrap().to_owned();
    for spoofed in [
        ok.replace(&branch, "z9hG4bKguess"),
        ok.replace("UDP 192.0.2.7:7300", "UDP 192.0.2.8:7300"),
        ok.replace("UDP 192.0.2.7:7300", "UDP 192.0.2.7:5060"),
        ok.replace("1 INVITE", "1 BYE"),
    ] {
        assert_ne!(spoofed, ok);
        assert!(bench.hear(&spoofed).is_empty());
        assert!(bench.events().is_empty(), "{spoofed}");
    }
    assert_eq!(bench.ignored.len(), 4);
    bench.hear(&ok);
    assert!(matches!(bench.events().as_slice(), [EndpointEvent::Response { status: 200, .. }]));
}

#[test]
fn an_invite_by_another_branch_is_merged_and_the_first_goes_on() {
    let mut bench = Bench::new();
    bench.hear(&Ask::new("INVITE").text());
    let (first, _) = bench.request();
    let merged = bench.hear(&Ask::new("INVITE").branch("2").text());
    assert_eq!(merged[0].line(), "482 Loop Detected");
    assert_eq!(merged[0].rule, rfc::MERGED);
    // Its ACK is expected, and nothing to tell of.
    let tag = merged[0].header("To").split("tag=").nth(1).unwrap().to_owned();
    assert!(bench.hear(&Ask::new("ACK").branch("2").to(&tag).text()).is_empty());
    assert!(bench.ignored.is_empty());
    bench.events();
    assert!(bench.respond(first, 200).is_some());
    assert_eq!(bench.sent()[0].line(), "200 OK");
    // It stays merged while the first transaction can be remembered, and is new after that.
    assert_eq!(bench.lines(&Ask::new("INVITE").branch("3").text()), ["482 Loop Detected"]);
    // Another number is another request.
    bench.events();
    assert!(bench.hear(&Ask::new("INVITE").cseq(2).text()).is_empty());
    assert!(matches!(bench.events().as_slice(), [EndpointEvent::Request { dialog: None, .. }]));
}

#[test]
fn a_cseq_that_does_not_grow_is_answered_500() {
    let mut bench = Bench::new();
    let (_, tag) = bench.established();
    let update = |number| Ask::new("UPDATE").to(&tag).cseq(number);
    assert!(bench.hear(&update(7).text()).is_empty());
    let (key, _) = bench.request();
    bench.respond(key, 200);
    bench.sent();
    for (ask, expected) in [
        (update(6), vec!["500 Server Internal Error"]),
        (update(7).branch("again"), vec!["500 Server Internal Error"]),
        (update(7), vec!["200 OK"]),
        (update(8), vec![]),
    ] {
        assert_eq!(bench.lines(&ask.text()), expected, "{}", ask.text());
    }
}

#[test]
fn offers_that_cross_are_told_to_wait() {
    let mut bench = Bench::new();
    let (dialog, tag) = bench.established();
    let reinvite = bench.endpoint.request_in(dialog, Method::Invite);
    let now = bench.now;
    bench.endpoint.send_in(now, dialog, reinvite, rfc::OFFER, &mut bench.outbox).unwrap();
    let own = bench.sent().remove(0);
    let update = Ask::new("UPDATE").to(&tag);
    assert_eq!(bench.lines(&Ask::new("INVITE").to(&tag).cseq(2).text()), ["491 Request Pending"]);
    assert_eq!(
        bench.lines(&update.clone().cseq(3).body("v=0\r\n").text()),
        ["491 Request Pending"]
    );
    bench.events();
    assert!(bench.hear(&update.clone().cseq(4).text()).is_empty(), "a keep-alive offers nothing");
    let (key, _) = bench.request();
    bench.respond(key, 200);
    bench.sent();
    assert_eq!(bench.lines(&answer(&own, 488, "r1")), ["ACK sip:recorder@192.0.2.9:5060"]);
    bench.events();
    // And a second INVITE before the first is answered waits for up to ten seconds.
    assert!(bench.hear(&Ask::new("INVITE").to(&tag).cseq(5).text()).is_empty());
    for ask in [Ask::new("INVITE").to(&tag).cseq(6), update.cseq(7).body("v=0\r\n")] {
        let refused = bench.hear(&ask.text());
        assert_eq!(refused[0].line(), "500 Server Internal Error");
        let wait: u32 = refused[0].header("Retry-After").parse().unwrap();
        assert!(wait <= 10);
    }
}

#[test]
fn more_requests_than_fit_are_sent_away() {
    let mut bench = Bench::with(|config| config.max_transactions = 2);
    let invite = |number: u32| Ask::new("INVITE").cseq(number).text();
    assert!(bench.hear(&invite(1)).is_empty() && bench.hear(&invite(2)).is_empty());
    assert_eq!(bench.lines(&invite(3)), ["503 Service Unavailable"]);
    for event in bench.events() {
        if let EndpointEvent::Request { transaction, .. } = event {
            bench.endpoint.ignore(transaction);
        }
    }
    assert!(bench.hear(&invite(4)).is_empty());
}

#[test]
fn answers_go_where_the_request_came_from() {
    let plain = Ask::new("BYE").to("x").text();
    let behind_nat = "198.51.100.1:40000";
    for (text, from, goes_to, via) in [
        (
            plain.clone(),
            behind_nat,
            behind_nat,
            "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK-1;received=198.51.100.1;rport=40000",
        ),
        (
            plain.replace(";rport", ""),
            "192.0.2.9:9999",
            RECORDER,
            "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK-1",
        ),
        (
            plain.replace(";rport", ""),
            behind_nat,
            "198.51.100.1:5060",
            "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK-1;received=198.51.100.1",
        ),
        (
            plain.replace("192.0.2.9:5060;rport", "recorder.example"),
            "192.0.2.9:9999",
            RECORDER,
            "SIP/2.0/UDP recorder.example;branch=z9hG4bK-1;received=192.0.2.9",
        ),
        (
            plain.replace(";rport", ";x=\"a, b\""),
            RECORDER,
            RECORDER,
            "SIP/2.0/UDP 192.0.2.9:5060;x=\"a, b\";branch=z9hG4bK-1",
        ),
        (
            plain.replace("z9hG4bK-1", "z9hG4bK-1, SIP/2.0/TCP 203.0.113.1;branch=z9hG4bK-0"),
            RECORDER,
            RECORDER,
            "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK-1;received=192.0.2.9;rport=5060, \
             SIP/2.0/TCP 203.0.113.1;branch=z9hG4bK-0",
        ),
    ] {
        let mut bench = Bench::new();
        let sent = bench.hear_from(from, &text);
        assert_eq!(sent[0].remote, address(goes_to), "{text}");
        assert_eq!(sent[0].header("Via"), via);
    }
}

#[test]
fn a_request_that_comes_again_gets_the_last_answer_again() {
    let mut bench = Bench::new();
    let invite = Ask::new("INVITE").text();
    bench.hear(&invite);
    let (key, _) = bench.request();
    assert!(bench.hear(&invite).is_empty(), "there is no answer yet");
    assert!(matches!(bench.events().as_slice(), [EndpointEvent::Repeated { .. }]));
    assert_eq!(bench.pass(Duration::from_secs(1)), [(200, "100 Trying".to_owned())]);
    assert_eq!(bench.lines(&invite), ["100 Trying"]);
    bench.respond(key, 180);
    bench.sent();
    assert_eq!(bench.lines(&invite), ["180 Ringing"]);
    bench.respond(key, 486);
    bench.sent();
    assert_eq!(bench.lines(&invite), ["486 Busy Here"]);
    assert!(bench.respond(key, 200).is_none(), "a second final answer");
    assert!(bench.sent().is_empty());
    let again = bench.pass(Duration::from_secs(3));
    assert_eq!(again.iter().map(|sent| sent.0).collect::<Vec<_>>(), [1500, 2500]);
    assert!(bench.hear(&Ask::new("ACK").text()).is_empty());
    assert!(bench.pass(Duration::from_secs(60)).is_empty());
    assert_eq!(bench.endpoint.next_timeout(), None);
}

#[test]
fn a_sender_without_the_branch_cookie_is_served_too() {
    let mut bench = Bench::new();
    let old = |method: &str| Ask::new(method).text().replace("z9hG4bK-1", "1");
    bench.hear(&old("INVITE"));
    let (key, _) = bench.request();
    assert!(bench.hear(&old("INVITE")).is_empty());
    assert!(matches!(bench.events().as_slice(), [EndpointEvent::Repeated { .. }]));
    bench.respond(key, 603);
    bench.sent();
    assert!(bench.hear(&old("ACK")).is_empty());
    assert!(bench.pass(Duration::from_secs(4)).is_empty(), "the ACK was found");
}
