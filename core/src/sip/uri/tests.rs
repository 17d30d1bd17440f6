//! What a URI is made of, and which mean the same.

use super::{Scheme, Uri};
use std::string::ToString;
use std::vec::Vec;

fn uri(text: &str) -> Uri<'_> {
    Uri::parse(text).unwrap()
}

#[test]
fn parts_of_a_uri_are_told_apart() {
    let found = uri(
        "sips:alice:secret@Gateway.example:5071;transport=tcp;lr?subject=a%20b&priority=urgent",
    );
    assert_eq!(
        (found.scheme, found.user, found.password),
        (Scheme::Sips, Some("alice"), Some("secret"))
    );
    assert_eq!(
        (found.host.unwrap().to_string().as_str(), found.port),
        ("Gateway.example", Some(5071))
    );
    assert_eq!(found.params.value("Transport"), Some("tcp"));
    assert!(found.is_loose_route());
    let fields: Vec<_> = found.header_fields().collect();
    assert_eq!(fields, [("subject".into(), "a b".into()), ("priority".into(), "urgent".into())]);
    let number = uri("tel:+1-201-555-0123;phone-context=example.com");
    assert_eq!(
        (number.scheme, number.user, number.host),
        (Scheme::Tel, Some("+1-201-555-0123"), None)
    );
    assert_eq!(number.params.value("phone-context"), Some("example.com"));
    assert_eq!((uri("sip:a").port_or_default(), uri("sips:a").port_or_default()), (5060, 5061));
}

#[test]
fn an_at_sign_that_should_be_escaped_is_taken_for_the_users() {
    let found = uri("sip:alice@corp.example@proxy.example;x=y");
    assert_eq!(
        (found.user, found.host.unwrap().to_string().as_str()),
        (Some("alice@corp.example"), "proxy.example")
    );
    assert!(Uri::read("sip:alice@corp.example@proxy.example", super::Rigour::Strict).is_err());
}

#[test]
fn what_is_no_uri_says_where() {
    for (text, offset) in [
        ("1000", 0),
        ("", 0),
        ("sip:", 4),
        ("sip:a b", 5),
        ("sip:a:70000", 6),
        ("sip:[::1", 4),
        ("tel:", 4),
    ] {
        assert_eq!(Uri::parse(text).unwrap_err().offset, offset, "{text}");
    }
}

#[test]
fn the_same_resource_is_recognised_in_other_spellings() {
    for (a, b, same) in [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp", true),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true),
        ("sip:a@b?x=1&y=2", "sip:a@b?Y=2&x=1", true),
        ("sip:ALICE@AtLanTa.CoM", "sip:alice@atlanta.com", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next", false),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false),
        ("sip:a@[::1]", "sip:a@[0:0::1]", true),
        ("sip:a@b", "sips:a@b", false),
        ("tel:1", "tel:1", true),
    ] {
        assert_eq!(uri(a).is_equivalent(&uri(b)), same, "{a} {b}");
        assert_eq!(uri(b).is_equivalent(&uri(a)), same, "{b} {a}");
    }
}
