//! Link layers: what leads to IP, or is counted.

use super::{Bytes, Header, Outcome, Undecoded};
use crate::capture::LinkType;
use recscope_core::Layer;

/// EtherTypes that are gone into.
const IPV4: u16 = 0x0800;
const TRANSPARENT_ETHERNET: u16 = 0x6558;
const VLAN: u16 = 0x8100;
const OLD_QINQ: u16 = 0x9100;
const IPV6: u16 = 0x86dd;
const PPP: u16 = 0x880b;
const MPLS: u16 = 0x8847;
const MPLS_UPSTREAM: u16 = 0x8848;
const PPPOE_SESSION: u16 = 0x8864;
const PROVIDER_VLAN: u16 = 0x88a8;
const ERSPAN: u16 = 0x88be;
const ERSPAN_3: u16 = 0x22eb;
/// Below this an EtherType is the length of an IEEE 802.3 frame.
const SMALLEST: u16 = 0x0600;

/// The first header of a packet of this link type.
#[inline]
pub(super) const fn first(link_type: LinkType) -> Option<Header> {
    Some(match link_type {
        LinkType::ETHERNET => Header::Ethernet,
        LinkType::RAW | LinkType::RAW_12 | LinkType::RAW_14 | LinkType::IPV4 | LinkType::IPV6 => {
            Header::Ip
        }
        LinkType::LINUX_SLL => Header::Cooked,
        LinkType::LINUX_SLL2 => Header::Cooked2,
        LinkType::NULL | LinkType::LOOP => Header::Loopback,
        LinkType::PPP | LinkType::PPP_HDLC => Header::Ppp,
        LinkType::PPP_WITH_DIR => Header::PppWithDirection,
        LinkType::PPP_ETHER => Header::Pppoe,
        LinkType::C_HDLC => Header::CiscoHdlc,
        _ => return None,
    })
}

