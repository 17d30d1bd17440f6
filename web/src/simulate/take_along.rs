//! Taking a flow along: as a link, a capture, a drawing, a text or on paper.

use super::client::{Client, Refusal};
use super::protocol::Export;
use super::raster;
use crate::components::icon::Icon;
use crate::download::{REFUSED, download, download_blob};
use gloo::utils::window;
use js_sys::{Array, Reflect, Uint8Array};
use recscope_simulator::lesson::{Setup, Source};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{CustomEvent, CustomEventInit, Element, File, HtmlElement, HtmlInputElement, Node};
use yew::prelude::*;

/// Properties of [`TakeAlong`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Who makes the files.
    pub client: Client,
    /// What they are made of.
    pub setup: Setup,
    /// Gives what leads here again; the same one at every step.
    pub link: Callback<(), AttrValue>,
    /// Called to write a scenario of one's own that begins with this one.
    pub on_edit: Callback<Source>,
}

/// What can be had as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As the worker makes it.
    File(Export),
    /// The drawing in pixels.
    Picture,
}

impl Form {
    /// Those behind the menu button; a capture has a button of its own.
    const DRAWN: [Self; 5] = [
        Self::File(Export::Svg),
        Self::Picture,
        Self::File(Export::Mermaid),
        Self::File(Export::Text),
        Self::File(Export::Json),
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::File(Export::Pcap) => "Capture (pcap)",
            Self::File(Export::Svg) => "Drawing (SVG)",
            Self::File(Export::Mermaid) => "Diagram for wikis (Mermaid)",
            Self::File(Export::Text) => "Text",
            Self::File(Export::Json) => "Data (JSON)",
            Self::Picture => "Picture (PNG)",
        }
    }

    const fn testid(self) -> &'static str {
        match self {
            Self::File(Export::Pcap) => "save-pcap",
            Self::File(Export::Svg) => "save-svg",
            Self::File(Export::Mermaid) => "save-mermaid",
            Self::File(Export::Text) => "save-text",
            Self::File(Export::Json) => "save-json",
            Self::Picture => "save-png",
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::File(export) => export.ending(),
            Self::Picture => "png",
        }
    }

    /// What the worker makes for it.
    const fn export(self) -> Export {
        match self {
            Self::File(export) => export,
            Self::Picture => Export::Svg,
        }
    }
}

/// What is to be said about the last thing that was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
enum Word {
    #[default]
    Nothing,
    Done(AttrValue),
    Trouble(AttrValue),
    /// The browser lets no page copy; here is the link to copy by hand.
    Link(AttrValue),
}

/// Buttons that take the flow along.
#[component]
pub fn TakeAlong(props: &Props) -> Html {
    let word = use_state_eq(Word::default);
    let say = {
        let setter = word.setter();
        Callback::from(move |word| setter.set(word))
    };
    let make = {
        let (client, setup, say) = (props.client.clone(), props.setup.clone(), say.clone());
        move |export: Export, then: Callback<Uint8Array>| {
            let say = say.clone();
            let reply = Callback::from(move |made: Result<Uint8Array, Refusal>| match made {
                Ok(file) => then.emit(file),
                Err(refusal) => say.emit(Word::Trouble(refusal.to_string().into())),
            });
            client.export(&setup, export, reply);
        }
    };
    let stem = stem(&props.setup);
    let save = {
        let (make, say, stem) = (make.clone(), say.clone(), stem.clone());
        Callback::from(move |form: Form| {
            let (say, name) = (say.clone(), format!("{stem}.{}", form.ending()));
            let then = Callback::from(move |file| keep(form, name.clone(), file, say.clone()));
            make(form.export(), then);
        })
    };
    let copy = {
        let (say, link) = (say.clone(), props.link.clone());
        Callback::from(move |_: MouseEvent| copy_link(link.emit(()), say.clone()))
    };
    let analyze = Callback::from(move |_: MouseEvent| {
        let (say, name) = (say.clone(), format!("{stem}.pcap"));
        let then = Callback::from(move |capture: Uint8Array| {
            if hand_over(&name, &capture).is_err() {
                say.emit(Word::Trouble("the browser cannot hand the capture over".into()));
            }
        });
        make(Export::Pcap, then);
    });
    // Another run has nothing to do with what was said of the last one.
    use_effect_with(props.setup.clone(), {
        let setter = word.setter();
        move |_| setter.set(Word::Nothing)
    });
    html! {
        <div class="take-along" role="group" aria-label="Take along">
            <button
                type="button" class="button" data-testid="copy-link"
                title="Copy a link to this scenario, its settings, its faults and this step"
                onclick={copy}
            >
                { Icon::Link.html() }{ "Copy link" }
            </button>
            { saving(Form::File(Export::Pcap), "pcap", &save) }
            <Menu on_choose={save} />
            <button
                type="button" class="button" data-testid="print" title="The whole flow with its explanations, on paper"
                onclick={|_: MouseEvent| {
                    // The only failure is a page that may not print, and then nothing happens.
                    let _ = window().print();
                }}
            >
                { Icon::Print.html() }{ "Print" }
            </button>
            <button
                type="button" class="button" data-testid="open-in-analyze"
                title="Hand the capture over to the Analyze page" onclick={analyze}
            >
                { "Open in Analyze" }
            </button>
            <button
                type="button" class="button" data-testid="edit-scenario"
                title="Write a scenario of your own, beginning with this one"
                onclick={props.on_edit.reform({
                    let source = props.setup.source.clone();
                    move |_: MouseEvent| source.clone()
                })}
            >
                { "Edit" }
            </button>
            <span class="word" role="status">{ shown(&word) }</span>
        </div>
    }
}

