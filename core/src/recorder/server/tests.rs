use super::*;
use crate::codec::Encoder;
use crate::machine::Event;
use crate::recording::{Reader, Step};
use crate::{Limits, rtp, wave};
use core::time::Duration;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::format;
use std::vec;

fn phone(host: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], 40_000))
}

fn connection(number: u32) -> Connection {
    Connection(Connection::ACCEPTED + number)
}

#[derive(Default)]
struct Seen {
    sent: Vec<(Connection, String)>,
    closed: Vec<Connection>,
    aborted: Vec<Connection>,
    ignored: Vec<&'static str>,
    causes: Vec<&'static str>,
}

/// A server with the disk that its commands act on.
struct Bench {
    server: RecordServer,
    now: Instant,
    files: BTreeMap<FileId, (String, Vec<u8>)>,
    closed_files: Vec<FileId>,
}

impl Bench {
    fn new(config: Config) -> Self {
        Self {
            server: RecordServer::new(config),
            now: Instant::ORIGIN,
            files: BTreeMap::new(),
            closed_files: Vec::new(),
        }
    }

    fn input(&mut self, input: Input<'_, Command>) -> Seen {
        self.server.handle_input(self.now, input).unwrap();
        let mut seen = Seen::default();
        while let Some(output) = self.server.poll_output() {
            use crate::machine::StorageCommand::{Close, Create, Write};
            match output {
                Output::Tcp { connection, command, .. } => match command {
                    TcpCommand::Send(bytes) => {
                        seen.sent.push((connection, String::from_utf8(bytes.into()).unwrap()));
                    }
                    TcpCommand::Close => seen.closed.push(connection),
                    TcpCommand::Abort => seen.aborted.push(connection),
                    TcpCommand::Connect(_) => panic!("the server calls nobody"),
                },
                Output::Storage { command: Create { file, name }, .. } => {
                    assert!(self.files.values().all(|(other, _)| other != name), "{name} again");
                    self.files.insert(file, (name.into(), Vec::new()));
                }
                Output::Storage { command: Write { file, offset, bytes }, .. } => {
                    assert!(!self.closed_files.contains(&file));
                    let (_, content) = self.files.get_mut(&file).unwrap();
                    let offset = offset as usize;
                    content.resize(content.len().max(offset + bytes.len()), 0);
                    content[offset..offset + bytes.len()].copy_from_slice(bytes);
                }
                Output::Storage { command: Close(file), .. } => self.closed_files.push(file),
                Output::Event(Event::Ignored { reason, .. }) => seen.ignored.push(reason),
                Output::Event(Event::StateChanged { cause, .. }) => seen.causes.push(cause),
                other => panic!("{other:?}"),
            }
        }
        seen
    }

    fn tcp(&mut self, number: u32, event: TcpEvent<'_>) -> Seen {
        self.input(Input::Tcp { connection: connection(number), event })
    }

    fn connect(&mut self, number: u32, host: u8) -> Seen {
        let local = SocketAddr::from(([192, 0, 2, 9], 10_000));
        self.tcp(number, TcpEvent::Accepted { local, remote: phone(host) })
    }

    fn say(&mut self, number: u32, text: &str) -> Seen {
        self.tcp(number, TcpEvent::Data(text.as_bytes()))
    }

    fn start(&mut self, number: u32, host: u8, id: &str, codec: &str) -> Seen {
        self.connect(number, host);
        self.say(number, &format!("cmd=RecordStartRequest&id={id}&device=00&codec={codec}\n"))
    }

    /// Starts, and gives the port.
    fn port(&mut self, number: u32, host: u8) -> u16 {
        let seen = self.start(number, host, "77", "PCMA");
        assert_eq!(seen.causes, ["start request"]);
        let (_, answer) = &seen.sent[0];
        let port = answer.rsplit("port=").next().unwrap();
        assert!(answer.contains("result=success&reason=&server=192.0.2.9&"), "{answer}");
        port.parse().unwrap()
    }

    fn rtp(&mut self, port: u16, host: u8, packet: &[u8]) -> Seen {
        let local = SocketAddr::from(([192, 0, 2, 9], port));
        self.input(Input::Datagram { local, remote: phone(host), payload: packet })
    }

