//! A row below a file: a recording, a call, a stream, a recording that was seen being made, or a
//! transaction.

use super::facts;
use super::icon::Icon;
use super::parts::Listed;
use crate::files::Part;
use crate::wording;
use recscope_analyzer::report::{
    Call, CallState, Recording, RecordingResult, RecordingSession, Report, Stream, Transaction,
};
use yew::prelude::*;

/// The row of something that `report` has.
pub(super) fn row(
    report: &Report,
    listed: Listed,
    is_selected: bool,
    on_select: &Callback<Part>,
) -> Html {
    let row = Row { listed, is_selected, on_select };
    let html = match listed.part {
        Part::Whole => report.recording.as_ref().map(|recording| row.recording(recording)),
        Part::Call(call) => report.calls.get(call).map(|call| row.call(call)),
        Part::Stream(stream) => report.streams.get(stream).map(|stream| row.stream(stream)),
        Part::Session(index) => {
            report.recording_sessions.get(index).map(|session| row.session(index, session))
        }
        Part::Transaction(index) => {
            report.transactions.get(index).map(|found| row.transaction(found))
        }
    };
    html.unwrap_or_default()
}

struct Row<'a> {
    listed: Listed,
    is_selected: bool,
    on_select: &'a Callback<Part>,
}

impl Row<'_> {
    fn class(&self) -> Classes {
        classes!(
            "row",
            "part",
            self.listed.is_nested.then_some("nested"),
            self.is_selected.then_some("chosen")
        )
    }

    fn current(&self) -> String {
        self.is_selected.to_string()
    }

    fn choose(&self) -> Callback<MouseEvent> {
        let part = self.listed.part;
        self.on_select.reform(move |_| part)
    }

    fn recording(&self, recording: &Recording) -> Html {
        let blocks =
            recording.blocks.map(|blocks| format!(", {}", wording::counted(blocks, "block")));
        html! {
            <button
                type="button" class={self.class()} data-testid="recording-row"
                data-codec={recording.codec.clone()}
                data-duration-ms={recording.duration_ms.to_string()}
                aria-current={self.current()} onclick={self.choose()}
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

    fn call(&self, call: &Call) -> Html {
        let status = call.status.filter(|_| call.state == CallState::Failed);
        let state = wording::call_state(call.state);
        let state = status.map_or(state.to_owned(), |status| format!("{state} {status}"));
        let length = call.duration_ms.map(wording::span);
        html! {
            <button
                type="button" class={self.class()} data-testid="call-row"
                data-call-id={call.call_id.clone()} aria-current={self.current()}
                onclick={self.choose()} title={format!("{} → {}", call.from, call.to)}
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

    fn stream(&self, stream: &Stream) -> Html {
        let codec = if stream.codec.is_empty() { "RTP" } else { &stream.codec };
        let mut more = if stream.encrypted { ", encrypted".to_owned() } else { String::new() };
        if !stream.dtmf.is_empty() {
            more = format!("{more}, digits {}", stream.dtmf);
        }
        html! {
            <button
                type="button" class={self.class()} data-testid="stream-row"
                data-ssrc={stream.ssrc.clone()} data-codec={stream.codec.clone()}
                data-packets={stream.packets.to_string()} data-lost={stream.lost.to_string()}
                aria-current={self.current()} onclick={self.choose()}
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

    fn transaction(&self, found: &Transaction) -> Html {
        html! {
            <button
                type="button" class={self.class()} data-testid="transaction-row"
                data-method={found.method.clone()} aria-current={self.current()}
                onclick={self.choose()}
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
        let bad = session.result != RecordingResult::Success;
        let who = if session.extension.is_empty() { &session.phone } else { &session.extension };
        html! {
            <button
                type="button" class={self.class()} data-testid="session-row"
                data-index={index.to_string()} aria-current={self.current()}
                onclick={self.choose()}
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

const fn call_class(state: CallState) -> &'static str {
    match state {
        CallState::Completed | CallState::Established => "good",
        CallState::Ringing | CallState::Cancelled | CallState::Unanswered => "",
        CallState::Failed => "bad",
    }
}
