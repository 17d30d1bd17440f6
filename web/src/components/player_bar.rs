//! The bar at the foot of the page: play, position, speed.

use super::hooks::{use_player, use_position};
use super::icon::Icon;
use crate::audio::{Motion, Player};
use crate::wording;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Speeds on offer.
const SPEEDS: [(f64, &str); 6] =
    [(0.5, "0.5×"), (0.75, "0.75×"), (1.0, "1×"), (1.25, "1.25×"), (1.5, "1.5×"), (2.0, "2×")];

/// Properties of [`PlayerBar`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The player.
    pub player: Player,
}

/// Play or pause, where and how fast.
#[component]
pub fn PlayerBar(props: &Props) -> Html {
    use_player(&props.player);
    let position = use_position(&props.player);
    let player = &props.player;
    let duration = player.track().duration();
    let playing = player.motion() == Motion::Playing;
    let empty = player.track().lanes.is_empty();
    let name = if playing { "Pause" } else { "Play" };
    let onclick = {
        let player = player.clone();
        Callback::from(move |_: MouseEvent| player.toggle())
    };
    let onchange = {
        let player = player.clone();
        Callback::from(move |event: Event| {
            let chosen = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
            let speed = usize::try_from(chosen).ok().and_then(|index| SPEEDS.get(index));
            player.set_speed(speed.map_or(1.0, |(value, _)| *value));
        })
    };
    let oninput = {
        let player = player.clone();
        Callback::from(move |event: InputEvent| {
            player.seek(event.target_unchecked_into::<HtmlInputElement>().value_as_number());
        })
    };
    let speed = player.speed();
    html! {
        <footer class="player" aria-label="Player">
            <button
                type="button" class="button play" data-testid="play" data-playing={playing.to_string()}
                aria-label={name} title={format!("{name} (Space)")} disabled={empty} {onclick}
            >
                { if playing { Icon::Pause.html() } else { Icon::Play.html() } }
            </button>
            <output
                class="position" data-testid="position" aria-live="off"
                data-seconds={format!("{position:.3}")}
            >
                { wording::clock(position) }{ " / " }{ wording::clock(duration) }
            </output>
            <input
                type="range" class="seek" aria-label="Position" min="0" step="any"
                max={format!("{duration:.3}")} value={format!("{position:.3}")}
                aria-valuetext={wording::clock(position)} disabled={empty} {oninput}
            />
            <label class="speed">
                <span>{ "Speed" }</span>
                <select disabled={empty} {onchange}>
                    { for SPEEDS.map(|(value, name)| html! {
                        <option selected={(value - speed).abs() < f64::EPSILON}>{ name }</option>
                    }) }
                </select>
            </label>
        </footer>
    }
}
