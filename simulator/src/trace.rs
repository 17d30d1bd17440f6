//! What happened in a run, step by step.

mod matching;

pub use matching::Counter;

use crate::describe::Described;
use crate::fault::Effect;
use crate::pattern::Remark;
use foldhash::fast::FixedState;
use recscope_core::machine::TimeoutReason;
use recscope_core::rule::Rule;
use recscope_core::time::Instant;
use recscope_flow::Delivery;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;

/// Everything that happened, in the order of time. RTP is kept as [`Stream`]s, not as packets.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    steps: Vec<Step>,
    streams: Vec<Stream>,
    /// What was sent of each stream, apart from them, as every packet changes it.
    counts: Vec<Sent>,
    bytes: Vec<u8>,
    /// The last step of each message, to know what is sent again.
    sent: HashMap<u64, u32, FixedState>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub time: Instant,
    /// What.
    pub kind: StepKind,
    /// The rule that asks for it or explains it.
    pub rule: Option<&'static Rule>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A message was sent.
    Message(Message),
    /// A machine changed its state.
    State(StateChange),
    /// A remark at an actor.
    Remark {
        /// Whose.
        actor: u32,
        /// Which sort.
        kind: Remark,
        /// One sentence.
        text: String,
    },
    /// A stream began: its number among [`Trace::streams`].
    Media(usize),
}

/// A message on its way. Hosts are numbered in the scenario's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who sent it.
    pub from: u32,
    /// Whom it is for; [`NOBODY`] if no actor has that address.
    pub to: u32,
    /// The sender's address.
    pub source: SocketAddr,
    /// The receiver's address.
    pub destination: SocketAddr,
    /// What it says.
    pub described: Described,
    /// Whether it arrived. A TCP message arrives when its last byte does.
    pub delivery: Delivery,
    /// When it first arrived.
    pub arrived: Option<Instant>,
    /// How many further times it was sent with the same outcome.
    pub repeats: u32,
    /// Whether an earlier step is the same message, with another outcome.
    pub again: bool,
    /// What a fault did to it.
    pub effect: Option<Effect>,
    bytes: Range<usize>,
    identity: u64,
}

/// No actor: the place of whoever has an address that no actor has.
pub const NOBODY: u32 = u32::MAX;

/// A machine changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Whose machine.
    pub actor: u32,
    /// Which machine.
    pub machine: &'static str,
    /// The state left.
    pub from: &'static str,
    /// The state entered.
    pub to: &'static str,
    /// What made it, in the words of the machine's table.
    pub cause: &'static str,
    /// What the machine was told just then.
    pub trigger: Trigger,
}

/// What a machine was told when it changed its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// It got power when the scenario began.
    #[default]
    Start,
    /// What this step shows came to it: a message, or something that was done to its device.
    Step(usize),
    /// A deadline came.
    Timer(TimeoutReason),
    /// News of a connection: `connected`, `closed`.
    Connection(&'static str),
    /// News of the drive: `opened`, `failed`.
    Drive(&'static str),
    /// Sound came, from the line or from its own microphone.
    Sound,
}

/// RTP of one source from one socket to another, without a pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Who sends it.
    pub from: u32,
    /// Whom it is for; [`NOBODY`] if no actor has that address.
    pub to: u32,
    /// The sender's socket.
    pub source: SocketAddr,
    /// The receiver's socket.
    pub destination: SocketAddr,
    /// Its source.
    pub ssrc: u32,
    /// Its payload type.
    pub payload_type: u8,
    /// When the first packet was sent.
    pub start: Instant,
    /// The rule behind it.
    pub rule: &'static Rule,
    /// Its step.
    pub step: usize,
}

/// What was sent of a stream so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(32))]
pub struct Sent {
    /// When the last packet was sent.
    pub end: Instant,
    /// Packets sent.
    pub packets: u64,
    /// Payload bytes sent, RTP headers included.
    pub bytes: u64,
    /// Packets that did not arrive.
    pub lost: u32,
    /// Packets that arrived twice.
    pub duplicated: u32,
}

