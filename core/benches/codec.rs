//! G.711 and G.722: speed per sample, and as a multiple of real time.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use recscope_core::codec::{Codec, Decoder, Encoder};

/// Seconds of audio in one iteration.
const SECONDS: u32 = 10;

/// Something speech-like: a tone that swells and fades, with noise.
fn audio(sample_rate: u32) -> Vec<i16> {
    let mut noise = 1_u32;
    (0..sample_rate * SECONDS)
        .map(|n| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let t = f64::from(n) / f64::from(sample_rate);
            let tone = (t * 2_800.0).sin() * (t * 9.0).sin() * 9_000.0;
            #[allow(clippy::cast_possible_truncation, reason = "far below the limits of i16")]
            let sample = (tone + f64::from(noise >> 22)) as i16;
            sample
        })
        .collect()
}

/// Runs `work`, which handles [`SECONDS`] of audio, again and again for a second, and prints what
/// the fastest round amounts to: the one that the machine's other work disturbed least.
fn print_real_time_factor(name: &str, mut work: impl FnMut()) {
    let start = Instant::now();
    let mut fastest = Duration::MAX;
    while start.elapsed() < Duration::from_secs(1) {
        let round = Instant::now();
        work();
        fastest = fastest.min(round.elapsed());
    }
    let factor = f64::from(SECONDS) / fastest.as_secs_f64();
    println!("{name}: {factor:.0} x real time");
}

fn codecs(criterion: &mut Criterion) {
    for codec in Codec::ALL {
        let samples = audio(codec.sample_rate());
        let mut code = Vec::new();
        Encoder::new(codec).encode(&samples, &mut code);
        let mut decoded = Vec::with_capacity(samples.len());
        let mut encoded = Vec::with_capacity(code.len());
        let mut decode = || {
            decoded.clear();
            Decoder::new(codec).decode(black_box(&code), &mut decoded);
            black_box(&decoded);
        };
        let mut encode = || {
            encoded.clear();
            Encoder::new(codec).encode(black_box(&samples), &mut encoded);
            black_box(&encoded);
        };

        let mut group = criterion.benchmark_group(codec.name());
        group.throughput(Throughput::Elements(samples.len() as u64));
        group.bench_function("decode", |bencher| bencher.iter(&mut decode));
        group.bench_function("encode", |bencher| bencher.iter(&mut encode));
        group.finish();
        print_real_time_factor(&format!("{codec} decode"), decode);
        print_real_time_factor(&format!("{codec} encode"), encode);
    }
}

criterion_group!(benches, codecs);
criterion_main!(benches);
