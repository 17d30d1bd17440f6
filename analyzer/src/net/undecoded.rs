//! Names for what is counted rather than decoded.

use crate::capture::LinkType;
use std::fmt;

/// A protocol that ends the decoding of a packet; [`Display`](fmt::Display) is its name in
/// reports, lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Undecoded {
    /// A protocol, or a state of the packet, with a name.
    Named(&'static str),
    /// A link type that is not decoded.
    Link(LinkType),
    /// An EtherType without a name here.
    EtherType(u16),
    /// An IP protocol without a name here.
    IpProtocol(u8),
    /// A PPP protocol without a name here.
    Ppp(u16),
}

impl Undecoded {
    /// By EtherType.
    pub(super) const fn ether_type(ether_type: u16) -> Self {
        Self::Named(match ether_type {
            0x0806 => "arp",
            0x0842 => "wake-on-lan",
            0x22f0 => "avtp",
            0x22f3 => "trill",
            0x6558 => "transparent ethernet",
            0x8035 => "rarp",
            0x809b => "appletalk",
            0x8137 => "ipx",
            0x8808 => "mac control",
            0x8809 => "slow protocols",
            0x8863 => "pppoe discovery",
            0x887b => "homeplug",
            0x888e => "eapol",
            0x8892 => "profinet",
            0x88cc => "lldp",
            0x88e5 => "macsec",
            0x88e7 => "provider backbone",
            0x88f5 => "mvrp",
            0x88f7 => "ptp",
            0x8902 => "cfm",
            0x9000 => "loopback test",
            _ => return Self::EtherType(ether_type),
        })
    }

    /// By IP protocol.
    pub(super) const fn ip_protocol(protocol: u8) -> Self {
        Self::Named(match protocol {
            1 => "icmp",
            2 => "igmp",
            33 => "dccp",
            46 => "rsvp",
            50 => "esp",
            58 => "icmpv6",
            59 => "ipv6 without next header",
            88 => "eigrp",
            89 => "ospf",
            103 => "pim",
            112 => "vrrp",
            115 => "l2tp",
            132 => "sctp",
            136 => "udp-lite",
            _ => return Self::IpProtocol(protocol),
        })
    }

    /// By PPP protocol.
    pub(super) const fn ppp(protocol: u16) -> Self {
        Self::Named(match protocol {
            0x002b => "ipx",
            0x003d => "multilink ppp",
            0x00fd => "compressed ppp",
            0x8021 => "ipcp",
            0x8057 => "ipv6cp",
            0x80fd => "ccp",
            0xc021 => "lcp",
            0xc023 => "pap",
            0xc025 => "lqr",
            0xc223 => "chap",
            _ => return Self::Ppp(protocol),
        })
    }
}

impl fmt::Display for Undecoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Link(link_type) => match link_type.name() {
                Some(name) => write!(f, "link type {}", name.to_ascii_lowercase()),
                None => write!(f, "link type {}", link_type.0),
            },
            Self::EtherType(value) => write!(f, "ethertype 0x{value:04x}"),
            Self::IpProtocol(value) => write!(f, "ip protocol {value}"),
            Self::Ppp(value) => write!(f, "ppp protocol 0x{value:04x}"),
        }
    }
}
