use std::collections::VecDeque;
use std::net::SocketAddr;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use proptest::prelude::*;

use super::*;
use crate::csta::{CallEventKind, Event as CstaEvent};
use crate::machine::Connection;
use crate::machine::Event;
use crate::ras;
use crate::recorder::csta::{CstaClient, CstaCommand, CstaConfig, CstaState, Notice};
use crate::sip::Message;
use crate::sip::endpoint::{DialogKey, Received};

const SECOND: Duration = Duration::from_secs(1);
const PBX: ([u8; 4], u16) = ([192, 0, 2, 1], 5060);
const RECORDER: ([u8; 4], u16) = ([192, 0, 2, 9], 40_000);
const SDP: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\n\
    m=audio 20000 RTP/AVP 8 0\r\n";

fn pbx_address() -> SocketAddr {
    SocketAddr::from(PBX)
}

/// A phone as far as SIP goes: it rings, and answers when told.
struct Desk {
    extension: &'static str,
    endpoint: Endpoint,
    outbox: Outbox,
    ringing: Option<ServerKey>,
    dialog: Option<DialogKey>,
    /// Final answers that it got, and requests by method.
    heard: Vec<String>,
    orders: Vec<Order>,
    /// One Call-ID for all registrations since it was switched on.
    registration: (String, u32),
}

impl Desk {
    fn new(extension: &'static str, last: u8) -> Self {
        let local = SocketAddr::from(([192, 0, 2, last], 5060));
        let methods = vec![Method::Invite, Method::Bye, Method::Notify];
        let config = EndpointConfig {
            seed: u64::from(last),
            methods,
            user: extension.to_string(),
            ..EndpointConfig::new(local)
        };
        Self {
            extension,
            endpoint: Endpoint::new(config),
            outbox: Outbox::default(),
            ringing: None,
            dialog: None,
            heard: Vec::new(),
            orders: Vec::new(),
            registration: (format!("reg-{last}"), 0),
        }
    }

    fn local(&self) -> SocketAddr {
        self.endpoint.config().local
    }

    fn aor(&self) -> String {
        format!("<sip:{}@{}>", self.extension, pbx_address())
    }

    fn register(&mut self, now: Instant, expires: u32) {
        self.registration.1 += 1;
        let aor = self.aor();
        let uri = format!("sip:{}", pbx_address());
        let contact = format!("<sip:{}@{}>;expires={expires}", self.extension, self.local());
        let request = self
            .endpoint
            .request(Method::Register, uri, &aor, &aor)
            .set("Call-ID", &self.registration.0)
            .set("CSeq", format!("{} REGISTER", self.registration.1))
            .set("Contact", contact);
        self.endpoint.send_request(now, pbx_address(), request, rule::MX_1, &mut self.outbox);
    }

    fn dial(&mut self, now: Instant, number: &str) -> ClientKey {
        let (aor, here) = (self.aor(), pbx_address());
        let invite = self
            .endpoint
            .request(
                Method::Invite,
                format!("sip:{number}@{here}"),
                aor,
                format!("<sip:{number}@{here}>"),
            )
            .body("application/sdp", SDP);
        self.endpoint.send_request(now, pbx_address(), invite, rule::MX_1, &mut self.outbox)
    }

    fn answer(&mut self, now: Instant, status: u16) {
        let invite = self.ringing.take().unwrap();
        let response = self.endpoint.response(invite, status).body("application/sdp", SDP);
        self.dialog = self.endpoint.respond(now, invite, response, rule::MX_1, &mut self.outbox);
    }

    fn ask(&mut self, now: Instant, method: Method<'static>, header: (&str, &str)) {
        let dialog = self.dialog.unwrap();
        let request = self.endpoint.request_in(dialog, method).header(header.0, header.1);
        self.endpoint.send_in(now, dialog, request, rule::MX_1, &mut self.outbox).unwrap();
    }

    fn hang_up(&mut self, now: Instant) {
        self.endpoint.bye(now, self.dialog.take().unwrap(), rule::MX_1, &mut self.outbox);
    }

