use super::finished;
use recscope_core::rule::{self, Basis};
use std::collections::BTreeSet;

#[test]
fn every_rule_that_is_stated_or_a_fact_is_cited() {
    let mut cited = BTreeSet::new();
    for run in finished() {
        cited.extend(run.trace().steps().iter().filter_map(|step| Some(step.rule?.id)));
        let explained = run.explanations().into_values().flatten().collect::<Vec<_>>();
        cited.extend(explained.iter().filter_map(|explained| Some(explained.rule?.id)));
    }
    let asked = rule::ALL.iter().filter(|rule| matches!(rule.basis, Basis::Stated | Basis::Fact));
    let missing: Vec<_> = asked.map(|rule| rule.id).filter(|id| !cited.contains(id)).collect();
    assert!(missing.is_empty(), "no step and no note cites {}", missing.join(", "));
}

#[test]
fn no_scenario_cites_the_other_document() {
    for run in finished() {
        let scenario = run.scenario();
        let other = if scenario.source.name() == "bx" { "MX-" } else { "BX-" };
        for step in run.trace().steps() {
            let cited = step.rule.map(|rule| rule.id).unwrap_or_default();
            assert!(!cited.starts_with(other), "{}: {:?} cites {cited}", scenario.id, step.kind);
        }
        let explained = run.explanations().into_values().flatten().filter_map(|said| said.rule);
        for rule in explained {
            assert!(!rule.id.starts_with(other), "{} is explained by {rule}", scenario.id);
        }
    }
}

#[test]
fn every_message_has_a_rule() {
    use recscope_simulator::trace::StepKind;
    for run in finished() {
        for step in run.trace().steps() {
            if let StepKind::Message(message) = &step.kind {
                let id = &run.scenario().id;
                assert!(step.rule.is_some(), "{id}: {} at {}", message.described.label, step.time);
            }
        }
    }
}
