//! Bytes taken apart: fields above, the bytes themselves below, the chosen field lit up in both.

use super::hex::hex;
use crate::protocol::Dissection;
use crate::wording;
use recscope_analyzer::Field;
use std::ops::Range;
use std::rc::Rc;
use yew::prelude::*;

/// How the bytes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raw {
    /// As text.
    Text,
    /// In hexadecimal.
    Hex,
}

/// Properties of [`DissectionView`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The fields.
    pub dissection: Rc<Dissection>,
    /// The bytes.
    pub bytes: Rc<Vec<u8>>,
    /// How they are shown at first.
    pub raw: Raw,
}

/// Fields and bytes.
#[component]
pub fn DissectionView(props: &Props) -> Html {
    let chosen = use_state_eq(|| None::<usize>);
    let raw = use_state_eq(|| props.raw);
    use_effect_with(props.dissection.clone(), {
        let chosen = chosen.setter();
        move |_| chosen.set(None)
    });
    let lit = chosen.and_then(|index| props.dissection.fields.get(index)).map_or(0..0, range);
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |index: usize| chosen.set((*chosen != Some(index)).then_some(index)))
    };
    html! {
        <div class="dissection">
            <div class="fields" role="group" aria-label="Fields">
                { for props.dissection.fields.iter().enumerate().map(|(index, field)| {
                    let onclick = choose.reform(move |_: MouseEvent| index);
                    let place = (props.raw == Raw::Hex).then(|| place_of(&props.bytes, field));
                    field_row(field, place, *chosen == Some(index), onclick)
                }) }
            </div>
            <div class="raw-tools">
                <div class="group" role="group" aria-label="Bytes shown as">
                    { for [(Raw::Text, "Text"), (Raw::Hex, "Hex")].map(|(kind, name)| html! {
                        <button
                            type="button" class="button" aria-pressed={(*raw == kind).to_string()}
                            onclick={ {
                                let raw = raw.clone();
                                Callback::from(move |_: MouseEvent| raw.set(kind))
                            } }
                        >
                            { name }
                        </button>
                    }) }
                </div>
                <span class="quiet">{ place(&props.dissection, props.bytes.len()) }</span>
            </div>
            { match *raw {
                Raw::Hex => hex(&props.bytes, &lit, props.dissection.offset.unwrap_or(0)),
                Raw::Text => text(&props.bytes, &lit),
            } }
        </div>
    }
}

fn place(dissection: &Dissection, len: usize) -> String {
    let packet = dissection.packet.map_or(String::new(), |packet| format!("packet {packet}, "));
    let offset = match dissection.offset {
        Some(offset) => format!(", offset {offset}"),
        None => ", from several packets".to_owned(),
    };
    format!("{packet}{len} bytes{offset}")
}

fn range(field: &Field) -> Range<usize> {
    let position = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    position(field.offset)..position(field.offset.saturating_add(field.len))
}

/// The bytes as text, what is no UTF-8 replaced.
fn text(bytes: &[u8], lit: &Range<usize>) -> Html {
    let end = lit.end.min(bytes.len());
    let start = lit.start.min(end);
    let part = |range: Range<usize>| {
        String::from_utf8_lossy(bytes.get(range).unwrap_or_default()).into_owned()
    };
    html! {
        <pre class="text" tabindex="0" role="region" aria-label="Text" data-testid="raw-text">
            { part(0..start) }
            if start < end { <mark>{ part(start..end) }</mark> }
            { part(end..bytes.len()) }
        </pre>
    }
}

fn field_row(
    field: &Field,
    place: Option<String>,
    is_chosen: bool,
    onclick: Callback<MouseEvent>,
) -> Html {
    html! {
        <button
            type="button" class={classes!("field", is_chosen.then_some("chosen"))}
            aria-pressed={is_chosen.to_string()} data-testid="field" data-name={field.name.clone()}
            {onclick}
        >
            <span class="field-name">{ &field.name }</span>
            <span class="field-value">{ &field.value }</span>
            { place.map(|place| html! { <span class="field-place">{ place }</span> }) }
            if !field.meaning.is_empty() {
                <span class="field-meaning">{ &field.meaning }</span>
            }
        </button>
    }
}

/// Where a field lies, and its first bytes.
fn place_of(bytes: &[u8], field: &Field) -> String {
    let range = range(field);
    let end = range.end.min(bytes.len()).min(range.start.saturating_add(8));
    let shown = bytes.get(range.start..end).unwrap_or_default();
    let hex: Vec<String> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
    let more = if range.end.saturating_sub(range.start) > shown.len() { " …" } else { "" };
    format!(
        "offset {}, {}  {}{more}",
        field.offset,
        wording::counted(field.len, "byte"),
        hex.join(" ")
    )
}