    fn settle(&mut self, now: Instant) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                EndpointEvent::Request { transaction, received, .. } => {
                    self.requested(now, transaction, &received);
                }
                EndpointEvent::Response { dialog, status, received, .. } => {
                    let message = received.message().unwrap();
                    let method = message.cseq().unwrap().method.to_string();
                    if status >= 200 {
                        self.heard.push(format!("{status} {method}"));
                    }
                    if let (Some(dialog), "INVITE", true) = (dialog, &*method, status >= 200) {
                        let ack = self.endpoint.ack(dialog);
                        self.endpoint.send_ack(now, dialog, ack, rule::MX_1, &mut self.outbox);
                        self.dialog = Some(dialog);
                    }
                }
                EndpointEvent::Cancelled { .. } => {
                    self.ringing = None;
                    self.heard.push("CANCEL".to_string());
                }
                _ => {}
            }
        }
    }

    fn requested(&mut self, now: Instant, transaction: ServerKey, received: &Received) {
        let message = received.message().unwrap();
        let method = message.method().unwrap();
        self.heard.push(method.to_string());
        let status = match method {
            Method::Invite => {
                self.ringing = Some(transaction);
                180
            }
            Method::Notify => {
                self.orders.extend(Order::from_notify(&message));
                200
            }
            _ => 200,
        };
        let response = self.endpoint.response(transaction, status);
        self.endpoint.respond(now, transaction, response, rule::MX_1, &mut self.outbox);
        if method == Method::Bye {
            self.dialog = None;
        }
    }
}

/// A PBX, two phones and a recording system's CSTA client on a network that may lose datagrams.
struct World {
    now: Instant,
    pbx: Pbx,
    desks: Vec<Desk>,
    client: CstaClient,
    /// Connection of the client, as the client numbers it.
    open: Option<Connection>,
    /// Datagrams to lose from now on.
    lose: usize,
    notices: Vec<Notice>,
    /// Messages to and from H.323 terminals.
    ras: Vec<(SocketAddr, ras::Message)>,
    ignored: Vec<&'static str>,
    /// The PBX was sent messages that are not right.
    hears_junk: bool,
}

enum Flight {
    Datagram { from: SocketAddr, to: SocketAddr, bytes: Vec<u8> },
    ToServer(Vec<u8>),
    ToClient(Vec<u8>),
    Connect(Connection),
    ServerEnds,
    ClientEnds,
}

const ACCEPTED: Connection = Connection(Connection::ACCEPTED);

impl World {
    fn new() -> Self {
        let extensions = ["1000", "1001"].map(String::from).to_vec();
        let pbx = PbxConfig { extensions: extensions.clone(), ..PbxConfig::default() };
        Self {
            now: Instant::ORIGIN,
            pbx: Pbx::new(pbx),
            desks: vec![Desk::new("1000", 20), Desk::new("1001", 21), Desk::new("1000", 22)],
            client: CstaClient::new(CstaConfig { extensions, ..CstaConfig::default() }),
            open: None,
            lose: 0,
            notices: Vec::new(),
            ras: Vec::new(),
            ignored: Vec::new(),
            hears_junk: false,
        }
    }

    /// With both extensions registered and monitored.
    fn registered() -> Self {
        let mut world = Self::new();
        world.monitor();
        for at in 0..2 {
            world.desk(at, |desk, now| desk.register(now, 3600));
        }
        world.notices.clear();
        world
    }

    fn monitor(&mut self) {
        self.client.handle_input(self.now, Input::Command(CstaCommand::Connect)).unwrap();
        self.pump();
        assert_eq!(self.client.state(), CstaState::Monitoring);
    }

    fn command(&mut self, command: PbxCommand) {
        self.pbx.handle_input(self.now, Input::Command(command)).unwrap();
        self.pump();
    }

    fn desk(&mut self, at: usize, act: impl FnOnce(&mut Desk, Instant)) {
        act(&mut self.desks[at], self.now);
        self.pump();
    }

    fn ras(&mut self, last: u8, message: &ras::Message) {
        let remote = SocketAddr::from(([192, 0, 2, last], 1719));
        self.pbx.handle_input(self.now, Input::Ras { remote, message }).unwrap();
        self.pump();
    }

