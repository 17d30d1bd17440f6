//! The few lines of a description that a phone looks at which sends copies of a call.
//!
//! [`Session::parse`](super::Session::parse) keeps everything, and says what is wrong with it. An
//! answer needs little of that; read by itself, it is a fifth of the code in firmware. Both take
//! and refuse the same descriptions, which tests see to.

use super::attribute::Direction;
use crate::spelling::{ip, number, short};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// Formats that are looked at in one medium; RTP has 128 payload types.
const FORMATS_MAX: usize = 256;

/// A description as its session's lines and its media.
pub(super) struct Outline<'a> {
    session: &'a [u8],
    pub(super) media: Vec<Medium<'a>>,
}

/// One medium: its `m=` line and the lines behind it.
pub(super) struct Medium<'a> {
    /// `audio`, ….
    pub(super) kind: &'a [u8],
    /// `RTP/AVP`, ….
    pub(super) protocol: &'a [u8],
    port: u16,
    line: &'a [u8],
    lines: &'a [u8],
}

/// What a payload type stands for in one medium.
pub(super) struct Meaning<'a> {
    pub(super) encoding: &'a [u8],
    pub(super) clock_rate: u32,
    pub(super) channels: u8,
}

impl<'a> Outline<'a> {
    /// Reads a description; `None` where that would be refused: no `v=0` at its start, or an `m=`
    /// line that cannot be made out.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut lines = Lines(bytes.trim_ascii_start());
        if !lines.0.starts_with(b"v=") || number(lines.next()?.1.trim_ascii()) != Some(0) {
            return None;
        }
        let mut outline = Self { session: &[], media: Vec::new() };
        let mut part = lines.0;
        loop {
            let from_here = lines.0;
            let line = lines.next();
            let media_line = match line {
                Some((b'm', value)) => Some(value),
                Some(_) => continue,
                None => None,
            };
            let passed = part.get(..part.len() - from_here.len()).unwrap_or_default();
            match outline.media.last_mut() {
                Some(medium) => medium.lines = passed,
                None => outline.session = passed,
            }
            part = lines.0;
            match media_line {
                Some(value) => outline.media.push(Medium::of(value)?),
                None => return Some(outline),
            }
        }
    }

    /// The session's lines, each as its type and its value.
    pub(super) fn lines(&self) -> Lines<'a> {
        Lines(self.session)
    }

    /// The session's name in its `o=` line: the fifth word from the line's end.
    pub(super) fn session_id(&self) -> Option<&'a [u8]> {
        let (_, origin) = self.lines().filter(|&(letter, _)| letter == b'o').last()?;
        let mut words = origin.trim_ascii().rsplitn(6, |byte| matches!(byte, b' ' | b'\t'));
        let id = words.nth(4)?;
        words.next().map(|_| id)
    }

    /// Where a medium is to be sent, if that is an address literal.
    pub(super) fn address_of(&self, medium: &Medium<'_>) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.ip_of(medium)?, medium.port))
    }

    /// Whether the sender of this wants to receive a medium: 0.0.0.0 says no (RFC 2543).
    pub(super) fn receives(&self, medium: &Medium<'_>) -> bool {
        let direction = direction(medium.lines).or_else(|| direction(self.session));
        direction.unwrap_or_default().receives()
            && !self.ip_of(medium).is_some_and(|ip| ip.is_unspecified())
    }

    fn ip_of(&self, medium: &Medium<'_>) -> Option<IpAddr> {
        let own = connections(medium.lines).next();
        ip(own.or_else(|| connections(self.session).last())?)
    }
}

impl<'a> Medium<'a> {
    /// `kind port[/count] protocol format …`.
    fn of(line: &'a [u8]) -> Option<Self> {
        let mut words = words(line);
        let (kind, ports, protocol) = (words.next()?, words.next()?, words.next()?);
        let mut numbers = ports.splitn(2, |&byte| byte == b'/').map(short);
        let port = numbers.next()??;
        if numbers.next().is_some_and(|count| count.unwrap_or(0) == 0) {
            return None;
        }
        Some(Self { kind, protocol, port, line, lines: &[] })
    }

    /// Payload types for RTP, else whatever the protocol says.
    pub(super) fn formats(&self) -> impl Iterator<Item = &'a [u8]> {
        words(self.line).skip(3).take(FORMATS_MAX)
    }

    /// Whether the medium is given up; port 0 of one that is bundled says something else.
    pub(super) fn is_refused(&self) -> bool {
        self.port == 0 && !attributes(self.lines).any(|(name, _)| name == b"bundle-only")
    }

    /// The value of the first attribute `name` that has one.
    pub(super) fn attribute(&self, name: &[u8]) -> Option<&'a [u8]> {
        attributes(self.lines).find_map(|(other, value)| value.filter(|_| other == name))
    }

    /// What `a=rtpmap` says of a payload type.
    pub(super) fn meaning(&self, payload_type: u8) -> Option<Meaning<'a>> {
        attributes(self.lines).find_map(|(name, value)| {
            let (number, meaning) = Meaning::of(value?)?;
            (name == b"rtpmap" && number == payload_type).then_some(meaning)
        })
    }
}

impl<'a> Meaning<'a> {
    /// `payload type encoding/clock[/channels]`.
    fn of(map: &'a [u8]) -> Option<(u8, Self)> {
        let map = map.trim_ascii();
        let blank = map.iter().position(|byte| matches!(byte, b' ' | b'\t'))?;
        let (payload_type, rest) = map.split_at_checked(blank)?;
        let mut parts = rest.trim_ascii().split(|&byte| byte == b'/');
        let encoding = parts.next().filter(|name| !name.is_empty())?;
        let clock_rate = number(parts.next()?.trim_ascii())?;
        let channels = parts.next().and_then(|channels| small(channels.trim_ascii()));
        Some((small(payload_type)?, Self { encoding, clock_rate, channels: channels.unwrap_or(1) }))
    }
}

/// The lines of the form `letter=value`; others are passed over.
pub(super) struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        while !self.0.is_empty() {
            let end = self.0.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (line, rest) = self.0.split_at_checked(end.unwrap_or(self.0.len()))?;
            // The second half of a line end is an empty line.
            self.0 = rest.get(1..).unwrap_or_default();
            if let [letter @ b'a'..=b'z', b'=', value @ ..] = line {
                return Some((*letter, value));
            }
        }
        None
    }
}

/// The words of a line.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

fn small(digits: &[u8]) -> Option<u8> {
    u8::try_from(number(digits)?).ok()
}

/// The attributes among lines, by name, with what follows the colon.
fn attributes(lines: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    Lines(lines).filter(|&(letter, _)| letter == b'a').map(|(_, text)| {
        let mut parts = text.splitn(2, |&byte| byte == b':');
        (parts.next().unwrap_or_default().trim_ascii(), parts.next())
    })
}

/// The addresses of the `c=` lines, `IN IP4 address[/ttl[/count]]`.
fn connections(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    Lines(lines).filter(|&(letter, _)| letter == b'c').filter_map(|(_, value)| {
        let mut words = words(value);
        let address = words.nth(2).filter(|_| words.next().is_none())?;
        address.split(|&byte| byte == b'/').next()
    })
}

/// The direction among lines; the last one counts, as it overrides.
fn direction(lines: &[u8]) -> Option<Direction> {
    let flags = attributes(lines).filter(|(_, value)| value.is_none());
    flags.filter_map(|(name, _)| Direction::from_name(core::str::from_utf8(name).ok()?)).last()
}
