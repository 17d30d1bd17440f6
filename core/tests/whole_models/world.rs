//! A phone, a PBX, whoever records, and all that lies between them.

use crate::monitor::Monitor;
use recscope_core::Instant;
use recscope_core::machine::{
    Connection, Event, FileId, Input, Machine, Output, Side, StorageCommand, StorageEvent,
    TcpCommand, TcpEvent,
};
use recscope_core::pbx::{Pbx, PbxCommand, PbxConfig, PbxState};
use recscope_core::phone::{Phone, PhoneCommand, PhoneConfig};
use recscope_core::recorder::server::RecordServer;
use recscope_core::recorder::{Logger, LoggerCommand};
use recscope_core::sip::Message;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Seat {
    Phone,
    Pbx,
    Recorder,
    Server,
}

impl Seat {
    const ALL: [Self; 4] = [Self::Phone, Self::Pbx, Self::Recorder, Self::Server];

    pub(crate) const fn address(self) -> IpAddr {
        let last = match self {
            Self::Phone => 20,
            Self::Pbx => 1,
            Self::Recorder => 9,
            Self::Server => 40,
        };
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
    }

    fn at(address: SocketAddr) -> Option<Self> {
        Self::ALL.into_iter().find(|seat| seat.address() == address.ip())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Datagram {
    to: Seat,
    local: SocketAddr,
    remote: SocketAddr,
    payload: Vec<u8>,
}

/// What reaches an end of a TCP connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Segment {
    Connected,
    Accepted,
    Data(Vec<u8>),
    Closed,
    Failed,
}

/// A TCP connection: both ends, and what is on its way to each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    ends: [(Seat, Connection); 2],
    to: [VecDeque<Segment>; 2],
    /// Told or decided to be over.
    is_over: [bool; 2],
}

/// How often things may still go wrong, and people may still do something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) losses: u8,
    pub(crate) duplicates: u8,
    /// Datagrams that others overtake, by however much.
    pub(crate) delays: u8,
    /// TCP connections that break.
    pub(crate) breaks: u8,
    pub(crate) deeds: u8,
    pub(crate) frames: u8,
    /// Times that a timer fires.
    pub(crate) waits: u8,
}

/// One thing that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The oldest datagram arrives.
    Deliver,
    Lose,
    /// It arrives, and a second copy will at some time.
    Duplicate,
    /// It is overtaken.
    Delay,
    /// A datagram that was overtaken arrives.
    Release(usize),
    /// What is on its way to an end of a connection arrives.
    Segment(usize, usize),
    Break(usize),
    /// A frame of both voices.
    Frame,
    /// The next timer of anybody fires.
    Wait,
    Deed(Deed),
}

/// What people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    LogOff,
    LogOn,
    Dial,
    HangUp,
    FarEndHangsUp,
    RecordKey,
    CutPower,
    PowerOn,
    PbxStops,
    PbxStarts,
    Pull,
    Insert,
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) phone: Phone,
    pub(crate) pbx: Pbx,
    pub(crate) recorder: Option<Box<Logger>>,
    pub(crate) server: Option<Box<RecordServer>>,
    wire: VecDeque<Datagram>,
    late: Vec<Datagram>,
    pub(crate) lines: Vec<Line>,
    /// What the phone wrote to its drive.
    pub(crate) files: BTreeMap<FileId, Vec<u8>>,
    is_drive_in: bool,
    /// The phone's BYEs to the recorder vanish before they are sent.
    swallows_bye: bool,
    /// The server does not hear that a connection failed.
    is_server_deaf: bool,
    pub(crate) budget: Budget,
    pub(crate) monitor: Monitor,
    accepted: u32,
    frames: u16,
}

/// An output, kept.
enum Done {
    Datagram(SocketAddr, SocketAddr, Vec<u8>),
    Connect(Connection, SocketAddr),
    Tcp(Connection, Segment),
    Create(FileId),
    Write(FileId, usize, Vec<u8>),
    Entered(&'static str, &'static str),
}

