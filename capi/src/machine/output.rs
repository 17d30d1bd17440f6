//! What a machine wants done.

use crate::address::Address;
use crate::text::Text;
use alloc::string::String;
use recscope_core::Rule;
use recscope_core::machine::{self, Event, StorageCommand, TcpCommand};

/// What to do. The fields that count are named; the others are zero.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// Nothing more: wait for the next input or deadline.
    None = 0,
    /// Send a UDP datagram: local, remote, bytes, len.
    Datagram = 1,
    /// Open a TCP connection: connection, remote.
    TcpConnect = 2,
    /// Send bytes: connection, bytes, len.
    TcpSend = 3,
    /// Close in order, after what was sent: connection.
    TcpClose = 4,
    /// Drop at once: connection.
    TcpAbort = 5,
    /// Make a file: file, text (its name, without folders).
    FileCreate = 6,
    /// Write to it, extending it where needed: file, offset, bytes, len.
    FileWrite = 7,
    /// No more writes to it: file.
    FileClose = 8,
    /// A part went from one state to another: part, from, to, cause.
    StateChanged = 9,
    /// Show this to the user: text.
    Prompt = 10,
    /// An input was dropped on purpose: text, the reason.
    Ignored = 11,
    /// A remark, for logs: text.
    Note = 12,
    /// Open a file to read it: file, text (its name, without folders). Answer with FILE_OPENED.
    FileOpen = 13,
    /// Read of it, or as much as is there: file, offset, len. Answer with FILE_DATA.
    FileRead = 14,
    /// Let this be heard: samples, count, sample_rate.
    Audio = 15,
}

/// Something that a machine wants done, or tells. All pointers are lent until the next call with
/// the machine.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// What to do, which tells the fields that count.
    pub kind: OutputKind,
    /// The connection's number.
    pub connection: u32,
    /// The file's number.
    pub file: u32,
    /// Where to write in the file, or to read.
    pub offset: u64,
    /// What to send or to write.
    pub bytes: *const u8,
    /// How many bytes.
    pub len: usize,
    /// What is to be heard.
    pub samples: *const i16,
    /// How many samples.
    pub count: usize,
    /// Samples per second.
    pub sample_rate: u32,
    /// The socket to send from.
    pub local: Address,
    /// Where to send or to connect to.
    pub remote: Address,
    /// A name, a prompt, a reason or a remark.
    pub text: Text,
    /// The part that changed.
    pub part: Text,
    /// The state it left.
    pub from: Text,
    /// The state it entered.
    pub to: Text,
    /// Why it did.
    pub cause: Text,
    /// The id of the rule that asks for this, such as BX-S2.
    pub rule: Text,
}

impl Output {
    /// Nothing to do.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            kind: OutputKind::None,
            connection: 0,
            file: 0,
            offset: 0,
            bytes: core::ptr::null(),
            len: 0,
            samples: core::ptr::null(),
            count: 0,
            sample_rate: 0,
            local: Address::none(),
            remote: Address::none(),
            text: Text::empty(),
            part: Text::empty(),
            from: Text::empty(),
            to: Text::empty(),
            cause: Text::empty(),
            rule: Text::empty(),
        }
    }

    /// Becomes an output; text that would go with an event is kept in `told`. `false` for what the
    /// machines of this library never want: RAS, deleting files.
    pub(super) fn lend(&mut self, output: machine::Output<'_>, told: &mut String) -> bool {
        match output {
            machine::Output::Datagram { local, remote, payload, rule } => {
                self.local = local.into();
                self.remote = remote.into();
                self.lend_bytes(OutputKind::Datagram, payload, rule);
            }
            machine::Output::Tcp { connection, command, rule } => {
                self.connection = connection.0;
                match command {
                    TcpCommand::Connect(remote) => {
                        self.remote = remote.into();
                        self.be(OutputKind::TcpConnect, rule);
                    }
                    TcpCommand::Send(bytes) => self.lend_bytes(OutputKind::TcpSend, bytes, rule),
                    TcpCommand::Close => self.be(OutputKind::TcpClose, rule),
                    TcpCommand::Abort => self.be(OutputKind::TcpAbort, rule),
                }
            }
            machine::Output::Storage { command, rule } => match command {
                StorageCommand::Create { file, name } => {
                    self.file = file.0;
                    self.text = Text::lend(name);
                    self.be(OutputKind::FileCreate, rule);
                }
                StorageCommand::Write { file, offset, bytes } => {
                    self.file = file.0;
                    self.offset = offset;
                    self.lend_bytes(OutputKind::FileWrite, bytes, rule);
                }
                StorageCommand::Close(file) => {
                    self.file = file.0;
                    self.be(OutputKind::FileClose, rule);
                }
                StorageCommand::Open { file, name } => {
                    self.file = file.0;
                    self.text = Text::lend(name);
                    self.be(OutputKind::FileOpen, rule);
                }
                StorageCommand::Read { file, offset, len } => {
                    self.file = file.0;
                    self.offset = offset;
                    self.len = usize::try_from(len).unwrap_or(usize::MAX);
                    self.be(OutputKind::FileRead, rule);
                }
                StorageCommand::Delete(_) => return false,
            },
            machine::Output::Audio { sample_rate, samples } => {
                self.kind = OutputKind::Audio;
                self.samples = samples.as_ptr();
                self.count = samples.len();
                self.sample_rate = sample_rate;
            }
            machine::Output::Ras { .. } => return false,
            machine::Output::Event(event) => self.lend_event(event, told),
        }
        true
    }

    fn lend_event(&mut self, event: Event, told: &mut String) {
        match event {
            Event::StateChanged { machine, from, to, cause, rule } => {
                self.part = Text::lend(machine);
                self.from = Text::lend(from);
                self.to = Text::lend(to);
                self.cause = Text::lend(cause);
                self.be(OutputKind::StateChanged, rule);
            }
            Event::Prompt { text, rule } => self.tell(OutputKind::Prompt, text, told, rule),
            Event::Ignored { reason, rule } => {
                self.text = Text::lend(reason);
                self.be(OutputKind::Ignored, rule);
            }
            Event::Note { text, rule } => self.tell(OutputKind::Note, text, told, rule),
        }
    }

    fn tell(&mut self, kind: OutputKind, text: String, told: &mut String, rule: &'static Rule) {
        *told = text;
        self.text = Text::lend(told);
        self.be(kind, rule);
    }

    fn lend_bytes(&mut self, kind: OutputKind, bytes: &[u8], rule: &'static Rule) {
        self.bytes = bytes.as_ptr();
        self.len = bytes.len();
        self.be(kind, rule);
    }

    const fn be(&mut self, kind: OutputKind, rule: &'static Rule) {
        self.kind = kind;
        self.rule = Text::lend(rule.id);
    }
}
