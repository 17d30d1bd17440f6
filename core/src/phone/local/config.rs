//! How local recording is set up and ordered about.

use alloc::string::String;
use core::time::Duration;

use super::super::model::Model;
use crate::recording::RtpHeaders;
use crate::rtp;

/// Settings of local recording.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// Where its stream's numbers start from.
    pub seed: u64,
    /// The phone's clock at [`Instant::ORIGIN`](crate::Instant::ORIGIN), in seconds since 1970
    /// (BX-L2).
    pub epoch_seconds: u64,
    /// The model, on which it depends whether there is local recording at all (BX-2).
    pub model: Model,
    /// The voice codec's name (BX-4). Only one that [`Codec`](crate::codec::Codec) knows can be
    /// recorded.
    pub codec: String,
    /// Sound in one block. Assumed: 20 ms.
    pub packet_time: Duration,
    /// Whether blocks are whole RTP packets. Not stated; assumed: they are (BX-L3).
    pub rtp_headers: RtpHeaders,
    /// Bytes of a file, header included, at which a new one is begun; 0: no limit (BX-4, BX-L4).
    pub size_limit: u64,
    /// Bytes that must be free to begin at all (BX-L1). How many is not stated; assumed: 1 MiB.
    pub minimum_free: u64,
    /// The phone's own UDP port for the mixed stream (BX-3). Shown only: nothing leaves the phone.
    pub local_port: u16,
}

impl Default for Config {
    /// A BX5S that records A-law.
    fn default() -> Self {
        Self {
            seed: 1,
            epoch_seconds: 1_767_225_600,
            model: Model::Bx5s,
            codec: String::from("PCMA"),
            packet_time: Duration::from_millis(20),
            rtp_headers: RtpHeaders::Present,
            size_limit: 0,
            minimum_free: 1 << 20,
            local_port: 11_800,
        }
    }
}

impl Config {
    /// Bytes of a block in front of its payload.
    pub(super) fn header_len(&self) -> u32 {
        match self.rtp_headers {
            RtpHeaders::Present => u32::try_from(rtp::Header::LEN).unwrap_or_default(),
            RtpHeaders::Absent => 0,
        }
    }
}

/// What the user, or the end of the call, orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Records the call.
    Start,
    /// Pauses (BX-L5).
    Pause,
    /// Goes on (BX-L5).
    Resume,
    /// Ends the recording.
    Stop,
    /// The call is over, and its recording with it.
    CallEnded,
}

/// The drive, as far as the machine knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Drive {
    /// There is none.
    Absent,
    /// There is one.
    Mounted {
        /// Bytes free on it, what was written taken off.
        free: u64,
    },
}

impl Drive {
    pub(super) fn has_room_for(self, bytes: u64) -> bool {
        matches!(self, Self::Mounted { free } if free >= bytes)
    }

    pub(super) fn take(&mut self, bytes: u64) {
        if let Self::Mounted { free } = self {
            *free = free.saturating_sub(bytes);
        }
    }
}
