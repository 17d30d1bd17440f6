//! What is built is read again.

use super::MessageBuilder;
use crate::sip::{Message, Method, status_text};
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec::Vec;

/// Reads what must be a message without any mistake.
fn read(bytes: &[u8]) -> Message<'_> {
    let message = Message::parse(bytes).unwrap().strict().unwrap();
    assert_eq!(message.check(), []);
    message
}

fn invite() -> Vec<u8> {
    MessageBuilder::request(Method::Invite, "sip:1000@pbx.example")
        .via("UDP", "192.0.2.7:5060".parse().unwrap(), "a1")
        .header("Route", "<sip:edge.example;lr>")
        .header("From", "\"Desk\" <sip:1001@pbx.example>;tag=f1")
        .header("To", "<sip:1000@pbx.example>")
        .header("Call-ID", "c1@192.0.2.7")
        .header("CSeq", "41 INVITE")
        .header("Contact", "<sip:1001@192.0.2.7>")
        .body("application/sdp", b"v=0\r\n")
        .build()
}

#[test]
fn a_request_has_its_body_and_the_right_length() {
    let bytes = invite();
    let message = read(&bytes);
    assert_eq!((message.content_length(), message.body), (Some(5), &b"v=0\r\n"[..]));
    assert_eq!(message.header("Max-Forwards"), Some("70"));
    assert_eq!(message.via().unwrap().branch(), Some("z9hG4bKa1"));
}

#[test]
fn a_response_takes_over_what_names_the_transaction_and_gets_a_tag_once() {
    let invite = invite();
    let invite = read(&invite);
    let bytes = MessageBuilder::response_to(&invite, 486)
        .to_tag("t1")
        .to_tag("t2")
        .reason("Busy\r\nEvil: header")
        .build();
    let response = read(&bytes);
    assert_eq!((response.status(), response.to().unwrap().tag()), (Some(486), Some("t1")));
    assert_eq!((response.via(), response.cseq()), (invite.via(), invite.cseq()));
    assert_eq!(response.header("Evil"), None);
    assert!(response.to_string().starts_with("SIP/2.0 486 Busy Evil: header\r\n"));
}

#[test]
fn ack_to_failure_and_cancel_keep_the_branch_and_the_number() {
    let invite = invite();
    let invite = read(&invite);
    let failure = MessageBuilder::response_to(&invite, 404).to_tag("t1").build();
    let failure = read(&failure);
    let ack = MessageBuilder::ack_to_failure(&invite, &failure).unwrap().build();
    let ack = read(&ack);
    let cancel = MessageBuilder::cancel(&invite).unwrap().build();
    let cancel = read(&cancel);
    for (message, method, tag) in [(&ack, Method::Ack, Some("t1")), (&cancel, Method::Cancel, None)]
    {
        assert_eq!(message.method(), Some(method));
        assert_eq!(message.vias().count(), 1);
        assert_eq!(message.via(), invite.via());
        assert_eq!(message.cseq().map(|cseq| (cseq.number, cseq.method)), Some((41, method)));
        assert_eq!(message.to().unwrap().tag(), tag);
        assert_eq!(message.header("Route"), invite.header("Route"));
        assert_eq!(message.request_uri().unwrap().as_str(), "sip:1000@pbx.example");
    }
}

#[test]
fn ack_to_success_goes_to_the_contact_along_the_record_route_backwards() {
    let invite = invite();
    let invite = read(&invite);
    let ok = MessageBuilder::response_to(&invite, 200)
        .to_tag("t1")
        .header("Record-Route", "<sip:p2;lr>, <sip:p1;lr>")
        .header("Contact", "\"1000\" <sip:1000@192.0.2.20:7300>;q=1")
        .build();
    let ok = read(&ok);
    let ack = MessageBuilder::ack_to_success(&invite, &ok)
        .unwrap()
        .via("UDP", "192.0.2.7:5060".parse().unwrap(), "b2")
        .build();
    let ack = read(&ack);
    assert_eq!(ack.request_uri().unwrap().as_str(), "sip:1000@192.0.2.20:7300");
    let routes: Vec<_> = ack.headers_named("Route").map(|header| &*header.value).collect();
    assert_eq!(routes, ["<sip:p1;lr>", "<sip:p2;lr>"]);
    assert_ne!(ack.via().unwrap().branch(), invite.via().unwrap().branch());
    assert_eq!(ack.cseq().unwrap().number, 41);
}

#[test]
fn every_status_has_words_within_its_range_alone() {
    assert_eq!(status_text(487), "Request Terminated");
    assert_eq!(status_text(299), "Success");
    assert!((100..700).all(|status| !status_text(status).is_empty()));
    assert!([0, 99, 700, u16::MAX].into_iter().all(|status| status_text(status).is_empty()));
}

proptest! {
    #[test]
    fn no_value_adds_a_header(name in "X-[A-Za-z]{0,8}", value in any::<String>(), body in prop::collection::vec(any::<u8>(), 0..50)) {
        let bytes = MessageBuilder::response(200)
            .header(&name, &value)
            .body("a/b", &body)
            .build();
        let parsed = Message::parse(&bytes).unwrap();
        prop_assert_eq!(parsed.warnings, []);
        prop_assert_eq!(parsed.message.headers.len(), 3);
        prop_assert_eq!(parsed.message.body, body.as_slice());
    }
}
