//! A capture's way: records → packets → payloads → traffic.

use super::{Options, Outcome, Subject};
use crate::capture::{Kind, LinkType, RawPacket, Reader, Step};
use crate::findings::Findings;
use crate::net::Decoder;
use crate::report::{Capture, FileKind};
use crate::survey::{Stretch, Survey};
use crate::trace::{ChunkIndex, Chunks, Trace, Traffic};
use recscope_core::{Layer, Limits};

/// Reads one capture.
#[derive(Debug)]
pub(super) struct CapturePipeline {
    kind: Kind,
    reader: Reader,
    packets: Packets,
    chunks: Chunks,
    /// Bytes pushed.
    bytes: u64,
    limits: Limits,
}

/// What becomes of the packets.
#[derive(Debug)]
struct Packets {
    decoder: Decoder,
    trace: Trace,
    /// The chunk of the file that the next one lies in.
    chunk: ChunkIndex,
    /// Where the last one ended.
    position: u64,
    facts: Facts,
}

/// The bytes that are at hand.
#[derive(Clone, Copy, Debug)]
struct Input<'a> {
    bytes: &'a [u8],
    /// Where in the file they begin.
    start: u64,
}

/// What is noted of the file itself.
#[derive(Debug, Default)]
struct Facts {
    packets: u64,
    /// The earliest and the latest, where there are any.
    first_ns: i64,
    last_ns: i64,
    last_link_type: Option<LinkType>,
    texts: usize,
    text_bytes: usize,
    /// Names and comments that found no room.
    texts_left_out: u64,
    report: Capture,
}

/// What a capture holds, and the way back into it.
#[derive(Debug)]
pub(crate) struct CapturedTraffic {
    pub(crate) capture: Capture,
    pub(crate) traffic: Traffic,
    pub(crate) chunks: Chunks,
    /// Bytes of the (inflated) capture.
    pub(crate) bytes: u64,
    pub(crate) limits: Limits,
}

impl CapturePipeline {
    pub(super) fn new(kind: Kind, options: &Options) -> Self {
        let limits = &options.limits;
        Self {
            kind,
            reader: Reader::new(limits),
            packets: Packets {
                decoder: Decoder::new(limits),
                trace: Trace::new(limits, options.statistics),
                chunk: ChunkIndex::default(),
                position: 0,
                facts: Facts::default(),
            },
            chunks: Chunks::new(),
            bytes: 0,
            limits: limits.clone(),
        }
    }

    pub(super) fn push(&mut self, mut chunk: &[u8], findings: &mut Findings) {
        let input = Input { bytes: chunk, start: self.bytes };
        self.bytes += chunk.len() as u64;
        let packets = &mut self.packets;
        loop {
            if self.chunks.is_due(packets.position) {
                packets.count_waiting(input);
                packets.begin(self.chunks.begin(self.reader.checkpoint()));
            }
            let until = self.chunks.next_at();
            let run = self.reader.push_run(chunk, until, |packet| {
                packets.on_packet(packet, input, findings);
            });
            chunk = chunk.get(run..).unwrap_or_default();
            if self.chunks.is_due(packets.position) {
                continue;
            }
            let (consumed, step) = self.reader.push(chunk);
            match step {
                Step::Packet(packet) => packets.on_packet(packet, input, findings),
                Step::NeedMore | Step::End => break,
                note => packets.facts.on_note(note, findings),
            }
            chunk = chunk.get(consumed..).unwrap_or_default();
        }
        packets.count_waiting(input);
    }

    /// Takes the next bytes, with what a [`Surveyor`](crate::survey::Surveyor) found in them.
    pub(super) fn push_surveyed(&mut self, chunk: &[u8], survey: &Survey, findings: &mut Findings) {
        let start = self.bytes;
        let mut rest = chunk;
        for stretch in survey.stretches_from(start) {
            let parts = stretch.split_from(self.bytes, rest);
            let Some((before, records, after)) = parts else { break };
            self.push(before, findings);
            if self.pass(&stretch, records, chunk) {
                self.bytes += records.len() as u64;
            } else {
                self.push(records, findings);
            }
            rest = after;
        }
        self.push(rest, findings);
    }