    fn wait(&mut self, time: Duration) -> Seen {
        let end = self.now + time;
        let mut all = Seen::default();
        while let Some((at, _)) = self.server.poll_timeout().filter(|&(at, _)| at <= end) {
            self.now = self.now.max(at);
            let seen = self.input(Input::Timeout);
            all.causes.extend(seen.causes);
            all.sent.extend(seen.sent);
            all.closed.extend(seen.closed);
            let next = self.server.poll_timeout();
            assert!(next.is_none_or(|(next, _)| next > self.now), "a timer spins");
        }
        self.now = end;
        all
    }

    /// Nothing is left of any recording.
    fn is_clear(&self) -> bool {
        let pool = self.server.config.ports.clone().filter(|port| port % 2 == 0).count();
        self.server.recordings().next().is_none()
            && self.server.free_ports() == pool
            && self.server.ids.is_empty()
    }
}

/// An A-law packet, the `number`th of its stream.
fn packet(number: u16, len: usize) -> Vec<u8> {
    let header = rtp::Header {
        marker: number == 0,
        payload_type: 8,
        sequence: rtp::SequenceNumber(number),
        timestamp: rtp::RtpTime(u32::from(number) * 160),
        ssrc: rtp::Ssrc(0xABCD),
    };
    let mut packet = header.write().to_vec();
    packet.resize(12 + len, 0x55 ^ number as u8);
    packet
}

fn blocks(file: &[u8]) -> (Vec<Vec<u8>>, crate::recording::Summary) {
    let mut reader = Reader::new(Some(file.len() as u64), &Limits::default());
    let (mut blocks, mut input) = (Vec::new(), file);
    loop {
        let (consumed, step) = reader.push(input).unwrap();
        input = &input[consumed..];
        match step {
            Step::Block(block) => blocks.push(block.bytes.to_vec()),
            Step::Header(_) => {}
            Step::NeedMore | Step::End => break,
        }
    }
    (blocks, reader.finish().unwrap())
}

fn samples(file: &[u8]) -> Vec<i16> {
    hound::WavReader::new(file).unwrap().samples().map(Result::unwrap).collect()
}

#[test]
fn a_phone_is_recorded_from_start_to_stop() {
    for format in [FileFormat::Wave, FileFormat::Recording] {
        let mut bench = Bench::new(Config { format, ..Config::default() });
        let port = bench.port(0, 20);
        let sent: Vec<Vec<u8>> = (0..120).map(|number| packet(number, 160)).collect();
        for packet in &sent {
            let seen = bench.rtp(port, 20, packet);
            assert!(seen.ignored.is_empty());
            bench.now += Duration::from_millis(20);
        }
        let recording = bench.server.recordings().next().unwrap();
        assert_eq!((recording.packets, recording.id, recording.port), (120, "77", port));
        let seen = bench.say(0, "cmd=RecordStopRequest&id=77&reason=user\n");
        assert_eq!(seen.sent[0].1, "cmd=RecordStopResponse&id=77&result=success");
        assert_eq!(seen.closed, [connection(0)]);
        assert!(bench.is_clear());
        assert_eq!(bench.closed_files, [FileId(0)]);
        let (name, file) = &bench.files[&FileId(0)];
        assert_eq!(name, "20260101000000_unknown_unknown_unknown_00_30000.wav");
        if format == FileFormat::Recording {
            let (blocks, summary) = blocks(file);
            assert_eq!((blocks, summary.repairs), (sent, vec![]));
        } else {
            let mut expected = Vec::new();
            let mut decoder = crate::codec::Decoder::new(Codec::Pcma);
            sent.iter().for_each(|packet| decoder.decode(&packet[12..], &mut expected));
            assert_eq!(samples(file), expected);
        }
    }
}

