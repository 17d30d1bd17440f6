//! What a class asks: what if this one is lost?

use super::{assert_holds, finished, play_id, play_with};
use recscope_simulator::report::selectors;
use recscope_simulator::scenario::{Changes, Kind, Setting, entry};
use recscope_simulator::trace::StepKind;
use recscope_simulator::{Run, RunOptions};
use std::collections::BTreeSet;

/// How often a message that a pattern names was sent.
fn count(run: &Run, name: &str, from: &str) -> usize {
    let from = run.scenario().actor(from);
    let steps = run.trace().steps().iter();
    let messages = steps.filter(|step| match &step.kind {
        StepKind::Message(message) => {
            !message.again && message.described.name == name && Some(message.from) == from
        }
        _ => false,
    });
    messages.count()
}

#[test]
fn a_lost_keep_alive_leads_through_a_refresh_and_that_lost_too_to_a_new_session() {
    let refreshed = play_id("mx-keepalive", &["lose:UPDATE@recorder,phone:1"]);
    assert_eq!(count(&refreshed, "RE-INVITE", "recorder"), 1);
    assert_eq!(count(&refreshed, "INVITE", "recorder"), 1);
    let faults = ["lose:UPDATE@recorder,phone:1", "lose:RE-INVITE@recorder,phone:1"];
    let recovered = play_id("mx-keepalive", &faults);
    assert_eq!(count(&recovered, "INVITE", "recorder"), 2, "a new session");
    assert_eq!(count(&recovered, "BYE", "phone"), 1, "only to the PBX, none for the first session");
}

#[test]
fn any_message_can_be_lost_delayed_doubled_or_damaged() {
    let plain = finished().iter().find(|run| run.scenario().id == "mx-unregister");
    let plain = plain.expect("it is in the catalogue");
    // Each message with one effect, all effects in turn.
    let effects = ["lose", "lose-once", "duplicate", "delay=40ms", "corrupt"];
    for (selector, turn) in selectors(plain).into_values().zip(0..) {
        for effect in [effects[turn % 5], effects[(turn / 5 + turn) % 5]] {
            let fault = format!("{effect}:{selector}");
            let run = play_id("mx-unregister", &[&fault]);
            assert!(!run.trace().steps().is_empty(), "{fault}");
            let fault = run.faults().first().map(ToString::to_string);
            assert_eq!(fault.as_deref(), Some(format!("{effect}:{selector}").as_str()));
        }
    }
}

#[test]
fn going_back_and_forth_ends_where_a_run_from_the_start_does() {
    let run = finished().iter().find(|run| run.scenario().id == "mx-dynamic");
    let whole = run.expect("it is in the catalogue");
    let options = RunOptions { captures: true, ..RunOptions::default() };
    let mut stepped = Run::new(whole.scenario(), &options).expect("it has no faults");
    let mut heights = Vec::new();
    while stepped.step() {
        heights.push(stepped.trace().steps().len());
    }
    let steps = whole.trace().steps().len();
    assert_eq!(heights.last(), Some(&steps));
    let mut height = steps;
    for _ in 0..20 {
        assert!(stepped.back());
        let lower = stepped.trace().steps().len();
        assert!(lower < height && heights.contains(&lower), "{lower} after {height}");
        height = lower;
    }
    assert!(stepped.seek(steps / 2));
    assert!(stepped.seek(7));
    stepped.run_to_end();
    assert_eq!(stepped.report(), whole.report());
    assert_eq!(stepped.world().capture(), whole.world().capture());
    assert_holds([&stepped]);
}

/// A scenario played with a value of a setting; as nobody reads its capture, there is none.
fn tried_with(id: &str, key: &str, value: &str) -> Run {
    let set = [(key.to_owned(), value.to_owned())];
    let entry = entry(id).expect("it is in the catalogue");
    let scenario = entry.scenario(&Changes { set: &set, ..Changes::default() });
    let scenario = scenario.unwrap_or_else(|problem| panic!("{problem}"));
    let mut run = Run::new(&scenario, &RunOptions::default()).expect("it has no faults");
    run.run_to_end();
    run
}

/// Values to try of a setting that is no choice.
fn values(setting: &Setting) -> Vec<String> {
    match &setting.kind {
        Kind::Choice(choices) => choices.clone(),
        Kind::Duration { min, max } => min.iter().chain(max).cloned().collect(),
        Kind::Size => ["0", "500B", "20KB"].map(str::to_owned).to_vec(),
        Kind::Switch => ["true", "false"].map(str::to_owned).to_vec(),
        // Of the catalogue's actors only addresses are free text.
        Kind::Text => ["", "192.0.2.66", "192.0.2.9,192.0.2.66"].map(str::to_owned).to_vec(),
        Kind::Integer { min, max } => min.iter().chain(max).map(u32::to_string).collect(),
    }
}

