//! A file: name, state, and what was found in it.

use super::icon::Icon;
use super::parts::Parts;
use crate::files::{Entry, Part, Selection, State, is_recording};
use crate::protocol::{FileId, Summary};
use crate::wording;
use recscope_analyzer::report::{Report, Status};
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`FileRow`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The file.
    pub entry: Rc<Entry>,
    /// What is looked at in it, if anything.
    pub selected: Option<Part>,
    /// Lower-case text that calls and streams have to contain.
    pub filter: AttrValue,
    /// Called with what to look at.
    pub on_select: Callback<Selection>,
    /// Called with a file to stop reading or to remove.
    pub on_close: Callback<FileId>,
}

/// The file's row and, below it, those of its parts.
#[component]
pub fn FileRow(props: &Props) -> Html {
    let Entry { id, name, size, state } = &*props.entry;
    let id = *id;
    let close = props.on_close.reform(move |_: MouseEvent| id);
    let readable = props.entry.summary();
    let select = use_callback((id, props.on_select.clone()), |part, (file, on_select)| {
        on_select.emit(Selection { file: *file, part });
    });
    let is_reading = state.is_reading();
    let icon = match readable {
        Some(summary) if is_recording(summary.report.file.kind) => Icon::Wave,
        _ => Icon::Capture,
    };
    let chosen = props.selected == Some(Part::Whole);
    html! {
        <section
            class="file" data-testid="file-row" data-name={name} data-kind={kind(state)}
            data-state={state_name(state)} aria-label={name} aria-busy={is_reading.to_string()}
        >
            <div class="file-head">
                <button
                    type="button" class={classes!("row", "file-name", chosen.then_some("chosen"))}
                    aria-current={chosen.to_string()} disabled={readable.is_none()}
                    onclick={select.reform(|_: MouseEvent| Part::Whole)}
                >
                    { icon.html() }
                    <span class="row-text">
                        <span class="row-title" title={name}>{ name }</span>
                        <span class="row-detail">{ detail(state, *size) }</span>
                    </span>
                </button>
                if is_reading {
                    <button type="button" class="button" data-testid="cancel" onclick={close}>
                        { "Cancel" }
                    </button>
                } else {
                    <button
                        type="button" class="button plain" aria-label={format!("Close {name}")}
                        title="Close" onclick={close}
                    >
                        { Icon::Close.html() }
                    </button>
                }
            </div>
            if is_reading {
                <progress
                    max={size.max(1.0).to_string()} value={read(state).to_string()}
                    aria-label={format!("Reading {name}")}
                />
            }
            { trouble(state) }
            if let Some(summary) = readable {
                <Parts
                    summary={summary.clone()} selected={props.selected}
                    filter={props.filter.clone()} on_select={select}
                />
            }
        </section>
    }
}

const fn read(state: &State) -> f64 {
    match state {
        State::Reading { bytes, .. } => *bytes,
        _ => 0.0,
    }
}

fn kind(state: &State) -> Option<&'static str> {
    match state {
        State::Read(summary) => Some(wording::kind_id(summary.report.file.kind)),
        _ => None,
    }
}

fn state_name(state: &State) -> &'static str {
    match state {
        State::Waiting | State::Reading { .. } => "reading",
        State::Failed(_) => "failed",
        State::Read(summary) => match summary.report.status {
            Status::Whole => "done",
            Status::Damaged => "damaged",
            Status::Unreadable => "failed",
        },
    }
}

fn detail(state: &State, size: f64) -> String {
    let size = wording::bytes(size);
    match state {
        State::Waiting => format!("{size}, waiting"),
        State::Reading { bytes, rate } => {
            format!("{} of {size}, {}/s", wording::bytes(*bytes), wording::bytes(*rate))
        }
        State::Failed(_) => size,
        State::Read(summary) => match summary.report.status {
            Status::Unreadable => size,
            _ => format!("{}, {size}{}", wording::kind(summary.report.file.kind), packets(summary)),
        },
    }
}

fn packets(summary: &Summary) -> String {
    let capture = summary.report.capture.as_ref();
    capture.map_or(String::new(), |capture| {
        format!(", {}", wording::counted(capture.packets, "packet"))
    })
}

/// What is wrong with the file, in a sentence.
fn trouble(state: &State) -> Html {
    let (class, sentence) = match state {
        State::Failed(sentence) => ("trouble", sentence.to_string()),
        State::Read(summary) => match (summary.report.status, &summary.report) {
            (Status::Unreadable, Report { error: Some(error), .. }) => {
                ("trouble", format!("{}{}", error.message, wording::place(error)))
            }
            (Status::Damaged, Report { warnings, .. }) => {
                let Some(first) = warnings.first() else { return Html::default() };
                let more = warnings.len() as u64 - 1 + summary.report.warnings_omitted;
                let more = match more {
                    0 => String::new(),
                    more => format!("; and {} more", wording::count(more)),
                };
                ("damage", format!("{}{}{more}", first.message, wording::place(first)))
            }
            _ => return Html::default(),
        },
        _ => return Html::default(),
    };
    let testid = (class == "trouble").then_some("error");
    html! { <p {class} role="status" data-testid={testid.unwrap_or("damage")}>{ sentence }</p> }
}
