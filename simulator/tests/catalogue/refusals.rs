//! SIP INFO refused (BX-I3): by each code that is met, and over a network that loses requests.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use recscope_simulator::scenario::{Changes, Kind, entry};
use recscope_simulator::{Run, RunOptions};

fn failures(set: &[(String, String)], faults: &[&str]) -> Vec<String> {
    let entry = entry("bx-info-rejected").unwrap();
    let scenario = entry.scenario(&Changes { set, ..Changes::default() }).unwrap();
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let options = RunOptions { faults, ..RunOptions::default() };
    let mut run = Run::new(&scenario, &options).unwrap();
    run.run_to_end();
    let checked = run.check();
    assert!(checked.len() >= 5);
    let failed = checked.into_iter().filter(|checked| !checked.holds);
    failed.map(|checked| format!("{}: {}", checked.expectation.text, checked.found)).collect()
}

#[test]
fn every_refusal_code_is_shown_and_changes_nothing() {
    let scenario = entry("bx-info-rejected").unwrap().scenario(&Changes::default()).unwrap();
    let setting = scenario.settings.iter().find(|setting| setting.key == "refusal").unwrap();
    let Kind::Choice(codes) = &setting.kind else { panic!("{setting:?}") };
    assert_eq!(codes.join(" "), "403 405 415 469 481 488 500 501");
    for code in codes {
        let set = [("refusal".to_owned(), code.clone())];
        assert_eq!(failures(&set, &[]), [""; 0], "{code}");
    }
}

#[test]
fn a_request_or_answer_that_is_lost_once_is_made_good() {
    for fault in ["lose-once:INFO@phone", "lose-once:403/INFO@pbx", "duplicate:INFO@phone"] {
        assert_eq!(failures(&[], &[fault]), [""; 0], "{fault}");
    }
}
