//! Capture files: a real call in every format, whole, cut and damaged, read as tshark and
//! pcap-parser read it.

mod rewrite;

use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, PcapBlockOwned, PcapError, PcapNGReader};
use proptest::prelude::*;
use recscope_analyzer::capture::{Comment, Dropped, Name, Reader, Step};
use recscope_core::Limits;
use rewrite::file::{
    Classic, Order, block, gzip, interface, option, packet, pcap, pcapng, section, ticks,
};
use rewrite::reading::{Note, Reading, feed, read};
use rewrite::{Capture, public_samples, tshark};
use std::net::IpAddr;

const ORDERS: [Order; 2] = [Order::Little, Order::Big];

/// Number, time, wire length and captured length of each packet, as tshark writes them.
fn ours(reading: &Reading) -> Vec<[String; 4]> {
    reading
        .packets
        .iter()
        .map(|packet| {
            let time = if packet.timed {
                let (second, fraction) = (
                    packet.time_ns.div_euclid(1_000_000_000),
                    packet.time_ns.rem_euclid(1_000_000_000),
                );
                format!("{second}.{fraction:09}")
            } else {
                String::new()
            };
            [
                packet.number.to_string(),
                time,
                packet.original_len.to_string(),
                packet.data.len().to_string(),
            ]
        })
        .collect()
}

fn assert_as_tshark(name: &str, file: &[u8], reading: &Reading) {
    if tshark::wanted() {
        let names = ["frame.number", "frame.time_epoch", "frame.len", "frame.cap_len"];
        // Custom blocks are frames to tshark, but no packets.
        let theirs = tshark::fields(file, "!(frame.protocols == \"data\")", &names);
        let ours = ours(reading);
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(&ours[..], &theirs[..], "{name}");
        }
        assert_eq!(ours.len(), theirs.len(), "{name}");
    }
}

/// The packets of a capture, as they must come out of any file made from it.
fn assert_holds(name: &str, reading: &Reading, capture: &Capture) {
    assert_eq!(reading.packets.len(), capture.packets.len(), "{name}");
    for ((ours, theirs), number) in reading.packets.iter().zip(&capture.packets).zip(1..) {
        assert_eq!(ours.number, number, "{name}");
        assert_eq!(ours.time_ns, theirs.time_ns, "{name}: {number}");
        assert!(ours.data == theirs.data, "{name}: {number}");
        assert_eq!(ours.original_len as usize, theirs.original_len, "{name}: {number}");
        assert_eq!(ours.link_type, capture.link_type, "{name}");
    }
    assert_eq!(reading.warnings, [], "{name}");
    assert_eq!((&reading.summary.cut, &reading.summary.stopped), (&None, &None), "{name}");
}

#[test]
fn every_classic_variant_is_read_in_both_byte_orders() {
    let mut call = Capture::short_call();
    // Real nanoseconds, where the format has them.
    let variants = [Classic::Microseconds, Classic::Modified, Classic::Nanoseconds];
    for variant in variants {
        if variant == Classic::Nanoseconds {
            for (i, packet) in (0..).zip(&mut call.packets) {
                packet.time_ns += i * 41 % 1000;
            }
        }
        for order in ORDERS {
            let name = format!("{variant:?} {order:?}");
            let file = pcap(&call, variant, order);
            let reading = read(&file, usize::MAX);
            assert_holds(&name, &reading, &call);
            assert_eq!(read(&file, 1), reading, "{name}");
            assert_as_tshark(&name, &file, &reading);
        }
    }
}

#[test]
fn pcapng_is_read_in_both_byte_orders_at_every_resolution() {
    let call = Capture::short_call();
    for order in ORDERS {
        // Picoseconds since 1970 would not fit 64 bits.
        let just_before = call.packets[0].time_ns / 1_000_000_000 - 10;
        let table =
            [(6, 0), (9, 0), (9, 1_000_000_000), (0x80 | 30, just_before), (12, just_before)];
        for (resolution, offset_s) in table {
            let name = format!("{order:?} {resolution:#x} {offset_s}");
            let file = pcapng(&call, order, resolution, offset_s);
            let reading = read(&file, usize::MAX);
            assert_holds(&name, &reading, &call);
            assert_eq!(read(&file, 1), reading, "{name}");
            // tshark rounds binary fractions in its own way, and its 64 bits overflow on what is
            // finer than nanoseconds.
            if resolution <= 9 {
                assert_as_tshark(&name, &file, &reading);
            }
        }
    }
}

