//! The app in a browser: reading captures beside Wireshark compiled for the browser, and stepping
//! through scenarios.
//!
//! `recscope-wasm-tests` has the browser's remote control; this prepares what it needs, tells it
//! what to measure and reads its account.

use super::capture::Content;
use super::targets::{Consequence, Target};
use crate::{dist, npm, process, provision, workspace};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program to compare with.
const WIREGASM: npm::Package = npm::Package { name: "@goodtools/wiregasm", version: "1.9.1" };

/// Most WebAssembly memory that page and worker may take together.
const MEMORY: f64 = 128.0;
/// Most milliseconds from Cancel to its effect.
const CANCEL: f64 = 1000.0;

/// Most milliseconds until a scenario with something going wrong is played and painted.
const WHAT_IF: f64 = 100.0;
/// Most milliseconds of nearly every step: a frame.
const STEP: f64 = 16.0;
/// A recorded call with a keep-alive every two seconds: more than 2 000 steps.
const LONG: &str = include_str!("long.toml");

/// A capture and what is in it.
#[derive(Clone, Copy)]
pub(super) struct Capture<'a> {
    /// What to call it in the table.
    pub(super) name: &'a str,
    pub(super) path: &'a Path,
    pub(super) content: Content,
}

impl Capture<'_> {
    fn order(&self) -> Value {
        json!({ "path": self.path, "packets": self.content.packets })
    }
}

/// What to measure.
pub(super) struct Order<'a> {
    /// The capture to compare with.
    pub(super) compared: Capture<'a>,
    /// Those to read in bounded memory.
    pub(super) large: &'a [Capture<'a>],
    /// How often to run what is compared.
    pub(super) runs: u32,
    /// Whether to compare at all.
    pub(super) with_peer: bool,
}

/// Measures, and gives what is to be held against targets.
///
/// # Errors
/// When something cannot be built, fetched or run, or the app misreads a file.
pub(super) fn measure(order: &Order<'_>) -> Result<Vec<Target>> {
    provision::programs(provision::BROWSER)?;
    dist::build()?;
    let wiregasm = if order.with_peer { Some(wiregasm()?) } else { None };
    let Some(cancelled) = order.large.last() else { bail!("there is nothing to cancel") };
    let told = json!({
        "compared": order.compared.order(),
        "runs": order.runs,
        "wiregasm": wiregasm,
        "large": order.large.iter().map(Capture::order).collect::<Vec<_>>(),
        "cancelled": cancelled.order(),
    });
    targets(order, &account(&told)?)
}

/// Measures on the Simulate page.
///
/// # Errors
/// When something cannot be built or run, or the page does not step.
pub(super) fn measure_lessons() -> Result<Vec<Target>> {
    provision::programs(provision::BROWSER)?;
    dist::build()?;
    let recscope = process::build_recscope(&["--release"])?;
    let list = Command::new(recscope).args(["scenarios", "--json"]).output()?;
    let list: Value = serde_json::from_slice(&list.stdout).context("the list makes no sense")?;
    let ids = list.as_array().into_iter().flatten().map(|scenario| &scenario["id"]);
    let folder = workspace::target().join("bench");
    fs::create_dir_all(&folder)?;
    let long = folder.join("long.toml");
    fs::write(&long, LONG).with_context(|| format!("cannot write {}", long.display()))?;
    let told = json!({ "scenarios": ids.collect::<Vec<_>>(), "long": long });
    lesson_targets(&account(&told)?)
}

/// Has the remote control measure what it is told, and gives its account.
fn account(told: &Value) -> Result<Value> {
    let recscope = process::build_recscope(&["--release"])?;
    // What is measured runs in the browser: the remote control need not be optimised.
    let mut bench = process::cargo(["test", "-q", "-p", "recscope-wasm-tests", "--bench"]);
    bench
        .arg("browser")
        .env("RECSCOPE_BROWSER_BENCH", told.to_string())
        .env("RECSCOPE_BIN", recscope)
        .env("RECSCOPE_DIST", workspace::dist())
        .stderr(Stdio::inherit());
    if let Some(driver) = provision::find("chromedriver") {
        bench.env("CHROMEDRIVER", driver);
    }
    let output = bench.output().context("cannot start cargo")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("measuring in the browser ended with {}:\n{said}", output.status);
    }
    let account = said.lines().last().unwrap_or_default();
    serde_json::from_str(account).context("the account makes no sense")
}

