//! What if this had gone otherwise? What can happen to a message or to a stream, as a menu.

use super::shown::Shown;
use super::symbol::Sign;
use gloo::timers::callback::Timeout;
use gloo::utils::{document, window};
use recscope_flow::clock;
use recscope_simulator::report::{Step, StepSort};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Something that can go otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Hook for tests: `lose`.
    pub name: &'static str,
    /// What the menu calls it.
    pub label: String,
    /// What comes of it, in a few words.
    pub hint: &'static str,
    /// The fault.
    pub fault: String,
}

/// What can happen to a step's message or stream; nothing to steps of other kinds.
#[must_use]
pub fn choices(step: &Step, delay: &str) -> Vec<Choice> {
    let choice =
        |name, label: &str, hint, fault| Choice { name, label: label.to_owned(), hint, fault };
    if let Some(message) = &step.message {
        let at = &message.selector;
        return vec![
            choice("lose", "Lose it", "however often it is sent again", format!("lose:{at}")),
            choice(
                "lose-once",
                "Lose it once",
                "what is sent again arrives",
                format!("lose-once:{at}"),
            ),
            choice("delay", "Delay it", "it arrives later", format!("delay={delay}:{at}")),
            choice("duplicate", "Double it", "it arrives twice", format!("duplicate:{at}")),
            choice(
                "corrupt",
                "Damage it",
                "a byte of its first line changes",
                format!("corrupt:{at}"),
            ),
        ];
    }
    let (StepSort::Media, Some(from), Some(to)) = (step.kind, &step.from, &step.to) else {
        return Vec::new();
    };
    let second = |ms: f64| format!("{:.0}s", ms / 1e3);
    let (from_time, until) = (second(step.time_ms + 2_000.0), second(step.time_ms + 6_000.0));
    vec![
        choice(
            "loss",
            "Lose 5 % of the packets",
            "between these two, both ways",
            format!("loss=5%:{from},{to}"),
        ),
        choice(
            "jitter",
            "Let them arrive unevenly",
            "up to 40 ms late",
            format!("jitter=40ms:{from},{to}"),
        ),
        choice(
            "cut",
            "Cut the line for 4 s",
            "nothing passes between these two",
            format!("cut:{from},{to}@{from_time}..{until}"),
        ),
    ]
}

/// The faults among `faults` that meet a step's message or stream.
#[must_use]
pub fn in_force(step: &Step, faults: &[String]) -> Vec<String> {
    let meets = |fault: &&String| match (&step.message, step.kind) {
        (Some(message), _) => fault.split_once(':').is_some_and(|(_, at)| at == message.selector),
        (None, StepSort::Media) => choices(step, "0s").iter().any(|choice| choice.fault == **fault),
        _ => false,
    };
    faults.iter().filter(meets).cloned().collect()
}

/// Properties of [`WhatIf`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is stepped through.
    pub lesson: Shown,
    /// The step that may go otherwise.
    pub step: usize,
    /// What goes wrong already.
    pub faults: Vec<String>,
    /// Called with the faults that replace them.
    pub on_faults: Callback<Vec<String>>,
    /// Called when the menu is to be closed.
    pub on_close: Callback<()>,
}

