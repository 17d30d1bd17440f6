//! What an event costs in the simulator, with few phones and with many.

use super::targets::{Consequence, Target};
use crate::process;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::process::Stdio;

/// Runs the simulator's bench `flat`.
///
/// # Errors
/// When it does not build or run, or prints something else than expected.
pub(super) fn measure() -> Result<Vec<Target>> {
    let mut command = process::cargo(["bench", "-p", "recscope-simulator", "--bench", "flat"]);
    let output = command.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "the simulator's bench ended with {}", output.status);
    targets(&output.stdout)
}

fn targets(printed: &[u8]) -> Result<Vec<Target>> {
    let printed: Value = serde_json::from_slice(printed).context("the bench prints no JSON")?;
    let cost = |which: &str| {
        let phones = printed[which]["phones"].as_u64();
        let ns = printed[which]["ns_per_event"].as_f64();
        phones.zip(ns).with_context(|| format!("the bench does not tell of {which} phones"))
    };
    let ((few, few_ns), (many, many_ns)) = (cost("few")?, cost("many")?);
    let speed = |phones, ns: f64| {
        let what = format!("million events of {phones} phones simulated in a second");
        Target::at_least(what, 1e3 / ns, 2.0, Consequence::Noted)
    };
    let what = format!("an event with {many} phones, as a multiple of one with {few}");
    let flat = Target::at_most(what, many_ns / few_ns, 1.15, Consequence::Noted);
    Ok(vec![speed(few, few_ns), speed(many, many_ns), flat])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_that_grow_with_the_phones_are_a_miss() {
        let told = |many: f64| {
            format!(
                r#"{{"few":{{"phones":10,"ns_per_event":200.0}},
                   "many":{{"phones":1000,"ns_per_event":{many}}}}}"#
            )
        };
        let met = |many| {
            let targets = targets(told(many).as_bytes()).unwrap();
            targets.iter().map(Target::is_met).collect::<Vec<_>>()
        };
        assert_eq!(met(220.0), [true, true, true]);
        assert_eq!(met(300.0), [true, true, false]);
        assert_eq!(met(600.0), [true, false, false]);
        assert!(targets(b"{}").is_err());
    }
}
