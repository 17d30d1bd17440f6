//! A flow as a ladder of characters, for terminals, mails and logs.

mod canvas;

use crate::clock;
use crate::measure;
use crate::model::{Arrow, Band, Class, Delivery, Flow, Item, Note, StateChange};
use canvas::Line;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::ops::{Range, RangeInclusive};

/// Draws `flow` as text of at most about `columns` columns; with many actors it grows wider.
///
/// Line styles are those of [`Class::dash`], heads those of [`Class::head`]; a life-line is
/// doubled while media run at it.
#[must_use]
pub fn to_text(flow: &Flow, columns: usize) -> String {
    ladder(flow, columns).to_string()
}

/// As [`to_text`], to be written piece by piece.
pub fn ladder(flow: &Flow, columns: usize) -> impl fmt::Display {
    Ladder::new(flow, columns)
}

/// Columns for time and difference before the first life-line's lane.
const GUTTER: usize = 24;
/// What a caption leaves free of the line that it is put on.
const CAPTION_MARGIN: usize = 4;
/// Distance of life-lines.
const LANE: RangeInclusive<usize> = 14..=48;

/// A flow with its columns, written by its [`Display`](fmt::Display).
struct Ladder<'a> {
    flow: &'a Flow,
    lanes: usize,
    /// Distance of life-lines.
    lane: usize,
    /// Width of all.
    width: usize,
    tagged: bool,
}

/// Media that run at the moment.
struct Running {
    /// When each ends, and between which life-lines it runs; the earliest end first.
    ends: BinaryHeap<Reverse<(i64, usize, usize)>>,
    /// How many run at each life-line.
    at: Vec<usize>,
}

impl Running {
    fn new(lanes: usize) -> Self {
        Self { ends: BinaryHeap::new(), at: vec![0; lanes] }
    }

    fn begin(&mut self, end_us: i64, from: usize, to: usize) {
        self.ends.push(Reverse((end_us, from, to)));
        for lane in [from, to] {
            if let Some(number) = self.at.get_mut(lane) {
                *number += 1;
            }
        }
    }

    fn end_before(&mut self, now_us: i64) {
        while let Some(Reverse((end_us, from, to))) = self.ends.peek().copied() {
            if end_us >= now_us {
                break;
            }
            self.ends.pop();
            for lane in [from, to] {
                if let Some(number) = self.at.get_mut(lane) {
                    *number -= 1;
                }
            }
        }
    }
}

impl<'a> Ladder<'a> {
    fn new(flow: &'a Flow, columns: usize) -> Self {
        let lanes = flow.lanes().max(1);
        let tagged = flow.tagged();
        let needed = flow.items.iter().filter_map(|item| match item {
            Item::Message(arrow) => {
                let span = arrow.from.abs_diff(arrow.to).max(1);
                Some((measure::columns(&caption(arrow, tagged)) + 8).div_ceil(span))
            }
            Item::Media(band) => {
                let span = band.from.abs_diff(band.to).max(1);
                Some((measure::columns(&band.label) + 10).div_ceil(span))
            }
            Item::Note(_) | Item::State(_) => None,
        });
        let heads = flow
            .actors
            .iter()
            .map(|actor| measure::columns(&actor.label).max(measure::columns(&actor.detail)) + 2);
        let room = (columns.saturating_sub(GUTTER) / lanes).max(*LANE.start());
        let lane = needed.chain(heads).max().unwrap_or(0).clamp(*LANE.start(), *LANE.end());
        let lane = lane.min(room);
        Self { flow, lanes, lane, width: (GUTTER + lane * lanes).max(columns), tagged }
    }

    fn x(&self, actor: usize) -> usize {
        GUTTER + self.lane * actor.min(self.lanes - 1)
    }

    /// A line with its life-lines, doubled where media run.
    fn line(&self, running: &Running) -> Line {
        let mut line = Line::new(self.width);
        for (lane, media) in running.at.iter().enumerate() {
            line.put(self.x(lane), if *media > 0 { "║" } else { "│" });
        }
        line
    }

