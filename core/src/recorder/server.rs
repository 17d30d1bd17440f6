//! The record server: phones ask it over TCP to record, and send it RTP (BX-S1 to BX-S10).

mod config;
mod name;
mod peer;
mod ports;
mod report;
mod session;
mod sink;
mod state;

pub use config::{Command, Config, FileFormat};
pub use report::{Ended, Refused, Report};
pub use state::{RecordingState, ServiceState};

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::convert::Infallible;
use core::net::{IpAddr, SocketAddr};

use self::name::Names;
use self::peer::Peer;
use self::ports::Ports;
use self::session::{Session, Taken};
use self::sink::Files;
use crate::codec::Codec;
use crate::control::{
    self, Outcome, StartRequest, StartResponse, StopRequest, StopResponse, reason,
};
use crate::machine::{
    Connection, Deadlines, FileId, Input, Machine, Outbox, Output, State, StorageEvent, TcpCommand,
    TcpEvent, TimeoutReason, Uncompared,
};
use crate::recording::SystemTime;
use crate::rtp::statistics::Statistics;
use crate::rule::{self, Rule};
use crate::time::Instant;

/// The machine of a record server.
///
/// Its host listens on a TCP port, numbers the connections from [`Connection::ACCEPTED`] on, and
/// receives on the UDP ports of [`Config::ports`]. Connections, recordings and deadlines are found
/// in logarithmic time, and a packet is written without an allocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordServer {
    config: Config,
    state: ServiceState,
    peers: BTreeMap<Connection, Peer>,
    sessions: BTreeMap<u16, Session>,
    /// The recordings under way, by phone and id (BX-S4).
    ids: BTreeSet<(IpAddr, String)>,
    ports: Ports,
    deadlines: Deadlines<Deadline>,
    next_file: FileId,
    names: Uncompared<Names>,
    /// Bytes free for recordings, where the host tells.
    free: Option<u64>,
    /// What its owner has not asked about yet.
    reports: Uncompared<VecDeque<Report>>,
    outbox: Outbox,
}

/// Why a connection ends whose request was refused.
const REFUSED: &str = "refused";

/// What the server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Deadline {
    /// A phone that connected is to ask for something.
    Request(Connection),
    /// What came may be a whole command.
    Settle(Connection),
    /// RTP is to come to a port.
    Rtp(u16),
}

impl Deadline {
    const fn name(self) -> TimeoutReason {
        match self {
            Self::Request(_) => "start request",
            Self::Settle(_) => "end of a command",
            Self::Rtp(_) => "RTP",
        }
    }
}

/// A recording under way, as its owner sees it.
#[derive(Clone, Copy, Debug)]
pub struct Recording<'a> {
    /// The id that the phone chose.
    pub id: &'a str,
    /// The phone's MAC address, as it says.
    pub device: &'a str,
    /// All that the phone said when it asked.
    pub request: &'a StartRequest,
    /// The phone's address.
    pub phone: IpAddr,
    /// The UDP port that is its own.
    pub port: u16,
    /// The codec agreed on.
    pub codec: Codec,
    /// When the phone asked.
    pub started: Instant,
    /// RTP packets written.
    pub packets: u64,
    /// How the stream came, without its course over time.
    pub statistics: &'a Statistics,
    /// The file that is written, once RTP has come.
    pub file: Option<FileId>,
}

