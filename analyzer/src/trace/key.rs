//! What tells RTP streams apart, in a form that is hashed for every packet.

use foldhash::fast::FixedState;
use recscope_core::rtp::Ssrc;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr, SocketAddrV4};

/// A map that is asked for every packet.
///
/// The standard library's SipHash costs more than the rest of a packet's way through the trace;
/// foldhash is the quick hash behind hashbrown. Its state is fixed, so the same file gives the
/// same report on every run; what a capture made to collide could slow down is bounded by the
/// limits on the number of keys.
pub(crate) type FastMap<K, V> = HashMap<K, V, FixedState>;

/// As [`FastMap`], of keys alone.
pub(crate) type FastSet<K> = HashSet<K, FixedState>;

/// Who sends a packet, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
}

/// The ends and the SSRC of an RTP stream over IPv4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct PlainKey {
    hosts: u64,
    ports_and_ssrc: u64,
}

impl PlainKey {
    #[inline]
    pub(crate) fn new(src: SocketAddrV4, dst: SocketAddrV4, ssrc: Ssrc) -> Self {
        let ports = u32::from(src.port()) << 16 | u32::from(dst.port());
        Self {
            hosts: join(src.ip().to_bits(), dst.ip().to_bits()),
            ports_and_ssrc: join(ports, ssrc.0),
        }
    }

    /// So many bits by which keys differ that are alike in parts (Fibonacci hashing).
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "fewer bits than any usize has")]
    pub(crate) const fn digest(self, bits: u32) -> usize {
        let mixed = self.hosts ^ self.ports_and_ssrc.rotate_left(29);
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - bits)) as usize
    }
}

#[inline]
fn join(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// The ends and the SSRC of an RTP stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StreamKey {
    src: u128,
    dst: u128,
    ports: u32,
    ssrc: u32,
}

impl StreamKey {
    pub(crate) fn new(ends: Ends, ssrc: Ssrc) -> Self {
        Self {
            src: bits(ends.src.ip()),
            dst: bits(ends.dst.ip()),
            ports: u32::from(ends.src.port()) << 16 | u32::from(ends.dst.port()),
            ssrc: ssrc.0,
        }
    }
}

impl From<PlainKey> for StreamKey {
    #[allow(clippy::cast_possible_truncation, reason = "the halves are taken one by one")]
    fn from(key: PlainKey) -> Self {
        let PlainKey { hosts, ports_and_ssrc } = key;
        Self {
            src: v4_bits((hosts >> 32) as u32),
            dst: v4_bits(hosts as u32),
            ports: (ports_and_ssrc >> 32) as u32,
            ssrc: ports_and_ssrc as u32,
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

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => v4_bits(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// IPv4 as its IPv4-mapped IPv6 address.
fn v4_bits(bits: u32) -> u128 {
    0xFFFF_0000_0000 | u128::from(bits)
}

#[allow(clippy::cast_possible_truncation, reason = "the halves are taken one by one")]
const fn fold(bits: u128) -> u64 {
    (bits >> 64) as u64 ^ bits as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_keys_mean_the_same() {
        let (a, b) = ("192.0.2.1:4000".parse().unwrap(), "203.0.113.255:65535".parse().unwrap());
        let ends = Ends { src: SocketAddr::V4(a), dst: SocketAddr::V4(b) };
        let ssrc = Ssrc(0xFEDC_BA98);
        assert_eq!(StreamKey::from(PlainKey::new(a, b, ssrc)), StreamKey::new(ends, ssrc));
    }

    #[test]
    fn every_part_counts() {
        let a: SocketAddr = "192.0.2.1:4000".parse().unwrap();
        let b: SocketAddr = "192.0.2.2:4000".parse().unwrap();
        let c: SocketAddr = "192.0.2.1:4002".parse().unwrap();
        let v6: SocketAddr = "[2001:db8::1]:4000".parse().unwrap();
        let key = |src, dst, ssrc| StreamKey::new(Ends { src, dst }, Ssrc(ssrc));
        assert_eq!(key(a, b, 1), key(a, b, 1));
        for other in [key(b, a, 1), key(c, b, 1), key(a, v6, 1), key(a, b, 2)] {
            assert_ne!(key(a, b, 1), other);
        }
    }
}
