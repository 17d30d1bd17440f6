//! Builds, serves, tests and measures Recscope: `cargo xtask --help`.
//!
//! Everything a fresh clone needs beyond cargo is installed by the command that needs it, or named
//! in one line to type.

mod bench;
mod dist;
mod fuzz;
mod install;
mod npm;
mod process;
mod provision;
mod serve;
mod size;
mod test;
mod watch;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Builds, serves, tests and measures Recscope.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the app and serve it on this machine
    Serve(serve::Options),
    /// Build the app into dist/ and print the size of what a browser loads
    Dist,
    /// Run every check and test, installing what they need
    Test(test::Options),
    /// Measure speed and memory, ours and tshark's, on generated captures
    Bench(bench::Options),
    /// Run the fuzz targets
    Fuzz(fuzz::Options),
    /// Weigh the machines in a phone's firmware, and run them on an emulated processor
    Size(size::Options),
    /// Build the library for C and install it with its header
    InstallCapi(install::Options),
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Serve(options) => serve::run(&options),
        Task::Dist => dist::run(),
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Size(options) => size::run(&options),
        Task::InstallCapi(options) => install::run(&options),
    }
}
