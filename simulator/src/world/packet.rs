//! Packets on their way, in places that are used again.

use crate::tcp::Segment;
use recscope_core::ras;
use std::net::{Ipv4Addr, SocketAddr};

#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) body: Body,
    /// Payload of UDP.
    pub(super) bytes: Vec<u8>,
    /// The step where it is traced.
    pub(super) step: Option<usize>,
    /// The stream that it belongs to.
    pub(super) stream: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Udp,
    Ras(ras::Message),
    Tcp(Box<Segment>),
}

impl Default for Packet {
    fn default() -> Self {
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        Self {
            from: 0,
            to: 0,
            source: nowhere,
            destination: nowhere,
            body: Body::Udp,
            bytes: Vec::new(),
            step: None,
            stream: None,
        }
    }
}

/// Places for packets: taken by number, emptied and used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    places: Vec<Packet>,
    free: Vec<u32>,
}

impl Pool {
    /// Fills a place, in which a packet lies that was used before, and gives its number.
    pub(super) fn fill(&mut self, fill: impl FnOnce(&mut Packet)) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(Packet::default());
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(place) = self.places.get_mut(index as usize) {
            fill(place);
        }
        index
    }

    /// Takes a packet out; its place stays taken until it is put back.
    pub(super) fn take(&mut self, index: u32) -> Option<Packet> {
        self.places.get_mut(index as usize).map(std::mem::take)
    }

    /// Gives a place back, with the packet's buffer.
    pub(super) fn put(&mut self, index: u32, packet: Packet) {
        if let Some(place) = self.places.get_mut(index as usize) {
            *place = Packet { body: Body::Udp, ..packet };
            self.free.push(index);
        }
    }
}
