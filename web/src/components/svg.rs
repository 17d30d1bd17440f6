//! SVG elements with numbers for attributes.

use recscope_flow::layout::Label;
use yew::prelude::*;

/// A length or coordinate as an attribute; a tenth of a px is enough.
#[must_use]
pub fn px(number: f64) -> AttrValue {
    format!("{number:.1}").into()
}

/// A line from one point to another.
pub fn line(class: &'static str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> Html {
    html! { <line {class} x1={px(x1)} y1={px(y1)} x2={px(x2)} y2={px(y2)} /> }
}

/// A rectangle with round corners.
pub fn rect(class: &'static str, (x, y): (f64, f64), (width, height): (f64, f64), rx: f64) -> Html {
    html! {
        <rect {class} x={px(x)} y={px(y)} width={px(width)} height={px(height)} rx={px(rx)} />
    }
}

/// A path; broken where it has a pattern.
pub fn path(class: impl Into<Classes>, d: String, dash: Option<&'static str>) -> Html {
    html! { <path class={class.into()} {d} stroke-dasharray={dash} /> }
}

/// A text at a place; the style says how it is aligned. It ends in a space, which is not drawn, so
/// that texts that follow each other are words of their own for who has them read aloud.
pub fn text(class: &'static str, (x, y): (f64, f64), content: Html) -> Html {
    html! { <text {class} x={px(x)} y={px(y)}>{ content }{ " " }</text> }
}

/// A fitted text, with a space at its end as [`text`] has it.
pub fn label(label: &Label, content: Html) -> Html {
    html! {
        <text class="label" x={px(label.x)} y={px(label.y)} text-anchor={label.anchor.name()}>
            { content }{ " " }
        </text>
    }
}
