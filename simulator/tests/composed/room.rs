//! The actors, what is under way between them, and what must hold after every input.

mod errands;

use errands::Todo;
use proptest::prelude::*;
use recscope_core::machine::{
    Connection, Event, FileId, Input, Output, Side, StorageCommand, StorageEvent, TcpCommand,
    TcpEvent,
};
use recscope_core::ras;
use recscope_core::sip::{Message, looks_like_sip};
use recscope_core::time::Instant;
use recscope_simulator::actor::Actor;
use recscope_simulator::scenario::{Changes, Scenario};
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Outputs and bytes that one input may lead to, beside the sound that it holds: whatever an actor
/// has to tell everybody it knows.
const MOST_OUTPUTS: usize = 200;
const MOST_BYTES: usize = 256 * 1024;
/// Messages that are kept to be delivered, changed and said again.
const MEMORY: usize = 64;

pub(crate) type Outcome = Result<(), TestCaseError>;

/// How the actors are set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) record: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) naming: &'static str,
    pub(crate) mapping: &'static str,
    pub(crate) on_demand: &'static str,
    pub(crate) layout: &'static str,
    pub(crate) repeat_shape: &'static str,
    pub(crate) repeats: u8,
    pub(crate) seed: u64,
}

/// Places of the actors.
pub(crate) const PHONE: usize = 0;
pub(crate) const TERMINAL: usize = 1;
pub(crate) const DESK: usize = 2;
pub(crate) const RECORDER: usize = 3;
pub(crate) const PBX: usize = 4;
pub(crate) const SEATS: usize = 6;

/// An address that is nobody's.
pub(crate) const STRANGER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 66);

pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) address: Ipv4Addr,
    pub(crate) actor: Box<dyn Actor>,
    rate: u32,
    files: BTreeMap<String, Vec<u8>>,
    open: HashMap<FileId, String>,
}

/// An input that can be kept.
#[derive(Clone, Debug)]
pub(crate) enum Parcel {
    Datagram { local: SocketAddr, remote: SocketAddr, payload: Vec<u8> },
    Tcp { connection: Connection, event: News },
    Ras { remote: SocketAddr, message: ras::Message },
    Opened { file: FileId, size: u64 },
    Data { file: FileId, offset: u64, bytes: Vec<u8> },
    Failed(FileId),
}

#[derive(Clone, Debug)]
pub(crate) enum News {
    Connected(SocketAddr),
    Accepted(SocketAddr, SocketAddr),
    Data(Vec<u8>),
    Closed,
    Failed,
}

#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) to: usize,
    pub(crate) parcel: Parcel,
}

pub(crate) struct Room {
    pub(crate) now: Instant,
    /// The latest that anybody was told.
    latest: Instant,
    pub(crate) seats: Vec<Seat>,
    /// On its way.
    pub(crate) flights: Vec<Flight>,
    /// SIP that was said, by whom to whom.
    pub(crate) said: Vec<Flight>,
    /// Both ends of each connection: who, and by which number.
    pub(crate) connections: Vec<[(usize, Connection); 2]>,
    accepted: u32,
    /// Datagrams that the last input led to: to whom, and what.
    pub(crate) sent: Vec<(SocketAddr, Vec<u8>)>,
}

fn text(setup: &Setup) -> String {
    let Setup { record, policy, naming, mapping, on_demand, layout, repeat_shape, .. } = setup;
    let (repeats, seed) = (setup.repeats, setup.seed);
    format!(
        r#"
title = "A room"
source = "mx"
method = "active"
summary = "Everybody talks to everybody"
duration = "1h"
seed = {seed}
[[actor]]
name = "phone"
type = "phone"
address = "192.0.2.20"
model = "6800"
extension = "1000"
pbx = "192.0.2.1"
allowed = "192.0.2.9"
policy = "{policy}"
session_id = "{naming}"
layout = "{layout}"
record = "{record}"
server = "192.0.2.40:10000"
on_demand_server = "192.0.2.9:8080"
on_demand_key = "start-stop"
size_limit = "10KB"
[[actor]]
name = "terminal"
type = "phone"
address = "192.0.2.21"
model = "7446"
extension = "1001"
pbx = "192.0.2.1"
allowed = "192.0.2.9"
policy = "{policy}"
session_id = "{naming}"
on_demand_server = "192.0.2.9:8080"
on_demand_key = "save"
[[actor]]
name = "desk"
type = "phone"
address = "192.0.2.22"
model = "BX6"
extension = "1002"
pbx = "192.0.2.1"
codec = "G722"
record = "local"
[[actor]]
name = "recorder"
type = "logger"
address = "192.0.2.9"
csta = "192.0.2.1"
extensions = ["1000:5060", "1001:7300"]
mapping = "{mapping}"
on_demand = "{on_demand}"
layout = "{layout}"
session_id = "{naming}"
repeat_shape = "{repeat_shape}"
repeats = "{repeats}"
[[actor]]
name = "pbx"
type = "pbx"
address = "192.0.2.1"
[[actor]]
name = "server"
type = "record-server"
address = "192.0.2.40"
rtp_ports = "30000..30003"
"#
    )
}

