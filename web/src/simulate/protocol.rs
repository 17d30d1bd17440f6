//! What the Simulate page and its worker say to each other.
//!
//! As on the Analyze page, a message is one [`Order`] or [`Notice`] as bytes, then its
//! attachments ([`crate::protocol::pack`]).

mod forms;

use crate::protocol::RequestId;
use recscope_simulator::lesson::{Lesson, Problem, Setup};
use std::rc::Rc;

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Repeated in the answer.
    pub request: RequestId,
    /// What to do.
    pub task: Task,
}

/// What the worker can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Play what is set up, to its end.
    Play(Setup),
    /// Make a file of what is set up.
    Export(Setup, Export),
}

/// A file that can be made of a run. Each is what the command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// The diagram as a stand-alone drawing.
    Svg,
    /// The diagram for wikis.
    Mermaid,
    /// The diagram as text.
    Text,
    /// The packets that arrived.
    Pcap,
    /// The run as data.
    Json,
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A task is done, or cannot be.
    Answer {
        /// As in the order.
        request: RequestId,
        /// What came of it.
        answer: Result<Answer, Problem>,
    },
    /// The worker has failed and is of no more use.
    Crashed {
        /// Where in the program, for a bug report.
        place: String,
    },
}

/// What comes of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To [`Task::Play`].
    Lesson(Rc<Lesson>),
    /// To [`Task::Export`]; attached: the file, a `Uint8Array`.
    File,
}

impl Export {
    /// How the names of such files end.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Mermaid => "mmd",
            Self::Text => "txt",
            Self::Pcap => "pcap",
            Self::Json => "json",
        }
    }

    /// What browsers call the format.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Mermaid | Self::Text => "text/plain",
            Self::Pcap => "application/vnd.tcpdump.pcap",
            Self::Json => "application/json",
        }
    }
}
