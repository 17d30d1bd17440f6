//! The Flow tab: life-lines, and of the rows only those in sight.

use super::flow_row::{Choice, flow_row};
use super::hooks::{use_player, use_position, use_size};
use super::icon::Icon;
use super::save::{Save, SaveButton};
use super::svg;
use crate::audio::Player;
use crate::client::Client;
use crate::client::answer::{Asked, use_answer};
use crate::protocol::{Answer, FileId, Question};
use recscope_analyzer::FlowScope;
use recscope_flow::layout::{Density, Layout, LayoutOptions, LifeLine, Shape, layout};
use recscope_flow::{Flow, Item};
use std::rc::Rc;
use web_sys::Element;
use yew::prelude::*;

/// Heights are drawn in steps of this many px, so that scrolling seldom draws anew.
const STEP: f64 = 240.0;

/// Properties of [`FlowView`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Whom to ask.
    pub client: Client,
    /// The file.
    pub file: FileId,
    /// Which part of it.
    pub scope: FlowScope,
    /// It is a call of which other legs are known.
    pub has_legs: bool,
    /// Name for the exported file, without ending.
    pub stem: AttrValue,
    /// The message that is inspected.
    pub message: Option<usize>,
    /// Called with the message to inspect.
    pub on_message: Callback<usize>,
    /// For the cursor.
    pub player: Player,
}

/// A flow, laid out for a width.
#[derive(Clone)]
pub struct Drawing {
    /// What happened.
    pub flow: Rc<Flow>,
    /// Where it is drawn.
    pub layout: Rc<Layout>,
}

impl PartialEq for Drawing {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.flow, &other.flow) && Rc::ptr_eq(&self.layout, &other.layout)
    }
}

/// The message flow of a part of a file.
#[component]
pub fn FlowView(props: &Props) -> Html {
    let with_legs = use_state_eq(|| false);
    let scope = match props.scope {
        FlowScope::Call(call) if props.has_legs && *with_legs => FlowScope::Legs(call),
        scope => scope,
    };
    let asked = use_answer(&props.client, Some((props.file, Question::Flow(scope))));
    let scroller = use_node_ref();
    let (width, height) = use_size(&scroller);
    let top = use_state_eq(|| 0.0);
    let drawing = use_memo((asked.clone(), width), |(asked, width)| match asked {
        Asked::Answered(answer) if *width > 0.0 => match &answer.0 {
            Answer::Flow(flow) => Some(Drawing {
                flow: flow.clone(),
                layout: Rc::new(layout(flow, &LayoutOptions::fit(flow, *width))),
            }),
            _ => None,
        },
        _ => None,
    });
    let onscroll = {
        let top = top.setter();
        Callback::from(move |event: Event| {
            let scrolled = event.target_unchecked_into::<Element>().scroll_top();
            top.set((f64::from(scrolled) / STEP).floor() * STEP);
        })
    };
    use_effect_with(((*drawing).clone(), props.message), {
        let scroller = scroller.clone();
        move |(drawing, message)| {
            if let (Some(drawing), Some(message)) = (drawing, message) {
                reveal(&scroller, drawing, *message);
            }
        }
    });
    let content = match (&asked, &*drawing) {
        (Asked::Refused(sentence), _) => html! {
            <p class="notice" role="alert" data-testid="error">{ sentence }</p>
        },
        (_, Some(drawing)) if drawing.flow.items.is_empty() => html! {
            <p class="notice">{ "No signalling and no media were found here." }</p>
        },
        (_, Some(drawing)) => diagram(props, drawing, *top - STEP, *top + height + 2.0 * STEP),
        (_, None) => Html::default(),
    };
    html! {
        <div class="flow">
            <div class="pane-tools">
                <span class="quiet">
                    { (*drawing).as_ref().map(|drawing| drawing.flow.title.clone()) }
                </span>
                if props.has_legs {
                    <button
                        type="button" class="button" data-testid="with-legs"
                        aria-pressed={with_legs.to_string()} title="Show the other legs too"
                        onclick={move |_| with_legs.set(!*with_legs)}
                    >
                        { "All legs" }
                    </button>
                }
                <SaveButton
                    client={props.client.clone()} file={props.file} save={Save::Svg(scope)}
                    name={format!("{}.svg", props.stem)} testid="export-svg"
                >
                    { Icon::Save.html() }{ "SVG" }
                </SaveButton>
            </div>
            <div class="scroller" ref={scroller} {onscroll} tabindex="-1">{ content }</div>
        </div>
    }
}

