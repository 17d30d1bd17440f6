//! A flow as a stand-alone SVG document: readable on white, in the dark and on paper.
//!
//! It holds its own style and nothing that is fetched or run, and every text from the flow is
//! escaped. Elements carry the classes `message`, `band`, `note` and `state` and the item's index
//! in `data-index`.

mod style;
#[cfg(test)]
mod tests;

use crate::clock;
use crate::layout::{
    ArrowShape, BandShape, Label, Layout, LayoutOptions, LifeLine, NoteShape, Shape, StateShape,
    layout,
};
use crate::measure;
use crate::model::{Arrow, Class, Flow, Item};
use std::fmt;

/// Draws `flow` as an SVG document of its own.
#[must_use]
pub fn to_svg(flow: &Flow, options: &LayoutOptions) -> String {
    drawing(flow, options).to_string()
}

/// As [`to_svg`], to be written piece by piece.
pub fn drawing(flow: &Flow, options: &LayoutOptions) -> impl fmt::Display {
    Drawing { flow, layout: layout(flow, options) }
}

/// Text for XML: escaped, and without the characters that XML cannot hold.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = measure::plain(self.0);
        let mut rest = text.as_ref();
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (before, special) = rest.split_at(at);
            f.write_str(before)?;
            let mut special = special.chars();
            f.write_str(match special.next() {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                Some('"') => "&quot;",
                _ => "&#39;",
            })?;
            rest = special.as_str();
        }
        f.write_str(rest)
    }
}

/// Height of the title above the heads.
const TITLE: f64 = 34.0;
/// Height of the legend below the rows.
const LEGEND: f64 = 30.0;
/// From this height on the heads are repeated at the foot.
const TALL: f64 = 900.0;

/// A flow with its layout, written by its [`Display`](fmt::Display).
struct Drawing<'a> {
    flow: &'a Flow,
    layout: Layout,
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let l = &self.layout;
        let foot = if l.height > TALL { l.metrics.head_height } else { 0.0 };
        let height = TITLE + l.height + foot + LEGEND;
        let title = Escaped(&self.flow.title);
        write!(
            f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {w:.0} {height:.0}\" role=\"img\">\n<title>{title}</title>\n",
            w = l.width
        )?;
        style::write(f, &l.metrics)?;
        writeln!(f, "<rect class=\"page\" width=\"100%\" height=\"100%\"/>")?;
        let room = l.width - 2.0 * l.metrics.margin;
        let fitted = measure::fit(&self.flow.title, style::TITLE_FONT, room);
        let x = l.metrics.margin;
        writeln!(f, "<text class=\"title\" x=\"{x}\" y=\"22\">{}</text>", Escaped(&fitted))?;

        writeln!(f, "<g transform=\"translate(0 {TITLE})\">")?;
        for line in &l.lifelines {
            let (x, y1, y2) = (line.x, line.y1, line.y2);
            writeln!(f, "<path class=\"lifeline\" d=\"M{x:.1} {y1:.1}V{y2:.1}\"/>")?;
        }
        // Bands lie behind the arrows that cross them.
        for band in &l.bands {
            self.item(f, band.row)?;
        }
        self.columns(f)?;
        for row in l.rows_between(0.0, l.height) {
            self.times(f, row)?;
            if !matches!(self.flow.items.get(row), Some(Item::Media(_))) {
                self.item(f, row)?;
            }
        }
        for line in &l.lifelines {
            head(f, line, 0.0)?;
            if foot > 0.0 {
                head(f, line, line.y2 - line.head_y)?;
            }
        }
        writeln!(f, "</g>")?;
        self.legend(f, TITLE + l.height + foot + LEGEND * 0.5)?;
        f.write_str("</svg>\n")
    }
}

