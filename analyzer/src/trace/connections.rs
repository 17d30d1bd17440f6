//! What TCP connections carry: told by content, on whatever port, and cut into messages.

use super::Trace;
use super::key::FastMap;
use super::messages::Origin;
use super::sessions::End;
use super::unread;
use crate::findings::Findings;
use crate::net::{ConnectionId, Direction, Segment, TcpEvent};
use crate::order;
use crate::report::Transport;
use recscope_core::control::{self, Splitter};
use recscope_core::sip::{self, Framer};
use recscope_core::{Layer, Limits};
use recscope_core::{csta, http};

/// The connections under way.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: FastMap<ConnectionId, Connection>,
}

#[derive(Debug)]
struct Connection {
    protocol: Protocol,
    forward: Side,
    backward: Side,
}

/// What a connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    /// Not known yet.
    Unknown,
    Sip,
    Control,
    Http,
    Csta,
    /// Encrypted: named, no more.
    Tls,
}

/// One direction of a connection.
#[derive(Debug)]
struct Side {
    reader: Reader,
    /// Bytes of the stream so far, holes included.
    position: u64,
    /// Its sender has closed it.
    is_closed: bool,
    /// The piece that was read last, which a message that ends by what follows it came in.
    last: Option<Piece>,
}

/// What cuts a side into messages.
#[derive(Debug)]
enum Reader {
    /// The first bytes, while the protocol is unknown.
    Head(Vec<u8>),
    Sip(Framer),
    Control(Splitter),
    Http(Box<http::Reader>),
    Csta(csta::Splitter),
    /// Nothing that is read.
    Deaf,
}

/// A piece of a stream that lies in one packet.
#[derive(Clone, Copy, Debug)]
struct Piece {
    origin: Origin,
    /// Where it starts in the stream.
    position: u64,
}

impl Piece {
    /// The origin of a message that starts at `start` of the stream and ends in this piece.
    fn origin_from(&self, start: u64) -> Origin {
        let within = start.checked_sub(self.position);
        let offset = self.origin.offset.zip(within).map(|(offset, within)| offset + within);
        Origin { offset, ..self.origin }
    }
}

impl Piece {
    /// A message that ends at byte `end` of this piece, whose bytes are `whole`. One that began
    /// before it is put together again from its parts.
    fn http(&self, received: http::Received, whole: &[u8], end: usize) -> Found {
        let origin = self.origin_from(received.offset);
        let start = received.offset.checked_sub(self.position);
        let start = start.and_then(|start| usize::try_from(start).ok());
        let raw = start.and_then(|start| whole.get(start..end)).filter(|raw| !raw.is_empty());
        let raw = raw.map_or_else(|| received.message.to_bytes(), <[u8]>::to_vec);
        Found::Http { origin, message: received.message, raw }
    }
}

/// A message that a side turned out to hold.
enum Found {
    Sip { origin: Origin, bytes: Vec<u8> },
    Control { origin: Origin, bytes: Vec<u8> },
    Http { origin: Origin, message: http::Message, raw: Vec<u8> },
    Csta { origin: Origin, frame: csta::Frame },
}

impl Protocol {
    /// Most first bytes of a side that are kept to tell the protocol by.
    const MOST_HEAD: usize = 512;

    /// What `start` is the beginning of.
    fn of(start: &[u8]) -> Option<Self> {
        if sip::looks_like_sip(start) {
            Some(Self::Sip)
        } else if control::looks_like_control(start) {
            Some(Self::Control)
        } else if http::looks_like_http(start) {
            Some(Self::Http)
        } else if csta::looks_like_csta(start) {
            Some(Self::Csta)
        } else if matches!(start, [20..=23, 3, 0..=4, ..]) {
            Some(Self::Tls)
        } else {
            None
        }
    }

