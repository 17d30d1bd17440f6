//! How each type of the protocol goes over the wire.

use super::wire::{Wire, choice, record};
use super::{
    Answer, Dissection, FileId, Job, MessagePage, MessageQuery, Notice, Order, Question, RequestId,
    Sound, Summary,
};
use recscope_analyzer::report::{
    Call, CallEvent, CallEventKind, CallState, Capture, Correlation, Dialog, File, FileKind,
    Finding, Gap, Message, MessageProtocol, Problem, ProblemKind, Recording, RecordingMethod,
    RecordingResult, RecordingSession, Report, Rtcp, Spread, Status, Stream, TlsConnection,
    Transaction, Transport,
};
use recscope_analyzer::{AudioRequest, Bucket, Field, FlowScope, Weight};
use recscope_flow::{
    Actor, ActorKind, Arrow, Band, Class, Delivery, Flow, Item, Note, Protocol, StateChange,
};

record! {
    MessageQuery { call, text, first, count }
    Summary { report, messages }
    MessagePage { total, first, rows }
    Dissection { packet, offset, fields }
    Sound { sample_rate, labels, start }
    Field { offset, len, name, value, meaning }
    Bucket { start_ms, width_ms, packets, lost, max_jitter_ms }
}

record! {
    Report {
        schema, file, status, error, warnings, warnings_omitted, capture, messages, calls,
        transactions, tls, streams,
        recording_sessions, problems, problems_omitted, recording
    }
    File { name, bytes, kind, compression }
    Finding { offset, layer, message }
    Capture {
        packets, first, last, link_types, undecoded, fragments_reassembled, tcp_gaps, comments,
        names
    }
    Message { packet, time, transport, src, dst, protocol, summary, call, transaction,
        retransmission_of }
    Call {
        id, call_id, from, to, state, status, reason, start, setup_ms, duration_ms, messages,
        retransmissions, streams, dialogs, events, correlated
    }
    Transaction {
        method, from, to, status, result, challenged, start, packets, messages, retransmissions
    }
    TlsConnection { src, dst, start, end, packets, likely_sip }
    Dialog { tag, target, status, winner }
    CallEvent { time, packet, kind, text }
    Correlation { call, reason }
    Stream {
        id, call, ssrc, src, dst, payload_types, codec, clock, first, last, packets, expected, lost,
        lost_percent, duplicates, out_of_order, delta_ms, jitter_ms, mos, dtmf, comfort_noise,
        ptime_ms, skew_ppm, segments, encrypted, rtcp
    }
    Rtcp {
        reports, lost, worst_loss_percent, max_jitter_ms, round_trip_ms, mos, discarded_percent
    }
    Problem { kind, severity, text, call, stream, session, packets, from, to }
    Spread { min, mean, max }
    RecordingSession {
        method, state, start, end, extension, phone, recorder, codec, control, streams, result,
        reason
    }
    Recording {
        codec, rtp_len, increment, data_size, byte_order, blocks, rtp_headers, certainty,
        sample_rate, channels, duration_ms, lost, gaps, repairs, peak_dbfs, rms_dbfs,
        silence_percent
    }
    Gap { at_ms, ms }
}

record! {
    Flow { title, actors, items }
    Actor { id, label, detail, kind }
    Arrow {
        time_us, from, to, label, detail, protocol, class, delivery, repeats, source, rule,
        arrived_us
    }
    Band { start_us, end_us, from, to, label, lost, source }
    Note { time_us, actor, text, rule }
    StateChange { time_us, actor, machine, from, to, rule }
}

choice! {
    Order {
        0 Open { file: file }
        1 Close { file: file }
        2 Ask { request: request, file: file, question: question }
    }
    Question {
        0 Flow { 0: scope }
        1 Svg { 0: scope }
        2 Messages { 0: query }
        3 Message { 0: index }
        4 Header {}
        5 Audio { 0: request }
        6 Wav { 0: request }
        7 Quality { 0: stream }
    }
    Notice {
        0 Progress { file: file, bytes: bytes, rate: rate }
        1 Read { file: file, summary: summary }
        2 Unread { file: file, sentence: sentence }
        3 Answer { request: request, answer: answer }
        4 Crashed { place: place, doing: doing }
    }
    Job {
        0 Reading { 0: file }
        1 Answering { 0: request }
    }
    Answer {
        0 Flow { 0: flow }
        1 Svg { 0: text }
        2 Messages { 0: page }
        3 Bytes { 0: dissection }
        4 Audio { 0: sound }
        5 Wav {}
        6 Quality { 0: buckets }
    }
    FlowScope {
        0 Call { 0: call }
        1 Session { 0: session }
        2 All {}
        3 Legs { 0: call }
        4 Transaction { 0: transaction }
    }
    AudioRequest { 0 Stream { 0: stream } 1 Call { 0: call } 2 Recording {} }
    Item { 0 Message { 0: arrow } 1 Media { 0: band } 2 Note { 0: note } 3 State { 0: change } }
}

choice! {
    Status { 0 Whole {} 1 Damaged {} 2 Unreadable {} }
    FileKind { 0 Pcap {} 1 Pcapng {} 2 PhoneRecording {} 3 RiffWave {} 4 Unknown {} }
    Transport { 0 Udp {} 1 Tcp {} 2 Tls {} }
    MessageProtocol { 0 Sip {} 1 Control {} 2 Csta {} 3 Http {} }
    CallState {
        0 Completed {} 1 Established {} 2 Ringing {} 3 Cancelled {} 4 Failed {} 5 Unanswered {}
    }
    CallEventKind {
        0 Hold {} 1 Resume {} 2 Codec {} 3 Media {} 4 EarlyMedia {} 5 Refused {} 6 Transfer {}
        7 Replaces {} 8 Fork {} 9 End {} 10 Problem {}
    }
    RecordingMethod { 0 Server {} 1 SipInfo {} 2 Active {} 3 OnDemand {} }
    ProblemKind {
        0 NoMedia {} 1 OneWayAudio {} 2 OneWaySilence {} 3 Silence {} 4 Clipping {} 5 ClockSkew {}
        6 CodecMismatch {} 7 PtimeMismatch {} 8 UnannouncedMedia {} 9 SsrcChange {} 10 Restart {}
        11 Pause {} 12 Loss {} 13 Jitter {} 14 Duplicates {} 15 PoorQuality {} 16 RemoteLoss {}
        17 Delay {} 18 Encrypted {}
    }
    Weight { 0 Fault {} 1 Hint {} }
    RecordingResult { 0 Success {} 1 Failed {} 2 Aborted {} }
    ActorKind { 0 Phone {} 1 Pbx {} 2 Recorder {} 3 Storage {} 4 Person {} 5 Host {} }
    Protocol {
        0 Sip {} 1 Control {} 2 Csta {} 3 Http {} 4 Ras {} 5 Tcp {} 6 Rtp {} 7 Local {} 8 H225 {}
    }
    Class { 0 Request {} 1 Provisional {} 2 Success {} 3 Challenge {} 4 Failure {} }
    Delivery { 0 Delivered {} 1 Lost {} }
}

/// Ids go over as their number.
macro_rules! id {
    ($($type:ident)*) => {$(
        impl Wire for $type {
            fn put(&self, to: &mut Vec<u8>) {
                self.0.put(to);
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                Wire::take(from).map($type)
            }
        }
    )*};
}

id! { FileId RequestId }
