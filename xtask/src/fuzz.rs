//! `cargo xtask fuzz`: made-up input for every parser, guided by the code that it reaches.
//!
//! The targets are libFuzzer's. The compiler flags that it needs are stable ones, so there is no
//! tool and no other toolchain to install. What must hold is in `fuzz/src/`, and the inputs to
//! begin with in `fuzz/corpus/`; what is found on the way is kept in the target folder, for the
//! next run.

mod minimise;

use crate::{process, provision, workspace};
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

/// What makes the compiler count the code that runs, and the comparisons on the way. Without a
/// sanitizer: there is no unsafe code to watch.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    --cfg fuzzing";
/// Longest input; most structures show what they do in far less.
const MAX_LEN: u32 = 4096;
/// Longest time for one input, in seconds: each takes milliseconds, but a busy machine is no finding.
const TIMEOUT: u32 = 60;
/// Most memory, in MiB: what one input makes a parser hold stays far below.
const MEMORY: u32 = 512;

/// The compiler of libFuzzer itself.
const COMPILER: provision::Program = provision::Program { name: "c++", package: "g++" };

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The target to run; all of them if none is named
    target: Option<String>,
    /// How long to run each
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// How many to run at a time
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Afterwards bring the committed corpus up to date: what was there before, and the fewest new
    /// files that reach the code that those do not
    #[arg(long)]
    keep: bool,
}

/// One fuzz target, and where it works.
struct Target {
    name: String,
    program: PathBuf,
}

/// What came of running one.
struct Outcome {
    name: String,
    executions: u64,
    /// Inputs that reached code which others had not.
    kept: u64,
    findings: Vec<PathBuf>,
}

/// Runs targets, prints what each did, and fails where something was found.
///
/// # Errors
/// When a target is unknown or does not build, or something was found.
pub(crate) fn run(options: &Options) -> Result<()> {
    let names = names()?;
    let chosen = match &options.target {
        None => names,
        Some(name) if names.contains(name) => vec![name.clone()],
        Some(name) => bail!("no target is called {name}; there are {}", names.join(", ")),
    };
    let targets = build(chosen)?;
    let queue = Mutex::new(targets.iter());
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                while let Some(target) = queue.lock().ok().and_then(|mut queue| queue.next()) {
                    let outcome = target.run(options.seconds);
                    if let Ok(mut outcomes) = outcomes.lock() {
                        outcomes.push(outcome);
                    }
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap_or_default();
    let outcomes = outcomes.into_iter().collect::<Result<Vec<Outcome>>>()?;
    print_table(&outcomes);
    let findings: Vec<&PathBuf> = outcomes.iter().flat_map(|outcome| &outcome.findings).collect();
    if let Some(first) = findings.first() {
        bail!(
            "{} inputs break a property; to see how, move {} to its folder in fuzz/corpus and \
             type: cargo test -p recscope-fuzz",
            findings.len(),
            first.display()
        );
    }
    if options.keep {
        targets.iter().try_for_each(minimise::keep)?;
    }
    Ok(())
}

/// The targets there are.
fn names() -> Result<Vec<String>> {
    let folder = workspace::root().join("fuzz/targets/src/bin");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn build(names: Vec<String>) -> Result<Vec<Target>> {
    provision::programs(&[COMPILER])?;
    let manifest = workspace::root().join("fuzz/targets/Cargo.toml");
    let host = host()?;
    let mut command = process::cargo(["build", "--release", "--target", &host, "--manifest-path"]);
    command.arg(manifest).env("RUSTFLAGS", COVERAGE).env("CARGO_TARGET_DIR", folder());
    names.iter().for_each(|name| {
        command.args(["--bin", name]);
    });
    process::run(&mut command)?;
    let programs = folder().join(host).join("release");
    Ok(names.into_iter().map(|name| Target { program: programs.join(&name), name }).collect())
}

/// This machine as rustc calls it. Naming it keeps the flags from build scripts.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().context("cannot start rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what it is made for")
}

/// Where fuzzing keeps its things.
fn folder() -> PathBuf {
    workspace::target().join("fuzz")
}

impl Target {
    /// The committed inputs.
    fn corpus(&self) -> PathBuf {
        workspace::root().join("fuzz/corpus").join(&self.name)
    }

    /// A folder for what runs on this machine leave behind.
    fn work(&self, name: &str) -> Result<PathBuf> {
        let folder = folder().join("work").join(&self.name).join(name);
        fs::create_dir_all(&folder).with_context(|| format!("no {}", folder.display()))?;
        Ok(folder)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(format!("-max_len={MAX_LEN}"));
        command.arg(format!("-timeout={TIMEOUT}"));
        command.arg(format!("-rss_limit_mb={MEMORY}"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn run(&self, seconds: u32) -> Result<Outcome> {
        let found = self.work("found")?;
        let log = self.work("")?.join("log");
        let mut command = self.command();
        command.arg(format!("-artifact_prefix={}/", found.display()));
        command.args([&format!("-max_total_time={seconds}"), "-print_final_stats=1"]);
        command.arg(self.work("corpus")?).arg(self.corpus());
        println!("{}: {seconds} s; what it says is in {}", self.name, log.display());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", self.name))?;
        let mut outcome =
            Outcome { name: self.name.clone(), executions: 0, kept: 0, findings: Vec::new() };
        let mut log = File::create(log)?;
        let said = child.stderr.take().context("its standard error is a pipe")?;
        for line in BufReader::new(said).split(b'\n') {
            let line = line?;
            log.write_all(&line)?;
            log.write_all(b"\n")?;
            outcome.note(&String::from_utf8_lossy(&line));
        }
        let status = child.wait()?;
        ensure!(
            status.success() || !outcome.findings.is_empty(),
            "{} ended with {status}",
            self.name
        );
        Ok(outcome)
    }
}

impl Outcome {
    /// Takes in a line of what libFuzzer says.
    fn note(&mut self, line: &str) {
        let number = |name| line.strip_prefix(name).and_then(|rest| rest.trim().parse().ok());
        if let Some(count) = number("stat::number_of_executed_units:") {
            self.executions = count;
        }
        if let Some(count) = number("stat::new_units_added:") {
            self.kept = count;
        }
        if let Some((_, path)) = line.split_once("Test unit written to ") {
            self.findings.push(PathBuf::from(path.trim()));
        }
    }
}

fn print_table(outcomes: &[Outcome]) {
    println!("\n{:<12} {:>12} {:>8} {:>9}", "target", "executions", "kept", "findings");
    for Outcome { name, executions, kept, findings } in outcomes {
        println!("{name:<12} {executions:>12} {kept:>8} {:>9}", findings.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libfuzzer_says_is_understood() {
        let mut outcome =
            Outcome { name: "sip".into(), executions: 0, kept: 0, findings: Vec::new() };
        for line in [
            "#2\tINITED cov: 1 ft: 1 corp: 1/1b exec/s: 0 rss: 30Mb",
            "artifact_prefix='found/'; Test unit written to found/crash-0123",
            "stat::number_of_executed_units: 1234567",
            "stat::new_units_added:          89",
        ] {
            outcome.note(line);
        }
        assert_eq!((outcome.executions, outcome.kept), (1_234_567, 89));
        assert_eq!(outcome.findings, [PathBuf::from("found/crash-0123")]);
    }

    #[test]
    fn every_target_can_be_named() {
        let names = names().unwrap();
        assert!(names.iter().any(|name| name == "sip") && names.len() > 10, "{names:?}");
    }
}