impl Drawing<'_> {
    /// What the numbers at the left are, on the height of the heads.
    fn columns(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.layout.row(self.flow, 0) else { return Ok(()) };
        let y = self.layout.head_height - 4.0;
        writeln!(f, "<text class=\"time\" x=\"{:.1}\" y=\"{y:.1}\">time, s</text>", first.time_x)?;
        if first.delta_x > first.time_x {
            writeln!(
                f,
                "<text class=\"delta\" x=\"{:.1}\" y=\"{y:.1}\">after</text>",
                first.delta_x
            )?;
        }
        Ok(())
    }

    fn times(&self, f: &mut fmt::Formatter<'_>, index: usize) -> fmt::Result {
        let Some(row) = self.layout.row(self.flow, index) else { return Ok(()) };
        let time = clock::relative(row.time_us);
        let (x, y) = (row.time_x, row.time_baseline);
        writeln!(f, "<text class=\"time\" x=\"{x:.1}\" y=\"{y:.1}\">{time}</text>")?;
        let Some(delta) = row.delta_us.filter(|delta| *delta != 0) else { return Ok(()) };
        let (x, y) = (row.delta_x, row.delta_baseline);
        let delta = clock::difference(delta);
        writeln!(f, "<text class=\"delta\" x=\"{x:.1}\" y=\"{y:.1}\">{delta}</text>")
    }

    fn item(&self, f: &mut fmt::Formatter<'_>, index: usize) -> fmt::Result {
        let (Some(item), Some(shape)) =
            (self.flow.items.get(index), self.layout.shape(self.flow, index))
        else {
            return Ok(());
        };
        let class = match &shape {
            Shape::Arrow(arrow) => {
                format!("message {} {}", arrow.class.name(), arrow.protocol.name())
            }
            Shape::Band(_) => "band".to_owned(),
            Shape::Note(_) => "note".to_owned(),
            Shape::State(_) => "state".to_owned(),
        };
        let tip = tip(item);
        write!(f, "<g class=\"{class}\" data-index=\"{index}\"><title>{}</title>", Escaped(&tip))?;
        match shape {
            Shape::Arrow(arrow) => write_arrow(f, &arrow)?,
            Shape::Band(band) => write_band(f, &band)?,
            Shape::Note(note) => write_note(f, &note)?,
            Shape::State(mark) => write_state(f, &mark)?,
        }
        writeln!(f, "</g>")
    }

    /// One sample arrow for each class that occurs, and what the double line is.
    fn legend(&self, f: &mut fmt::Formatter<'_>, y: f64) -> fmt::Result {
        let metrics = &self.layout.metrics;
        let font = metrics.small_font;
        let mut x = metrics.margin;
        writeln!(f, "<g class=\"legend\">")?;
        let arrows = |item: &Item| match item {
            Item::Message(arrow) => Some((arrow.class, arrow.delivery)),
            _ => None,
        };
        let used =
            |class: Class| self.flow.items.iter().filter_map(arrows).any(|(used, _)| used == class);
        for (class, name) in LEGEND_CLASSES {
            let width = 34.0 + measure::width(name, font) + 14.0;
            if !used(class) || x + width > self.layout.width {
                continue;
            }
            let sample = ArrowShape::sample(class, x, x + 28.0, y);
            write!(f, "<g class=\"message {}\">", class.name())?;
            write_line(f, &sample)?;
            let (x1, y1) = (x + 34.0, y + font * 0.35);
            writeln!(f, "</g><text x=\"{x1:.1}\" y=\"{y1:.1}\">{name}</text>")?;
            x += width;
        }
        writeln!(f, "</g>")
    }
}

const LEGEND_CLASSES: [(Class, &str); 5] = [
    (Class::Request, "request"),
    (Class::Provisional, "provisional"),
    (Class::Success, "success"),
    (Class::Challenge, "challenge"),
    (Class::Failure, "failure"),
];

fn head(f: &mut fmt::Formatter<'_>, line: &LifeLine, down: f64) -> fmt::Result {
    let class = if line.actor.is_some() { "head" } else { "head unknown" };
    writeln!(
        f,
        "<g class=\"{class}\"><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"5\"/>\
         <text class=\"name\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>\
         <text class=\"detail\" x=\"{x:.1}\" y=\"{:.1}\">{}</text></g>",
        line.head_x,
        line.head_y + down,
        line.head_width,
        line.head_height,
        line.label_y + down,
        Escaped(&line.label),
        line.detail_y + down,
        Escaped(&line.detail),
        x = line.x,
    )
}

