//! How a PBX is set up.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

/// How the PBX answers an INFO that asks it to record (BX-I2, BX-I3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum InfoPolicy {
    /// It records: 200.
    #[default]
    Accept,
    /// It does not: this status, such as 403 or 488.
    Refuse(u16),
}

/// A PBX's settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PbxConfig {
    /// Where its tags, branches and ids start from.
    pub seed: u64,
    /// Its SIP address; RAS messages go by its IP address.
    pub sip: SocketAddr,
    /// The TCP port of its CSTA server.
    pub csta_port: u16,
    /// The extensions there are; any number may register, if there are none.
    pub extensions: Vec<String>,
    /// Where the speech of calls with the outside goes to and comes from: a gateway.
    pub gateway: IpAddr,
    /// The longest that a registration lasts without a refresh.
    pub registration: Duration,
    /// How long a restart takes.
    pub restart: Duration,
    /// After how long an outside number that is called answers by itself; never, if `None`.
    pub answer_after: Option<Duration>,
    /// How requests to record are answered.
    pub info: InfoPolicy,
}

impl Default for PbxConfig {
    /// A PBX at 192.0.2.1 with registrations of two minutes.
    fn default() -> Self {
        let address = Ipv4Addr::new(192, 0, 2, 1);
        Self {
            seed: 1,
            sip: SocketAddr::from((address, 5060)),
            csta_port: 8882,
            extensions: Vec::new(),
            gateway: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)),
            registration: Duration::from_secs(120),
            restart: Duration::from_secs(30),
            answer_after: Some(Duration::from_secs(2)),
            info: InfoPolicy::Accept,
        }
    }
}
