//! The side that answers the request (RFC 3261 17.2, RFC 6026 8.5).

use super::{Kind, Timing, Transport};
use crate::Instant;
use crate::machine::{State, TimeoutReason, Timer, Timers, pass, states, timers};
use crate::rule::rfc;
use core::time::Duration;

/// How long the user of an INVITE transaction may think before 100 is sent for it (17.2.1).
const TRYING_AFTER: Duration = Duration::from_millis(200);

states! {
    /// Where the receiver of an INVITE is (RFC 3261 figure 7, with RFC 6026).
    pub enum InviteServerState: "INVITE server transaction" {
        /// No final answer yet.
        Proceeding = "proceeding",
        /// Refused; waits for the ACK.
        Completed = "completed",
        /// Refused and acknowledged; absorbs repetitions of the ACK.
        Confirmed = "confirmed",
        /// Accepted; absorbs repetitions of the INVITE.
        Accepted = "accepted",
        /// Over.
        Terminated = "terminated",
    }
    Proceeding -> Completed: "300-699", rfc::INVITE_SERVER;
    Proceeding -> Accepted: "2xx", rfc::ACCEPTED;
    Completed -> Confirmed: "ACK", rfc::INVITE_SERVER;
    Completed -> Terminated: "timer H", rfc::INVITE_SERVER;
    Confirmed -> Terminated: "timer I", rfc::INVITE_SERVER;
    Accepted -> Terminated: "timer L", rfc::ACCEPTED;
}

states! {
    /// Where the receiver of another request is (RFC 3261 figure 8).
    pub enum OtherServerState: "server transaction" {
        /// Nothing answered yet.
        Trying = "trying",
        /// Answered provisionally.
        Proceeding = "proceeding",
        /// Answered; repeats the answer when asked again.
        Completed = "completed",
        /// Over.
        Terminated = "terminated",
    }
    Trying -> Proceeding: "1xx", rfc::SERVER;
    Trying -> Completed: "200-699", rfc::SERVER;
    Proceeding -> Completed: "200-699", rfc::SERVER;
    Completed -> Terminated: "timer J", rfc::SERVER;
}

timers! {
    enum ServerTimer {
        Trying = "100 Trying",
        G = "timer G",
        H = "timer H",
        I = "timer I",
        J = "timer J",
        L = "timer L",
    }
}

/// A request that arrived, until it cannot arrive again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Server {
    state: ServerState,
    timers: Timers<ServerTimer, 6>,
    /// The distance of the repetition that is waited for.
    interval: Duration,
    timing: Timing,
    transport: Transport,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ServerState {
    Invite(InviteServerState),
    Other(OtherServerState),
}

/// What to do about a message that belongs to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerStep {
    /// Send the last answer again, if there was one.
    Repeat,
    /// Pass it on to the user: the ACK of an accepted INVITE.
    Deliver,
    /// Nothing.
    Absorb,
}

/// What to do because of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerExpiry {
    /// Answer 100: the user takes its time.
    Trying,
    /// Send the last answer again.
    Retransmit,
    /// Tell the user that no ACK came to its refusal; the transaction is over.
    NotAcknowledged,
    /// Nothing; the transaction is over.
    Ended,
}

impl Server {
    /// A transaction whose request arrived now.
    #[must_use]
    pub fn start(now: Instant, kind: Kind, transport: Transport, timing: Timing) -> Self {
        let mut timers = Timers::default();
        timers.advance(now);
        let state = match kind {
            Kind::Invite => {
                timers.set(ServerTimer::Trying, TRYING_AFTER);
                ServerState::Invite(InviteServerState::Proceeding)
            }
            Kind::Other => ServerState::Other(OtherServerState::Trying),
        };
        Self { state, timers, interval: timing.t1, timing, transport }
    }

    /// Takes the request, which came again.
    pub fn on_request(&mut self, now: Instant) -> ServerStep {
        self.timers.advance(now);
        match self.state {
            ServerState::Invite(InviteServerState::Proceeding | InviteServerState::Completed)
            | ServerState::Other(OtherServerState::Proceeding | OtherServerState::Completed) => {
                ServerStep::Repeat
            }
            _ => ServerStep::Absorb,
        }
    }

