//! From bytes to a [`Session`].

use super::attribute::{Attribute, Crypto, Direction, Fingerprint, Rtcp, RtpMap};
use super::connection::{AddressType, Connection};
use super::media::{Media, MediaKind, Protocol};
use super::session::{Bandwidth, Origin, Parsed, Session, Time};
use crate::bytes::offset_before_replacement;
use crate::{ErrorKind, Layer, ParseError, Warning};
use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// One line: its letter, its value, and where each stands.
struct Line<'a> {
    letter: u8,
    value: Cow<'a, str>,
    offset: usize,
}

impl Line<'_> {
    /// Where the value stands.
    const fn value_offset(&self) -> usize {
        self.offset + 2
    }
}

/// The order of lines for the session and for one medium (RFC 8866 5); `r` goes with `t`.
const SESSION_ORDER: &[u8] = b"vosiuepcbtzka";
const MEDIA_ORDER: &[u8] = b"micbka";

/// Formats kept of one medium; RTP has 128 payload types.
const FORMATS_MAX: usize = 256;

/// Reads `bytes` as one description.
pub(super) fn session(bytes: &[u8]) -> Result<Parsed, ParseError> {
    let mut reader = Reader { bytes, at: 0, value: 0..0, warnings: Vec::new(), seen_origin: false };
    let mut session = Session::default();
    reader.version()?;
    let mut rank = 0;
    let mut seen_name = false;
    while let Some(line) = reader.line() {
        let in_media = !session.media.is_empty();
        let order = if in_media { MEDIA_ORDER } else { SESSION_ORDER };
        // A repetition belongs to the time before it.
        let letter = if line.letter == b'r' { b't' } else { line.letter };
        match order.iter().position(|&known| known == letter && known != b'm') {
            Some(found) if found < rank => {
                reader.irregular(line.offset, "the line is out of order");
            }
            Some(found) => rank = found,
            None => {}
        }
        match line.letter {
            b'm' => {
                let media = reader.media(&line).map_err(|error| reader.locate(error))?;
                session.media.push(media);
                rank = 0;
            }
            b's' if !in_media => {
                seen_name = true;
                session.name = line.value.into_owned();
            }
            _ => match session.media.last_mut() {
                Some(media) => reader.media_line(media, &line),
                None => reader.session_line(&mut session, &line),
            },
        }
    }
    reader.missing(&session, seen_name);
    Ok(Parsed { session, warnings: reader.warnings })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the value of the line under way stands.
    value: Range<usize>,
    warnings: Vec<Warning>,
    /// Whether there was an `o=` line, readable or not.
    seen_origin: bool,
}

impl<'a> Reader<'a> {
    fn warn(&mut self, offset: usize, kind: ErrorKind) {
        if self.warnings.len() < Session::MAX_WARNINGS {
            let error = self.locate(error(offset, kind));
            self.warnings.push(error.into());
        }
    }

    /// Moves an error about a line's text to the bytes that the text was made of.
    fn locate(&self, error: ParseError) -> ParseError {
        let Range { start, end } = self.value.clone();
        let in_value = usize::try_from(error.offset).ok().and_then(|at| at.checked_sub(start));
        let (Some(in_value), Some(raw)) = (in_value, self.bytes.get(start..end)) else {
            return error;
        };
        let offset = start + offset_before_replacement(raw, in_value);
        ParseError { offset: offset as u64, ..error }
    }

    fn irregular(&mut self, offset: usize, problem: &'static str) {
        self.warn(offset, ErrorKind::Irregular { problem });
    }

    fn expected(&mut self, offset: usize, expected: &'static str) {
        self.warn(offset, ErrorKind::Expected { expected });
    }

    /// The first line, by which a description is known.
    fn version(&mut self) -> Result<(), ParseError> {
        let start = self.bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
        if start > 0 {
            self.irregular(0, "blanks stand before the first line");
        }
        self.at = start;
        if self.bytes.get(start..).and_then(|rest| rest.get(..2)) != Some(b"v=") {
            return Err(error(start, ErrorKind::Expected { expected: "v=0 as the first line" }));
        }
        let Some(line) = self.line() else { return Ok(()) };
        match line.value.trim_ascii().parse::<u64>() {
            Ok(0) => Ok(()),
            Ok(found) => {
                let what = "version";
                Err(error(line.value_offset(), ErrorKind::Unsupported { what, found }))
            }
            Err(_) => {
                Err(error(line.value_offset(), ErrorKind::Expected { expected: "version 0" }))
            }
        }
    }

