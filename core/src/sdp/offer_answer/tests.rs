//! Answers as RFC 3264 wants them, and what comes of offer and answer.

use super::{
    Capabilities, CodecCapability, MediaCapability, Outcome, Problem, answer, offer, pair,
};
use crate::sdp::{Direction, Session};
use proptest::prelude::*;
use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

/// A description of 192.0.2.9 with these media.
fn session(media: &str) -> Session {
    let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n";
    let parsed = Session::parse(format!("{head}{media}").as_bytes()).unwrap();
    assert_eq!(parsed.warnings, []);
    parsed.session
}

/// A phone with two places for sound, as for recording (MX-3).
fn phone() -> Capabilities {
    let codecs = || {
        vec![
            CodecCapability::new("G722", 8000, 9),
            CodecCapability::new("PCMU", 8000, 0),
            CodecCapability {
                parameters: Some("0-15".into()),
                ..CodecCapability::new("telephone-event", 8000, 101)
            },
        ]
    };
    Capabilities {
        address: "192.0.2.7".parse().unwrap(),
        session_id: 7,
        version: 1,
        media: vec![MediaCapability::audio(4000, codecs()), MediaCapability::audio(4002, codecs())],
    }
}

/// The media lines of an answer of [`phone`] to these.
fn answered(media: &str) -> Vec<String> {
    let answer = answer(&session(media), &phone());
    assert!(Session::parse(answer.to_string().as_bytes()).unwrap().strict().is_ok());
    let lines = answer.media.iter().map(|m| m.to_string().trim_end().replace("\r\n", " | "));
    lines.collect()
}

#[test]
fn an_answer_keeps_order_and_numbers_of_the_offer() {
    let offer =
        "m=audio 5000 RTP/AVP 8 0 120 9\r\na=rtpmap:120 telephone-event/8000\r\na=mid:a\r\n";
    let expected = "m=audio 4000 RTP/AVP 0 120 9 | a=rtpmap:0 PCMU/8000 | \
        a=rtpmap:120 telephone-event/8000 | a=fmtp:120 0-15 | a=rtpmap:9 G722/8000 | a=mid:a | \
        a=sendrecv";
    assert_eq!(answered(offer), [expected]);
}

#[test]
fn two_recording_streams_are_served_in_order_and_sent_only() {
    let offer = "m=audio 5000 RTP/AVP 0\r\na=label:1\r\na=recvonly\r\n\
        m=audio 5002 RTP/AVP 0\r\na=label:2\r\na=recvonly\r\nm=audio 5004 RTP/AVP 0\r\n";
    let expected = [
        "m=audio 4000 RTP/AVP 0 | a=rtpmap:0 PCMU/8000 | a=sendonly",
        "m=audio 4002 RTP/AVP 0 | a=rtpmap:0 PCMU/8000 | a=sendonly",
        "m=audio 0 RTP/AVP 0",
    ];
    assert_eq!(answered(offer), expected);
}

#[test]
fn what_cannot_be_served_is_refused_in_its_place() {
    for refused in [
        "m=video 5000 RTP/AVP 31\r\n",
        "m=audio 5000 RTP/AVP 8\r\n",
        "m=audio 5000 RTP/SAVP 0\r\n",
        "m=audio 5000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n",
        "m=audio 0 RTP/AVP 0\r\n",
        "m=image 5000 udptl t38\r\n",
    ] {
        let lines = answered(&format!("{refused}m=audio 6000 RTP/AVP 0\r\n"));
        let first = refused.split(' ').next().unwrap();
        assert!(lines[0].starts_with(&format!("{first} 0 ")), "{refused}: {lines:?}");
        assert!(lines[1].starts_with("m=audio 4000 "), "{refused}: {lines:?}");
        assert!(answer(&session(refused), &phone()).is_refused());
    }
}

#[test]
fn a_direction_is_turned_round_as_far_as_the_side_is_willing() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    for (offered, willing, expected) in [
        (SendRecv, SendRecv, SendRecv),
        (SendOnly, SendRecv, RecvOnly),
        (RecvOnly, SendRecv, SendOnly),
        (Inactive, SendRecv, Inactive),
        (SendRecv, SendOnly, SendOnly),
        (SendOnly, SendOnly, Inactive),
    ] {
        let mut phone = phone();
        phone.media[0].direction = willing;
        let offer = session(&format!("m=audio 5000 RTP/AVP 0\r\na={offered}\r\n"));
        let answer = answer(&offer, &phone);
        assert_eq!(answer.direction_of(&answer.media[0]), expected, "{offered} {willing}");
        let agreed = pair(&offer, &answer);
        assert_eq!(agreed[0].direction, expected.reversed());
        assert_eq!(agreed[0].problems, []);
    }
    let old_hold = session("m=audio 5000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n");
    let answer = answer(&old_hold, &phone());
    assert_eq!(answer.direction_of(&answer.media[0]), RecvOnly);
    assert_eq!(pair(&old_hold, &answer)[0].direction, SendOnly);
}

