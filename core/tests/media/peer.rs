//! Programs that we compare ourselves with.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};
use std::thread;

/// What `program` writes to standard output when it is given `input`; `None`, with a line on
/// stderr, where `RECSCOPE_NO_PEERS=1` says to do without.
///
/// # Panics
/// When the program is missing or fails: a comparison is never left out silently.
pub(crate) fn run(program: &str, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    if std::env::var_os("RECSCOPE_NO_PEERS").is_some_and(|value| value == "1") {
        eprintln!("skipped: RECSCOPE_NO_PEERS=1, so nothing is compared with {program}");
        return None;
    }
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("cannot run {program} ({error}): install it, or set RECSCOPE_NO_PEERS=1")
        });
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let output = thread::scope(|scope| {
        scope.spawn(move || match stdin.write_all(input) {
            // It has read all that it wanted.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            result => result.expect("the input is written"),
        });
        child.wait_with_output().expect("the output is read")
    });
    assert!(
        output.status.success(),
        "{program} {arguments:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(output.stdout)
}

/// [`run`] for ffmpeg, from `input` in one format to another: arguments before and after `-i`.
pub(crate) fn ffmpeg(from: &[&str], to: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let arguments: Vec<&str> =
        [&["-v", "error", "-nostdin"], from, &["-i", "pipe:0"], to, &["pipe:1"]].concat();
    run("ffmpeg", &arguments, input)
}

/// Little-endian bytes as 16-bit samples.
pub(crate) fn samples_from_bytes(bytes: &[u8]) -> Vec<i16> {
    let (pairs, rest) = bytes.as_chunks();
    assert!(rest.is_empty(), "half a sample");
    pairs.iter().map(|&pair| i16::from_le_bytes(pair)).collect()
}

/// 16-bit samples as little-endian bytes.
pub(crate) fn bytes_from_samples(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}
