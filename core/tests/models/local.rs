//! Local recording and a drive that can vanish between any two bytes: the parts together hold
//! every block, and whatever is on the drive can be read (BX-L4, BX-L6).

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use recscope_core::codec::{Codec, Encoder};
use recscope_core::machine::{
    Event, FileId, Input, Machine, Output, Side, StorageCommand, StorageEvent,
};
use recscope_core::phone::local::{Command, Config, LocalRecorder, LocalState};
use recscope_core::recording::{HEADER_LEN, Reader, Repairer, Step};
use recscope_core::{Instant, Limits};

use super::explorer::{Model, explore};

/// Samples of a frame, which is one block.
const FRAME: usize = 160;
const BLOCK: usize = 12 + FRAME;

/// How the machine is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The first block of every further part is not written.
    LosesBlockAtRollOver,
    /// The header is written last, not first.
    WritesHeaderLate,
    /// `dataSize` is written over the beginning of the first block.
    PatchesWrongPlace,
}

struct Local {
    fault: Fault,
    /// Frames in all.
    frames: u32,
}

#[derive(Clone)]
struct State {
    now: Instant,
    recorder: LocalRecorder,
    drive: BTreeMap<FileId, Vec<u8>>,
    /// Header writes that the fault holds back.
    held: BTreeMap<FileId, Vec<u8>>,
    /// Payloads that the recording under way must hold, and its first file.
    expected: Vec<Vec<u8>>,
    first: Option<FileId>,
    frames: u32,
    starts: u32,
    pulls: u32,
}

#[derive(Clone, Debug)]
enum Action {
    Command(Command),
    Frame,
    Pull,
    Insert,
    Fill,
    WriteFails,
}

impl Local {
    /// Applies what the machine wants done; checks the drive after every part of it, as if power
    /// failed there.
    fn drain(&self, state: &mut State) -> Result<(), String> {
        let mut commands = Vec::new();
        while let Some(output) = state.recorder.poll_output() {
            match output {
                Output::Storage { command: StorageCommand::Create { file, .. }, .. } => {
                    commands.push((file, 0, None));
                }
                Output::Storage {
                    command: StorageCommand::Write { file, offset, bytes }, ..
                } => {
                    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
                    commands.push((file, offset, Some(bytes.to_vec())));
                }
                Output::Event(Event::StateChanged { from: "idle", .. }) => state.first = None,
                _ => {}
            }
        }
        for (file, offset, bytes) in commands {
            let Some(bytes) = bytes else {
                state.drive.insert(file, Vec::new());
                if state.first.is_none() {
                    state.first = Some(file);
                    state.expected.clear();
                }
                check_drive(state)?;
                continue;
            };
            let (offset, bytes) = self.spoil(state, file, offset, bytes);
            for cut in [1, bytes.len() / 2, bytes.len().saturating_sub(1)] {
                let mut crashed = state.clone();
                write(&mut crashed, file, offset, &bytes[..cut.min(bytes.len())]);
                check_drive(&crashed)?;
            }
            write(state, file, offset, &bytes);
            check_drive(state)?;
        }
        Ok(())
    }

    /// What the broken machine would write instead.
    fn spoil(
        &self,
        state: &mut State,
        file: FileId,
        offset: usize,
        bytes: Vec<u8>,
    ) -> (usize, Vec<u8>) {
        let is_further_part = state.first.is_some_and(|first| first != file);
        match self.fault {
            Fault::LosesBlockAtRollOver if is_further_part && offset == HEADER_LEN => {
                (offset, Vec::new())
            }
            Fault::WritesHeaderLate if offset == 0 => {
                state.held.insert(file, bytes);
                (0, Vec::new())
            }
            Fault::WritesHeaderLate if offset == 72 => {
                let mut header = state.held.remove(&file).unwrap_or_default();
                header.truncate(72);
                header.extend(bytes);
                (0, header)
            }
            Fault::PatchesWrongPlace if offset == 72 => (HEADER_LEN, bytes),
            _ => (offset, bytes),
        }
    }
}

fn write(state: &mut State, file: FileId, offset: usize, bytes: &[u8]) {
    let content = state.drive.entry(file).or_default();
    content.resize(content.len().max(offset + bytes.len()), 0);
    content[offset..offset + bytes.len()].copy_from_slice(bytes);
}

/// Reads everything on the drive, as after a crash right now.
fn check_drive(state: &State) -> Result<(), String> {
    let mut found = Vec::new();
    for (file, content) in &state.drive {
        let payloads = read(content).map_err(|problem| format!("{file:?}: {problem}"))?;
        let whole = content.len().saturating_sub(HEADER_LEN) / BLOCK;
        if payloads.len() != whole {
            let read = payloads.len();
            return Err(format!("{file:?}: {read} of {whole} whole blocks can be read"));
        }
        if state.first.is_some_and(|first| *file >= first) {
            found.extend(payloads);
        }
    }
    // What is being written may be behind the sound, but nothing in between is missing.
    if state.expected.get(..found.len()) != Some(&found) {
        return Err(format!("the {} blocks on the drive are not the first ones", found.len()));
    }
    Ok(())
}

/// The payloads of a file, read as it is and read after repair.
fn read(content: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    if content.len() < HEADER_LEN {
        return Ok(Vec::new());
    }
    let found = blocks(content)?;
    let size = Some(content.len() as u64);
    let mut repairer = Repairer::new(size, &Limits::default());
    let mut clean = Vec::new();
    repairer.push(content, &mut clean).map_err(|error| error.to_string())?;
    let repaired = repairer.finish(&mut clean).map_err(|error| error.to_string())?;
    clean[..HEADER_LEN].copy_from_slice(&repaired.header);
    if blocks(&clean)? != found {
        return Err("repair changes the blocks".into());
    }
    Ok(found)
}

