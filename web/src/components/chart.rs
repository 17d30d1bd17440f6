//! A small chart over time, drawn as one path.

use std::fmt::Write;
use web_sys::Element;
use yew::prelude::*;

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A line through them.
    Line,
    /// A bar for each.
    Bars,
}

/// A value over a span of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Start of the span, in seconds.
    pub start: f64,
    /// Its length, in seconds.
    pub width: f64,
    /// The value.
    pub value: f64,
}

/// What to draw.
pub struct Chart<'a> {
    /// What is measured, with its unit.
    pub title: &'static str,
    /// The values, in order of time.
    pub points: &'a [Point],
    /// End of the time axis, in seconds; it begins at 0.
    pub end: f64,
    /// The least value that fills the height, so that small noise looks small.
    pub least_top: f64,
    /// How it is drawn.
    pub style: Style,
    /// The cursor, to be laid over it.
    pub cursor: Html,
    /// Called with the time that is clicked.
    pub on_seek: &'a Callback<f64>,
}

impl Chart<'_> {
    /// The chart with its largest value written beside the title.
    pub fn html(self) -> Html {
        let largest = self.points.iter().map(|point| point.value).fold(0.0, f64::max);
        let (top, end) = (largest.max(self.least_top), self.end.max(f64::MIN_POSITIVE));
        let (class, path) = match self.style {
            Style::Line => ("chart-line", line(self.points, end, top)),
            Style::Bars => ("chart-bars", bars(self.points, end, top)),
        };
        let on_seek = self.on_seek.clone();
        let onclick = Callback::from(move |event: MouseEvent| {
            let bounds = event.target_unchecked_into::<Element>().get_bounding_client_rect();
            let part = (f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0);
            on_seek.emit(part.clamp(0.0, 1.0) * end);
        });
        let label = format!("{}, at most {}", self.title, short(largest));
        html! {
            <figure class="chart">
                <figcaption>
                    <span>{ self.title }</span>
                    <span class="quiet">{ "max " }{ short(largest) }</span>
                </figcaption>
                <div class="plot">
                    <svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label={label}>
                        <path {class} d={path} />
                        <rect class="plot-ground" width="1000" height="100" {onclick} />
                    </svg>
                    { self.cursor }
                </div>
            </figure>
        }
    }
}

fn short(value: f64) -> String {
    let digits = if value.fract() == 0.0 || value >= 100.0 { 0 } else { 2 };
    format!("{value:.digits$}")
}

fn line(points: &[Point], end: f64, top: f64) -> String {
    let mut path = String::new();
    let mut before = None;
    for point in points {
        let x = (point.start + point.width / 2.0) / end * 1000.0;
        let y = 98.0 - point.value / top * 94.0;
        // A line over seconds without packets would claim what nobody measured.
        let joined = before.is_some_and(|before: f64| point.start - before < point.width * 0.5);
        let command = if joined { 'L' } else { 'M' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{x:.1} {y:.1}");
        if !joined {
            // So that a value alone is seen.
            path.push_str("h1");
        }
        before = Some(point.start + point.width);
    }
    path
}

fn bars(points: &[Point], end: f64, top: f64) -> String {
    let mut path = String::new();
    for point in points.iter().filter(|point| point.value > 0.0) {
        let (x, width) = (point.start / end * 1000.0, (point.width / end * 1000.0).max(1.5));
        let y = 100.0 - point.value / top * 96.0;
        let _ = write!(path, "M{x:.1} 100V{y:.1}h{width:.1}V100z");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(start: f64, value: f64) -> Point {
        Point { start, width: 1.0, value }
    }

    #[test]
    fn a_line_breaks_where_nothing_was_measured() {
        let path = line(&[point(0.0, 1.0), point(1.0, 2.0), point(5.0, 0.0)], 10.0, 2.0);
        assert_eq!(path, "M50.0 51.0h1L150.0 4.0M550.0 98.0h1");
    }

    #[test]
    fn bars_of_nothing_are_not_drawn() {
        assert_eq!(
            bars(&[point(0.0, 0.0), point(1.0, 2.0)], 2.0, 2.0),
            "M500.0 100V4.0h500.0V100z"
        );
    }
}
