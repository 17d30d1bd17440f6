//! Saving what the worker makes as a file.

use crate::client::{Client, Reply, attachment};
use crate::protocol::{Answer, FileId, Question};
use gloo::timers::callback::Timeout;
use gloo::utils::document;
use js_sys::{Array, Uint8Array};
use recscope_analyzer::{AudioRequest, FlowScope};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};
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
                    Ok((answer, attachments)) => deliver(&name, &answer, &attachments)
                        .err()
                        .map(|_| "the browser did not take the file".into()),
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

/// How long a download may take to begin.
const KEPT_MS: u32 = 60_000;

fn deliver(name: &str, answer: &Answer, attachments: &Array) -> Result<(), JsValue> {
    let (content, kind): (JsValue, _) = match answer {
        Answer::Svg(text) => (text.into(), "image/svg+xml"),
        _ => (attachment::<Uint8Array>(attachments, 0).into(), "audio/wav"),
    };
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = Array::of1(&content);
    let blob = if content.is_string() {
        Blob::new_with_str_sequence_and_options(&parts, &options)
    } else {
        Blob::new_with_u8_array_sequence_and_options(&parts, &options)
    }?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // Not every browser has taken hold of the blob by the time that the click returns.
    Timeout::new(KEPT_MS, move || {
        // It was made above, so it can be revoked.
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Ok(())
}
