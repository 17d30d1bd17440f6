//! From captured packets to what the hosts said: UDP datagrams and TCP streams.
//!
//! [`Decoder`] goes through link layer, tunnels and IP to the transport. On the way of an
//! ordinary UDP packet nothing is allocated or copied; only IP fragments and TCP segments that
//! come out of order are held, within [`Limits`]. What is not decoded is counted by name.
//!
//! The headers are read here rather than by etherparse, which stops at the first MPLS, PPPoE, GRE
//! or VXLAN header and does not say where in the packet a payload lies; it is not faster on plain
//! UDP either (`benches/capture.rs`).
//!
//! Check sums are not judged: captures taken on a sending host hold packets whose sums the
//! network card would have filled in later.

mod fragments;
mod ip;
mod link;
mod plain;
mod tcp;
mod undecoded;

pub(crate) use plain::plain;
pub use undecoded::Undecoded;

use crate::capture::RawPacket;
use fragments::{Fragments, GivenUp, Whole};
use recscope_core::{ErrorKind, Layer, Limits, ParseError, Warning};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

/// Something a host sent to another, above UDP or TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// A UDP datagram.
    Udp(Datagram<'a>),
    /// A piece of a TCP connection.
    Tcp(Segment<'a>),
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// The packet it came in, or that completed it.
    pub packet: u64,
    /// When that packet was captured, in nanoseconds since the epoch.
    pub time_ns: i64,
    /// Where `payload` lies in the file; `None` if it was put together from fragments.
    pub offset: Option<u64>,
    /// Who sent it.
    pub src: SocketAddr,
    /// Who it was sent to.
    pub dst: SocketAddr,
    /// What was captured of its payload.
    pub payload: &'a [u8],
    /// Whether the capture cut the payload.
    pub truncated: bool,
}

/// A piece of one direction of a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The packet it came in. Bytes that had to wait for earlier ones keep their own packet and
    /// time, so these can step back.
    pub packet: u64,
    /// When that packet was captured, in nanoseconds since the epoch.
    pub time_ns: i64,
    /// Who sent it.
    pub src: SocketAddr,
    /// Who it was sent to.
    pub dst: SocketAddr,
    /// The connection, never used again for another one.
    pub connection: ConnectionId,
    /// Which of the connection's directions.
    pub direction: Direction,
    /// What happened.
    pub event: TcpEvent<'a>,
}

/// A TCP connection of the capture, counted from 0 in the order of first packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u32);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A direction of a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// From the host that opened the connection (or was seen first) to the other.
    Forward,
    /// From the host that was called.
    Backward,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub const fn reverse(self) -> Self {
        match self {
            Self::Forward => Self::Backward,
            Self::Backward => Self::Forward,
        }
    }
}

/// What happened on a direction of a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TcpEvent<'a> {
    /// The connection is seen for the first time. Always said of its forward direction.
    Start(Beginning),
    /// The next bytes of the stream, each exactly once and in order.
    Data {
        /// The bytes.
        bytes: &'a [u8],
        /// Where they lie in the file.
        offset: Option<u64>,
    },
    /// Bytes of the stream are not in the capture; what follows continues after them.
    Gap {
        /// How many.
        bytes: u32,
    },
    /// The sender has closed this direction; no more bytes come on it.
    Close,
    /// The connection was reset; no more bytes come in either direction.
    Reset,
    /// The connection is no longer followed: its ports are used for another one, or limits are
    /// met. What comes later on these ports starts under another id.
    Forgotten,
}

/// Whether the start of a connection was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// The handshake was: the first byte is the stream's first.
    Handshake,
    /// It was not: the first byte may lie inside a message.
    Midway,
}

/// Decodes packets down to UDP and TCP.
///
/// ```
/// use recscope_analyzer::capture::{LinkType, RawPacket};
/// use recscope_analyzer::net::{Decoder, Payload};
/// use recscope_core::Limits;
///
/// let data = [
///     0x45, 0, 0, 30, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, // IPv4
///     0x13, 0xc4, 0x13, 0xc4, 0, 10, 0, 0, // UDP
///     b'h', b'i',
/// ];
/// let packet = RawPacket {
///     number: 1,
///     time_ns: 0,
///     timed: true,
///     offset: 40,
///     link_type: LinkType::RAW,
///     interface: 0,
///     data: &data,
///     original_len: 30,
/// };
/// let mut decoder = Decoder::new(&Limits::default());
/// decoder.decode(&packet, &mut |payload| match payload {
///     Payload::Udp(datagram) => {
///         assert_eq!(datagram.payload, b"hi");
///         assert_eq!(datagram.offset, Some(68));
///         assert_eq!(datagram.dst.to_string(), "192.0.2.2:5060");
///     }
///     _ => unreachable!(),
/// });
/// ```
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    undecoded: BTreeMap<Undecoded, u64>,
    warnings: Vec<Warning>,
    warnings_omitted: u64,
    fragments: Fragments,
    fragments_reassembled: u64,
    fragments_lost: u64,
    /// Whether a limit of [`Fragments`] was met, which is said once.
    fragments_limited: bool,
    tcp: tcp::Connections,
    tcp_gaps: u64,
    tcp_met: tcp::Met,
}

