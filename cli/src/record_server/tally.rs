//! What a record server has counted since it began.

use crate::host::Line;
use recscope_core::recorder::server::Ended;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Totals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Recordings that began.
    pub(super) started: u64,
    /// Recordings that ended, by cause.
    pub(super) ended: BTreeMap<&'static str, u64>,
    /// Requests that were refused, by the reason given.
    pub(super) refused: BTreeMap<&'static str, u64>,
    /// Connections that asked for nothing, by what ended them.
    pub(super) left: BTreeMap<&'static str, u64>,
    /// Datagrams that came to the ports for RTP.
    pub(super) received: u64,
    /// Their bytes.
    pub(super) received_bytes: u64,
    /// What was dropped on purpose, by reason.
    pub(super) ignored: BTreeMap<&'static str, u64>,
    /// RTP packets in the files of recordings that ended.
    pub(super) written: u64,
    /// RTP packets that these recordings lack.
    pub(super) lost: u64,
    /// Time that was recorded in them.
    pub(super) recorded: Duration,
    /// Files that were made.
    pub(super) files: u64,
    /// Files that could not be made or written.
    pub(super) write_errors: u64,
}

impl Tally {
    /// Counts a recording that is over.
    pub(super) fn add(&mut self, ended: &Ended) {
        *self.ended.entry(ended.cause).or_default() += 1;
        self.written += ended.packets;
        self.lost += u64::try_from(ended.statistics.lost).unwrap_or(0);
        self.recorded += ended.ended - ended.started;
    }

    /// Whether nothing that came was lost here.
    pub(super) fn is_whole(&self) -> bool {
        self.write_errors == 0 && !self.ended.contains_key("disk full")
    }

    /// The totals as a line of the log.
    pub(super) fn line(&self) -> Line {
        Line::new("summary")
            .with("recordings", self.started)
            .with("refused", self.refused.values().sum::<u64>())
            .with("packets", self.written)
            .with("lost", self.lost)
            .with("ignored", self.ignored.values().sum::<u64>())
            .with("seconds", format_args!("{:.1}", self.recorded.as_secs_f64()))
            .with("files", self.files)
            .with("write_errors", self.write_errors)
    }
}

impl fmt::Display for Tally {
    /// A few lines for whoever ends the server.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.recorded.as_secs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let plural = if self.started == 1 { "" } else { "s" };
        write!(f, "{} recording{plural}, ", self.started)?;
        writeln!(f, "{hours}:{minutes:02}:{seconds:02} in all")?;
        write!(f, "{} RTP packets written, {} lost on the way", self.written, self.lost)?;
        for (what, counts) in
            [("refused", &self.refused), ("ended", &self.ended), ("ignored", &self.ignored)]
        {
            for (why, count) in counts {
                write!(f, "\n{count:>7} {what}: {why}")?;
            }
        }
        if self.write_errors > 0 {
            write!(f, "\n{:>7} files could not be made or written", self.write_errors)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_happened_and_why() {
        let tally = Tally {
            started: 3,
            ended: BTreeMap::from([("stop request", 2), ("socket error", 1)]),
            refused: BTreeMap::from([("no_port", 4)]),
            written: 500,
            lost: 1,
            recorded: Duration::from_millis(3_723_400),
            write_errors: 1,
            ..Tally::default()
        };
        let lines: Vec<String> = tally.to_string().lines().map(str::to_owned).collect();
        assert_eq!(
            lines,
            [
                "3 recordings, 1:02:03 in all",
                "500 RTP packets written, 1 lost on the way",
                "      4 refused: no_port",
                "      1 ended: socket error",
                "      2 ended: stop request",
                "      1 files could not be made or written",
            ]
        );
        assert!(!tally.is_whole());
        let line = tally.line().to_string();
        assert!(line.contains(" event=summary recordings=3 refused=4 packets=500 lost=1 "));
        assert!(line.ends_with(" seconds=3723.4 files=0 write_errors=1"), "{line}");
    }
}
