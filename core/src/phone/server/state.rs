//! The states and timers of recording by a server, on the phone's side.

use crate::machine::{Diagram, State, Timer, Transition};
use crate::rule;

/// How far the phone has come with its record server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServerState {
    /// Nothing is recorded.
    Idle,
    /// The TCP connection is being opened.
    Connecting,
    /// The server was asked to start and has not answered.
    Starting,
    /// RTP flows.
    Recording,
    /// The server was asked to stop and has not answered.
    Stopping,
}

impl State for ServerState {
    const DIAGRAM: &'static Diagram = &Diagram {
        machine: "server recording",
        states: &["idle", "connecting", "starting", "recording", "stopping"],
        transitions: &[
            Transition::new("idle", "connecting", "start", rule::BX_S1),
            Transition::new("connecting", "starting", "connected", rule::BX_S2),
            Transition::new("connecting", "idle", "stop", rule::BX_1),
            Transition::new("connecting", "idle", "call ended", rule::BX_1),
            Transition::new("connecting", "idle", "socket error", rule::BX_S7),
            Transition::new("connecting", "idle", "connect time-out", rule::BX_S10),
            Transition::new("starting", "recording", "success", rule::BX_S8),
            Transition::new("starting", "idle", "failed", rule::BX_S6),
            Transition::new("starting", "idle", "no port", rule::BX_S4),
            Transition::new("starting", "idle", "socket error", rule::BX_S7),
            Transition::new("starting", "idle", "start time-out", rule::BX_S10),
            Transition::new("starting", "stopping", "stop", rule::BX_S3),
            Transition::new("starting", "stopping", "call ended", rule::BX_S3),
            Transition::new("starting", "stopping", "unsupported codec", rule::BX_S9),
            Transition::new("recording", "stopping", "stop", rule::BX_S3),
            Transition::new("recording", "stopping", "call ended", rule::BX_S3),
            Transition::new("recording", "idle", "socket error", rule::BX_S7),
            Transition::new("stopping", "idle", "stop response", rule::BX_S3),
            Transition::new("stopping", "idle", "failed", rule::BX_S6),
            Transition::new("stopping", "idle", "socket error", rule::BX_S7),
            Transition::new("stopping", "idle", "stop time-out", rule::BX_S10),
        ],
    };

    fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Starting => "starting",
            Self::Recording => "recording",
            Self::Stopping => "stopping",
        }
    }
}

/// What the phone waits for (BX-S10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServerTimer {
    /// The TCP connection.
    Connect,
    /// The answer to the start request.
    Start,
    /// The answer to the stop request.
    Stop,
    /// More bytes of an answer that may be over (BX-S5).
    Settle,
    /// The server's closing of the connection (BX-S5).
    Linger,
}

impl Timer for ServerTimer {
    const ALL: &'static [Self] =
        &[Self::Connect, Self::Start, Self::Stop, Self::Settle, Self::Linger];

    fn index(self) -> usize {
        self as usize
    }

    fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Start => "start response",
            Self::Stop => "stop response",
            Self::Settle => "end of a response",
            Self::Linger => "closing",
        }
    }
}
