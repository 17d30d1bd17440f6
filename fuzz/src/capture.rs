//! Capture files.

use crate::cutting::{Numbers, Push, pieces, push_all};
use recscope_analyzer::capture::{
    Checkpoint, Kind, LinkType, RawPacket, Reader, Step, Summary, sniff,
};
use recscope_core::Limits;
use std::iter::once;

/// A classic pcap file: see `holds`.
pub fn pcap(bytes: &[u8]) {
    if sniff(bytes) == Some(Kind::Pcap) {
        holds(bytes);
    }
}

/// A pcapng file: see `holds`.
pub fn pcapng(bytes: &[u8]) {
    if sniff(bytes) == Some(Kind::PcapNg) {
        holds(bytes);
    }
}

/// Every packet lies in the file where it says, after the one before; cutting the file into pieces
/// changes nothing; reading can go on from any packet.
fn holds(bytes: &[u8]) {
    let whole = read(Reader::new(&limits()), once(bytes), |packet| {
        let start = usize::try_from(packet.offset).expect("inside the file");
        assert_eq!(bytes.get(start..start + packet.data.len()), Some(packet.data));
        assert!(packet.data.len() <= limits().packet_bytes as usize);
    });
    let mut end = 0;
    let mut number = 0;
    for packet in &whole.packets {
        assert!(packet.offset >= end && packet.number > number, "{packet:?} after {end}");
        end = packet.offset + packet.len as u64;
        number = packet.number;
    }
    assert_eq!(whole.summary.packets, whole.packets.len() as u64);
    assert!(whole.summary.skipped <= bytes.len() as u64, "{:?}", whole.summary);

    let in_pieces = read(Reader::new(&limits()), pieces(bytes), |_| {});
    assert_eq!(in_pieces.packets, whole.packets);
    assert_eq!(in_pieces.notes, whole.notes);
    assert_eq!(in_pieces.summary, whole.summary);

    if !whole.packets.is_empty() {
        let before = 1 + Numbers::of(bytes).below(whole.packets.len());
        let checkpoint = checkpoint_after(before, bytes);
        let rest = usize::try_from(checkpoint.offset()).map_or(bytes.len(), |n| n.min(bytes.len()));
        let resumed = read(Reader::resume(checkpoint, &limits()), pieces(&bytes[rest..]), |_| {});
        assert_eq!(resumed.packets, whole.packets[before..]);
    }
}

/// Small enough for short files to reach them.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.packet_bytes = 2048;
    limits.block_bytes = 8192;
    limits
}

#[derive(Debug)]
struct Findings {
    packets: Vec<Packet>,
    notes: Vec<String>,
    summary: Summary,
}

/// All of a packet but its bytes, which are held to the file.
#[derive(Debug, PartialEq, Eq)]
struct Packet {
    number: u64,
    time: (i64, bool),
    offset: u64,
    len: usize,
    original_len: u32,
    link_type: LinkType,
    interface: u32,
}

impl From<&RawPacket<'_>> for Packet {
    fn from(packet: &RawPacket<'_>) -> Self {
        Self {
            number: packet.number,
            time: (packet.time_ns, packet.timed),
            offset: packet.offset,
            len: packet.data.len(),
            original_len: packet.original_len,
            link_type: packet.link_type,
            interface: packet.interface,
        }
    }
}

fn read<'a>(
    mut reader: Reader,
    pieces: impl Iterator<Item = &'a [u8]>,
    mut look: impl FnMut(&RawPacket<'_>),
) -> Findings {
    let (mut packets, mut notes) = (Vec::new(), Vec::new());
    push_all(pieces, |piece| {
        let (consumed, step) = reader.push(piece);
        let outcome = match step {
            Step::NeedMore => Push::NeedMore,
            Step::End => Push::End,
            Step::Packet(packet) => {
                look(&packet);
                packets.push(Packet::from(&packet));
                Push::Item
            }
            note => {
                notes.push(format!("{note:?}"));
                Push::Item
            }
        };
        (consumed, outcome)
    });
    Findings { packets, notes, summary: reader.finish() }
}

fn checkpoint_after(packets: usize, bytes: &[u8]) -> Checkpoint {
    let mut reader = Reader::new(&limits());
    let mut rest = bytes;
    let mut seen = 0;
    while seen < packets {
        let (consumed, step) = reader.push(rest);
        match step {
            Step::Packet(_) => seen += 1,
            Step::NeedMore | Step::End => break,
            _ => {}
        }
        rest = &rest[consumed..];
    }
    reader.checkpoint()
}
