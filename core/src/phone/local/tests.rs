use super::*;
use crate::codec::{Decoder, Encoder};
use crate::machine::Event;
use crate::machine::TcpEvent;
use crate::machine::{Connection, Transition};
use crate::phone::model::Model;
use crate::recording::{Reader, RtpHeaders, Step};
use crate::{Limits, rtp};
use core::net::SocketAddr;
use core::time::Duration;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::string::String;
use std::string::ToString;
use std::vec;
use std::vec::Vec;

/// A phone's recorder with the drive that its commands act on.
struct Bench {
    recorder: LocalRecorder,
    now: Instant,
    files: BTreeMap<FileId, (String, Vec<u8>)>,
    closed: Vec<FileId>,
    prompts: Vec<String>,
    transitions: Vec<Transition>,
    rules: Vec<&'static str>,
    sound: Vec<i16>,
}

impl Bench {
    fn new(config: Config) -> Self {
        Self {
            recorder: LocalRecorder::new(config),
            now: Instant::ORIGIN,
            files: BTreeMap::new(),
            closed: Vec::new(),
            prompts: Vec::new(),
            transitions: Vec::new(),
            rules: Vec::new(),
            sound: Vec::new(),
        }
    }

    fn with_drive(config: Config, free: u64) -> Self {
        let mut bench = Self::new(config);
        bench.storage(StorageEvent::Inserted { free });
        bench
    }

