//! How many events a second one core simulates, for one phone and for many.
//!
//! Each phone is in a call of dynamic mapping that is recorded, with two streams of copies: REGISTER,
//! CSTA, INVITE, then 20 ms after 20 ms two frames of sound in and two packets of RTP out.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use recscope_simulator::scenario::{Changes, Scenario};
use recscope_simulator::{Run, RunOptions};
use std::fmt::Write;
use std::hint::black_box;
use std::time::Duration;

/// A PBX, a recorder, and phones that all call at once and talk until the end.
fn scenario(phones: usize) -> Scenario {
    let mut text = String::from(
        "title = \"Many phones\"\nsource = \"mx\"\nmethod = \"active\"\nsummary = \"All in a call\"\n\
         duration = \"4h\"\n",
    );
    let mut extensions = String::new();
    for n in 0..phones {
        let (high, low) = (n / 200, n % 200 + 1);
        let extension = 1_000 + n;
        let _ = write!(
            text,
            "[[actor]]\nname = \"phone-{n}\"\ntype = \"phone\"\naddress = \"10.0.{high}.{low}\"\n\
             extension = \"{extension}\"\npbx = \"192.0.2.1\"\nallowed = \"192.0.2.9\"\n\
             [[step]]\nat = \"2s\"\ndo = \"phone-{n} dial 07\"\n"
        );
        let _ = write!(extensions, "\"{extension}:5060\",");
    }
    let _ = write!(
        text,
        "[[actor]]\nname = \"pbx\"\ntype = \"pbx\"\naddress = \"192.0.2.1\"\n\
         [[actor]]\nname = \"recorder\"\ntype = \"logger\"\naddress = \"192.0.2.9\"\n\
         csta = \"192.0.2.1\"\nwrites_files = false\nextensions = [{extensions}]\n"
    );
    Scenario::parse("bench.toml", &text, &Changes::default())
        .unwrap_or_else(|problem| panic!("{problem}"))
}

/// A run in which every phone's copies flow.
fn talking(phones: usize) -> Run {
    let scenario = scenario(phones);
    let mut run =
        Run::new(&scenario, &RunOptions::default()).unwrap_or_else(|problem| panic!("{problem}"));
    run.run_until(Duration::from_secs(6));
    assert_eq!(run.trace().streams().len(), 2 * phones, "all copies flow");
    run
}

fn events(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("media");
    group.sample_size(10);
    for phones in [10, 100, 1_000] {
        // One run that goes on and on, as buffers that are warm are what counts.
        let mut run = talking(phones);
        // As much to do for few phones as for many.
        let span = Duration::from_millis(20_000 / u64::try_from(phones.min(100)).unwrap_or(1));
        let mut until = Duration::from_secs(6) + span;
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
