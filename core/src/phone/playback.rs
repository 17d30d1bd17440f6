//! Playing a recording from the drive (BX-L7).

mod state;
mod track;

pub use state::{Command, Config, PlaybackState};

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::time::Duration;

use self::state::PlaybackTimer;
use self::track::{Need, Track};
use crate::machine::{
    FileId, Input, Machine, Outbox, Output, State, StorageCommand, StorageEvent, TimeoutReason,
    Timer, Timers,
};
use crate::rule::{self};
use crate::time::Instant;

/// The machine that plays recordings: it reads the header, tells the duration, and then gives
/// its host a block's sound whenever one is due.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Player {
    config: Config,
    state: PlaybackState,
    playing: Option<Playing>,
    next_file: FileId,
    timers: Timers<PlaybackTimer, 1>,
    /// Kept for its memory.
    samples: Vec<i16>,
    outbox: Outbox,
}

/// A file being played.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Playing {
    file: FileId,
    name: String,
    size: u64,
    /// `None` until the header was read.
    track: Option<Track>,
    /// Bytes of the file, from `offset` on.
    buffer: Vec<u8>,
    offset: u64,
    /// A read is under way.
    asked: bool,
}

impl Playing {
    const fn end(&self) -> u64 {
        self.offset + self.buffer.len() as u64
    }
}

