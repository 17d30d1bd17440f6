//! Recording by a record server, on the phone's side (BX-S1 to BX-S10).

mod config;
mod session;
mod state;

pub use config::{Command, Config, DEFAULT_PORT, Parties};
pub use state::{ServerState, ServerTimer};

use alloc::vec::Vec;
use core::convert::Infallible;
use core::net::SocketAddr;

use self::session::{Media, Session};
use super::media::MIXED;
use crate::codec::Codec;
use crate::control::{self, Outcome, StartResponse, StopResponse};
use crate::machine::{
    Connection, Input, Machine, Outbox, Output, Side, State, TcpCommand, TcpEvent, TimeoutReason,
    Timers,
};
use crate::random::Random;
use crate::rule;
use crate::spelling::{self, digits, joined, push_ip, push_socket, text};
use crate::time::Instant;

/// The machine that asks a record server to record the call, and sends it the call's sound.
///
/// Its host gives it the sound of both sides as [`Input::Audio`] at all times; it mixes them into
/// one RTP stream (BX-3), from the server's agreement until stop or the end of the connection
/// (BX-S8).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerRecorder {
    config: Config,
    state: ServerState,
    session: Option<Session>,
    /// A connection that has done its work and that the server is to close (BX-S5).
    lingering: Option<Connection>,
    next_connection: Connection,
    timers: Timers<ServerTimer, 5>,
    random: Random,
    outbox: Outbox,
}

/// What the phone shows where no connection came about.
const UNREACHABLE: &str = "Recording failed: the record server cannot be reached";

