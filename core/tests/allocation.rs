//! Recording allocates nothing for a packet once its buffers have grown, on either side, and keeps
//! nothing of a recording that is over.
//!
//! The allocator counts for the whole process, so there is one test.

use std::alloc::System;
use std::net::SocketAddr;
use std::time::Duration;

use cap::Cap;
use recscope_core::Instant;
use recscope_core::codec::Codec;
use recscope_core::control::Direction;
use recscope_core::machine::{
    Connection, Input, Machine, Output, Side, StorageEvent, TcpCommand, TcpEvent,
};
use recscope_core::phone::local::{self, LocalRecorder};
use recscope_core::phone::server::{self as phone, Parties, ServerRecorder};
use recscope_core::recorder::RecordServer;
use recscope_core::recorder::server::{Config, FileFormat};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Packets that buffers grow with: more than a second, after which headers are written too.
const WARM_UP: u32 = 120;

fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], port))
}

/// Bytes allocated while `run` runs.
fn allocated(run: impl FnOnce()) -> usize {
    let before = ALLOCATOR.total_allocated();
    run();
    ALLOCATOR.total_allocated() - before
}

/// Recordings in turn, of which all have to leave as little behind as the first ones.
const TURNS: u32 = 100;

/// A phone and a server in the midst of a recording, with one datagram's buffer between them.
struct Recording {
    phone: ServerRecorder,
    server: RecordServer,
    /// The connection as either end numbers it.
    at_phone: Connection,
    at_server: Connection,
    now: Instant,
    datagram: Vec<u8>,
    sound: Vec<i16>,
}

impl Recording {
    fn new(codec: Codec, format: FileFormat) -> Self {
        let config = phone::Config {
            server: Some(address(9, 10_000)),
            codec: codec.name().into(),
            ..phone::Config::default()
        };
        let mut recording = Self {
            phone: ServerRecorder::new(config),
            server: RecordServer::new(Config { format, ..Config::default() }),
            at_phone: Connection(0),
            at_server: Connection(Connection::ACCEPTED),
            now: Instant::ORIGIN,
            datagram: Vec::new(),
            sound: vec![700; codec.sample_rate() as usize / 50],
        };
        recording.begin();
        recording
    }

    fn begin(&mut self) {
        let parties = Parties {
            remote_number: "2001".into(),
            remote_name: String::new(),
            local_number: "1000".into(),
            local_name: String::new(),
            direction: Direction::Out,
        };
        let start = Input::Command(phone::Command::Start(parties));
        self.phone.handle_input(self.now, start).unwrap();
        let local = address(20, 40_000);
        let accepted = TcpEvent::Accepted { local: address(9, 10_000), remote: local };
        self.tell_server(accepted);
        self.tell_phone(TcpEvent::Connected { local });
        self.exchange();
        self.exchange();
    }

    fn end(&mut self) {
        self.phone.handle_input(self.now, Input::Command(phone::Command::CallEnded)).unwrap();
        self.exchange();
        self.tell_phone(TcpEvent::Closed);
        while self.phone.poll_output().is_some() {}
        while self.server.poll_output().is_some() || self.server.poll_report().is_some() {}
        assert!(self.phone.is_clear() && self.server.connections() == 0);
        self.at_phone.0 += 1;
        self.at_server.0 += 1;
    }

    fn tell_phone(&mut self, event: TcpEvent<'_>) {
        let input = Input::Tcp { connection: self.at_phone, event };
        self.phone.handle_input(self.now, input).unwrap();
    }

    fn tell_server(&mut self, event: TcpEvent<'_>) {
        let input = Input::Tcp { connection: self.at_server, event };
        self.server.handle_input(self.now, input).unwrap();
    }

    /// What the phone asks, and what the server answers.
    fn exchange(&mut self) {
        let request = sent(&mut self.phone);
        self.tell_server(TcpEvent::Data(&request));
        // Nothing but silence says that a command is whole (BX-S5).
        self.now += Duration::from_millis(50);
        self.server.handle_input(self.now, Input::Timeout).unwrap();
        let mut answer = sent(&mut self.server);
        answer.extend_from_slice(b"\n");
        self.tell_phone(TcpEvent::Data(&answer));
    }

    /// A short recording, from its request to its end.
    fn turn(&mut self) {
        self.begin();
        (0..3).for_each(|_| self.frame());
        self.end();
    }

    /// 20 ms of both voices, from the phone's microphone to the server's file.
    fn frame(&mut self) {
        self.now += Duration::from_millis(20);
        for side in [Side::Sent, Side::Received] {
            let input = Input::Audio { side, samples: &self.sound };
            self.phone.handle_input(self.now, input).unwrap();
        }
        while let Some(output) = self.phone.poll_output() {
            let Output::Datagram { local: remote, remote: local, payload, .. } = output else {
                continue;
            };
            self.datagram.clear();
            self.datagram.extend_from_slice(payload);
            let input = Input::Datagram { local, remote, payload: &self.datagram };
            self.server.handle_input(self.now, input).unwrap();
        }
        while self.server.poll_output().is_some() {}
    }
}

/// What a machine sends over TCP now.
fn sent<M: Machine>(machine: &mut M) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(output) = machine.poll_output() {
        if let Output::Tcp { command: TcpCommand::Send(sent), .. } = output {
            bytes.extend_from_slice(sent);
        }
    }
    bytes
}

#[test]
fn a_packet_costs_no_allocation_and_a_recording_leaves_nothing_behind() {
    for codec in Codec::ALL {
        for format in [FileFormat::Wave, FileFormat::Recording] {
            let mut recording = Recording::new(codec, format);
            (0..WARM_UP).for_each(|_| recording.frame());
            let bytes = allocated(|| (0..1000).for_each(|_| recording.frame()));
            let packets = recording.server.recordings().next().unwrap().packets;
            assert_eq!(packets, u64::from(WARM_UP) + 1000, "{codec} {format:?}");
            assert_eq!(bytes, 0, "{codec} {format:?}");

            recording.end();
            (0..20).for_each(|_| recording.turn());
            let before = ALLOCATOR.allocated();
            (0..TURNS).for_each(|_| recording.turn());
            assert_eq!(ALLOCATOR.allocated(), before, "{codec} {format:?}");
        }
        let config = local::Config { codec: codec.name().into(), ..local::Config::default() };
        let mut recorder = LocalRecorder::new(config);
        let inserted = Input::Storage(StorageEvent::Inserted { free: 1 << 30 });
        recorder.handle_input(Instant::ORIGIN, inserted).unwrap();
        recorder.handle_input(Instant::ORIGIN, Input::Command(local::Command::Start)).unwrap();
        let sound = vec![700; codec.sample_rate() as usize / 50];
        let mut written = 0;
        let mut frame = || {
            for side in [Side::Sent, Side::Received] {
                let input = Input::Audio { side, samples: &sound };
                recorder.handle_input(Instant::ORIGIN, input).unwrap();
            }
            while recorder.poll_output().is_some() {
                written += 1;
            }
        };
        (0..WARM_UP).for_each(|_| frame());
        assert_eq!(allocated(|| (0..1000).for_each(|_| frame())), 0, "{codec}");
        assert!(written > 1000);
    }
}
