//! One row of the diagram: a message, the beginning of a stream, a change of state, a remark.

use super::Scene;
use crate::components::svg;
use crate::simulate::symbol::origin;
use recscope_flow::appearance::Head;
use recscope_flow::layout::{ArrowShape, NoteShape, Row as Place, Shape, StateShape};
use recscope_flow::{Item, clock};
use recscope_simulator::lesson::Mark;
use std::rc::Rc;
use yew::prelude::*;

/// How a row is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It has happened.
    Past,
    /// It is the current step.
    Now,
    /// It comes next: a shadow that nobody can choose.
    Shadow,
}

/// Properties of [`Row`].
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// What it is a part of.
    pub(super) scene: Rc<Scene>,
    /// Which step.
    pub(super) index: usize,
    /// How it is shown.
    pub(super) look: Look,
    /// Whether it is a stream that has not ended at the current step.
    pub(super) is_running: bool,
}

/// The row. It is drawn anew only when something about it changes: of all that are in sight, a step
/// changes two or three.
#[component]
pub(super) fn Row(props: &Props) -> Html {
    let Props { scene, index, look, is_running } = props;
    let (scene, index) = (&**scene, *index);
    let flow = &scene.lesson.flow;
    let (Some(place), Some(shape), Some(item)) =
        (scene.layout.row(flow, index), scene.layout.shape(flow, index), flow.items.get(index))
    else {
        return Html::default();
    };
    if *look == Look::Shadow {
        return html! {
            <g class={classes!("step", "shadow", class(item, &shape))} aria-hidden="true">
                // What the row has besides when its time comes; its content stays as it is drawn.
                <></><></><></>
                { content(&shape, *is_running) }
                <></>
            </g>
        };
    }
    let is_now = *look == Look::Now;
    let title = title(scene, item);
    let onclick = {
        let (on_step, on_what_if) = (scene.on_step.clone(), scene.on_what_if.clone());
        let is_open = matches!(item, Item::Message(_) | Item::Media(_));
        Callback::from(move |_: MouseEvent| {
            on_step.emit(index);
            if is_open {
                on_what_if.emit(index);
            }
        })
    };
    let (testid, from, to) = match item {
        Item::Message(arrow) => ("flow-message", actor(scene, arrow.from), actor(scene, arrow.to)),
        Item::Media(band) => ("flow-media", actor(scene, band.from), actor(scene, band.to)),
        Item::State(change) => ("flow-state", actor(scene, change.actor), None),
        Item::Note(note) => ("flow-note", note.actor.and_then(|of| actor(scene, of)), None),
    };
    let mark = scene.lesson.mark(index);
    let written = written(scene, &place, index, &shape, *is_running);
    html! {
        <g
            class={classes!("step", class(item, &shape), is_now.then_some("now"), mark_class(mark))}
            role="button" tabindex={if is_now { "0" } else { "-1" }}
            aria-label={format!("{title}, {written}")}
            aria-current={is_now.then_some("step")} data-testid={testid}
            data-index={index.to_string()} data-step={index.to_string()}
            data-from={from} data-to={to} {onclick}
        >
            { ground(scene, &place) }
            { times(&place, item) }
            { difference(scene, &place, index, mark) }
            { content(&shape, *is_running) }
            <title>{ title }</title>
        </g>
    }
}

fn actor(scene: &Scene, index: usize) -> Option<String> {
    scene.lesson.flow.actors.get(index).map(|actor| actor.id.clone())
}

fn class(item: &Item, shape: &Shape) -> Classes {
    match (shape, item) {
        (Shape::Arrow(arrow), _) => {
            classes!("message", arrow.class.name(), arrow.protocol.name())
        }
        (Shape::Band(_), Item::Media(band)) if band.lost > 0 => classes!("band", "lossy"),
        (Shape::Band(_), _) => classes!("band"),
        (Shape::Note(_), Item::Note(note)) if note.text.starts_with("shows: ") => {
            classes!("note", "prompt")
        }
        (Shape::Note(_), Item::Note(note)) if note.text.starts_with("ignored: ") => {
            classes!("note", "ignored")
        }
        (Shape::Note(_), _) => classes!("note"),
        (Shape::State(_), _) => classes!("state"),
    }
}

const fn mark_class(mark: Mark) -> Option<&'static str> {
    match mark {
        Mark::Same => None,
        Mark::Moved => Some("moved"),
        Mark::Changed => Some("changed"),
        Mark::New => Some("new"),
    }
}

/// All that a step says, for a tool tip and for who does not see the diagram.
fn title(scene: &Scene, item: &Item) -> AttrValue {
    let flow = &scene.lesson.flow;
    let name =
        |index: usize| flow.actors.get(index).map_or("unknown", |actor| actor.label.as_str());
    let text = match item {
        Item::Message(arrow) => {
            let ends = format!("{} → {}", name(arrow.from), name(arrow.to));
            let lost = if arrow.delivery == recscope_flow::Delivery::Lost { ", lost" } else { "" };
            let detail = if arrow.detail.is_empty() { &arrow.label } else { &arrow.detail };
            format!("{ends}: {} {detail}{lost}", arrow.protocol.tag())
        }
        Item::Media(band) => format!("{} ⇒ {}: {}", name(band.from), name(band.to), band.label),
        Item::Note(note) => {
            let at = note.actor.map_or(String::new(), |actor| format!("{}: ", name(actor)));
            format!("{at}{}", note.text)
        }
        Item::State(change) => {
            format!("{}, {}: {} → {}", name(change.actor), change.machine, change.from, change.to)
        }
    };
    text.into()
}

