//! `cargo xtask test`: every check that a change must pass, in one command.

mod steps;

use crate::{dist, install, npm, process, provision, size, workspace};
use anyhow::Result;
use std::process::Command;
use steps::Steps;

/// Crates that the app consists of, and that therefore compile for the browser.
const BROWSER_CRATES: &[&str] =
    &["recscope-core", "recscope-flow", "recscope-analyzer", "recscope-simulator", "recscope-web"];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leave out what needs Chromium
    #[arg(long)]
    no_browser: bool,
    /// Leave out the comparisons with tshark and ffmpeg
    #[arg(long)]
    no_peers: bool,
}

/// Installs what is missing, runs every check, and prints what came of each.
///
/// A check that fails does not stop the ones after it.
///
/// # Errors
/// When something is missing and cannot be installed, or a check failed.
pub(crate) fn run(options: &Options) -> Result<()> {
    provision::rust_target(provision::WASM)?;
    provision::rust_target(provision::BARE_METAL)?;
    if !options.no_peers {
        provision::programs(provision::PEERS)?;
    }
    if !options.no_browser {
        provision::programs(provision::BROWSER)?;
    }

    let mut steps = Steps::default();
    steps.check("formatting", || process::run(&mut process::cargo(["fmt", "--all", "--check"])));
    // Before the rest, because the command embeds the bundle: so it is compiled once.
    steps.check("bundle and its size", dist::run);
    steps.check("clippy", clippy);
    steps.check("clippy for the browser", clippy_for_the_browser);
    steps.check("documentation", documentation);
    steps.tests("tests", native_tests(options));
    steps.check("core links without std", link_without_std);
    steps.tests("tests of core as firmware has it", small_core_tests());
    let firmware = size::Options { no_run: options.no_peers };
    steps.check("firmware and its size", || size::run(&firmware));
    if options.no_peers {
        steps.skip("the library for C installs");
        steps.skip("a phone in C and recscope record-server");
    } else {
        steps.check("the library for C installs", install::check);
        steps.prepared_tests("a phone in C and recscope record-server", phone_in_c);
    }
    if options.no_browser {
        steps.skip("tests in Chromium");
        steps.skip("end to end in Chromium");
    } else {
        steps.prepared_tests("tests in Chromium", browser_tests);
        steps.prepared_tests("end to end in Chromium", end_to_end_tests);
    }
    steps.finish()
}

fn clippy() -> Result<()> {
    process::run(&mut process::cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        "xtask/browser-tests",
        "--",
        "-D",
        "warnings",
    ]))
}

fn clippy_for_the_browser() -> Result<()> {
    let mut crates = process::cargo(["clippy", "--target", provision::WASM]);
    for name in BROWSER_CRATES {
        crates.args(["-p", name]);
    }
    process::run(crates.args(["--", "-D", "warnings"]))?;
    let mut tests = process::cargo(["clippy", "--target", provision::WASM, "--tests"]);
    process::run(tests.args(["-p", "recscope-wasm-tests", "--", "-D", "warnings"]))
}

fn documentation() -> Result<()> {
    let mut doc = process::cargo(["doc", "--workspace", "--no-deps"]);
    process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn native_tests(options: &Options) -> Command {
    let mut tests = process::cargo([
        "test",
        "--workspace",
        "--exclude",
        "recscope-wasm-tests",
        "--no-fail-fast",
    ]);
    if options.no_peers {
        tests.env("RECSCOPE_NO_PEERS", "1");
    }
    tests
}

fn link_without_std() -> Result<()> {
    let mut build = process::cargo(["build", "-p", "recscope-no-std-proof"]);
    process::run(build.args(["--target", provision::BARE_METAL]))
}

/// The parts of core that the feature for firmware changes, and the machines that use them.
fn small_core_tests() -> Command {
    let mut tests = process::cargo(["test", "-p", "recscope-core", "--lib", "--features", "small"]);
    tests.args(["--", "codec::", "phone::", "sdp::", "sip::", "spelling::"]);
    tests
}

/// The same tests as before, now against the command.
fn phone_in_c() -> Result<Command> {
    let recscope = process::build_recscope(&[])?;
    let mut tests = process::cargo(["test", "-p", "recscope-capi", "--test", "phone"]);
    tests.env("RECSCOPE_BIN", recscope);
    Ok(tests)
}

fn browser_tests() -> Result<Command> {
    let built = process::build(&[
        "-p",
        "xtask",
        "--features",
        "browser-tests",
        "--bin",
        "wasm-test-runner",
    ])?;
    let mut tests = process::cargo(["test", "-p", "recscope-wasm-tests", "--no-fail-fast"]);
    tests.args(["--target", provision::WASM, "--tests"]);
    for (_, runner) in built {
        tests.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    }
    if let Some(driver) = provision::find("chromedriver") {
        tests.env("CHROMEDRIVER", driver);
    }
    Ok(tests)
}

fn end_to_end_tests() -> Result<Command> {
    let recscope = process::build_recscope(&[])?;
    let mut tests = process::cargo(["test", "-p", "recscope-wasm-tests", "--no-fail-fast"]);
    tests
        .args(["--test", "end_to_end"])
        .env("RECSCOPE_BIN", recscope)
        .env("RECSCOPE_DIST", workspace::dist())
        .env("RECSCOPE_AXE", npm::AXE.file("axe.min.js")?);
    Ok(tests)
}
