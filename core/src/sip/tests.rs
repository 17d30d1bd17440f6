//! Messages as phones send them.

use super::{Contact, Message, Method, StartLine};
use std::vec::Vec;

const INVITE: &[u8] = b"INVITE sip:1000@pbx.example;user=phone SIP/2.0\r\n\
    v: SIP/2.0/UDP 192.0.2.7:5060;rport;branch=z9hG4bK-1, SIP / 2.0 / TCP [2001:db8::9]:5061 ; branch=z9hG4bK-2\r\n\
    f: \"Front \\\"Desk\\\"\" <sip:1001@pbx.example;transport=tcp>;tag=a1\r\n\
    To: sip:1000@pbx.example\r\n\
    Call-ID: 38482762@192.0.2.7\r\n\
    CSeq: 0009\r\n \tINVITE\r\n\
    Contact: <sip:1001@192.0.2.7:5060>;expires=60\r\n\
    X-Unknown:\r\n\
    Content-Type: application/sdp\r\n\
    l: 4\r\n\r\n\
    v=0\n";

#[test]
fn an_invite_gives_its_fields_through_compact_forms_lists_and_folds() {
    let parsed = Message::parse(INVITE).unwrap();
    assert_eq!(parsed.warnings, []);
    let message = parsed.message;
    assert_eq!(message.method(), Some(Method::Invite));
    let uri = message.request_uri().unwrap();
    assert_eq!((uri.user, uri.params.value("user")), (Some("1000"), Some("phone")));
    let vias: Vec<_> = message.vias().collect();
    assert_eq!(vias.len(), 2);
    assert_eq!(
        (vias[0].transport, vias[0].port, vias[0].branch()),
        ("UDP", Some(5060), Some("z9hG4bK-1"))
    );
    assert_eq!(vias[1].host.address(), Some("2001:db8::9".parse().unwrap()));
    assert_eq!((vias[1].port, vias[1].branch()), (Some(5061), Some("z9hG4bK-2")));
    let from = message.from().unwrap();
    assert_eq!(from.display_name.as_deref(), Some("Front \"Desk\""));
    assert_eq!((from.tag(), from.uri.params.value("transport")), (Some("a1"), Some("tcp")));
    assert_eq!(message.to().unwrap().tag(), None);
    assert_eq!(message.call_id(), Some("38482762@192.0.2.7"));
    let cseq = message.cseq().unwrap();
    assert_eq!((cseq.number, cseq.method), (9, Method::Invite));
    assert_eq!(message.contacts().next().and_then(|c| c.expires()), Some(60));
    assert_eq!(message.header("x-unknown"), Some(""));
    assert!(message.content_type().unwrap().is_sdp());
    assert_eq!((message.content_length(), message.body), (Some(4), &b"v=0\n"[..]));
    let printed = message.to_bytes();
    assert_eq!(Message::parse(&printed).unwrap().message, message);
}

#[test]
fn a_response_gives_status_and_reason() {
    let bytes = b"SIP/2.0 486 Busy Here\r\nContact: *\r\nContent-Length: 0\r\n\r\n";
    let parsed = Message::parse(bytes).unwrap();
    assert_eq!(parsed.warnings, []);
    assert_eq!(parsed.message.status(), Some(486));
    let StartLine::Response { reason, .. } = &parsed.message.start_line else { panic!() };
    assert_eq!(reason, "Busy Here");
    assert_eq!(parsed.message.contacts().next(), Some(Contact::Any));
}
