//! A scenario of the user's own: dropped on the page as a file, or written in the editor.

use crate::frame::Page;
use crate::simulate::editor::{Draft, read};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::utils::window;
use recscope_simulator::lesson::{Setup, Source};
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File};
use yew::prelude::*;

/// What the page needs of it.
pub(super) struct Own {
    /// What is in the editor, while that is open.
    pub(super) draft: Option<Draft>,
    /// Why a dropped file could not be read.
    pub(super) trouble: Option<String>,
    /// Whether something hovers that can be dropped.
    pub(super) is_over: bool,
    /// Opens a scenario in the editor.
    pub(super) edit: Callback<Source>,
    /// Puts a changed text in the place of the one before.
    pub(super) change: Callback<Draft>,
    /// Plays what was written.
    pub(super) play: Callback<Draft>,
    /// Closes the editor.
    pub(super) close: Callback<()>,
}

/// Takes the files that are dropped on the page, and keeps what is written. `play` is called with
/// what is to be played.
#[hook]
pub(super) fn use_own(play: &Callback<Setup>) -> Own {
    let draft = use_state_eq(|| None::<Draft>);
    let trouble = use_state_eq(|| None::<String>);
    let is_over = use_state_eq(|| false);
    let edit = {
        let setter = draft.setter();
        Callback::from(move |source: Source| setter.set(Some(Draft::of(&source))))
    };
    let change = {
        let (draft, trouble) = (draft.setter(), trouble.setter());
        Callback::from(move |changed: Draft| {
            changed.keep();
            trouble.set(None);
            draft.set(Some(changed));
        })
    };
    let close = {
        let setter = draft.setter();
        Callback::from(move |()| setter.set(None))
    };
    let play = {
        let (play, draft) = (play.clone(), draft.setter());
        Callback::from(move |written: Draft| {
            written.keep();
            draft.set(None);
            play.emit(written.setup());
        })
    };
    let take = {
        let (play, change, trouble) = (play.clone(), change.clone(), trouble.setter());
        Callback::from(move |read: Result<Draft, String>| match read {
            // A mistake is shown where it can be mended.
            Ok(draft) if draft.problem().is_some() => change.emit(draft),
            Ok(draft) => {
                trouble.set(None);
                play.emit(draft);
            }
            Err(sentence) => trouble.set(Some(sentence)),
        })
    };
    // The listeners stay; what they call is what is to be called now.
    let latest = use_mut_ref(|| take.clone());
    *latest.borrow_mut() = take;
    use_effect_with((), {
        let is_over = is_over.setter();
        move |()| {
            let listeners = listeners(&is_over, move |file| {
                let take = latest.borrow().clone();
                read(file, take);
            });
            move || drop(listeners)
        }
    });
    Own {
        draft: (*draft).clone(),
        trouble: (*trouble).clone(),
        is_over: *is_over,
        edit,
        change,
        play,
        close,
    }
}

/// Puts the text into a setup that has only the name of a scenario of the user's own, as links do.
#[must_use]
pub(super) fn with_text(setup: Setup) -> Setup {
    let Source::Own { name, text } = &setup.source else { return setup };
    let kept = if text.is_empty() { Draft::kept() } else { None };
    match kept.filter(|kept| kept.name == *name) {
        Some(Draft { name, text }) => Setup { source: Source::Own { name, text }, ..setup },
        None => setup,
    }
}

fn listeners(is_over: &UseStateSetter<bool>, take: impl Fn(File) + 'static) -> [EventListener; 3] {
    let active = EventListenerOptions::enable_prevent_default();
    let over = is_over.clone();
    let on_over = EventListener::new_with_options(&window(), "dragover", active, move |event| {
        if Page::Simulate.is_shown() {
            event.prevent_default();
            over.set(true);
        }
    });
    let left = is_over.clone();
    let on_leave = EventListener::new(&window(), "dragleave", move |event| {
        // It leaves one element for another until there is no other.
        if event.unchecked_ref::<DragEvent>().related_target().is_none() {
            left.set(false);
        }
    });
    let dropped = is_over.clone();
    let on_drop = EventListener::new_with_options(&window(), "drop", active, move |event| {
        dropped.set(false);
        if !Page::Simulate.is_shown() || event.default_prevented() {
            return;
        }
        event.prevent_default();
        let transfer = event.unchecked_ref::<DragEvent>().data_transfer();
        if let Some(file) = transfer.and_then(|transfer| transfer.files()?.get(0)) {
            take(file);
        }
    });
    [on_over, on_leave, on_drop]
}
