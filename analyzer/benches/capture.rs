//! How fast captures are walked and decoded, against merely reading their bytes.
//!
//! The capture is a real call's, many times over; chunks are as large as the file pipeline's.

#![allow(missing_docs, reason = "criterion's macros make public items")]

#[path = "../tests/rewrite/mod.rs"]
mod rewrite;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use etherparse::LaxSlicedPacket;
use recscope_analyzer::capture::gzip::Inflater;
use recscope_analyzer::capture::{Reader, Step};
use recscope_analyzer::net::{Decoder, Payload};
use recscope_core::Limits;
use rewrite::Capture;
use rewrite::file::{Classic, Order, gzip, pcap, pcapng};
use std::hint::black_box;

const CHUNK: usize = 1 << 20;

/// Gives every packet of a file to `take`.
fn walk(file: &[u8], mut take: impl FnMut(&recscope_analyzer::capture::RawPacket<'_>)) {
    let mut reader = Reader::new(&Limits::default());
    for mut chunk in file.chunks(CHUNK) {
        loop {
            let (consumed, step) = reader.push(chunk);
            match step {
                Step::NeedMore | Step::End => break,
                Step::Packet(packet) => take(&packet),
                _ => {}
            }
            chunk = &chunk[consumed..];
        }
    }
}

fn each(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    file: &[u8],
    take: &mut dyn FnMut(&[u8]),
) {
    group.bench_function(name, |bencher| bencher.iter(|| take(black_box(file))));
}

fn capture(criterion: &mut Criterion) {
    let mut call = Capture::call("call-pcmu.pcap");
    let once = call.packets.len();
    for _ in 0..7 {
        call.packets.extend_from_within(..);
    }
    let classic = pcap(&call, Classic::Microseconds, Order::Little);
    let ng = pcapng(&call, Order::Little, 6, 0);
    let packets = call.packets.len() as u64;
    println!("{packets} packets ({once} times 128), {} bytes as pcap", classic.len());

    let decode = |file: &[u8]| {
        let mut decoder = Decoder::new(&Limits::default());
        let mut bytes = 0;
        walk(file, |packet| {
            decoder.decode(packet, &mut |payload| {
                if let Payload::Udp(datagram) = payload {
                    bytes += datagram.payload.len();
                }
            });
        });
        black_box(bytes);
    };
    let mut group = criterion.benchmark_group("capture");
    let bytes = classic.len() as u64;
    group.throughput(Throughput::ElementsAndBytes { elements: packets, bytes }).sample_size(20);
    each(&mut group, "read the bytes", &classic, &mut |file| {
        let sum = |words: &[u8]| {
            words
                .as_chunks::<8>()
                .0
                .iter()
                .fold(0_u64, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)))
        };
        black_box(file.chunks(CHUNK).map(sum).fold(0, u64::wrapping_add));
    });
    each(&mut group, "walk pcap", &classic, &mut |file| {
        walk(file, |packet| {
            black_box(packet);
        });
    });
    each(&mut group, "walk pcapng", &ng, &mut |file| {
        walk(file, |packet| {
            black_box(packet);
        });
    });
    each(&mut group, "walk and decode pcap", &classic, &mut |file| decode(file));
    each(&mut group, "walk and decode pcapng", &ng, &mut |file| decode(file));
    each(&mut group, "walk pcap, etherparse decodes", &classic, &mut |file| {
        let mut bytes = 0;
        walk(file, |packet| {
            if let Ok(sliced) = LaxSlicedPacket::from_ethernet(packet.data)
                && let Some(etherparse::TransportSlice::Udp(udp)) = sliced.transport
            {
                bytes += udp.payload().len();
            }
        });
        black_box(bytes);
    });
    group.finish();

    let compressed = gzip(&classic);
    let mut group = criterion.benchmark_group("capture/gzip");
    group.throughput(Throughput::Bytes(bytes)).sample_size(10);
    each(&mut group, "inflate", &compressed, &mut |file| {
        let mut inflater = Inflater::new();
        let mut out = vec![0; CHUNK];
        for mut chunk in file.chunks(CHUNK) {
            while let Ok((consumed, produced)) = inflater.push(chunk, &mut out) {
                if (consumed, produced) == (0, 0) {
                    break;
                }
                chunk = &chunk[consumed..];
            }
        }
    });
    group.finish();
}

criterion_group!(benches, capture);
criterion_main!(benches);
