//! How a recorder asks for copies of a call and a phone agrees to send them (MX-3, MX-S8).
//!
//! The reference trace that the document points to is not published, so this is the one place
//! that says what such descriptions look like: the recorder's [`offer`], the phone's [`answer`],
//! and what the recorder then [expects](expected). Should the trace turn up, nothing else changes.
//!
//! ```
//! use recscope_core::codec::Codec;
//! use recscope_core::rtp::Ssrc;
//! use recscope_core::sdp::{Direction, Session};
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
//! let text = offer.to_string();
//! let (answer, copies) = answer(text.as_bytes(), &end("192.0.2.7", 11780), &source).unwrap();
//! let answer = Session::parse(&answer).unwrap().session;
//! assert_eq!(answer.direction_of(&answer.media[0]), Direction::SendOnly);
//! assert_eq!(copies[1].destination, "192.0.2.9:20002".parse().unwrap());
//! assert_eq!(expected(&offer, &answer).len(), 2);
//! ```

use super::attribute::Direction;
use super::media::MediaKind;
use super::offer_answer::{Agreed, Capabilities, CodecCapability, MediaCapability, Outcome, pair};
use super::outline::{Medium, Outline, words};
use super::{Media, Session, offer_answer};
use crate::codec::Codec;
use crate::machine::Side;
use crate::rtp::Ssrc;
use crate::spelling::{number, push_ip, push_number};
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
    pub session_id: u32,
    /// Grows by one with every change.
    pub version: u32,
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
            session_id: self.session_id.into(),
            version: self.version.into(),
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

