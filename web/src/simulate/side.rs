//! Below the explanation: the actors, the message's bytes, or what had to come of it all.

use super::actors::Actors;
use super::bytes::Bytes;
use super::checks::Checks;
use super::shown::Shown;
use gloo::utils::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// A view of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// How everyone stands.
    Actors,
    /// The bytes of the current message.
    Message,
    /// What had to come of it, and what is different.
    Checks,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Actors, Self::Message, Self::Checks];

    const fn title(self) -> &'static str {
        match self {
            Self::Actors => "Actors",
            Self::Message => "Message",
            Self::Checks => "Checks",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Actors => "tab-actors",
            Self::Message => "tab-message",
            Self::Checks => "tab-checks",
        }
    }
}

/// Properties of [`Side`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is stepped through.
    pub lesson: Shown,
    /// The current step.
    pub step: usize,
    /// The open view.
    pub tab: Tab,
    /// Called with another one.
    pub on_tab: Callback<Tab>,
}

/// The views.
#[component]
pub fn Side(props: &Props) -> Html {
    let Props { lesson, step, tab, on_tab } = props;
    let onkeydown = {
        let (on_tab, tab) = (on_tab.clone(), *tab);
        Callback::from(move |event: KeyboardEvent| {
            let here = Tab::ALL.iter().position(|known| *known == tab).unwrap_or(0);
            let count = Tab::ALL.len();
            let next = match event.key().as_str() {
                "ArrowRight" => (here + 1) % count,
                "ArrowLeft" => (here + count - 1) % count,
                "Home" => 0,
                "End" => count - 1,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            let Some(tab) = Tab::ALL.get(next) else { return };
            on_tab.emit(*tab);
            if let Some(button) = document().get_element_by_id(tab.id()) {
                // Only an element that is no longer in the page refuses.
                let _ = button.unchecked_into::<HtmlElement>().focus();
            }
        })
    };
    let failed = lesson.expectations.iter().filter(|expected| !expected.ok).count();
    html! {
        <div class="side">
            <div class="tabs" role="tablist" aria-label="Views" {onkeydown}>
                { for Tab::ALL.map(|known| {
                    let is_open = known == *tab;
                    html! {
                        <button
                            type="button" role="tab" id={known.id()} data-testid={known.id()}
                            aria-selected={is_open.to_string()} aria-controls="side-view"
                            tabindex={if is_open { "0" } else { "-1" }}
                            onclick={on_tab.reform(move |_: MouseEvent| known)}
                        >
                            { known.title() }
                            if known == Tab::Checks && failed > 0 {
                                <span class="count bad">{ format!(" ✗ {failed}") }</span>
                            }
                        </button>
                    }
                }) }
            </div>
            <div
                class="scroller side-view" id="side-view" role="tabpanel" aria-labelledby={tab.id()}
                tabindex="0"
            >
                { match tab {
                    Tab::Actors => html! { <Actors lesson={lesson.clone()} {step} /> },
                    Tab::Message => html! { <Bytes lesson={lesson.clone()} {step} /> },
                    Tab::Checks => html! { <Checks lesson={lesson.clone()} /> },
                } }
            </div>
        </div>
    }
}