fn blocks(content: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut reader = Reader::new(Some(content.len() as u64), &Limits::default());
    let (mut blocks, mut input) = (Vec::new(), content);
    loop {
        let (consumed, step) = reader.push(input).map_err(|error| error.to_string())?;
        input = &input[consumed..];
        match step {
            Step::Block(block) => blocks.push(block.payload().to_vec()),
            Step::Header(_) => {}
            Step::NeedMore | Step::End => return Ok(blocks),
        }
    }
}

/// The sound of the `number`th frame, which is like no other's.
fn frame(number: u32) -> Vec<i16> {
    let level = 200 + 300 * i16::try_from(number).unwrap_or_default();
    vec![level; FRAME]
}

impl Model for Local {
    type State = State;
    type Action = Action;

    fn start(&self) -> State {
        let config = Config {
            minimum_free: 0,
            // Three blocks in a file.
            size_limit: (HEADER_LEN + 3 * BLOCK + 10) as u64,
            packet_time: Duration::from_millis(20),
            ..Config::default()
        };
        State {
            now: Instant::ORIGIN,
            recorder: LocalRecorder::new(config),
            drive: BTreeMap::new(),
            held: BTreeMap::new(),
            expected: Vec::new(),
            first: None,
            frames: 0,
            starts: 0,
            pulls: 0,
        }
    }

    fn actions(&self, state: &State) -> Vec<Action> {
        let mut actions = vec![
            Action::Command(Command::Pause),
            Action::Command(Command::Resume),
            Action::Command(Command::Stop),
            Action::Command(Command::CallEnded),
        ];
        if state.starts < 2 {
            actions.push(Action::Command(Command::Start));
        }
        if state.frames < self.frames {
            actions.push(Action::Frame);
        }
        if state.pulls < 2 {
            actions.extend([Action::Pull, Action::Insert, Action::Fill, Action::WriteFails]);
        }
        actions
    }

    fn step(&self, state: &State, action: &Action) -> Result<State, String> {
        let mut state = state.clone();
        let input = match action {
            Action::Command(command) => {
                state.starts += u32::from(*command == Command::Start);
                Input::Command(*command)
            }
            Action::Frame => {
                let sound = frame(state.frames);
                state.frames += 1;
                state.now += Duration::from_millis(20);
                if state.recorder.state() == LocalState::Recording {
                    let mut payload = Vec::new();
                    Encoder::new(Codec::Pcma).encode(&sound, &mut payload);
                    state.expected.push(payload);
                }
                for (side, samples) in [(Side::Sent, &sound), (Side::Received, &vec![0; FRAME])] {
                    let input = Input::Audio { side, samples };
                    state.recorder.handle_input(state.now, input).unwrap_or_else(|e| match e {});
                }
                self.drain(&mut state)?;
                let held: usize = state
                    .drive
                    .iter()
                    .filter(|&(file, _)| state.first.is_some_and(|first| *file >= first))
                    .map(|(_, content)| content.len().saturating_sub(HEADER_LEN) / BLOCK)
                    .sum();
                if state.recorder.state() == LocalState::Recording && held != state.expected.len() {
                    return Err(format!("{held} of {} blocks are written", state.expected.len()));
                }
                return Ok(state);
            }
            Action::Pull => {
                state.pulls += 1;
                Input::Storage(StorageEvent::Removed)
            }
            Action::Insert => {
                state.pulls += 1;
                Input::Storage(StorageEvent::Inserted { free: 1 << 20 })
            }
            Action::Fill => {
                state.pulls += 1;
                Input::Storage(StorageEvent::Free((HEADER_LEN + BLOCK + 5) as u64))
            }
            Action::WriteFails => {
                state.pulls += 1;
                Input::Storage(StorageEvent::Failed(state.recorder.file().unwrap_or(FileId(9))))
            }
        };
        state.recorder.handle_input(state.now, input).unwrap_or_else(|error| match error {});
        self.drain(&mut state)?;
        Ok(state)
    }

    fn check(&self, state: &State) -> Result<(), String> {
        let idle = state.recorder.state() == LocalState::Idle;
        if idle != state.recorder.file().is_none() {
            return Err("a recording that is over still has a file".into());
        }
        Ok(())
    }

    fn fingerprint(&self, state: &State) -> u64 {
        let mut hasher = DefaultHasher::new();
        state.recorder.hash(&mut hasher);
        (state.frames, state.starts, state.pulls, state.first).hash(&mut hasher);
        (&state.expected, state.now).hash(&mut hasher);
        state.held.len().hash(&mut hasher);
        hasher.finish()
    }
}

#[test]
fn every_block_is_in_a_part_that_can_be_read_whenever_power_fails() {
    match explore(&Local { fault: Fault::None, frames: 9 }) {
        Ok(explored) => eprintln!("local recording and its drive: {explored}"),
        Err(counterexample) => panic!("{counterexample}"),
    }
}

#[test]
fn a_recorder_that_is_broken_on_purpose_is_found_out() {
    let cases = [
        (Fault::LosesBlockAtRollOver, "blocks"),
        (Fault::WritesHeaderLate, "FileId"),
        (Fault::PatchesWrongPlace, "blocks"),
    ];
    for (fault, problem) in cases {
        let counterexample = explore(&Local { fault, frames: 8 }).unwrap_err();
        assert!(counterexample.problem.contains(problem), "{fault:?}: {counterexample}");
        eprintln!("{fault:?}: {counterexample}");
    }
}
