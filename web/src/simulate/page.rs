//! The page: the catalogue at the left, and what is chosen of it.

use super::address;
use super::client::Client;
use super::route::{PAGE, Route};
use crate::client::assets::Engine;
use crate::frame::{Header, Page, use_ready};
use recscope_simulator::scenario::{Changes, catalogue};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Loads what is needed and shows the page.
pub fn start() {
    let Some(root) = Page::Simulate.root() else { return };
    spawn_local(async move {
        match Engine::load("simulate.js").await {
            Ok(engine) => {
                let client = Client::new(engine);
                yew::Renderer::<Simulate>::with_root_and_props(root, Props { client }).render();
            }
            Err(sentence) => Page::Simulate.excuse(&sentence),
        }
    });
}

/// Properties of [`Simulate`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The way to the worker.
    pub client: Client,
}

/// All of the page.
#[component]
pub fn Simulate(props: &Props) -> Html {
    let route = use_state_eq(|| Route::parse(&address::current().unwrap_or_default()).0);
    address::use_address({
        let route = route.setter();
        Callback::from(move |(followed, _)| route.set(followed))
    });
    let played = super::client::use_lesson(&props.client, route.setup.as_ref());
    let rows = catalogue().iter().filter_map(|entry| entry.scenario(&Changes::default()).ok());
    let html = html! {
        <>
            <Header page={Page::Simulate} on_help={Callback::noop()} />
            <main class="simulate">
                <ul>
                    { for rows.map(|scenario| html! {
                        <li>
                            <a
                                href={format!("{PAGE}/{}", scenario.id)}
                                data-testid="scenario-row" data-id={scenario.id.clone()}
                            >
                                { scenario.title.clone() }
                            </a>
                        </li>
                    }) }
                </ul>
                if let Some(lesson) = &played.lesson {
                    <div
                        data-testid="step" data-index={route.step.to_string()}
                        data-count={lesson.steps.len().to_string()}
                    >
                        { lesson.title.clone() }
                    </div>
                }
            </main>
        </>
    };
    use_ready(Page::Simulate);
    html
}
