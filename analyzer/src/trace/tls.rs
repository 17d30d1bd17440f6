//! TLS connections: named and counted, not decrypted.

use super::key::FastMap;
use super::messages::SignallingMessage;
use crate::net::{ConnectionId, Direction, Segment};
use crate::order;
use crate::report::MessageProtocol;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct TlsConnection {
    /// Who opened it, or was seen first.
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    pub(crate) start_ns: i64,
    pub(crate) end_ns: i64,
    /// Packets with data.
    pub(crate) packets: u64,
    pub(crate) is_likely_sip: bool,
}

/// All of a capture, by first packet.
#[derive(Debug, Default)]
pub(super) struct TlsConnections {
    all: Vec<TlsConnection>,
    by_id: FastMap<u64, usize>,
}

impl TlsConnections {
    /// Most that are told apart.
    const MOST: usize = 65_536;

    /// Takes a segment with data.
    pub(super) fn on_data(&mut self, id: ConnectionId, segment: &Segment<'_>) {
        let at = *self.by_id.entry(id.0.into()).or_insert(self.all.len());
        if at == self.all.len() && at < Self::MOST {
            let (src, dst) = match segment.direction {
                Direction::Forward => (segment.src, segment.dst),
                Direction::Backward => (segment.dst, segment.src),
            };
            let (start_ns, end_ns) = (segment.time_ns, segment.time_ns);
            let (packets, is_likely_sip) = (0, false);
            self.all.push(TlsConnection { src, dst, start_ns, end_ns, packets, is_likely_sip });
        }
        if let Some(connection) = self.all.get_mut(at) {
            connection.packets += 1;
            connection.end_ns = connection.end_ns.max(segment.time_ns);
        }
    }

    /// All of them; what hosts speak in the clear, in `messages`, hints at what they speak here.
    pub(super) fn into_all<'a>(
        mut self,
        messages: impl Iterator<Item = &'a SignallingMessage>,
    ) -> Vec<TlsConnection> {
        if self.all.is_empty() {
            return self.all;
        }
        let sip = messages.filter(|message| message.protocol == MessageProtocol::Sip);
        let hosts =
            order::set(sip.flat_map(|message| [message.origin.src.ip(), message.origin.dst.ip()]));
        for connection in &mut self.all {
            let ends = [connection.src, connection.dst];
            connection.is_likely_sip = ends.iter().any(|end| is_likely_sip(*end, &hosts));
        }
        self.all
    }
}

/// SIP over TLS has port 5061 (RFC 3261 19.1.2); servers put it on others nearby.
fn is_likely_sip(end: SocketAddr, speakers: &BTreeSet<IpAddr>) -> bool {
    end.port() == 5061 || (5060..5100).contains(&end.port()) && speakers.contains(&end.ip())
}
