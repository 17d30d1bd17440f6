//! The PBX: who is registered where, the calls, and what a recording system is told of both over
//! CSTA.
//!
//! Phones register by SIP or by RAS, one for each extension; a second phone with the same
//! extension takes it from the first (MX-S11). Calls have a leg to each phone; their sound is not
//! the PBX's business. What is outside is played by the PBX: numbers that are no extension ring
//! and answer.

mod call;
mod command;
mod config;
mod monitors;
mod order;
mod registrar;

pub use call::CallState;
pub use command::PbxCommand;
pub use config::{InfoPolicy, PbxConfig};
pub use order::Order;
pub use registrar::Presence;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::net::SocketAddr;
use core::time::Duration;

use crate::machine::{
    Connection, Deadlines, Diagram, Input, Machine, Outbox, Output, State as _, TcpCommand,
    TcpEvent, TimeoutReason, states,
};
use crate::rule::{self, Rule};
use crate::sip::endpoint::{ClientKey, Endpoint, EndpointConfig, EndpointEvent, ServerKey};
use crate::sip::{MessageBuilder, Method};
use crate::time::Instant;
use call::Call;
use monitors::Monitors;
use registrar::{News, Registration};

states! {
    /// Whether the PBX runs.
    pub enum PbxState: "PBX" {
        /// It serves phones and recording systems.
        Running = "running",
        /// It is silent.
        Down = "down",
    }
    Running -> Down: "stop", rule::MX_S14;
    Running -> Down: "restart", rule::MX_S14;
    Down -> Running: "start", rule::MX_S14;
}

/// What a PBX waits for, besides SIP's own timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Due {
    /// The restart to be over.
    Start,
    /// A registration to be renewed.
    Registration(u32),
    /// The far end of a call to answer.
    Answer(u32),
}

impl Due {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "restart",
            Self::Registration(_) => "registration expiry",
            Self::Answer(_) => "far end answers",
        }
    }
}

/// A PBX: registrar, gatekeeper, call server and CSTA server in one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pbx {
    config: PbxConfig,
    state: PbxState,
    deadlines: Deadlines<Due>,
    outbox: Outbox,
    endpoint: Endpoint,
    monitors: Monitors,
    /// By extension.
    registrations: BTreeMap<String, Registration>,
    calls: BTreeMap<u32, Call>,
    /// Not told yet.
    news: Vec<News>,
    last_id: u32,
}

