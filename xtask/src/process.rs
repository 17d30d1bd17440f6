//! Running other programs, cargo above all.

use crate::workspace;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The cargo that runs us, in the workspace root.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(workspace::root());
    // What cargo set for us describes this package, not the ones that are built next.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name == "CARGO_MANIFEST_DIR"
                || name == "CARGO_MANIFEST_PATH"
                || name.starts_with("CARGO_PKG_")
        }) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs to the end, with our own standard streams.
///
/// # Errors
/// When it cannot be started or ends with anything but success; the message holds the command
/// line.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("cannot start `{}`", command_line(command)))?;
    ensure!(status.success(), "`{}` ended with {status}", command_line(command));
    Ok(())
}

/// Runs `cargo build` with these arguments and gives the executables it made or found up to date,
/// by name.
///
/// # Errors
/// When the build fails; the compiler's own messages are on standard error by then.
pub(crate) fn build(arguments: &[&str]) -> Result<Vec<(String, PathBuf)>> {
    let mut command = cargo(["build", "--message-format=json-render-diagnostics"]);
    command.args(arguments).stdout(Stdio::piped());
    let mut child =
        command.spawn().with_context(|| format!("cannot start `{}`", command_line(&command)))?;
    let stdout = child.stdout.take().context("cargo's standard output is a pipe")?;

    let mut executables = Vec::new();
    for line in BufReader::new(stdout).lines() {
        let message: Value = serde_json::from_str(&line?).unwrap_or_default();
        if message["reason"] != "compiler-artifact" {
            continue;
        }
        if let (Some(name), Some(path)) =
            (message["target"]["name"].as_str(), message["executable"].as_str())
        {
            executables.push((name.to_owned(), PathBuf::from(path)));
        }
    }

    let status = child.wait()?;
    if !status.success() {
        bail!("`{}` ended with {status}", command_line(&command));
    }
    Ok(executables)
}

/// Builds the `recscope` command and says where it is.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_recscope(arguments: &[&str]) -> Result<PathBuf> {
    let arguments = [&["-p", "recscope", "--bin", "recscope"], arguments].concat();
    build(&arguments)?
        .into_iter()
        .find_map(|(name, path)| (name == "recscope").then_some(path))
        .context("cargo built no `recscope`")
}

/// The command as one would type it, for messages.
pub(crate) fn command_line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let _ = write!(line, " {}", argument.to_string_lossy());
    }
    line
}
