//! The whole flow on paper: every step with its arrow and what there is to say about it.
//!
//! Each step is a row of a table, so that no page ends in the middle of one, and the heads of the
//! life-lines stand at the top of every page. Nothing depends on colour: lines are told apart by
//! their dashes and heads.

use super::diagram::{caption, content, shaft};
use super::explanation::{in_words, rules};
use super::shown::Shown;
use crate::components::svg;
use gloo::events::EventListener;
use gloo::utils::window;
use recscope_flow::clock;
use recscope_flow::layout::{
    ArrowShape, BandShape, Layout, LayoutOptions, LifeLine, Part, Row, Shape, layout,
};
use recscope_simulator::lesson::{Lesson, Step};
use std::collections::BTreeSet;
use yew::prelude::*;

/// The width in px that the diagram is laid out for; on paper it is scaled to its column.
const WIDTH: f64 = 520.0;

/// Properties of [`Printed`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is printed.
    pub lesson: Shown,
}

/// What is on paper instead of the page. It is there only while the browser prints.
#[component]
pub fn Printed(props: &Props) -> Html {
    let printing = use_state_eq(|| false);
    use_effect_with((), {
        let setter = printing.setter();
        move |()| {
            let begins = setter.clone();
            let listeners = [
                EventListener::new(&window(), "beforeprint", move |_| begins.set(true)),
                EventListener::new(&window(), "afterprint", move |_| setter.set(false)),
            ];
            move || drop(listeners)
        }
    });
    html! {
        <div class="printed" data-testid="printed" aria-hidden="true">
            if *printing {
                { sheet(&props.lesson) }
            }
        </div>
    }
}

fn sheet(lesson: &Lesson) -> Html {
    let layout = layout(&lesson.flow, &LayoutOptions::fit(&lesson.flow, WIDTH));
    // A rule is told in full where it is cited first.
    let mut told = BTreeSet::new();
    let rows = lesson.steps.iter().enumerate().map(|(index, step)| {
        html! {
            <tr key={index} data-testid="printed-step" data-index={index.to_string()}>
                <td class="strip">{ strip(lesson, &layout, index) }</td>
                <td>{ explained(lesson, step, index, &mut told) }</td>
            </tr>
        }
    });
    let rows: Html = rows.collect();
    html! {
        <>
            <h1>{ &lesson.title }</h1>
            <p>{ &lesson.summary }</p>
            { circumstances(lesson) }
            <table>
                <thead>
                    <tr>
                        <th class="strip">{ heads(&layout) }</th>
                        <th>{ "What happens, and why" }</th>
                    </tr>
                </thead>
                <tbody>{ rows }</tbody>
            </table>
            { outcome(lesson) }
        </>
    }
}

/// Where it comes from, and what was changed.
fn circumstances(lesson: &Lesson) -> Html {
    let changed = lesson.settings.iter().filter(|setting| setting.value != setting.default);
    html! {
        <ul>
            <li>{ format!("Scenario {}, seed {}", lesson.id, lesson.seed) }</li>
            { for changed.map(|setting| html! {
                <li>{ format!("{}: {} instead of {}", setting.label, setting.value, setting.default) }</li>
            }) }
            { for lesson.faults.iter().map(|fault| html! {
                <li>{ "On purpose: " }<code>{ fault }</code></li>
            }) }
        </ul>
    }
}

fn outcome(lesson: &Lesson) -> Html {
    if lesson.expectations.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h2>{ "What was expected" }</h2>
            <ul>
                { for lesson.expectations.iter().map(|expectation| html! {
                    <li>
                        { if expectation.ok { "✓ " } else { "✗ " } }{ &expectation.text }
                        if !expectation.ok {
                            { format!(" ({})", expectation.found) }
                        }
                    </li>
                }) }
            </ul>
        </>
    }
}

/// What there is to say about a step.
fn explained(
    lesson: &Lesson,
    step: &Step,
    index: usize,
    told: &mut BTreeSet<&'static str>,
) -> Html {
    let facts = &step.facts;
    let cited = rules(facts).into_iter().map(|rule| {
        let text = if told.insert(rule.id) { rule.text } else { "" };
        html! { <p class="cited"><b>{ rule.id }</b>{ " " }{ text }</p> }
    });
    let cited: Html = cited.collect();
    html! {
        <>
            <p><span class="number">{ index + 1 }</span>{ " " }<b>{ &facts.summary }</b></p>
            { for facts.say.iter().map(|said| html! { <p>{ &said.text }</p> }) }
            if facts.say.is_empty() {
                <p>{ in_words(lesson, facts) }</p>
            }
            { cited }
        </>
    }
}

