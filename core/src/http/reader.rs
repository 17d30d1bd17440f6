//! Cuts one direction of a connection into messages.

use alloc::vec::Vec;
use core::mem;

use super::message::{Message, StartLine, has_no_body, irregular};
use crate::{ErrorKind, Layer, Limits, ParseError, Warning};

/// Cuts one direction of a connection into messages: heads, and bodies by length, in chunks, or
/// until the end of the connection. Bodies are kept up to a limit and followed beyond it.
///
/// Answers to HEAD requests, which tell a length and have no body, are not provided for: record on
/// demand does not send them. How the bytes are cut into calls changes nothing.
#[derive(Clone, Debug)]
pub struct Reader {
    limit: usize,
    state: State,
    /// Bytes of the stream taken in.
    position: u64,
    /// The line or head under way.
    held: Vec<u8>,
    message: Option<Received>,
    /// The bytes being passed over have been reported.
    reported: bool,
}

/// A message as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Where it starts in the stream.
    pub offset: u64,
    /// The message; its body is cut at the limit.
    pub message: Message,
    /// Bytes of the body in all.
    pub body_len: u64,
    /// How the body ended.
    pub end: BodyEnd,
    /// What was irregular, at offsets in the stream.
    pub warnings: Vec<Warning>,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// As announced, or there was none.
    Whole,
    /// With the connection, as announced.
    Closed,
    /// Before it was whole.
    Cut,
}

/// What a push led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// All was taken in; no message ends in it.
    NeedMore,
    /// A message.
    Message(Received),
    /// Bytes that are no HTTP, or a head above the limit, are passed over from here on.
    Skipped(Warning),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Up to the empty line.
    Head,
    /// Up to a line that starts a message.
    Junk,
    /// This many bytes of the body, or of a chunk, to go.
    Body { left: u64, chunked: bool },
    /// The line end after a chunk.
    ChunkEnd,
    /// The line with a chunk's size.
    ChunkSize,
    /// Lines after the last chunk, up to the empty one.
    Trailer,
    /// Up to the end of the connection.
    UntilClose,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(&Limits::default())
    }
}