    fn reader(self, limits: &Limits) -> Reader {
        match self {
            Self::Unknown => Reader::Head(Vec::new()),
            Self::Sip => Reader::Sip(Framer::new(limits)),
            Self::Control => Reader::Control(Splitter::new(limits)),
            Self::Http => Reader::Http(Box::new(http::Reader::new(limits))),
            Self::Csta => Reader::Csta(csta::Splitter::new(limits)),
            Self::Tls => Reader::Deaf,
        }
    }
}

impl Trace {
    /// Takes a piece of a TCP connection.
    pub(super) fn on_segment(&mut self, segment: &Segment<'_>, findings: &mut Findings) {
        let id = segment.connection;
        match segment.event {
            TcpEvent::Data { bytes, offset } => {
                let origin = Origin {
                    packet: segment.packet,
                    time_ns: segment.time_ns,
                    offset,
                    transport: Transport::Tcp,
                    src: segment.src,
                    dst: segment.dst,
                };
                let connection = self.connections.open.entry(id).or_default();
                let found =
                    connection.on_data(segment.direction, bytes, origin, &self.limits, findings);
                self.on_found(id, found, findings);
                match self.connections.protocol(id) {
                    Some(Protocol::Tls) => {
                        self.count_unread("tls");
                        self.tls.on_data(id, segment);
                    }
                    Some(Protocol::Unknown) => {
                        self.count_unread(unread::of_tcp(segment.src, segment.dst));
                    }
                    _ => {}
                }
            }
            TcpEvent::Gap { bytes } => {
                let Some(connection) = self.connections.open.get_mut(&id) else { return };
                let found = connection.side(segment.direction).on_gap(bytes.into());
                self.on_found(id, found, findings);
            }
            TcpEvent::Close => {
                let Some(connection) = self.connections.open.get_mut(&id) else { return };
                let side = connection.side(segment.direction);
                let found = side.end();
                side.is_closed = true;
                let is_over = connection.forward.is_closed && connection.backward.is_closed;
                self.on_found(id, found, findings);
                if is_over {
                    self.end_connection(id, segment.time_ns, End::Closed, findings);
                }
            }
            TcpEvent::Reset | TcpEvent::Forgotten => {
                self.end_connection(id, segment.time_ns, End::Broken, findings);
            }
            _ => {}
        }
    }

    fn end_connection(
        &mut self,
        id: ConnectionId,
        time_ns: i64,
        end: End,
        findings: &mut Findings,
    ) {
        let Some(mut connection) = self.connections.open.remove(&id) else { return };
        let mut found = connection.forward.end();
        found.extend(connection.backward.end());
        self.on_found(id, found, findings);
        self.on_connection_end(id, time_ns, end);
    }

    /// Reads what connections still hold at the end of the capture.
    pub(super) fn end_connections(&mut self, findings: &mut Findings) {
        let mut open: Vec<_> = std::mem::take(&mut self.connections.open).into_iter().collect();
        order::sort_by_key(&mut open, |(id, _)| u64::from(id.0));
        for (id, mut connection) in open {
            let mut found = connection.forward.end();
            found.extend(connection.backward.end());
            self.on_found(id, found, findings);
        }
    }

    fn on_found(&mut self, id: ConnectionId, found: Vec<Found>, findings: &mut Findings) {
        for found in found {
            match found {
                Found::Sip { origin, bytes } => self.on_sip(origin, &bytes, findings),
                Found::Control { origin, bytes } => {
                    self.on_control(id, origin, &bytes, findings);
                }
                Found::Http { origin, message, raw } => self.on_http(id, origin, &message, &raw),
                Found::Csta { origin, frame } => self.on_csta(origin, &frame, findings),
            }
        }
    }
}

impl Connections {
    fn protocol(&self, id: ConnectionId) -> Option<Protocol> {
        self.open.get(&id).map(|connection| connection.protocol)
    }
}

impl Default for Connection {
    fn default() -> Self {
        let side =
            || Side { reader: Reader::Head(Vec::new()), position: 0, is_closed: false, last: None };
        Self { protocol: Protocol::Unknown, forward: side(), backward: side() }
    }
}

