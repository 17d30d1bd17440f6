//! How many events a second one core simulates, for few phones and for many.

#[path = "phones/talking.rs"]
mod talking;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use recscope_simulator::scenario::Changes;
use recscope_simulator::{Run, RunOptions};
use std::hint::black_box;
use std::time::Duration;
use talking::{START, talking};

fn events(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("media");
    group.sample_size(10);
    for phones in [10, 100, 1_000] {
        // One run that goes on and on, as buffers that are warm are what counts.
        let mut run = talking(phones);
        // As much to do for few phones as for many.
        let span = Duration::from_millis(20_000 / u64::try_from(phones.min(100)).unwrap_or(1));
        let mut until = START + span;
        let before = run.world().events();
        run.run_until(until);
        group.throughput(Throughput::Elements(run.world().events() - before));
        group.bench_function(BenchmarkId::new("events", phones), |bencher| {
            bencher.iter(|| {
                until += span;
                run.run_until(until);
                black_box(run.world().events())
            });
        });
    }
    group.finish();
}

/// What a page does at each click: a whole scenario from the start.
fn scenarios(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scenario");
    group.sample_size(10);
    for id in ["mx-dynamic", "mx-recovery", "bx-server-basic"] {
        let Some(entry) = recscope_simulator::scenario::entry(id) else { continue };
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                let scenario = entry.scenario(&Changes::default());
                let scenario = scenario.unwrap_or_else(|problem| panic!("{problem}"));
                let run = Run::new(&scenario, &RunOptions::default());
                let mut run = run.unwrap_or_else(|problem| panic!("{problem}"));
                run.run_to_end();
                black_box(run.flow(true).items.len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, events, scenarios);
criterion_main!(benches);