    /// Counts the packets of a stretch, which lie in `input`, and passes over their `records`; or
    /// does nothing and gives `false` if there is more to be done for one of them.
    fn pass(&mut self, stretch: &Stretch<'_>, records: &[u8], input: &[u8]) -> bool {
        let packets = &mut self.packets;
        if !stretch.rows().all(|(key, _)| packets.trace.knows(key)) {
            return false;
        }
        let due = self.chunks.is_due(packets.position).then(|| self.reader.checkpoint());
        if !self.reader.pass_run(records, stretch.packets(), stretch.last_record()) {
            return false;
        }
        if let Some(checkpoint) = due {
            packets.begin(self.chunks.begin(checkpoint));
        }
        packets.on_stretch(stretch, input);
        packets.position = self.reader.offset();
        true
    }

    pub(super) fn finish(self, mut findings: Findings) -> Outcome {
        let Packets { mut decoder, mut trace, chunk, facts, .. } = self.packets;
        decoder.finish(&mut |payload| trace.on_payload(&payload, chunk, &mut findings));
        for warning in decoder.take_warnings() {
            findings.warn(&warning);
        }
        findings.omit(decoder.warnings_omitted());
        let summary = self.reader.finish();
        if summary.skipped > 0 {
            findings.mark_damaged();
        }
        if let Some(cut) = &summary.cut {
            findings.damage(&cut.0);
        }
        let mut error = None;
        if let Some(stopped) = summary.stopped {
            if summary.packets == 0 {
                error = Some(stopped);
            } else {
                findings.damage(&stopped);
            }
        }
        let traffic = trace.finish(&mut findings);
        let more = facts.texts_left_out;
        if more > 0 {
            findings.say(0, Layer::PcapNg, || {
                format!("{more} names and comments beyond the first ones are left out")
            });
        }
        let mut capture = facts.into_report();
        capture.fragments_reassembled = decoder.fragments_reassembled();
        capture.tcp_gaps = decoder.tcp_gaps();
        let below = decoder.undecoded().map(|(name, count)| (name.to_string(), count));
        let above = traffic.unread.iter().map(|(name, count)| ((*name).to_owned(), *count));
        for (name, count) in below.chain(above) {
            *capture.undecoded.entry(name).or_default() += count;
        }
        let captured = CapturedTraffic {
            capture,
            traffic,
            chunks: self.chunks,
            bytes: self.bytes,
            limits: self.limits,
        };
        Outcome {
            kind: match self.kind {
                Kind::PcapNg => FileKind::Pcapng,
                Kind::Pcap | Kind::Gzip => FileKind::Pcap,
            },
            findings,
            error,
            subject: Subject::Capture(Box::new(captured)),
        }
    }
}

impl Packets {
    #[inline]
    fn on_packet(&mut self, packet: RawPacket<'_>, input: Input<'_>, findings: &mut Findings) {
        self.position = packet.offset + packet.data.len() as u64;
        self.facts.on_packet(packet.time_ns, packet.link_type);
        if self.trace.has_many_waiting() {
            self.count_waiting(input);
        }
        if !self.trace.put_by(&packet, input.start) {
            self.decode(packet, input, findings);
        }
    }

    /// Counts the packets of a stretch, all of them of streams that are known.
    fn on_stretch(&mut self, stretch: &Stretch<'_>, input: &[u8]) {
        self.facts.on_packets(stretch.packets(), stretch.times(), LinkType::ETHERNET);
        for (key, row) in stretch.rows() {
            self.trace.count_row(key, row, input, self.chunk);
        }
    }

    /// Begins a chunk, before which no packet waits.
    fn begin(&mut self, (chunk, halved): (ChunkIndex, bool)) {
        self.chunk = chunk;
        if halved {
            self.trace.halve_chunks();
        }
    }

