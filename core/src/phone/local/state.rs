//! The states of local recording.

use crate::machine::{Diagram, State, Transition};
use crate::rule;

/// What local recording does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocalState {
    /// Nothing.
    Idle,
    /// Writes the call to a file.
    Recording,
    /// Keeps the file open, but lets the sound pass (BX-L5).
    Paused,
}

impl State for LocalState {
    const DIAGRAM: &'static Diagram = &Diagram {
        machine: "local recording",
        states: &["idle", "recording", "paused"],
        transitions: &[
            Transition::new("idle", "recording", "start", rule::BX_L1),
            Transition::new("recording", "paused", "pause", rule::BX_L5),
            Transition::new("paused", "recording", "resume", rule::BX_L5),
            Transition::new("recording", "idle", "stop", rule::BX_1),
            Transition::new("recording", "idle", "call ended", rule::BX_1),
            Transition::new("recording", "idle", "drive full", rule::BX_L4),
            Transition::new("recording", "idle", "drive removed", rule::BX_L6),
            Transition::new("recording", "idle", "write failure", rule::BX_L6),
            Transition::new("paused", "idle", "stop", rule::BX_1),
            Transition::new("paused", "idle", "call ended", rule::BX_1),
            Transition::new("paused", "idle", "drive removed", rule::BX_L6),
            Transition::new("paused", "idle", "write failure", rule::BX_L6),
        ],
    };

    fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Recording => "recording",
            Self::Paused => "paused",
        }
    }
}
