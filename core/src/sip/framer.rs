//! Messages out of a byte stream (RFC 3261 18.3).

use super::header::{ContentLength, TypedHeader};
use super::message::part_headers;
use super::sniff::message_start;
use crate::{ErrorKind, Layer, Limits, ParseError, Warning};
use alloc::vec::Vec;

/// Longest piece of a line that is searched for a start line.
const LINE_MAX: usize = 4096;

/// Takes whole messages out of what one side of a connection sends.
///
/// A message ends where its Content-Length says. Line ends between messages keep the connection
/// alive and are counted. Bytes that begin no message, as in a capture that starts in the middle
/// or after a [`Framer::gap`], are skipped up to the next start line. Memory is bounded by
/// [`Limits::sip_message_bytes`]; how the stream is cut into pushes never changes the steps.
///
/// ```
/// use recscope_core::Limits;
/// use recscope_core::sip::{Framer, Step};
///
/// let mut framer = Framer::new(&Limits::default());
/// let mut messages = 0;
/// for mut segment in [&b"\r\n\r\nOPTIONS sip:a SIP/2.0\r\nl: 2\r\n"[..], b"\r\nhiSIP/2.0 200 OK\r\nl: 0\r\n\r\n"] {
///     loop {
///         let (used, step) = framer.push(segment);
///         segment = &segment[used..];
///         match step {
///             Step::NeedMore => break,
///             Step::Message { .. } => messages += 1,
///             Step::Skipped { .. } | Step::Refused(_) => unreachable!(),
///         }
///     }
/// }
/// assert_eq!(messages, 2);
/// ```
#[derive(Clone, Debug)]
pub struct Framer {
    /// The start of a message, or of a line that may become one.
    buffer: Vec<u8>,
    /// Bytes of the buffer that the last step handed out.
    taken: usize,
    /// Where the buffer, or the next input, starts in the stream.
    offset: u64,
    state: State,
    /// Where the bytes that are being skipped start.
    skipped_from: Option<u64>,
    keep_alives: u64,
    limit: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a start line.
    Between,
    /// After a start line; so many bytes hold no end of the headers.
    Head { scanned: usize },
    /// After the headers.
    Body { end: usize, has_length: bool },
}

/// What a [`Framer`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// All input is taken; push more.
    NeedMore,
    /// One whole message.
    Message {
        /// For [`Message::parse`](super::Message::parse).
        bytes: &'a [u8],
        /// Where it starts in the stream.
        offset: u64,
        /// If its length had to be guessed.
        warning: Option<Warning>,
    },
    /// Bytes that belong to no message were passed over.
    Skipped {
        /// Where they start in the stream.
        offset: u64,
        /// How many.
        bytes: u64,
    },
    /// A message is larger than the limit, and is passed over.
    Refused(ParseError),
}

/// A message that does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// As much of it as was there.
    pub bytes: Vec<u8>,
    /// Where it starts in the stream.
    pub offset: u64,
}

/// What was under way where a stream ended or lost bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The message that was not finished.
    pub cut: Option<Cut>,
    /// Where the last bytes start that belong to no message, and how many they are.
    pub skipped: Option<(u64, u64)>,
}

/// What [`Framer::advance`] found in the bytes at hand.
enum Found {
    Nothing,
    Message { start: usize, end: usize, has_length: bool },
    Skipped { offset: u64, bytes: u64 },
    Refused(ParseError),
}

