//! One end of a connection.

use super::{Action, FIRST_TIMEOUT, LINGER, MSS, News, Segment, TRIES};
use crate::wire::{TcpFields, TcpFlags};
use recscope_core::machine::Connection;
use recscope_core::time::Instant;
use std::collections::VecDeque;
use std::net::SocketAddr;

/// How far the handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    SynSent,
    SynReceived,
    Established,
    Gone,
}

#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) host: u32,
    pub(super) connection: Connection,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    state: State,
    now: Instant,
    /// The first number not acknowledged.
    unacknowledged: u32,
    /// The next number to send.
    next: u32,
    /// The next number wanted.
    wanted: u32,
    /// Bytes from `unacknowledged` on, those not sent yet included.
    pending: VecDeque<u8>,
    /// The number after each message, and its step.
    messages: VecDeque<(u32, usize)>,
    fin: Fin,
    fin_received: bool,
    tries: u32,
    deadline: Option<Instant>,
    /// The earliest time for which the world was asked to look again.
    armed: Option<Instant>,
}

/// How far the closing of this side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fin {
    No,
    Wanted,
    Sent,
    Acknowledged,
}

impl End {
    pub(super) fn new(
        host: u32,
        connection: Connection,
        local: SocketAddr,
        remote: SocketAddr,
        sequence: u32,
        state: State,
    ) -> Self {
        Self {
            host,
            connection,
            local,
            remote,
            state,
            now: Instant::ORIGIN,
            unacknowledged: sequence,
            next: sequence,
            wanted: 0,
            pending: VecDeque::new(),
            messages: VecDeque::new(),
            fin: Fin::No,
            fin_received: false,
            tries: 0,
            deadline: None,
            armed: None,
        }
    }

    pub(super) const fn now(&self) -> Instant {
        self.now
    }

    pub(super) fn is_gone(&self) -> bool {
        self.state == State::Gone
    }

    /// Whether the other end has ever been heard.
    pub(super) fn was_answered(&self) -> bool {
        self.state != State::SynSent
    }

    /// The next number wanted from the other end.
    pub(super) const fn received(&self) -> u32 {
        self.wanted
    }

    pub(super) const fn note_syn(&mut self, sequence: u32) {
        self.wanted = sequence.wrapping_add(1);
    }

    /// Sends the first segment of this side.
    pub(super) fn synchronise(&mut self, now: Instant, actions: &mut VecDeque<Action>) {
        self.now = now;
        let segment = self.first_segment(false);
        self.next = self.unacknowledged.wrapping_add(1);
        actions.push_back(Action::Transmit(segment));
        self.wait();
    }

    fn first_segment(&self, again: bool) -> Segment {
        let flags = match self.state {
            State::SynSent => TcpFlags::SYN,
            _ => TcpFlags::SYN.and(TcpFlags::ACK),
        };
        let acknowledgment = if self.state == State::SynSent { 0 } else { self.wanted };
        let fields = TcpFields { sequence: self.unacknowledged, acknowledgment, flags };
        Segment { fields, again, ..self.segment(flags, Vec::new()) }
    }

    /// A segment that starts at the next number to send.
    pub(super) fn segment(&self, flags: TcpFlags, payload: Vec<u8>) -> Segment {
        Segment {
            from: self.host,
            source: self.local,
            destination: self.remote,
            fields: TcpFields { sequence: self.next, acknowledgment: self.wanted, flags },
            payload,
            step: None,
            again: false,
        }
    }

    pub(super) fn send(
        &mut self,
        now: Instant,
        bytes: &[u8],
        step: usize,
        actions: &mut VecDeque<Action>,
    ) {
        self.now = now;
        if self.fin != Fin::No {
            return;
        }
        self.pending.extend(bytes);
        let synchronising = matches!(self.state, State::SynSent | State::SynReceived);
        let start = self.unacknowledged.wrapping_add(u32::from(synchronising));
        let end = start.wrapping_add(u32::try_from(self.pending.len()).unwrap_or(u32::MAX));
        self.messages.push_back((end, step));
        self.flush(actions);
    }

