//! `cargo xtask bench`: how fast, against what, and in how much memory.
//!
//! Everything that is compared is measured in the same run on the same files. Nothing fails by
//! time, which is held against targets and noted; wrong results and broken bounds do fail.

mod browser;
mod capture;
mod measure;
mod recordings;
mod simulator;
mod targets;

use crate::{process, provision, workspace};
use anyhow::{Context, Result, ensure};
use capture::Content;
use serde_json::Value;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use targets::{Consequence, Target};

/// For so long a capture is read again and again, `--runs` times at least.
const SHORTEST_MEASUREMENT: Duration = Duration::from_secs(20);

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Calls in each capture to measure with; 80 calls are 100 MB
    #[arg(long, value_delimiter = ',', default_values_t = [80, 800])]
    calls: Vec<u32>,
    /// How often each program is run, or for 20 s where that is more often; the fastest run counts
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Leave out the criterion benches
    #[arg(long)]
    no_criterion: bool,
    /// Leave out the comparisons with tshark and wiregasm
    #[arg(long)]
    no_peers: bool,
    /// Leave out what is measured in Chromium
    #[arg(long)]
    no_browser: bool,
    /// Leave out what is measured with captures, in Chromium too
    #[arg(long)]
    no_captures: bool,
    /// Leave out what an event of the simulator costs
    #[arg(long)]
    no_simulator: bool,
    /// Recordings that the record server makes at once; 0 leaves it out
    #[arg(long, default_value_t = 400)]
    recordings: u16,
    /// How many seconds they last
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Recordings that it makes in turn
    #[arg(long, default_value_t = 10_000)]
    turns: u32,
}

/// Measures and prints tables.
///
/// # Errors
/// When something does not build or run, or a report does not say what the capture holds.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.no_peers && !options.no_captures {
        provision::programs(&[provision::TSHARK])?;
    }
    if !options.no_criterion {
        process::run(&mut process::cargo([
            "bench",
            "-p",
            "recscope-core",
            "-p",
            "recscope-analyzer",
            "--benches",
        ]))?;
    }
    let recscope = process::build_recscope(&["--release"])?;
    let mut targets = Vec::new();
    if options.recordings > 0 {
        targets.extend(recordings::measure(&recordings::Order {
            recscope: &recscope,
            recordings: options.recordings,
            seconds: options.seconds,
            turns: options.turns,
        })?);
    }
    if !options.no_simulator {
        targets.extend(simulator::measure()?);
    }
    if !options.no_captures {
        targets.extend(with_captures(&recscope, options)?);
    }
    if !options.no_browser {
        targets.extend(browser::measure_lessons()?);
    }
    targets::print(&targets)
}

/// Compares with captures of many calls, natively and in the browser.
fn with_captures(recscope: &Path, options: &Options) -> Result<Vec<Target>> {
    let mut files = Vec::new();
    let mut rows = Vec::new();
    for calls in &options.calls {
        let (path, content) = capture_of(*calls)?;
        eprintln!("measuring with {}", path.display());
        rows.push(compare(recscope, &path, content, options)?);
        files.push((format!("{:.0} MB", megabytes(content)), path, content));
    }
    print_table(&rows);
    let mut targets: Vec<Target> = rows.iter().flat_map(Row::targets).collect();
    if !options.no_browser {
        targets.extend(in_the_browser(files, options)?);
    }
    Ok(targets)
}

/// Compares in the browser with the smallest capture, and reads the others and one of 5 GB there.
fn in_the_browser(
    mut files: Vec<(String, PathBuf, Content)>,
    options: &Options,
) -> Result<Vec<Target>> {
    let path = workspace::target().join("bench/sparse.pcapng");
    let content = capture::sparse::write(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    files.push(("5 GB, sparse".to_owned(), path, content));
    files.sort_by_key(|(_, _, content)| content.bytes);
    let captures: Vec<browser::Capture<'_>> = files
        .iter()
        .map(|(name, path, content)| browser::Capture { name, path, content: *content })
        .collect();
    let (compared, large) = captures.split_first().context("there is no capture")?;
    browser::measure(&browser::Order {
        compared: *compared,
        large,
        runs: options.runs,
        with_peer: !options.no_peers,
    })
}

/// The capture with so many calls, written anew: that takes less time than trusting an old one.
fn capture_of(calls: u32) -> Result<(PathBuf, Content)> {
    let folder = workspace::target().join("bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{calls}-calls.pcap"));
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut output = BufWriter::with_capacity(1 << 20, file);
    let content = capture::write(calls, &mut output)?;
    // What the disk had still to write would take its share of what is measured next.
    output.into_inner()?.sync_all()?;
    Ok((path, content))
}

/// What was measured with one capture.
struct Row {
    content: Content,
    reading: Duration,
    ours: Duration,
    peak_memory: Option<u64>,
    tshark: Option<Duration>,
}

impl Row {
    /// What this capture's numbers should be.
    fn targets(&self) -> Vec<Target> {
        let name = format!("{:.0} MB", megabytes(self.content));
        let ours = self.ours.as_secs_f64();
        let mut targets = Vec::new();
        if let Some(tshark) = self.tshark {
            // What a program takes to start counts less the longer it runs.
            let bound = if megabytes(self.content) < 500.0 { 1.0 / 12.0 } else { 1.0 / 20.0 };
            let what = format!("{name}, time as part of tshark's");
            let measured = ours / tshark.as_secs_f64();
            targets.push(Target::at_most(what, measured, bound, Consequence::Noted));
        }
        let what = format!("{name}, time as a multiple of reading the file");
        let measured = ours / self.reading.as_secs_f64();
        targets.push(Target::at_most(what, measured, 3.0, Consequence::Noted));
        if let Some(peak) = self.peak_memory.map(mebibytes) {
            let what = format!("{name}, MiB of memory at most");
            targets.push(Target::at_most(what, peak, 48.0, Consequence::Fails));
        }
        targets
    }
}

