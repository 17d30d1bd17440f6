//! What a user or owner can order of a machine.

use crate::status::Status;
use crate::text;
use core::ffi::c_char;
use recscope_core::control;
use recscope_core::phone::server::Parties;

/// An order to a machine. Which ones a machine knows stands with the function that makes it.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Record the call.
    Start = 0,
    /// End the recording.
    Stop = 1,
    /// Pause it.
    Pause = 2,
    /// Go on with it.
    Resume = 3,
    /// A call stands: sound belongs to it from now on.
    CallStarted = 4,
    /// The call is over.
    CallEnded = 5,
    /// Register at the PBX, or: the phone is registered.
    LogOn = 6,
    /// Unregister.
    LogOff = 7,
    /// The power is gone: forget everything, without a word.
    PowerOff = 8,
    /// Call the remote number.
    Dial = 9,
    /// Answer the call that rings.
    Answer = 10,
    /// End the call.
    HangUp = 11,
    /// Ask the PBX to record the call or, where it does, to stop.
    RecordKey = 12,
    /// Play the recording whose file is called text.
    Play = 13,
    /// Go on from the second that position says.
    Seek = 14,
}

impl Command {
    const ALL: [Self; 15] = [
        Self::Start,
        Self::Stop,
        Self::Pause,
        Self::Resume,
        Self::CallStarted,
        Self::CallEnded,
        Self::LogOn,
        Self::LogOff,
        Self::PowerOff,
        Self::Dial,
        Self::Answer,
        Self::HangUp,
        Self::RecordKey,
        Self::Play,
        Self::Seek,
    ];

    /// The command of this number.
    pub(crate) fn read(number: u32) -> Result<Self, Status> {
        Self::ALL.into_iter().find(|&known| known as u32 == number).ok_or(Status::BadValue)
    }
}

/// Who called whom, seen from the phone that records.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The phone was called.
    In = 0,
    /// The phone called.
    Out = 1,
}

/// Who talks to whom. Texts end with NUL; NULL is an empty one.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The other party's number.
    pub remote_number: *const c_char,
    /// The other party's name.
    pub remote_name: *const c_char,
    /// The phone's own number.
    pub local_number: *const c_char,
    /// The phone's own name.
    pub local_name: *const c_char,
    /// One of RecscopeDirection.
    pub direction: u32,
}

impl Call {
    /// The call.
    ///
    /// # Safety
    /// Each text is NULL or ends with NUL.
    pub(crate) unsafe fn read(&self) -> Result<Parties, Status> {
        // SAFETY: as promised by the caller.
        let text = |text| unsafe { text::read(text) }.map(Into::into);
        Ok(Parties {
            remote_number: text(self.remote_number)?,
            remote_name: text(self.remote_name)?,
            local_number: text(self.local_number)?,
            local_name: text(self.local_name)?,
            direction: direction(self.direction)?,
        })
    }
}

/// The direction of this number.
pub(crate) fn direction(number: u32) -> Result<control::Direction, Status> {
    match number {
        0 => Ok(control::Direction::In),
        1 => Ok(control::Direction::Out),
        _ => Err(Status::BadValue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_known_by_their_numbers() {
        for (number, command) in (0..).zip(Command::ALL) {
            assert_eq!(Command::read(number), Ok(command));
            assert_eq!(command as u32, number);
        }
        assert_eq!(Command::read(15), Err(Status::BadValue));
        assert_eq!(direction(Direction::Out as u32), Ok(control::Direction::Out));
        assert_eq!(direction(2), Err(Status::BadValue));
    }
}
