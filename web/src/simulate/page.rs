//! The page: the catalogue at the left, the flow in the middle, at the right what is said about
//! the current step and how everyone stands, the stepper at the foot.

mod head;
mod keys;
mod own;
mod seat;

use super::address;
use super::catalogue::{Catalogue, groups};
use super::client::{Client, Refusal, use_lesson};
use super::diagram::{Diagram, View};
use super::editor::Editor;
use super::explanation::Explanation;
use super::playing::{Playing, use_playing};
use super::presenter::Prediction;
use super::print::Printed;
use super::route::Route;
use super::settings::{Disturbances, Settings};
use super::shown::Shown;
use super::side::{Side, Tab};
use super::stepper::Stepper;
use super::take_along::TakeAlong;
use super::what_if::{WhatIf, choices};
use crate::client::assets::Engine;
use crate::components::help::Help;
use crate::components::hooks::use_steady;
use crate::frame::{Header, Page, use_ready};
use crate::same::Same;
use head::LessonHead;
use keys::{KEYS, Keys, use_keys};
use own::{Own, use_own, with_text};
use recscope_simulator::lesson::Setup;
use seat::{Seat, use_seat};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Loads what is needed and shows the page.
pub fn start() {
    let Some(root) = Page::Simulate.root() else { return };
    spawn_local(async move {
        match Engine::load("simulate.js").await {
            Ok(engine) => {
                let client = Client::new(engine);
                yew::Renderer::<Simulate>::with_root_and_props(root, Props { client }).render();
            }
            Err(sentence) => Page::Simulate.excuse(&sentence),
        }
    });
}

/// Properties of [`Simulate`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The way to the worker.
    pub client: Client,
}

