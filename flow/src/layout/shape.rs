//! The shape of one row: what a renderer draws, with texts already fitted.

use super::{BandSpan, Layout, Row, Tagged, lane_of};
use crate::appearance::{Dash, Head};
use crate::measure;
use crate::model::{Arrow, Band, Class, Delivery, Flow, Item, Note, Protocol, StateChange};

/// What is drawn in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A message.
    Arrow(ArrowShape),
    /// A media stream; it reaches below its row.
    Band(BandShape),
    /// A remark in a box.
    Note(NoteShape),
    /// A mark on a life-line.
    State(StateShape),
}

/// A fitted text.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The text; its last character is `…` where it was cut.
    pub text: String,
    /// Where it is anchored.
    pub x: f64,
    /// Its baseline.
    pub y: f64,
    /// Which part of it lies at `x`.
    pub anchor: Anchor,
}

/// Which part of a text lies at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

impl Anchor {
    /// The value of SVG's `text-anchor`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// How an arrow runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Route {
    /// From one life-line to another.
    Straight,
    /// From one life-line to another and down to `y2`, as time went by on its way.
    Slanted {
        /// Height of the tip.
        y2: f64,
    },
    /// Out to `x`, down to `y2`, and back to its own life-line.
    Loop {
        /// The turning point.
        x: f64,
        /// Where it comes back.
        y2: f64,
    },
}

/// A message as an arrow.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrowShape {
    /// Its beginning, at the sender's life-line.
    pub x1: f64,
    /// Its tip, at the receiver's life-line.
    pub x2: f64,
    /// Its height.
    pub y: f64,
    /// How it runs from one to the other.
    pub route: Route,
    /// Where a lost message's line ends in a cross, instead of at the tip.
    pub cross_x: Option<f64>,
    /// Its stroke.
    pub dash: Dash,
    /// Its head; not drawn for a lost message.
    pub head: Head,
    /// For the style.
    pub class: Class,
    /// For the style.
    pub protocol: Protocol,
    /// The protocol's tag, before the label, in flows of more than one protocol.
    pub tag: Option<&'static str>,
    /// What it says.
    pub label: Label,
    /// How often it was sent in all, after the label: `×3`.
    pub badge: Option<String>,
}

/// A media stream: a double line with a head at the sender's row, and from there down a rail
/// beside each life-line as long as it ran.
#[derive(Clone, Debug, PartialEq)]
pub struct BandShape {
    /// Rail at the sender.
    pub x1: f64,
    /// Rail at the receiver.
    pub x2: f64,
    /// Height of the double line, where the stream begins.
    pub y: f64,
    /// Where the stream ends.
    pub y2: f64,
    /// What it says, above the double line.
    pub label: Label,
    /// Rails of a stream that lost packets are broken.
    pub dash: Dash,
}

/// A remark in a box.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteShape {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Its text; the rule it cites comes first.
    pub lines: Vec<Label>,
    /// The rule it cites, as it opens the first line.
    pub rule: Option<String>,
}

/// A state change as a mark on a life-line.
#[derive(Clone, Debug, PartialEq)]
pub struct StateShape {
    /// Left edge of the mark.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// The state entered.
    pub label: Label,
}

/// Most lines of a note; the rest is in its tool tip.
const NOTE_LINES: usize = 6;

pub(super) fn shape(layout: &Layout, flow: &Flow, index: usize) -> Option<Shape> {
    let row = layout.row(flow, index)?;
    Some(match flow.items.get(index)? {
        Item::Message(arrow) => {
            let slant = layout.slants.binary_search_by_key(&index, |slant| slant.row).ok();
            let y2 = slant.and_then(|slant| layout.slants.get(slant)).map(|slant| slant.y2);
            Shape::Arrow(arrow_shape(layout, &row, arrow, y2))
        }
        Item::Media(band) => {
            let span = layout.bands.binary_search_by_key(&index, |band| band.row).ok()?;
            Shape::Band(band_shape(layout, &row, band, layout.bands.get(span)?))
        }
        Item::Note(note) => Shape::Note(note_shape(layout, &row, note)),
        Item::State(change) => Shape::State(state_shape(layout, &row, change)),
    })
}