    /// Lets time pass.
    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.pump();
            let pbx = self.pbx.poll_timeout().into_iter().chain(self.client.poll_timeout());
            let desks = self.desks.iter().filter_map(|desk| desk.endpoint.next_timeout());
            let Some((next, _)) = pbx.chain(desks).min_by_key(|(at, _)| *at) else { break };
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            self.pbx.handle_input(self.now, Input::Timeout).unwrap();
            self.client.handle_input(self.now, Input::Timeout).unwrap();
            for desk in &mut self.desks {
                desk.endpoint.handle_timeout(self.now, &mut desk.outbox);
            }
        }
        self.now = end;
    }

    /// Delivers everything that is under way.
    fn pump(&mut self) {
        let mut flights = VecDeque::new();
        loop {
            self.collect(&mut flights);
            let Some(flight) = flights.pop_front() else { break };
            self.deliver(flight);
            for desk in &mut self.desks {
                desk.settle(self.now);
            }
            while let Some(notice) = self.client.poll_notice() {
                self.notices.push(notice);
            }
        }
    }

    fn collect(&mut self, flights: &mut VecDeque<Flight>) {
        while let Some(output) = self.pbx.poll_output() {
            match output {
                Output::Datagram { local, remote, payload, .. } => {
                    flights.push_back(Flight::Datagram {
                        from: local,
                        to: remote,
                        bytes: payload.to_vec(),
                    });
                }
                Output::Tcp { command: TcpCommand::Send(bytes), .. } => {
                    flights.push_back(Flight::ToClient(bytes.to_vec()));
                }
                Output::Tcp { .. } => flights.push_back(Flight::ServerEnds),
                Output::Ras { remote, message, .. } => self.ras.push((remote, message)),
                Output::Event(Event::Ignored { reason, .. }) => self.ignored.push(reason),
                _ => {}
            }
        }
        while let Some(output) = self.client.poll_output() {
            if let Output::Tcp { connection, command, .. } = output {
                flights.push_back(match command {
                    TcpCommand::Connect(_) => Flight::Connect(connection),
                    TcpCommand::Send(bytes) => Flight::ToServer(bytes.to_vec()),
                    TcpCommand::Close | TcpCommand::Abort => Flight::ClientEnds,
                });
            }
        }
        for desk in &mut self.desks {
            while let Some(output) = desk.outbox.poll() {
                if let Output::Datagram { local, remote, payload, .. } = output {
                    flights.push_back(Flight::Datagram {
                        from: local,
                        to: remote,
                        bytes: payload.to_vec(),
                    });
                }
            }
        }
    }

    fn deliver(&mut self, flight: Flight) {
        let now = self.now;
        match flight {
            Flight::Datagram { .. } if self.lose > 0 => self.lose -= 1,
            Flight::Datagram { from, to, bytes } if to == pbx_address() => {
                let parsed = Message::parse(&bytes).unwrap().message;
                let faults = parsed.check();
                assert!(self.hears_junk || faults.is_empty(), "{faults:?}");
                let input = Input::Datagram { local: to, remote: from, payload: &bytes };
                self.pbx.handle_input(now, input).unwrap();
            }
            Flight::Datagram { from, to, bytes } => {
                let parsed = Message::parse(&bytes).unwrap().message;
                // An answer repeats what is wrong with the request.
                let faults = parsed.check();
                assert!(self.hears_junk || faults.is_empty(), "{faults:?}");
                if let Some(desk) = self.desks.iter_mut().find(|desk| desk.local() == to) {
                    desk.endpoint.handle_datagram(now, to, from, &bytes, &mut desk.outbox);
                }
            }
            Flight::Connect(connection) => {
                self.open = Some(connection);
                let (local, remote) = (SocketAddr::from(([192, 0, 2, 1], 8882)), RECORDER.into());
                self.tell_pbx(TcpEvent::Accepted { local, remote });
                if self.open.is_some() {
                    self.tell_client(TcpEvent::Connected { local: remote });
                }
            }
            Flight::ToServer(bytes) => self.tell_pbx(TcpEvent::Data(&bytes)),
            Flight::ToClient(bytes) => self.tell_client(TcpEvent::Data(&bytes)),
            Flight::ServerEnds => {
                self.tell_client(TcpEvent::Failed);
                self.open = None;
            }
            Flight::ClientEnds if self.open.take().is_some() => self.tell_pbx(TcpEvent::Failed),
            Flight::ClientEnds => {}
        }
    }

    fn tell_pbx(&mut self, event: TcpEvent<'_>) {
        let input = Input::Tcp { connection: ACCEPTED, event };
        self.pbx.handle_input(self.now, input).unwrap();
    }

    fn tell_client(&mut self, event: TcpEvent<'_>) {
        let Some(connection) = self.open else { return };
        self.client.handle_input(self.now, Input::Tcp { connection, event }).unwrap();
    }

    /// Steps of calls told about an extension: kind, device of the connection, local state.
    fn steps(&self, of: &str) -> Vec<(CallEventKind, &str, &str)> {
        let step = |notice: &'_ Notice| match notice {
            Notice::Call { extension, .. } => extension == of,
            _ => false,
        };
        self.notices
            .iter()
            .filter(|notice| step(notice))
            .filter_map(|notice| match notice {
                Notice::Call { event, .. } => {
                    Some((event.kind, &*event.device, &*event.local_state))
                }
                _ => None,
            })
            .collect()
    }
}

