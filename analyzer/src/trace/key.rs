//! What tells RTP streams apart, in a form that is hashed for every packet.

use foldhash::fast::FixedState;
use recscope_core::rtp::Ssrc;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

/// A map that is asked for every packet.
///
/// The standard library's SipHash costs more than the rest of a packet's way through the trace;
/// foldhash is the quick hash behind hashbrown. Its state is fixed, so the same file gives the
/// same report on every run; what a capture made to collide could slow down is bounded by the
/// limits on the number of keys.
pub(crate) type FastMap<K, V> = HashMap<K, V, FixedState>;

/// The ends and the SSRC of an RTP stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StreamKey {
    src: u128,
    dst: u128,
    ports: u32,
    ssrc: u32,
}

impl StreamKey {
    pub(crate) fn new(src: SocketAddr, dst: SocketAddr, ssrc: Ssrc) -> Self {
        Self {
            src: bits(src.ip()),
            dst: bits(dst.ip()),
            ports: u32::from(src.port()) << 16 | u32::from(dst.port()),
            ssrc: ssrc.0,
        }
    }
}

impl Hash for StreamKey {
    /// Folds the addresses to 64 bits each: they differ in the low half in practice, and a
    /// collision costs a comparison, no more.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(fold(self.src) ^ fold(self.dst).rotate_left(32));
        state.write_u64(u64::from(self.ports) << 32 | u64::from(self.ssrc));
    }
}

/// IPv4 as its IPv4-mapped IPv6 address.
fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => 0xFFFF_0000_0000 | u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the halves are taken one by one")]
const fn fold(bits: u128) -> u64 {
    (bits >> 64) as u64 ^ bits as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let a: SocketAddr = "192.0.2.1:4000".parse().unwrap();
        let b: SocketAddr = "192.0.2.2:4000".parse().unwrap();
        let c: SocketAddr = "192.0.2.1:4002".parse().unwrap();
        let v6: SocketAddr = "[2001:db8::1]:4000".parse().unwrap();
        let key = StreamKey::new(a, b, Ssrc(1));
        assert_eq!(key, StreamKey::new(a, b, Ssrc(1)));
        for other in [
            StreamKey::new(b, a, Ssrc(1)),
            StreamKey::new(c, b, Ssrc(1)),
            StreamKey::new(a, v6, Ssrc(1)),
            StreamKey::new(a, b, Ssrc(2)),
        ] {
            assert_ne!(key, other);
        }
    }
}