fn arrow_shape(layout: &Layout, row: &Row, arrow: &Arrow, y2: Option<f64>) -> ArrowShape {
    let m = &layout.metrics;
    let lanes = layout.lifelines.len();
    let (x1, x2) = (layout.x_of(arrow.from), layout.x_of(arrow.to));
    let tag = (layout.tagged == Tagged::Each).then(|| arrow.protocol.tag());
    let badge = (arrow.repeats > 0).then(|| format!("×{}", u64::from(arrow.repeats) + 1));
    let beside = tag.map_or(0.0, |tag| measure::width(tag, m.small_font) + 5.0)
        + badge.as_deref().map_or(0.0, |badge| measure::width(badge, m.small_font) + 5.0);
    let text = measure::plain(&arrow.label);
    let (left, right) = layout.stage();
    let y = row.line_y;

    let lane = lane_of(arrow.from, lanes);
    let (route, label) = if lane == lane_of(arrow.to, lanes) {
        // The last of several life-lines has its room at the left.
        let side = if lanes > 1 && lane + 1 == lanes { -1.0 } else { 1.0 };
        let out = m.loop_height + 10.0;
        let x = x1 + side * (out + 6.0);
        let room = if side < 0.0 { x - left } else { right - x };
        let label = Label {
            text: measure::fit(&text, m.font, room - beside).into_owned(),
            x,
            y: y + m.loop_height * 0.5 + m.font * 0.35,
            anchor: if side < 0.0 { Anchor::End } else { Anchor::Start },
        };
        (Route::Loop { x: x1 + side * out, y2: y + m.loop_height }, label)
    } else {
        let middle = f64::midpoint(x1, x2);
        let route = y2.map_or(Route::Straight, |y2| Route::Slanted { y2 });
        (route, middle_label(layout, &text, beside, middle, y - 6.0))
    };
    let cross_x = (arrow.delivery == Delivery::Lost).then_some(match route {
        Route::Straight | Route::Slanted { .. } => x1 + (x2 - x1) * 0.72,
        Route::Loop { x, .. } => f64::midpoint(x1, x),
    });
    ArrowShape {
        x1,
        x2,
        y,
        route,
        cross_x,
        dash: arrow.class.dash(),
        head: arrow.class.head(),
        class: arrow.class,
        protocol: arrow.protocol,
        tag,
        label,
        badge,
    }
}

fn band_shape(layout: &Layout, row: &Row, band: &Band, span: &BandSpan) -> BandShape {
    let (from, to) = (layout.x_of(band.from), layout.x_of(band.to));
    let inset = 4.0 + 5.0 * f64::from(span.slot);
    let same = (to - from).abs() < f64::EPSILON;
    // A stream from an actor to itself stands out to one side as a loop does.
    let to = if same { from + layout.lane * 0.45 } else { to };
    let side = if to < from { -1.0 } else { 1.0 };
    let (x1, x2) = (from + side * inset, to - side * inset);
    let text = measure::plain(&band.label);
    BandShape {
        x1,
        x2,
        y: row.line_y,
        y2: span.y2 - 3.0,
        label: middle_label(layout, &text, 0.0, f64::midpoint(x1, x2), row.line_y - 7.0),
        dash: if band.lost > 0 { Dash::Dashed } else { Dash::Solid },
    }
}

/// A label above a line, centred on it as far as the edges allow. A row is its item's own, so a
/// label may be longer than the line below it.
fn middle_label(layout: &Layout, text: &str, beside: f64, middle: f64, y: f64) -> Label {
    let font = layout.metrics.font;
    let (left, right) = layout.stage();
    let text = measure::fit(text, font, right - left - beside).into_owned();
    let half = (measure::width(&text, font) + beside) * 0.5;
    let x = middle.min(right - half).max(left + half);
    Label { text, x, y, anchor: Anchor::Middle }
}