fn in_service(extension: &str, last: u8) -> Notice {
    let address = Some([192, 0, 2, last].into());
    Notice::InService { extension: extension.to_string(), address }
}

fn out_of_service(extension: &str, last: u8) -> Notice {
    let address = Some([192, 0, 2, last].into());
    Notice::OutOfService { extension: extension.to_string(), address }
}

#[test]
fn a_registration_is_reported_once_with_its_address_and_its_end_too() {
    let mut world = World::new();
    world.monitor();
    world.desk(0, |desk, now| desk.register(now, 3600));
    assert_eq!(world.notices, [in_service("1000", 20)]);
    assert_eq!(world.pbx.registered("1000"), Some(world.desks[0].local()));
    world.wait(60 * SECOND);
    world.desk(0, |desk, now| desk.register(now, 3600));
    assert_eq!(world.notices.len(), 1, "a refresh is no news");
    world.desk(0, |desk, now| desk.register(now, 0));
    assert_eq!(world.notices[1..], [out_of_service("1000", 20)]);
    assert_eq!(world.desks[0].heard, ["200 REGISTER"; 3]);
}

#[test]
fn a_monitor_started_later_learns_where_the_phone_is() {
    let mut world = World::new();
    world.desk(0, |desk, now| desk.register(now, 3600));
    world.monitor();
    assert_eq!(world.notices, [in_service("1000", 20)]);
}

#[test]
fn a_registration_ends_by_itself_without_a_refresh() {
    let mut world = World::registered();
    world.wait(119 * SECOND);
    assert!(world.notices.is_empty());
    world.wait(2 * SECOND);
    assert_eq!(world.notices, [out_of_service("1000", 20), out_of_service("1001", 21)]);
}

#[test]
fn a_second_phone_takes_the_extension_and_the_first_is_told() {
    let mut world = World::registered();
    world.desk(2, |desk, now| desk.register(now, 3600));
    assert_eq!(world.notices, [in_service("1000", 22)]);
    assert_eq!(world.desks[0].orders, [Order::LogOff]);
    // What the first phone does to log off no longer matters.
    world.desk(0, |desk, now| desk.register(now, 0));
    assert_eq!(world.pbx.registered("1000"), Some(world.desks[2].local()));
    assert_eq!(world.notices.len(), 1);
}

#[test]
fn a_phone_that_comes_back_from_a_loss_of_power_is_reported_anew() {
    let mut world = World::registered();
    world.desk(0, |desk, now| {
        desk.dial(now, "0701");
    });
    world.wait(3 * SECOND);
    world.desks[0].endpoint.reset();
    world.desks[0].registration = ("after-the-loss".to_string(), 0);
    world.notices.clear();
    world.desk(0, |desk, now| desk.register(now, 3600));
    let [Notice::Call { event, .. }, Notice::Call { .. }, back] = &world.notices[..] else {
        panic!("{:?}", world.notices)
    };
    assert_eq!(event.kind, CallEventKind::ConnectionCleared);
    assert_eq!(*back, in_service("1000", 20));
}

