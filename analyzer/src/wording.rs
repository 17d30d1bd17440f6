//! Numbers as they are written in sentences.

/// A duration in ms: `12.3 ms`, `1.25 s`, `3 min 20 s`.
#[must_use]
pub fn duration(ms: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "float to integer saturates")]
    let us = (ms * 1_000.0).round() as i64;
    recscope_flow::clock::difference(us)
}

/// A count with its noun: `1 call`, `2 calls`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
