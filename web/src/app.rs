//! The Analyze page's program: what it loads, and what is around the page.

use crate::client::Client;
use crate::client::assets::{Engine, load_samples};
use crate::components::help::Help;
use crate::frame::{Header, Page};
use crate::pages::analyze::Analyze;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

/// Loads what is needed and shows the page.
pub fn start() {
    let Some(root) = Page::Analyze.root() else { return };
    spawn_local(async move {
        match load().await {
            Ok(props) => {
                yew::Renderer::<App>::with_root_and_props(root, props).render();
            }
            Err(sentence) => Page::Analyze.excuse(&sentence),
        }
    });
}

async fn load() -> Result<Props, String> {
    let engine = Engine::load("app.js").await?;
    let samples = Rc::new(load_samples().await?);
    Ok(Props { client: Client::new(engine), samples })
}

/// Properties of [`App`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The way to the worker.
    pub client: Client,
    /// The samples, in the order in which they are offered.
    pub samples: Rc<Vec<File>>,
}

/// Keys and what they do.
const KEYS: [(&str, &str); 10] = [
    ("Space", "play or pause"),
    ("← →", "a second back or on; with Shift five"),
    ("Home End", "to the beginning or end"),
    ("1 2 3 4", "Flow, Messages, Audio, Quality"),
    ("↑ ↓", "the next file, call or message"),
    ("Enter", "open what has the focus"),
    ("/", "filter"),
    ("o", "open files"),
    ("Esc", "close the message"),
    ("?", "this list"),
];

/// All of the page.
#[component]
pub fn App(props: &Props) -> Html {
    let help = use_state_eq(|| false);
    let open_help = {
        let help = help.setter();
        Callback::from(move |()| help.set(true))
    };
    let close_help = {
        let help = help.setter();
        Callback::from(move |()| help.set(false))
    };
    html! {
        <>
            <Header page={Page::Analyze} on_help={open_help.clone()} />
            <Analyze
                client={props.client.clone()} samples={props.samples.clone()} on_help={open_help} />
            <Help
                open={*help} keys={&KEYS[..]} on_close={close_help}
                note="Files are read in this browser and go nowhere else."
            />
        </>
    }
}
