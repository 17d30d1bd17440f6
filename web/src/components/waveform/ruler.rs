//! The time axis above the waveforms.

use super::view::View;
use crate::components::svg;
use crate::wording;
use yew::prelude::*;

/// Px that a label needs with the room beside it.
const LABEL: f64 = 72.0;

/// Ticks at round times of `view`, over `width` px.
pub(super) fn ruler(view: View, width: f64) -> Html {
    let span = view.end() - view.start();
    let ticks = if span > 0.0 && width > 0.0 {
        ticks(view.start(), view.end(), width / LABEL)
    } else {
        Vec::new()
    };
    html! {
        <svg class="ruler" height="20" width="100%" aria-hidden="true">
            { for ticks.into_iter().map(|time| {
                let x = view.part(time) * width;
                html! {
                    <>
                        { svg::line("tick", (x, 2.0), (x, 20.0)) }
                        { svg::text("tick-label", (x + 3.0, 11.0), label(time, span).into()) }
                    </>
                }
            }) }
        </svg>
    }
}

fn label(time: f64, span: f64) -> String {
    let text = wording::clock(time);
    if span > 10.0
        && let Some(text) = text.strip_suffix(".0")
    {
        text.to_owned()
    } else if span < 1.0 {
        format!("{time:.3}")
    } else {
        text
    }
}

/// Round times between `start` and `end`, at most `most` of them.
fn ticks(start: f64, end: f64, most: f64) -> Vec<f64> {
    const STEPS: [f64; 20] = [
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0,
        120.0, 300.0, 600.0, 1800.0, 3600.0,
    ];
    let fits = |step: &f64| (end - start) / step <= most;
    let step = STEPS.into_iter().find(fits).unwrap_or((end - start) / most.max(1.0));
    let mut ticks = Vec::new();
    let mut number = (start / step).ceil();
    while number * step <= end && ticks.len() < 500 {
        ticks.push(number * step);
        number += 1.0;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_not_too_many() {
        assert_eq!(ticks(0.0, 11.0, 8.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(3.75, 6.25, 6.0), [4.0, 4.5, 5.0, 5.5, 6.0]);
        assert!(ticks(0.0, 1e6, 8.0).len() <= 9);
    }
}
