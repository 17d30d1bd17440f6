//! A whole description: what holds for all media, and the media.

use super::attribute::{Attribute, Direction, direction, value, values};
use super::connection::{AddressType, Connection};
use super::media::Media;
use crate::{ParseError, Warning};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;

/// Who made the description, and which version of it this is, `o=` (RFC 8866 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The user, or `-`.
    pub username: String,
    /// Names the session; digits, often more than any integer holds.
    pub session_id: String,
    /// Grows with each change (RFC 3264 8).
    pub session_version: String,
    /// The network, `IN`.
    pub net_type: String,
    /// What the address is.
    pub address_type: AddressType,
    /// The maker's address.
    pub address: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {} {} {} {}",
            self.username,
            self.session_id,
            self.session_version,
            self.net_type,
            self.address_type,
            self.address
        )
    }
}

/// `b=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// What is bounded: `CT`, `AS`, `TIAS`, `RS`, `RR`, ….
    pub kind: String,
    /// kbit/s, for `TIAS`, `RS` and `RR` bit/s.
    pub value: u64,
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.value)
    }
}

/// When the session takes place, `t=` with its `r=` lines; a call says `0 0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1900.
    pub start: u64,
    /// Seconds since 1900; 0 for no end.
    pub stop: u64,
    /// Repetitions, as sent.
    pub repeats: Vec<String>,
}

/// A session description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// `o=`; missing only in descriptions older than RFC 2327.
    pub origin: Option<Origin>,
    /// `s=`; `-` or empty in calls.
    pub name: String,
    /// `i=`.
    pub information: Option<String>,
    /// `u=`.
    pub uri: Option<String>,
    /// `e=`.
    pub emails: Vec<String>,
    /// `p=`.
    pub phones: Vec<String>,
    /// `c=` for all media that have none of their own.
    pub connection: Option<Connection>,
    /// `b=`.
    pub bandwidths: Vec<Bandwidth>,
    /// `t=` and `r=`.
    pub times: Vec<Time>,
    /// `z=`, as sent.
    pub zones: Option<String>,
    /// `k=`, obsolete.
    pub key: Option<String>,
    /// `a=`, in order.
    pub attributes: Vec<Attribute>,
    /// `m=`, in order: an answer keeps the offer's number and order.
    pub media: Vec<Media>,
}

/// A description and what was irregular about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The description, as far as it could be read.
    pub session: Session,
    /// What its sender got wrong, in order; at most [`Session::MAX_WARNINGS`].
    pub warnings: Vec<Warning>,
}

impl Parsed {
    /// The description, unless anything at all was irregular about it.
    ///
    /// # Errors
    /// The first warning.
    pub fn strict(self) -> Result<Session, ParseError> {
        match self.warnings.into_iter().next() {
            None => Ok(self.session),
            Some(Warning(error)) => Err(error),
        }
    }
}

impl Session {
    /// Most warnings that one description gives.
    pub const MAX_WARNINGS: usize = 64;

    /// Reads a whole description.
    ///
    /// # Errors
    /// If it is no description (no `v=0` at its start) or a medium cannot be made out.
    /// Everything else is a warning.
    pub fn parse(bytes: &[u8]) -> Result<Parsed, ParseError> {
        super::read::session(bytes)
    }

    /// The value of the session's first attribute `name` that has one.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        value(&self.attributes, name)
    }

    /// The values of all the session's attributes `name` that have one.
    pub fn attributes_named(&self, name: &str) -> impl Iterator<Item = &str> {
        values(&self.attributes, name)
    }

    /// The connection that holds for a medium: its own, else the session's.
    #[must_use]
    pub fn connection_of<'a>(&'a self, media: &'a Media) -> Option<&'a Connection> {
        media.connections.first().or(self.connection.as_ref())
    }

    /// Where a medium is to be sent, if that is an address literal and the medium is not refused.
    #[must_use]
    pub fn address_of(&self, media: &Media) -> Option<SocketAddr> {
        let ip = self.connection_of(media)?.ip()?;
        (media.port != 0).then(|| SocketAddr::new(ip, media.port))
    }

    /// Where a medium's RTCP is to be sent: as `a=rtcp` says, with RTP where they share the port,
    /// else one port above.
    #[must_use]
    pub fn rtcp_address_of(&self, media: &Media) -> Option<SocketAddr> {
        match media.attribute("rtcp") {
            None if media.rtcp_mux() => self.address_of(media),
            _ => self.separate_rtcp_address_of(media),
        }
    }

    /// The same where RTCP does not share the port.
    pub(super) fn separate_rtcp_address_of(&self, media: &Media) -> Option<SocketAddr> {
        let rtp = self.address_of(media)?;
        match media.rtcp() {
            Some(rtcp) => {
                let ip = rtcp.connection.and_then(|connection| connection.ip());
                Some(SocketAddr::new(ip.unwrap_or(rtp.ip()), rtcp.port))
            }
            None => Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?)),
        }
    }

    /// Which way a medium is to flow, where 0.0.0.0 stops the other side from sending as in
    /// RFC 2543.
    pub(super) fn wanted_direction_of(&self, media: &Media) -> Direction {
        let direction = self.direction_of(media);
        if self.connection_of(media).is_some_and(Connection::is_unspecified) {
            direction.and(Direction::SendOnly)
        } else {
            direction
        }
    }

    /// Whether no medium is left: every one is refused or given up.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.media.iter().all(Media::is_refused)
    }

    /// Which way a medium flows: as it says itself, else as the session says, else both ways.
    #[must_use]
    pub fn direction_of(&self, media: &Media) -> Direction {
        media.direction().or_else(|| direction(&self.attributes)).unwrap_or_default()
    }

    /// Whether a medium is encrypted, by its own word or by a certificate of the session.
    #[must_use]
    pub fn is_encrypted(&self, media: &Media) -> bool {
        media.is_encrypted() || self.attribute("fingerprint").is_some()
    }

    /// Whether the sender of this asks the other side to stop sending a medium: hold, either way
    /// in which it is said (`sendonly`/`inactive`, or the address 0.0.0.0 of RFC 2543).
    #[must_use]
    pub fn is_hold(&self, media: &Media) -> bool {
        !media.is_refused() && !self.wanted_direction_of(media).receives()
    }
}
