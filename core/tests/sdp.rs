//! Descriptions as others write them: the samples, older forms, and arbitrary bytes.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use proptest::prelude::*;
use recscope_core::sdp::offer_answer::pair;
use recscope_core::sdp::{Direction, Media, MediaKind, Protocol, Session};
use std::path::PathBuf;

/// The folder of samples, if it is there: `RECSCOPE_SAMPLES`, or beside the workspace.
fn samples() -> Option<PathBuf> {
    let given = std::env::var_os("RECSCOPE_SAMPLES").map(PathBuf::from);
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    let folder = given.unwrap_or_else(beside);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no samples at {} (set RECSCOPE_SAMPLES)", folder.display());
    None
}

/// The samples that are refused, and why that holds.
const REFUSED: [(&str, &str); 4] = [
    // Comments are no part of the format; the first line must be the version.
    ("03.sdp", "sdp: expected v=0 as the first line at offset 0"),
    ("08.sdp", "sdp: expected v=0 as the first line at offset 0"),
    ("11.sdp", "sdp: expected v=0 as the first line at offset 0"),
    // A version that was never defined, and nothing else.
    ("message-1.sdp", "sdp: version 1 is not supported at offset 2"),
];

/// The samples that are read with something to say about them, and what.
const FLAWED: [(&str, &[&str]); 17] = [
    // c= stands before s= or after t=.
    ("mediaclk-avbtp.sdp", &["sdp: the line is out of order at offset 71"]),
    ("mediaclk-ptp-v2-w-rate.sdp", &["sdp: the line is out of order at offset 71"]),
    ("mediaclk-ptp-v2.sdp", &["sdp: the line is out of order at offset 71"]),
    ("mediaclk-rtp.sdp", &["sdp: the line is out of order at offset 71"]),
    ("simulcast.sdp", &["sdp: the line is out of order at offset 86"]),
    ("extmap-encrypt.sdp", &["sdp: the line is out of order at offset 48"]),
    ("normal.sdp", &["sdp: the line is out of order at offset 48"]),
    // f= was never a line of SDP.
    ("invalid.sdp", &["sdp: the line has an unknown type and is left out at offset 156"]),
    // Encoding without its clock rate.
    ("alac.sdp", &["sdp: expected a payload type, an encoding and its clock rate at offset 138"]),
    // Examples that leave out lines, and descriptions as they were before RFC 2327.
    ("onvif.sdp", &["sdp: expected a t= line at offset 329"]),
    ("tcp-active.sdp", &["sdp: expected a t= line at offset 132"]),
    ("tcp-passive.sdp", &["sdp: expected a t= line at offset 142"]),
    (
        "message-4.sdp",
        &["sdp: expected an s= line at offset 105", "sdp: expected a t= line at offset 105"],
    ),
    ("message-5.sdp", &["sdp: expected a t= line at offset 121"]),
    (
        "message-6.sdp",
        &["sdp: expected an o= line at offset 111", "sdp: expected a t= line at offset 111"],
    ),
    (
        "message-7.sdp",
        &["sdp: expected an s= line at offset 275", "sdp: expected a t= line at offset 275"],
    ),
    (
        "message-8.sdp",
        &["sdp: expected an s= line at offset 267", "sdp: expected a t= line at offset 267"],
    ),
];

#[test]
fn every_sample_description_is_read_or_refused_with_a_reason() {
    let Some(folder) = samples() else { return };
    for entry in std::fs::read_dir(folder.join("public/sdp")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let refused = REFUSED.iter().find(|(refused, _)| *refused == name).map(|(_, why)| *why);
        let parsed = match Session::parse(&bytes) {
            Err(error) => {
                assert_eq!(Some(error.to_string().as_str()), refused, "{name}");
                continue;
            }
            Ok(parsed) => parsed,
        };
        assert_eq!(refused, None, "{name}");
        let findings: Vec<String> = parsed.warnings.iter().map(ToString::to_string).collect();
        let expected = FLAWED.iter().find(|(flawed, _)| *flawed == name).map_or(&[][..], |f| f.1);
        assert_eq!(findings, expected, "{name}");
        let text = parsed.session.to_string();
        assert_eq!(Session::parse(text.as_bytes()).unwrap().session, parsed.session, "{name}");
    }
}