/// What the phone answers to an offer and then sends; no copies while the offer wants none. `None`
/// if nothing in the offer can be served: the answer is 488 then.
///
/// This is [`offer_answer::answer`] for a phone that sends: as many media in the same order, the
/// first two that are sound in one of its codecs served, the others refused by port 0.
#[must_use]
pub fn answer(offer: &[u8], phone: &End, source: &Source) -> Option<(Vec<u8>, Vec<Copy>)> {
    let offer = Outline::of(offer)?;
    let mut ports = phone.ports.into_iter();
    let served: Vec<_> =
        offer.media.iter().map(|medium| serve(medium, phone, &mut ports)).collect();
    let is_single = match served.iter().filter(|(port, _)| *port != 0).count() {
        0 => return None,
        count => count == 1,
    };
    let mut text = head(&offer, phone);
    let mut copies = Vec::new();
    let mut nth = 0;
    for (medium, (port, codecs)) in offer.media.iter().zip(&served) {
        write_media_line(&mut text, medium, *port, codecs);
        let Some(&(payload_type, codec)) = codecs.first() else { continue };
        for &(payload_type, codec) in codecs {
            text.extend_from_slice(b"a=rtpmap:");
            push_number(&mut text, payload_type.into());
            text.push(b' ');
            text.extend_from_slice(codec.name().as_bytes());
            text.push(b'/');
            push_number(&mut text, codec.rtp_clock());
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(b"a=ptime:20\r\n");
        if let Some(mid) = medium.attribute(b"mid") {
            text.extend_from_slice(b"a=mid:");
            text.extend_from_slice(mid);
            text.extend_from_slice(b"\r\n");
        }
        let is_wanted = offer.receives(medium);
        let direction: &[u8] = if is_wanted { b"a=sendonly\r\n" } else { b"a=inactive\r\n" };
        text.extend_from_slice(direction);
        let sides: &[Side] = match (is_single, source.layout) {
            (true, Layout::Mixed) => &[Side::Mixed],
            (true, Layout::TwoMedia | Layout::TwoSsrcs) => {
                announce(&mut text, source);
                &SIDES
            }
            (false, _) => &[side_of(medium.attribute(b"label"), nth)],
        };
        nth += 1;
        let Some(destination) = offer.address_of(medium).filter(|_| is_wanted) else { continue };
        copies.extend(sides.iter().map(|&side| Copy {
            side,
            source: SocketAddr::new(phone.address, *port),
            destination,
            codec,
            payload_type,
            ssrc: ssrc_of(side, source),
        }));
    }
    Some((text, copies))
}

/// The port for a medium and the codecs to send it in, by the offer's payload types and in its
/// order; 0 and none if it is refused.
fn serve(
    medium: &Medium<'_>,
    phone: &End,
    ports: &mut impl Iterator<Item = u16>,
) -> (u16, Vec<(u8, Codec)>) {
    let is_plain = [&b"RTP/AVP"[..], b"RTP/AVPF"]
        .iter()
        .any(|protocol| medium.protocol.eq_ignore_ascii_case(protocol));
    let mut codecs = Vec::new();
    if is_plain && medium.kind.eq_ignore_ascii_case(b"audio") && !medium.is_refused() {
        for format in medium.formats() {
            if let Some(payload_type) = number(format).and_then(|number| u8::try_from(number).ok())
                && payload_type < 128
                && let Some(codec) = codec_of(medium, payload_type, phone)
            {
                codecs.push((payload_type, codec));
            }
        }
    }
    if codecs.is_empty() {
        return (0, codecs);
    }
    match ports.next() {
        Some(port) => (port, codecs),
        None => (0, Vec::new()),
    }
}

/// The phone's codec that a payload type stands for.
fn codec_of(medium: &Medium<'_>, payload_type: u8, phone: &End) -> Option<Codec> {
    let mut codecs = phone.codecs.iter().copied();
    match medium.meaning(payload_type) {
        Some(meaning) => codecs.find(|codec| {
            meaning.encoding.eq_ignore_ascii_case(codec.name().as_bytes())
                && (meaning.clock_rate, meaning.channels) == (codec.rtp_clock(), 1)
        }),
        None => codecs.find(|codec| codec.payload_type() == payload_type),
    }
}

/// The answer up to its first medium. The offer's times come back in it (RFC 3264 6).
fn head(offer: &Outline<'_>, phone: &End) -> Vec<u8> {
    let mut text = b"v=0\r\no=- ".to_vec();
    push_number(&mut text, phone.session_id);
    text.push(b' ');
    push_number(&mut text, phone.version);
    text.push(b' ');
    let start = text.len();
    text.extend_from_slice(if phone.address.is_ipv4() { b"IN IP4 " } else { b"IN IP6 " });
    push_ip(&mut text, phone.address);
    let end = text.len();
    text.extend_from_slice(b"\r\ns=-\r\nc=");
    text.extend_from_within(start..end);
    text.extend_from_slice(b"\r\n");
    let mut has_time = false;
    for (letter, value) in offer.lines() {
        let mut numbers = words(value).take_while(|word| word.iter().all(u8::is_ascii_digit));
        match (letter, numbers.next(), numbers.next()) {
            (b't', Some(from), Some(to)) => {
                has_time = true;
                text.extend_from_slice(b"t=");
                text.extend_from_slice(from);
                text.push(b' ');
                text.extend_from_slice(to);
            }
            (b'r', ..) if has_time => {
                text.extend_from_slice(b"r=");
                text.extend_from_slice(value);
            }
            _ => continue,
        }
        text.extend_from_slice(b"\r\n");
    }
    text
}

fn write_media_line(out: &mut Vec<u8>, medium: &Medium<'_>, port: u16, codecs: &[(u8, Codec)]) {
    out.extend_from_slice(b"m=");
    out.extend_from_slice(medium.kind);
    out.push(b' ');
    push_number(out, port.into());
    out.push(b' ');
    out.extend_from_slice(medium.protocol);
    for &(payload_type, _) in codecs {
        out.push(b' ');
        push_number(out, payload_type.into());
    }
    for format in medium.formats().filter(|_| codecs.is_empty()) {
        out.push(b' ');
        out.extend_from_slice(format);
    }
    out.extend_from_slice(b"\r\n");
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
            [] => {
                let label = offer.media.get(medium.index).and_then(Media::label);
                streams.push(stream(side_of(label.map(str::as_bytes), nth), None));
            }
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
fn side_of(label: Option<&[u8]>, nth: usize) -> Side {
    let by_label = LABELS.iter().position(|name| label == Some(name.as_bytes()));
    SIDES.get(by_label.unwrap_or(nth)).copied().unwrap_or(Side::Mixed)
}

/// Says which SSRC carries what (RFC 5576).
fn announce(out: &mut Vec<u8>, source: &Source) {
    for (side, label) in SIDES.into_iter().zip(LABELS) {
        out.extend_from_slice(b"a=ssrc:");
        push_number(out, ssrc_of(side, source).0);
        out.extend_from_slice(b" label:");
        out.extend_from_slice(label.as_bytes());
        out.extend_from_slice(b"\r\n");
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
mod tests;