impl Sent {
    /// Packets that arrived, each time that they did.
    #[must_use]
    pub fn arrived(&self) -> u64 {
        self.packets - u64::from(self.lost) + u64::from(self.duplicated)
    }
}

/// A message that is about to be traced.
pub(crate) struct Sending<'a> {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) described: Described,
    pub(crate) payload: &'a [u8],
    pub(crate) identity: u64,
    pub(crate) rule: Option<&'static Rule>,
}

impl Trace {
    /// The steps, by time.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The streams, in the order in which they began.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// A stream by its number, and what was sent of it.
    #[must_use]
    pub fn stream(&self, number: usize) -> Option<(&Stream, &Sent)> {
        self.streams.get(number).zip(self.counts.get(number))
    }

    /// What was sent of each of [`Self::streams`].
    #[must_use]
    pub fn sent(&self) -> &[Sent] {
        &self.counts
    }

    /// The bytes of a message.
    #[must_use]
    pub fn payload(&self, message: &Message) -> &[u8] {
        self.bytes.get(message.bytes.clone()).unwrap_or_default()
    }

    pub(crate) fn push(&mut self, time: Instant, kind: StepKind, rule: Option<&'static Rule>) {
        self.steps.push(Step { time, kind, rule });
    }

    /// Notes that a message was sent, `delivery` being whether it will arrive, and gives its
    /// step. What is sent again with the same outcome counts on the step before.
    pub(crate) fn send(
        &mut self,
        time: Instant,
        sending: Sending<'_>,
        delivery: Delivery,
        effect: Option<Effect>,
    ) -> usize {
        let index = self.steps.len();
        let before = self.sent.get(&sending.identity).map(|&step| step as usize);
        let mut bytes = None;
        if let Some(before) = before
            && let Some(StepKind::Message(message)) =
                self.steps.get_mut(before).map(|s| &mut s.kind)
        {
            if message.delivery == delivery {
                message.repeats += 1;
                return before;
            }
            bytes = Some(message.bytes.clone());
        }
        let again = bytes.is_some();
        let bytes = bytes.unwrap_or_else(|| {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(sending.payload);
            start..self.bytes.len()
        });
        self.sent.insert(sending.identity, u32::try_from(index).unwrap_or(u32::MAX));
        let message = Message {
            from: sending.from,
            to: sending.to,
            source: sending.source,
            destination: sending.destination,
            described: sending.described,
            delivery,
            arrived: None,
            repeats: 0,
            again,
            effect,
            bytes,
            identity: sending.identity,
        };
        self.push(time, StepKind::Message(message), sending.rule);
        index
    }

    pub(crate) fn message_mut(&mut self, step: usize) -> Option<&mut Message> {
        match &mut self.steps.get_mut(step)?.kind {
            StepKind::Message(message) => Some(message),
            _ => None,
        }
    }

    /// Notes that a message arrived.
    pub(crate) fn arrive(&mut self, step: usize, at: Instant) {
        if let Some(message) = self.message_mut(step) {
            message.delivery = Delivery::Delivered;
            message.arrived.get_or_insert(at);
        }
    }

    pub(crate) fn begin_stream(&mut self, stream: Stream) -> usize {
        let number = self.streams.len();
        self.push(stream.start, StepKind::Media(number), Some(stream.rule));
        self.counts.push(Sent { end: stream.start, packets: 0, bytes: 0, lost: 0, duplicated: 0 });
        self.streams.push(stream);
        number
    }

    pub(crate) fn sent_mut(&mut self, number: usize) -> Option<&mut Sent> {
        self.counts.get_mut(number)
    }
}

impl Message {
    /// Whether two steps are of the same message.
    #[must_use]
    pub const fn is_same(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}
