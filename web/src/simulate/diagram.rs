//! The flow as it unfolds: life-lines with the devices at their heads, and what happened up to the
//! current step, which is lit and kept in view. Of long flows only the rows in sight are drawn.

mod heads;
mod legend;
mod row;
mod scroll;

use super::shown::Shown;
use crate::components::hooks::use_size;
use crate::components::svg;
use gloo::utils::document;
use js_sys::Date;
use recscope_flow::layout::{BandShape, Density, Layout, LayoutOptions, Shape, Spacing, layout};
use recscope_flow::{Flow, Item};
use row::{Look, Row};
pub(super) use row::{caption, content, shaft};
use std::cell::Cell;
use std::cmp::Ordering;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// So many px are drawn above and below what is in sight.
const MARGIN: f64 = 360.0;
/// After so many px of scrolling the diagram is drawn anew: before the margin ends.
const SCROLLED: f64 = 240.0;

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
    let step = *step;
    let scroller = use_node_ref();
    let (width, height) = use_size(&scroller);
    let redraw = use_force_update();
    let scene = use_memo(
        (lesson.clone(), width, *view, on_step.clone(), on_what_if.clone()),
        |(lesson, width, view, on_step, on_what_if)| {
            (*width > 0.0).then(|| {
                Rc::new(Scene {
                    lesson: lesson.clone(),
                    layout: placed(&lesson.flow, *width, *view),
                    zoom: view.zoom,
                    on_step: on_step.clone(),
                    on_what_if: on_what_if.clone(),
                })
            })
        },
    );
    let scene = (*scene).clone();
    let legend = use_memo(lesson.clone(), legend::legend);
    let is_calm = use_calm(step);
    let sight = use_memo((), |()| Sight::default());
    // Where the view goes is decided before anything is drawn: what comes into sight is drawn with
    // the step, and the browser lays out once.
    let going = use_memo((scene.clone(), step, height), {
        let sight = sight.clone();
        move |(scene, step, height)| {
            let here = scene.as_ref()?.here(*step, *height)?;
            let to = here.follow(sight.top.get());
            Some((here, sight.top.replace(to), to))
        }
    });
    // As much comes into sight at one step as at the other, rather than much at every seventh.
    sight.drawn.set(sight.top.get());
    let onscroll = {
        let sight = sight.clone();
        Callback::from(move |event: Event| {
            let top = f64::from(event.target_unchecked_into::<Element>().scroll_top());
            sight.top.set(top);
            if (top - sight.drawn.get()).abs() > SCROLLED {
                redraw.force_update();
            }
        })
    };
    let popover = use_node_ref();
    use_effect_with((going, step, children.clone()), {
        let (scroller, popover) = (scroller.clone(), popover.clone());
        move |(going, step, _)| {
            let (Some((here, from, to)), Some(element)) = (**going, scroller.cast::<HtmlElement>())
            else {
                return;
            };
            if (to - from).abs() >= 1.0 {
                #[allow(
                    clippy::cast_possible_truncation,
                    reason = "browsers bound heights far below"
                )]
                element.set_scroll_top(to as i32);
            }
            let is_open = |popover: &HtmlElement| popover.first_element_child().is_some();
            if let Some(popover) = popover.cast::<HtmlElement>().filter(is_open) {
                scroll::put_beside(&popover, here, to);
            }
            // Whoever steps with the keys of the diagram stays on the current step.
            let row = format!("[data-step='{step}']");
            let is_row = |focused: &Element| {
                focused.has_attribute("data-step") && element.contains(Some(focused))
            };
            if document().active_element().is_some_and(|focused| is_row(&focused))
                && let Ok(Some(row)) = element.query_selector(&row)
            {
                // Only an element that is no longer in the page refuses.
                let _ = row.unchecked_into::<HtmlElement>().focus();
            }
        }
    });
    let content = scene.map(|scene| {
        let head = scene.layout.head_height;
        let from = (sight.drawn.get() - MARGIN) / view.zoom + head;
        let to = (sight.drawn.get() + height + MARGIN) / view.zoom + head;
        Drawn { scene, step, is_calm, has_preview: view.has_preview }.html(from, to, height)
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

/// Milliseconds between steps from which on each is taken in by itself, and may draw itself: about
/// as long as that takes. Of arrows drawn faster than that one would see the first third of each.
const CALM: f64 = 300.0;

/// Whether the step before this one is a while ago.
#[hook]
fn use_calm(step: usize) -> bool {
    let last = use_memo((), |()| Cell::new(f64::NEG_INFINITY));
    *use_memo(step, move |_| {
        let now = Date::now();
        now - last.replace(now) >= CALM
    })
}

/// Which part of the diagram is in sight.
#[derive(Debug, Default)]
struct Sight {
    /// So many px are scrolled away, as far as is known: the browser tells with the next frame.
    top: Cell<f64>,
    /// The same, as it was drawn for.
    drawn: Cell<f64>,
}

/// What stays the same from step to step. Two are equal only if they are the same one.
pub(super) struct Scene {
    lesson: Shown,
    layout: Layout,
    zoom: f64,
    on_step: Callback<usize>,
    on_what_if: Callback<usize>,
}

impl PartialEq for Scene {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Scene {}

impl Scene {
    /// Lower edge of a step.
    fn bottom(&self, step: usize) -> f64 {
        let row = self.layout.row(&self.lesson.flow, step);
        row.map_or(self.layout.head_height, |row| row.y + row.height)
    }

    /// As far down as anything goes that has begun until a step: an arrow that takes its time may
    /// end below the step that it is.
    fn reach(&self, step: usize) -> f64 {
        let slants = self.layout.slants.iter().take_while(|slant| slant.row <= step);
        slants.map(|slant| slant.y2).fold(self.bottom(step), f64::max)
    }

    /// Height of what is below the heads if it ends at `bottom`: so much stays free below that the
    /// current step can be followed without a jump.
    fn body(&self, bottom: f64, view_height: f64) -> f64 {
        let below = BELOW.max(view_height / self.zoom * scroll::BELOW);
        bottom - self.layout.head_height + below
    }

    /// Where a step is in a view of this height.
    fn here(&self, step: usize, height: f64) -> Option<scroll::Here> {
        let row = self.layout.row(&self.lesson.flow, step)?;
        let heads = heads::height(&self.layout) * self.zoom;
        let down = |y: f64| heads + (y - self.layout.head_height) * self.zoom;
        Some(scroll::Here {
            top: down(row.content_y()),
            bottom: down(row.y + row.height),
            heads,
            height,
            most: heads + self.body(self.reach(step), height) * self.zoom - height,
        })
    }
}

/// The layout for a width; to scale, all silences together are some screens high.
fn placed(flow: &Flow, width: f64, view: View) -> Layout {
    let mut options = LayoutOptions::fit(flow, width / view.zoom);
    if view.is_scaled {
        let first = flow.items.first().map_or(0, Item::time_us);
        let last = flow.items.last().map_or(0, Item::time_us);
        let seconds = (last.saturating_sub(first) as f64 / 1e6).max(0.001);
        options.spacing = Spacing::Scaled { px_per_second: (SCALED_PX / seconds).clamp(4.0, 60.0) };
    }
    layout(flow, &options)
}

/// Height of all silences together in a diagram to scale.
const SCALED_PX: f64 = 2_400.0;

/// Room below the current step, in px.
const BELOW: f64 = 56.0;

/// What is drawn.
struct Drawn {
    scene: Rc<Scene>,
    step: usize,
    is_calm: bool,
    has_preview: bool,
}

impl Drawn {
    /// What lies between two heights, under heads that stay in sight.
    ///
    /// The drawing is as large as the whole flow, and its life-lines and streams go on to their
    /// ends; what is to come lies under a veil. If they grew with each step, the browser would lay
    /// out, paint and put together anew all that they cross.
    fn html(&self, from: f64, to: f64, view_height: f64) -> Html {
        let Self { scene, step, is_calm, has_preview } = self;
        let Scene { lesson, layout, zoom, .. } = &**scene;
        let flow = &lesson.flow;
        let head = layout.head_height;
        let bottom = scene.bottom(*step);
        let whole = scene.body(layout.height.max(scene.reach(usize::MAX)), view_height);
        let end = head + whole;
        let veil = format!("M0 {bottom:.1}H{:.1}V{end:.1}H0Z", layout.width);
        let rails = layout.bands_between(from, to.min(bottom)).filter(|band| band.row <= *step);
        let rails = rails.filter_map(|span| {
            let Some(Shape::Band(shape)) = layout.shape(flow, span.row) else { return None };
            Some(self.rails(span.row, &shape))
        });
        let last = step + usize::from(*has_preview);
        let rows = layout.slants_across(from).chain(layout.rows_between(from, to));
        let rows = rows.filter(|row| *row <= last);
        let is_compact = layout.metrics.density == Density::Compact;
        html! {
            <>
                { heads::heads(scene) }
                <svg
                    class={classes!(
                        "diagram", is_compact.then_some("compact"), is_calm.then_some("calm")
                    )}
                    width={svg::px(layout.width * zoom)} height={svg::px(whole * zoom)}
                    viewBox={format!("0 {head:.1} {:.1} {whole:.1}", layout.width)}
                    role="group" aria-label={flow.title.clone()}
                    data-testid="diagram" onkeydown={self.keys()}
                >
                    // Lists of their own: one that grows moves nothing in the others, and only
                    // where all have keys is each told by its own.
                    <>{ for layout.lifelines.iter().map(|line| {
                        svg::line("lifeline", (line.x, head), (line.x, end))
                    }) }</>
                    <>{ for rails }</>
                    // A path: wherever an opaque rectangle changes, the browser layers the page anew.
                    { svg::path("veil", veil, None) }
                    <>{ for layout.lifelines.iter().map(|line| {
                        svg::line("lifeline to-come", (line.x, bottom), (line.x, end))
                    }) }</>
                    <>{ for rows.map(|index| self.row(index)) }</>
                </svg>
            </>
        }
    }

    fn row(&self, index: usize) -> Html {
        let look = match index.cmp(&self.step) {
            Ordering::Less => Look::Past,
            Ordering::Equal => Look::Now,
            Ordering::Greater => Look::Shadow,
        };
        let items = &self.scene.lesson.flow.items;
        let now = items.get(self.step.max(index)).map_or(0, Item::time_us);
        let is_running = matches!(items.get(index), Some(Item::Media(band)) if band.end_us > now);
        html! { <Row key={index} scene={self.scene.clone()} {index} {look} {is_running} /> }
    }

    /// A stream beside its life-lines.
    fn rails(&self, row: usize, shape: &BandShape) -> Html {
        let items = &self.scene.lesson.flow.items;
        let now = items.get(self.step).map_or(0, Item::time_us);
        let (end, is_lossy) = match items.get(row) {
            Some(Item::Media(band)) => (band.end_us, band.lost > 0),
            _ => (now, false),
        };
        let BandShape { x1, x2, y, y2, .. } = *shape;
        let tick = if x2 < x1 { -5.0 } else { 5.0 };
        let d = format!(
            "M{x1:.1} {y:.1}V{y2:.1}H{:.1}M{x2:.1} {y:.1}V{y2:.1}H{:.1}",
            x1 + tick,
            x2 - tick
        );
        let class = classes!("rail", is_lossy.then_some("lossy"), (end > now).then_some("running"));
        svg::path(class, d, shape.dash.pattern())
    }

    /// Up and down step; Enter asks what if.
    fn keys(&self) -> Callback<KeyboardEvent> {
        let Scene { lesson, on_step, on_what_if, .. } = &*self.scene;
        let (on_step, on_what_if) = (on_step.clone(), on_what_if.clone());
        let (step, last) = (self.step, lesson.steps.len().saturating_sub(1));
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
