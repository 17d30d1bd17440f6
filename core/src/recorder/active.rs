//! The recording system: it asks phones for copies of their calls, watches that they keep coming,
//! and writes them down (MX-S1 to MX-S14, MX-2, MX-3, MX-D2, MX-D3).
//!
//! Where extensions are and what becomes of their calls it hears over CSTA, or from its host by
//! [`LoggerCommand`]s.

mod invite;
mod receive;
mod session;
mod stereo;
mod tape;

pub use receive::StreamFacts;
pub use session::{SessionState, SessionTimer};

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use super::csta::{CstaClient, CstaCommand, CstaConfig, Notice};
use super::on_demand::{Demand, DemandServer, Page};
use crate::codec::Codec;
use crate::csta::{CallEvent, CallEventKind};
use crate::machine::{
    Diagram, Input, Machine, Outbox, Output, State, TimeoutReason, Timer, Uncompared,
};
use crate::random::Random;
use crate::rule::{self, rfc};
use crate::sdp::forwarding::Layout;
use crate::sip::endpoint::{DialogKey, Endpoint, EndpointConfig, EndpointEvent, ServerKey};
use crate::sip::{Method, SessionNaming};
use crate::time::Instant;
use session::Subscriber;

/// Ports that each extension has: two sessions of two streams, with RTCP beside them.
const PORTS_PER_EXTENSION: u16 = 8;

/// When there is a session (MX-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mapping {
    /// One for each call.
    #[default]
    Dynamic,
    /// One from registration until log-off.
    Static,
}

/// What recording on demand does here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Demands {
    /// Nothing: all calls are recorded.
    #[default]
    None,
    /// Calls are recorded once their user asks for it (MX-D2).
    Start,
    /// All calls are recorded, and kept if their user asks for it (MX-D3).
    Save,
}

/// What files a recording makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Takes {
    /// One for each stream.
    #[default]
    Apart,
    /// One for both sides: what the phone sends on the left, what it receives on the right. A
    /// stream of both, or at another rate than the first, gets a file of its own.
    Stereo,
}

/// How an INVITE that stays unanswered is repeated; the documents do not say (MX-S9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RepeatShape {
    /// As the transaction does it: the same bytes again.
    #[default]
    SameBranch,
    /// A transaction of its own for the same Call-ID and CSeq: what looks like a merged request.
    NewBranch,
    /// The same Call-ID with the next CSeq.
    NewCSeq,
    /// A new Call-ID; the session id then has to stand elsewhere.
    NewCallId,
}

impl RepeatShape {
    /// Every shape.
    pub const ALL: [Self; 4] = [Self::SameBranch, Self::NewBranch, Self::NewCSeq, Self::NewCallId];

    /// The name by which settings choose it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameBranch => "retransmission",
            Self::NewBranch => "merged",
            Self::NewCSeq => "new-cseq",
            Self::NewCallId => "new-call-id",
        }
    }
}

/// An extension that is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extension {
    /// Its number.
    pub number: String,
    /// Where its phone listens for recorders (MX-S7).
    pub sip_port: u16,
}

/// Settings of the recording system.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoggerConfig {
    /// Where tags, branches and ids start from.
    pub seed: u64,
    /// Unix time at [`Instant::ORIGIN`], for file names.
    pub epoch_seconds: u64,
    /// Its address, for SIP, RTP and HTTP.
    pub address: IpAddr,
    /// Its port for SIP.
    pub sip_port: u16,
    /// The first of its ports for RTP; each extension takes eight.
    pub rtp_port: u16,
    /// Its port for requests on demand.
    pub http_port: u16,
    /// Whom to record; as many as there are ports for.
    pub extensions: Vec<Extension>,
    /// The PBX to listen to; without one its host tells what happens.
    pub csta: Option<CstaConfig>,
    /// When there is a session (MX-2).
    pub mapping: Mapping,
    /// What recording on demand does.
    pub demands: Demands,
    /// How the streams are to come (MX-3).
    pub layout: Layout,
    /// The codecs to offer, preferred first.
    pub codecs: Vec<Codec>,
    /// Where the session id stands (MX-S9).
    pub naming: SessionNaming,
    /// How an INVITE is repeated (MX-S9).
    pub repeat_shape: RepeatShape,
    /// How often, beside what the transaction does.
    pub repeats: u8,
    /// How long an INVITE may stay unanswered before it is repeated.
    pub invite_patience: Duration,
    /// Time from one sign of life to the next UPDATE (MX-S3).
    pub keep_alive: Duration,
    /// How long UPDATE and re-INVITE may stay unanswered (MX-S10).
    pub answer_patience: Duration,
    /// How long to wait after a failure.
    pub retry: Duration,
    /// Whether what arrives is written to files.
    pub writes_files: bool,
    /// To which.
    pub takes: Takes,
}