#[test]
fn every_reason_to_refuse_is_given() {
    let refused = |seen: &Seen, reason: &str| {
        let expected = format!("result=failed&reason={reason}&server=&port=");
        assert!(seen.sent[0].1.ends_with(&expected), "{:?}", seen.sent);
        assert_eq!((seen.closed.len(), seen.causes.as_slice()), (1, &["refused"][..]));
    };
    let mut bench = Bench::new(Config { ports: 30_000..=30_003, ..Config::default() });
    refused(&bench.start(0, 20, "1", "G729"), reason::UNSUPPORTED_CODEC);
    refused(&bench.start(1, 20, "1", ""), reason::BAD_REQUEST);
    refused(&bench.start(2, 20, "", "PCMU"), reason::BAD_REQUEST);
    bench.input(Input::Storage(StorageEvent::Free(1000)));
    refused(&bench.start(3, 20, "1", "PCMU"), reason::DISK_FULL);
    bench.input(Input::Storage(StorageEvent::Free(1 << 30)));
    assert!(bench.is_clear());
    for number in 4..6 {
        bench.start(number, 20, &format!("{number}"), "PCMU");
    }
    refused(&bench.start(6, 20, "4", "PCMU"), reason::BAD_REQUEST);
    refused(&bench.start(7, 20, "9", "PCMU"), reason::NO_PORT);
    let mut bench = Bench::new(Config { max_recordings: 1, ..Config::default() });
    bench.port(0, 20);
    refused(&bench.start(1, 21, "1", "PCMU"), reason::BUSY);
    assert_eq!(bench.server.recordings().count(), 1);
}

#[test]
fn a_second_request_does_not_harm_the_first() {
    let mut bench = Bench::new(Config::default());
    let port = bench.port(0, 20);
    let seen = bench.say(0, "cmd=RecordStartRequest&id=78&codec=PCMA\n");
    assert!(seen.sent[0].1.contains("reason=bad_request"));
    let seen = bench.say(0, "cmd=RecordStopRequest&id=78\n");
    assert_eq!(seen.sent[0].1, "cmd=RecordStopResponse&id=78&result=failed");
    assert!(seen.closed.is_empty());
    assert!(bench.rtp(port, 20, &packet(0, 160)).ignored.is_empty());
}

#[test]
fn a_socket_error_frees_the_port_and_keeps_the_file() {
    for event in [TcpEvent::Closed, TcpEvent::Failed] {
        let mut bench = Bench::new(Config { format: FileFormat::Recording, ..Config::default() });
        let port = bench.port(0, 20);
        for number in 0..7 {
            bench.rtp(port, 20, &packet(number, 160));
        }
        let seen = bench.tcp(0, event);
        assert_eq!(seen.causes, ["socket error"]);
        assert!(bench.is_clear());
        assert_eq!(bench.server.connections(), 0);
        let (blocks, summary) = blocks(&bench.files[&FileId(0)].1);
        assert_eq!((blocks.len(), summary.repairs), (7, vec![]));
        assert_eq!(bench.rtp(port, 20, &packet(8, 160)).ignored, ["no recording has this port"]);
        let next = bench.port(1, 20);
        assert_ne!(next, port, "a port rests after use");
    }
}

#[test]
fn only_the_phones_own_stream_is_recorded() {
    let mut bench = Bench::new(Config::default());
    let port = bench.port(0, 20);
    bench.rtp(port, 20, &packet(0, 160));
    let mut other_source = packet(1, 160);
    other_source[8] = 1;
    let mut other_type = packet(1, 160);
    other_type[1] = 0;
    let cases = [
        (21, packet(1, 160), "the RTP is not from the phone that is recorded"),
        (20, vec![1, 2, 3], "this is no RTP"),
        (20, other_type, "the payload type is not that of the codec agreed on"),
        (20, other_source, "the source is not that of the recording"),
        (20, packet(0, 160), "the packet is there already, or too late"),
    ];
    for (host, packet, reason) in cases {
        assert_eq!(bench.rtp(port, host, &packet).ignored, [reason]);
    }
    assert_eq!(bench.server.recordings().next().unwrap().packets, 1);
}

#[test]
fn sixty_seconds_without_rtp_end_a_recording() {
    let mut bench = Bench::new(Config::default());
    let port = bench.port(0, 20);
    bench.wait(Duration::from_secs(59));
    bench.rtp(port, 20, &packet(0, 160));
    assert!(bench.wait(Duration::from_millis(59_999)).causes.is_empty());
    let seen = bench.wait(Duration::from_millis(1));
    assert_eq!((seen.causes, seen.closed), (vec!["no RTP"], vec![connection(0)]));
    assert!(bench.is_clear());
    assert_eq!(bench.server.poll_timeout(), None);
}

