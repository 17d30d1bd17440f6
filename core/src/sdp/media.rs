//! One medium of a session, `m=` and the lines after it (RFC 8866 5.14).

use super::attribute::{
    Attribute, Crypto, Direction, Fingerprint, Rtcp, RtpMap, direction, value, values,
};
use super::connection::Connection;
use super::session::Bandwidth;
use crate::rtp::payload::static_payload;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures that move.
    Video,
    /// Text as it is typed (T.140).
    Text,
    /// Anything that belongs to an application: a data channel, floor control.
    Application,
    /// Messages (MSRP).
    Message,
    /// Fax (T.38).
    Image,
    /// Any other, as spelled.
    Other(String),
}

impl MediaKind {
    /// The kind that `name` spells.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let known =
            [Self::Audio, Self::Video, Self::Text, Self::Application, Self::Message, Self::Image];
        known
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
            .unwrap_or_else(|| Self::Other(name.into()))
    }

    /// The name on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Text => "text",
            Self::Application => "application",
            Self::Message => "message",
            Self::Image => "image",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for MediaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// RTP over UDP.
    RtpAvp,
    /// RTP with feedback (RFC 4585).
    RtpAvpf,
    /// SRTP (RFC 3711).
    RtpSavp,
    /// SRTP with feedback (RFC 5124).
    RtpSavpf,
    /// SRTP keyed by DTLS (RFC 5764).
    UdpTlsRtpSavp,
    /// SRTP keyed by DTLS, with feedback.
    UdpTlsRtpSavpf,
    /// T.38 fax over UDPTL.
    Udptl,
    /// Plain UDP.
    Udp,
    /// Plain TCP.
    Tcp,
    /// Any other, as spelled.
    Other(String),
}

impl Protocol {
    /// The protocol that `name` spells.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let known = [
            Self::RtpAvp,
            Self::RtpAvpf,
            Self::RtpSavp,
            Self::RtpSavpf,
            Self::UdpTlsRtpSavp,
            Self::UdpTlsRtpSavpf,
            Self::Udptl,
            Self::Udp,
            Self::Tcp,
        ];
        known
            .into_iter()
            .find(|protocol| protocol.name().eq_ignore_ascii_case(name))
            .unwrap_or_else(|| Self::Other(name.into()))
    }

    /// The name on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::RtpAvp => "RTP/AVP",
            Self::RtpAvpf => "RTP/AVPF",
            Self::RtpSavp => "RTP/SAVP",
            Self::RtpSavpf => "RTP/SAVPF",
            Self::UdpTlsRtpSavp => "UDP/TLS/RTP/SAVP",
            Self::UdpTlsRtpSavpf => "UDP/TLS/RTP/SAVPF",
            Self::Udptl => "udptl",
            Self::Udp => "udp",
            Self::Tcp => "TCP",
            Self::Other(name) => name,
        }
    }

    /// Whether formats are RTP payload types.
    #[must_use]
    pub fn is_rtp(&self) -> bool {
        match self {
            Self::Udptl | Self::Udp | Self::Tcp => false,
            Self::Other(name) => name.to_ascii_uppercase().contains("RTP/"),
            _ => true,
        }
    }

    /// Whether the name promises encryption.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        match self {
            Self::RtpSavp | Self::RtpSavpf | Self::UdpTlsRtpSavp | Self::UdpTlsRtpSavpf => true,
            Self::Other(name) => name.split('/').any(|part| {
                ["TLS", "DTLS", "SAVP", "SAVPF"].iter().any(|s| part.eq_ignore_ascii_case(s))
            }),
            _ => false,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// What is sent.
    pub kind: MediaKind,
    /// Where it is to be sent; 0 refuses the medium (RFC 3264 5.1).
    pub port: u16,
    /// How many ports (for RTP: pairs of ports) in a row; 1 where nothing is said.
    pub port_count: u16,
    /// How it is sent.
    pub protocol: Protocol,
    /// Payload types for RTP, else whatever the protocol says; the first is preferred.
    pub formats: Vec<String>,
    /// `i=`.
    pub information: Option<String>,
    /// `c=`; several only for layered multicast. See
    /// [`Session::connection_of`](super::Session::connection_of).
    pub connections: Vec<Connection>,
    /// `b=`.
    pub bandwidths: Vec<Bandwidth>,
    /// `k=`, obsolete.
    pub key: Option<String>,
    /// `a=`, in order.
    pub attributes: Vec<Attribute>,
}

impl Media {
    /// A medium with its formats and nothing else.
    #[must_use]
    pub const fn new(kind: MediaKind, port: u16, protocol: Protocol, formats: Vec<String>) -> Self {
        Self {
            kind,
            port,
            port_count: 1,
            protocol,
            formats,
            information: None,
            connections: Vec::new(),
            bandwidths: Vec::new(),
            key: None,
            attributes: Vec::new(),
        }
    }

