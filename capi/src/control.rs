//! What a phone and a record server say to each other over TCP.

use crate::command::direction;
use crate::guard::guard;
use crate::memory;
use crate::status::{self, Problem, Status};
use crate::text::Text;
use alloc::string::ToString;
use recscope_core::ParseError;
use recscope_core::control::{
    Command, Direction, Outcome, Splitter, StartRequest, StartResponse, Step, StopRequest,
    StopResponse,
};

/// Which message it is.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// None: more bytes are needed.
    None = 0,
    /// RecordStartRequest: id, device, the parties, direction, codec.
    StartRequest = 1,
    /// RecordStartResponse: id, granted, reason, server, port.
    StartResponse = 2,
    /// RecordStopRequest: id, the parties, reason.
    StopRequest = 3,
    /// RecordStopResponse: id, granted.
    StopResponse = 4,
}

/// A message between a phone and a record server. Texts are not encoded.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// One of RecscopeMessageKind, which tells the fields that count.
    pub kind: u32,
    /// Names the recording until it ends.
    pub id: Text,
    /// The phone's MAC address, twelve hex digits.
    pub device: Text,
    /// The other party's number.
    pub remote_number: Text,
    /// The other party's name.
    pub remote_name: Text,
    /// The phone's own number.
    pub local_number: Text,
    /// The phone's own name.
    pub local_name: Text,
    /// One of RecscopeDirection; 2 where the message does not say.
    pub direction: u32,
    /// The codec's name.
    pub codec: Text,
    /// Whether the server does as it was asked: 0 or 1.
    pub granted: u32,
    /// Why not, or why the recording ends.
    pub reason: Text,
    /// Where to send RTP: a host.
    pub server: Text,
    /// Where to send RTP: a port; 0 where there is none.
    pub port: u16,
}

/// The number of a direction that is not said.
/// cbindgen:ignore
const UNSAID: u32 = 2;

impl Message {
    /// No message.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            kind: MessageKind::None as u32,
            id: Text::empty(),
            device: Text::empty(),
            remote_number: Text::empty(),
            remote_name: Text::empty(),
            local_number: Text::empty(),
            local_name: Text::empty(),
            direction: UNSAID,
            codec: Text::empty(),
            granted: 0,
            reason: Text::empty(),
            server: Text::empty(),
            port: 0,
        }
    }

    fn lend(command: &Command) -> Self {
        let id = Text::lend(command.id());
        match command {
            Command::StartRequest(request) => Self {
                kind: MessageKind::StartRequest as u32,
                id,
                device: Text::lend(&request.device),
                remote_number: Text::lend(&request.remote_number),
                remote_name: Text::lend(&request.remote_name),
                local_number: Text::lend(&request.local_number),
                local_name: Text::lend(&request.local_name),
                direction: match request.direction {
                    Some(Direction::In) => 0,
                    Some(Direction::Out) => 1,
                    None => UNSAID,
                },
                codec: Text::lend(&request.codec),
                ..Self::none()
            },
            Command::StartResponse(response) => Self {
                kind: MessageKind::StartResponse as u32,
                id,
                granted: u32::from(response.result == Outcome::Success),
                reason: Text::lend(&response.reason),
                server: Text::lend(&response.server),
                port: response.port.unwrap_or_default(),
                ..Self::none()
            },
            Command::StopRequest(request) => Self {
                kind: MessageKind::StopRequest as u32,
                id,
                remote_number: Text::lend(&request.remote_number),
                remote_name: Text::lend(&request.remote_name),
                local_number: Text::lend(&request.local_number),
                local_name: Text::lend(&request.local_name),
                reason: Text::lend(&request.reason),
                ..Self::none()
            },
            Command::StopResponse(response) => Self {
                kind: MessageKind::StopResponse as u32,
                id,
                granted: u32::from(response.result == Outcome::Success),
                ..Self::none()
            },
        }
    }

    /// The message in core's words.
    ///
    /// # Safety
    /// Each text is NULL or as long as it says.
    unsafe fn read(&self) -> Result<Command, Status> {
        // SAFETY: as promised by the caller.
        let text = |text: Text| unsafe { text.read() }.map(Into::into);
        let result = if self.granted == 0 { Outcome::Failed } else { Outcome::Success };
        Ok(match self.kind {
            1 => Command::StartRequest(StartRequest {
                id: text(self.id)?,
                device: text(self.device)?,
                remote_number: text(self.remote_number)?,
                remote_name: text(self.remote_name)?,
                local_number: text(self.local_number)?,
                local_name: text(self.local_name)?,
                direction: match self.direction {
                    UNSAID => None,
                    said => Some(direction(said)?),
                },
                codec: text(self.codec)?,
            }),
            2 => Command::StartResponse(StartResponse {
                id: text(self.id)?,
                result,
                reason: text(self.reason)?,
                server: text(self.server)?,
                port: (self.port != 0).then_some(self.port),
            }),
            3 => Command::StopRequest(StopRequest {
                id: text(self.id)?,
                remote_number: text(self.remote_number)?,
                remote_name: text(self.remote_name)?,
                local_number: text(self.local_number)?,
                local_name: text(self.local_name)?,
                reason: text(self.reason)?,
            }),
            4 => Command::StopResponse(StopResponse { id: text(self.id)?, result }),
            _ => return Err(Status::BadValue),
        })
    }
}

