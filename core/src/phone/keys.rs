//! What the phone does at the press of a key, and when its plug is put in or pulled.

use alloc::string::String;
use core::time::Duration;

use super::active::ActiveCommand;
use super::line::{self, LineCommand};
use super::local::{self, LocalRecorder, LocalState};
use super::on_demand::{CallFacts, OnDemandCommand};
use super::playback::{self, Player};
use super::server::{self, Parties, ServerRecorder, ServerState};
use super::{Phone, PhoneCommand, PhoneState, RecordMethod};
use crate::control::Direction;
use crate::machine::{Event, Input, Machine as _, State as _};
use crate::rule::{self, Rule};
use crate::time::Instant;

impl Phone {
    /// Does what its user asks for; without power, nothing but come to life.
    pub(super) fn command(&mut self, now: Instant, command: PhoneCommand) {
        match command {
            PhoneCommand::PowerOn => self.power_on(now),
            PhoneCommand::PowerOff => self.power_off(now),
            _ if self.state == PhoneState::Off => {
                let reason = "the phone has no power";
                self.outbox.event(Event::Ignored { reason, rule: rule::MX_S12 });
            }
            PhoneCommand::LogOn => self.tell_line(now, LineCommand::LogOn),
            PhoneCommand::LogOff => {
                // The recorder is told before the PBX (MX-S5).
                self.tell_active(now, ActiveCommand::LogOff);
                self.tell_line(now, LineCommand::LogOff);
            }
            PhoneCommand::Dial(number) => self.tell_line(now, LineCommand::Dial(number)),
            PhoneCommand::Answer => self.tell_line(now, LineCommand::Answer),
            PhoneCommand::HangUp => self.tell_line(now, LineCommand::HangUp),
            PhoneCommand::RecordKey => self.record_key(now),
            PhoneCommand::OnDemandKey => self.on_demand_key(now),
            PhoneCommand::Pause | PhoneCommand::Resume => self.pause_key(now, &command),
            PhoneCommand::Play(name) => self.tell_player(now, playback::Command::Play(name)),
            PhoneCommand::Seek(second) => self.tell_player(now, playback::Command::Seek(second)),
            PhoneCommand::StopPlaying => self.tell_player(now, playback::Command::Stop),
        }
    }

    fn power_on(&mut self, now: Instant) {
        if self.state == PhoneState::On {
            return;
        }
        self.outbox.event(self.state.enter(PhoneState::On, "power on"));
        if self.config.logs_on_at_start {
            self.tell_line(now, LineCommand::LogOn);
        }
    }

    /// Silent at once: no part says a word to anybody (MX-S12).
    fn power_off(&mut self, now: Instant) {
        if self.state == PhoneState::Off {
            return;
        }
        self.outbox.event(self.state.enter(PhoneState::Off, "power off"));
        let Ok(()) = self.line.handle_input(now, Input::Command(LineCommand::PowerOff));
        while self.line.poll_notice().is_some() {}
        self.tell_active(now, ActiveCommand::PowerOff);
        self.tell_on_demand(now, OnDemandCommand::PowerOff);
        self.collect();
        self.local = LocalRecorder::new(self.config.local_config());
        self.server = ServerRecorder::new(self.config.server_config());
        self.player = Player::new(playback::Config::default());
    }

    /// The record key: the configured method, on or off (BX-1).
    fn record_key(&mut self, now: Instant) {
        let is_talking = self.line.call() == line::CallState::Talking;
        match self.config.record_method {
            RecordMethod::None => self.prompt("Recording is not set up", rule::BX_4),
            RecordMethod::Info => self.tell_line(now, LineCommand::Record),
            RecordMethod::Local if self.local.state() != LocalState::Idle => {
                self.tell_local(now, local::Command::Stop);
            }
            RecordMethod::Server if self.server.state() != ServerState::Idle => {
                self.tell_server(now, server::Command::Stop);
            }
            _ if !is_talking => self.prompt("Cannot record: there is no call", rule::BX_1),
            RecordMethod::Local => self.tell_local(now, local::Command::Start),
            RecordMethod::Server => {
                if let Some(parties) = self.parties() {
                    self.tell_server(now, server::Command::Start(parties));
                }
            }
        }
    }

    /// Pauses or resumes what records, or else what plays.
    fn pause_key(&mut self, now: Instant, command: &PhoneCommand) {
        let pauses = *command == PhoneCommand::Pause;
        let is_recording = self.local.state() != LocalState::Idle;
        match (is_recording, pauses) {
            (true, true) => self.tell_local(now, local::Command::Pause),
            (true, false) => self.tell_local(now, local::Command::Resume),
            (false, true) => self.tell_player(now, playback::Command::Pause),
            (false, false) => self.tell_player(now, playback::Command::Resume),
        }
    }

    fn on_demand_key(&mut self, now: Instant) {
        if self.on_demand.is_none() {
            return self.prompt("Recording on demand is not set up", rule::MX_D1);
        }
        let facts = self.line.party().map(|party| CallFacts {
            sip_user_name: self.config.extension.clone(),
            display_name: self.config.display_name.clone(),
            remote_number: party.number.clone(),
            local_ip: Some(self.config.address),
            call_direction: String::from(match party.direction {
                Direction::In => "incoming",
                Direction::Out => "outgoing",
            }),
            call_duration: match self.line.call() {
                line::CallState::Talking => now - *self.call_since,
                _ => Duration::ZERO,
            },
            line_state: String::from(match self.line.call() {
                line::CallState::Idle => "idle",
                line::CallState::Calling => "outgoing",
                line::CallState::Ringing => "ringing",
                line::CallState::Talking => "connected",
            }),
        });
        self.tell_on_demand(now, OnDemandCommand::Key(facts));
    }

    /// Who talks to whom, for a record server (BX-S2).
    fn parties(&self) -> Option<Parties> {
        let party = self.line.party()?;
        Some(Parties {
            remote_number: party.number.clone(),
            remote_name: party.name.clone(),
            local_number: self.config.extension.clone(),
            local_name: self.config.display_name.clone(),
            direction: party.direction,
        })
    }

    fn prompt(&mut self, text: &str, rule: &'static Rule) {
        self.outbox.event(Event::Prompt { text: String::from(text), rule });
    }
}