    /// Whether the medium is refused or given up (port 0). One that is bundled with another says
    /// port 0 too, and is not (`a=bundle-only`, RFC 8843).
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.port == 0 && !self.has("bundle-only")
    }

    /// The value of the first attribute `name` that has one.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        value(&self.attributes, name)
    }

    /// The values of all attributes `name` that have one.
    pub fn attributes_named(&self, name: &str) -> impl Iterator<Item = &str> {
        values(&self.attributes, name)
    }

    /// Whether an attribute `name` is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|a| a.name == name)
    }

    /// The direction said for this medium itself; see
    /// [`Session::direction_of`](super::Session::direction_of).
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        direction(&self.attributes)
    }

    /// The payload types among the formats, preferred first; none unless the medium is RTP.
    pub fn payload_types(&self) -> impl Iterator<Item = u8> {
        let rtp = self.protocol.is_rtp();
        let numbers = self.formats.iter().filter_map(|format| format.parse().ok());
        numbers.filter(move |&pt: &u8| rtp && pt < 128)
    }

    /// What a payload type stands for here: its `a=rtpmap`, or its static meaning.
    #[must_use]
    pub fn rtpmap(&self, payload_type: u8) -> Option<RtpMap<'_>> {
        self.attributes_named("rtpmap")
            .filter_map(RtpMap::parse)
            .find(|map| map.payload_type == payload_type)
            .or_else(|| static_rtpmap(payload_type))
    }

    /// What each payload type of the formats stands for, preferred first; those unknown left out.
    pub fn rtpmaps(&self) -> impl Iterator<Item = RtpMap<'_>> {
        let meanings = Meanings::of(self);
        self.payload_types().filter_map(move |pt| meanings.get(pt))
    }

    /// The parameters of a format.
    #[must_use]
    pub fn fmtp(&self, format: &str) -> Option<&str> {
        self.attributes_named("fmtp").find_map(|value| {
            let (name, parameters) = value.split_once(' ')?;
            (name == format).then(|| parameters.trim_ascii())
        })
    }

    /// Time of sound in one packet.
    #[must_use]
    pub fn ptime(&self) -> Option<Duration> {
        milliseconds(self.attribute("ptime")?)
    }

    /// Most time of sound in one packet.
    #[must_use]
    pub fn maxptime(&self) -> Option<Duration> {
        milliseconds(self.attribute("maxptime")?)
    }

    /// Where RTCP goes, if that is said.
    #[must_use]
    pub fn rtcp(&self) -> Option<Rtcp> {
        Rtcp::parse(self.attribute("rtcp")?)
    }

    /// Whether RTCP may share the port of RTP (RFC 5761).
    #[must_use]
    pub fn rtcp_mux(&self) -> bool {
        self.has("rtcp-mux")
    }

    /// SRTP keys on offer.
    pub fn cryptos(&self) -> impl Iterator<Item = Crypto<'_>> {
        self.attributes_named("crypto").filter_map(Crypto::parse)
    }

    /// The certificate of this medium's DTLS.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint<'_>> {
        Fingerprint::parse(self.attribute("fingerprint")?)
    }

    /// Whether this medium by itself says that it is encrypted: a secure profile, keys, or a
    /// certificate. See [`Session::is_encrypted`](super::Session::is_encrypted) for certificates
    /// of the whole session.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.protocol.is_secure() || self.has("crypto") || self.has("fingerprint")
    }

    /// The name by which other lines and protocols mean this medium (RFC 4574).
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.attribute("label")
    }
}

/// What every payload type stands for in one medium: the attributes are read once, however many
/// formats there are.
pub(super) struct Meanings<'a>([Option<RtpMap<'a>>; 128]);

impl<'a> Meanings<'a> {
    pub(super) fn of(media: &'a Media) -> Self {
        let mut meanings = [None; 128];
        for map in media.attributes_named("rtpmap").filter_map(RtpMap::parse) {
            if let Some(meaning) = meanings.get_mut(usize::from(map.payload_type)) {
                meaning.get_or_insert(map);
            }
        }
        Self(meanings)
    }

    /// As [`Media::rtpmap`].
    pub(super) fn get(&self, payload_type: u8) -> Option<RtpMap<'a>> {
        let said = self.0.get(usize::from(payload_type)).copied().flatten();
        said.or_else(|| static_rtpmap(payload_type))
    }
}

/// Whole or fractional milliseconds.
fn milliseconds(value: &str) -> Option<Duration> {
    let (whole, fraction) = value.trim_ascii().split_once('.').unwrap_or((value.trim_ascii(), ""));
    let mut micros = whole.parse::<u32>().ok().map(u64::from)?.checked_mul(1000)?;
    let mut unit = 100;
    for digit in fraction.chars() {
        micros += u64::from(digit.to_digit(10)?) * unit;
        unit /= 10;
    }
    (micros > 0).then(|| Duration::from_micros(micros))
}

/// The meaning that RFC 3551 gives a payload type.
fn static_rtpmap(payload_type: u8) -> Option<RtpMap<'static>> {
    let payload = static_payload(payload_type)?;
    Some(RtpMap {
        payload_type,
        encoding: payload.name,
        clock_rate: payload.clock,
        channels: payload.channels.max(1),
    })
}
