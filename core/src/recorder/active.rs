//! The recording system: it asks phones for copies of their calls, watches that they keep coming,
//! and writes them down (MX-S1 to MX-S14, MX-2, MX-3, MX-D2, MX-D3).
//!
//! Where extensions are and what becomes of their calls it hears over CSTA, or from its host by
//! [`LoggerCommand`]s.

mod command;
mod config;
mod extensions;
mod file;
mod invite;
mod receive;
mod session;
mod stereo;
mod tape;

pub use command::LoggerCommand;
pub use config::{Demands, Extension, LoggerConfig, Mapping, RepeatShape, Takes};
pub use receive::StreamFacts;
pub use session::{SessionState, SessionTimer};

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::net::SocketAddr;
use core::time::Duration;

use super::csta::{CstaClient, CstaCommand};
use super::on_demand::DemandServer;
use crate::machine::{
    Diagram, Input, Machine, Outbox, Output, State, TimeoutReason, Timer, Uncompared,
};
use crate::random::Random;
use crate::rule::{self, rfc};
use crate::sip::Method;
use crate::sip::endpoint::{DialogKey, Endpoint, EndpointConfig, EndpointEvent, ServerKey};
use crate::time::Instant;
use session::Subscriber;

/// Ports that each extension has: two sessions of two streams, with RTCP beside them.
const PORTS_PER_EXTENSION: u16 = 8;

/// The recording system.
///
/// ```
/// use recscope_core::machine::{Input, Machine, Output};
/// use recscope_core::recorder::{Logger, LoggerCommand, LoggerConfig};
/// use recscope_core::Instant;
///
/// let mut logger = Logger::new(LoggerConfig::default());
/// let registered = LoggerCommand::Registered {
///     extension: "1000".into(),
///     address: "192.0.2.20".parse().unwrap(),
/// };
/// for command in [registered, LoggerCommand::CallStarted { extension: "1000".into() }] {
///     logger.handle_input(Instant::ORIGIN, Input::Command(command)).unwrap();
/// }
/// let mut invited = false;
/// while let Some(output) = logger.poll_output() {
///     if let Output::Datagram { payload, .. } = output {
///         invited |= payload.starts_with(b"INVITE sip:1000@192.0.2.20:7300 SIP/2.0\r\n");
///     }
/// }
/// assert!(invited);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Logger {
    config: LoggerConfig,
    endpoint: Endpoint,
    outbox: Outbox,
    random: Random,
    subscribers: Vec<Subscriber>,
    csta: Option<CstaClient>,
    demands: DemandServer,
    next_file: u32,
    /// Deadlines of the subscribers, in order: an index into their timers.
    schedule: Uncompared<BTreeSet<(Instant, usize)>>,
    /// The earliest deadline of all, kept so that packets of RTP need not look for it.
    wake: Uncompared<Option<(Instant, TimeoutReason)>>,
}

