//! The tabs over the middle pane.

use gloo::utils::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// A view of the part that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Who said what to whom.
    Flow,
    /// The same as a table.
    Messages,
    /// What was heard.
    Audio,
    /// How well it arrived.
    Quality,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Flow, Self::Messages, Self::Audio, Self::Quality];

    const fn title(self) -> &'static str {
        match self {
            Self::Flow => "Flow",
            Self::Messages => "Messages",
            Self::Audio => "Audio",
            Self::Quality => "Quality",
        }
    }

    const fn testid(self) -> &'static str {
        match self {
            Self::Flow => "tab-flow",
            Self::Messages => "tab-messages",
            Self::Audio => "tab-audio",
            Self::Quality => "tab-quality",
        }
    }

    /// Whether a file without packets has this view.
    #[must_use]
    pub const fn is_for_recordings(self) -> bool {
        matches!(self, Self::Audio | Self::Quality)
    }
}

/// A tab list by the book: one stop for Tab, arrow keys within. `enabled` are those that have
/// something to show.
pub fn tabs(open: Tab, enabled: &[Tab], on_open: &Callback<Tab>) -> Html {
    let onkeydown = {
        let (on_open, enabled) = (on_open.clone(), enabled.to_vec());
        let here = enabled.iter().position(|tab| *tab == open).unwrap_or(0);
        Callback::from(move |event: KeyboardEvent| {
            let count = enabled.len().max(1);
            let next = match event.key().as_str() {
                "ArrowRight" => (here + 1) % count,
                "ArrowLeft" => (here + count - 1) % count,
                "Home" => 0,
                "End" => count - 1,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            let Some(tab) = enabled.get(next) else { return };
            on_open.emit(*tab);
            if let Some(button) = document().get_element_by_id(tab.testid()) {
                // Only an element that is no longer in the page refuses.
                let _ = button.unchecked_into::<HtmlElement>().focus();
            }
        })
    };
    html! {
        <div class="tabs" role="tablist" aria-label="Views" {onkeydown}>
            { for Tab::ALL.map(|tab| {
                let is_open = tab == open;
                html! {
                    <button
                        type="button" role="tab" id={tab.testid()} data-testid={tab.testid()}
                        aria-selected={is_open.to_string()} aria-controls="view"
                        tabindex={if is_open { "0" } else { "-1" }}
                        disabled={!enabled.contains(&tab)}
                        onclick={on_open.reform(move |_: MouseEvent| tab)}
                    >
                        { tab.title() }
                    </button>
                }
            }) }
        </div>
    }
}

/// The id of a tab's button, by which its panel is named.
#[must_use]
pub const fn tab_id(tab: Tab) -> &'static str {
    tab.testid()
}