fn saving(form: Form, title: &'static str, save: &Callback<Form>) -> Html {
    html! {
        <button
            type="button" class="button" data-testid={form.testid()}
            title={format!("Save as {}", form.title())}
            onclick={save.reform(move |_: MouseEvent| form)}
        >
            { Icon::Save.html() }{ title }
        </button>
    }
}

fn shown(word: &Word) -> Html {
    match word {
        Word::Nothing => Html::default(),
        Word::Done(what) => html! { <span class="good">{ what }</span> },
        Word::Trouble(sentence) => html! {
            <span class="trouble" role="alert" data-testid="error">{ sentence }</span>
        },
        Word::Link(link) => html! {
            <input
                class="filter" readonly=true value={link.clone()} aria-label="Link, to be copied by hand"
                onfocus={|event: FocusEvent| {
                    event.target_unchecked_into::<HtmlInputElement>().select();
                }}
            />
        },
    }
}

/// The name of a setup's files, without ending: that of its scenario.
fn stem(setup: &Setup) -> String {
    let name = setup.source.name();
    name.strip_suffix(".toml").unwrap_or(name).to_owned()
}

/// Saves what the worker made.
fn keep(form: Form, name: String, file: Uint8Array, say: Callback<Word>) {
    spawn_local(async move {
        let kept = match form {
            Form::File(export) => {
                download(&name, &file, export.media_type()).map_err(|_| REFUSED.to_owned())
            }
            Form::Picture => match raster::picture(&file.to_vec()).await {
                Ok(blob) => download_blob(&name, &blob).map_err(|_| REFUSED.to_owned()),
                Err(sentence) => Err(sentence),
            },
        };
        say.emit(match kept {
            Ok(()) => Word::Done(format!("saved {name}").into()),
            Err(sentence) => Word::Trouble(sentence.into()),
        });
    });
}

/// Gives a capture to the Analyze page.
fn hand_over(name: &str, capture: &Uint8Array) -> Result<(), JsValue> {
    let file = File::new_with_u8_array_sequence(&Array::of1(capture), name)?;
    let detail = CustomEventInit::new();
    detail.set_detail(&file);
    let event = CustomEvent::new_with_event_init_dict("recscope-hand-over", &detail)?;
    window().dispatch_event(&event).map(drop)
}

fn copy_link(link: AttrValue, say: Callback<Word>) {
    spawn_local(async move {
        say.emit(match copied(&link).await {
            Ok(()) => Word::Done("link copied".into()),
            Err(()) => Word::Link(link),
        });
    });
}

/// Puts text on the clipboard; pages that were not loaded securely have none.
async fn copied(text: &str) -> Result<(), ()> {
    let navigator = window().navigator();
    let clipboard = Reflect::get(&navigator, &"clipboard".into()).map_err(drop)?;
    if clipboard.is_undefined() {
        return Err(());
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await.map(drop).map_err(drop)
}

/// Properties of [`Menu`].
#[derive(Properties, PartialEq)]
struct MenuProps {
    on_choose: Callback<Form>,
}

/// The forms of a drawing, behind one button.
#[component]
fn Menu(props: &MenuProps) -> Html {
    let open = use_state_eq(|| false);
    let (menu, button) = (use_node_ref(), use_node_ref());
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let close = {
        let setter = open.setter();
        let button = button.clone();
        Rc::new(move || {
            setter.set(false);
            if let Some(button) = button.cast::<HtmlElement>() {
                // Only an element that is no longer in the page refuses.
                let _ = button.focus();
            }
        })
    };
    let onkeydown = {
        let (open, close) = (open.clone(), close.clone());
        Callback::from(move |event: KeyboardEvent| {
            if *open && event.key() == "Escape" {
                event.stop_propagation();
                close();
            }
        })
    };
    let onfocusout = {
        let (setter, menu) = (open.setter(), menu.clone());
        Callback::from(move |event: FocusEvent| {
            let to = event.related_target().and_then(|to| to.dyn_into::<Node>().ok());
            if !menu.cast::<Element>().is_some_and(|menu| menu.contains(to.as_ref())) {
                setter.set(false);
            }
        })
    };
    let choose = {
        let on_choose = props.on_choose.clone();
        Callback::from(move |form: Form| {
            on_choose.emit(form);
            close();
        })
    };
    html! {
        <span class="menu" ref={menu} {onkeydown} {onfocusout}>
            <button
                ref={button} type="button" class="button" data-testid="save-as"
                aria-expanded={open.to_string()} onclick={toggle}
            >
                { Icon::Save.html() }{ "Save as" }
            </button>
            if *open {
                <span class="menu-items">
                    { for Form::DRAWN.map(|form| saving(form, form.title(), &choose)) }
                </span>
            }
        </span>
    }
}