#[test]
fn orders_reach_the_phone() {
    let mut world = World::registered();
    for order in [Order::ReadConfiguration, Order::LoadFirmware] {
        world.command(PbxCommand::Order { extension: "1000".to_string(), order });
    }
    world.command(PbxCommand::Order { extension: "1002".to_string(), order: Order::LogOff });
    assert_eq!(world.desks[0].orders, [Order::ReadConfiguration, Order::LoadFirmware]);
    assert_eq!(world.ignored, ["the extension to be ordered is not registered"]);
}

#[test]
fn registrations_that_may_not_be_are_refused() {
    let mut world = World::new();
    world.desks[0].extension = "999";
    world.desk(0, |desk, now| desk.register(now, 60));
    world.desks[0].extension = "1000";
    world.desk(0, |desk, now| desk.register(now, 60));
    world.desk(0, |desk, now| {
        desk.registration.1 -= 1;
        desk.register(now, 60);
    });
    assert_eq!(world.desks[0].heard, ["404 REGISTER", "200 REGISTER", "500 REGISTER"]);
}

#[test]
fn an_outgoing_call_runs_through_all_steps() {
    let mut world = World::registered();
    world.desk(0, |desk, now| {
        desk.dial(now, "0701");
    });
    world.wait(3 * SECOND);
    assert_eq!(world.desks[0].heard[1..], ["200 INVITE"]);
    world.desk(0, Desk::hang_up);
    use CallEventKind::*;
    assert_eq!(
        world.steps("1000"),
        [
            (ServiceInitiated, "1000", "initiated"),
            (Originated, "1000", "connected"),
            (Delivered, "0701", "connected"),
            (Established, "0701", "connected"),
            (ConnectionCleared, "1000", "null"),
            (ConnectionCleared, "0701", "null"),
        ]
    );
    assert!(world.steps("1001").is_empty());
    assert!(world.pbx.calls.is_empty());
}

#[test]
fn a_call_from_outside_is_answered_and_ended_by_the_far_end() {
    let mut world = World::registered();
    let (from, name, to) = ("0701", "Ann \"A\"", "1000");
    let [from, name, to] = [from, name, to].map(String::from);
    world.command(PbxCommand::Call { from, name, to });
    world.desk(0, |desk, now| desk.answer(now, 200));
    world.command(PbxCommand::HangUp { extension: "1000".to_string() });
    use CallEventKind::*;
    assert_eq!(
        world.steps("1000"),
        [
            (Delivered, "1000", "alerting"),
            (Established, "1000", "connected"),
            (ConnectionCleared, "0701", "connected"),
            (ConnectionCleared, "1000", "null"),
        ]
    );
    assert_eq!(world.desks[0].heard[1..], ["INVITE", "BYE"]);
}

#[test]
fn a_caller_s_number_and_name_leave_the_message_whole() {
    for from in ["", "07 01", "0<701>", "a@b", "#31#0701"] {
        let mut world = World::registered();
        let name = "A\r\nVia: x".to_string();
        world.command(PbxCommand::Call { from: from.to_string(), name, to: "1000".to_string() });
        assert!(world.desks[0].ringing.is_some(), "{from}");
    }
}

#[test]
fn a_call_between_phones_has_a_leg_to_each() {
    let mut world = World::registered();
    world.desk(0, |desk, now| {
        desk.dial(now, "1001");
    });
    world.desk(1, |desk, now| desk.answer(now, 200));
    world.desk(1, Desk::hang_up);
    assert_eq!(world.desks[0].heard[1..], ["200 INVITE", "BYE"]);
    use CallEventKind::*;
    assert_eq!(
        world.steps("1001"),
        [
            (Delivered, "1001", "alerting"),
            (Established, "1001", "connected"),
            (ConnectionCleared, "1001", "null"),
            (ConnectionCleared, "1000", "null"),
        ]
    );
    assert_eq!(world.steps("1000").len(), 6);
}

