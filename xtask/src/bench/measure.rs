//! Time and memory of one program.

use crate::process;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
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
    /// Largest resident set in bytes (`VmHWM`), where the system tells.
    pub(super) peak_memory: Option<u64>,
    /// All that it printed.
    pub(super) output: Vec<u8>,
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started or fails.
pub(super) fn run(command: &mut Command) -> Result<Run> {
    let line = process::command_line(command);
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let mut stdout = child.stdout.take().context("the program's standard output is a pipe")?;
    let (ended, end) = mpsc::channel::<()>();
    let id = child.id();
    let memory = thread::spawn(move || {
        let mut peak = None;
        loop {
            peak = peak.max(peak_memory(id));
            if end.recv_timeout(MEMORY_INTERVAL) != Err(mpsc::RecvTimeoutError::Timeout) {
                return peak;
            }
        }
    });
    let mut output = Vec::new();
    stdout.read_to_end(&mut output)?;
    let status = child.wait()?;
    let time = start.elapsed();
    drop(ended);
    let peak_memory = memory.join().ok().flatten();
    ensure!(status.success(), "`{line}` ended with {status}");
    Ok(Run { time, peak_memory, output })
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

/// `VmHWM` of a process that runs.
fn peak_memory(id: u32) -> Option<u64> {
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
        let run = run(Command::new("sh").args(["-c", "echo hello; sleep 0.1"])).unwrap();
        assert_eq!(run.output, b"hello\n");
        if cfg!(target_os = "linux") {
            assert!(run.peak_memory.unwrap() > 100 * 1024);
        }
    }

    #[test]
    fn a_failure_is_an_error_that_names_the_command() {
        let error = run(&mut Command::new("false")).unwrap_err();
        assert!(error.to_string().contains("`false`"), "{error}");
    }
}
