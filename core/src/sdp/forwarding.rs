//! How a recorder asks for copies of a call and a phone agrees to send them (MX-3, MX-S8).
//!
//! The reference trace that the document points to is not published, so this is the one place
//! that says what such descriptions look like: the recorder's [`offer`], the phone's [`answer`],
//! and what the recorder then [expects](expected). Should the trace turn up, nothing else changes.
//!
//! ```
//! use recscope_core::codec::Codec;
//! use recscope_core::rtp::Ssrc;
//! use recscope_core::sdp::forwarding::{End, Layout, Source, answer, expected, offer};
//!
//! let end = |address: &str, port| End {
//!     address: address.parse().unwrap(),
//!     ports: [port, port + 2],
//!     codecs: vec![Codec::Pcma],
//!     session_id: 1,
//!     version: 1,
//! };
//! let offer = offer(Layout::TwoMedia, &end("192.0.2.9", 20000));
//! let source = Source { layout: Layout::TwoMedia, ssrcs: [Ssrc(1), Ssrc(2)] };
//! let (answer, copies) = answer(&offer, &end("192.0.2.7", 11780), &source).unwrap();
//! assert!(answer.to_string().contains("a=sendonly\r\n"));
//! assert_eq!(copies[1].destination, "192.0.2.9:20002".parse().unwrap());
//! assert_eq!(expected(&offer, &answer).len(), 2);
//! ```

use super::attribute::{Attribute, Direction};
use super::media::MediaKind;
use super::offer_answer::{Agreed, Capabilities, CodecCapability, MediaCapability, Outcome, pair};
use super::{Media, Session, offer_answer};
use crate::codec::Codec;
use crate::machine::Side;
use crate::rtp::Ssrc;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// How the two directions of a call travel to the recorder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Each in a medium of its own, labelled 1 for what the phone sends and 2 for what it
    /// receives.
    #[default]
    TwoMedia,
    /// Both in one medium, told apart by their SSRCs.
    TwoSsrcs,
    /// Mixed into one stream.
    Mixed,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 3] = [Self::TwoMedia, Self::TwoSsrcs, Self::Mixed];

    /// The name by which settings choose it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TwoMedia => "two-media",
            Self::TwoSsrcs => "two-ssrcs",
            Self::Mixed => "mixed",
        }
    }
}

/// One side of a forwarding session: what its description is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct End {
    /// Its address for RTP.
    pub address: IpAddr,
    /// Its ports for RTP, of the first and the second medium.
    pub ports: [u16; 2],
    /// What it can take or send, preferred first.
    pub codecs: Vec<Codec>,
    /// Names the session; the same in every description of it.
    pub session_id: u64,
    /// Grows by one with every change.
    pub version: u64,
}

impl End {
    fn capabilities(&self, layout: Layout, direction: Direction) -> Capabilities {
        let codecs = self
            .codecs
            .iter()
            .map(|codec| {
                CodecCapability::new(codec.name(), codec.rtp_clock(), codec.payload_type())
            })
            .collect::<Vec<_>>();
        let media = self.ports.iter().zip(LABELS).map(|(&port, label)| MediaCapability {
            direction,
            ptime: Some(20),
            label: (layout == Layout::TwoMedia).then(|| label.to_string()),
            ..MediaCapability::audio(port, codecs.clone())
        });
        let count = if layout == Layout::TwoMedia { 2 } else { 1 };
        Capabilities {
            address: self.address,
            session_id: self.session_id,
            version: self.version,
            media: media.take(count).collect(),
        }
    }
}

/// Labels of the media, in the order of [`SIDES`] (MX-3).
const LABELS: [&str; 2] = ["1", "2"];

/// What the first and the second medium or SSRC carry.
const SIDES: [Side; 2] = [Side::Sent, Side::Received];

/// What is particular to a phone that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// What to make of an offer of one medium: both SSRCs in it, or a mix.
    pub layout: Layout,
    /// The SSRCs of what the phone sends and what it receives; a mix has the first.
    pub ssrcs: [Ssrc; 2],
}

/// One stream of copies, as the phone sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Copy {
    /// Whose sound.
    pub side: Side,
    /// From where.
    pub source: SocketAddr,
    /// To where.
    pub destination: SocketAddr,
    /// In which codec.
    pub codec: Codec,
    /// Under which payload type.
    pub payload_type: u8,
    /// As which source.
    pub ssrc: Ssrc,
}

/// One stream of copies, as the recorder awaits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Expected {
    /// Whose sound.
    pub side: Side,
    /// The recorder's port that it comes to.
    pub port: u16,
    /// In which codec.
    pub codec: Codec,
    /// Under which payload type.
    pub payload_type: u8,
    /// As which source, where several share the port.
    pub ssrc: Option<Ssrc>,
}

/// What the recorder offers.
#[must_use]
pub fn offer(layout: Layout, recorder: &End) -> Session {
    offer_answer::offer(&recorder.capabilities(layout, Direction::RecvOnly))
}

