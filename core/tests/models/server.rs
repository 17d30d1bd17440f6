//! A phone, a record server, and a network between them that loses, repeats and reorders
//! datagrams, cuts TCP's bytes anywhere and breaks connections: after a socket error neither side
//! holds state, and the port is free again (BX-S7).

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::time::Duration;

use recscope_core::Instant;
use recscope_core::control::Direction;
use recscope_core::machine::{
    Connection, FileId, Input, Machine, Output, Side, StorageCommand, TcpCommand, TcpEvent,
};
use recscope_core::phone::server::{
    Command, Config as PhoneConfig, Parties, ServerRecorder, ServerState,
};
use recscope_core::recorder::server::{Config as ServerConfig, FileFormat, RecordServer};

use super::explorer::{Model, explore};

/// Ports of the server, so that one that is lost shows.
const PORTS: usize = 2;

/// How a machine is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The server does not hear that a connection broke.
    ServerDeafToErrors,
    /// The phone does not.
    PhoneDeafToErrors,
    /// The server does not hear that a phone closed its connection.
    ServerDeafToClose,
    /// The server's time stands still.
    ServerWithoutTime,
}

/// How often each thing may happen.
#[derive(Clone, Copy, Hash)]
struct Budget {
    starts: u8,
    stops: u8,
    frames: u8,
    breaks: u8,
    repeats: u8,
    cuts: u8,
    waits: u8,
}

struct Server {
    fault: Fault,
    budget: Budget,
}

#[derive(Clone)]
struct State {
    now: Instant,
    phone: ServerRecorder,
    server: RecordServer,
    lines: BTreeMap<Connection, Line>,
    /// Datagrams under way: port and bytes.
    datagrams: Vec<(u16, Vec<u8>)>,
    /// Files, and whether they are open.
    files: BTreeMap<FileId, bool>,
    left: Budget,
}

/// A TCP connection.
#[derive(Clone, Hash)]
struct Line {
    to_server: VecDeque<Segment>,
    to_phone: VecDeque<Segment>,
    phone: End,
    server: End,
}

/// How an end of a connection stands, as its machine was told or decided.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Unopened,
    Open,
    Over,
}

#[derive(Clone, Hash)]
enum Segment {
    Opened,
    Data(Vec<u8>),
    Closed,
    Failed,
}

#[derive(Clone, Debug)]
enum Action {
    Start,
    Stop,
    CallEnded,
    Frame,
    Accept(Connection),
    Refuse(Connection),
    ToServer(Connection),
    /// Only some of the next segment's bytes.
    CutToServer(Connection),
    ToPhone(Connection),
    CutToPhone(Connection),
    Break(Connection),
    Deliver(usize),
    Repeat(usize),
    Lose(usize),
    Wait,
}

fn phone_address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 20], 40_000))
}

fn server_address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 9], 10_000))
}

/// The number of the phone's connection at the server.
fn at_server(connection: Connection) -> Connection {
    Connection(Connection::ACCEPTED + connection.0)
}

impl Server {
    fn give_phone(&self, state: &mut State, input: Input<'_, Command>) {
        if self.fault == Fault::PhoneDeafToErrors
            && matches!(input, Input::Tcp { event: TcpEvent::Failed, .. })
        {
            return;
        }
        state.phone.handle_input(state.now, input).unwrap_or_else(|error| match error {});
        let State { phone, lines, datagrams, .. } = state;
        while let Some(output) = phone.poll_output() {
            match output {
                Output::Tcp { connection, command: TcpCommand::Connect(_), .. } => {
                    let line = Line {
                        to_server: VecDeque::new(),
                        to_phone: VecDeque::new(),
                        phone: End::Unopened,
                        server: End::Unopened,
                    };
                    lines.insert(connection, line);
                }
                Output::Tcp { connection, command, .. } => {
                    let Some(line) = lines.get_mut(&connection) else { continue };
                    send(&mut line.phone, &mut line.to_server, command);
                }
                Output::Datagram { remote, payload, .. } => {
                    datagrams.push((remote.port(), payload.to_vec()));
                }
                _ => {}
            }
        }
    }

