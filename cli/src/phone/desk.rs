//! A phone with a PBX, or without one: then it is in a call for as long as it is logged on.

use recscope_core::machine::{Input, Machine, Outbox, Output, TimeoutReason};
use recscope_core::phone::active::{Active, ActiveCommand, ActiveConfig, ActiveState};
use recscope_core::phone::line::RegistrationState;
use recscope_core::phone::on_demand::{CallFacts, OnDemand, OnDemandCommand, OnDemandConfig};
use recscope_core::phone::{Phone, PhoneCommand, PhoneState};
use recscope_core::time::Instant;
use std::convert::Infallible;
use std::time::Duration;

/// A phone on somebody's desk.
#[derive(Debug)]
pub(super) enum Desk {
    /// Copies its one endless call.
    Alone(Box<Alone>),
    /// Registers and has calls.
    AtPbx(Box<Phone>),
}

/// The parts of a phone that have to do with a recording system.
#[derive(Debug)]
pub(super) struct Alone {
    active: Active,
    on_demand: Option<OnDemand>,
    outbox: Outbox,
    facts: CallFacts,
    power: Power,
    call_since: Option<Instant>,
}

/// Whether a phone has power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Power {
    On,
    Off,
}

impl Desk {
    /// A phone without a PBX.
    pub(super) fn alone(active: ActiveConfig, on_demand: Option<OnDemandConfig>) -> Self {
        let facts = CallFacts {
            sip_user_name: active.extension.clone(),
            local_ip: Some(active.address),
            call_direction: "outgoing".to_owned(),
            line_state: "connected".to_owned(),
            ..CallFacts::default()
        };
        Self::Alone(Box::new(Alone {
            active: Active::new(active),
            on_demand: on_demand.map(OnDemand::new),
            outbox: Outbox::default(),
            facts,
            power: Power::Off,
            call_since: None,
        }))
    }

    /// What it is doing for a recorder.
    pub(super) fn active(&self) -> Option<&Active> {
        match self {
            Self::Alone(desk) => Some(&desk.active),
            Self::AtPbx(phone) => phone.active(),
        }
    }

    /// Whether nothing is left that somebody waits for the end of.
    pub(super) fn is_quiet(&self) -> bool {
        /// Runs while a request, such as BYE or REGISTER, has no answer (RFC 3261 17.1.2.2).
        const NO_ANSWER_YET: &str = "timer F";
        let is_off = self.active().is_none_or(|active| active.state() == ActiveState::LoggedOff);
        let waits = |(timer, _): (&str, Duration)| timer == NO_ANSWER_YET;
        is_off
            && match self {
                Self::Alone(desk) => !desk.active.timers().any(waits),
                Self::AtPbx(phone) => {
                    let is_gone = phone.state() == PhoneState::Off
                        || phone.line().registration() == RegistrationState::LoggedOff;
                    is_gone && !phone.timers().any(waits)
                }
            }
    }
}

impl Alone {
    fn command(&mut self, now: Instant, command: &PhoneCommand) {
        match command {
            PhoneCommand::PowerOn => {
                self.power = Power::On;
                self.command(now, &PhoneCommand::LogOn);
            }
            _ if self.power == Power::Off => {}
            PhoneCommand::LogOn => {
                self.tell_active(now, ActiveCommand::LogOn);
                self.begin_call(now);
            }
            PhoneCommand::PowerOff => {
                self.power = Power::Off;
                self.call_since = None;
                self.tell_active(now, ActiveCommand::PowerOff);
                self.tell_on_demand(now, OnDemandCommand::PowerOff);
            }
            PhoneCommand::LogOff => {
                self.end_call(now);
                self.tell_active(now, ActiveCommand::LogOff);
            }
            PhoneCommand::Dial(number) => {
                self.facts.remote_number.clone_from(number);
                self.begin_call(now);
            }
            PhoneCommand::Answer => self.begin_call(now),
            PhoneCommand::HangUp => self.end_call(now),
            PhoneCommand::OnDemandKey => {
                let facts = self
                    .call_since
                    .map(|since| CallFacts { call_duration: now - since, ..self.facts.clone() });
                self.tell_on_demand(now, OnDemandCommand::Key(facts));
            }
            PhoneCommand::RecordKey
            | PhoneCommand::Pause
            | PhoneCommand::Resume
            | PhoneCommand::Play(_)
            | PhoneCommand::Seek(_)
            | PhoneCommand::StopPlaying => {}
        }
    }

    fn begin_call(&mut self, now: Instant) {
        if self.call_since.is_none() {
            self.call_since = Some(now);
            self.tell_active(now, ActiveCommand::CallStarted);
        }
    }

    fn end_call(&mut self, now: Instant) {
        self.call_since = None;
        self.tell_active(now, ActiveCommand::CallEnded);
        self.tell_on_demand(now, OnDemandCommand::CallEnded);
    }

    fn tell_active(&mut self, now: Instant, command: ActiveCommand) {
        let Ok(()) = self.active.handle_input(now, Input::Command(command));
        pass_on(&mut self.active, &mut self.outbox);
    }

    fn tell_on_demand(&mut self, now: Instant, command: OnDemandCommand) {
        if let Some(on_demand) = &mut self.on_demand {
            let Ok(()) = on_demand.handle_input(now, Input::Command(command));
            pass_on(on_demand, &mut self.outbox);
        }
    }
}

fn pass_on<M: Machine>(part: &mut M, outbox: &mut Outbox) {
    while let Some(output) = part.poll_output() {
        outbox.push(output);
    }
}

impl Machine for Alone {
    type Command = PhoneCommand;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, PhoneCommand>,
    ) -> Result<(), Infallible> {
        match input {
            Input::Command(command) => self.command(now, &command),
            _ if self.power == Power::Off => {}
            Input::Datagram { local, remote, payload } => {
                self.active.handle_input(now, Input::Datagram { local, remote, payload })?;
            }
            Input::Audio { side, samples } => {
                self.active.handle_input(now, Input::Audio { side, samples })?;
            }
            Input::Tcp { connection, event } => {
                if let Some(on_demand) = &mut self.on_demand {
                    on_demand.handle_input(now, Input::Tcp { connection, event })?;
                    pass_on(on_demand, &mut self.outbox);
                }
            }
            Input::Timeout => {
                self.active.handle_input(now, Input::Timeout)?;
                if let Some(on_demand) = &mut self.on_demand {
                    on_demand.handle_input(now, Input::Timeout)?;
                    pass_on(on_demand, &mut self.outbox);
                }
            }
            Input::Ras { .. } | Input::Storage(_) => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        if self.outbox.is_empty() { self.active.poll_output() } else { self.outbox.poll() }
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        let key = self.on_demand.as_ref().and_then(Machine::poll_timeout);
        self.active.poll_timeout().into_iter().chain(key).min_by_key(|(at, _)| *at)
    }
}

impl Machine for Desk {
    type Command = PhoneCommand;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, PhoneCommand>,
    ) -> Result<(), Infallible> {
        match self {
            Self::Alone(desk) => desk.handle_input(now, input),
            Self::AtPbx(phone) => phone.handle_input(now, input),
        }
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        match self {
            Self::Alone(desk) => desk.poll_output(),
            Self::AtPbx(phone) => phone.poll_output(),
        }
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        match self {
            Self::Alone(desk) => desk.poll_timeout(),
            Self::AtPbx(phone) => phone.poll_timeout(),
        }
    }
}