fn note_shape(layout: &Layout, row: &Row, note: &Note) -> NoteShape {
    let m = &layout.metrics;
    let lanes = layout.lifelines.len();
    let (left, right) = layout.stage();
    let texts = note_lines(layout, note, lanes);
    let room = note_room(layout, note, lanes);
    let widest = texts.iter().map(|line| measure::width(line, m.small_font)).fold(0.0, f64::max);
    let width = widest.min(room) + 2.0 * m.padding;
    let middle = note.actor.map_or(f64::midpoint(left, right), |actor| layout.x_of(actor));
    let x = (middle - width * 0.5).min(right - width).max(left);
    let height = texts.len() as f64 * m.line_height + 2.0 * m.padding;
    let y = row.y + row.height - height - m.gap * 0.5;
    let first = y + m.padding + m.line_height * 0.5 + m.small_font * 0.35;
    let lines = (0u32..).zip(texts).map(|(line, text)| Label {
        text,
        x: x + m.padding,
        y: first + f64::from(line) * m.line_height,
        anchor: Anchor::Start,
    });
    NoteShape { x, y, width, height, lines: lines.collect(), rule: note.rule.clone() }
}

/// A note's text in lines, opened by the rule it cites.
pub(super) fn note_lines(layout: &Layout, note: &Note, lanes: usize) -> Vec<String> {
    let text = note
        .rule
        .as_deref()
        .map_or_else(|| note.text.clone(), |rule| format!("[{rule}] {}", note.text));
    let room = note_room(layout, note, lanes);
    measure::wrap(&measure::plain(&text), layout.metrics.small_font, room, NOTE_LINES)
}

/// Room for a note's text: across all life-lines, or about that of its own.
fn note_room(layout: &Layout, note: &Note, lanes: usize) -> f64 {
    let (left, right) = layout.stage();
    let all = right - left - 2.0 * layout.metrics.padding;
    if note.actor.is_some() && lanes > 1 { all.min((layout.lane * 1.6).max(190.0)) } else { all }
}

fn state_shape(layout: &Layout, row: &Row, change: &StateChange) -> StateShape {
    let m = &layout.metrics;
    let (left, right) = layout.stage();
    let room = (layout.lane * 1.3).min(right - left);
    let both = format!("{} → {}", change.from, change.to);
    let fits = measure::width(&both, m.small_font) + 4.0 * m.padding <= room;
    let text = if fits && !change.from.is_empty() { &both } else { &change.to };
    let text = measure::plain(text);
    // A row is its mark's own, so a long name may reach past the life-lines beside it.
    let text = measure::fit(&text, m.small_font, right - left - 4.0 * m.padding).into_owned();
    let width = measure::width(&text, m.small_font) + 4.0 * m.padding;
    let x = (layout.x_of(change.actor) - width * 0.5).min(right - width).max(left);
    let middle = row.line_y;
    StateShape {
        x,
        y: middle - m.mark_height * 0.5,
        width,
        height: m.mark_height,
        label: Label {
            text,
            x: x + width * 0.5,
            y: middle + m.small_font * 0.35,
            anchor: Anchor::Middle,
        },
    }
}

/// Half the length of a cross.
const CROSS: f64 = 5.0;

impl ArrowShape {
    /// An arrow of a class between two places on one height, as a legend shows it.
    #[must_use]
    pub fn sample(class: Class, x1: f64, x2: f64, y: f64) -> Self {
        Self {
            x1,
            x2,
            y,
            route: Route::Straight,
            cross_x: None,
            dash: class.dash(),
            head: class.head(),
            class,
            protocol: Protocol::Sip,
            tag: None,
            label: Label { text: String::new(), x: x1, y, anchor: Anchor::Start },
            badge: None,
        }
    }

    /// Where the line really ends: at the tip, or at the cross.
    #[must_use]
    pub fn end(&self) -> (f64, f64) {
        match (self.cross_x, self.route) {
            (Some(x), Route::Straight | Route::Slanted { .. }) => (x, self.y),
            (Some(x), Route::Loop { y2, .. }) => (x, y2),
            (None, Route::Straight) => (self.x2, self.y),
            (None, Route::Loop { y2, .. } | Route::Slanted { y2 }) => (self.x2, y2),
        }
    }

    /// The part of a slanted arrow that lies between two heights, its tip included if it does: for
    /// paper, whose rows become as high as what is said in them. None for arrows of other shapes,
    /// and where it does not come past.
    #[must_use]
    pub fn part(&self, top: f64, bottom: f64) -> Option<Part> {
        let Route::Slanted { y2 } = self.route else { return None };
        if top >= y2 || bottom <= self.y {
            return None;
        }
        let x_at = |y: f64| self.x1 + (self.x2 - self.x1) * (y - self.y) / (y2 - self.y);
        let top = top.max(self.y);
        if y2 <= bottom {
            let end = Self { x1: x_at(top), y: top, ..self.clone() };
            return Some(Part::End(end));
        }
        Some(Part::Line((x_at(top), top), (x_at(bottom), bottom)))
    }