#[test]
fn each_side_sends_by_the_payload_types_of_the_other() {
    let offer = session(
        "m=audio 5000 RTP/AVP 97 101\r\na=rtpmap:97 iLBC/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=rtcp-mux\r\n",
    );
    let answer = session(
        "m=audio 6000 RTP/AVP 110 96\r\na=rtpmap:110 ilbc/8000\r\na=rtpmap:96 telephone-event/8000\r\n",
    );
    let agreed = pair(&offer, &answer);
    let numbers: Vec<_> = agreed[0]
        .codecs
        .iter()
        .map(|c| (c.encoding.as_str(), c.to_offerer, c.to_answerer))
        .collect();
    let expected = [("iLBC", Some(97), Some(110)), ("telephone-event", Some(101), Some(96))];
    assert_eq!(numbers, expected);
    assert_eq!(agreed[0].outcome, Outcome::Accepted);
    // Only one side would share the port.
    assert_eq!(agreed[0].offerer_rtcp, Some("192.0.2.9:5001".parse().unwrap()));
    assert_eq!(agreed[0].answerer_rtcp, Some("192.0.2.9:6001".parse().unwrap()));
}

#[test]
fn encryption_takes_both_sides() {
    let crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n";
    let plain = "m=audio 5000 RTP/AVP 0\r\n";
    let optional = format!("{plain}{crypto}");
    for (answer, encrypted) in [(plain, false), (optional.as_str(), true)] {
        assert_eq!(pair(&session(&optional), &session(answer))[0].is_encrypted, encrypted);
    }
}

#[test]
fn a_wrong_answer_is_said_to_be_one() {
    let offer = "m=audio 5000 RTP/AVP 0\r\na=sendonly\r\n";
    for (answer, outcome, problems) in [
        ("", Outcome::Refused, vec![Problem::LeftOut]),
        ("m=audio 0 RTP/AVP 0\r\n", Outcome::Refused, vec![]),
        (
            "m=audio 1 RTP/SAVP 0\r\na=recvonly\r\n",
            Outcome::Accepted,
            vec![Problem::ProtocolChanged],
        ),
        (
            "m=audio 1 RTP/AVP 0\r\n",
            Outcome::Accepted,
            vec![Problem::Direction {
                offered: Direction::SendOnly,
                answered: Direction::SendRecv,
            }],
        ),
        (
            "m=audio 1 RTP/AVP 8\r\na=recvonly\r\n",
            Outcome::Accepted,
            vec![Problem::FormatNotOffered("8".into()), Problem::NoCommonCodec],
        ),
        ("m=video 0 RTP/AVP 0\r\n", Outcome::Refused, vec![Problem::KindChanged]),
    ] {
        let agreed = pair(&session(offer), &session(answer));
        assert_eq!((agreed[0].outcome, &agreed[0].problems), (outcome, &problems), "{answer}");
    }
    let more = pair(&session(""), &session(offer));
    assert_eq!(more[0].problems, [Problem::NotOffered]);
    let withdrawn = pair(&session("m=audio 0 RTP/AVP 0\r\n"), &session(offer));
    assert_eq!(withdrawn[0].outcome, Outcome::Withdrawn);
    assert_eq!(withdrawn[0].problems, [Problem::AcceptsWithdrawn]);
}

#[test]
fn an_offer_of_all_capabilities_is_answered_in_full_by_its_like() {
    let mut recorder = phone();
    recorder.address = "2001:db8::9".parse().unwrap();
    for (at, media) in recorder.media.iter_mut().enumerate() {
        media.direction = Direction::RecvOnly;
        media.label = Some((at + 1).to_string());
        media.ptime = Some(20);
        media.rtcp_mux = true;
    }
    let offer = offer(&recorder);
    assert!(Session::parse(offer.to_string().as_bytes()).unwrap().strict().is_ok());
    let agreed = pair(&offer, &answer(&offer, &phone()));
    assert_eq!(agreed.len(), 2);
    for medium in agreed {
        assert_eq!((medium.direction, medium.codecs.len()), (Direction::RecvOnly, 3));
        assert_eq!(medium.problems, []);
        assert_eq!(medium.offerer.unwrap().ip(), recorder.address);
    }
}

proptest! {
    #[test]
    fn an_answer_has_the_offers_shape_and_breaks_no_rule(
        media in prop::collection::vec(
            ("(audio|video|image)", 0..3u16, "(RTP/AVP|RTP/SAVP|udptl)", prop::collection::vec(0..20u8, 1..4), "(sendrecv|sendonly|recvonly|inactive)"),
            0..5,
        ),
    ) {
        let text: String = media
            .iter()
            .map(|(kind, port, protocol, formats, direction)| {
                let formats: Vec<_> = formats.iter().map(ToString::to_string).collect();
                format!("m={kind} {port} {protocol} {}\r\na={direction}\r\n", formats.join(" "))
            })
            .collect();
        let offer = session(&text);
        let answer = answer(&offer, &phone());
        prop_assert_eq!(answer.media.len(), offer.media.len());
        for medium in pair(&offer, &answer) {
            prop_assert_eq!(medium.problems, vec![]);
        }
    }
}