    fn heads(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut labels, mut details) = (Line::new(self.width), Line::new(self.width));
        labels.put_right(9, "time, s");
        labels.put_right(21, "after");
        for lane in 0..self.lanes {
            let actor = self.flow.actors.get(lane);
            let (label, detail) =
                actor.map_or(("unknown", ""), |actor| (&actor.label, &actor.detail));
            let room = self.lane - 1;
            labels.put(self.x(lane), &measure::fit_columns(&measure::plain(label), room));
            details.put(self.x(lane), &measure::fit_columns(&measure::plain(detail), room));
        }
        writeln!(f, "{labels}\n{details}")
    }
}

impl fmt::Display for Ladder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = measure::plain(&self.flow.title);
        if !title.trim().is_empty() {
            writeln!(f, "{}\n", title.trim_end())?;
        }
        self.heads(f)?;
        let mut running = Running::new(self.lanes);
        let origin = self.flow.items.first().map_or(0, Item::time_us);
        let mut before = None;
        for item in &self.flow.items {
            let now = item.time_us();
            running.end_before(now);
            let delta = before.map(|before| now.saturating_sub(before)).filter(|delta| *delta != 0);
            if delta.is_some_and(|delta| delta >= 1_000_000) {
                writeln!(f, "{}", self.line(&running))?;
            }
            before = Some(now);
            let mut lines = match item {
                Item::Message(arrow) => self.message(arrow, &running),
                Item::Media(band) => self.band(band, &mut running),
                Item::Note(note) => self.note(note, &running),
                Item::State(change) => vec![self.state(change, &running)],
            };
            if let Some(first) = lines.first_mut() {
                first.put_right(9, &clock::relative(now.saturating_sub(origin)));
                if let Some(delta) = delta {
                    first.put_right(21, &clock::difference(delta));
                }
            }
            for line in lines {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}

impl Ladder<'_> {
    fn message(&self, arrow: &Arrow, running: &Running) -> Vec<Line> {
        let (from, to) = (self.x(arrow.from), self.x(arrow.to));
        let caption = caption(arrow, self.tagged);
        let lost = arrow.delivery == Delivery::Lost;
        let mut line = self.line(running);
        if from == to {
            let mut back = self.line(running);
            line.put(from + 1, "──╮ ");
            line.put(from + 5, &caption);
            back.put(from + 1, if lost { " ╳╯" } else { "◀─╯" });
            return vec![line, back];
        }
        let (stroke, right, left) = strokes(arrow.class);
        let span = from.min(to) + 1..from.max(to);
        let mut lines = Vec::new();
        let beside = self.beside(&mut lines, &span, &caption, running);
        if lost {
            // It goes three quarters of the way, or as far as its text is long.
            let text = beside.map_or(0, |caption| measure::columns(caption) + 5);
            let part = (span.len() * 3 / 4).max(text).min(span.len() - 1);
            let drawn =
                if from < to { span.start..span.start + part } else { span.end - part..span.end };
            line.fill(drawn.clone(), stroke);
            if let Some(caption) = beside {
                line.caption(drawn.clone(), caption);
            }
            line.put(if from < to { drawn.end } else { drawn.start - 1 }, "╳");
        } else {
            line.fill(span.clone(), stroke);
            if let Some(caption) = beside {
                line.caption(span.clone(), caption);
            }
            if from < to {
                line.put(span.end - measure::columns(right), right);
            } else {
                line.put(span.start, left);
            }
        }
        lines.push(line);
        lines
    }

    /// The text to be put on a line of `span`; one that is too long for it goes on a line of its
    /// own above, among `lines`.
    fn beside<'c>(
        &self,
        lines: &mut Vec<Line>,
        span: &Range<usize>,
        caption: &'c str,
        running: &Running,
    ) -> Option<&'c str> {
        let length = measure::columns(caption);
        if length + CAPTION_MARGIN <= span.len() {
            return Some(caption);
        }
        let caption = measure::fit_columns(caption, self.width - GUTTER - 2);
        let length = measure::columns(&caption);
        let middle = usize::midpoint(span.start, span.end);
        let x = middle.saturating_sub(length / 2).min(self.width - length).max(GUTTER + 1);
        let mut line = self.line(running);
        line.put(x - 1, &format!(" {caption} "));
        lines.push(line);
        None
    }

    fn band(&self, band: &Band, running: &mut Running) -> Vec<Line> {
        let lane = |actor: usize| actor.min(self.lanes - 1);
        running.begin(band.end_us.max(band.start_us), lane(band.from), lane(band.to));
        let mut line = self.line(running);
        let (from, to) = (self.x(band.from), self.x(band.to));
        let caption = measure::plain(&band.label);
        if from == to {
            line.put(from + 2, &caption);
            return vec![line];
        }
        let (start, end) = (from.min(to) + 1, from.max(to));
        line.fill(start..end, '═');
        let mut lines = Vec::new();
        if let Some(caption) = self.beside(&mut lines, &(start..end), &caption, running) {
            line.caption(start..end, caption);
        }
        if from < to {
            line.put(end - 1, "▷");
        } else {
            line.put(start, "◁");
        }
        lines.push(line);
        lines
    }

    fn note(&self, note: &Note, running: &Running) -> Vec<Line> {
        let text = match &note.rule {
            Some(rule) => format!("[{rule}] {}", note.text),
            None => note.text.clone(),
        };
        // Beside its life-line, but never in a strip too narrow to read.
        let x = note.actor.map_or(GUTTER, |actor| self.x(actor));
        let x = x.min(self.width.saturating_sub(40)).max(GUTTER);
        let room = self.width.saturating_sub(x + 4).max(20);
        let mut lines = Vec::new();
        for part in measure::wrap_columns(&measure::plain(&text), room) {
            let mut line = self.line(running);
            line.put(x + 1, if lines.is_empty() { " ▪ " } else { "   " });
            line.put(x + 4, &part);
            line.put(x + 4 + measure::columns(&part), " ");
            lines.push(line);
        }
        lines
    }

    fn state(&self, change: &StateChange, running: &Running) -> Line {
        let mut line = self.line(running);
        let text = if change.from.is_empty() {
            format!("◆ {} ", change.to)
        } else {
            format!("◆ {} → {} ", change.from, change.to)
        };
        line.put(self.x(change.actor), &measure::plain(&text));
        line
    }
}