/// All that is written in a row, in its order. It is part of the row's name, so that a row can be
/// called by what is read there.
fn written(scene: &Scene, row: &Place, index: usize, shape: &Shape, is_running: bool) -> String {
    let mut words = vec![clock::relative(row.time_us)];
    words.extend(delta(row));
    words.extend(Some(missing(scene, index)).filter(|count| *count > 0).map(|n| format!("−{n}")));
    match shape {
        Shape::Arrow(arrow) => {
            words.extend(arrow.tag.map(str::to_owned));
            words.push(arrow.label.text.clone());
            words.extend(arrow.badge.clone());
        }
        Shape::Band(band) => words.push(band_label(&band.label.text, is_running).to_owned()),
        Shape::Note(note) => words.extend(note.lines.iter().map(|line| line.text.clone())),
        Shape::State(state) => words.push(state.label.text.clone()),
    }
    words.join(" ")
}

fn ground(scene: &Scene, row: &Place) -> Html {
    let (y, height) = (row.content_y(), row.height - row.pause);
    svg::rect("row-ground", (2.0, y), (scene.layout.width - 4.0, height), 4.0)
}

/// The times at the left; the run's own, as they stand beside the explanation.
fn times(row: &Place, item: &Item) -> Html {
    html! {
        <>
            { svg::text("time", (row.time_x, row.time_baseline), clock::relative(item.time_us()).into()) }
            { delta(row).map(|delta| svg::text("delta", (row.delta_x, row.delta_baseline), delta.into())) }
        </>
    }
}

/// The time since the row before, where there is any.
fn delta(row: &Place) -> Option<String> {
    let delta = row.delta_us.filter(|delta| *delta != 0)?;
    Some(format!("+{}", clock::difference(delta)))
}

/// How many steps of the undisturbed run are missing before a row.
fn missing(scene: &Scene, index: usize) -> usize {
    scene.lesson.difference.as_ref().map_or(0, |difference| {
        difference.missing.iter().filter(|missing| missing.before == index).count()
    })
}

/// A bar at the left of what is different, and a line where something is missing.
fn difference(scene: &Scene, row: &Place, index: usize, mark: Mark) -> Html {
    let missing = missing(scene, index);
    let (y, bottom) = (row.content_y() + 2.0, row.y + row.height - 2.0);
    html! {
        <>
            if mark != Mark::Same {
                { svg::line("mark-bar", (4.0, y), (4.0, bottom)) }
            }
            if missing > 0 {
                <g class="missing">
                    <title>{ format!("missing here: {missing}") }</title>
                    { svg::line("missing-line", (28.0, row.y), (scene.layout.width - 2.0, row.y)) }
                    { svg::text("missing-count", (8.0, row.y + 3.5), format!("−{missing}").into()) }
                </g>
            }
        </>
    }
}

/// The shape itself; on the page and on paper.
pub(in crate::simulate) fn content(shape: &Shape, is_running: bool) -> Html {
    match shape {
        Shape::Arrow(shape) => arrow(shape),
        Shape::Band(shape) => html! {
            <>
                { svg::path("band-line", shape.line_path(), None) }
                { svg::label(&shape.label, html!(band_label(&shape.label.text, is_running).to_owned())) }
            </>
        },
        Shape::Note(shape) => note(shape),
        Shape::State(shape) => state(shape),
    }
}

/// How many packets a stream had is known when it is over.
fn band_label(whole: &str, is_running: bool) -> &str {
    if is_running { whole.split(',').next().unwrap_or(whole) } else { whole }
}

fn arrow(shape: &ArrowShape) -> Html {
    html! {
        <>
            { shaft(shape) }
            { caption(shape) }
        </>
    }
}

/// The line of an arrow and its head.
pub(in crate::simulate) fn shaft(shape: &ArrowShape) -> Html {
    let dash = shape.dash.pattern();
    html! {
        <>
            // Of length 1, so that the style can draw it bit by bit; a pattern has its own lengths.
            <path
                class="line" d={shape.line_path()} stroke-dasharray={dash}
                pathLength={dash.is_none().then_some("1")}
            />
            { svg::path(head_class(shape), shape.head_path(), None) }
        </>
    }
}

/// What an arrow says, and the sign where it begins.
pub(in crate::simulate) fn caption(shape: &ArrowShape) -> Html {
    let text = html! {
        <>
            { shape.tag.map(|tag| html! { <tspan class="tag">{ tag }{ " " }</tspan> }) }
            { &shape.label.text }
            { shape.badge.as_ref().map(|badge| html! { <tspan class="tag">{ " " }{ badge }</tspan> }) }
        </>
    };
    html! {
        <>
            { svg::path("origin", origin(shape.protocol, shape.x1, shape.y), None) }
            { svg::label(&shape.label, text) }
        </>
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

fn note(shape: &NoteShape) -> Html {
    html! {
        <>
            { svg::rect("box", (shape.x, shape.y), (shape.width, shape.height), 3.0) }
            { for shape.lines.iter().map(|line| svg::label(line, html!(&line.text))) }
        </>
    }
}

fn state(shape: &StateShape) -> Html {
    html! {
        <>
            { svg::rect("box", (shape.x, shape.y), (shape.width, shape.height), shape.height / 2.0) }
            { svg::label(&shape.label, html!(&shape.label.text)) }
        </>
    }
}
