//! What a machine wants done, in order, until its host takes it.

use super::{Connection, Event, FileId, Output, StorageCommand, TcpCommand};
use crate::ras;
use crate::rule::Rule;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::ops::Range;

/// A queue of [`Output`]s whose payloads lie in one buffer that is used again once everything
/// was taken: after a warm-up, sending allocates nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outbox {
    queue: VecDeque<Queued>,
    bytes: Vec<u8>,
    samples: Vec<i16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Queued {
    Datagram { local: SocketAddr, remote: SocketAddr, payload: Range<usize>, rule: RuleId },
    Connect { connection: Connection, remote: SocketAddr, rule: RuleId },
    Send { connection: Connection, payload: Range<usize>, rule: RuleId },
    Close { connection: Connection, rule: RuleId },
    Abort { connection: Connection, rule: RuleId },
    Create { file: FileId, name: Range<usize>, rule: RuleId },
    Open { file: FileId, name: Range<usize>, rule: RuleId },
    Write { file: FileId, offset: u64, payload: Range<usize>, rule: RuleId },
    Read { file: FileId, offset: u64, len: u32, rule: RuleId },
    CloseFile { file: FileId, rule: RuleId },
    Delete { file: FileId, rule: RuleId },
    Ras { remote: SocketAddr, message: ras::Message, rule: RuleId },
    Audio { sample_rate: u32, samples: Range<usize> },
    Event(Event),
}

type RuleId = &'static Rule;

impl Outbox {
    /// Sends a datagram.
    pub fn datagram(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
        payload: &[u8],
        rule: &'static Rule,
    ) {
        self.datagram_with(local, remote, rule, |bytes| bytes.extend_from_slice(payload));
    }

    /// Sends a datagram that `write` appends to the buffer it is given, without a copy.
    pub fn datagram_with(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
        rule: &'static Rule,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let payload = start.min(self.bytes.len())..self.bytes.len();
        self.queue.push_back(Queued::Datagram { local, remote, payload, rule });
    }

    /// Acts on a TCP connection.
    pub fn tcp(&mut self, connection: Connection, command: TcpCommand<'_>, rule: &'static Rule) {
        let queued = match command {
            TcpCommand::Connect(remote) => Queued::Connect { connection, remote, rule },
            TcpCommand::Send(bytes) => Queued::Send { connection, payload: self.keep(bytes), rule },
            TcpCommand::Close => Queued::Close { connection, rule },
            TcpCommand::Abort => Queued::Abort { connection, rule },
        };
        self.queue.push_back(queued);
    }

    /// Acts on the drive.
    pub fn storage(&mut self, command: StorageCommand<'_>, rule: &'static Rule) {
        let queued = match command {
            StorageCommand::Create { file, name } => {
                Queued::Create { file, name: self.keep(name.as_bytes()), rule }
            }
            StorageCommand::Open { file, name } => {
                Queued::Open { file, name: self.keep(name.as_bytes()), rule }
            }
            StorageCommand::Write { file, offset, bytes } => {
                Queued::Write { file, offset, payload: self.keep(bytes), rule }
            }
            StorageCommand::Read { file, offset, len } => Queued::Read { file, offset, len, rule },
            StorageCommand::Close(file) => Queued::CloseFile { file, rule },
            StorageCommand::Delete(file) => Queued::Delete { file, rule },
        };
        self.queue.push_back(queued);
    }

    /// Sends a message between terminal and gatekeeper.
    pub fn ras(&mut self, remote: SocketAddr, message: ras::Message, rule: &'static Rule) {
        self.queue.push_back(Queued::Ras { remote, message, rule });
    }

    /// Plays sound.
    pub fn audio(&mut self, sample_rate: u32, samples: &[i16]) {
        let start = self.samples.len();
        self.samples.extend_from_slice(samples);
        let samples = start..self.samples.len();
        self.queue.push_back(Queued::Audio { sample_rate, samples });
    }

    /// Tells of something; `None` is nothing to tell, as [`super::State::enter`] gives it.
    pub fn event(&mut self, event: impl Into<Option<Event>>) {
        self.queue.extend(event.into().map(Queued::Event));
    }

    /// Has the phone show its user a message.
    pub fn prompt(&mut self, text: impl Into<String>, rule: &'static Rule) {
        self.event(Event::Prompt { text: text.into(), rule });
    }

    /// Remarks on what just happened.
    pub fn note(&mut self, text: impl Into<String>, rule: &'static Rule) {
        self.event(Event::Note { text: text.into(), rule });
    }