impl Connection {
    fn side(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::Forward => &mut self.forward,
            Direction::Backward => &mut self.backward,
        }
    }

    fn on_data(
        &mut self,
        direction: Direction,
        bytes: &[u8],
        origin: Origin,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        if self.protocol == Protocol::Unknown {
            let side = self.side(direction);
            let piece = Piece { origin, position: side.position };
            if let Some(protocol) = side.sniff(bytes, piece) {
                self.protocol = protocol;
                self.begin(limits, findings, &mut found);
            }
            return found;
        }
        // A command has no end of its own: the answer shows that it was whole (BX-S5).
        let (side, other) = match direction {
            Direction::Forward => (&mut self.forward, &mut self.backward),
            Direction::Backward => (&mut self.backward, &mut self.forward),
        };
        other.flush(&mut found);
        side.read(bytes, origin, findings, &mut found);
        found
    }

    /// The protocol is known: reads what both sides have said so far.
    fn begin(&mut self, limits: &Limits, findings: &mut Findings, found: &mut Vec<Found>) {
        let mut sides = [&mut self.forward, &mut self.backward];
        // Who spoke first is read first.
        let [forward, backward] =
            sides.each_ref().map(|side| side.last.map_or(u64::MAX, |piece| piece.origin.packet));
        if backward < forward {
            sides.swap(0, 1);
        }
        for side in sides {
            let reader = self.protocol.reader(limits);
            let Reader::Head(head) = std::mem::replace(&mut side.reader, reader) else { continue };
            let Some(last) = side.last else { continue };
            // The head may have come in several packets; its bytes are those up to the last one's
            // end, and only if they came in one is their place in the file known.
            let start = side.position - head.len() as u64;
            side.position = start;
            let mut origin = last.origin_from(start);
            if origin.offset.is_none() || start != last.position {
                origin.offset = None;
            }
            side.read(&head, origin, findings, found);
        }
    }
}

impl Side {
    /// Keeps the first bytes until they tell the protocol. Where they do not, the connection may
    /// have been joined midway: then each further segment is tried on its own.
    fn sniff(&mut self, bytes: &[u8], piece: Piece) -> Option<Protocol> {
        let Reader::Head(head) = &mut self.reader else { return None };
        head.extend_from_slice(bytes);
        self.position += bytes.len() as u64;
        self.last = Some(piece);
        let mut protocol = Protocol::of(head);
        if protocol.is_none() && head.len() > bytes.len() {
            protocol = Protocol::of(bytes);
            if protocol.is_some() {
                head.clear();
                head.extend_from_slice(bytes);
            }
        }
        if protocol.is_none() && head.len() >= Protocol::MOST_HEAD {
            *head = Vec::new();
        }
        protocol
    }