#[test]
fn sections_may_differ_in_byte_order_and_interfaces() {
    let call = Capture::short_call();
    let (first, second) = call.packets.split_at(12);
    let mut file = section(Order::Little);
    file.extend(interface(Order::Little, 113, 6, 0));
    file.extend(interface(Order::Little, 1, 9, 0));
    for one in first {
        file.extend(packet(Order::Little, 1, ticks(one.time_ns, 9, 0), one, None));
    }
    file.extend(section(Order::Big));
    file.extend(interface(Order::Big, 1, 6, 0));
    for one in second {
        file.extend(packet(Order::Big, 0, ticks(one.time_ns, 6, 0), one, None));
    }
    let reading = read(&file, usize::MAX);
    assert_holds("sections", &reading, &call);
    assert_eq!(read(&file, 1), reading);
    assert_eq!(reading.notes.len(), 3, "three interfaces");
    assert_as_tshark("sections", &file, &reading);
}

#[test]
fn notes_of_every_kind_come_out_and_unknown_blocks_do_not_disturb() {
    let call = Capture::short_call();
    let order = Order::Big;
    let comment = option(order, 1, "made für tests".as_bytes());
    let mut names = Vec::new();
    for (kind, value) in [
        (1, &b"\xc0\0\x02\x01alice\0phone\0"[..]),
        (9, b"?"),
        (2, &[&[0xfd; 19][..], &[0]].concat()),
        (0, b""),
    ] {
        names.extend(option(order, kind, value));
    }
    let dropped = [
        &order.u32(0)[..],
        &[0; 8],
        &option(order, 5, &order.u64(7)),
        &option(order, 7, &order.u64(2)),
    ]
    .concat();
    let section_body = [&order.u32(0x1a2b_3c4d)[..], &[0, 1, 0, 0], &[0xff; 8], &comment].concat();
    let mut file = block(order, 0x0a0d_0d0a, &section_body);
    file.extend(interface(order, 1, 9, 0));
    file.extend(block(order, 4, &names));
    file.extend(block(order, 0xa, &[&order.u32(0x544c_534b)[..], &order.u32(3), b"key"].concat()));
    for (i, one) in call.packets.iter().enumerate() {
        let comment = (i == 2).then_some("the ringing");
        file.extend(packet(order, 0, ticks(one.time_ns, 9, 0), one, comment));
        file.extend(block(order, 0x0bad_f00d, &vec![0xab; i * 4]));
    }
    file.extend(block(order, 5, &dropped));
    let reading = read(&file, usize::MAX);
    assert_holds("notes", &reading, &call);
    assert_eq!(read(&file, 1), reading);
    let notes: Vec<Note> =
        reading.notes.into_iter().filter(|note| !matches!(note, Note::Interface(_))).collect();
    let name = |address: &str, name: &str| {
        Note::Name(Name { address: address.parse().expect("an address"), name: name.to_owned() })
    };
    let fd = IpAddr::from([0xfd; 16]).to_string();
    let expected = [
        Note::Comment(Comment { packet: None, text: "made für tests".to_owned() }),
        name("192.0.2.1", "alice"),
        name("192.0.2.1", "phone"),
        name(&fd, "\u{fffd}\u{fffd}\u{fffd}"),
    ];
    assert_eq!(notes[..4], expected);
    assert!(matches!(&notes[4], Note::Secrets(secrets) if secrets.name() == "TLS key log"));
    assert_eq!(
        notes[5],
        Note::Comment(Comment { packet: Some(3), text: "the ringing".to_owned() })
    );
    assert_eq!(notes[6..], [Note::Dropped(Dropped { interface: 0, packets: 9 })]);
    if tshark::wanted() {
        let comments = tshark::fields(&file, "frame.comment", &["frame.number", "frame.comment"]);
        assert_eq!(comments, [["3", "the ringing"]]);
    }
}

