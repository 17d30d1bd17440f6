//! One row of the flow.

use super::flow_view::Drawing;
use super::svg;
use crate::audio::Player;
use recscope_flow::appearance::Head;
use recscope_flow::layout::{ArrowShape, NoteShape, Shape, StateShape};
use recscope_flow::{Arrow, Flow, Item, clock};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// What choosing a row does, and whether it has been chosen.
pub struct Choice<'a> {
    /// Whether the row's message is the inspected one.
    pub is_chosen: bool,
    /// Called with the message to inspect.
    pub on_message: &'a Callback<usize>,
    /// Taken along to the time of a row that is chosen.
    pub player: &'a Player,
}

/// Time, difference, and the row's arrow, band, note or mark.
pub fn flow_row(Drawing { flow, layout }: &Drawing, index: usize, choice: &Choice<'_>) -> Html {
    let (Some(row), Some(shape), Some(item)) =
        (layout.row(flow, index), layout.shape(flow, index), flow.items.get(index))
    else {
        return Html::default();
    };
    let at = clock::relative(row.time_us);
    let delta = row.delta_us.filter(|delta| *delta != 0);
    let delta = delta.map(|delta| format!("+{}", clock::difference(delta)));
    let delta = delta.unwrap_or_default();
    let times = format!("{at} {delta}");
    let time = html! {
        <>
            { svg::text("time", (row.time_x, row.time_baseline), at.into()) }
            { svg::text("delta", (row.delta_x, row.delta_baseline), delta.into()) }
        </>
    };
    let (class, content, title) = match (shape, item) {
        (Shape::Arrow(shape), Item::Message(arrow)) => {
            let size = (layout.width, row.height);
            let before =
                html! { <>{ svg::rect("row-ground", (0.0, row.y), size, 0.0) }{ time }</> };
            return message(flow, arrow, &shape, (before, &times), index, choice);
        }
        (Shape::Band(shape), Item::Media(band)) => (
            if band.lost > 0 { "band lossy" } else { "band" },
            html! {
                <>
                    { svg::path("band-line", shape.line_path(), None) }
                    { svg::label(&shape.label, html!(&shape.label.text)) }
                </>
            },
            band.label.clone(),
        ),
        (Shape::Note(shape), Item::Note(remark)) => ("note", note(&shape), remark.text.clone()),
        (Shape::State(shape), Item::State(change)) => {
            ("state", state(&shape), format!("{}: {} → {}", change.machine, change.from, change.to))
        }
        _ => return Html::default(),
    };
    html! { <g {class} key={index}>{ time }{ content }<title>{ title }</title></g> }
}

fn message(
    flow: &Flow,
    arrow: &Arrow,
    shape: &ArrowShape,
    (before, times): (Html, &str),
    index: usize,
    choice: &Choice<'_>,
) -> Html {
    let choose = {
        let (player, on_message) = (choice.player.clone(), choice.on_message.clone());
        let (source, time) = (arrow.source, arrow.time_us);
        Callback::from(move |()| {
            if let Some(start) = player.track().start {
                player.seek(time as f64 / 1e6 - start);
            }
            if let Some(source) = source {
                on_message.emit(source);
            }
        })
    };
    let onclick = choose.reform(|_: MouseEvent| ());
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let here = event.current_target().map(JsCast::unchecked_into::<Element>);
        match event.key().as_str() {
            "Enter" | " " => choose.emit(()),
            "ArrowDown" => move_focus(here.as_ref(), Element::next_element_sibling),
            "ArrowUp" => move_focus(here.as_ref(), Element::previous_element_sibling),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    });
    let actor = |index: usize| flow.actors.get(index);
    let name = |index: usize| actor(index).map_or("?", |actor| actor.label.as_str());
    let id = |index: usize| actor(index).map(|actor| actor.id.clone());
    let title =
        AttrValue::from(format!("{} → {}: {}", name(arrow.from), name(arrow.to), arrow.detail));
    // What can be read is part of the name, so that it can also be called by it.
    let (tag, badge) = (shape.tag.unwrap_or_default(), shape.badge.as_deref().unwrap_or_default());
    let name = format!("{title}, {times} {tag} {} {badge}", shape.label.text);
    let text = html! {
        <>
            { shape.tag.map(|tag| html! { <tspan class="tag">{ tag }{ " " }</tspan> }) }
            { &shape.label.text }
            { shape.badge.as_ref().map(|badge| html! { <tspan class="tag">{ " " }{ badge }</tspan> }) }
        </>
    };
    let chosen = choice.is_chosen.then_some("chosen");
    html! {
        <g
            key={index} class={classes!("message", shape.class.name(), shape.protocol.name(), chosen)}
            role="button" tabindex="0" aria-label={name}
            aria-pressed={if choice.is_chosen { "true" } else { "false" }}
            data-testid="flow-message" data-index={arrow.source.map(|source| source.to_string())}
            data-from={id(arrow.from)} data-to={id(arrow.to)} {onclick} {onkeydown}
        >
            { before }
            { svg::path("line", shape.line_path(), shape.dash.pattern()) }
            { svg::path(head_class(shape), shape.head_path(), None) }
            { svg::label(&shape.label, text) }
            <title>{ title }</title>
        </g>
    }
}

const fn head_class(shape: &ArrowShape) -> &'static str {
    match (shape.cross_x, shape.head) {
        (Some(_), _) => "cross",
        (None, Head::Open) => "head open",
        (None, Head::Hollow) => "head hollow",
        (None, Head::Filled | Head::Barred) => "head",
    }
}

/// Focuses the next message in one direction; rows of other kinds are passed over.
fn move_focus(from: Option<&Element>, step: fn(&Element) -> Option<Element>) {
    let mut next = from.and_then(step);
    while let Some(element) = next {
        if element.has_attribute("tabindex") {
            // Only an element that is no longer in the page refuses.
            let _ = element.unchecked_into::<HtmlElement>().focus();
            return;
        }
        next = step(&element);
    }
}

fn note(shape: &NoteShape) -> Html {
    html! {
        <>
            { svg::rect("box", (shape.x, shape.y), (shape.width, shape.height), 3.0) }
            { for shape.lines.iter().map(|line| svg::label(line, html!(&line.text))) }
        </>
    }
}

fn state(shape: &StateShape) -> Html {
    let round = shape.height / 2.0;
    html! {
        <>
            { svg::rect("box", (shape.x, shape.y), (shape.width, shape.height), round) }
            { svg::label(&shape.label, html!(&shape.label.text)) }
        </>
    }
}
