use super::*;
use crate::machine::StorageEvent;
use crate::rule::Rule;
use std::string::String;
use std::vec::Vec;

fn at(millis: u64) -> Instant {
    Instant::from_micros(millis * 1000)
}

fn facts() -> CallFacts {
    CallFacts {
        sip_user_name: "1000".into(),
        remote_number: "+46 8".into(),
        ..CallFacts::default()
    }
}

/// What came out: commands on connections as words, prompts as they are.
fn drain(key: &mut OnDemand) -> Vec<String> {
    let mut out = Vec::new();
    while let Some(output) = key.poll_output() {
        match output {
            Output::Tcp { connection, command, .. } => out.push(match command {
                TcpCommand::Connect(to) => std::format!("connect {} {to}", connection.0),
                TcpCommand::Send(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                TcpCommand::Close => std::format!("close {}", connection.0),
                TcpCommand::Abort => std::format!("abort {}", connection.0),
            }),
            Output::Event(Event::Prompt { text, rule: Rule { id, .. } }) => {
                out.push(std::format!("{text} [{id}]"));
            }
            _ => {}
        }
    }
    out
}

fn press(key: &mut OnDemand, now: Instant) -> Vec<String> {
    key.handle_input(now, Input::Command(OnDemandCommand::Key(Some(facts())))).unwrap();
    drain(key)
}

fn tcp(key: &mut OnDemand, now: Instant, connection: u32, event: TcpEvent<'_>) -> Vec<String> {
    key.handle_input(now, Input::Tcp { connection: Connection(connection), event }).unwrap();
    drain(key)
}

const CONNECTED: TcpEvent<'_> = TcpEvent::Connected {
    local: SocketAddr::new(IpAddr::V4(core::net::Ipv4Addr::LOCALHOST), 40000),
};

#[test]
fn the_key_asks_to_start_and_then_to_stop() {
    let mut key = OnDemand::new(OnDemandConfig::default());
    assert_eq!(press(&mut key, at(0)), ["connect 0 192.0.2.9:8080"]);
    let request = tcp(&mut key, at(1), 0, CONNECTED);
    assert!(
        request[0].starts_with("GET /XVOIPService?page=START&OPN=1000&RN=%2B46+8 HTTP/1.1\r\n"),
        "{request:?}"
    );
    // The answer may come in pieces.
    assert!(tcp(&mut key, at(2), 0, TcpEvent::Data(b"HTTP/1.1 204 No C")).is_empty());
    let done = tcp(&mut key, at(2), 0, TcpEvent::Data(b"ontent\r\n\r\n"));
    assert_eq!(done, ["Recording started [MX-D2]", "close 0"]);
    assert_eq!(key.poll_timeout(), None);
    press(&mut key, at(3));
    let request = tcp(&mut key, at(4), 1, CONNECTED);
    assert!(request[0].contains("page=STOP"), "{request:?}");
}

#[test]
fn an_answer_after_the_end_of_the_call_counts_for_no_other_call() {
    let mut key = OnDemand::new(OnDemandConfig::default());
    press(&mut key, at(0));
    tcp(&mut key, at(1), 0, CONNECTED);
    key.handle_input(at(2), Input::Command(OnDemandCommand::CallEnded)).unwrap();
    tcp(&mut key, at(3), 0, TcpEvent::Data(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    press(&mut key, at(4));
    let request = tcp(&mut key, at(5), 1, CONNECTED);
    assert!(request[0].contains("page=START"), "{request:?}");
}

#[test]
fn what_was_asked_for_in_a_call_ends_with_it() {
    let mut key = OnDemand::new(OnDemandConfig::default());
    for connection in 0..2 {
        press(&mut key, at(0));
        let request = tcp(&mut key, at(1), connection, CONNECTED);
        assert!(request[0].contains("page=START"), "{request:?}");
        let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        tcp(&mut key, at(2), connection, TcpEvent::Data(ok));
        key.handle_input(at(3), Input::Command(OnDemandCommand::CallEnded)).unwrap();
    }
}

#[test]
fn each_press_saves_where_calls_are_recorded_anyway() {
    let config = OnDemandConfig { action: KeyAction::Save, ..OnDemandConfig::default() };
    let mut key = OnDemand::new(config);
    for connection in 0..2 {
        press(&mut key, at(0));
        let request = tcp(&mut key, at(1), connection, CONNECTED);
        assert!(request[0].contains("page=SAVE"), "{request:?}");
        let done = tcp(&mut key, at(2), connection, TcpEvent::Data(b"HTTP/1.1 200 OK\r\n\r\n"));
        // Without a length, the answer lasts until the connection ends.
        assert!(done.is_empty());
        let done = tcp(&mut key, at(2), connection, TcpEvent::Closed);
        assert_eq!(done[0], "Recording will be kept [MX-D3]");
    }
}

#[test]
fn every_failure_is_shown_and_the_key_works_again() {
    type Step = fn(&mut OnDemand) -> Vec<String>;
    let cases: [(&str, Step); 5] = [
        ("no connection", |key| tcp(key, at(1), 0, TcpEvent::Failed)),
        ("503 Busy", |key| {
            tcp(key, at(1), 0, CONNECTED);
            tcp(key, at(1), 0, TcpEvent::Data(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"))
        }),
        ("connection lost", |key| {
            tcp(key, at(1), 0, CONNECTED);
            tcp(key, at(1), 0, TcpEvent::Failed)
        }),
        ("no answer", |key| {
            let (due, _) = key.poll_timeout().unwrap();
            key.handle_input(due, Input::Timeout).unwrap();
            drain(key)
        }),
        ("the answer is too long", |key| {
            tcp(key, at(1), 0, CONNECTED);
            tcp(key, at(1), 0, TcpEvent::Data(&[b'x'; MAX_ANSWER + 1]))
        }),
    ];
    for (why, step) in cases {
        let mut key = OnDemand::new(OnDemandConfig::default());
        press(&mut key, at(0));
        let expected = std::format!("Recording on demand failed: {why} [MX-D4]");
        assert_eq!(step(&mut key), [expected, "abort 0".into()]);
        assert_eq!(key.poll_timeout(), None);
        // What follows on the old connection means nothing any more.
        assert!(tcp(&mut key, at(9000), 0, TcpEvent::Closed).is_empty());
        assert_eq!(press(&mut key, at(9000)), ["connect 1 192.0.2.9:8080"]);
    }
}

#[test]
fn the_key_needs_a_call_and_one_request_at_a_time() {
    let mut key = OnDemand::new(OnDemandConfig::default());
    key.handle_input(at(0), Input::Command(OnDemandCommand::Key(None))).unwrap();
    assert_eq!(drain(&mut key), ["Cannot record: there is no call [MX-D1]"]);
    press(&mut key, at(0));
    assert!(press(&mut key, at(1)).is_empty());
    key.handle_input(at(1), Input::Command(OnDemandCommand::PowerOff)).unwrap();
    key.handle_input(at(1), Input::Storage(StorageEvent::Removed)).unwrap();
    assert!(drain(&mut key).is_empty());
    assert_eq!(key.poll_timeout(), None);
}
