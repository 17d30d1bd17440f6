//! What was meant to be reached, and whether it was.

use anyhow::{Result, ensure};

/// A measured number and its bound.
#[derive(Debug)]
pub(super) struct Target {
    what: String,
    measured: f64,
    bound: Bound,
    consequence: Consequence,
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// What a miss leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consequence {
    /// It is printed: times depend on the machine and on what else it does.
    Noted,
    /// The bench fails: it depends on the program alone.
    Fails,
}

impl Target {
    pub(super) const fn at_most(
        what: String,
        measured: f64,
        bound: f64,
        consequence: Consequence,
    ) -> Self {
        Self { what, measured, bound: Bound::AtMost(bound), consequence }
    }

    pub(super) const fn at_least(
        what: String,
        measured: f64,
        bound: f64,
        consequence: Consequence,
    ) -> Self {
        Self { what, measured, bound: Bound::AtLeast(bound), consequence }
    }

    pub(super) fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.measured <= bound,
            Bound::AtLeast(bound) => self.measured >= bound,
        }
    }
}

/// Prints all targets.
///
/// # Errors
/// When one is missed that no busy machine excuses.
pub(super) fn print(targets: &[Target]) -> Result<()> {
    println!("\n{:<64} {:>10} {:>12}", "target", "measured", "bound");
    for target in targets {
        let bound = match target.bound {
            Bound::AtMost(bound) => format!("<= {}", digits(bound)),
            Bound::AtLeast(bound) => format!(">= {}", digits(bound)),
        };
        let verdict = if target.is_met() { "pass" } else { "MISS" };
        println!("{:<64} {:>10} {bound:>12}  {verdict}", target.what, digits(target.measured));
    }
    let missed = targets.iter().filter(|target| !target.is_met());
    let failed = missed.filter(|target| target.consequence == Consequence::Fails).count();
    ensure!(failed == 0, "{failed} bounds that no busy machine excuses are not kept");
    Ok(())
}

/// Small numbers need more digits than large ones.
fn digits(number: f64) -> String {
    if number.abs() < 1.0 { format!("{number:.4}") } else { format!("{number:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_time_is_noted_and_a_missed_memory_fails() {
        let time = |measured| Target::at_most("s".into(), measured, 1.0, Consequence::Noted);
        let memory = |measured| Target::at_most("MiB".into(), measured, 1.0, Consequence::Fails);
        print(&[time(2.0), memory(1.0)]).unwrap();
        let error = print(&[time(1.0), memory(1.1)]).unwrap_err().to_string();
        assert!(error.starts_with("1 bound"), "{error}");
    }
}
