use super::*;
use crate::control::Direction;
use crate::machine::Event;
use crate::rtp;
use core::time::Duration;
use proptest::prelude::*;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

fn server() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 9], DEFAULT_PORT))
}

fn parties() -> Parties {
    Parties {
        remote_number: "2001".into(),
        remote_name: "Zoë & Co".into(),
        local_number: "1000".into(),
        local_name: String::new(),
        direction: Direction::Out,
    }
}

/// What a host saw, without the bytes of events.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Connect(Connection, SocketAddr),
    Sent(String),
    Close,
    Abort,
    Rtp(SocketAddr, Vec<u8>),
    State(&'static str, &'static str, &'static str),
    Prompt(String, &'static str),
    Ignored(&'static str),
    Note(&'static str),
}

struct Bench {
    recorder: ServerRecorder,
    now: Instant,
}

impl Bench {
    fn new(config: Config) -> Self {
        Self { recorder: ServerRecorder::new(config), now: Instant::ORIGIN }
    }

    fn with_server() -> Self {
        Self::new(Config { server: Some(server()), ..Config::default() })
    }

    fn input(&mut self, input: Input<'_, Command>) -> Vec<Seen> {
        self.recorder.handle_input(self.now, input).unwrap();
        let mut seen = Vec::new();
        while let Some(output) = self.recorder.poll_output() {
            seen.push(match output {
                Output::Tcp { connection, command, .. } => match command {
                    TcpCommand::Connect(remote) => Seen::Connect(connection, remote),
                    TcpCommand::Send(bytes) => Seen::Sent(String::from_utf8_lossy(bytes).into()),
                    TcpCommand::Close => Seen::Close,
                    TcpCommand::Abort => Seen::Abort,
                },
                Output::Datagram { remote, payload, .. } => Seen::Rtp(remote, payload.into()),
                Output::Event(Event::StateChanged { from, to, cause, .. }) => {
                    Seen::State(from, to, cause)
                }
                Output::Event(Event::Prompt { text, rule }) => Seen::Prompt(text, rule.id),
                Output::Event(Event::Ignored { reason, .. }) => Seen::Ignored(reason),
                Output::Event(Event::Note { rule, .. }) => Seen::Note(rule.id),
                other => panic!("{other:?}"),
            });
        }
        seen
    }

    fn tcp(&mut self, event: TcpEvent<'_>) -> Vec<Seen> {
        self.input(Input::Tcp { connection: Connection(0), event })
    }

    fn id(&self) -> String {
        self.recorder.id().unwrap().into()
    }

    fn reach_starting(&mut self) -> Vec<Seen> {
        self.input(Input::Command(Command::Start(parties())));
        self.tcp(TcpEvent::Connected { local: SocketAddr::from(([192, 0, 2, 20], 40_000)) })
    }

    fn answer(&mut self, answer: &str) -> Vec<Seen> {
        let text = format!("cmd=RecordStartResponse&id={}&{answer}\r\n", self.id());
        self.tcp(TcpEvent::Data(text.as_bytes()))
    }

    fn reach_recording(&mut self) {
        self.reach_starting();
        self.answer("result=success&reason=&server=192.0.2.10&port=30000");
        assert_eq!(self.recorder.state(), ServerState::Recording);
    }

    fn speak(&mut self) -> Vec<Seen> {
        let mut seen = self.input(Input::Audio { side: Side::Sent, samples: &[500; 160] });
        seen.extend(self.input(Input::Audio { side: Side::Received, samples: &[40; 160] }));
        self.now += Duration::from_millis(20);
        seen
    }

    fn wait(&mut self, time: Duration) -> Vec<Seen> {
        let end = self.now + time;
        let mut seen = Vec::new();
        while let Some((at, _)) = self.recorder.poll_timeout().filter(|&(at, _)| at <= end) {
            self.now = self.now.max(at);
            seen.extend(self.input(Input::Timeout));
            let next = self.recorder.poll_timeout();
            assert!(next.is_none_or(|(next, _)| next > self.now), "a timer spins");
        }
        self.now = end;
        seen
    }
}

#[test]
fn a_recording_is_asked_for_sent_and_ended() {
    let mut bench = Bench::with_server();
    let seen = bench.input(Input::Command(Command::Start(parties())));
    let started = Seen::State("idle", "connecting", "start");
    assert_eq!(seen, [Seen::Connect(Connection(0), server()), started]);
    let seen = bench.tcp(TcpEvent::Connected { local: server() });
    let id = bench.id();
    assert!(id.parse::<u32>().is_ok());
    let request = format!(
        "cmd=RecordStartRequest&id={id}&device=00087b10a2f4&remote_number=2001\
         &remote_name=Zo%C3%AB+%26+Co&local_number=1000&local_name=&dir=out&codec=PCMA"
    );
    assert_eq!(seen[0], Seen::Sent(request));
    assert_eq!(bench.speak(), [], "nothing before the server agrees");
    let seen = bench.answer("result=success&reason=&server=192.0.2.10&port=30000");
    assert_eq!(seen, [Seen::Note("BX-3"), Seen::State("starting", "recording", "success")]);
    let seen = bench.speak();
    let [Seen::Rtp(remote, packet)] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(*remote, SocketAddr::from(([192, 0, 2, 10], 30_000)));
    assert_eq!(rtp::Packet::parse(packet).unwrap().payload.len(), 160);
    let seen = bench.input(Input::Command(Command::CallEnded));
    let [Seen::Sent(request), stopping] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(request.starts_with(&format!("cmd=RecordStopRequest&id={id}&remote_number=2001")));
    assert!(request.ends_with("&reason=call_ended"));
    assert_eq!(*stopping, Seen::State("recording", "stopping", "call ended"));
    assert_eq!(bench.speak(), [], "nothing after stop");
    let response = format!("cmd=RecordStopResponse&id={id}&result=success");
    let seen = bench.tcp(TcpEvent::Data(response.as_bytes()));
    assert_eq!(seen, [Seen::State("stopping", "idle", "stop response")]);
    assert!(!bench.recorder.is_clear(), "the server closes first");
    assert_eq!(bench.tcp(TcpEvent::Closed), [Seen::Close]);
    assert!(bench.recorder.is_clear());
}

#[test]
fn what_goes_wrong_before_recording_is_prompted_and_cleared() {
    let cases: [(&str, &str, &str); 4] = [
        ("result=failed&reason=busy&server=&port=", "Recording failed: busy", "BX-S6"),
        ("result=failed&reason=", "Recording failed", "BX-S6"),
        ("reason=", "Recording failed", "BX-S6"),
        ("result=success", "Recording failed: the server gave no port to send to", "BX-S4"),
    ];
    for (answer, text, rule) in cases {
        let mut bench = Bench::with_server();
        bench.reach_starting();
        let seen = bench.answer(answer);
        assert!(seen.contains(&Seen::Close), "{answer}");
        assert!(seen.contains(&Seen::Prompt(text.into(), rule)), "{answer}: {seen:?}");
        assert!(bench.recorder.is_clear());
        assert_eq!(bench.speak(), []);
    }
    let mut bench = Bench::new(Config::default());
    let seen = bench.input(Input::Command(Command::Start(parties())));
    let text = "Cannot record: no record server is set";
    assert_eq!(seen, [Seen::Prompt(text.into(), "BX-S1")]);
}

#[test]
fn waiting_ends_after_five_seconds() {
    let five = Duration::from_secs(5);
    let almost = five.checked_sub(Duration::from_millis(1)).unwrap();
    let mut bench = Bench::with_server();
    bench.input(Input::Command(Command::Start(parties())));
    assert_eq!(bench.wait(almost), []);
    let seen = bench.wait(Duration::from_millis(1));
    assert_eq!(seen[..2], [Seen::Abort, Seen::State("connecting", "idle", "connect time-out")]);
    assert!(bench.recorder.is_clear());

    let mut bench = Bench::with_server();
    bench.reach_starting();
    let seen = bench.wait(five);
    assert_eq!(seen[..2], [Seen::Close, Seen::State("starting", "idle", "start time-out")]);
    assert!(bench.recorder.is_clear());

    let mut bench = Bench::with_server();
    bench.reach_recording();
    bench.input(Input::Command(Command::Stop));
    let seen = bench.wait(five);
    assert_eq!(seen[..2], [Seen::Close, Seen::State("stopping", "idle", "stop time-out")]);
    assert!(bench.recorder.is_clear());
}

#[test]
fn a_broken_connection_clears_the_session_in_every_state() {
    for event in [TcpEvent::Closed, TcpEvent::Failed] {
        let answer = if event == TcpEvent::Closed { Seen::Close } else { Seen::Abort };
        let steps: [fn(&mut Bench); 4] = [
            |bench| {
                bench.input(Input::Command(Command::Start(parties())));
            },
            |bench| {
                bench.reach_starting();
            },
            Bench::reach_recording,
            |bench| {
                bench.reach_recording();
                bench.input(Input::Command(Command::Stop));
            },
        ];
        for step in steps {
            let mut bench = Bench::with_server();
            step(&mut bench);
            let seen = bench.tcp(event);
            assert_eq!(seen[0], answer);
            let Seen::State(before, "idle", "socket error") = seen[1] else { panic!("{seen:?}") };
            // Where the end was asked for already, nobody misses anything.
            let is_prompted = seen.iter().any(|it| matches!(it, Seen::Prompt(_, "BX-S7")));
            assert_eq!(is_prompted, before != "stopping", "{seen:?}");
            assert!(bench.recorder.is_clear());
            assert_eq!(bench.speak(), []);
        }
    }
}

#[test]
fn an_answer_without_an_end_counts_once_nothing_follows() {
    let mut bench = Bench::with_server();
    bench.reach_starting();
    let start = format!("cmd=RecordStartResponse&id={}&result=success&port=300", bench.id());
    assert_eq!(bench.tcp(TcpEvent::Data(start.as_bytes())), []);
    assert_eq!(bench.wait(Duration::from_millis(30)), []);
    assert_eq!(bench.tcp(TcpEvent::Data(b"02")), []);
    let seen = bench.wait(Duration::from_millis(40));
    assert_eq!(seen.last(), Some(&Seen::State("starting", "recording", "success")));
    let seen = bench.speak();
    let [Seen::Rtp(remote, _)] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(*remote, SocketAddr::new(server().ip(), 30_002), "no server= : where TCP goes");
}

#[test]
fn answers_about_another_recording_are_ignored() {
    let mut bench = Bench::with_server();
    bench.reach_starting();
    let seen = bench.tcp(TcpEvent::Data(b"cmd=RecordStartResponse&id=x&result=success&port=9\n"));
    assert_eq!(seen, [Seen::Ignored("the id is not that of the recording")]);
    let seen = bench.input(Input::Tcp { connection: Connection(5), event: TcpEvent::Failed });
    assert_eq!(seen, [Seen::Ignored("the connection belongs to no recording")]);
    assert_eq!(bench.recorder.state(), ServerState::Starting);
}

#[test]
fn a_codec_that_no_server_takes_is_asked_for_all_the_same() {
    let config =
        Config { server: Some(server()), codec: String::from("G729"), ..Config::default() };
    let mut bench = Bench::new(config);
    let seen = bench.input(Input::Command(Command::Start(parties())));
    assert_eq!(seen[0], Seen::Note("BX-4"));
    let seen = bench.tcp(TcpEvent::Connected { local: server() });
    assert!(matches!(&seen[0], Seen::Sent(text) if text.ends_with("&codec=G729")));
    let seen = bench.answer("result=success&port=30000");
    assert_eq!(seen[1], Seen::State("starting", "stopping", "unsupported codec"));
    assert_eq!(bench.speak(), []);
}

#[test]
fn each_recording_has_an_id_and_a_connection_of_its_own() {
    let mut bench = Bench::with_server();
    bench.reach_starting();
    let first = bench.id();
    bench.tcp(TcpEvent::Failed);
    let seen = bench.input(Input::Command(Command::Start(parties())));
    assert_eq!(seen[0], Seen::Connect(Connection(1), server()));
    assert_ne!(bench.id(), first);
}

proptest! {
    /// Any bytes, keys and accidents at any time: no panic, no timer that cannot fire, no RTP
    /// but in `recording`, nothing kept when idle.
    #[test]
    fn any_order_of_events_leaves_a_sound_machine(
        steps in prop::collection::vec((0_u8..14, 0_u32..7000, any::<[u8; 6]>()), 0..60),
    ) {
        let mut bench = Bench::with_server();
        for (step, value, junk) in steps {
            let connection = Connection(value % 3);
            let id = bench.recorder.id().unwrap_or("1").to_string();
            let was_recording = bench.recorder.state() == ServerState::Recording;
            let text = match step {
                8 => format!("cmd=RecordStartResponse&id={id}&result=success&port={value}\n"),
                9 => format!("cmd=RecordStartResponse&id={id}&result=failed"),
                10 => format!("cmd=RecordStopResponse&id={id}&result=success"),
                11 => format!("cmd=RecordStartRequest&id={id}&codec=PCMU"),
                _ => String::from_utf8_lossy(&junk).into_owned(),
            };
            let seen = match step {
                0 => bench.input(Input::Command(Command::Start(parties()))),
                1 => bench.input(Input::Command(Command::Stop)),
                2 => bench.input(Input::Command(Command::CallEnded)),
                3 => bench.input(Input::Tcp {
                    connection, event: TcpEvent::Connected { local: server() },
                }),
                4 => bench.input(Input::Tcp { connection, event: TcpEvent::Closed }),
                5 => bench.input(Input::Tcp { connection, event: TcpEvent::Failed }),
                6 => bench.wait(Duration::from_millis(value.into())),
                7 => bench.speak(),
                _ => {
                    let event = TcpEvent::Data(text.as_bytes());
                    bench.input(Input::Tcp { connection, event })
                }
            };
            let sent_rtp = seen.iter().any(|seen| matches!(seen, Seen::Rtp(..)));
            prop_assert!(was_recording || !sent_rtp);
            let idle = bench.recorder.state() == ServerState::Idle;
            prop_assert_eq!(idle, bench.recorder.id().is_none());
            prop_assert!(idle || bench.recorder.state() == ServerState::Recording
                || bench.recorder.poll_timeout().is_some(), "waits for ever");
        }
        bench.tcp(TcpEvent::Failed);
        bench.input(Input::Command(Command::Stop));
        bench.wait(Duration::from_secs(20));
        let clear = bench.recorder.is_clear();
        prop_assert!(clear || bench.recorder.state() == ServerState::Recording);
    }
}
