//! The keys that work wherever the focus is, unless something in focus wants them itself.

use crate::audio::Player;
use crate::components::tabs::Tab;
use crate::frame::Page;
use gloo::events::{EventListener, EventListenerOptions};
use gloo::utils::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

/// What the keys do.
#[derive(Clone, PartialEq)]
pub(super) struct Keys {
    pub(super) player: Player,
    pub(super) enabled: Vec<Tab>,
    pub(super) on_tab: Callback<Tab>,
    pub(super) on_close_message: Callback<()>,
    pub(super) on_pick: Callback<()>,
    pub(super) on_help: Callback<()>,
}

/// Listens for keys as long as the page is there.
#[hook]
pub(super) fn use_keys(keys: Keys) {
    use_effect_with(keys, |keys| {
        let keys = keys.clone();
        let active = EventListenerOptions::enable_prevent_default();
        let listener =
            EventListener::new_with_options(&window(), "keydown", active, move |event| {
                let event = event.unchecked_ref::<KeyboardEvent>();
                let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
                let free = !modified && !event.default_prevented() && Page::Analyze.is_shown();
                if free && keys.handle(event) {
                    event.prevent_default();
                }
            });
        move || drop(listener)
    });
}

impl Keys {
    /// Does what the key stands for; false if it stands for nothing here.
    fn handle(&self, event: &KeyboardEvent) -> bool {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_within = |selector: &str| {
            target
                .as_ref()
                .is_some_and(|target| target.closest(selector).is_ok_and(|hit| hit.is_some()))
        };
        let key = event.key();
        if key == "Escape" && !is_within("dialog") {
            self.on_close_message.emit(());
            return true;
        }
        if is_within("input, select, textarea, dialog") {
            return false;
        }
        let step = if event.shift_key() { 5.0 } else { 1.0 };
        match key.as_str() {
            // A button in focus is pressed by it.
            " " if !is_within("button, [role=button]") => self.player.toggle(),
            "ArrowRight" => self.player.seek(self.player.position() + step),
            "ArrowLeft" => self.player.seek(self.player.position() - step),
            "Home" if !is_within(".scroller") => self.player.seek(0.0),
            "End" if !is_within(".scroller") => self.player.seek(self.player.track().duration()),
            "1" | "2" | "3" | "4" => {
                let tab = ["1", "2", "3", "4"].iter().position(|name| *name == key);
                let tab = tab.and_then(|index| Tab::ALL.get(index));
                if let Some(tab) = tab.filter(|tab| self.enabled.contains(tab)) {
                    self.on_tab.emit(*tab);
                }
            }
            "/" => return focus_filter(),
            "o" => self.on_pick.emit(()),
            "?" => self.on_help.emit(()),
            _ => return false,
        }
        true
    }
}

/// Focuses the filter of the middle pane, or else that of the file list.
fn focus_filter() -> bool {
    let found = ["#view .filter", ".filter"]
        .into_iter()
        .find_map(|selector| document().query_selector(selector).ok().flatten());
    match found {
        Some(filter) => filter.unchecked_into::<HtmlElement>().focus().is_ok(),
        None => false,
    }
}
