//! What is known about a part of a file, as terms and values.

use crate::wording;
use recscope_analyzer::report::{
    Call, Capture, FileKind, Recording, RecordingMethod, RecordingResult, RecordingSession, Report,
    Rtcp, Spread, Stream, Transaction,
};
use yew::prelude::*;

/// A term and its value.
pub type Fact = (&'static str, String);

/// A list of facts; those without a value are left out.
pub fn list(facts: Vec<Fact>) -> Html {
    html! {
        <dl class="facts">
            { for facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(term, value)| html! {
                <div><dt>{ term }</dt><dd>{ value }</dd></div>
            }) }
        </dl>
    }
}

fn optional<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map(text).unwrap_or_default()
}

/// A time of day, UTC, from seconds since the epoch.
#[must_use]
pub fn moment(seconds: f64) -> String {
    let date = js_sys::Date::new(&(seconds * 1e3).into());
    date.to_iso_string().as_string().unwrap_or_default().replace('T', " ").replace('Z', " UTC")
}

/// About a call.
#[must_use]
pub fn call(call: &Call) -> Vec<Fact> {
    vec![
        ("From", call.from.clone()),
        ("To", call.to.clone()),
        ("State", wording::call_state(call.state).to_owned()),
        ("Status", optional(call.status, |status| status.to_string())),
        ("Reason", call.reason.clone()),
        ("Start", moment(call.start)),
        ("Setup", optional(call.setup_ms, wording::span)),
        ("Duration", optional(call.duration_ms, wording::span)),
        ("Messages", wording::count(call.messages)),
        ("Repeated", wording::count(call.retransmissions)),
        ("Call-ID", call.call_id.clone()),
        (
            "Other legs",
            call.correlated
                .iter()
                .map(|other| format!("call {}: {}", other.call, other.reason))
                .collect::<Vec<_>>()
                .join("; "),
        ),
    ]
}

/// About a transaction outside calls.
#[must_use]
pub fn transaction(found: &Transaction) -> Vec<Fact> {
    vec![
        ("Method", found.method.clone()),
        ("From", found.from.clone()),
        ("To", found.to.clone()),
        ("Result", found.result.clone()),
        ("Start", moment(found.start)),
        ("Messages", wording::count(found.messages)),
        ("Repeated", wording::count(found.retransmissions)),
    ]
}

/// About a stream.
#[must_use]
pub fn stream(stream: &Stream) -> Vec<Fact> {
    let types: Vec<String> = stream.payload_types.iter().map(ToString::to_string).collect();
    vec![
        ("From", stream.src.clone()),
        ("To", stream.dst.clone()),
        ("SSRC", stream.ssrc.clone()),
        (
            "Codec",
            if stream.codec.is_empty() { "unknown".to_owned() } else { stream.codec.clone() },
        ),
        ("Payload types", types.join(", ")),
        ("RTP clock", format!("{} Hz", stream.clock)),
        ("Encrypted", if stream.encrypted { "yes (SRTP)".to_owned() } else { String::new() }),
        ("First packet", moment(stream.first)),
        ("Length", wording::span((stream.last - stream.first) * 1e3)),
        (
            "Packets",
            format!("{} of {}", wording::count(stream.packets), wording::count(stream.expected)),
        ),
        ("Lost", wording::lost(stream)),
        ("Duplicates", wording::count(stream.duplicates)),
        ("Out of order", wording::count(stream.out_of_order)),
        ("Jitter", spread(stream.jitter_ms)),
        ("Packet spacing", spread(stream.delta_ms)),
        ("MOS, estimated", optional(stream.mos, |mos| format!("{mos:.2}"))),
        ("Digits", stream.dtmf.clone()),
        ("Comfort noise", unless_zero(stream.comfort_noise)),
        ("Audio per packet", optional(stream.ptime_ms, wording::span)),
        ("Clock against capture", optional(stream.skew_ppm, |ppm| format!("{ppm:+} ppm"))),
        ("Receiver’s reports", optional(stream.rtcp, receiver)),
        ("Segments", if stream.segments > 1 { stream.segments.to_string() } else { String::new() }),
    ]
}

