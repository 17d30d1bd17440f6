//! IPv4 and IPv6 down to the transport.

use super::{Bytes, Header, Outcome, Undecoded};
use recscope_core::Layer;
use std::net::IpAddr;

/// IP protocols and IPv6 extension headers that are gone into.
const HOP_BY_HOP: u8 = 0;
const IP_IN_IP: u8 = 4;
const TCP: u8 = 6;
const UDP: u8 = 17;
const IPV6_IN_IP: u8 = 41;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const GRE: u8 = 47;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;
const ETHER_IP: u8 = 97;
const MOBILITY: u8 = 135;
const MPLS_IN_IP: u8 = 137;
const HIP: u8 = 139;
const SHIM6: u8 = 140;

/// Who sent an IP packet to whom, and what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route {
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    pub(super) protocol: u8,
}

/// A piece of an IP packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment<'a> {
    /// Of the whole packet; the protocol is that of the first byte after reassembly.
    pub(super) route: Route,
    pub(super) identification: u32,
    /// Where it belongs in the whole, in bytes.
    pub(super) start: u32,
    /// Whether others come after it.
    pub(super) more: bool,
    pub(super) data: Bytes<'a>,
}

/// IPv4 or IPv6, by the version that the packet itself names.
#[inline]
pub(super) fn ip(data: Bytes<'_>) -> Outcome<'_> {
    match data.u8(0).map(|byte| byte >> 4) {
        Some(4) => ipv4(data).unwrap_or(Outcome::malformed(Layer::Ip, "the ipv4 header is cut")),
        Some(6) => ipv6(data).unwrap_or(Outcome::malformed(Layer::Ip, "the ipv6 header is cut")),
        Some(_) => Outcome::malformed(Layer::Ip, "the ip version is neither 4 nor 6"),
        None => Outcome::malformed(Layer::Ip, "the ip header is missing"),
    }
}

#[inline]
fn ipv4(data: Bytes<'_>) -> Option<Outcome<'_>> {
    let header = data.data.first_chunk::<20>()?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    let total_len = usize::from(u16::from_be_bytes([header[2], header[3]]));
    if header_len < 20 {
        return Some(Outcome::malformed(Layer::Ip, "the ipv4 header length is below 20"));
    }
    // A sending host that leaves segmentation to the network card captures a length of 0.
    let packet = if total_len == 0 { data } else { data.limit(total_len) };
    if total_len != 0 && total_len < header_len {
        return Some(Outcome::malformed(Layer::Ip, "the ipv4 total length is below its header's"));
    }
    let payload = packet.after(header_len)?;
    let [.., a, b, c, d, e, f, g, h] = *header;
    let route = Route {
        src: IpAddr::from([a, b, c, d]),
        dst: IpAddr::from([e, f, g, h]),
        protocol: header[9],
    };
    let fragmentation = u16::from_be_bytes([header[6], header[7]]);
    let start = u32::from(fragmentation & 0x1fff) * 8;
    let more = fragmentation & 0x2000 != 0;
    if start == 0 && !more {
        return Some(Outcome::Next(Header::IpPayload(route), payload));
    }
    let identification = u32::from(u16::from_be_bytes([header[4], header[5]]));
    Some(Outcome::Fragment(Fragment { route, identification, start, more, data: payload }))
}

#[inline]
fn ipv6(data: Bytes<'_>) -> Option<Outcome<'_>> {
    let header = data.data.first_chunk::<40>()?;
    let (fixed, addresses) = header.split_first_chunk::<8>()?;
    let (src, dst) = addresses.split_first_chunk::<16>()?;
    let dst = dst.first_chunk::<16>()?;
    let payload_len = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
    let payload = data.after(40)?;
    // 0 stands for a jumbo packet, or for segmentation left to the network card.
    let payload = if payload_len == 0 { payload } else { payload.limit(payload_len) };
    let route = Route { src: IpAddr::from(*src), dst: IpAddr::from(*dst), protocol: fixed[6] };
    Some(Outcome::Next(Header::IpPayload(route), payload))
}

/// What an IP packet carries: a transport, a tunnel, or an extension header before either.
#[inline]
pub(super) fn payload(route: Route, data: Bytes<'_>) -> Outcome<'_> {
    let header = match route.protocol {
        UDP => return udp(route, data),
        TCP => return Outcome::Tcp(route, data),
        IP_IN_IP | IPV6_IN_IP => Header::Ip,
        GRE => Header::Gre,
        MPLS_IN_IP => Header::Mpls,
        ETHER_IP => {
            return match data.after(2) {
                Some(rest) => Outcome::Next(Header::Ethernet, rest),
                None => Outcome::malformed(Layer::Ip, "the ethernet-in-ip header is cut"),
            };
        }
        HOP_BY_HOP if route.src.is_ipv4() => {
            return Outcome::Undecoded(Undecoded::ip_protocol(HOP_BY_HOP));
        }
        HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | DESTINATION | MOBILITY | HIP | SHIM6 => {
            return extension(route, data)
                .unwrap_or(Outcome::malformed(Layer::Ip, "an ipv6 extension header is cut"));
        }
        other => return Outcome::Undecoded(Undecoded::ip_protocol(other)),
    };
    Outcome::Next(header, data)
}

/// One extension header (RFC 8200 section 4), or the authentication header of IPv4.
fn extension(route: Route, data: Bytes<'_>) -> Option<Outcome<'_>> {
    let next = Route { protocol: data.u8(0)?, ..route };
    if route.protocol == FRAGMENT {
        let fragmentation = data.u16(2)?;
        let identification = data.u32(4)?;
        let payload = data.after(8)?;
        let start = u32::from(fragmentation & 0xfff8);
        let more = fragmentation & 1 != 0;
        if start == 0 && !more {
            return Some(Outcome::Next(Header::IpPayload(next), payload));
        }
        let fragment = Fragment { route: next, identification, start, more, data: payload };
        return Some(Outcome::Fragment(fragment));
    }
    let units = usize::from(data.u8(1)?);
    let len = if route.protocol == AUTHENTICATION { (units + 2) * 4 } else { (units + 1) * 8 };
    Some(Outcome::Next(Header::IpPayload(next), data.after(len)?))
}

#[inline]
fn udp(route: Route, data: Bytes<'_>) -> Outcome<'_> {
    let (Some(src), Some(dst), Some(len), Some(payload)) =
        (data.u16(0), data.u16(2), data.u16(4), data.after(8))
    else {
        return Outcome::malformed(Layer::Udp, "the udp header is cut");
    };
    let payload = match usize::from(len).checked_sub(8) {
        Some(len) => payload.limit(len),
        // 0 stands for all there is: a jumbo datagram, or a length that the network card fills in.
        None if len == 0 => payload,
        None => return Outcome::malformed(Layer::Udp, "the udp length is below 8"),
    };
    Outcome::Udp { route, src, dst, payload }
}
