//! Attributes, `a=` (RFC 8866 6), and what the known ones say.

use super::connection::Connection;
use alloc::string::String;
use core::fmt;

/// One attribute as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// What it is about; case counts.
    pub name: String,
    /// What follows the colon.
    pub value: Option<String>,
}

impl Attribute {
    /// `name`, with a value.
    #[must_use]
    pub fn new(name: &str, value: &str) -> Self {
        Self { name: name.into(), value: Some(value.into()) }
    }

    /// `name` alone.
    #[must_use]
    pub fn flag(name: &str) -> Self {
        Self { name: name.into(), value: None }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}:{value}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The value of the first attribute `name` that has one.
pub(super) fn value<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    values(attributes, name).next()
}

/// The values of all attributes `name` that have one.
pub(super) fn values<'a>(attributes: &'a [Attribute], name: &str) -> impl Iterator<Item = &'a str> {
    attributes.iter().filter(move |a| a.name == name).filter_map(|a| a.value.as_deref())
}

/// Which way media flows, seen from the side that says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both ways; what holds where nothing is said.
    #[default]
    SendRecv,
    /// This side sends only.
    SendOnly,
    /// This side receives only.
    RecvOnly,
    /// Neither way; RTCP goes on.
    Inactive,
}

impl Direction {
    /// The direction that an attribute names.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "sendrecv" => Self::SendRecv,
            "sendonly" => Self::SendOnly,
            "recvonly" => Self::RecvOnly,
            "inactive" => Self::Inactive,
            _ => return None,
        })
    }

    /// The attribute's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// Of these ways.
    #[must_use]
    pub const fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the side that says it sends.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the side that says it receives.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same flow seen from the other side.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// What is left of this direction where `other` holds too.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self::of(self.sends() && other.sends(), self.receives() && other.receives())
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The direction among `attributes`; the last one counts, as it overrides.
pub(super) fn direction(attributes: &[Attribute]) -> Option<Direction> {
    attributes.iter().rev().find_map(|a| match a.value {
        None => Direction::from_name(&a.name),
        Some(_) => None,
    })
}

/// What a payload type stands for: `a=rtpmap`, or its static meaning (RFC 3551).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpMap<'a> {
    /// The number in the RTP header.
    pub payload_type: u8,
    /// The encoding's name, as spelled; compared without case.
    pub encoding: &'a str,
    /// Ticks of the RTP timestamp in a second.
    pub clock_rate: u32,
    /// Audio channels.
    pub channels: u8,
}

impl<'a> RtpMap<'a> {
    /// Reads `pt encoding/clock[/channels]`.
    pub(super) fn parse(value: &'a str) -> Option<Self> {
        let (payload_type, rest) = value.trim_ascii().split_once([' ', '\t'])?;
        let mut parts = rest.trim_ascii().split('/');
        let encoding = parts.next().filter(|name| !name.is_empty())?;
        let clock_rate = parts.next()?.trim_ascii().parse().ok()?;
        let channels = match parts.next() {
            // Parameters after the clock of other encodings than audio are not channels.
            Some(channels) => channels.trim_ascii().parse().unwrap_or(1),
            None => 1,
        };
        let payload_type = payload_type.parse().ok().filter(|&pt: &u8| pt < 128)?;
        Some(Self { payload_type, encoding, clock_rate, channels })
    }
}

impl fmt::Display for RtpMap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.payload_type, self.encoding, self.clock_rate)?;
        if self.channels == 1 { Ok(()) } else { write!(f, "/{}", self.channels) }
    }
}

/// Where RTCP goes (RFC 3605).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtcp {
    /// The port.
    pub port: u16,
    /// The address, where it is not the media's.
    pub connection: Option<Connection>,
}

impl Rtcp {
    /// Reads `port [IN IP4 address]`.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let value = value.trim_ascii();
        let (port, connection) = match value.split_once(' ') {
            Some((port, connection)) => (port, Some(Connection::parse(connection)?)),
            None => (value, None),
        };
        Some(Self { port: port.parse().ok()?, connection })
    }
}

/// One offer of SRTP keys (RFC 4568).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crypto<'a> {
    /// Names this offer in the answer.
    pub tag: u32,
    /// Cipher and authentication, such as `AES_CM_128_HMAC_SHA1_80`.
    pub suite: &'a str,
    /// Keys and session parameters, as sent.
    pub parameters: &'a str,
}

impl<'a> Crypto<'a> {
    /// Reads `tag suite inline:…`.
    pub(super) fn parse(value: &'a str) -> Option<Self> {
        let mut words = value.trim_ascii().splitn(3, ' ');
        let tag = words.next()?.parse().ok()?;
        Some(Self { tag, suite: words.next()?, parameters: words.next()? })
    }
}

/// The certificate that DTLS must show (RFC 8122).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint<'a> {
    /// The hash function, such as `sha-256`.
    pub hash: &'a str,
    /// The hash in colon-separated hexadecimal.
    pub value: &'a str,
}

impl<'a> Fingerprint<'a> {
    /// Reads `hash AA:BB:…`.
    pub(super) fn parse(value: &'a str) -> Option<Self> {
        let (hash, value) = value.trim_ascii().split_once(' ')?;
        Some(Self { hash, value })
    }
}
