//! The keys, on request.

use super::icon::Icon;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

/// Properties of [`Help`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Whether it is open.
    pub open: bool,
    /// Keys and what they do.
    pub keys: &'static [(&'static str, &'static str)],
    /// A sentence below them.
    pub note: AttrValue,
    /// Called when it is closed.
    pub on_close: Callback<()>,
}

/// A dialog; the browser keeps the focus in it and gives it back.
#[component]
pub fn Help(props: &Props) -> Html {
    let dialog = use_node_ref();
    use_effect_with((dialog.clone(), props.open), |(dialog, open)| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            match (*open, dialog.open()) {
                // Fails only for a dialog that is open or not in the page.
                (true, false) => drop(dialog.show_modal()),
                (false, true) => dialog.close(),
                _ => {}
            }
        }
    });
    let close = props.on_close.reform(|_: MouseEvent| ());
    html! {
        <dialog
            ref={dialog} class="help" aria-label="Keys"
            onclose={props.on_close.reform(|_: Event| ())}
        >
            <div class="pane-tools">
                <h2>{ "Keys" }</h2>
                <button type="button" class="button plain" aria-label="Close" onclick={close}>
                    { Icon::Close.html() }
                </button>
            </div>
            <dl class="keys">
                { for props.keys.iter().map(|(key, effect)| html! {
                    <div>
                        <dt>{ for key.split(' ').map(|key| html! { <kbd>{ key }</kbd> }) }</dt>
                        <dd>{ *effect }</dd>
                    </div>
                }) }
            </dl>
            <p class="quiet">{ props.note.clone() }</p>
        </dialog>
    }
}