impl Room {
    /// All with power, and nothing said yet.
    pub(crate) fn new(setup: &Setup) -> Self {
        let changes = Changes::default();
        let scenario = Scenario::parse("room.toml", &text(setup), &changes);
        let scenario = scenario.unwrap_or_else(|problem| panic!("{problem}"));
        let seats = scenario.cast.into_iter().map(|member| Seat {
            name: member.host.name.clone(),
            address: member.host.address,
            rate: member.actor.sample_rate().unwrap_or(8_000),
            actor: member.actor,
            files: BTreeMap::new(),
            open: HashMap::new(),
        });
        let mut room = Self {
            now: Instant::ORIGIN,
            latest: Instant::ORIGIN,
            seats: seats.collect(),
            flights: Vec::new(),
            said: Vec::new(),
            connections: Vec::new(),
            accepted: Connection::ACCEPTED,
            sent: Vec::new(),
        };
        for (seat, words) in [
            (PBX, "up"),
            (RECORDER, "start"),
            (PHONE, "power on"),
            (TERMINAL, "power on"),
            (DESK, "power on"),
        ] {
            room.order(seat, words).unwrap();
        }
        room
    }

    /// What everybody is, in words.
    pub(crate) fn picture(&self) -> String {
        format!("{:?}", self.seats.iter().map(|seat| &seat.actor).collect::<Vec<_>>())
    }

    pub(crate) fn seat_of(&self, address: SocketAddr) -> Option<usize> {
        self.seats.iter().position(|seat| IpAddr::V4(seat.address) == address.ip())
    }

    pub(crate) fn order(&mut self, to: usize, words: &str) -> Outcome {
        self.hand(to, Input::Command(words))
    }

    pub(crate) fn insert_drive(&mut self, to: usize, free: u64) -> Outcome {
        self.hand(to, Input::Storage(StorageEvent::Inserted { free }))
    }

    pub(crate) fn pull_drive(&mut self, to: usize) -> Outcome {
        self.seats[to].open.clear();
        self.hand(to, Input::Storage(StorageEvent::Removed))
    }

    /// Sound, in frames of `len` samples.
    pub(crate) fn speak(&mut self, to: usize, side: Side, frames: usize, len: usize) -> Outcome {
        let samples: Vec<i16> = (0..16_000).step_by(7).cycle().take(len).collect();
        for _ in 0..frames {
            self.hand(to, Input::Audio { side, samples: &samples })?;
        }
        Ok(())
    }

    pub(crate) fn deliver(&mut self, flight: &Flight) -> Outcome {
        let Flight { to, parcel } = flight;
        match parcel {
            Parcel::Datagram { local, remote, payload } => {
                let (local, remote) = (*local, *remote);
                self.hand(*to, Input::Datagram { local, remote, payload })
            }
            Parcel::Tcp { connection, event } => {
                let event = match event {
                    News::Connected(local) => TcpEvent::Connected { local: *local },
                    News::Accepted(local, remote) => {
                        TcpEvent::Accepted { local: *local, remote: *remote }
                    }
                    News::Data(bytes) => TcpEvent::Data(bytes),
                    News::Closed => TcpEvent::Closed,
                    News::Failed => TcpEvent::Failed,
                };
                self.hand(*to, Input::Tcp { connection: *connection, event })
            }
            Parcel::Ras { remote, message } => {
                self.hand(*to, Input::Ras { remote: *remote, message })
            }
            Parcel::Opened { file, size } => {
                self.hand(*to, Input::Storage(StorageEvent::Opened { file: *file, size: *size }))
            }
            Parcel::Data { file, offset, bytes } => {
                let (file, offset) = (*file, *offset);
                self.hand(*to, Input::Storage(StorageEvent::Data { file, offset, bytes }))
            }
            Parcel::Failed(file) => self.hand(*to, Input::Storage(StorageEvent::Failed(*file))),
        }
    }