#[test]
fn gzip_is_inflated_as_a_stream() {
    use recscope_analyzer::capture::gzip::Inflater;
    let call = Capture::short_call();
    let file = pcap(&call, Classic::Microseconds, Order::Little);
    let (first, second) = file.split_at(1000);
    // Two members, as `cat a.gz b.gz` makes, and the padding of tapes.
    let compressed = [gzip(first), gzip(second), vec![0; 512]].concat();
    for chunk in [1, 7, usize::MAX] {
        let (mut inflater, mut reader) = (Inflater::new(), Reader::new(&Limits::default()));
        let (mut packets, mut buffer) = (0, [0; 100]);
        for mut chunk in compressed.chunks(chunk) {
            loop {
                let (consumed, produced) = inflater.push(chunk, &mut buffer).expect("good gzip");
                if (consumed, produced) == (0, 0) {
                    break;
                }
                chunk = &chunk[consumed..];
                feed(&mut reader, &buffer[..produced], |step| {
                    if let Step::Packet(packet) = step {
                        assert!(packet.data == call.packets[packets].data);
                        packets += 1;
                    }
                });
            }
        }
        inflater.finish().expect("nothing is cut");
        assert_eq!(packets, call.packets.len());
    }
    let reading = read(&file, usize::MAX);
    assert_as_tshark("gzip", &gzip(&file), &reading);
}

#[test]
fn a_cut_file_keeps_every_packet_before_the_cut() {
    let call = Capture::short_call();
    let classic = pcap(&call, Classic::Microseconds, Order::Little);
    let ng = pcapng(&call, Order::Little, 6, 0);
    for (file, header) in [(classic, 24), (ng, 28 + 44)] {
        let whole = read(&file, usize::MAX);
        let ends: Vec<usize> = whole
            .packets
            .iter()
            .map(|packet| usize::try_from(packet.offset).expect("fits") + packet.data.len())
            .map(|end| if header == 24 { end } else { end.next_multiple_of(4) + 4 })
            .collect();
        for len in header..file.len() {
            let reading = read(&file[..len], usize::MAX);
            let kept = ends.iter().filter(|end| **end <= len).count();
            assert_eq!(reading.packets, whole.packets[..kept], "{len}");
            assert_eq!(reading.summary.stopped, None);
            let at_a_boundary = len == header || ends.contains(&len);
            assert_eq!(reading.summary.cut.is_none(), at_a_boundary, "{len}");
        }
    }
}

