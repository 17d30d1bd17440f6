//! WAVE files as programs read them that we did not write: sox and ffmpeg.

use std::path::Path;
use std::process::Command;

/// Fails unless both find these samples, channels interleaved, at this rate.
pub(crate) fn assert_read(path: &Path, rate: u32, samples: &[i16]) {
    if std::env::var("RECSCOPE_NO_PEERS").is_ok_and(|value| value == "1") {
        eprintln!("skipped: RECSCOPE_NO_PEERS=1 leaves out sox and ffmpeg");
        return;
    }
    let shown = path.display();
    assert_eq!(
        output(Command::new("soxi").arg("-r").arg(path)).trim_ascii(),
        format!("{rate}").as_bytes()
    );
    let raw = ["-t", "raw", "-e", "signed-integer", "-b", "16", "-L", "-"];
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    assert!(output(Command::new("sox").arg(path).args(raw)) == bytes, "{shown} in sox");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(path).args(["-f", "s16le", "-"]);
    assert!(output(&mut ffmpeg) == bytes, "{shown} in ffmpeg");
}

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
    output.stdout
}
