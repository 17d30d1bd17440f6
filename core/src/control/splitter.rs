//! Cuts the control connection's bytes into commands.

use alloc::vec::Vec;

use super::{Command, Parsed, SEPARATORS};
use crate::{ErrorKind, Layer, Limits, ParseError, Warning};

/// What every command of ours starts with.
pub(super) const START: &[u8] = b"cmd=Record";
/// What a command starts with where the byte before shows that a key starts.
const KEY: &[u8] = b"cmd=";

/// Cuts one direction of a control connection into commands.
///
/// There is neither a terminator nor a length on the wire (BX-S5). A command therefore ends
///
/// 1. before CR, LF or NUL,
/// 2. before the next `cmd=`: after an `&`, or anywhere if `Record` follows (in a value the `=`
///    would be encoded),
/// 3. when the caller says so with [`Splitter::flush`]: the connection is idle, or the other side
///    speaks, or [`Splitter::is_complete`] finds nothing missing where a segment ends,
/// 4. when the connection ends ([`Splitter::finish`]).
///
/// Only 3 depends on more than the bytes. How the bytes are cut into calls changes nothing.
///
/// ```
/// use recscope_core::control::{Splitter, Step};
/// let mut splitter = Splitter::default();
/// let bytes = b"cmd=RecordStopRequest&id=1cmd=RecordStopResponse&id=1&result=success";
/// let (consumed, step) = splitter.push(bytes);
/// assert!(matches!(step, Step::Message(message) if message.bytes.ends_with(b"id=1")));
/// assert_eq!(splitter.push(&bytes[consumed..]).1, Step::NeedMore);
/// assert!(splitter.is_complete());
/// assert!(splitter.flush().is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Splitter {
    limit: usize,
    /// Bytes taken in but not yet given out, at most the limit and a little to look ahead.
    held: Vec<u8>,
    /// Where `held` starts in the stream.
    offset: u64,
    /// Bytes of `held` known to hold no end.
    searched: usize,
    /// `held` starts amid bytes that are passed over.
    inside_junk: bool,
    /// The bytes being passed over have been reported.
    reported: bool,
}

/// One command's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it starts in the stream.
    pub offset: u64,
    /// The query, without what stands between commands.
    pub bytes: Vec<u8>,
}

/// What a push led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// All was taken in; no command ends in it.
    NeedMore,
    /// A command.
    Message(Message),
    /// Bytes that are no command, or one above the limit, are passed over from here on.
    Skipped(Warning),
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new(&Limits::default())
    }
}

