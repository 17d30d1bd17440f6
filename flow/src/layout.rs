//! Where everything goes: life-lines, rows and bands as plain numbers in px, top left at 0, 0.
//!
//! [`layout`] makes one pass over the flow and keeps one number per item; the shapes of a row are
//! worked out when they are asked for. A viewer asks [`Layout::rows_between`] and
//! [`Layout::bands_between`] for what is in sight, so a flow of 100 000 messages scrolls as one
//! of ten. Item `i` of the flow is row `i`.

mod metrics;
mod shape;
#[cfg(test)]
mod tests;

use crate::measure;
use crate::model::{Arrow, Flow, Item};
pub use metrics::{Density, Metrics, Spacing};
pub use shape::{Anchor, ArrowShape, BandShape, Label, NoteShape, Part, Route, Shape, StateShape};
use std::ops::Range;

/// How a flow is to be laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayoutOptions {
    /// Distance between life-lines in px; kept within 60 and 2 000.
    pub width_per_actor: f64,
    /// For a desk or for a phone's screen.
    pub density: Density,
    /// How far apart rows are that are apart in time.
    pub spacing: Spacing,
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self { width_per_actor: 220.0, density: Density::Comfortable, spacing: Spacing::Even }
    }
}

impl LayoutOptions {
    /// Options by which most labels of `flow` show whole, so far as the life-lines then stay
    /// within a readable distance.
    #[must_use]
    pub fn natural(flow: &Flow, density: Density) -> Self {
        let metrics = density.metrics();
        let needed = flow.items.iter().filter_map(|item| {
            let (from, to, label) = match item {
                Item::Message(arrow) => (arrow.from, arrow.to, &arrow.label),
                Item::Media(band) => (band.from, band.to, &band.label),
                Item::Note(_) | Item::State(_) => return None,
            };
            // A tag, a badge and the room beside a band's rails come on top of the label.
            let beside = 4.0 * metrics.font + 2.0 * metrics.padding;
            let spanned = from.abs_diff(to).max(1) as f64;
            Some((measure::width(label, metrics.font) + beside) / spanned)
        });
        let (least, most) = metrics.lane_range;
        let least = least.max(Self::default().width_per_actor * 0.8);
        let width_per_actor = needed.fold(least, f64::max).min(most.max(least));
        Self { width_per_actor, density, spacing: Spacing::Even }
    }

    /// Options by which `flow` fills `available` px, so far as the life-lines stay readable:
    /// many of them make the diagram wider than that. Below 640 px it is compact.
    #[must_use]
    pub fn fit(flow: &Flow, available: f64) -> Self {
        let density = if available < 640.0 { Density::Compact } else { Density::Comfortable };
        let metrics = density.metrics();
        let lanes = flow.lanes().max(1) as f64;
        let room = available - metrics.gutter - 2.0 * metrics.margin;
        let (least, most) = metrics.lane_range;
        let width_per_actor = (room / lanes).clamp(least, most);
        Self { width_per_actor, density, spacing: Spacing::Even }
    }
}

/// One life-line with its head.
#[derive(Clone, Debug, PartialEq)]
pub struct LifeLine {
    /// The actor's index; none for the line that stands in for actors a flow does not name.
    pub actor: Option<usize>,
    /// Where the line runs.
    pub x: f64,
    /// Where the line begins: the lower edge of its head.
    pub y1: f64,
    /// Where the line ends.
    pub y2: f64,
    /// Left edge of the head's box.
    pub head_x: f64,
    /// Upper edge of the head's box.
    pub head_y: f64,
    /// Width of the head's box.
    pub head_width: f64,
    /// Height of the head's box.
    pub head_height: f64,
    /// First line of the head, fitted, centred on `x`.
    pub label: String,
    /// Baseline of `label`.
    pub label_y: f64,
    /// Second, quieter line of the head, fitted; may be empty.
    pub detail: String,
    /// Baseline of `detail`.
    pub detail_y: f64,
}

