//! `recscope audio`: what was said, as a WAVE file.

use crate::Outcome;
use crate::flow::no_such;
use crate::output::{self, Destination};
use crate::parts;
use crate::source::Source;
use anyhow::{Result, anyhow, bail};
use recscope_analyzer::{Analysis, AudioRequest, Report};
use std::path::PathBuf;

/// Write a recording, a call or a stream as a WAVE file that any player plays
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A capture or recording, or a recording's parts in order; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The call of this number, as `analyze` lists it: caller left, callee right
    #[arg(long, value_name = "N", conflicts_with = "stream")]
    call: Option<usize>,
    /// The stream of this number, mono
    #[arg(long, value_name = "N")]
    stream: Option<usize>,
    /// The WAVE file to write; - is standard output
    #[arg(short, long, value_name = "OUT.wav")]
    output: PathBuf,
}

const EXAMPLES: &str = "Examples:
  recscope audio Record_20261122091500.wav -o heard.wav
  recscope audio Record_1.wav Record_2.wav -o heard.wav
  recscope audio call.pcap -o call.wav
  recscope audio trunk.pcapng --call 3 -o call-3.wav
  recscope audio trunk.pcapng --stream 0 -o - | aplay

A capture with one call needs no number. The samples are 16-bit PCM at the codec's own rate.
Exit status: 0 all of it was heard; 1 the input is damaged, and what was recovered is written;
2 nothing was written.";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let destination = parts::destination(&arguments.output, &arguments.files)?;
    let mut source = parts::open(&arguments.files)?;
    let name = source.name();
    let reading = source.read();
    let analysis = reading.readable(&name)?;
    let request = request(analysis.report(), arguments, &name)?;
    write(&mut source, analysis, request, &destination)?;
    if let Some(damage) = reading.damage() {
        output::diagnose(&format!("{name} is damaged: {damage}"));
    }
    Ok(reading.status().into())
}

/// Writes what was asked for as a WAVE file.
///
/// # Errors
/// When it cannot be heard, read again or written.
pub(crate) fn write(
    source: &mut Source,
    analysis: &Analysis,
    request: AudioRequest,
    destination: &Destination,
) -> Result<()> {
    let extraction = analysis
        .audio(request)
        .map_err(|error| anyhow!("cannot hear {}: {error}", source.name()))?;
    let audio = source.hear(extraction)?;
    destination.write(|out| {
        for piece in audio.wav_pieces() {
            out.write_all(&piece)?;
        }
        Ok(())
    })
}

/// What to listen to: what was named, or else the one thing that there is.
fn request(report: &Report, arguments: &Arguments, name: &str) -> Result<AudioRequest> {
    let (calls, streams) = (report.calls.len(), report.streams.len());
    match (arguments.call, arguments.stream) {
        (Some(call), _) if call >= calls => bail!("{}", no_such(name, "call", call, calls)),
        (Some(call), _) => return Ok(AudioRequest::Call(call)),
        (_, Some(stream)) if stream >= streams => {
            bail!("{}", no_such(name, "stream", stream, streams))
        }
        (_, Some(stream)) => return Ok(AudioRequest::Stream(stream)),
        (None, None) => {}
    }
    if report.recording.is_some() {
        return Ok(AudioRequest::Recording);
    }
    let mut heard = report.calls.iter().filter(|call| !call.streams.is_empty());
    match (heard.next(), heard.next()) {
        (Some(only), None) => Ok(AudioRequest::Call(only.id)),
        (Some(_), Some(_)) => {
            bail!(
                "{name} has {calls} calls: say which one with --call (`recscope analyze` lists them)"
            )
        }
        (None, _) => match streams {
            0 => bail!("{name} holds no RTP stream to hear"),
            1 => Ok(AudioRequest::Stream(0)),
            _ => bail!(
                "{name} has {streams} streams and no call that they belong to: say which one with \
                 --stream (`recscope analyze` lists them)"
            ),
        },
    }
}