fn drain<M: Machine>(machine: &mut M) -> Vec<Done> {
    let mut done = Vec::new();
    while let Some(output) = machine.poll_output() {
        done.push(match output {
            Output::Datagram { local, remote, payload, .. } => {
                Done::Datagram(local, remote, payload.to_vec())
            }
            Output::Tcp { connection, command, .. } => match command {
                TcpCommand::Connect(remote) => Done::Connect(connection, remote),
                TcpCommand::Send(bytes) => Done::Tcp(connection, Segment::Data(bytes.to_vec())),
                TcpCommand::Close => Done::Tcp(connection, Segment::Closed),
                TcpCommand::Abort => Done::Tcp(connection, Segment::Failed),
            },
            Output::Storage { command: StorageCommand::Create { file, .. }, .. } => {
                Done::Create(file)
            }
            Output::Storage { command: StorageCommand::Write { file, offset, bytes }, .. } => {
                Done::Write(file, usize::try_from(offset).unwrap(), bytes.to_vec())
            }
            Output::Event(Event::StateChanged { machine, to, .. }) => Done::Entered(machine, to),
            _ => continue,
        });
    }
    done
}

impl World {
    /// A phone that is registered, with whoever records at work.
    pub(crate) fn new(
        phone: PhoneConfig,
        recorder: Option<Logger>,
        server: Option<RecordServer>,
        budget: Budget,
    ) -> Self {
        let pbx = PbxConfig {
            seed: 77,
            answer_after: Some(Duration::from_secs(1)),
            ..PbxConfig::default()
        };
        let mut world = Self {
            now: Instant::ORIGIN,
            phone: Phone::new(phone),
            pbx: Pbx::new(pbx),
            recorder: recorder.map(Box::new),
            server: server.map(Box::new),
            wire: VecDeque::new(),
            late: Vec::new(),
            lines: Vec::new(),
            files: BTreeMap::new(),
            is_drive_in: false,
            swallows_bye: false,
            is_server_deaf: false,
            budget,
            monitor: Monitor::default(),
            accepted: Connection::ACCEPTED,
            frames: 0,
        };
        if let Some(recorder) = &mut world.recorder {
            recorder.handle_input(world.now, Input::Command(LoggerCommand::Start)).unwrap();
        }
        world.collect(Seat::Recorder);
        world.act(Deed::PowerOn);
        world.act(Deed::Insert);
        world.arrive_all();
        world
    }

