//! A capture of more than 4 GiB, most of which is never made: pcapng with a call at its start and
//! the same one at its end, and custom blocks of zeros between them.

use recscope_analyzer::capture::{LinkType, Reader, Step};
use recscope_analyzer::{Analysis, Analyzer, Audio, AudioRequest, Options};
use recscope_core::Limits;

const CALL: &[u8] = include_bytes!("../../../testdata/captures/call-pcmu.pcap");

/// Bytes of a custom block; some 300 of them are more than 4 GiB.
const HOLE: u32 = 16 << 20;
const HOLES: u64 = 300;
/// Seconds between the first and the second time of the call.
const LATER: i64 = 3600;

/// The file: what is before the holes, and what is behind them.
struct Sparse {
    start: Vec<u8>,
    end: Vec<u8>,
}

/// Reads the file and compares what is found and heard of the two calls.
pub(crate) fn assert_calls_at_both_ends_are_read_alike() {
    let file = Sparse::new();
    let analysis = file.analyse();
    let report = analysis.report();
    assert_eq!(report.file.bytes, file.size());
    assert!(file.size() > 1 << 32);
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    assert!(report.messages.len().is_multiple_of(2));
    let half = report.messages.len() / 2;
    assert!(half >= 5, "the call has its messages");

    // Each message lies where it says, also behind the holes.
    for index in [0, half] {
        let message = analysis.message(index).expect("the message was kept");
        let offset = message.offset.expect("no fragments");
        assert_eq!(file.bytes(offset, message.raw.len()), message.raw);
    }
    assert!(analysis.message(half).and_then(|message| message.offset) > Some(1 << 32));

    let streams = report.streams.len();
    assert!(streams >= 2 && streams.is_multiple_of(2), "{streams} streams of two calls");
    let first = file.hear(&analysis, 0);
    let last = file.hear(&analysis, streams / 2);
    assert!(first.channels[0].samples.len() > 8000);
    assert!(first.channels[0].samples == last.channels[0].samples, "they sound different");
}

impl Sparse {
    fn new() -> Self {
        let mut start = block(0x0a0d_0d0a, &[&[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0], &[0xff; 8]]);
        start.extend(block(1, &[&[1, 0, 0, 0, 0, 0, 0, 0]]));
        start.extend(packets(0));
        Self { start, end: packets(LATER) }
    }

    fn size(&self) -> u64 {
        (self.start.len() + self.end.len()) as u64 + HOLES * u64::from(HOLE)
    }

    fn analyse(&self) -> Analysis {
        let mut analyzer = Analyzer::new("sparse", Some(self.size()), Options::default());
        analyzer.push(&self.start);
        let head: Vec<u8> = [0x0bad, HOLE, 32_473].into_iter().flat_map(u32::to_le_bytes).collect();
        let zeros = vec![0; 1 << 20];
        for _ in 0..HOLES {
            analyzer.push(&head);
            let mut left = HOLE as usize - 16;
            while left > 0 {
                let now = left.min(zeros.len());
                analyzer.push(&zeros[..now]);
                left -= now;
            }
            analyzer.push(&HOLE.to_le_bytes());
        }
        analyzer.push(&self.end);
        analyzer.finish()
    }

    /// Some bytes of the file, which are not of a hole.
    fn bytes(&self, offset: u64, len: usize) -> &[u8] {
        let holes = HOLES * u64::from(HOLE);
        let (part, at) = match offset.checked_sub(self.start.len() as u64 + holes) {
            Some(at) => (&self.end, at),
            None => (&self.start, offset),
        };
        let at = usize::try_from(at).expect("inside a part");
        part.get(at..(at + len).min(part.len())).expect("not in a hole")
    }

    fn hear(&self, analysis: &Analysis, stream: usize) -> Audio {
        let mut extraction = analysis.audio(AudioRequest::Stream(stream)).expect("there is sound");
        while let Some(range) = extraction.wanted() {
            let len = usize::try_from(range.end - range.start).expect("at most a piece");
            // It may want more than the part has, but nothing that it needs lies in a hole.
            extraction.push(self.bytes(range.start, len));
        }
        extraction.finish()
    }
}

/// The call's packets as blocks, `later` seconds late, and then as another call.
fn packets(later: i64) -> Vec<u8> {
    let mut blocks = Vec::new();
    let mut reader = Reader::new(&Limits::default());
    let mut rest = CALL;
    loop {
        let (consumed, step) = reader.push(rest);
        rest = &rest[consumed..];
        match step {
            Step::Packet(packet) => {
                assert_eq!(packet.link_type, LinkType::ETHERNET);
                let micros = packet.time_ns / 1000 + later * 1_000_000;
                let time = u64::try_from(micros).expect("after 1970");
                let half = |bits: u64| u32::try_from(bits & 0xffff_ffff).expect("32 bits");
                let length = u32::try_from(packet.data.len()).expect("a packet");
                let fields = [0, half(time >> 32), half(time), length, length];
                let fields: Vec<u8> = fields.into_iter().flat_map(u32::to_le_bytes).collect();
                let mut data = packet.data.to_vec();
                if later > 0 {
                    rename(&mut data);
                }
                blocks.extend(block(6, &[&fields, &data]));
            }
            Step::NeedMore | Step::End => return blocks,
            _ => {}
        }
    }
}

/// Makes a packet one of another call: with another Call-ID and branch, or another SSRC.
fn rename(packet: &mut [u8]) {
    /// Ethernet, IPv4, UDP, and a packet of 20 ms of PCMU.
    const HEADERS: usize = 14 + 20 + 8;
    const RTP: usize = 12 + 160;
    if packet.len() == HEADERS + RTP {
        packet[HEADERS + 8] ^= 0xff;
    }
    for name in [&b"Call-ID: "[..], b"branch=z9hG4bK"] {
        let places: Vec<usize> = packet
            .windows(name.len())
            .enumerate()
            .filter_map(|(at, window)| (window == name).then_some(at + name.len()))
            .collect();
        places.into_iter().for_each(|at| packet[at] = b'~');
    }
}

/// A block of these parts, filled up to a multiple of four bytes.
fn block(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
    let body: usize = parts.iter().map(|part| part.len()).sum();
    let length = u32::try_from(12 + body.next_multiple_of(4)).expect("a small block");
    let mut block = [kind, length].map(u32::to_le_bytes).concat();
    parts.iter().for_each(|part| block.extend_from_slice(part));
    block.resize(length as usize - 4, 0);
    block.extend(length.to_le_bytes());
    block
}