fn lesson_targets(account: &Value) -> Result<Vec<Target>> {
    let number = |value: &Value, name: &str| {
        value[name].as_f64().with_context(|| format!("the account has no {name}: {value}"))
    };
    println!("\nin the browser, from the click, ms:{:>22} {:>27}", "a scenario", "5 % loss in it");
    let mut slowest = 0.0_f64;
    for lesson in account["lessons"].as_array().context("the account has no lessons")? {
        print!("{:>34}", lesson["id"].as_str().unwrap_or_default());
        for play in ["plain", "what_if"] {
            let number = |name| number(&lesson[play], name);
            let (answered, painted) = (number("answered_ms")?, number("painted_ms")?);
            print!("  answered {answered:>5.1} painted {painted:>5.1}");
            // Who opens a scenario awaits another picture, and the first one is a whole page.
            if play == "what_if" {
                slowest = slowest.max(painted);
            }
        }
        println!();
    }
    let stepping = &account["stepping"];
    let of_steps = |name: &str| number(stepping, name);
    let spent = |name: &str| number(&stepping["spent"], name);
    let p95 = of_steps("p95_ms")?;
    println!(
        "in the browser, {} steps among {}, each from the key to the end of the frame that has it\n\
         (style, layout, paint and commit included, waiting for a frame to begin left out):\n\
         median {:.1} ms, 95th percentile {p95:.1} ms, longest {:.1} ms; {} took a second frame;\n\
         {} long tasks, which blocked for {:.0} ms\n\
         the main thread on the processor from a step to the next, the frames between included:\n\
         script {:.1} ms, style {:.1} ms, layout {:.1} ms, with all else {:.1} ms",
        of_steps("timed")?,
        of_steps("steps")?,
        of_steps("median_ms")?,
        of_steps("longest_ms")?,
        of_steps("late")?,
        of_steps("long_tasks")?,
        of_steps("blocking_ms")?,
        spent("script_ms")?,
        spent("style_ms")?,
        spent("layout_ms")?,
        spent("all_ms")?,
    );
    let slow = "the slowest what-if in the browser, ms until painted".to_owned();
    let step = "a step in a long flow in the browser, ms, 95th percentile".to_owned();
    Ok(vec![
        Target::at_most(slow, slowest, WHAT_IF, Consequence::Noted),
        Target::at_most(step, p95, STEP, Consequence::Noted),
    ])
}

fn targets(order: &Order<'_>, account: &Value) -> Result<Vec<Target>> {
    let number = |value: &Value, name: &str| {
        value[name].as_f64().with_context(|| format!("the account has no {name}: {value}"))
    };
    let ours = number(account, "ours_ms")?;
    let name = order.compared.name;
    println!("\nin the browser, {name}: the report after {:.2} s", ours / 1000.0);
    let mut targets = Vec::new();
    if let Some(theirs) = account["wiregasm_ms"].as_f64() {
        println!(
            "in the browser, {name}: loaded by {} after {:.2} s",
            WIREGASM.in_registry(),
            theirs / 1000.0
        );
        let what = format!("{name} in the browser, time as part of wiregasm's");
        targets.push(Target::at_most(what, ours / theirs, 1.0 / 20.0, Consequence::Noted));
    }
    let large = account["large"].as_array().context("the account has no large files")?;
    let opened = std::iter::once(&account["compared"]).chain(large);
    for (capture, opened) in std::iter::once(&order.compared).chain(order.large).zip(opened) {
        let Capture { name, .. } = capture;
        let [worker, page] = ["worker_memory", "page_memory"].map(|part| number(opened, part));
        let memory = (worker? + page?) / f64::from(1 << 20);
        let seconds = number(opened, "ms")? / 1000.0;
        let steps = number(opened, "progress_steps")?;
        println!(
            "in the browser, {name}: {seconds:.2} s, {memory:.1} MiB, progress moved {steps} times"
        );
        let what = format!("{name} in the browser, MiB of WebAssembly memory");
        targets.push(Target::at_most(what, memory, MEMORY, Consequence::Fails));
    }
    for (capture, opened) in order.large.iter().zip(large) {
        let what = format!("{} in the browser, times that progress moved", capture.name);
        let steps = number(opened, "progress_steps")?;
        targets.push(Target::at_least(what, steps, 3.0, Consequence::Fails));
    }
    let cancel = number(account, "cancel_ms")?;
    let what = "cancelling in the browser, ms".to_owned();
    targets.push(Target::at_most(what, cancel, CANCEL, Consequence::Fails));
    Ok(targets)
}

/// The folder with the other program's files.
fn wiregasm() -> Result<PathBuf> {
    let program = WIREGASM.file("dist/wiregasm.wasm")?;
    program.parent().map(Path::to_owned).context("a file lies in a folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_becomes_targets() {
        let content = Content { packets: 1, ..Content::default() };
        let [small, big] =
            ["100 MB", "1 GB"].map(|name| Capture { name, path: Path::new("x"), content });
        let order = Order { compared: small, large: &[big], runs: 1, with_peer: true };
        let opened = json!({
            "ms": 500.0, "worker_memory": 64 << 20, "page_memory": 1 << 20, "progress_steps": 2,
        });
        let account = json!({
            "ours_ms": 500.0, "wiregasm_ms": 20_000.0, "cancel_ms": 12.0,
            "compared": opened, "large": [opened],
        });
        let passed: Vec<bool> =
            targets(&order, &account).unwrap().iter().map(Target::is_met).collect();
        // The ratio, two memories, too few steps of progress, cancelling.
        assert_eq!(passed, [true, true, true, false, true]);
    }
}
