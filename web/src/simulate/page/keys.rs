//! The keys that work wherever the focus is, unless something in focus wants them itself.

use crate::frame::Page;
use crate::simulate::diagram::View;
use crate::simulate::playing::Playing;
use crate::simulate::shown::Shown;
use crate::simulate::side::Tab;
use gloo::events::{EventListener, EventListenerOptions};
use gloo::utils::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

/// Keys and what they do.
pub(super) const KEYS: [(&str, &str); 14] = [
    ("← →", "a step back or forward"),
    ("Shift+← Shift+→", "to where something is said"),
    ("Home End", "first or last step"),
    ("Space", "play or pause"),
    ("↑ ↓", "a step, with the focus in the flow"),
    ("w", "what if this message went otherwise?"),
    ("1 2 3", "Actors, Message, Checks"),
    ("g", "ask what comes next before it is shown"),
    ("p", "fill the screen, in large type"),
    ("s", "distances even or to scale"),
    ("+ -", "larger or smaller"),
    ("/", "search the scenarios"),
    ("Esc", "close a menu"),
    ("?", "this list"),
];

/// What the keys do.
#[derive(Clone, PartialEq)]
pub(super) struct Keys {
    pub(super) lesson: Option<Shown>,
    pub(super) step: usize,
    pub(super) playing: Playing,
    pub(super) view: View,
    pub(super) on_step: Callback<usize>,
    pub(super) on_playing: Callback<Playing>,
    pub(super) on_view: Callback<View>,
    pub(super) on_what_if: Callback<usize>,
    pub(super) on_tab: Callback<Tab>,
    pub(super) on_present: Callback<()>,
    pub(super) on_close: Callback<()>,
    pub(super) on_help: Callback<()>,
}

/// Listens for keys as long as the page is there.
#[hook]
pub(super) fn use_keys(keys: Keys) {
    // The listener stays; what it does is what the keys do now.
    let latest = use_mut_ref(|| keys.clone());
    *latest.borrow_mut() = keys;
    use_effect_with((), move |()| {
        let active = EventListenerOptions::enable_prevent_default();
        let listener =
            EventListener::new_with_options(&window(), "keydown", active, move |event| {
                let event = event.unchecked_ref::<KeyboardEvent>();
                let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
                if modified || event.default_prevented() || !Page::Simulate.is_shown() {
                    return;
                }
                let keys = latest.borrow().clone();
                if keys.handle(event) {
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
            self.on_close.emit(());
            return true;
        }
        if is_within("input:not([type=range]), select, textarea, dialog, [role=dialog]") {
            return false;
        }
        match key.as_str() {
            "?" => self.on_help.emit(()),
            "/" => return focus_search(),
            key => {
                return self.lesson.as_ref().is_some_and(|lesson| {
                    let is_button = is_within("button, a, summary, [role=button]");
                    self.teach(lesson, key, event.shift_key(), is_button)
                });
            }
        }
        true
    }

    /// The keys that need a lesson.
    fn teach(&self, lesson: &Shown, key: &str, shift: bool, is_button: bool) -> bool {
        let last = lesson.steps.len().saturating_sub(1);
        let is_said =
            |step: &usize| lesson.steps.get(*step).is_some_and(|step| !step.facts.say.is_empty());
        match key {
            "ArrowRight" if shift => {
                self.on_step.emit((self.step + 1..last).find(is_said).unwrap_or(last));
            }
            "ArrowLeft" if shift => {
                self.on_step.emit((0..self.step).rev().find(is_said).unwrap_or(0));
            }
            "ArrowRight" => self.on_step.emit(self.step + 1),
            "ArrowLeft" => self.on_step.emit(self.step.saturating_sub(1)),
            "Home" => self.on_step.emit(0),
            "End" => self.on_step.emit(last),
            // A button in focus is pressed by it.
            " " if !is_button => self.on_playing.emit(self.playing.toggled()),
            "w" => self.on_what_if.emit(self.step),
            "g" => {
                let view = self.view;
                self.on_view.emit(View { has_preview: !view.has_preview, ..view });
            }
            "p" => self.on_present.emit(()),
            "s" => {
                let view = self.view;
                self.on_view.emit(View { is_scaled: !view.is_scaled, ..view });
            }
            "+" | "=" => self.on_view.emit(self.view.zoomed(true)),
            "-" => self.on_view.emit(self.view.zoomed(false)),
            "1" => self.on_tab.emit(Tab::Actors),
            "2" => self.on_tab.emit(Tab::Message),
            "3" => self.on_tab.emit(Tab::Checks),
            _ => return false,
        }
        true
    }
}

fn focus_search() -> bool {
    let found = document().query_selector(".catalogue .filter").ok().flatten();
    found.is_some_and(|search| search.unchecked_into::<HtmlElement>().focus().is_ok())
}
