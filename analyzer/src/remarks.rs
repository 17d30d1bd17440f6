//! What a reader should look at first, drawn from the report.

use crate::order;
use crate::report::{Call, CallEventKind, CallState, RecordingResult, Report, Status};
use crate::wording::{count, duration};
use serde::{Deserialize, Serialize};

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
    for problem in &report.problems {
        say(problem.severity, format!("{}{}", problem.text, at_packets(&problem.packets)));
    }
    if report.problems_omitted > 0 {
        say(Weight::Hint, format!("{} further problems are left out", report.problems_omitted));
    }
    for (index, session) in report.recording_sessions.iter().enumerate() {
        let what = match session.result {
            RecordingResult::Success => continue,
            RecordingResult::Failed => "failed",
            RecordingResult::Aborted => "was broken off",
        };
        say(Weight::Fault, format!("recording session {index} {what}{}", because(&session.reason)));
    }
    of_recording(report, &mut say);
    order::sort_by_key(&mut remarks, |remark| remark.weight as u64);
    folded(remarks)
}

/// The same with remarks left out of which there are many that differ in numbers only.
fn folded(remarks: Vec<Remark>) -> Vec<Remark> {
    /// Remarks alike that are kept.
    const MOST_ALIKE: usize = 6;
    /// Kinds of remarks that one is compared with.
    const MOST_KINDS: usize = 256;
    // What is said without numbers, how often, and where it is kept last. There are few kinds.
    let mut alike: Vec<(String, usize, usize)> = Vec::new();
    let mut kept: Vec<Remark> = Vec::new();
    for remark in remarks {
        let said = without_numbers(&remark.text);
        // What is alike comes close together.
        let mut latest = alike.iter().enumerate().rev().take(MOST_KINDS);
        let known = latest.find(|(_, (known, ..))| *known == said).map(|(known, _)| known);
        let known = known.unwrap_or_else(|| {
            alike.push((said, 0, 0));
            alike.len() - 1
        });
        let Some((_, count, last)) = alike.get_mut(known) else { continue };
        *count += 1;
        if *count <= MOST_ALIKE {
            *last = kept.len();
            kept.push(remark);
        }
    }
    for (_, count, last) in alike {
        if let (more @ 1.., Some(last)) = (count.saturating_sub(MOST_ALIKE), kept.get_mut(last)) {
            last.text.push_str(&format!(" (and {more} more like it)"));
        }
    }
    kept
}

/// What a remark says without its numbers, nor the packets at its end.
fn without_numbers(text: &str) -> String {
    let said = text.split(", packet").next().unwrap_or_default();
    said.chars().filter(|c| !c.is_ascii_digit()).collect()
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
