//! Recording to a USB drive (BX-L1 to BX-L6).

mod config;
mod file;
mod state;

pub use config::{Command, Config, Drive};
pub use state::LocalState;

use core::convert::Infallible;

use self::file::File;
use super::media::{MIXED, Mixer, Stream};
use super::model::LocalRecording as Capability;
use crate::codec::Codec;
use crate::machine::{
    FileId, Input, Machine, Outbox, Output, Side, State, StorageCommand, StorageEvent,
    TimeoutReason,
};
use crate::random::Random;
use crate::recording::{SystemTime, Writer, file_name};
use crate::rule;
use crate::spelling::{digits, joined, text};
use crate::time::Instant;

/// The machine that records calls to the phone's USB drive.
///
/// Its host gives it the call's sound as [`Input::Audio`], both sides; it mixes them into one RTP
/// stream (BX-3) and writes that to files, which it keeps readable at every moment (BX-L6).
///
/// ```
/// use recscope_core::Instant;
/// use recscope_core::machine::{Input, Machine, Output, Side, StorageCommand, StorageEvent};
/// use recscope_core::phone::local::{Command, Config, LocalRecorder};
///
/// let mut recorder = LocalRecorder::new(Config::default());
/// let now = Instant::ORIGIN;
/// recorder.handle_input(now, Input::Storage(StorageEvent::Inserted { free: 8 << 30 }))?;
/// recorder.handle_input(now, Input::Command(Command::Start))?;
/// for side in [Side::Sent, Side::Received] {
///     recorder.handle_input(now, Input::Audio { side, samples: &[0; 160] })?;
/// }
/// recorder.handle_input(now, Input::Command(Command::Stop))?;
/// let mut file = Vec::new();
/// while let Some(output) = recorder.poll_output() {
///     if let Output::Storage { command: StorageCommand::Write { offset, bytes, .. }, .. } = output {
///         let offset = usize::try_from(offset)?;
///         file.resize(file.len().max(offset + bytes.len()), 0);
///         file[offset..offset + bytes.len()].copy_from_slice(bytes);
///     }
/// }
/// assert_eq!(file.len(), 76 + 172);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LocalRecorder {
    config: Config,
    state: LocalState,
    drive: Drive,
    recording: Option<Recording>,
    /// The number of the next file.
    next_file: FileId,
    /// The second in which the last file was named, and how many were.
    last_name: Option<(SystemTime, u32)>,
    random: Random,
    outbox: Outbox,
}

/// A recording under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Recording {
    mixer: Mixer,
    stream: Stream,
    file: File,
}