fn heads(layout: &Layout) -> Html {
    let head = |line: &LifeLine| {
        let size = (line.head_width, line.head_height);
        html! {
            <g>
                { svg::rect("head-box", (line.head_x, line.head_y), size, 4.0) }
                { svg::text("actor", (line.x, line.label_y), html!(&line.label)) }
                { svg::text("actor-detail", (line.x, line.detail_y), html!(&line.detail)) }
            </g>
        }
    };
    html! {
        <svg viewBox={format!("0 0 {:.1} {:.1}", layout.width, layout.head_height)}>
            { for layout.lifelines.iter().map(head) }
        </svg>
    }
}

/// The part of the diagram that belongs to one step, over what goes on to the next row however high
/// this one becomes by its explanation: life-lines, streams, and arrows that take their time.
fn strip(lesson: &Lesson, layout: &Layout, index: usize) -> Html {
    let (Some(row), Some(shape)) =
        (layout.row(&lesson.flow, index), layout.shape(&lesson.flow, index))
    else {
        return Html::default();
    };
    let (width, top, bottom) = (layout.width, row.y, row.y + row.height);
    let view = |top: f64| format!("0 {top:.1} {width:.1} {:.1}", bottom - top);
    let (mut through, mut arriving) = (Vec::new(), Vec::new());
    for from in layout.slants_across(top) {
        let Some(Shape::Arrow(arrow)) = layout.shape(&lesson.flow, from) else { continue };
        match arrow.part(top, bottom) {
            Some(Part::Line(from, to)) => through.push(stretch(&arrow, from, to)),
            Some(Part::End(rest)) => arriving.push(shaft(&rest)),
            None => {}
        }
    }
    // What sets out here leaves its life-line at the height of its label, and from there takes all
    // the room that the row has.
    let setting_out = match &shape {
        Shape::Arrow(arrow) => match arrow.part(top, bottom) {
            Some(Part::Line(from, to)) => Some((from.1, stretch(arrow, from, to))),
            _ => None,
        },
        Shape::Band(band) => Some((band.y, rail(band))),
        Shape::Note(_) | Shape::State(_) => None,
    };
    let content = match &shape {
        Shape::Arrow(arrow) if setting_out.is_some() => {
            html! { <g class="message">{ caption(arrow) }</g> }
        }
        shape => drawn(shape),
    };
    html! {
        <>
            <svg class="lines" viewBox={view(top)} preserveAspectRatio="none">
                { for layout.lifelines.iter().map(|line| {
                    svg::line("lifeline", (line.x, top), (line.x, bottom))
                }) }
                { for rails(lesson, layout, &row, index) }
                { for through }
            </svg>
            if let Some((from, line)) = setting_out {
                <div class="lines setting-out">
                    <svg viewBox={format!("0 0 {width:.1} {:.1}", from - top)} />
                    <svg viewBox={view(from)} preserveAspectRatio="none">{ line }</svg>
                </div>
            }
            <svg class="step" viewBox={view(top)}>
                { svg::text("time", (row.time_x, row.time_baseline), clock::relative(row.time_us).into()) }
                <g class="message">{ for arriving }</g>
                { content }
            </svg>
        </>
    }
}

/// A part of an arrow that goes on below.
fn stretch(arrow: &ArrowShape, from: (f64, f64), to: (f64, f64)) -> Html {
    let d = format!("M{:.1} {:.1}L{:.1} {:.1}", from.0, from.1, to.0, to.1);
    html! { <g class="message">{ svg::path("line", d, arrow.dash.pattern()) }</g> }
}

/// The rails of streams that began above a row and run past it.
fn rails(lesson: &Lesson, layout: &Layout, row: &Row, index: usize) -> Vec<Html> {
    let (top, bottom) = (row.y, row.y + row.height);
    let bands = layout.bands_between(top, bottom).filter(|band| band.row < index);
    let bands = bands.filter_map(|band| match layout.shape(&lesson.flow, band.row) {
        Some(Shape::Band(shape)) => Some(rail(&shape)),
        _ => None,
    });
    bands.collect()
}

fn rail(shape: &BandShape) -> Html {
    svg::path("rail", shape.rails_path(), shape.dash.pattern())
}

fn drawn(shape: &Shape) -> Html {
    let class = match shape {
        Shape::Arrow(_) => "message",
        Shape::Band(_) => "band",
        Shape::Note(_) => "note",
        Shape::State(_) => "state",
    };
    html! { <g {class}>{ content(shape, false) }</g> }
}