/// Scrolls to the row of `message` when it was chosen elsewhere and is out of sight.
fn reveal(scroller: &NodeRef, Drawing { flow, layout }: &Drawing, message: usize) {
    let Some(element) = scroller.cast::<Element>() else { return };
    let row = flow.items.iter().position(|item| shows(item, message));
    let Some(row) = row.and_then(|row| layout.row(flow, row)) else { return };
    let (top, height) = (f64::from(element.scroll_top()), f64::from(element.client_height()));
    if row.y < top + layout.head_height || row.y + row.height > top + height {
        #[allow(clippy::cast_possible_truncation, reason = "browsers bound heights far below")]
        element.set_scroll_top((row.y - height / 2.0).max(0.0) as i32);
    }
}

fn shows(item: &Item, message: usize) -> bool {
    matches!(item, Item::Message(arrow) if arrow.source == Some(message))
}

/// What lies between two heights, under heads that stay in sight.
fn diagram(props: &Props, drawing: &Drawing, from: f64, to: f64) -> Html {
    let Drawing { flow, layout } = drawing;
    let onclick = {
        let (drawing, player) = (drawing.clone(), props.player.clone());
        Callback::from(move |event: MouseEvent| {
            let ground = event.target_unchecked_into::<Element>().get_bounding_client_rect();
            let y = f64::from(event.client_y()) - ground.top() + drawing.layout.head_height;
            if let Some(start) = player.track().start {
                player.seek(drawing.layout.time_at(&drawing.flow, y) as f64 / 1e6 - start);
            }
        })
    };
    let (head, body) = (layout.head_height, layout.height - layout.head_height);
    let is_compact = layout.metrics.density == Density::Compact;
    let rails = layout.bands_between(from, to).filter_map(|band| {
        let Some(Shape::Band(shape)) = layout.shape(flow, band.row) else { return None };
        let class = if shape.dash.pattern().is_some() { "rail lossy" } else { "rail" };
        Some(svg::path(class, shape.rails_path(), shape.dash.pattern()))
    });
    let rows = layout.rows_between(from, to).map(|row| {
        let choice = Choice {
            is_chosen: props
                .message
                .zip(flow.items.get(row))
                .is_some_and(|(message, item)| shows(item, message)),
            on_message: &props.on_message,
            player: &props.player,
        };
        flow_row(drawing, row, &choice)
    });
    html! {
        <>
            <svg class="heads" width={svg::px(layout.width)} height={svg::px(head)} aria-hidden="true">
                { for layout.lifelines.iter().map(head_box) }
            </svg>
            <svg
                class={classes!("diagram", is_compact.then_some("compact"))}
                width={svg::px(layout.width)} height={svg::px(body)}
                viewBox={format!("0 {head:.1} {:.1} {body:.1}", layout.width)}
                role="group" aria-label={flow.title.clone()}
            >
                { for layout.lifelines.iter().map(|line| {
                    svg::line("lifeline", (line.x, line.y1), (line.x, line.y2))
                }) }
                <g {onclick}>{ svg::rect("ground", (0.0, head), (layout.width, body), 0.0) }</g>
                { for rails }
                { for rows }
                <FlowCursor drawing={drawing.clone()} player={props.player.clone()} />
            </svg>
        </>
    }
}

fn head_box(line: &LifeLine) -> Html {
    let size = (line.head_width, line.head_height);
    html! {
        <g>
            { svg::rect("head-box", (line.head_x, line.head_y), size, 4.0) }
            { svg::text("actor", (line.x, line.label_y), html!(&line.label)) }
            { svg::text("actor-detail", (line.x, line.detail_y), html!(&line.detail)) }
        </g>
    }
}

#[derive(Properties, PartialEq)]
struct CursorProps {
    drawing: Drawing,
    player: Player,
}

/// A line across the life-lines where the player is; none when nothing is loaded, or what is
/// loaded has no time of day.
#[component]
fn FlowCursor(props: &CursorProps) -> Html {
    let Drawing { flow, layout } = &props.drawing;
    use_player(&props.player);
    let position = use_position(&props.player);
    let Some(start) = props.player.track().start else { return Html::default() };
    #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let time = ((start + position) * 1e6) as i64;
    let y = layout.y_at(flow, time);
    let left = layout.metrics.margin + layout.metrics.gutter;
    svg::line("cursor", (left, y), (layout.width, y))
}
