//! All the ways in which files come: picker, drop, paste, and the other page.

use crate::frame::Page;
use crate::intake::{Load, from_list};
use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{ClipboardEvent, CustomEvent, DataTransfer, DragEvent, File, HtmlInputElement};
use yew::prelude::*;

/// What the page needs of it.
pub(super) struct Opening {
    /// The pickers, to be put anywhere in the page.
    pub(super) input: Html,
    /// Asks for files.
    pub(super) pick: Callback<()>,
    /// Asks for a folder.
    pub(super) pick_folder: Callback<()>,
    /// Whether files are being dragged over the page.
    pub(super) is_over: bool,
}

/// Calls `open` with files, whichever way they come.
#[hook]
pub(super) fn use_opening(open: &Callback<Vec<File>>) -> Opening {
    let (files, folder) = (use_node_ref(), use_node_ref());
    let is_over = use_state_eq(|| false);
    let open_ref = use_mut_ref(|| open.clone());
    *open_ref.borrow_mut() = open.clone();
    use_effect_with((), {
        let is_over = is_over.setter();
        move |()| {
            let open_later = open_ref.clone();
            let take = move |transfer: Option<DataTransfer>| {
                let load = transfer.map(|transfer| Load::of(&transfer)).unwrap_or_default();
                let (taken, open) = (!load.is_empty(), open_ref.borrow().clone());
                if taken {
                    spawn_local(async move { open.emit(load.into_files().await) });
                }
                taken
            };
            let listeners = listeners(&is_over, take);
            let hand_over = Page::Analyze.root().map(|root| {
                EventListener::new(&root, "recscope-open", move |event| {
                    let file = event.unchecked_ref::<CustomEvent>().detail().dyn_into::<File>();
                    let open = open_later.borrow().clone();
                    open.emit(file.into_iter().collect());
                })
            });
            move || drop((listeners, hand_over))
        }
    });
    let onchange = {
        let open = open.clone();
        Callback::from(move |event: Event| {
            let input = event.target_unchecked_into::<HtmlInputElement>();
            let chosen = input.files().map(|list| from_list(&list)).unwrap_or_default();
            // So that the same file can be chosen again.
            input.set_value("");
            open.emit(chosen);
        })
    };
    let click = |node: NodeRef| {
        Callback::from(move |()| {
            if let Some(input) = node.cast::<HtmlInputElement>() {
                input.click();
            }
        })
    };
    Opening {
        input: html! {
            <div class="pickers">
                <input
                    type="file" multiple=true data-testid="file-input" ref={files.clone()}
                    aria-label="Choose files" tabindex="-1" onchange={onchange.clone()}
                />
                <input
                    type="file" webkitdirectory=true data-testid="folder-input" ref={folder.clone()}
                    aria-label="Choose a folder" tabindex="-1" {onchange}
                />
            </div>
        },
        pick: click(files),
        pick_folder: click(folder),
        is_over: *is_over,
    }
}

/// Listens on the whole window, so that a file dropped beside the mark is not opened by the
/// browser in the page's place.
fn listeners(
    is_over: &UseStateSetter<bool>,
    take: impl Fn(Option<DataTransfer>) -> bool + Clone + 'static,
) -> Vec<EventListener> {
    let window = gloo::utils::window();
    let active = EventListenerOptions::enable_prevent_default();
    let over = is_over.clone();
    let on_over = EventListener::new_with_options(&window, "dragover", active, move |event| {
        if !Page::Analyze.is_shown() {
            return;
        }
        event.prevent_default();
        let transfer = event.unchecked_ref::<DragEvent>().data_transfer();
        let files = transfer.is_some_and(|transfer| transfer.types().includes(&"Files".into(), 0));
        over.set(files);
    });
    let leave = is_over.clone();
    let on_leave = EventListener::new(&window, "dragleave", move |event| {
        // Without a place that the pointer goes to, it leaves the window.
        if event.unchecked_ref::<DragEvent>().related_target().is_none() {
            leave.set(false);
        }
    });
    let (dropped, take_drop) = (is_over.clone(), take.clone());
    let on_drop = EventListener::new_with_options(&window, "drop", active, move |event| {
        if !Page::Analyze.is_shown() {
            return;
        }
        event.prevent_default();
        dropped.set(false);
        take_drop(event.unchecked_ref::<DragEvent>().data_transfer());
    });
    let on_paste = EventListener::new_with_options(&window, "paste", active, move |event| {
        if Page::Analyze.is_shown()
            && take(event.unchecked_ref::<ClipboardEvent>().clipboard_data())
        {
            event.prevent_default();
        }
    });
    vec![on_over, on_leave, on_drop, on_paste]
}