    /// Cuts the next bytes into messages.
    fn read(
        &mut self,
        mut bytes: &[u8],
        origin: Origin,
        findings: &mut Findings,
        found: &mut Vec<Found>,
    ) {
        let piece = Piece { origin, position: self.position };
        let (whole, total) = (bytes, bytes.len());
        self.position += total as u64;
        self.last = Some(piece);
        let at = |offset: u64| {
            origin.offset.unwrap_or_default().saturating_add(offset.saturating_sub(piece.position))
        };
        loop {
            let consumed = match &mut self.reader {
                Reader::Sip(framer) => {
                    let (consumed, step) = framer.push(bytes);
                    match step {
                        sip::Step::NeedMore => return,
                        sip::Step::Message { bytes, offset, warning } => {
                            let origin = piece.origin_from(offset);
                            if let Some(warning) = warning {
                                findings
                                    .warn(&warning.0.at(origin.offset.unwrap_or_default()).into());
                            }
                            found.push(Found::Sip { origin, bytes: bytes.to_vec() });
                        }
                        sip::Step::Skipped { offset, bytes } => {
                            findings.say(at(offset), Layer::Sip, || {
                                format!("skipped {bytes} bytes of a TCP stream to the next message")
                            });
                        }
                        sip::Step::Refused(error) => {
                            let offset = at(error.offset);
                            findings.damage(&recscope_core::ParseError { offset, ..error });
                        }
                    }
                    consumed
                }
                Reader::Control(splitter) => {
                    let (consumed, step) = splitter.push(bytes);
                    match step {
                        control::Step::NeedMore => {
                            if splitter.is_complete() {
                                self.flush(found);
                            }
                            return;
                        }
                        control::Step::Message(message) => {
                            let origin = piece.origin_from(message.offset);
                            found.push(Found::Control { origin, bytes: message.bytes });
                        }
                        control::Step::Skipped(warning) => {
                            let offset = at(warning.0.offset);
                            findings
                                .warn(&recscope_core::ParseError { offset, ..warning.0 }.into());
                        }
                    }
                    consumed
                }
                Reader::Http(reader) => {
                    let (consumed, step) = reader.push(bytes);
                    let end = total - bytes.len() + consumed;
                    match step {
                        http::Step::NeedMore => return,
                        http::Step::Message(received) => {
                            found.push(piece.http(received, whole, end));
                        }
                        // A web page or what else shares the port is no concern of ours.
                        http::Step::Skipped(_) => {}
                    }
                    consumed
                }
                Reader::Csta(splitter) => {
                    let (consumed, step) = splitter.push(bytes);
                    match step {
                        csta::Step::NeedMore => return,
                        csta::Step::Frame(offset, frame) => {
                            found.push(Found::Csta { origin: piece.origin_from(offset), frame });
                        }
                        csta::Step::Skipped(warning) => {
                            let offset = at(warning.0.offset);
                            findings
                                .warn(&recscope_core::ParseError { offset, ..warning.0 }.into());
                        }
                    }
                    consumed
                }
                Reader::Head(_) | Reader::Deaf => return,
            };
            bytes = bytes.get(consumed..).unwrap_or_default();
        }
    }

    /// Takes out a command that has no end of its own.
    fn flush(&mut self, found: &mut Vec<Found>) {
        let (Reader::Control(splitter), Some(piece)) = (&mut self.reader, self.last) else {
            return;
        };
        if let Some(message) = splitter.flush() {
            let origin = piece.origin_from(message.offset);
            found.push(Found::Control { origin, bytes: message.bytes });
        }
    }

    /// Bytes are missing here.
    fn on_gap(&mut self, bytes: u64) -> Vec<Found> {
        let mut found = Vec::new();
        match &mut self.reader {
            Reader::Head(head) => head.clear(),
            Reader::Sip(framer) => {
                let end = framer.gap(bytes);
                self.take_cut(end, &mut found);
            }
            Reader::Control(_) => self.flush(&mut found),
            Reader::Http(reader) => {
                if let (Some(received), Some(piece)) = (reader.break_off(), self.last) {
                    found.push(piece.http(received, &[], 0));
                }
            }
            Reader::Csta(splitter) => splitter.break_off(),
            Reader::Deaf => {}
        }
        self.position += bytes;
        found
    }

    /// No more bytes come.
    fn end(&mut self) -> Vec<Found> {
        let mut found = Vec::new();
        match std::mem::replace(&mut self.reader, Reader::Deaf) {
            Reader::Sip(framer) => self.take_cut(framer.finish(), &mut found),
            Reader::Control(splitter) => {
                self.reader = Reader::Control(splitter);
                self.flush(&mut found);
                self.reader = Reader::Deaf;
            }
            Reader::Http(reader) => {
                if let (Some(received), Some(piece)) = (reader.finish(), self.last) {
                    found.push(piece.http(received, &[], 0));
                }
            }
            Reader::Csta(_) | Reader::Head(_) | Reader::Deaf => {}
        }
        found
    }

    /// A message that breaks off still says what its headers say.
    fn take_cut(&self, end: sip::End, found: &mut Vec<Found>) {
        let (Some(cut), Some(piece)) = (end.cut, self.last) else { return };
        let origin = piece.origin_from(cut.offset);
        found.push(Found::Sip { origin, bytes: cut.bytes });
    }
}
