//! The phone's line: its registration at the PBX, its one call there, and asking the PBX to record
//! that call (BX-I1 to BX-I3).

mod call;
mod config;
mod info;
mod registration;
mod state;

pub use config::{Leaving, LineCommand, LineConfig, LineNotice, Party};
pub use state::{CallState, InfoState, LineTimer, RegistrationState};

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec;
use core::convert::Infallible;
use core::time::Duration;

use self::call::Call;
use self::registration::Attempt;
use crate::machine::{
    Diagram, Input, Machine, Outbox, Output, State as _, TimeoutReason, Timer as _, Timers,
};
use crate::pbx::Order;
use crate::random::Random;
use crate::rule::{self, Rule, rfc};
use crate::sip::endpoint::{
    ClientKey, DialogKey, Endpoint, EndpointConfig, EndpointEvent, Received, ServerKey,
};
use crate::sip::{Message, MessageBuilder, Method};
use crate::time::Instant;

/// A line of a phone at its PBX. Besides its outputs, drain [`Line::poll_notice`].
///
/// Where a registration ends by the PBX's doing, the line first says [`LineNotice::Leaving`], so
/// that the rest of the phone can end what depends on it, and goes on at [`LineCommand::Leave`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    config: LineConfig,
    registration: RegistrationState,
    call_state: CallState,
    info: InfoState,
    timers: Timers<LineTimer, 5>,
    outbox: Outbox,
    endpoint: Endpoint,
    random: Random,
    notices: VecDeque<LineNotice>,
    /// The Call-ID of its registrations and the last CSeq, since it has power (RFC 3261 10.2).
    registers: Option<(String, u32)>,
    /// The registration, renewal or un-registration that waits for its answer.
    attempt: Option<Attempt>,
    /// Why it leaves; `None` if the user wants it to.
    leaving: Option<Leaving>,
    /// Its one call.
    call: Option<Call>,
    /// The INFO that waits for its answer.
    asked: Option<ClientKey>,
}

