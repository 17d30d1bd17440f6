//! The phone: what it does about recording, and as much of its calls and its registration as
//! recording depends on.
//!
//! Each idea is a machine of its own and can run alone; [`Phone`] composes them:
//!
//! | part | what it does |
//! | --- | --- |
//! | [`mod@line`] | registration, the call, recording by SIP INFO (BX-I) |
//! | [`local`], [`playback`] | recording to USB and playing it (BX-L) |
//! | [`server`] | recording by a record server (BX-S) |
//! | [`active`] | copies for a recording system (MX-S) |
//! | [`on_demand`] | the key that asks a recording system to record (MX-D) |
//! | [`media`], [`model`] | RTP of a call's sound; what each model can do |

pub mod active;
mod command;
mod config;
mod keys;
pub mod line;
pub mod local;
pub mod media;
pub mod model;
pub mod on_demand;
pub mod playback;
pub mod server;

pub use command::PhoneCommand;
pub use config::{PhoneConfig, RecordMethod};

use alloc::string::String;
use core::convert::Infallible;
use core::net::SocketAddr;
use core::time::Duration;

use crate::machine::{
    Connection, Diagram, Event, Input, Machine, Outbox, Output, Side, State as _, StorageEvent,
    TcpEvent, TimeoutReason, Uncompared, states,
};
use crate::rule::{self, rfc};
use crate::sip::Message;
use crate::time::Instant;
use active::{Active, ActiveCommand};
use line::{Line, LineCommand, LineNotice};
use local::{LocalRecorder, LocalState};
use on_demand::{OnDemand, OnDemandCommand};
use playback::{PlaybackState, Player};
use server::{ServerRecorder, ServerState};

states! {
    /// Whether the phone has power.
    pub enum PhoneState: "phone" {
        /// It has none.
        Off = "off",
        /// It has.
        On = "on",
    }
    Off -> On: "power on", rfc::CONTACTS;
    On -> Off: "power off", rule::MX_S12;
}

/// A whole phone.
///
/// Its host gives it the sound of both sides in frames of 20 ms while it has power; the phone
/// takes notice of it during calls.
///
/// ```
/// use recscope_core::Instant;
/// use recscope_core::machine::{Input, Machine, Output};
/// use recscope_core::phone::{Phone, PhoneCommand, PhoneConfig};
///
/// let mut phone = Phone::new(PhoneConfig::default());
/// let Ok(()) = phone.handle_input(Instant::ORIGIN, Input::Command(PhoneCommand::PowerOn));
/// let mut registers = false;
/// while let Some(output) = phone.poll_output() {
///     if let Output::Datagram { payload, .. } = output {
///         registers |= payload.starts_with(b"REGISTER sip:192.0.2.1:5060 SIP/2.0\r\n");
///     }
/// }
/// assert!(registers);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Phone {
    // First what each frame of sound needs: a simulation has thousands of phones take turns, and
    // no more than that of each has to be in the processor's cache.
    state: PhoneState,
    ears: Ears,
    active: Option<Active>,
    config: PhoneConfig,
    outbox: Outbox,
    line: Line,
    on_demand: Option<OnDemand>,
    local: LocalRecorder,
    server: ServerRecorder,
    player: Player,
    /// When the call was answered.
    call_since: Uncompared<Instant>,
}

/// The parts that take notice of sound just now. Sound is most of what a phone is given: it is not
/// to look at each part for each frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Ears {
    local: bool,
    server: bool,
    active: bool,
}