impl LocalRecorder {
    /// A recorder without a drive.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            random: Random::new(config.seed),
            config,
            state: LocalState::Idle,
            drive: Drive::Absent,
            recording: None,
            next_file: FileId(0),
            last_name: None,
            outbox: Outbox::default(),
        }
    }

    /// What it does.
    #[must_use]
    pub const fn state(&self) -> LocalState {
        self.state
    }

    /// What it knows of its drive.
    #[must_use]
    pub const fn drive(&self) -> Drive {
        self.drive
    }

    /// The file that is written, while there is one.
    #[must_use]
    pub fn file(&self) -> Option<FileId> {
        self.recording.as_ref().map(|recording| recording.file.id())
    }

    fn handle_command(&mut self, now: Instant, command: Command) {
        match (command, self.state) {
            (Command::Start, LocalState::Idle) => self.start(now),
            (Command::Pause, LocalState::Recording) => {
                if self.write_rest(now) {
                    self.save_header();
                    self.enter(LocalState::Paused, "pause");
                }
            }
            (Command::Resume, LocalState::Paused) => {
                if let Some(Recording { mixer, stream, .. }) = &mut self.recording {
                    mixer.skip_into(stream);
                }
                self.enter(LocalState::Recording, "resume");
            }
            (Command::Stop, LocalState::Recording | LocalState::Paused) => self.finish(now, "stop"),
            (Command::CallEnded, LocalState::Recording | LocalState::Paused) => {
                self.finish(now, "call ended");
            }
            (Command::CallEnded, LocalState::Idle) => {}
            _ => self.outbox.ignored("there is nothing for this key to do now", rule::BX_1),
        }
    }

    /// BX-L1: model, drive and room are checked before a file is made.
    fn start(&mut self, now: Instant) {
        let Some(codec) = Codec::from_name(&self.config.codec) else {
            let text = ["Cannot record: codec ", &self.config.codec, " is not supported"];
            return self.outbox.prompt(joined(&text), rule::BX_4);
        };
        match self.config.model.local_recording() {
            Capability::Unsupported => {
                let text = ["Recording to USB is not supported on ", self.config.model.name()];
                return self.outbox.prompt(joined(&text), rule::BX_2);
            }
            Capability::NotStated => {
                let not_stated = " records to USB is not stated; with a drive it is taken to";
                let text = ["Whether ", self.config.model.name(), not_stated];
                self.outbox.note(joined(&text), rule::BX_2);
            }
            Capability::Supported => {}
        }
        let Drive::Mounted { free } = self.drive else {
            return self.outbox.prompt("Cannot record: no USB drive", rule::BX_L1);
        };
        let stream = Stream::new(codec, self.config.packet_time, &mut self.random);
        let mixer = Mixer::new(codec.sample_rate());
        let Some(writer) = self.writer(&stream) else { return };
        if free < self.config.minimum_free.max(File::room_to_begin(&writer)) {
            return self.outbox.prompt("Cannot record: the USB drive is full", rule::BX_L1);
        }
        let received = " stream, which the phone receives on its own port ";
        let port = text(digits(self.config.local_port.into()));
        let note = [MIXED, codec.name(), received, &port, " and writes to the file"];
        self.outbox.note(joined(&note), rule::BX_3);
        let file = self.create(now, writer);
        self.recording = Some(Recording { mixer, stream, file });
        self.enter(LocalState::Recording, "start");
    }

    fn writer(&self, stream: &Stream) -> Option<Writer> {
        let payload = u32::try_from(stream.payload_len()).ok()?;
        let rtp_len = payload + self.config.header_len();
        Writer::new(stream.codec().name(), rtp_len, stream.increment()).ok()
    }

    /// Makes a file and writes its header.
    fn create(&mut self, now: Instant, writer: Writer) -> File {
        let id = self.next_file;
        self.next_file = FileId(id.0.wrapping_add(1));
        let time = SystemTime(self.config.epoch_seconds + now.as_micros() / 1_000_000);
        let number = match self.last_name {
            Some((last, number)) if last == time => number + 1,
            _ => 1,
        };
        self.last_name = Some((time, number));
        let name = file_name(time, number);
        let create = StorageCommand::Create { file: id, name: &name };
        self.outbox.storage(create, rule::BX_L2);
        let text = ["The phone makes the file ", &name, " on the drive"];
        self.outbox.note(joined(&text), rule::BX_L2);
        let file = File::new(id, writer, &mut self.outbox);
        self.drive.take(file.len());
        file
    }

    fn handle_audio(&mut self, now: Instant, side: Side, samples: &[i16]) {
        let Some(Recording { mixer, stream, .. }) = &mut self.recording else { return };
        mixer.push(side, samples);
        match self.state {
            LocalState::Paused => mixer.skip_into(stream),
            LocalState::Recording => {
                mixer.mix_into(stream);
                self.write_blocks(now);
            }
            LocalState::Idle => {}
        }
    }

    /// Writes the sound that is still on its way; `false` where recording ended with that.
    fn write_rest(&mut self, now: Instant) -> bool {
        if self.state == LocalState::Recording
            && let Some(Recording { mixer, stream, .. }) = &mut self.recording
        {
            mixer.flush_into(stream);
            self.write_blocks(now);
            if let Some(Recording { stream, .. }) = &mut self.recording {
                stream.pad();
                self.write_blocks(now);
            }
        }
        self.recording.is_some()
    }

    /// Writes the blocks that are whole, going on in a new file at the limit (BX-L4).
    fn write_blocks(&mut self, now: Instant) {
        while let Some(recording) = self.recording.as_mut().filter(|r| r.stream.is_ready()) {
            if recording.file.is_full(self.config.size_limit) {
                if !self.roll_over(now) {
                    return;
                }
                continue;
            }
            let Recording { stream, file, .. } = recording;
            if !self.drive.has_room_for(file.block_len()) {
                self.end("drive full");
                return self.outbox.prompt("Recording stopped: the USB drive is full", rule::BX_L4);
            }
            file.write_block(stream, self.config.rtp_headers, &mut self.outbox);
            self.drive.take(file.block_len());
        }
    }

    /// BX-L4: the next block goes to a new file, where there is room; `false` where there is not.
    fn roll_over(&mut self, now: Instant) -> bool {
        let Some(Recording { stream, .. }) = &self.recording else { return false };
        let Some(writer) = self.writer(stream) else { return false };
        if !self.drive.has_room_for(File::room_to_begin(&writer)) {
            self.end("drive full");
            let text = "Recording stopped: file size limit reached and the USB drive is full";
            self.outbox.prompt(text, rule::BX_L4);
            return false;
        }
        if let Some(Recording { file, .. }) = &self.recording {
            file.close(rule::BX_L4, &mut self.outbox);
        }
        let text = "The file has reached its size limit: recording goes on in a new file with \
                    the very next block";
        self.outbox.note(text, rule::BX_L4);
        let next = self.create(now, writer);
        if let Some(Recording { file, .. }) = &mut self.recording {
            *file = next;
        }
        true
    }

    fn save_header(&mut self) {
        if let Some(Recording { file, .. }) = &self.recording {
            file.save_header(rule::BX_L5, &mut self.outbox);
        }
    }

    fn finish(&mut self, now: Instant, cause: &'static str) {
        if self.write_rest(now) {
            self.end(cause);
        }
    }

    /// Closes the file and forgets the recording.
    fn end(&mut self, cause: &'static str) {
        if let Some(Recording { file, .. }) = self.recording.take() {
            file.close(rule::BX_L3, &mut self.outbox);
        }
        self.enter(LocalState::Idle, cause);
    }

    /// Forgets the recording without touching the file, which cannot be reached any more.
    fn abandon(&mut self, cause: &'static str) {
        self.recording = None;
        self.enter(LocalState::Idle, cause);
    }

    fn handle_storage(&mut self, event: StorageEvent<'_>) {
        match event {
            StorageEvent::Inserted { free } => {
                self.lose_drive();
                self.drive = Drive::Mounted { free };
            }
            StorageEvent::Removed => self.lose_drive(),
            StorageEvent::Free(free) => {
                if let Drive::Mounted { .. } = self.drive {
                    self.drive = Drive::Mounted { free };
                }
            }
            StorageEvent::Failed(id) if self.file() == Some(id) => {
                self.abandon("write failure");
                self.outbox
                    .prompt("Recording stopped: the USB drive cannot be written", rule::BX_L6);
            }
            // The failure of a file that is closed already, or an answer that nobody asked for.
            StorageEvent::Failed(_) | StorageEvent::Opened { .. } | StorageEvent::Data { .. } => {
                self.outbox.ignored("the drive's answer is about no open recording", rule::BX_L6);
            }
        }
    }

    fn lose_drive(&mut self) {
        self.drive = Drive::Absent;
        if self.recording.is_some() {
            self.abandon("drive removed");
            self.outbox.prompt("Recording stopped: the USB drive was removed", rule::BX_L6);
        }
    }

    fn enter(&mut self, to: LocalState, cause: &'static str) {
        self.outbox.event(self.state.enter(to, cause));
    }
}

impl Machine for LocalRecorder {
    type Command = Command;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, Command>,
    ) -> Result<(), Self::Misuse> {
        match input {
            Input::Command(command) => self.handle_command(now, command),
            Input::Storage(event) => self.handle_storage(event),
            Input::Audio { side, samples } => self.handle_audio(now, side, samples),
            Input::Timeout => {}
            Input::Datagram { .. } | Input::Tcp { .. } | Input::Ras { .. } => {
                self.outbox.ignored("local recording listens to no network", rule::BX_1);
            }
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    /// Never: local recording waits for sound and keys only.
    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        None
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "the numbers of these tests are small")]
mod tests;
