//! `recscope flow`: who said what to whom.

use crate::Outcome;
use crate::analyze::terminal_width;
use crate::output::{self, Destination};
use crate::source::Source;
use anyhow::{Result, ensure};
use recscope_analyzer::report::FileKind;
use recscope_analyzer::{Analysis, FlowScope};
use recscope_flow::Flow;
use recscope_flow::layout::{Density, LayoutOptions};
use recscope_flow::{mermaid, svg, text};
use std::io::Write;
use std::path::PathBuf;

/// Draw who said what to whom, as a ladder
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A capture; - is standard input
    file: PathBuf,
    /// Only the call of this number, as `analyze` lists it
    #[arg(long, value_name = "N", conflicts_with = "session")]
    call: Option<usize>,
    /// With --call: also the other legs of the conversation, as far as they are known
    #[arg(long, requires = "call")]
    with_legs: bool,
    /// Only the recording session of this number
    #[arg(long, value_name = "N")]
    session: Option<usize>,
    /// Only the SIP transaction of this number, of those outside calls
    #[arg(long, value_name = "N", conflicts_with_all = ["call", "session"])]
    transaction: Option<usize>,
    /// Text for the terminal, a drawing, a diagram for wikis, or data
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to write it; - is standard output
    #[arg(short, long, value_name = "OUT", default_value = "-", hide_default_value = true)]
    output: PathBuf,
}

const EXAMPLES: &str = "Examples:
  recscope flow call.pcap
  recscope flow trunk.pcapng --call 3
  recscope flow trunk.pcapng --call 3 --with-legs
  recscope flow call.pcap --format svg -o call.svg
  recscope flow call.pcap --format mermaid | tee call.mmd
  recscope flow call.pcap --format json | jq '.items | length'";

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Svg,
    Mermaid,
    Json,
}

/// Columns of a text ladder that does not go to a terminal.
const COLUMNS: usize = 100;

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let destination = Destination::new(&arguments.output, &arguments.file)?;
    let mut source = Source::open(&arguments.file)?;
    let name = source.name();
    let reading = source.read();
    let analysis = reading.readable(&name)?;
    let flow = flow(analysis, arguments, &name)?;
    destination.write(|out| write(out, &flow, arguments.format))?;
    if let Some(damage) = reading.damage() {
        output::diagnose(&format!("{name} is damaged: {damage}"));
    }
    Ok(reading.status().into())
}

/// The flow that was asked for.
fn flow(analysis: &Analysis, arguments: &Arguments, name: &str) -> Result<Flow> {
    let report = analysis.report();
    ensure!(
        matches!(report.file.kind, FileKind::Pcap | FileKind::Pcapng),
        "{name} is a recording, not a capture: it holds no messages to draw"
    );
    let find = |what: &str, index: usize, count: usize| {
        ensure!(index < count, "{}", no_such(name, what, index, count));
        Ok(index)
    };
    let scope = match *arguments {
        Arguments { call: Some(call), with_legs, .. } => {
            let call = find("call", call, report.calls.len())?;
            if with_legs { FlowScope::Legs(call) } else { FlowScope::Call(call) }
        }
        Arguments { session: Some(session), .. } => {
            let sessions = report.recording_sessions.len();
            FlowScope::Session(find("recording session", session, sessions)?)
        }
        Arguments { transaction: Some(transaction), .. } => {
            let transactions = report.transactions.len();
            FlowScope::Transaction(find("transaction", transaction, transactions)?)
        }
        _ => FlowScope::All,
    };
    let flow = analysis.flow(scope);
    ensure!(!flow.items.is_empty(), "{name} holds no signalling and no RTP to draw");
    Ok(flow)
}

/// That there is no `what` of number `index` among `count`.
pub(crate) fn no_such(name: &str, what: &str, index: usize, count: usize) -> String {
    match count {
        0 => format!("{name} has no {what} {index}: it has none at all"),
        1 => format!("{name} has no {what} {index}: the only one is {what} 0"),
        _ => format!("{name} has no {what} {index}: they are numbered 0 to {}", count - 1),
    }
}

fn write(out: &mut dyn Write, flow: &Flow, format: Format) -> Result<()> {
    match format {
        Format::Text => {
            let columns = terminal_width().unwrap_or(COLUMNS);
            write!(out, "{}", text::ladder(flow, columns))?;
        }
        Format::Svg => {
            let options = LayoutOptions::natural(flow, Density::Comfortable);
            write!(out, "{}", svg::drawing(flow, &options))?;
        }
        Format::Mermaid => write!(out, "{}", mermaid::diagram(flow))?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, flow)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}