#[test]
fn release_ends_all_calls_on_both_legs() {
    let mut world = World::registered();
    world.desk(0, |desk, now| {
        desk.dial(now, "1001");
    });
    world.desk(1, |desk, now| desk.answer(now, 200));
    assert_eq!((world.pbx.calls(), world.pbx.extensions().count()), (1, 2));
    world.command(PbxCommand::Release);
    assert_eq!(world.pbx.calls(), 0);
    for desk in &world.desks[..2] {
        assert_eq!(desk.heard.iter().filter(|message| *message == "BYE").count(), 1);
    }
    assert_eq!(world.pbx.state(), PbxState::Running);
}

#[test]
fn refusals_cancellations_and_silence_end_a_call() {
    let mut world = World::registered();
    let dial = |world: &mut World| {
        let mut key = None;
        world.desk(0, |desk, now| key = Some(desk.dial(now, "1001")));
        key.unwrap()
    };
    dial(&mut world);
    world.desk(1, |desk, now| desk.answer(now, 486));
    assert_eq!(world.desks[0].heard.last().unwrap(), "486 INVITE");

    let invite = dial(&mut world);
    world.desk(0, |desk, now| {
        desk.endpoint.cancel(now, invite, rule::MX_1, &mut desk.outbox);
    });
    assert_eq!(world.desks[1].heard.last().unwrap(), "CANCEL");

    world.desks[1].endpoint.set_local(SocketAddr::from(([192, 0, 2, 99], 5060)));
    dial(&mut world);
    world.wait(40 * SECOND);
    assert_eq!(world.desks[0].heard.last().unwrap(), "408 INVITE");
    assert!(world.pbx.calls.is_empty());
}

#[test]
fn calls_that_cannot_be_are_refused() {
    let mut world = World::registered();
    world.desk(1, |desk, now| desk.register(now, 0));
    for (caller, number, status) in [(0, "1001", 480), (0, "1000", 486), (1, "0701", 403)] {
        world.desk(caller, |desk, now| {
            desk.dial(now, number);
        });
        let expected = format!("{status} INVITE");
        assert_eq!(*world.desks[caller].heard.last().unwrap(), expected, "{number}");
    }
}

#[test]
fn a_request_to_record_is_answered_as_configured() {
    let mut world = World::registered();
    world.desk(0, |desk, now| {
        desk.dial(now, "0701");
    });
    world.wait(3 * SECOND);
    let ask = |world: &mut World, value: &str| {
        world.desk(0, |desk, now| desk.ask(now, Method::Info, ("Record", value)));
        world.desks[0].heard.last().unwrap().clone()
    };
    assert_eq!(ask(&mut world, "off"), "488 INFO");
    assert_eq!(ask(&mut world, "on"), "200 INFO");
    assert_eq!(ask(&mut world, "OFF"), "200 INFO");
    world.command(PbxCommand::Info(InfoPolicy::Refuse(403)));
    assert_eq!(ask(&mut world, "on"), "403 INFO");
    world.desk(0, |desk, now| desk.ask(now, Method::Info, ("Info-Package", "other")));
    assert_eq!(world.desks[0].heard.last().unwrap(), "469 INFO");
}

#[test]
fn after_a_restart_clients_and_phones_come_back() {
    let mut world = World::registered();
    world.command(PbxCommand::Restart);
    assert_eq!(world.pbx.state(), PbxState::Down);
    assert_eq!(world.notices, [Notice::Lost]);
    world.desk(0, |desk, now| desk.register(now, 3600));
    assert_eq!(world.pbx.registered("1000"), None);
    world.wait(45 * SECOND);
    assert_eq!(world.client.state(), CstaState::Monitoring);
    world.desk(0, |desk, now| desk.register(now, 3600));
    assert_eq!(world.notices.last(), Some(&in_service("1000", 20)));
}

#[test]
fn losses_delay_a_call_but_change_nothing() {
    for lost in 1..6 {
        let mut world = World::registered();
        world.lose = lost;
        world.desk(0, |desk, now| {
            desk.dial(now, "1001");
        });
        world.wait(20 * SECOND);
        world.lose = 1;
        world.desk(1, |desk, now| desk.answer(now, 200));
        world.wait(20 * SECOND);
        world.lose = 1;
        world.desk(0, Desk::hang_up);
        world.wait(40 * SECOND);
        assert_eq!(world.steps("1000").len(), 6, "{lost} lost: {:?}", world.steps("1000"));
        assert!(world.pbx.calls.is_empty());
    }
}

