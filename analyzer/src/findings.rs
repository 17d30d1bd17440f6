//! What is irregular about a file, collected up to a limit.

use crate::order;
use crate::report::Finding;
use recscope_core::{Layer, ParseError, Warning};

/// Warnings in the order met, the first so many word for word.
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    kept: Vec<Finding>,
    omitted: u64,
    limit: usize,
    damaged: bool,
}

impl Findings {
    pub(crate) const fn new(limit: u32) -> Self {
        Self { kept: Vec::new(), omitted: 0, limit: limit as usize, damaged: false }
    }

    /// Notes something irregular through which nothing of the file was lost.
    pub(crate) fn warn(&mut self, warning: &Warning) {
        self.add(&warning.0);
    }

    /// Notes that part of the file was lost.
    pub(crate) fn damage(&mut self, error: &ParseError) {
        self.damaged = true;
        self.add(error);
    }

    /// Notes in words what no parser has a kind for.
    pub(crate) fn say(&mut self, offset: u64, layer: Layer, message: impl FnOnce() -> String) {
        if self.kept.len() < self.limit {
            self.kept.push(Finding { offset, layer: layer.name().to_owned(), message: message() });
        } else {
            self.omitted += 1;
        }
    }

    /// Marks the file as damaged without a further warning.
    pub(crate) const fn mark_damaged(&mut self) {
        self.damaged = true;
    }

    /// Counts warnings that were left out elsewhere.
    pub(crate) const fn omit(&mut self, count: u64) {
        self.omitted = self.omitted.saturating_add(count);
    }

    pub(crate) const fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// The warnings in file order, and how many more there were.
    pub(crate) fn into_parts(mut self) -> (Vec<Finding>, u64) {
        order::sort_by_key(&mut self.kept, |finding| finding.offset);
        (self.kept, self.omitted)
    }

    fn add(&mut self, error: &ParseError) {
        self.say(error.offset, error.layer, || error.kind.to_string());
    }
}
