//! `recscope repair`: a clean recording of a damaged one.

use crate::output::{self, Destination, reason};
use crate::source::{CHUNK, Source};
use crate::{Outcome, audio, parts};
use anyhow::{Result, bail};
use recscope_analyzer::AudioRequest;
use recscope_analyzer::report::FileKind;
use recscope_core::Limits;
use recscope_core::recording::{HEADER_LEN, Repaired, Repairer};
use std::io::{self, Read};
use std::path::PathBuf;

/// Make a clean recording of a damaged one
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A recording, or its parts in order, which become one; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A file for the phone to play, or a WAVE file that any player plays
    #[arg(long = "as", value_enum, value_name = "FORMAT", default_value_t = Format::Phone)]
    format: Format,
    /// The file to write; - is standard output
    #[arg(short, long, value_name = "OUT.wav")]
    output: PathBuf,
}

const EXAMPLES: &str = "Examples:
  recscope repair Record_20261122091500.wav -o whole/Record_20261122091500.wav
  recscope repair Record_20261122091500.wav --as wave -o heard.wav
  recscope repair Record_1.wav Record_2.wav -o whole.wav

Every whole block is kept, and the header is made to fit them. What was wrong goes to standard
error. Exit status: 0 a clean file was written; 2 it was not.";

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The phones' own format
    Phone,
    /// 16-bit PCM in RIFF/WAVE
    Wave,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let destination = parts::destination(&arguments.output, &arguments.files)?;
    let mut source = parts::open(&arguments.files)?;
    let name = source.name();
    let reading = source.read();
    let analysis = reading.readable(&name)?;
    match (analysis.report().file.kind, arguments.format) {
        (FileKind::PhoneRecording, Format::Phone) => repair(&mut source, &destination)?,
        (FileKind::PhoneRecording | FileKind::RiffWave, Format::Wave) => {
            audio::write(&mut source, analysis, AudioRequest::Recording, &destination)?;
        }
        (FileKind::RiffWave, Format::Phone) => {
            bail!("{name} is a WAVE file and no phone recording: repair it with --as wave")
        }
        (FileKind::Pcap | FileKind::Pcapng | FileKind::Unknown, _) => {
            bail!("{name} is a capture and no recording: `recscope audio` makes one of its calls")
        }
    }
    let report = analysis.report();
    for repair in report.recording.iter().flat_map(|recording| &recording.repairs) {
        output::diagnose(&format!("{name}: {repair}"));
    }
    if let Some(early) = &reading.interrupted {
        output::diagnose(&format!("{name}: {}", early.message));
    }
    Ok(Outcome::Whole)
}

/// Reads twice: only the end tells what the header at the beginning must say, and the output may
/// be a pipe.
fn repair(source: &mut Source, destination: &Destination) -> Result<()> {
    let repaired = copy_blocks(source, |_| Ok(()))?;
    destination.write(|out| {
        out.write_all(&repaired.header)?;
        let mut header_left = HEADER_LEN;
        copy_blocks(source, |clean| {
            let skipped = header_left.min(clean.len());
            header_left -= skipped;
            Ok(out.write_all(clean.get(skipped..).unwrap_or_default())?)
        })?;
        Ok(())
    })
}

/// Repairs a file from its beginning, handing on the clean bytes: a preliminary header, then the
/// blocks.
fn copy_blocks(
    source: &mut Source,
    mut clean: impl FnMut(&[u8]) -> Result<()>,
) -> Result<Repaired> {
    let name = source.name();
    let size = source.size();
    let file = source.rewound()?;
    let mut repairer = Repairer::new(size, &Limits::default());
    let mut chunk = vec![0; CHUNK];
    let mut out = Vec::new();
    loop {
        let read = match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => bail!("cannot read {name} again: {}", reason(&error)),
        };
        out.clear();
        let pushed = repairer.push(chunk.get(..read).unwrap_or_default(), &mut out);
        pushed.map_err(|error| anyhow::anyhow!("cannot repair {name}: {error}"))?;
        clean(&out)?;
    }
    out.clear();
    let repaired = repairer.finish(&mut out);
    let repaired = repaired.map_err(|error| anyhow::anyhow!("cannot repair {name}: {error}"))?;
    clean(&out)?;
    Ok(repaired)
}
