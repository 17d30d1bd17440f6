//! What a reader should look at first, drawn from the report.

use crate::report::{Call, CallState, RecordingResult, Report, Status, Stream};
use crate::wording::{count, duration};

/// One thing that stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How much it matters.
    pub weight: Weight,
    /// One sentence, without a full stop.
    pub text: String,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something went wrong.
    Fault,
    /// Something to know.
    Hint,
}

/// Share of lost packets, in percent, from which speech suffers.
const LOSS_PERCENT: f64 = 1.0;
/// Jitter, in ms, that common jitter buffers do not take up.
const JITTER_MS: f64 = 30.0;
/// Round trip, in ms, from which speakers begin to interrupt each other (G.114: 150 ms one way).
const ROUND_TRIP_MS: f64 = 300.0;
/// MOS below which many users are dissatisfied (G.107 annex B).
const MOS: f64 = 3.6;

/// Everything that stands out, faults first.
#[must_use]
pub fn remarks(report: &Report) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut say = |weight, text| remarks.push(Remark { weight, text });
    if report.status == Status::Damaged {
        say(Weight::Fault, "the file is damaged; what could be recovered is below".to_owned());
    }
    for call in &report.calls {
        of_call(report, call, &mut say);
    }
    for stream in &report.streams {
        of_stream(stream, &mut say);
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
    remarks.sort_by_key(|remark| remark.weight);
    remarks
}

fn of_call(report: &Report, call: &Call, say: &mut impl FnMut(Weight, String)) {
    let id = call.id;
    match call.state {
        CallState::Completed => {}
        CallState::Established => {
            say(Weight::Hint, format!("call {id} was still up at the end of the capture"));
        }
        CallState::Ringing => {
            say(Weight::Hint, format!("call {id} was still ringing at the end of the capture"));
        }
        CallState::Cancelled => say(Weight::Hint, format!("call {id} was cancelled by the caller")),
        CallState::Failed => {
            let status = call.status.map_or(String::new(), |status| status.to_string());
            // The reason opens with the status where the answer has one.
            let why = if call.reason.starts_with(&status) { &call.reason } else { &status };
            say(Weight::Fault, format!("call {id} failed{}", because(why)));
        }
        CallState::Unanswered => say(Weight::Fault, format!("call {id} got no answer of any kind")),
    }
    if call.retransmissions > 0 {
        let messages = count(call.retransmissions, "message");
        say(Weight::Hint, format!("call {id}: {messages} sent again"));
    }
    if matches!(call.state, CallState::Completed | CallState::Established) {
        let streams = || call.streams.iter().filter_map(|stream| report.streams.get(*stream));
        let hosts = |stream: &Stream| host(&stream.src).to_owned();
        let mut senders: Vec<String> = streams().map(hosts).collect();
        senders.sort_unstable();
        senders.dedup();
        match senders.as_slice() {
            [] => say(
                Weight::Hint,
                format!("call {id} was answered, but the capture has none of its media"),
            ),
            [sender] if !streams().any(|stream| host(&stream.dst) == sender) => {
                say(Weight::Fault, format!("call {id} has media one way only, from {sender}"));
            }
            _ => {}
        }
    }
}

fn of_stream(stream: &Stream, say: &mut impl FnMut(Weight, String)) {
    let id = stream.id;
    if stream.lost_percent >= LOSS_PERCENT {
        let Stream { lost, expected, lost_percent, .. } = stream;
        let text = format!("stream {id} lost {lost} of {expected} packets ({lost_percent:.1} %)");
        say(Weight::Fault, text);
    }
    if stream.jitter_ms.max >= JITTER_MS {
        let jitter = stream.jitter_ms.max;
        say(Weight::Hint, format!("stream {id} had a jitter of up to {jitter:.1} ms"));
    }
    if let Some(mos) = stream.mos.filter(|mos| *mos < MOS) {
        say(Weight::Fault, format!("stream {id} sounds poor: estimated MOS {mos:.2}"));
    }
    if let Some(rtcp) = &stream.rtcp {
        let loss = rtcp.worst_loss_percent;
        if loss >= LOSS_PERCENT {
            let text = format!("stream {id}: its receiver reports losing up to {loss:.1} %");
            say(Weight::Fault, text);
        }
        if let Some(trip) = rtcp.round_trip_ms.filter(|trip| trip.max >= ROUND_TRIP_MS) {
            let trip = duration(trip.max);
            say(Weight::Hint, format!("stream {id}: its receiver is up to {trip} away and back"));
        }
    }
    if stream.encrypted {
        say(Weight::Hint, format!("stream {id} is encrypted (SRTP) and cannot be heard"));
    }
    if stream.duplicates > 0 {
        let duplicates = count(stream.duplicates, "packet");
        say(Weight::Hint, format!("stream {id}: {duplicates} came more than once"));
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

/// The address of `address:port`.
fn host(socket: &str) -> &str {
    socket.rsplit_once(':').map_or(socket, |(host, _)| host)
}
