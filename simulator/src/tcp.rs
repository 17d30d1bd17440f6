//! A small TCP: handshake, data, acknowledgments, sending again, FIN, RST, and ends that know
//! nothing of each other any more.
//!
//! There is no congestion control and no window: commands of a few hundred bytes need neither. Ends
//! do as RFC 9293 says otherwise, with RFC 6298's first time-out of one second.

mod end;

use crate::wire::{TcpFields, TcpFlags};
use end::{End, State};
use foldhash::fast::FixedState;
use recscope_core::machine::Connection;
use recscope_core::random::Random;
use recscope_core::time::Instant;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

/// The largest segment over Ethernet.
const MSS: usize = 1_460;
/// RFC 6298 2.1; doubled each time.
const FIRST_TIMEOUT: Duration = Duration::from_secs(1);
/// Tries after the first until a connection is given up: 127 s, above RFC 9293's 100 s.
const TRIES: u32 = 6;
/// How long an end that is closed on both sides still answers what is sent again.
const LINGER: Duration = Duration::from_secs(60);

/// All connections of a world.
#[derive(Clone, Debug)]
pub(crate) struct Tcp {
    random: Random,
    ends: Vec<Option<End>>,
    free: Vec<u32>,
    by_sockets: HashMap<(SocketAddr, SocketAddr), u32, FixedState>,
    by_handle: HashMap<(u32, Connection), u32, FixedState>,
    accepted: u32,
    actions: VecDeque<Action>,
}

/// What the world is to do.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Put a segment on the wire.
    Transmit(Segment),
    /// Tell a machine.
    Tell { host: u32, connection: Connection, news: News },
    /// Look again at this time.
    Timer { end: u32, at: Instant },
    /// The message of this step has arrived.
    Arrived { step: usize },
}

/// What a machine is told of a connection.
#[derive(Clone, Debug)]
pub(crate) enum News {
    Connected { local: SocketAddr },
    Accepted { local: SocketAddr, remote: SocketAddr },
    Data(Vec<u8>),
    Closed,
    Failed,
}

/// A segment on its way.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) from: u32,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) fields: TcpFields,
    pub(crate) payload: Vec<u8>,
    /// The step of the message of which the payload is a part.
    pub(crate) step: Option<usize>,
    /// Whether it was sent before.
    pub(crate) again: bool,
}