#[test]
fn a_phone_that_asks_for_nothing_is_let_go() {
    let mut bench = Bench::new(Config { max_connections: 2, ..Config::default() });
    bench.connect(0, 20);
    bench.connect(1, 20);
    bench.say(0, "cmd=RecordStartRequest&id=1&remote_n");
    assert_eq!(bench.wait(Duration::from_secs(5)).closed.len(), 2);
    assert_eq!(bench.server.connections(), 0);
}

#[test]
fn phones_that_ask_for_nothing_keep_nobody_out() {
    let mut bench = Bench::new(Config { max_connections: 3, ..Config::default() });
    let port = bench.port(0, 20);
    bench.connect(1, 20);
    bench.connect(2, 20);
    for number in 3..50 {
        let seen = bench.connect(number, 20);
        assert_eq!((seen.closed, seen.aborted), (vec![connection(number - 2)], vec![]));
    }
    assert!(bench.rtp(port, 20, &packet(0, 160)).ignored.is_empty());
    let seen = bench.say(49, "cmd=RecordStartRequest&id=2&codec=PCMA\n");
    assert_eq!(seen.causes, ["start request"]);
    bench.start(50, 20, "3", "PCMA");
    assert_eq!(bench.connect(51, 20).aborted, [connection(51)], "all of them record");
    assert_eq!(bench.server.connections(), 3);
}

#[test]
fn an_ended_recording_tells_what_became_of_it() {
    let mut bench = Bench::new(Config { max_connections: 3, ..Config::default() });
    bench.now += Duration::from_secs(3);
    let port = bench.port(0, 20);
    for number in [0, 1, 3, 3] {
        bench.now += Duration::from_millis(20);
        bench.rtp(port, 20, &packet(number, 160));
    }
    let running = bench.server.recording(port).unwrap();
    assert_eq!((running.packets, running.statistics.summary().duplicates), (3, 1));
    bench.say(0, "cmd=RecordStopRequest&id=77&remote_name=Eve&reason=user\n");
    assert_eq!(bench.server.poll_report(), Some(Report::Started { port }));
    let Some(Report::Ended(ended)) = bench.server.poll_report() else { panic!("it is over") };
    assert_eq!((ended.request.id.as_str(), ended.cause, ended.packets), ("77", "stop request", 3));
    assert_eq!(ended.stop.unwrap().remote_name, "Eve");
    assert_eq!((ended.started.as_micros(), ended.ended.as_micros()), (3_000_000, 3_080_000));
    let statistics = ended.statistics;
    assert_eq!((statistics.packets, statistics.expected, statistics.duplicates), (4, 4, 1));
    assert_eq!(bench.server.poll_report(), None);
    bench.start(1, 20, "5", "G729");
    let reason = reason::UNSUPPORTED_CODEC;
    let refused = Refused { id: "5".into(), remote: phone(20), reason };
    assert_eq!(bench.server.poll_report(), Some(Report::Refused(refused)));
    bench.connect(1, 20);
    bench.tcp(1, TcpEvent::Failed);
    let left = Report::Left { remote: phone(20), cause: "socket error" };
    assert_eq!(bench.server.poll_report(), Some(left));
    for number in 1..6 {
        bench.port(number, 20);
        bench.tcp(number, TcpEvent::Failed);
    }
    let untold: Vec<_> = core::iter::from_fn(|| bench.server.poll_report()).collect();
    assert_eq!(untold.len(), 3, "no more than there may be connections");
    let Some(Report::Ended(last)) = untold.last() else { panic!("{untold:?}") };
    assert_eq!((&last.stop, last.cause), (&None, "socket error"));
}

