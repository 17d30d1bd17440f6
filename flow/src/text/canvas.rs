//! One line of characters to write over.

use crate::measure;
use std::fmt;
use std::ops::Range;

/// A line of cells. What is put beyond its end makes it longer.
pub(super) struct Line {
    /// What each column shows; `None` to the right of a character of two columns.
    cells: Vec<Option<char>>,
}

impl Line {
    pub(super) fn new(width: usize) -> Self {
        Self { cells: vec![Some(' '); width] }
    }

    /// Puts `text` at a column. Characters without a width of their own are left out.
    pub(super) fn put(&mut self, x: usize, text: &str) {
        let mut x = x;
        for c in text.chars() {
            match measure::columns_of(c) {
                0 => {}
                1 => {
                    self.set(x, Some(c));
                    x += 1;
                }
                _ => {
                    self.set(x, Some(c));
                    self.set(x + 1, None);
                    x += 2;
                }
            }
        }
    }

    /// Puts `text` so that it ends before a column.
    pub(super) fn put_right(&mut self, end: usize, text: &str) {
        self.put(end.saturating_sub(measure::columns(text)), text);
    }

    /// Fills columns with a character.
    pub(super) fn fill(&mut self, span: Range<usize>, c: char) {
        for x in span {
            self.set(x, Some(c));
        }
    }

    /// Puts `text` in the middle of a span.
    pub(super) fn caption(&mut self, span: Range<usize>, text: &str) {
        let text = format!(" {text} ");
        let free = span.len().saturating_sub(measure::columns(&text));
        self.put(span.start + free / 2, &text);
    }

    fn set(&mut self, x: usize, c: Option<char>) {
        if x >= self.cells.len() {
            self.cells.resize(x + 1, Some(' '));
        }
        if let Some(cell) = self.cells.get_mut(x) {
            *cell = c;
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.cells.iter().flatten().collect();
        f.write_str(text.trim_end())
    }
}
