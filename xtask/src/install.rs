//! `cargo xtask install-capi`: the library for C, where a compiler finds it by pkg-config.

use crate::{process, workspace};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version in the shared library's name: it changes when programs have to be linked anew.
const SHARED: &str = "librecscope.so.0";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where to: DIR/include, DIR/lib and DIR/lib/pkgconfig are filled
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    prefix: Option<PathBuf>,
    /// Install beside cargo's output instead, and compile the example against what is there
    #[arg(long, conflicts_with = "prefix")]
    check: bool,
}

/// Builds the library and puts it there, or checks that this can be done.
///
/// # Errors
/// When it does not build, cannot be written, or is of no use.
pub(crate) fn run(options: &Options) -> Result<()> {
    let Some(prefix) = &options.prefix else { return check() };
    install(prefix, "release")?;
    let prefix = prefix.display();
    println!("installed; to compile with it: PKG_CONFIG_PATH={prefix}/lib/pkgconfig");
    Ok(())
}

fn install(prefix: &Path, profile: &str) -> Result<()> {
    process::run(&mut process::cargo(["build", "-p", "recscope-capi", "--profile", profile]))?;
    // Cargo's folder of the profile dev is called debug.
    let built = workspace::target().join(if profile == "dev" { "debug" } else { profile });
    let sources = workspace::root().join("capi");
    let [include, lib] = ["include", "lib"].map(|folder| prefix.join(folder));
    let pkgconfig = lib.join("pkgconfig");
    for folder in [&include, &pkgconfig] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    // pkg-config wants a path that does not depend on where it is called.
    let prefix = fs::canonicalize(prefix)?;
    for (from, to) in [
        (sources.join("include/recscope.h"), include.join("recscope.h")),
        (built.join("librecscope_capi.a"), lib.join("librecscope.a")),
        (built.join("librecscope_capi.so"), lib.join(SHARED)),
    ] {
        fs::copy(&from, &to)
            .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    }
    link(Path::new(SHARED), &lib.join("librecscope.so"))?;
    let template = fs::read_to_string(sources.join("recscope.pc.in"))?;
    let filled = template
        .replace("@PREFIX@", &prefix.display().to_string())
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    fs::write(pkgconfig.join("recscope.pc"), filled)?;
    Ok(())
}

/// Lets `link` be another name of `target`.
#[cfg(unix)]
fn link(target: &Path, link: &Path) -> Result<()> {
    if link.is_symlink() {
        fs::remove_file(link)?;
    }
    std::os::unix::fs::symlink(target, link)
        .with_context(|| format!("cannot make {}", link.display()))
}

/// Lets `link` be another name of `target`, which takes a system that has such links.
#[cfg(not(unix))]
fn link(_: &Path, link: &Path) -> Result<()> {
    anyhow::bail!("cannot make {}: the library installs on Unix only", link.display())
}

/// Installs the library beside cargo's output, compiles the example with what pkg-config says,
/// against the shared library and against the static one, and starts it.
///
/// # Errors
/// When one of that fails.
pub(crate) fn check() -> Result<()> {
    let prefix = workspace::target().join("install-capi");
    install(&prefix, "dev")?;
    let lib = prefix.join("lib");
    for (name, is_static) in [("phone-shared", false), ("phone-static", true)] {
        let flags = pkg_config(&lib, is_static)?;
        let phone = prefix.join(name);
        let mut gcc = Command::new("gcc");
        gcc.args(["-Wall", "-Wextra", "-Werror", "-std=c11", "-o"])
            .arg(&phone)
            .arg(workspace::root().join("capi/examples/phone.c"));
        for flag in &flags {
            // The linker prefers the shared library; the static one has to be named.
            match flag.as_str() {
                "-lrecscope" if is_static => gcc.arg(lib.join("librecscope.a")),
                flag => gcc.arg(flag),
            };
        }
        process::run(&mut gcc)?;
        let started = Command::new(&phone).env("LD_LIBRARY_PATH", &lib).output()?;
        let said = String::from_utf8_lossy(&started.stderr);
        ensure!(said.contains("usage: phone"), "{name} says: {said}");
        ensure!(started.status.code() == Some(2), "{name} ended with {}", started.status);
    }
    println!("{} is installed and usable", prefix.display());
    Ok(())
}

fn pkg_config(lib: &Path, is_static: bool) -> Result<Vec<String>> {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", lib.join("pkgconfig")).args(["--cflags", "--libs"]);
    if is_static {
        command.arg("--static");
    }
    let line = process::command_line(command.arg("recscope"));
    let output = command.output().with_context(|| format!("cannot start `{line}`"))?;
    ensure!(output.status.success(), "`{line}`: {}", String::from_utf8_lossy(&output.stderr));
    let flags = String::from_utf8_lossy(&output.stdout);
    Ok(flags.split_whitespace().map(str::to_owned).collect())
}
