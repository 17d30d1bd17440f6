use super::*;
use crate::sdp::Attribute;
use alloc::format;
use alloc::string::String;
use proptest::prelude::*;

fn end(last: u8, codecs: &[Codec]) -> End {
    let port = u16::from(last) * 100;
    End {
        address: IpAddr::from([192, 0, 2, last]),
        ports: [port, port + 2],
        codecs: codecs.to_vec(),
        session_id: 7,
        version: 1,
    }
}

fn agree(layout: Layout) -> (Vec<Copy>, Vec<Expected>) {
    let offer = offer(layout, &end(9, &[Codec::Pcma, Codec::Pcmu]));
    let source = Source { layout, ssrcs: [Ssrc(11), Ssrc(12)] };
    // What travels is text.
    let offer = offer.to_string();
    let phone = end(7, &[Codec::Pcmu]);
    let (answer, copies) = answer(offer.as_bytes(), &phone, &source).expect("served");
    let [offer, answer] = [offer.as_bytes(), answer.as_slice()]
        .map(|text| Session::parse(text).expect("an SDP").strict().expect("clean"));
    (copies, expected(&offer, &answer))
}

#[test]
fn both_ends_come_to_the_same_streams_in_every_layout() {
    let expectations = [
        (Layout::TwoMedia, [(Side::Sent, 900), (Side::Received, 902)].as_slice()),
        (Layout::TwoSsrcs, &[(Side::Sent, 900), (Side::Received, 900)]),
        (Layout::Mixed, &[(Side::Mixed, 900)]),
    ];
    for (layout, streams) in expectations {
        let (copies, expected) = agree(layout);
        let sent: Vec<_> = copies.iter().map(|copy| (copy.side, copy.destination.port())).collect();
        let awaited: Vec<_> = expected.iter().map(|stream| (stream.side, stream.port)).collect();
        assert_eq!((sent.as_slice(), awaited.as_slice()), (streams, streams), "{layout:?}");
        for (copy, stream) in copies.iter().zip(&expected) {
            assert_eq!((copy.codec, copy.payload_type), (Codec::Pcmu, 0));
            assert_eq!((stream.codec, stream.payload_type), (Codec::Pcmu, 0));
            assert!(stream.ssrc.is_none_or(|ssrc| ssrc == copy.ssrc));
        }
    }
}

#[test]
fn labels_outrank_the_order_of_the_media() {
    let mut offer = offer(Layout::TwoMedia, &end(9, &[Codec::Pcmu]));
    offer.media.reverse();
    let source = Source { layout: Layout::TwoMedia, ssrcs: [Ssrc(11), Ssrc(12)] };
    let (answer, copies) = answered(&offer, &end(7, &[Codec::Pcmu]), &source).expect("served");
    let sides = [Side::Received, Side::Sent];
    assert_eq!(copies.iter().map(|copy| copy.side).collect::<Vec<_>>(), sides);
    let awaited = expected(&offer, &answer);
    assert_eq!(awaited.iter().map(|stream| stream.side).collect::<Vec<_>>(), sides);
}

#[test]
fn the_phone_only_sends_whatever_is_offered() {
    let mut offer = offer(Layout::TwoMedia, &end(9, &[Codec::Pcmu]));
    for media in &mut offer.media {
        media.attributes.retain(|attribute| attribute.name != "recvonly");
    }
    let source = Source { layout: Layout::TwoMedia, ssrcs: [Ssrc(11), Ssrc(12)] };
    let (answer, copies) = answered(&offer, &end(7, &[Codec::Pcmu]), &source).expect("served");
    assert_eq!(copies.len(), 2);
    assert_eq!(answer.to_string().matches("a=sendonly\r\n").count(), 2, "{answer}");
}

#[test]
fn an_offer_without_a_common_codec_is_refused() {
    let offer = offer(Layout::TwoMedia, &end(9, &[Codec::G722]));
    let source = Source { layout: Layout::TwoMedia, ssrcs: [Ssrc(11), Ssrc(12)] };
    assert_eq!(answered(&offer, &end(7, &[Codec::Pcmu]), &source), None);
}

#[test]
fn an_inactive_offer_stops_the_copies_and_keeps_the_session() {
    let mut offer = offer(Layout::TwoMedia, &end(9, &[Codec::Pcmu]));
    for media in &mut offer.media {
        media.attributes.retain(|attribute| attribute.name != "recvonly");
        media.attributes.push(Attribute::flag("inactive"));
    }
    let source = Source { layout: Layout::TwoMedia, ssrcs: [Ssrc(11), Ssrc(12)] };
    let (answer, copies) = answered(&offer, &end(7, &[Codec::Pcmu]), &source).expect("served");
    assert!(copies.is_empty());
    assert!(answer.to_string().contains("a=inactive\r\n"));
}

