//! Where the states of a machine and the ways between them go, as plain numbers in px.
//!
//! The states stand in one column, in the order of the machine's own table, which is that of a
//! normal course. A way to the next state is a short arrow between the two. Every other way runs
//! beside the column: down at the right, up at the left. Ways that end in the same state join in
//! one trunk, and trunks keep apart, so that a machine of a dozen states and fifty ways stays
//! readable at a width of 280 px.

#[cfg(test)]
mod tests;

use recscope_flow::measure;

/// Font size of the states' names.
pub const FONT: f64 = 11.0;

/// Room around everything.
const MARGIN: f64 = 3.0;
/// Room between a box's edge and its text.
const PADDING: f64 = 9.0;
/// Height of a box of one line, and of each further line.
const HEIGHT: (f64, f64) = (24.0, 13.0);
/// Room between two boxes: a short arrow fits.
const GAP: f64 = 18.0;
/// Room between a box and the first trunk beside it: an arrow's head fits.
const BESIDE: f64 = 13.0;
/// Distance of trunks; less where there are many.
const LANE: f64 = 8.0;
/// Radius of the turns.
const TURN: f64 = 7.0;
/// How far from the middle the two short arrows between neighbours run.
const APART: f64 = 14.0;
/// A box is at least as wide as this, whatever runs beside it.
const LEAST: f64 = 96.0;

/// A machine's diagram, placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Width of all of it.
    pub width: f64,
    /// Height of all of it.
    pub height: f64,
    /// The states, in order.
    pub boxes: Vec<StateBox>,
    /// The ways, each pair of states once.
    pub ways: Vec<Way>,
}

/// A state as a box with round corners.
#[derive(Clone, Debug, PartialEq)]
pub struct StateBox {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Its name, in lines that fit.
    pub lines: Vec<Line>,
}

/// A line of a state's name, centred on its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The text.
    pub text: String,
    /// Its middle.
    pub x: f64,
    /// Its baseline.
    pub y: f64,
}

/// A way from one state to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// The state left.
    pub from: usize,
    /// The state entered.
    pub to: usize,
    /// SVG path data of the line.
    pub line: String,
    /// SVG path data of the head.
    pub head: String,
}

/// Places `states` and the `ways` between them, by their numbers, within `width` px.
///
/// Ways that occur several times are drawn once; those from a state to itself, or that name a
/// state that does not exist, are left out.
#[must_use]
pub fn place(states: &[&str], ways: &[(usize, usize)], width: f64) -> Placed {
    let mut ways: Vec<(usize, usize)> = ways
        .iter()
        .copied()
        .filter(|&(from, to)| from != to && from.max(to) < states.len())
        .collect();
    ways.sort_unstable();
    ways.dedup();

    let (right, left) = (Trunks::new(&ways, Side::Right), Trunks::new(&ways, Side::Left));
    let widest =
        states.iter().map(|state| measure::width(state, FONT)).fold(0.0, f64::max) + 2.0 * PADDING;
    let lanes = right.count + left.count;
    let beside = |trunks: &Trunks| if trunks.count == 0 { 0.0 } else { BESIDE };
    let (fixed, all) = (beside(&right) + beside(&left) + 2.0 * MARGIN, lanes.max(1) as f64);
    // Names in two lines rather than trunks too close to follow.
    let pitch = ((width - fixed - widest.min(width * 0.5)) / all).clamp(4.0, LANE);
    let column = widest.min(width - fixed - pitch * lanes as f64).max(LEAST.min(width));
    let taken = fixed + column + pitch * lanes as f64;
    let x = ((width - taken) / 2.0).max(0.0) + MARGIN + beside(&left) + pitch * left.count as f64;

    let boxes = boxes(states, x, column);
    let drawn = ways.iter().filter_map(|&(from, to)| {
        let (a, b) = (boxes.get(from)?, boxes.get(to)?);
        let (line, head) = if from.abs_diff(to) == 1 {
            let is_paired = ways.binary_search(&(to, from)).is_ok();
            short(a, b, if is_paired { APART } else { 0.0 })
        } else if from < to {
            let lane = right.lane(to)? as f64;
            beside_column(a, b, x + column + BESIDE + (lane + 0.5) * pitch, Side::Right)
        } else {
            let lane = left.lane(to)? as f64;
            beside_column(a, b, x - BESIDE - (lane + 0.5) * pitch, Side::Left)
        };
        Some(Way { from, to, line, head })
    });
    let height = boxes.last().map_or(0.0, |last| last.y + last.height) + MARGIN;
    Placed { width, height, ways: drawn.collect(), boxes }
}

