//! The packets of an Ethernet capture on other links.

use super::Capture;

const IPV4: [u8; 2] = [0x08, 0];
const IPV6: [u8; 2] = [0x86, 0xdd];

/// The IP packet in an Ethernet frame.
pub fn ip_packet(frame: &[u8]) -> &[u8] {
    frame.get(14..).expect("an ethernet frame")
}

fn ether_type(ip: &[u8]) -> [u8; 2] {
    if ip.first().is_some_and(|byte| byte >> 4 == 6) { IPV6 } else { IPV4 }
}

/// An IP packet in an Ethernet frame.
pub fn ethernet(ip: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], &ether_type(ip)[..], ip].concat()
}

/// The label of [`Link::Pseudowire`], which tshark has to be told.
pub const PSEUDOWIRE_LABEL: u32 = 99;

/// Links that a packet can be put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Ethernet with these tags: (tag's EtherType, VLAN).
    Vlan(&'static [(u16, u16)]),
    /// Ethernet with the padding of short frames and a frame check sequence.
    Padded,
    /// Ethernet with an IEEE 802.3 length, 802.2 and SNAP.
    Snap,
    /// Ethernet with MPLS labels, then IP.
    Mpls(&'static [u32]),
    /// Ethernet with an MPLS label, a control word, and Ethernet again.
    Pseudowire,
    Pppoe,
    Ppp,
    /// PPP in HDLC framing.
    PppHdlc,
    /// PPP with its protocol in one byte.
    PppCompressed,
    CiscoHdlc,
    /// BSD loopback in the byte order of a little-endian, or big-endian host.
    NullLittle,
    NullBig,
    Loop,
    /// Raw IP, with this link type.
    Raw(u16),
    Cooked,
    Cooked2,
}

/// Every link once.
pub const ALL: [Link; 22] = [
    Link::Vlan(&[(0x8100, 100)]),
    Link::Vlan(&[(0x88a8, 7), (0x8100, 100)]),
    Link::Vlan(&[(0x9100, 7), (0x8100, 100)]),
    Link::Padded,
    Link::Snap,
    Link::Mpls(&[16]),
    Link::Mpls(&[16, 17, 18]),
    Link::Pseudowire,
    Link::Pppoe,
    Link::Ppp,
    Link::PppHdlc,
    Link::PppCompressed,
    Link::CiscoHdlc,
    Link::NullLittle,
    Link::NullBig,
    Link::Loop,
    Link::Raw(101),
    Link::Raw(12),
    Link::Raw(14),
    Link::Raw(228),
    Link::Cooked,
    Link::Cooked2,
];

/// The packets of an Ethernet capture on another link.
pub fn put_on(capture: &Capture, link: Link) -> Capture {
    let link_type = match link {
        Link::Vlan(_)
        | Link::Padded
        | Link::Snap
        | Link::Mpls(_)
        | Link::Pseudowire
        | Link::Pppoe => 1,
        Link::Ppp | Link::PppCompressed => 9,
        Link::PppHdlc => 50,
        Link::CiscoHdlc => 104,
        Link::NullLittle | Link::NullBig => 0,
        Link::Loop => 108,
        Link::Raw(link_type) => link_type,
        Link::Cooked => 113,
        Link::Cooked2 => 276,
    };
    capture.map(link_type, |frame| wrap(link, frame))
}

fn wrap(link: Link, frame: &[u8]) -> Vec<u8> {
    let (addresses, ip) = (&frame[..12], ip_packet(frame));
    let (v6, ether_type) = (ether_type(ip) == IPV6, ether_type(ip));
    let ppp: &[u8] = if v6 { &[0, 0x57] } else { &[0, 0x21] };
    match link {
        Link::Vlan(tags) => {
            let mut out = addresses.to_vec();
            for (tag, vlan) in tags {
                out.extend([tag.to_be_bytes(), vlan.to_be_bytes()].concat());
            }
            [&out, &ether_type[..], ip].concat()
        }
        Link::Padded => [frame, &[0; 18], &[0xde, 0xad, 0xbe, 0xef]].concat(),
        Link::Snap => {
            let len = u16::try_from(ip.len() + 8).expect("fits").to_be_bytes();
            [addresses, &len, &[0xaa, 0xaa, 3, 0, 0, 0], &ether_type, ip].concat()
        }
        Link::Mpls(labels) => {
            let mut out = [addresses, &[0x88, 0x47]].concat();
            for (i, label) in labels.iter().enumerate() {
                let last = u32::from(i + 1 == labels.len());
                out.extend((label << 12 | last << 8 | 64).to_be_bytes());
            }
            [&out, ip].concat()
        }
        Link::Pseudowire => {
            let label = (PSEUDOWIRE_LABEL << 12 | 1 << 8 | 64).to_be_bytes();
            [addresses, &[0x88, 0x47], &label, &[0; 4], frame].concat()
        }
        Link::Pppoe => {
            let len = u16::try_from(ip.len() + 2).expect("fits").to_be_bytes();
            [addresses, &[0x88, 0x64, 0x11, 0, 0, 9], &len, ppp, ip].concat()
        }
        Link::Ppp => [ppp, ip].concat(),
        Link::PppHdlc => [&[0xff, 0x03], ppp, ip].concat(),
        Link::PppCompressed => [&ppp[1..], ip].concat(),
        Link::CiscoHdlc => [&[0x0f, 0], &ether_type[..], ip].concat(),
        Link::NullLittle => [&[if v6 { 30 } else { 2 }, 0, 0, 0], ip].concat(),
        Link::NullBig | Link::Loop => [&[0, 0, 0, if v6 { 30 } else { 2 }], ip].concat(),
        Link::Raw(_) => ip.to_vec(),
        Link::Cooked => [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], &ether_type[..], ip].concat(),
        Link::Cooked2 => {
            let rest = [0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
            [&ether_type[..], &rest, ip].concat()
        }
    }
}
