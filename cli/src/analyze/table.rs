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
    /// Text that gives way when the table is wider than the terminal.
    Flexible,
}

/// Rows below headings; a column whose cells are all empty is left out.
pub(super) struct Table {
    columns: Vec<(Column, &'static str)>,
    rows: Vec<Vec<String>>,
}

/// Least width that a column which gives way keeps.
const LEAST: usize = 12;
/// Room between columns.
const GAP: usize = 2;

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
        let bold = Style::new().effects(Effects::DIMMED);
        let headings: Vec<String> =
            self.columns.iter().map(|(_, heading)| (*heading).to_owned()).collect();
        let headings = self.line(&headings, &widths);
        writeln!(f, "  {bold}{headings}{bold:#}")?;
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
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, (_, heading))| match cell_widths(index).max() {
                None | Some(0) => 0,
                Some(widest) => widest.max(measure::columns(heading)),
            })
            .collect();
        let limit = limit.unwrap_or(usize::MAX);
        let total = |widths: &[usize]| {
            widths.iter().filter(|width| **width > 0).map(|width| width + GAP).sum::<usize>()
        };
        while total(&widths) > limit {
            let widest = widths
                .iter_mut()
                .zip(&self.columns)
                .filter(|(width, (column, _))| *column == Column::Flexible && **width > LEAST)
                .max_by_key(|(width, _)| **width);
            let Some((width, _)) = widest else { break };
            *width -= 1;
        }
        widths
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
                Column::Right => line.extend([padding.as_str(), &cell]),
                Column::Left | Column::Flexible => line.extend([&cell, padding.as_str()]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}