impl Logger {
    /// Its states, as diagrams show them.
    pub const DIAGRAMS: &'static [&'static Diagram] = &[SessionState::DIAGRAM, CstaClient::DIAGRAM];

    /// A recorder that has heard of nobody yet.
    #[must_use]
    pub fn new(config: LoggerConfig) -> Self {
        let mut random = Random::new(config.seed);
        let local = SocketAddr::new(config.address, config.sip_port);
        let endpoint = Endpoint::new(EndpointConfig {
            user: "recorder".into(),
            user_agent: "Recscope recorder".into(),
            seed: random.next_u64(),
            methods: alloc::vec![Method::Bye, Method::Options],
            ..EndpointConfig::new(local)
        });
        let room = usize::from((u16::MAX - config.rtp_port) / PORTS_PER_EXTENSION);
        let subscribers = config
            .extensions
            .iter()
            .take(room)
            .map(|extension| Subscriber::new(&extension.number, extension.sip_port))
            .collect();
        Self {
            csta: config.csta.clone().map(CstaClient::new),
            config,
            endpoint,
            outbox: Outbox::default(),
            random,
            subscribers,
            demands: DemandServer::default(),
            next_file: 0,
            schedule: Uncompared::default(),
            wake: Uncompared::default(),
        }
    }

    /// How it is set up.
    #[must_use]
    pub const fn config(&self) -> &LoggerConfig {
        &self.config
    }

    /// Where it is with an extension.
    #[must_use]
    pub fn state_of(&self, extension: &str) -> Option<SessionState> {
        self.subscribers.iter().find(|s| s.number == extension).map(|s| s.state)
    }

    /// Name and state of its machines, the sessions in the order of the extensions.
    pub fn states(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        let sessions = self
            .subscribers
            .iter()
            .map(|subscriber| (SessionState::DIAGRAM.machine, subscriber.state.name()));
        let csta = self.csta.iter().map(|csta| (CstaClient::DIAGRAM.machine, csta.state().name()));
        sessions.chain(csta)
    }

    /// Timers that run, with the time each has left.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        let sessions = self
            .subscribers
            .iter()
            .flat_map(|subscriber| subscriber.timers.running())
            .map(|(timer, left)| (timer.name(), left));
        let csta = self.csta.iter().flat_map(CstaClient::timers);
        sessions.chain(self.endpoint.timers()).chain(csta)
    }

    /// Takes note of the time, so that recorders which will behave alike compare equal; see
    /// [`Endpoint::advance`].
    pub fn advance(&mut self, now: Instant) {
        self.endpoint.advance(now);
        if let Some(csta) = &mut self.csta {
            csta.advance(now);
        }
        for subscriber in &mut self.subscribers {
            subscriber.timers.advance(now);
        }
    }

    fn on_command(&mut self, now: Instant, command: LoggerCommand) {
        match command {
            LoggerCommand::Start => {
                self.tell_csta(now, Input::Command(CstaCommand::Connect));
            }
            LoggerCommand::Registered { extension, address } => {
                self.on_registered(now, &extension, address);
            }
            LoggerCommand::Unregistered { extension } => {
                self.on_unregistered(now, &extension, None);
            }
            LoggerCommand::Stop => self.stop(now),
            LoggerCommand::Save => self.save(),
            LoggerCommand::CallStarted { extension } => self.on_call(now, &extension, true),
            LoggerCommand::CallEnded { extension } => self.on_call(now, &extension, false),
        }
    }

    fn stop(&mut self, now: Instant) {
        self.tell_csta(now, Input::Command(CstaCommand::Disconnect));
        for index in 0..self.subscribers.len() {
            if let Some(subscriber) = self.subscribers.get_mut(index) {
                subscriber.forget();
            }
            self.reconcile(now, index, "un-registration");
        }
    }

    /// Passes something on to the CSTA client, and does what follows from what it says.
    fn tell_csta(&mut self, now: Instant, input: Input<'_, CstaCommand>) {
        let Some(csta) = &mut self.csta else { return };
        let Ok(()) = csta.handle_input(now, input);
        while let Some(output) = csta.poll_output() {
            self.outbox.push(output);
        }
        self.take_notices(now);
    }

    fn take_events(&mut self, now: Instant) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                EndpointEvent::Request { transaction, dialog, received } => {
                    let method = received.message().and_then(|message| match message.method() {
                        Some(Method::Bye) => Some(Method::Bye),
                        _ => None,
                    });
                    self.on_request(now, transaction, dialog, method);
                }
                EndpointEvent::Response { transaction, dialog, status, received } => {
                    self.on_response(now, transaction, dialog, status, &received);
                }
                EndpointEvent::TimedOut { transaction, .. } => {
                    self.on_timed_out(now, transaction);
                }
                EndpointEvent::Repeated { .. }
                | EndpointEvent::Refused { .. }
                | EndpointEvent::Ack { .. }
                | EndpointEvent::Cancelled { .. }
                | EndpointEvent::NotAcknowledged { .. } => {}
            }
        }
    }

    /// BYE, or OPTIONS by somebody who wants to know whether there is a recorder.
    fn on_request(
        &mut self,
        now: Instant,
        transaction: ServerKey,
        dialog: Option<DialogKey>,
        method: Option<Method<'static>>,
    ) {
        let (status, rule) = match (method, dialog) {
            (Some(Method::Bye), Some(_)) => (200, rule::MX_S5),
            (Some(Method::Bye), None) => (481, rfc::IN_DIALOG),
            _ => (200, rfc::METHOD),
        };
        let response = self.endpoint.response(transaction, status);
        self.endpoint.respond(now, transaction, response, rule, &mut self.outbox);
        if let (Some(Method::Bye), Some(dialog)) = (method, dialog) {
            self.on_bye(now, dialog);
        }
    }

    /// The phone ended a session: it unregisters, or never heard the ACK.
    fn on_bye(&mut self, now: Instant, dialog: DialogKey) {
        let is_former = |subscriber: &&mut Subscriber| subscriber.former == Some(dialog);
        if let Some(subscriber) = self.subscribers.iter_mut().find(is_former) {
            subscriber.former = None;
            return;
        }
        let index = self.subscribers.iter().position(|subscriber| subscriber.has(dialog));
        let Some(index) = index else { return };
        self.drop_session(index);
        match self.subscribers.get(index).map(|subscriber| subscriber.state) {
            Some(SessionState::Ending) => {
                self.enter(index, SessionState::Idle, "BYE");
                self.reconcile(now, index, "session over");
            }
            Some(_) => self.wait(now, index, "BYE"),
            None => {}
        }
        if !self.wants_session(index) {
            self.reconcile(now, index, "un-registration");
        }
    }

    fn on_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now, &mut self.outbox);
        self.take_events(now);
        while let Some(&(at, index)) = self.schedule.first()
            && at <= now
        {
            let Some(subscriber) = self.subscribers.get_mut(index) else { return };
            subscriber.timers.advance(now);
            let (timer, state) = (subscriber.timers.expire(), subscriber.state);
            self.plan(index);
            match (timer, state) {
                (Some(SessionTimer::KeepAlive), SessionState::Recording) => self.check(now, index),
                (Some(SessionTimer::Patience), SessionState::Inviting) => {
                    self.repeat_invite(now, index);
                }
                (Some(SessionTimer::Patience), _) => self.on_silence(now, index),
                (Some(SessionTimer::Retry), SessionState::Waiting) => {
                    self.reconcile(now, index, "retry");
                }
                _ => {}
            }
        }
    }

    fn set_timer(&mut self, now: Instant, index: usize, timer: SessionTimer, after: Duration) {
        if let Some(subscriber) = self.subscribers.get_mut(index) {
            subscriber.timers.advance(now);
            subscriber.timers.set(timer, after);
        }
        self.plan(index);
    }

    fn clear_timers(&mut self, index: usize) {
        if let Some(subscriber) = self.subscribers.get_mut(index) {
            subscriber.timers.clear_all();
        }
        self.plan(index);
    }

    /// Puts the next deadline of an extension into the schedule, in the place of the last one.
    fn plan(&mut self, index: usize) {
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        let next = subscriber.timers.next().map(|(at, _)| at);
        let last = core::mem::replace(&mut *subscriber.planned, next);
        if let Some(last) = last {
            self.schedule.remove(&(last, index));
        }
        if let Some(next) = next {
            self.schedule.insert((next, index));
        }
    }

    fn find_wake(&mut self) {
        let session = self.schedule.first().and_then(|&(_, index)| {
            let (at, timer) = self.subscribers.get(index)?.timers.next()?;
            Some((at, timer.name()))
        });
        let csta = self.csta.as_ref().and_then(Machine::poll_timeout);
        let deadlines = [self.endpoint.next_timeout(), session, csta];
        *self.wake = deadlines.into_iter().flatten().min_by_key(|(at, _)| *at);
    }

    fn enter(&mut self, index: usize, to: SessionState, cause: &'static str) {
        if let Some(subscriber) = self.subscribers.get_mut(index) {
            let event = subscriber.state.enter(to, cause);
            self.outbox.event(event);
        }
    }
}

impl Machine for Logger {
    type Command = LoggerCommand;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, LoggerCommand>,
    ) -> Result<(), Infallible> {
        if let Input::Datagram { local, remote, payload } = input
            && local.port() != self.config.sip_port
        {
            // The way of most packets; no timer depends on them.
            self.on_rtp(now, local, remote, payload);
            return Ok(());
        }
        match input {
            Input::Command(command) => self.on_command(now, command),
            Input::Datagram { local, remote, payload } => {
                self.endpoint.handle_datagram(now, local, remote, payload, &mut self.outbox);
                self.take_events(now);
            }
            Input::Tcp { connection, event } => {
                if self.csta.as_ref().is_some_and(|csta| csta.owns(connection)) {
                    self.tell_csta(now, Input::Tcp { connection, event });
                } else if let Some(demand) =
                    self.demands.on_tcp(connection, event, &mut self.outbox)
                {
                    self.on_demand(now, &demand);
                }
            }
            Input::Timeout => {
                self.on_timeout(now);
                self.tell_csta(now, Input::Timeout);
            }
            Input::Ras { .. } | Input::Storage(_) | Input::Audio { .. } => {}
        }
        self.find_wake();
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        *self.wake
    }
}
