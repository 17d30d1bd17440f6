//! Columns of text, aligned.

use anstyle::{Effects, Style};
use recscope_flow::measure;
use std::fmt;

/// How a column stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// Text, never cut.
    Left,
    /// Numbers.
    Right,
    /// Text that is cut when the table is wider than the terminal.
    Flexible,
    /// Numbers that are left out when cutting text is not enough; the highest first.
    Spare(u8),
}

/// Rows below headings; a column whose cells are all empty is left out.
pub(super) struct Table {
    columns: Vec<(Column, &'static str)>,
    rows: Vec<Vec<String>>,
}

/// Least width to which text is cut.
const LEAST: usize = 15;
/// Room between columns.
const GAP: usize = 2;

/// Columns that a row takes in all.
fn total(widths: &[usize]) -> usize {
    widths.iter().filter(|width| **width > 0).map(|width| width + GAP).sum()
}

impl Table {
    pub(super) fn new(columns: &[(Column, &'static str)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row. Its texts may come from a file: what would steer a terminal is replaced.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| measure::plain(&cell).into_owned()).collect());
    }

    /// Writes the table, indented by two columns, within `width` columns as far as possible.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, width: Option<usize>) -> fmt::Result {
        let widths = self.widths(width);
        let quiet = Style::new().effects(Effects::DIMMED);
        let headings: Vec<String> =
            self.columns.iter().map(|(_, heading)| (*heading).to_owned()).collect();
        let headings = self.line(&headings, &widths);
        writeln!(f, "  {quiet}{headings}{quiet:#}")?;
        for row in &self.rows {
            writeln!(f, "  {}", self.line(row, &widths))?;
        }
        Ok(())
    }

    /// Width of each column; 0 for one that is left out.
    fn widths(&self, limit: Option<usize>) -> Vec<usize> {
        let cell_widths = |index: usize| {
            self.rows
                .iter()
                .filter_map(move |row| row.get(index))
                .map(|cell| measure::columns(cell))
        };
        let widths =
            self.columns.iter().enumerate().map(|(index, (_, heading))| {
                match cell_widths(index).max() {
                    None | Some(0) => 0,
                    Some(widest) => widest.max(measure::columns(heading)),
                }
            });
        let mut whole: Vec<usize> = widths.collect();
        let Some(limit) = limit else { return whole };
        loop {
            let mut cut = whole.clone();
            while total(&cut) > limit && self.cut(&mut cut) {}
            if total(&cut) <= limit || !self.leave_out(&mut whole) {
                return cut;
            }
        }
    }

    /// Takes a column's width from the widest text; false where none can give more.
    fn cut(&self, widths: &mut [usize]) -> bool {
        let widest = widths
            .iter_mut()
            .zip(&self.columns)
            .filter(|(width, (column, _))| *column == Column::Flexible && **width > LEAST)
            .max_by_key(|(width, _)| **width);
        widest.map(|(width, _)| *width -= 1).is_some()
    }

    /// Leaves out the next column that can be spared; false where there is none.
    fn leave_out(&self, widths: &mut [usize]) -> bool {
        let spare = widths
            .iter_mut()
            .zip(&self.columns)
            .filter_map(|(width, (column, _))| match column {
                Column::Spare(rank) if *width > 0 => Some((rank, width)),
                _ => None,
            })
            .max_by_key(|(rank, _)| **rank);
        spare.map(|(_, width)| *width = 0).is_some()
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), (column, _)) in cells.iter().zip(widths).zip(&self.columns) {
            if *width == 0 {
                continue;
            }
            let cell = measure::fit_columns(cell, *width);
            let padding = " ".repeat(width.saturating_sub(measure::columns(&cell)));
            if !line.is_empty() {
                line.push_str("  ");
            }
            match column {
                Column::Right | Column::Spare(_) => line.extend([padding.as_str(), &cell]),
                Column::Left | Column::Flexible => line.extend([&cell, padding.as_str()]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}