impl Phone {
    /// The states of its parts, for display.
    pub const DIAGRAMS: &'static [&'static Diagram] = &[
        PhoneState::DIAGRAM,
        line::RegistrationState::DIAGRAM,
        line::CallState::DIAGRAM,
        active::ActiveState::DIAGRAM,
        on_demand::OnDemandState::DIAGRAM,
        LocalState::DIAGRAM,
        ServerState::DIAGRAM,
        line::InfoState::DIAGRAM,
        PlaybackState::DIAGRAM,
    ];

    /// A phone without power.
    #[must_use]
    pub fn new(config: PhoneConfig) -> Self {
        Self {
            state: PhoneState::Off,
            outbox: Outbox::default(),
            ears: Ears::default(),
            line: Line::new(config.line_config()),
            active: config.active_config().map(Active::new),
            on_demand: config.on_demand_config().map(OnDemand::new),
            local: LocalRecorder::new(config.local_config()),
            server: ServerRecorder::new(config.server_config()),
            player: Player::new(playback::Config::default()),
            call_since: Uncompared(Instant::ORIGIN),
            config,
        }
    }

    /// Whether it has power.
    #[must_use]
    pub const fn state(&self) -> PhoneState {
        self.state
    }

    /// Its settings.
    #[must_use]
    pub const fn config(&self) -> &PhoneConfig {
        &self.config
    }

    /// Its line at the PBX.
    #[must_use]
    pub const fn line(&self) -> &Line {
        &self.line
    }

    /// Its part in active recording, if the model has it.
    #[must_use]
    pub const fn active(&self) -> Option<&Active> {
        self.active.as_ref()
    }

    /// Samples per second of the sound that it takes in.
    #[must_use]
    pub const fn sample_rate(&self) -> u32 {
        self.config.codec.sample_rate()
    }

    /// Names and states of its parts that it has a use for.
    pub fn states(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        let own = core::iter::once((PhoneState::DIAGRAM.machine, self.state.name()));
        let is_used = |method| move |_: &_| self.config.record_method == method;
        let local = (LocalState::DIAGRAM.machine, self.local.state().name());
        let server = (ServerState::DIAGRAM.machine, self.server.state().name());
        let player = (PlaybackState::DIAGRAM.machine, self.player.state().name());
        let info = line::InfoState::DIAGRAM.machine;
        let has_info = self.config.record_method == RecordMethod::Info;
        own.chain(self.line.states().filter(move |&(machine, _)| has_info || machine != info))
            .chain(self.active.iter().flat_map(Active::states))
            .chain(self.on_demand.iter().flat_map(OnDemand::states))
            .chain(Some(local).filter(is_used(RecordMethod::Local)))
            .chain(Some(server).filter(is_used(RecordMethod::Server)))
            .chain(Some(player).filter(|_| self.player.state() != PlaybackState::Idle))
    }

    /// Timers that run, with the time each has left.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        self.line
            .timers()
            .chain(self.active.iter().flat_map(Active::timers))
            .chain(self.on_demand.iter().flat_map(OnDemand::timers))
            .chain(self.server.timers())
    }

    /// Takes note of the time, so that phones which will behave alike compare equal; see
    /// [`crate::sip::endpoint::Endpoint::advance`].
    pub fn advance(&mut self, now: Instant) {
        self.line.advance(now);
        if let Some(active) = &mut self.active {
            active.advance(now);
        }
        if let Some(on_demand) = &mut self.on_demand {
            on_demand.advance(now);
        }
        self.server.advance(now);
    }

    /// Takes sound as [`Input::Audio`] does, and leaves what comes of it in an outbox of the host's.
    /// Where thousands of phones take turns, that one stays in the processor's cache.
    pub fn hear(&mut self, now: Instant, side: Side, samples: &[i16], outbox: &mut Outbox) {
        let is_on = self.state == PhoneState::On;
        if let Some(active) = self.active.as_mut().filter(|_| is_on && self.ears.active) {
            active.hear(now, side, samples, outbox);
        }
        if is_on && self.ears.server {
            let Ok(()) = self.server.handle_input(now, Input::Audio { side, samples });
            pass_on(&mut self.server, outbox);
        }
        if is_on && self.ears.local {
            let Ok(()) = self.local.handle_input(now, Input::Audio { side, samples });
            pass_on(&mut self.local, outbox);
        }
    }

    fn noticed(&mut self, now: Instant, notice: &LineNotice) {
        match *notice {
            LineNotice::Registered => self.tell_active(now, ActiveCommand::LogOn),
            LineNotice::Leaving(why) => {
                // BYE to the recorder comes before anything to the PBX (MX-S5, MX-S11, MX-S13,
                // MX-S14).
                self.tell_active(now, ActiveCommand::LogOff);
                let Ok(()) = self.line.handle_input(now, Input::Command(LineCommand::Leave(why)));
            }
            LineNotice::CallStarted(_) => {
                *self.call_since = now;
                self.tell_active(now, ActiveCommand::CallStarted);
            }
            LineNotice::CallEnded => {
                self.tell_active(now, ActiveCommand::CallEnded);
                self.tell_on_demand(now, OnDemandCommand::CallEnded);
                self.tell_local(now, local::Command::CallEnded);
                self.tell_server(now, server::Command::CallEnded);
            }
            LineNotice::Restarting => {
                if self.player.state() != PlaybackState::Idle {
                    self.tell_player(now, playback::Command::Stop);
                }
                let text = String::from("the phone loads its firmware and restarts");
                self.outbox.event(Event::Note { text, rule: rule::MX_S13 });
            }
        }
    }

    /// Takes over what the line wants done and does what follows, in order.
    fn settle_line(&mut self, now: Instant) {
        loop {
            while let Some(output) = self.line.poll_output() {
                self.outbox.push(output);
            }
            let Some(notice) = self.line.poll_notice() else { return };
            self.noticed(now, &notice);
        }
    }

    fn tell_line(&mut self, now: Instant, command: LineCommand) {
        let Ok(()) = self.line.handle_input(now, Input::Command(command));
        self.settle_line(now);
    }

    fn tell_active(&mut self, now: Instant, command: ActiveCommand) {
        if let Some(active) = &mut self.active {
            let Ok(()) = active.handle_input(now, Input::Command(command));
            pass_on(active, &mut self.outbox);
        }
    }

    fn tell_on_demand(&mut self, now: Instant, command: OnDemandCommand) {
        if let Some(on_demand) = &mut self.on_demand {
            let Ok(()) = on_demand.handle_input(now, Input::Command(command));
            pass_on(on_demand, &mut self.outbox);
        }
    }

    fn tell_local(&mut self, now: Instant, command: local::Command) {
        let Ok(()) = self.local.handle_input(now, Input::Command(command));
        pass_on(&mut self.local, &mut self.outbox);
    }

    fn tell_server(&mut self, now: Instant, command: server::Command) {
        let Ok(()) = self.server.handle_input(now, Input::Command(command));
        pass_on(&mut self.server, &mut self.outbox);
    }

    fn tell_player(&mut self, now: Instant, command: playback::Command) {
        let Ok(()) = self.player.handle_input(now, Input::Command(command));
        pass_on(&mut self.player, &mut self.outbox);
    }

    /// Takes over what the parts want done, so that what comes next comes after it.
    fn collect(&mut self) {
        pass_on(&mut self.line, &mut self.outbox);
        if let Some(active) = &mut self.active {
            pass_on(active, &mut self.outbox);
        }
        if let Some(on_demand) = &mut self.on_demand {
            pass_on(on_demand, &mut self.outbox);
        }
        pass_on(&mut self.local, &mut self.outbox);
        pass_on(&mut self.server, &mut self.outbox);
        pass_on(&mut self.player, &mut self.outbox);
        let is_talking = self.line.call() == line::CallState::Talking;
        self.ears = Ears {
            local: is_talking && self.local.state() != LocalState::Idle,
            server: is_talking && self.server.state() != ServerState::Idle,
            active: is_talking && self.active.as_ref().is_some_and(Active::is_copying),
        };
    }

    /// Whose a datagram is: by its port, and on a shared port by what it belongs to, or else by
    /// who sent it (MX-S7).
    fn is_for_active(&self, local: SocketAddr, remote: SocketAddr, payload: &[u8]) -> bool {
        let Some(active) = &self.active else { return false };
        if self.config.recording_sip() != Some(local) {
            return false;
        }
        if self.config.sip() != local {
            return true;
        }
        match Message::parse(payload) {
            Ok(parsed) if self.line.owns(&parsed.message) => false,
            Ok(parsed) if active.owns(&parsed.message) => true,
            _ => remote.ip() != self.config.pbx.ip(),
        }
    }

    fn datagram(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr, payload: &[u8]) {
        if self.is_for_active(local, remote, payload) {
            if let Some(active) = &mut self.active {
                let Ok(()) = active.handle_input(now, Input::Datagram { local, remote, payload });
            }
        } else if local == self.config.sip() {
            let Ok(()) = self.line.handle_input(now, Input::Datagram { local, remote, payload });
            self.settle_line(now);
        }
    }

    fn tcp(&mut self, now: Instant, connection: Connection, event: TcpEvent<'_>) {
        let key = self.on_demand.as_mut().filter(|on_demand| on_demand.owns(connection));
        if let Some(on_demand) = key {
            let Ok(()) = on_demand.handle_input(now, Input::Tcp { connection, event });
        } else {
            let Ok(()) = self.server.handle_input(now, Input::Tcp { connection, event });
        }
    }

    fn storage(&mut self, now: Instant, event: StorageEvent<'_>) {
        let file = match event {
            StorageEvent::Inserted { .. } | StorageEvent::Removed | StorageEvent::Free(_) => None,
            StorageEvent::Failed(file)
            | StorageEvent::Opened { file, .. }
            | StorageEvent::Data { file, .. } => Some(file),
        };
        let is_player_s = file.is_some_and(|file| self.player.owns(file));
        if file.is_none() || is_player_s {
            let Ok(()) = self.player.handle_input(now, Input::Storage(event));
        }
        if !is_player_s {
            let Ok(()) = self.local.handle_input(now, Input::Storage(event));
        }
    }

    fn timeout(&mut self, now: Instant) {
        let Ok(()) = self.line.handle_input(now, Input::Timeout);
        self.settle_line(now);
        if let Some(active) = &mut self.active {
            let Ok(()) = active.handle_input(now, Input::Timeout);
        }
        if let Some(on_demand) = &mut self.on_demand {
            let Ok(()) = on_demand.handle_input(now, Input::Timeout);
        }
        let Ok(()) = self.local.handle_input(now, Input::Timeout);
        let Ok(()) = self.server.handle_input(now, Input::Timeout);
        let Ok(()) = self.player.handle_input(now, Input::Timeout);
    }
}

