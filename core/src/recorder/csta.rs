//! The recording system's ear at the PBX: a CSTA client that monitors extensions and says which
//! of them are where, and what becomes of their calls (MX-C1).

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::convert::Infallible;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use crate::csta::{CallEvent, Event as CstaEvent, Frame, InvokeId, Message, Splitter, Step};
use crate::machine::{
    Connection, Diagram, Input, Machine, Outbox, Output, State as _, TcpCommand, TcpEvent,
    TimeoutReason, Timer as _, Timers, states, timers,
};
use crate::rule;
use crate::time::Instant;

/// How a CSTA client is set up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CstaConfig {
    /// The PBX's CSTA server.
    pub server: SocketAddr,
    /// The extensions to be recorded; the first [`CstaClient::MAX_EXTENSIONS`] are monitored.
    pub extensions: Vec<String>,
    /// How long it waits before it connects again.
    pub retry: Duration,
    /// How long it waits for the connection and for answers.
    pub answer: Duration,
}

impl Default for CstaConfig {
    /// A PBX at 192.0.2.1 and its extension 1000; five seconds to wait for anything.
    fn default() -> Self {
        Self {
            server: SocketAddr::from(([192, 0, 2, 1], 8882)),
            extensions: alloc::vec!["1000".to_string()],
            retry: Duration::from_secs(5),
            answer: Duration::from_secs(5),
        }
    }
}

/// What its owner orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CstaCommand {
    /// Connect, and stay connected.
    Connect,
    /// Take the monitors back and disconnect.
    Disconnect,
}

/// What the PBX tells, or the connection itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// An extension is registered, or comes with another address than before.
    InService {
        /// Which.
        extension: String,
        /// Where, if the PBX says so.
        address: Option<IpAddr>,
    },
    /// An extension is not registered any more.
    OutOfService {
        /// Which.
        extension: String,
        /// Where it was, if the PBX says so.
        address: Option<IpAddr>,
    },
    /// A step of a call.
    Call {
        /// The monitored extension.
        extension: String,
        /// What happened.
        event: CallEvent,
    },
    /// The PBX does not let this extension be monitored.
    Refused {
        /// Which.
        extension: String,
        /// In the PBX's words.
        error: String,
    },
    /// The connection is gone: until it stands again, nothing is told.
    Lost,
}

states! {
    /// What a CSTA client is doing.
    pub enum CstaState: "CSTA client" {
        /// It was not told to connect.
        Idle = "idle",
        /// The connection is being opened.
        Connecting = "connecting",
        /// Monitors are asked for.
        Starting = "starting monitors",
        /// All monitors are answered.
        Monitoring = "monitoring",
        /// The connection failed; it is tried again.
        Waiting = "waiting to reconnect",
    }
    Idle -> Connecting: "connect", rule::MX_C1;
    Connecting -> Starting: "connected", rule::MX_C1;
    Connecting -> Monitoring: "nothing to monitor", rule::MX_C1;
    Starting -> Monitoring: "monitors started", rule::MX_C1;
    Connecting -> Waiting: "connection lost", rule::MX_C1;
    Starting -> Waiting: "connection lost", rule::MX_C1;
    Monitoring -> Waiting: "connection lost", rule::MX_C1;
    Connecting -> Waiting: "no answer", rule::MX_C1;
    Starting -> Waiting: "no answer", rule::MX_C1;
    Waiting -> Connecting: "retry", rule::MX_C1;
    Connecting -> Idle: "disconnect", rule::MX_C1;
    Starting -> Idle: "disconnect", rule::MX_C1;
    Monitoring -> Idle: "disconnect", rule::MX_C1;
    Waiting -> Idle: "disconnect", rule::MX_C1;
}

timers! {
    /// Deadlines of a CSTA client.
    pub enum CstaTimer {
        /// An answer is due.
        Answer = "CSTA answer",
        /// The connection is to be tried again.
        Retry = "CSTA retry",
    }
}

/// A CSTA client. Besides its outputs, drain [`CstaClient::poll_notice`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CstaClient {
    config: CstaConfig,
    state: CstaState,
    timers: Timers<CstaTimer, 2>,
    outbox: Outbox,
    /// Number of the latest attempt to connect; events of earlier ones are late.
    connection: Connection,
    splitter: Splitter,
    /// One for each extension, in the same order.
    monitors: Vec<Monitor>,
    notices: VecDeque<Notice>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Monitor {
    /// Asked for, not answered.
    Asked,
    /// Its events quote this.
    Started(String),
    Refused,
}

