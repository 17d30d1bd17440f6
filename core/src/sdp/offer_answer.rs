//! Offer and answer (RFC 3264): what one side can do, what it answers, what both agreed on.
//!
//! ```
//! use recscope_core::sdp::Session;
//! use recscope_core::sdp::offer_answer::{Capabilities, CodecCapability, MediaCapability, answer, pair};
//!
//! let recorder = b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
//!     m=audio 20000 RTP/AVP 8 0\r\na=recvonly\r\n";
//! let offer = Session::parse(recorder)?.session;
//! let phone = Capabilities {
//!     address: "192.0.2.7".parse().unwrap(),
//!     session_id: 7,
//!     version: 1,
//!     media: vec![MediaCapability::audio(11780, vec![CodecCapability::new("PCMU", 8000, 0)])],
//! };
//! let answer = answer(&offer, &phone);
//! assert!(answer.to_string().contains("m=audio 11780 RTP/AVP 0\r\n"));
//! assert!(answer.to_string().contains("a=sendonly\r\n"));
//! let agreed = pair(&offer, &answer);
//! assert_eq!(agreed[0].offerer, Some("192.0.2.9:20000".parse().unwrap()));
//! assert_eq!(agreed[0].codecs[0].encoding, "PCMU");
//! # Ok::<(), recscope_core::ParseError>(())
//! ```

mod pairing;

pub use pairing::{Agreed, AgreedCodec, Outcome, Problem, pair};

use super::attribute::{Attribute, Direction, RtpMap};
use super::connection::{AddressType, Connection};
use super::media::{Media, MediaKind, Protocol};
use super::session::{Origin, Session, Time};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use core::net::IpAddr;

/// A codec that a side can send and receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecCapability {
    /// Its name in `a=rtpmap`.
    pub encoding: String,
    /// Ticks of the RTP timestamp in a second.
    pub clock_rate: u32,
    /// Audio channels.
    pub channels: u8,
    /// The payload type to offer it by; an answer uses the offer's.
    pub payload_type: u8,
    /// Parameters for `a=fmtp`.
    pub parameters: Option<String>,
}

impl CodecCapability {
    /// A codec of one channel without parameters.
    #[must_use]
    pub fn new(encoding: &str, clock_rate: u32, payload_type: u8) -> Self {
        Self { encoding: encoding.into(), clock_rate, channels: 1, payload_type, parameters: None }
    }

    fn is(&self, map: &RtpMap<'_>) -> bool {
        self.encoding.eq_ignore_ascii_case(map.encoding)
            && (self.clock_rate, self.channels) == (map.clock_rate, map.channels)
    }
}

/// A medium that a side can take part in, over plain RTP. Each serves one medium of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaCapability {
    /// What is sent.
    pub kind: MediaKind,
    /// Where this side receives it, RTCP one port above.
    pub port: u16,
    /// Preferred first in an offer; an answer follows the offer's preference.
    pub codecs: Vec<CodecCapability>,
    /// Which ways this side is willing to take it.
    pub direction: Direction,
    /// Milliseconds of sound in a packet, if that is to be said.
    pub ptime: Option<u16>,
    /// Whether RTCP may share the port of RTP.
    pub rtcp_mux: bool,
    /// A name for the medium, for offers (MX-3).
    pub label: Option<String>,
}

impl MediaCapability {
    /// Sound both ways.
    #[must_use]
    pub const fn audio(port: u16, codecs: Vec<CodecCapability>) -> Self {
        Self {
            kind: MediaKind::Audio,
            port,
            codecs,
            direction: Direction::SendRecv,
            ptime: None,
            rtcp_mux: false,
            label: None,
        }
    }

    /// The medium with these codecs, each under its payload type.
    fn describe(&self, protocol: Protocol, codecs: &[(u8, &CodecCapability)]) -> Media {
        let formats = codecs.iter().map(|(pt, _)| pt.to_string()).collect();
        let mut media = Media::new(self.kind.clone(), self.port, protocol, formats);
        for &(payload_type, codec) in codecs {
            let CodecCapability { encoding, clock_rate, channels, .. } = codec;
            let (clock_rate, channels) = (*clock_rate, *channels);
            let map = RtpMap { payload_type, encoding, clock_rate, channels };
            media.attributes.push(Attribute::new("rtpmap", &map.to_string()));
            if let Some(parameters) = &codec.parameters {
                let value = format!("{payload_type} {parameters}");
                media.attributes.push(Attribute::new("fmtp", &value));
            }
        }
        if let Some(ptime) = self.ptime {
            media.attributes.push(Attribute::new("ptime", &ptime.to_string()));
        }
        media
    }
}

