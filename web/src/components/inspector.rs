//! The right pane: the chosen message, the recording's header, or the facts of what is looked at.

use super::details::details;
use super::dissection::{DissectionView, Raw};
use super::icon::Icon;
use crate::client::Client;
use crate::client::answer::{Asked, use_answer};
use crate::client::attachment;
use crate::files::Selection;
use crate::protocol::{Answer, Question, Summary};
use crate::same::Same;
use js_sys::Uint8Array;
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`Inspector`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Whom to ask.
    pub client: Client,
    /// What is looked at.
    pub selection: Selection,
    /// Its file's findings.
    pub summary: Same<Summary>,
    /// The message to show, if one is chosen.
    pub message: Option<usize>,
    /// Called when the message is to be put away.
    pub on_close: Callback<()>,
}

/// One message in full, or what is known about the rest.
#[component]
pub fn Inspector(props: &Props) -> Html {
    let is_recording = props.summary.report.recording.is_some();
    let question = match props.message {
        Some(index) => Some(Question::Message(index)),
        None if is_recording => Some(Question::Header),
        None => None,
    };
    let asked = use_answer(
        &props.client,
        question.clone().map(|question| (props.selection.file, question)),
    );
    let bytes = use_memo(asked.clone(), |asked| match asked {
        Asked::Answered(answer) if matches!(answer.0, Answer::Bytes(_)) => {
            Some(Rc::new(attachment::<Uint8Array>(&answer.1, 0).to_vec()))
        }
        _ => None,
    });
    let dissection = match &asked {
        Asked::Answered(answer) => match &answer.0 {
            Answer::Bytes(dissection) => Some(dissection.clone()),
            _ => None,
        },
        _ => None,
    };
    let title = match props.message {
        Some(_) => "Message",
        None if is_recording => "Header",
        None => "Details",
    };
    let close = props.on_close.reform(|_: MouseEvent| ());
    html! {
        <aside class="inspector" aria-label="Inspector" data-testid="inspector">
            <div class="pane-tools">
                <h2>{ title }</h2>
                if props.message.is_some() {
                    <button
                        type="button" class="button plain" aria-label="Close message"
                        title="Close (Esc)" onclick={close}
                    >
                        { Icon::Close.html() }
                    </button>
                }
            </div>
            { match (&asked, dissection, (*bytes).clone()) {
                _ if question.is_none() => details(props.selection.part, &props.summary),
                (Asked::Refused(sentence), _, _) => html! {
                    <p class="notice" role="alert" data-testid="error">{ sentence }</p>
                },
                (_, Some(dissection), Some(bytes)) => html! {
                    <DissectionView
                        {dissection} {bytes}
                        raw={if props.message.is_some() { Raw::Text } else { Raw::Hex }}
                    />
                },
                _ => Html::default(),
            } }
        </aside>
    }
}
