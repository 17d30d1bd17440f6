//! Who said what: payloads in, messages, calls, streams and recording sessions out.
//!
//! What is kept is the signalling with its text, the numbers of each stream, and which chunks of
//! the file hold it; no packet of a known stream allocates.

mod batch;
mod calls;
mod candidate;
mod cause;
mod connections;
mod csta;
mod feedback;
mod heard;
mod index;
mod key;
mod legs;
mod media;
mod messages;
mod recent;
mod sessions;
mod signalling;
mod stream;
mod streams;
mod tls;
mod transactions;
mod unread;
mod watch;

pub(crate) use batch::{Batch, Waiting};
pub(crate) use calls::{Call, CallEvent, EarlyDialog};
pub(crate) use cause::in_words as cause_in_words;
pub(crate) use feedback::Feedback;
pub(crate) use index::{ChunkIndex, Chunks, Runs};
pub(crate) use key::{Ends, FastMap, FastSet, PlainKey, StreamKey};
pub(crate) use legs::Link;
pub(crate) use media::{Declaration, Declarations, Format, Party, Side};
pub(crate) use messages::SignallingMessage;
pub(crate) use sessions::{Phase, Session};
pub(crate) use stream::{Owner, PayloadUse, Stream};
pub(crate) use tls::TlsConnection;
pub(crate) use transactions::{Transaction, TransactionIndex};
pub(crate) use watch::Places;

use crate::capture::RawPacket;
use crate::findings::Findings;
use crate::net::{self, Datagram, Payload};
use crate::report::Transport;
use calls::Calls;
use connections::Connections;
use legs::Legs;
use messages::{Messages, Origin};
use recscope_core::rtp::statistics::Rule;
use recscope_core::rtp::{Header, rtcp};
use recscope_core::{Layer, Limits, sip};
use sessions::Sessions;
use std::collections::BTreeMap;
use stream::RtpPacket;
use streams::{Fate, Streams};
use tls::TlsConnections;
use transactions::Transactions;

/// A call's place in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CallIndex(pub(crate) usize);

/// A message's place in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct MessageIndex(pub(crate) usize);

/// Follows the traffic of one capture.
#[derive(Debug)]
pub(crate) struct Trace {
    messages: Messages,
    calls: Calls,
    legs: Legs,
    transactions: Transactions,
    tls: TlsConnections,
    declarations: Declarations,
    streams: Streams,
    connections: Connections,
    sessions: Sessions,
    /// UDP payloads that nothing here reads, by name.
    unread: BTreeMap<&'static str, u64>,
    limits: Limits,
}

/// What a capture's traffic came to.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) messages: Vec<SignallingMessage>,
    pub(crate) calls: Vec<Call>,
    /// Pairs of calls that are legs of one conversation.
    pub(crate) links: Vec<Link>,
    /// SIP outside calls.
    pub(crate) transactions: Vec<Transaction>,
    /// By first packet.
    pub(crate) tls: Vec<TlsConnection>,
    /// By first packet.
    pub(crate) streams: Vec<Stream>,
    /// By first message.
    pub(crate) sessions: Vec<Session>,
    pub(crate) declarations: Declarations,
    pub(crate) unread: BTreeMap<&'static str, u64>,
}

/// The packet as it is put by, and the stream that it would be of, if it has an RTP header and is in
/// the plainest wrapping. `input_start` is where in the file the input begins that is at hand.
#[inline(always)]
pub(crate) fn plain_rtp(packet: &RawPacket<'_>, input_start: u64) -> Option<(PlainKey, Waiting)> {
    let plain = net::plain(packet)?;
    let bytes = plain.payload;
    let at = u32::try_from(plain.offset.checked_sub(input_start)?).ok()?;
    let len = u32::try_from(bytes.len()).ok()?;
    if rtcp::looks_like_rtcp(bytes) {
        return None;
    }
    let header = Header::parse(bytes).ok()?;
    let key = PlainKey::new(plain.src, plain.dst, header.ssrc);
    Some((key, Waiting::new(packet.number, packet.time_ns, &header, at, len)))
}

impl Trace {
    pub(crate) fn new(limits: &Limits, rule: Rule) -> Self {
        Self {
            messages: Messages::new(limits),
            calls: Calls::default(),
            legs: Legs::default(),
            transactions: Transactions::default(),
            tls: TlsConnections::default(),
            declarations: Declarations::default(),
            streams: Streams::new(limits.rtp_streams, rule),
            connections: Connections::default(),
            sessions: Sessions::default(),
            unread: BTreeMap::new(),
            limits: limits.clone(),
        }
    }

    /// Takes the next packet if it is one of a stream that is known, in the plainest wrapping, and
    /// says whether it is. Nearly all packets of a capture are. `input_start` is where in the file
    /// the input begins that is at hand.
    ///
    /// It does for them what [`Self::on_payload`] would do, but only with the next
    /// [`Self::count_waiting`], which has to come before any other packet, another chunk or another
    /// input.
    #[inline]
    pub(crate) fn put_by(&mut self, packet: &RawPacket<'_>, input_start: u64) -> bool {
        let Some((key, waiting)) = plain_rtp(packet, input_start) else { return false };
        self.streams.put_by(key, waiting)
    }

    /// Whether so many packets were put by that they should be counted.
    #[inline]
    pub(crate) const fn has_many_waiting(&self) -> bool {
        self.streams.has_many_waiting()
    }

