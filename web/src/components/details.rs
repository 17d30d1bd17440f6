//! The facts of a file or one of its parts, and what was irregular about it.

use super::facts;
use crate::files::Part;
use crate::protocol::Summary;
use crate::wording;
use recscope_analyzer::report::{Finding, Report};
use recscope_analyzer::{Weight, remarks};
use yew::prelude::*;

/// Facts and warnings of `part` of a file.
pub fn details(part: Part, summary: &Summary) -> Html {
    let report = &summary.report;
    let part = match part {
        Part::Call(call) => report.calls.get(call).map(|call| ("Call", facts::call(call))),
        Part::Stream(stream) => {
            report.streams.get(stream).map(|stream| ("Stream", facts::stream(stream)))
        }
        Part::Session(session) => {
            let session = report.recording_sessions.get(session);
            session.map(|session| ("Recording", facts::session(session)))
        }
        Part::Transaction(transaction) => {
            let transaction = report.transactions.get(transaction);
            transaction.map(|found| ("Transaction", facts::transaction(found)))
        }
        Part::Whole => None,
    };
    let file = match (&report.capture, &report.recording) {
        (Some(capture), _) => facts::capture(report, summary.messages, capture),
        (None, Some(recording)) => facts::recording(report.file.kind, recording),
        (None, None) => Vec::new(),
    };
    html! {
        <div class="details scroller" tabindex="0">
            { standing_out(report) }
            { part.map(|(title, facts)| html! {
                <section><h3>{ title }</h3>{ facts::list(facts) }</section>
            }) }
            <section><h3>{ "File" }</h3>{ facts::list(file) }</section>
            { warnings(&report.warnings, report.warnings_omitted) }
        </div>
    }
}

/// Warnings and remarks shown at once.
const MOST: usize = 200;

/// The causes to look at first, above everything else.
fn standing_out(report: &Report) -> Html {
    let remarks = remarks(report);
    if remarks.is_empty() {
        return html! {
            <section>
                <h3>{ "What stands out" }</h3>
                <p class="quiet">{ "Nothing: no fault was found." }</p>
            </section>
        };
    }
    let more = remarks.len().saturating_sub(MOST) as u64;
    html! {
        <section>
            <h3>{ "What stands out" }</h3>
            <ul class="plain remarks" data-testid="remarks">
                { for remarks.into_iter().take(MOST).map(|remark| match remark.weight {
                    Weight::Fault => html! {
                        <li class="fault"><span aria-label="fault">{ "✗ " }</span>{ remark.text }</li>
                    },
                    Weight::Hint => html! {
                        <li><span aria-label="hint">{ "! " }</span>{ remark.text }</li>
                    },
                }) }
            </ul>
            if more > 0 {
                <p class="quiet">{ format!("and {} more", wording::count(more)) }</p>
            }
        </section>
    }
}

/// What was irregular, with where.
fn warnings(warnings: &[Finding], omitted: u64) -> Html {
    if warnings.is_empty() {
        return Html::default();
    }
    let more = warnings.len().saturating_sub(MOST) as u64 + omitted;
    html! {
        <section>
            <h3>{ "Irregular" }</h3>
            <ul class="plain warnings">
                { for warnings.iter().take(MOST).map(|warning| html! {
                    <li>
                        { &warning.message }
                        <span class="quiet">{ wording::place(warning) }</span>
                    </li>
                }) }
            </ul>
            if more > 0 {
                <p class="quiet">{ format!("and {} more", wording::count(more)) }</p>
            }
        </section>
    }
}
