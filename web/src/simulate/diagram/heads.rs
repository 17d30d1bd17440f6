//! The heads of the life-lines: a picture of the device, its name, its address.

use super::Scene;
use crate::components::svg;
use crate::simulate::shown::Shown;
use crate::simulate::symbol::{device, device_name};
use recscope_flow::layout::{Density, Layout, LifeLine};
use yew::prelude::*;

/// Height of the heads, without zoom.
pub(super) fn height(layout: &Layout) -> f64 {
    match layout.metrics.density {
        Density::Comfortable => 76.0,
        Density::Compact => 66.0,
    }
}

/// All heads; they stay in sight while the rest is scrolled.
pub(super) fn heads(scene: &Scene) -> Html {
    let Scene { lesson, layout, zoom, .. } = scene;
    let height = height(layout);
    html! {
        <svg
            class="heads" width={svg::px(layout.width * zoom)} height={svg::px(height * zoom)}
            viewBox={format!("0 0 {:.1} {height:.1}", layout.width)}
            role="group" aria-label="Devices"
        >
            { svg::rect("heads-ground", (0.0, 0.0), (layout.width, height), 0.0) }
            { for layout.lifelines.iter().map(|line| head(lesson, line, height)) }
        </svg>
    }
}

fn head(lesson: &Shown, line: &LifeLine, height: f64) -> Html {
    let actor = line.actor.and_then(|actor| lesson.flow.actors.get(actor));
    let kind = actor.map(|actor| actor.kind).unwrap_or_default();
    let label = actor.map_or("unknown", |actor| actor.label.as_str());
    html! {
        <g data-actor={actor.map(|actor| actor.id.clone())}>
            <title>{ format!("{label}, {}, {}", device_name(kind), line.detail) }</title>
            { svg::rect("head-box", (line.head_x, 4.0), (line.head_width, height - 8.0), 6.0) }
            <path class="device" d={device(kind)} transform={format!("translate({:.1} 7)", line.x - 12.0)} />
            // A name that was cut has room in smaller type.
            if line.label.ends_with('…') {
                { svg::text("actor tight", (line.x, 43.0), html!(label.to_owned())) }
            } else {
                { svg::text("actor", (line.x, 44.0), html!(&line.label)) }
            }
            { svg::text("actor-detail", (line.x, 58.0), html!(&line.detail)) }
            { svg::line("lifeline", (line.x, height - 4.0), (line.x, height)) }
        </g>
    }
}
