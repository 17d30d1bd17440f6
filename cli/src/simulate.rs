//! `recscope scenarios` and `recscope simulate`: flows played by the machines themselves.

use crate::Outcome;
use crate::analyze::terminal_width;
use crate::output::{self, Destination};
use anyhow::{Context, Result, bail, ensure};
use recscope_simulator::run::{Run, RunOptions};
use recscope_simulator::scenario::{self, Changes, Scenario, catalogue};
use recscope_simulator::{Fault, export};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// List the scenarios that can be simulated
#[derive(clap::Args)]
pub(crate) struct ListArguments {
    /// As data, with settings, for other programs
    #[arg(long)]
    json: bool,
}

/// Play a scenario: who says what to whom, and what comes of it
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// An id that `recscope scenarios` lists, or a scenario file
    #[arg(value_name = "ID|FILE")]
    scenario: String,
    /// What all chance comes from; the same seed gives the same bytes
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change a setting of the scenario
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Let something go wrong, such as lose:UPDATE@recorder:2
    #[arg(long, value_name = "FAULT")]
    fault: Vec<String>,
    /// Text for the terminal, data, a diagram for wikis, or a drawing
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to write it; - is standard output
    #[arg(short, long, value_name = "OUT", default_value = "-", hide_default_value = true)]
    output: PathBuf,
    /// Write the packets that arrived to a capture
    #[arg(long, value_name = "OUT.pcap")]
    pcap: Option<PathBuf>,
    /// Write the files that the actors made into this folder, one folder per actor
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  recscope simulate mx-dynamic
  recscope simulate mx-keepalive --fault lose:UPDATE@recorder:2
  recscope simulate bx-server-basic --set codec=G722 --pcap out.pcap --files out
  recscope simulate mx-recovery --format svg -o recovery.svg
  recscope simulate my-own.toml --seed 7 --format json | jq .expectations

Faults:
  lose:UPDATE@recorder:2         the second UPDATE from recorder never arrives
  lose-once:200/INVITE@phone     only its first transmission is lost
  duplicate:INVITE@recorder,phone   delay=300ms:ACK@recorder   corrupt:BYE
  cut:phone,recorder@10s..14s    nothing passes between the two
  loss=5%:phone,recorder         also latency, jitter, duplication, reordering; :* all links
  do:phone power-off@12s         what a scenario could do

Exits with 1 when an expectation of the scenario does not hold.";

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Mermaid,
    Svg,
}

pub(crate) fn list(arguments: &ListArguments) -> Result<Outcome> {
    let scenarios: Vec<_> = catalogue()
        .iter()
        .map(|entry| entry.scenario(&Changes::default()))
        .collect::<Result<_, _>>()?;
    let destination = Destination::new(Path::new("-"), Path::new("-"))?;
    destination.write(|out| {
        if arguments.json {
            let list: Vec<_> = scenarios.iter().map(listed).collect();
            serde_json::to_writer_pretty(&mut *out, &list)?;
            writeln!(out)?;
            return Ok(());
        }
        let width = scenarios.iter().map(|scenario| scenario.id.len()).max().unwrap_or(0);
        for scenario in &scenarios {
            writeln!(out, "{:width$}  {}", scenario.id, scenario.title)?;
        }
        Ok(())
    })?;
    Ok(Outcome::Whole)
}

