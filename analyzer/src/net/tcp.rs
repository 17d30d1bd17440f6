//! TCP: segments become streams.
//!
//! Connections are followed up to a limit; beyond it ended ones are forgotten first, then those
//! that never carried anything (a flood of SYNs cannot displace a call), then the ones that
//! were silent for longest.

mod lru;
mod stream;

use super::{
    Beginning, Bytes, ConnectionId, Decoder, Direction, Frame, Payload, Segment, TcpEvent, ip,
};
use lru::Lru;
use recscope_core::{ErrorKind, Layer, Limits};
use std::collections::HashMap;
use std::net::SocketAddr;
use stream::{Arrived, Origin, Relation, Stream};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// The lists of connections, in the order in which they are forgotten.
const ENDED: usize = 0;
const SILENT: usize = 1;
const TALKING: usize = 2;
/// Connections of which segments are held.
const HOLDING: usize = 0;

/// A TCP header, as far as it matters here, and its payload.
struct Packet<'a> {
    src: SocketAddr,
    dst: SocketAddr,
    flags: u8,
    /// Sequence number of the SYN, or of the first byte.
    sequence: u32,
    acknowledged: Option<u32>,
    arrived: Arrived<'a>,
}

impl<'a> Packet<'a> {
    fn parse(frame: Frame, route: ip::Route, data: Bytes<'a>) -> Option<Self> {
        let header = data.data.first_chunk::<20>()?;
        let header_len = usize::from(header[12] >> 4) * 4;
        if header_len < 20 {
            return None;
        }
        let payload = data.after(header_len)?;
        let flags = header[13];
        let sequence = data.u32(4)?;
        let syn = u32::from(flags & SYN != 0);
        Some(Self {
            src: SocketAddr::new(route.src, data.u16(0)?),
            dst: SocketAddr::new(route.dst, data.u16(2)?),
            flags,
            sequence,
            acknowledged: if flags & ACK != 0 { data.u32(8) } else { None },
            arrived: Arrived {
                // The SYN takes a sequence number; data may come with it.
                sequence: sequence.wrapping_add(syn),
                data: payload.data,
                missing: u32::try_from(payload.missing).unwrap_or(u32::MAX),
                fin: flags & FIN != 0,
                origin: Origin {
                    packet: frame.number,
                    time_ns: frame.time_ns,
                    offset: frame.offset.map(|offset| offset + payload.at as u64),
                },
            },
        })
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// The two ends of a connection, the smaller address first.
type Key = (SocketAddr, SocketAddr);

/// One connection.
#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    key: Key,
    /// The end that opened it.
    opener: SocketAddr,
    other: SocketAddr,
    forward: Stream,
    backward: Stream,
    carried: bool,
    reset: bool,
}

impl Connection {
    fn cost(&self) -> usize {
        self.forward.cost() + self.backward.cost()
    }

    fn has_ended(&self) -> bool {
        self.reset || (self.forward.is_closed() && self.backward.is_closed())
    }

    /// The stream of `direction`, and the way out for its bytes.
    fn split<'a>(
        &'a mut self,
        direction: Direction,
        out: &'a mut Out<'_>,
    ) -> (&'a mut Stream, Outlet<'a>) {
        let (stream, src, dst) = match direction {
            Direction::Forward => (&mut self.forward, self.opener, self.other),
            Direction::Backward => (&mut self.backward, self.other, self.opener),
        };
        let Out { sink, gaps } = out;
        (stream, Outlet { sink: &mut **sink, gaps, connection: self.id, direction, src, dst })
    }
}

const BOTH: [Direction; 2] = [Direction::Forward, Direction::Backward];

/// Where all that is handed out goes.
struct Out<'a> {
    sink: &'a mut dyn FnMut(Payload<'_>),
    gaps: &'a mut u64,
}

/// Where the bytes of one stream go.
struct Outlet<'a> {
    sink: &'a mut dyn FnMut(Payload<'_>),
    gaps: &'a mut u64,
    connection: ConnectionId,
    direction: Direction,
    src: SocketAddr,
    dst: SocketAddr,
}

impl Outlet<'_> {
    fn event(&mut self, origin: Origin, event: TcpEvent<'_>) {
        (self.sink)(Payload::Tcp(Segment {
            packet: origin.packet,
            time_ns: origin.time_ns,
            src: self.src,
            dst: self.dst,
            connection: self.connection,
            direction: self.direction,
            event,
        }));
    }

    fn gap(&mut self, origin: Origin, bytes: u32) {
        if bytes > 0 {
            *self.gaps += 1;
            self.event(origin, TcpEvent::Gap { bytes });
        }
    }
}