#[test]
fn a_packet_that_the_disk_did_not_take_is_not_in_the_header() {
    for format in [FileFormat::Wave, FileFormat::Recording] {
        let mut bench = Bench::new(Config { format, ..Config::default() });
        let port = bench.port(0, 20);
        for number in 0..4 {
            bench.rtp(port, 20, &packet(number, 160));
        }
        // As if the last write had failed.
        let (_, content) = bench.files.get_mut(&FileId(0)).unwrap();
        let len = if format == FileFormat::Wave { 320 } else { 172 };
        content.truncate(content.len() - len);
        bench.input(Input::Storage(StorageEvent::Failed(FileId(0))));
        let content = &bench.files[&FileId(0)].1;
        if format == FileFormat::Wave {
            assert_eq!(samples(content).len(), 3 * 160);
        } else {
            let (blocks, summary) = blocks(content);
            assert_eq!((blocks.len(), summary.repairs), (3, vec![]));
        }
    }
}

#[test]
fn a_port_out_of_use_is_given_to_nobody() {
    let mut bench = Bench::new(Config { ports: 30_000..=30_003, ..Config::default() });
    assert!(bench.server.withdraw_port(30_000));
    assert!(!bench.server.withdraw_port(30_000));
    assert_eq!(bench.port(0, 20), 30_002);
    assert!(!bench.server.withdraw_port(30_002), "it is taken");
}

#[test]
fn a_command_above_eight_kibibytes_is_none() {
    let mut bench = Bench::new(Config::default());
    bench.connect(0, 20);
    let long = format!("cmd=RecordStartRequest&id=1&codec=PCMU&device={}", "x".repeat(9000));
    let seen = bench.say(0, &long);
    assert_eq!((seen.closed, seen.causes), (vec![connection(0)], vec!["no command"]));
}

#[test]
fn commands_come_in_any_pieces() {
    let text = "cmd=RecordStartRequest&id=5&codec=PCMUcmd=RecordStopRequest&id=5&reason=x";
    for cut in 1..text.len() {
        let mut bench = Bench::new(Config::default());
        bench.connect(0, 20);
        let mut sent = bench.say(0, &text[..cut]).sent;
        sent.extend(bench.say(0, &text[cut..]).sent);
        sent.extend(bench.wait(Duration::from_millis(40)).sent);
        assert_eq!(sent.len(), 2, "cut at {cut}");
        assert!(sent[0].1.starts_with("cmd=RecordStartResponse&id=5&result=success"));
        assert_eq!(sent[1].1, "cmd=RecordStopResponse&id=5&result=success");
        assert!(bench.is_clear());
    }
}

#[test]
fn headers_tell_of_everything_once_they_are_saved() {
    for format in [FileFormat::Wave, FileFormat::Recording] {
        let mut bench = Bench::new(Config { format, ..Config::default() });
        let port = bench.port(1, 20);
        for number in 0..3 {
            bench.rtp(port, 20, &packet(number, 160));
        }
        bench.input(Input::Command(Command::Save));
        let file = &bench.files[&FileId(0)].1;
        let told = match format {
            FileFormat::Wave => u32::from_le_bytes(file[40..44].try_into().unwrap()) / 320,
            FileFormat::Recording => u32::from_le_bytes(file[72..76].try_into().unwrap()) / 172,
        };
        assert_eq!(told, 3, "{format:?}");
    }
}

#[test]
fn lost_and_late_packets_have_their_place_in_a_wave_file() {
    let mut bench = Bench::new(Config::default());
    let port = bench.port(0, 20);
    for number in [0, 3, 2, 4] {
        bench.rtp(port, 20, &packet(number, 160));
    }
    bench.tcp(0, TcpEvent::Closed);
    let samples = samples(&bench.files[&FileId(0)].1);
    assert_eq!(samples.len(), 5 * 160);
    for (number, part) in samples.chunks(160).enumerate() {
        let expected = crate::codec::g711::Law::A;
        let mut sound = Vec::new();
        crate::codec::Decode::decode(&mut { expected }, &[0x55 ^ number as u8], &mut sound);
        let expected = if number == 1 { 0 } else { sound[0] };
        assert!(part.iter().all(|&sample| sample == expected), "packet {number}");
    }
}

#[test]
fn a_jump_in_time_does_not_blow_up_the_file() {
    let mut bench = Bench::new(Config::default());
    let port = bench.port(0, 20);
    bench.rtp(port, 20, &packet(0, 160));
    for number in 1..50 {
        bench.rtp(port, 20, &packet(number * 600, 160));
    }
    bench.tcp(0, TcpEvent::Closed);
    assert_eq!(samples(&bench.files[&FileId(0)].1).len(), 50 * 160);
}

