//! How a phone is set up.

use alloc::string::String;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::active::ActiveConfig;
use super::line::LineConfig;
use super::model::{Model, RecordingPort};
use super::on_demand::OnDemandConfig;
use super::{local, server};
use crate::codec::Codec;
use crate::random::Random;

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
///
/// What its parts have in common stands here once; the same fields of their own settings are set
/// from here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PhoneConfig {
    /// Where its tags, branches and ids start from.
    pub seed: u64,
    /// Unix time at [`Instant::ORIGIN`](crate::Instant::ORIGIN), for file names (BX-L2).
    pub epoch_seconds: u64,
    /// What it is, and so what it can do and how it registers (BX-2, MX-1).
    pub model: Model,
    /// Its address.
    pub address: IpAddr,
    /// Its MAC address, by which a RecordServer knows it (BX-S4).
    pub mac: [u8; 6],
    /// The extension that it logs on as.
    pub extension: String,
    /// Its user's name.
    pub display_name: String,
    /// The PBX's SIP address; RAS goes to the same IP address.
    pub pbx: SocketAddr,
    /// The UDP port of its SIP calls.
    pub sip_port: u16,
    /// The UDP port for the recording system's SIP, where the model lets it be set (MX-S7).
    pub recording_port: Option<u16>,
    /// Logs on by itself once it has power.
    pub logs_on_at_start: bool,
    /// The codec of its calls and of active recording.
    pub codec: Codec,
    /// What the record key does.
    pub record_method: RecordMethod,
    /// Registration, calls and recording by INFO: times and header lines; the rest is set from here.
    pub line: LineConfig,
    /// Recording to USB: codec and size limit; the rest is set from here.
    pub local: local::Config,
    /// Recording by a server: codec and address of the server; the rest is set from here.
    pub server: server::Config,
    /// Active recording: who may ask, and how copies go; the rest is set from here.
    pub active: ActiveConfig,
    /// The function key for recording on demand (MX-D1), if there is one.
    pub on_demand: Option<OnDemandConfig>,
}

impl Default for PhoneConfig {
    /// A 6800 phone at 192.0.2.20, extension 1000, with a PBX at 192.0.2.1.
    fn default() -> Self {
        Self {
            seed: 1,
            epoch_seconds: 1_767_225_600,
            model: Model::Mx6800,
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 20)),
            mac: [0x00, 0x08, 0x5d, 0x00, 0x10, 0x00],
            extension: String::from("1000"),
            display_name: String::from("Desk 1000"),
            pbx: SocketAddr::from(([192, 0, 2, 1], 5060)),
            sip_port: 5060,
            recording_port: None,
            logs_on_at_start: true,
            codec: Codec::Pcma,
            record_method: RecordMethod::None,
            line: LineConfig::default(),
            local: local::Config::default(),
            server: server::Config::default(),
            active: ActiveConfig::default(),
            on_demand: None,
        }
    }
}

/// Connections from here on are the on-demand key's; those before, the record server's.
const ON_DEMAND_CONNECTIONS: u32 = 1 << 30;

impl PhoneConfig {
    /// The socket of its SIP calls.
    #[must_use]
    pub const fn sip(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.sip_port)
    }

    /// The socket on which it listens for the recording system, if its model does (MX-S7).
    #[must_use]
    pub const fn recording_sip(&self) -> Option<SocketAddr> {
        let port = match (self.model.recording_port(), self.recording_port) {
            (None, _) => return None,
            (Some(RecordingPort::Fixed(port)), _)
            | (Some(RecordingPort::Configurable(port)), None) => port,
            (Some(RecordingPort::Configurable(_)), Some(port)) => port,
        };
        Some(SocketAddr::new(self.address, port))
    }

    /// The whole settings of its line.
    #[must_use]
    pub fn line_config(&self) -> LineConfig {
        let mut codecs = alloc::vec![self.codec];
        codecs.extend(Codec::ALL.into_iter().filter(|&codec| codec != self.codec));
        LineConfig {
            seed: self.seed_of(1),
            sip: self.sip(),
            pbx: self.pbx,
            registration: self.model.registration(),
            gatekeeper: SocketAddr::new(self.pbx.ip(), self.line.gatekeeper.port()),
            extension: self.extension.clone(),
            display_name: self.display_name.clone(),
            codecs,
            ..self.line.clone()
        }
    }

    /// The whole settings of recording to USB.
    #[must_use]
    pub fn local_config(&self) -> local::Config {
        local::Config {
            seed: self.seed_of(2),
            epoch_seconds: self.epoch_seconds,
            model: self.model,
            ..self.local.clone()
        }
    }

    /// The whole settings of recording by a server.
    #[must_use]
    pub fn server_config(&self) -> server::Config {
        server::Config {
            seed: self.seed_of(3),
            mac: self.mac,
            local_rtp: SocketAddr::new(self.address, self.server.local_rtp.port()),
            first_connection: 0,
            ..self.server.clone()
        }
    }

    /// The whole settings of active recording, if the model has it.
    #[must_use]
    pub fn active_config(&self) -> Option<ActiveConfig> {
        let socket = self.recording_sip()?;
        Some(ActiveConfig {
            seed: self.seed_of(4),
            address: self.address,
            sip_port: socket.port(),
            extension: self.extension.clone(),
            codec: self.codec,
            ..self.active.clone()
        })
    }

    /// The whole settings of the on-demand key, if there is one.
    #[must_use]
    pub fn on_demand_config(&self) -> Option<OnDemandConfig> {
        let config = self.on_demand.clone()?;
        Some(OnDemandConfig { first_connection: ON_DEMAND_CONNECTIONS, ..config })
    }

    /// A seed of its own for each part, so that no two draw the same ids.
    pub(super) fn seed_of(&self, part: u64) -> u64 {
        Random::new(self.seed.wrapping_mul(31).wrapping_add(part)).next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_for_recorders_is_set_only_where_it_is_not_fixed() {
        let cases = [
            (Model::Mx442x, None, Some(7300)),
            (Model::Mx743x, Some(5062), Some(7300)),
            (Model::Mx744x, Some(5060), Some(7300)),
            (Model::Mx6700, None, Some(5060)),
            (Model::Mx6800, Some(5062), Some(5062)),
            (Model::Bx6, Some(5062), None),
        ];
        for (model, recording_port, expected) in cases {
            let config = PhoneConfig { model, recording_port, ..PhoneConfig::default() };
            let port = config.recording_sip().map(|socket| socket.port());
            assert_eq!(port, expected, "{model}");
        }
    }
}
