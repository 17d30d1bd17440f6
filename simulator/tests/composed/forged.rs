//! Messages that were made up, some of them from pieces of real ones.

use crate::room::{Flight, News, Parcel};
use proptest::prelude::*;
use recscope_core::sip::Message;
use std::net::{Ipv4Addr, SocketAddr};

/// What a message goes through on its way.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    None,
    /// A byte is another one.
    Byte {
        at: usize,
        byte: u8,
    },
    /// The end is missing.
    Cut(usize),
    /// A line, counted from the first, is missing.
    Line(usize),
    /// A line comes twice.
    Twice(usize),
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::None),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte { at, byte }),
        any::<usize>().prop_map(Damage::Cut),
        (0_usize..20).prop_map(Damage::Line),
        (0_usize..20).prop_map(Damage::Twice),
    ]
}

impl Damage {
    /// Changes a message, and its sender where one is given.
    pub(crate) fn apply(&self, flight: &mut Flight, from: Option<Ipv4Addr>) {
        let bytes = match &mut flight.parcel {
            Parcel::Datagram { remote, payload, .. } => {
                if let Some(from) = from {
                    *remote = SocketAddr::from((from, remote.port()));
                }
                payload
            }
            Parcel::Tcp { event: News::Data(bytes), .. } | Parcel::Data { bytes, .. } => bytes,
            _ => return,
        };
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        match *self {
            Self::None => {}
            Self::Byte { at, byte } => {
                let len = bytes.len().max(1);
                if let Some(found) = bytes.get_mut(at % len) {
                    *found = byte;
                }
            }
            Self::Cut(at) => bytes.truncate(at % (bytes.len() + 1)),
            Self::Line(at) => {
                let rest = lines.iter().enumerate().filter(|(number, _)| *number != at);
                *bytes = rest.flat_map(|(_, line)| line.to_vec()).collect();
            }
            Self::Twice(at) => {
                let again = lines.get(at).copied().unwrap_or_default();
                let (before, after) = lines.split_at(at.min(lines.len()));
                *bytes = [before.concat(), again.to_vec(), after.concat()].concat();
            }
        }
    }
}

const METHODS: &[&str] = &[
    "INVITE", "INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "UPDATE", "INFO", "OPTIONS", "REGISTER",
    "NOTIFY", "MESSAGE", "X",
];

/// A request or an answer.
#[derive(Clone, Debug)]
pub(crate) enum Forgery {
    /// A request, in the dialog of something that was said if `inside` tells which.
    Request { method: &'static str, inside: Option<usize>, branch: u8, cseq: u32, body: usize },
    /// An answer to something that was said.
    Answer { to: usize, status: u16, tag: u8, body: usize },
}

pub(crate) fn anything() -> impl Strategy<Value = Forgery> {
    let inside = prop::option::weighted(0.6, 0_usize..8);
    let status = prop_oneof![100_u16..=700, Just(200), Just(180), Just(481)];
    prop_oneof![
        (prop::sample::select(METHODS), inside, 0_u8..6, 0_u32..6, 0..BODIES.len()).prop_map(
            |(method, inside, branch, cseq, body)| Forgery::Request {
                method,
                inside,
                branch,
                cseq,
                body
            }
        ),
        (0_usize..8, status, 0_u8..3, 0..BODIES.len())
            .prop_map(|(to, status, tag, body)| Forgery::Answer { to, status, tag, body }),
    ]
}

/// What a request can carry.
const BODIES: &[&str] = &[
    "",
    "v=0\r\n",
    "v=0\r\no=- 1 1 IN IP4 192.0.2.66\r\ns=-\r\nc=IN IP4 192.0.2.66\r\nt=0 0\r\n\
     m=audio 4000 RTP/AVP 8\r\na=recvonly\r\na=label:1\r\nm=audio 4002 RTP/AVP 8\r\na=recvonly\r\na=label:2\r\n",
    "v=0\r\no=- 2 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 0 RTP/AVP 99\r\n",
];

/// What can be said over TCP.
pub(crate) const SPEECHES: &[&[u8]] = &[
    b"cmd=RecordStartRequest&id=7&device=00085d001000&remote_number=1&remote_name=&local_number=2&local_name=&dir=in&codec=PCMA",
    b"cmd=RecordStartResponse&id=7&result=success&reason=&server=192.0.2.40&port=30000",
    b"cmd=RecordStopRequest&id=7&remote_number=1&remote_name=&local_number=2&local_name=&reason=",
    b"cmd=RecordStopResponse&id=7&result=success",
    b"GET /XVOIPService?page=START&OPN=1000 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /XVOIPService?page=SAVE&OPN=1001 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\n",
    b"\x00\x00\x00\x0a9999<a",
    b"\xff\xff\xff\xff0001",
    b"\x00\x00\x00\x610001<MonitorStart><monitorObject><deviceObject>1000</deviceObject></monitorObject></MonitorStart>",
];

/// The pieces of a message that tell to what it belongs.
struct Pieces {
    call_id: String,
    from: String,
    to: String,
    cseq: String,
    via: String,
}

impl Pieces {
    /// Those of the last but `which` that was said.
    fn of(said: &[Flight], which: usize) -> Option<Self> {
        let at = said.len().checked_sub(which + 1)?;
        let Parcel::Datagram { payload, .. } = &said.get(at)?.parcel else { return None };
        let message = Message::parse(payload).ok()?.message;
        let header = |name| message.header(name).unwrap_or_default().to_owned();
        let piece = |name| header(name);
        Some(Self {
            call_id: message.call_id()?.to_owned(),
            from: piece("From"),
            to: piece("To"),
            cseq: piece("CSeq"),
            via: piece("Via"),
        })
    }
}

impl Forgery {
    /// The message.
    pub(crate) fn bytes(&self, said: &[Flight]) -> Vec<u8> {
        match *self {
            Self::Request { method, inside, branch, cseq, body } => {
                let pieces = inside.and_then(|which| Pieces::of(said, which));
                let stranger = || Pieces {
                    call_id: format!("forged-{branch}"),
                    from: "<sip:eve@192.0.2.66>;tag=e".to_owned(),
                    to: "<sip:1000@192.0.2.20>".to_owned(),
                    cseq: String::new(),
                    via: String::new(),
                };
                let Pieces { call_id, from, to, .. } = pieces.unwrap_or_else(stranger);
                request(method, &format!("f{branch}"), &[&from, &to, &call_id], cseq, BODIES[body])
            }
            Self::Answer { to, status, tag, body } => {
                let Some(pieces) = Pieces::of(said, to) else {
                    return b"SIP/2.0 200 OK\r\n\r\n".to_vec();
                };
                let Pieces { call_id, from, to, cseq, via } = pieces;
                let tag = if to.contains("tag=") { String::new() } else { format!(";tag=f{tag}") };
                let body = BODIES[body];
                format!(
                    "SIP/2.0 {status} Forged\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to}{tag}\r\n\
                     Call-ID: {call_id}\r\nCSeq: {cseq}\r\nContact: <sip:eve@192.0.2.66>\r\n\
                     Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
                .into_bytes()
            }
        }
    }
}

/// A request whose From, To and Call-ID are given.
pub(crate) fn request(
    method: &str,
    branch: &str,
    ends: &[&str; 3],
    cseq: u32,
    body: &str,
) -> Vec<u8> {
    let [from, to, call_id] = ends;
    format!(
        "{method} sip:1000@192.0.2.20 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bK{branch};rport\r\n\
         Max-Forwards: 70\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:eve@192.0.2.66>\r\nRecord: on\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