    /// What can happen, besides deeds.
    pub(crate) fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        let Budget { losses, duplicates, delays, breaks, frames, waits, .. } = self.budget;
        if !self.wire.is_empty() {
            actions.push(Action::Deliver);
            actions.extend((losses > 0).then_some(Action::Lose));
            actions.extend((duplicates > 0).then_some(Action::Duplicate));
            actions.extend((delays > 0).then_some(Action::Delay));
        }
        actions.extend((0..self.late.len()).map(Action::Release));
        let mut waits_for_tcp = false;
        for (place, line) in self.lines.iter().enumerate() {
            let under_way = (0..2).filter(|&end| !line.to[end].is_empty());
            actions.extend(under_way.map(|end| Action::Segment(place, end)));
            waits_for_tcp |= line.to.iter().any(|segments| !segments.is_empty());
            let stands = line.is_over == [false; 2];
            actions.extend((breaks > 0 && stands).then_some(Action::Break(place)));
        }
        actions.extend((frames > 0 && self.is_talking()).then_some(Action::Frame));
        if waits > 0 && self.wire.is_empty() && !waits_for_tcp {
            actions.push(Action::Wait);
        }
        actions
    }

    pub(crate) fn take(&mut self, action: Action) {
        match action {
            Action::Deliver => self.deliver_first(),
            Action::Lose => {
                self.budget.losses -= 1;
                self.wire.pop_front();
            }
            Action::Duplicate => {
                self.budget.duplicates -= 1;
                self.late.extend(self.wire.front().cloned());
                self.deliver_first();
            }
            Action::Delay => {
                self.budget.delays -= 1;
                self.late.extend(self.wire.pop_front());
            }
            Action::Release(place) => {
                let datagram = self.late.remove(place);
                self.deliver(&datagram);
            }
            Action::Segment(line, end) => self.deliver_segment(line, end),
            Action::Break(line) => {
                self.budget.breaks -= 1;
                self.break_off(line);
            }
            Action::Frame => {
                self.budget.frames -= 1;
                self.speak();
            }
            Action::Wait => {
                self.budget.waits -= 1;
                self.wait();
            }
            Action::Deed(deed) => {
                self.budget.deeds -= 1;
                self.act(deed);
            }
        }
        self.lines.retain(|line| line.is_over != [true; 2]);
        self.advance();
    }

    fn deliver_first(&mut self) {
        if let Some(datagram) = self.wire.pop_front() {
            self.deliver(&datagram);
        }
    }

    fn deliver(&mut self, datagram: &Datagram) {
        let Datagram { to, local, remote, payload } = datagram;
        let (now, local, remote) = (self.now, *local, *remote);
        match to {
            Seat::Phone => {
                if is_for_recording(local)
                    && let Ok(parsed) = Message::parse(payload)
                {
                    self.monitor.on_delivered(&parsed.message);
                }
                self.phone.handle_input(now, Input::Datagram { local, remote, payload }).unwrap();
            }
            Seat::Pbx => {
                self.pbx.handle_input(now, Input::Datagram { local, remote, payload }).unwrap();
            }
            Seat::Recorder => {
                if let Some(recorder) = &mut self.recorder {
                    let input = Input::Datagram { local, remote, payload };
                    recorder.handle_input(now, input).unwrap();
                }
            }
            Seat::Server => {
                if let Some(server) = &mut self.server {
                    server.handle_input(now, Input::Datagram { local, remote, payload }).unwrap();
                }
            }
        }
        self.collect(*to);
    }

    fn deliver_segment(&mut self, place: usize, end: usize) {
        let line = &mut self.lines[place];
        let Some(segment) = line.to[end].pop_front() else { return };
        let (seat, connection) = line.ends[end];
        if matches!(segment, Segment::Closed | Segment::Failed) {
            line.is_over[end] = true;
        }
        self.tell(seat, connection, &segment);
    }

    fn tell(&mut self, seat: Seat, connection: Connection, segment: &Segment) {
        let local = SocketAddr::new(seat.address(), 10_000);
        let remote = SocketAddr::new(Seat::Phone.address(), 49_152);
        let event = match segment {
            Segment::Connected => TcpEvent::Connected { local },
            Segment::Accepted => TcpEvent::Accepted { local, remote },
            Segment::Data(bytes) => TcpEvent::Data(bytes),
            Segment::Closed => TcpEvent::Closed,
            Segment::Failed => TcpEvent::Failed,
        };
        let now = self.now;
        match seat {
            Seat::Phone => self.phone.handle_input(now, Input::Tcp { connection, event }).unwrap(),
            Seat::Pbx => self.pbx.handle_input(now, Input::Tcp { connection, event }).unwrap(),
            Seat::Recorder => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.handle_input(now, Input::Tcp { connection, event }).unwrap();
                }
            }
            Seat::Server => {
                let is_heard = !self.is_server_deaf || *segment != Segment::Failed;
                if let Some(server) = self.server.as_mut().filter(|_| is_heard) {
                    server.handle_input(now, Input::Tcp { connection, event }).unwrap();
                }
            }
        }
        self.collect(seat);
    }

    /// Both ends hear that a connection is gone, the first named first.
    pub(crate) fn fail(&mut self, place: usize, ends: [usize; 2]) {
        for end in ends {
            let (seat, connection) = self.lines[place].ends[end];
            self.lines[place].is_over[end] = true;
            self.tell(seat, connection, &Segment::Failed);
        }
    }

    fn break_off(&mut self, place: usize) {
        self.lines[place].to = [(); 2].map(|()| VecDeque::from([Segment::Failed]));
    }

    /// Sound that tells its number, from the phone's user.
    pub(crate) fn speak(&mut self) {
        self.frames += 1;
        let level = i16::try_from(self.frames).unwrap() * 256;
        for (side, level) in [(Side::Sent, level), (Side::Received, 0)] {
            let samples = [level; 160];
            self.phone.handle_input(self.now, Input::Audio { side, samples: &samples }).unwrap();
        }
        self.collect(Seat::Phone);
    }

    pub(crate) fn frames(&self) -> u16 {
        self.frames
    }

    /// Lets the earliest timer of all fire.
    fn wait(&mut self) {
        let deadlines = [
            (Seat::Phone, self.phone.poll_timeout()),
            (Seat::Pbx, self.pbx.poll_timeout()),
            (Seat::Recorder, self.recorder.as_ref().and_then(|it| it.poll_timeout())),
            (Seat::Server, self.server.as_ref().and_then(|it| it.poll_timeout())),
        ];
        let first = deadlines.into_iter().filter_map(|(seat, next)| Some((next?.0, seat))).min();
        let Some((at, seat)) = first else {
            self.now += Duration::from_secs(10);
            return;
        };
        self.now = self.now.max(at);
        match seat {
            Seat::Phone => self.phone.handle_input(self.now, Input::Timeout).unwrap(),
            Seat::Pbx => self.pbx.handle_input(self.now, Input::Timeout).unwrap(),
            Seat::Recorder => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.handle_input(self.now, Input::Timeout).unwrap();
                }
            }
            Seat::Server => {
                if let Some(server) = &mut self.server {
                    server.handle_input(self.now, Input::Timeout).unwrap();
                }
            }
        }
        self.collect(seat);
    }

    pub(crate) fn act(&mut self, deed: Deed) {
        match deed {
            Deed::LogOff => self.order(PhoneCommand::LogOff),
            Deed::LogOn => self.order(PhoneCommand::LogOn),
            Deed::Dial => self.order(PhoneCommand::Dial("0701".into())),
            Deed::HangUp => self.order(PhoneCommand::HangUp),
            Deed::RecordKey => self.order(PhoneCommand::RecordKey),
            Deed::PowerOn => self.order(PhoneCommand::PowerOn),
            Deed::CutPower => {
                self.monitor.on_power_cut();
                self.order(PhoneCommand::PowerOff);
                // Whatever was on its way to it reaches nobody; the others learn of it by time.
                for line in &mut self.lines {
                    for end in 0..2 {
                        if line.ends[end].0 == Seat::Phone {
                            line.is_over[end] = true;
                            line.to[end].clear();
                            line.to[1 - end].push_back(Segment::Failed);
                        }
                    }
                }
            }
            Deed::FarEndHangsUp => {
                self.order_pbx(PbxCommand::HangUp { extension: "1000".into() });
            }
            Deed::PbxStops => self.order_pbx(PbxCommand::Down),
            Deed::PbxStarts => self.order_pbx(PbxCommand::Up),
            Deed::Pull | Deed::Insert => {
                self.is_drive_in = deed == Deed::Insert;
                let event = match deed {
                    Deed::Insert => StorageEvent::Inserted { free: 1 << 30 },
                    _ => StorageEvent::Removed,
                };
                self.phone.handle_input(self.now, Input::Storage(event)).unwrap();
                self.collect(Seat::Phone);
            }
        }
    }

    /// Breaks the phone on purpose.
    pub(crate) const fn swallow_bye(&mut self) {
        self.swallows_bye = true;
    }

    /// Breaks the server on purpose.
    pub(crate) const fn deafen_server(&mut self) {
        self.is_server_deaf = true;
    }

    fn order(&mut self, command: PhoneCommand) {
        self.phone.handle_input(self.now, Input::Command(command)).unwrap();
        self.collect(Seat::Phone);
    }

    fn order_pbx(&mut self, command: PbxCommand) {
        self.pbx.handle_input(self.now, Input::Command(command)).unwrap();
        self.collect(Seat::Pbx);
    }

    /// Carries out what an actor wants done.
    fn collect(&mut self, seat: Seat) {
        let done = match seat {
            Seat::Phone => drain(&mut self.phone),
            Seat::Pbx => drain(&mut self.pbx),
            Seat::Recorder => self.recorder.as_deref_mut().map(drain).unwrap_or_default(),
            Seat::Server => self.server.as_deref_mut().map(drain).unwrap_or_default(),
        };
        for done in done {
            self.carry_out(seat, done);
        }
    }

    fn carry_out(&mut self, from: Seat, done: Done) {
        match done {
            Done::Datagram(local, remote, payload) => {
                if from == Seat::Phone
                    && is_for_recording(local)
                    && let Ok(parsed) = Message::parse(&payload)
                {
                    if self.swallows_bye && payload.starts_with(b"BYE ") {
                        return;
                    }
                    self.monitor.on_sent(self.now, &parsed.message);
                }
                let to = Seat::at(remote).unwrap();
                self.wire.push_back(Datagram { to, local: remote, remote: local, payload });
            }
            Done::Connect(connection, remote) => {
                let to = Seat::at(remote).unwrap();
                let accepted = Connection(self.accepted);
                self.accepted += 1;
                self.lines.push(Line {
                    ends: [(from, connection), (to, accepted)],
                    to: [Segment::Connected, Segment::Accepted]
                        .map(|first| VecDeque::from([first])),
                    is_over: [false; 2],
                });
            }
            Done::Tcp(connection, segment) => {
                let end = (from, connection);
                let found = self.lines.iter_mut().rev().find(|line| line.ends.contains(&end));
                let Some(line) = found else { return };
                let at = usize::from(line.ends[1] == end);
                if matches!(segment, Segment::Closed | Segment::Failed) {
                    line.is_over[at] = true;
                }
                if !line.is_over[1 - at] {
                    line.to[1 - at].push_back(segment);
                }
            }
            Done::Create(file) if from == Seat::Phone => {
                self.files.insert(file, Vec::new());
            }
            Done::Write(file, offset, bytes) if from == Seat::Phone && self.is_drive_in => {
                let content = self.files.get_mut(&file).unwrap();
                content.resize(content.len().max(offset + bytes.len()), 0);
                content[offset..offset + bytes.len()].copy_from_slice(&bytes);
            }
            Done::Entered("registration", to) => match to {
                "registered" => self.monitor.on_log_on(),
                _ => self.monitor.on_log_off(),
            },
            _ => {}
        }
    }

    fn advance(&mut self) {
        self.phone.advance(self.now);
        self.pbx.advance(self.now);
        if let Some(recorder) = &mut self.recorder {
            recorder.advance(self.now);
        }
    }

    /// Everything arrives that is on its way, and what comes of it.
    pub(crate) fn arrive_all(&mut self) {
        self.wire.extend(self.late.drain(..));
        for _ in 0..500 {
            if !self.wire.is_empty() {
                self.deliver_first();
                continue;
            }
            let under_way = self.lines.iter().enumerate().find_map(|(place, line)| {
                (0..2).find(|&end| !line.to[end].is_empty()).map(|end| (place, end))
            });
            let Some((place, end)) = under_way else { break };
            self.deliver_segment(place, end);
        }
        self.lines.retain(|line| line.is_over != [true; 2]);
        self.advance();
    }

    /// Whether nothing is on its way.
    pub(crate) fn is_quiet(&self) -> bool {
        let mut segments = self.lines.iter().flat_map(|line| &line.to);
        self.wire.is_empty() && self.late.is_empty() && segments.all(VecDeque::is_empty)
    }

    /// Time goes on and everything arrives, for so long.
    pub(crate) fn go_on(&mut self, time: Duration) {
        let end = self.now + time;
        self.arrive_all();
        while self.now < end {
            self.wait();
            self.arrive_all();
        }
    }

    /// The state that a machine of the phone is in.
    pub(crate) fn state(&self, machine: &str) -> &'static str {
        self.phone.states().find(|(name, _)| *name == machine).map_or("", |(_, state)| state)
    }

    pub(crate) fn is_talking(&self) -> bool {
        self.state("call") == "talking"
    }

    pub(crate) fn is_phone_on(&self) -> bool {
        self.state("phone") == "on"
    }

    pub(crate) fn is_pbx_up(&self) -> bool {
        self.pbx.state() == PbxState::Running
    }

    /// The copies that the phone would send of sound that came now.
    pub(crate) fn copies(&self) -> Vec<Datagram> {
        let mut world = self.clone();
        world.wire.clear();
        world.speak();
        world.wire.retain(|datagram| datagram.to == Seat::Recorder);
        world.wire.into()
    }

    /// Whether such copies are counted by the recorder.
    pub(crate) fn is_recording(&self) -> bool {
        let Some(recorder) = &self.recorder else { return false };
        let mut recorder = recorder.clone();
        let count = |recorder: &Logger| -> u64 {
            recorder.streams().map(|stream| stream.summary.packets).sum()
        };
        let before = count(&recorder);
        for Datagram { local, remote, payload, .. } in self.copies() {
            let input = Input::Datagram { local, remote, payload: &payload };
            recorder.handle_input(self.now, input).unwrap();
        }
        count(&recorder) > before
    }

    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.phone, &self.pbx, &self.recorder, &self.server).hash(&mut hasher);
        (&self.wire, &self.late, &self.lines, &self.monitor).hash(&mut hasher);
        (self.budget, self.is_drive_in, self.files.len(), self.frames).hash(&mut hasher);
        let next = self.server.as_ref().and_then(|server| server.poll_timeout());
        next.map(|(at, _)| at - self.now).hash(&mut hasher);
        hasher.finish()
    }
}

/// The port on which the phone listens for recorders.
pub(crate) const RECORDING_PORT: u16 = 5062;

fn is_for_recording(local: SocketAddr) -> bool {
    local.port() == RECORDING_PORT
}
