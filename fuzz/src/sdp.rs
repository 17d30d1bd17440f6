//! Session descriptions.

use recscope_core::sdp::Session;
use recscope_core::sdp::offer_answer::{
    Capabilities, CodecCapability, MediaCapability, answer, pair,
};
use std::net::{IpAddr, Ipv4Addr};

/// A description, printed, parses equal; taken for an offer, its answer has as many media, prints
/// and parses equal.
pub fn sdp(bytes: &[u8]) {
    let parsed = match Session::parse(bytes) {
        Ok(parsed) => parsed,
        Err(error) => return assert!(error.offset <= bytes.len() as u64, "{error}"),
    };
    assert!(parsed.warnings.len() <= Session::MAX_WARNINGS);
    for warning in &parsed.warnings {
        assert!(warning.0.offset <= bytes.len() as u64, "{warning:?} beyond the end");
    }
    let session = &parsed.session;
    reads_again(session);
    for media in &session.media {
        let _ = (session.address_of(media), session.rtcp_address_of(media));
        let _ = (session.direction_of(media), session.is_encrypted(media));
        let _ = session.is_hold(media);
        for format in &media.formats {
            let _ = format.parse().ok().and_then(|payload_type| media.rtpmap(payload_type));
        }
    }

    let reply = answer(session, &capabilities());
    assert_eq!(reply.media.len(), session.media.len());
    reads_again(&reply);
    let _ = pair(session, &reply);
    let _ = pair(&reply, session);
}

fn reads_again(session: &Session) {
    let printed = session.to_string();
    let again = Session::parse(printed.as_bytes()).expect("what was printed can be read");
    assert_eq!(&again.session, session, "{printed:?}");
}

fn capabilities() -> Capabilities {
    let codecs = vec![
        CodecCapability::new("PCMU", 8000, 0),
        CodecCapability::new("PCMA", 8000, 8),
        CodecCapability::new("telephone-event", 8000, 101),
    ];
    Capabilities {
        address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        session_id: 1,
        version: 1,
        media: vec![MediaCapability::audio(4000, codecs)],
    }
}
