use super::*;
use crate::scenario::catalogue;

fn lesson(setup: &Setup) -> Lesson {
    Teacher::default().lesson(setup).unwrap()
}

fn setup(id: &str, faults: &[&str]) -> Setup {
    let faults = faults.iter().map(|&fault| fault.to_owned()).collect();
    Setup { faults, ..Setup::of(Source::Catalogue(id.to_owned())) }
}

#[test]
fn every_scenario_makes_a_lesson_whose_states_and_timers_fit_its_steps() {
    for entry in catalogue() {
        let lesson = lesson(&setup(entry.id, &[]));
        assert_eq!(lesson.steps.len(), lesson.flow.items.len(), "{}", entry.id);
        assert!(lesson.difference.is_none() && lesson.problems.is_empty(), "{}", entry.id);
        for (number, step) in lesson.steps.iter().enumerate() {
            assert_eq!(step.facts.index, number);
            let place = format!("{} at {number}: {}", entry.id, step.facts.summary);
            if let Some(message) = &step.facts.message {
                let has_bytes = lesson.message(number).is_some();
                use recscope_flow::Protocol::{H225, Ras, Tcp};
                let bare = matches!(message.protocol, Ras | H225 | Tcp);
                assert!(has_bytes || bare, "{place}");
            }
            let now = lesson.at(number);
            if step.facts.kind == report::StepSort::State {
                let (machine, states) = step.facts.summary.split_once(": ").unwrap();
                let (_, to) = states.split_once(" → ").unwrap();
                let from = step.facts.from.as_deref().unwrap();
                let place_of = lesson.players.iter().position(|player| player.id == from).unwrap();
                let player = &lesson.players[place_of];
                let stands = now[place_of].standing.iter().any(|standing| {
                    let info = &player.machines[standing.machine];
                    info.name == machine && info.states[standing.state] == to
                });
                assert!(stands, "{place}");
            }
            let time_us = lesson.flow.items[number].time_us().cast_unsigned();
            for (now, player) in now.iter().zip(&lesson.players) {
                for timer in now.timers {
                    // What media touches is known to 20 ms.
                    let runs = timer.set_us <= time_us && timer.due_us + 20_000 >= time_us;
                    assert!(runs, "{place}: {timer:?} of {}", player.id);
                }
            }
        }
    }
}

#[test]
fn a_lost_message_is_changed_and_what_comes_of_it_is_new() {
    let undisturbed = lesson(&setup("mx-keepalive", &[]));
    let selector = |lesson: &Lesson, name: &str| {
        let of = |step: &Step| step.facts.message.as_ref().map(|message| message.selector.clone());
        let mut selectors = lesson.steps.iter().filter_map(of);
        selectors.find(|selector| selector.starts_with(name)).unwrap()
    };
    let update = selector(&undisturbed, "UPDATE");
    let disturbed = lesson(&setup("mx-keepalive", &[&format!("lose:{update}")]));
    let difference = disturbed.difference.as_ref().unwrap();
    assert_eq!(difference.marks.len(), disturbed.steps.len());
    let marks = |mark: Mark| difference.marks.iter().filter(|it| **it == mark).count();
    assert!(marks(Mark::Changed) > 0 && marks(Mark::Same) > 0, "{:?}", difference.marks);
    // Everything up to the loss is as it was.
    let first = difference.marks.iter().position(|mark| *mark != Mark::Same).unwrap();
    let step = &disturbed.steps[first].facts;
    assert_eq!(step.message.as_ref().unwrap().selector, update, "{}", step.summary);
    let kept = difference.marks.iter().filter(|mark| **mark != Mark::New).count();
    assert_eq!(kept + difference.missing.len(), undisturbed.steps.len());
}

#[test]
fn what_cannot_be_of_a_setup_is_told_and_the_rest_is_played() {
    let mut asked = setup("mx-keepalive", &["explode:phone", "lose:UPDATE@nobody", "lose:ACK"]);
    asked.set = vec![("colour".to_owned(), "red".to_owned())];
    let lesson = lesson(&asked);
    assert_eq!(lesson.faults, ["lose:ACK"]);
    let said: Vec<_> = lesson.problems.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    for (says, said) in
        ["no such setting", "nothing that can happen", "there is no actor"].iter().zip(&said)
    {
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn without_a_scenario_there_is_no_lesson() {
    let mut teacher = Teacher::default();
    let unknown = teacher.lesson(&setup("mx-nothing", &[])).unwrap_err();
    assert_eq!(unknown.to_string(), "there is no scenario \"mx-nothing\": choose one of the list");
    let own = Source::Own { name: "own.toml".to_owned(), text: "title = 3\nx".to_owned() };
    let Err(Problem::Scenario(problem)) = teacher.lesson(&Setup::of(own)) else { panic!() };
    assert_eq!(problem.line, 2, "{problem}");
}

#[test]
fn a_teacher_compares_with_what_it_showed_before_only_where_that_is_the_same() {
    let mut teacher = Teacher::default();
    let lost: &[&str] = &["lose:ACK"];
    let seeded = |faults| Setup { seed: Some(7), ..setup("mx-keepalive", faults) };
    let setups = [
        setup("mx-keepalive", lost),
        setup("mx-dynamic", lost),
        setup("mx-dynamic", &[]),
        setup("mx-dynamic", lost),
        setup("mx-keepalive", lost),
        setup("mx-keepalive", &[]),
        seeded(lost),
        seeded(&[]),
        setup("mx-keepalive", lost),
    ];
    for (number, setup) in setups.iter().enumerate() {
        assert_eq!(teacher.lesson(setup).unwrap(), lesson(setup), "{number}");
    }
}
