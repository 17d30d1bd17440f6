//! A run as a file. Command and app write the same ones, as both call what is here.

use crate::run::Run;
use recscope_flow::layout::{Density, LayoutOptions};

/// Columns of a text that no terminal limits.
pub const COLUMNS: usize = 100;

/// The ladder with what is said about it, and whether it came out as expected.
#[must_use]
pub fn text(run: &Run, columns: usize) -> String {
    let mut text = recscope_flow::text::ladder(&run.flow(true), columns).to_string();
    text.push('\n');
    for checked in run.check() {
        let mark = if checked.holds { "✓ " } else { "✗ " };
        text.push_str(mark);
        text.push_str(&checked.expectation.text);
        if !checked.holds {
            text.push_str(" (");
            text.push_str(&checked.found);
            text.push(')');
        }
        text.push('\n');
    }
    text
}

/// The run as data, in JSON.
#[must_use]
pub fn json(run: &Run) -> String {
    // Fails only for maps with keys that are no texts, and a report has none.
    let mut json = serde_json::to_string_pretty(&run.report()).unwrap_or_default();
    json.push('\n');
    json
}

/// The diagram, with what is said about it, for wikis.
#[must_use]
pub fn mermaid(run: &Run) -> String {
    recscope_flow::mermaid::diagram(&run.flow(true)).to_string()
}

/// The diagram, with what is said about it, as a stand-alone drawing.
#[must_use]
pub fn svg(run: &Run) -> String {
    let flow = run.flow(true);
    let options = LayoutOptions::natural(&flow, Density::Comfortable);
    recscope_flow::svg::drawing(&flow, &options).to_string()
}

/// The packets that arrived; empty if the run keeps none.
#[must_use]
pub fn pcap(run: &Run) -> &[u8] {
    run.world().capture().map(crate::wire::Capture::bytes).unwrap_or_default()
}
