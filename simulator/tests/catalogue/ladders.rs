use super::{assert_holds, finished, play, play_with};
use recscope_flow::text;
use recscope_simulator::scenario::{Changes, Kind, catalogue};

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

/// Settings that show another side of a scenario.
const OTHER_SETTINGS: &[(&str, &[(&str, &str)])] = &[
    ("bx-server-basic", &[("codec", "G729")]),
    ("mx-disallowed-source", &[("policy", "403")]),
    ("mx-disallowed-source", &[("policy", "603")]),
    ("mx-dynamic", &[("allowed", "192.0.2.66")]),
    ("mx-dynamic", &[("layout", "mixed")]),
    ("mx-dynamic", &[("layout", "two-ssrcs")]),
    ("mx-multiple-invite", &[("repeat_shape", "merged")]),
    ("mx-multiple-invite", &[("repeat_shape", "new-call-id")]),
    ("mx-multiple-invite", &[("repeat_shape", "new-call-id"), ("session_id", "session-id")]),
    ("mx-multiple-invite", &[("repeat_shape", "retransmission")]),
    ("mx-unregister", &[("mapping", "dynamic")]),
];

#[test]
fn ladders_by_other_settings_are_as_they_were_read() {
    for (id, settings) in OTHER_SETTINGS {
        let run = play_with(id, settings);
        let values = settings.iter().map(|(key, value)| format!("{key}-{value}"));
        let name = format!("{id}--{}", values.collect::<Vec<_>>().join("--"));
        insta::assert_snapshot!(name, text::to_text(&run.flow(true), 120));
    }
}

#[test]
fn every_value_that_a_setting_offers_meets_the_expectations() {
    let mut tried = 0;
    for entry in catalogue() {
        let scenario = entry.scenario(&Changes::default()).expect("defaults are right");
        for setting in scenario.settings.iter().filter(|setting| setting.is_declared()) {
            let values: Vec<&String> = match &setting.kind {
                Kind::Choice(choices) => choices.iter().collect(),
                Kind::Duration { min, max } => min.iter().chain(max).collect(),
                _ => Vec::new(),
            };
            for value in values.into_iter().filter(|value| **value != setting.default) {
                // A misconfiguration that is offered to be seen (BX-4).
                if (entry.id, value.as_str()) == ("bx-server-basic", "G729") {
                    continue;
                }
                assert_holds([&play_with(entry.id, &[(&setting.key, value)])]);
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn the_catalogue_has_every_id_once() {
    let mut ids: Vec<_> = catalogue().iter().map(|entry| entry.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 33);
}