    fn input(&mut self, input: Input<'_, Command>) {
        self.recorder.handle_input(self.now, input).unwrap();
        while let Some(output) = self.recorder.poll_output() {
            match output {
                Output::Storage { command: StorageCommand::Create { file, name }, .. } => {
                    assert!(self.files.values().all(|(other, _)| other != name), "{name} again");
                    self.files.insert(file, (name.to_string(), Vec::new()));
                }
                Output::Storage {
                    command: StorageCommand::Write { file, offset, bytes }, ..
                } => {
                    assert!(!self.closed.contains(&file));
                    let (_, content) = self.files.get_mut(&file).unwrap();
                    let offset = offset as usize;
                    content.resize(content.len().max(offset + bytes.len()), 0);
                    content[offset..offset + bytes.len()].copy_from_slice(bytes);
                }
                Output::Storage { command: StorageCommand::Close(file), .. } => {
                    self.closed.push(file);
                }
                Output::Event(Event::Prompt { text, rule }) => {
                    self.rules.push(rule.id);
                    self.prompts.push(text);
                }
                Output::Event(Event::StateChanged { from, to, cause, rule, .. }) => {
                    self.transitions.push(Transition::new(from, to, cause, rule));
                }
                Output::Event(Event::Note { rule, .. } | Event::Ignored { rule, .. }) => {
                    self.rules.push(rule.id);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    fn storage(&mut self, event: StorageEvent<'_>) {
        self.input(Input::Storage(event));
    }

    /// So many frames of 20 ms, unlike each other.
    fn speak(&mut self, frames: usize) -> Vec<i16> {
        let codec = Codec::from_name(&self.recorder.config.codec).unwrap();
        let len = codec.sample_rate() as usize / 50;
        let mut heard = Vec::new();
        for _ in 0..frames {
            let start = self.sound.len() as i64;
            let wave = |n: i64| ((start + n) * (start + n) % 6001 - 3000) as i16;
            let sent: Vec<i16> = (0..len as i64).map(wave).collect();
            let received: Vec<i16> = sent.iter().map(|sample| sample / 3).collect();
            let mixed = sent.iter().zip(&received).map(|(a, b)| a + b);
            heard.extend(mixed.clone());
            self.sound.extend(mixed);
            self.input(Input::Audio { side: Side::Sent, samples: &sent });
            self.input(Input::Audio { side: Side::Received, samples: &received });
            self.now += Duration::from_millis(20);
        }
        heard
    }

    fn content(&self, file: u32) -> &[u8] {
        &self.files[&FileId(file)].1
    }
}

/// A file's payload, and its findings.
fn read(file: &[u8]) -> (Vec<u8>, crate::recording::Summary) {
    let mut reader = Reader::new(Some(file.len() as u64), &Limits::default());
    let mut payload = Vec::new();
    let mut input = file;
    loop {
        let (consumed, step) = reader.push(input).unwrap();
        input = &input[consumed..];
        match step {
            Step::Block(block) => payload.extend_from_slice(block.payload()),
            Step::Header(_) => {}
            Step::NeedMore | Step::End => break,
        }
    }
    (payload, reader.finish().unwrap())
}

fn decoded(codec: Codec, payload: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    Decoder::new(codec).decode(payload, &mut samples);
    samples
}

fn there_and_back(codec: Codec, sound: &[i16]) -> Vec<i16> {
    let mut payload = Vec::new();
    Encoder::new(codec).encode(sound, &mut payload);
    decoded(codec, &payload)
}

const ROOM: u64 = 1 << 30;

#[test]
fn what_was_heard_is_in_the_file() {
    for rtp_headers in [RtpHeaders::Present, RtpHeaders::Absent] {
        for codec in Codec::ALL {
            let config = Config { codec: codec.to_string(), rtp_headers, ..Config::default() };
            let mut bench = Bench::with_drive(config, ROOM);
            bench.speak(3);
            bench.command(Command::Start);
            let sound = bench.speak(120);
            bench.command(Command::Stop);
            bench.speak(3);
            assert_eq!(bench.files[&FileId(0)].0, "Record_20260101000000.wav");
            assert_eq!(bench.closed, [FileId(0)]);
            let (payload, summary) = read(bench.content(0));
            assert_eq!(decoded(codec, &payload), there_and_back(codec, &sound), "{codec}");
            assert_eq!(summary.repairs, []);
            assert_eq!(summary.warnings, []);
            assert_eq!(summary.layout.rtp_headers, rtp_headers);
            assert_eq!(summary.duration, Duration::from_millis(2400));
        }
    }
}

#[test]
fn without_drive_room_or_capability_there_is_a_prompt_and_no_file() {
    let with = |model| Config { model, ..Config::default() };
    let cases = [
        (Bench::new(with(Model::Bx5s)), "Cannot record: no USB drive", "BX-L1"),
        (
            Bench::with_drive(with(Model::Bx5s), 1000),
            "Cannot record: the USB drive is full",
            "BX-L1",
        ),
        (
            Bench::with_drive(with(Model::Bx4), ROOM),
            "Recording to USB is not supported on BX4",
            "BX-2",
        ),
        (
            Bench::with_drive(Config { codec: "G729".into(), ..with(Model::Bx5s) }, ROOM),
            "Cannot record: codec G729 is not supported",
            "BX-4",
        ),
    ];
    for (mut bench, text, rule) in cases {
        bench.command(Command::Start);
        bench.sound = vec![0];
        bench.input(Input::Audio { side: Side::Sent, samples: &[0; 160] });
        assert_eq!(bench.prompts, [text]);
        assert_eq!(bench.rules, [rule]);
        assert!(bench.files.is_empty());
        assert_eq!(bench.recorder.state(), LocalState::Idle);
    }
}

#[test]
fn a_model_of_which_nothing_is_stated_records_and_says_so() {
    let mut bench = Bench::with_drive(Config { model: Model::Gp210i, ..Config::default() }, ROOM);
    bench.command(Command::Start);
    assert_eq!(bench.rules, ["BX-2", "BX-3", "BX-L2"]);
    assert_eq!(bench.recorder.state(), LocalState::Recording);
}

#[test]
fn at_the_limit_a_new_file_goes_on_without_a_lost_block() {
    let size_limit = 76 + 30 * 172 + 100;
    let mut bench = Bench::with_drive(Config { size_limit, ..Config::default() }, ROOM);
    bench.command(Command::Start);
    let sound = bench.speak(75);
    bench.command(Command::CallEnded);
    let names: Vec<&str> = bench.files.values().map(|(name, _)| name.as_str()).collect();
    let expected =
        ["Record_20260101000000.wav", "Record_20260101000000_2.wav", "Record_20260101000001.wav"];
    assert_eq!(names, expected);
    let mut payload = Vec::new();
    let mut next = None;
    for file in 0..3 {
        let content = bench.content(file);
        assert!(content.len() as u64 <= size_limit);
        let (part, summary) = read(content);
        assert_eq!((summary.repairs, summary.lost), (vec![], 0));
        payload.extend(part);
        for block in content[76..].chunks(172) {
            let header = rtp::Header::parse(block).unwrap();
            assert!(next.is_none_or(|next| next == header.sequence));
            next = Some(header.sequence.next());
        }
    }
    assert_eq!(decoded(Codec::Pcma, &payload), there_and_back(Codec::Pcma, &sound));
    assert_eq!(bench.closed.len(), 3);
}

#[test]
fn at_the_limit_without_room_recording_ends() {
    let size_limit = 76 + 10 * 172;
    let config = Config { size_limit, minimum_free: 0, ..Config::default() };
    let mut bench = Bench::with_drive(config, size_limit + 200);
    bench.command(Command::Start);
    bench.speak(12);
    assert_eq!(bench.files.len(), 1);
    assert_eq!(read(bench.content(0)).1.blocks, 10);
    assert_eq!(bench.recorder.state(), LocalState::Idle);
    assert!(bench.prompts[0].contains("file size limit reached"));
}

#[test]
fn a_drive_that_fills_up_keeps_what_is_on_it() {
    let config = Config { minimum_free: 0, ..Config::default() };
    let mut bench = Bench::with_drive(config, 76 + 20 * 172 + 50);
    bench.command(Command::Start);
    bench.speak(25);
    assert_eq!(bench.prompts, ["Recording stopped: the USB drive is full"]);
    let (_, summary) = read(bench.content(0));
    assert_eq!((summary.blocks, summary.repairs), (20, vec![]));
    assert_eq!(bench.recorder.drive(), Drive::Mounted { free: 50 });
}

#[test]
fn a_pause_is_a_gap_in_time_but_not_in_numbers() {
    let mut bench = Bench::with_drive(Config::default(), ROOM);
    bench.command(Command::Start);
    let mut sound = bench.speak(10);
    bench.command(Command::Pause);
    let whole = read(bench.content(0)).1;
    assert_eq!((whole.blocks, whole.repairs), (10, vec![]), "the header is up to date");
    bench.speak(40);
    bench.command(Command::Resume);
    sound.extend(bench.speak(5));
    bench.command(Command::Stop);
    let (payload, summary) = read(bench.content(0));
    assert_eq!(decoded(Codec::Pcma, &payload), there_and_back(Codec::Pcma, &sound));
    assert_eq!((summary.blocks, summary.lost), (15, 0));
    assert_eq!(summary.span, Duration::from_millis(55 * 20));
    let causes: Vec<&str> = bench.transitions.iter().map(|t| t.cause).collect();
    assert_eq!(causes, ["start", "pause", "resume", "stop"]);
}

#[test]
fn a_pulled_drive_ends_the_recording_with_a_prompt() {
    let mut bench = Bench::with_drive(Config::default(), ROOM);
    bench.command(Command::Start);
    bench.speak(70);
    bench.storage(StorageEvent::Removed);
    bench.speak(5);
    assert_eq!(bench.prompts, ["Recording stopped: the USB drive was removed"]);
    let (_, summary) = read(bench.content(0));
    assert_eq!(summary.blocks, 70);
    assert_eq!(summary.repairs.len(), 1, "dataSize is stale");
    assert!(70 * 172 - summary.header.data_size < 50 * 172, "by less than a second");
    bench.command(Command::Start);
    assert_eq!(bench.prompts.last().unwrap(), "Cannot record: no USB drive");
    bench.storage(StorageEvent::Inserted { free: ROOM });
    bench.command(Command::Start);
    assert_eq!(bench.files.len(), 2);
}

#[test]
fn a_failure_of_another_file_changes_nothing() {
    let mut bench = Bench::with_drive(Config::default(), ROOM);
    bench.command(Command::Start);
    bench.storage(StorageEvent::Failed(FileId(7)));
    assert_eq!(bench.recorder.state(), LocalState::Recording);
    bench.storage(StorageEvent::Failed(FileId(0)));
    assert_eq!(bench.recorder.state(), LocalState::Idle);
}

fn any_config() -> impl Strategy<Value = Config> {
    (0_usize..3, 0_u64..4000, any::<bool>(), any::<u64>()).prop_map(|(codec, limit, bare, seed)| {
        Config {
            codec: Codec::ALL[codec].to_string(),
            size_limit: limit,
            minimum_free: 0,
            rtp_headers: if bare { RtpHeaders::Absent } else { RtpHeaders::Present },
            seed,
            ..Config::default()
        }
    })
}

proptest! {
    /// Any order of keys, drives and sound: nothing panics, and no file misses a byte.
    #[test]
    fn any_order_of_events_leaves_whole_files(
        config in any_config(), steps in prop::collection::vec((0_u8..12, 0_u64..9000), 0..80),
    ) {
        let block = 160 + u64::from(config.header_len());
        let mut bench = Bench::new(config);
        let address = SocketAddr::from(([192, 0, 2, 1], 9));
        for (step, value) in steps {
            match step {
                0 => bench.storage(StorageEvent::Inserted { free: value }),
                1 => bench.storage(StorageEvent::Removed),
                2 => bench.storage(StorageEvent::Free(value)),
                3 => bench.storage(StorageEvent::Failed(FileId(value as u32 % 4))),
                4 | 5 => bench.command(Command::Start),
                6 => bench.command(Command::Pause),
                7 => bench.command(Command::Resume),
                8 => bench.command(Command::Stop),
                9 => bench.command(Command::CallEnded),
                10 => {
                    bench.input(Input::Datagram { local: address, remote: address, payload: b"x" });
                    let connection = Connection(value as u32);
                    bench.input(Input::Tcp { connection, event: TcpEvent::Failed });
                    bench.input(Input::Timeout);
                }
                _ => { bench.speak(value as usize % 60); }
            }
            prop_assert_eq!(
                bench.recorder.state() == LocalState::Idle, bench.recorder.file().is_none()
            );
            prop_assert_eq!(bench.recorder.poll_timeout(), None);
        }
        for (_, content) in bench.files.values() {
            prop_assert_eq!((content.len() as u64 - 76) % block, 0);
            let (payload, summary) = read(content);
            prop_assert_eq!(payload.len() as u64, summary.blocks * 160);
            prop_assert_eq!(summary.lost, 0);
        }
    }
}
