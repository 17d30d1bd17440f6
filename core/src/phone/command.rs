//! What a phone's user and its mains switch can do.

use alloc::string::String;

/// A key pressed, a plug pulled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PhoneCommand {
    /// The phone gets power: it starts, and logs on if it is configured to.
    PowerOn,
    /// The phone loses power: silent at once, everything forgotten but its configuration
    /// (MX-S12).
    PowerOff,
    /// The user logs on: the phone registers its extension.
    LogOn,
    /// The user logs off: the phone unregisters (MX-S5).
    LogOff,
    /// Calls this number.
    Dial(String),
    /// Answers the call that rings.
    Answer,
    /// Ends the call.
    HangUp,
    /// The record key: starts recording by the configured method, or stops it (BX-1).
    RecordKey,
    /// Pauses a local recording (BX-L5).
    Pause,
    /// Goes on with it (BX-L5).
    Resume,
    /// The function key for recording on demand (MX-D1).
    OnDemandKey,
    /// Plays a recording of this file name from the drive (BX-L7).
    Play(String),
    /// Goes to this second of the recording that plays (BX-L7).
    Seek(u32),
    /// Ends playback.
    StopPlaying,
}