/// What the phone answers and then sends; no copies while the offer wants none. `None` if
/// nothing in the offer can be served: the answer is 488 then.
#[must_use]
pub fn answer(offer: &Session, phone: &End, source: &Source) -> Option<(Session, Vec<Copy>)> {
    let mut answer =
        offer_answer::answer(offer, &phone.capabilities(Layout::TwoMedia, Direction::SendOnly));
    if answer.is_refused() {
        return None;
    }
    let agreed = accepted(offer, &answer);
    let single = matches!(agreed.as_slice(), [_]);
    let mut copies = Vec::new();
    for (nth, medium) in agreed.iter().enumerate() {
        let Some(media) = answer.media.get_mut(medium.index) else { continue };
        let offered = offer.media.get(medium.index);
        let carried = |side| (side, ssrc_of(side, source));
        let both = SIDES.map(carried);
        let one = match (single, source.layout) {
            (true, Layout::TwoMedia | Layout::TwoSsrcs) => None,
            (true, Layout::Mixed) => Some([carried(Side::Mixed)]),
            (false, _) => Some([carried(side_of(offered, nth))]),
        };
        if one.is_none() {
            announce(media, &both);
        }
        let sides: &[_] = one.as_ref().map_or(&both, |one| one);
        let Some(codec) = first_codec(medium) else { continue };
        let Some(destination) = medium.offerer.filter(|_| medium.direction.receives()) else {
            continue;
        };
        copies.extend(sides.iter().map(|&(side, ssrc)| Copy {
            side,
            source: SocketAddr::new(phone.address, media.port),
            destination,
            codec: codec.0,
            payload_type: codec.1,
            ssrc,
        }));
    }
    Some((answer, copies))
}

/// What the recorder can expect by its own offer and the phone's answer.
#[must_use]
pub fn expected(offer: &Session, answer: &Session) -> Vec<Expected> {
    let agreed = accepted(offer, answer);
    let single = matches!(agreed.as_slice(), [_]);
    let mut streams = Vec::new();
    for (nth, medium) in agreed.iter().enumerate() {
        let Some((codec, payload_type)) = first_codec(medium) else { continue };
        let Some(port) = medium.offerer.map(|address| address.port()) else { continue };
        let stream = |side, ssrc| Expected { side, port, codec, payload_type, ssrc };
        let announced = answer.media.get(medium.index).map(announced).unwrap_or_default();
        match announced.as_slice() {
            [] if single => streams.push(stream(Side::Mixed, None)),
            [] => streams.push(stream(side_of(offer.media.get(medium.index), nth), None)),
            named => streams.extend(named.iter().map(|&(side, ssrc)| stream(side, Some(ssrc)))),
        }
    }
    streams
}

fn accepted(offer: &Session, answer: &Session) -> Vec<Agreed> {
    let mut agreed = pair(offer, answer);
    agreed.retain(|medium| medium.outcome == Outcome::Accepted && medium.kind == MediaKind::Audio);
    agreed
}

fn first_codec(medium: &Agreed) -> Option<(Codec, u8)> {
    medium
        .codecs
        .iter()
        .find_map(|codec| Some((Codec::from_name(&codec.encoding)?, codec.to_offerer?)))
}

fn ssrc_of(side: Side, source: &Source) -> Ssrc {
    let [first, second] = source.ssrcs;
    if side == Side::Received { second } else { first }
}

/// What the `nth` medium of several carries: as its label says, else by its place.
fn side_of(offered: Option<&Media>, nth: usize) -> Side {
    let label = offered.and_then(Media::label);
    let by_label = LABELS.iter().position(|name| label == Some(name));
    SIDES.get(by_label.unwrap_or(nth)).copied().unwrap_or(Side::Mixed)
}

/// Says which SSRC carries what (RFC 5576).
fn announce(media: &mut Media, sources: &[(Side, Ssrc)]) {
    for (&(_, ssrc), label) in sources.iter().zip(LABELS) {
        media.attributes.push(Attribute::new("ssrc", &format!("{} label:{label}", ssrc.0)));
    }
}

/// Which SSRC carries what, where the answer says so.
fn announced(media: &Media) -> Vec<(Side, Ssrc)> {
    media
        .attributes_named("ssrc")
        .filter_map(|value| {
            let (ssrc, label) = value.split_once(" label:")?;
            let at = LABELS.iter().position(|name| *name == label.trim())?;
            Some((*SIDES.get(at)?, Ssrc(ssrc.parse().ok()?)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let (answer, copies) = answer(&offer, &end(7, &[Codec::Pcmu]), &source).expect("served");
        // What travels is text.
        let [offer, answer] = [offer, answer].map(|session| {
            Session::parse(session.to_string().as_bytes()).expect("an SDP").strict().expect("clean")
        });
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
            let sent: Vec<_> =
                copies.iter().map(|copy| (copy.side, copy.destination.port())).collect();
            let awaited: Vec<_> =
                expected.iter().map(|stream| (stream.side, stream.port)).collect();
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
        let (answer, copies) = answer(&offer, &end(7, &[Codec::Pcmu]), &source).expect("served");
        let sides = [Side::Received, Side::Sent];
        assert_eq!(copies.iter().map(|copy| copy.side).collect::<Vec<_>>(), sides);
        let awaited = expected(&offer, &answer);
        assert_eq!(awaited.iter().map(|stream| stream.side).collect::<Vec<_>>(), sides);
    }

    #[test]
    fn an_offer_without_a_common_codec_is_refused() {
        let offer = offer(Layout::TwoMedia, &end(9, &[Codec::G722]));
        let source = Source { layout: Layout::TwoMedia, ssrcs: [Ssrc(11), Ssrc(12)] };
        assert_eq!(answer(&offer, &end(7, &[Codec::Pcmu]), &source), None);
    }

    #[test]
    fn an_inactive_offer_stops_the_copies_and_keeps_the_session() {
        let mut offer = offer(Layout::TwoMedia, &end(9, &[Codec::Pcmu]));
        for media in &mut offer.media {
            media.attributes.retain(|attribute| attribute.name != "recvonly");
            media.attributes.push(Attribute::flag("inactive"));
        }
        let source = Source { layout: Layout::TwoMedia, ssrcs: [Ssrc(11), Ssrc(12)] };
        let (answer, copies) = answer(&offer, &end(7, &[Codec::Pcmu]), &source).expect("served");
        assert!(copies.is_empty());
        assert!(answer.to_string().contains("a=inactive\r\n"));
    }
}
