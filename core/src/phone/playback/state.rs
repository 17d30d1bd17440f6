//! The states of playback, its timer, and what it is ordered to do.

use alloc::string::String;

use crate::machine::{Diagram, State, Timer, Transition};
use crate::rule;

/// Settings of playback.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// The number of the first file that it opens; the next ones follow. Apart from those that
    /// are recorded, which start from 0.
    pub first_file: u32,
    /// Bytes that are read at once.
    pub read_len: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { first_file: 1 << 31, read_len: 8192 }
    }
}

/// What the user orders.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Plays the file of this name from its beginning.
    Play(String),
    /// Pauses.
    Pause,
    /// Goes on.
    Resume,
    /// Goes to this second.
    Seek(u32),
    /// Ends playback.
    Stop,
}

/// What playback does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlaybackState {
    /// Nothing.
    Idle,
    /// Opens the file and reads its header.
    Opening,
    /// Sounds.
    Playing,
    /// Waits in mid-file.
    Paused,
}

impl State for PlaybackState {
    const DIAGRAM: &'static Diagram = &Diagram {
        machine: "playback",
        states: &["idle", "opening", "playing", "paused"],
        transitions: &[
            Transition::new("idle", "opening", "play", rule::BX_L7),
            Transition::new("opening", "playing", "header read", rule::BX_L7),
            Transition::new("opening", "idle", "unreadable", rule::BX_L3),
            Transition::new("opening", "idle", "read failure", rule::BX_L7),
            Transition::new("opening", "idle", "stop", rule::BX_L7),
            Transition::new("opening", "idle", "drive removed", rule::BX_L1),
            Transition::new("playing", "paused", "pause", rule::BX_L7),
            Transition::new("paused", "playing", "resume", rule::BX_L7),
            Transition::new("playing", "idle", "end of recording", rule::BX_L7),
            Transition::new("playing", "idle", "read failure", rule::BX_L7),
            Transition::new("playing", "idle", "stop", rule::BX_L7),
            Transition::new("playing", "idle", "drive removed", rule::BX_L1),
            Transition::new("paused", "idle", "read failure", rule::BX_L7),
            Transition::new("paused", "idle", "stop", rule::BX_L7),
            Transition::new("paused", "idle", "drive removed", rule::BX_L1),
        ],
    };

    fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Opening => "opening",
            Self::Playing => "playing",
            Self::Paused => "paused",
        }
    }
}

/// The only timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PlaybackTimer {
    /// The next block is to sound.
    Block,
}

impl Timer for PlaybackTimer {
    const ALL: &'static [Self] = &[Self::Block];

    fn index(self) -> usize {
        self as usize
    }

    fn name(self) -> &'static str {
        "next block"
    }
}
