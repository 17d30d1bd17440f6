use super::*;
use crate::codec::{Codec, Decoder};
use crate::machine::Event;
use crate::recording::Writer;
use proptest::prelude::*;
use std::vec;

const RECORDING: &[u8] =
    include_bytes!("../../../../testdata/recordings/Record_20261122091500.wav");

/// A player with a drive of one file, which answers at once or only when told to.
struct Bench {
    player: Player,
    now: Instant,
    file: Vec<u8>,
    slow: bool,
    asked: Vec<(FileId, u64, u32)>,
    heard: Vec<i16>,
    rate: u32,
    prompts: Vec<String>,
    causes: Vec<&'static str>,
    rules: Vec<&'static str>,
    open: Vec<FileId>,
}

impl Bench {
    fn new(file: &[u8]) -> Self {
        Self {
            player: Player::new(Config::default()),
            now: Instant::ORIGIN,
            file: file.into(),
            slow: false,
            asked: Vec::new(),
            heard: Vec::new(),
            rate: 0,
            prompts: Vec::new(),
            causes: Vec::new(),
            rules: Vec::new(),
            open: Vec::new(),
        }
    }

    fn input(&mut self, input: Input<'_, Command>) {
        self.player.handle_input(self.now, input).unwrap();
        let mut opened = None;
        while let Some(output) = self.player.poll_output() {
            match output {
                Output::Storage { command: StorageCommand::Open { file, .. }, .. } => {
                    self.open.push(file);
                    opened = Some(file);
                }
                Output::Storage { command: StorageCommand::Read { file, offset, len }, .. } => {
                    self.asked.push((file, offset, len));
                }
                Output::Storage { command: StorageCommand::Close(file), .. } => {
                    self.open.retain(|open| *open != file);
                }
                Output::Audio { sample_rate, samples } => {
                    self.rate = sample_rate;
                    self.heard.extend_from_slice(samples);
                }
                Output::Event(Event::Prompt { text, .. }) => self.prompts.push(text),
                Output::Event(Event::StateChanged { cause, .. }) => self.causes.push(cause),
                Output::Event(Event::Note { rule, .. } | Event::Ignored { rule, .. }) => {
                    self.rules.push(rule.id);
                }
                other => panic!("{other:?}"),
            }
        }
        if let Some(file) = opened {
            let size = self.file.len() as u64;
            self.input(Input::Storage(StorageEvent::Opened { file, size }));
        }
        if !self.slow {
            self.answer();
        }
    }

    fn answer(&mut self) {
        while !self.asked.is_empty() {
            let (file, offset, len) = self.asked.remove(0);
            let start = self.file.len().min(offset as usize);
            let end = self.file.len().min(start + len as usize);
            let bytes = self.file[start..end].to_vec();
            let data = StorageEvent::Data { file, offset, bytes: &bytes };
            self.input(Input::Storage(data));
        }
    }

    fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    fn play(&mut self) {
        self.command(Command::Play("Record_20261122091500.wav".into()));
    }

    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some((at, _)) = self.player.poll_timeout().filter(|&(at, _)| at <= end) {
            self.now = self.now.max(at);
            self.input(Input::Timeout);
            let next = self.player.poll_timeout();
            assert!(next.is_none_or(|(next, _)| next > self.now), "the timer spins");
        }
        self.now = end;
    }
}

