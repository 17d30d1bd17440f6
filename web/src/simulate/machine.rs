//! A machine's diagram: its states, the ways between them, where it is, and the way it just took.

use super::shown::Shown;
use super::state_diagram::{self, Placed, StateBox, Way};
use crate::components::svg;
use crate::same::Same;
use recscope_simulator::lesson::{Lesson, MachineInfo};
use yew::prelude::*;

/// Width of a diagram: it fits a telephone's screen.
const WIDTH: f64 = 320.0;

/// Properties of [`MachineView`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is stepped through.
    pub lesson: Shown,
    /// Whose machine.
    pub player: usize,
    /// Which.
    pub machine: usize,
    /// The states that it is in.
    pub here: Vec<usize>,
    /// The way that it takes in this step.
    pub taken: Option<(usize, usize)>,
    /// What made it take that way.
    pub because: Option<AttrValue>,
}

/// The diagram.
#[component]
pub fn MachineView(props: &Props) -> Html {
    let Props { lesson, player, machine, here, taken, because } = props;
    let placed = use_memo((lesson.clone(), *player, *machine), |(lesson, player, machine)| {
        let machine = info(lesson, *player, *machine)?;
        let states: Vec<&str> = machine.states.iter().map(String::as_str).collect();
        let ways: Vec<_> = machine.ways.iter().map(|way| (way.from, way.to)).collect();
        Some(state_diagram::place(&states, &ways, WIDTH))
    });
    let ways = Same(placed.clone());
    let (Some(machine), Some(placed)) = (info(lesson, *player, *machine), &*placed) else {
        return Html::default();
    };
    let is_taken = |way: &Way| *taken == Some((way.from, way.to));
    let is_open = |way: &Way| here.contains(&way.from) && !is_taken(way);
    html! {
        <figure class="machine-diagram">
            <svg
                class="states" width={svg::px(placed.width)} height={svg::px(placed.height)}
                viewBox={view_box(placed)} role="img" aria-label={in_words(machine, here)}
            >
                <Ways
                    lesson={lesson.clone()} player={props.player} machine={props.machine}
                    placed={ways}
                />
                // What matters is drawn once more above what does not: ways that changed places
                // would all be laid out anew.
                { traced("way open", placed.ways.iter().filter(|way| is_open(way))) }
                { traced("way taken", placed.ways.iter().filter(|way| is_taken(way))) }
                <>{ for placed.boxes.iter().enumerate().map(|(state, placed)| {
                    state_box(placed, here.contains(&state), taken.is_some_and(|(from, _)| from == state))
                }) }</>
            </svg>
            <figcaption class="quiet">
                { caption(machine, here, *taken) }
                if let Some(because) = because { <br />{ because } }
            </figcaption>
        </figure>
    }
}

/// Properties of [`Ways`].
#[derive(Properties, PartialEq)]
struct WaysProps {
    lesson: Shown,
    player: usize,
    machine: usize,
    placed: Same<Option<Placed>>,
}

/// Every way that there is, with what makes the machine go it: drawn once for all steps.
#[component]
fn Ways(props: &WaysProps) -> Html {
    let WaysProps { lesson, player, machine, placed } = props;
    let (Some(machine), Some(placed)) = (info(lesson, *player, *machine), &**placed) else {
        return Html::default();
    };
    html! {
        { for placed.ways.iter().map(|way| html! {
            <g class="way">
                <title>{ causes(machine, way) }</title>
                <path class="way-ground" d={way.line.clone()} />
                <path class="way-line" d={way.line.clone()} />
                <path class="way-head" d={way.head.clone()} />
            </g>
        }) }
    }
}

/// Ways as one drawing.
fn traced<'a>(class: &'static str, ways: impl Iterator<Item = &'a Way>) -> Html {
    let (lines, heads): (String, String) =
        ways.map(|way| (way.line.as_str(), way.head.as_str())).unzip();
    html! {
        <g {class}>
            { svg::path("way-line", lines, None) }
            { svg::path("way-head", heads, None) }
        </g>
    }
}

fn info(lesson: &Lesson, player: usize, machine: usize) -> Option<&MachineInfo> {
    lesson.players.get(player)?.machines.get(machine)
}

fn view_box(placed: &Placed) -> String {
    format!("0 0 {:.1} {:.1}", placed.width, placed.height)
}

fn state_box(placed: &StateBox, is_here: bool, was_here: bool) -> Html {
    let class = match (is_here, was_here) {
        (true, _) => "state-box here",
        (false, true) => "state-box left-behind",
        (false, false) => "state-box",
    };
    html! {
        <g {class}>
            { svg::rect("box", (placed.x, placed.y), (placed.width, placed.height), 8.0) }
            { for placed.lines.iter().map(|line| {
                svg::text("state-name", (line.x, line.y), html!(&line.text))
            }) }
        </g>
    }
}

/// What makes a machine go a way, with the rules: `keep-alive [MX-S3]`.
fn causes(machine: &MachineInfo, way: &Way) -> String {
    let (from, to) = (state(machine, way.from), state(machine, way.to));
    let causes = machine.ways.iter().filter(|known| (known.from, known.to) == (way.from, way.to));
    let causes: Vec<_> = causes.map(|way| format!("{} [{}]", way.cause, way.rule)).collect();
    format!("{from} → {to}: {}", causes.join(", "))
}

fn state(machine: &MachineInfo, state: usize) -> &str {
    machine.states.get(state).map_or("?", String::as_str)
}

/// The way just taken, or where one can go from here: one line, always there.
fn caption(machine: &MachineInfo, here: &[usize], taken: Option<(usize, usize)>) -> String {
    if let Some((from, to)) = taken {
        return format!("{} → {}", state(machine, from), state(machine, to));
    }
    let mut next: Vec<&str> = Vec::new();
    for way in machine.ways.iter().filter(|way| here.contains(&way.from)) {
        let name = state(machine, way.to);
        if !next.contains(&name) {
            next.push(name);
        }
    }
    match next.as_slice() {
        [] if here.is_empty() => "in none of these states".to_owned(),
        [] => "no way leads on from here".to_owned(),
        [_, _, _, _, ..] => format!("{} ways on from here", next.len()),
        _ => format!("from here: {}", next.join(" · ")),
    }
}

/// The diagram for who does not see it.
fn in_words(machine: &MachineInfo, here: &[usize]) -> String {
    let now: Vec<_> = here.iter().map(|place| state(machine, *place)).collect();
    let now = if now.is_empty() { "none".to_owned() } else { now.join(", ") };
    format!(
        "States of {}: {}. Now: {now}. {}",
        machine.name,
        machine.states.join(", "),
        caption(machine, here, None)
    )
}