impl Decoder {
    /// A decoder that holds at most what `limits` allow.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            undecoded: BTreeMap::new(),
            warnings: Vec::new(),
            warnings_omitted: 0,
            fragments: Fragments::new(limits),
            fragments_reassembled: 0,
            fragments_lost: 0,
            fragments_limited: false,
            tcp: tcp::Connections::new(limits),
            tcp_gaps: 0,
            tcp_met: tcp::Met::default(),
        }
    }

    /// Decodes one packet and hands what it carries, or completes, to `sink`.
    pub fn decode(&mut self, packet: &RawPacket<'_>, sink: &mut impl FnMut(Payload<'_>)) {
        if let Some(plain) = plain(packet) {
            return sink(Payload::Udp(plain.datagram(packet)));
        }
        let frame = Frame {
            number: packet.number,
            time_ns: packet.time_ns,
            offset: Some(packet.offset),
            file_offset: packet.offset,
            nested: 0,
        };
        let Some(first) = link::first(packet.link_type) else {
            return self.count(Undecoded::Link(packet.link_type));
        };
        let missing = (packet.original_len as usize).saturating_sub(packet.data.len());
        self.walk(frame, first, Bytes { data: packet.data, at: 0, missing }, sink);
    }

    /// Ends the capture: hands out what still waits for bytes that will not come.
    pub fn finish(&mut self, sink: &mut impl FnMut(Payload<'_>)) {
        self.finish_tcp(sink);
        let mut given_up = GivenUp::default();
        self.fragments.finish(&mut given_up);
        self.given_up(given_up);
    }

    /// Packets that were not decoded, by protocol.
    pub fn undecoded(&self) -> impl Iterator<Item = (Undecoded, u64)> + '_ {
        self.undecoded.iter().map(|(name, count)| (*name, *count))
    }

    /// Datagrams put together from IP fragments.
    #[must_use]
    pub const fn fragments_reassembled(&self) -> u64 {
        self.fragments_reassembled
    }

    /// Datagrams of which IP fragments are missing, or were given up for [`Limits`].
    #[must_use]
    pub const fn fragments_lost(&self) -> u64 {
        self.fragments_lost
    }

    /// Holes in TCP streams.
    #[must_use]
    pub const fn tcp_gaps(&self) -> u64 {
        self.tcp_gaps
    }

    /// Takes the warnings since the last call. At most [`Limits::warnings`] are kept in between.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// Warnings that found no room.
    #[must_use]
    pub const fn warnings_omitted(&self) -> u64 {
        self.warnings_omitted
    }

    /// Takes off one header after the other.
    fn walk(
        &mut self,
        frame: Frame,
        mut header: Header,
        mut data: Bytes<'_>,
        sink: &mut impl FnMut(Payload<'_>),
    ) {
        for _ in 0..MAX_HEADERS {
            let outcome = match header {
                Header::Ethernet => link::ethernet(data),
                Header::Ip => ip::ip(data),
                Header::IpPayload(route) => ip::payload(route, data),
                Header::Vlan => link::vlan(data),
                Header::Cooked => link::cooked(data),
                Header::Cooked2 => link::cooked_2(data),
                Header::Loopback => link::loopback(data),
                Header::Mpls => link::mpls(data),
                Header::Pppoe => link::pppoe(data),
                Header::Ppp => link::ppp(data),
                Header::PppWithDirection => match data.after(1) {
                    Some(rest) => link::ppp(rest),
                    None => Outcome::malformed(Layer::Link, "the ppp header is cut"),
                },
                Header::CiscoHdlc => link::cisco_hdlc(data),
                Header::Gre => link::gre(data),
            };
            match outcome {
                Outcome::Next(next, rest) => (header, data) = (next, rest),
                Outcome::Udp { route, src, dst, payload } => {
                    if (src == VXLAN_PORT || dst == VXLAN_PORT)
                        && let Some(inner) = link::vxlan(payload)
                    {
                        (header, data) = (Header::Ethernet, inner);
                        continue;
                    }
                    return sink(Payload::Udp(Datagram {
                        packet: frame.number,
                        time_ns: frame.time_ns,
                        offset: frame.offset.map(|offset| offset + payload.at as u64),
                        src: SocketAddr::new(route.src, src),
                        dst: SocketAddr::new(route.dst, dst),
                        payload: payload.data,
                        truncated: payload.missing > 0,
                    }));
                }
                Outcome::Tcp(route, data) => return self.tcp(frame, route, data, sink),
                Outcome::Fragment(fragment) => {
                    if let Some(whole) = self.fragment(frame, &fragment) {
                        self.whole(frame, &whole, sink);
                    }
                    return;
                }
                Outcome::Undecoded(what) => return self.count(what),
                Outcome::Malformed(layer, problem) => {
                    return self.malformed(frame, layer, data, problem);
                }
            }
        }
        self.malformed(frame, Layer::Link, data, "the packet nests too many headers");
    }

    /// Goes on with what fragments have become.
    fn whole(&mut self, frame: Frame, whole: &Whole, sink: &mut impl FnMut(Payload<'_>)) {
        let nested = frame.nested + 1;
        if nested > MAX_NESTED_FRAGMENTS {
            return self.count(Undecoded::Named("nested too deeply"));
        }
        let data = Bytes { data: &whole.data, at: 0, missing: 0 };
        let frame = Frame { offset: None, nested, ..frame };
        self.walk(frame, Header::IpPayload(whole.route), data, sink);
    }

    fn warn(&mut self, frame: Frame, layer: Layer, kind: ErrorKind) {
        if self.warnings.len() < self.limits.warnings as usize {
            self.warnings.push(ParseError::new(layer, frame.file_offset, kind).into());
        } else {
            self.warnings_omitted += 1;
        }
    }

    fn count(&mut self, what: Undecoded) {
        *self.undecoded.entry(what).or_default() += 1;
    }

    /// Counts a packet whose headers contradict themselves or do not fit, and says so.
    fn malformed(&mut self, frame: Frame, layer: Layer, data: Bytes<'_>, problem: &'static str) {
        if data.missing > 0 {
            self.count(Undecoded::Named("cut by the capture"));
        } else {
            self.count(Undecoded::Named("malformed"));
            self.warn(frame, layer, ErrorKind::Irregular { problem });
        }
    }
}

/// How many headers a packet may nest. A mirrored, tunnelled and tagged one has about a dozen.
const MAX_HEADERS: usize = 32;
/// How often fragments may become packets that are fragments.
const MAX_NESTED_FRAGMENTS: u8 = 4;
const VXLAN_PORT: u16 = 4789;

/// The header at the start of [`Bytes`].
#[derive(Clone, Copy, Debug)]
enum Header {
    Ethernet,
    Ip,
    /// What comes after an IP header or extension header.
    IpPayload(ip::Route),
    Vlan,
    Cooked,
    Cooked2,
    Loopback,
    Mpls,
    Pppoe,
    Ppp,
    PppWithDirection,
    CiscoHdlc,
    Gre,
}

/// What taking off one header leads to.
enum Outcome<'a> {
    /// Another header.
    Next(Header, Bytes<'a>),
    Udp {
        route: ip::Route,
        src: u16,
        dst: u16,
        payload: Bytes<'a>,
    },
    /// A TCP header and what follows.
    Tcp(ip::Route, Bytes<'a>),
    Fragment(ip::Fragment<'a>),
    Undecoded(Undecoded),
    Malformed(Layer, &'static str),
}

impl Outcome<'_> {
    const fn malformed(layer: Layer, problem: &'static str) -> Self {
        Self::Malformed(layer, problem)
    }
}

/// What every layer needs to know of the packet it decodes.
#[derive(Clone, Copy, Debug)]
struct Frame {
    number: u64,
    time_ns: i64,
    /// Where the bytes of [`Bytes`] at 0 lie in the file; `None` once they are a reassembled copy.
    offset: Option<u64>,
    /// Where the packet starts in the file, for warnings.
    file_offset: u64,
    /// How often the packet was put together from fragments.
    nested: u8,
}

/// What is left of a packet below the layers that were taken off.
#[derive(Clone, Copy, Debug)]
struct Bytes<'a> {
    data: &'a [u8],
    /// How far `data` starts from the packet's start.
    at: usize,
    /// Bytes that were on the wire after `data`, but are not in the capture.
    missing: usize,
}

impl<'a> Bytes<'a> {
    /// The same without the first `n` bytes.
    fn after(self, n: usize) -> Option<Self> {
        Some(Self { data: self.data.get(n..)?, at: self.at + n, ..self })
    }

    /// The same, ending after `len` bytes by what a header says: what lies beyond is padding.
    fn limit(self, len: usize) -> Self {
        match self.data.get(..len) {
            Some(data) => Self { data, missing: 0, ..self },
            None => Self { missing: len - self.data.len(), ..self },
        }
    }

    fn u8(self, at: usize) -> Option<u8> {
        self.data.get(at).copied()
    }

    fn u16(self, at: usize) -> Option<u16> {
        Some(u16::from_be_bytes(*self.data.get(at..)?.first_chunk()?))
    }

    fn u32(self, at: usize) -> Option<u32> {
        Some(u32::from_be_bytes(*self.data.get(at..)?.first_chunk()?))
    }
}
