//! One direction of a connection: segments in any order become bytes in order.

use super::Outlet;
use crate::net::TcpEvent;
use std::collections::VecDeque;

/// How long, in capture time, a missing segment may still come after the receiver has
/// acknowledged it: captures are not always in the order of the wire.
const ACKNOWLEDGED_NS: i64 = 1_000_000_000;
/// How long it may still come otherwise: SIP gives up by then.
const MISSING_NS: i64 = 32_000_000_000;
/// A step of sequence numbers beyond any window; what follows is another stream.
const MAX_STEP: u32 = 1 << 24;
/// How many bytes of a stream may be captured before its SYN.
const REORDERED_SYN: i32 = 0xffff;
/// What holding a segment costs beside its bytes.
const SEGMENT_COST: usize = 96;

/// Bytes of a segment, and where they come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrived<'a> {
    /// Sequence number of the first byte.
    pub(super) sequence: u32,
    pub(super) data: &'a [u8],
    /// Bytes that the capture cut from the end.
    pub(super) missing: u32,
    pub(super) fin: bool,
    pub(super) origin: Origin,
}

/// The packet that bytes come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) packet: u64,
    pub(super) time_ns: i64,
    /// Where the bytes lie in the file.
    pub(super) offset: Option<u64>,
}

impl Arrived<'_> {
    /// Bytes on the wire.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.data.len()).unwrap_or(u32::MAX).saturating_add(self.missing)
    }

    /// The same without its first `n` bytes.
    fn after(self, n: u32) -> Self {
        let cut = n as usize;
        Self {
            sequence: self.sequence.wrapping_add(n),
            data: self.data.get(cut..).unwrap_or_default(),
            missing: self.missing.min(self.len() - n.min(self.len())),
            origin: Origin {
                offset: self.origin.offset.map(|offset| offset + u64::from(n)),
                ..self.origin
            },
            ..self
        }
    }
}

/// A segment that waits for the bytes before it.
#[derive(Debug)]
struct Held {
    sequence: u32,
    data: Box<[u8]>,
    missing: u32,
    origin: Origin,
}

impl Held {
    fn arrived(&self) -> Arrived<'_> {
        Arrived {
            sequence: self.sequence,
            data: &self.data,
            missing: self.missing,
            fin: false,
            origin: self.origin,
        }
    }
}

/// How far sequence number `to` lies after `from`; negative if before.
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

/// The state of one direction.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Sequence number of the SYN, if it was seen.
    first: Option<u32>,
    /// Sequence number of the next byte.
    next: Option<u32>,
    /// Sorted by sequence number, all beyond `next`.
    held: VecDeque<Held>,
    cost: usize,
    fin: Option<Fin>,
    closed: bool,
    /// When bytes were first known to be missing, and when they were first acknowledged.
    missing_since_ns: Option<i64>,
    acknowledged_ns: Option<i64>,
}

/// The end of the stream.
#[derive(Clone, Copy, Debug)]
struct Fin {
    sequence: u32,
    origin: Origin,
}

/// How a segment relates to what the stream has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// It belongs to the stream: next, later, or again.
    Fits,
    /// It begins another stream.
    Foreign,
}

