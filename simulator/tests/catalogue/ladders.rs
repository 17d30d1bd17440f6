use super::{assert_holds, finished, play};
use recscope_flow::text;
use recscope_simulator::scenario::catalogue;

#[test]
fn every_expectation_holds() {
    assert_holds(finished());
    assert!(finished().iter().all(|run| run.scenario().expectations.len() >= 2));
}

#[test]
fn another_seed_meets_the_same_expectations_and_the_same_seed_gives_the_same_bytes() {
    for (entry, first) in catalogue().iter().zip(finished()) {
        assert_holds([&play(entry, Some(77), &[])]);
        let again = play(entry, None, &[]);
        assert_eq!(first.world().capture(), again.world().capture(), "{}", entry.id);
        assert_eq!(first.report(), again.report(), "{}", entry.id);
    }
}

#[test]
fn every_ladder_is_as_it_was_read() {
    for run in finished() {
        insta::assert_snapshot!(run.scenario().id.as_str(), text::to_text(&run.flow(true), 120));
    }
}

#[test]
fn the_catalogue_has_every_id_once() {
    let mut ids: Vec<_> = catalogue().iter().map(|entry| entry.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 33);
}
