use std::string::ToString;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use core::net::Ipv4Addr;

use super::*;
use crate::csta::ServiceEvent;
use crate::machine::Event;

const CONNECTED: TcpEvent<'_> =
    TcpEvent::Connected { local: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000) };
const SECOND: Duration = Duration::from_secs(1);

fn client() -> CstaClient {
    let extensions = vec!["1000".to_string(), "1001".to_string()];
    CstaClient::new(CstaConfig { extensions, ..CstaConfig::default() })
}

fn at(seconds: u32) -> Instant {
    Instant::ORIGIN + SECOND * seconds
}

fn command(client: &mut CstaClient, now: Instant, command: CstaCommand) {
    client.handle_input(now, Input::Command(command)).unwrap();
}

fn tcp(client: &mut CstaClient, now: Instant, event: TcpEvent<'_>) {
    let connection = client.connection;
    client.handle_input(now, Input::Tcp { connection, event }).unwrap();
}

fn frame(id: u16, message: &Message) -> Vec<u8> {
    let xml = message.to_string().into_bytes();
    Frame { invoke_id: InvokeId::new(id).unwrap(), xml }.to_bytes().unwrap()
}

/// Messages that the client sent, with their invoke ids, and its other orders to the connection.
fn sent(client: &mut CstaClient) -> (Vec<(u16, Message)>, Vec<&'static str>) {
    let (mut messages, mut orders) = (Vec::new(), Vec::new());
    while let Some(output) = client.poll_output() {
        let Output::Tcp { command, .. } = output else { continue };
        match command {
            TcpCommand::Send(bytes) => {
                let (_, Step::Frame(_, frame)) = Splitter::default().push(bytes) else {
                    panic!("no frame")
                };
                let message = Message::parse(&frame.xml).unwrap();
                assert!(message.warnings.is_empty());
                messages.push((frame.invoke_id.number(), message.message));
            }
            TcpCommand::Connect(_) => orders.push("connect"),
            TcpCommand::Close => orders.push("close"),
            TcpCommand::Abort => orders.push("abort"),
        }
    }
    (messages, orders)
}

fn connected() -> CstaClient {
    let mut client = client();
    command(&mut client, at(0), CstaCommand::Connect);
    tcp(&mut client, at(0), CONNECTED);
    client
}

fn started(cross_ref: &str) -> Message {
    Message::MonitorStartResponse { cross_ref: cross_ref.to_string() }
}

#[test]
fn every_extension_is_monitored_and_events_go_by_cross_reference() {
    let mut client = connected();
    let (messages, orders) = sent(&mut client);
    assert_eq!(orders, ["connect"]);
    let start = |device: &str| Message::MonitorStart { device: device.to_string() };
    assert_eq!(messages, [(1, start("1000")), (2, start("1001"))]);
    // Answers may come in any order, and in any pieces.
    let mut answers = frame(2, &started("8"));
    answers.extend(frame(1, &started("7")));
    let event = CstaEvent::BackInService(ServiceEvent {
        device: "1000".to_string(),
        cause: "normal".to_string(),
        address: "192.0.2.20".parse().ok(),
    });
    answers.extend(frame(9999, &Message::Event { cross_ref: "7".to_string(), event }));
    for byte in answers.chunks(1) {
        tcp(&mut client, at(1), TcpEvent::Data(byte));
    }
    assert_eq!(client.state(), CstaState::Monitoring);
    assert_eq!(client.poll_timeout(), None);
    let expected =
        Notice::InService { extension: "1000".to_string(), address: "192.0.2.20".parse().ok() };
    assert_eq!(client.poll_notice(), Some(expected));
    assert_eq!(client.poll_notice(), None);
}

#[test]
fn a_lost_connection_is_told_once_and_tried_again() {
    let mut client = connected();
    tcp(&mut client, at(1), TcpEvent::Failed);
    assert_eq!(client.poll_notice(), Some(Notice::Lost));
    for retry in 1..4 {
        let due = at(1) + SECOND * 5 * retry;
        assert_eq!(client.poll_timeout(), Some((due, "CSTA retry")));
        client.handle_input(due, Input::Timeout).unwrap();
        assert_eq!(client.state(), CstaState::Connecting);
        tcp(&mut client, due, TcpEvent::Failed);
    }
    assert_eq!(client.poll_notice(), None, "it was not connected again");
}

