//! The time cursor over a waveform or chart.

use super::hooks::{use_player, use_position};
use crate::audio::Player;
use yew::prelude::*;

/// Properties of [`TimeCursor`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Whose cursor it is.
    pub player: Player,
    /// Time at the left edge.
    pub start: f64,
    /// Time at the right edge.
    pub end: f64,
    /// Whether these times count from the track's beginning or from the epoch.
    pub clock: Clock,
}

/// What times count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The track's beginning.
    Track,
    /// The epoch, as in a capture.
    Epoch,
}

/// A line, laid over what is below; none where the cursor is out of range.
#[component]
pub fn TimeCursor(props: &Props) -> Html {
    use_player(&props.player);
    let position = use_position(&props.player);
    let time = match props.clock {
        Clock::Track => Some(position),
        Clock::Epoch => props.player.track().start.map(|start| start + position),
    };
    let part = time.map(|time| (time - props.start) / (props.end - props.start).max(0.001));
    let x = part.filter(|part| (0.0..=1.0).contains(part)).map(|part| format!("{:.2}", part * 1e3));
    html! {
        <svg class="overlay" viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true">
            { x.map(|x| html! { <line class="cursor" x1={x.clone()} x2={x} y1="0" y2="1" /> }) }
        </svg>
    }
}