/// A description whose media are `media`, with nothing wrong about it.
fn session(media: &str) -> Session {
    let text =
        format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{media}");
    let parsed = Session::parse(text.as_bytes()).unwrap();
    assert_eq!(parsed.warnings, []);
    parsed.session
}

#[test]
fn a_phones_offer_gives_codecs_times_and_addresses() {
    let session = session(
        "m=audio 16384 RTP/AVP 9 0 18 101\r\na=rtpmap:101 telephone-event/8000\r\n\
         a=fmtp:101 0-15\r\na=fmtp:18 annexb=no\r\na=ptime:20\r\na=rtcp:16400 IN IP4 192.0.2.2\r\n",
    );
    let media: &Media = &session.media[0];
    let codecs: Vec<_> = media.rtpmaps().map(|map| (map.encoding, map.clock_rate)).collect();
    let expected = [("G722", 8000), ("PCMU", 8000), ("G729", 8000), ("telephone-event", 8000)];
    assert_eq!(codecs, expected);
    assert_eq!(media.ptime(), Some(std::time::Duration::from_millis(20)));
    assert_eq!((media.fmtp("101"), media.fmtp("18")), (Some("0-15"), Some("annexb=no")));
    assert_eq!(session.rtcp_address_of(media), Some("192.0.2.2:16400".parse().unwrap()));
    assert_eq!(session.direction_of(media), Direction::SendRecv);
    assert!(!session.is_encrypted(media) && !session.is_hold(media));
}

#[test]
fn encryption_is_seen_in_profile_keys_and_certificates() {
    for (media, encrypted) in [
        ("m=audio 5004 RTP/AVP 0\r\n", false),
        ("m=audio 5004 RTP/SAVP 0\r\n", true),
        ("m=audio 5004 UDP/TLS/RTP/SAVPF 0\r\n", true),
        ("m=audio 5004 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n", true),
        ("m=audio 5004 RTP/AVP 0\r\na=fingerprint:sha-256 AA:BB\r\n", true),
        ("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", true),
        ("m=image 5004 udptl t38\r\n", false),
    ] {
        assert_eq!(session(media).media[0].is_encrypted(), encrypted, "{media}");
    }
    let mut with_certificate = session("m=audio 5004 RTP/AVP 0\r\n");
    let attribute = recscope_core::sdp::Attribute::new("fingerprint", "sha-256 AA");
    with_certificate.attributes.push(attribute);
    assert!(with_certificate.is_encrypted(&with_certificate.media[0]));
}

#[test]
fn hold_is_seen_in_directions_and_in_the_old_address() {
    for (media, hold) in [
        ("m=audio 5004 RTP/AVP 0\r\n", false),
        ("m=audio 5004 RTP/AVP 0\r\na=sendonly\r\n", true),
        ("m=audio 5004 RTP/AVP 0\r\na=inactive\r\n", true),
        ("m=audio 5004 RTP/AVP 0\r\na=recvonly\r\n", false),
        ("m=audio 5004 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", true),
        ("m=audio 0 RTP/AVP 0\r\na=inactive\r\n", false),
    ] {
        let session = session(media);
        assert_eq!(session.is_hold(&session.media[0]), hold, "{media}");
    }
}

#[test]
fn fax_and_refused_media_keep_their_place() {
    let session = session(
        "m=audio 0 RTP/AVP 0\r\nm=image 4000 udptl t38\r\na=T38FaxVersion:0\r\n\
         m=video 0 RTP/AVP 96\r\na=bundle-only\r\n",
    );
    let refused: Vec<_> = session.media.iter().map(Media::is_refused).collect();
    assert_eq!(refused, [true, false, false]);
    let fax = &session.media[1];
    assert_eq!((&fax.kind, &fax.protocol), (&MediaKind::Image, &Protocol::Udptl));
    assert_eq!(fax.formats, ["t38"]);
    assert_eq!(fax.payload_types().count(), 0);
    assert_eq!(session.address_of(&session.media[0]), None);
}

