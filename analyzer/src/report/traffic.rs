//! What was trafficked in a capture, put into the report.

use super::{
    Call, CallEvent, Correlation, Dialog, Message, RecordingSession, Report, Rtcp, Spread, Stream,
    TlsConnection, Transaction, hundredths, milliseconds, milliseconds_of, seconds, thousandths,
};
use crate::{problems, trace};
use recscope_core::rtp::skew::Estimate;
use recscope_core::rtp::{mos, statistics};

/// Fills in a capture's messages, calls, streams and recording sessions.
pub(crate) fn describe(traffic: &trace::Traffic, report: &mut Report) {
    report.messages = traffic.messages.iter().map(message).collect();
    report.calls = traffic.calls.iter().enumerate().map(|(id, found)| call(id, found)).collect();
    for link in &traffic.links {
        let (a, b) = (link.calls.0.0, link.calls.1.0);
        for (call, other) in [(a, b), (b, a)] {
            if let Some(call) = report.calls.get_mut(call) {
                call.correlated.push(Correlation { call: other, reason: link.reason.clone() });
            }
        }
    }
    report.transactions = traffic.transactions.iter().map(transaction).collect();
    for message in &traffic.messages {
        let of = message.transaction.and_then(|index| report.transactions.get_mut(index.0));
        if let Some(transaction) = of {
            transaction.packets.push(message.origin.packet);
        }
    }
    report.tls = traffic.tls.iter().map(tls).collect();
    report.streams =
        traffic.streams.iter().enumerate().map(|(id, found)| stream(id, found)).collect();
    for stream in &report.streams {
        let call = stream.call.and_then(|call| report.calls.get_mut(call));
        if let Some(call) = call {
            call.streams.push(stream.id);
        }
    }
    report.recording_sessions = traffic.sessions.iter().map(session).collect();
    (report.problems, report.problems_omitted) = problems::find(traffic, report);
}

fn message(found: &trace::SignallingMessage) -> Message {
    let origin = &found.origin;
    Message {
        packet: origin.packet,
        time: seconds(origin.time_ns),
        transport: origin.transport,
        src: origin.src.to_string(),
        dst: origin.dst.to_string(),
        protocol: found.protocol,
        summary: found.summary.clone(),
        call: found.call.map(|call| call.0),
        transaction: found.transaction.map(|transaction| transaction.0),
        retransmission_of: found.retransmission_of.map(|first| first.0),
    }
}

fn call(id: usize, found: &trace::Call) -> Call {
    Call {
        id,
        call_id: found.call_id.clone(),
        from: found.from.clone(),
        to: found.to.clone(),
        state: found.state(),
        status: found.status(),
        reason: found.reason(),
        start: seconds(found.start_ns),
        setup_ms: found.setup_ns().map(milliseconds),
        duration_ms: found.duration_ns().map(milliseconds),
        messages: found.messages,
        retransmissions: found.retransmissions,
        streams: Vec::new(),
        dialogs: found.forks().iter().map(dialog).collect(),
        events: found.course.events.iter().map(event).collect(),
        correlated: Vec::new(),
    }
}

fn dialog(found: &trace::EarlyDialog) -> Dialog {
    Dialog {
        tag: found.tag.to_string(),
        target: found.target.to_string(),
        status: found.status,
        winner: found.is_winner,
    }
}

fn event(found: &trace::CallEvent) -> CallEvent {
    CallEvent {
        time: seconds(found.time_ns),
        packet: found.packet,
        kind: found.kind,
        text: found.text.clone(),
    }
}

fn transaction(found: &trace::Transaction) -> Transaction {
    Transaction {
        method: found.method.to_string(),
        from: found.from.to_string(),
        to: found.to.to_string(),
        status: found.status(),
        result: found.result(),
        challenged: found.is_challenged,
        start: seconds(found.start_ns),
        packets: Vec::new(),
        messages: found.messages,
        retransmissions: found.retransmissions,
    }
}

fn tls(found: &trace::TlsConnection) -> TlsConnection {
    TlsConnection {
        src: found.src.to_string(),
        dst: found.dst.to_string(),
        start: seconds(found.start_ns),
        end: seconds(found.end_ns),
        packets: found.packets,
        likely_sip: found.is_likely_sip,
    }
}