    /// Tells that input was dropped on purpose.
    pub fn ignored(&mut self, reason: &'static str, rule: &'static Rule) {
        self.event(Event::Ignored { reason, rule });
    }

    /// Takes over an output of a machine inside this one.
    pub fn push(&mut self, output: Output<'_>) {
        match output {
            Output::Datagram { local, remote, payload, rule } => {
                self.datagram(local, remote, payload, rule);
            }
            Output::Tcp { connection, command, rule } => self.tcp(connection, command, rule),
            Output::Storage { command, rule } => self.storage(command, rule),
            Output::Ras { remote, message, rule } => self.ras(remote, message, rule),
            Output::Audio { sample_rate, samples } => self.audio(sample_rate, samples),
            Output::Event(event) => self.event(event),
        }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The next thing to do. Once it gave `None`, the buffer starts afresh.
    pub fn poll(&mut self) -> Option<Output<'_>> {
        let Some(queued) = self.queue.pop_front() else {
            if !self.bytes.is_empty() || !self.samples.is_empty() {
                self.bytes.clear();
                self.samples.clear();
            }
            // The next output goes where the last one was, not around the ring.
            self.queue.clear();
            return None;
        };
        let bytes = |range: Range<usize>| self.bytes.get(range).unwrap_or_default();
        let text = |range| core::str::from_utf8(bytes(range)).unwrap_or_default();
        Some(match queued {
            Queued::Datagram { local, remote, payload, rule } => {
                Output::Datagram { local, remote, payload: bytes(payload), rule }
            }
            Queued::Connect { connection, remote, rule } => {
                Output::Tcp { connection, command: TcpCommand::Connect(remote), rule }
            }
            Queued::Send { connection, payload, rule } => {
                Output::Tcp { connection, command: TcpCommand::Send(bytes(payload)), rule }
            }
            Queued::Close { connection, rule } => {
                Output::Tcp { connection, command: TcpCommand::Close, rule }
            }
            Queued::Abort { connection, rule } => {
                Output::Tcp { connection, command: TcpCommand::Abort, rule }
            }
            Queued::Create { file, name, rule } => {
                let name = text(name);
                Output::Storage { command: StorageCommand::Create { file, name }, rule }
            }
            Queued::Open { file, name, rule } => {
                let name = text(name);
                Output::Storage { command: StorageCommand::Open { file, name }, rule }
            }
            Queued::Write { file, offset, payload, rule } => {
                let bytes = bytes(payload);
                Output::Storage { command: StorageCommand::Write { file, offset, bytes }, rule }
            }
            Queued::Read { file, offset, len, rule } => {
                Output::Storage { command: StorageCommand::Read { file, offset, len }, rule }
            }
            Queued::CloseFile { file, rule } => {
                Output::Storage { command: StorageCommand::Close(file), rule }
            }
            Queued::Delete { file, rule } => {
                Output::Storage { command: StorageCommand::Delete(file), rule }
            }
            Queued::Ras { remote, message, rule } => Output::Ras { remote, message, rule },
            Queued::Audio { sample_rate, samples } => Output::Audio {
                sample_rate,
                samples: self.samples.get(samples).unwrap_or_default(),
            },
            Queued::Event(event) => Output::Event(event),
        })
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn outputs_come_in_order_with_their_payloads() {
        let mut outbox = Outbox::default();
        outbox.datagram(address(1), address(2), b"one", rule::MX_S1);
        let create = StorageCommand::Create { file: FileId(0), name: "Record_1.wav" };
        outbox.storage(create, rule::BX_L2);
        outbox.tcp(Connection(7), TcpCommand::Send(b"two"), rule::BX_S2);
        assert_eq!(
            outbox.poll(),
            Some(Output::Datagram {
                local: address(1),
                remote: address(2),
                payload: b"one",
                rule: rule::MX_S1
            })
        );
        assert_eq!(outbox.poll(), Some(Output::Storage { command: create, rule: rule::BX_L2 }));
        assert_eq!(
            outbox.poll(),
            Some(Output::Tcp {
                connection: Connection(7),
                command: TcpCommand::Send(b"two"),
                rule: rule::BX_S2
            })
        );
        assert_eq!(outbox.poll(), None);
    }

    #[test]
    fn the_buffer_is_used_again_once_empty() {
        let mut outbox = Outbox::default();
        for _ in 0..3 {
            outbox.datagram(address(1), address(2), &[0; 172], rule::MX_S1);
            assert!(outbox.poll().is_some());
            assert!(outbox.poll().is_none());
        }
        assert!(outbox.bytes.capacity() < 3 * 172);
    }
}