/// All connections that are followed.
#[derive(Debug)]
pub(super) struct Connections {
    max_connections: usize,
    max_cost: usize,
    max_connection_cost: usize,
    by_key: HashMap<Key, u32>,
    slots: Vec<Option<Connection>>,
    free: Vec<u32>,
    used: Lru<3>,
    holding: Lru<1>,
    cost: usize,
    next_id: u32,
}

/// Limits that were met.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Met {
    connections: bool,
    cost: bool,
}

impl Connections {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            max_connections: limits.tcp_flows.max(1) as usize,
            max_cost: limits.tcp_total_bytes as usize,
            max_connection_cost: limits.tcp_flow_bytes as usize,
            by_key: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            used: Lru::new(),
            holding: Lru::new(),
            cost: 0,
            next_id: 0,
        }
    }

    fn accept(&mut self, packet: &Packet<'_>, met: &mut Met, out: &mut Out<'_>) {
        let key = if packet.src <= packet.dst {
            (packet.src, packet.dst)
        } else {
            (packet.dst, packet.src)
        };
        let origin = packet.arrived.origin;
        let mut slot = self.by_key.get(&key).copied();
        if let Some(known) = slot
            && self.is_another(known, packet)
        {
            self.forget(known, origin, out);
            slot = None;
        }
        let slot = match slot {
            Some(slot) => slot,
            // What neither opens a connection nor carries anything needs no state.
            None if !packet.has(SYN) && packet.arrived.len() == 0 => return,
            None => self.open(key, packet, met, out),
        };
        let Some(Some(connection)) = self.slots.get_mut(slot as usize) else { return };
        let direction =
            if packet.src == connection.opener { Direction::Forward } else { Direction::Backward };
        let before = connection.cost();
        if packet.has(SYN) {
            connection.split(direction, out).0.open(packet.sequence);
            if let Some(acknowledged) = packet.acknowledged {
                connection.split(direction.reverse(), out).0.begin_at(acknowledged);
            }
        }
        if !connection.reset {
            // What the other side has is older than what this packet says.
            let (stream, mut outlet) = connection.split(direction.reverse(), out);
            stream.acknowledge(packet.acknowledged, origin.time_ns, &mut outlet);
            let (stream, mut outlet) = connection.split(direction, out);
            if packet.arrived.len() > 0 || packet.arrived.fin {
                stream.accept(packet.arrived, &mut outlet);
            }
            stream.acknowledge(None, origin.time_ns, &mut outlet);
            connection.carried |= packet.arrived.len() > 0;
            if packet.has(RST) {
                for direction in BOTH {
                    let (stream, mut outlet) = connection.split(direction, out);
                    stream.flush(&mut outlet);
                }
                if !connection.has_ended() {
                    connection.split(direction, out).1.event(origin, TcpEvent::Reset);
                }
                connection.reset = true;
            }
        }
        let (stream, mut outlet) = connection.split(direction, out);
        if stream.cost() > self.max_connection_cost {
            // Half is kept, so that a stream at its limit is not given up byte by byte.
            stream.shrink(self.max_connection_cost / 2, &mut outlet);
        }
        let list = match (connection.has_ended(), connection.carried) {
            (true, _) => ENDED,
            (false, false) => SILENT,
            (false, true) => TALKING,
        };
        let cost = connection.cost();
        self.cost = self.cost - before + cost;
        self.used.touch(slot, list);
        match (before, cost) {
            (_, 0) => self.holding.remove(slot),
            (0, _) => self.holding.touch(slot, HOLDING),
            _ => {}
        }
        while self.cost > self.max_cost {
            met.cost = true;
            let Some(oldest) = self.holding.oldest(HOLDING) else { break };
            self.flush(oldest, out);
        }
    }

    /// Whether `packet` is of another connection than the one known by its addresses and ports.
    fn is_another(&self, slot: u32, packet: &Packet<'_>) -> bool {
        let Some(Some(connection)) = self.slots.get(slot as usize) else { return false };
        let stream = if packet.src == connection.opener {
            &connection.forward
        } else {
            &connection.backward
        };
        let arrived = &packet.arrived;
        if packet.has(SYN) {
            stream.opens_with(packet.sequence) == Relation::Foreign
        } else if packet.has(RST) || arrived.len() == 0 {
            // Bytes in a reset are a message to people, not of the stream.
            false
        } else {
            let ended = connection.has_ended();
            stream.relation(arrived.sequence, arrived.len(), ended) == Relation::Foreign
        }
    }

    /// Begins to follow a connection.
    fn open(&mut self, key: Key, packet: &Packet<'_>, met: &mut Met, out: &mut Out<'_>) -> u32 {
        let origin = packet.arrived.origin;
        while self.by_key.len() >= self.max_connections {
            let Some(oldest) = [ENDED, SILENT, TALKING].iter().find_map(|l| self.used.oldest(*l))
            else {
                break;
            };
            let ended = self.used.oldest(ENDED) == Some(oldest);
            met.connections |= !ended;
            self.forget(oldest, origin, out);
        }
        // An answer to a SYN that was not captured comes from the end that was called.
        let called = packet.has(SYN) && packet.has(ACK);
        let (opener, other) =
            if called { (packet.dst, packet.src) } else { (packet.src, packet.dst) };
        let mut connection = Connection {
            id: ConnectionId(self.next_id),
            key,
            opener,
            other,
            forward: Stream::default(),
            backward: Stream::default(),
            carried: false,
            reset: false,
        };
        self.next_id = self.next_id.wrapping_add(1);
        let beginning = if packet.has(SYN) { Beginning::Handshake } else { Beginning::Midway };
        let (_, mut outlet) = connection.split(Direction::Forward, out);
        outlet.event(origin, TcpEvent::Start(beginning));
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(connection);
        }
        self.by_key.insert(key, slot);
        slot
    }

    /// Hands out all that is held for a connection.
    fn flush(&mut self, slot: u32, out: &mut Out<'_>) {
        if let Some(Some(connection)) = self.slots.get_mut(slot as usize) {
            self.cost -= connection.cost();
            for direction in BOTH {
                let (stream, mut outlet) = connection.split(direction, out);
                stream.flush(&mut outlet);
            }
        }
        self.holding.remove(slot);
    }

    /// Stops following a connection.
    fn forget(&mut self, slot: u32, origin: Origin, out: &mut Out<'_>) {
        self.flush(slot, out);
        self.used.remove(slot);
        if let Some(mut connection) = self.slots.get_mut(slot as usize).and_then(Option::take) {
            self.by_key.remove(&connection.key);
            self.free.push(slot);
            if !connection.has_ended() {
                let (_, mut outlet) = connection.split(Direction::Forward, out);
                outlet.event(origin, TcpEvent::Forgotten);
            }
        }
    }

    fn finish(&mut self, out: &mut Out<'_>) {
        for slot in 0..u32::try_from(self.slots.len()).unwrap_or(u32::MAX) {
            self.flush(slot, out);
        }
    }
}

