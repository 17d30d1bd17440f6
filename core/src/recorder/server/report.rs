//! What a record server tells its owner, beside what it does.

use alloc::string::String;
use core::net::{IpAddr, SocketAddr};

use crate::codec::Codec;
use crate::control::{StartRequest, StopRequest};
use crate::rtp::statistics::Summary;
use crate::time::Instant;

/// Something worth a line in the owner's log.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "there are few at a time, and most are the large one")]
pub enum Report {
    /// A phone is recorded: the recording that has this port.
    Started {
        /// The port, by which [`RecordServer::recording`](super::RecordServer::recording) knows
        /// the rest.
        port: u16,
    },
    /// A phone asked in vain.
    Refused(Refused),
    /// A recording is over.
    Ended(Ended),
    /// A connection ended without having asked for a recording.
    Left {
        /// Who it was.
        remote: SocketAddr,
        /// Why, as the diagram of [`RecordingState`](super::RecordingState) names it.
        cause: &'static str,
    },
}

/// A request that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The id of what was to be recorded.
    pub id: String,
    /// Who asked.
    pub remote: SocketAddr,
    /// Why not, as the phone was told ([`reason`](crate::control::reason)).
    pub reason: &'static str,
}

/// A recording that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// What the phone said when it asked.
    pub request: StartRequest,
    /// What it said when it had enough; `None` where something else ended the recording.
    pub stop: Option<StopRequest>,
    /// The phone's address.
    pub phone: IpAddr,
    /// The UDP port that was its own.
    pub port: u16,
    /// The codec agreed on.
    pub codec: Codec,
    /// When the phone asked.
    pub started: Instant,
    /// When it was over.
    pub ended: Instant,
    /// What ended it, as the diagram of [`RecordingState`](super::RecordingState) names it.
    pub cause: &'static str,
    /// RTP packets written.
    pub packets: u64,
    /// How the stream came.
    pub statistics: Summary,
}
