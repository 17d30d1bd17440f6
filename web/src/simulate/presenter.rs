//! For a class: the flow fills the screen in large type, and asks what comes next.

use super::prediction::{Question, told};
use super::shown::Shown;
use crate::components::icon::Icon;
use gloo::events::EventListener;
use gloo::utils::document;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Element;
use yew::prelude::*;

/// Gives the browser's whole screen to `stage` while `presenting`, where the browser lets it, and
/// calls `on_present` when the browser takes it back.
#[hook]
pub fn use_whole_screen(stage: &NodeRef, presenting: bool, on_present: &Callback<bool>) {
    use_effect_with((presenting, on_present.clone()), |(presenting, on_present)| {
        let on_present = on_present.clone();
        // The browser itself takes its screen back at Escape.
        let listener = presenting.then(|| {
            EventListener::new(&document(), "fullscreenchange", move |_| {
                if !is_whole_screen() {
                    on_present.emit(false);
                }
            })
        });
        move || drop(listener)
    });
    use_effect_with((stage.clone(), presenting), |(stage, presenting)| {
        if *presenting {
            fill_screen(stage);
        } else {
            leave_screen();
        }
    });
}

/// The switches of the presenter: whether the class is asked what comes next, and whether the flow
/// fills the screen. The page that shows them marks its stage with the class `presenting`.
pub fn switches(
    (predicting, on_predict): (bool, &Callback<bool>),
    (presenting, on_present): (bool, &Callback<bool>),
) -> Html {
    html! {
        <div class="presenter" role="group" aria-label="Presenting">
            <button
                type="button" class="button" data-testid="predict"
                aria-pressed={predicting.to_string()}
                title="Ask what comes next before it is shown (g)"
                onclick={on_predict.reform(move |_: MouseEvent| !predicting)}
            >
                { "Predict" }
            </button>
            <button
                type="button" class="button" data-testid="present"
                aria-pressed={presenting.to_string()}
                title="Fill the screen, in large type (p)"
                onclick={on_present.reform(move |_: MouseEvent| !presenting)}
            >
                { Icon::Screen.html() }{ if presenting { "Leave" } else { "Present" } }
            </button>
        </div>
    }
}

/// Asks the browser for its whole screen; the large type comes also without it.
fn fill_screen(stage: &NodeRef) {
    let Some(stage) = stage.cast::<Element>() else { return };
    // Some browsers on small screens have no such method.
    let method = Reflect::get(&stage, &"requestFullscreen".into()).ok();
    let Some(method) = method.and_then(|method| method.dyn_into::<Function>().ok()) else { return };
    if let Ok(asked) = method.call0(&stage)
        && let Ok(asked) = asked.dyn_into::<Promise>()
    {
        // A refusal is no failure, but it has to be taken note of.
        spawn_local(async move { drop(JsFuture::from(asked).await) });
    }
}

/// Gives the screen back, if we have it.
fn leave_screen() {
    if is_whole_screen() {
        document().exit_fullscreen();
    }
}

/// Whether something of the page fills the screen.
fn is_whole_screen() -> bool {
    document().fullscreen_element().is_some()
}

/// Properties of [`Prediction`].
#[derive(Properties, PartialEq)]
pub struct PredictionProps {
    /// What is stepped through.
    pub lesson: Shown,
    /// The step that is shown.
    pub step: usize,
    /// Shows the next one.
    pub on_forward: Callback<()>,
}

/// How the class has guessed so far.
#[derive(Clone, Debug, Default, PartialEq)]
struct Score {
    right: u32,
    guessed: u32,
    /// The last verdict, and the step it is about.
    verdict: Option<(usize, bool)>,
}

/// The question about the next step. Answering it shows the step.
#[component]
pub fn Prediction(props: &PredictionProps) -> Html {
    let score = use_state_eq(Score::default);
    use_effect_with(props.lesson.clone(), {
        let setter = score.setter();
        move |_| setter.set(Score::default())
    });
    let next = props.step + 1;
    let question = use_memo((props.lesson.clone(), next), |(lesson, next)| {
        Question::about(&lesson.flow, *next)
    });
    let verdict =
        score.verdict.filter(|(step, _)| *step == props.step).and_then(|(step, right)| {
            let came = told(&props.lesson.flow, props.lesson.flow.items.get(step)?);
            let (class, word) = if right { ("good", "Right") } else { ("bad", "No, it was") };
            Some(html! { <p class={class}><strong>{ word }</strong>{ ": " }{ came }</p> })
        });
    let answers = (*question).as_ref().map(|question| {
        let answer = |(place, text): (usize, &String)| {
            let is_right = place == question.right;
            let (score, on_forward) = (score.clone(), props.on_forward.clone());
            let onclick = Callback::from(move |_: MouseEvent| {
                score.set(Score {
                    right: score.right + u32::from(is_right),
                    guessed: score.guessed + 1,
                    verdict: Some((next, is_right)),
                });
                on_forward.emit(());
            });
            html! {
                <li key={place}>
                    <button type="button" class="button answer" data-testid="answer" {onclick}>
                        { text }
                    </button>
                </li>
            }
        };
        html! {
            <>
                <h2>{ "What comes next?" }</h2>
                <ol class="answers">{ for question.answers.iter().enumerate().map(answer) }</ol>
            </>
        }
    });
    html! {
        <section class="prediction" data-testid="prediction" aria-label="Prediction">
            <div role="status">{ verdict }</div>
            { answers.unwrap_or_else(|| html! { <p class="quiet">{ "This is the last step." }</p> }) }
            if score.guessed > 0 {
                <p class="quiet">
                    { format!("{} of {} guessed right", score.right, score.guessed) }
                </p>
            }
        </section>
    }
}
