//! The signalling messages of a capture, with their bytes.

use super::key::FastMap;
use super::{CallIndex, MessageIndex, TransactionIndex};
use crate::order;
use crate::report::{MessageProtocol, Transport};
use foldhash::fast::FixedState;
use recscope_core::Limits;
use std::hash::BuildHasher;
use std::net::SocketAddr;

/// Where a message was found and how it travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The packet it ends in.
    pub(crate) packet: u64,
    pub(crate) time_ns: i64,
    /// Where it starts in the file, if it lies there in one piece.
    pub(crate) offset: Option<u64>,
    pub(crate) transport: Transport,
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
}

/// A signalling message.
#[derive(Clone, Debug)]
pub(crate) struct SignallingMessage {
    pub(crate) origin: Origin,
    pub(crate) protocol: MessageProtocol,
    pub(crate) summary: String,
    pub(crate) raw: Box<[u8]>,
    pub(crate) call: Option<CallIndex>,
    pub(crate) transaction: Option<TransactionIndex>,
    pub(crate) retransmission_of: Option<MessageIndex>,
}

/// All messages, in capture order.
#[derive(Debug)]
pub(crate) struct Messages {
    all: Vec<SignallingMessage>,
    /// The first message with these ends and bytes, by their hash.
    by_content: FastMap<u64, MessageIndex>,
    bytes: u64,
    most: usize,
    most_bytes: u64,
    /// Messages that found no room.
    pub(crate) beyond_limit: u64,
}

impl Messages {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            all: Vec::new(),
            by_content: FastMap::default(),
            bytes: 0,
            most: limits.messages as usize,
            most_bytes: limits.message_bytes,
            beyond_limit: 0,
        }
    }

    /// Whether a message of `len` bytes may still be added; counts it if not.
    pub(crate) fn has_room(&mut self, len: usize) -> bool {
        let fits = self.all.len() < self.most && self.bytes + len as u64 <= self.most_bytes;
        if !fits {
            self.beyond_limit += 1;
        }
        fits
    }

    /// The first message that had the same sender, receiver and bytes; a SIP message that does is
    /// the same branch and CSeq sent again (RFC 3261 17.1.1.2). Remembers this one, if it is new,
    /// under the index that [`add`](Self::add) will give it.
    pub(crate) fn first_of(&mut self, origin: &Origin, raw: &[u8]) -> Option<MessageIndex> {
        let content = FixedState::default().hash_one((origin.src, origin.dst, raw));
        let next = MessageIndex(self.all.len());
        let first = *self.by_content.entry(content).or_insert(next);
        let earlier = self.all.get(first.0)?;
        let same = earlier.origin.src == origin.src
            && earlier.origin.dst == origin.dst
            && *earlier.raw == *raw;
        same.then_some(first)
    }

    pub(crate) fn add(&mut self, message: SignallingMessage) -> MessageIndex {
        self.bytes += message.raw.len() as u64;
        self.all.push(message);
        MessageIndex(self.all.len() - 1)
    }

    pub(crate) fn indexed(&self) -> impl Iterator<Item = (MessageIndex, &SignallingMessage)> {
        self.all.iter().enumerate().map(|(index, message)| (MessageIndex(index), message))
    }

    /// Puts the messages in the order of the capture: a command without an end of its own is read
    /// only when the next one comes. Returns the new place of each; `None` if nothing changed.
    pub(super) fn sort(&mut self) -> Option<Vec<MessageIndex>> {
        if self.all.is_sorted_by_key(|message| message.origin.packet) {
            return None;
        }
        let order =
            order::ascending(self.all.iter().map(|message| message.origin.packet).collect());
        let mut places = vec![MessageIndex(0); order.len()];
        for (place, &index) in order.iter().enumerate() {
            if let Some(new) = places.get_mut(index) {
                *new = MessageIndex(place);
            }
        }
        order::sort_by_key(&mut self.all, |message| message.origin.packet);
        for first in self.all.iter_mut().filter_map(|message| message.retransmission_of.as_mut()) {
            *first = places.get(first.0).copied().unwrap_or(*first);
        }
        Some(places)
    }

    pub(crate) fn into_all(self) -> Vec<SignallingMessage> {
        self.all
    }
}