fn sound_of(file: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    let mut decoder = Decoder::new(Codec::Pcmu);
    for block in file[76..].chunks_exact(172) {
        decoder.decode(&block[12..], &mut samples);
    }
    samples
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_whole_recording_sounds_in_its_own_time() {
    let mut bench = Bench::new(RECORDING);
    bench.play();
    assert_eq!(bench.prompts, ["Playing Record_20261122091500.wav: 0:11, PCMU"]);
    let (_, duration) = bench.player.progress().unwrap();
    assert_eq!(duration, Duration::from_millis(551 * 20));
    bench.wait(SECOND);
    assert_eq!(bench.heard.len(), 51 * 160);
    bench.wait(SECOND * 11);
    assert_eq!(bench.heard, sound_of(RECORDING));
    assert_eq!(bench.rate, 8000);
    assert_eq!(bench.causes, ["play", "header read", "end of recording"]);
    assert!(bench.open.is_empty());
    assert_eq!(bench.player.poll_timeout(), None);
}

#[test]
fn pause_and_seek_leave_out_nothing_and_repeat_nothing() {
    let mut bench = Bench::new(RECORDING);
    bench.play();
    bench.wait(SECOND);
    bench.command(Command::Pause);
    bench.wait(SECOND * 60);
    assert_eq!(bench.heard.len(), 51 * 160);
    bench.command(Command::Resume);
    bench.wait(Duration::from_millis(1));
    assert_eq!(bench.heard, sound_of(RECORDING)[..52 * 160]);
    for second in [9, 2, 9] {
        bench.heard.clear();
        bench.command(Command::Seek(second));
        bench.wait(Duration::from_millis(980));
        let start = second as usize * 8000;
        assert_eq!(bench.heard, sound_of(RECORDING)[start..start + 8000], "{second}");
    }
    bench.command(Command::Seek(100));
    assert_eq!(bench.player.state(), PlaybackState::Idle);
}

#[test]
fn a_file_that_was_not_closed_plays_by_its_length() {
    let mut damaged = RECORDING[..76 + 100 * 172 + 33].to_vec();
    damaged[72..76].fill(0);
    let mut bench = Bench::new(&damaged);
    bench.play();
    assert_eq!(bench.rules, ["BX-L6"]);
    bench.wait(SECOND * 5);
    assert_eq!(bench.heard, sound_of(&RECORDING[..76 + 100 * 172]));
}

#[test]
fn files_without_rtp_headers_play_too() {
    let mut writer = Writer::new("G722", 160, 160).unwrap();
    let mut file = writer.header().to_vec();
    for number in 0..40_u8 {
        let block = [number; 160];
        writer.append(&block).unwrap();
        file.extend(block);
    }
    writer.patch().apply(&mut file);
    let mut bench = Bench::new(&file);
    bench.play();
    // The RTP clock of G.722 is half its sample rate (RFC 3551 4.5.2).
    let (_, duration) = bench.player.progress().unwrap();
    assert_eq!(duration, Duration::from_millis(40 * 20));
    bench.wait(SECOND);
    let mut expected = Vec::new();
    Decoder::new(Codec::G722).decode(&file[76..], &mut expected);
    assert_eq!((bench.heard, bench.rate), (expected, 16_000));
}

#[test]
fn what_is_no_recording_is_refused() {
    let mut unknown = RECORDING.to_vec();
    unknown[..4].copy_from_slice(b"G729");
    for file in [b"RIFF".to_vec(), vec![0xFF; 200], Vec::new(), unknown] {
        let mut bench = Bench::new(&file);
        bench.play();
        let refusal = "Cannot play: the file is no recording of this phone";
        assert_eq!(bench.prompts, [refusal]);
        assert!(bench.open.is_empty());
    }
}

#[test]
fn a_slow_drive_delays_the_sound_but_loses_none() {
    let mut bench = Bench::new(RECORDING);
    bench.slow = true;
    bench.play();
    for _ in 0..200 {
        bench.wait(Duration::from_millis(350));
        bench.answer();
    }
    assert_eq!(bench.heard, sound_of(RECORDING));
}

#[test]
fn a_drive_that_goes_ends_playback() {
    let mut bench = Bench::new(RECORDING);
    bench.play();
    bench.input(Input::Storage(StorageEvent::Removed));
    assert_eq!(bench.causes.last(), Some(&"drive removed"));
    assert_eq!(bench.player.poll_timeout(), None);
    bench.play();
    let file = bench.open[1];
    bench.input(Input::Storage(StorageEvent::Failed(file)));
    assert_eq!(bench.prompts.last().unwrap(), "Cannot play: the file cannot be read");
}

proptest! {
    /// Any order of keys and answers, any file: no panic, no timer that spins.
    #[test]
    fn any_order_of_events_leaves_a_sound_player(
        steps in prop::collection::vec((0_u8..11, 0_u32..5000), 0..60),
        cut in 0_usize..4000, damage in prop::collection::vec((0_usize..300, any::<u8>()), 0..4),
    ) {
        let mut file = RECORDING[..cut].to_vec();
        for (at, value) in damage {
            if let Some(byte) = file.get_mut(at) {
                *byte = value;
            }
        }
        let mut bench = Bench::new(&file);
        bench.slow = true;
        for (step, value) in steps {
            let id = FileId((1 << 31) + value % 3);
            match step {
                0 | 1 => bench.play(),
                2 => bench.command(Command::Pause),
                3 => bench.command(Command::Resume),
                4 => bench.command(Command::Seek(value % 14)),
                5 if value % 4 == 0 => bench.command(Command::Stop),
                6 if value % 4 == 0 => bench.input(Input::Storage(StorageEvent::Failed(id))),
                7 if value % 4 == 0 => bench.input(Input::Storage(StorageEvent::Removed)),
                8 => {
                    let data = StorageEvent::Data { file: id, offset: value.into(), bytes: b"??" };
                    bench.input(Input::Storage(data));
                    bench.input(Input::Storage(StorageEvent::Opened { file: id, size: 80 }));
                }
                9 => bench.wait(Duration::from_millis(value.into())),
                _ => bench.answer(),
            }
            let idle = bench.player.state() == PlaybackState::Idle;
            prop_assert!(!idle || bench.player.poll_timeout().is_none());
        }
    }
}
