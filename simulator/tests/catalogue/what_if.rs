//! What a class asks: what if this one is lost?

use super::{assert_holds, finished, play_id};
use recscope_simulator::report::selectors;
use recscope_simulator::trace::StepKind;
use recscope_simulator::{Run, RunOptions};

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