/// Cuts one direction of a connection into messages, and reads them.
#[derive(Default)]
pub struct MessageReader {
    splitter: Splitter,
    /// The message last read, which is lent until the next call.
    command: Option<Command>,
}

impl MessageReader {
    fn take(&mut self, bytes: &[u8], offset: u64) -> Result<Message, ParseError> {
        let parsed = Command::parse(bytes).map_err(|error| error.at(offset))?;
        Ok(Message::lend(self.command.insert(parsed.command)))
    }
}

/// Makes a reader for one direction of a connection. NULL where there is no place for its handle.
///
/// # Safety
/// There is room for a handle, or it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_message_reader_new(reader: *mut *mut MessageReader) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let reader = unsafe { memory::exclusive(reader) }?;
        // SAFETY: it is a reference to room for a handle.
        unsafe { memory::hand_over(reader, MessageReader::default()) };
        Ok(())
    })
}

/// Takes some of the bytes and gives the next message. Call it again with the rest, also an empty
/// one, until the message is none. Bytes that are no message are passed over: MALFORMED tells of
/// them once, and reading goes on with the next call.
///
/// # Safety
/// The handle is live, bytes are len, the others have room for one. Each may be NULL, and the
/// problem need not be told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_message_reader_push(
    reader: *mut MessageReader,
    bytes: *const u8,
    len: usize,
    consumed: *mut usize,
    message: *mut Message,
    problem: *mut Problem,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (reader, bytes, consumed, message) = unsafe {
            (
                memory::exclusive(reader)?,
                memory::slice(bytes, len)?,
                memory::exclusive(consumed)?,
                memory::exclusive(message)?,
            )
        };
        *message = Message::none();
        let (taken, step) = reader.splitter.push(bytes);
        *consumed = taken;
        let read = match step {
            Step::NeedMore => Ok(Message::none()),
            Step::Message(found) => reader.take(&found.bytes, found.offset),
            Step::Skipped(warning) => Err(warning.0),
        };
        // SAFETY: as promised by the caller.
        *message = read.map_err(|error| unsafe { status::malformed(&error, problem) })?;
        Ok(())
    })
}

/// The message that is held back because more might come: to be called when the other side has
/// fallen silent or closed, as nothing on the wire marks the end of a message.
///
/// # Safety
/// The handle is live, the others have room for one. Each may be NULL, and the problem need not be
/// told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_message_reader_flush(
    reader: *mut MessageReader,
    message: *mut Message,
    problem: *mut Problem,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (reader, message) =
            unsafe { (memory::exclusive(reader)?, memory::exclusive(message)?) };
        *message = Message::none();
        let read = match reader.splitter.flush() {
            Some(found) => reader.take(&found.bytes, found.offset),
            None => Ok(Message::none()),
        };
        // SAFETY: as promised by the caller.
        *message = read.map_err(|error| unsafe { status::malformed(&error, problem) })?;
        Ok(())
    })
}

/// Ends a reader.
///
/// # Safety
/// The handle is live or NULL, and is not used after this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_message_reader_free(reader: *mut MessageReader) {
    // SAFETY: as promised by the caller.
    drop(unsafe { memory::take_back(reader) });
}

/// Writes a message as it goes over the wire, without a NUL. Where there is no room, len is the
/// room that it needs.
///
/// # Safety
/// The message's texts are as long as they say, bytes have room for capacity. Each may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_message_write(
    message: *const Message,
    bytes: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (message, out, len) = unsafe {
            (memory::shared(message)?, memory::slice_mut(bytes, capacity)?, memory::exclusive(len)?)
        };
        // SAFETY: as promised by the caller.
        let text = unsafe { message.read() }?.to_string();
        *len = text.len();
        crate::codec::copy(text.as_bytes(), out)?;
        Ok(())
    })
}