impl Default for LoggerConfig {
    /// A recorder at 192.0.2.9 that records each call of extension 1000, a 7400 terminal.
    fn default() -> Self {
        Self {
            seed: 9,
            epoch_seconds: 1_767_225_600,
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)),
            sip_port: 5060,
            rtp_port: 20_000,
            http_port: 8080,
            extensions: alloc::vec![Extension { number: "1000".into(), sip_port: 7300 }],
            csta: None,
            mapping: Mapping::Dynamic,
            demands: Demands::None,
            layout: Layout::TwoMedia,
            codecs: Codec::ALL.to_vec(),
            naming: SessionNaming::CallId,
            repeat_shape: RepeatShape::SameBranch,
            repeats: 0,
            invite_patience: Duration::from_secs(2),
            keep_alive: Duration::from_secs(30),
            answer_patience: Duration::from_secs(10),
            retry: Duration::from_secs(5),
            writes_files: true,
            takes: Takes::Apart,
        }
    }
}

/// What its host can tell or order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LoggerCommand {
    /// Go to work: connect to the PBX.
    Start,
    /// An extension registered (as CSTA would tell).
    Registered {
        /// Which.
        extension: String,
        /// Where.
        address: IpAddr,
    },
    /// An extension is not registered any more.
    Unregistered {
        /// Which.
        extension: String,
    },
    /// End all sessions by BYE, and let go of the PBX.
    Stop,
    /// A call of an extension is established.
    CallStarted {
        /// Which.
        extension: String,
    },
    /// It is over.
    CallEnded {
        /// Which.
        extension: String,
    },
    /// Bring the headers of all files up to date. Ordered once a second, it lets what was received
    /// a second ago be played even if nothing ever follows; without it, headers only keep up with
    /// the sound that comes.
    Save,
}

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

    fn take_notices(&mut self, now: Instant) {
        while let Some(notice) = self.csta.as_mut().and_then(CstaClient::poll_notice) {
            match notice {
                Notice::InService { extension, address: Some(address) } => {
                    self.on_registered(now, &extension, address);
                }
                Notice::InService { .. } => {
                    self.outbox.ignored("the PBX does not say where the extension is", rule::MX_C3);
                }
                Notice::OutOfService { extension, address } => {
                    self.on_unregistered(now, &extension, address);
                }
                Notice::Call { extension, event } => self.on_call_event(now, &extension, &event),
                Notice::Refused { extension, error } => {
                    let text = alloc::format!("{extension} cannot be monitored: {error}");
                    self.outbox.note(text, rule::MX_C1);
                }
                Notice::Lost => {
                    self.subscribers.iter_mut().for_each(|subscriber| subscriber.is_unheard = true);
                }
            }
        }
    }

    fn on_call_event(&mut self, now: Instant, extension: &str, event: &CallEvent) {
        match event.kind {
            CallEventKind::Established => self.on_call(now, extension, true),
            CallEventKind::ConnectionCleared => {
                // One party of several may have left: the extension's own end counts.
                let is_over = event.local_state == "null"
                    || event.subject == extension
                    || event.device == extension
                    || event.local_state.is_empty();
                if is_over {
                    self.on_call(now, extension, false);
                }
            }
            CallEventKind::ServiceInitiated
            | CallEventKind::Originated
            | CallEventKind::Delivered => {}
        }
    }

    fn on_registered(&mut self, now: Instant, extension: &str, address: IpAddr) {
        let Some(index) = self.index_of(extension) else { return };
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        let before = subscriber.address.replace(address);
        if core::mem::take(&mut subscriber.is_unheard) && before == Some(address) {
            // Told once more after CSTA was lost. A session that stands goes on; one that the phone
            // ended meanwhile, as it does when the PBX restarts (MX-S14), begins anew.
            if !subscriber.state.is_established() {
                self.reconcile(now, index, "registration");
            }
            return;
        }
        // A phone that registers is in no call.
        subscriber.in_call = false;
        subscriber.asked = false;
        let state = subscriber.state;
        let session = subscriber.session.as_ref();
        if session.is_some_and(|session| session.remote.ip() != address) {
            self.leave_address(now, index);
        } else if state.is_established() {
            // The phone was away in between, and has forgotten the session.
            self.drop_session(index);
            self.enter(index, SessionState::Idle, "registered anew");
        }
        self.reconcile(now, index, "registration");
    }

    /// The extension is somewhere else now. The phone that had it says BYE itself (MX-S11).
    fn leave_address(&mut self, now: Instant, index: usize) {
        self.end_take(index);
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        let Some(session) = subscriber.session.take() else { return };
        let forgotten = match session.dialog {
            Some(dialog) => subscriber.former.replace(dialog),
            None => None,
        };
        for attempt in session.attempts {
            self.endpoint.cancel(now, attempt, rfc::CANCELLING, &mut self.outbox);
        }
        if let Some(dialog) = forgotten {
            self.endpoint.forget(dialog);
        }
        self.clear_timers(index);
        self.enter(index, SessionState::Idle, "new address");
    }

    fn on_unregistered(&mut self, now: Instant, extension: &str, address: Option<IpAddr>) {
        let Some(index) = self.index_of(extension) else { return };
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        subscriber.is_unheard = false;
        if address.is_some() && subscriber.address.is_some() && address != subscriber.address {
            // It is the phone that had the extension before.
            return;
        }
        subscriber.forget();
        self.reconcile(now, index, "un-registration");
    }

    fn on_call(&mut self, now: Instant, extension: &str, begins: bool) {
        let Some(index) = self.index_of(extension) else { return };
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        // A call that goes on may be told of again; what its user asked for still holds.
        subscriber.asked &= begins && subscriber.in_call;
        subscriber.in_call = begins;
        subscriber.hears_calls = true;
        if begins {
            self.reconcile(now, index, "call");
        } else {
            self.end_take(index);
            self.reconcile(now, index, "call over");
        }
    }

    fn on_demand(&mut self, now: Instant, demand: &Demand) {
        let status = self.obey(now, demand);
        self.demands.answer(demand, status, &mut self.outbox);
        if status == 200
            && let Some(index) = self.subscribers.iter().position(|s| s.number == demand.extension)
        {
            self.reconcile(now, index, "key");
        }
    }

    /// Takes an order by key; the status of the answer.
    fn obey(&mut self, _now: Instant, demand: &Demand) -> u16 {
        let demands = self.config.demands;
        let found = self.subscribers.iter_mut().find(|s| s.number == demand.extension);
        let Some(subscriber) = found else { return 404 };
        match (demands, demand.page) {
            (Demands::Start, Page::Start) if subscriber.in_call => subscriber.asked = true,
            (Demands::Start, Page::Stop) => subscriber.asked = false,
            (Demands::Save, Page::Save) if subscriber.in_call => subscriber.keep = true,
            _ => return 409,
        }
        200
    }

    /// Whether recordings that nobody asked to keep are taken away (MX-D3).
    const fn discards(&self) -> bool {
        matches!(self.config.demands, Demands::Save)
    }

    fn note_discarded(&mut self, index: usize) {
        if let Some(subscriber) = self.subscribers.get(index) {
            let text = alloc::format!(
                "Nobody asked to keep the call of {}: its recording is discarded.",
                subscriber.number
            );
            self.outbox.note(text, rule::MX_D3);
        }
    }

    fn wants_session(&self, index: usize) -> bool {
        self.subscribers.get(index).is_some_and(|subscriber| {
            let by_mapping = match self.config.mapping {
                Mapping::Dynamic => subscriber.in_call,
                Mapping::Static => true,
            };
            let by_demand = self.config.demands != Demands::Start || subscriber.asked;
            subscriber.address.is_some() && by_mapping && by_demand
        })
    }

    /// Does what brings an extension from where it is to where it should be.
    fn reconcile(&mut self, now: Instant, index: usize, cause: &'static str) {
        let wanted = self.wants_session(index);
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        match (subscriber.state, wanted) {
            // The end of a call is no reason to invite: the phone that said BYE is leaving.
            (SessionState::Idle | SessionState::Waiting, true) if cause == "call over" => {}
            (SessionState::Idle | SessionState::Waiting, true) => self.invite(now, index, cause),
            (SessionState::Waiting, false) => {
                self.clear_timers(index);
                self.enter(index, SessionState::Idle, cause);
            }
            (SessionState::Inviting, false) => self.withdraw(now, index, cause),
            (SessionState::Withdrawing, true) => self.enter(index, SessionState::Inviting, cause),
            (
                SessionState::Recording | SessionState::Checking | SessionState::Refreshing,
                false,
            ) => {
                let rule = match self.config.mapping {
                    Mapping::Dynamic => rule::MX_S1,
                    Mapping::Static => rule::MX_S2,
                };
                self.end_session(now, index, cause, rule);
            }
            _ => {}
        }
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

    fn index_of(&mut self, extension: &str) -> Option<usize> {
        let index = self.subscribers.iter().position(|s| s.number == extension);
        if index.is_none() {
            self.outbox.ignored("the extension is not one to be recorded", rule::MX_1);
        }
        index
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
