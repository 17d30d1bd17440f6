//! Transactions: one request with its answers, and what is sent again until they arrive
//! (RFC 3261 17, RFC 6026).
//!
//! These machines know timers and states, no bytes: an [`Endpoint`](super::Endpoint) owns many of
//! them and the messages that they ask it to send.

use core::time::Duration;

mod client;
mod server;

pub use client::{Client, ClientExpiry, ClientStep, InviteClientState, OtherClientState};
pub use server::{InviteServerState, OtherServerState, Server, ServerExpiry, ServerStep};

/// Which of the two sorts of transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// INVITE, with its ACK: three messages, and an answer that may take minutes.
    Invite,
    /// Any other request: two messages.
    Other,
}

/// Whether the transport sends again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// UDP: the transactions send again.
    Unreliable,
    /// TCP and the like: they need not.
    Reliable,
}

/// The base values of all SIP timers (RFC 3261 17.1.1.1 and Table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timing {
    /// Estimate of the round trip; the first distance between repetitions.
    pub t1: Duration,
    /// The longest distance between repetitions, INVITE requests aside.
    pub t2: Duration,
    /// How long a message may stay in the network.
    pub t4: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
        }
    }
}

impl Timing {
    /// How long a transaction is tried at all: timers B, F, H, J, L and M.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// The distance of the next repetition after one of `interval`.
    #[must_use]
    pub fn backed_off(&self, interval: Duration) -> Duration {
        interval.saturating_mul(2).min(self.t2)
    }

    /// How long to stay for late repetitions: nothing where there can be none.
    fn linger(transport: Transport, over_udp: Duration) -> Duration {
        match transport {
            Transport::Unreliable => over_udp,
            Transport::Reliable => Duration::ZERO,
        }
    }
}