impl Stream {
    /// What is held, in bytes with their cost.
    pub(super) const fn cost(&self) -> usize {
        self.cost
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether a SYN with this sequence number is the one that opened the stream.
    pub(super) fn opens_with(&self, sequence: u32) -> Relation {
        match (self.first, self.next) {
            (Some(first), _) if first == sequence => Relation::Fits,
            (None, None) => Relation::Fits,
            // The other side's acknowledgement told where the stream begins, or its first bytes
            // were captured before the SYN.
            (None, Some(next))
                if (0..=REORDERED_SYN).contains(&distance(sequence.wrapping_add(1), next)) =>
            {
                Relation::Fits
            }
            _ => Relation::Foreign,
        }
    }

    /// Whether bytes with these sequence numbers can be of this stream, after the connection's
    /// end only again.
    pub(super) fn relation(&self, sequence: u32, len: u32, ended: bool) -> Relation {
        let ended = ended || self.closed;
        let Some(next) = self.next else {
            return if ended { Relation::Foreign } else { Relation::Fits };
        };
        let near = distance(next, sequence).unsigned_abs() <= MAX_STEP;
        let again = distance(next, sequence.wrapping_add(len)) <= 0;
        if near && (again || !ended) { Relation::Fits } else { Relation::Foreign }
    }

    /// The stream's SYN was seen.
    pub(super) fn open(&mut self, sequence: u32) {
        self.first = Some(sequence);
        self.next.get_or_insert(sequence.wrapping_add(1));
    }

    /// The other side expects `sequence` next in its handshake.
    pub(super) fn begin_at(&mut self, sequence: u32) {
        self.next.get_or_insert(sequence);
    }

    /// Takes a segment: hands out what is in order now, holds what is not.
    pub(super) fn accept(&mut self, arrived: Arrived<'_>, outlet: &mut Outlet<'_>) {
        if self.closed {
            return;
        }
        let next = *self.next.get_or_insert(arrived.sequence);
        if arrived.fin && self.fin.is_none() {
            let sequence = arrived.sequence.wrapping_add(arrived.len());
            if distance(next, sequence).unsigned_abs() <= MAX_STEP {
                self.fin = Some(Fin { sequence, origin: arrived.origin });
            }
        }
        let ahead = distance(next, arrived.sequence);
        if arrived.len() > 0 {
            if ahead > 0 {
                self.hold(arrived);
            } else if ahead.unsigned_abs() < arrived.len() {
                self.deliver(arrived.after(ahead.unsigned_abs()), outlet);
            }
        }
        self.advance(outlet);
        if self.hole_end().is_some() {
            self.missing_since_ns.get_or_insert(arrived.origin.time_ns);
        }
    }

    /// The receiver has acknowledged all before `sequence`, or time has passed: gives up waiting
    /// for segments that will not come.
    pub(super) fn acknowledge(
        &mut self,
        sequence: Option<u32>,
        now_ns: i64,
        outlet: &mut Outlet<'_>,
    ) {
        while let Some(end) = self.hole_end() {
            let since = |then: Option<i64>| then.map_or(0, |then| now_ns.saturating_sub(then));
            if sequence.is_some_and(|sequence| distance(end, sequence) >= 0) {
                self.acknowledged_ns.get_or_insert(now_ns);
            }
            if since(self.acknowledged_ns) < ACKNOWLEDGED_NS
                && since(self.missing_since_ns) < MISSING_NS
            {
                break;
            }
            self.give_up(end, outlet);
            self.missing_since_ns = self.hole_end().map(|_| now_ns);
        }
    }

    /// Gives up missing bytes until no more than `cost` is held.
    pub(super) fn shrink(&mut self, cost: usize, outlet: &mut Outlet<'_>) {
        while self.cost > cost {
            let Some(end) = self.hole_end() else { break };
            self.give_up(end, outlet);
        }
    }

    /// Hands out all that is left.
    pub(super) fn flush(&mut self, outlet: &mut Outlet<'_>) {
        while let Some(end) = self.hole_end() {
            self.give_up(end, outlet);
        }
    }

    /// Where the missing bytes end, if some are known to be missing.
    fn hole_end(&self) -> Option<u32> {
        if self.closed {
            return None;
        }
        self.next?;
        match self.held.front() {
            Some(held) => Some(held.sequence),
            None => self.fin.map(|fin| fin.sequence),
        }
    }

    fn give_up(&mut self, end: u32, outlet: &mut Outlet<'_>) {
        let bytes = self.next.map_or(0, |next| end.wrapping_sub(next));
        let origin = match (self.held.front(), self.fin) {
            (Some(held), _) => Some(held.origin),
            (None, fin) => fin.map(|fin| fin.origin),
        };
        if let Some(origin) = origin {
            outlet.gap(origin, bytes);
        }
        self.next = Some(end);
        self.progress();
        self.advance(outlet);
    }

    /// Hands out held segments that have become next, and the end.
    fn advance(&mut self, outlet: &mut Outlet<'_>) {
        let Some(mut next) = self.next else { return };
        while let Some(held) = self.held.front()
            && distance(next, held.sequence) <= 0
            && let Some(held) = self.held.pop_front()
        {
            self.cost -= held.data.len() + SEGMENT_COST;
            let again = distance(held.sequence, next).unsigned_abs();
            if again < held.arrived().len() {
                self.deliver(held.arrived().after(again), outlet);
                next = self.next.unwrap_or(next);
            }
        }
        if let Some(fin) = self.fin
            && distance(next, fin.sequence) <= 0
            && !self.closed
        {
            self.closed = true;
            self.next = Some(fin.sequence.wrapping_add(1));
            self.held = VecDeque::new();
            self.cost = 0;
            outlet.event(fin.origin, TcpEvent::Close);
        }
    }

    /// Hands out bytes that are next.
    fn deliver(&mut self, arrived: Arrived<'_>, outlet: &mut Outlet<'_>) {
        self.next = Some(arrived.sequence.wrapping_add(arrived.len()));
        self.progress();
        if !arrived.data.is_empty() {
            let Origin { offset, .. } = arrived.origin;
            outlet.event(arrived.origin, TcpEvent::Data { bytes: arrived.data, offset });
        }
        if arrived.missing > 0 {
            outlet.gap(arrived.origin, arrived.missing);
        }
    }

    fn progress(&mut self) {
        self.missing_since_ns = None;
        self.acknowledged_ns = None;
    }

    fn hold(&mut self, arrived: Arrived<'_>) {
        let Some(next) = self.next else { return };
        let ahead = distance(next, arrived.sequence);
        let at = self.held.partition_point(|held| distance(next, held.sequence) < ahead);
        if let Some(held) = self.held.get(at)
            && held.sequence == arrived.sequence
            && held.arrived().len() >= arrived.len()
        {
            return; // Sent again.
        }
        self.cost += arrived.data.len() + SEGMENT_COST;
        self.held.insert(
            at,
            Held {
                sequence: arrived.sequence,
                data: arrived.data.into(),
                missing: arrived.missing,
                origin: arrived.origin,
            },
        );
    }
}