/// What an arrow says: tag, label, badge.
fn caption(arrow: &Arrow, tagged: bool) -> String {
    let mut caption = String::new();
    if tagged {
        caption.push_str(arrow.protocol.tag());
        caption.push(' ');
    }
    caption.push_str(&measure::plain(&arrow.label));
    if arrow.repeats > 0 {
        caption.push_str(&format!(" ×{}", u64::from(arrow.repeats) + 1));
    }
    caption
}

/// The stroke of a class, and its heads to the right and to the left.
const fn strokes(class: Class) -> (char, &'static str, &'static str) {
    match class {
        Class::Request => ('─', "▶", "◀"),
        Class::Provisional => ('┄', ">", "<"),
        Class::Success => ('╌', "▶", "◀"),
        Class::Challenge => ('╌', "▷", "◁"),
        Class::Failure => ('╌', "▶▌", "▐◀"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;
    use proptest::prelude::*;

    #[test]
    fn flows_are_drawn_as_before() {
        insta::assert_snapshot!("call", to_text(&cases::call(), 100));
        insta::assert_snapshot!("recording", to_text(&cases::recording(), 100));
    }

    #[test]
    fn captions_too_long_for_their_arrow_stand_above_it() {
        let text = to_text(&cases::recording(), 60);
        for caption in ["SIP 401 Unauthorized", "CMD RecordStartRequest id=15082", "key: Record"] {
            assert!(text.contains(caption), "{text}");
        }
        assert!(text.lines().all(|line| measure::columns(line) <= 24 + 4 * 14), "{text}");
        insta::assert_snapshot!("narrow", text);
    }

    proptest! {
        #[test]
        fn any_flow_is_text_without_control_characters(
            flow in cases::any_flow(),
            columns in 0usize..200,
        ) {
            let text = to_text(&flow, columns);
            prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(text.lines().count() > flow.items.len());
            prop_assert!(text.lines().all(|line| line.trim_end() == line));
        }
    }
}
