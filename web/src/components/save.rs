//! Saving what the worker makes as a file.

use crate::client::{Client, Reply, attachment};
use crate::download::{REFUSED, download};
use crate::protocol::{Answer, FileId, Question};
use js_sys::{Array, Uint8Array};
use recscope_analyzer::{AudioRequest, FlowScope};
use wasm_bindgen::JsValue;
use yew::prelude::*;

/// What to save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Save {
    /// A flow as SVG.
    Svg(FlowScope),
    /// Samples as a WAVE file.
    Wav(AudioRequest),
}

/// Properties of [`SaveButton`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Whom to ask.
    pub client: Client,
    /// The file it is made from.
    pub file: FileId,
    /// What is made.
    pub save: Save,
    /// The name it is saved by.
    pub name: AttrValue,
    /// Hook for tests.
    pub testid: AttrValue,
    /// What the button shows.
    pub children: Html,
}

/// A button that asks the worker for a file and hands it to the browser's downloads.
#[component]
pub fn SaveButton(props: &Props) -> Html {
    let client = props.client.clone();
    let busy = use_state_eq(|| false);
    let refused = use_state_eq(|| None::<AttrValue>);
    let onclick = {
        let (busy, refused) = (busy.setter(), refused.setter());
        let (file, save, name) = (props.file, props.save, props.name.clone());
        Callback::from(move |_: MouseEvent| {
            busy.set(true);
            let question = match save {
                Save::Svg(scope) => Question::Svg(scope),
                Save::Wav(request) => Question::Wav(request),
            };
            let (busy, refused, name) = (busy.clone(), refused.clone(), name.clone());
            let reply = Callback::from(move |reply: Reply| {
                busy.set(false);
                refused.set(match reply {
                    Ok((answer, attachments)) => {
                        deliver(&name, &answer, &attachments).err().map(|_| REFUSED.into())
                    }
                    Err(sentence) => Some(sentence.into()),
                });
            });
            client.ask(file, question, reply);
        })
    };
    html! {
        <>
            { (*refused).clone().map(|sentence| html! {
                <span class="trouble" role="alert" data-testid="error">{ sentence }</span>
            }) }
            <button
                type="button" class="button" data-testid={props.testid.clone()}
                disabled={*busy} title={format!("Save as {}", props.name)} {onclick}
            >
                { props.children.clone() }
            </button>
        </>
    }
}

fn deliver(name: &str, answer: &Answer, attachments: &Array) -> Result<(), JsValue> {
    match answer {
        Answer::Svg(text) => download(name, &text.into(), "image/svg+xml"),
        _ => download(name, &attachment::<Uint8Array>(attachments, 0).into(), "audio/wav"),
    }
}