impl Pbx {
    /// The states of its parts, for display.
    pub const DIAGRAMS: &'static [&'static Diagram] =
        &[PbxState::DIAGRAM, Presence::DIAGRAM, CallState::DIAGRAM];

    /// A PBX that runs and knows of no phone yet.
    #[must_use]
    pub fn new(config: PbxConfig) -> Self {
        let endpoint = EndpointConfig {
            seed: config.seed,
            user_agent: String::from("Recscope PBX"),
            methods: vec![
                Method::Register,
                Method::Invite,
                Method::Bye,
                Method::Update,
                Method::Info,
                Method::Options,
            ],
            ..EndpointConfig::new(config.sip)
        };
        Self {
            endpoint: Endpoint::new(endpoint),
            config,
            state: PbxState::Running,
            deadlines: Deadlines::default(),
            outbox: Outbox::default(),
            monitors: Monitors::default(),
            registrations: BTreeMap::new(),
            calls: BTreeMap::new(),
            news: Vec::new(),
            last_id: 0,
        }
    }

    /// Whether it runs.
    #[must_use]
    pub const fn state(&self) -> PbxState {
        self.state
    }

    /// Its settings.
    #[must_use]
    pub const fn config(&self) -> &PbxConfig {
        &self.config
    }

    /// Where the phone of an extension is reached, if one is registered.
    #[must_use]
    pub fn registered(&self, extension: &str) -> Option<SocketAddr> {
        self.registrations.get(extension).map(|registration| registration.target)
    }

    /// The extensions that are registered.
    pub fn extensions(&self) -> impl Iterator<Item = &str> {
        self.registrations.keys().map(String::as_str)
    }

    /// Calls under way.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Names and states of its parts that are at work: itself, each extension, each call.
    pub fn states(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        let own = core::iter::once((PbxState::DIAGRAM.machine, self.state.name()));
        let present = (Presence::DIAGRAM.machine, Presence::Present.name());
        let extensions = self.registrations.values().map(move |_| present);
        let calls = self.calls.values();
        let calls = calls.map(|call| (CallState::DIAGRAM.machine, call.state().name()));
        own.chain(extensions).chain(calls)
    }

    /// Timers that run, with the time each has left.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        let own = self.deadlines.running().map(|(due, left)| (due.name(), left));
        own.chain(self.endpoint.timers())
    }

    /// Takes note of the time, so that PBXs which will behave alike compare equal; see
    /// [`Endpoint::advance`].
    pub fn advance(&mut self, now: Instant) {
        self.deadlines.advance(now);
        self.endpoint.advance(now);
    }

    fn command(&mut self, command: PbxCommand) {
        match command {
            PbxCommand::Down => self.stop("stop"),
            PbxCommand::Restart => {
                self.stop("restart");
                self.deadlines.set(Due::Start, self.config.restart);
            }
            PbxCommand::Up => self.start(),
            PbxCommand::Info(policy) => self.config.info = policy,
            _ if self.state == PbxState::Down => self.ignore("the PBX is down"),
            PbxCommand::Release => self.release_all(),
            PbxCommand::Order { extension, order } => self.order(&extension, order),
            PbxCommand::Call { from, name, to } => self.call_in(&from, &name, &to),
            PbxCommand::Answer { extension } => self.far_end_answers(&extension),
            PbxCommand::HangUp { extension } => self.far_end_hangs_up(&extension),
        }
    }

    /// Forgets all that is not configuration, without a word over SIP.
    fn stop(&mut self, cause: &'static str) {
        self.outbox.event(self.state.enter(PbxState::Down, cause));
        for _ in self.registrations.values() {
            let mut presence = Presence::Present;
            self.outbox.event(presence.enter(Presence::Absent, "restart"));
        }
        self.registrations.clear();
        self.calls.clear();
        self.endpoint.reset();
        self.monitors.abort(&mut self.outbox);
        let now = self.deadlines.now();
        self.deadlines = Deadlines::default();
        self.deadlines.advance(now);
    }

    fn start(&mut self) {
        self.deadlines.clear(Due::Start);
        self.outbox.event(self.state.enter(PbxState::Running, "start"));
    }

    fn timeout(&mut self) {
        while let Some(due) = self.deadlines.expire() {
            match due {
                Due::Start => self.start(),
                Due::Registration(id) => self.expire(id),
                Due::Answer(id) => self.answer_due(id),
            }
        }
        self.endpoint.handle_timeout(self.deadlines.now(), &mut self.outbox);
    }

    /// Deals with what the endpoint made of datagrams and time.
    fn settle(&mut self) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                EndpointEvent::Request { transaction, dialog, received } => {
                    let method = received.message().and_then(|message| {
                        message.method().map(|method| method == Method::Register)
                    });
                    if method == Some(true) && dialog.is_none() {
                        self.register(transaction, &received);
                    } else {
                        self.call_request(transaction, dialog, &received);
                    }
                }
                EndpointEvent::Response { transaction, dialog, status, received } => {
                    self.call_response(transaction, dialog, status, &received);
                }
                EndpointEvent::TimedOut { transaction, .. } => self.call_timed_out(transaction),
                EndpointEvent::Cancelled { transaction } => self.call_cancelled(transaction),
                EndpointEvent::NotAcknowledged { dialog } => self.call_lost(dialog),
                EndpointEvent::Ack { .. }
                | EndpointEvent::Repeated { .. }
                | EndpointEvent::Refused { .. } => {}
            }
        }
    }

    /// Serves a CSTA client.
    fn csta(&mut self, connection: Connection, bytes: &[u8]) {
        let mut monitors = core::mem::take(&mut self.monitors);
        let mut outbox = core::mem::take(&mut self.outbox);
        monitors.receive(connection, bytes, |device| self.device(device), &mut outbox);
        self.monitors = monitors;
        self.outbox = outbox;
    }

    fn respond(&mut self, to: ServerKey, response: MessageBuilder, rule: &'static Rule) {
        self.endpoint.respond(self.deadlines.now(), to, response, rule, &mut self.outbox);
    }

    fn send_request(
        &mut self,
        to: SocketAddr,
        request: MessageBuilder,
        rule: &'static Rule,
    ) -> ClientKey {
        self.endpoint.send_request(self.deadlines.now(), to, request, rule, &mut self.outbox)
    }

    const fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }

    fn ignore(&mut self, reason: &'static str) {
        self.outbox.ignored(reason, rule::MX_S14);
    }
}

impl Machine for Pbx {
    type Command = PbxCommand;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, PbxCommand>,
    ) -> Result<(), Infallible> {
        self.deadlines.advance(now);
        let is_up = self.state == PbxState::Running;
        match input {
            Input::Command(command) => self.command(command),
            Input::Timeout => self.timeout(),
            Input::Datagram { local, remote, payload } if is_up && local == self.config.sip => {
                let now = self.deadlines.now();
                self.endpoint.handle_datagram(now, local, remote, payload, &mut self.outbox);
            }
            Input::Ras { remote, message } if is_up => self.gatekeeper(remote, message),
            Input::Tcp { connection, event: TcpEvent::Accepted { .. } } if !is_up => {
                self.outbox.tcp(connection, TcpCommand::Abort, rule::MX_S14);
            }
            Input::Tcp { connection, event } => match event {
                TcpEvent::Accepted { .. } => self.monitors.accept(connection, &mut self.outbox),
                TcpEvent::Data(bytes) => self.csta(connection, bytes),
                TcpEvent::Closed => {
                    if self.monitors.serves(connection) {
                        self.outbox.tcp(connection, TcpCommand::Close, rule::MX_C1);
                    }
                    self.monitors.close(connection);
                }
                TcpEvent::Failed => self.monitors.close(connection),
                TcpEvent::Connected { .. } => {}
            },
            Input::Datagram { .. } | Input::Ras { .. } => {}
            Input::Storage(_) | Input::Audio { .. } => {}
        }
        self.settle();
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        let own = self.deadlines.next().map(|(at, due)| (at, due.name()));
        own.into_iter().chain(self.endpoint.next_timeout()).min_by_key(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests;
