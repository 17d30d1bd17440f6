//! The four commands: reading and writing one.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::codec::Codec;
use crate::error::WARNS;
use crate::http::query;
use crate::spelling::{digits, short, text};
use crate::{ErrorKind, Layer, ParseError, Warning};

/// Reasons that a RecordServer gives for `result=failed` (BX-S9, assumed).
pub mod reason {
    /// The server does not record this codec.
    pub const UNSUPPORTED_CODEC: &str = "unsupported_codec";
    /// No UDP port is free.
    pub const NO_PORT: &str = "no_port";
    /// No room for the recording.
    pub const DISK_FULL: &str = "disk_full";
    /// As many recordings as the server takes are running.
    pub const BUSY: &str = "busy";
    /// The request lacks what is needed.
    pub const BAD_REQUEST: &str = "bad_request";
}

/// A command on the control connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Phone → server: record a call.
    StartRequest(StartRequest),
    /// Server → phone: where to send RTP, or why not.
    StartResponse(StartResponse),
    /// Phone → server: the recording is over.
    StopRequest(StopRequest),
    /// Server → phone: so it is.
    StopResponse(StopResponse),
}

/// Who called whom, seen from the phone that records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The phone was called.
    In,
    /// The phone called.
    Out,
}

impl Direction {
    /// The value of `dir`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// Whether the server does as it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// It does.
    Success,
    /// It does not; also what a missing or unknown `result` is taken for.
    #[default]
    Failed,
}

impl Outcome {
    /// The value of `result`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

/// `RecordStartRequest` (BX-S2, BX-S4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StartRequest {
    /// Names the recording until it ends.
    pub id: String,
    /// The phone's MAC address, twelve hex digits.
    pub device: String,
    /// Number of the other party.
    pub remote_number: String,
    /// Name of the other party.
    pub remote_name: String,
    /// Number of the phone's account.
    pub local_number: String,
    /// Name of the phone's account.
    pub local_name: String,
    /// Who called whom; `None` where it is missing or neither `in` nor `out`.
    pub direction: Option<Direction>,
    /// Name of the codec as sent.
    pub codec: String,
}

impl StartRequest {
    /// The codec, where a RecordServer can take it (BX-S9).
    #[must_use]
    pub fn supported_codec(&self) -> Option<Codec> {
        Codec::from_name(&self.codec)
    }
}

/// `RecordStartResponse` (BX-S2, BX-S6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartResponse {
    /// As in the request.
    pub id: String,
    /// Whether recording may begin.
    pub result: Outcome,
    /// Why not; see [`reason`].
    pub reason: String,
    /// Host to send RTP to.
    pub server: String,
    /// UDP port to send RTP to.
    pub port: Option<u16>,
}

/// `RecordStopRequest` (BX-S3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopRequest {
    /// As in the start request.
    pub id: String,
    /// Number of the other party.
    pub remote_number: String,
    /// Name of the other party.
    pub remote_name: String,
    /// Number of the phone's account.
    pub local_number: String,
    /// Name of the phone's account.
    pub local_name: String,
    /// Why the recording ends.
    pub reason: String,
}

/// `RecordStopResponse` (BX-S3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopResponse {
    /// As in the request.
    pub id: String,
    /// Whether the server has ended the recording.
    pub result: Outcome,
}

/// A command as it was read, and what was irregular about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The command.
    pub command: Command,
    /// Missing, repeated and senseless values, with their offsets.
    pub warnings: Vec<Warning>,
}

impl Command {
    /// Reads one command. Keys come in any order, unknown ones are ignored, values may be blank
    /// (BX-S4); what is missing or senseless is left blank, with a warning.
    ///
    /// # Errors
    /// `Expected` where `cmd` is missing or names no command of BX-S2 and BX-S3.
    pub fn parse(bytes: &[u8]) -> Result<Parsed, ParseError> {
        let mut values = Values::read(bytes);
        let Some(name) = values.take("cmd") else {
            return Err(error(0, ErrorKind::Expected { expected: "cmd=" }));
        };
        let command = match &*name.text {
            "RecordStartRequest" => Self::StartRequest(StartRequest {
                id: values.required("id", "the command has no id"),
                device: values.optional("device"),
                remote_number: values.optional("remote_number"),
                remote_name: values.optional("remote_name"),
                local_number: values.optional("local_number"),
                local_name: values.optional("local_name"),
                direction: values.direction(),
                codec: values.required("codec", "the start request names no codec"),
            }),
            "RecordStartResponse" => {
                let response = StartResponse {
                    id: values.required("id", "the command has no id"),
                    result: values.outcome(),
                    reason: values.optional("reason"),
                    server: values.optional("server"),
                    port: values.port(),
                };
                if response.result == Outcome::Success && response.port.is_none() {
                    values.warn(0, "the start response grants a recording without a port");
                }
                Self::StartResponse(response)
            }
            "RecordStopRequest" => Self::StopRequest(StopRequest {
                id: values.required("id", "the command has no id"),
                remote_number: values.optional("remote_number"),
                remote_name: values.optional("remote_name"),
                local_number: values.optional("local_number"),
                local_name: values.optional("local_name"),
                reason: values.optional("reason"),
            }),
            "RecordStopResponse" => Self::StopResponse(StopResponse {
                id: values.required("id", "the command has no id"),
                result: values.outcome(),
            }),
            _ => {
                let expected = "RecordStartRequest, RecordStartResponse, RecordStopRequest or RecordStopResponse";
                return Err(error(name.offset, ErrorKind::Expected { expected }));
            }
        };
        Ok(Parsed { command, warnings: values.warnings })
    }

