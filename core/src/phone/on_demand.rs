//! Recording on demand: a key makes the phone ask the recorder by HTTP (MX-D1 to MX-D4).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use crate::http::variables::{self, Context, expand};
use crate::http::{Message, Reader, StartLine, Step};
use crate::machine::{
    Connection, Diagram, Event, Input, Machine, Outbox, Output, State, TcpCommand, TcpEvent,
    TimeoutReason, Timer, Timers, states, timers,
};
use crate::rule;
use crate::time::Instant;

/// Most bytes of an answer that are kept while waiting for the rest of it.
const MAX_ANSWER: usize = 16 * 1024;

/// What the key does (MX-D2, MX-D3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KeyAction {
    /// The first press starts recording, the next one stops it.
    #[default]
    StartStop,
    /// Each press asks to keep the recording that runs.
    Save,
}

/// A request as the configuration file describes it; `$$NAME$$` stands for a variable (MX-D4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestTemplate {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Content type and content, for XML or SOAP.
    pub body: Option<(String, String)>,
}

impl RequestTemplate {
    /// A plain GET.
    #[must_use]
    pub fn get(target: &str) -> Self {
        Self { method: "GET".into(), target: target.into(), body: None }
    }
}

/// Settings of the key (MX-D1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OnDemandConfig {
    /// Where the requests go. For https the host puts TLS in between.
    pub server: SocketAddr,
    /// What the key does.
    pub action: KeyAction,
    /// What starts recording.
    pub start: RequestTemplate,
    /// What stops it.
    pub stop: RequestTemplate,
    /// What keeps it.
    pub save: RequestTemplate,
    /// How long to wait for the connection, and again for the answer.
    pub patience: Duration,
    /// The number of the first TCP connection; later ones count on.
    pub first_connection: u32,
}

impl Default for OnDemandConfig {
    /// Starts and stops at 192.0.2.9, with the request of MX-D4.
    fn default() -> Self {
        let page = |page| {
            RequestTemplate::get(&alloc::format!(
                "/XVOIPService?page={page}&OPN=$$SIPUSERNAME$$&RN=$$REMOTENUMBER$$"
            ))
        };
        Self {
            server: SocketAddr::from(([192, 0, 2, 9], 8080)),
            action: KeyAction::StartStop,
            start: page("START"),
            stop: page("STOP"),
            save: page("SAVE"),
            patience: Duration::from_secs(5),
            first_connection: 0,
        }
    }
}

/// What the variables of a request stand for while a call lasts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CallFacts {
    /// `$$SIPUSERNAME$$`
    pub sip_user_name: String,
    /// `$$DISPLAYNAME$$`
    pub display_name: String,
    /// `$$REMOTENUMBER$$`
    pub remote_number: String,
    /// `$$LOCALIP$$`
    pub local_ip: Option<IpAddr>,
    /// `$$CALLDIRECTION$$`: `incoming` or `outgoing`.
    pub call_direction: String,
    /// `$$CALLDURATION$$`, in seconds.
    pub call_duration: Duration,
    /// `$$LINESTATE$$`: `connected`, `ringing`, ….
    pub line_state: String,
}

/// What its owner can tell the machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OnDemandCommand {
    /// The user pressed the key, in a call or without one.
    Key(Option<CallFacts>),
    /// The call is over: the next press starts anew (MX-D1).
    CallEnded,
    /// The power is gone.
    PowerOff,
}

states! {
    /// Where the request is.
    pub enum OnDemandState: "recording on demand" {
        /// No request is under way.
        Idle = "idle",
        /// Waits for the connection.
        Connecting = "connecting",
        /// Waits for the answer.
        Asking = "waiting for the answer",
    }
    Idle -> Connecting: "key", rule::MX_D1;
    Connecting -> Asking: "connected", rule::MX_D1;
    Connecting -> Idle: "no connection", rule::MX_D4;
    Connecting -> Idle: "time-out", rule::MX_D4;
    Connecting -> Idle: "power off", rule::MX_S12;
    Asking -> Idle: "2xx", rule::MX_D4;
    Asking -> Idle: "refused", rule::MX_D4;
    Asking -> Idle: "connection lost", rule::MX_D4;
    Asking -> Idle: "time-out", rule::MX_D4;
    Asking -> Idle: "power off", rule::MX_S12;
}

timers! {
    enum OnDemandTimer {
        Patience = "on-demand answer",
    }
}

/// What the request under way asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Wish {
    Start,
    Stop,
    Save,
}

impl Wish {
    const fn done(self) -> &'static str {
        match self {
            Self::Start => "Recording started",
            Self::Stop => "Recording stopped",
            Self::Save => "Recording will be kept",
        }
    }

    const fn rule(self) -> &'static rule::Rule {
        match self {
            Self::Start | Self::Stop => rule::MX_D2,
            Self::Save => rule::MX_D3,
        }
    }
}

