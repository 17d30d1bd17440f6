//! Putting packets on the wire.

use super::{OpenStream, PAUSE, Stage};
use crate::describe::{self, Described};
use crate::network::{Fate, Passage};
use crate::pattern::MessageName;
use crate::queue::Event;
use crate::tcp::Segment;
use crate::trace::{NOBODY, Sending, Stream};
use crate::wire::TcpFlags;
use crate::world::packet::Body;
use recscope_core::machine::{Connection, TcpCommand};
use recscope_core::ras;
use recscope_core::rule::Rule;
use recscope_core::time::Instant;
use recscope_flow::{Class, Delivery, Protocol};
use std::hash::BuildHasher;
use std::net::SocketAddr;

/// From this identity on, messages are each their own and not known by their bytes.
const OWN: u64 = 1 << 63;

/// RAS has a well-known port (H.225.0).
const RAS_PORT: u16 = 1_719;

impl Stage {
    /// The host of an address.
    fn host_at(&self, address: SocketAddr) -> u32 {
        self.directory.get(&address.ip()).copied().unwrap_or(NOBODY)
    }

    pub(super) fn send_datagram(
        &mut self,
        from: u32,
        source: SocketAddr,
        destination: SocketAddr,
        payload: &[u8],
        rule: &'static Rule,
    ) {
        let to = self.host_at(destination);
        if describe::is_rtp(payload) {
            return self.send_rtp(from, to, source, destination, payload, rule);
        }
        let described = describe::datagram(payload);
        let identity = self.identity(&(source, destination, payload));
        let fate = self.judge(from, to, &described, identity);
        let sending = Sending {
            from,
            to,
            source,
            destination,
            described,
            payload,
            identity,
            rule: Some(rule),
        };
        let step = self.trace.send(self.now, sending, delivery(&fate), fate.effect);
        for at in fate.arrivals.into_iter().flatten() {
            let packet = self.packets.fill(|packet| {
                (packet.from, packet.to) = (from, to);
                (packet.source, packet.destination) = (source, destination);
                packet.body = Body::Udp;
                packet.bytes.clear();
                packet.bytes.extend_from_slice(payload);
                damage(&mut packet.bytes, &fate);
                (packet.step, packet.stream) = (Some(step), None);
            });
            self.queue.push(at, Event::Arrival(packet));
        }
    }

    fn send_rtp(
        &mut self,
        from: u32,
        to: u32,
        source: SocketAddr,
        destination: SocketAddr,
        payload: &[u8],
        rule: &'static Rule,
    ) {
        let number = self.stream_of(from, to, source, destination, payload, rule);
        let fate = if !self.is_on(to) {
            LOST
        } else {
            let name = MessageName { name: "RTP", protocol: Protocol::Rtp };
            let message = self.network.touches_rtp().then_some(name);
            self.network.pass(self.now, &Passage { from, to, message, identity: 0 })
        };
        if let Some(sent) = self.trace.sent_mut(number) {
            sent.packets += 1;
            sent.end = self.now;
            sent.bytes += payload.len() as u64;
            sent.lost += u32::from(fate.arrivals[0].is_none());
            sent.duplicated += u32::from(fate.arrivals[1].is_some());
        }
        for at in fate.arrivals.into_iter().flatten() {
            let packet = self.packets.fill(|packet| {
                (packet.from, packet.to) = (from, to);
                (packet.source, packet.destination) = (source, destination);
                packet.body = Body::Udp;
                packet.bytes.clear();
                packet.bytes.extend_from_slice(payload);
                damage(&mut packet.bytes, &fate);
                (packet.step, packet.stream) = (None, Some(number));
            });
            self.queue.push(at, Event::Arrival(packet));
        }
    }