/// Ethernet II and IEEE 802.3.
#[inline]
pub(super) fn ethernet(data: Bytes<'_>) -> Outcome<'_> {
    match (data.u16(12), data.after(14)) {
        (Some(ether_type), Some(rest)) => by_ether_type(ether_type, rest),
        _ => Outcome::malformed(Layer::Link, "the ethernet header is cut"),
    }
}

/// Linux cooked capture: the EtherType ends its 16 bytes.
pub(super) fn cooked(data: Bytes<'_>) -> Outcome<'_> {
    match (data.u16(14), data.after(16)) {
        (Some(protocol), Some(rest)) => cooked_protocol(protocol, rest),
        _ => Outcome::malformed(Layer::Link, "the cooked header is cut"),
    }
}

/// Linux cooked capture, version 2: the EtherType begins its 20 bytes.
pub(super) fn cooked_2(data: Bytes<'_>) -> Outcome<'_> {
    match (data.u16(0), data.after(20)) {
        (Some(protocol), Some(rest)) => cooked_protocol(protocol, rest),
        _ => Outcome::malformed(Layer::Link, "the cooked header is cut"),
    }
}

fn cooked_protocol(protocol: u16, rest: Bytes<'_>) -> Outcome<'_> {
    match protocol {
        // Linux's own numbers for frames without an EtherType.
        1 => Outcome::Undecoded(Undecoded::Named("ipx")),
        4 => logical_link(rest),
        0..SMALLEST => Outcome::Undecoded(Undecoded::EtherType(protocol)),
        other => by_ether_type(other, rest),
    }
}

/// What an EtherType says comes next; `rest` starts after it.
#[inline]
pub(super) fn by_ether_type(ether_type: u16, rest: Bytes<'_>) -> Outcome<'_> {
    let header = match ether_type {
        IPV4 | IPV6 => Header::Ip,
        VLAN | PROVIDER_VLAN | OLD_QINQ => Header::Vlan,
        MPLS | MPLS_UPSTREAM => Header::Mpls,
        PPPOE_SESSION => Header::Pppoe,
        PPP => Header::Ppp,
        TRANSPARENT_ETHERNET => Header::Ethernet,
        0..SMALLEST => return logical_link(rest.limit(usize::from(ether_type))),
        other => return Outcome::Undecoded(Undecoded::ether_type(other)),
    };
    Outcome::Next(header, rest)
}

/// A VLAN tag: two bytes of priority and number, then an EtherType.
pub(super) fn vlan(data: Bytes<'_>) -> Outcome<'_> {
    match (data.u16(2), data.after(4)) {
        (Some(ether_type), Some(rest)) => by_ether_type(ether_type, rest),
        _ => Outcome::malformed(Layer::Link, "the vlan tag is cut"),
    }
}

/// IEEE 802.2: of all that it carries, only SNAP leads to IP.
fn logical_link(data: Bytes<'_>) -> Outcome<'_> {
    let name = match data.data {
        [0xaa, 0xaa, 3, 0, 0, 0, ..] => {
            return match (data.u16(6), data.after(8)) {
                (Some(ether_type @ SMALLEST..), Some(rest)) => by_ether_type(ether_type, rest),
                _ => Outcome::malformed(Layer::Link, "the snap header is cut"),
            };
        }
        [0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0x00, ..] => "cdp",
        [0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0x03, ..] => "vtp",
        [0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0x04, ..] => "dtp",
        [0x42, 0x42, 3, ..] | [0xaa, 0xaa, 3, 0, 0, 0x0c, 0x01, 0x0b, ..] => "stp",
        [0xe0, 0xe0, ..] | [0xff, 0xff, ..] => "ipx",
        [0xf0, 0xf0, ..] => "netbeui",
        [0xfe, 0xfe, ..] => "osi",
        _ => "llc",
    };
    Outcome::Undecoded(Undecoded::Named(name))
}

/// BSD loopback: an address family in either byte order.
pub(super) fn loopback(data: Bytes<'_>) -> Outcome<'_> {
    let (Some(family), Some(rest)) = (data.u32(0), data.after(4)) else {
        return Outcome::malformed(Layer::Link, "the loopback header is cut");
    };
    match if family > 0xffff { family.swap_bytes() } else { family } {
        // AF_INET; AF_INET6 on Linux, NetBSD and OpenBSD, FreeBSD, macOS.
        2 | 10 | 24 | 28 | 30 => Outcome::Next(Header::Ip, rest),
        _ => Outcome::Undecoded(Undecoded::Named("loopback without ip")),
    }
}

/// Cisco HDLC, told by its address byte from PPP in HDLC framing.
pub(super) fn cisco_hdlc(data: Bytes<'_>) -> Outcome<'_> {
    match (data.u8(0), data.u16(2), data.after(4)) {
        (Some(0x0f | 0x8f), Some(protocol), Some(rest)) => by_ether_type(protocol, rest),
        (Some(_), ..) => ppp(data),
        (None, ..) => Outcome::malformed(Layer::Link, "the hdlc header is cut"),
    }
}

/// PPP, with or without the bytes of HDLC framing, its protocol in two bytes or one.
pub(super) fn ppp(data: Bytes<'_>) -> Outcome<'_> {
    let framed = if data.data.starts_with(&[0xff, 0x03]) { data.after(2) } else { Some(data) };
    let parts = framed.and_then(|data| {
        let first = data.u8(0)?;
        // A last byte is odd, so an odd first byte is the only one.
        if first & 1 == 1 {
            Some((u16::from(first), data.after(1)?))
        } else {
            Some((data.u16(0)?, data.after(2)?))
        }
    });
    match parts {
        Some((0x0021 | 0x0057, rest)) => Outcome::Next(Header::Ip, rest),
        Some((0x0281 | 0x0283, rest)) => Outcome::Next(Header::Mpls, rest),
        Some((protocol, _)) => Outcome::Undecoded(Undecoded::ppp(protocol)),
        None => Outcome::malformed(Layer::Link, "the ppp header is cut"),
    }
}

/// PPPoE session (RFC 2516): version, type, code, session, length, then PPP.
pub(super) fn pppoe(data: Bytes<'_>) -> Outcome<'_> {
    match (data.u16(0), data.u16(4), data.after(6)) {
        (Some(0x1100), Some(len), Some(rest)) => {
            Outcome::Next(Header::Ppp, rest.limit(usize::from(len)))
        }
        (Some(0x1100), ..) | (None, ..) => {
            Outcome::malformed(Layer::Link, "the pppoe header is cut")
        }
        _ => Outcome::malformed(Layer::Link, "the pppoe header is not that of a session"),
    }
}

/// MPLS: labels until one is marked as the last; then IP, or Ethernet with or without a control
/// word, which only their looks can tell (RFC 4385, RFC 4928).
pub(super) fn mpls(data: Bytes<'_>) -> Outcome<'_> {
    let (Some(label), Some(rest)) = (data.u32(0), data.after(4)) else {
        return Outcome::malformed(Layer::Link, "the mpls label is cut");
    };
    if label & 0x100 == 0 {
        return Outcome::Next(Header::Mpls, rest);
    }
    let leads_on = |rest: Bytes<'_>| {
        matches!(rest.u16(12), Some(IPV4 | IPV6 | VLAN | PROVIDER_VLAN | MPLS | PPPOE_SESSION))
    };
    match rest.u8(0).map(|byte| byte >> 4) {
        Some(4 | 6) => Outcome::Next(Header::Ip, rest),
        Some(_) if leads_on(rest) => Outcome::Next(Header::Ethernet, rest),
        Some(0) => match rest.after(4) {
            Some(inner) if leads_on(inner) => Outcome::Next(Header::Ethernet, inner),
            _ => Outcome::Undecoded(Undecoded::Named("mpls payload")),
        },
        _ => Outcome::Undecoded(Undecoded::Named("mpls payload")),
    }
}

/// GRE (RFC 2784, RFC 2890), its PPTP form (RFC 2637) and the mirrored frames of ERSPAN.
pub(super) fn gre(data: Bytes<'_>) -> Outcome<'_> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGEMENT: u16 = 0x0080;
    const VERSION: u16 = 0x0007;

    let (Some(flags), Some(protocol)) = (data.u16(0), data.u16(2)) else {
        return Outcome::malformed(Layer::Ip, "the gre header is cut");
    };
    if flags & ROUTING != 0 || flags & VERSION > 1 {
        return Outcome::Undecoded(Undecoded::Named("gre with routing"));
    }
    let mut optional = CHECKSUM | KEY | SEQUENCE;
    if flags & VERSION == 1 {
        optional |= ACKNOWLEDGEMENT;
    }
    let len = 4 + 4 * (flags & optional).count_ones() as usize;
    let Some(rest) = data.after(len) else {
        return Outcome::malformed(Layer::Ip, "the gre header is cut");
    };
    let mirrored = match protocol {
        // Without a sequence number it is the first form, which has no header of its own.
        ERSPAN if flags & SEQUENCE == 0 => Some(rest),
        ERSPAN => rest.after(8),
        ERSPAN_3 => {
            let with_subheader = rest.u16(10).is_some_and(|flags| flags & 1 == 1);
            rest.after(if with_subheader { 20 } else { 12 })
        }
        _ => return by_ether_type(protocol, rest),
    };
    match mirrored {
        Some(rest) => Outcome::Next(Header::Ethernet, rest),
        None => Outcome::malformed(Layer::Ip, "the erspan header is cut"),
    }
}

/// VXLAN (RFC 7348): the Ethernet frame in a datagram's payload, if it has the shape of one.
pub(super) fn vxlan(payload: Bytes<'_>) -> Option<Bytes<'_>> {
    match payload.data {
        [0x08, 0, 0, 0, _, _, _, 0, ..] => payload.after(8),
        _ => None,
    }
}
