//! The flow as it unfolds: life-lines with the devices at their heads, and what happened up to the
//! current step, which is lit and kept in view. Of long flows only the rows in sight are drawn.

mod heads;
mod legend;
mod row;
mod scroll;

use super::shown::Shown;
use crate::components::hooks::use_size;
use crate::components::svg;
use recscope_flow::layout::{BandShape, Density, Layout, LayoutOptions, Shape, Spacing, layout};
use recscope_flow::{Flow, Item};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Heights are drawn in steps of this many px, so that scrolling seldom draws anew.
const STEP: f64 = 240.0;

/// How the diagram is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// How much larger than usual.
    pub zoom: f64,
    /// Whether silences and ways are as long as they took.
    pub is_scaled: bool,
    /// Whether the next step shows as a shadow.
    pub has_preview: bool,
}

impl Default for View {
    fn default() -> Self {
        Self { zoom: 1.0, is_scaled: false, has_preview: true }
    }
}

impl View {
    /// The sizes to choose from.
    const ZOOMS: [f64; 7] = [0.6, 0.75, 0.9, 1.0, 1.25, 1.5, 2.0];

    /// The next size up or down; the same at the end.
    #[must_use]
    pub fn zoomed(self, up: bool) -> Self {
        let mut sizes = Self::ZOOMS.into_iter();
        let next = if up {
            sizes.find(|size| *size > self.zoom + 0.01)
        } else {
            sizes.rfind(|size| *size < self.zoom - 0.01)
        };
        Self { zoom: next.unwrap_or(self.zoom), ..self }
    }
}

/// Properties of [`Diagram`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is stepped through.
    pub lesson: Shown,
    /// The current step.
    pub step: usize,
    /// How it is drawn.
    pub view: View,
    /// Called with a step that was chosen.
    pub on_step: Callback<usize>,
    /// Called when the current step is to go otherwise.
    pub on_what_if: Callback<usize>,
    /// What lies beside the current step: the what-if menu.
    #[prop_or_default]
    pub children: Html,
}

/// The diagram.
#[component]
pub fn Diagram(props: &Props) -> Html {
    let Props { lesson, step, view, on_step, on_what_if, children } = props;
    let scroller = use_node_ref();
    let (width, height) = use_size(&scroller);
    let top = use_state_eq(|| 0.0);
    let placed = use_memo((lesson.clone(), width, *view), |(lesson, width, view)| {
        (*width > 0.0).then(|| placed(&lesson.flow, *width, *view))
    });
    let legend = use_memo(lesson.clone(), legend::legend);
    let onscroll = {
        let top = top.setter();
        Callback::from(move |event: Event| {
            let scrolled = event.target_unchecked_into::<Element>().scroll_top();
            top.set((f64::from(scrolled) / STEP).floor() * STEP);
        })
    };
    let popover = use_node_ref();
    use_effect_with((placed.clone(), lesson.clone(), *step, height, view.zoom), {
        let (scroller, popover, top) = (scroller.clone(), popover.clone(), top.setter());
        move |(placed, lesson, step, height, zoom)| {
            let (Some(layout), Some(element)) =
                ((**placed).as_ref(), scroller.cast::<HtmlElement>())
            else {
                return;
            };
            let Some(row) = layout.row(&lesson.flow, *step) else { return };
            let heads = heads::height(layout) * zoom;
            let down = |y: f64| heads + (y - layout.head_height) * zoom;
            let here = scroll::Here {
                top: down(row.content_y()),
                bottom: down(row.y + row.height),
                heads,
                height: *height,
            };
            let scrolled = f64::from(element.scroll_top());
            let to = here.follow(scrolled);
            if (to - scrolled).abs() >= 1.0 {
                #[allow(
                    clippy::cast_possible_truncation,
                    reason = "browsers bound heights far below"
                )]
                element.set_scroll_top(to as i32);
                top.set((to / STEP).floor() * STEP);
            }
            if let Some(popover) = popover.cast::<HtmlElement>() {
                scroll::put_beside(&popover, here, to);
            }
            // Whoever steps with the keys of the diagram stays on the current step.
            let row = format!("[data-step='{step}']");
            if element.query_selector("g:focus").is_ok_and(|focused| focused.is_some())
                && let Ok(Some(row)) = element.query_selector(&row)
            {
                // Only an element that is no longer in the page refuses.
                let _ = row.unchecked_into::<HtmlElement>().focus();
            }
        }
    });
    let content = (*placed).as_ref().map(|layout| {
        let drawn = Drawn { lesson, layout, step: *step, view: *view, on_step, on_what_if };
        let from = (*top - STEP) / view.zoom + layout.head_height;
        let to = (*top + height + 2.0 * STEP) / view.zoom + layout.head_height;
        drawn.html(from, to, height)
    });
    html! {
        <div class="flow-pane">
            <div class="diagram-scroller scroller" ref={scroller} {onscroll} tabindex="-1">
                { content }
                <div class="popover" ref={popover}>{ children.clone() }</div>
            </div>
            { (*legend).clone() }
        </div>
    }
}