impl Reader {
    /// A reader for one direction of one connection.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            limit: usize::try_from(limits.http_message_bytes).unwrap_or(usize::MAX),
            state: State::Head,
            position: 0,
            held: Vec::new(),
            message: None,
            reported: false,
        }
    }

    /// Takes in bytes up to the end of one item; returns how many, and the item.
    pub fn push(&mut self, input: &[u8]) -> (usize, Step) {
        let mut rest = input;
        while !rest.is_empty() {
            let (taken, step) = match self.state {
                State::Body { left, chunked } => self.take_body(rest, left, chunked),
                State::UntilClose => {
                    self.keep_body(rest);
                    (rest.len(), None)
                }
                _ => self.take_line(rest),
            };
            self.position += taken as u64;
            rest = rest.get(taken..).unwrap_or_default();
            if let Some(step) = step {
                return (input.len() - rest.len(), step);
            }
        }
        (input.len(), Step::NeedMore)
    }

    /// Bytes of the stream are missing here: what there is of a message's body is given out, a cut
    /// head is dropped, and the next message is looked for.
    pub fn break_off(&mut self) -> Option<Received> {
        self.state = State::Junk;
        self.held.clear();
        // Whoever found the gap reports it.
        self.reported = true;
        let mut received = self.message.take()?;
        received.end = BodyEnd::Cut;
        Some(received)
    }

    /// The connection is over: the message under way, if its head was whole.
    #[must_use]
    pub fn finish(mut self) -> Option<Received> {
        let ends_as_announced = self.state == State::UntilClose;
        let mut received = self.break_off()?;
        if ends_as_announced {
            received.end = BodyEnd::Closed;
        }
        Some(received)
    }

    /// Takes bytes up to the end of a line, and acts when it is there.
    fn take_line(&mut self, input: &[u8]) -> (usize, Option<Step>) {
        let room = self.limit.saturating_sub(self.held.len()).saturating_add(1);
        let input = input.get(..room).unwrap_or(input);
        let end = memchr::memchr(b'\n', input).map_or(input.len(), |end| end + 1);
        let line = input.get(..end).unwrap_or(input);
        self.held.extend_from_slice(line);
        let step = if self.held.len() > self.limit {
            self.over_limit(line.len())
        } else if line.ends_with(b"\n") {
            self.on_line(line.len())
        } else {
            None
        };
        (line.len(), step)
    }

    /// `held` ends with a whole line, of which `taken` bytes came now.
    fn on_line(&mut self, taken: usize) -> Option<Step> {
        let end = self.position + taken as u64;
        match self.state {
            State::Head => self.on_head_line(end),
            State::Junk => {
                if super::looks_like_http(&self.held) {
                    self.state = State::Head;
                    self.on_head_line(end)
                } else {
                    self.held.clear();
                    None
                }
            }
            State::ChunkEnd => {
                let is_empty = mem::take(&mut self.held).trim_ascii().is_empty();
                self.state = State::ChunkSize;
                if is_empty {
                    None
                } else {
                    self.lose_track("a chunk is longer than its size", end)
                }
            }
            State::ChunkSize => {
                let line = mem::take(&mut self.held);
                match chunk_size(&line) {
                    Some(0) => self.state = State::Trailer,
                    Some(left) => self.state = State::Body { left, chunked: true },
                    None => return self.lose_track("a chunk's size is no hexadecimal number", end),
                }
                None
            }
            State::Trailer => {
                let is_empty = mem::take(&mut self.held).trim_ascii().is_empty();
                if is_empty { self.complete() } else { None }
            }
            State::Body { .. } | State::UntilClose => None,
        }
    }

    /// A line of the head is whole; `end` is where the stream stands after it.
    fn on_head_line(&mut self, end: u64) -> Option<Step> {
        let len = self.held.len();
        let is_blank = self.held.ends_with(b"\n\n") || self.held.ends_with(b"\n\r\n");
        if self.held.trim_ascii().is_empty() {
            // Empty lines before a message are tolerated (RFC 9112 2.2).
            self.held.clear();
            return None;
        }
        let is_first = memchr::memchr(b'\n', &self.held) == Some(len - 1);
        let offset = end - len as u64;
        if is_first || is_blank {
            match Message::read_head(&self.held) {
                Ok(_) if !is_blank => return None,
                Ok((message, warnings)) => {
                    self.held.clear();
                    self.reported = false;
                    let warnings =
                        warnings.into_iter().map(|Warning(error)| Warning(error.at(offset)));
                    let warnings = warnings.collect();
                    let end = BodyEnd::Whole;
                    let received = Received { offset, message, body_len: 0, end, warnings };
                    return self.begin_body(received);
                }
                Err(error) => {
                    self.held.clear();
                    self.state = State::Junk;
                    return self.skipped(error.at(offset));
                }
            }
        }
        None
    }

    /// Decides how the body is framed (RFC 9112 6.3).
    fn begin_body(&mut self, mut received: Received) -> Option<Step> {
        let message = &received.message;
        let is_chunked = message
            .header("Transfer-Encoding")
            .is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"));
        let length = message.header("Content-Length").map(str::parse::<u64>);
        self.state = match (&message.start, length) {
            (StartLine::Response { status, .. }, _) if has_no_body(*status) => State::Head,
            _ if is_chunked => State::ChunkSize,
            (_, Some(Ok(0))) => State::Head,
            (_, Some(Ok(left))) => State::Body { left, chunked: false },
            (_, Some(Err(_))) => {
                let problem = "Content-Length is no number; the body is taken as empty";
                let Warning(error) = irregular(0, problem);
                received.warnings.push(Warning(error.at(received.offset)));
                State::Head
            }
            (StartLine::Request { .. }, None) => State::Head,
            (StartLine::Response { .. }, None) => State::UntilClose,
        };
        self.message = Some(received);
        if self.state == State::Head { self.complete() } else { None }
    }

    fn take_body(&mut self, input: &[u8], left: u64, chunked: bool) -> (usize, Option<Step>) {
        let len = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        self.keep_body(input.get(..len).unwrap_or(input));
        let left = left - len as u64;
        let step = match (left, chunked) {
            (0, true) => {
                self.state = State::ChunkEnd;
                None
            }
            (0, false) => self.complete(),
            _ => {
                self.state = State::Body { left, chunked };
                None
            }
        };
        (len, step)
    }

    fn keep_body(&mut self, bytes: &[u8]) {
        let Some(received) = &mut self.message else { return };
        received.body_len += bytes.len() as u64;
        let room = self.limit.saturating_sub(received.message.body.len());
        received.message.body.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    fn complete(&mut self) -> Option<Step> {
        self.state = State::Head;
        self.message.take().map(Step::Message)
    }

    /// The framing is broken: the message is given out as it stands, the next one looked for.
    fn lose_track(&mut self, problem: &'static str, end: u64) -> Option<Step> {
        let mut received = self.break_off()?;
        let Warning(error) = irregular(0, problem);
        received.warnings.push(Warning(error.at(end)));
        Some(Step::Message(received))
    }

    /// A line or a head is longer than the limit, `taken` bytes of it came now.
    fn over_limit(&mut self, taken: usize) -> Option<Step> {
        let offset = (self.position + taken as u64).saturating_sub(self.held.len() as u64);
        let end = self.position + taken as u64;
        self.held.clear();
        match self.state {
            State::ChunkSize | State::ChunkEnd | State::Trailer => {
                self.lose_track("a line between chunks is above the limit", end)
            }
            _ => {
                self.state = State::Junk;
                let kind = ErrorKind::OverLimit {
                    what: "HTTP head",
                    limit: self.limit as u64,
                    found: self.limit as u64 + 1,
                };
                self.skipped(ParseError::new(Layer::Http, offset, kind))
            }
        }
    }

    /// One warning for all that is passed over until the next message.
    fn skipped(&mut self, error: ParseError) -> Option<Step> {
        let is_news = !mem::replace(&mut self.reported, true);
        is_news.then_some(Step::Skipped(Warning(error)))
    }
}

/// The number at the start of a chunk's first line; extensions behind a `;` are ignored.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    let digits = str::from_utf8(digits).ok()?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}