    /// Lets everything arrive that is on its way, and what comes of it, up to a bound.
    pub(crate) fn settle(&mut self) -> Outcome {
        for _ in 0..MEMORY {
            if self.flights.is_empty() {
                break;
            }
            let flight = self.flights.remove(0);
            self.deliver(&flight)?;
        }
        Ok(())
    }

    /// Tells an actor that its deadline has come, whether or not it has.
    pub(crate) fn wake(&mut self, to: usize) -> Outcome {
        self.hand(to, Input::Timeout)?;
        let seat = &self.seats[to];
        if let Some((next, reason)) = seat.actor.deadline() {
            prop_assert!(next > self.now, "{}: {reason} is still due at {next}", seat.name);
        }
        for (timer, left) in seat.actor.timers() {
            prop_assert!(!left.is_zero(), "{}: {timer} is over and did not fire", seat.name);
        }
        Ok(())
    }

    /// Time goes on; who has a deadline is told when it comes.
    pub(crate) fn pass(&mut self, time: Duration) -> Outcome {
        let until = self.now + time;
        for _ in 0..400 {
            let deadlines = self.seats.iter().enumerate();
            let deadlines = deadlines.filter_map(|(at, seat)| Some((seat.actor.deadline()?.0, at)));
            match deadlines.min() {
                Some((due, at)) if due <= until => {
                    self.now = self.now.max(due);
                    self.wake(at)?;
                }
                _ => break,
            }
        }
        self.now = until;
        Ok(())
    }

    /// Time goes on, and nobody is told until it has.
    pub(crate) fn jump(&mut self, time: Duration) -> Outcome {
        self.now += time;
        (0..self.seats.len()).try_for_each(|at| self.wake(at))
    }

    /// Nothing arrives any more: each deadline still leads to a later one.
    pub(crate) fn be_left_alone(&mut self) -> Outcome {
        self.flights.clear();
        for at in 0..self.seats.len() {
            for _ in 0..50 {
                let Some((due, _)) = self.seats[at].actor.deadline() else { break };
                self.now = self.now.max(due);
                self.wake(at)?;
            }
        }
        Ok(())
    }

    /// Gives an actor an input, carries out what it wants done, and looks at what must hold.
    fn hand(&mut self, to: usize, input: Input<'_, &str>) -> Outcome {
        let now = self.now;
        let sound = match input {
            Input::Audio { samples, .. } => samples.len() / 40 + 1,
            _ => 1,
        };
        self.sent.clear();
        let seat = &mut self.seats[to];
        seat.actor.handle(now, input);
        let (mut outputs, mut bytes, mut todo) = (0, 0, Vec::new());
        while let Some(output) = seat.actor.poll_output() {
            outputs += 1;
            prop_assert!(outputs <= MOST_OUTPUTS * sound, "{} never comes to an end", seat.name);
            bytes += size(&output);
            todo.extend(Todo::of(&output));
            match output {
                Output::Datagram { payload, .. } => {
                    let reads = !looks_like_sip(payload) || Message::parse(payload).is_ok();
                    prop_assert!(reads, "{}: {}", seat.name, String::from_utf8_lossy(payload));
                }
                Output::Event(Event::StateChanged { machine, from, to, .. }) => {
                    prop_assert_ne!(from, to, "{}: {}", &seat.name, machine);
                }
                _ => {}
            }
        }
        prop_assert!(bytes <= MOST_BYTES * sound, "{} says {bytes} bytes at once", seat.name);
        // A timer that runs is one that its host is told of. Machines hold time that goes back still.
        let now = self.latest.max(now);
        self.latest = now;
        let next = seat.actor.deadline().map(|(at, _)| at);
        for (timer, left) in seat.actor.timers() {
            let due = now + left;
            prop_assert!(
                next.is_some_and(|next| next <= due),
                "{}: nobody waits for {timer}",
                seat.name
            );
        }
        todo.into_iter().for_each(|todo| self.carry_out(to, todo));
        Ok(())
    }

    /// Samples in 20 ms at an actor's rate.
    pub(crate) fn frame(&self, at: usize) -> usize {
        self.seats[at].rate as usize / 50
    }
}

fn size(output: &Output<'_>) -> usize {
    match output {
        Output::Datagram { payload, .. } => payload.len(),
        Output::Tcp { command: TcpCommand::Send(bytes), .. }
        | Output::Storage { command: StorageCommand::Write { bytes, .. }, .. } => bytes.len(),
        Output::Audio { samples, .. } => samples.len() * 2,
        _ => 0,
    }
}