#[test]
fn packets_of_other_lengths_lose_nothing_in_blocks() {
    let mut bench = Bench::new(Config { format: FileFormat::Recording, ..Config::default() });
    let port = bench.port(0, 20);
    for (number, len) in [(0, 80), (1, 160), (2, 100), (3, 160)] {
        bench.rtp(port, 20, &packet(number, len));
    }
    bench.tcp(0, TcpEvent::Closed);
    assert_eq!(bench.files.len(), 2);
    assert_eq!(blocks(&bench.files[&FileId(0)].1).0, [packet(0, 80)]);
    let mut padded = packet(2, 100);
    padded.resize(172, Codec::Pcma.silence_byte());
    let expected = [packet(1, 160), padded, packet(3, 160)];
    assert_eq!(blocks(&bench.files[&FileId(1)].1).0, expected);
    assert_eq!(bench.files[&FileId(1)].0, "20260101000000_unknown_unknown_unknown_00_30000_2.wav");
}

#[test]
fn a_full_or_broken_disk_ends_recordings() {
    let config = Config { minimum_free: 0, ..Config::default() };
    let mut bench = Bench::new(config);
    bench.input(Input::Storage(StorageEvent::Free(44 + 320 + 100)));
    let port = bench.port(0, 20);
    assert!(bench.rtp(port, 20, &packet(0, 160)).causes.is_empty());
    assert_eq!(bench.rtp(port, 20, &packet(1, 160)).causes, ["disk full"]);
    assert!(bench.is_clear());
    assert_eq!(samples(&bench.files[&FileId(0)].1).len(), 160);
    bench.input(Input::Storage(StorageEvent::Free(1 << 30)));
    let port = bench.port(1, 20);
    bench.rtp(port, 20, &packet(0, 160));
    let failed = Input::Storage(StorageEvent::Failed(FileId(1)));
    assert_eq!(bench.input(failed).causes, ["write failure"]);
    bench.port(2, 20);
    let seen = bench.input(Input::Storage(StorageEvent::Removed));
    assert_eq!(seen.causes, ["write failure"]);
    assert!(bench.is_clear());
}

#[test]
fn draining_lets_recordings_end_and_stopping_does_not() {
    let mut bench = Bench::new(Config::default());
    let port = bench.port(0, 20);
    bench.connect(1, 21);
    let seen = bench.input(Input::Command(Command::Drain));
    assert_eq!(seen.closed, [connection(1)]);
    assert_eq!(bench.server.state(), ServiceState::Draining);
    assert_eq!(bench.connect(2, 22).aborted, [connection(2)]);
    assert!(bench.rtp(port, 20, &packet(0, 160)).ignored.is_empty());
    let seen = bench.say(0, "cmd=RecordStopRequest&id=77\n");
    assert_eq!(seen.causes, ["stop request", "last recording ended"]);
    assert_eq!(bench.server.state(), ServiceState::Stopped);

    let mut bench = Bench::new(Config::default());
    let port = bench.port(0, 20);
    bench.rtp(port, 20, &packet(0, 160));
    let seen = bench.input(Input::Command(Command::Stop));
    assert_eq!(seen.causes, ["shut down", "shut down"]);
    assert_eq!(bench.closed_files, [FileId(0)]);
    assert!(bench.is_clear());
    assert_eq!(bench.server.poll_timeout(), None);
}

