//! The rows below a file: its recording, calls with their streams, streams without a call, and
//! recordings that were seen being made.

use super::facts;
use super::icon::Icon;
use crate::files::Part;
use crate::protocol::Summary;
use crate::wording;
use crate::wording::lower_case;
use recscope_analyzer::report::{
    Call, CallState, RecordingResult, RecordingSession, Report, Stream, Transaction,
};
use yew::prelude::*;

/// Calls shown at once; the filter finds the others.
const MOST_CALLS: usize = 500;

/// Streams without a call shown at once.
const MOST_STREAMS: usize = 500;

/// Transactions outside calls shown at once.
const MOST_TRANSACTIONS: usize = 100;

/// The rows of `summary` in which `filter` occurs.
pub fn rows(
    summary: &Summary,
    selected: Option<Part>,
    filter: &str,
    select: &Callback<Part>,
) -> Html {
    let report = &summary.report;
    let rows = Rows { selected, select };
    let calls: Vec<&Call> =
        report.calls.iter().filter(|call| call_matches(report, call, filter)).collect();
    let strays: Vec<&Stream> = report
        .streams
        .iter()
        .filter(|stream| stream.call.is_none() && stream_matches(stream, filter))
        .collect();
    let transactions: Vec<(usize, &Transaction)> = report
        .transactions
        .iter()
        .enumerate()
        .filter(|(_, found)| {
            contains(&[&found.method, &found.from, &found.to, &found.result], filter)
        })
        .collect();
    html! {
        <div class="parts">
            { recording(&rows, report) }
            { for calls.iter().take(MOST_CALLS).map(|call| html! {
                <>
                    { rows.call(call) }
                    { for call.streams.iter().filter_map(|index| report.streams.get(*index)).map(|stream| {
                        rows.stream(stream, "part nested")
                    }) }
                </>
            }) }
            { for strays.iter().take(MOST_STREAMS).map(|stream| rows.stream(stream, "part")) }
            { for report.recording_sessions.iter().enumerate().map(|(index, session)| {
                rows.session(index, session)
            }) }
            { for transactions.iter().take(MOST_TRANSACTIONS).map(|(index, found)| {
                rows.transaction(*index, found)
            }) }
            { left_out(calls.len(), MOST_CALLS, "call") }
            { left_out(transactions.len(), MOST_TRANSACTIONS, "transaction") }
            { left_out(strays.len(), MOST_STREAMS, "stream") }
        </div>
    }
}

fn left_out(found: usize, shown: usize, noun: &str) -> Html {
    match found.saturating_sub(shown) {
        0 => Html::default(),
        more => html! {
            <p class="row-detail more">
                { format!("{} more: filter to find them", wording::counted(more as u64, noun)) }
            </p>
        },
    }
}

struct Rows<'a> {
    selected: Option<Part>,
    select: &'a Callback<Part>,
}

