//! What whoever runs a PBX, or the far end of its calls, can do.

use alloc::string::String;

use super::{InfoPolicy, Order};

/// An order to the PBX, or something that the far end of a call does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PbxCommand {
    /// The PBX stops: silent at once, all registrations, calls and monitors forgotten.
    Down,
    /// It runs again, with an empty registration table.
    Up,
    /// [`Self::Down`], then [`Self::Up`] after [`PbxConfig::restart`](super::PbxConfig::restart)
    /// (MX-S14).
    Restart,
    /// Ends all calls.
    Release,
    /// Orders a phone to unregister and do something (MX-S13).
    Order {
        /// The phone's extension.
        extension: String,
        /// What to do.
        order: Order,
    },
    /// Somebody outside calls an extension.
    Call {
        /// The caller's number.
        from: String,
        /// The caller's name; may be empty.
        name: String,
        /// The extension called.
        to: String,
    },
    /// The far end of an extension's call answers it.
    Answer {
        /// The extension.
        extension: String,
    },
    /// The far end of an extension's call hangs up.
    HangUp {
        /// The extension.
        extension: String,
    },
    /// Answers requests to record like this from now on (BX-I3).
    Info(InfoPolicy),
}