#[test]
fn a_medium_that_cannot_be_made_out_refuses_the_description_where_it_goes_wrong() {
    for (media, said, offset) in [
        ("m=audio 70000 RTP/AVP 0", "the port is 70000, outside 0 to 65535", 8),
        ("m=audio x RTP/AVP 0", "expected a port from 0 to 65535", 8),
        ("m=audio 1/0 RTP/AVP 0", "expected a number of ports after the slash", 8),
        ("m=audio", "expected a port", 7),
        ("m=audio 1", "expected a transport protocol", 9),
        ("m=", "expected a kind of media", 2),
    ] {
        let error = Session::parse(format!("v=0\n{media}\n").as_bytes()).unwrap_err();
        assert_eq!((error.kind.to_string().as_str(), error.offset), (said, 4 + offset), "{media}");
    }
}

#[test]
fn bare_line_feeds_blanks_and_missing_ends_are_read() {
    for text in [
        "v=0\ns=x\nm=audio 1 RTP/AVP 0 \n",
        "v=0\rs=x\rm=audio 1 RTP/AVP 0",
        "v=0\r\n\r\ns=x\r\nm=audio  1 RTP/AVP  0\0",
    ] {
        let session = Session::parse(text.as_bytes()).unwrap().session;
        assert_eq!((session.name.as_str(), session.media.len()), ("x", 1), "{text:?}");
        assert_eq!(session.media[0].port, 1);
    }
}

#[test]
fn endless_formats_and_attributes_are_read_within_bounds() {
    let formats = "0 ".repeat(20_000);
    let attributes = "a=rtpmap:0 X/8000\r\n".repeat(5_000);
    let text = format!("v=0\r\nm=audio 1 RTP/AVP {formats}\r\n{attributes}");
    let parsed = Session::parse(text.as_bytes()).unwrap();
    let media = &parsed.session.media[0];
    assert_eq!((media.formats.len(), media.rtpmaps().count()), (256, 256));
    let said = parsed.warnings[0].to_string();
    assert_eq!(said, "sdp: the number of formats is 20000, above the limit of 256 at offset 5");
    let agreed = pair(&parsed.session, &parsed.session);
    assert_eq!(agreed[0].codecs.len(), 256);
}

/// Lines as descriptions have them, more or less.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("m=audio 5004 RTP/AVP 0 101\r\n".to_owned()),
        Just("c=IN IP4 224.0.0.1/127/3\r\n".to_owned()),
        Just("c=IN IP6 ff00::1/3\n".to_owned()),
        "a=(rtpmap|fmtp|ptime|rtcp|crypto|fingerprint|sendonly|x):?[ -~]{0,20}\r?\n",
        "[a-z]=[ -~]{0,30}(\r\n|\n|\r)",
        "(o=- 1 [0-9]{1,4} IN IP4 [0-9.]{1,9}|b=AS:[0-9]{1,3}|t=[0-9]{1,3} 0|r=7d 1h 0)\r\n",
        ".{0,20}\n",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Session::parse(&bytes);
        let _ = Session::parse(&[b"v=0\n", bytes.as_slice()].concat());
    }

    #[test]
    fn what_was_read_is_printed_so_that_it_reads_the_same(lines in prop::collection::vec(line(), 0..12)) {
        let text = format!("v=0\r\n{}", lines.concat());
        if let Ok(parsed) = Session::parse(text.as_bytes()) {
            let printed = parsed.session.to_string();
            let again = Session::parse(printed.as_bytes()).unwrap();
            prop_assert_eq!(&again.session, &parsed.session);
            prop_assert_eq!(again.session.to_string(), printed);
            for media in &parsed.session.media {
                let _ = (media.rtpmaps().count(), media.ptime(), media.rtcp(), media.cryptos().count());
                let _ = (parsed.session.rtcp_address_of(media), parsed.session.is_hold(media));
            }
            for warning in &parsed.warnings {
                prop_assert!(warning.0.offset <= text.len() as u64, "{}", warning);
            }
        }
    }
}