#[test]
fn a_terminal_registers_at_the_gatekeeper_and_keeps_alive() {
    let mut world = World::new();
    world.monitor();
    let rrq = ras::Message::RegistrationRequest { extension: "1000".to_string() };
    world.ras(30, &rrq);
    world.wait(100 * SECOND);
    world.ras(30, &ras::Message::KeepAlive);
    world.wait(100 * SECOND);
    assert_eq!(world.notices, [in_service("1000", 30)]);
    // Another terminal takes the extension; the first one's consent changes nothing.
    world.ras(31, &rrq);
    world.ras(30, &ras::Message::UnregistrationConfirm);
    let logged_off = ras::Message::UnregistrationRequest { reason: Order::LogOff.reason() };
    let told: Vec<_> =
        world.ras.drain(..).map(|(to, message)| (to.ip().to_string(), message)).collect();
    assert_eq!(
        told,
        [
            ("192.0.2.30".to_string(), ras::Message::RegistrationConfirm),
            ("192.0.2.30".to_string(), ras::Message::KeepAliveConfirm),
            ("192.0.2.31".to_string(), ras::Message::RegistrationConfirm),
            ("192.0.2.30".to_string(), logged_off),
        ]
    );
    // An order is obeyed by leaving.
    let order = Order::LoadFirmware;
    world.command(PbxCommand::Order { extension: "1000".to_string(), order });
    world.ras(31, &ras::Message::UnregistrationConfirm);
    assert_eq!(world.notices[1..], [in_service("1000", 31), out_of_service("1000", 31)]);
    world.ras(31, &ras::Message::KeepAlive);
    assert!(matches!(world.ras.last(), Some((_, ras::Message::RegistrationReject { .. }))));
}

#[test]
fn a_monitor_of_an_unknown_device_is_refused() {
    let mut world = World::new();
    let extensions = vec!["555".to_string(), "1000".to_string()];
    world.client = CstaClient::new(CstaConfig { extensions, ..CstaConfig::default() });
    world.monitor();
    let refused = Notice::Refused {
        extension: "555".to_string(),
        error: "operation invalidDeviceID".to_string(),
    };
    assert_eq!(world.notices, [refused]);
    world.desk(0, |desk, now| desk.register(now, 60));
    assert_eq!(world.notices.last(), Some(&in_service("1000", 20)));
}

#[test]
fn monitors_end_with_their_connection() {
    let mut world = World::registered();
    world.client.handle_input(world.now, Input::Command(CstaCommand::Disconnect)).unwrap();
    world.pump();
    world.desk(0, |desk, now| desk.register(now, 0));
    assert!(world.notices.is_empty());
    assert!(world.pbx.monitors.is_empty());
}

#[test]
fn events_of_a_call_have_what_the_standard_demands() {
    let event = |kind| {
        let event = crate::csta::Message::Event {
            cross_ref: "1".into(),
            event: CstaEvent::Call(crate::csta::CallEvent::new(kind)),
        };
        event.to_string()
    };
    for kind in CallEventKind::ALL {
        let xml = event(kind);
        let names_parties = xml.contains("<callingDevice>") && xml.contains("<calledDevice>");
        let is_offered = matches!(kind, CallEventKind::Delivered | CallEventKind::Established);
        assert_eq!(names_parties, is_offered || kind == CallEventKind::Originated, "{xml}");
        assert_eq!(xml.contains("<lastRedirectionDevice>"), is_offered, "{xml}");
    }
}

/// What anybody could send to any port of a PBX.
#[derive(Clone, Debug)]
enum Junk {
    Datagram(Vec<u8>),
    Mutilated(usize, u8),
    Tcp(Vec<u8>),
    Accept,
    Close,
    Ras(ras::Message),
    Command(PbxCommand),
    Wait(u32),
    Dial,
    Register(u32),
}