fn write_line(f: &mut fmt::Formatter<'_>, arrow: &ArrowShape) -> fmt::Result {
    write!(f, "<path class=\"line\" d=\"{}\"", arrow.line_path())?;
    if let Some(pattern) = arrow.dash.pattern() {
        write!(f, " stroke-dasharray=\"{pattern}\"")?;
    }
    let tip = if arrow.cross_x.is_some() { "cross" } else { arrow.head.name() };
    write!(f, "/><path class=\"{tip}\" d=\"{}\"/>", arrow.head_path())
}

fn write_arrow(f: &mut fmt::Formatter<'_>, arrow: &ArrowShape) -> fmt::Result {
    write_line(f, arrow)?;
    let Label { text, x, y, anchor } = &arrow.label;
    let anchor = anchor.name();
    write!(f, "<text class=\"label\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">")?;
    if let Some(tag) = arrow.tag {
        write!(f, "<tspan class=\"tag\">{tag}</tspan> ")?;
    }
    write!(f, "{}", Escaped(text))?;
    if let Some(badge) = &arrow.badge {
        write!(f, " <tspan class=\"badge\">{badge}</tspan>")?;
    }
    f.write_str("</text>")
}

fn write_band(f: &mut fmt::Formatter<'_>, band: &BandShape) -> fmt::Result {
    let (x, y) = (band.x1.min(band.x2), band.y);
    let (width, height) = ((band.x2 - band.x1).abs(), (band.y2 - band.y).max(0.0));
    let dash = band.dash.pattern().map(|pattern| format!(" stroke-dasharray=\"{pattern}\""));
    let Label { text, x: label_x, y: label_y, anchor } = &band.label;
    write!(
        f,
        "<rect class=\"span\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>\
         <path class=\"rails\" d=\"{}\"{}/><path class=\"double\" d=\"{}\"/>\
         <text class=\"label\" x=\"{label_x:.1}\" y=\"{label_y:.1}\" text-anchor=\"{}\">{}</text>",
        band.rails_path(),
        dash.unwrap_or_default(),
        band.line_path(),
        anchor.name(),
        Escaped(text)
    )
}

fn write_note(f: &mut fmt::Formatter<'_>, note: &NoteShape) -> fmt::Result {
    let NoteShape { x, y, width, height, .. } = note;
    write!(
        f,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"2\"/>"
    )?;
    for (line, Label { text, x, y, .. }) in note.lines.iter().enumerate() {
        write!(f, "<text x=\"{x:.1}\" y=\"{y:.1}\">")?;
        let rule = if line == 0 { note.rule.as_deref() } else { None };
        match rule.and_then(|rule| text.strip_prefix(&format!("[{rule}]"))) {
            Some(rest) => {
                let rule = Escaped(rule.unwrap_or_default());
                write!(f, "<tspan class=\"rule\">{rule}</tspan>{}</text>", Escaped(rest))?;
            }
            None => write!(f, "{}</text>", Escaped(text))?,
        }
    }
    Ok(())
}

fn write_state(f: &mut fmt::Formatter<'_>, mark: &StateShape) -> fmt::Result {
    let StateShape { x, y, width, height, label } = mark;
    let radius = height * 0.5;
    write!(
        f,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius:.1}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{}\">{}</text>",
        label.x,
        label.y,
        label.anchor.name(),
        Escaped(&label.text)
    )
}

/// All that an item says, for the tool tip.
fn tip(item: &Item) -> String {
    let ruled = |text: String, rule: &Option<String>| match rule {
        Some(rule) => format!("{text} [{rule}]"),
        None => text,
    };
    match item {
        Item::Message(Arrow { label, detail, rule, .. }) => {
            ruled(if detail.is_empty() { label.clone() } else { detail.clone() }, rule)
        }
        Item::Media(band) => band.label.clone(),
        Item::Note(note) => ruled(note.text.clone(), &note.rule),
        Item::State(change) => {
            ruled(format!("{}: {} → {}", change.machine, change.from, change.to), &change.rule)
        }
    }
}
