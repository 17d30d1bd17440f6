//! How a record server is set up and ordered about.

use core::net::{IpAddr, Ipv4Addr};
use core::ops::RangeInclusive;
use core::time::Duration;

use crate::Limits;

/// The files that the server writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// RIFF/WAVE of 16-bit samples, silence where packets are missing.
    #[default]
    Wave,
    /// As phones record (BX-L3), each block an RTP packet as it came.
    Recording,
}

/// Settings of a record server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// The server's clock at [`Instant::ORIGIN`](crate::Instant::ORIGIN), in seconds since 1970,
    /// for file names.
    pub epoch_seconds: u64,
    /// The address that phones are told to send RTP to; unspecified (`0.0.0.0`): the one that
    /// they connected to.
    pub address: IpAddr,
    /// UDP ports for RTP, of which the even ones are used (RFC 3550 11).
    pub ports: RangeInclusive<u16>,
    /// Recordings at once.
    pub max_recordings: usize,
    /// Control connections at once.
    pub max_connections: usize,
    /// Bounds on what phones may send: a command of more than 8 KiB is none (BX-S5).
    pub limits: Limits,
    /// What is written.
    pub format: FileFormat,
    /// Bytes that must be free to take a recording on. Assumed: 1 MiB.
    pub minimum_free: u64,
    /// Time without RTP after which a recording ends. Assumed: 60 s (BX-S10).
    pub silence: Duration,
    /// Time for a phone that connects to ask for something. Assumed: 5 s.
    pub first_command: Duration,
    /// Quiet on a connection after which a command counts as whole, as nothing marks its end
    /// (BX-S5). Assumed: 40 ms.
    pub settle: Duration,
}

impl Default for Config {
    /// 400 recordings on ports 30000 to 30999.
    fn default() -> Self {
        Self {
            epoch_seconds: 1_767_225_600,
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            ports: 30_000..=30_999,
            max_recordings: 400,
            max_connections: 500,
            limits: Limits::default(),
            format: FileFormat::default(),
            minimum_free: 1 << 20,
            silence: Duration::from_secs(60),
            first_command: Duration::from_secs(5),
            settle: Duration::from_millis(40),
        }
    }
}

/// What the server's owner orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Takes no more requests, and stops once the recordings under way have ended.
    Drain,
    /// Ends all recordings now, keeping what was received, and stops.
    Stop,
    /// Brings the headers of all files up to date. Ordered once a second, it lets what was received
    /// a second ago be played even if nothing ever follows; without it, headers only keep up with
    /// the sound that comes.
    Save,
}