    pub(super) fn close(&mut self, now: Instant, actions: &mut VecDeque<Action>) {
        self.now = now;
        if self.fin == Fin::No {
            self.fin = Fin::Wanted;
            self.flush(actions);
        }
    }

    /// Sends what was not sent yet.
    fn flush(&mut self, actions: &mut VecDeque<Action>) {
        if self.state != State::Established {
            return;
        }
        loop {
            let sent = usize::try_from(self.next.wrapping_sub(self.unacknowledged)).unwrap_or(0);
            let payload = self.payload_from(sent);
            if payload.is_empty() {
                break;
            }
            let step = self.step_at(self.next);
            let len = u32::try_from(payload.len()).unwrap_or(0);
            let segment = self.segment(TcpFlags::PSH.and(TcpFlags::ACK), payload);
            actions.push_back(Action::Transmit(Segment { step, ..segment }));
            self.next = self.next.wrapping_add(len);
            self.wait();
        }
        if self.fin == Fin::Wanted {
            let segment = self.segment(TcpFlags::FIN.and(TcpFlags::ACK), Vec::new());
            actions.push_back(Action::Transmit(segment));
            self.next = self.next.wrapping_add(1);
            self.fin = Fin::Sent;
            self.wait();
        }
    }

    fn payload_from(&self, at: usize) -> Vec<u8> {
        self.pending.iter().skip(at).take(MSS).copied().collect()
    }

    /// The step of the message that the byte of this number belongs to.
    fn step_at(&self, number: u32) -> Option<usize> {
        self.messages.iter().find(|(end, _)| is_before(number, *end)).map(|(_, step)| *step)
    }

    /// Takes the steps of messages whose last byte is before `received`.
    pub(super) fn confirmed(&mut self, received: u32) -> impl Iterator<Item = usize> {
        let count = self.messages.iter().take_while(|(end, _)| !is_before(received, *end)).count();
        self.messages.drain(..count).map(|(_, step)| step)
    }

    /// Takes in a segment; tells whether its payload brought anything new.
    pub(super) fn arrive(
        &mut self,
        now: Instant,
        segment: &Segment,
        actions: &mut VecDeque<Action>,
    ) -> bool {
        self.now = now;
        let fields = &segment.fields;
        let flags = fields.flags;
        if flags.has(TcpFlags::RST) {
            let expected = match self.state {
                State::SynSent => fields.acknowledgment == self.next,
                _ => fields.sequence == self.wanted,
            };
            if expected && !self.is_closed() {
                self.fail(actions);
            }
            return false;
        }
        if self.state == State::SynSent {
            if flags.has(TcpFlags::SYN.and(TcpFlags::ACK)) && fields.acknowledgment == self.next {
                self.note_syn(fields.sequence);
                self.unacknowledged = self.next;
                self.establish();
                self.acknowledge(actions);
                self.tell(News::Connected { local: self.local }, actions);
                self.flush(actions);
            }
            return false;
        }
        if flags.has(TcpFlags::SYN) {
            // It was sent again because the answer was lost.
            if self.state == State::SynReceived {
                actions.push_back(Action::Transmit(self.first_segment(true)));
            } else {
                self.acknowledge(actions);
            }
            return false;
        }
        if flags.has(TcpFlags::ACK) {
            self.take_acknowledgment(fields.acknowledgment, actions);
        }
        if self.state != State::Established {
            return false;
        }
        self.take_payload(segment, actions)
    }

    fn take_acknowledgment(&mut self, number: u32, actions: &mut VecDeque<Action>) {
        if self.state == State::SynReceived {
            if number != self.next {
                return;
            }
            self.unacknowledged = number;
            self.establish();
            let news = News::Accepted { local: self.local, remote: self.remote };
            self.tell(news, actions);
            self.flush(actions);
            return;
        }
        if !is_before(self.unacknowledged, number) || is_before(self.next, number) {
            return;
        }
        if number == self.next && self.fin == Fin::Sent {
            self.fin = Fin::Acknowledged;
        }
        let bytes = usize::try_from(number.wrapping_sub(self.unacknowledged)).unwrap_or(0);
        self.pending.drain(..bytes.min(self.pending.len()));
        self.unacknowledged = number;
        self.tries = 0;
        self.deadline = None;
        if self.next == number {
            self.linger();
        } else {
            self.wait();
        }
    }

