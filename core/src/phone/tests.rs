use std::boxed::Box;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use proptest::prelude::*;

use super::line::{InfoState, RegistrationState};
use super::model::Model;
use super::*;
use crate::csta;
use crate::machine::TcpCommand;
use crate::pbx::{InfoPolicy, Order, Pbx, PbxCommand, PbxConfig};
use crate::ras;
use crate::recorder::active::{Extension, Mapping};
use crate::recorder::csta::CstaConfig;
use crate::recorder::{Logger, LoggerCommand, LoggerConfig};

const SECOND: Duration = Duration::from_secs(1);
const PBX: u8 = 1;
const LOGGER: u8 = 9;

/// Who takes part, by the last number of the address.
enum Actor {
    Phone(Box<Phone>),
    Pbx(Box<Pbx>),
    Logger(Box<Logger>),
}

enum Flight {
    Datagram { local: SocketAddr, remote: SocketAddr, payload: Vec<u8> },
    Ras { from: u8, to: u8, message: ras::Message },
    Tcp { at: u8, connection: Connection, event: TcpOwned },
}

#[derive(Clone)]
enum TcpOwned {
    Connect(SocketAddr),
    Data(Vec<u8>),
    Closed,
    Failed,
}

/// Phones, a PBX and a recording system on a network without delay that may lose messages.
struct World {
    now: Instant,
    actors: Vec<(u8, Actor)>,
    flights: VecDeque<Flight>,
    /// Ends of connections: who, by which number, to whom.
    connections: Vec<[(u8, Connection); 2]>,
    /// Messages whose summary starts so are lost, as often as it says.
    losses: Vec<(&'static str, usize)>,
    ladder: Vec<String>,
    prompts: Vec<String>,
    /// RTP packets by sender and receiver since last asked.
    rtp: usize,
    hears_junk: bool,
}

fn ip(last: u8) -> IpAddr {
    [192, 0, 2, last].into()
}

fn last(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(address) => address.octets()[3],
        IpAddr::V6(_) => 0,
    }
}

fn phone(model: Model, last: u8) -> Phone {
    let mut config =
        PhoneConfig { model, address: ip(last), seed: last.into(), ..PhoneConfig::default() };
    config.line.restart = 5 * SECOND;
    config.active.allowed = vec![ip(LOGGER)];
    config.recording_port = Some(5062);
    Phone::new(config)
}

impl World {
    fn new(phones: Vec<Phone>, mapping: Mapping) -> Self {
        let sip_port = phones[0].config().recording_sip().map_or(5062, |socket| socket.port());
        let extension = Extension { number: "1000".into(), sip_port };
        let csta = CstaConfig { retry: SECOND, ..CstaConfig::default() };
        let logger = LoggerConfig {
            csta: Some(csta),
            mapping,
            extensions: vec![extension],
            ..LoggerConfig::default()
        };
        let restart = 20 * SECOND;
        let pbx = PbxConfig { seed: 77, restart, ..PbxConfig::default() };
        let mut actors = vec![
            (PBX, Actor::Pbx(Box::new(Pbx::new(pbx)))),
            (LOGGER, Actor::Logger(Box::new(Logger::new(logger)))),
        ];
        actors.extend(
            phones
                .into_iter()
                .map(|phone| (last(phone.config().address), Actor::Phone(Box::new(phone)))),
        );
        let mut world = Self {
            now: Instant::ORIGIN,
            actors,
            flights: VecDeque::new(),
            connections: Vec::new(),
            losses: Vec::new(),
            ladder: Vec::new(),
            prompts: Vec::new(),
            rtp: 0,
            hears_junk: false,
        };
        world.input(LOGGER, Given::Logger(LoggerCommand::Start));
        world
    }

    /// One phone that is logged on, and the recording system listening.
    fn registered(model: Model, mapping: Mapping) -> Self {
        let mut world = Self::new(vec![phone(model, 20)], mapping);
        world.phone(20, PhoneCommand::PowerOn);
        assert_eq!(world.at(20).line().registration(), RegistrationState::Registered);
        world
    }

    fn at(&self, who: u8) -> &Phone {
        let actor = self.actors.iter().find(|(last, _)| *last == who).unwrap();
        let Actor::Phone(phone) = &actor.1 else { panic!("no phone") };
        phone
    }

    fn phone(&mut self, who: u8, command: PhoneCommand) {
        if command == PhoneCommand::PowerOff {
            // The power takes the connections with it.
            self.connections.retain(|ends| ends.iter().all(|end| end.0 != who));
        }
        self.input(who, Given::Phone(command));
    }

    fn pbx(&mut self, command: PbxCommand) {
        self.input(PBX, Given::Pbx(command));
    }