impl CstaClient {
    /// As many requests as invoke ids tell apart.
    pub const MAX_EXTENSIONS: usize = 9998;
    /// Its states, for display.
    pub const DIAGRAM: &'static Diagram = CstaState::DIAGRAM;

    /// A client that is not connected.
    #[must_use]
    pub fn new(mut config: CstaConfig) -> Self {
        config.extensions.truncate(Self::MAX_EXTENSIONS);
        Self {
            config,
            state: CstaState::Idle,
            timers: Timers::default(),
            outbox: Outbox::default(),
            connection: Connection(0),
            splitter: Splitter::default(),
            monitors: Vec::new(),
            notices: VecDeque::new(),
        }
    }

    /// What it is doing.
    #[must_use]
    pub const fn state(&self) -> CstaState {
        self.state
    }

    /// Its settings.
    #[must_use]
    pub const fn config(&self) -> &CstaConfig {
        &self.config
    }

    /// Takes note of the time, so that machines which will behave alike compare equal.
    pub(crate) fn advance(&mut self, now: Instant) {
        self.timers.advance(now);
    }

    /// Timers that run, with the time each has left.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        self.timers.running().map(|(timer, left)| (timer.name(), left))
    }

    /// What the PBX told, until `None`.
    #[must_use]
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// Whether the connection is the current one of this client.
    #[must_use]
    pub fn owns(&self, connection: Connection) -> bool {
        connection == self.connection && !matches!(self.state, CstaState::Idle | CstaState::Waiting)
    }

    fn enter(&mut self, to: CstaState, cause: &'static str) {
        self.outbox.event(self.state.enter(to, cause));
    }

    fn connect(&mut self, cause: &'static str) {
        self.enter(CstaState::Connecting, cause);
        self.connection = Connection((self.connection.0 + 1) % Connection::ACCEPTED);
        self.splitter = Splitter::default();
        self.monitors.clear();
        let connect = TcpCommand::Connect(self.config.server);
        self.outbox.tcp(self.connection, connect, rule::MX_C1);
        self.timers.clear(CstaTimer::Retry);
        self.timers.set(CstaTimer::Answer, self.config.answer);
    }

    fn disconnect(&mut self) {
        if self.state == CstaState::Idle {
            return;
        }
        if matches!(self.state, CstaState::Starting | CstaState::Monitoring) {
            for place in 0..self.monitors.len() {
                if let Some(Monitor::Started(cross_ref)) = self.monitors.get(place) {
                    let cross_ref = cross_ref.clone();
                    self.send(place, &Message::MonitorStop { cross_ref });
                }
            }
        }
        if self.state != CstaState::Waiting {
            self.outbox.tcp(self.connection, TcpCommand::Close, rule::MX_C1);
        }
        self.monitors.clear();
        self.timers.clear_all();
        self.enter(CstaState::Idle, "disconnect");
    }

    /// The connection stands: asks for all monitors at once.
    fn start(&mut self) {
        if self.state != CstaState::Connecting {
            return;
        }
        self.monitors = alloc::vec![Monitor::Asked; self.config.extensions.len()];
        if self.monitors.is_empty() {
            self.timers.clear(CstaTimer::Answer);
            self.enter(CstaState::Monitoring, "nothing to monitor");
            return;
        }
        self.enter(CstaState::Starting, "connected");
        self.timers.set(CstaTimer::Answer, self.config.answer);
        for place in 0..self.monitors.len() {
            if let Some(device) = self.config.extensions.get(place).cloned() {
                self.send(place, &Message::MonitorStart { device });
            }
        }
    }

    /// The connection is of no more use.
    fn lose(&mut self, cause: &'static str) {
        if cause == "no answer" {
            self.outbox.tcp(self.connection, TcpCommand::Abort, rule::MX_C1);
        }
        let was_connected = matches!(self.state, CstaState::Starting | CstaState::Monitoring);
        self.enter(CstaState::Waiting, cause);
        self.monitors.clear();
        self.timers.clear_all();
        self.timers.set(CstaTimer::Retry, self.config.retry);
        if was_connected {
            self.notices.push_back(Notice::Lost);
        }
    }

    /// Sends a request about the extension at `place`, whose invoke id is one more.
    fn send(&mut self, place: usize, message: &Message) {
        let invoke_id = u16::try_from(place + 1).ok().and_then(InvokeId::new);
        let xml = message.to_string().into_bytes();
        let frame = invoke_id.map(|invoke_id| Frame { invoke_id, xml }.to_bytes());
        if let Some(Ok(bytes)) = frame {
            self.outbox.tcp(self.connection, TcpCommand::Send(&bytes), rule::MX_C1);
        }
    }

    fn receive(&mut self, mut bytes: &[u8]) {
        loop {
            let (consumed, step) = self.splitter.push(bytes);
            bytes = bytes.get(consumed..).unwrap_or_default();
            match step {
                Step::NeedMore => return,
                Step::Frame(_, frame) => match Message::parse(&frame.xml) {
                    Ok(parsed) => self.take(frame.invoke_id, parsed.message),
                    Err(_) => self.ignore("the CSTA message is not well-formed"),
                },
                Step::Skipped(_) => self.ignore("the bytes are no CSTA frame"),
            }
        }
    }

    fn take(&mut self, invoke_id: InvokeId, message: Message) {
        match message {
            Message::MonitorStartResponse { cross_ref } => {
                self.answer(invoke_id, Monitor::Started(cross_ref));
            }
            Message::Error { kind, value } => {
                let place = usize::from(invoke_id.number()).wrapping_sub(1);
                if self.monitors.get(place) == Some(&Monitor::Asked) {
                    let extension = self.config.extensions.get(place).cloned().unwrap_or_default();
                    let error = alloc::format!("{kind} {value}");
                    self.notices.push_back(Notice::Refused { extension, error });
                }
                self.answer(invoke_id, Monitor::Refused);
            }
            Message::Event { cross_ref, event } => self.tell(&cross_ref, event),
            Message::MonitorStopResponse => {}
            _ => self.ignore("the CSTA message is not known"),
        }
    }

    /// A request for a monitor has its answer.
    fn answer(&mut self, invoke_id: InvokeId, answer: Monitor) {
        let place = usize::from(invoke_id.number()).wrapping_sub(1);
        match self.monitors.get_mut(place) {
            Some(monitor @ Monitor::Asked) => *monitor = answer,
            _ => return self.ignore("the answer belongs to no request"),
        }
        if !self.monitors.contains(&Monitor::Asked) {
            self.timers.clear(CstaTimer::Answer);
            self.enter(CstaState::Monitoring, "monitors started");
        }
    }

    /// An event of a monitor, told in words of extensions.
    fn tell(&mut self, cross_ref: &str, event: CstaEvent) {
        let of_monitor =
            |monitor: &Monitor| matches!(monitor, Monitor::Started(id) if id == cross_ref);
        let place = self.monitors.iter().position(of_monitor);
        let Some(extension) = place.and_then(|place| self.config.extensions.get(place)).cloned()
        else {
            return self.ignore("the event belongs to no monitor");
        };
        let notice = match event {
            CstaEvent::Call(event) => Notice::Call { extension, event },
            CstaEvent::BackInService(event) => {
                Notice::InService { extension, address: event.address }
            }
            CstaEvent::OutOfService(event) => {
                Notice::OutOfService { extension, address: event.address }
            }
        };
        self.notices.push_back(notice);
    }

    fn ignore(&mut self, reason: &'static str) {
        self.outbox.ignored(reason, rule::MX_C2);
    }
}

impl Machine for CstaClient {
    type Command = CstaCommand;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, CstaCommand>,
    ) -> Result<(), Infallible> {
        self.timers.advance(now);
        match input {
            Input::Command(CstaCommand::Connect) if self.state == CstaState::Idle => {
                self.connect("connect");
            }
            Input::Command(CstaCommand::Disconnect) => self.disconnect(),
            Input::Tcp { connection, event } if self.owns(connection) => match event {
                TcpEvent::Connected { .. } => self.start(),
                TcpEvent::Data(bytes) => self.receive(bytes),
                TcpEvent::Closed => {
                    self.outbox.tcp(self.connection, TcpCommand::Close, rule::MX_C1);
                    self.lose("connection lost");
                }
                TcpEvent::Failed => self.lose("connection lost"),
                TcpEvent::Accepted { .. } => {}
            },
            Input::Timeout => {
                while let Some(timer) = self.timers.expire() {
                    match timer {
                        CstaTimer::Answer => self.lose("no answer"),
                        CstaTimer::Retry => self.connect("retry"),
                    }
                }
            }
            _ => {}
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