impl Player {
    /// A player that plays nothing yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            next_file: FileId(config.first_file),
            config,
            state: PlaybackState::Idle,
            playing: None,
            timers: Timers::default(),
            samples: Vec::new(),
            outbox: Outbox::default(),
        }
    }

    /// What it does.
    #[must_use]
    pub const fn state(&self) -> PlaybackState {
        self.state
    }

    /// How far it has come, and how long the recording is.
    #[must_use]
    pub fn progress(&self) -> Option<(Duration, Duration)> {
        let track = self.playing.as_ref()?.track.as_ref()?;
        Some((track.position(), track.duration()))
    }

    /// Whether a file is one that it opened.
    #[must_use]
    pub fn owns(&self, file: FileId) -> bool {
        self.playing.as_ref().is_some_and(|playing| playing.file == file)
    }

    fn handle_command(&mut self, command: Command) {
        match (command, self.state) {
            (Command::Play(name), PlaybackState::Idle) => self.open(name),
            (Command::Play(name), _) => {
                self.end("stop");
                self.open(name);
            }
            (Command::Pause, PlaybackState::Playing) => {
                self.timers.clear_all();
                self.enter(PlaybackState::Paused, "pause");
            }
            (Command::Resume, PlaybackState::Paused) => {
                self.enter(PlaybackState::Playing, "resume");
                self.play();
            }
            (Command::Seek(second), PlaybackState::Playing | PlaybackState::Paused) => {
                self.seek(second);
            }
            (Command::Stop, state) if state != PlaybackState::Idle => self.end("stop"),
            _ => self.ignore("there is nothing to do so with"),
        }
    }

    fn open(&mut self, name: String) {
        let file = self.next_file;
        self.next_file = FileId(file.0.checked_add(1).unwrap_or(self.config.first_file));
        self.outbox.storage(StorageCommand::Open { file, name: &name }, rule::BX_L7);
        self.playing = Some(Playing {
            file,
            name,
            size: 0,
            track: None,
            buffer: Vec::new(),
            offset: 0,
            asked: false,
        });
        self.enter(PlaybackState::Opening, "play");
    }

    fn handle_storage(&mut self, event: StorageEvent<'_>) {
        match event {
            StorageEvent::Opened { file, size } if self.owns(file) => self.opened(size),
            StorageEvent::Data { file, offset, bytes } if self.owns(file) => {
                self.take(offset, bytes);
            }
            StorageEvent::Failed(file) if self.owns(file) => self.fail(),
            StorageEvent::Removed if self.playing.is_some() => {
                self.playing = None;
                self.timers.clear_all();
                self.enter(PlaybackState::Idle, "drive removed");
                self.outbox.prompt("Playback stopped: the USB drive was removed", rule::BX_L1);
            }
            StorageEvent::Inserted { .. } | StorageEvent::Removed | StorageEvent::Free(_) => {}
            _ => self.ignore("the file is not being played"),
        }
    }

    fn fail(&mut self) {
        self.end("read failure");
        self.outbox.prompt("Cannot play: the file cannot be read", rule::BX_L7);
    }

    fn opened(&mut self, size: u64) {
        if self.state != PlaybackState::Opening {
            return self.ignore("the file is open already");
        }
        if let Some(playing) = &mut self.playing {
            playing.size = size;
        }
        self.read_header();
    }

    /// Takes the header, once there is enough of the file.
    fn read_header(&mut self) {
        let Some(playing) = &mut self.playing else { return };
        let needed = match Track::need(&playing.buffer, playing.size) {
            Need::Bytes(needed) => needed,
            Need::Nothing => return self.refuse(),
        };
        if playing.end() < needed {
            let missing = u32::try_from(needed - playing.end()).unwrap_or(u32::MAX);
            return self.ask(missing.max(self.config.read_len));
        }
        let Some(track) = Track::read(&playing.buffer, playing.size) else {
            return self.refuse();
        };
        let (seconds, codec) = (track.duration().as_secs(), track.codec());
        let (stale, by_header, blocks) = (track.is_stale(), track.blocks_by_header, track.blocks());
        playing.track = Some(track);
        let name = playing.name.clone();
        self.enter(PlaybackState::Playing, "header read");
        if stale {
            let text = format!(
                "The header counts {by_header} blocks and the file holds {blocks}: what is there \
                 is played"
            );
            self.outbox.note(text, rule::BX_L6);
        }
        let text = format!("Playing {name}: {}:{:02}, {codec}", seconds / 60, seconds % 60);
        self.outbox.prompt(text, rule::BX_L7);
        self.play();
    }

    fn refuse(&mut self) {
        self.end("unreadable");
        self.outbox.prompt("Cannot play: the file is no recording of this phone", rule::BX_L3);
    }

    fn ask(&mut self, len: u32) {
        let Some(playing) = &mut self.playing else { return };
        if !playing.asked && playing.end() < playing.size {
            playing.asked = true;
            let read = StorageCommand::Read { file: playing.file, offset: playing.end(), len };
            self.outbox.storage(read, rule::BX_L7);
        }
    }

    fn take(&mut self, offset: u64, bytes: &[u8]) {
        let Some(playing) = &mut self.playing else { return };
        if !playing.asked {
            return self.ignore("nobody asked for this part of the file");
        }
        playing.asked = false;
        // After a jump the answer to an older question still comes.
        if offset == playing.end() {
            if bytes.is_empty() {
                return self.fail();
            }
            // More than was asked for is not kept.
            let len = usize::try_from(playing.size - offset).unwrap_or(usize::MAX);
            playing.buffer.extend_from_slice(bytes.get(..len).unwrap_or(bytes));
        }
        match self.state {
            PlaybackState::Opening => self.read_header(),
            PlaybackState::Playing if self.timers.next().is_none() => self.play(),
            PlaybackState::Playing | PlaybackState::Paused | PlaybackState::Idle => {}
        }
    }

    /// Lets the next block sound, or asks for it.
    fn play(&mut self) {
        let Some(Playing { track: Some(track), buffer, offset, .. }) = &mut self.playing else {
            return;
        };
        if track.is_over() {
            return self.end("end of recording");
        }
        let start = usize::try_from(track.offset().saturating_sub(*offset)).unwrap_or(usize::MAX);
        let block = buffer.get(start..).and_then(|rest| rest.get(..track.block_len()));
        let mut later = Duration::ZERO;
        let played = block.is_some();
        if let Some(block) = block {
            track.play(block, &mut self.samples);
            self.outbox.audio(track.codec().sample_rate(), &self.samples);
            later = track.block_time();
        }
        // Half of what is read at once is kept in reserve.
        let done = start.saturating_add(if played { track.block_len() } else { 0 });
        let left = buffer.len().saturating_sub(done);
        let wanted = usize::try_from(self.config.read_len / 2).unwrap_or(usize::MAX);
        if left < wanted.max(track.block_len()) {
            let drop = done.min(buffer.len());
            buffer.drain(..drop);
            *offset += drop as u64;
            let block_len = u32::try_from(track.block_len()).unwrap_or(u32::MAX);
            self.ask(self.config.read_len.max(block_len));
        }
        if played {
            self.timers.set(PlaybackTimer::Block, later);
        }
    }

    fn seek(&mut self, second: u32) {
        let Some(playing) = &mut self.playing else { return };
        let Some(track) = &mut playing.track else { return };
        track.seek(second);
        let target = track.offset();
        if !(playing.offset..playing.offset + playing.buffer.len() as u64).contains(&target) {
            playing.buffer.clear();
            playing.offset = target;
        }
        self.timers.clear_all();
        if self.state == PlaybackState::Playing {
            self.play();
        }
    }

    fn end(&mut self, cause: &'static str) {
        self.timers.clear_all();
        if let Some(playing) = self.playing.take() {
            self.outbox.storage(StorageCommand::Close(playing.file), rule::BX_L7);
        }
        self.enter(PlaybackState::Idle, cause);
    }

    fn enter(&mut self, to: PlaybackState, cause: &'static str) {
        self.outbox.event(self.state.enter(to, cause));
    }

    fn ignore(&mut self, reason: &'static str) {
        self.outbox.ignored(reason, rule::BX_L7);
    }
}

impl Machine for Player {
    type Command = Command;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, Command>,
    ) -> Result<(), Self::Misuse> {
        self.timers.advance(now);
        match input {
            Input::Command(command) => self.handle_command(command),
            Input::Storage(event) => self.handle_storage(event),
            Input::Timeout => {
                while self.timers.expire().is_some() {
                    self.play();
                }
            }
            // The sound of a call, which goes on beside.
            Input::Audio { .. } => {}
            Input::Datagram { .. } | Input::Tcp { .. } | Input::Ras { .. } => {
                self.ignore("playback listens to no network");
            }
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        self.timers.next().map(|(at, timer)| (at, timer.name()))
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "the numbers of these tests are small")]
mod tests;
