//! Log lines: one for each event, `key=value`, on standard error.

use super::terminal::is_in_background;
use indicatif::{ProgressBar, ProgressStyle};
use recscope_core::machine::Event;
use recscope_core::recording;
use recscope_flow::measure::plain;
use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};
use std::io::{self, IsTerminal, Write as _};
use std::time::{Duration, SystemTime};

/// Where lines go. On a terminal, live figures stand below them.
#[derive(Debug)]
pub(crate) struct Log {
    figures: Option<ProgressBar>,
}

impl Log {
    /// A log on standard error.
    pub(crate) fn new() -> Self {
        let figures = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            // The template is a constant that is well-formed, and the default would do, too.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { figures }
    }

    /// Writes a line.
    pub(crate) fn write(&self, line: &Line) {
        let write = || {
            // All at once, so that lines of several processes do not mix.
            let _ = io::stderr().write_all(format!("{}\n", line.0).as_bytes());
        };
        match &self.figures {
            Some(figures) if !is_in_background(io::stderr()) => figures.suspend(write),
            _ => write(),
        }
    }

    /// Whether somebody sees live figures: not of a job in the background, whose terminal shows
    /// another.
    pub(crate) fn shows_figures(&self) -> bool {
        self.figures.is_some() && !is_in_background(io::stderr())
    }

    /// Shows live figures; nothing in a pipe.
    pub(crate) fn show(&self, figures: &str) {
        if let Some(bar) = &self.figures {
            bar.set_message(plain(figures).into_owned());
            bar.tick();
        }
    }

    /// Takes the live figures away.
    pub(crate) fn clear(&self) {
        if let Some(figures) = &self.figures {
            figures.finish_and_clear();
        }
    }
}

/// A log line: time, event, and what belongs to it. Nothing in a value can break the line.
///
/// ```text
/// time=2026-11-22T08:15:30.250Z event=state machine="active recording" from=ready …
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line(String);

impl Line {
    /// A line about an event that happens now.
    pub(crate) fn new(event: &str) -> Self {
        let mut line = Self(String::new());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let _ = write!(line.0, "time={}", Timestamp(now.unwrap_or_default()));
        line.with("event", event)
    }

    /// The line of an event of a machine.
    pub(super) fn of(event: &Event) -> Self {
        match event {
            Event::StateChanged { machine, from, to, cause, rule } => Self::new("state")
                .with("machine", machine)
                .with("from", from)
                .with("to", to)
                .with("cause", cause)
                .with("rule", rule),
            Event::Prompt { text, rule } => {
                Self::new("prompt").with("text", text).with("rule", rule)
            }
            Event::Ignored { reason, rule } => {
                Self::new("ignored").with("reason", reason).with("rule", rule)
            }
            Event::Note { text, rule } => Self::new("note").with("text", text).with("rule", rule),
        }
    }

    /// Adds a value.
    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: impl Display) -> Self {
        let value = value.to_string();
        let _ = write!(self.0, " {key}={}", Value(&value));
        self
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value, in quotes where it needs them.
struct Value<'a>(&'a str);

/// More of a value is not shown.
const MOST_CHARACTERS: usize = 500;

impl Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:/@+-[],;".contains(c);
        if !self.0.is_empty() && self.0.len() <= MOST_CHARACTERS && self.0.chars().all(is_plain) {
            return f.write_str(self.0);
        }
        f.write_char('"')?;
        for c in self.0.chars().take(MOST_CHARACTERS) {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                c => match plain(c.encode_utf8(&mut [0; 4])) {
                    Cow::Borrowed(shown) => f.write_str(shown)?,
                    // What would move the cursor, or turn the direction of writing.
                    Cow::Owned(_) => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                },
            }
        }
        if self.0.chars().nth(MOST_CHARACTERS).is_some() {
            f.write_char('…')?;
        }
        f.write_char('"')
    }
}

/// A time as RFC 3339 writes it, in UTC, to the millisecond.
pub(crate) struct Timestamp(pub(crate) Duration);

impl Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = recording::SystemTime(self.0.as_secs()).to_string();
        let part = |range| digits.get(range).unwrap_or_default();
        let (year, month, day) = (part(0..4), part(4..6), part(6..8));
        let (hour, minute, second) = (part(8..10), part(10..12), part(12..14));
        let millis = self.0.subsec_millis();
        write!(f, "{year}-{month}-{day}T{hour}:{minute}:{second}.{millis:03}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_would_break_the_line() {
        for (value, written) in [
            ("127.0.0.1:7300", "127.0.0.1:7300"),
            ("", "\"\""),
            ("waiting for ACK", "\"waiting for ACK\""),
            ("a\nb=\"c\\", "\"a\\nb=\\\"c\\\\\""),
            ("\x1b[31m", "\"\\u{1b}[31m\""),
            ("Zoë", "\"Zoë\""),
        ] {
            assert_eq!(Value(value).to_string(), written);
        }
        let long = Value(&"x".repeat(100_000)).to_string();
        assert_eq!(long.chars().count(), MOST_CHARACTERS + 3);
    }

    #[test]
    fn times_are_written_to_the_millisecond() {
        let time = Duration::from_millis(1_767_225_599_042);
        assert_eq!(Timestamp(time).to_string(), "2025-12-31T23:59:59.042Z");
    }
}
