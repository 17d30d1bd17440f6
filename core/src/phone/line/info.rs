//! Asking the PBX to record the call (BX-I1 to BX-I3).

use alloc::format;
use alloc::string::{String, ToString};

use super::call::Call;
use super::{CallState, InfoState, Line};
use crate::machine::State as _;
use crate::rule;
use crate::sip::{Method, status_text};

impl Line {
    fn enter_info(&mut self, to: InfoState, cause: &'static str) {
        self.outbox.event(self.info.enter(to, cause));
    }

    /// The record key.
    pub(super) fn record(&mut self) {
        let dialog = self.call.as_ref().and_then(Call::dialog);
        let Some(dialog) = dialog.filter(|_| self.call_state == CallState::Talking) else {
            return self.outbox.prompt("Cannot record: there is no call", rule::BX_I1);
        };
        let (line, to) = match self.info {
            InfoState::Off => (&self.config.record_on, InfoState::Starting),
            InfoState::On => (&self.config.record_off, InfoState::Stopping),
            InfoState::Starting | InfoState::Stopping => {
                return self
                    .outbox
                    .ignored("the PBX has not answered the last request", rule::BX_I2);
            }
        };
        let Some((name, value)) = header(line) else {
            return self
                .outbox
                .prompt("Cannot record: the configured header line is none", rule::BX_4);
        };
        let info = self.endpoint.request_in(dialog, Method::Info).header(&name, value);
        let now = self.timers.now();
        self.asked = self.endpoint.send_in(now, dialog, info, rule::BX_I2, &mut self.outbox);
        self.enter_info(to, "record key");
    }

    pub(super) fn info_answered(&mut self, status: u16) {
        if status < 200 {
            return;
        }
        self.asked = None;
        if status < 300 {
            let (to, text) = match self.info {
                InfoState::Starting => (InfoState::On, "Recording"),
                InfoState::Stopping => (InfoState::Off, "Recording stopped"),
                InfoState::Off | InfoState::On => return,
            };
            self.enter_info(to, "200");
            self.outbox.prompt(text, rule::BX_I2);
        } else {
            let what = self.wanted();
            self.back("refused");
            let text = format!("{what} refused: {status} {}", status_text(status));
            self.outbox.prompt(text, rule::BX_I3);
        }
    }

    pub(super) fn info_unanswered(&mut self) {
        self.asked = None;
        let what = self.wanted();
        self.back("no answer");
        self.outbox.prompt(format!("{what} refused: the PBX does not answer"), rule::BX_I3);
    }

    /// What the PBX was asked for, in the user's words.
    const fn wanted(&self) -> &'static str {
        match self.info {
            InfoState::Off | InfoState::Starting => "Recording",
            InfoState::On | InfoState::Stopping => "End of recording",
        }
    }

    /// The recording stays as it was (BX-I3).
    fn back(&mut self, cause: &'static str) {
        match self.info {
            InfoState::Starting => self.enter_info(InfoState::Off, cause),
            InfoState::Stopping => self.enter_info(InfoState::On, cause),
            InfoState::Off | InfoState::On => {}
        }
    }

    /// The call is over, and the PBX's recording with it.
    pub(super) fn end_info(&mut self) {
        self.asked = None;
        self.enter_info(InfoState::Off, "call ended");
    }
}

/// The name and value of a configured header line.
fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c);
    (!name.is_empty() && name.chars().all(is_token))
        .then(|| (name.to_string(), value.trim().to_string()))
}
