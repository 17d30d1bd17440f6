//! The steps of a run: each is announced, timed and counted.

use crate::process;
use anyhow::{Context, Result, bail, ensure};
use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What came of the steps so far.
#[derive(Default)]
pub(super) struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: &'static str,
    outcome: Outcome,
    time: Duration,
}

enum Outcome {
    /// Passed, having run so many tests.
    Passed(Option<u64>),
    Failed,
    Skipped,
}

impl Steps {
    /// Runs one check.
    pub(super) fn check(&mut self, name: &'static str, check: impl FnOnce() -> Result<()>) {
        self.run(name, || check().map(|()| None));
    }

    /// Runs one `cargo test` or its like.
    pub(super) fn tests(&mut self, name: &'static str, tests: Command) {
        self.prepared_tests(name, || Ok(tests));
    }

    /// Runs one `cargo test` for which something must be built first.
    pub(super) fn prepared_tests(
        &mut self,
        name: &'static str,
        prepare: impl FnOnce() -> Result<Command>,
    ) {
        self.run(name, || run_tests(&mut prepare()?).map(Some));
    }

    /// Notes a step that was asked to be left out.
    pub(super) fn skip(&mut self, name: &'static str) {
        self.done.push(Step { name, outcome: Outcome::Skipped, time: Duration::ZERO });
    }

    fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<Option<u64>>) {
        println!("\n== {name}");
        let start = Instant::now();
        let outcome = match step() {
            Ok(tests) => Outcome::Passed(tests),
            Err(error) => {
                eprintln!("{name}: {error:#}");
                Outcome::Failed
            }
        };
        let step = Step { name, outcome, time: start.elapsed() };
        println!("{step}");
        self.done.push(step);
    }

    /// Prints all steps again, and how many passed.
    ///
    /// # Errors
    /// When a step failed.
    pub(super) fn finish(self) -> Result<()> {
        println!("\n== summary");
        for step in &self.done {
            println!("{step}");
        }
        let total: Duration = self.done.iter().map(|step| step.time).sum();
        println!("{:>7.1} s  in total\n", total.as_secs_f64());
        let count = |wanted: fn(&Outcome) -> bool| {
            self.done.iter().filter(|step| wanted(&step.outcome)).count()
        };
        let passed = count(|outcome| matches!(outcome, Outcome::Passed(_)));
        let failed = count(|outcome| matches!(outcome, Outcome::Failed));
        let skipped = count(|outcome| matches!(outcome, Outcome::Skipped));
        if skipped == 0 {
            println!("{passed} passed, {failed} failed");
        } else {
            println!("{passed} passed, {failed} failed, {skipped} skipped");
        }
        ensure!(failed == 0, "{failed} of {} checks failed", self.done.len());
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7.1} s  {}: ", self.time.as_secs_f64(), self.name)?;
        match self.outcome {
            Outcome::Passed(None) => f.write_str("passed"),
            Outcome::Passed(Some(tests)) => write!(f, "{tests} tests passed"),
            Outcome::Failed => f.write_str("FAILED"),
            Outcome::Skipped => f.write_str("skipped"),
        }
    }
}

/// Runs tests with their output shown, and counts them: a run of no test is a failure.
fn run_tests(command: &mut Command) -> Result<u64> {
    let line = process::command_line(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
    let output = child.stdout.take().context("the tests' standard output is a pipe")?;
    let mut passed = 0;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        passed += passed_tests(&line).unwrap_or(0);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    ensure!(passed > 0, "`{line}` ran no test");
    Ok(passed)
}

/// The number in `test result: ok. 12 passed; 0 failed; …`.
fn passed_tests(line: &str) -> Option<u64> {
    let (_, result) = line.split_once("test result: ")?;
    let (before, _) = result.split_once(" passed")?;
    before.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_a_test_run_is_counted() {
        for (line, count) in [
            ("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured", Some(12)),
            ("test result: FAILED. 3 passed; 1 failed; 0 ignored", Some(3)),
            ("test a_name_with_passed ... ok", None),
            ("running 3 tests", None),
        ] {
            assert_eq!(passed_tests(line), count, "{line}");
        }
    }

    #[test]
    fn a_run_of_no_test_fails() {
        let mut command = Command::new("echo");
        command.arg("test result: ok. 0 passed; 0 failed");
        assert!(run_tests(&mut command).unwrap_err().to_string().contains("no test"));
    }

    #[test]
    fn a_failed_step_fails_the_run_and_not_the_steps_after_it() {
        let mut steps = Steps::default();
        steps.check("one", || bail!("on purpose"));
        steps.check("two", || Ok(()));
        steps.skip("three");
        assert_eq!(steps.finish().unwrap_err().to_string(), "1 of 3 checks failed");
    }
}
