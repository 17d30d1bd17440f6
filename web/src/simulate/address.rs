//! The link in the browser's address bar: read, followed, and kept up to date.

use super::route::{PAGE, Route};
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use gloo::utils::window;
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use web_sys::History;
use yew::prelude::*;

/// The link, or nothing while another page is shown.
#[must_use]
pub fn current() -> Option<String> {
    window().location().hash().ok().filter(|hash| hash.starts_with(PAGE))
}

/// How a new link takes the place of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The browser's Back leads to the one before.
    Push,
    /// It does not: a step is no place to go back to.
    Replace,
}

thread_local! {
    /// A replacement that is about to be written, and of which link it takes the place.
    static DUE: RefCell<Option<(String, Option<String>, Timeout)>> = const { RefCell::new(None) };
}

/// Browsers complain when the address changes more than 20 times a second.
const PAUSE_MS: u32 = 100;

/// Shows `route` in the address bar. The page itself has to know already: nobody is told.
pub fn show(route: &Route, change: Change) {
    let link = route.to_string();
    match change {
        Change::Replace => {
            let timeout = Timeout::new(PAUSE_MS, settle);
            // Drops the one before, which cancels it.
            DUE.set(Some((link, current(), timeout)));
        }
        Change::Push => {
            settle();
            write(&link, |history| history.push_state_with_url(&JsValue::NULL, "", Some(&link)));
        }
    }
}

/// Writes the replacement that is due, if there is one.
fn settle() {
    // Somebody may have gone elsewhere, and the event that tells so be on its way.
    if let Some((link, ..)) = DUE.take().filter(|(_, before, _)| *before == current()) {
        write(&link, |history| history.replace_state_with_url(&JsValue::NULL, "", Some(&link)));
    }
}

fn write(link: &str, change: impl FnOnce(History) -> Result<(), JsValue>) {
    if current().is_some_and(|current| current != link) {
        // Fails only for an address of another site.
        let _ = window().history().and_then(change);
    }
}

/// The whole link to a route, to be handed to somebody.
#[must_use]
pub fn link(route: &Route) -> String {
    let here = window().location().href().unwrap_or_default();
    let base = here.split('#').next().unwrap_or_default();
    format!("{base}{route}")
}

/// Calls `follow` with the route of the address bar, whenever the user changes that: by a link, by
/// Back and Forward, by hand. With it come sentences about what makes no sense in it.
#[hook]
pub fn use_address(follow: Callback<(Route, Vec<String>)>) {
    let latest = use_mut_ref(|| follow.clone());
    *latest.borrow_mut() = follow;
    use_effect_with((), move |()| {
        let go = move |_: &Event| {
            // What was about to be written is of the entry that was left.
            DUE.set(None);
            if let Some(link) = current() {
                let follow = latest.borrow().clone();
                follow.emit(Route::parse(&link));
            }
        };
        // `hashchange` comes for Back and Forward, too.
        let listener = EventListener::new(&window(), "hashchange", go);
        move || drop(listener)
    });
}
