//! Cuts one direction of a connection into frames.

use alloc::vec::Vec;

use super::frame::{self, Frame, Start};
use crate::machine::Uncompared;
use crate::{ErrorKind, Layer, Limits, ParseError, Warning};

/// Cuts one direction of a connection into frames, and finds the next one where bytes are missing.
/// How the bytes are cut into calls changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Splitter {
    limit: usize,
    /// Bytes taken in but not yet given out: one frame at most.
    held: Vec<u8>,
    /// Where `held` starts in the stream.
    offset: Uncompared<u64>,
    /// The bytes being passed over have been reported.
    reported: bool,
}

/// What a push led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// All was taken in; no frame ends in it.
    NeedMore,
    /// A frame, and where it starts in the stream.
    Frame(u64, Frame),
    /// Bytes that are no frame are passed over from here on.
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
        let limit = usize::try_from(limits.csta_frame_bytes).unwrap_or(usize::MAX);
        Self { limit, held: Vec::new(), offset: Uncompared(0), reported: false }
    }

    /// Takes in bytes up to the end of one item; returns how many, and the item. To be called with
    /// the rest, also an empty one, until it needs more.
    pub fn push(&mut self, input: &[u8]) -> (usize, Step) {
        let mut consumed = 0;
        loop {
            let wanted = match frame::start(&self.held, self.limit) {
                Start::Unknown => Frame::HEADER_LEN + 1,
                Start::Frame(len, invoke_id) if self.held.len() >= len => {
                    return (consumed, self.take_frame(len, invoke_id));
                }
                Start::Frame(len, _) => len,
                Start::None => {
                    if let Some(step) = self.pass_over() {
                        return (consumed, step);
                    }
                    continue;
                }
            };
            let rest = input.get(consumed..).unwrap_or_default();
            if rest.is_empty() {
                return (consumed, Step::NeedMore);
            }
            let missing = wanted.saturating_sub(self.held.len()).max(1);
            let taken = rest.get(..missing).unwrap_or(rest);
            self.held.extend_from_slice(taken);
            consumed += taken.len();
        }
    }

    /// Bytes of the stream are missing here: a frame under way is dropped.
    pub fn break_off(&mut self) {
        self.drop_front(self.held.len());
        // Whoever found the gap reports it.
        self.reported = true;
    }

    /// The stream is over.
    ///
    /// # Errors
    /// `Truncated` where it ends within a frame.
    pub fn finish(self) -> Result<(), ParseError> {
        let needed = match frame::start(&self.held, self.limit) {
            _ if self.held.is_empty() || self.reported => return Ok(()),
            Start::Frame(len, _) => len,
            Start::Unknown | Start::None => Frame::HEADER_LEN,
        };
        let found = self.held.len() as u64;
        let kind = ErrorKind::Truncated { what: "CSTA frame", needed: needed as u64, found };
        Err(ParseError::new(Layer::Csta, *self.offset, kind))
    }

    fn take_frame(&mut self, len: usize, invoke_id: frame::InvokeId) -> Step {
        let offset = *self.offset;
        let xml = self.held.get(Frame::HEADER_LEN..len).unwrap_or_default().to_vec();
        self.drop_front(len);
        self.reported = false;
        Step::Frame(offset, Frame { invoke_id, xml })
    }

    /// No frame starts with `held`; the next one can start at its next zero byte.
    fn pass_over(&mut self) -> Option<Step> {
        let offset = *self.offset;
        let after = self.held.get(1..).unwrap_or_default();
        let next = memchr::memchr(0, after).map_or(self.held.len(), |place| place + 1);
        self.drop_front(next);
        if core::mem::replace(&mut self.reported, true) {
            return None;
        }
        let kind = ErrorKind::Expected { expected: "a CSTA frame: length, four digits and XML" };
        Some(Step::Skipped(Warning(ParseError::new(Layer::Csta, offset, kind))))
    }

    fn drop_front(&mut self, count: usize) {
        self.held.drain(..count.min(self.held.len()));
        *self.offset += count as u64;
    }
}
