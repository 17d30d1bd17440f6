//! The foot of the page: first, back, forward, last; playing at a speed; a line to scrub, with a
//! mark wherever something is said or is different.

use super::playing::{Playing, Speed};
use super::shown::Shown;
use super::symbol::Sign;
use crate::components::svg;
use recscope_flow::clock;
use recscope_simulator::lesson::Mark;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Properties of [`Stepper`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is stepped through.
    pub lesson: Shown,
    /// The current step.
    pub step: usize,
    /// Whether and how fast it goes on by itself.
    pub playing: Playing,
    /// Called with the step to go to.
    pub on_step: Callback<usize>,
    /// Called to start, stop or change the speed.
    pub on_playing: Callback<Playing>,
}

/// The stepper.
#[component]
pub fn Stepper(props: &Props) -> Html {
    let Props { lesson, step, playing, on_step, on_playing } = props;
    let (step, playing, count) = (*step, *playing, lesson.steps.len());
    let last = count.saturating_sub(1);
    let time = lesson.flow.items.get(step).map_or(0, recscope_flow::Item::time_us);
    let marks = use_memo(lesson.clone(), marks);
    let oninput = on_step.reform(|event: InputEvent| {
        let line = event.target_unchecked_into::<HtmlInputElement>();
        line.value().parse().unwrap_or_default()
    });
    let onchange = {
        let on_playing = on_playing.clone();
        Callback::from(move |event: Event| {
            let chosen = event.target_unchecked_into::<HtmlSelectElement>().value();
            if let Some(speed) = Speed::named(&chosen) {
                on_playing.emit(Playing { speed, ..playing });
            }
        })
    };
    let to = |target: usize| on_step.reform(move |_: MouseEvent| target);
    let play = on_playing.reform(move |_: MouseEvent| playing.toggled());
    html! {
        <footer class="stepper" aria-label="Steps">
            <div class="group">
                { button("step-first", "First step (Home)", Sign::First, step == 0, to(0)) }
                { button("step-back", "Step back (←)", Sign::Back, step == 0, to(step.saturating_sub(1))) }
            </div>
            <button
                type="button" class="button play" data-testid="step-play"
                aria-label={if playing.is_on { "Pause" } else { "Play" }}
                title={if playing.is_on { "Pause (space)" } else { "Play (space)" }}
                onclick={play}
            >
                { if playing.is_on { Sign::Pause.html() } else { Sign::Play.html() } }
            </button>
            <div class="group">
                { button("step-forward", "Step forward (→)", Sign::Forward, step >= last, to((step + 1).min(last))) }
                { button("step-last", "Last step (End)", Sign::Last, step >= last, to(last)) }
            </div>
            <div class="scrub">
                { (*marks).clone() }
                <input
                    type="range" class="seek" min="0" max={last.to_string()} value={step.to_string()}
                    aria-label="Step" data-testid="scrub" disabled={count < 2}
                    aria-valuetext={format!("step {} of {count}", step + 1)} {oninput}
                />
            </div>
            <output
                class="position" data-testid="step" data-index={step.to_string()}
                data-count={count.to_string()} aria-live="off"
            >
                <b>{ if count == 0 { 0 } else { step + 1 } }</b>{ " / " }{ count }
                <span class="quiet step-time">{ clock::relative(time) }{ " s" }</span>
            </output>
            <label class="speed">
                <span>{ "Speed" }</span>
                <select aria-label="Speed" {onchange}>
                    { for Speed::ALL.map(|speed| html! {
                        <option value={speed.name()} selected={speed == playing.speed}>
                            { speed.name() }
                        </option>
                    }) }
                </select>
            </label>
        </footer>
    }
}

fn button(
    testid: &'static str,
    title: &'static str,
    sign: Sign,
    is_off: bool,
    onclick: Callback<MouseEvent>,
) -> Html {
    let name = title.split(" (").next().unwrap_or(title);
    // A button that is off for want of steps keeps the focus, so that keys go on working.
    let onclick = if is_off { Callback::noop() } else { onclick };
    html! {
        <button
            type="button" class="button" data-testid={testid} {title} aria-label={name}
            aria-disabled={is_off.to_string()} {onclick}
        >
            { sign.html() }
        </button>
    }
}

/// Marks above the line: where something is said, and below it where something is different.
fn marks(lesson: &Shown) -> Html {
    let last = lesson.steps.len().saturating_sub(1).max(1) as f64;
    let place = |step: usize| step as f64 / last * 1000.0;
    let said = lesson.steps.iter().enumerate().filter(|(_, step)| !step.facts.say.is_empty());
    let different = (0..lesson.steps.len())
        .filter(|step| matches!(lesson.mark(*step), Mark::New | Mark::Changed));
    html! {
        <svg class="scrub-marks" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
            { for said.map(|(step, _)| svg::line("said", (place(step), 0.0), (place(step), 5.0))) }
            { for different.map(|step| {
                svg::line("different", (place(step), 7.0), (place(step), 12.0))
            }) }
        </svg>
    }
}
