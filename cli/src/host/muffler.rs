//! What the log is spared.

use super::{Line, Log};
use crate::output::reason;
use recscope_core::machine::Event;
use std::io;

/// Keeps what happens packet by packet from filling the log: a second line that says the same is
/// only counted, and told of once a second.
#[derive(Debug, Default)]
pub(super) struct Muffler {
    last: String,
    repeated: u64,
}

impl Muffler {
    /// Writes an event of a machine, unless it is one too many.
    pub(super) fn event(&mut self, event: &Event, log: &Log) {
        match event {
            Event::Ignored { reason, .. } => {
                if !self.is_new(reason, log) {
                    return;
                }
            }
            Event::StateChanged { .. } | Event::Prompt { .. } | Event::Note { .. } => {}
        }
        log.write(&Line::of(event));
    }

    /// Writes of an error, unless it is one too many.
    pub(super) fn complain(&mut self, what: &str, error: &io::Error, log: &Log) {
        let text = reason(error);
        if self.is_new(&text, log) {
            log.write(&Line::new("error").with("text", what).with("reason", text));
        }
    }

    fn is_new(&mut self, text: &str, log: &Log) -> bool {
        if self.last == text {
            self.repeated += 1;
            return false;
        }
        if let Some(line) = self.drain() {
            log.write(&line);
        }
        text.clone_into(&mut self.last);
        true
    }

    /// A line about what was held back.
    pub(super) fn drain(&mut self) -> Option<Line> {
        let repeated = std::mem::take(&mut self.repeated);
        (repeated > 0)
            .then(|| Line::new("again").with("reason", &self.last).with("times", repeated))
    }
}