    /// Whether the stream of this key is known.
    pub(crate) fn knows(&mut self, key: PlainKey) -> bool {
        self.streams.find(key).is_some()
    }

    /// Counts packets of the stream of this key, if that is known; their bytes are in `input`, which
    /// lies in `chunk`.
    pub(crate) fn count_row(
        &mut self,
        key: PlainKey,
        row: &[Waiting],
        input: &[u8],
        chunk: ChunkIndex,
    ) {
        self.streams.count_row(key, row, input, chunk, &self.declarations);
    }

    /// Counts the packets that were put by; their bytes are in `input`, which lies in `chunk`.
    pub(crate) fn count_waiting(&mut self, input: &[u8], chunk: ChunkIndex) {
        self.streams.count_waiting(input, chunk, &self.declarations);
    }

    /// Takes the next payload, which lies in `chunk` of the capture.
    pub(crate) fn on_payload(
        &mut self,
        payload: &Payload<'_>,
        chunk: ChunkIndex,
        findings: &mut Findings,
    ) {
        match payload {
            Payload::Udp(datagram) => self.on_datagram(datagram, chunk, findings),
            Payload::Tcp(segment) => self.on_segment(segment, findings),
        }
    }

    /// RFC 7983 tells what shares a port by the first byte: the two top bits are RTP's version,
    /// and text never has them so.
    fn on_datagram(&mut self, datagram: &Datagram<'_>, chunk: ChunkIndex, findings: &mut Findings) {
        let bytes = datagram.payload;
        match bytes {
            [128..=191, ..] if rtcp::looks_like_rtcp(bytes) => {
                let src = self.declarations.rtcp_owner(datagram.src);
                let dst = self.declarations.rtcp_owner(datagram.dst);
                self.streams.on_rtcp(&Datagram { src, dst, ..*datagram });
            }
            [128..=191, ..] => self.on_rtp(datagram, chunk),
            _ if sip::looks_like_sip(bytes) => {
                let origin = Origin {
                    packet: datagram.packet,
                    time_ns: datagram.time_ns,
                    offset: datagram.offset,
                    transport: Transport::Udp,
                    src: datagram.src,
                    dst: datagram.dst,
                };
                self.on_sip(origin, bytes, findings);
            }
            // Blank lines that keep a NAT binding open (RFC 5626 3.5.1).
            _ if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) => {}
            _ => self.count_datagram(datagram),
        }
    }

    fn on_rtp(&mut self, datagram: &Datagram<'_>, chunk: ChunkIndex) {
        let Ok(header) = Header::parse(datagram.payload) else {
            self.count_datagram(datagram);
            return;
        };
        let packet = RtpPacket {
            number: datagram.packet,
            time_ns: datagram.time_ns,
            chunk,
            header,
            bytes: datagram.payload,
            truncated: datagram.truncated,
        };
        let ends = Ends { src: datagram.src, dst: datagram.dst };
        if self.streams.on_packet(ends, &packet, &self.declarations) == Fate::Refused {
            self.count_datagram(datagram);
        }
    }

    fn count_datagram(&mut self, datagram: &Datagram<'_>) {
        let is_fax =
            self.declarations.is_fax(datagram.dst) || self.declarations.is_fax(datagram.src);
        self.count_unread(if is_fax { "t.38" } else { unread::of_datagram(datagram) });
    }

    fn count_unread(&mut self, name: &'static str) {
        *self.unread.entry(name).or_default() += 1;
    }

    /// Follows [`Chunks::begin`] when it halves the chunks' numbers.
    pub(crate) fn halve_chunks(&mut self) {
        self.streams.halve_chunks();
    }

    /// Ends the capture.
    pub(crate) fn finish(mut self, findings: &mut Findings) -> Traffic {
        self.end_connections(findings);
        if let Some(places) = self.messages.sort() {
            self.sessions.renumber_messages(&places);
        }
        if self.messages.beyond_limit > 0 {
            let more = self.messages.beyond_limit;
            findings.say(0, Layer::Sip, || {
                format!(
                    "{more} more messages than the limit of {} are left out",
                    self.limits.messages
                )
            });
            findings.mark_damaged();
        }
        if self.declarations.beyond_limit > 0 {
            let more = self.declarations.beyond_limit;
            findings.say(0, Layer::Sdp, || {
                format!("{more} more media descriptions than can be held are left out")
            });
            findings.mark_damaged();
        }
        if self.streams.beyond_limit > 0 {
            let limit = self.limits.rtp_streams;
            findings.say(0, Layer::Rtp, || {
                format!("there are more than {limit} RTP streams; those beyond are left out")
            });
            findings.mark_damaged();
        }
        let streams = std::mem::replace(&mut self.streams, Streams::new(0, Rule::default()));
        let (streams, refused) = streams.finish();
        for stream in &streams {
            if let Some(call) = stream.call() {
                self.calls.on_media(call, stream.last_ns);
            }
        }
        let sessions = self.finish_sessions(&streams);
        if refused > 0 {
            *self.unread.entry("udp").or_default() += refused;
        }
        let calls = self.calls.into_all();
        Traffic {
            links: self.legs.links(&calls),
            tls: self.tls.into_all(self.messages.indexed().map(|(_, message)| message)),
            transactions: self.transactions.into_all(),
            messages: self.messages.into_all(),
            calls,
            streams,
            sessions,
            declarations: self.declarations,
            unread: self.unread,
        }
    }
}