fn listed(scenario: &Scenario) -> serde_json::Value {
    let settings = scenario.settings.iter().map(|setting| {
        let mut described = json!({
            "key": setting.key,
            "label": setting.label,
            "hint": setting.hint,
            "type": setting.kind.name(),
            "default": setting.default,
        });
        match &setting.kind {
            scenario::Kind::Choice(choices) => described["choices"] = json!(choices),
            scenario::Kind::Duration { min, max } => {
                described["min"] = json!(min);
                described["max"] = json!(max);
            }
            scenario::Kind::Integer { min, max } => {
                described["min"] = json!(min);
                described["max"] = json!(max);
            }
            _ => {}
        }
        described
    });
    let settings: Vec<_> = settings.collect();
    json!({
        "id": scenario.id,
        "title": scenario.title,
        "source": scenario.source.name(),
        "method": scenario.method.name(),
        "summary": scenario.summary,
        "settings": settings,
    })
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let scenario = read(arguments)?;
    let faults = arguments
        .fault
        .iter()
        .map(|text| text.parse::<Fault>().map_err(|message| anyhow::anyhow!("--fault: {message}")));
    let options =
        RunOptions { faults: faults.collect::<Result<_>>()?, captures: arguments.pcap.is_some() };
    let own = Path::new(&arguments.scenario);
    let destination = Destination::new(&arguments.output, own)?;
    let pcap = arguments.pcap.as_deref().map(|path| Destination::new(path, own)).transpose()?;
    let mut run = Run::new(&scenario, &options).map_err(|message| anyhow::anyhow!("{message}"))?;
    run.run_to_end();
    let exported = exported(&run, arguments.format);
    destination.write(|out| Ok(out.write_all(exported.as_bytes())?))?;
    if let (Some(pcap), Some(capture)) = (pcap, run.world().capture()) {
        pcap.write(|out| Ok(out.write_all(capture.bytes())?))?;
    }
    if let Some(folder) = &arguments.files {
        write_files(&run, folder)?;
    }
    let failed: Vec<_> = run.check().into_iter().filter(|checked| !checked.holds).collect();
    for checked in &failed {
        let text = &checked.expectation.text;
        output::diagnose(&format!("{} failed: {text} ({})", scenario.id, checked.found));
    }
    Ok(if failed.is_empty() { Outcome::Whole } else { Outcome::Damaged })
}

/// The scenario of the catalogue, or of a file.
fn read(arguments: &Arguments) -> Result<Scenario> {
    let set = arguments.set.iter().map(|set| {
        let (key, value) = set.split_once('=').with_context(|| {
            format!("--set {set}: write the setting and its value, as in --set codec=G722")
        })?;
        Ok((key.to_owned(), value.to_owned()))
    });
    let set: Vec<_> = set.collect::<Result<_>>()?;
    let changes = Changes { set: &set, seed: arguments.seed };
    let name = &arguments.scenario;
    if let Some(entry) = scenario::entry(name) {
        return Ok(entry.scenario(&changes)?);
    }
    let path = Path::new(name);
    let looks_like_file = path.extension().is_some() || path.components().count() > 1;
    if !looks_like_file && !path.exists() {
        bail!("there is no scenario {name}: `recscope scenarios` lists them; or name a file");
    }
    let text = fs::read_to_string(path)
        .map_err(|error| anyhow::anyhow!("cannot read {name}: {}", output::reason(&error)))?;
    Ok(Scenario::parse(name, &text, &changes)?)
}

fn exported(run: &Run, format: Format) -> String {
    match format {
        Format::Text => export::text(run, terminal_width().unwrap_or(export::COLUMNS)),
        Format::Json => export::json(run),
        Format::Mermaid => export::mermaid(run),
        Format::Svg => export::svg(run),
    }
}

fn write_files(run: &Run, folder: &Path) -> Result<()> {
    for host in run.world().hosts() {
        let Some(drive) = host.drive.as_ref().filter(|drive| !drive.files().is_empty()) else {
            continue;
        };
        let own = folder.join(&host.name);
        fs::create_dir_all(&own).map_err(|error| {
            anyhow::anyhow!("cannot make {}: {}", own.display(), output::reason(&error))
        })?;
        for (name, content) in drive.files() {
            ensure!(!name.contains(['/', '\\']), "{name} is no name of a file");
            let destination = Destination::new(&own.join(name), Path::new("-"))?;
            destination.write(|out| Ok(out.write_all(content)?))?;
        }
    }
    Ok(())
}