impl Rows<'_> {
    fn class(&self, part: Part, class: &'static str) -> Classes {
        classes!("row", class, (self.selected == Some(part)).then_some("chosen"))
    }

    fn current(&self, part: Part) -> String {
        (self.selected == Some(part)).to_string()
    }

    fn choose(&self, part: Part) -> Callback<MouseEvent> {
        self.select.reform(move |_| part)
    }

    fn call(&self, call: &Call) -> Html {
        let part = Part::Call(call.id);
        let status = call.status.filter(|_| call.state == CallState::Failed);
        let state = wording::call_state(call.state);
        let state = status.map_or(state.to_owned(), |status| format!("{state} {status}"));
        let length = call.duration_ms.map(wording::span);
        html! {
            <button
                type="button" class={self.class(part, "part")} data-testid="call-row"
                data-call-id={call.call_id.clone()} aria-current={self.current(part)}
                onclick={self.choose(part)} title={format!("{} → {}", call.from, call.to)}
            >
                { Icon::Call.html() }
                <span class="row-text">
                    <span class="row-title">
                        { wording::party(&call.from) }{ " → " }{ wording::party(&call.to) }
                    </span>
                    <span class="row-detail">
                        { format!("call {}, ", call.id) }
                        <span class={call_class(call.state)}>{ state }</span>
                        { length.map(|length| format!(", {length}")) }
                        { format!(", {}", wording::counted(call.messages, "message")) }
                    </span>
                </span>
            </button>
        }
    }

    fn stream(&self, stream: &Stream, class: &'static str) -> Html {
        let part = Part::Stream(stream.id);
        let codec = if stream.codec.is_empty() { "RTP" } else { &stream.codec };
        let mut more = if stream.encrypted { ", encrypted".to_owned() } else { String::new() };
        if !stream.dtmf.is_empty() {
            more = format!("{more}, digits {}", stream.dtmf);
        }
        html! {
            <button
                type="button" class={self.class(part, class)} data-testid="stream-row"
                data-ssrc={stream.ssrc.clone()} data-codec={stream.codec.clone()}
                data-packets={stream.packets.to_string()} data-lost={stream.lost.to_string()}
                aria-current={self.current(part)} onclick={self.choose(part)}
                title={format!("{} → {}, SSRC {}", stream.src, stream.dst, stream.ssrc)}
            >
                { Icon::Wave.html() }
                <span class="row-text">
                    <span class="row-title">
                        { format!("{codec}, {}, ", wording::counted(stream.packets, "packet")) }
                        <span class={(stream.lost > 0).then_some("bad")}>
                            { format!("{} lost", stream.lost.max(0)) }
                        </span>
                        { more }
                    </span>
                    <span class="row-detail">{ format!("stream {}, {} → {}", stream.id, stream.src, stream.dst) }</span>
                </span>
            </button>
        }
    }

    fn transaction(&self, index: usize, found: &Transaction) -> Html {
        let part = Part::Transaction(index);
        html! {
            <button
                type="button" class={self.class(part, "part")} data-testid="transaction-row"
                data-method={found.method.clone()} aria-current={self.current(part)}
                onclick={self.choose(part)}
            >
                { Icon::Capture.html() }
                <span class="row-text">
                    <span class="row-title">
                        { &found.method }{ " " }{ wording::party(&found.from) }
                    </span>
                    <span class="row-detail">{ &found.result }</span>
                </span>
            </button>
        }
    }

    fn session(&self, index: usize, session: &RecordingSession) -> Html {
        let part = Part::Session(index);
        let bad = session.result != RecordingResult::Success;
        let who = if session.extension.is_empty() { &session.phone } else { &session.extension };
        html! {
            <button
                type="button" class={self.class(part, "part")} data-testid="session-row"
                data-index={index.to_string()} aria-current={self.current(part)}
                onclick={self.choose(part)}
            >
                { Icon::Record.html() }
                <span class="row-text">
                    <span class="row-title">{ format!("Recording of {who}") }</span>
                    <span class="row-detail">
                        { format!("session {index}, ") }
                        <span class={bad.then_some("bad")}>{ facts::result(session.result) }</span>
                        { format!(", by {}", facts::method(session.method)) }
                    </span>
                </span>
            </button>
        }
    }
}

fn recording(rows: &Rows<'_>, report: &Report) -> Html {
    let Some(recording) = &report.recording else { return Html::default() };
    let blocks = recording.blocks.map(|blocks| format!(", {}", wording::counted(blocks, "block")));
    html! {
        <button
            type="button" class={rows.class(Part::Whole, "part")} data-testid="recording-row"
            data-codec={recording.codec.clone()}
            data-duration-ms={recording.duration_ms.to_string()}
            aria-current={rows.current(Part::Whole)} onclick={rows.choose(Part::Whole)}
        >
            { Icon::Wave.html() }
            <span class="row-text">
                <span class="row-title">
                    { format!("{}, {}", recording.codec, wording::span(recording.duration_ms)) }
                </span>
                <span class="row-detail">
                    { format!("{} Hz", recording.sample_rate) }
                    { blocks }
                    if recording.lost > 0 {
                        { ", " }<span class="bad">{ format!("{} lost", recording.lost) }</span>
                    }
                </span>
            </span>
        </button>
    }
}

const fn call_class(state: CallState) -> &'static str {
    match state {
        CallState::Completed | CallState::Established => "good",
        CallState::Ringing | CallState::Cancelled | CallState::Unanswered => "",
        CallState::Failed => "bad",
    }
}

fn call_matches(report: &Report, call: &Call, filter: &str) -> bool {
    contains(&[&call.from, &call.to, &call.call_id, wording::call_state(call.state)], filter)
        || call
            .streams
            .iter()
            .filter_map(|index| report.streams.get(*index))
            .any(|stream| stream_matches(stream, filter))
}

fn stream_matches(stream: &Stream, filter: &str) -> bool {
    contains(&[&stream.src, &stream.dst, &stream.ssrc, &stream.codec], filter)
}

fn contains(texts: &[&str], filter: &str) -> bool {
    filter.is_empty() || texts.iter().any(|text| lower_case(text).contains(filter))
}