impl Line {
    /// The states of its parts, for display.
    pub const DIAGRAMS: &'static [&'static Diagram] =
        &[RegistrationState::DIAGRAM, CallState::DIAGRAM, InfoState::DIAGRAM];

    /// A line that is logged off.
    #[must_use]
    pub fn new(config: LineConfig) -> Self {
        let endpoint = EndpointConfig {
            user: config.extension.clone(),
            user_agent: String::from("Recscope phone"),
            seed: config.seed,
            methods: vec![
                Method::Invite,
                Method::Bye,
                Method::Update,
                Method::Info,
                Method::Notify,
                Method::Options,
            ],
            timing: config.timing,
            ..EndpointConfig::new(config.sip)
        };
        Self {
            endpoint: Endpoint::new(endpoint),
            random: Random::new(!config.seed),
            config,
            registration: RegistrationState::LoggedOff,
            call_state: CallState::Idle,
            info: InfoState::Off,
            timers: Timers::default(),
            outbox: Outbox::default(),
            notices: VecDeque::new(),
            registers: None,
            attempt: None,
            leaving: None,
            call: None,
            asked: None,
        }
    }

    /// Where it is with its PBX.
    #[must_use]
    pub const fn registration(&self) -> RegistrationState {
        self.registration
    }

    /// What its call is doing.
    #[must_use]
    pub const fn call(&self) -> CallState {
        self.call_state
    }

    /// Whether the PBX records, as far as it was told.
    #[must_use]
    pub const fn info(&self) -> InfoState {
        self.info
    }

    /// Its settings.
    #[must_use]
    pub const fn config(&self) -> &LineConfig {
        &self.config
    }

    /// Who its call is with, from dialling or ringing on.
    #[must_use]
    pub fn party(&self) -> Option<&Party> {
        self.call.as_ref().map(Call::party)
    }

    /// Whether a message on a shared socket is about one of its transactions or its call.
    #[must_use]
    pub fn owns(&self, message: &Message<'_>) -> bool {
        self.endpoint.owns(message)
    }

    /// Names and states of its parts.
    pub fn states(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        [
            (RegistrationState::DIAGRAM.machine, self.registration.name()),
            (CallState::DIAGRAM.machine, self.call_state.name()),
            (InfoState::DIAGRAM.machine, self.info.name()),
        ]
        .into_iter()
    }

    /// Timers that run, with the time each has left.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        let own = self.timers.running().map(|(timer, left)| (timer.name(), left));
        own.chain(self.endpoint.timers())
    }

    /// Takes note of the time, so that lines which will behave alike compare equal; see
    /// [`Endpoint::advance`].
    pub fn advance(&mut self, now: Instant) {
        self.timers.advance(now);
        self.endpoint.advance(now);
    }

    /// What the rest of the phone has to know, until `None`.
    #[must_use]
    pub fn poll_notice(&mut self) -> Option<LineNotice> {
        self.notices.pop_front()
    }

    fn command(&mut self, command: LineCommand) {
        match command {
            LineCommand::LogOn => self.log_on(),
            LineCommand::LogOff => self.log_off(),
            LineCommand::Leave(why) => self.leave(why),
            LineCommand::Dial(number) => self.dial(&number),
            LineCommand::Answer => self.answer(),
            LineCommand::HangUp => self.hang_up(),
            LineCommand::Record => self.record(),
            LineCommand::PowerOff => self.power_off(),
        }
    }

    /// Forgets everything but its settings, without a word (MX-S12).
    fn power_off(&mut self) {
        self.endpoint.reset();
        self.end_call("power off");
        self.enter_registration(RegistrationState::LoggedOff, "power off");
        self.timers.clear_all();
        self.registers = None;
        self.attempt = None;
        self.leaving = None;
    }

    fn timeout(&mut self) {
        while let Some(timer) = self.timers.expire() {
            match timer {
                LineTimer::KeepAlive => self.keep_alive(),
                LineTimer::RasAnswer => self.ras_unanswered(),
                LineTimer::Retry => self.register_anew("retry"),
                LineTimer::Setup => self.setup_unanswered(),
                LineTimer::Update => self.updated(),
            }
        }
        self.endpoint.handle_timeout(self.timers.now(), &mut self.outbox);
    }

    /// Deals with what the endpoint made of datagrams and time.
    fn settle(&mut self) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                EndpointEvent::Request { transaction, dialog, received } => {
                    self.requested(transaction, dialog, &received);
                }
                EndpointEvent::Response { transaction, dialog, status, received } => {
                    if self.asked == Some(transaction) {
                        self.info_answered(status);
                    } else if Attempt::is(self.attempt.as_ref(), transaction) {
                        self.register_answered(status, &received);
                    } else {
                        self.call_answered(transaction, dialog, status, &received);
                    }
                }
                EndpointEvent::TimedOut { transaction, .. } => {
                    if self.asked == Some(transaction) {
                        self.info_unanswered();
                    } else if Attempt::is(self.attempt.as_ref(), transaction) {
                        self.register_unanswered();
                    } else {
                        self.call_unanswered(transaction);
                    }
                }
                EndpointEvent::Cancelled { transaction } => self.call_cancelled(transaction),
                EndpointEvent::NotAcknowledged { dialog } => self.call_lost(dialog),
                EndpointEvent::Ack { .. }
                | EndpointEvent::Repeated { .. }
                | EndpointEvent::Refused { .. } => {}
            }
        }
    }

    fn requested(
        &mut self,
        transaction: ServerKey,
        dialog: Option<DialogKey>,
        received: &Received,
    ) {
        let Some(request) = received.message() else { return self.endpoint.ignore(transaction) };
        let is_ours = dialog.is_some() && dialog == self.call.as_ref().and_then(Call::dialog);
        match request.method() {
            Some(Method::Invite) if dialog.is_none() => self.invited(transaction, &request),
            Some(Method::Invite | Method::Update) if is_ours => {
                self.reinvited(transaction, &request);
            }
            Some(Method::Bye) => {
                let ok = self.endpoint.response(transaction, 200);
                self.respond(transaction, ok, rfc::BYE);
                if is_ours {
                    self.end_call("BYE");
                }
            }
            Some(Method::Notify) if dialog.is_none() => self.notified(transaction, &request),
            Some(Method::Info) if is_ours => {
                let ok = self.endpoint.response(transaction, 200);
                self.respond(transaction, ok, rfc::INFO);
            }
            Some(Method::Options) => {
                let ok = self.endpoint.response(transaction, 200);
                self.respond(transaction, ok, rfc::METHOD);
            }
            _ => {
                let unknown = self.endpoint.response(transaction, 481);
                self.respond(transaction, unknown, rfc::IN_DIALOG);
            }
        }
    }

    /// The PBX orders something (MX-S11, MX-S13).
    fn notified(&mut self, transaction: ServerKey, notify: &Message<'_>) {
        let Some(order) = Order::from_notify(notify) else {
            let unknown = self.endpoint.response(transaction, 489);
            return self.respond(transaction, unknown, rfc::METHOD);
        };
        let ok = self.endpoint.response(transaction, 200);
        self.respond(transaction, ok, order.rule());
        if self.registration == RegistrationState::Registered {
            self.notices.push_back(LineNotice::Leaving(Leaving::Ordered(order)));
        } else {
            self.outbox.ignored("the phone is not registered", order.rule());
        }
    }

    fn respond(&mut self, to: ServerKey, response: MessageBuilder, rule: &'static Rule) {
        self.endpoint.respond(self.timers.now(), to, response, rule, &mut self.outbox);
    }
}

impl Machine for Line {
    type Command = LineCommand;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, LineCommand>,
    ) -> Result<(), Infallible> {
        self.timers.advance(now);
        let now = self.timers.now();
        match input {
            Input::Command(command) => self.command(command),
            Input::Timeout => self.timeout(),
            Input::Datagram { local, remote, payload } if local == self.config.sip => {
                if remote.ip() == self.config.pbx.ip() {
                    self.endpoint.handle_datagram(now, local, remote, payload, &mut self.outbox);
                } else {
                    self.outbox.ignored("only the PBX may speak to the line", rule::MX_S4);
                }
            }
            Input::Ras { remote, message } if remote.ip() == self.config.gatekeeper.ip() => {
                self.ras(message);
            }
            _ => {}
        }
        self.settle();
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        let own = self.timers.next().map(|(at, timer)| (at, timer.name()));
        own.into_iter().chain(self.endpoint.next_timeout()).min_by_key(|(at, _)| *at)
    }
}
