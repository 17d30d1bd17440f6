//! What our own reader and decoder make of a file, with nothing borrowed.

use recscope_analyzer::capture::{
    Comment, Dropped, Interface, Name, Reader, Secrets, Step, Summary,
};
use recscope_analyzer::net::{Beginning, ConnectionId, Decoder, Direction, Payload, TcpEvent};
use recscope_core::{Limits, Warning};
use std::net::SocketAddr;

/// A file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub packets: Vec<Packet>,
    pub notes: Vec<Note>,
    pub warnings: Vec<Warning>,
    pub summary: Summary,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub number: u64,
    pub time_ns: i64,
    pub timed: bool,
    pub offset: u64,
    pub link_type: u16,
    pub interface: u32,
    pub data: Vec<u8>,
    pub original_len: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    Interface(Interface),
    Name(Name),
    Comment(Comment),
    Secrets(Secrets),
    Dropped(Dropped),
}

/// Reads a file that comes in chunks of `chunk` bytes.
pub fn read(file: &[u8], chunk: usize) -> Reading {
    let mut reader = Reader::new(&Limits::default());
    let (mut packets, mut notes, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for chunk in file.chunks(chunk) {
        feed(&mut reader, chunk, |step| match step {
            Step::Packet(packet) => {
                let at = usize::try_from(packet.offset).expect("in the file");
                assert_eq!(file.get(at..at + packet.data.len()), Some(packet.data), "offset");
                packets.push(Packet {
                    number: packet.number,
                    time_ns: packet.time_ns,
                    timed: packet.timed,
                    offset: packet.offset,
                    link_type: packet.link_type.0,
                    interface: packet.interface,
                    data: packet.data.to_vec(),
                    original_len: packet.original_len,
                });
            }
            Step::Interface(interface) => notes.push(Note::Interface(interface)),
            Step::Name(name) => notes.push(Note::Name(name)),
            Step::Comment(comment) => notes.push(Note::Comment(comment)),
            Step::Secrets(secrets) => notes.push(Note::Secrets(secrets)),
            Step::Dropped(dropped) => notes.push(Note::Dropped(dropped)),
            Step::Warning(warning) => warnings.push(warning),
            other => panic!("not a result: {other:?}"),
        });
    }
    Reading { packets, notes, warnings, summary: reader.finish() }
}

/// Pushes one chunk; gives all steps but the last to `take`.
pub fn feed(reader: &mut Reader, mut chunk: &[u8], mut take: impl FnMut(Step<'_>)) {
    loop {
        let (consumed, step) = reader.push(chunk);
        match step {
            Step::NeedMore | Step::End => {
                assert_eq!(consumed, chunk.len(), "nothing is left over");
                return;
            }
            step => take(step),
        }
        chunk = &chunk[consumed..];
    }
}

/// A datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    pub packet: u64,
    pub time_ns: i64,
    pub src: SocketAddr,
    pub dst: SocketAddr,
    pub payload: Vec<u8>,
    pub truncated: bool,
    pub offset: Option<u64>,
}

/// What happened on a TCP stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Start(Beginning),
    Data(Vec<u8>),
    Gap(u32),
    Close,
    Reset,
    Forgotten,
}

/// A piece of a TCP stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub packet: u64,
    pub src: SocketAddr,
    pub connection: ConnectionId,
    pub direction: Direction,
    pub event: Event,
}

/// What hosts said, and what was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoding {
    pub datagrams: Vec<Datagram>,
    pub segments: Vec<Segment>,
    pub undecoded: Vec<(String, u64)>,
    pub fragments_reassembled: u64,
    pub fragments_lost: u64,
    pub tcp_gaps: u64,
    pub warnings: Vec<Warning>,
}

impl Decoding {
    /// All bytes of one direction of one connection; panics at a gap.
    pub fn stream(&self, connection: u32, direction: Direction) -> Vec<u8> {
        self.segments
            .iter()
            .filter(|segment| segment.connection.0 == connection && segment.direction == direction)
            .flat_map(|segment| match &segment.event {
                Event::Data(data) => data.clone(),
                Event::Gap(bytes) => panic!("a gap of {bytes} bytes"),
                _ => Vec::new(),
            })
            .collect()
    }

    fn take(&mut self, payload: &Payload<'_>, file: &[u8]) {
        match payload {
            Payload::Udp(datagram) => {
                check_offset(file, datagram.offset, datagram.payload);
                self.datagrams.push(Datagram {
                    packet: datagram.packet,
                    time_ns: datagram.time_ns,
                    src: datagram.src,
                    dst: datagram.dst,
                    payload: datagram.payload.to_vec(),
                    truncated: datagram.truncated,
                    offset: datagram.offset,
                });
            }
            Payload::Tcp(segment) => {
                let event = match segment.event {
                    TcpEvent::Start(beginning) => Event::Start(beginning),
                    TcpEvent::Data { bytes, offset } => {
                        check_offset(file, offset, bytes);
                        Event::Data(bytes.to_vec())
                    }
                    TcpEvent::Gap { bytes } => Event::Gap(bytes),
                    TcpEvent::Close => Event::Close,
                    TcpEvent::Reset => Event::Reset,
                    TcpEvent::Forgotten => Event::Forgotten,
                    other => panic!("not known: {other:?}"),
                };
                self.segments.push(Segment {
                    packet: segment.packet,
                    src: segment.src,
                    connection: segment.connection,
                    direction: segment.direction,
                    event,
                });
            }
            other => panic!("not known: {other:?}"),
        }
    }
}

/// An offset that is given must lead to the very bytes.
fn check_offset(file: &[u8], offset: Option<u64>, bytes: &[u8]) {
    if let Some(offset) = offset {
        let at = usize::try_from(offset).expect("in the file");
        assert_eq!(file.get(at..at + bytes.len()), Some(bytes), "offset of the payload");
    }
}

/// Decodes all packets of a file.
pub fn decode(file: &[u8]) -> Decoding {
    decode_within(file, &Limits::default())
}

/// The same with other limits.
pub fn decode_within(file: &[u8], limits: &Limits) -> Decoding {
    let mut reader = Reader::new(limits);
    let mut decoder = Decoder::new(limits);
    let mut decoding = Decoding::default();
    feed(&mut reader, file, |step| {
        if let Step::Packet(packet) = step {
            decoder.decode(&packet, &mut |payload| decoding.take(&payload, file));
        }
    });
    decoder.finish(&mut |payload| decoding.take(&payload, file));
    decoding.undecoded =
        decoder.undecoded().map(|(name, count)| (name.to_string(), count)).collect();
    decoding.fragments_reassembled = decoder.fragments_reassembled();
    decoding.fragments_lost = decoder.fragments_lost();
    decoding.tcp_gaps = decoder.tcp_gaps();
    decoding.warnings = decoder.take_warnings();
    decoding
}