#[test]
fn events_of_an_earlier_connection_are_not_taken_for_this_one() {
    let mut client = connected();
    let earlier = client.connection;
    tcp(&mut client, at(1), TcpEvent::Failed);
    client.handle_input(at(6), Input::Timeout).unwrap();
    let event = CONNECTED;
    client.handle_input(at(6), Input::Tcp { connection: earlier, event }).unwrap();
    assert_eq!(client.state(), CstaState::Connecting);
}

#[test]
fn a_server_that_does_not_answer_is_dropped() {
    let mut client = connected();
    sent(&mut client);
    tcp(&mut client, at(1), TcpEvent::Data(&frame(1, &started("7"))));
    let (due, reason) = client.poll_timeout().unwrap();
    assert_eq!((due, reason), (at(5), "CSTA answer"));
    client.handle_input(due, Input::Timeout).unwrap();
    assert_eq!(client.state(), CstaState::Waiting);
    assert_eq!(sent(&mut client).1, ["abort"]);
}

#[test]
fn a_refused_extension_does_not_hold_up_the_others() {
    let mut client = connected();
    let error =
        Message::Error { kind: "operation".to_string(), value: "invalidDeviceID".to_string() };
    tcp(&mut client, at(1), TcpEvent::Data(&frame(1, &error)));
    tcp(&mut client, at(1), TcpEvent::Data(&frame(2, &started("8"))));
    assert_eq!(client.state(), CstaState::Monitoring);
    let error = "operation invalidDeviceID".to_string();
    let refused = Notice::Refused { extension: "1000".to_string(), error };
    assert_eq!(client.poll_notice(), Some(refused));
}

#[test]
fn disconnecting_takes_the_monitors_back() {
    let mut client = connected();
    tcp(&mut client, at(1), TcpEvent::Data(&frame(2, &started("8"))));
    sent(&mut client);
    command(&mut client, at(2), CstaCommand::Disconnect);
    let (messages, orders) = sent(&mut client);
    assert_eq!(messages, [(2, Message::MonitorStop { cross_ref: "8".to_string() })]);
    assert_eq!(orders, ["close"]);
    assert_eq!((client.state(), client.poll_timeout()), (CstaState::Idle, None));
}

#[test]
fn answers_and_events_that_belong_to_nothing_are_ignored() {
    let mut client = connected();
    sent(&mut client);
    let event = CstaEvent::OutOfService(ServiceEvent::default());
    for message in [
        frame(7, &started("1")),
        frame(9999, &Message::Event { cross_ref: "99".to_string(), event }),
        frame(1, &Message::Other { name: "SystemStatus".to_string() }),
    ] {
        tcp(&mut client, at(1), TcpEvent::Data(&message));
        assert!(matches!(client.poll_output(), Some(Output::Event(Event::Ignored { .. }))));
    }
    assert_eq!(client.poll_notice(), None);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_wait_for_the_past(
        steps in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40).prop_map(Some),
                (1_u16..4, "[0-9]{1,2}").prop_map(|(id, cross)| Some(frame(id, &started(&cross)))),
                Just(None),
            ],
            0..20,
        ),
    ) {
        let mut client = connected();
        let mut now = at(0);
        for step in steps {
            match step {
                Some(bytes) => tcp(&mut client, now, TcpEvent::Data(&bytes)),
                None => {
                    if let Some((due, _)) = client.poll_timeout() {
                        now = now.max(due);
                        client.handle_input(now, Input::Timeout).unwrap();
                        prop_assert!(client.poll_timeout().is_none_or(|(next, _)| next > now));
                    }
                    tcp(&mut client, now, CONNECTED);
                }
            }
            while client.poll_output().is_some() {}
            while client.poll_notice().is_some() {}
        }
    }
}