    fn give_server(
        &self,
        state: &mut State,
        input: Input<'_, recscope_core::recorder::server::Command>,
    ) -> Result<(), String> {
        let is_dropped = match input {
            Input::Tcp { event: TcpEvent::Failed, .. } => self.fault == Fault::ServerDeafToErrors,
            Input::Tcp { event: TcpEvent::Closed, .. } => self.fault == Fault::ServerDeafToClose,
            Input::Timeout => self.fault == Fault::ServerWithoutTime,
            _ => false,
        };
        if is_dropped {
            return Ok(());
        }
        state.server.handle_input(state.now, input).unwrap_or_else(|error| match error {});
        let State { server, lines, files, .. } = state;
        while let Some(output) = server.poll_output() {
            match output {
                Output::Tcp { connection, command, .. } => {
                    let connection = Connection(connection.0 - Connection::ACCEPTED);
                    let Some(line) = lines.get_mut(&connection) else { continue };
                    send(&mut line.server, &mut line.to_phone, command);
                }
                Output::Storage { command: StorageCommand::Create { file, .. }, .. } => {
                    files.insert(file, true);
                }
                Output::Storage { command: StorageCommand::Write { file, .. }, .. }
                    if files.get(&file) != Some(&true) =>
                {
                    return Err("a file is written that is not open".into());
                }
                Output::Storage { command: StorageCommand::Close(file), .. } => {
                    files.insert(file, false);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Hands the server one segment of a connection.
    fn to_server(
        &self,
        state: &mut State,
        connection: Connection,
        segment: &Segment,
    ) -> Result<(), String> {
        let event = match segment {
            Segment::Opened => {
                let (local, remote) = (server_address(), phone_address());
                TcpEvent::Accepted { local, remote }
            }
            Segment::Data(bytes) => TcpEvent::Data(bytes),
            Segment::Closed => TcpEvent::Closed,
            Segment::Failed => TcpEvent::Failed,
        };
        if let Some(line) = state.lines.get_mut(&connection) {
            settle(&mut line.server, segment);
        }
        self.give_server(state, Input::Tcp { connection: at_server(connection), event })
    }

    fn to_phone(&self, state: &mut State, connection: Connection, segment: &Segment) {
        let event = match segment {
            Segment::Opened => TcpEvent::Connected { local: phone_address() },
            Segment::Data(bytes) => TcpEvent::Data(bytes),
            Segment::Closed => TcpEvent::Closed,
            Segment::Failed => TcpEvent::Failed,
        };
        if let Some(line) = state.lines.get_mut(&connection) {
            settle(&mut line.phone, segment);
        }
        self.give_phone(state, Input::Tcp { connection, event });
    }

    fn deliver(&self, state: &mut State, (port, payload): &(u16, Vec<u8>)) -> Result<(), String> {
        let local = SocketAddr::new(server_address().ip(), *port);
        let remote = SocketAddr::new(phone_address().ip(), 11_800);
        self.give_server(state, Input::Datagram { local, remote, payload })
    }

    /// Lets time pass to the next deadline of either machine.
    fn wait(&self, state: &mut State) -> Result<(), String> {
        let phone = state.phone.poll_timeout().map(|(at, _)| at);
        let server = state.server.poll_timeout().map(|(at, _)| at);
        let Some(next) = phone.into_iter().chain(server).min() else { return Ok(()) };
        state.now = state.now.max(next);
        if phone.is_some_and(|at| at <= state.now) {
            self.give_phone(state, Input::Timeout);
        }
        if server.is_some_and(|at| at <= state.now) {
            self.give_server(state, Input::Timeout)?;
        }
        Ok(())
    }

    /// Both ends of every connection hear of a socket error, in the order asked for: then nothing
    /// may be left, whatever datagrams still come.
    fn check_after_errors(&self, state: &State, phone_first: bool) -> Result<(), String> {
        let mut state = state.clone();
        let connections: Vec<Connection> = state.lines.keys().copied().collect();
        for connection in connections {
            if phone_first {
                self.to_phone(&mut state, connection, &Segment::Failed);
            }
            self.to_server(&mut state, connection, &Segment::Failed)?;
            if !phone_first {
                self.to_phone(&mut state, connection, &Segment::Failed);
            }
        }
        for datagram in &state.datagrams.clone() {
            self.deliver(&mut state, datagram)?;
        }
        if !state.phone.is_clear() {
            return Err("after a socket error the phone holds state".into());
        }
        check_clear(&state, "after a socket error")
    }

    /// The phone vanishes, and nobody tells the server: the server's own time must do.
    fn check_after_silence(&self, state: &State) -> Result<(), String> {
        let mut state = state.clone();
        let end = state.now + Duration::from_secs(130);
        let mut rounds = 0;
        while let Some((at, _)) = state.server.poll_timeout().filter(|&(at, _)| at <= end) {
            state.now = state.now.max(at);
            self.give_server(&mut state, Input::Timeout)?;
            rounds += 1;
            if rounds > 100 {
                return Err("when the phone has vanished, a timer of the server spins".into());
            }
        }
        check_clear(&state, "when the phone has vanished")
    }
}

/// Nothing is left of any recording at the server.
fn check_clear(state: &State, when: &str) -> Result<(), String> {
    if state.server.recordings().next().is_some() || state.server.connections() > 0 {
        return Err(format!("{when} the server holds state"));
    }
    if state.server.free_ports() != PORTS {
        return Err(format!("{when} a port is not free"));
    }
    if state.files.values().any(|open| *open) {
        return Err(format!("{when} a file is open"));
    }
    Ok(())
}

/// What a machine's order does to its end of a connection.
fn send(end: &mut End, queue: &mut VecDeque<Segment>, command: TcpCommand<'_>) {
    match command {
        TcpCommand::Connect(_) => {}
        TcpCommand::Send(bytes) => queue.push_back(Segment::Data(bytes.to_vec())),
        TcpCommand::Close => {
            queue.push_back(Segment::Closed);
            *end = End::Over;
        }
        TcpCommand::Abort => {
            queue.clear();
            queue.push_back(Segment::Failed);
            *end = End::Over;
        }
    }
}

/// What a segment that arrives does to the end it arrives at.
fn settle(end: &mut End, segment: &Segment) {
    match segment {
        Segment::Opened => *end = End::Open,
        Segment::Data(_) => {}
        Segment::Closed | Segment::Failed => *end = End::Over,
    }
}

impl Model for Server {
    type State = State;
    type Action = Action;

    fn start(&self) -> State {
        let phone = PhoneConfig { server: Some(server_address()), ..PhoneConfig::default() };
        let server = ServerConfig {
            ports: 30_000..=30_003,
            format: FileFormat::Recording,
            ..ServerConfig::default()
        };
        State {
            now: Instant::ORIGIN,
            phone: ServerRecorder::new(phone),
            server: RecordServer::new(server),
            lines: BTreeMap::new(),
            datagrams: Vec::new(),
            files: BTreeMap::new(),
            left: self.budget,
        }
    }

    fn actions(&self, state: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        if state.left.waits > 0 {
            actions.push(Action::Wait);
        }
        if state.left.starts > 0 && state.phone.state() == ServerState::Idle {
            actions.push(Action::Start);
        }
        if state.left.stops > 0 && state.phone.state() != ServerState::Idle {
            actions.extend([Action::Stop, Action::CallEnded]);
        }
        if state.left.frames > 0 && state.phone.state() == ServerState::Recording {
            actions.push(Action::Frame);
        }
        for (&connection, line) in &state.lines {
            if line.server == End::Unopened && line.phone == End::Unopened {
                actions.extend([Action::Accept(connection), Action::Refuse(connection)]);
            }
            let is_long = |queue: &VecDeque<Segment>| matches!(queue.front(), Some(Segment::Data(bytes)) if bytes.len() > 30);
            if !line.to_server.is_empty() && line.server != End::Unopened {
                actions.push(Action::ToServer(connection));
                if state.left.cuts > 0 && is_long(&line.to_server) {
                    actions.push(Action::CutToServer(connection));
                }
            }
            if !line.to_phone.is_empty() {
                actions.push(Action::ToPhone(connection));
                if state.left.cuts > 0 && is_long(&line.to_phone) {
                    actions.push(Action::CutToPhone(connection));
                }
            }
            if state.left.breaks > 0 && line.server == End::Open {
                actions.push(Action::Break(connection));
            }
        }
        for place in 0..state.datagrams.len() {
            actions.extend([Action::Deliver(place), Action::Lose(place)]);
            if state.left.repeats > 0 {
                actions.push(Action::Repeat(place));
            }
        }
        actions
    }

    fn step(&self, state: &State, action: &Action) -> Result<State, String> {
        let mut next = state.clone();
        let state = &mut next;
        match *action {
            Action::Start => {
                state.left.starts -= 1;
                let parties = Parties {
                    remote_number: "2001".into(),
                    remote_name: String::new(),
                    local_number: "1000".into(),
                    local_name: String::new(),
                    direction: Direction::Out,
                };
                self.give_phone(state, Input::Command(Command::Start(parties)));
            }
            Action::Stop | Action::CallEnded => {
                state.left.stops -= 1;
                let stop = matches!(action, Action::Stop);
                let command = if stop { Command::Stop } else { Command::CallEnded };
                self.give_phone(state, Input::Command(command));
            }
            Action::Frame => {
                state.left.frames -= 1;
                for side in [Side::Sent, Side::Received] {
                    self.give_phone(state, Input::Audio { side, samples: &[100; 160] });
                }
            }
            Action::Accept(connection) => {
                self.to_server(state, connection, &Segment::Opened)?;
                if let Some(line) = state.lines.get_mut(&connection) {
                    line.to_phone.push_front(Segment::Opened);
                }
            }
            Action::Refuse(connection) => self.to_phone(state, connection, &Segment::Failed),
            Action::ToServer(connection) => {
                let line = state.lines.get_mut(&connection);
                if let Some(segment) = line.and_then(|line| line.to_server.pop_front()) {
                    self.to_server(state, connection, &segment)?;
                }
            }
            Action::CutToServer(connection) => {
                state.left.cuts -= 1;
                let line = state.lines.get_mut(&connection);
                if let Some(first) = line.and_then(|line| cut(&mut line.to_server)) {
                    self.to_server(state, connection, &first)?;
                }
            }
            Action::ToPhone(connection) => {
                let line = state.lines.get_mut(&connection);
                if let Some(segment) = line.and_then(|line| line.to_phone.pop_front()) {
                    self.to_phone(state, connection, &segment);
                }
            }
            Action::CutToPhone(connection) => {
                state.left.cuts -= 1;
                let line = state.lines.get_mut(&connection);
                if let Some(first) = line.and_then(|line| cut(&mut line.to_phone)) {
                    self.to_phone(state, connection, &first);
                }
            }
            Action::Break(connection) => {
                state.left.breaks -= 1;
                if let Some(line) = state.lines.get_mut(&connection) {
                    line.to_server = VecDeque::from([Segment::Failed]);
                    line.to_phone = VecDeque::from([Segment::Failed]);
                }
            }
            Action::Deliver(place) => {
                let datagram = state.datagrams.remove(place);
                self.deliver(state, &datagram)?;
            }
            Action::Repeat(place) => {
                state.left.repeats -= 1;
                let datagram = state.datagrams[place].clone();
                self.deliver(state, &datagram)?;
            }
            Action::Lose(place) => {
                state.datagrams.remove(place);
            }
            Action::Wait => {
                state.left.waits -= 1;
                self.wait(state)?;
            }
        }
        // A connection that is over at both ends and has nothing under way is no more.
        state.lines.retain(|_, line| {
            let over = line.phone == End::Over && line.server != End::Open;
            !over
                || !line.to_phone.is_empty()
                || !line.to_server.is_empty() && line.server == End::Open
        });
        Ok(next)
    }

    fn check(&self, state: &State) -> Result<(), String> {
        let server = &state.server;
        let open = state.lines.values().filter(|line| line.server == End::Open).count();
        if server.connections() > open {
            return Err("the server keeps a connection that is over".into());
        }
        if server.recordings().count() > server.connections() {
            return Err("the server keeps a recording without a connection".into());
        }
        if server.free_ports() + server.recordings().count() != PORTS {
            return Err("a port is lost".into());
        }
        let over = state.lines.iter().filter(|(_, line)| line.phone == End::Over);
        if over.into_iter().any(|(&connection, _)| state.phone.owns(connection)) {
            return Err("the phone keeps a connection that is over".into());
        }
        self.check_after_errors(state, true)?;
        self.check_after_errors(state, false)?;
        self.check_after_silence(state)
    }

    fn fingerprint(&self, state: &State) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&state.phone, &state.server, &state.lines).hash(&mut hasher);
        // Machines count time from their last input: what is left is counted from now.
        let left = |next: Option<(Instant, &str)>| next.map(|(at, _)| at - state.now);
        left(state.phone.poll_timeout()).hash(&mut hasher);
        left(state.server.poll_timeout()).hash(&mut hasher);
        (&state.datagrams, &state.files, state.left).hash(&mut hasher);
        hasher.finish()
    }
}

/// Takes the first bytes of the next segment.
fn cut(queue: &mut VecDeque<Segment>) -> Option<Segment> {
    let Some(Segment::Data(bytes)) = queue.front_mut() else { return None };
    let rest = bytes.split_off(bytes.len() - 7);
    let first = std::mem::replace(bytes, rest);
    Some(Segment::Data(first))
}

/// One recording, and everything that can happen to it.
const ONE: Budget =
    Budget { starts: 1, stops: 1, frames: 2, breaks: 1, repeats: 2, cuts: 2, waits: 6 };

/// Two recordings one after the other, whose datagrams and connections may overlap.
const TWO: Budget =
    Budget { starts: 2, stops: 2, frames: 1, breaks: 1, repeats: 0, cuts: 1, waits: 3 };

#[test]
fn after_a_socket_error_neither_side_holds_state_and_the_port_is_free() {
    for (budget, what) in [(ONE, "one recording"), (TWO, "two recordings")] {
        match explore(&Server { fault: Fault::None, budget }) {
            Ok(explored) => eprintln!("phone and record server, {what}: {explored}"),
            Err(counterexample) => panic!("{counterexample}"),
        }
    }
}

#[test]
fn machines_that_are_broken_on_purpose_are_found_out() {
    let cases = [
        (Fault::ServerDeafToErrors, "the server holds state"),
        (Fault::PhoneDeafToErrors, "the phone"),
        (Fault::ServerDeafToClose, "the server keeps a connection that is over"),
        (Fault::ServerWithoutTime, "spins"),
    ];
    for (fault, problem) in cases {
        let counterexample = explore(&Server { fault, budget: ONE }).unwrap_err();
        assert!(counterexample.problem.contains(problem), "{fault:?}: {counterexample}");
        eprintln!("{fault:?}: {counterexample}");
    }
}