    /// Counts what was put by.
    fn count_waiting(&mut self, input: Input<'_>) {
        self.trace.count_waiting(input.bytes, self.chunk);
    }

    /// Takes a packet that asks for more. By value, so that its way here costs the others nothing.
    #[inline(never)]
    fn decode(&mut self, packet: RawPacket<'_>, input: Input<'_>, findings: &mut Findings) {
        self.count_waiting(input);
        let (trace, at) = (&mut self.trace, self.chunk);
        self.decoder.decode(&packet, &mut |payload| trace.on_payload(&payload, at, findings));
        // At once, so that they stand among the others by their packets, not by where a piece ends.
        for warning in self.decoder.take_warnings() {
            findings.warn(&warning);
        }
    }
}

impl Facts {
    /// Most names and comments kept, and most bytes of them.
    const MOST_TEXTS: usize = 10_000;
    const MOST_TEXT_BYTES: usize = 4 * 1024 * 1024;
    /// Most link types listed.
    const MOST_LINK_TYPES: usize = 64;

    #[inline]
    fn on_packet(&mut self, time_ns: i64, link_type: LinkType) {
        self.on_packets(1, (time_ns, time_ns), link_type);
    }

    /// Takes in packets by the earliest and the latest of their times.
    #[inline]
    fn on_packets(&mut self, packets: u64, (first_ns, last_ns): (i64, i64), link_type: LinkType) {
        if self.packets == 0 {
            (self.first_ns, self.last_ns) = (first_ns, last_ns);
        }
        self.packets += packets;
        self.first_ns = self.first_ns.min(first_ns);
        self.last_ns = self.last_ns.max(last_ns);
        if self.last_link_type != Some(link_type) {
            self.last_link_type = Some(link_type);
            self.add_link_type(link_type);
        }
    }

    fn add_link_type(&mut self, link_type: LinkType) {
        let name = link_type.to_string();
        let known = &mut self.report.link_types;
        if known.len() < Self::MOST_LINK_TYPES && !known.contains(&name) {
            known.push(name);
        }
    }

    fn on_note(&mut self, note: Step<'_>, findings: &mut Findings) {
        match note {
            Step::Interface(interface) => self.add_link_type(interface.link_type),
            Step::Name(name) => {
                let address = name.address.to_string();
                if !self.report.names.contains_key(&address) && self.has_room(name.name.len()) {
                    self.report.names.insert(address, name.name);
                }
            }
            Step::Comment(comment) if self.has_room(comment.text.len()) => {
                self.report.comments.push(match comment.packet {
                    Some(number) => format!("packet {number}: {}", comment.text),
                    None => comment.text,
                });
            }
            Step::Secrets(secrets) => findings.say(secrets.offset, Layer::PcapNg, || {
                format!("the file carries a {}; it is not used", secrets.name())
            }),
            Step::Dropped(dropped) => findings.say(0, Layer::PcapNg, || {
                format!(
                    "the capturing side lost {} packets on interface {}: losses found here may be its own",
                    dropped.packets, dropped.interface
                )
            }),
            Step::Warning(warning) => findings.warn(&warning),
            _ => {}
        }
    }

    /// Whether a name or comment of `len` bytes may still be kept; counts it either way.
    const fn has_room(&mut self, len: usize) -> bool {
        let fits = self.texts < Self::MOST_TEXTS && self.text_bytes + len <= Self::MOST_TEXT_BYTES;
        if fits {
            self.texts += 1;
            self.text_bytes += len;
        } else {
            self.texts_left_out += 1;
        }
        fits
    }

    fn into_report(self) -> Capture {
        Capture {
            packets: self.packets,
            first: (self.packets > 0).then(|| crate::report::seconds(self.first_ns)),
            last: (self.packets > 0).then(|| crate::report::seconds(self.last_ns)),
            ..self.report
        }
    }
}