    /// The stream that a packet belongs to; it begins one after a pause.
    fn stream_of(
        &mut self,
        from: u32,
        to: u32,
        source: SocketAddr,
        destination: SocketAddr,
        payload: &[u8],
        rule: &'static Rule,
    ) -> usize {
        let now = self.now;
        let ssrc = payload.get(8..12).and_then(|bytes| bytes.try_into().ok());
        let ssrc = ssrc.map_or(0, u32::from_be_bytes);
        let Some(running) = self.running.get_mut(from as usize) else { return usize::MAX };
        let trace = &self.trace;
        let continues = |open: &OpenStream| {
            let sent = trace.sent().get(open.number as usize);
            sent.is_some_and(|sent| now - sent.end <= PAUSE)
        };
        let ends = match (source, destination) {
            (SocketAddr::V4(source), SocketAddr::V4(destination)) => Some((source, destination)),
            _ => None,
        };
        let known = running.streams.find(|open| {
            let is_it =
                |stream: &Stream| (stream.source, stream.destination) == (source, destination);
            let stream = || trace.streams().get(open.number as usize);
            open.ssrc == ssrc
                && open.ends == ends
                && (ends.is_some() || stream().is_some_and(is_it))
        });
        if let Some(open) = known.filter(|open| continues(open)) {
            return open.number as usize;
        }
        running.streams.retain(continues);
        let payload_type = payload.get(1).map_or(0, |byte| byte & 0x7f);
        let step = self.trace.steps().len();
        let number = self.trace.begin_stream(Stream {
            from,
            to,
            source,
            destination,
            ssrc,
            payload_type,
            start: now,
            rule,
            step,
        });
        if let Some(running) = self.running.get_mut(from as usize) {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            running.streams.push(OpenStream { ssrc, number, ends });
        }
        number
    }

    pub(super) fn send_ras(
        &mut self,
        from: u32,
        remote: SocketAddr,
        message: &ras::Message,
        rule: &'static Rule,
    ) {
        let Some(host) = self.hosts.get(from as usize) else { return };
        let source = SocketAddr::from((host.address, RAS_PORT));
        let to = self.host_at(remote);
        let described = describe::ras(message);
        let identity = self.own_identity();
        let mut fate = self.judge(from, to, &described, identity);
        // There is no byte to damage; a receiver drops what it cannot read.
        if fate.damage.is_some() {
            fate.arrivals = [None; 2];
        }
        let sending = Sending {
            from,
            to,
            source,
            destination: remote,
            described,
            payload: &[],
            identity,
            rule: Some(rule),
        };
        let step = self.trace.send(self.now, sending, delivery(&fate), fate.effect);
        for at in fate.arrivals.into_iter().flatten() {
            let packet = self.packets.fill(|packet| {
                (packet.from, packet.to) = (from, to);
                (packet.source, packet.destination) = (source, remote);
                packet.body = Body::Ras(message.clone());
                (packet.step, packet.stream) = (Some(step), None);
            });
            self.queue.push(at, Event::Arrival(packet));
        }
    }

    pub(super) fn act_on_connection(
        &mut self,
        host: u32,
        connection: Connection,
        command: TcpCommand<'_>,
        rule: &'static Rule,
    ) {
        let now = self.now;
        match command {
            TcpCommand::Connect(remote) => {
                let Some(address) = self.hosts.get(host as usize).map(|host| host.address) else {
                    return;
                };
                let Some(running) = self.running_mut(host) else { return };
                let port = running.next_port;
                running.next_port = port.checked_add(1).unwrap_or(super::FIRST_EPHEMERAL);
                let local = SocketAddr::from((address, port));
                self.connect_rules.insert((local, remote), rule);
                self.tcp.connect(now, host, connection, local, remote);
            }
            TcpCommand::Send(bytes) => {
                let Some((source, destination)) = self.tcp.sockets(host, connection) else {
                    return;
                };
                let sending = Sending {
                    from: host,
                    to: self.host_at(destination),
                    source,
                    destination,
                    described: describe::tcp(bytes),
                    payload: bytes,
                    identity: self.own_identity(),
                    rule: Some(rule),
                };
                // It arrives when its last byte is there.
                let step = self.trace.send(now, sending, Delivery::Lost, None);
                self.tcp.send(now, host, connection, bytes, step);
            }
            TcpCommand::Close => {
                if let Some(sockets) = self.tcp.sockets(host, connection) {
                    self.connect_rules.insert(sockets, rule);
                }
                self.tcp.close(now, host, connection);
            }
            TcpCommand::Abort => {
                if let Some(sockets) = self.tcp.sockets(host, connection) {
                    self.connect_rules.insert(sockets, rule);
                }
                self.tcp.abort(host, connection);
            }
        }
    }

