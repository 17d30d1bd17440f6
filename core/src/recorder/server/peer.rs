//! A phone's control connection, as the server sees it.

use core::net::SocketAddr;

use super::RecordingState;
use crate::Limits;
use crate::control::Splitter;

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peer {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    pub(super) state: RecordingState,
    pub(super) splitter: Splitter,
    /// The port of its recording.
    pub(super) recording: Option<u16>,
}

impl Peer {
    pub(super) fn new(local: SocketAddr, remote: SocketAddr, limits: &Limits) -> Self {
        let splitter = Splitter::new(limits);
        Self { local, remote, state: RecordingState::Connected, splitter, recording: None }
    }
}