impl Tcp {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            ends: Vec::new(),
            free: Vec::new(),
            by_sockets: HashMap::default(),
            by_handle: HashMap::default(),
            accepted: Connection::ACCEPTED,
            actions: VecDeque::new(),
        }
    }

    /// The next thing to do, until `None`.
    pub(crate) fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Opens a connection. An end that the machine called the same before is forgotten.
    pub(crate) fn connect(
        &mut self,
        now: Instant,
        host: u32,
        connection: Connection,
        local: SocketAddr,
        remote: SocketAddr,
    ) {
        let sequence = self.random.next_u32();
        let end = End::new(host, connection, local, remote, sequence, State::SynSent);
        self.insert(end, |end, actions| end.synchronise(now, actions));
    }

    /// Sends bytes; `step` is where they are traced. Nothing happens on a connection that is not
    /// there.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        host: u32,
        connection: Connection,
        bytes: &[u8],
        step: usize,
    ) {
        self.with(host, connection, |end, actions| end.send(now, bytes, step, actions));
    }

    /// Closes in order.
    pub(crate) fn close(&mut self, now: Instant, host: u32, connection: Connection) {
        self.with(host, connection, |end, actions| end.close(now, actions));
    }

    /// Drops at once. The other end is told unless it never answered (RFC 9293 3.10.5).
    pub(crate) fn abort(&mut self, host: u32, connection: Connection) {
        if let Some(&index) = self.by_handle.get(&(host, connection)) {
            if let Some(end) = self.end_mut(index)
                && end.was_answered()
            {
                let segment = end.segment(TcpFlags::RST.and(TcpFlags::ACK), Vec::new());
                self.actions.push_back(Action::Transmit(segment));
            }
            self.remove(index);
        }
    }

    /// Both ends' addresses of a connection.
    pub(crate) fn sockets(
        &self,
        host: u32,
        connection: Connection,
    ) -> Option<(SocketAddr, SocketAddr)> {
        let index = *self.by_handle.get(&(host, connection))?;
        let end = self.ends.get(index as usize)?.as_ref()?;
        Some((end.local, end.remote))
    }

    /// Forgets all of a host's connections: nothing is sent.
    pub(crate) fn forget(&mut self, host: u32) {
        let all = 0..u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        for index in all {
            if self.end_mut(index).is_some_and(|end| end.host == host) {
                self.remove(index);
            }
        }
    }

    /// A timer that was asked for has come.
    pub(crate) fn timer(&mut self, now: Instant, index: u32) {
        let Some(end) = self.ends.get_mut(index as usize).and_then(Option::as_mut) else { return };
        let gone = end.timer_fired(now, index, &mut self.actions);
        if gone {
            self.remove(index);
        }
    }

    /// A segment has arrived at `host`; `listens` tells whether somebody takes connections there.
    pub(crate) fn arrive(&mut self, now: Instant, host: u32, segment: &Segment, listens: bool) {
        let flags = segment.fields.flags;
        let sockets = (segment.destination, segment.source);
        if let Some(&index) = self.by_sockets.get(&sockets) {
            let Some(end) = self.ends.get_mut(index as usize).and_then(Option::as_mut) else {
                return;
            };
            let advanced = end.arrive(now, segment, &mut self.actions);
            let gone = end.is_gone();
            let received = end.received();
            end.arm(now, index, &mut self.actions);
            if gone {
                self.remove(index);
            }
            if advanced {
                self.confirm(segment, received);
            }
            return;
        }
        if flags.has(TcpFlags::SYN) && !flags.has(TcpFlags::ACK) && listens {
            let connection = Connection(self.accepted);
            self.accepted = self.accepted.wrapping_add(1).max(Connection::ACCEPTED);
            let sequence = self.random.next_u32();
            let mut end =
                End::new(host, connection, sockets.0, sockets.1, sequence, State::SynReceived);
            end.note_syn(segment.fields.sequence);
            self.insert(end, |end, actions| end.synchronise(now, actions));
        } else if !flags.has(TcpFlags::RST) {
            self.actions.push_back(Action::Transmit(refusal(host, segment)));
        }
    }

    /// Tells of messages of the sender whose last byte has arrived.
    fn confirm(&mut self, segment: &Segment, received: u32) {
        let Some(&index) = self.by_sockets.get(&(segment.source, segment.destination)) else {
            return;
        };
        let Some(end) = self.ends.get_mut(index as usize).and_then(Option::as_mut) else { return };
        for step in end.confirmed(received) {
            self.actions.push_back(Action::Arrived { step });
        }
    }

    fn insert(&mut self, end: End, begin: impl FnOnce(&mut End, &mut VecDeque<Action>)) {
        let (handle, sockets) = ((end.host, end.connection), (end.local, end.remote));
        if let Some(&old) = self.by_handle.get(&handle) {
            self.remove(old);
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.ends.push(None);
            u32::try_from(self.ends.len() - 1).unwrap_or(u32::MAX)
        });
        self.by_handle.insert(handle, index);
        self.by_sockets.insert(sockets, index);
        if let Some(place) = self.ends.get_mut(index as usize) {
            let end = place.insert(end);
            begin(end, &mut self.actions);
            let now = end.now();
            end.arm(now, index, &mut self.actions);
        }
    }

    fn with(
        &mut self,
        host: u32,
        connection: Connection,
        act: impl FnOnce(&mut End, &mut VecDeque<Action>),
    ) {
        let Some(&index) = self.by_handle.get(&(host, connection)) else { return };
        if let Some(end) = self.ends.get_mut(index as usize).and_then(Option::as_mut) {
            act(end, &mut self.actions);
            let now = end.now();
            end.arm(now, index, &mut self.actions);
        }
    }

    fn end_mut(&mut self, index: u32) -> Option<&mut End> {
        self.ends.get_mut(index as usize)?.as_mut()
    }

    fn remove(&mut self, index: u32) {
        let Some(end) = self.ends.get_mut(index as usize).and_then(Option::take) else { return };
        if self.by_handle.get(&(end.host, end.connection)) == Some(&index) {
            self.by_handle.remove(&(end.host, end.connection));
        }
        if self.by_sockets.get(&(end.local, end.remote)) == Some(&index) {
            self.by_sockets.remove(&(end.local, end.remote));
        }
        self.free.push(index);
    }
}

/// What a host says to a segment of a connection that it does not know.
fn refusal(host: u32, segment: &Segment) -> Segment {
    let fields = &segment.fields;
    let len = u32::try_from(segment.payload.len()).unwrap_or(0)
        + u32::from(fields.flags.has(TcpFlags::SYN))
        + u32::from(fields.flags.has(TcpFlags::FIN));
    let fields = if fields.flags.has(TcpFlags::ACK) {
        TcpFields { sequence: fields.acknowledgment, acknowledgment: 0, flags: TcpFlags::RST }
    } else {
        TcpFields {
            sequence: 0,
            acknowledgment: fields.sequence.wrapping_add(len),
            flags: TcpFlags::RST.and(TcpFlags::ACK),
        }
    };
    Segment {
        from: host,
        source: segment.destination,
        destination: segment.source,
        fields,
        payload: Vec::new(),
        step: None,
        again: false,
    }
}

#[cfg(test)]
mod tests;