/// The machine behind the key.
///
/// ```
/// use recscope_core::machine::{Input, Machine, Output, TcpCommand};
/// use recscope_core::phone::on_demand::{CallFacts, OnDemand, OnDemandCommand, OnDemandConfig};
/// use recscope_core::Instant;
///
/// let mut key = OnDemand::new(OnDemandConfig::default());
/// let facts = CallFacts { sip_user_name: "1000".into(), ..CallFacts::default() };
/// key.handle_input(Instant::ORIGIN, Input::Command(OnDemandCommand::Key(Some(facts)))).unwrap();
/// let connect = key.poll_output().unwrap();
/// assert!(matches!(connect, Output::Event(_)));
/// let connect = key.poll_output().unwrap();
/// assert!(matches!(connect, Output::Tcp { command: TcpCommand::Connect(_), .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OnDemand {
    config: OnDemandConfig,
    state: OnDemandState,
    timers: Timers<OnDemandTimer, 1>,
    outbox: Outbox,
    /// The connection in use, or the last one.
    connection: Connection,
    wish: Wish,
    /// The request, until the connection stands.
    request: Vec<u8>,
    answer: Vec<u8>,
    /// Whether this call is recorded by request.
    is_recording: bool,
    /// The call whose recording is asked for has ended meanwhile.
    is_call_over: bool,
}

