//! `recscope`: see, hear and check how IP phones record calls.
//!
//! Every command reads its file in chunks, writes its result to standard output or to a file that
//! appears whole or not at all, and says in one sentence on standard error what went wrong.

mod address;
mod amount;
mod analyze;
mod audio;
mod flow;
mod host;
mod output;
mod parts;
mod pbx;
mod phone;
mod record_server;
mod recorder;
mod repair;
mod serve;
mod simulate;
mod source;
mod system;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// See, hear and check how IP phones record calls
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  recscope analyze call.pcap                   what is in it, and what is wrong with it
  recscope analyze *.wav --ndjson              a report per line, for other programs
  recscope flow call.pcap --format svg > f.svg who said what to whom
  recscope audio Record_1.wav -o heard.wav     a recording that any player plays
  recscope repair Record_1.wav -o whole.wav    a recording cut off by a pulled drive
  recscope simulate mx-dynamic                 a recording, played step by step
  recscope serve --open                        the app, in the browser

On real networks:
  recscope record-server --listen 0.0.0.0:10000 --dir out   phones record to it
  recscope phone mx --allow 192.0.2.9 --sent me.wav         a phone, to try a recorder with
  recscope recorder --phone 192.0.2.20:7300 --dir out       a recorder, to try a phone with

Reads pcap and pcapng captures (also gzip'd), the phones' recording files and WAVE files, told
apart by their content. A file named - is standard input.";

#[derive(Subcommand)]
enum Command {
    Analyze(analyze::Arguments),
    Flow(flow::Arguments),
    Audio(audio::Arguments),
    Repair(repair::Arguments),
    Scenarios(simulate::ListArguments),
    Simulate(simulate::Arguments),
    Serve(serve::Arguments),
    Phone(phone::Arguments),
    RecordServer(record_server::Arguments),
    Recorder(recorder::Arguments),
    Pbx(pbx::Arguments),
}

/// How a command ended, as the process's exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// All was read whole (0).
    Whole,
    /// Something was lost, and the result holds the rest (1).
    Damaged,
    /// Not readable, or not possible (2).
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Whole => Self::SUCCESS,
            Outcome::Damaged => Self::from(1),
            Outcome::Failed => Self::from(2),
        }
    }
}

impl From<recscope_analyzer::report::Status> for Outcome {
    fn from(status: recscope_analyzer::report::Status) -> Self {
        use recscope_analyzer::report::Status;
        match status {
            Status::Whole => Self::Whole,
            Status::Damaged => Self::Damaged,
            Status::Unreadable => Self::Failed,
        }
    }
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Analyze(arguments) => analyze::run(&arguments),
        Command::Flow(arguments) => flow::run(&arguments),
        Command::Audio(arguments) => audio::run(&arguments),
        Command::Repair(arguments) => repair::run(&arguments),
        Command::Scenarios(arguments) => simulate::list(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Phone(arguments) => phone::run(&arguments),
        Command::RecordServer(arguments) => record_server::run(&arguments),
        Command::Recorder(arguments) => recorder::run(&arguments),
        Command::Pbx(arguments) => pbx::run(&arguments),
    };
    match result {
        Ok(outcome) => outcome.into(),
        // Who closed the pipe has read enough; that is no failure and nothing to talk about.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::diagnose(&format!("{error:#}"));
            Outcome::Failed.into()
        }
    }
}
