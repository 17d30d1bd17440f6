//! The states of a record server and of each of its recordings.

use crate::machine::{Diagram, State, Transition};
use crate::rule;

/// Whether the server takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceState {
    /// It does.
    Running,
    /// It lets the recordings under way end, and takes no more.
    Draining,
    /// It is done.
    Stopped,
}

impl State for ServiceState {
    const DIAGRAM: &'static Diagram = &Diagram {
        machine: "record server",
        states: &["running", "draining", "stopped"],
        transitions: &[
            Transition::new("running", "draining", "drain", rule::BX_S8),
            Transition::new("draining", "stopped", "last recording ended", rule::BX_S8),
            Transition::new("running", "stopped", "shut down", rule::BX_S7),
            Transition::new("draining", "stopped", "shut down", rule::BX_S7),
        ],
    };

    fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Draining => "draining",
            Self::Stopped => "stopped",
        }
    }
}

/// How far one phone's recording has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordingState {
    /// The phone is connected and has not asked yet.
    Connected,
    /// A port is its own, and its RTP is written.
    Recording,
    /// It is over: the port is free, the file closed.
    Ended,
}

impl State for RecordingState {
    const DIAGRAM: &'static Diagram = &Diagram {
        machine: "recording for a phone",
        states: &["connected", "recording", "ended"],
        transitions: &[
            Transition::new("connected", "recording", "start request", rule::BX_S2),
            Transition::new("connected", "ended", "refused", rule::BX_S2),
            Transition::new("connected", "ended", "stop request", rule::BX_S3),
            Transition::new("connected", "ended", "no command", rule::BX_S5),
            Transition::new("connected", "ended", "no request", rule::BX_S10),
            Transition::new("connected", "ended", "socket error", rule::BX_S7),
            Transition::new("connected", "ended", "shut down", rule::BX_S7),
            Transition::new("recording", "ended", "stop request", rule::BX_S3),
            Transition::new("recording", "ended", "socket error", rule::BX_S7),
            Transition::new("recording", "ended", "no RTP", rule::BX_S10),
            Transition::new("recording", "ended", "disk full", rule::BX_S7),
            Transition::new("recording", "ended", "write failure", rule::BX_S7),
            Transition::new("recording", "ended", "shut down", rule::BX_S7),
        ],
    };

    fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Recording => "recording",
            Self::Ended => "ended",
        }
    }
}
