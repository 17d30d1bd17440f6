//! The left pane: files, and in each its calls, streams and recordings.

use super::file_row::FileRow;
use crate::files::{Files, Selection};
use crate::protocol::FileId;
use crate::wording::lower_case;
use std::rc::Rc;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Properties of [`FileList`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The files.
    pub files: Rc<Files>,
    /// Called with what to look at.
    pub on_select: Callback<Selection>,
    /// Called with a file to stop reading or to remove.
    pub on_close: Callback<FileId>,
    /// Called when more files are to be picked.
    pub on_pick: Callback<()>,
}

/// Files and a filter for what is in them.
#[component]
pub fn FileList(props: &Props) -> Html {
    let filter = use_state_eq(AttrValue::default);
    let list = use_node_ref();
    let oninput = {
        let filter = filter.setter();
        Callback::from(move |event: InputEvent| {
            let text = event.target_unchecked_into::<HtmlInputElement>().value();
            filter.set(lower_case(text.trim()).into());
        })
    };
    let onkeydown = {
        let list = list.clone();
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                _ => return,
            };
            if let Some(list) = list.cast::<Element>()
                && step_focus(&list, step)
            {
                event.prevent_default();
                event.stop_propagation();
            }
        })
    };
    html! {
        <nav class="files" aria-label="Files and calls">
            <div class="pane-tools">
                <input
                    type="search" class="filter" placeholder="Filter calls and streams"
                    aria-label="Filter calls and streams" {oninput}
                />
                <button
                    type="button" class="button" title="Open more files; or drop them anywhere"
                    onclick={props.on_pick.reform(|_: MouseEvent| ())}
                >
                    { "Open…" }
                </button>
            </div>
            <div class="scroller" ref={list} {onkeydown}>
                { for props.files.entries.iter().map(|entry| {
                    let selected = props.files.selection.filter(|chosen| chosen.file == entry.id);
                    html! {
                        <FileRow
                            key={entry.id.0} entry={entry.clone()} filter={(*filter).clone()}
                            selected={selected.map(|selection| selection.part)}
                            on_select={props.on_select.clone()} on_close={props.on_close.clone()}
                        />
                    }
                }) }
            </div>
        </nav>
    }
}

/// Focuses the row after or before the one in focus; false if none is.
fn step_focus(list: &Element, step: i32) -> bool {
    let Ok(rows) = list.query_selector_all("button.row") else { return false };
    let focused = gloo::utils::document().active_element();
    let count = i32::try_from(rows.length()).unwrap_or(i32::MAX);
    let here = (0..count).find(|index| {
        let row = rows.item(index.unsigned_abs());
        row.is_some_and(|row| {
            focused.as_ref().is_some_and(|focused| focused.is_same_node(Some(&row)))
        })
    });
    let Some(here) = here else { return false };
    let next = rows.item((here + step).clamp(0, count - 1).unsigned_abs());
    if let Some(next) = next {
        // Only an element that is no longer in the page refuses.
        let _ = wasm_bindgen::JsCast::unchecked_into::<HtmlElement>(next).focus();
    }
    true
}
