//! The side that sends the request (RFC 3261 17.1, RFC 6026 8.4).

use super::{Kind, Timing, Transport};
use crate::Instant;
use crate::machine::{State, TimeoutReason, Timer, Timers, pass, states, timers};
use crate::rule::rfc;
use core::time::Duration;

states! {
    /// Where the sender of an INVITE is (RFC 3261 figure 5, with RFC 6026).
    pub enum InviteClientState: "INVITE client transaction" {
        /// Sent, nothing heard.
        Calling = "calling",
        /// A provisional answer came.
        Proceeding = "proceeding",
        /// Refused, and the refusal acknowledged.
        Completed = "completed",
        /// Accepted; repetitions of the 2xx are passed on.
        Accepted = "accepted",
        /// Over.
        Terminated = "terminated",
    }
    Calling -> Proceeding: "1xx", rfc::INVITE_CLIENT;
    Calling -> Accepted: "2xx", rfc::ACCEPTED;
    Calling -> Completed: "300-699", rfc::INVITE_CLIENT;
    Calling -> Terminated: "timer B", rfc::INVITE_CLIENT;
    Proceeding -> Accepted: "2xx", rfc::ACCEPTED;
    Proceeding -> Completed: "300-699", rfc::INVITE_CLIENT;
    Proceeding -> Terminated: "timer B", rfc::CANCELLING;
    Completed -> Terminated: "timer D", rfc::INVITE_CLIENT;
    Accepted -> Terminated: "timer M", rfc::ACCEPTED;
}

states! {
    /// Where the sender of another request is (RFC 3261 figure 6).
    pub enum OtherClientState: "client transaction" {
        /// Sent, nothing heard.
        Trying = "trying",
        /// A provisional answer came.
        Proceeding = "proceeding",
        /// The final answer came; repetitions of it are dropped.
        Completed = "completed",
        /// Over.
        Terminated = "terminated",
    }
    Trying -> Proceeding: "1xx", rfc::CLIENT;
    Trying -> Completed: "200-699", rfc::CLIENT;
    Trying -> Terminated: "timer F", rfc::CLIENT;
    Proceeding -> Completed: "200-699", rfc::CLIENT;
    Proceeding -> Terminated: "timer F", rfc::CLIENT;
    Completed -> Terminated: "timer K", rfc::CLIENT;
}

timers! {
    enum ClientTimer {
        A = "timer A",
        B = "timer B",
        D = "timer D",
        E = "timer E",
        F = "timer F",
        K = "timer K",
        M = "timer M",
    }
}

/// A request that was sent, until nothing can come back to it any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    state: ClientState,
    timers: Timers<ClientTimer, 7>,
    /// The distance of the repetition that is waited for.
    interval: Duration,
    timing: Timing,
    transport: Transport,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ClientState {
    Invite(InviteClientState),
    Other(OtherClientState),
}

/// What to do about an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientStep {
    /// Pass it on to the user of the transaction.
    Deliver,
    /// Acknowledge the refusal, and pass it on.
    AcknowledgeAndDeliver,
    /// Acknowledge the refusal, which came again.
    Acknowledge,
    /// Nothing: it came again, or too late.
    Absorb,
}

/// What to do because of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientExpiry {
    /// Send the request again.
    Retransmit,
    /// Tell the user that no answer will come.
    TimedOut,
    /// Nothing; the transaction is over.
    Ended,
}

impl Client {
    /// A transaction whose request is sent now.
    #[must_use]
    pub fn start(now: Instant, kind: Kind, transport: Transport, timing: Timing) -> Self {
        let mut timers = Timers::default();
        timers.advance(now);
        let (state, repeat, give_up) = match kind {
            Kind::Invite => {
                (ClientState::Invite(InviteClientState::Calling), ClientTimer::A, ClientTimer::B)
            }
            Kind::Other => {
                (ClientState::Other(OtherClientState::Trying), ClientTimer::E, ClientTimer::F)
            }
        };
        if transport == Transport::Unreliable {
            timers.set(repeat, timing.t1);
        }
        timers.set(give_up, timing.patience());
        Self { state, timers, interval: timing.t1, timing, transport }
    }

    /// Takes an answer with this status.
    pub fn on_response(&mut self, now: Instant, status: u16) -> ClientStep {
        self.timers.advance(now);
        match self.state {
            ClientState::Invite(state) => self.on_invite_response(state, status),
            ClientState::Other(state) => self.on_other_response(state, status),
        }
    }