    /// The way the tip points, 1 px long.
    fn direction(&self) -> (f64, f64) {
        let dx = match self.route {
            Route::Straight | Route::Slanted { .. } => self.x2 - self.x1,
            Route::Loop { x, .. } => self.x2 - x,
        };
        let dy = match self.route {
            Route::Slanted { y2 } => y2 - self.y,
            Route::Straight | Route::Loop { .. } => 0.0,
        };
        let length = (dx * dx + dy * dy).sqrt();
        if length > 0.0 { (dx / length, dy / length) } else { (1.0, 0.0) }
    }

    /// SVG path data of the line, ending where the head begins.
    #[must_use]
    pub fn line_path(&self) -> String {
        let (x, y) = self.end();
        let closed = self.cross_x.is_none() && self.head != Head::Open;
        let (dx, dy) = self.direction();
        let (x, y) = if closed { (x - dx * 8.0, y - dy * 8.0) } else { (x, y) };
        match self.route {
            Route::Straight => format!("M{:.1} {y:.1}H{x:.1}", self.x1),
            Route::Slanted { .. } => format!("M{:.1} {:.1}L{x:.1} {y:.1}", self.x1, self.y),
            Route::Loop { x: out, y2 } => {
                format!("M{:.1} {:.1}H{out:.1}V{y2:.1}H{x:.1}", self.x1, self.y)
            }
        }
    }

    /// SVG path data of the head, or of the cross of a lost message.
    #[must_use]
    pub fn head_path(&self) -> String {
        let (x, y) = self.end();
        if self.cross_x.is_some() {
            let (l, r, t, b) = (x - CROSS, x + CROSS, y - CROSS, y + CROSS);
            return format!("M{l:.1} {t:.1}L{r:.1} {b:.1}M{l:.1} {b:.1}L{r:.1} {t:.1}");
        }
        let (dx, dy) = self.direction();
        // A place so far behind the tip and so far beside the line.
        let at = |behind: f64, beside: f64| {
            let (x, y) = (x - behind * dx - beside * dy, y - behind * dy + beside * dx);
            format!("{x:.1} {y:.1}")
        };
        match self.head {
            Head::Filled | Head::Hollow => {
                format!("M{}L{}L{}Z", at(0.0, 0.0), at(9.0, -4.5), at(9.0, 4.5))
            }
            Head::Open => format!("M{}L{}L{}", at(8.0, -4.5), at(0.0, 0.0), at(8.0, 4.5)),
            Head::Barred => format!(
                "M{}L{}L{}ZM{}L{}",
                at(3.0, 0.0),
                at(11.0, -4.5),
                at(11.0, 4.5),
                at(1.5, -6.0),
                at(1.5, 6.0)
            ),
        }
    }
}

/// What of a slanted arrow lies between two heights.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A line from one point to another; the arrow goes on below.
    Line((f64, f64), (f64, f64)),
    /// The rest of the arrow, with its tip.
    End(ArrowShape),
}

impl BandShape {
    /// SVG path data of the double line with its open head.
    #[must_use]
    pub fn line_path(&self) -> String {
        let d = if self.x2 < self.x1 { -1.0 } else { 1.0 };
        let (x1, x2, y) = (self.x1, self.x2, self.y);
        let (near, back) = (x2 - d * 3.0, x2 - d * 9.0);
        format!(
            "M{x1:.1} {:.1}H{near:.1}M{x1:.1} {:.1}H{near:.1}M{back:.1} {:.1}L{x2:.1} {y:.1}L{back:.1} {:.1}",
            y - 1.75,
            y + 1.75,
            y - 6.0,
            y + 6.0
        )
    }

    /// SVG path data of the two rails, with a tick where the stream ends.
    #[must_use]
    pub fn rails_path(&self) -> String {
        let (x1, x2, y, y2) = (self.x1, self.x2, self.y, self.y2);
        let d = if x2 < x1 { -4.0 } else { 4.0 };
        format!("M{x1:.1} {y:.1}V{y2:.1}H{:.1}M{x2:.1} {y:.1}V{y2:.1}H{:.1}", x1 + d, x2 - d)
    }
}