/// The place of one item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Upper edge.
    pub y: f64,
    /// Height to the next row's upper edge.
    pub height: f64,
    /// Room at the top for the silence before the item.
    pub pause: f64,
    /// Where the item's own line is: an arrow, a band's beginning, a note's or mark's middle.
    pub line_y: f64,
    /// µs since the first item; below zero for an item that is out of order.
    pub time_us: i64,
    /// µs since the item before; none for the first.
    pub delta_us: Option<i64>,
    /// Baseline of the times at the left.
    pub time_baseline: f64,
    /// Right edge of the time, to which it is aligned.
    pub time_x: f64,
    /// Right edge of the difference.
    pub delta_x: f64,
    /// Baseline of the difference; below the time in a compact layout.
    pub delta_baseline: f64,
}

impl Row {
    /// Upper edge of what the row itself shows: below the room for the silence before it.
    #[must_use]
    pub fn content_y(&self) -> f64 {
        self.y + self.pause
    }
}

/// The whole extent of a media band, for finding those in sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BandSpan {
    /// The row that begins it; [`Layout::shape`] draws it.
    pub row: usize,
    /// Upper edge.
    pub y1: f64,
    /// Lower edge.
    pub y2: f64,
    /// How many bands lie between this one and its life-lines.
    slot: u8,
}

/// An arrow that took so long that it ends further down than it begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slant {
    /// Its row, where it begins.
    pub row: usize,
    /// Height of its tip: where the time lies at which it arrived.
    pub y2: f64,
}

/// A flow's coordinates. The flow itself is passed again to what needs its content.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Width of all of it.
    pub width: f64,
    /// Height of all of it.
    pub height: f64,
    /// Lower edge of the heads; rows begin here.
    pub head_height: f64,
    /// Life-lines, left to right.
    pub lifelines: Vec<LifeLine>,
    /// Every media band, by its beginning.
    pub bands: Vec<BandSpan>,
    /// Every arrow that is drawn slanted, by its row.
    pub slants: Vec<Slant>,
    /// Sizes that go with the density: fonts, paddings.
    pub metrics: Metrics,
    /// Whether arrows carry their protocol's tag: only where a flow has more than one.
    pub tagged: Tagged,
    /// Distance of the life-lines.
    lane: f64,
    /// Upper edges of the rows, and the lower edge of the last.
    tops: Vec<f64>,
    /// For each band, the lowest edge of it and those before it.
    reach: Vec<f64>,
    /// Time of the first item.
    origin_us: i64,
    /// Latest time in the flow.
    end_us: i64,
}

/// Whether arrows carry their protocol's tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagged {
    /// Several protocols: each arrow says its own.
    Each,
    /// One protocol: nothing to tell apart.
    None,
}

/// Lays out `flow` in one pass.
///
/// An item that names an actor the flow does not have gets a life-line of its own at the right.
#[must_use]
pub fn layout(flow: &Flow, options: &LayoutOptions) -> Layout {
    let metrics = Metrics { spacing: options.spacing, ..options.density.metrics() };
    let lane = if options.width_per_actor.is_nan() {
        metrics.lane_range.0
    } else {
        options.width_per_actor.clamp(60.0, 2_000.0)
    };
    let lanes = flow.lanes();
    let head_height = metrics.margin + metrics.head_height;
    let width = metrics.gutter + lane * lanes.max(1) as f64 + 2.0 * metrics.margin;

    let mut layout = Layout {
        width,
        height: 0.0,
        head_height,
        lifelines: Vec::new(),
        bands: Vec::new(),
        slants: Vec::new(),
        metrics,
        tagged: if flow.tagged() { Tagged::Each } else { Tagged::None },
        lane,
        tops: Vec::with_capacity(flow.items.len() + 1),
        reach: Vec::new(),
        origin_us: flow.items.first().map_or(0, Item::time_us),
        end_us: flow.items.iter().map(last_us).max().unwrap_or(0),
    };

    let mut y = head_height + metrics.margin;
    layout.tops.push(y);
    let mut before = None;
    for item in &flow.items {
        y += layout.pause(before, item, lanes) + layout.item_height(item, lanes);
        before = Some(item);
        layout.tops.push(y);
    }
    // Room below the last row for what goes on after it.
    if before.is_some_and(|last| layout.end_us > last.time_us()) {
        y += metrics.row_height;
    }
    layout.height = y + metrics.margin;
    layout.lifelines = lifelines(flow, &layout, lanes);
    layout.place_bands(flow, lanes);
    layout.slants = layout.slants(flow);
    layout
}

