//! `cargo xtask size`: what the machines weigh in a phone's firmware.
//!
//! The programs of `recscope-firmware` are linked as firmware is, weighed section by section, and
//! run on an emulated Cortex-M4, each through one call, to see what memory they take.

mod elf;

use crate::{process, provision, workspace};
use anyhow::{Context, Result, ensure};
use elf::Sections;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the three machines of [`WHOLE`] are meant to weigh together, in bytes.
const TARGET: u32 = 96 * 1024;
/// What they may weigh before this fails: what they do, and a little.
const LIMIT: u32 = 96_500;
/// The program of local, server and active recording together.
const WHOLE: &str = "phone";
/// The program that does nothing: what is no machine's.
const EMPTY: &str = "nothing";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Weigh only: do not run the programs on an emulated processor
    #[arg(long)]
    pub(crate) no_run: bool,
}

/// Prints flash and RAM of every program.
///
/// # Errors
/// When something does not build or does not run to its end, or the whole is above its limit.
pub(crate) fn run(options: &Options) -> Result<()> {
    provision::rust_target(provision::BARE_METAL)?;
    if !options.no_run {
        provision::programs(&[provision::EMULATOR])?;
    }
    let programs = build()?;
    let mut weights = Vec::new();
    for (name, path) in &programs {
        let used = if options.no_run { None } else { Some(run_on_cortex_m4(path)?) };
        weights.push(Weight { name, sections: Sections::read(&fs::read(path)?)?, used });
    }
    weights.sort_by_key(|weight| weight.sections.flash());
    println!("Flash and RAM in bytes, on {}:", provision::BARE_METAL);
    println!("{:>9} {:>9} {:>9} {:>9} {:>9}", "code", "constants", "static", "heap", "stack");
    weights.iter().for_each(|weight| println!("{weight}"));
    judge(&weights)
}

fn judge(weights: &[Weight<'_>]) -> Result<()> {
    let flash = |name: &str| {
        let weight = weights.iter().find(|weight| weight.name == name);
        weight.map(|weight| weight.sections.flash()).with_context(|| format!("no program {name}"))
    };
    let whole = flash(WHOLE)?.saturating_sub(flash(EMPTY)?);
    let verdict = if whole <= TARGET { "met" } else { "missed" };
    println!("local, server and active together: {whole} of {TARGET} bytes of flash: {verdict}");
    ensure!(
        whole <= LIMIT,
        "the machines weigh {whole} bytes of flash, more than the {LIMIT} they may"
    );
    Ok(())
}

/// Links the programs; gives their names without what is common to them.
fn build() -> Result<Vec<(String, PathBuf)>> {
    let package = ["--package", "recscope-firmware", "--bins", "--profile", "firmware"];
    let built = process::build(&[&package[..], &["--target", provision::BARE_METAL]].concat())?;
    let named = built
        .into_iter()
        .filter_map(|(name, path)| Some((name.strip_prefix("firmware-")?.to_owned(), path)));
    Ok(named.collect())
}

/// The most that a program had in use at once, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Used {
    heap: u32,
    stack: u32,
}

/// Runs a program to its end and takes the figures that it prints there.
fn run_on_cortex_m4(program: &Path) -> Result<Used> {
    let mut emulator = Command::new(provision::EMULATOR.name);
    emulator
        .args(["-machine", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(program)
        .current_dir(workspace::root())
        .stdin(Stdio::null());
    let line = process::command_line(&emulator);
    let output = emulator.output().with_context(|| format!("cannot start `{line}`"))?;
    // A debugger's output: QEMU writes it to standard error.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    ensure!(output.status.success(), "`{line}` ended with {}: {said}", output.status);
    used(&said).with_context(|| format!("`{line}` says nothing of its memory: {said}"))
}

fn used(said: &str) -> Option<Used> {
    let mut words = said.lines().find_map(|line| line.strip_prefix("heap "))?.split(' ');
    let heap = words.next()?.parse().ok()?;
    let stack = (words.next()? == "stack").then(|| words.next())??.trim().parse().ok()?;
    Some(Used { heap, stack })
}

struct Weight<'a> {
    name: &'a str,
    sections: Sections,
    used: Option<Used>,
}

impl fmt::Display for Weight<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sections { code, constants, variables } = self.sections;
        write!(f, "{code:>9} {constants:>9} {variables:>9}")?;
        match self.used {
            Some(Used { heap, stack }) => write!(f, " {heap:>9} {stack:>9}")?,
            None => write!(f, " {:>9} {:>9}", "-", "-")?,
        }
        write!(f, "  {}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_found_in_what_a_program_says() {
        let expected = Some(Used { heap: 2739, stack: 3156 });
        assert_eq!(used("heap 2739 stack 3156\n"), expected);
        assert_eq!(used("a warning\nheap 2739 stack 3156\n"), expected);
        for said in ["", "heap 2739", "heap x stack 1", "panic in core/src/lib.rs:7\n"] {
            assert_eq!(used(said), None, "{said}");
        }
    }

    #[test]
    fn what_weighs_too_much_fails() {
        let weight = |name, code| {
            let sections = Sections { code, constants: 0, variables: 0 };
            Weight { name, sections, used: None }
        };
        assert!(judge(&[weight(WHOLE, LIMIT + 10), weight(EMPTY, 10)]).is_ok());
        assert!(judge(&[weight(WHOLE, LIMIT + 11), weight(EMPTY, 10)]).is_err());
        assert!(judge(&[weight(EMPTY, 10)]).is_err());
    }
}
