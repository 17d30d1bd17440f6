//! Time and memory of one program.

use crate::process;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How often the memory of a running program is looked at. The kernel keeps the peak, so only
/// growth in the last of these moments can be missed.
const MEMORY_INTERVAL: Duration = Duration::from_millis(2);

/// What one run took.
#[derive(Debug)]
pub(super) struct Run {
    /// Wall time from start to end.
    pub(super) time: Duration,
    /// All that it printed.
    pub(super) output: Vec<u8>,
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started or fails.
pub(super) fn run(command: &mut Command) -> Result<Run> {
    let start = Instant::now();
    let mut child = start_piped(command)?;
    let output = read_to_end(&mut child, command)?;
    Ok(Run { time: start.elapsed(), output })
}

/// Runs a program to its end, and gives its largest resident set in bytes (`VmHWM`), where the
/// system tells. That is not measured along with time, which looking takes as well.
///
/// # Errors
/// When it cannot be started or fails.
pub(super) fn peak_memory(command: &mut Command) -> Result<Option<u64>> {
    let mut child = start_piped(command)?;
    let (ended, end) = mpsc::channel::<()>();
    let id = child.id();
    let memory = thread::spawn(move || {
        let mut peak = None;
        loop {
            peak = peak.max(resident(id));
            if end.recv_timeout(MEMORY_INTERVAL) != Err(mpsc::RecvTimeoutError::Timeout) {
                return peak;
            }
        }
    });
    read_to_end(&mut child, command)?;
    drop(ended);
    Ok(memory.join().ok().flatten())
}

fn start_piped(command: &mut Command) -> Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", process::command_line(command)))
}

/// What a program prints until it ends.
fn read_to_end(child: &mut Child, command: &Command) -> Result<Vec<u8>> {
    let mut stdout = child.stdout.take().context("the program's standard output is a pipe")?;
    let mut output = Vec::new();
    stdout.read_to_end(&mut output)?;
    let status = child.wait()?;
    ensure!(status.success(), "`{}` ended with {status}", process::command_line(command));
    Ok(output)
}

/// Reads a file from front to back, as fast as that goes, and says how long it took.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read_once(path: &Path) -> Result<Duration> {
    let mut buffer = vec![0; 1 << 20];
    let start = Instant::now();
    let mut file = File::open(path)?;
    while file.read(&mut buffer)? > 0 {}
    Ok(start.elapsed())
}

/// The largest resident set so far of a process that runs.
fn resident(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_kept_and_memory_is_seen() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo hello; sleep 0.1"]);
        assert_eq!(run(&mut command).unwrap().output, b"hello\n");
        let peak = peak_memory(&mut command).unwrap();
        if cfg!(target_os = "linux") {
            assert!(peak.unwrap() > 100 * 1024);
        }
    }

    #[test]
    fn a_failure_is_an_error_that_names_the_command() {
        let error = run(&mut Command::new("false")).unwrap_err();
        assert!(error.to_string().contains("`false`"), "{error}");
    }
}
