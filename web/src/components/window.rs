//! Which rows of a long list are drawn: those in sight and a few around them.

use std::ops::Range;

/// Browsers stop laying out somewhere above 17 million px; past this the list is scrolled in
/// larger steps than its rows are high.
const MOST_PX: f64 = 15_000_000.0;

/// Rows drawn above and below those in sight.
const AROUND: usize = 12;

/// The drawn part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The drawn rows.
    pub rows: Range<usize>,
    /// Empty px above them.
    pub before: f64,
    /// Empty px below them.
    pub after: f64,
}

/// A list of rows of one height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rows {
    /// How many.
    pub count: usize,
    /// The height of one in px.
    pub height: f64,
}

impl Rows {
    fn px(self, rows: usize) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53 rows")]
        let rows = rows as f64;
        rows * self.height
    }

    /// The height of the list as it is scrolled.
    fn total(self) -> f64 {
        self.px(self.count).min(MOST_PX)
    }

    /// What to draw in a view of `view` px that is scrolled to `top`.
    #[must_use]
    pub fn window(self, top: f64, view: f64) -> Window {
        let (total, all) = (self.total(), self.px(self.count));
        let top = top.clamp(0.0, (total - view).max(0.0));
        // Where the view is in a list of full height.
        let scale = if total > view { (all - view) / (total - view) } else { 1.0 };
        let first = floor(top * scale / self.height);
        let rows = first.saturating_sub(AROUND)
            ..(first + floor(view / self.height) + 1 + AROUND).min(self.count);
        let before = (self.px(rows.start) - top * (scale - 1.0)).max(0.0);
        let after = (total - before - self.px(rows.len())).max(0.0);
        Window { rows, before, after }
    }

    /// Where to scroll so that `row` is in the middle of a view of `view` px; none when it is in
    /// sight at `top` already.
    #[must_use]
    pub fn reveal(self, row: usize, top: f64, view: f64) -> Option<f64> {
        let (total, all) = (self.total(), self.px(self.count));
        let scale = if total > view { (all - view) / (total - view) } else { 1.0 };
        let (seen, y) = (top * scale, self.px(row));
        // Half a px for rounding on the way through `scale`.
        if y + 0.5 >= seen && y + self.height <= seen + view + 0.5 {
            return None;
        }
        Some(((y + (self.height - view) / 2.0) / scale).clamp(0.0, (total - view).max(0.0)))
    }
}

/// Whole rows in a number of them.
#[must_use]
pub fn floor(number: f64) -> usize {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and what is negative or no number becomes 0"
    )]
    let whole = number as usize;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_list_is_drawn_whole() {
        let rows = Rows { count: 5, height: 26.0 };
        let window = rows.window(0.0, 600.0);
        assert_eq!(window, Window { rows: 0..5, before: 0.0, after: 0.0 });
        assert_eq!(Rows { count: 0, height: 26.0 }.window(0.0, 600.0).rows, 0..0);
    }

    #[test]
    fn the_end_of_a_million_rows_is_reached() {
        let rows = Rows { count: 1_000_000, height: 26.0 };
        let window = rows.window(MOST_PX - 600.0, 600.0);
        assert_eq!(window.rows.end, 1_000_000);
        assert_eq!(window.after, 0.0);
    }

    /// Lists short and long, and views small and large.
    fn cases() -> impl Iterator<Item = (Rows, f64)> {
        let counts = [1, 7, 23, 24, 1000, 576_923, 576_924, 1_000_000, 3_000_000];
        counts.into_iter().flat_map(|count| {
            [50.0, 599.5, 2000.0].into_iter().map(move |view| (Rows { count, height: 26.0 }, view))
        })
    }

    #[test]
    fn the_view_is_always_covered() {
        for (rows, view) in cases() {
            for part in 0..=1000 {
                let top = ((rows.total() - view) * f64::from(part) / 1000.0).max(0.0);
                let Window { rows: drawn, before, after } = rows.window(top, view);
                let height = rows.px(drawn.len());
                let case = format!("{rows:?} {view} {top}");
                assert!(before <= top + 0.01, "{case}");
                assert!(before + height >= (top + view).min(rows.total()) - 0.01, "{case}");
                assert!((before + height + after - rows.total()).abs() < 26.01, "{case}");
            }
        }
    }

    #[test]
    fn a_revealed_row_is_in_sight() {
        for (rows, view) in cases() {
            for part in 0..1000 {
                let row = rows.count * part / 1000;
                let top = rows.reveal(row, 0.0, view).unwrap_or(0.0);
                assert_eq!(rows.reveal(row, top, view), None, "{rows:?} {view} {row}");
            }
        }
    }
}
