//! `recscope analyze`: what is in a file, and what is wrong with it.

mod summary;
mod table;
#[cfg(test)]
mod tests;
mod units;

use crate::source::{Source, sentence, unopened};
use crate::{Outcome, output};
use anyhow::{Context, Result};
use recscope_analyzer::{Options, Report};
use recscope_core::rtp::statistics::Rule;
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::PathBuf;
use summary::Summary;

/// Say what is in captures and recordings, and what is wrong with them
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Captures and recordings; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print an array of reports, one per file
    #[arg(long, conflicts_with = "ndjson")]
    json: bool,
    /// Print a report per line, each as soon as its file is read
    #[arg(long)]
    ndjson: bool,
    /// Whose definition of loss, jitter and packet spacing holds
    #[arg(long, value_name = "RULE", value_enum, default_value_t = Statistics::Reconciled)]
    statistics: Statistics,
}

/// The rules by which streams are counted, where tshark and RFC 3550 differ.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Statistics {
    /// As tshark, but as RFC 3550 where a stream restarts or is reordered around a wrap, which tshark
    /// takes for loss
    Reconciled,
    /// As `tshark -z rtp,streams` counts, its errors included: to compare with it
    Tshark,
    /// As RFC 3550 A.1, A.3 and A.8 define: also right where late packets end a stream, and in the
    /// mean jitter of streams with silence suppression
    Rfc3550,
}

impl From<Statistics> for Rule {
    fn from(statistics: Statistics) -> Self {
        match statistics {
            Statistics::Reconciled => Self::Reconciled,
            Statistics::Tshark => Self::Tshark,
            Statistics::Rfc3550 => Self::Rfc3550,
        }
    }
}

const EXAMPLES: &str = "Examples:
  recscope analyze call.pcap
  recscope analyze /media/usb/Record_*.wav
  recscope analyze *.pcap --ndjson | jq -r 'select(.status != \"whole\") | .file.name'
  tcpdump -w - udp | recscope analyze -

Exit status: 0 every file was read whole; 1 one was damaged, and the report holds what was
recovered; 2 one was of no known kind or could not be opened.";

/// How reports are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Summary,
    Json,
    Ndjson,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let form = match (arguments.json, arguments.ndjson) {
        (true, _) => Form::Json,
        (_, true) => Form::Ndjson,
        _ => Form::Summary,
    };
    // Takes the styles away where they would not be seen. A report as data has none.
    let mut out: Box<dyn Write> = match form {
        Form::Summary => Box::new(io::BufWriter::new(anstream::AutoStream::auto(io::stdout()))),
        // As much as a pipe holds: whoever reads it is woken seldom.
        Form::Json | Form::Ndjson => {
            Box::new(io::BufWriter::with_capacity(1 << 16, io::stdout().lock()))
        }
    };
    let mut worst = Outcome::Whole;
    let mut printed = false;
    for path in &arguments.files {
        let mut options = Options::default();
        options.statistics = arguments.statistics.into();
        let reading = Source::open(path).map(|mut source| source.read_with(options));
        let report = match &reading {
            Ok(reading) => reading.report(),
            Err(error) => Cow::Owned(unopened(path, format!("{error:#}"))),
        };
        worst = worst.max(report.status.into());
        if let Some(error) = &report.error {
            output::diagnose(&match &reading {
                Ok(_) => format!("cannot read {}: {}", path.display(), sentence(error)),
                Err(_) => error.message.clone(),
            });
            if form == Form::Summary {
                continue;
            }
        }
        print(&mut out, &report, form, !printed).context("cannot write to standard output")?;
        printed = true;
    }
    if form == Form::Json {
        writeln!(out, "\n]").context("cannot write to standard output")?;
    }
    out.flush().context("cannot write to standard output")?;
    Ok(worst)
}

fn print(out: &mut impl Write, report: &Report, form: Form, first: bool) -> io::Result<()> {
    match form {
        Form::Summary => {
            if !first {
                writeln!(out)?;
            }
            write!(out, "{}", Summary { report, width: terminal_width() })?;
        }
        Form::Json => {
            out.write_all(if first { b"[\n" } else { b",\n" })?;
            serde_json::to_writer_pretty(&mut *out, report)?;
        }
        Form::Ndjson => {
            serde_json::to_writer(&mut *out, report)?;
            writeln!(out)?;
        }
    }
    out.flush()
}

/// Columns of the terminal; none where the output goes elsewhere.
pub(crate) fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}