#[test]
fn four_hundred_phones_do_not_mix() {
    let config = Config { format: FileFormat::Recording, ..Config::default() };
    let mut bench = Bench::new(config);
    // Two phones behind each address: only their ids tell them apart.
    let host = |n: u32| (n / 2) as u8;
    for n in 0..400 {
        bench.start(n, host(n), &format!("{n}"), "PCMA");
    }
    let ports: Vec<(u16, u32)> = bench
        .server
        .recordings()
        .map(|recording| (recording.port, recording.id.parse().unwrap()))
        .collect();
    assert_eq!(ports.len(), 400);
    for number in 0..5 {
        for &(port, n) in &ports {
            let mut packet = packet(number, 160);
            packet[12] = n as u8;
            packet[13] = (n >> 8) as u8;
            bench.rtp(port, host(n), &packet);
        }
    }
    bench.input(Input::Command(Command::Stop));
    assert_eq!(bench.files.len(), 400);
    for (name, content) in bench.files.values() {
        let (blocks, _) = blocks(content);
        let whose = [blocks[0][12], blocks[0][13]];
        assert_eq!(blocks.len(), 5, "{name}");
        assert!(blocks.iter().all(|block| block[12..14] == whose));
    }
}

#[test]
fn wide_band_sound_has_twice_the_samples() {
    let mut bench = Bench::new(Config::default());
    bench.start(0, 20, "1", "g722");
    let mut coded = Vec::new();
    let tone: Vec<i16> = (0..640).map(|n| (n % 40 * 300 - 6000) as i16).collect();
    Encoder::new(Codec::G722).encode(&tone, &mut coded);
    for (number, payload) in (0..).zip(coded.chunks(160)) {
        let mut packet = packet(number, 0);
        packet[1] = 9;
        packet.extend(payload);
        bench.rtp(30_000, 20, &packet);
    }
    bench.tcp(0, TcpEvent::Closed);
    let file = &bench.files[&FileId(0)].1;
    let mut expected = Vec::new();
    crate::codec::Decoder::new(Codec::G722).decode(&coded, &mut expected);
    assert_eq!(samples(file), expected);
    assert_eq!(hound::WavReader::new(file.as_slice()).unwrap().spec().sample_rate, 16_000);
    assert!(wave::looks_like_wave(file));
}

proptest! {
    /// Any bytes from anybody at any time: no panic, no port lost, no timer that spins, and
    /// every deadline belongs to somebody.
    #[test]
    fn any_order_of_events_leaves_a_sound_server(
        steps in prop::collection::vec(
            (0_u8..16, 0_u32..4, 0_u32..70_000, any::<[u8; 14]>()), 0..80,
        ),
        blocks: bool,
    ) {
        let format = if blocks { FileFormat::Recording } else { FileFormat::Wave };
        let ports = 30_000..=30_005;
        let mut bench = Bench::new(Config { format, ports, max_connections: 3, ..Config::default() });
        for (step, number, value, junk) in steps {
            let host = 20 + number as u8;
            let port = 30_000 + (value % 6) as u16;
            match step {
                0 => bench.connect(number, host),
                1 => bench.tcp(number, TcpEvent::Closed),
                2 => bench.tcp(number, TcpEvent::Failed),
                3 => bench.wait(Duration::from_millis(value.into())),
                4 => bench.tcp(number, TcpEvent::Data(&junk)),
                5 => bench.rtp(port, host, &junk),
                6 => bench.say(number, "cmd=RecordStopRequest&id=1&reason="),
                7 => bench.say(number, "cmd=RecordStopResponse&id=1&result=success"),
                8 => bench.input(Input::Storage(StorageEvent::Failed(FileId(value % 5)))),
                9 => bench.input(Input::Storage(StorageEvent::Free(u64::from(value) * 100))),
                10 if value % 9 == 0 => bench.input(Input::Command(Command::Drain)),
                11 if value % 17 == 0 => bench.input(Input::Command(Command::Stop)),
                12 | 13 => bench.start(number, host, &format!("{}", value % 2), "PCMA"),
                _ => bench.rtp(port, host, &packet(value as u16, value as usize % 300)),
            };
            let taken = bench.server.recordings().count();
            prop_assert_eq!(bench.server.free_ports() + taken, 3);
            prop_assert_eq!(bench.server.ids.len(), taken);
            prop_assert!(bench.server.connections() >= taken);
            prop_assert!(bench.server.timers().count() <= 2 * bench.server.connections());
        }
        bench.wait(Duration::from_secs(130));
        prop_assert!(bench.is_clear());
        prop_assert_eq!(bench.server.connections(), 0);
        prop_assert_eq!(bench.server.poll_timeout(), None);
        prop_assert_eq!(bench.files.len(), bench.closed_files.len());
    }
}
