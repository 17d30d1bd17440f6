//! RTP: packets per second through the parser, the sniffers and the statistics.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use recscope_core::rtp::heuristic::looks_like_rtp;
use recscope_core::rtp::statistics::{PacketFacts, Rule, Statistics};
use recscope_core::rtp::{Header, Packet, RtpTime, SequenceNumber, Ssrc};

/// Packets in one iteration: three minutes of a stream.
const PACKETS: u32 = 9_000;

/// 20 ms packets of PCMU with their arrivals in µs, one in fifty lost and one in a hundred swapped
/// with the next.
fn stream() -> Vec<(i64, Vec<u8>)> {
    let mut noise = 1_u32;
    let mut stream: Vec<_> = (0..PACKETS)
        .filter(|n| n % 50 != 7)
        .map(|n| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [low, high, ..] = n.to_le_bytes();
            let header = Header {
                sequence: SequenceNumber(u16::from_le_bytes([low, high])),
                timestamp: RtpTime(n * 160),
                ssrc: Ssrc(0x5EED),
                ..Header::default()
            };
            let arrival_us = i64::from(n) * 20_000 + i64::from(noise >> 20);
            (arrival_us, [&header.write()[..], &[0xFF; 160]].concat())
        })
        .collect();
    for n in (20..stream.len() - 1).step_by(100) {
        let later = std::mem::take(&mut stream[n + 1].1);
        stream[n + 1].1 = std::mem::replace(&mut stream[n].1, later);
    }
    stream
}

fn rtp(criterion: &mut Criterion) {
    let stream = stream();
    let mut group = criterion.benchmark_group("rtp");
    group.throughput(Throughput::Elements(stream.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            for (_, bytes) in &stream {
                black_box(Packet::parse(black_box(bytes)).is_ok());
            }
        });
    });
    group.bench_function("looks_like_rtp", |bencher| {
        bencher
            .iter(|| stream.iter().filter(|(_, bytes)| looks_like_rtp(black_box(bytes))).count());
    });
    for rule in [Rule::Tshark, Rule::Rfc3550] {
        group.bench_function(format!("parse and statistics, {rule:?}"), |bencher| {
            bencher.iter(|| {
                let mut statistics = Statistics::with_rule(8000, rule);
                for (arrival_us, bytes) in &stream {
                    if let Ok(packet) = Packet::parse(black_box(bytes)) {
                        statistics.on_packet(*arrival_us, &PacketFacts::of(&packet));
                    }
                }
                statistics.summary()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, rtp);
criterion_main!(benches);
