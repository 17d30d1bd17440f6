//! How recording by a server is set up and ordered about.

use alloc::string::String;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use crate::control::Direction;

/// The TCP port of record servers in provisioning templates (BX-S10).
pub const DEFAULT_PORT: u16 = 10_000;

/// Settings of recording by a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// Where ids and the stream's numbers start from.
    pub seed: u64,
    /// `serverAddr` and `serverPort`; `None` where they are not set (BX-S1).
    pub server: Option<SocketAddr>,
    /// The phone's MAC address, by which the server knows it (BX-S4).
    pub mac: [u8; 6],
    /// The voice codec's name, sent as it is set (BX-4), whether or not a server takes it.
    pub codec: String,
    /// Sound in one RTP packet. Assumed: 20 ms.
    pub packet_time: Duration,
    /// Where the phone sends its RTP from.
    pub local_rtp: SocketAddr,
    /// The number of its first TCP connection; the next ones follow.
    pub first_connection: u32,
    /// Time to connect. Assumed: 5 s (BX-S10).
    pub connect_timeout: Duration,
    /// Time to answer a start request. Assumed: 5 s.
    pub start_timeout: Duration,
    /// Time to answer a stop request, and after that to close. Assumed: 5 s.
    pub stop_timeout: Duration,
    /// Silence on the connection after which an answer counts as whole, as nothing marks its end
    /// (BX-S5). Assumed: 40 ms.
    pub settle: Duration,
}

impl Default for Config {
    /// A phone at 192.0.2.20 that records in A-law, without a server.
    fn default() -> Self {
        Self {
            seed: 1,
            server: None,
            mac: [0x00, 0x08, 0x7b, 0x10, 0xa2, 0xf4],
            codec: String::from("PCMA"),
            packet_time: Duration::from_millis(20),
            local_rtp: SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 20)), 11_800),
            first_connection: 0,
            connect_timeout: Duration::from_secs(5),
            start_timeout: Duration::from_secs(5),
            stop_timeout: Duration::from_secs(5),
            settle: Duration::from_millis(40),
        }
    }
}

/// Who talks to whom in the call to be recorded (BX-S2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parties {
    /// The other party's number.
    pub remote_number: String,
    /// The other party's name, where it is known.
    pub remote_name: String,
    /// The phone's own number.
    pub local_number: String,
    /// The phone's own name.
    pub local_name: String,
    /// Who called whom.
    pub direction: Direction,
}

/// What the user, or the end of the call, orders.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Records the call.
    Start(Parties),
    /// Ends the recording.
    Stop,
    /// The call is over, and its recording with it.
    CallEnded,
}
