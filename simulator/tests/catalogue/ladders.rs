use recscope_flow::text;
use recscope_simulator::scenario::{Changes, catalogue};
use recscope_simulator::{Run, RunOptions};

fn finished(id: &str, text: &str, seed: Option<u64>) -> Run {
    let file = format!("{id}.toml");
    let changes = Changes { seed, ..Changes::default() };
    let scenario = recscope_simulator::Scenario::parse(&file, text, &changes);
    let scenario = scenario.unwrap_or_else(|problem| panic!("{problem}"));
    let mut run = Run::new(&scenario, &RunOptions { captures: true, ..RunOptions::default() })
        .unwrap_or_else(|message| panic!("{message}"));
    run.run_to_end();
    run
}

#[test]
fn every_expectation_holds_whatever_the_seed() {
    let mut failed = Vec::new();
    for entry in catalogue() {
        for seed in [None, Some(77)] {
            for checked in finished(entry.id, entry.text, seed).check() {
                if !checked.holds {
                    let text = &checked.expectation.text;
                    failed.push(format!("{} {seed:?}: {text} ({})", entry.id, checked.found));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_ladder_is_as_it_was_read() {
    for entry in catalogue() {
        let run = finished(entry.id, entry.text, None);
        insta::assert_snapshot!(entry.id, text::to_text(&run.flow(true), 120));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for entry in catalogue() {
        let (one, other) =
            (finished(entry.id, entry.text, None), finished(entry.id, entry.text, None));
        assert_eq!(one.world().capture(), other.world().capture(), "{}", entry.id);
        assert_eq!(one.report(), other.report(), "{}", entry.id);
    }
}
