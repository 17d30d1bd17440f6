//! A corpus small enough to commit.

use super::Target;
use crate::process;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;

/// Most files that a target's corpus may have: `cargo test` goes through all of them.
const MOST_FILES: usize = 90;

/// Adds to the committed corpus the fewest inputs found on this machine that reach the code it
/// does not reach, the shortest first.
///
/// # Errors
/// When libFuzzer cannot tell, or a file cannot be copied.
pub(super) fn keep(target: &Target) -> Result<()> {
    let chosen = target.work("chosen")?;
    fs::remove_dir_all(&chosen)?;
    let chosen = target.work("chosen")?;
    let corpus = target.corpus();
    let before = files(&corpus)?;
    for file in &before {
        fs::copy(file, chosen.join(file.file_name().context("a file has a name")?))?;
    }
    let mut command = target.command();
    // Code reached counts, how often it was does not: that would keep thousands.
    command.args(["-set_cover_merge=1", "-use_counters=0", "-use_value_profile=0"]);
    command.arg(&chosen).arg(target.work("corpus")?);
    command.stderr(std::process::Stdio::null());
    process::run(&mut command)?;

    let mut new: Vec<(u64, PathBuf)> = Vec::new();
    for file in files(&chosen)? {
        let name = file.file_name().context("a file has a name")?;
        if !corpus.join(name).exists() {
            new.push((fs::metadata(&file)?.len(), file));
        }
    }
    new.sort();
    let room = MOST_FILES.saturating_sub(before.len());
    for (_, file) in new.iter().take(room) {
        fs::copy(file, corpus.join(file.file_name().context("a file has a name")?))?;
    }
    let added = new.len().min(room);
    println!("{}: {} files, {added} of {} new ones", target.name, before.len() + added, new.len());
    ensure!(!files(&corpus)?.is_empty(), "{} has no corpus", target.name);
    Ok(())
}

fn files(folder: &std::path::Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}
