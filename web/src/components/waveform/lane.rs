//! One channel: name, mute, sides, waveform.

use super::view::View;
use crate::audio::player::{Audibility, Strip};
use crate::audio::{Lane, Pan, Player, Track};
use crate::components::icon::Icon;
use crate::wording;
use recscope_analyzer::report::Gap;
use std::fmt::Write;
use yew::prelude::*;

/// Parts into which the time on show is divided for drawing.
const PARTS: usize = 1000;

/// What a lane is drawn from.
pub(super) struct LaneView<'a> {
    /// Which channel.
    pub(super) index: usize,
    /// The times on show.
    pub(super) view: View,
    /// The samples.
    pub(super) track: &'a Track,
    /// The waveform's path, from [`path`].
    pub(super) path: AttrValue,
    /// The player they are loaded into.
    pub(super) player: &'a Player,
    /// What is missing.
    pub(super) gaps: &'a [Gap],
    /// Called when the pointer goes down in the waveform.
    pub(super) onpointerdown: Callback<PointerEvent>,
    /// Called when it moves there.
    pub(super) onpointermove: Callback<PointerEvent>,
}

/// A channel with its controls.
pub(super) fn lane(lane_view: LaneView<'_>) -> Html {
    let LaneView { index, view, track, path, player, gaps, onpointerdown, onpointermove } =
        lane_view;
    let (Some(lane), Some(strip)) = (track.lanes.get(index), player.strips().get(index).copied())
    else {
        return Html::default();
    };
    let set = {
        let player = player.clone();
        Callback::from(move |strip: Strip| player.set_strip(index, strip))
    };
    let muted = strip.audibility == Audibility::Muted;
    let toggle = Strip { audibility: strip.audibility.toggled(), ..strip };
    let position = player.position();
    html! {
        <section class={classes!("lane", muted.then_some("muted"))} aria-label={lane.label.clone()}>
            <div class="lane-head">
                <button
                    type="button" class="button plain" aria-pressed={muted.to_string()}
                    aria-label={format!("Mute {}", lane.label)}
                    title={if muted { "Unmute" } else { "Mute" }}
                    onclick={set.reform(move |_| toggle)}
                >
                    { if muted { Icon::Mute.html() } else { Icon::Sound.html() } }
                </button>
                <span class="lane-name">{ &lane.label }</span>
                <div class="group" role="group" aria-label={format!("Side of {}", lane.label)}>
                    { for Pan::ALL.map(|pan| html! {
                        <button
                            type="button" class="button" aria-pressed={(strip.pan == pan).to_string()}
                            aria-label={pan.name()} title={format!("Heard {}", pan.name())}
                            onclick={set.reform(move |_| Strip { pan, ..strip })}
                        >
                            { match pan { Pan::Left => "L", Pan::Centre => "C", Pan::Right => "R" } }
                        </button>
                    }) }
                </div>
            </div>
            <svg
                class="wave" viewBox="0 0 1000 200" preserveAspectRatio="none"
                data-testid="waveform" data-channel={index.to_string()}
                role="slider" tabindex="0"
                aria-label={format!("Position in {}", lane.label)}
                aria-valuemin="0"
                aria-valuemax={format!("{:.1}", track.duration())}
                aria-valuenow={format!("{position:.1}")}
                aria-valuetext={wording::clock(position)}
                {onpointerdown}
                {onpointermove}
                onkeydown={keys(player)}
            >
                <rect class="wave-ground" width="1000" height="200" />
                { for gaps.iter().map(|gap| gap_mark(gap, view)) }
                <line class="wave-zero" x1="0" x2="1000" y1="100" y2="100" />
                <path class="wave-path" d={path} />
            </svg>
        </section>
    }
}

fn gap_mark(gap: &Gap, view: View) -> Html {
    let from = view.part(gap.at_ms / 1e3).clamp(0.0, 1.0);
    let to = view.part((gap.at_ms + gap.ms) / 1e3).clamp(0.0, 1.0);
    if to <= from {
        return Html::default();
    }
    html! {
        <rect
            class="wave-gap" y="0" height="200" x={format!("{:.2}", from * 1000.0)}
            width={format!("{:.2}", ((to - from) * 1000.0).max(2.0))}
        >
            <title>{ format!("{} missing", wording::span(gap.ms)) }</title>
        </rect>
    }
}

/// Arrow keys seek: a second, with Shift five.
fn keys(player: &Player) -> Callback<KeyboardEvent> {
    let player = player.clone();
    Callback::from(move |event: KeyboardEvent| {
        let step = if event.shift_key() { 5.0 } else { 1.0 };
        let to = match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => player.position() + step,
            "ArrowLeft" | "ArrowDown" => player.position() - step,
            "Home" => 0.0,
            "End" => player.track().duration(),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        player.seek(to);
    })
}

/// The area between the largest and smallest samples; full scale fills the height.
pub(super) fn path(track: &Track, lane: &Lane, view: View) -> AttrValue {
    let frames = track.frame_at(view.start())..track.frame_at(view.end());
    let peaks = lane.peaks(frames, PARTS);
    let mut path = String::with_capacity(peaks.len() * 24);
    let y = |sample: i16| 100.0 - f64::from(sample) / 32_768.0 * 98.0;
    let step = 1000.0 / crate::audio::track::frames_as_f64(peaks.len().max(1));
    let mut x = 0.0;
    for (number, (_, high)) in peaks.iter().enumerate() {
        let command = if number == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{x:.1} {:.1}", y(*high) - 0.4);
        x += step;
    }
    for (low, _) in peaks.iter().rev() {
        x -= step;
        let _ = write!(path, "L{x:.1} {:.1}", y(*low) + 0.4);
    }
    path.into()
}