    /// Puts a segment on the wire. Those that open or end a connection are traced as messages.
    pub(in crate::world) fn transmit_segment(&mut self, mut segment: Segment) {
        let (from, to) = (segment.from, self.host_at(segment.destination));
        let flags = segment.fields.flags;
        let (name, class) = if flags.has(TcpFlags::SYN.and(TcpFlags::ACK)) {
            ("SYN-ACK", Class::Success)
        } else if flags.has(TcpFlags::SYN) {
            ("SYN", Class::Request)
        } else if flags.has(TcpFlags::RST) {
            ("RST", Class::Failure)
        } else if flags.has(TcpFlags::FIN) {
            ("FIN", Class::Request)
        } else {
            ("", Class::Request)
        };
        let carried = segment.step.filter(|_| !segment.payload.is_empty());
        let (described, identity) = if let Some(step) = carried {
            let message = self.trace.message_mut(step);
            (message.map(|message| message.described.clone()), OWN | step as u64)
        } else if name.is_empty() {
            // Acknowledgments have no name of their own that a diagram would need.
            (None, 0)
        } else {
            let protocol = Protocol::Tcp;
            let (name, label) = (name.to_owned(), name.to_owned());
            let described = Described { protocol, name, label, detail: String::new(), class };
            let sockets = (segment.source, segment.destination);
            let identity = self.identity(&(sockets, segment.fields.sequence, flags.0));
            (Some(described), identity)
        };
        let fate = match &described {
            Some(described) => self.judge(from, to, described, identity),
            None if !self.is_on(to) => LOST,
            None => self.network.pass(self.now, &Passage { from, to, message: None, identity: 0 }),
        };
        let step = match (carried, described) {
            (Some(step), _) => {
                if let Some(message) = self.trace.message_mut(step) {
                    message.repeats += u32::from(segment.again);
                    message.effect = message.effect.or(fate.effect);
                }
                Some(step)
            }
            (None, Some(described)) => {
                let (source, destination) = (segment.source, segment.destination);
                let rule = self.connect_rules.get(&(source, destination));
                let rule = rule.or_else(|| self.connect_rules.get(&(destination, source))).copied();
                let payload = &[];
                let sending =
                    Sending { from, to, source, destination, described, payload, identity, rule };
                Some(self.trace.send(self.now, sending, delivery(&fate), fate.effect))
            }
            (None, None) => None,
        };
        damage(&mut segment.payload, &fate);
        for at in fate.arrivals.into_iter().flatten() {
            let copy = Box::new(segment.clone());
            let packet = self.packets.fill(|packet| {
                (packet.from, packet.to) = (from, to);
                (packet.source, packet.destination) = (copy.source, copy.destination);
                packet.body = Body::Tcp(copy);
                (packet.step, packet.stream) = (step, None);
            });
            self.queue.push(at, Event::Arrival(packet));
        }
    }

    fn judge(&mut self, from: u32, to: u32, described: &Described, identity: u64) -> Fate {
        // Nobody has the address, or whoever has it is off.
        if !self.is_on(to) {
            return LOST;
        }
        let message = MessageName { name: &described.name, protocol: described.protocol };
        self.network.pass(self.now, &Passage { from, to, message: Some(message), identity })
    }

    /// The same number for the same bytes between the same sockets.
    fn identity(&self, of: &impl std::hash::Hash) -> u64 {
        self.directory.hasher().hash_one(of) & !OWN | 1
    }

    const fn own_identity(&mut self) -> u64 {
        self.identities += 1;
        OWN | (1 << 62) | self.identities
    }
}

const LOST: Fate = Fate { arrivals: [None::<Instant>; 2], damage: None, effect: None };

const fn delivery(fate: &Fate) -> Delivery {
    match fate.arrivals {
        [None, None] => Delivery::Lost,
        _ => Delivery::Delivered,
    }
}

/// Changes a byte of the first line, so that text is text no more.
fn damage(bytes: &mut [u8], fate: &Fate) {
    let Some(random) = fate.damage else { return };
    let line = bytes.iter().position(|byte| *byte == b'\r').unwrap_or(bytes.len()).max(1);
    if let Some(byte) = bytes.get_mut(random as usize % line) {
        *byte ^= 0x80;
    }
}
