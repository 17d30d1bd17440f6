//! Every scenario of the catalogue: its expectations hold, its ladder is as it was read, every rule
//! is cited, and others read its capture as it was meant.

mod analysis;
mod coverage;
mod ladders;
mod peers;
mod refusals;
mod what_if;

use recscope_simulator::scenario::{Changes, Entry, catalogue, entry};
use recscope_simulator::{Run, RunOptions};
use std::sync::OnceLock;

/// Every scenario, played to its end as it is written, with a capture.
fn finished() -> &'static [Run] {
    static RUNS: OnceLock<Vec<Run>> = OnceLock::new();
    RUNS.get_or_init(|| catalogue().iter().map(|entry| play(entry, None, &[])).collect())
}

/// A scenario played to its end.
fn play(entry: &Entry, seed: Option<u64>, faults: &[&str]) -> Run {
    let changes = Changes { seed, ..Changes::default() };
    let scenario = entry.scenario(&changes).unwrap_or_else(|problem| panic!("{problem}"));
    let faults = faults.iter().map(|fault| fault.parse());
    let faults =
        faults.collect::<Result<_, String>>().unwrap_or_else(|problem| panic!("{problem}"));
    let options = RunOptions { faults, captures: true };
    let mut run = Run::new(&scenario, &options).unwrap_or_else(|problem| panic!("{problem}"));
    run.run_to_end();
    run
}

/// The scenario of this id, played with faults.
fn play_id(id: &str, faults: &[&str]) -> Run {
    play(entry(id).unwrap_or_else(|| panic!("no scenario {id}")), None, faults)
}

/// The scenario of this id, played with other settings.
fn play_with(id: &str, settings: &[(&str, &str)]) -> Run {
    let entry = entry(id).unwrap_or_else(|| panic!("no scenario {id}"));
    let set: Vec<_> = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let scenario = entry.scenario(&Changes { set: &set, ..Changes::default() });
    let scenario = scenario.unwrap_or_else(|problem| panic!("{problem}"));
    let options = RunOptions { captures: true, ..RunOptions::default() };
    let mut run = Run::new(&scenario, &options).unwrap_or_else(|problem| panic!("{problem}"));
    run.run_to_end();
    run
}

/// Fails with every expectation that does not hold.
fn assert_holds<'a>(runs: impl IntoIterator<Item = &'a Run>) {
    let failed = runs.into_iter().flat_map(|run| {
        let checked = run.check().into_iter().filter(|checked| !checked.holds);
        let id = &run.scenario().id;
        checked.map(move |failed| format!("{id}: {} ({})", failed.expectation.text, failed.found))
    });
    let failed: Vec<_> = failed.collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
