//! What stands above the flow: its title, and how it is shown.

use crate::simulate::diagram::View;
use crate::simulate::presenter::{switches, use_whole_screen};
use crate::simulate::route;
use crate::simulate::shown::Shown;
use crate::simulate::symbol::Sign;
use yew::prelude::*;

/// Properties of [`LessonHead`]. The callbacks stay the same, so that a step draws nothing of it.
#[derive(Properties, PartialEq)]
pub(super) struct Props {
    /// What is stepped through.
    pub(super) lesson: Shown,
    /// How it is drawn.
    pub(super) view: View,
    /// Called with how it is to be drawn.
    pub(super) on_view: Callback<View>,
    /// Whether the list of scenarios is shown.
    pub(super) has_list: bool,
    /// Called when the list is to be shown, or no longer.
    pub(super) on_list: Callback<()>,
    /// Whether the settings are shown.
    pub(super) has_settings: bool,
    /// Called when the settings are to be shown, or no longer.
    pub(super) on_settings: Callback<()>,
    /// What fills the screen for a class.
    pub(super) stage: NodeRef,
    /// Whether it does.
    pub(super) presenting: bool,
    /// Called when that begins or ends.
    pub(super) on_present: Callback<bool>,
}

/// Title and tools.
#[component]
pub(super) fn LessonHead(props: &Props) -> Html {
    let Props { lesson, view, on_view, has_list, has_settings, stage, presenting, .. } = props;
    let (view, presenting) = (*view, *presenting);
    use_whole_screen(stage, presenting, &props.on_present);
    let on_predict = on_view.reform(move |predict: bool| View { has_preview: !predict, ..view });
    html! {
        <div class="pane-tools lesson-head">
            <a class="button list-link" href={route::PAGE}>
                { Sign::List.html() }{ "Scenarios" }
            </a>
            <button
                type="button" class="button plain list-toggle"
                aria-pressed={has_list.to_string()} title="The list of scenarios"
                aria-label="The list of scenarios"
                onclick={props.on_list.reform(|_: MouseEvent| ())}
            >
                { Sign::List.html() }
            </button>
            <div class="lesson-title">
                <h1>{ &lesson.title }</h1>
                <p class="quiet" title={lesson.summary.clone()}>{ &lesson.summary }</p>
            </div>
            { view_tools(view, on_view) }
            { switches((!view.has_preview, &on_predict), (presenting, &props.on_present)) }
            <button
                type="button" class="button" data-testid="open-settings"
                aria-expanded={has_settings.to_string()}
                onclick={props.on_settings.reform(|_: MouseEvent| ())}
            >
                { Sign::Settings.html() }{ "Settings" }
            </button>
        </div>
    }
}

/// Even or to scale, larger or smaller.
fn view_tools(view: View, on_view: &Callback<View>) -> Html {
    let to = |next: View| on_view.reform(move |_: MouseEvent| next);
    html! {
        <>
            <div class="group" role="group" aria-label="Distances">
                { for [(false, "Even", "Every step takes the same room"), (true, "To scale", "Silences and ways are as long as they took")].map(|(is_scaled, name, title)| html! {
                    <button
                        type="button" class="button" {title} aria-pressed={(view.is_scaled == is_scaled).to_string()}
                        data-testid={if is_scaled { "to-scale" } else { "evenly" }}
                        onclick={to(View { is_scaled, ..view })}
                    >
                        { name }
                    </button>
                }) }
            </div>
            <div class="group" role="group" aria-label="Size">
                { for [(false, "Smaller (−)", Sign::Smaller), (true, "Larger (+)", Sign::Larger)].map(|(up, title, sign)| html! {
                    <button
                        type="button" class="button" {title} aria-label={title}
                        data-testid={if up { "zoom-in" } else { "zoom-out" }}
                        onclick={to(view.zoomed(up))}
                    >
                        { sign.html() }
                    </button>
                }) }
            </div>
        </>
    }
}