fn answered(offer: &Session, phone: &End, source: &Source) -> Option<(Session, Vec<Copy>)> {
    let (text, copies) = answer(offer.to_string().as_bytes(), phone, source)?;
    Some((Session::parse(&text).expect("an SDP").session, copies))
}

/// The answer by the general reader, [`offer_answer::answer`] and [`pair`].
fn answered_in_general(offer: &[u8], phone: &End, source: &Source) -> Option<(String, Vec<Copy>)> {
    let offer = Session::parse(offer).ok()?.session;
    let can = phone.capabilities(Layout::TwoMedia, Direction::SendOnly);
    let mut answer = offer_answer::answer(&offer, &can);
    if answer.is_refused() {
        return None;
    }
    let agreed = accepted(&offer, &answer);
    let single = matches!(agreed.as_slice(), [_]);
    let mut copies = Vec::new();
    for (nth, medium) in agreed.iter().enumerate() {
        let media = &mut answer.media[medium.index];
        let label = offer.media[medium.index].label().map(str::as_bytes);
        let sides = match (single, source.layout) {
            (true, Layout::Mixed) => std::vec![Side::Mixed],
            (true, _) => SIDES.to_vec(),
            (false, _) => std::vec![side_of(label, nth)],
        };
        if sides.len() == 2 {
            for (side, label) in SIDES.into_iter().zip(LABELS) {
                let value = format!("{} label:{label}", ssrc_of(side, source).0);
                media.attributes.push(Attribute::new("ssrc", &value));
            }
        }
        let (Some((codec, payload_type)), Some(destination)) =
            (first_codec(medium), medium.offerer.filter(|_| medium.direction.receives()))
        else {
            continue;
        };
        copies.extend(sides.into_iter().map(|side| Copy {
            side,
            source: SocketAddr::new(phone.address, media.port),
            destination,
            codec,
            payload_type,
            ssrc: ssrc_of(side, source),
        }));
    }
    Some((answer.to_string(), copies))
}

/// Descriptions as they are sent and as they are not.
fn descriptions() -> impl Strategy<Value = String> {
    let attribute = prop_oneof![
        "(recvonly|sendonly|inactive|sendrecv)( |:1)?",
        "rtpmap:(0|8|9|96|97|13) (PCMU|pcma|G722|telephone-event|CN)/(8000|16000)(/1|/2|/x)?",
        "rtpmap:[0-9]{1,3} ?[A-Z]{0,2}/?[0-9]{0,2}",
        "(label|mid|ssrc):[12a ]{1,2}",
        "(bundle-only|rtcp-mux|ptime:20|crypto:1 x y|fingerprint:a b)",
    ];
    let connection = "c=IN IP[46] (192\\.0\\.2\\.9(/127)?|0\\.0\\.0\\.0|2001:db8::9|::|host|)( x)?";
    let media = "m=(audio|audio|audio|video) (4000|4002|0|70000|x|5/1|5/0) (RTP/AVP|RTP/AVPF|RTP/SAVP|udp)( (0|8|9|13|96|97|128|x)){0,3}";
    let line = prop_oneof![
        4 => attribute.prop_map(|text| format!("a={text}")),
        2 => connection,
        3 => media,
        1 => "(t=[1-9][0-9]{0,3} ?[0-9]?|r=7d|b=AS:64|x|z=|=|o=- 5 6 IN IP4 h|i=\u{fc})",
    ];
    let lines =
        prop::collection::vec((line, prop_oneof![4 => Just("\r\n"), 1 => Just("\n")]), 0..14);
    ("(v=0|v=0|v=0|v=0 |v=1|)", lines).prop_map(|(version, lines)| {
        let start = format!("{version}\r\no=- 77 1 IN IP4 192.0.2.9\r\ns=-\r\n");
        lines.into_iter().fold(start, |text, (line, end)| text + &line + end)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn the_phone_answers_as_the_general_way_does(
        offer in descriptions(), layout in prop::sample::select(&Layout::ALL[..]),
    ) {
        let source = Source { layout, ssrcs: [Ssrc(11), Ssrc(12)] };
        let phone = end(7, &[Codec::Pcma, Codec::G722]);
        let found = answer(offer.as_bytes(), &phone, &source);
        let found = found.map(|(text, copies)| (String::from_utf8(text).unwrap(), copies));
        prop_assert_eq!(found, answered_in_general(offer.as_bytes(), &phone, &source), "{}", offer);
    }

    #[test]
    fn arbitrary_bytes_are_answered_or_refused(bytes: Vec<u8>, offer in descriptions()) {
        let source = Source { layout: Layout::TwoMedia, ssrcs: [Ssrc(11), Ssrc(12)] };
        let phone = end(7, &[Codec::Pcma]);
        let _ = answer(&bytes, &phone, &source);
        let mut damaged = offer.into_bytes();
        damaged.splice(damaged.len() / 2..damaged.len() / 2, bytes);
        let _ = answer(&damaged, &phone, &source);
    }
}
