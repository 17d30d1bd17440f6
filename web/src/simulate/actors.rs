//! The players: their machines as diagrams with the current state lit, timers that run down, and
//! the settings in force.

use super::explanation::because;
use super::machine::MachineView;
use super::shown::Shown;
use super::symbol::{device, device_name};
use recscope_flow::{Item, clock};
use recscope_simulator::lesson::{Lesson, Now, Player};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::rc::Rc;
use web_sys::Element;
use yew::prelude::*;

/// Properties of [`Actors`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is stepped through.
    pub lesson: Shown,
    /// The current step.
    pub step: usize,
}

/// All players, one below the other.
#[component]
pub fn Actors(props: &Props) -> Html {
    let Props { lesson, step } = props;
    let casts = use_memo(lesson.clone(), |lesson| {
        (0..lesson.players.len())
            .map(|player| Rc::new(Cast::of(lesson, player)))
            .collect::<Vec<_>>()
    });
    let now = lesson.at(*step);
    let item = lesson.flow.items.get(*step);
    let time_us = item.map_or(0, Item::time_us);
    let players = use_node_ref();
    // Who changed last is in sight; the others are scrolled to.
    use_effect_with(last_changed(lesson, *step), {
        let players = players.clone();
        move |player| {
            if let (Some(player), Some(players)) = (player, players.cast::<Element>()) {
                reveal(&players, *player);
            }
        }
    });
    html! {
        <div class="players" ref={players}>
            { for casts.iter().zip(&now).enumerate().map(|(index, (cast, now))| html! {
                <PlayerCard
                    key={index} lesson={lesson.clone()} cast={cast.clone()}
                    states={now.standing.iter().map(|s| (s.machine, s.state)).collect::<Vec<_>>()}
                    taken={taken(cast, item)} because={made(lesson, cast, *step)}
                    timers={running(now, time_us)}
                />
            }) }
        </div>
    }
}

/// The player whose machine changed its state last.
fn last_changed(lesson: &Lesson, step: usize) -> Option<usize> {
    let so_far = lesson.flow.items.get(..=step)?;
    so_far.iter().rev().find_map(|item| match item {
        Item::State(change) => Some(change.actor),
        _ => None,
    })
}

/// Scrolls the view to a player's card, unless all of the card is seen.
fn reveal(players: &Element, player: usize) {
    let card = players.query_selector(&format!(".player-card:nth-child({})", player + 1));
    let (Ok(Some(card)), Some(view)) = (card, players.parent_element()) else { return };
    let (card, seen) = (card.get_bounding_client_rect(), view.get_bounding_client_rect());
    if card.top() < seen.top() || card.bottom() > seen.bottom() {
        #[allow(clippy::cast_possible_truncation, reason = "browsers bound heights far below")]
        view.set_scroll_top(view.scroll_top() + (card.top() - seen.top() - MARGIN) as i32);
    }
}

/// Room above a card that is scrolled to, in px.
const MARGIN: f64 = 10.0;

/// What of a player is the same at every step.
#[derive(Debug, PartialEq)]
struct Cast {
    player: usize,
    /// The machines that are ever in a state.
    used: Vec<usize>,
    /// The one that most happens in.
    busiest: Option<usize>,
    /// Every timer that ever runs.
    timers: Vec<String>,
    names: Vec<(String, Vec<String>)>,
}

impl Cast {
    fn of(lesson: &Lesson, player: usize) -> Self {
        let moments = || lesson.moments.iter().filter(move |moment| moment.player == player);
        let used: BTreeSet<usize> = moments()
            .flat_map(|moment| &moment.standing)
            .map(|standing| standing.machine)
            .collect();
        let machines = lesson.players.get(player).map_or(&[][..], |player| &player.machines);
        let changes = |machine: usize| {
            let name = machines.get(machine).map_or("", |machine| machine.name.as_str());
            let items = lesson.flow.items.iter();
            let changes = items.filter(|item| match item {
                Item::State(change) => change.actor == player && change.machine == name,
                _ => false,
            });
            // The first, if nothing happens in any.
            (changes.count(), Reverse(machine))
        };
        let timers: BTreeSet<&String> =
            moments().flat_map(|moment| &moment.timers).map(|timer| &timer.name).collect();
        Self {
            player,
            busiest: used.iter().copied().max_by_key(|machine| changes(*machine)),
            used: used.into_iter().collect(),
            timers: timers.into_iter().cloned().collect(),
            names: machines.iter().map(|m| (m.name.clone(), m.states.clone())).collect(),
        }
    }

    fn state(&self, machine: usize, state: usize) -> &str {
        let states = self.names.get(machine).map_or(&[][..], |(_, states)| states);
        states.get(state).map_or("", String::as_str)
    }
}

/// The way that a player's machine takes in a step: machine, state left, state entered.
fn taken(cast: &Cast, item: Option<&Item>) -> Option<(usize, usize, usize)> {
    let Some(Item::State(change)) = item else { return None };
    if change.actor != cast.player {
        return None;
    }
    let machine = cast.names.iter().position(|(name, _)| *name == change.machine)?;
    let (_, states) = cast.names.get(machine)?;
    let place = |name: &str| states.iter().position(|state| state == name);
    Some((machine, place(&change.from)?, place(&change.to)?))
}