impl Framer {
    /// At the start of a stream.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            buffer: Vec::new(),
            taken: 0,
            offset: 0,
            state: State::Between,
            skipped_from: None,
            keep_alives: 0,
            limit: usize::try_from(limits.sip_message_bytes).unwrap_or(usize::MAX),
        }
    }

    /// Takes from `input` and says how many bytes; push what is left until it says
    /// [`Step::NeedMore`]. A message that lies whole in `input` is not copied.
    pub fn push<'a>(&'a mut self, input: &'a [u8]) -> (usize, Step<'a>) {
        self.forget_taken();
        if self.buffer.is_empty() {
            let (used, found) = self.advance(input);
            let base = self.offset;
            self.offset += used as u64;
            if matches!(found, Found::Nothing) {
                self.buffer.extend_from_slice(input.get(used..).unwrap_or_default());
                return (input.len(), Step::NeedMore);
            }
            return (used, step(input, base, found));
        }
        let mut eaten = 0;
        loop {
            // Small bites keep the buffer near the size of one message.
            let bite = input.get(eaten..).unwrap_or_default();
            let bite = bite.get(..bite.len().min(LINE_MAX)).unwrap_or_default();
            self.buffer.extend_from_slice(bite);
            eaten += bite.len();
            let buffer = core::mem::take(&mut self.buffer);
            let (used, found) = self.advance(&buffer);
            self.buffer = buffer;
            self.taken = used;
            if !matches!(found, Found::Nothing) {
                let base = self.offset;
                return (eaten, step(&self.buffer, base, found));
            }
            if eaten == input.len() {
                return (eaten, Step::NeedMore);
            }
            self.forget_taken();
        }
    }

    /// Bytes of the stream are lost here: says what was under way, and looks for the next start
    /// line in what is pushed from now on.
    pub fn gap(&mut self, bytes: u64) -> End {
        let end = self.end();
        self.offset += bytes;
        end
    }

    /// The stream ends here.
    #[must_use]
    pub fn finish(mut self) -> End {
        self.end()
    }

    /// How many line ends kept the connection alive.
    #[must_use]
    pub const fn keep_alives(&self) -> u64 {
        self.keep_alives
    }

    /// Gives up what is in the buffer.
    fn end(&mut self) -> End {
        self.forget_taken();
        let bytes = core::mem::take(&mut self.buffer);
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        let cut = match core::mem::replace(&mut self.state, State::Between) {
            State::Between if bytes.is_empty() => None,
            State::Between => {
                self.skipped_from.get_or_insert(offset);
                None
            }
            State::Head { .. } | State::Body { .. } => Some(Cut { bytes, offset }),
        };
        End { cut, skipped: self.skipped_from.take().map(|from| (from, self.offset - from)) }
    }

    fn forget_taken(&mut self) {
        let taken = core::mem::take(&mut self.taken);
        self.buffer.drain(..taken.min(self.buffer.len()));
        self.offset += taken as u64;
    }

    /// Looks at `data`, which starts at [`Self::offset`]; says how much of it is done with.
    fn advance(&mut self, data: &[u8]) -> (usize, Found) {
        let mut at = 0;
        loop {
            let rest = data.get(at..).unwrap_or_default();
            match self.state {
                State::Between => {
                    let (used, found_start) = self.seek(rest, at);
                    at += used;
                    if !found_start {
                        return (at, Found::Nothing);
                    }
                    self.state = State::Head { scanned: 0 };
                    if let Some(from) = self.skipped_from.take() {
                        let bytes = self.offset + at as u64 - from;
                        return (at, Found::Skipped { offset: from, bytes });
                    }
                }
                State::Head { scanned } => match head_end(rest, scanned) {
                    Some(end) if end <= self.limit => self.state = body(rest, end),
                    None if rest.len() <= self.limit => {
                        // The end may begin in the last three bytes.
                        self.state = State::Head { scanned: rest.len().saturating_sub(3) };
                        return (at, Found::Nothing);
                    }
                    // How much more there is cannot be known yet.
                    _ => return self.refuse(at, rest, self.limit.saturating_add(1)),
                },
                State::Body { end, .. } if end > self.limit => return self.refuse(at, rest, end),
                State::Body { end, has_length } => {
                    if rest.len() < end {
                        return (at, Found::Nothing);
                    }
                    self.state = State::Between;
                    return (at + end, Found::Message { start: at, end: at + end, has_length });
                }
            }
        }
    }

    /// Passes over the start line of a message that is too large.
    fn refuse(&mut self, at: usize, rest: &[u8], found: usize) -> (usize, Found) {
        let offset = self.offset + at as u64;
        self.state = State::Between;
        self.skipped_from = Some(offset);
        let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let (what, limit, found) = ("the message's length", self.limit as u64, found as u64);
        let kind = ErrorKind::OverLimit { what, limit, found };
        (at + line, Found::Refused(ParseError::new(Layer::Sip, offset, kind)))
    }

    /// Looks for a start line; gives how much of `rest` lies before it, or can hold none.
    fn seek(&mut self, rest: &[u8], at: usize) -> (usize, bool) {
        let mut used = 0;
        loop {
            let data = rest.get(used..).unwrap_or_default();
            if self.skipped_from.is_none() {
                let blank = data.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
                let ends = data.iter().take(blank).filter(|&&b| b == b'\n').count();
                self.keep_alives += ends as u64;
                if blank > 0 {
                    used += blank;
                    continue;
                }
            }
            let Some(len) = memchr::memchr(b'\n', data) else {
                // Of a line without end only its last part can matter.
                let excess = data.len().saturating_sub(LINE_MAX);
                if excess > 0 {
                    self.skip_from(at + used);
                }
                return (used + excess, false);
            };
            let searched_from = len.saturating_sub(LINE_MAX);
            let line = data.get(searched_from..len).unwrap_or_default();
            let start = message_start(line).map(|start| searched_from + start);
            let passed = start.unwrap_or(len + 1);
            if passed > 0 {
                self.skip_from(at + used);
            }
            used += passed;
            if start.is_some() {
                return (used, true);
            }
        }
    }

    fn skip_from(&mut self, at: usize) {
        let offset = self.offset + at as u64;
        self.skipped_from.get_or_insert(offset);
    }
}

fn step(data: &[u8], base: u64, found: Found) -> Step<'_> {
    match found {
        Found::Nothing => Step::NeedMore,
        Found::Skipped { offset, bytes } => Step::Skipped { offset, bytes },
        Found::Refused(error) => Step::Refused(error),
        Found::Message { start, end, has_length } => {
            let offset = base + start as u64;
            let problem = "the message has no Content-Length, which a stream needs";
            let warning = || ParseError::new(Layer::Sip, offset, ErrorKind::Irregular { problem });
            Step::Message {
                bytes: data.get(start..end).unwrap_or_default(),
                offset,
                warning: (!has_length).then(|| warning().into()),
            }
        }
    }
}

/// Length of the headers with the empty line after them.
fn head_end(data: &[u8], scanned: usize) -> Option<usize> {
    let mut from = scanned;
    loop {
        let rest = data.get(from..)?;
        from += memchr::memchr(b'\n', rest)? + 1;
        match data.get(from..)? {
            [b'\n', ..] => return Some(from + 1),
            [b'\r', b'\n', ..] => return Some(from + 2),
            _ => {}
        }
    }
}

/// Where the message with headers of length `head` ends.
fn body(data: &[u8], head: usize) -> State {
    let lines = data.get(..head).unwrap_or_default();
    let first = memchr::memchr(b'\n', lines).map_or(head, |end| end + 1);
    let (headers, _) = part_headers(lines.get(first..).unwrap_or_default());
    let length = headers
        .iter()
        .find(|header| header.is(ContentLength::NAME))
        .and_then(|header| ContentLength::parse(&header.value).ok())
        .and_then(|ContentLength(length)| usize::try_from(length).ok());
    let end = head.saturating_add(length.unwrap_or(0));
    State::Body { end, has_length: length.is_some() }
}

#[cfg(test)]
mod tests;