/// Takes over what a part wants done.
fn pass_on<M: Machine>(part: &mut M, outbox: &mut Outbox) {
    while let Some(output) = part.poll_output() {
        outbox.push(output);
    }
}

impl Machine for Phone {
    type Command = PhoneCommand;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, PhoneCommand>,
    ) -> Result<(), Infallible> {
        match input {
            Input::Command(command) => self.command(now, command),
            _ if self.state == PhoneState::Off => {}
            Input::Audio { side, samples } => {
                // Outputs stay where they are until they are polled: nothing is copied.
                if self.ears.local {
                    let Ok(()) = self.local.handle_input(now, Input::Audio { side, samples });
                }
                if self.ears.server {
                    let Ok(()) = self.server.handle_input(now, Input::Audio { side, samples });
                }
                if let Some(active) = self.active.as_mut().filter(|_| self.ears.active) {
                    let Ok(()) = active.handle_input(now, Input::Audio { side, samples });
                }
                return Ok(());
            }
            Input::Datagram { local, remote, payload } => {
                self.datagram(now, local, remote, payload);
            }
            Input::Tcp { connection, event } => self.tcp(now, connection, event),
            Input::Ras { remote, message } => {
                let Ok(()) = self.line.handle_input(now, Input::Ras { remote, message });
                self.settle_line(now);
            }
            Input::Storage(event) => self.storage(now, event),
            Input::Timeout => self.timeout(now),
        }
        self.collect();
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        if !self.outbox.is_empty() {
            return self.outbox.poll();
        }
        if self.ears.active
            && let Some(output) = self.active.as_mut().and_then(Machine::poll_output)
        {
            return Some(output);
        }
        if self.ears.server
            && let Some(output) = self.server.poll_output()
        {
            return Some(output);
        }
        if self.ears.local
            && let Some(output) = self.local.poll_output()
        {
            return Some(output);
        }
        // Empty: this lets it use its buffer again.
        self.outbox.poll()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        let deadlines = [
            self.line.poll_timeout(),
            self.active.as_ref().and_then(Machine::poll_timeout),
            self.on_demand.as_ref().and_then(Machine::poll_timeout),
            self.local.poll_timeout(),
            self.server.poll_timeout(),
            self.player.poll_timeout(),
        ];
        deadlines.into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests;
