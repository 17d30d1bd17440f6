//! Registration and calls between an H.323-style terminal and its gatekeeper, as messages with
//! meaning but without an encoding.
//!
//! The documents speak of what is said, not of H.225's bytes, and no capture of it is published;
//! so hosts carry these messages as they are, and diagrams show them.

use alloc::string::String;
use core::fmt;

/// What a terminal and its gatekeeper say to each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// The terminal wants to be reached under an extension (RRQ).
    RegistrationRequest {
        /// The extension, such as `1000`.
        extension: String,
    },
    /// It is (RCF).
    RegistrationConfirm,
    /// It is not (RRJ).
    RegistrationReject {
        /// Why, in words.
        reason: &'static str,
    },
    /// The terminal is still there (lightweight RRQ with `keepAlive`).
    KeepAlive,
    /// So is the gatekeeper (RCF).
    KeepAliveConfirm,
    /// An end gives the registration up (URQ).
    UnregistrationRequest {
        /// Why, in words.
        reason: &'static str,
    },
    /// The other agrees (UCF).
    UnregistrationConfirm,
    /// A call begins (SETUP, with all that H.245 would agree on).
    Setup {
        /// The caller's number.
        calling: String,
        /// The caller's name; may be empty.
        name: String,
        /// The number called.
        called: String,
    },
    /// The called party rings (ALERTING).
    Alerting,
    /// The called party answered (CONNECT).
    Connect,
    /// The call is over, or never came to be (RELEASE COMPLETE).
    ReleaseComplete {
        /// Why, in words.
        reason: &'static str,
    },
}

impl Message {
    /// H.225's short name, with what is special about it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RegistrationRequest { .. } => "RRQ",
            Self::RegistrationConfirm => "RCF",
            Self::RegistrationReject { .. } => "RRJ",
            Self::KeepAlive => "RRQ (keep-alive)",
            Self::KeepAliveConfirm => "RCF (keep-alive)",
            Self::UnregistrationRequest { .. } => "URQ",
            Self::UnregistrationConfirm => "UCF",
            Self::Setup { .. } => "SETUP",
            Self::Alerting => "ALERTING",
            Self::Connect => "CONNECT",
            Self::ReleaseComplete { .. } => "RELEASE-COMPLETE",
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::RegistrationRequest { extension } => write!(f, " {extension}"),
            Self::Setup { calling, called, .. } => write!(f, " {calling} → {called}"),
            Self::RegistrationReject { reason }
            | Self::UnregistrationRequest { reason }
            | Self::ReleaseComplete { reason } => write!(f, " ({reason})"),
            _ => Ok(()),
        }
    }
}