    /// The next line that is one.
    fn line(&mut self) -> Option<Line<'a>> {
        loop {
            let offset = self.at;
            let rest = self.bytes.get(offset..).filter(|rest| !rest.is_empty())?;
            let len = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let (text, after) = rest.split_at_checked(len)?;
            self.at = offset
                + len
                + match after {
                    [b'\r', b'\n', ..] => 2,
                    [_, ..] => 1,
                    [] => 0,
                };
            match text {
                [letter, b'=', value @ ..] if letter.is_ascii_lowercase() => {
                    self.value = offset + 2..offset + len;
                    let value = String::from_utf8_lossy(value);
                    if matches!(value, Cow::Owned(_)) {
                        self.irregular(offset + 2, "the line is not UTF-8");
                    }
                    return Some(Line { letter: *letter, value, offset });
                }
                _ if text.iter().all(|b| b.is_ascii_whitespace() || *b == 0) => {}
                _ => self.expected(offset, "a line of the form letter=value"),
            }
        }
    }

    fn session_line(&mut self, session: &mut Session, line: &Line<'_>) {
        let at = line.value_offset();
        let value = line.value.as_ref();
        match line.letter {
            b'o' => {
                self.seen_origin = true;
                session.origin = origin(value);
                if session.origin.is_none() {
                    self.expected(at, "user, session id, version, IN, IP4 or IP6 and address");
                }
            }
            b'i' => session.information = Some(value.to_owned()),
            b'u' => session.uri = Some(value.to_owned()),
            b'e' => session.emails.push(value.to_owned()),
            b'p' => session.phones.push(value.to_owned()),
            b'c' => match Connection::parse(value) {
                Some(connection) => session.connection = Some(connection),
                None => self.expected(at, "IN, IP4 or IP6 and an address"),
            },
            b'b' => session.bandwidths.extend(self.bandwidth(value, at)),
            b't' => {
                let mut words = value.split_ascii_whitespace().map(str::parse);
                if let (Some(Ok(start)), Some(Ok(stop))) = (words.next(), words.next()) {
                    session.times.push(Time { start, stop, repeats: Vec::new() });
                } else {
                    self.expected(at, "a start and a stop time");
                }
            }
            b'r' => match session.times.last_mut() {
                Some(time) => time.repeats.push(value.to_owned()),
                None => self.irregular(line.offset, "a repetition stands before any time"),
            },
            b'z' => session.zones = Some(value.to_owned()),
            b'k' => session.key = Some(value.to_owned()),
            b'a' => session.attributes.push(self.attribute(value, at)),
            b'v' => self.irregular(line.offset, "the version is given twice"),
            _ => self.irregular(line.offset, "the line has an unknown type and is left out"),
        }
    }

    fn media_line(&mut self, media: &mut Media, line: &Line<'_>) {
        let at = line.value_offset();
        let value = line.value.as_ref();
        match line.letter {
            b'i' => media.information = Some(value.to_owned()),
            b'c' => match Connection::parse(value) {
                Some(connection) => media.connections.push(connection),
                None => self.expected(at, "IN, IP4 or IP6 and an address"),
            },
            b'b' => media.bandwidths.extend(self.bandwidth(value, at)),
            b'k' => media.key = Some(value.to_owned()),
            b'a' => media.attributes.push(self.attribute(value, at)),
            _ if SESSION_ORDER.contains(&line.letter) || line.letter == b'r' => {
                self.irregular(
                    line.offset,
                    "a line of the session stands after a medium and is left out",
                );
            }
            _ => self.irregular(line.offset, "the line has an unknown type and is left out"),
        }
    }

    fn bandwidth(&mut self, value: &str, at: usize) -> Option<Bandwidth> {
        let found = value.split_once(':').and_then(|(kind, number)| {
            Some(Bandwidth { kind: kind.to_owned(), value: number.trim_ascii().parse().ok()? })
        });
        if found.is_none() {
            self.expected(at, "a kind of bandwidth, a colon and a number");
        }
        found
    }

    /// Keeps any attribute, and says if one that matters cannot be read.
    fn attribute(&mut self, text: &str, at: usize) -> Attribute {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let name = name.trim_ascii();
        let value_at = at + text.len() - value.unwrap_or_default().len();
        match (name, value) {
            ("", _) => self.expected(at, "the name of an attribute"),
            ("rtpmap", value) if value.and_then(RtpMap::parse).is_none() => {
                self.expected(value_at, "a payload type, an encoding and its clock rate");
            }
            ("rtcp", value) if value.and_then(Rtcp::parse).is_none() => {
                self.expected(value_at, "a port, alone or with IN, IP4 or IP6 and an address");
            }
            ("crypto", value) if value.and_then(Crypto::parse).is_none() => {
                self.expected(value_at, "a tag, a cipher suite and a key");
            }
            ("fingerprint", value) if value.and_then(Fingerprint::parse).is_none() => {
                self.expected(value_at, "a hash function and a fingerprint");
            }
            (name, Some(_)) if Direction::from_name(name).is_some() => {
                self.irregular(at, "a direction has a value");
            }
            _ => {}
        }
        Attribute { name: name.to_owned(), value: value.map(ToOwned::to_owned) }
    }

    /// `kind port[/count] protocol format …`. Without it nobody knows what is on the wire, so
    /// that a mistake here refuses the whole description.
    fn media(&mut self, line: &Line<'_>) -> Result<Media, ParseError> {
        let value = line.value.as_ref();
        let mut words = value.split_ascii_whitespace();
        let end = line.value_offset() + value.trim_ascii_end().len();
        let expected = |offset, expected| Err(error(offset, ErrorKind::Expected { expected }));
        let Some(kind) = words.next() else { return expected(end, "a kind of media") };
        let Some(ports) = words.next() else { return expected(end, "a port") };
        let ports_at = line.value_offset() + second_word(value);
        let Some(protocol) = words.next() else { return expected(end, "a transport protocol") };
        let (port, count) = match ports.split_once('/') {
            Some((port, count)) => (port, Some(count)),
            None => (ports, None),
        };
        let port = match port.parse::<u64>() {
            Ok(number) => match u16::try_from(number) {
                Ok(port) => port,
                Err(_) => {
                    let found = i64::try_from(number).unwrap_or(i64::MAX);
                    let kind =
                        ErrorKind::OutOfRange { what: "the port", min: 0, max: 65535, found };
                    return Err(error(ports_at, kind));
                }
            },
            Err(_) => return expected(ports_at, "a port from 0 to 65535"),
        };
        let port_count = match count.map(str::parse::<u16>) {
            None => 1,
            Some(Ok(count)) if count > 0 => count,
            Some(_) => return expected(ports_at, "a number of ports after the slash"),
        };
        let formats: Vec<String> =
            words.by_ref().take(FORMATS_MAX).map(ToOwned::to_owned).collect();
        if formats.is_empty() {
            self.expected(end, "a format");
        }
        let left_out = words.count();
        if left_out > 0 {
            let (what, limit) = ("the number of formats", FORMATS_MAX as u64);
            let found = limit + left_out as u64;
            self.warn(line.offset, ErrorKind::OverLimit { what, limit, found });
        }
        let mut media =
            Media::new(MediaKind::from_name(kind), port, Protocol::from_name(protocol), formats);
        media.port_count = port_count;
        Ok(media)
    }

    fn missing(&mut self, session: &Session, seen_name: bool) {
        let end = self.bytes.len();
        self.value = end..end;
        if session.origin.is_none() && !self.seen_origin {
            self.expected(end, "an o= line");
        }
        if !seen_name {
            self.expected(end, "an s= line");
        }
        if session.times.is_empty() {
            self.expected(end, "a t= line");
        }
        if session.media.iter().any(|m| m.port != 0 && session.connection_of(m).is_none()) {
            self.expected(end, "a c= line for the session or for every medium");
        }
    }
}

const fn error(offset: usize, kind: ErrorKind) -> ParseError {
    ParseError::new(Layer::Sdp, offset as u64, kind)
}

/// Where the second word of `value` starts.
fn second_word(value: &str) -> usize {
    let rest = value.trim_ascii_start();
    let first = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
    let rest = rest.get(first..).unwrap_or_default();
    value.len() - rest.trim_ascii_start().len()
}

/// `user id version IN IP4 address`. The user may hold blanks on the wire.
fn origin(value: &str) -> Option<Origin> {
    let mut words = value.trim_ascii().rsplitn(6, [' ', '\t']);
    let address = words.next()?;
    let address_type = AddressType::from_name(words.next()?);
    let net_type = words.next()?.to_owned();
    let session_version = words.next()?.to_owned();
    let session_id = words.next()?.to_owned();
    let username = words.next()?.to_owned();
    let address = address.to_owned();
    Some(Origin { username, session_id, session_version, net_type, address_type, address })
}
