//! The Audio tab: a waveform per channel on one time axis.

mod lane;
mod ruler;
mod view;

use super::hooks::{use_player, use_size};
use super::icon::Icon;
use super::save::{Save, SaveButton};
use super::time_cursor::{Clock, TimeCursor};
use crate::audio::player::Sign;
use crate::audio::{Motion, Player};
use crate::client::Client;
use crate::protocol::FileId;
use crate::same::Same;
use crate::wording;
use lane::{LaneView, lane, path};
use recscope_analyzer::AudioRequest;
use recscope_analyzer::report::Gap;
use ruler::ruler;
use std::rc::Rc;
use view::View;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

/// Properties of [`Waveforms`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Whom to ask.
    pub client: Client,
    /// The file.
    pub file: FileId,
    /// What is heard.
    pub request: AudioRequest,
    /// Name for the exported file, without ending.
    pub stem: AttrValue,
    /// Why nothing can be heard.
    pub refusal: Option<AttrValue>,
    /// What is missing on the playing time.
    pub gaps: Rc<Vec<Gap>>,
    /// The player it is loaded into.
    pub player: Player,
}

/// Waveforms, zoom, export.
#[component]
pub fn Waveforms(props: &Props) -> Html {
    use_player(&props.player);
    let track = props.player.track();
    let duration = track.duration();
    let view = use_state_eq(|| View::whole(0.0));
    let stage = use_node_ref();
    let (width, _) = use_size(&stage);
    use_effect_with((props.request, duration.to_bits()), {
        let view = view.setter();
        move |_| view.set(View::whole(duration))
    });
    use_following(&props.player, &view);
    let paths = use_memo((Same(track.clone()), *view), |(Same(track), view)| {
        track.lanes.iter().map(|lane| path(track, lane, *view)).collect::<Vec<_>>()
    });

    if let Some(refusal) = &props.refusal {
        return html! {
            <div class="audio">
                <p class="notice" role="alert" data-testid="error">{ refusal }</p>
            </div>
        };
    }
    let seek = {
        let (player, view, stage) = (props.player.clone(), *view, stage.clone());
        Callback::from(move |event: PointerEvent| {
            if event.buttons() & 1 == 0 {
                return;
            }
            let Some(stage) = stage.cast::<Element>() else { return };
            let bounds = stage.get_bounding_client_rect();
            let part = (f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0);
            player.seek(view.at(part.clamp(0.0, 1.0)));
        })
    };
    let onpointerdown = {
        let seek = seek.clone();
        Callback::from(move |event: PointerEvent| {
            if let Some(target) =
                event.target().and_then(|target| target.dyn_into::<Element>().ok())
            {
                // Without capture a drag ends at the edge, which does no harm.
                let _ = target.set_pointer_capture(event.pointer_id());
            }
            seek.emit(event);
        })
    };
    let zoom = {
        let (view, player) = (view.clone(), props.player.clone());
        Callback::from(move |factor: f64| {
            view.set(view.zoomed(factor, player.position(), duration));
        })
    };
    let onwheel = {
        let view = view.clone();
        let stage = stage.clone();
        Callback::from(move |event: WheelEvent| {
            let Some(bounds) =
                stage.cast::<Element>().map(|stage| stage.get_bounding_client_rect())
            else {
                return;
            };
            if event.ctrl_key() {
                event.prevent_default();
                let part = (f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0);
                let factor = if event.delta_y() > 0.0 { 0.8 } else { 1.25 };
                view.set(view.zoomed(factor, view.at(part), duration));
            } else if event.delta_x() != 0.0 || event.shift_key() {
                event.prevent_default();
                let px = if event.delta_x() == 0.0 { event.delta_y() } else { event.delta_x() };
                view.set(view.moved(px / bounds.width().max(1.0), duration));
            }
        })
    };
    html! {
        <div class="audio">
            <div class="pane-tools">
                <span class="quiet">
                    { format!("{} Hz, {}", track.sample_rate, wording::span(duration * 1e3)) }
                </span>
                <div class="group" role="group" aria-label="Zoom">
                    <button
                        type="button" class="button" aria-label="Zoom out" title="Zoom out"
                        disabled={view.is_whole(duration)} onclick={zoom.reform(|_| 0.5)}
                    >{ Icon::Minus.html() }</button>
                    <button
                        type="button" class="button" aria-label="Zoom in" title="Zoom in"
                        onclick={zoom.reform(|_| 2.0)}
                    >{ Icon::Plus.html() }</button>
                </div>
                <SaveButton
                    client={props.client.clone()} file={props.file} save={Save::Wav(props.request)}
                    name={format!("{}.wav", props.stem)} testid="export-wav"
                >
                    { Icon::Save.html() }{ "WAV" }
                </SaveButton>
            </div>
            <div class="stage" ref={stage} {onwheel}>
                { ruler(*view, width) }
                { for paths.iter().enumerate().map(|(index, path)| lane(LaneView {
                    index,
                    view: *view,
                    track: &track,
                    path: path.clone(),
                    player: &props.player,
                    gaps: &props.gaps,
                    onpointerdown: onpointerdown.clone(),
                    onpointermove: seek.clone(),
                })) }
                <TimeCursor
                    player={props.player.clone()} start={view.start()} end={view.end()}
                    clock={Clock::Track}
                />
            </div>
        </div>
    }
}

/// Moves the view on when the cursor plays out of it.
#[hook]
fn use_following(player: &Player, view: &UseStateHandle<View>) {
    let setter = view.setter();
    use_effect_with((player.clone(), **view), move |(player, view)| {
        let (watched, view) = (player.clone(), *view);
        let listening = player.listen(Callback::from(move |sign| {
            let position = watched.position();
            if sign == Sign::Moved && watched.motion() == Motion::Playing && !view.holds(position) {
                setter.set(view.from(position, watched.track().duration()));
            }
        }));
        move || drop(listening)
    });
}