/// What one side can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Where this side receives all media.
    pub address: IpAddr,
    /// Names the session; the same in every description of it.
    pub session_id: u64,
    /// Grows by one with every change (RFC 3264 8).
    pub version: u64,
    /// The media, in the order in which they are offered or serve an offer.
    pub media: Vec<MediaCapability>,
}

impl Capabilities {
    fn session(&self, times: Vec<Time>) -> Session {
        let connection = Connection::unicast(self.address);
        Session {
            origin: Some(Origin {
                username: "-".into(),
                session_id: self.session_id.to_string(),
                session_version: self.version.to_string(),
                net_type: "IN".into(),
                address_type: if self.address.is_ipv4() {
                    AddressType::Ip4
                } else {
                    AddressType::Ip6
                },
                address: connection.address.clone(),
            }),
            name: "-".into(),
            connection: Some(connection),
            times,
            ..Session::default()
        }
    }
}

/// Offers all that a side can do (RFC 3264 5).
#[must_use]
pub fn offer(capabilities: &Capabilities) -> Session {
    let mut session = capabilities.session(vec![Time { start: 0, stop: 0, repeats: Vec::new() }]);
    for capability in &capabilities.media {
        let codecs: Vec<_> = capability.codecs.iter().map(|c| (c.payload_type, c)).collect();
        let mut media = capability.describe(Protocol::RtpAvp, &codecs);
        if let Some(label) = &capability.label {
            media.attributes.push(Attribute::new("label", label));
        }
        if capability.rtcp_mux {
            media.attributes.push(Attribute::flag("rtcp-mux"));
        }
        media.attributes.push(Attribute::flag(capability.direction.name()));
        session.media.push(media);
    }
    session
}

/// Answers an offer (RFC 3264 6): as many media in the same order, each served by the first
/// capability of its kind that is free and shares a codec, or refused by port 0. Codecs keep the
/// offer's order and payload types, directions are the offer's turned round, as far as this side
/// is willing. If nothing is accepted, see [`Session::is_refused`]: the call is to be refused
/// with 488.
#[must_use]
pub fn answer(offer: &Session, capabilities: &Capabilities) -> Session {
    let mut session = capabilities.session(offer.times.clone());
    let mut free: Vec<&MediaCapability> = capabilities.media.iter().collect();
    for offered in &offer.media {
        let served = free.iter().position(|c| !shared(offered, c).is_empty());
        let media = match served {
            Some(at) if !offered.is_refused() => answer_media(offer, offered, free.remove(at)),
            _ => refuse(offered),
        };
        session.media.push(media);
    }
    session
}

/// The codecs that an offered medium and a capability share, by the offer's payload types. Empty
/// if all they share are digits and comfort noise, which make no call.
fn shared<'a>(offered: &Media, capability: &'a MediaCapability) -> Vec<(u8, &'a CodecCapability)> {
    let plain = matches!(offered.protocol, Protocol::RtpAvp | Protocol::RtpAvpf);
    if !plain || offered.kind != capability.kind {
        return Vec::new();
    }
    let shared: Vec<_> = offered
        .rtpmaps()
        .filter_map(|map| {
            let codec = capability.codecs.iter().find(|codec| codec.is(&map))?;
            Some((map.payload_type, codec))
        })
        .collect();
    let is_helper = |encoding: &str| {
        ["telephone-event", "CN"].iter().any(|name| encoding.eq_ignore_ascii_case(name))
    };
    if shared.iter().all(|(_, codec)| is_helper(&codec.encoding)) { Vec::new() } else { shared }
}

fn answer_media(offer: &Session, offered: &Media, capability: &MediaCapability) -> Media {
    let mut media = capability.describe(offered.protocol.clone(), &shared(offered, capability));
    if let Some(mid) = offered.attribute("mid") {
        media.attributes.push(Attribute::new("mid", mid));
    }
    if capability.rtcp_mux && offered.rtcp_mux() {
        media.attributes.push(Attribute::flag("rtcp-mux"));
    }
    let direction = offer.wanted_direction_of(offered).reversed().and(capability.direction);
    media.attributes.push(Attribute::flag(direction.name()));
    media
}

fn refuse(offered: &Media) -> Media {
    let Media { kind, protocol, formats, .. } = offered.clone();
    Media::new(kind, 0, protocol, formats)
}

#[cfg(test)]
mod tests;
