//! What a phone and a RecordServer say to each other over TCP (BX-S2 to BX-S5, BX-S9).
//!
//! A command is one URL query, `cmd=RecordStartRequest&id=15082&…`, without a terminator or a
//! length. [`Splitter`] cuts the stream into commands, [`Command::parse`] reads one, and
//! [`Command`]'s `Display` writes it.
//!
//! ```
//! use recscope_core::control::{Command, Direction};
//!
//! let parsed = Command::parse(
//!     b"cmd=RecordStartRequest&id=15082&device=00087b10a2f4&remote_number=2001&remote_name=\
//!       &local_number=1000&local_name=Front+desk&dir=in&codec=PCMA",
//! )?;
//! let Command::StartRequest(request) = parsed.command else { panic!("a start request") };
//! assert_eq!(request.local_name, "Front desk");
//! assert_eq!(request.direction, Some(Direction::In));
//! assert!(parsed.warnings.is_empty());
//! # Ok::<(), recscope_core::ParseError>(())
//! ```

mod command;
mod splitter;

pub use command::{
    Command, Direction, Outcome, Parsed, StartRequest, StartResponse, StopRequest, StopResponse,
    reason,
};
pub use splitter::{Message, Splitter, Step};

/// Bytes that may stand between commands (BX-S5).
const SEPARATORS: [u8; 4] = [b'\r', b'\n', 0, b' '];

/// Whether a TCP stream that starts with `bytes` carries RecordServer commands, on whatever port.
#[must_use]
pub fn looks_like_control(bytes: &[u8]) -> bool {
    let start = bytes.iter().position(|byte| !SEPARATORS.contains(byte)).unwrap_or(bytes.len());
    bytes.get(start..).is_some_and(|rest| rest.starts_with(splitter::START))
}

#[cfg(test)]
mod tests;
