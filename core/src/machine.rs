//! The shape every state machine of this crate has: inputs with a time, outputs to drain, one
//! deadline.
//!
//! A machine owns no socket, file, clock or thread. Its host delivers what happened as
//! [`Input`], then drains [`Machine::poll_output`] until it is empty, then sleeps until
//! [`Machine::poll_timeout`] or the next event. Bytes on the wire are made and read by the
//! machine itself, so the same code runs in a simulation, on sockets and in firmware.

mod deadlines;
mod diagram;
mod outbox;
mod timers;
mod uncompared;

pub use deadlines::Deadlines;
pub use diagram::{Diagram, State, Transition};
pub(crate) use diagram::{pass, states, timers};
pub use outbox::Outbox;
pub use timers::{Timer, Timers};
pub use uncompared::Uncompared;

use crate::ras;
use crate::rule::Rule;
use crate::time::Instant;
use alloc::string::String;
use core::net::SocketAddr;

/// A state machine without I/O.
pub trait Machine {
    /// What its owner or user can order.
    type Command;
    /// Misuse by the host: wrong order of calls, unknown handles. Bad input from the network is
    /// never an error here; it is answered or ignored as the protocol says, and shown as
    /// [`Event::Ignored`].
    type Misuse;

    /// Takes one event. Drain [`Self::poll_output`] afterwards.
    ///
    /// # Errors
    /// Misuse by the host; the machine is unchanged.
    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, Self::Command>,
    ) -> Result<(), Self::Misuse>;

    /// The next thing to do, until `None`.
    #[must_use]
    fn poll_output(&mut self) -> Option<Output<'_>>;

    /// When to deliver [`Input::Timeout`] at the latest, and what for. A deadline in the past
    /// is due now.
    #[must_use]
    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)>;
}

/// Names a deadline for diagrams and logs: `keep-alive`, `timer B`.
pub type TimeoutReason = &'static str;

/// Something that happened to a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input<'a, C> {
    /// A UDP datagram arrived.
    Datagram {
        /// The socket it arrived on.
        local: SocketAddr,
        /// Who sent it.
        remote: SocketAddr,
        /// Its bytes.
        payload: &'a [u8],
    },
    /// A TCP connection changed or delivered bytes.
    Tcp {
        /// Which one.
        connection: Connection,
        /// What happened.
        event: TcpEvent<'a>,
    },
    /// A message between terminal and gatekeeper arrived.
    Ras {
        /// Who sent it.
        remote: SocketAddr,
        /// What it says.
        message: &'a ras::Message,
    },
    /// The drive changed or answered.
    Storage(StorageEvent<'a>),
    /// 20 ms or another frame of sound is there to be sent or recorded.
    Audio {
        /// Whose sound.
        side: Side,
        /// Samples at the machine's codec's rate.
        samples: &'a [i16],
    },
    /// An order by the user or owner.
    Command(C),
    /// The deadline of [`Machine::poll_timeout`] has come.
    Timeout,
}

/// Whose sound a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// What the phone sends: its own user.
    Sent,
    /// What the phone receives: the other party.
    Received,
    /// Both, mixed (BX-3).
    Mixed,
}

/// A TCP connection, numbered by whoever opens it: the machine for its own, the host (from
/// [`Connection::ACCEPTED`] on) for accepted ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Connection(pub u32);

impl Connection {
    /// Numbers from here on are the host's.
    pub const ACCEPTED: u32 = 1 << 31;
}

/// What happens to a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpEvent<'a> {
    /// The connection that the machine opened stands.
    Connected {
        /// This end.
        local: SocketAddr,
    },
    /// Somebody connected.
    Accepted {
        /// This end.
        local: SocketAddr,
        /// The other end.
        remote: SocketAddr,
    },
    /// Bytes arrived.
    Data(&'a [u8]),
    /// The other end closed in order.
    Closed,
    /// Refused, reset, timed out: no more of it.
    Failed,
}

