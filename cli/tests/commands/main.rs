//! The commands as a shell runs them: exit status, what goes to which stream, what is written.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod analyze;
mod audio;
mod bad_input;
#[path = "../../../testdata/recordings/damage.rs"]
mod damage;
mod flow;
mod repair;
mod simulate;
mod streams;

use recscope_analyzer::Report;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What a run of `recscope` gave.
struct Run {
    status: i32,
    stdout: Vec<u8>,
    stderr: String,
}

/// Runs `recscope` to its end.
fn recscope<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    run(assert_cmd::Command::cargo_bin("recscope").unwrap().args(arguments))
}

fn run(command: &mut assert_cmd::Command) -> Run {
    let output = command.output().unwrap();
    Run {
        status: output.status.code().expect("it ends by itself"),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    fn reports(&self) -> Vec<Report> {
        serde_json::from_slice(&self.stdout).unwrap()
    }

    /// The one line on standard error, without the name of the program.
    fn complaint(&self) -> &str {
        let line = self.stderr.strip_suffix('\n').unwrap_or_else(|| panic!("{:?}", self.stderr));
        assert!(!line.contains('\n'), "one sentence: {line}");
        assert!(!line.contains("panicked"), "{line}");
        line.strip_prefix("recscope: ").unwrap_or_else(|| panic!("{line}"))
    }
}

/// A file of `testdata/`.
fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(name)
}

fn call() -> PathBuf {
    testdata("captures/call-pcmu.pcap")
}

fn recording() -> PathBuf {
    testdata("recordings/Record_20261122091500.wav")
}
