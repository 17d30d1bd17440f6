//! The shortest way, for what nearly every packet of a call is: UDP in IPv4 in Ethernet, with
//! nothing between them, nothing cut and no options. All else goes header by header.

use super::{Datagram, VXLAN_PORT};
use crate::capture::{LinkType, RawPacket};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// Ethernet, IPv4 and UDP.
const HEADERS: usize = 14 + 20 + 8;
const ETHERNET: usize = 14;

/// What such a packet carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain<'a> {
    pub(crate) src: SocketAddrV4,
    pub(crate) dst: SocketAddrV4,
    /// Where the payload lies in the file.
    pub(crate) offset: u64,
    pub(crate) payload: &'a [u8],
}

impl<'a> Plain<'a> {
    /// The datagram, which came in `packet`.
    #[inline]
    pub(super) fn datagram(self, packet: &RawPacket<'_>) -> Datagram<'a> {
        Datagram {
            packet: packet.number,
            time_ns: packet.time_ns,
            offset: Some(self.offset),
            src: SocketAddr::V4(self.src),
            dst: SocketAddr::V4(self.dst),
            payload: self.payload,
            truncated: false,
        }
    }
}

/// What the packet carries, if it is of that kind.
#[inline]
pub(crate) fn plain<'a>(packet: &RawPacket<'a>) -> Option<Plain<'a>> {
    let header = packet.data.first_chunk::<HEADERS>()?;
    let u16_at = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let fragmented = u16_at(20) & 0x3fff != 0;
    let is_plain = packet.link_type == LinkType::ETHERNET
        && u16_at(12) == 0x0800
        && header[14] == 0x45
        && header[23] == 17
        && !fragmented;
    let (total_len, udp_len) = (usize::from(u16_at(16)), usize::from(u16_at(38)));
    let (src_port, dst_port) = (u16_at(34), u16_at(36));
    if !is_plain || total_len != 20 + udp_len || src_port == VXLAN_PORT || dst_port == VXLAN_PORT {
        return None;
    }
    let payload = packet.data.get(HEADERS..ETHERNET + total_len)?;
    let address = |at: usize, port| {
        let ip = Ipv4Addr::new(header[at], header[at + 1], header[at + 2], header[at + 3]);
        SocketAddrV4::new(ip, port)
    };
    Some(Plain {
        src: address(26, src_port),
        dst: address(30, dst_port),
        offset: packet.offset + HEADERS as u64,
        payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Bytes, Decoder, Frame, Header, Payload};
    use proptest::prelude::*;
    use recscope_core::Limits;

    proptest! {
        /// Whatever is changed in a packet's headers or cut from it: where the short way finds a
        /// datagram, the long way finds the very same.
        #[test]
        fn both_ways_lead_to_the_same_datagram(
            damage in prop::collection::vec((0_usize..50, any::<u8>()), 0..3),
            cut in 0_usize..60,
            missing in 0_u32..3,
        ) {
            let mut data = vec![0; 60];
            data[12] = 8;
            data[14] = 0x45;
            data[17] = 42;
            data[23] = 17;
            data[39] = 22;
            for (at, byte) in damage {
                data[at] = byte;
            }
            data.truncate(60 - cut);
            let packet = RawPacket {
                number: 7,
                time_ns: 8,
                timed: true,
                offset: 900,
                link_type: LinkType::ETHERNET,
                interface: 0,
                data: &data,
                original_len: u32::try_from(data.len()).unwrap() + missing,
            };
            if let Some(short) = plain(&packet).map(|plain| plain.datagram(&packet)) {
                let frame = Frame {
                    number: 7,
                    time_ns: 8,
                    offset: Some(900),
                    file_offset: 900,
                    nested: 0,
                };
                let mut long = Vec::new();
                let bytes = Bytes { data: &data, at: 0, missing: missing as usize };
                Decoder::new(&Limits::default()).walk(
                    frame,
                    Header::Ethernet,
                    bytes,
                    &mut |payload| match payload {
                        Payload::Udp(datagram) => {
                            assert_eq!(datagram, short);
                            long.push(());
                        }
                        Payload::Tcp(_) => unreachable!("the packet is of UDP"),
                    },
                );
                prop_assert_eq!(long.len(), 1);
            }
        }
    }
}
