//! How a phone is set up.

use alloc::string::String;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::codec::Codec;

/// What signals between phone and PBX.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Signalling {
    /// SIP: 6700, 6800, 6900 and the BX and GP phones.
    #[default]
    Sip,
    /// H.323: 442x, 743x and 744x. Registration is shown as messages without bytes; calls go the
    /// way SIP's do, for want of a public trace.
    H323,
}

/// What the record key does (BX-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RecordMethod {
    /// Nothing: no recording by the user.
    #[default]
    None,
    /// Recording to the USB drive (BX-L1).
    Local,
    /// Recording by a RecordServer (BX-S1).
    Server,
    /// Asking the PBX by SIP INFO (BX-I1).
    Info,
}

/// A phone's settings: what survives a loss of power.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PhoneConfig {
    /// Where its tags, branches and ids start from.
    pub seed: u64,
    /// Unix time at [`Instant::ORIGIN`](crate::Instant::ORIGIN), for file names (BX-L2).
    pub epoch_seconds: u64,
    /// Its address.
    pub address: IpAddr,
    /// Its MAC address, by which a RecordServer knows it (BX-S4).
    pub mac: [u8; 6],
    /// The extension that it logs on as.
    pub extension: String,
    /// Its user's name.
    pub display_name: String,
    /// What signals between it and the PBX.
    pub signalling: Signalling,
    /// The PBX: its SIP or RAS address.
    pub pbx: SocketAddr,
    /// The UDP port of its SIP calls.
    pub sip_port: u16,
    /// Logs on by itself once it has power.
    pub logs_on_at_start: bool,
    /// The codec of its calls and recordings.
    pub codec: Codec,
    /// What the record key does.
    pub record_method: RecordMethod,
}

impl Default for PhoneConfig {
    /// A SIP phone at 192.0.2.20, extension 1000, with a PBX at 192.0.2.1.
    fn default() -> Self {
        Self {
            seed: 1,
            epoch_seconds: 1_767_225_600,
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 20)),
            mac: [0x00, 0x08, 0x5d, 0x00, 0x10, 0x00],
            extension: String::from("1000"),
            display_name: String::from("Desk 1000"),
            signalling: Signalling::Sip,
            pbx: SocketAddr::from(([192, 0, 2, 1], 5060)),
            sip_port: 5060,
            logs_on_at_start: true,
            codec: Codec::Pcma,
            record_method: RecordMethod::None,
        }
    }
}