impl RecordServer {
    /// A server that nobody has connected to yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            ports: Ports::new(config.ports.clone()),
            config,
            state: ServiceState::Running,
            peers: BTreeMap::new(),
            sessions: BTreeMap::new(),
            ids: BTreeSet::new(),
            deadlines: Deadlines::default(),
            next_file: FileId(0),
            names: Uncompared::default(),
            free: None,
            reports: Uncompared::default(),
            outbox: Outbox::default(),
        }
    }

    /// Whether it takes requests.
    #[must_use]
    pub const fn state(&self) -> ServiceState {
        self.state
    }

    /// The recordings under way, by port.
    pub fn recordings(&self) -> impl Iterator<Item = Recording<'_>> {
        self.sessions.iter().map(|(&port, session)| session.recording(port))
    }

    /// The recording that has this port.
    #[must_use]
    pub fn recording(&self, port: u16) -> Option<Recording<'_>> {
        self.sessions.get(&port).map(|session| session.recording(port))
    }

    /// What its owner was not told yet, in order. Of what nobody asks for, as much is kept as there
    /// may be connections.
    pub fn poll_report(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    /// Control connections that stand.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.peers.len()
    }

    /// Ports that no recording has.
    #[must_use]
    pub fn free_ports(&self) -> usize {
        self.ports.free()
    }

    /// Takes a port out of use that the host cannot receive on; `false` where it is not free.
    pub fn withdraw_port(&mut self, port: u16) -> bool {
        self.ports.withdraw(port)
    }

    /// The deadlines that run.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, core::time::Duration)> + '_ {
        self.deadlines.running().map(|(deadline, left)| (deadline.name(), left))
    }

    fn handle_command(&mut self, command: Command) {
        match command {
            Command::Drain if self.state == ServiceState::Running => {
                self.enter(ServiceState::Draining, "drain");
                let is_idle = |peer: &&Peer| peer.recording.is_none();
                self.end_peers(is_idle, "shut down");
                self.finish_draining();
            }
            Command::Stop if self.state != ServiceState::Stopped => {
                self.end_peers(|_| true, "shut down");
                self.enter(ServiceState::Stopped, "shut down");
            }
            Command::Save => {
                for session in self.sessions.values_mut() {
                    session.save(&mut self.outbox);
                }
            }
            Command::Drain | Command::Stop => {
                self.outbox.ignored("the server is on its way down already", rule::BX_S7);
            }
        }
    }

    fn end_peers(&mut self, which: impl Fn(&&Peer) -> bool, cause: &'static str) {
        let peers = self.peers.iter().filter(|(_, peer)| which(peer));
        let connections: Vec<Connection> = peers.map(|(&connection, _)| connection).collect();
        for connection in connections {
            self.end(connection, TcpCommand::Close, cause, rule::BX_S7);
        }
    }

    fn finish_draining(&mut self) {
        if self.state == ServiceState::Draining && self.sessions.is_empty() {
            self.enter(ServiceState::Stopped, "last recording ended");
        }
    }

    fn handle_tcp(&mut self, connection: Connection, event: TcpEvent<'_>) {
        match event {
            TcpEvent::Accepted { local, remote } => self.accept(connection, local, remote),
            TcpEvent::Data(bytes) => self.receive(connection, bytes),
            TcpEvent::Closed => {
                self.flush(connection);
                self.end(connection, TcpCommand::Close, "socket error", rule::BX_S7);
            }
            TcpEvent::Failed => {
                self.end(connection, TcpCommand::Abort, "socket error", rule::BX_S7);
            }
            TcpEvent::Connected { .. } => {
                self.outbox.ignored("the server opens no connections", rule::BX_S1);
            }
        }
    }

    fn accept(&mut self, connection: Connection, local: SocketAddr, remote: SocketAddr) {
        if self.peers.len() >= self.config.max_connections {
            self.make_room();
        }
        let is_full = self.peers.len() >= self.config.max_connections;
        if is_full || self.state != ServiceState::Running || self.peers.contains_key(&connection) {
            self.outbox.tcp(connection, TcpCommand::Abort, rule::BX_S1);
            return self.outbox.ignored("the server takes no more connections", rule::BX_S1);
        }
        self.peers.insert(connection, Peer::new(local, remote, &self.config.limits));
        self.deadlines.set(Deadline::Request(connection), self.config.first_command);
    }

    /// Lets go of the phone that has been connected longest without asking for anything: who only
    /// connects keeps nobody else out.
    fn make_room(&mut self) {
        let idle = |peer: &Peer| peer.recording.is_none();
        let oldest = self.peers.iter().find(|(_, peer)| idle(peer));
        if let Some((&connection, _)) = oldest {
            self.end(connection, TcpCommand::Close, "no request", rule::BX_S10);
        }
    }

    fn receive(&mut self, connection: Connection, mut bytes: &[u8]) {
        while let Some(peer) = self.peers.get_mut(&connection) {
            let (consumed, step) = peer.splitter.push(bytes);
            bytes = bytes.get(consumed..).unwrap_or_default();
            match step {
                control::Step::Message(message) => self.handle_message(connection, &message.bytes),
                control::Step::Skipped(_) => self.handle_junk(connection),
                control::Step::NeedMore => break,
            }
        }
        match self.peers.get(&connection) {
            Some(peer) if peer.splitter.is_complete() => self.flush(connection),
            Some(_) => self.deadlines.set(Deadline::Settle(connection), self.config.settle),
            None => {}
        }
    }

    /// Takes what came as a whole command: the phone has stopped talking.
    fn flush(&mut self, connection: Connection) {
        self.deadlines.clear(Deadline::Settle(connection));
        let message = self.peers.get_mut(&connection).and_then(|peer| peer.splitter.flush());
        if let Some(message) = message {
            self.handle_message(connection, &message.bytes);
        }
    }

    fn handle_message(&mut self, connection: Connection, bytes: &[u8]) {
        match control::Command::parse(bytes).map(|parsed| parsed.command) {
            Ok(control::Command::StartRequest(request)) => self.handle_start(connection, request),
            Ok(control::Command::StopRequest(request)) => self.handle_stop(connection, request),
            Ok(control::Command::StartResponse(_) | control::Command::StopResponse(_)) => {
                self.outbox.ignored("answers come from the server, not to it", rule::BX_S2);
            }
            Err(_) => self.handle_junk(connection),
        }
    }

    /// Bytes that are no command end a connection that records nothing, and else do no harm.
    fn handle_junk(&mut self, connection: Connection) {
        self.outbox.ignored("this is no command", rule::BX_S5);
        if self.peers.get(&connection).is_some_and(|peer| peer.recording.is_none()) {
            self.end(connection, TcpCommand::Close, "no command", rule::BX_S5);
        }
    }

    fn handle_start(&mut self, connection: Connection, request: StartRequest) {
        let id = request.id.clone();
        let granted = self.grant(connection, request);
        let Some(peer) = self.peers.get(&connection) else { return };
        let (records, remote) = (peer.recording.is_some(), peer.remote);
        let address = self.config.address_for(peer.local.ip());
        let mut response = StartResponse { id: id.clone(), ..StartResponse::default() };
        match granted {
            Ok(port) => {
                response.result = Outcome::Success;
                response.server = address.to_string();
                response.port = Some(port);
            }
            Err(Refusal { reason, .. }) => response.reason = String::from(reason),
        }
        let rule = granted.map_or_else(|refusal| refusal.rule, |_| rule::BX_S2);
        self.send(connection, &control::Command::StartResponse(response), rule);
        self.report(match granted {
            Ok(port) => Report::Started { port },
            Err(Refusal { reason, .. }) => Report::Refused(Refused { id, remote, reason }),
        });
        match granted {
            Ok(port) => {
                if let Some(peer) = self.peers.get_mut(&connection) {
                    peer.recording = Some(port);
                    self.outbox.event(peer.state.enter(RecordingState::Recording, "start request"));
                }
                self.deadlines.clear(Deadline::Request(connection));
                self.deadlines.set(Deadline::Rtp(port), self.config.silence);
            }
            // A second request does not harm the recording that the first began.
            Err(_) if records => {}
            Err(_) => self.end(connection, TcpCommand::Close, REFUSED, rule::BX_S6),
        }
    }

    /// Takes a recording on, or says why not (BX-S9).
    fn grant(&mut self, connection: Connection, request: StartRequest) -> Result<u16, Refusal> {
        let bad_request = Refusal::new(reason::BAD_REQUEST, rule::BX_S4);
        let peer = self.peers.get(&connection).ok_or(bad_request)?;
        if request.id.is_empty() || request.codec.is_empty() || peer.recording.is_some() {
            return Err(bad_request);
        }
        let key = (peer.remote.ip(), request.id.clone());
        if self.ids.contains(&key) {
            return Err(bad_request);
        }
        let codec = Codec::from_name(&request.codec)
            .ok_or(Refusal::new(reason::UNSUPPORTED_CODEC, rule::BX_S9))?;
        let is_full = self.sessions.len() >= self.config.max_recordings;
        if is_full || self.state != ServiceState::Running {
            return Err(Refusal::new(reason::BUSY, rule::BX_S9));
        }
        if self.free.is_some_and(|free| free < self.config.minimum_free) {
            return Err(Refusal::new(reason::DISK_FULL, rule::BX_S9));
        }
        let port = self.ports.take().ok_or(Refusal::new(reason::NO_PORT, rule::BX_S1))?;
        let phone = key.0;
        self.ids.insert(key);
        let (now, format) = (self.deadlines.now(), self.config.format);
        let session = Session::new(request, codec, phone, connection, now, format);
        self.sessions.insert(port, session);
        Ok(port)
    }

    fn handle_stop(&mut self, connection: Connection, request: StopRequest) {
        let Some(peer) = self.peers.get(&connection) else { return };
        let session = peer.recording.and_then(|port| self.sessions.get_mut(&port));
        let records = session.is_some();
        let ours = session.filter(|session| session.request.id == request.id);
        let is_ours = ours.is_some();
        let id = request.id.clone();
        if let Some(session) = ours {
            *session.stop = Some(request);
        }
        let result = if is_ours { Outcome::Success } else { Outcome::Failed };
        let response = control::Command::StopResponse(StopResponse { id, result });
        self.send(connection, &response, rule::BX_S3);
        if is_ours || !records {
            self.end(connection, TcpCommand::Close, "stop request", rule::BX_S5);
        } else {
            self.outbox.ignored("the id is not that of the recording", rule::BX_S4);
        }
    }

    fn send(&mut self, connection: Connection, command: &control::Command, rule: &'static Rule) {
        let text = command.to_string();
        self.outbox.tcp(connection, TcpCommand::Send(text.as_bytes()), rule);
    }

    /// Forgets a phone: its port is free again, what it sent is in the file.
    fn end(
        &mut self,
        connection: Connection,
        answer: TcpCommand<'_>,
        cause: &'static str,
        rule: &'static Rule,
    ) {
        self.deadlines.clear(Deadline::Request(connection));
        self.deadlines.clear(Deadline::Settle(connection));
        let Some(mut peer) = self.peers.remove(&connection) else { return };
        self.outbox.tcp(connection, answer, rule);
        if let Some(port) = peer.recording
            && let Some(mut session) = self.sessions.remove(&port)
        {
            session.close(&mut self.outbox);
            self.deadlines.clear(Deadline::Rtp(port));
            self.ports.release(port);
            self.ids.remove(&(session.phone, session.request.id.clone()));
            self.report(Report::Ended(session.into_ended(port, self.deadlines.now(), cause)));
        } else if cause != REFUSED {
            self.report(Report::Left { remote: peer.remote, cause });
        }
        self.outbox.event(peer.state.enter(RecordingState::Ended, cause));
        self.finish_draining();
    }

    fn handle_datagram(&mut self, port: u16, from: IpAddr, payload: &[u8]) {
        let Some(session) = self.sessions.get_mut(&port) else {
            return self.outbox.ignored("no recording has this port", rule::BX_S8);
        };
        let now = self.deadlines.now();
        let due = self.deadlines.deadline(Deadline::Rtp(port)).unwrap_or(now);
        let silence = self.config.silence.saturating_sub(due - now);
        let time = SystemTime(self.config.epoch_seconds + now.as_micros() / 1_000_000);
        let (next, names) = (&mut self.next_file, &mut *self.names);
        let mut files = Files { next, names, free: self.free, time, port };
        let taken = session.accept(now, from, payload, silence, &mut files, &mut self.outbox);
        match taken {
            Taken::Written(grown) => {
                self.free = self.free.map(|free| free.saturating_sub(grown));
                self.deadlines.set(Deadline::Rtp(port), self.config.silence);
            }
            Taken::Ignored(reason) => self.outbox.ignored(reason, rule::BX_S8),
            Taken::Full => {
                let connection = session.connection;
                self.end(connection, TcpCommand::Close, "disk full", rule::BX_S7);
            }
        }
    }

    fn handle_storage(&mut self, event: StorageEvent<'_>) {
        match event {
            StorageEvent::Inserted { free } | StorageEvent::Free(free) => self.free = Some(free),
            StorageEvent::Removed => {
                self.free = Some(0);
                self.end_peers(|peer| peer.recording.is_some(), "write failure");
            }
            StorageEvent::Failed(file) => {
                let mut sessions = self.sessions.values_mut();
                if let Some(session) = sessions.find(|session| session.file() == Some(file)) {
                    let connection = session.connection;
                    session.take_back();
                    self.end(connection, TcpCommand::Close, "write failure", rule::BX_S7);
                }
            }
            StorageEvent::Opened { .. } | StorageEvent::Data { .. } => {
                self.outbox.ignored("the server reads no files", rule::BX_S7);
            }
        }
    }

    fn handle_timeout(&mut self) {
        while let Some(deadline) = self.deadlines.expire() {
            match deadline {
                Deadline::Request(connection) => {
                    self.end(connection, TcpCommand::Close, "no request", rule::BX_S10);
                }
                Deadline::Settle(connection) => self.flush(connection),
                Deadline::Rtp(port) => {
                    if let Some(connection) = self.sessions.get(&port).map(|s| s.connection) {
                        self.end(connection, TcpCommand::Close, "no RTP", rule::BX_S10);
                    }
                }
            }
        }
    }

    fn report(&mut self, report: Report) {
        if self.reports.len() >= self.config.max_connections {
            self.reports.pop_front();
        }
        self.reports.push_back(report);
    }

    fn enter(&mut self, to: ServiceState, cause: &'static str) {
        self.outbox.event(self.state.enter(to, cause));
    }
}

/// Why a recording is not taken on.
#[derive(Clone, Copy)]
struct Refusal {
    reason: &'static str,
    rule: &'static Rule,
}

impl Refusal {
    const fn new(reason: &'static str, rule: &'static Rule) -> Self {
        Self { reason, rule }
    }
}

impl Machine for RecordServer {
    type Command = Command;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, Command>,
    ) -> Result<(), Self::Misuse> {
        self.deadlines.advance(now);
        match input {
            Input::Datagram { local, remote, payload } => {
                self.handle_datagram(local.port(), remote.ip(), payload);
            }
            Input::Tcp { connection, event } => self.handle_tcp(connection, event),
            Input::Storage(event) => self.handle_storage(event),
            Input::Command(command) => self.handle_command(command),
            Input::Timeout => self.handle_timeout(),
            Input::Audio { .. } | Input::Ras { .. } => {
                self.outbox.ignored("a record server has no use for this", rule::BX_S1);
            }
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        self.deadlines.next().map(|(at, deadline)| (at, deadline.name()))
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "the numbers of these tests are small")]
mod tests;