/// What the drive does or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageEvent<'a> {
    /// A drive was plugged in and mounted.
    Inserted {
        /// Bytes free on it.
        free: u64,
    },
    /// The drive is gone.
    Removed,
    /// Free space, after a change that the machine did not cause.
    Free(u64),
    /// A file could not be made, opened or written.
    Failed(FileId),
    /// A file that the machine opened for reading is there.
    Opened {
        /// Which file.
        file: FileId,
        /// Its length in bytes.
        size: u64,
    },
    /// Bytes of a file that the machine asked for; fewer than asked at the end of the file.
    Data {
        /// Which file.
        file: FileId,
        /// Where in it.
        offset: u64,
        /// What stands there.
        bytes: &'a [u8],
    },
}

/// Something a machine wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<'a> {
    /// Send a UDP datagram.
    Datagram {
        /// From this socket.
        local: SocketAddr,
        /// To this address.
        remote: SocketAddr,
        /// These bytes.
        payload: &'a [u8],
        /// Why.
        rule: &'static Rule,
    },
    /// Act on a TCP connection.
    Tcp {
        /// Which one.
        connection: Connection,
        /// What to do.
        command: TcpCommand<'a>,
        /// Why.
        rule: &'static Rule,
    },
    /// Act on the drive.
    Storage {
        /// What to do.
        command: StorageCommand<'a>,
        /// Why.
        rule: &'static Rule,
    },
    /// Send a message between terminal and gatekeeper.
    Ras {
        /// To this address.
        remote: SocketAddr,
        /// What it says.
        message: ras::Message,
        /// Why.
        rule: &'static Rule,
    },
    /// Play sound to the phone's user.
    Audio {
        /// Samples per second.
        sample_rate: u32,
        /// The samples.
        samples: &'a [i16],
    },
    /// Something to show; nothing to do.
    Event(Event),
}

/// What to do with a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpCommand<'a> {
    /// Open it to this address.
    Connect(SocketAddr),
    /// Send these bytes.
    Send(&'a [u8]),
    /// Close it in order, after what was sent.
    Close,
    /// Drop it at once (RST).
    Abort,
}

/// A file that a machine writes, numbered from 0 by the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// What to do on the drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageCommand<'a> {
    /// Make a file of this name.
    Create {
        /// Its number from now on.
        file: FileId,
        /// Its name, without folders.
        name: &'a str,
    },
    /// Write at an offset, extending the file where needed.
    Write {
        /// Which file.
        file: FileId,
        /// Where in it.
        offset: u64,
        /// What.
        bytes: &'a [u8],
    },
    /// Open an existing file for reading.
    Open {
        /// Its number from now on.
        file: FileId,
        /// Its name, without folders.
        name: &'a str,
    },
    /// Read a part of it.
    Read {
        /// Which file.
        file: FileId,
        /// From where.
        offset: u64,
        /// How many bytes at most.
        len: u32,
    },
    /// No more reads or writes.
    Close(FileId),
    /// Remove a file that the machine made; it is closed.
    Delete(FileId),
}

/// Something worth showing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A machine went from one of its states to another.
    StateChanged {
        /// Which machine: `local recording`, `recording session`.
        machine: &'static str,
        /// The state left.
        from: &'static str,
        /// The state entered.
        to: &'static str,
        /// What made it.
        cause: &'static str,
        /// The rule that asks for it.
        rule: &'static Rule,
    },
    /// The phone shows its user a message.
    Prompt {
        /// What it says.
        text: String,
        /// The rule that asks for it.
        rule: &'static Rule,
    },
    /// Input was dropped on purpose.
    Ignored {
        /// Why, in words.
        reason: &'static str,
        /// The rule that asks for it.
        rule: &'static Rule,
    },
    /// A remark on what just happened.
    Note {
        /// One sentence.
        text: String,
        /// The rule it explains.
        rule: &'static Rule,
    },
}