/// What the receiver says, in one line.
fn receiver(rtcp: Rtcp) -> String {
    let mut said = format!("lost {} (up to {:.1} %)", rtcp.lost.max(0), rtcp.worst_loss_percent);
    for (name, value) in [
        ("jitter", rtcp.max_jitter_ms.map(wording::span)),
        ("round trip", rtcp.round_trip_ms.map(|trip| wording::span(trip.mean))),
        ("discarded", rtcp.discarded_percent.map(|percent| format!("{percent:.1} %"))),
        ("MOS", rtcp.mos.map(|mos| mos.to_string())),
    ] {
        if let Some(value) = value {
            said.extend([", ", name, " ", &value]);
        }
    }
    said
}

fn unless_zero(count: u64) -> String {
    if count == 0 { String::new() } else { wording::count(count) }
}

fn spread(spread: Spread) -> String {
    format!("{:.2} / {:.2} / {:.2} ms (min, mean, max)", spread.min, spread.mean, spread.max)
}

/// About a recording session.
#[must_use]
pub fn session(session: &RecordingSession) -> Vec<Fact> {
    vec![
        ("Ordered by", method(session.method).to_owned()),
        ("Result", result(session.result).to_owned()),
        ("Reason", session.reason.clone()),
        ("State", session.state.clone()),
        ("Extension", session.extension.clone()),
        ("Phone", session.phone.clone()),
        ("Recorder", session.recorder.clone()),
        ("Codec", session.codec.clone()),
        ("Start", moment(session.start)),
        ("End", optional(session.end, moment)),
    ]
}

/// A way to order a recording.
#[must_use]
pub const fn method(method: RecordingMethod) -> &'static str {
    match method {
        RecordingMethod::Server => "RecordServer commands",
        RecordingMethod::SipInfo => "SIP INFO",
        RecordingMethod::Active => "the recorder’s INVITE",
        RecordingMethod::OnDemand => "a key on the phone",
    }
}

/// What came of a recording.
#[must_use]
pub const fn result(result: RecordingResult) -> &'static str {
    match result {
        RecordingResult::Success => "success",
        RecordingResult::Failed => "failed",
        RecordingResult::Aborted => "aborted",
    }
}

/// About a recording.
#[must_use]
pub fn recording(kind: FileKind, recording: &Recording) -> Vec<Fact> {
    let phone = kind == FileKind::PhoneRecording;
    let number = |value: Option<i64>| optional(value, |value| value.to_string());
    let decibel = |value: Option<f64>| optional(value, |value| format!("{value:.1} dBFS"));
    vec![
        ("Codec", recording.codec.clone()),
        ("Duration", wording::span(recording.duration_ms)),
        ("Sampling", format!("{} Hz", recording.sample_rate)),
        ("Channels", recording.channels.to_string()),
        ("Blocks", optional(recording.blocks, wording::count)),
        ("Block length", optional(recording.rtp_len, |len| format!("{len} bytes"))),
        ("Increment", number(recording.increment)),
        (
            "RTP headers",
            optional(recording.rtp_headers.clone(), |headers| {
                let sure = recording
                    .certainty
                    .map_or(String::new(), |c| format!(" ({:.0} % sure)", c * 100.0));
                format!("{headers}{sure}")
            }),
        ),
        ("Byte order", recording.byte_order.clone()),
        ("Lost blocks", if phone { wording::count(recording.lost) } else { String::new() }),
        ("Peak", decibel(recording.peak_dbfs)),
        ("Level", decibel(recording.rms_dbfs)),
        ("Silence", optional(recording.silence_percent, |percent| format!("{percent:.0} %"))),
    ]
}

/// About a capture.
#[must_use]
pub fn capture(report: &Report, messages: usize, capture: &Capture) -> Vec<Fact> {
    let undecoded = capture.undecoded.iter();
    let undecoded: Vec<String> =
        undecoded.map(|(name, count)| format!("{name} {}", wording::count(*count))).collect();
    let length = match (capture.first, capture.last) {
        (Some(first), Some(last)) => wording::span((last - first) * 1e3),
        _ => String::new(),
    };
    vec![
        ("Packets", wording::count(capture.packets)),
        ("First", optional(capture.first, moment)),
        ("Length", length),
        ("Link", capture.link_types.join(", ")),
        ("Messages", wording::count(messages as u64)),
        ("Calls", wording::count(report.calls.len() as u64)),
        ("Streams", wording::count(report.streams.len() as u64)),
        ("Not decoded", undecoded.join(", ")),
        ("Fragments joined", unless_zero(capture.fragments_reassembled)),
        ("TCP gaps", unless_zero(capture.tcp_gaps)),
        ("Compression", report.file.compression.clone().unwrap_or_default()),
        ("Comments", capture.comments.join("; ")),
    ]
}