    /// The value of `cmd`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::StartRequest(_) => "RecordStartRequest",
            Self::StartResponse(_) => "RecordStartResponse",
            Self::StopRequest(_) => "RecordStopRequest",
            Self::StopResponse(_) => "RecordStopResponse",
        }
    }

    /// The recording that the command is about.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::StartRequest(StartRequest { id, .. })
            | Self::StartResponse(StartResponse { id, .. })
            | Self::StopRequest(StopRequest { id, .. })
            | Self::StopResponse(StopResponse { id, .. }) => id,
        }
    }

    /// The command as it goes over the wire: every key of BX-S2 and BX-S3, blank ones too.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut line = String::new();
        let mut put = |key, value| put(&mut line, key, value);
        put("cmd", self.name());
        put("id", self.id());
        match self {
            Self::StartRequest(request) => {
                put("device", &request.device);
                put("remote_number", &request.remote_number);
                put("remote_name", &request.remote_name);
                put("local_number", &request.local_number);
                put("local_name", &request.local_name);
                put("dir", request.direction.map_or("", Direction::name));
                put("codec", &request.codec);
            }
            Self::StartResponse(response) => {
                put("result", response.result.name());
                put("reason", &response.reason);
                put("server", &response.server);
                put(
                    "port",
                    &response.port.map(|port| text(digits(port.into()))).unwrap_or_default(),
                );
            }
            Self::StopRequest(request) => {
                put("remote_number", &request.remote_number);
                put("remote_name", &request.remote_name);
                put("local_number", &request.local_number);
                put("local_name", &request.local_name);
                put("reason", &request.reason);
            }
            Self::StopResponse(response) => put("result", response.result.name()),
        }
        line
    }
}

fn put(line: &mut String, key: &str, value: &str) {
    if !line.is_empty() {
        line.push('&');
    }
    line.push_str(key);
    line.push('=');
    query::encode(value, line);
}

/// Writes the command as it goes over the wire.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

struct Value<'a> {
    text: Cow<'a, str>,
    offset: usize,
}

/// The keys not yet used.
struct Values<'a> {
    pairs: Vec<query::Pair<'a>>,
    warnings: Vec<Warning>,
}

impl<'a> Values<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let mut values = Self { pairs: Vec::new(), warnings: Vec::new() };
        for pair in query::pairs(bytes.trim_ascii()) {
            if values.pairs.iter().any(|earlier| earlier.key == pair.key) {
                values.warn(pair.offset, "the key came before; its first value counts");
            } else {
                values.pairs.push(pair);
            }
        }
        values
    }

    fn take(&mut self, key: &str) -> Option<Value<'a>> {
        let place = self.pairs.iter().position(|pair| pair.key == key)?;
        let pair = self.pairs.swap_remove(place);
        Some(Value { text: pair.value, offset: pair.value_offset })
    }

    fn optional(&mut self, key: &str) -> String {
        self.take(key).map(|value| value.text.into_owned()).unwrap_or_default()
    }

    fn required(&mut self, key: &str, problem: &'static str) -> String {
        let value = self.optional(key);
        if value.is_empty() {
            self.warn(0, problem);
        }
        value
    }

    fn direction(&mut self) -> Option<Direction> {
        let value = self.take("dir")?;
        match value.text.trim_ascii() {
            "" => None,
            text if text.eq_ignore_ascii_case("in") => Some(Direction::In),
            text if text.eq_ignore_ascii_case("out") => Some(Direction::Out),
            _ => {
                self.warn(value.offset, "dir is neither in nor out");
                None
            }
        }
    }

    fn outcome(&mut self) -> Outcome {
        let Some(value) = self.take("result") else {
            self.warn(0, "the response has no result; it is taken as failed");
            return Outcome::Failed;
        };
        match value.text.trim_ascii() {
            text if text.eq_ignore_ascii_case("success") => Outcome::Success,
            text if text.eq_ignore_ascii_case("failed") => Outcome::Failed,
            _ => {
                self.warn(value.offset, "result is neither success nor failed; taken as failed");
                Outcome::Failed
            }
        }
    }

    fn port(&mut self) -> Option<u16> {
        let value = self.take("port")?;
        if value.text.is_empty() {
            return None;
        }
        let port = short(value.text.trim_ascii().as_bytes()).filter(|&port| port != 0);
        if port.is_none() {
            self.warn(value.offset, "port is no number from 1 to 65535");
        }
        port
    }

    fn warn(&mut self, offset: usize, problem: &'static str) {
        if WARNS {
            self.warnings.push(Warning(error(offset, ErrorKind::Irregular { problem })));
        }
    }
}

fn error(offset: usize, kind: ErrorKind) -> ParseError {
    ParseError::new(Layer::Control, offset as u64, kind)
}