impl Layout {
    /// How many rows there are: one per item.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.tops.len().saturating_sub(1)
    }

    /// The rows that show between two heights, in O(log n).
    #[must_use]
    pub fn rows_between(&self, y0: f64, y1: f64) -> Range<usize> {
        let rows = self.rows();
        let first = self.tops.partition_point(|top| *top <= y0).saturating_sub(1).min(rows);
        let end = self.tops.partition_point(|top| *top < y1).min(rows);
        first..end.max(first)
    }

    /// The bands that show between two heights, those included that began further up.
    pub fn bands_between(&self, y0: f64, y1: f64) -> impl Iterator<Item = &BandSpan> {
        let first = self.reach.partition_point(|reach| *reach < y0);
        let end = self.bands.partition_point(|band| band.y1 <= y1);
        let inside = self.bands.get(first..end.max(first)).unwrap_or_default();
        inside.iter().filter(move |band| band.y2 >= y0)
    }

    /// The arrows that began above a height and come down past it.
    pub fn slants_across(&self, y: f64) -> impl Iterator<Item = usize> {
        let above = self.rows_between(y, y).start;
        let across = move |slant: &&Slant| slant.row < above && slant.y2 >= y;
        self.slants.iter().filter(across).map(|slant| slant.row)
    }

    /// The place and times of a row; none past the last.
    #[must_use]
    pub fn row(&self, flow: &Flow, row: usize) -> Option<Row> {
        let item = flow.items.get(row)?;
        let y = *self.tops.get(row)?;
        let bottom = *self.tops.get(row + 1)?;
        let before = row.checked_sub(1).and_then(|row| flow.items.get(row)).map(Item::time_us);
        let delta_us = before.map(|before| item.time_us().saturating_sub(before));
        let pause = self.pause(flow.items.get(row.wrapping_sub(1)), item, self.lifelines.len());
        let line_y = y + pause + self.line_offset(item);
        let stacked = self.metrics.density == Density::Compact;
        let baseline = line_y + self.metrics.time_font * 0.35;
        let right = self.metrics.margin + self.metrics.time_width;
        Some(Row {
            y,
            height: bottom - y,
            pause,
            line_y,
            time_us: item.time_us().saturating_sub(self.origin_us),
            delta_us,
            time_baseline: if stacked { baseline - self.metrics.time_font * 0.5 } else { baseline },
            time_x: right,
            delta_x: if stacked { right } else { self.metrics.margin + self.metrics.gutter - 8.0 },
            delta_baseline: if stacked {
                baseline + self.metrics.time_font * 0.6
            } else {
                baseline
            },
        })
    }

    /// The height at which a time of the flow's clock lies, between the rows before and after it.
    #[must_use]
    pub fn y_at(&self, flow: &Flow, time_us: i64) -> f64 {
        let next = flow.items.partition_point(|item| item.time_us() <= time_us);
        let line = |row| self.row(flow, row).map(|row| row.line_y);
        let Some(before) = next.checked_sub(1) else {
            return line(0).unwrap_or(self.head_height);
        };
        let (Some(y1), Some(t1)) = (line(before), flow.items.get(before).map(Item::time_us)) else {
            return self.head_height;
        };
        let (y2, t2) = match (line(next), flow.items.get(next)) {
            (Some(y2), Some(item)) => (y2, item.time_us()),
            _ => (self.height - self.metrics.margin, self.end_us),
        };
        let span = t2.saturating_sub(t1);
        if span <= 0 {
            return y1;
        }
        let part = time_us.saturating_sub(t1) as f64 / span as f64;
        y1 + (y2 - y1) * part.clamp(0.0, 1.0)
    }

    /// The time of the flow's clock that lies at a height; the inverse of [`Layout::y_at`].
    #[must_use]
    pub fn time_at(&self, flow: &Flow, y: f64) -> i64 {
        let row = self.rows_between(y, y + 1.0).start;
        let line = |row| self.row(flow, row).map(|row| row.line_y);
        // The row's own line may lie below `y`; the stretch then begins at the row before.
        let start =
            if line(row).is_some_and(|line| line <= y) { Some(row) } else { row.checked_sub(1) };
        let Some(start) = start else { return self.origin_us };
        let (Some(y1), Some(t1)) = (line(start), flow.items.get(start).map(Item::time_us)) else {
            return self.end_us;
        };
        let (y2, t2) = match (line(start + 1), flow.items.get(start + 1)) {
            (Some(y2), Some(item)) => (y2, item.time_us()),
            _ => (self.height - self.metrics.margin, self.end_us),
        };
        if y2 <= y1 || t2 <= t1 {
            return t1;
        }
        let part = ((y - y1) / (y2 - y1)).clamp(0.0, 1.0);
        #[allow(
            clippy::cast_possible_truncation,
            reason = "float to integer saturates, and the addition does too"
        )]
        let after = (part * t2.saturating_sub(t1) as f64) as i64;
        t1.saturating_add(after)
    }

    /// The shape of a row; none past the last, or when `flow` is not the one laid out.
    #[must_use]
    pub fn shape(&self, flow: &Flow, row: usize) -> Option<Shape> {
        shape::shape(self, flow, row)
    }

    /// Horizontal place of an actor; of the line at the right for one that does not exist.
    #[must_use]
    pub fn x_of(&self, actor: usize) -> f64 {
        self.line_of(actor).map_or(self.lane_x(0), |line| line.x)
    }

    fn line_of(&self, actor: usize) -> Option<&LifeLine> {
        self.lifelines.get(actor).or_else(|| self.lifelines.last())
    }

    fn lane_x(&self, lane: usize) -> f64 {
        self.metrics.margin + self.metrics.gutter + self.lane * (lane as f64 + 0.5)
    }

    /// Left and right edge of what lies between the gutter and the right margin.
    fn stage(&self) -> (f64, f64) {
        (self.metrics.margin + self.metrics.gutter, self.width - self.metrics.margin)
    }

    /// Room above an item for the silence before it.
    fn pause(&self, before: Option<&Item>, item: &Item, lanes: usize) -> f64 {
        let Some(before) = before else { return 0.0 };
        let delta_us = item.time_us().saturating_sub(before.time_us());
        let Spacing::Scaled { px_per_second } = self.metrics.spacing else {
            return self.metrics.pause(delta_us);
        };
        // From line to line it is to be as far as the time says, and rows have some of it anyway.
        let own = self.item_height(before, lanes) - self.line_offset(before);
        (scaled(delta_us, px_per_second) - own - self.line_offset(item)).max(0.0)
    }

    /// Arrows whose way can be seen to take time, with the heights of their tips.
    fn slants(&self, flow: &Flow) -> Vec<Slant> {
        let slant = |(row, item): (usize, &Item)| {
            let Item::Message(Arrow { time_us, arrived_us: Some(arrived), from, to, .. }) = item
            else {
                return None;
            };
            let way = arrived.saturating_sub(*time_us);
            let least = match self.metrics.spacing {
                Spacing::Scaled { px_per_second } if scaled(way, px_per_second) >= 1.0 => 0.0,
                _ if way >= SLOW_US => LEAST_SLANT,
                _ => return None,
            };
            let lanes = self.lifelines.len();
            if lane_of(*from, lanes) == lane_of(*to, lanes) {
                return None;
            }
            // What came of it happened at the same time, and is not above its tip.
            let y2 = self.y_at(flow, arrived.saturating_sub(1));
            let next = flow.items.partition_point(|item| item.time_us() < *arrived);
            let edge = match flow.items.get(next) {
                Some(Item::Note(_) | Item::State(_)) => self.row(flow, next),
                _ => None,
            };
            let y1 = self.row(flow, row)?.line_y;
            Some(Slant { row, y2: y2.min(edge.map_or(y2, |row| row.content_y())).max(y1 + least) })
        };
        flow.items.iter().enumerate().filter_map(slant).collect()
    }

    fn item_height(&self, item: &Item, lanes: usize) -> f64 {
        let m = &self.metrics;
        match item {
            Item::Message(arrow) if lane_of(arrow.from, lanes) == lane_of(arrow.to, lanes) => {
                m.row_height + m.loop_height
            }
            Item::Message(_) | Item::Media(_) => m.row_height,
            Item::Note(note) => {
                shape::note_lines(self, note, lanes).len() as f64 * m.line_height
                    + 2.0 * m.padding
                    + m.gap
            }
            Item::State(_) => m.mark_height + m.gap,
        }
    }

    /// From the upper edge of an item (its pause left out) to its line.
    fn line_offset(&self, item: &Item) -> f64 {
        let m = &self.metrics;
        match item {
            Item::Message(_) | Item::Media(_) => m.line_offset,
            Item::Note(_) => m.padding + m.line_height * 0.5 + m.gap * 0.5,
            Item::State(_) => (m.mark_height + m.gap) * 0.5,
        }
    }

    fn place_bands(&mut self, flow: &Flow, lanes: usize) {
        // When each place beside each life-line becomes free again.
        let mut free = vec![[f64::MIN; SLOTS]; lanes];
        let mut reach = f64::MIN;
        for (row, item) in flow.items.iter().enumerate() {
            let Item::Media(band) = item else { continue };
            let Some(own) = self.row(flow, row) else { continue };
            // A band ends where its time does, but above the label of the row that follows.
            let after = flow.items.partition_point(|item| item.time_us() <= band.end_us);
            let below = self.row(flow, after).map_or(self.height, |next| next.content_y());
            let above = after.checked_sub(1).and_then(|row| self.row(flow, row));
            let end = self.y_at(flow, band.end_us).min(below);
            let end = above.map_or(end, |last| end.max(last.y + last.height));
            let y2 = end.max(own.y + own.height);
            let ends = [lane_of(band.from, lanes), lane_of(band.to, lanes)];
            let taken_until = |slot: usize| {
                let until = |lane: usize| free.get(lane).and_then(|slots| slots.get(slot));
                ends.iter().filter_map(|lane| until(*lane)).copied().fold(f64::MIN, f64::max)
            };
            let slot = (0..SLOTS).find(|slot| taken_until(*slot) <= own.y).unwrap_or(SLOTS - 1);
            for lane in ends {
                if let Some(until) = free.get_mut(lane).and_then(|slots| slots.get_mut(slot)) {
                    *until = until.max(y2);
                }
            }
            reach = reach.max(y2);
            self.reach.push(reach);
            let slot = u8::try_from(slot).unwrap_or(u8::MAX);
            self.bands.push(BandSpan { row, y1: own.y, y2, slot });
        }
    }
}