#[test]
fn a_cut_says_what_is_missing() {
    let file = pcap(&Capture::short_call(), Classic::Microseconds, Order::Little);
    let say = |len: usize| {
        let summary = read(&file[..len], usize::MAX).summary;
        match (summary.cut, summary.stopped) {
            (Some(warning), None) => warning.to_string(),
            (None, Some(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let first = u32::from_le_bytes(file[32..36].try_into().expect("four"));
    assert_eq!(say(0), "file: the file is empty at offset 0");
    assert_eq!(say(3), "file: expected the magic number of a pcap or pcapng file at offset 0");
    assert_eq!(say(10), "pcap: the file header needs 24 bytes but only 10 are left at offset 0");
    assert_eq!(say(30), "pcap: the last packet needs 16 bytes but only 6 are left at offset 24");
    assert_eq!(
        say(50),
        format!(
            "pcap: the last packet needs {} bytes but only 26 are left at offset 24",
            first + 16
        )
    );
    let other = read(b"text that calls itself a capture", usize::MAX).summary.stopped;
    assert!(other.is_some_and(|error| error.to_string().contains("magic number")));
}

/// A file in which one packet's length is damaged, with what is read of it.
fn damaged(file: &[u8], at: usize, bytes: [u8; 4]) -> Reading {
    let mut file = file.to_vec();
    file[at..at + 4].copy_from_slice(&bytes);
    let reading = read(&file, usize::MAX);
    assert_eq!(read(&file, 1), reading, "chunks make no difference");
    reading
}

#[test]
fn a_packet_of_four_gigabytes_costs_only_itself() {
    let call = Capture::short_call();
    let classic = pcap(&call, Classic::Microseconds, Order::Little);
    let ng = pcapng(&call, Order::Little, 6, 0);
    for (name, file, length_at) in [("pcap", classic, -8), ("pcapng", ng, -24)] {
        let whole = read(&file, usize::MAX);
        for i in [0, 5, 22] {
            let start = i64::try_from(whole.packets[i].offset).expect("fits");
            let at = usize::try_from(start + length_at).expect("in the file");
            for damage in [[0xff; 4], [0, 0, 0, 0x80], [0, 0xff, 0xff, 1]] {
                let reading = damaged(&file, at, damage);
                let mut expected = whole.packets.clone();
                expected.remove(i);
                let data = |packets: &[rewrite::reading::Packet]| {
                    packets.iter().map(|packet| (packet.time_ns, packet.offset)).collect::<Vec<_>>()
                };
                // The last packet of a pcap has no successor that makes it believable.
                if !(name == "pcap" && i == 22) {
                    assert_eq!(data(&reading.packets), data(&expected), "{name} {i} {damage:?}");
                    assert_eq!(reading.warnings.len(), 2, "{:?}", reading.warnings);
                    let skipped = reading.warnings[1].to_string();
                    assert!(skipped.contains("to the next readable packet"), "{skipped}");
                }
                let what = reading.warnings[0].to_string();
                assert!(what.contains("above the limit"), "{what}");
                assert!(what.contains(&format!("at offset {at}")), "{what}, not {at}");
                assert!(reading.summary.skipped > 0);
            }
        }
    }
}

#[test]
fn zeros_that_a_crash_left_are_passed_over() {
    let call = Capture::short_call();
    let file = pcap(&call, Classic::Microseconds, Order::Little);
    let boundary = 24 + 10 * 16 + call.packets[..10].iter().map(|p| p.data.len()).sum::<usize>();
    let mut holed = file.clone();
    holed.splice(boundary..boundary, vec![0; 3_000_001]);
    let reading = read(&holed, 65_536);
    assert_eq!(reading.packets.len(), call.packets.len());
    assert_eq!(reading.warnings.len(), 2);
    assert_eq!(reading.summary.skipped, 3_000_001);
    let mut tail = file;
    tail.extend(vec![0; 100_000]);
    let reading = read(&tail, 4096);
    assert_eq!((reading.packets.len(), reading.summary.skipped), (24, 100_000));
}

#[test]
fn the_repeated_length_tells_which_length_is_damaged() {
    let call = Capture::short_call();
    let file = pcapng(&call, Order::Little, 6, 0);
    let whole = read(&file, usize::MAX);
    let first = &whole.packets[0];
    let start = usize::try_from(first.offset).expect("fits") - 28;
    let end = start + 28 + first.data.len().next_multiple_of(4);
    // The second one: the packet is still given.
    let reading = damaged(&file, end, [1, 2, 3, 4]);
    assert_eq!(reading.packets.len(), 24);
    assert!(reading.warnings[0].to_string().contains("not repeated"));
    // The first one, still plausible: the block is given up, the others are found.
    let longer = u32::try_from(end + 4 - start + 400).expect("fits").to_le_bytes();
    let reading = damaged(&file, start + 4, longer);
    assert_eq!(reading.packets.len(), 23);
}

#[test]
fn reading_goes_on_from_a_checkpoint_at_any_packet() {
    let call = Capture::short_call();
    let mut ng = section(Order::Little);
    ng.extend(interface(Order::Little, 1, 9, 0));
    for (i, one) in call.packets.iter().enumerate() {
        let comment = (i % 5 == 0).then_some("a comment that comes after its packet");
        ng.extend(packet(Order::Little, 0, ticks(one.time_ns, 9, 0), one, comment));
        if i == 12 {
            ng.extend(section(Order::Big));
            ng.extend(section(Order::Little));
            ng.extend(interface(Order::Little, 1, 9, 0));
        }
    }
    let mut damaged = pcap(&call, Classic::Nanoseconds, Order::Big);
    damaged[24 + 8] = 0xff;
    for file in [pcap(&call, Classic::Microseconds, Order::Little), ng, damaged] {
        let whole = read(&file, usize::MAX);
        let mut reader = Reader::new(&Limits::default());
        let mut rest = &file[..];
        let mut given = 0;
        loop {
            let checkpoint = reader.checkpoint();
            let from = usize::try_from(checkpoint.offset()).expect("fits");
            let mut resumed = Reader::resume(checkpoint, &Limits::default());
            let mut numbers = Vec::new();
            feed(&mut resumed, &file[from..], |step| {
                if let Step::Packet(packet) = step {
                    numbers.push((packet.number, packet.time_ns, packet.offset));
                }
            });
            let expected: Vec<_> =
                whole.packets[given..].iter().map(|p| (p.number, p.time_ns, p.offset)).collect();
            assert_eq!(numbers, expected, "after {given}");
            // In pieces, so that checkpoints are taken inside packets as well.
            let piece = &rest[..rest.len().min(50)];
            let (consumed, step) = reader.push(piece);
            match step {
                Step::Packet(_) => given += 1,
                Step::NeedMore if rest.is_empty() => break,
                _ => {}
            }
            rest = &rest[consumed..];
        }
        assert_eq!(given, whole.packets.len());
    }
}

#[test]
fn every_public_capture_is_read_as_tshark_reads_it() {
    let Some(public) = public_samples() else { return };
    for entry in std::fs::read_dir(public.join("captures")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let file = std::fs::read(&path).expect("a file");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let reading = read(&file, usize::MAX);
        assert_eq!(read(&file, 61), reading, "{name}");
        assert_eq!(reading.warnings, [], "{name}");
        assert_eq!((&reading.summary.cut, &reading.summary.stopped), (&None, &None), "{name}");
        assert_as_tshark(&name, &file, &reading);
    }
}

/// Captured bytes of each packet of a pcapng, by a parser that is not ours.
fn by_pcap_parser(file: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let mut reader = PcapNGReader::new(1 << 20, file).expect("a pcapng");
    loop {
        match reader.next() {
            Ok((len, block)) => {
                match block {
                    PcapBlockOwned::NG(Block::EnhancedPacket(block)) => {
                        packets.push(block.data[..block.caplen as usize].to_vec());
                    }
                    PcapBlockOwned::NG(Block::SimplePacket(block)) => {
                        let len = block.data.len().min(block.origlen as usize);
                        packets.push(block.data[..len].to_vec());
                    }
                    _ => {}
                }
                reader.consume(len);
            }
            Err(PcapError::Eof) => return packets,
            Err(PcapError::Incomplete(_)) => reader.refill().expect("reading from memory"),
            Err(error) => panic!("pcap-parser: {error:?}"),
        }
    }
}

#[test]
fn pcap_parser_finds_the_same_packets() {
    let mut files = Vec::new();
    if let Some(public) = public_samples() {
        for entry in std::fs::read_dir(public.join("captures")).expect("a folder") {
            let path = entry.expect("an entry").path();
            files.push((path.display().to_string(), std::fs::read(&path).expect("a file")));
        }
    }
    let call = Capture::short_call();
    files.push(("ours, big".to_owned(), pcapng(&call, Order::Big, 9, 0)));
    for (name, file) in files {
        let theirs = if file.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
            by_pcap_parser(&file)
        } else {
            Capture::parse(&file).packets.into_iter().map(|packet| packet.data).collect()
        };
        let ours = read(&file, usize::MAX).packets;
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            // It does not apply the snap length to simple packets, and gives their padding.
            let padding = theirs.get(ours.data.len()..).unwrap_or(&[1; 4]);
            assert!(theirs.starts_with(&ours.data), "{name}: {}", ours.number);
            assert!(padding.len() < 4 && padding.iter().all(|byte| *byte == 0), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn arbitrary_bytes_never_panic_and_chunks_make_no_difference(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        start in 0_usize..4,
        chunk in 1_usize..40,
    ) {
        let call = Capture { packets: Vec::new(), ..Capture::short_call() };
        let mut file = match start {
            0 => Vec::new(),
            1 => pcap(&call, Classic::Microseconds, Order::Little),
            2 => pcap(&call, Classic::Modified, Order::Big),
            _ => pcapng(&call, Order::Little, 6, 0),
        };
        file.extend(bytes);
        prop_assert_eq!(read(&file, chunk), read(&file, usize::MAX));
    }

    #[test]
    fn damage_never_panics_and_chunks_make_no_difference(
        format in 0_usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
        chunk in 1_usize..3000,
    ) {
        let mut call = Capture::short_call();
        call.packets.truncate(10);
        let mut file = match format {
            0 => pcap(&call, Classic::Microseconds, Order::Little),
            1 => pcap(&call, Classic::Nanoseconds, Order::Big),
            2 => pcapng(&call, Order::Little, 9, 0),
            _ => pcapng(&call, Order::Big, 0x94, 5),
        };
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file.truncate(cut.index(file.len() * 4).min(file.len()));
        prop_assert_eq!(read(&file, chunk), read(&file, usize::MAX));
    }
}