    /// Lets time pass, with sound in both directions.
    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let next =
                self.actors.iter().filter_map(|(who, actor)| Some((actor.next()?, *who))).min();
            let Some((due, who)) = next.filter(|(due, _)| *due <= end) else { break };
            self.now = self.now.max(due);
            self.input(who, Given::Timeout);
        }
        self.now = end;
    }

    /// One frame of sound for each side of a phone; returns how many packets of RTP that makes.
    fn sound(&mut self, who: u8) -> usize {
        self.rtp = 0;
        for side in [Side::Sent, Side::Received] {
            self.assert_hears_both_ways_alike(who, side);
            self.input(who, Given::Sound(side));
        }
        self.rtp
    }

    /// Whether sound that comes with an outbox does what it does as an input.
    fn assert_hears_both_ways_alike(&self, who: u8, side: Side) {
        let [mut one, mut other] = [(); 2].map(|()| self.at(who).clone());
        let [mut from_one, mut from_other] = [(); 2].map(|()| Outbox::default());
        let samples = &[1000; 160];
        one.hear(self.now, side, samples, &mut from_one);
        let Ok(()) = other.handle_input(self.now, Input::Audio { side, samples });
        pass_on(&mut other, &mut from_other);
        assert_eq!(from_one, from_other);
        assert_eq!(one, other);
    }

    fn input(&mut self, who: u8, given: Given<'_>) {
        let now = self.now;
        let Some((_, actor)) = self.actors.iter_mut().find(|(last, _)| *last == who) else {
            return;
        };
        actor.take(now, given);
        self.collect(who);
        while let Some(flight) = self.flights.pop_front() {
            self.deliver(flight);
        }
    }

    fn collect(&mut self, who: u8) {
        let Some((_, actor)) = self.actors.iter_mut().find(|(last, _)| *last == who) else {
            return;
        };
        let mut flights = Vec::new();
        let (mut rtp, mut prompts) = (0, Vec::new());
        actor.outputs(|output| match output {
            Output::Datagram { payload, .. } if payload.first() == Some(&0x80) => rtp += 1,
            Output::Datagram { local, remote, payload, .. } => {
                flights.push(Flight::Datagram { local, remote, payload: payload.to_vec() });
            }
            Output::Ras { remote, message, .. } => {
                flights.push(Flight::Ras { from: who, to: last(remote.ip()), message });
            }
            Output::Tcp { connection, command, .. } => {
                let event = match command {
                    TcpCommand::Connect(remote) => TcpOwned::Connect(remote),
                    TcpCommand::Send(bytes) => TcpOwned::Data(bytes.to_vec()),
                    TcpCommand::Close => TcpOwned::Closed,
                    TcpCommand::Abort => TcpOwned::Failed,
                };
                flights.push(Flight::Tcp { at: who, connection, event });
            }
            Output::Event(Event::Prompt { text, .. }) => prompts.push(text),
            Output::Storage { .. } | Output::Audio { .. } | Output::Event(_) => {}
        });
        self.rtp += rtp;
        self.prompts.extend(prompts);
        self.flights.extend(flights);
    }

    fn deliver(&mut self, flight: Flight) {
        match flight {
            Flight::Datagram { local, remote, payload } => {
                let (from, to) = (last(local.ip()), last(remote.ip()));
                if self.is_lost(from, to, &sip_summary(&payload, self.hears_junk)) {
                    return;
                }
                let input = Given::Datagram { local: remote, remote: local, payload: &payload };
                self.input(to, input);
            }
            Flight::Ras { from, to, message } => {
                if !self.is_lost(from, to, message.name()) {
                    self.input(to, Given::Ras(SocketAddr::new(ip(from), 1719), &message));
                }
            }
            Flight::Tcp { at, connection, event } => self.deliver_tcp(at, connection, event),
        }
    }

    fn deliver_tcp(&mut self, at: u8, connection: Connection, event: TcpOwned) {
        let here = (at, connection);
        if let TcpOwned::Connect(remote) = event {
            let number = u32::try_from(self.ladder.len()).unwrap() + Connection::ACCEPTED;
            let there = (last(remote.ip()), Connection(number));
            self.connections.push([here, there]);
            let local = SocketAddr::new(ip(at), 40_000);
            let accepted = TcpEvent::Accepted { local: remote, remote: local };
            self.input(there.0, Given::Tcp(there.1, accepted));
            if self.connections.iter().any(|ends| ends[0] == here) {
                self.input(at, Given::Tcp(connection, TcpEvent::Connected { local }));
            }
            return;
        }
        let Some(place) = self.connections.iter().position(|ends| ends.contains(&here)) else {
            return;
        };
        let ends = self.connections[place];
        let there = if ends[0] == here { ends[1] } else { ends[0] };
        match event {
            TcpOwned::Data(bytes) => {
                if csta::looks_like_csta(&bytes) {
                    for summary in csta_summaries(&bytes) {
                        self.note(at, there.0, &summary);
                    }
                }
                self.input(there.0, Given::Tcp(there.1, TcpEvent::Data(&bytes)));
            }
            TcpOwned::Closed | TcpOwned::Failed => {
                self.connections.remove(place);
                let event = match event {
                    TcpOwned::Closed => TcpEvent::Closed,
                    _ => TcpEvent::Failed,
                };
                self.input(there.0, Given::Tcp(there.1, event));
            }
            TcpOwned::Connect(_) => {}
        }
    }

    fn is_lost(&mut self, from: u8, to: u8, summary: &str) -> bool {
        let lost =
            self.losses.iter_mut().find(|(start, left)| *left > 0 && summary.starts_with(start));
        if let Some((_, left)) = lost {
            *left -= 1;
            self.note(from, to, &format!("{summary} (lost)"));
            return true;
        }
        self.note(from, to, summary);
        false
    }

    fn note(&mut self, from: u8, to: u8, summary: &str) {
        self.ladder.push(format!("{from}>{to} {summary}"));
    }

    /// What was said since last asked, without what is told about the call.
    fn heard(&mut self) -> Vec<String> {
        core::mem::take(&mut self.ladder)
    }

    /// What was said between these since last asked.
    fn between(&mut self, one: u8, other: u8) -> Vec<String> {
        let ends = [format!("{one}>{other} "), format!("{other}>{one} ")];
        self.heard()
            .into_iter()
            .filter(|line| ends.iter().any(|end| line.starts_with(end)))
            .collect()
    }
}

