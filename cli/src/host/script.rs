//! Orders given while a machine runs: typed on standard input, or written in a script.

use super::terminal::is_in_background;
use crate::amount::seconds_or_none;
use crate::output::reason;
use anyhow::{Context, Result, anyhow};
use recscope_core::time::Instant;
use std::collections::VecDeque;
use std::fs;
use std::io::{self, BufRead};
use std::path::Path;
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc;

/// Orders with their times, as a script file has them: one per line, `2.5s log-off`, in order;
/// what follows a `#` is for the reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script(VecDeque<(Instant, String)>);

impl Script {
    /// The script in a file.
    ///
    /// # Errors
    /// When it cannot be read, or a line is none; the message names it.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = fs::read_to_string(path)
            .map_err(|error| anyhow!("cannot read {shown}: {}", reason(&error)))?;
        Self::parse(&text).with_context(|| shown.to_string())
    }

    fn parse(text: &str) -> Result<Self> {
        let mut steps = VecDeque::new();
        for (line, number) in text.lines().zip(1..) {
            let line = line.split_once('#').map_or(line, |(line, _)| line).trim();
            if line.is_empty() {
                continue;
            }
            let step = line.split_once(char::is_whitespace);
            let seconds = |time: &str| seconds_or_none(time.strip_suffix('s').unwrap_or(time)).ok();
            let step = step.and_then(|(time, order)| Some((seconds(time)?, order.trim())));
            let (time, order) = step.with_context(|| {
                format!("line {number}: write a time and an order, as in `2.5s log-off`")
            })?;
            let at = Instant::ORIGIN + time;
            let last = steps.back().map_or(Instant::ORIGIN, |&(last, _)| last);
            if at < last {
                return Err(anyhow!("line {number}: {time:?} comes after a later time"));
            }
            steps.push_back((at, order.to_owned()));
        }
        Ok(Self(steps))
    }

    /// The orders, to be checked before anything runs.
    pub(crate) fn orders(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, order)| order.as_str())
    }

    /// When the next order is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.front().map(|&(at, _)| at)
    }

    /// The next order, if it is due.
    pub(super) fn next(&mut self, now: Instant) -> Option<String> {
        self.due().filter(|&at| at <= now)?;
        self.0.pop_front().map(|(_, order)| order)
    }
}

/// Lines that are typed, until standard input ends.
pub(super) fn typed() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(16);
    // Reading cannot be interrupted, so the thread lives as long as the process.
    thread::spawn(move || {
        let mut lines = io::stdin().lock().lines();
        loop {
            // Reading would stop this process, and with it what is being recorded.
            while is_in_background(io::stdin()) {
                // Nothing tells when this becomes the job in front.
                thread::sleep(LOOK_AGAIN);
            }
            let Some(Ok(line)) = lines.next() else { return };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// How often a job in the background looks whether it has come to the front.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_come_at_their_times() {
        let text = "# a short day\n\n 0.5s log-off # home\n2 log-on\n2s power-off\n";
        let mut script = Script::parse(text).unwrap();
        assert_eq!(script.orders().collect::<Vec<_>>(), ["log-off", "log-on", "power-off"]);
        assert_eq!(script.due(), Some(Instant::from_micros(500_000)));
        assert_eq!(script.next(Instant::from_micros(499_999)), None);
        let late = Instant::from_micros(2_000_000);
        let given: Vec<_> = std::iter::from_fn(|| script.next(late)).collect();
        assert_eq!(given, ["log-off", "log-on", "power-off"]);
        assert_eq!(script.due(), None);
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for (text, complaint) in [
            ("1s log-off\nlog-on", "line 2: write a time and an order"),
            ("1s", "line 1: write a time"),
            ("-1s log-off", "line 1: write a time"),
            ("NaN log-off", "line 1: write a time"),
            ("2s log-off\n1s log-on", "line 2: 1s comes after a later time"),
        ] {
            let error = Script::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(complaint), "{error}");
        }
    }
}