/// Ways of less time than a packet of sound lasts are drawn level.
const SLOW_US: i64 = 20_000;
/// How far a slow arrow at least comes down, in px: so little that its row has room for it.
const LEAST_SLANT: f64 = 10.0;

/// A time in px. A scale that is no number gives none, for `max` prefers what is one.
fn scaled(us: i64, px_per_second: f64) -> f64 {
    (us as f64 / 1e6 * px_per_second.min(1_000.0)).max(0.0)
}

/// Bands that are kept apart beside a life-line; more than that share the outermost place.
const SLOTS: usize = 4;

/// The life-line of an actor, the last one standing in for those that do not exist.
fn lane_of(actor: usize, lanes: usize) -> usize {
    actor.min(lanes.saturating_sub(1))
}

fn last_us(item: &Item) -> i64 {
    match item {
        Item::Media(band) => band.end_us.max(band.start_us),
        Item::Message(arrow) => arrow.arrived_us.unwrap_or(arrow.time_us).max(arrow.time_us),
        other => other.time_us(),
    }
}

fn lifelines(flow: &Flow, layout: &Layout, lanes: usize) -> Vec<LifeLine> {
    let m = &layout.metrics;
    let head_width = layout.lane - m.gap;
    let room = head_width - 2.0 * m.padding;
    let line = |lane: usize| {
        let actor = flow.actors.get(lane);
        let (label, detail) = actor.map_or(("unknown", ""), |actor| (&actor.label, &actor.detail));
        let fitted =
            |text: &str, size: f64| measure::fit(&measure::plain(text), size, room).into_owned();
        let x = layout.lane_x(lane);
        let middle = m.margin + m.head_height * 0.5;
        LifeLine {
            actor: actor.map(|_| lane),
            x,
            y1: m.margin + m.head_height,
            y2: layout.height - m.margin * 0.5,
            head_x: x - head_width * 0.5,
            head_y: m.margin,
            head_width,
            head_height: m.head_height,
            label: fitted(label, m.font * measure::BOLD),
            label_y: if detail.is_empty() { middle + m.font * 0.35 } else { middle - 2.0 },
            detail: fitted(detail, m.small_font),
            detail_y: middle + m.small_font + 2.0,
        }
    };
    (0..lanes).map(line).collect()
}