    fn take_payload(&mut self, segment: &Segment, actions: &mut VecDeque<Action>) -> bool {
        let mut advanced = false;
        let len = u32::try_from(segment.payload.len()).unwrap_or(0);
        let fin = segment.fields.flags.has(TcpFlags::FIN);
        let end = segment.fields.sequence.wrapping_add(len);
        if len == 0 && !fin {
            return false;
        }
        let known = usize::try_from(self.wanted.wrapping_sub(segment.fields.sequence)).unwrap_or(0);
        let fits = !is_before(self.wanted, segment.fields.sequence);
        if fits
            && !self.fin_received
            && is_before(self.wanted, end)
            && let Some(new) = segment.payload.get(known..)
        {
            self.wanted = end;
            advanced = true;
            self.tell(News::Data(new.to_vec()), actions);
        }
        if fin && !self.fin_received && self.wanted == end {
            self.wanted = self.wanted.wrapping_add(1);
            self.fin_received = true;
            self.tell(News::Closed, actions);
            self.linger();
        }
        self.acknowledge(actions);
        advanced
    }

    fn acknowledge(&self, actions: &mut VecDeque<Action>) {
        actions.push_back(Action::Transmit(self.segment(TcpFlags::ACK, Vec::new())));
    }

    fn tell(&self, news: News, actions: &mut VecDeque<Action>) {
        actions.push_back(Action::Tell { host: self.host, connection: self.connection, news });
    }

    const fn establish(&mut self) {
        self.state = State::Established;
        self.tries = 0;
        self.deadline = None;
    }

    fn fail(&mut self, actions: &mut VecDeque<Action>) {
        self.state = State::Gone;
        self.tell(News::Failed, actions);
    }

    /// Whether both sides are closed.
    fn is_closed(&self) -> bool {
        self.fin == Fin::Acknowledged && self.fin_received
    }

    fn linger(&mut self) {
        if self.is_closed() {
            self.deadline = Some(self.now + LINGER);
        }
    }

    /// Lets what was sent be sent again unless it is acknowledged.
    fn wait(&mut self) {
        self.deadline.get_or_insert(self.now + FIRST_TIMEOUT * (1 << self.tries.min(TRIES)));
    }

    /// Asks the world to look again at the deadline, unless it will anyway.
    pub(super) fn arm(&mut self, now: Instant, index: u32, actions: &mut VecDeque<Action>) {
        self.now = now;
        if let Some(deadline) = self.deadline
            && self.armed.is_none_or(|armed| deadline < armed)
        {
            self.armed = Some(deadline);
            actions.push_back(Action::Timer { end: index, at: deadline });
        }
    }

    /// Sends again what is due; whether the end is gone now.
    pub(super) fn timer_fired(
        &mut self,
        now: Instant,
        index: u32,
        actions: &mut VecDeque<Action>,
    ) -> bool {
        self.now = now;
        if self.armed.is_none_or(|armed| armed > now) {
            return false;
        }
        self.armed = None;
        if self.deadline.is_none_or(|deadline| deadline > now) {
            self.arm(now, index, actions);
            return false;
        }
        if self.is_closed() {
            return true;
        }
        if self.tries >= TRIES {
            self.fail(actions);
            return true;
        }
        self.tries += 1;
        self.deadline = None;
        let payload = self.payload_from(0);
        let sequence = self.unacknowledged;
        let segment = if self.state != State::Established {
            self.first_segment(true)
        } else if payload.is_empty() {
            self.segment(TcpFlags::FIN.and(TcpFlags::ACK), payload)
        } else {
            let step = self.step_at(sequence);
            Segment { step, ..self.segment(TcpFlags::PSH.and(TcpFlags::ACK), payload) }
        };
        let fields = TcpFields { sequence, ..segment.fields };
        actions.push_back(Action::Transmit(Segment { fields, again: true, ..segment }));
        self.wait();
        self.arm(now, index, actions);
        false
    }
}

/// Whether one number comes before another, along the shorter way round.
const fn is_before(one: u32, other: u32) -> bool {
    one.wrapping_sub(other).cast_signed() < 0
}
