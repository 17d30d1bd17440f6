//! What the recording system is told beside what it hears over CSTA.

use alloc::string::String;
use core::net::IpAddr;

/// What its host can tell or order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LoggerCommand {
    /// Go to work: connect to the PBX.
    Start,
    /// An extension registered (as CSTA would tell).
    Registered {
        /// Which.
        extension: String,
        /// Where.
        address: IpAddr,
    },
    /// An extension is not registered any more.
    Unregistered {
        /// Which.
        extension: String,
    },
    /// End all sessions by BYE, and let go of the PBX.
    Stop,
    /// A call of an extension is established.
    CallStarted {
        /// Which.
        extension: String,
    },
    /// It is over.
    CallEnded {
        /// Which.
        extension: String,
    },
    /// Bring the headers of all files up to date. Ordered once a second, it lets what was received
    /// a second ago be played even if nothing ever follows; without it, headers only keep up with
    /// the sound that comes.
    Save,
}