impl ServerRecorder {
    /// A recorder that does nothing yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            random: Random::new(config.seed),
            next_connection: Connection(config.first_connection),
            config,
            state: ServerState::Idle,
            session: None,
            lingering: None,
            timers: Timers::default(),
            outbox: Outbox::default(),
        }
    }

    /// What it does.
    #[must_use]
    pub const fn state(&self) -> ServerState {
        self.state
    }

    /// Whether it has forgotten everything about its last session.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.session.is_none() && self.lingering.is_none() && self.timers.next().is_none()
    }

    /// Whether a connection is one of its own.
    #[must_use]
    pub fn owns(&self, connection: Connection) -> bool {
        self.lingering == Some(connection)
            || self.session.as_ref().is_some_and(|session| session.connection == connection)
    }

    /// The id of the recording, while there is one (BX-S4).
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.id.as_str())
    }

    /// Takes note of the time, so that machines which will behave alike compare equal.
    pub(crate) fn advance(&mut self, now: Instant) {
        self.timers.advance(now);
    }

    /// The timers that run.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, core::time::Duration)> + '_ {
        use crate::machine::Timer;
        self.timers.running().map(|(timer, left)| (timer.name(), left))
    }

    fn handle_command(&mut self, command: Command) {
        use ServerState::{Connecting, Idle, Recording, Starting};
        match (command, self.state) {
            (Command::Start(parties), Idle) => self.start(parties),
            (Command::Start(_), _) => {
                self.outbox.ignored("the call is being recorded", rule::BX_S4);
            }
            (Command::Stop, Idle) => self.outbox.ignored("nothing is recorded", rule::BX_S3),
            (Command::Stop, Connecting) => self.abort("stop"),
            (Command::CallEnded, Connecting) => self.abort("call ended"),
            (Command::Stop, Starting | Recording) => self.stop("user", "stop"),
            (Command::CallEnded, Starting | Recording) => self.stop("call_ended", "call ended"),
            (Command::Stop | Command::CallEnded, _) => {}
        }
    }

    fn start(&mut self, parties: Parties) {
        let Some(server) = self.config.server else {
            return self.outbox.prompt("Cannot record: no record server is set", rule::BX_S1);
        };
        self.end_lingering();
        if Codec::from_name(&self.config.codec).is_none() {
            let text =
                ["The phone is set to ", &self.config.codec, ", which no record server takes"];
            self.outbox.note(joined(&text), rule::BX_4);
        }
        let connection = self.next_connection;
        self.next_connection = Connection(connection.0.wrapping_add(1) % Connection::ACCEPTED);
        let id = text(digits(self.random.next_u32()));
        self.session = Some(Session::new(connection, server, id, parties));
        self.outbox.tcp(connection, TcpCommand::Connect(server), rule::BX_S1);
        self.timers.set(ServerTimer::Connect, self.config.connect_timeout);
        self.enter(ServerState::Connecting, "start");
    }

    fn handle_tcp(&mut self, connection: Connection, event: TcpEvent<'_>) {
        if self.lingering == Some(connection) {
            if matches!(event, TcpEvent::Closed | TcpEvent::Failed) {
                self.end_lingering();
            }
            return;
        }
        if self.session.as_ref().is_none_or(|session| session.connection != connection) {
            return self.outbox.ignored("the connection belongs to no recording", rule::BX_S7);
        }
        match event {
            TcpEvent::Connected { .. } => self.connected(),
            TcpEvent::Data(bytes) => self.receive(bytes),
            TcpEvent::Closed => {
                self.flush();
                self.lose(TcpCommand::Close);
            }
            TcpEvent::Failed => self.lose(TcpCommand::Abort),
            TcpEvent::Accepted { .. } => {
                self.outbox.ignored("the phone accepts no connections", rule::BX_S1);
            }
        }
    }

    fn connected(&mut self) {
        if self.state != ServerState::Connecting {
            return;
        }
        let Some(session) = &self.session else { return };
        let request = session.start_request(&self.config).to_text();
        let send = TcpCommand::Send(request.as_bytes());
        self.outbox.tcp(session.connection, send, rule::BX_S2);
        self.timers.clear(ServerTimer::Connect);
        self.timers.set(ServerTimer::Start, self.config.start_timeout);
        self.enter(ServerState::Starting, "connected");
    }

    fn receive(&mut self, mut bytes: &[u8]) {
        while let Some(session) = &mut self.session {
            let (consumed, step) = session.splitter.push(bytes);
            bytes = bytes.get(consumed..).unwrap_or_default();
            match step {
                control::Step::Message(message) => self.handle_message(&message.bytes),
                control::Step::Skipped(_) => self.outbox.ignored("this is no command", rule::BX_S5),
                control::Step::NeedMore => break,
            }
        }
        match &self.session {
            Some(session) if session.splitter.is_complete() => self.flush(),
            Some(_) => self.timers.set(ServerTimer::Settle, self.config.settle),
            None => {}
        }
    }

    /// Takes what came as a whole command: the server has stopped talking.
    fn flush(&mut self) {
        self.timers.clear(ServerTimer::Settle);
        if let Some(message) = self.session.as_mut().and_then(|session| session.splitter.flush()) {
            self.handle_message(&message.bytes);
        }
    }

    fn handle_message(&mut self, bytes: &[u8]) {
        let Ok(parsed) = control::Command::parse(bytes) else {
            return self.outbox.ignored("this is no command", rule::BX_S2);
        };
        if self.id() != Some(parsed.command.id()) {
            return self.outbox.ignored("the id is not that of the recording", rule::BX_S4);
        }
        match (parsed.command, self.state) {
            (control::Command::StartResponse(response), ServerState::Starting) => {
                self.handle_start_response(&response);
            }
            (control::Command::StartResponse(response), ServerState::Stopping)
                if response.result == Outcome::Failed =>
            {
                self.end("failed");
            }
            (control::Command::StopResponse(response), ServerState::Stopping) => {
                self.handle_stop_response(&response);
            }
            _ => self.outbox.ignored("nothing of the kind was asked for", rule::BX_S5),
        }
    }

    fn handle_start_response(&mut self, response: &StartResponse) {
        self.timers.clear(ServerTimer::Start);
        if response.result == Outcome::Failed {
            self.end("failed");
            let colon = if response.reason.is_empty() { "" } else { ": " };
            return self
                .outbox
                .prompt(joined(&["Recording failed", colon, &response.reason]), rule::BX_S6);
        }
        let Some(remote) = self.rtp_target(response) else {
            self.end("no port");
            let text = "Recording failed: the server gave no port to send to";
            return self.outbox.prompt(text, rule::BX_S4);
        };
        let Some(codec) = Codec::from_name(&self.config.codec) else {
            self.stop("unsupported_codec", "unsupported codec");
            let text = ["Recording failed: codec ", &self.config.codec, " is not supported"];
            return self.outbox.prompt(joined(&text), rule::BX_S9);
        };
        let mut target = Vec::new();
        push_socket(&mut target, remote);
        let stream = " stream, which the phone passes on to ";
        let note = [MIXED, codec.name(), stream, &text(target)];
        self.outbox.note(joined(&note), rule::BX_3);
        let media = Media::new(codec, remote, self.config.packet_time, &mut self.random);
        if let Some(session) = &mut self.session {
            session.media = Some(media);
        }
        self.enter(ServerState::Recording, "success");
    }

    /// Where the RTP goes: the address that the server names, or the one it was reached at.
    fn rtp_target(&mut self, response: &StartResponse) -> Option<SocketAddr> {
        let port = response.port?;
        let host = self.session.as_ref()?.server.ip();
        let named = response.server.trim_ascii();
        let address = spelling::ip(named.as_bytes());
        if address.is_none() && !named.is_empty() {
            let mut target = Vec::new();
            push_ip(&mut target, host);
            let note =
                [named, " is no IP address: RTP goes to ", &text(target), ", like the commands"];
            self.outbox.note(joined(&note), rule::BX_S4);
        }
        Some(SocketAddr::new(address.unwrap_or(host), port))
    }

    fn handle_stop_response(&mut self, response: &StopResponse) {
        if response.result == Outcome::Failed {
            let text = "The server could not end the recording as it was asked to";
            self.outbox.note(text, rule::BX_S3);
        }
        self.timers.clear_all();
        if let Some(session) = self.session.take() {
            self.lingering = Some(session.connection);
            self.timers.set(ServerTimer::Linger, self.config.stop_timeout);
        }
        self.enter(ServerState::Idle, "stop response");
    }

    /// Asks the server to stop; no RTP after that.
    fn stop(&mut self, reason: &'static str, cause: &'static str) {
        let Some(session) = &mut self.session else { return };
        if let Some(mut media) = session.media.take() {
            media.finish(self.config.local_rtp, &mut self.outbox);
        }
        let request = session.stop_request(reason).to_text();
        let send = TcpCommand::Send(request.as_bytes());
        self.outbox.tcp(session.connection, send, rule::BX_S3);
        self.timers.clear(ServerTimer::Start);
        self.timers.set(ServerTimer::Stop, self.config.stop_timeout);
        self.enter(ServerState::Stopping, cause);
    }

    /// BX-S7: the connection broke, so the session is over and nothing of it stays.
    fn lose(&mut self, answer: TcpCommand<'_>) {
        let Some(session) = self.session.take() else {
            // What was flushed has ended the session; the other end's close is answered.
            return self.end_lingering();
        };
        self.outbox.tcp(session.connection, answer, rule::BX_S7);
        self.timers.clear_all();
        let before = self.state;
        self.enter(ServerState::Idle, "socket error");
        match before {
            ServerState::Stopping => {
                let text = "The connection broke before the server confirmed the stop";
                self.outbox.note(text, rule::BX_S7);
            }
            ServerState::Connecting => self.outbox.prompt(UNREACHABLE, rule::BX_S7),
            _ => {
                let text = "Recording failed: the connection to the record server broke";
                self.outbox.prompt(text, rule::BX_S7);
            }
        }
    }

    /// Ends the session in order.
    fn end(&mut self, cause: &'static str) {
        self.timers.clear_all();
        if let Some(session) = self.session.take() {
            self.outbox.tcp(session.connection, TcpCommand::Close, rule::BX_S6);
        }
        self.enter(ServerState::Idle, cause);
    }

    /// Gives up a connection that does not stand yet.
    fn abort(&mut self, cause: &'static str) {
        self.timers.clear_all();
        if let Some(session) = self.session.take() {
            self.outbox.tcp(session.connection, TcpCommand::Abort, rule::BX_S10);
        }
        self.enter(ServerState::Idle, cause);
    }

    fn end_lingering(&mut self) {
        self.timers.clear(ServerTimer::Linger);
        if let Some(connection) = self.lingering.take() {
            self.outbox.tcp(connection, TcpCommand::Close, rule::BX_S5);
        }
    }

    fn handle_audio(&mut self, side: Side, samples: &[i16]) {
        if let Some(Session { media: Some(media), .. }) = &mut self.session {
            media.send(side, samples, self.config.local_rtp, &mut self.outbox);
        }
    }

    fn handle_timeout(&mut self) {
        while let Some(timer) = self.timers.expire() {
            match timer {
                ServerTimer::Connect => {
                    self.abort("connect time-out");
                    self.outbox.prompt(UNREACHABLE, rule::BX_S10);
                }
                ServerTimer::Start => {
                    self.end("start time-out");
                    let text = "Recording failed: the record server does not answer";
                    self.outbox.prompt(text, rule::BX_S10);
                }
                ServerTimer::Stop => {
                    self.end("stop time-out");
                    self.outbox.note("The server never confirmed the stop", rule::BX_S10);
                }
                ServerTimer::Settle => self.flush(),
                ServerTimer::Linger => self.end_lingering(),
            }
        }
    }

    fn enter(&mut self, to: ServerState, cause: &'static str) {
        self.outbox.event(self.state.enter(to, cause));
    }
}

impl Machine for ServerRecorder {
    type Command = Command;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, Command>,
    ) -> Result<(), Self::Misuse> {
        self.timers.advance(now);
        match input {
            Input::Command(command) => self.handle_command(command),
            Input::Tcp { connection, event } => self.handle_tcp(connection, event),
            Input::Audio { side, samples } => self.handle_audio(side, samples),
            Input::Timeout => self.handle_timeout(),
            Input::Datagram { .. } => {
                self.outbox.ignored("the phone only sends this RTP", rule::BX_S8);
            }
            Input::Ras { .. } | Input::Storage(_) => {
                self.outbox.ignored("recording by a server has no use for this", rule::BX_1);
            }
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        use crate::machine::Timer;
        self.timers.next().map(|(at, timer)| (at, timer.name()))
    }
}

#[cfg(test)]
mod tests;