#[allow(clippy::cast_precision_loss, reason = "a table of three digits")]
fn megabytes(content: Content) -> f64 {
    content.bytes as f64 / 1e6
}

#[allow(clippy::cast_precision_loss, reason = "a table of three digits")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

fn compare(recscope: &Path, path: &Path, content: Content, options: &Options) -> Result<Row> {
    // One reading first: afterwards all of them read from memory.
    measure::read_once(path)?;
    let peak_memory = measure::peak_memory(&mut analyze(recscope, path))?;
    let (reading, ours) = (Duration::MAX, Duration::MAX);
    let mut row = Row { content, reading, ours, peak_memory, tshark: None };
    // In turns, so that whatever else the machine does meets all of them. What takes milliseconds is
    // met the harder, and is run the more often for it.
    let start = Instant::now();
    let runs = options.runs.max(1);
    for run in (0..).take_while(|run| *run < runs || start.elapsed() < SHORTEST_MEASUREMENT) {
        row.reading = row.reading.min(measure::read_once(path)?);

        let ours = measure::run(&mut analyze(recscope, path))?;
        check_report(&ours.output, content)?;
        row.ours = row.ours.min(ours.time);

        if !options.no_peers && run < runs {
            let tshark = measure::run(
                Command::new(provision::TSHARK.name)
                    .args(["-q", "-z", "rtp,streams", "-z", "sip,stat", "-r"])
                    .arg(path),
            )?;
            row.tshark = Some(row.tshark.map_or(tshark.time, |best| best.min(tshark.time)));
        }
    }
    Ok(row)
}

fn analyze(recscope: &Path, path: &Path) -> Command {
    let mut command = Command::new(recscope);
    command.args(["analyze", "--json"]).arg(path);
    command
}

/// Holds the report to what was written into the capture: fast is worth nothing when wrong.
fn check_report(json: &[u8], content: Content) -> Result<()> {
    let reports: Value = serde_json::from_slice(json).context("the report is not JSON")?;
    let report = &reports[0];
    let count = |list: &str| report[list].as_array().map_or(0, Vec::len) as u64;
    let sum = |field: &str| -> i64 {
        let streams = report["streams"].as_array().map_or(&[][..], Vec::as_slice);
        streams.iter().filter_map(|stream| stream[field].as_i64()).sum()
    };
    let found = [
        ("packets", report["capture"]["packets"].as_u64().unwrap_or(0), content.packets),
        ("messages", count("messages"), content.messages),
        ("calls", count("calls"), content.calls),
        ("streams", count("streams"), content.streams),
        ("RTP packets", sum("packets").cast_unsigned(), content.rtp_packets),
        ("lost packets", sum("lost").cast_unsigned(), content.lost),
    ];
    for (what, ours, written) in found {
        ensure!(ours == written, "the report counts {ours} {what}, the capture holds {written}");
    }
    Ok(())
}

fn print_table(rows: &[Row]) {
    println!(
        "\n{:>8} {:>9} {:>6} {:>8} {:>10} {:>8} {:>9} {:>13} {:>13} {:>9}",
        "MB",
        "packets",
        "calls",
        "streams",
        "reading s",
        "ours s",
        "tshark s",
        "ours/reading",
        "tshark/ours",
        "peak MiB"
    );
    for row in rows {
        let content = row.content;
        let (reading, ours) = (row.reading.as_secs_f64(), row.ours.as_secs_f64());
        let tshark = row.tshark.map(|time| time.as_secs_f64());
        let peak = row.peak_memory.map(mebibytes);
        println!(
            "{:>8.1} {:>9} {:>6} {:>8} {reading:>10.3} {ours:>8.3} {:>9} {:>13.2} {:>13} \
             {:>9}",
            megabytes(content),
            content.packets,
            content.calls,
            content.streams,
            or_dash(tshark),
            ours / reading,
            or_dash(tshark.map(|tshark| tshark / ours)),
            or_dash(peak),
        );
    }
    println!(
        "\nreading: the file once, front to back; ours: recscope analyze --json; tshark: -q -z\n\
         rtp,streams -z sip,stat; files in the page cache, the fastest of the runs of each"
    );
}

fn or_dash(number: Option<f64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.1}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        Content { packets: 3, messages: 1, calls: 1, streams: 1, rtp_packets: 2, lost: 1, bytes: 0 }
    }

    #[test]
    fn a_report_that_counts_what_the_capture_holds_is_accepted() {
        let json = r#"[{"capture": {"packets": 3}, "messages": [{}], "calls": [{}],
                        "streams": [{"packets": 2, "lost": 1}]}]"#;
        check_report(json.as_bytes(), content()).unwrap();
    }

    #[test]
    fn a_report_that_missed_something_is_refused() {
        let json = r#"[{"capture": {"packets": 3}, "messages": [{}], "calls": [{}],
                        "streams": [{"packets": 2, "lost": 0}]}]"#;
        let error = check_report(json.as_bytes(), content()).unwrap_err().to_string();
        assert_eq!(error, "the report counts 0 lost packets, the capture holds 1");
    }
}