fn boxes(states: &[&str], x: f64, width: f64) -> Vec<StateBox> {
    let mut top = MARGIN;
    let boxes = states.iter().map(|state| {
        let texts = measure::wrap(state, FONT, width - 2.0 * PADDING + 4.0, 2);
        let height = HEIGHT.0 + HEIGHT.1 * texts.len().saturating_sub(1) as f64;
        let first = top + HEIGHT.0 * 0.5 + FONT * 0.36;
        let lines = (0_u8..).zip(texts).map(|(number, text)| Line {
            text,
            x: x + width * 0.5,
            y: first + HEIGHT.1 * f64::from(number),
        });
        let placed = StateBox { x, y: top, width, height, lines: lines.collect() };
        top += height + GAP;
        placed
    });
    boxes.collect()
}

/// Where a way runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Down.
    Right,
    /// Up.
    Left,
}

/// The trunks at one side: one for each state that ways of that side end in.
struct Trunks {
    /// The state that a trunk leads to, and its lane, counted from the column outwards.
    lanes: Vec<(usize, usize)>,
    /// How many lanes there are.
    count: usize,
}

impl Trunks {
    fn new(ways: &[(usize, usize)], side: Side) -> Self {
        // How far each trunk reaches: the target, and the state that is farthest from it.
        let mut reaches: Vec<(usize, usize)> = Vec::new();
        for &(from, to) in ways {
            let is_here = match side {
                Side::Right => from + 1 < to,
                Side::Left => to + 1 < from,
            };
            if !is_here {
                continue;
            }
            match reaches.iter_mut().find(|(target, _)| *target == to) {
                Some((target, far)) if from.abs_diff(*target) > far.abs_diff(*target) => {
                    *far = from;
                }
                Some(_) => {}
                None => reaches.push((to, from)),
            }
        }
        // Short ones inside: a long one goes round all that it passes.
        reaches.sort_by_key(|(to, far)| (to.abs_diff(*far), *to));
        let mut placed: Vec<((usize, usize), usize)> = Vec::new();
        for (to, far) in reaches {
            let (top, bottom) = (to.min(far), to.max(far));
            let passed = placed.iter().filter(|(other, _)| {
                let (other_top, other_bottom) = (other.0.min(other.1), other.0.max(other.1));
                top <= other_bottom && other_top <= bottom
            });
            let lane = passed.map(|(_, lane)| lane + 1).max().unwrap_or(0);
            placed.push(((to, far), lane));
        }
        let count = placed.iter().map(|(_, lane)| lane + 1).max().unwrap_or(0);
        Self { lanes: placed.into_iter().map(|((to, _), lane)| (to, lane)).collect(), count }
    }

    fn lane(&self, target: usize) -> Option<usize> {
        self.lanes.iter().find(|(to, _)| *to == target).map(|(_, lane)| *lane)
    }
}

/// A short arrow between neighbours, `apart` px from the middle: down at the right of it, up at
/// the left.
fn short(from: &StateBox, to: &StateBox, apart: f64) -> (String, String) {
    let middle = from.x + from.width * 0.5;
    if from.y < to.y {
        let (x, y1, y2) = (middle + apart, from.y + from.height, to.y);
        (
            format!("M{x:.1} {y1:.1}V{:.1}", y2 - 6.0),
            format!("M{x:.1} {y2:.1}L{:.1} {y:.1}H{:.1}Z", x - 3.5, x + 3.5, y = y2 - 7.0),
        )
    } else {
        let (x, y1, y2) = (middle - apart, from.y, to.y + to.height);
        (
            format!("M{x:.1} {y1:.1}V{:.1}", y2 + 6.0),
            format!("M{x:.1} {y2:.1}L{:.1} {y:.1}H{:.1}Z", x - 3.5, x + 3.5, y = y2 + 7.0),
        )
    }
}

/// A way out to a trunk at `lane`, along it, and back to the column. What leaves a state and what
/// enters it have places of their own on its edge.
fn beside_column(from: &StateBox, to: &StateBox, lane: f64, side: Side) -> (String, String) {
    let (leaves, enters) = (0.7, 0.3);
    let (x, out, y1, y2, turn) = match side {
        Side::Right => (
            from.x + from.width,
            1.0,
            from.y + from.height * leaves,
            to.y + to.height * enters,
            TURN,
        ),
        Side::Left => (
            from.x,
            -1.0,
            from.y + from.height * (1.0 - leaves),
            to.y + to.height * (1.0 - enters),
            -TURN,
        ),
    };
    // The turn sideways keeps within the room before the first trunk.
    let round = TURN.min((lane - x).abs()) * out;
    let line = format!(
        "M{x:.1} {y1:.1}H{near:.1}Q{lane:.1} {y1:.1} {lane:.1} {a:.1}V{b:.1}Q{lane:.1} {y2:.1} {near:.1} {y2:.1}H{back:.1}",
        near = lane - round,
        a = y1 + turn,
        b = y2 - turn,
        back = x + 6.0 * out,
    );
    let back = x + 7.0 * out;
    let head = format!("M{x:.1} {y2:.1}L{back:.1} {:.1}V{:.1}Z", y2 - 3.5, y2 + 3.5);
    (line, head)
}
