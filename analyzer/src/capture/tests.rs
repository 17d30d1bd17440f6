use super::*;
use recscope_core::Limits;

#[test]
fn captures_are_told_by_content() {
    let table: [(&[u8], Option<Kind>); 9] = [
        (&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0], Some(Kind::Pcap)),
        (&[0xa1, 0xb2, 0x3c, 0x4d], Some(Kind::Pcap)),
        (&[0x34, 0xcd, 0xb2, 0xa1], Some(Kind::Pcap)),
        (&[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a], Some(Kind::PcapNg)),
        (&[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0], None),
        (&[0x1f, 0x8b, 8], Some(Kind::Gzip)),
        (b"RIFF....WAVE", None),
        (&[0xd4, 0xc3, 0xb2], None),
        (&[], None),
    ];
    for (start, kind) in table {
        assert_eq!(sniff(start), kind, "{start:02x?}");
    }
    assert_eq!(Reader::new(&Limits::default()).finish().packets, 0);
}

/// Number, time, place and length of a packet.
type Seen = (u64, i64, u64, usize);

const fn seen(packet: &RawPacket<'_>) -> Seen {
    (packet.number, packet.time_ns, packet.offset, packet.data.len())
}

/// The packets of a file, up to `until` from runs where there are any.
fn packets(file: &[u8], chunk: usize, until: u64) -> (Vec<Seen>, usize) {
    let mut reader = Reader::new(&Limits::default());
    let (mut all, mut in_runs) = (Vec::new(), 0);
    for mut chunk in file.chunks(chunk) {
        loop {
            let before = all.len();
            let run = reader.push_run(chunk, until, |packet| all.push(seen(&packet)));
            in_runs += all.len() - before;
            chunk = &chunk[run..];
            let (consumed, step) = reader.push(chunk);
            match step {
                Step::NeedMore | Step::End => break,
                Step::Packet(packet) => all.push(seen(&packet)),
                _ => {}
            }
            chunk = &chunk[consumed..];
        }
    }
    (all, in_runs)
}

#[test]
fn a_run_has_the_packets_that_would_come_one_by_one() {
    let whole = include_bytes!("../../../testdata/captures/call-pcmu.pcap");
    // With a hole of zeros in the middle, so that the reader has to search its way.
    let mut damaged = whole.to_vec();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 1000].fill(0);
    for file in [&whole[..], &damaged] {
        let (expected, none) = packets(file, file.len(), 0);
        assert_eq!(none, 0);
        for chunk in [1, 100, 5_000, file.len()] {
            let (found, in_runs) = packets(file, chunk, u64::MAX);
            assert_eq!(found, expected, "chunks of {chunk}");
            assert_eq!(in_runs > 0, chunk > 1000, "{in_runs} in chunks of {chunk}");
            let (found, in_runs) = packets(file, chunk, middle as u64);
            assert_eq!(found, expected, "chunks of {chunk}");
            assert!(in_runs <= expected.len() / 2 + 1);
        }
    }
}