impl Decoder {
    /// Takes a TCP header and what follows.
    pub(super) fn tcp(
        &mut self,
        frame: Frame,
        route: ip::Route,
        data: Bytes<'_>,
        sink: &mut dyn FnMut(Payload<'_>),
    ) {
        let Some(packet) = Packet::parse(frame, route, data) else {
            return self.malformed(frame, Layer::Tcp, data, "the tcp header does not fit");
        };
        let mut met = Met::default();
        let mut out = Out { sink, gaps: &mut self.tcp_gaps };
        self.tcp.accept(&packet, &mut met, &mut out);
        if met.connections && !self.tcp_met.connections {
            self.tcp_met.connections = true;
            let kind = ErrorKind::OverLimit {
                what: "number of tcp connections followed at once",
                limit: u64::from(self.limits.tcp_flows),
                found: u64::from(self.limits.tcp_flows) + 1,
            };
            self.warn(frame, Layer::Tcp, kind);
        }
        if met.cost && !self.tcp_met.cost {
            self.tcp_met.cost = true;
            let kind = ErrorKind::OverLimit {
                what: "bytes of tcp segments waiting for others",
                limit: u64::from(self.limits.tcp_total_bytes),
                found: u64::from(self.limits.tcp_total_bytes) + 1,
            };
            self.warn(frame, Layer::Tcp, kind);
        }
    }

    /// Hands out what still waits for segments that will not come.
    pub(super) fn finish_tcp(&mut self, sink: &mut dyn FnMut(Payload<'_>)) {
        self.tcp.finish(&mut Out { sink, gaps: &mut self.tcp_gaps });
    }
}