/// The menu.
#[component]
pub fn WhatIf(props: &Props) -> Html {
    let delay = use_state_eq(|| 300_u32);
    let menu = use_node_ref();
    use_effect_with((menu.clone(), props.step), |(menu, _)| {
        focus(menu, 0, Start::First);
        let menu = menu.clone();
        // The step is in its place once the diagram has followed it.
        let uncovering = Timeout::new(0, move || uncover(&menu));
        || {
            drop(uncovering);
            give_back();
        }
    });
    let Some(facts) = props.lesson.steps.get(props.step).map(|step| &step.facts) else {
        return Html::default();
    };
    let onkeydown = {
        let (menu, on_close) = (menu.clone(), props.on_close.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "Escape" => on_close.emit(()),
                "ArrowDown" => focus(&menu, 1, Start::Here),
                "ArrowUp" => focus(&menu, -1, Start::Here),
                "ArrowLeft" | "ArrowRight" | "Home" | "End" | " " => {
                    // They are the field's or the button's own, not the page's.
                    event.stop_propagation();
                    return;
                }
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let here = in_force(facts, &props.faults);
    let choose = |fault: String| {
        let (here, faults) = (here.clone(), props.faults.clone());
        let (on_faults, on_close) = (props.on_faults.clone(), props.on_close.clone());
        Callback::from(move |_: MouseEvent| {
            // One thing happens to a message; what happened before is replaced.
            let mut faults: Vec<_> =
                faults.iter().filter(|known| !here.contains(known)).cloned().collect();
            if !here.contains(&fault) {
                faults.push(fault.clone());
            }
            on_close.emit(());
            on_faults.emit(faults);
        })
    };
    let on_delay = {
        let delay = delay.setter();
        Callback::from(move |event: InputEvent| {
            let field = event.target_unchecked_into::<HtmlInputElement>();
            if let Ok(ms) = field.value().parse::<u32>() {
                delay.set(ms.clamp(1, LONGEST_MS));
            }
        })
    };
    let choices = choices(facts, &format!("{}ms", *delay));
    html! {
        <div
            class="what-if" ref={menu} role="dialog" aria-label={format!("What if? {}", facts.summary)}
            data-testid="what-if-menu" {onkeydown}
        >
            <header>
                <h3>{ format!("What if: {}", facts.summary) }</h3>
                <button
                    type="button" class="button plain" aria-label="Close" title="Close (Esc)"
                    onclick={props.on_close.reform(|_: MouseEvent| ())}
                >
                    { Sign::Close.html() }
                </button>
            </header>
            <ul>
                { for choices.into_iter().map(|choice| {
                    let Choice { name, label, hint, fault } = choice;
                    let is_on = here.iter().any(|known| {
                        *known == fault || name == "delay" && known.starts_with("delay=")
                    });
                    html! {
                        <li key={name}>
                            <button
                                type="button" class="choice" data-testid={format!("fault-{name}")}
                                aria-pressed={is_on.to_string()} onclick={choose(fault)}
                            >
                                <b>{ label }</b>
                                <span class="quiet">{ hint }</span>
                            </button>
                            if name == "delay" {
                                <label class="delay">
                                    <span>{ "by" }</span>
                                    <input
                                        type="number" min="1" max={LONGEST_MS.to_string()} step="100"
                                        value={delay.to_string()} aria-label="Delay in ms"
                                        data-testid="fault-delay-ms" oninput={on_delay.clone()}
                                    />
                                    <span>{ "ms" }</span>
                                </label>
                            }
                        </li>
                    }
                }) }
            </ul>
            <p class="quiet">
                { format!("At {} s. The run is played anew from its start.", clock::relative(time_us(facts))) }
            </p>
        </div>
    }
}

/// An hour: longer than any scenario.
const LONGEST_MS: u32 = 3_600_000;

fn time_us(facts: &Step) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let us = (facts.time_ms * 1e3) as i64;
    us
}

/// Scrolls the page so far that the menu, which lies at the foot of a small screen, does not cover
/// the step that it is about.
fn uncover(menu: &NodeRef) {
    let Some(menu) = menu.cast::<Element>() else { return };
    let step = document().query_selector("[data-testid=diagram] [aria-current] .row-ground");
    let Ok(Some(step)) = step else { return };
    let (menu, step) = (menu.get_bounding_client_rect(), step.get_bounding_client_rect());
    if step.bottom() > menu.top() && step.top() < menu.bottom() {
        window().scroll_by_with_x_and_y(0.0, step.bottom() - menu.top() + ABOVE);
    }
}

/// Room between a step and the menu below it, in px.
const ABOVE: f64 = 12.0;

/// Focuses the current step once the menu is gone, unless something else has taken the focus.
fn give_back() {
    Timeout::new(0, || {
        let is_free = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
        if let Ok(Some(step)) = document().query_selector("[data-testid=diagram] [aria-current]")
            && is_free
        {
            // Only an element that is no longer in the page refuses.
            let _ = step.unchecked_into::<HtmlElement>().focus();
        }
    })
    .forget();
}

/// Where a move of the focus starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    First,
    Here,
}

/// Focuses a choice.
fn focus(menu: &NodeRef, step: i32, start: Start) {
    let Some(menu) = menu.cast::<Element>() else { return };
    let Ok(choices) = menu.query_selector_all(".choice") else { return };
    let focused = menu.query_selector(".choice:focus").ok().flatten();
    let here = (0..choices.length())
        .find(|index| focused.is_some() && choices.get(*index).as_ref() == focused.as_deref());
    let next = match (start, here) {
        (Start::Here, Some(here)) => here.checked_add_signed(step),
        _ => Some(0),
    };
    let next = next.and_then(|next| choices.get(next));
    if let Some(choice) = next {
        // Only an element that is no longer in the page refuses.
        let _ = choice.unchecked_into::<HtmlElement>().focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recscope_simulator::Fault;
    use recscope_simulator::lesson::{Lesson, Setup, Source, Teacher};

    fn lesson(faults: Vec<String>) -> Lesson {
        let setup = Setup { faults, ..Setup::of(Source::Catalogue("mx-keepalive".to_owned())) };
        Teacher::default().lesson(&setup).expect("it is in the catalogue")
    }

    #[test]
    fn whatever_a_menu_offers_can_be_played() {
        let lesson = lesson(Vec::new());
        let mut offered = 0;
        for step in &lesson.steps {
            for choice in choices(&step.facts, "300ms") {
                let fault: Fault = choice.fault.parse().expect("it is a fault");
                assert_eq!(fault.to_string(), choice.fault, "it reads back as it is written");
                assert_eq!(
                    in_force(&step.facts, std::slice::from_ref(&choice.fault)),
                    [choice.fault]
                );
                offered += 1;
            }
        }
        assert!(offered > 100, "{offered}");
        let state = lesson.steps.iter().find(|step| step.facts.kind == StepSort::State);
        assert!(choices(&state.expect("there is one").facts, "1s").is_empty());
    }

    #[test]
    fn a_fault_on_a_message_is_in_force_at_its_step_alone() {
        let fault = "lose:UPDATE@recorder,phone:1".to_owned();
        let lesson = lesson(vec![fault.clone()]);
        let meets = |facts: &Step| !in_force(facts, std::slice::from_ref(&fault)).is_empty();
        let met: Vec<_> = lesson.steps.iter().filter(|step| meets(&step.facts)).collect();
        assert!(!met.is_empty());
        assert!(met.iter().all(|step| step.facts.summary == "UPDATE"));
    }
}