fn junk() -> impl Strategy<Value = Junk> {
    let extension = || prop::sample::select(&["1000", "1001", "", "9"][..]).prop_map(String::from);
    let ras = prop_oneof![
        extension().prop_map(|extension| ras::Message::RegistrationRequest { extension }),
        Just(ras::Message::KeepAlive),
        Just(ras::Message::RegistrationConfirm),
        Just(ras::Message::UnregistrationConfirm),
        Just(ras::Message::UnregistrationRequest { reason: "" }),
        extension().prop_map(|called| ras::Message::Setup {
            calling: "1000".to_string(),
            name: String::new(),
            called
        }),
        Just(ras::Message::Alerting),
        Just(ras::Message::Connect),
        Just(ras::Message::ReleaseComplete { reason: "" }),
    ];
    let command = prop_oneof![
        Just(PbxCommand::Down),
        Just(PbxCommand::Up),
        Just(PbxCommand::Restart),
        (extension(), prop::sample::select(&Order::ALL[..]))
            .prop_map(|(extension, order)| PbxCommand::Order { extension, order }),
        (extension(), extension()).prop_map(|(from, to)| PbxCommand::Call {
            from,
            name: String::new(),
            to
        }),
        extension().prop_map(|extension| PbxCommand::Answer { extension }),
        extension().prop_map(|extension| PbxCommand::HangUp { extension }),
    ];
    let monitor = "<MonitorStart><monitorObject><deviceObject>1000</deviceObject></monitorObject></MonitorStart>";
    let frame = crate::csta::Frame {
        invoke_id: crate::csta::InvokeId::new(1).unwrap(),
        xml: monitor.into(),
    };
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60).prop_map(Junk::Datagram),
        (0_usize..400, any::<u8>()).prop_map(|(at, byte)| Junk::Mutilated(at, byte)),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(Junk::Tcp),
        Just(Junk::Tcp(frame.to_bytes().unwrap())),
        Just(Junk::Accept),
        Just(Junk::Close),
        ras.prop_map(Junk::Ras),
        command.prop_map(Junk::Command),
        (0_u32..100_000).prop_map(Junk::Wait),
        Just(Junk::Dial),
        (0_u32..5000).prop_map(Junk::Register),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_that_arrives_makes_it_panic_or_wait_for_the_past(
        inputs in prop::collection::vec(junk(), 0..30),
    ) {
        let mut world = World::registered();
        world.hears_junk = true;
        let remote = world.desks[0].local();
        let invite = String::from(
            "INVITE sip:0701@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bKj\r\n\
             Max-Forwards: 70\r\nFrom: <sip:1000@192.0.2.1>;tag=1\r\nTo: <sip:0701@192.0.2.1>\r\n\
             Call-ID: j\r\nCSeq: 1 INVITE\r\nContact: <sip:1000@192.0.2.20>\r\n\
             Content-Length: 0\r\n\r\n"
        );
        for input in inputs {
            let (now, local) = (world.now, pbx_address());
            match input {
                Junk::Datagram(payload) => {
                    world.pbx.handle_input(now, Input::Datagram { local, remote, payload: &payload }).unwrap();
                }
                Junk::Mutilated(at, byte) => {
                    let mut payload = invite.clone().into_bytes();
                    if let Some(place) = payload.get_mut(at) {
                        *place = byte;
                    }
                    world.pbx.handle_input(now, Input::Datagram { local, remote, payload: &payload }).unwrap();
                }
                Junk::Tcp(bytes) => world.tell_pbx(TcpEvent::Data(&bytes)),
                Junk::Accept => world.tell_pbx(TcpEvent::Accepted { local, remote }),
                Junk::Close => world.tell_pbx(TcpEvent::Closed),
                Junk::Ras(message) => world.ras(20, &message),
                Junk::Command(command) => world.command(command),
                Junk::Wait(millis) => world.wait(Duration::from_millis(millis.into())),
                Junk::Dial => world.desk(0, |desk, now| { desk.dial(now, "1001"); }),
                Junk::Register(expires) => world.desk(1, |desk, now| desk.register(now, expires)),
            }
            while world.pbx.poll_output().is_some() {}
            // What is due is done by one call, and not due again.
            if let Some((due, _)) = world.pbx.poll_timeout() {
                world.now = world.now.max(due);
                world.pbx.handle_input(world.now, Input::Timeout).unwrap();
                while world.pbx.poll_output().is_some() {}
                prop_assert!(world.pbx.poll_timeout().is_none_or(|(next, _)| next > world.now));
            }
        }
    }
}