/// The layout for a width; to scale, all silences together are some screens high.
fn placed(flow: &Flow, width: f64, view: View) -> Rc<Layout> {
    let mut options = LayoutOptions::fit(flow, width / view.zoom);
    if view.is_scaled {
        let first = flow.items.first().map_or(0, Item::time_us);
        let last = flow.items.last().map_or(0, Item::time_us);
        let seconds = (last.saturating_sub(first) as f64 / 1e6).max(0.001);
        options.spacing = Spacing::Scaled { px_per_second: (SCALED_PX / seconds).clamp(4.0, 60.0) };
    }
    Rc::new(layout(flow, &options))
}

/// Height of all silences together in a diagram to scale.
const SCALED_PX: f64 = 2_400.0;

/// Room below the current step, in px.
const BELOW: f64 = 56.0;

/// What is drawn.
pub(super) struct Drawn<'a> {
    lesson: &'a Shown,
    layout: &'a Layout,
    step: usize,
    view: View,
    on_step: &'a Callback<usize>,
    on_what_if: &'a Callback<usize>,
}

impl Drawn<'_> {
    /// What lies between two heights, under heads that stay in sight.
    fn html(&self, from: f64, to: f64, view_height: f64) -> Html {
        let Self { lesson, layout, step, view, .. } = self;
        let flow = &lesson.flow;
        let head = layout.head_height;
        let bottom = self.bottom();
        // So much stays free below that the current step can be followed without a jump.
        let below = BELOW.max(view_height / view.zoom * scroll::BELOW);
        // An arrow that takes its time may end below the step that it is.
        let slants = layout.slants.iter().take_while(|slant| slant.row <= *step);
        let reach = slants.map(|slant| slant.y2).fold(bottom, f64::max);
        let body = reach - head + below;
        let rails = layout.bands_between(from, to.min(bottom)).filter(|band| band.row <= *step);
        let rails = rails.filter_map(|span| {
            let Some(Shape::Band(shape)) = layout.shape(flow, span.row) else { return None };
            Some(self.rails(span.row, &shape, bottom))
        });
        let rows = layout.slants_across(from).chain(layout.rows_between(from, to));
        let rows = rows.filter(|row| row <= step);
        let next = step + 1;
        let is_compact = layout.metrics.density == Density::Compact;
        let preview = (view.has_preview && layout.rows_between(from, to).contains(&next))
            .then(|| row::shadow(self, next));
        html! {
            <>
                { heads::heads(lesson, layout, view.zoom) }
                <svg
                    class={classes!("diagram", is_compact.then_some("compact"))}
                    width={svg::px(layout.width * view.zoom)}
                    height={svg::px(body * view.zoom)}
                    viewBox={format!("0 {head:.1} {:.1} {body:.1}", layout.width)}
                    role="group" aria-label={flow.title.clone()}
                    data-testid="diagram" onkeydown={self.keys()}
                >
                    { for layout.lifelines.iter().map(|line| html! {
                        <>
                            { svg::line("lifeline", (line.x, head), (line.x, bottom)) }
                            { svg::line("lifeline to-come", (line.x, bottom), (line.x, reach + BELOW)) }
                        </>
                    }) }
                    { for rails }
                    { preview }
                    { for rows.map(|index| row::row(self, index)) }
                </svg>
            </>
        }
    }

    /// Lower edge of the current step.
    fn bottom(&self) -> f64 {
        let row = self.layout.row(&self.lesson.flow, self.step);
        row.map_or(self.layout.head_height, |row| row.y + row.height)
    }

    /// A stream beside its life-lines: as far as the current step, with its end if it has come.
    fn rails(&self, row: usize, shape: &BandShape, bottom: f64) -> Html {
        let items = &self.lesson.flow.items;
        let now = items.get(self.step).map_or(0, Item::time_us);
        let (end, is_lossy) = match items.get(row) {
            Some(Item::Media(band)) => (band.end_us, band.lost > 0),
            _ => (now, false),
        };
        let has_ended = end <= now;
        let y2 = if has_ended { shape.y2.min(bottom) } else { bottom };
        let BandShape { x1, x2, y, .. } = *shape;
        let tick = if has_ended { if x2 < x1 { -5.0 } else { 5.0 } } else { 0.0 };
        let d = format!(
            "M{x1:.1} {y:.1}V{y2:.1}H{:.1}M{x2:.1} {y:.1}V{y2:.1}H{:.1}",
            x1 + tick,
            x2 - tick
        );
        let class =
            classes!("rail", is_lossy.then_some("lossy"), (!has_ended).then_some("running"));
        svg::path(class, d, shape.dash.pattern())
    }

    /// Up and down step; Enter asks what if.
    fn keys(&self) -> Callback<KeyboardEvent> {
        let (on_step, on_what_if) = (self.on_step.clone(), self.on_what_if.clone());
        let (step, last) = (self.step, self.lesson.steps.len().saturating_sub(1));
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => on_step.emit((step + 1).min(last)),
                "ArrowUp" => on_step.emit(step.saturating_sub(1)),
                "Enter" | " " => on_what_if.emit(step),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    }
}
