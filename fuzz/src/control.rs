//! RecordServer commands.

use crate::cutting::{Push, pieces, push_all};
use recscope_core::Limits;
use recscope_core::control::{Command, Message, Splitter, Step, looks_like_control};
use std::iter::once;

/// Bytes of a command at most; short inputs reach it.
const LIMIT: u32 = 512;

/// A stream of commands: each lies in it where it says and, printed, parses equal; how the stream
/// is cut changes nothing.
pub fn control(bytes: &[u8]) {
    let _ = looks_like_control(bytes);
    let whole = split(once(bytes));
    assert_eq!(split(pieces(bytes)), whole);
    let mut end = 0;
    for Message { offset, bytes: command } in &whole.0 {
        let start = usize::try_from(*offset).expect("inside the stream");
        assert_eq!(bytes.get(start..start + command.len()), Some(&command[..]));
        // The last one may end where it was not known yet that it goes on beyond the limit.
        assert!(*offset >= end && command.len() < LIMIT as usize + "cmd=Record".len());
        end = offset + command.len() as u64;
        reads_again(command);
    }
    reads_again(bytes);
}

fn reads_again(bytes: &[u8]) {
    let Ok(parsed) = Command::parse(bytes) else { return };
    for warning in &parsed.warnings {
        assert!(warning.0.offset <= bytes.len() as u64, "{warning:?} beyond the end");
    }
    let printed = parsed.command.to_string();
    let again = Command::parse(printed.as_bytes()).expect("what was printed can be read");
    assert_eq!(again.command, parsed.command, "{printed}");
}

fn split<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Message>, Vec<String>) {
    let mut limits = Limits::default();
    limits.control_message_bytes = LIMIT;
    let mut splitter = Splitter::new(&limits);
    let (mut messages, mut remarks) = (Vec::new(), Vec::new());
    push_all(pieces, |piece| {
        let (consumed, step) = splitter.push(piece);
        let outcome = match step {
            Step::NeedMore => Push::NeedMore,
            Step::Message(message) => {
                messages.push(message);
                Push::Item
            }
            Step::Skipped(warning) => {
                remarks.push(format!("{warning:?}"));
                Push::Item
            }
        };
        (consumed, outcome)
    });
    remarks.push(splitter.is_complete().to_string());
    messages.extend(splitter.finish());
    (messages, remarks)
}
