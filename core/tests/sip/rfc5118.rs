//! Messages with the wire properties of RFC 5118, by its section numbers and short names.

use crate::wire::{clean, flawed, wire};
use recscope_core::sdp::Session;
use recscope_core::sip::Host;
use std::net::IpAddr;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A request with these parts and nothing special besides.
fn request(method: &str, uri: &str, via: &str, rest: &str) -> Vec<u8> {
    wire(&format!(
        "
{method} {uri} SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: {via}
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
Contact: \"Caller\" <sip:caller@[2001:db8::1]>
CSeq: 98176 {method}
{rest}"
    ))
}

const VIA: &str = "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111";
const EMPTY: &str = "Content-Length: 0\n\n";

#[test]
fn s4_1_ipv6_good_reference_in_brackets() {
    let bytes = request("REGISTER", "sip:[2001:db8::10]", VIA, EMPTY);
    let message = clean(&bytes);
    assert_eq!(message.request_uri().unwrap().host, Some(Host::Address(ip("2001:db8::10"))));
    assert_eq!(message.via().unwrap().host.address(), Some(ip("2001:db8::9:1")));
    let contact = message.contacts().next().unwrap();
    assert_eq!(contact.address().unwrap().uri.host, Some(Host::Address(ip("2001:db8::1"))));
}

#[test]
fn s4_2_ipv6_bad_reference_without_brackets() {
    let bytes = request("REGISTER", "sip:2001:db8::10", VIA, EMPTY);
    flawed(&bytes, &[("2001:db8::10", "expected a host name or address, IPv6 in brackets")]);
}

#[test]
fn s4_3_and_4_port_inside_and_outside_the_brackets() {
    let bytes = request("REGISTER", "sip:[2001:db8::10:5070]", VIA, EMPTY);
    let message = clean(&bytes);
    let uri = message.request_uri().unwrap();
    assert_eq!((uri.host, uri.port), (Some(Host::Address(ip("2001:db8::10:5070"))), None));
    let bytes = request("REGISTER", "sip:[2001:db8::10]:5070", VIA, EMPTY);
    let message = clean(&bytes);
    let uri = message.request_uri().unwrap();
    assert_eq!((uri.host, uri.port), (Some(Host::Address(ip("2001:db8::10"))), Some(5070)));
}

#[test]
fn s4_5_received_with_and_without_brackets() {
    for received in ["[2001:db8::9:255]", "2001:db8::9:255"] {
        let via = format!("SIP/2.0/UDP [2001:db8::9:1];received={received};branch=z9hG4bKas3-111");
        let bytes = request("OPTIONS", "sip:[2001:db8::10]", &via, EMPTY);
        let message = clean(&bytes);
        let via = message.via().unwrap();
        assert_eq!(via.received(), Some(ip("2001:db8::9:255")), "{received}");
        assert_eq!(via.branch(), Some("z9hG4bKas3-111"));
    }
}

#[test]
fn s4_6_and_8_addresses_of_both_families_in_the_description() {
    let sdp = "v=0\no=desk 971731711378798081 0 IN IP6 2001:db8::20\ns=Live video\n\
        c=IN IP6 2001:db8::20\nt=3338481189 3370017201\nm=audio 6000 RTP/AVP 2\n\
        a=rtpmap:2 G726-32/8000\nm=video 6024 RTP/AVP 107\nc=IN IP4 192.0.2.1\n\
        a=rtpmap:107 H263-1998/90000\n";
    let length = wire(sdp).len();
    let rest = format!("Content-Type: application/sdp\nContent-Length: {length}\n\n{sdp}");
    let bytes = request("INVITE", "sip:user@[2001:db8::10]", VIA, &rest);
    let message = clean(&bytes);
    let parsed = Session::parse(message.sdp().unwrap().1).unwrap();
    assert_eq!(parsed.warnings, []);
    let session = parsed.session;
    let addresses: Vec<_> = session.media.iter().map(|m| session.address_of(m)).collect();
    let expected = ["[2001:db8::20]:6000", "192.0.2.1:6024"];
    assert_eq!(addresses, expected.map(|address| Some(address.parse().unwrap())));
}

#[test]
fn s4_7_addresses_of_both_families_in_vias() {
    let via = "SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144
Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200";
    let bytes = request("BYE", "sip:user@host.example.net", via, EMPTY);
    let message = clean(&bytes);
    let hosts: Vec<_> = message.vias().map(|via| via.host.address().unwrap()).collect();
    assert_eq!(hosts, [ip("2001:db8::9:1"), ip("192.0.2.1"), ip("2001:db8::9:255")]);
    assert_eq!(message.via().unwrap().port, Some(6050));
    assert_eq!(message.vias().last().unwrap().received(), Some(ip("192.0.2.200")));
}

#[test]
fn s4_9_ipv4_addresses_mapped_into_ipv6() {
    let via = "SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19
Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111";
    let bytes = request("INVITE", "sip:user@example.com", via, EMPTY);
    let message = clean(&bytes);
    let top = message.via().unwrap();
    assert_eq!((top.host.address(), top.port), (Some(ip("::ffff:192.0.2.10")), Some(19823)));
    assert_eq!(top.host.to_string(), "[::ffff:192.0.2.10]");
}

#[test]
fn s4_10_three_colons_are_a_mistake_that_is_understood() {
    let uri = "sip:user@[2001:db8:::192.0.2.1]";
    let bytes = request("OPTIONS", uri, VIA, EMPTY);
    let expected = "expected a host name or address, IPv6 in brackets";
    let message = flawed(&bytes, &[("2001:db8:::192", expected)]);
    let host = message.request_uri().unwrap().host;
    assert_eq!(host, Some(Host::Address(ip("2001:db8::192.0.2.1"))));
    let bytes = request("OPTIONS", "sip:user@[2001:db8::192.0.2.1]", VIA, EMPTY);
    assert_eq!(clean(&bytes).request_uri().unwrap().host, host);
}
