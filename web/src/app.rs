//! The frame around the pages: name, navigation, theme, help.

use crate::client::Client;
use crate::client::assets::{Engine, load_samples};
use crate::components::help::Help;
use crate::components::icon::Icon;
use crate::pages::analyze::Analyze;
use crate::theme::Theme;
use gloo::utils::{body, document};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

/// Loads what is needed and shows the page.
pub fn start() {
    let Some(root) = document().get_element_by_id("app") else { return };
    spawn_local(async move {
        match load().await {
            Ok(props) => {
                yew::Renderer::<App>::with_root_and_props(root, props).render();
            }
            Err(sentence) => {
                if let Ok(Some(notice)) = document().query_selector("#boot p") {
                    notice.set_text_content(Some(&sentence));
                }
            }
        }
    });
}

async fn load() -> Result<Props, String> {
    let engine = Engine::load().await?;
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

/// All of the page.
#[component]
pub fn App(props: &Props) -> Html {
    let theme = use_state_eq(Theme::remembered);
    let help = use_state_eq(|| false);
    use_effect_with((), |()| {
        // The hook that tests wait for; a body takes any attribute.
        let _ = body().set_attribute("data-ready", "true");
    });
    let switch = {
        let theme = theme.clone();
        Callback::from(move |_: MouseEvent| {
            let next = theme.next();
            next.apply();
            theme.set(next);
        })
    };
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
            <header class="bar">
                <span class="brand">{ "Recscope" }</span>
                <nav aria-label="Pages">
                    <a href="#/analyze" aria-current="page">{ "Analyze" }</a>
                </nav>
                <span class="privacy quiet">{ "Nothing leaves this browser" }</span>
                <button
                    type="button" class="button plain" data-testid="theme"
                    title={format!("Theme: {}; press for {}", theme.name(), theme.next().name())}
                    aria-label={format!("Theme: {}", theme.name())} onclick={switch}
                >
                    { Icon::Theme.html() }
                    <span class="theme-name">{ theme.name() }</span>
                </button>
                <button
                    type="button" class="button plain" aria-label="Keys" title="Keys (?)"
                    onclick={open_help.reform(|_: MouseEvent| ())}
                >
                    { "?" }
                </button>
            </header>
            <Analyze
                client={props.client.clone()} samples={props.samples.clone()} on_help={open_help} />
            <Help open={*help} on_close={close_help} />
        </>
    }
}