/// All of the page.
#[component]
pub fn Simulate(props: &Props) -> Html {
    let groups = use_memo((), |()| groups());
    let Seat { route, mut wrong, go } = use_seat();
    let route = Route { setup: route.setup.map(with_text), ..route };
    let played = use_lesson(&props.client, route.setup.as_ref());
    let lesson = played.lesson.clone().map(Same);
    let last = lesson.as_ref().map_or(0, |lesson| lesson.steps.len().saturating_sub(1));
    let step = route.step.min(last);

    let playing = use_state_eq(Playing::default);
    let menu = use_state_eq(|| None::<usize>);
    let view = use_state_eq(View::default);
    let tab = use_state_eq(|| Tab::Actors);
    let has_settings = use_state_eq(|| false);
    let has_list = use_state_eq(|| true);
    let help = use_state_eq(|| false);
    let presenting = use_state_eq(|| false);
    let stage = use_node_ref();

    let advance = {
        let (go, menu) = (go.clone(), menu.setter());
        Callback::from(move |step: usize| {
            menu.set(None);
            go.step.emit(step);
        })
    };
    // What is steady below is so that a step draws nothing anew of what it does not change.
    //
    // Whoever steps by hand has the reins; playing goes on only by itself.
    let on_step = {
        let (advance, playing) = (advance.clone(), playing.clone());
        Callback::from(move |step: usize| {
            playing.set(playing.stopped());
            advance.emit(step.min(last));
        })
    };
    let on_step = use_steady(on_step);
    let on_playing = {
        let (playing, advance) = (playing.clone(), advance.clone());
        Callback::from(move |next: Playing| {
            // Played again from the start when it was at its end.
            if next.is_on && !playing.is_on && step >= last {
                advance.emit(0);
            }
            playing.set(next);
        })
    };
    use_playing(lesson.as_ref(), step, *playing, &advance, &{
        let playing = playing.setter();
        Callback::from(move |next| playing.set(next))
    });
    let on_setup = {
        let (go, menu, playing) = (go.clone(), menu.setter(), playing.clone());
        Callback::from(move |setup: Setup| {
            menu.set(None);
            playing.set(playing.stopped());
            go.setup.emit(setup);
        })
    };
    let on_setup = use_steady(on_setup);
    let on_what_if = {
        let (menu, lesson) = (menu.setter(), lesson.clone());
        Callback::from(move |step: usize| {
            let facts = lesson.as_ref().and_then(|lesson| lesson.steps.get(step));
            menu.set(facts.filter(|step| !choices(&step.facts, "0s").is_empty()).map(|_| step));
        })
    };
    let on_what_if = use_steady(on_what_if);
    let Own { draft, trouble, is_over, edit, change, play, close: close_editor } =
        use_own(&on_setup);
    wrong.extend(trouble);
    let edit = use_steady(edit);
    let on_present = {
        let presenting = presenting.setter();
        Callback::from(move |present| presenting.set(present))
    };
    let on_present = use_steady(on_present);
    let on_list = use_steady(toggle(&has_list));
    let on_settings = use_steady(toggle(&has_settings));
    let close = {
        let (menu, has_settings, on_present) =
            (menu.clone(), has_settings.clone(), on_present.clone());
        Callback::from(move |()| {
            if menu.is_none() && !*has_settings {
                on_present.emit(false);
            }
            menu.set(None);
            has_settings.set(false);
        })
    };
    let on_view = {
        let view = view.setter();
        Callback::from(move |next: View| view.set(next))
    };
    let on_view = use_steady(on_view);
    let link = use_steady({
        let route = route.clone();
        Callback::from(move |()| AttrValue::from(address::link(&route)))
    });
    let set_help = {
        let help = help.setter();
        Callback::from(move |is_open| help.set(is_open))
    };
    let open_help = use_steady(set_help.reform(|()| true));
    let close_help = use_steady(set_help.reform(|()| false));
    use_keys(Keys {
        lesson: lesson.clone(),
        step,
        playing: *playing,
        view: *view,
        on_step: on_step.clone(),
        on_playing: on_playing.clone(),
        on_view: on_view.clone(),
        on_what_if: on_what_if.clone(),
        on_tab: {
            let tab = tab.setter();
            Callback::from(move |next: Tab| tab.set(next))
        },
        on_present: on_present.reform({
            let present = !*presenting;
            move |()| present
        }),
        on_close: close.clone(),
        on_help: open_help.clone(),
    });

    let open = route.setup.as_ref().map(|setup| AttrValue::from(setup.source.name().to_owned()));
    let troubles = troubles(&wrong, played.refusal.as_ref(), lesson.as_ref());
    let catalogue = html! { <Catalogue groups={groups.clone()} {open} /> };
    let editor = draft.map(|draft| {
        html! {
            <Editor {draft} on_change={change} on_play={play} on_close={close_editor} />
        }
    });
    let content = match (&route.setup, lesson) {
        (Some(setup), Some(lesson)) => {
            let what_if = lesson.steps.get(step).map(|step| choices(&step.facts, "0s"));
            let has_what_if = what_if.is_some_and(|choices| !choices.is_empty());
            let on_faults = {
                let (on_setup, setup) = (on_setup.clone(), setup.clone());
                on_setup.reform(move |faults| Setup { faults, ..setup.clone() })
            };
            html! {
                <>
                    <div class={classes!("lesson", (!*has_list).then_some("without-list"))}>
                        if *has_list { { catalogue } }
                        <section class="stage-pane" aria-label="Flow">
                            <LessonHead
                                lesson={lesson.clone()} view={*view} on_view={on_view.clone()}
                                has_list={*has_list} on_list={on_list}
                                has_settings={*has_settings} on_settings={on_settings}
                                stage={stage.clone()} presenting={*presenting} {on_present}
                            />
                            <div class="notices">
                                { troubles }
                                <Disturbances
                                    lesson={lesson.clone()} setup={setup.clone()}
                                    on_setup={on_setup.clone()}
                                />
                                if *has_settings {
                                    <Settings
                                        lesson={lesson.clone()} setup={setup.clone()} {on_setup}
                                    />
                                }
                            </div>
                            if let Some(editor) = editor {
                                { editor }
                            } else {
                                <Diagram
                                    lesson={lesson.clone()} {step} view={*view} on_step={on_step.clone()}
                                    on_what_if={on_what_if.clone()}
                                >
                                    { menu.map(|step| html! {
                                        <WhatIf
                                            lesson={lesson.clone()} {step} faults={setup.faults.clone()}
                                            {on_faults} on_close={close}
                                        />
                                    }) }
                                </Diagram>
                            }
                            <TakeAlong
                                client={props.client.clone()} setup={setup.clone()}
                                {link} on_edit={edit}
                            />
                        </section>
                        <aside class="teaching" aria-label="Explanation">
                            if !view.has_preview {
                                <Prediction
                                    lesson={lesson.clone()} {step}
                                    on_forward={on_step.reform(move |()| step + 1)}
                                />
                            }
                            <Explanation
                                lesson={lesson.clone()} {step} {has_what_if}
                                on_what_if={on_what_if.reform(move |()| step)}
                            />
                            <Side
                                lesson={lesson.clone()} {step} tab={*tab}
                                on_tab={ {
                                    let tab = tab.setter();
                                    Callback::from(move |next| tab.set(next))
                                } }
                            />
                        </aside>
                    </div>
                    <Printed lesson={lesson.clone()} />
                    <Stepper {lesson} {step} playing={*playing} {on_step} {on_playing} />
                </>
            }
        }
        (Some(_), None) if played.refusal.is_none() => {
            html! { <div class="lesson">{ catalogue }<p class="notice" role="status">{ "Playing…" }</p></div> }
        }
        // A file with a mistake can be dropped here, too.
        _ if editor.is_some() => html! { <div class="lesson writing-only">{ editor }</div> },
        _ => html! {
            <div class="all-scenarios">
                <div class="notices">{ troubles }</div>
                <header>
                    <h1>{ "How phones record calls, step by step" }</h1>
                    <p class="quiet">
                        { "Open a scenario, walk through it message by message, and break it on purpose: \
                           lose, delay, double or damage any message and watch the recovery." }
                    </p>
                </header>
                { catalogue }
            </div>
        },
    };
    let html = html! {
        <>
            <Header page={Page::Simulate} on_help={open_help} />
            <main
                ref={stage}
                class={classes!(
                    "simulate", presenting.then_some("presenting"), is_over.then_some("over"),
                )}
            >
                { content }
            </main>
            <Help
                open={*help} keys={&KEYS[..]} on_close={close_help}
                note="Scenarios are played in this browser; nothing goes anywhere."
            />
        </>
    };
    use_ready(Page::Simulate);
    html
}

fn toggle(switch: &UseStateHandle<bool>) -> Callback<()> {
    let switch = switch.clone();
    Callback::from(move |()| switch.set(!*switch))
}

/// What could not be played, each in one sentence.
fn troubles(wrong: &[String], refusal: Option<&Refusal>, lesson: Option<&Shown>) -> Html {
    let refused = refusal.map(ToString::to_string);
    let left_out = lesson.filter(|_| refusal.is_none()).into_iter();
    let left_out = left_out.flat_map(|lesson| lesson.problems.iter().map(ToString::to_string));
    let sentences: Vec<String> = wrong.iter().cloned().chain(refused).chain(left_out).collect();
    html! {
        for sentence in sentences {
            <p class="trouble" role="alert" data-testid="error">{ sentence }</p>
        }
    }
}
