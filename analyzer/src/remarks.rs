//! What a reader should look at first, drawn from the report.

use crate::report::{
    Call, CallEventKind, CallState, Problem, ProblemKind, RecordingResult, Report, Status,
};
use crate::wording::{count, duration};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How much it matters.
    pub weight: Weight,
    /// One sentence, without a full stop.
    pub text: String,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Something went wrong.
    Fault,
    /// Something to know.
    Hint,
}

/// Everything that stands out, faults first.
#[must_use]
pub fn remarks(report: &Report) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut say = |weight, text| remarks.push(Remark { weight, text });
    if report.status == Status::Damaged {
        say(Weight::Fault, "the file is damaged; what could be recovered is below".to_owned());
    }
    for call in &report.calls {
        of_call(call, &mut say);
    }
    of_tls(report, &mut say);
    of_problems(&report.problems, report.problems_omitted, &mut say);
    for (index, session) in report.recording_sessions.iter().enumerate() {
        let what = match session.result {
            RecordingResult::Success => continue,
            RecordingResult::Failed => "failed",
            RecordingResult::Aborted => "was broken off",
        };
        say(Weight::Fault, format!("recording session {index} {what}{}", because(&session.reason)));
    }
    of_recording(report, &mut say);
    remarks.sort_by_key(|remark| remark.weight);
    remarks
}

fn of_call(call: &Call, say: &mut impl FnMut(Weight, String)) {
    let id = call.id;
    match call.state {
        CallState::Completed => {}
        CallState::Established => {
            say(Weight::Hint, format!("call {id} was still up at the end of the capture"));
        }
        CallState::Ringing => {
            say(Weight::Hint, format!("call {id} was still ringing at the end of the capture"));
        }
        CallState::Cancelled => {
            let why = because(&call.reason);
            say(Weight::Hint, format!("call {id} was cancelled by the caller{why}"));
        }
        CallState::Failed => {
            let status = call.status.map_or(String::new(), |status| status.to_string());
            // The reason opens with the status where the answer has one.
            let why = if call.reason.starts_with(&status) { &call.reason } else { &status };
            say(Weight::Fault, format!("call {id} failed{}", because(why)));
        }
        CallState::Unanswered => {
            let why = because(&call.reason);
            say(Weight::Fault, format!("call {id} got no answer of any kind{why}"));
        }
    }
    for event in call.events.iter().filter(|event| event.kind == CallEventKind::Problem) {
        say(Weight::Fault, format!("call {id}: {}, packet {}", event.text, event.packet));
    }
    if call.retransmissions > 0 {
        let messages = count(call.retransmissions, "message");
        say(Weight::Hint, format!("call {id}: {messages} sent again"));
    }
}

/// What may be signalling, and cannot be read.
fn of_tls(report: &Report, say: &mut impl FnMut(Weight, String)) {
    let mut likely = report.tls.iter().filter(|connection| connection.likely_sip);
    let Some(first) = likely.next() else { return };
    let more = match likely.count() {
        0 => String::new(),
        more => format!(" and {}", count(more as u64, "more TLS connection")),
    };
    let (src, dst) = (&first.src, &first.dst);
    say(Weight::Hint, format!("TLS from {src} to {dst}{more} is likely SIP, which stays unread"));
}

/// Problems one by one, but for those of a kind of which there are many.
fn of_problems(problems: &[Problem], omitted: u64, say: &mut impl FnMut(Weight, String)) {
    /// Problems of one kind that are all listed; of more, these many less the last.
    const MOST_OF_A_KIND: usize = 6;
    let mut counts: BTreeMap<(ProblemKind, Weight), usize> = BTreeMap::new();
    for problem in problems {
        *counts.entry((problem.kind, problem.severity)).or_default() += 1;
    }
    let mut listed: BTreeMap<(ProblemKind, Weight), usize> = BTreeMap::new();
    for problem in problems {
        let key = (problem.kind, problem.severity);
        let all = counts.get(&key).copied().unwrap_or_default();
        let nth = listed.entry(key).or_default();
        *nth += 1;
        if all <= MOST_OF_A_KIND || *nth < MOST_OF_A_KIND {
            say(problem.severity, format!("{}{}", problem.text, at_packets(&problem.packets)));
        } else if *nth == MOST_OF_A_KIND {
            let rest = (all + 1).saturating_sub(MOST_OF_A_KIND);
            let kind = problem.kind.in_words();
            let what = if problem.stream.is_some() { "streams" } else { "calls" };
            say(problem.severity, format!("{rest} more {what} with {kind}"));
        }
    }
    if omitted > 0 {
        say(Weight::Hint, format!("{omitted} further problems are left out"));
    }
}

/// The first packets in words, to look them up.
fn at_packets(packets: &[u64]) -> String {
    match packets {
        [] => String::new(),
        [one] => format!(", packet {one}"),
        [one, two] => format!(", packets {one} and {two}"),
        [one, two, three] => format!(", packets {one}, {two} and {three}"),
        [one, two, three, ..] => format!(", packets {one}, {two}, {three} …"),
    }
}

fn of_recording(report: &Report, say: &mut impl FnMut(Weight, String)) {
    let Some(recording) = &report.recording else { return };
    if recording.lost > 0 {
        let blocks = count(recording.lost, "block");
        let first = recording
            .gaps
            .first()
            .map_or(String::new(), |gap| format!(", the first at {}", duration(gap.at_ms)));
        let gaps = count(recording.gaps.len() as u64, "gap");
        say(Weight::Fault, format!("{blocks} missing in {gaps}{first}"));
    }
    for repair in &recording.repairs {
        say(Weight::Hint, repair.clone());
    }
    if recording.silence_percent.is_some_and(|percent| percent >= 99.0) {
        say(Weight::Fault, "the recording is silent".to_owned());
    } else if recording.peak_dbfs.is_some_and(|peak| peak >= -0.01) {
        say(Weight::Hint, "the loudest samples reach full scale: it may be clipped".to_owned());
    }
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}
