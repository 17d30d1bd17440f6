//! What the `recscope` command says about a file, to hold the page to.

use crate::program::recscope;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::Path;

/// The report of a file, whatever its status.
pub(crate) fn report(file: &Path) -> Result<Value> {
    let output = recscope().args(["analyze", "--json"]).arg(file).output()?;
    let reports: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok(reports[0].clone())
}

/// The flow of a call.
pub(crate) fn flow_of_call(file: &Path, call: usize) -> Result<Value> {
    Ok(serde_json::from_slice(&drawing_of_call(file, call, "json")?)?)
}

/// The flow of a call in a format of `recscope flow`.
pub(crate) fn drawing_of_call(file: &Path, call: usize, format: &str) -> Result<Vec<u8>> {
    let output = recscope()
        .arg("flow")
        .arg(file)
        .args(["--call", &call.to_string(), "--format", format])
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// The WAV file that `recscope audio FILE …` writes.
pub(crate) fn wav<S: AsRef<OsStr>>(
    file: &Path,
    which: impl IntoIterator<Item = S>,
) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let wav = folder.path().join("out.wav");
    let output = recscope().arg("audio").arg(file).args(which).arg("-o").arg(&wav).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(std::fs::read(wav)?)
}

/// The ids of all scenarios.
pub(crate) fn scenarios() -> Result<Vec<String>> {
    let output = recscope().args(["scenarios", "--json"]).output()?;
    let list: Value = serde_json::from_slice(&output.stdout)?;
    let list = list.as_array().context("a list")?.iter();
    Ok(list.filter_map(|scenario| scenario["id"].as_str().map(str::to_owned)).collect())
}

/// The report of a simulated scenario.
pub(crate) fn simulation(scenario: &str, faults: &[String]) -> Result<Value> {
    Ok(serde_json::from_slice(&simulated(scenario, faults, "json")?.0)?)
}

/// A simulated scenario in a format of `recscope simulate`, and its capture.
pub(crate) fn simulated(
    scenario: &str,
    faults: &[String],
    format: &str,
) -> Result<(Vec<u8>, Vec<u8>)> {
    let folder = tempfile::tempdir()?;
    let pcap = folder.path().join("out.pcap");
    let mut command = recscope();
    command.args(["simulate", scenario, "--format", format, "--pcap"]).arg(&pcap);
    for fault in faults {
        command.args(["--fault", fault]);
    }
    // An expectation that no longer holds is no failure here: something was broken on purpose.
    let output = command.output()?;
    let capture = std::fs::read(&pcap)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok((output.stdout, capture))
}