    /// Takes an ACK.
    pub fn on_ack(&mut self, now: Instant) -> ServerStep {
        self.timers.advance(now);
        match self.state {
            ServerState::Invite(InviteServerState::Completed) => {
                self.timers.clear_all();
                self.timers.set(ServerTimer::I, Timing::linger(self.transport, self.timing.t4));
                self.enter_invite(InviteServerState::Confirmed, "ACK");
                ServerStep::Absorb
            }
            ServerState::Invite(InviteServerState::Accepted) => ServerStep::Deliver,
            _ => ServerStep::Absorb,
        }
    }

    /// Takes note of an answer; whether it may be sent.
    pub fn on_respond(&mut self, now: Instant, status: u16) -> bool {
        self.timers.advance(now);
        match self.state {
            ServerState::Invite(InviteServerState::Proceeding) => self.respond_to_invite(status),
            ServerState::Other(OtherServerState::Trying | OtherServerState::Proceeding) => {
                if status < 200 {
                    self.enter_other(OtherServerState::Proceeding, "1xx");
                } else {
                    let linger = Timing::linger(self.transport, self.timing.patience());
                    self.timers.set(ServerTimer::J, linger);
                    self.enter_other(OtherServerState::Completed, "200-699");
                }
            }
            _ => return false,
        }
        true
    }

    fn respond_to_invite(&mut self, status: u16) {
        self.timers.clear_all();
        match status {
            ..=199 => {}
            200..=299 => {
                self.timers.set(ServerTimer::L, self.timing.patience());
                self.enter_invite(InviteServerState::Accepted, "2xx");
            }
            _ => {
                if self.transport == Transport::Unreliable {
                    self.timers.set(ServerTimer::G, self.timing.t1);
                }
                self.timers.set(ServerTimer::H, self.timing.patience());
                self.enter_invite(InviteServerState::Completed, "300-699");
            }
        }
    }

    /// Takes one timer that is due; call until `None`.
    pub fn on_timeout(&mut self, now: Instant) -> Option<ServerExpiry> {
        self.timers.advance(now);
        let timer = self.timers.expire()?;
        Some(match timer {
            ServerTimer::Trying => ServerExpiry::Trying,
            ServerTimer::G => {
                self.interval = self.timing.backed_off(self.interval);
                self.timers.set(timer, self.interval);
                ServerExpiry::Retransmit
            }
            ServerTimer::H => {
                self.terminate(timer.name());
                ServerExpiry::NotAcknowledged
            }
            ServerTimer::I | ServerTimer::J | ServerTimer::L => {
                self.terminate(timer.name());
                ServerExpiry::Ended
            }
        })
    }

    fn terminate(&mut self, cause: &'static str) {
        self.timers.clear_all();
        match self.state {
            ServerState::Invite(_) => self.enter_invite(InviteServerState::Terminated, cause),
            ServerState::Other(_) => self.enter_other(OtherServerState::Terminated, cause),
        }
    }

    fn enter_invite(&mut self, to: InviteServerState, cause: &'static str) {
        if let ServerState::Invite(state) = &mut self.state {
            // Transactions live below what ladders show: their changes are not told.
            pass(state, to, cause);
        }
    }

    fn enter_other(&mut self, to: OtherServerState, cause: &'static str) {
        if let ServerState::Other(state) = &mut self.state {
            pass(state, to, cause);
        }
    }

    /// Takes note of the time.
    pub fn advance(&mut self, now: Instant) {
        self.timers.advance(now);
    }

    /// When [`Server::on_timeout`] is due, and for which timer.
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
            ServerState::Invite(state) => state.name(),
            ServerState::Other(state) => state.name(),
        }
    }

    /// Whether no final answer was given.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        use {ServerState::Invite, ServerState::Other};
        matches!(
            self.state,
            Invite(InviteServerState::Proceeding)
                | Other(OtherServerState::Trying | OtherServerState::Proceeding)
        )
    }

    /// Whether it can be forgotten.
    #[must_use]
    pub const fn is_terminated(&self) -> bool {
        use {ServerState::Invite, ServerState::Other};
        matches!(
            self.state,
            Invite(InviteServerState::Terminated) | Other(OtherServerState::Terminated)
        )
    }
}