enum Given<'a> {
    Phone(PhoneCommand),
    Pbx(PbxCommand),
    Logger(LoggerCommand),
    Datagram { local: SocketAddr, remote: SocketAddr, payload: &'a [u8] },
    Ras(SocketAddr, &'a ras::Message),
    Tcp(Connection, TcpEvent<'a>),
    Sound(Side),
    Timeout,
}

impl<'a> Given<'a> {
    fn input<C>(self, command: impl FnOnce(Self) -> C) -> Input<'a, C> {
        match self {
            Self::Datagram { local, remote, payload } => Input::Datagram { local, remote, payload },
            Self::Ras(remote, message) => Input::Ras { remote, message },
            Self::Tcp(connection, event) => Input::Tcp { connection, event },
            Self::Sound(side) => Input::Audio { side, samples: &[1000; 160] },
            Self::Timeout => Input::Timeout,
            Self::Phone(_) | Self::Pbx(_) | Self::Logger(_) => Input::Command(command(self)),
        }
    }
}

impl Actor {
    fn take(&mut self, now: Instant, given: Given<'_>) {
        match self {
            Self::Phone(phone) => {
                let input = given.input(|given| match given {
                    Given::Phone(command) => command,
                    _ => panic!("not for a phone"),
                });
                phone.handle_input(now, input).unwrap();
            }
            Self::Pbx(pbx) => {
                let input = given.input(|given| match given {
                    Given::Pbx(command) => command,
                    _ => panic!("not for a PBX"),
                });
                pbx.handle_input(now, input).unwrap();
            }
            Self::Logger(logger) => {
                let input = given.input(|given| match given {
                    Given::Logger(command) => command,
                    _ => panic!("not for a logger"),
                });
                logger.handle_input(now, input).unwrap();
            }
        }
    }

    fn outputs(&mut self, mut each: impl FnMut(Output<'_>)) {
        match self {
            Self::Phone(phone) => {
                while let Some(output) = phone.poll_output() {
                    each(output);
                }
            }
            Self::Pbx(pbx) => {
                while let Some(output) = pbx.poll_output() {
                    each(output);
                }
            }
            Self::Logger(logger) => {
                while let Some(output) = logger.poll_output() {
                    each(output);
                }
            }
        }
    }

    fn next(&self) -> Option<Instant> {
        let next = match self {
            Self::Phone(phone) => phone.poll_timeout(),
            Self::Pbx(pbx) => pbx.poll_timeout(),
            Self::Logger(logger) => logger.poll_timeout(),
        };
        next.map(|(at, _)| at)
    }
}

/// What a message is; none of those that come out of a machine may have a fault, unless it was
/// sent junk, which answers repeat.
fn sip_summary(payload: &[u8], may_be_junk: bool) -> String {
    let message = Message::parse(payload).unwrap().message;
    let faults = message.check();
    let text = String::from_utf8_lossy(payload);
    assert!(may_be_junk || faults.is_empty(), "{faults:?}: {text}");
    let method = message.cseq().map(|cseq| cseq.method.to_string()).unwrap_or_default();
    let leaves = message.header("Contact").is_some_and(|contact| contact.ends_with("expires=0"));
    match message.status() {
        Some(status) => format!("{status} {method}"),
        None if leaves => format!("{method} 0"),
        None => match message.header("Record") {
            Some(value) => format!("{method} {value}"),
            None => method,
        },
    }
}

fn csta_summaries(mut bytes: &[u8]) -> Vec<String> {
    let mut splitter = csta::Splitter::default();
    let mut summaries = Vec::new();
    loop {
        let (consumed, step) = splitter.push(bytes);
        bytes = &bytes[consumed..];
        match step {
            csta::Step::Frame(_, frame) => {
                let parsed = csta::Message::parse(&frame.xml).unwrap();
                assert!(parsed.warnings.is_empty());
                let name = parsed.message.name();
                summaries.push(name.strip_suffix("Event").unwrap_or(name).to_string());
            }
            csta::Step::NeedMore => return summaries,
            csta::Step::Skipped(warning) => panic!("{warning:?}"),
        }
    }
}

fn dial(world: &mut World) {
    world.phone(20, PhoneCommand::Dial("0701".into()));
    world.wait(3 * SECOND);
    assert_eq!(world.at(20).line().call(), line::CallState::Talking);
}

#[test]
fn a_call_is_recorded_from_answer_to_end() {
    let mut world = World::registered(Model::Mx6800, Mapping::Dynamic);
    assert_eq!(
        world.heard(),
        [
            "9>1 MonitorStart",
            "1>9 MonitorStartResponse",
            "20>1 REGISTER",
            "1>20 200 REGISTER",
            "1>9 BackInService",
        ]
    );
    world.phone(20, PhoneCommand::Dial("0701".into()));
    assert_eq!(world.sound(20), 0, "it rings");
    world.wait(3 * SECOND);
    assert_eq!(
        world.heard(),
        [
            "20>1 INVITE",
            "1>9 ServiceInitiated",
            "1>9 Originated",
            "1>20 180 INVITE",
            "1>9 Delivered",
            "1>20 200 INVITE",
            "1>9 Established",
            "20>1 ACK",
            "9>20 INVITE",
            "20>9 200 INVITE",
            "9>20 ACK",
        ]
    );
    assert_eq!(world.sound(20), 2, "both sides are copied");
    world.phone(20, PhoneCommand::HangUp);
    assert_eq!(world.sound(20), 0);
    assert_eq!(
        world.heard(),
        [
            "20>1 BYE",
            "1>20 200 BYE",
            "1>9 ConnectionCleared",
            "1>9 ConnectionCleared",
            "9>20 BYE",
            "20>9 200 BYE",
        ]
    );
}

#[test]
fn one_socket_serves_the_pbx_and_the_recorder() {
    let mut phone = phone(Model::Mx6800, 20);
    phone.config.recording_port = None;
    let mut world = World::new(vec![Phone::new(phone.config.clone())], Mapping::Dynamic);
    world.phone(20, PhoneCommand::PowerOn);
    dial(&mut world);
    assert_eq!(world.between(9, 20), ["9>20 INVITE", "20>9 200 INVITE", "9>20 ACK"]);
    world.pbx(PbxCommand::HangUp { extension: "1000".into() });
    assert_eq!(world.between(9, 20), ["9>20 BYE", "20>9 200 BYE"]);
}

#[test]
fn a_second_phone_logs_the_first_off_and_is_recorded_next() {
    let phones = vec![phone(Model::Mx6800, 20), phone(Model::Mx6800, 21)];
    let mut world = World::new(phones, Mapping::Static);
    world.phone(20, PhoneCommand::PowerOn);
    world.heard();
    world.phone(21, PhoneCommand::PowerOn);
    assert_eq!(
        world.heard(),
        [
            "21>1 REGISTER",
            "1>21 200 REGISTER",
            "1>20 NOTIFY",
            "1>9 BackInService",
            "20>1 200 NOTIFY",
            "20>9 BYE",
            "9>21 INVITE",
            "9>20 200 BYE",
            "21>9 200 INVITE",
            "9>21 ACK",
        ]
    );
    assert_eq!(world.at(20).line().registration(), RegistrationState::LoggedOff);
    assert_eq!(world.at(21).active().unwrap().state(), active::ActiveState::Forwarding);
}

#[test]
fn without_power_a_phone_says_nothing_and_is_invited_again_when_it_is_back() {
    let mut world = World::registered(Model::Mx6800, Mapping::Static);
    dial(&mut world);
    world.heard();
    world.phone(20, PhoneCommand::PowerOff);
    assert_eq!(world.sound(20), 0);
    assert!(world.heard().is_empty());
    assert_eq!(world.at(20).poll_timeout(), None);
    world.wait(10 * SECOND);
    world.phone(20, PhoneCommand::PowerOn);
    let heard = world.heard();
    let expected =
        ["1>20 200 REGISTER", "1>9 BackInService", "9>20 INVITE", "20>9 200 INVITE", "9>20 ACK"];
    assert_eq!(heard[heard.len() - 5..], expected, "{heard:?}");
    dial(&mut world);
    assert_eq!(world.sound(20), 2);
}

#[test]
fn an_order_to_read_the_configuration_is_obeyed_after_a_bye() {
    for (order, model) in [
        (Order::ReadConfiguration, Model::Mx6800),
        (Order::LoadFirmware, Model::Mx6800),
        (Order::ReadConfiguration, Model::Mx743x),
        (Order::LoadFirmware, Model::Mx743x),
    ] {
        let mut world = World::registered(model, Mapping::Static);
        world.heard();
        world.pbx(PbxCommand::Order { extension: "1000".into(), order });
        let heard = world.heard();
        let expected: &[&str] = if model == Model::Mx6800 {
            &[
                "1>20 NOTIFY",
                "20>1 200 NOTIFY",
                "20>9 BYE",
                "20>1 REGISTER 0",
                "9>20 200 BYE",
                "1>20 200 REGISTER",
                "1>9 OutOfService",
            ]
        } else {
            &["1>20 URQ", "20>9 BYE", "20>1 UCF", "9>20 200 BYE", "1>9 OutOfService"]
        };
        assert_eq!(heard, expected, "{order:?}");
        let state = match order {
            Order::LoadFirmware => RegistrationState::Restarting,
            _ => RegistrationState::Reading,
        };
        assert_eq!(world.at(20).line().registration(), state);
        world.wait(6 * SECOND);
        let heard = world.heard();
        let expected = ["1>9 BackInService", "9>20 INVITE", "20>9 200 INVITE", "9>20 ACK"];
        let heard: Vec<_> = heard.iter().filter(|line| expected.contains(&line.as_str())).collect();
        assert_eq!(heard, expected);
    }
}

#[test]
fn when_the_pbx_restarts_the_phone_ends_its_session_and_comes_back() {
    for model in [Model::Mx6800, Model::Mx743x] {
        let mut world = World::registered(model, Mapping::Static);
        world.heard();
        world.pbx(PbxCommand::Down);
        world.wait(100 * SECOND);
        let heard = world.heard();
        let unregister = if model == Model::Mx6800 { "20>1 REGISTER 0" } else { "20>1 URQ" };
        let bye = heard.iter().position(|line| line == "20>9 BYE").unwrap();
        assert!(heard[bye..].iter().any(|line| line == unregister), "{heard:?}");
        assert!(!heard[..bye].iter().any(|line| line == unregister), "{heard:?}");
        world.pbx(PbxCommand::Up);
        world.wait(60 * SECOND);
        assert_eq!(world.at(20).line().registration(), RegistrationState::Registered);
        assert_eq!(world.at(20).active().unwrap().state(), active::ActiveState::Forwarding);
    }
}

#[test]
fn an_h323_terminal_registers_by_ras_and_is_recorded_by_sip_on_7300() {
    let mut world = World::registered(Model::Mx743x, Mapping::Static);
    assert_eq!(
        world.heard(),
        [
            "9>1 MonitorStart",
            "1>9 MonitorStartResponse",
            "20>1 RRQ",
            "1>20 RCF",
            "1>9 BackInService",
            "9>20 INVITE",
            "20>9 200 INVITE",
            "9>20 ACK",
        ]
    );
    // One lost keep-alive is asked again; it is answered in the end.
    world.losses = vec![("RRQ (keep-alive)", 2)];
    world.wait(40 * SECOND);
    let heard = world.between(1, 20);
    let lost = "20>1 RRQ (keep-alive) (lost)";
    assert_eq!(heard, [lost, lost, "20>1 RRQ (keep-alive)", "1>20 RCF (keep-alive)"]);
    world.phone(20, PhoneCommand::LogOff);
    let heard = world.heard();
    assert_eq!(heard[..3], ["20>9 BYE", "20>1 URQ", "9>20 200 BYE"]);
    assert_eq!(world.at(20).line().registration(), RegistrationState::LoggedOff);
}

#[test]
fn an_h323_terminal_calls_and_is_called_without_sip() {
    let mut world = World::registered(Model::Mx743x, Mapping::Dynamic);
    world.heard();
    dial(&mut world);
    assert_eq!(world.sound(20), 2);
    world.phone(20, PhoneCommand::HangUp);
    let heard = world.heard();
    let calls: Vec<_> = heard.iter().filter(|line| !line.contains('9')).collect();
    assert_eq!(calls, ["20>1 SETUP", "1>20 ALERTING", "1>20 CONNECT", "20>1 RELEASE-COMPLETE"]);
    world.pbx(PbxCommand::Call { from: "0702".into(), name: "Ann".into(), to: "1000".into() });
    assert_eq!(world.at(20).line().call(), line::CallState::Ringing);
    world.phone(20, PhoneCommand::Answer);
    assert_eq!(world.sound(20), 2);
    world.pbx(PbxCommand::HangUp { extension: "1000".into() });
    assert_eq!(world.at(20).line().call(), line::CallState::Idle);
    assert_eq!(world.sound(20), 0);
    world.losses = vec![("SETUP", 1)];
    world.phone(20, PhoneCommand::Dial("0701".into()));
    world.wait(5 * SECOND);
    assert_eq!(world.prompts, ["Call failed: no answer"]);
}

#[test]
fn a_terminal_and_a_sip_phone_talk_to_each_other() {
    let mut other = phone(Model::Mx6800, 21).config.clone();
    other.extension = "1001".into();
    let phones = vec![phone(Model::Mx743x, 20), Phone::new(other)];
    let mut world = World::new(phones, Mapping::Dynamic);
    world.phone(20, PhoneCommand::PowerOn);
    world.phone(21, PhoneCommand::PowerOn);
    for (caller, called, number) in [(20, 21, "1001"), (21, 20, "1000")] {
        world.phone(caller, PhoneCommand::Dial(number.into()));
        world.phone(called, PhoneCommand::Answer);
        for who in [20, 21] {
            assert_eq!(world.at(who).line().call(), line::CallState::Talking, "{number}");
        }
        world.phone(called, PhoneCommand::HangUp);
        assert_eq!(world.at(caller).line().call(), line::CallState::Idle);
    }
}

#[test]
fn a_phone_that_logs_off_in_a_call_ends_session_call_and_registration() {
    let mut world = World::registered(Model::Mx6800, Mapping::Static);
    dial(&mut world);
    world.heard();
    world.phone(20, PhoneCommand::LogOff);
    let heard = world.heard();
    let sent: Vec<_> = heard.iter().filter(|line| line.starts_with("20>")).collect();
    assert_eq!(sent, ["20>9 BYE", "20>1 BYE", "20>1 REGISTER 0"]);
    world.phone(20, PhoneCommand::LogOn);
    assert!(world.heard().contains(&"9>20 INVITE".to_string()));
}

#[test]
fn losses_delay_registration_and_calls_but_change_nothing() {
    for lost in ["REGISTER", "200 REGISTER", "INVITE", "180", "200 INVITE", "ACK", "BYE", "200 BYE"]
    {
        let mut world = World::new(vec![phone(Model::Mx6800, 20)], Mapping::Dynamic);
        world.losses = vec![(lost, 2)];
        world.phone(20, PhoneCommand::PowerOn);
        world.wait(10 * SECOND);
        world.phone(20, PhoneCommand::Dial("0701".into()));
        world.wait(20 * SECOND);
        assert_eq!(world.sound(20), 2, "{lost}: {:?}", world.ladder);
        world.phone(20, PhoneCommand::HangUp);
        world.wait(20 * SECOND);
        assert_eq!(world.sound(20), 0, "{lost}");
        assert_eq!(world.at(20).line().call(), line::CallState::Idle);
        assert_eq!(world.at(20).active().unwrap().state(), active::ActiveState::Ready, "{lost}");
    }
}

fn info_phone() -> World {
    let mut config = phone(Model::Bx6, 20).config.clone();
    config.record_method = RecordMethod::Info;
    let mut world = World::new(vec![Phone::new(config)], Mapping::Dynamic);
    world.phone(20, PhoneCommand::PowerOn);
    world
}

#[test]
fn the_record_key_asks_the_pbx_and_shows_what_it_says() {
    let mut world = info_phone();
    world.phone(20, PhoneCommand::RecordKey);
    assert_eq!(world.prompts, ["Cannot record: there is no call"]);
    dial(&mut world);
    world.prompts.clear();
    world.heard();
    world.phone(20, PhoneCommand::RecordKey);
    assert_eq!(world.heard(), ["20>1 INFO on", "1>20 200 INFO"]);
    assert_eq!(world.at(20).line().info(), InfoState::On);
    world.pbx(PbxCommand::Info(InfoPolicy::Refuse(488)));
    world.phone(20, PhoneCommand::RecordKey);
    assert_eq!(world.at(20).line().info(), InfoState::On, "as it was");
    world.pbx(PbxCommand::Info(InfoPolicy::Accept));
    world.phone(20, PhoneCommand::RecordKey);
    assert_eq!(world.at(20).line().info(), InfoState::Off);
    let off = ["20>1 INFO off", "1>20 488 INFO", "20>1 INFO off", "1>20 200 INFO"];
    assert_eq!(world.heard(), off);
    let refused = "End of recording refused: 488 Not Acceptable Here";
    assert_eq!(world.prompts, ["Recording", refused, "Recording stopped"]);
    // A phone of this kind knows no recorder.
    assert!(world.at(20).active().is_none());
}

#[test]
fn an_info_without_answer_leaves_the_recording_as_it_was() {
    let mut world = info_phone();
    dial(&mut world);
    world.losses = vec![("INFO on", 100)];
    world.phone(20, PhoneCommand::RecordKey);
    assert_eq!(world.at(20).line().info(), InfoState::Starting);
    world.wait(40 * SECOND);
    assert_eq!(world.at(20).line().info(), InfoState::Off);
    assert_eq!(world.prompts, ["Recording refused: the PBX does not answer"]);
}

#[test]
fn the_record_key_records_to_the_drive_during_a_call() {
    let mut config = phone(Model::Bx6, 20).config.clone();
    config.record_method = RecordMethod::Local;
    let mut phone = Phone::new(config);
    let now = Instant::ORIGIN;
    phone.handle_input(now, Input::Command(PhoneCommand::PowerOn)).unwrap();
    phone.handle_input(now, Input::Storage(StorageEvent::Inserted { free: 1 << 30 })).unwrap();
    let mut world = World::new(vec![phone], Mapping::Dynamic);
    world.collect(20);
    while let Some(flight) = world.flights.pop_front() {
        world.deliver(flight);
    }
    world.phone(20, PhoneCommand::RecordKey);
    assert_eq!(world.prompts, ["Cannot record: there is no call"]);
    dial(&mut world);
    world.phone(20, PhoneCommand::RecordKey);
    assert_eq!(world.at(20).local.state(), LocalState::Recording);
    world.phone(20, PhoneCommand::Pause);
    assert_eq!(world.at(20).local.state(), LocalState::Paused);
    world.phone(20, PhoneCommand::Resume);
    world.phone(20, PhoneCommand::HangUp);
    assert_eq!(world.at(20).local.state(), LocalState::Idle);
}

#[test]
fn calls_come_in_and_are_refused_when_they_cannot() {
    let mut world = World::registered(Model::Mx6800, Mapping::Dynamic);
    let call = || PbxCommand::Call { from: "0702".into(), name: "Ann".into(), to: "1000".into() };
    world.pbx(call());
    assert_eq!(world.at(20).line().call(), line::CallState::Ringing);
    assert_eq!(world.at(20).line().party().unwrap().name, "Ann");
    world.phone(20, PhoneCommand::HangUp);
    assert_eq!(world.between(1, 20).last().unwrap(), "1>20 ACK");
    world.pbx(call());
    world.phone(20, PhoneCommand::Answer);
    assert_eq!(world.sound(20), 2);
    world.pbx(PbxCommand::HangUp { extension: "1000".into() });
    assert_eq!(world.at(20).line().call(), line::CallState::Idle);
    world.pbx(call());
    world.pbx(PbxCommand::HangUp { extension: "1000".into() });
    assert_eq!(world.at(20).line().call(), line::CallState::Idle, "cancelled");
}

/// What anybody could do to a phone.
#[derive(Clone, Debug)]
enum Junk {
    Datagram(u16, u8, Vec<u8>),
    Mutilated(u16, u8, usize, u8),
    Tcp(u32, Option<Vec<u8>>),
    Ras(ras::Message),
    Command(PhoneCommand),
    Pbx(PbxCommand),
    Wait(u32),
    Sound,
}

fn junk() -> impl Strategy<Value = Junk> {
    let port = || prop::sample::select(&[5060_u16, 5062, 7300, 1][..]);
    let who = || prop::sample::select(&[PBX, LOGGER, 66][..]);
    let commands = [
        PhoneCommand::PowerOn,
        PhoneCommand::PowerOff,
        PhoneCommand::LogOn,
        PhoneCommand::LogOff,
        PhoneCommand::Dial("0701".into()),
        PhoneCommand::Dial("<>".into()),
        PhoneCommand::Answer,
        PhoneCommand::HangUp,
        PhoneCommand::RecordKey,
        PhoneCommand::Pause,
        PhoneCommand::Resume,
        PhoneCommand::OnDemandKey,
        PhoneCommand::Play("Record_1.wav".into()),
        PhoneCommand::Seek(7),
        PhoneCommand::StopPlaying,
    ];
    let pbx = [
        PbxCommand::Down,
        PbxCommand::Up,
        PbxCommand::Order { extension: "1000".into(), order: Order::ReadConfiguration },
        PbxCommand::Order { extension: "1000".into(), order: Order::LoadFirmware },
        PbxCommand::Order { extension: "1000".into(), order: Order::LogOff },
        PbxCommand::Call { from: "0702".into(), name: String::new(), to: "1000".into() },
        PbxCommand::HangUp { extension: "1000".into() },
    ];
    let ras = [
        ras::Message::RegistrationConfirm,
        ras::Message::RegistrationReject { reason: "" },
        ras::Message::KeepAlive,
        ras::Message::KeepAliveConfirm,
        ras::Message::UnregistrationConfirm,
        ras::Message::UnregistrationRequest { reason: Order::LogOff.reason() },
        ras::Message::UnregistrationRequest { reason: "" },
        ras::Message::Setup { calling: "1".into(), name: String::new(), called: "1000".into() },
        ras::Message::Alerting,
        ras::Message::Connect,
        ras::Message::ReleaseComplete { reason: "" },
    ];
    let bytes = || prop::collection::vec(any::<u8>(), 0..60);
    prop_oneof![
        (port(), who(), bytes()).prop_map(|(port, who, bytes)| Junk::Datagram(port, who, bytes)),
        (port(), who(), 0_usize..400, any::<u8>())
            .prop_map(|(port, who, at, byte)| Junk::Mutilated(port, who, at, byte)),
        (any::<u32>(), prop::option::of(bytes())).prop_map(|(id, bytes)| Junk::Tcp(id, bytes)),
        prop::sample::select(ras.to_vec()).prop_map(Junk::Ras),
        prop::sample::select(commands.to_vec()).prop_map(Junk::Command),
        prop::sample::select(pbx.to_vec()).prop_map(Junk::Pbx),
        (0_u32..60_000).prop_map(Junk::Wait),
        Just(Junk::Sound),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_makes_a_phone_panic_or_wait_for_the_past(
        model in prop::sample::select(&[Model::Mx6800, Model::Mx743x, Model::Bx6][..]),
        method in prop::sample::select(
            &[RecordMethod::None, RecordMethod::Local, RecordMethod::Server, RecordMethod::Info][..]
        ),
        is_static in any::<bool>(),
        inputs in prop::collection::vec(junk(), 0..30),
    ) {
        let mut config = phone(model, 20).config.clone();
        config.record_method = method;
        config.server.server = Some(SocketAddr::new(ip(66), 10_000));
        config.on_demand = Some(on_demand::OnDemandConfig::default());
        let mapping = if is_static { Mapping::Static } else { Mapping::Dynamic };
        let mut world = World::new(vec![Phone::new(config)], mapping);
        world.hears_junk = true;
        world.phone(20, PhoneCommand::PowerOn);
        let invite = "INVITE sip:1000@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKj\r\n\
            Max-Forwards: 70\r\nFrom: <sip:0701@192.0.2.1>;tag=1\r\nTo: <sip:1000@192.0.2.1>\r\n\
            Call-ID: j\r\nCSeq: 1 INVITE\r\nContact: <sip:0701@192.0.2.1>\r\nContent-Length: 0\r\n\r\n";
        for input in inputs {
            let now = world.now;
            let address = |port| SocketAddr::new(ip(20), port);
            match input {
                Junk::Datagram(port, who, payload) => {
                    let (local, remote) = (address(port), SocketAddr::new(ip(who), 5060));
                    feed(&mut world, Given::Datagram { local, remote, payload: &payload });
                }
                Junk::Mutilated(port, who, at, byte) => {
                    let mut payload = invite.as_bytes().to_vec();
                    if let Some(place) = payload.get_mut(at) {
                        *place = byte;
                    }
                    let (local, remote) = (address(port), SocketAddr::new(ip(who), 5060));
                    feed(&mut world, Given::Datagram { local, remote, payload: &payload });
                }
                Junk::Tcp(id, Some(bytes)) => {
                    feed(&mut world, Given::Tcp(Connection(id), TcpEvent::Data(&bytes)));
                }
                Junk::Tcp(id, None) => feed(&mut world, Given::Tcp(Connection(id), TcpEvent::Failed)),
                Junk::Ras(message) => {
                    feed(&mut world, Given::Ras(SocketAddr::new(ip(PBX), 1719), &message));
                }
                Junk::Command(command) => world.phone(20, command),
                Junk::Pbx(command) => world.pbx(command),
                Junk::Wait(millis) => world.wait(Duration::from_millis(millis.into())),
                Junk::Sound => { world.sound(20); }
            }
            if let Some((due, _)) = world.at(20).poll_timeout() {
                prop_assert_eq!(world.at(20).state(), PhoneState::On);
                world.now = now.max(due).max(world.now);
                feed(&mut world, Given::Timeout);
                let next = world.at(20).poll_timeout();
                prop_assert!(next.is_none_or(|(next, _)| next > world.now), "{:?}", next);
            }
        }
    }
}

/// Gives the phone something, and lets only what it says to itself be.
fn feed(world: &mut World, given: Given<'_>) {
    let now = world.now;
    let (_, actor) = world.actors.iter_mut().find(|(last, _)| *last == 20).unwrap();
    actor.take(now, given);
    actor.outputs(|_| {});
}
