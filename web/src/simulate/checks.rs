//! What had to come of the run, what it left behind, and what did not happen in it.

use super::settings::summary;
use super::shown::Shown;
use crate::wording;
use recscope_flow::clock;
use yew::prelude::*;

/// Properties of [`Checks`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is stepped through.
    pub lesson: Shown,
}

/// Expectations, files, differences.
#[component]
pub fn Checks(props: &Props) -> Html {
    let lesson = &props.lesson;
    html! {
        <div class="checks">
            <section>
                <h3>{ "What has to come of it" }</h3>
                <ul class="expectations" data-testid="expectations">
                    { for lesson.expectations.iter().map(|expected| {
                        let (class, sign, name) =
                            if expected.ok { ("ok", "✓", "holds") } else { ("broken", "✗", "does not hold") };
                        html! {
                            <li {class} data-testid="expectation" data-ok={expected.ok.to_string()}>
                                <span class="sign" role="img" aria-label={name}>{ sign }</span>
                                <span>
                                    { &expected.text }
                                    <span class="quiet">{ &expected.found }</span>
                                </span>
                            </li>
                        }
                    }) }
                </ul>
                if lesson.expectations.is_empty() {
                    <p class="quiet">{ "The scenario expects nothing." }</p>
                }
            </section>
            { difference(lesson) }
            if !lesson.files.is_empty() {
                <section>
                    <h3>{ "Files written" }</h3>
                    <dl class="facts">
                        { for lesson.files.iter().map(|file| html! {
                            <div>
                                <dt>{ &file.actor }</dt>
                                <dd>
                                    { &file.name }
                                    <span class="quiet">
                                        { format!(" {}", wording::bytes(file.bytes as f64)) }
                                    </span>
                                </dd>
                            </div>
                        }) }
                    </dl>
                </section>
            }
        </div>
    }
}

/// What the undisturbed run has and this one has not.
fn difference(lesson: &Shown) -> Html {
    let Some(difference) = &lesson.difference else { return Html::default() };
    html! {
        <section data-testid="missing">
            <h3>{ "Compared with the undisturbed run" }</h3>
            <p class="quiet">{ summary(lesson) }</p>
            <ul class="missing-steps">
                { for difference.missing.iter().map(|missing| {
                    let step = &missing.step;
                    let ends = [step.from.as_deref(), step.to.as_deref()];
                    let ends: Vec<_> = ends.into_iter().flatten().collect();
                    #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
                    let time = (step.time_ms * 1e3) as i64;
                    html! {
                        <li>
                            <span class="quiet">{ clock::relative(time) }</span>
                            <s>{ &step.summary }</s>
                            <span class="quiet">{ ends.join(" → ") }</span>
                        </li>
                    }
                }) }
            </ul>
        </section>
    }
}