impl OnDemand {
    /// Its states, as diagrams show them.
    pub const DIAGRAMS: &'static [&'static Diagram] = &[OnDemandState::DIAGRAM];

    /// A key that waits to be pressed.
    #[must_use]
    pub fn new(config: OnDemandConfig) -> Self {
        Self {
            state: OnDemandState::Idle,
            timers: Timers::default(),
            outbox: Outbox::default(),
            connection: Connection(config.first_connection.wrapping_sub(1)),
            wish: Wish::Start,
            request: Vec::new(),
            answer: Vec::new(),
            is_recording: false,
            is_call_over: false,
            config,
        }
    }

    /// Whether this machine opened the connection, now or before.
    #[must_use]
    pub fn owns(&self, connection: Connection) -> bool {
        (self.config.first_connection..=self.connection.0).contains(&connection.0)
    }

    /// Name and state of its machines.
    pub fn states(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        core::iter::once((OnDemandState::DIAGRAM.machine, self.state.name()))
    }

    /// Takes note of the time, so that machines which will behave alike compare equal.
    pub(crate) fn advance(&mut self, now: Instant) {
        self.timers.advance(now);
    }

    /// Timers that run, with the time each has left.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        self.timers.running().map(|(timer, left)| (timer.name(), left))
    }

    fn on_command(&mut self, command: OnDemandCommand) {
        match command {
            OnDemandCommand::Key(Some(facts)) => self.press(&facts),
            OnDemandCommand::Key(None) => {
                self.outbox.prompt("Cannot record: there is no call", rule::MX_D1);
            }
            OnDemandCommand::CallEnded => {
                self.is_recording = false;
                self.is_call_over = true;
            }
            OnDemandCommand::PowerOff => {
                self.is_recording = false;
                self.finish("power off");
            }
        }
    }

    fn press(&mut self, facts: &CallFacts) {
        if self.state != OnDemandState::Idle {
            self.outbox.event(Event::Ignored {
                reason: "the last request is still under way",
                rule: rule::MX_D1,
            });
            return;
        }
        self.wish = match self.config.action {
            KeyAction::Save => Wish::Save,
            KeyAction::StartStop if self.is_recording => Wish::Stop,
            KeyAction::StartStop => Wish::Start,
        };
        self.request = self.compose(facts);
        self.answer.clear();
        self.is_call_over = false;
        self.connection = Connection(self.connection.0.wrapping_add(1));
        self.enter(OnDemandState::Connecting, "key");
        self.timers.set(OnDemandTimer::Patience, self.config.patience);
        let connect = TcpCommand::Connect(self.config.server);
        self.outbox.tcp(self.connection, connect, rule::MX_D1);
    }

    fn compose(&self, facts: &CallFacts) -> Vec<u8> {
        let template = match self.wish {
            Wish::Start => &self.config.start,
            Wish::Stop => &self.config.stop,
            Wish::Save => &self.config.save,
        };
        let local_ip = facts.local_ip.map(|ip| ip.to_string()).unwrap_or_default();
        let duration = facts.call_duration.as_secs().to_string();
        let value = |name: &str| match name {
            variables::SIP_USER_NAME => Some(facts.sip_user_name.as_str()),
            variables::DISPLAY_NAME => Some(facts.display_name.as_str()),
            variables::REMOTE_NUMBER => Some(facts.remote_number.as_str()),
            variables::LOCAL_IP => Some(local_ip.as_str()),
            variables::CALL_DIRECTION => Some(facts.call_direction.as_str()),
            variables::CALL_DURATION => Some(duration.as_str()),
            variables::LINE_STATE => Some(facts.line_state.as_str()),
            _ => None,
        };
        let target = expand(&template.target, Context::Url, value);
        let mut message = Message::request(&template.method, &target)
            .with_header("Host", &self.config.server.to_string())
            .with_header("Connection", "close");
        if let Some((content_type, body)) = &template.body {
            message = message.with_body(content_type, expand(body, Context::Xml, value));
        }
        message.to_bytes()
    }

    fn on_tcp(&mut self, connection: Connection, event: TcpEvent<'_>) {
        if connection != self.connection || self.state == OnDemandState::Idle {
            // The rest of a connection that is done with.
            return;
        }
        match (self.state, event) {
            (OnDemandState::Connecting, TcpEvent::Connected { .. }) => {
                self.enter(OnDemandState::Asking, "connected");
                self.timers.set(OnDemandTimer::Patience, self.config.patience);
                let request = core::mem::take(&mut self.request);
                let rule = self.wish.rule();
                self.outbox.tcp(connection, TcpCommand::Send(&request), rule);
            }
            (OnDemandState::Connecting, TcpEvent::Closed | TcpEvent::Failed) => {
                self.fail("no connection", "no connection");
            }
            (OnDemandState::Asking, TcpEvent::Data(bytes)) => self.on_data(bytes),
            (OnDemandState::Asking, TcpEvent::Closed) => self.on_end(),
            (OnDemandState::Asking, TcpEvent::Failed) => {
                self.fail("connection lost", "connection lost");
            }
            _ => {}
        }
    }

    fn on_data(&mut self, bytes: &[u8]) {
        self.answer.extend_from_slice(bytes);
        // Answers are short, so reading them anew is cheaper than to keep a reader's state.
        let mut reader = Reader::default();
        if let (_, Step::Message(received)) = reader.push(&self.answer) {
            self.on_answer(&received.message);
        } else if self.answer.len() > MAX_ANSWER {
            self.fail("refused", "the answer is too long");
        }
    }

    /// An answer without a length ends with the connection.
    fn on_end(&mut self) {
        let mut reader = Reader::default();
        reader.push(&self.answer);
        match reader.finish() {
            Some(received) => self.on_answer(&received.message),
            None => self.fail("connection lost", "connection lost"),
        }
    }

    fn on_answer(&mut self, answer: &Message) {
        match &answer.start {
            StartLine::Response { status: 200..=299, .. } => {
                self.is_recording = self.wish == Wish::Start && !self.is_call_over;
                self.outbox.prompt(self.wish.done(), self.wish.rule());
                self.outbox.tcp(self.connection, TcpCommand::Close, rule::MX_D4);
                self.finish("2xx");
            }
            StartLine::Response { status, reason } => {
                let why = alloc::format!("{status} {reason}");
                self.fail("refused", &why);
            }
            StartLine::Request { .. } => self.fail("refused", "the answer is a request"),
        }
    }

    fn fail(&mut self, cause: &'static str, why: &str) {
        self.outbox.prompt(alloc::format!("Recording on demand failed: {why}"), rule::MX_D4);
        self.outbox.tcp(self.connection, TcpCommand::Abort, rule::MX_D4);
        self.finish(cause);
    }

    fn finish(&mut self, cause: &'static str) {
        self.timers.clear_all();
        self.request.clear();
        self.answer.clear();
        if self.state != OnDemandState::Idle {
            self.enter(OnDemandState::Idle, cause);
        }
    }

    fn enter(&mut self, to: OnDemandState, cause: &'static str) {
        let event = self.state.enter(to, cause);
        self.outbox.event(event);
    }
}

impl Machine for OnDemand {
    type Command = OnDemandCommand;
    type Misuse = core::convert::Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, OnDemandCommand>,
    ) -> Result<(), Self::Misuse> {
        self.timers.advance(now);
        match input {
            Input::Command(command) => self.on_command(command),
            Input::Tcp { connection, event } => self.on_tcp(connection, event),
            Input::Timeout => {
                if self.timers.expire().is_some() {
                    self.fail("time-out", "no answer");
                }
            }
            Input::Datagram { .. }
            | Input::Ras { .. }
            | Input::Storage(_)
            | Input::Audio { .. } => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        self.timers.next().map(|(at, timer)| (at, timer.name()))
    }
}

#[cfg(test)]
mod tests;