/// What made a player's machine change its state in a step, with the rule that asks for it.
fn made(lesson: &Lesson, cast: &Cast, step: usize) -> Option<AttrValue> {
    let facts = &lesson.steps.get(step)?.facts;
    let player = lesson.players.get(cast.player)?;
    let change = facts.change.as_ref().filter(|_| facts.from.as_ref() == Some(&player.id))?;
    let rule = facts.rule.as_deref().unwrap_or_default();
    Some(format!("{} [{rule}]", because(lesson, change)).into())
}

/// A timer that runs.
#[derive(Clone, Debug, PartialEq)]
struct Running {
    name: String,
    left: String,
    /// How much of it is left, from 0 to 1.
    part: f64,
}

fn running(now: &Now<'_>, time_us: i64) -> Vec<Running> {
    let time = u64::try_from(time_us).unwrap_or_default();
    let timers = now.timers.iter().map(|timer| {
        let left = timer.due_us.saturating_sub(time);
        let whole = timer.due_us.saturating_sub(timer.set_us).max(1);
        Running {
            name: timer.name.clone(),
            left: clock::difference(i64::try_from(left).unwrap_or(i64::MAX)),
            part: (left as f64 / whole as f64).min(1.0),
        }
    });
    timers.collect()
}

/// Properties of [`PlayerCard`].
#[derive(Properties, PartialEq)]
struct CardProps {
    lesson: Shown,
    cast: Rc<Cast>,
    /// Machine and state.
    states: Vec<(usize, usize)>,
    taken: Option<(usize, usize, usize)>,
    /// What made its machine take that way.
    because: Option<AttrValue>,
    timers: Vec<Running>,
}

/// One player.
#[component]
fn PlayerCard(props: &CardProps) -> Html {
    let CardProps { lesson, cast, states, taken, because, timers } = props;
    let chosen = use_state_eq(|| None::<usize>);
    let Some(player) = lesson.players.get(cast.player) else { return Html::default() };
    let shown = chosen.filter(|machine| cast.used.contains(machine)).or(cast.busiest);
    let here = |machine: usize| -> Vec<usize> {
        let here = states.iter().filter(|(of, _)| *of == machine);
        here.map(|(_, state)| *state).collect()
    };
    let chips = cast.used.iter().map(|&machine| {
        let names = here(machine).into_iter().map(|state| cast.state(machine, state));
        let state = names.collect::<Vec<_>>().join(", ");
        let is_new = taken.is_some_and(|(changed, ..)| changed == machine);
        let name = cast.names.get(machine).map_or("", |(name, _)| name.as_str()).to_owned();
        let chosen = chosen.setter();
        html! {
            <button
                type="button" key={machine}
                class={classes!("machine", is_new.then_some("changed"))}
                aria-pressed={(shown == Some(machine)).to_string()}
                title={format!("Show the states of {name}")}
                data-testid="actor-state" data-actor={player.id.clone()}
                data-machine={name.clone()} data-state={state.clone()}
                onclick={Callback::from(move |_: MouseEvent| chosen.set(Some(machine)))}
            >
                <span class="machine-name">{ name }</span>
                <span class="machine-state">
                    { if state.is_empty() { "none".to_owned() } else { state } }
                </span>
            </button>
        }
    });
    html! {
        <section class="player-card" aria-label={player.label.clone()}>
            <h3>
                <svg
                    class="device" viewBox="0 0 24 24" width="22" height="22" role="img"
                    aria-label={device_name(player.kind)}
                >
                    <path d={device(player.kind)} />
                </svg>
                <span>{ &player.label }</span>
                <span class="quiet">{ &player.address }</span>
            </h3>
            <div class="machines" role="group" aria-label="Machines and their states">
                { for chips }
            </div>
            { shown.map(|machine| html! {
                <MachineView
                    lesson={lesson.clone()} player={cast.player} {machine} here={here(machine)}
                    taken={taken.filter(|(of, ..)| *of == machine).map(|(_, from, to)| (from, to))}
                    because={because.clone().filter(|_| taken.is_some_and(|(of, ..)| of == machine))}
                />
            }) }
            { timer_list(&cast.timers, timers) }
            { settings_in_force(player) }
        </section>
    }
}

/// A timer with a longer name has a line of its own, for its name and time to be read.
const HALF_LINE: usize = 14;

/// Every timer of a player has its place, so that nothing jumps when one comes or goes.
fn timer_list(all: &[String], running: &[Running]) -> Html {
    if all.is_empty() {
        return Html::default();
    }
    html! {
        <dl class="timers" aria-label="Timers">
            { for all.iter().map(|name| {
                let timer = running.iter().find(|timer| timer.name == *name);
                let part = timer.map_or(0.0, |timer| timer.part);
                html! {
                    <div
                        key={name.clone()}
                        class={classes!(timer.is_none().then_some("idle"), (name.len() > HALF_LINE).then_some("long"))}
                    >
                        <dt>{ name }</dt>
                        <dd>
                            { timer.map_or("–", |timer| timer.left.as_str()).to_owned() }
                            <progress max="1" value={format!("{part:.3}")} aria-hidden="true" />
                        </dd>
                    </div>
                }
            }) }
        </dl>
    }
}

fn settings_in_force(player: &Player) -> Html {
    if player.settings.is_empty() {
        return Html::default();
    }
    html! {
        <details class="in-force">
            <summary>{ "Settings in force" }</summary>
            <dl class="facts">
                { for player.settings.iter().map(|(key, value)| html! {
                    <div key={key.clone()}>
                        <dt>{ key.replace('_', " ") }</dt>
                        <dd>{ value }</dd>
                    </div>
                }) }
            </dl>
        </details>
    }
}
