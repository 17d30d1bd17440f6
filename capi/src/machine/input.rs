//! What happens to a machine.

use super::hosted::{Hosted, Order};
use crate::address::Address;
use crate::command::{Call, Command};
use crate::memory;
use crate::status::Status;
use core::ffi::c_char;
use recscope_core::Instant;
use recscope_core::machine::{self, Connection, FileId, StorageEvent, TcpEvent};

/// What happened. The fields that count are named; the others may be zero.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// The deadline of recscope_machine_poll_timeout has come.
    Timeout = 0,
    /// An order: command, and call, text or position where the command needs one.
    Command = 1,
    /// Sound, 20 ms of it or another frame: side, samples, count.
    Audio = 2,
    /// A UDP datagram came: local, remote, bytes, len.
    Datagram = 3,
    /// The TCP connection that the machine opened stands: connection, local.
    TcpConnected = 4,
    /// Bytes came: connection, bytes, len.
    TcpData = 5,
    /// The other end closed in order: connection.
    TcpClosed = 6,
    /// Refused, reset, timed out: connection.
    TcpFailed = 7,
    /// A drive was mounted: size, the bytes free on it.
    DriveInserted = 8,
    /// The drive is gone.
    DriveRemoved = 9,
    /// Free space changed by other doing than the machine's: size, the bytes free now.
    DriveFree = 10,
    /// A file could not be made, opened, read or written: file.
    FileFailed = 11,
    /// A file is open to be read: file, size, its bytes.
    FileOpened = 12,
    /// Bytes of a file came: file, position, bytes, len. Fewer than were asked for at its end.
    FileData = 13,
}

impl InputKind {
    const ALL: [Self; 14] = [
        Self::Timeout,
        Self::Command,
        Self::Audio,
        Self::Datagram,
        Self::TcpConnected,
        Self::TcpData,
        Self::TcpClosed,
        Self::TcpFailed,
        Self::DriveInserted,
        Self::DriveRemoved,
        Self::DriveFree,
        Self::FileFailed,
        Self::FileOpened,
        Self::FileData,
    ];

    fn read(number: u32) -> Result<Self, Status> {
        Self::ALL.into_iter().find(|&known| known as u32 == number).ok_or(Status::BadValue)
    }
}

/// Whose sound a frame holds.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What the phone sends: its own user.
    Sent = 0,
    /// What the phone receives: the other party.
    Received = 1,
    /// Both, mixed.
    Mixed = 2,
}

/// Something that happened to a machine.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// One of RecscopeInputKind, which tells the fields that count.
    pub kind: u32,
    /// One of RecscopeCommand.
    pub command: u32,
    /// Who talks to whom; NULL where the command does not need it.
    pub call: *const Call,
    /// One of RecscopeSide.
    pub side: u32,
    /// Samples at the codec's rate: 16000 per second for G722, else 8000.
    pub samples: *const i16,
    /// How many samples.
    pub count: usize,
    /// This end.
    pub local: Address,
    /// The other end.
    pub remote: Address,
    /// The bytes that came.
    pub bytes: *const u8,
    /// How many bytes.
    pub len: usize,
    /// The connection's number, as the machine gave it.
    pub connection: u32,
    /// The file's number, as the machine gave it.
    pub file: u32,
    /// Bytes: free on a drive, or of a file.
    pub size: u64,
    /// Where the bytes stand in their file, or to which second of it to go.
    pub position: u64,
    /// The name of a file, without folders; it ends with NUL.
    pub text: *const c_char,
}

impl Input {
    /// No input yet: all fields zero.
    #[must_use]
    pub const fn zero() -> Self {
        Self {
            kind: 0,
            command: 0,
            call: core::ptr::null(),
            side: 0,
            samples: core::ptr::null(),
            count: 0,
            local: Address::none(),
            remote: Address::none(),
            bytes: core::ptr::null(),
            len: 0,
            connection: 0,
            file: 0,
            size: 0,
            position: 0,
            text: core::ptr::null(),
        }
    }

    /// Tells `machine` of it.
    ///
    /// # Safety
    /// The pointers that count are NULL or point to as much as is said beside them.
    pub(super) unsafe fn deliver(
        &self,
        now: Instant,
        machine: &mut dyn Hosted,
    ) -> Result<(), Status> {
        // SAFETY: as promised by the caller.
        let bytes = || unsafe { memory::slice(self.bytes, self.len) };
        let (connection, file) = (Connection(self.connection), FileId(self.file));
        let input = match InputKind::read(self.kind)? {
            InputKind::Timeout => machine::Input::Timeout,
            InputKind::Command => {
                // SAFETY: as promised by the caller.
                return machine.order(now, unsafe { self.order() }?);
            }
            InputKind::Audio => machine::Input::Audio {
                side: match self.side {
                    0 => machine::Side::Sent,
                    1 => machine::Side::Received,
                    2 => machine::Side::Mixed,
                    _ => return Err(Status::BadValue),
                },
                // SAFETY: as promised by the caller.
                samples: unsafe { memory::slice(self.samples, self.count) }?,
            },
            InputKind::Datagram => machine::Input::Datagram {
                local: self.local.read()?,
                remote: self.remote.read()?,
                payload: bytes()?,
            },
            InputKind::TcpConnected => {
                let event = TcpEvent::Connected { local: self.local.read()? };
                machine::Input::Tcp { connection, event }
            }
            InputKind::TcpData => {
                machine::Input::Tcp { connection, event: TcpEvent::Data(bytes()?) }
            }
            InputKind::TcpClosed => machine::Input::Tcp { connection, event: TcpEvent::Closed },
            InputKind::TcpFailed => machine::Input::Tcp { connection, event: TcpEvent::Failed },
            InputKind::DriveInserted => {
                machine::Input::Storage(StorageEvent::Inserted { free: self.size })
            }
            InputKind::DriveRemoved => machine::Input::Storage(StorageEvent::Removed),
            InputKind::DriveFree => machine::Input::Storage(StorageEvent::Free(self.size)),
            InputKind::FileFailed => machine::Input::Storage(StorageEvent::Failed(file)),
            InputKind::FileOpened => {
                machine::Input::Storage(StorageEvent::Opened { file, size: self.size })
            }
            InputKind::FileData => {
                let (offset, bytes) = (self.position, bytes()?);
                machine::Input::Storage(StorageEvent::Data { file, offset, bytes })
            }
        };
        machine.input(now, input);
        Ok(())
    }

    /// The order in it.
    ///
    /// # Safety
    /// `call` is NULL, or a call whose texts are NULL or end with NUL; so does `text`.
    unsafe fn order(&self) -> Result<Order<'_>, Status> {
        let command = Command::read(self.command)?;
        // SAFETY: as promised by the caller.
        let call = unsafe { self.call.as_ref() };
        // SAFETY: as promised by the caller.
        let parties = call.map(|call| unsafe { call.read() }).transpose()?;
        // SAFETY: as promised by the caller.
        Ok(unsafe { Order::new(command, parties, self.text, self.position) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_numbers() {
        for (number, kind) in (0..).zip(InputKind::ALL) {
            assert_eq!((InputKind::read(number), kind as u32), (Ok(kind), number));
        }
        assert_eq!(InputKind::read(14), Err(Status::BadValue));
    }
}