fn session(found: &trace::Session) -> RecordingSession {
    RecordingSession {
        method: found.method,
        state: found.phase.name().to_owned(),
        start: seconds(found.start_ns),
        end: found.end_ns.map(seconds),
        extension: found.extension.clone(),
        phone: found.phone.to_string(),
        recorder: found.recorder.to_string(),
        codec: found.codec.clone(),
        control: found.control.iter().map(|(message, _)| message.0).collect(),
        streams: found.streams.clone(),
        result: found.result,
        reason: found.reason.clone(),
    }
}

fn stream(id: usize, found: &trace::Stream) -> Stream {
    let summary = found.statistics.summary();
    let main = found.main_payload();
    let mut payload_types: Vec<u8> =
        found.payloads.iter().map(|payload| payload.format.payload_type).collect();
    payload_types.sort_unstable();
    payload_types.dedup();
    Stream {
        id,
        call: found.call().map(|call| call.0),
        ssrc: found.ssrc.to_string(),
        src: found.src.to_string(),
        dst: found.dst.to_string(),
        payload_types,
        codec: main.map(|payload| payload.format.name.to_string()).unwrap_or_default(),
        clock: main.map_or(0, |payload| payload.format.clock),
        first: seconds(found.first_ns),
        last: seconds(found.last_ns),
        packets: summary.packets,
        expected: summary.expected,
        lost: summary.lost,
        lost_percent: hundredths(summary.lost_percent),
        duplicates: summary.duplicates,
        out_of_order: summary.out_of_order,
        delta_ms: spread(summary.delta_ms),
        jitter_ms: spread(summary.jitter_ms),
        mos: mos(&summary, main),
        dtmf: found.digits().to_owned(),
        comfort_noise: found.comfort_noise(),
        ptime_ms: found.packet_time().map(milliseconds_of),
        skew_ppm: found.watch.skew().and_then(skew_ppm),
        segments: summary.segments,
        encrypted: found.encrypted,
        rtcp: found.feedback.as_ref().and_then(|feedback| rtcp(feedback, main)),
    }
}

/// A drift where it is one, or none to speak of.
fn skew_ppm(estimate: Estimate) -> Option<f64> {
    const NONE_PPM: f64 = 50.0;
    let is_told = estimate.steadiness >= problems::STEADINESS || estimate.ppm.abs() < NONE_PPM;
    is_told.then(|| estimate.ppm.round())
}

/// The E-model's estimate from codec and loss; what the ends' own delay takes is not known.
fn mos(summary: &statistics::Summary, main: Option<&trace::PayloadUse>) -> Option<f64> {
    let lost = u64::try_from(summary.lost).unwrap_or_default();
    let conditions = mos::Conditions {
        loss_percent: summary.lost_percent,
        burst_ratio: mos::burst_ratio(summary.expected, lost, summary.gaps),
        ..mos::Conditions::default()
    };
    mos::estimate(&main?.format.name, &conditions).map(|(score, _)| hundredths(score))
}

/// What the stream's receiver reported.
fn rtcp(feedback: &trace::Feedback, main: Option<&trace::PayloadUse>) -> Option<Rtcp> {
    let clock = main.map(|payload| payload.format.clock).filter(|&clock| clock > 0);
    let is_silent = feedback.reports == 0 && feedback.extended == 0;
    (!is_silent).then(|| Rtcp {
        reports: feedback.reports,
        lost: feedback.lost.into(),
        worst_loss_percent: hundredths(feedback.worst_loss_percent),
        max_jitter_ms: clock
            .map(|clock| thousandths(f64::from(feedback.max_jitter) * 1000.0 / f64::from(clock))),
        round_trip_ms: feedback.round_trip_ms().map(|spread_ms| spread(Some(spread_ms))),
        mos: feedback.mos.map(hundredths),
        discarded_percent: feedback.discarded_percent.map(hundredths),
    })
}

fn spread(spread: Option<statistics::Spread>) -> Spread {
    let statistics::Spread { min, mean, max } = spread.unwrap_or_default();
    Spread { min: thousandths(min), mean: thousandths(mean), max: thousandths(max) }
}