#[test]
fn whatever_an_actor_offers_can_be_set_in_every_scenario() {
    let (mut tried, mut otherwise) = (0, 0);
    for run in finished() {
        let scenario = run.scenario();
        let offered: Vec<_> = scenario.settings.iter().filter(|it| !it.is_declared()).collect();
        assert!(!offered.is_empty(), "{} has actors", scenario.id);
        for setting in offered {
            assert_eq!(setting.kind.check(&setting.default), Ok(()), "{}", setting.key);
            for value in values(setting).iter().filter(|value| **value != setting.default) {
                let changed = tried_with(&scenario.id, &setting.key, value);
                let place = format!("{}, {} {value}", scenario.id, setting.key);
                assert_eq!(changed.report().settings[&setting.key], *value, "{place}");
                assert!(changed.trace().steps().len() > 1, "{place}");
                // What then does not come is told, as it is for faults.
                let checked = changed.check();
                assert_eq!(checked.len(), scenario.expectations.len(), "{place}");
                otherwise += usize::from(checked.iter().any(|checked| !checked.holds));
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried} values");
    assert!(otherwise > 20 && otherwise < tried / 2, "{otherwise} of {tried} break expectations");
}

#[test]
fn what_a_class_asks_about_can_be_changed_in_every_scenario() {
    let keys = |run: &Run| -> Vec<String> {
        run.scenario().settings.iter().map(|setting| setting.key.clone()).collect()
    };
    let has =
        |keys: &[String], field: &str| keys.iter().any(|key| key.rsplit('.').next() == Some(field));
    for run in finished() {
        let (keys, id) = (keys(run), &run.scenario().id);
        assert!(has(&keys, "codec"), "{id}: {keys:?}");
        let local = id.starts_with("bx-local") || id == "bx-playback";
        let fields: &[&str] = match () {
            () if id.starts_with("mx") => &["model", "allowed", "keep_alive", "mapping"],
            () if local => &["model", "drive", "size_limit"],
            () if id.starts_with("bx-info") => &["model"],
            () => &[],
        };
        for field in fields {
            assert!(has(&keys, field), "{id} has no {field}: {keys:?}");
        }
    }
}

#[test]
fn a_setting_of_an_actor_is_checked_and_has_its_effect() {
    let change = |key: &str, value: &str| {
        let set = [(key.to_owned(), value.to_owned())];
        let entry = entry("mx-unregister").expect("it is in the catalogue");
        let changes = Changes { set: &set, ..Changes::default() };
        entry.scenario(&changes).map(drop).map_err(|problem| problem.to_string())
    };
    assert_eq!(change("phone.codec", "G722"), Ok(()));
    for (key, value, says) in [
        ("phone.codec", "opus", "setting phone.codec: \"opus\" is not among PCMA, PCMU, G722"),
        ("phone.allowed", "somewhere", "is no IPv4 address"),
        ("recorder.keep_alive", "1s", "setting recorder.keep_alive: 1s is too short"),
        ("phone.colour", "red", "there is no setting \"phone.colour\": there are mapping, phone."),
        // The scenario declares it by another name.
        ("recorder.mapping", "static", "there is no setting"),
    ] {
        let problem = change(key, value).expect_err(key);
        assert!(problem.contains(says), "{problem}");
    }
    let forbidden = play_with("mx-unregister", &[("phone.allowed", "192.0.2.66")]);
    assert_eq!(count(&forbidden, "200/INVITE", "phone"), 0, "the recorder is a stranger then");
    assert!(forbidden.check().iter().any(|checked| !checked.holds));
}

#[test]
fn a_change_of_state_is_told_with_what_made_it() {
    use recscope_simulator::report::Trigger;
    let mut sorts = BTreeSet::new();
    for run in finished() {
        let report = run.report();
        for step in &report.steps {
            let Some(change) = &step.change else { continue };
            let place = format!("{}, step {}: {change:?}", run.scenario().id, step.index);
            assert!(!change.text.is_empty() && !change.cause.is_empty(), "{place}");
            if let Some(cause) = change.step {
                assert!(cause < step.index, "{place}");
                let cause = &report.steps[cause];
                let at = if cause.message.is_some() { &cause.to } else { &cause.from };
                assert_eq!(*at, step.from, "what came, came to the one that changed: {place}");
                assert!(cause.time_ms <= step.time_ms, "{place}");
            }
            sorts.insert(format!("{:?}", change.trigger));
        }
    }
    let sort = |sort: Trigger| format!("{sort:?}");
    for expected in [Trigger::Message, Trigger::Order, Trigger::Timer] {
        assert!(sorts.contains(&sort(expected)), "{sorts:?}");
    }
}

#[test]
fn the_causes_of_a_session_are_its_messages() {
    let run = finished().iter().find(|run| run.scenario().id == "mx-dynamic");
    let report = run.expect("it is in the catalogue").report();
    let changes = report.steps.iter().filter(|step| step.from.as_deref() == Some("phone"));
    let told: Vec<_> = changes
        .filter_map(|step| step.change.as_ref())
        .filter(|change| change.machine == "active recording")
        .map(|change| format!("{} → {}: {}", change.from, change.to, change.text))
        .collect();
    let expected = [
        "logged off → ready: 200 OK",
        "ready → waiting for ACK: INVITE (SDP)",
        "waiting for ACK → forwarding: ACK",
        "forwarding → ready: BYE",
    ];
    assert_eq!(told, expected);
}