impl Splitter {
    /// A splitter for one direction of one connection.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            limit: usize::try_from(limits.control_message_bytes).unwrap_or(usize::MAX),
            held: Vec::new(),
            offset: 0,
            searched: 0,
            inside_junk: false,
            reported: false,
        }
    }

    /// Takes in bytes up to the end of one item; returns how many, and the item. To be called with
    /// the rest, also an empty one, until it needs more.
    pub fn push(&mut self, input: &[u8]) -> (usize, Step) {
        if let Some(step) = self.next_step() {
            return (0, step);
        }
        let mut consumed = 0;
        loop {
            let room = self.limit.saturating_add(START.len()).saturating_sub(self.held.len());
            let taken = input.get(consumed..).unwrap_or_default();
            let taken = taken.get(..room).unwrap_or(taken);
            if taken.is_empty() {
                return (consumed, Step::NeedMore);
            }
            self.held.extend_from_slice(taken);
            consumed += taken.len();
            if let Some(step) = self.next_step() {
                return (consumed, step);
            }
        }
    }

    /// Whether the command held lacks nothing and ends in a value of a closed set (a codec, a
    /// direction, a result), so that nothing is likely to follow. A command that ends in free text
    /// or a number may go on in the next segment: `false`.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        if !self.holds_command() {
            return false;
        }
        let Ok(Parsed { command, warnings }) = Command::parse(&self.held) else { return false };
        let last = self.held.rsplit(|&byte| byte == b'&').next().unwrap_or_default();
        let ends_in = |key: &[u8]| last.starts_with(key);
        let is_closed = match command {
            Command::StartRequest(request) => {
                ends_in(b"codec=") && request.supported_codec().is_some() || ends_in(b"dir=")
            }
            Command::StartResponse(_) | Command::StopResponse(_) => ends_in(b"result="),
            Command::StopRequest(_) => false,
        };
        is_closed && warnings.is_empty()
    }

    /// The command held, ended here by the caller's knowledge.
    pub fn flush(&mut self) -> Option<Message> {
        self.holds_command().then(|| self.take_message(self.held.len()))
    }

    /// The stream is over: the command held, if there is one.
    #[must_use]
    pub fn finish(mut self) -> Option<Message> {
        self.flush()
    }

    fn holds_command(&self) -> bool {
        !self.inside_junk && self.held.starts_with(KEY)
    }

    fn next_step(&mut self) -> Option<Step> {
        loop {
            if self.inside_junk {
                let Some(end) = self.find_end() else {
                    // What may be the beginning of a start stays.
                    self.drop_front(self.held.len().saturating_sub(START.len()));
                    return None;
                };
                self.drop_front(end);
                self.inside_junk = false;
            }
            let separators = self.held.iter().take_while(|byte| SEPARATORS.contains(byte)).count();
            self.drop_front(separators);
            let start = self.held.get(..KEY.len()).unwrap_or(&self.held);
            if !KEY.starts_with(start) {
                let warning = self.warning(ErrorKind::Expected { expected: "cmd=" });
                if let Some(step) = self.pass_over(warning) {
                    return Some(step);
                }
                continue;
            }
            if start.len() < KEY.len() {
                return None;
            }
            let end = self.find_end();
            // One that would end at the limit is told by what follows.
            let is_decided = self.held.len() >= self.limit.saturating_add(START.len());
            if end.map_or(is_decided, |end| end > self.limit) {
                let limit = self.limit as u64;
                let what = "RecordServer command";
                let warning = self.warning(ErrorKind::OverLimit { what, limit, found: limit + 1 });
                self.reported = false;
                if let Some(step) = self.pass_over(warning) {
                    return Some(step);
                }
                continue;
            }
            return end.map(|end| Step::Message(self.take_message(end)));
        }
    }

    /// From here to the next command bytes are dropped, of which one warning tells.
    fn pass_over(&mut self, warning: Warning) -> Option<Step> {
        self.inside_junk = true;
        // Its own start is not the next one's.
        self.drop_front(1);
        let is_news = !core::mem::replace(&mut self.reported, true);
        is_news.then_some(Step::Skipped(warning))
    }

    /// The first place past the start of `held` where rule 1 or 2 ends a command.
    fn find_end(&mut self) -> Option<usize> {
        let held = &self.held;
        let ends_before = |&place: &usize| {
            let (Some(before), Some(rest)) = (held.get(place - 1), held.get(place..)) else {
                return false;
            };
            rest.first().is_some_and(|byte| matches!(byte, b'\r' | b'\n' | 0))
                || rest.starts_with(START)
                || *before == b'&' && rest.starts_with(KEY)
        };
        let end = (self.searched.max(1)..held.len()).find(ends_before);
        // The last bytes may be the beginning of a start.
        self.searched = end.unwrap_or(held.len().saturating_sub(START.len() - 1));
        end
    }

    fn take_message(&mut self, len: usize) -> Message {
        let offset = self.offset;
        self.reported = false;
        let rest = self.held.split_off(len.min(self.held.len()));
        let bytes = core::mem::replace(&mut self.held, rest);
        self.offset += bytes.len() as u64;
        self.searched = 0;
        Message { offset, bytes }
    }

    fn drop_front(&mut self, count: usize) {
        if count > 0 {
            self.held.drain(..count.min(self.held.len()));
            self.offset += count as u64;
            self.searched = self.searched.saturating_sub(count);
        }
    }

    fn warning(&self, kind: ErrorKind) -> Warning {
        Warning(ParseError::new(Layer::Control, self.offset, kind))
    }
}