    fn on_invite_response(&mut self, state: InviteClientState, status: u16) -> ClientStep {
        use InviteClientState::{Accepted, Calling, Completed, Proceeding, Terminated};
        match (state, status) {
            (Calling, ..=199) => {
                self.timers.clear_all();
                self.enter_invite(Proceeding, "1xx");
                ClientStep::Deliver
            }
            (Proceeding, ..=199) | (Accepted, 200..=299) => ClientStep::Deliver,
            (Calling | Proceeding, 200..=299) => {
                self.timers.clear_all();
                self.timers.set(ClientTimer::M, self.timing.patience());
                self.enter_invite(Accepted, "2xx");
                ClientStep::Deliver
            }
            (Calling | Proceeding, _) => {
                self.timers.clear_all();
                let linger = Timing::linger(self.transport, self.timing.patience());
                self.timers.set(ClientTimer::D, linger);
                self.enter_invite(Completed, "300-699");
                ClientStep::AcknowledgeAndDeliver
            }
            (Completed, 300..) => ClientStep::Acknowledge,
            (Completed | Accepted | Terminated, _) => ClientStep::Absorb,
        }
    }

    fn on_other_response(&mut self, state: OtherClientState, status: u16) -> ClientStep {
        use OtherClientState::{Completed, Proceeding, Terminated, Trying};
        match (state, status) {
            (Trying | Proceeding, ..=199) => {
                self.enter_other(Proceeding, "1xx");
                ClientStep::Deliver
            }
            (Trying | Proceeding, _) => {
                self.timers.clear_all();
                self.timers.set(ClientTimer::K, Timing::linger(self.transport, self.timing.t4));
                self.enter_other(Completed, "200-699");
                ClientStep::Deliver
            }
            (Completed | Terminated, _) => ClientStep::Absorb,
        }
    }

    /// Takes one timer that is due; call until `None`.
    pub fn on_timeout(&mut self, now: Instant) -> Option<ClientExpiry> {
        self.timers.advance(now);
        let timer = self.timers.expire()?;
        Some(match timer {
            ClientTimer::A => {
                // INVITE alone backs off without an upper bound (17.1.1.2).
                self.interval = self.interval.saturating_mul(2);
                self.timers.set(timer, self.interval);
                ClientExpiry::Retransmit
            }
            ClientTimer::E => {
                let proceeding = self.state == ClientState::Other(OtherClientState::Proceeding);
                self.interval =
                    if proceeding { self.timing.t2 } else { self.timing.backed_off(self.interval) };
                self.timers.set(timer, self.interval);
                ClientExpiry::Retransmit
            }
            ClientTimer::B | ClientTimer::F => {
                self.terminate(timer.name());
                ClientExpiry::TimedOut
            }
            ClientTimer::D | ClientTimer::K | ClientTimer::M => {
                self.terminate(timer.name());
                ClientExpiry::Ended
            }
        })
    }

    /// Waits for the answer to an INVITE only as long as a cancelled one deserves (9.1).
    pub fn on_cancel(&mut self, now: Instant) {
        self.timers.advance(now);
        if self.state == ClientState::Invite(InviteClientState::Proceeding) {
            self.timers.set(ClientTimer::B, self.timing.patience());
        }
    }

    fn terminate(&mut self, cause: &'static str) {
        self.timers.clear_all();
        match self.state {
            ClientState::Invite(_) => self.enter_invite(InviteClientState::Terminated, cause),
            ClientState::Other(_) => self.enter_other(OtherClientState::Terminated, cause),
        }
    }

    fn enter_invite(&mut self, to: InviteClientState, cause: &'static str) {
        if let ClientState::Invite(state) = &mut self.state {
            // Transactions live below what ladders show: their changes are not told.
            pass(state, to, cause);
        }
    }

    fn enter_other(&mut self, to: OtherClientState, cause: &'static str) {
        if let ClientState::Other(state) = &mut self.state {
            pass(state, to, cause);
        }
    }

    /// Takes note of the time.
    pub fn advance(&mut self, now: Instant) {
        self.timers.advance(now);
    }

    /// When [`Client::on_timeout`] is due, and for which timer.
    #[must_use]
    pub fn next_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        self.timers.next().map(|(at, timer)| (at, timer.name()))
    }

    /// Timers that run, with the time each has left.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        self.timers.running().map(|(timer, left)| (timer.name(), left))
    }

    /// The state's name.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        match self.state {
            ClientState::Invite(state) => state.name(),
            ClientState::Other(state) => state.name(),
        }
    }

    /// Whether a final answer is still to come.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        use {ClientState::Invite, ClientState::Other};
        matches!(
            self.state,
            Invite(InviteClientState::Calling | InviteClientState::Proceeding)
                | Other(OtherClientState::Trying | OtherClientState::Proceeding)
        )
    }

    /// Whether a provisional answer came to an INVITE, and no final one.
    #[must_use]
    pub const fn is_proceeding(&self) -> bool {
        matches!(self.state, ClientState::Invite(InviteClientState::Proceeding))
    }

    /// Whether it can be forgotten.
    #[must_use]
    pub const fn is_terminated(&self) -> bool {
        use {ClientState::Invite, ClientState::Other};
        matches!(
            self.state,
            Invite(InviteClientState::Terminated) | Other(OtherClientState::Terminated)
        )
    }
}
