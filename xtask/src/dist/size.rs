//! What a browser loads, in bytes.

use super::{pack, sync};
use anyhow::Result;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The size of every file of a folder.
#[derive(Debug)]
pub(super) struct Report {
    files: Vec<(PathBuf, Size)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Size {
    raw: u64,
    gzipped: u64,
}

impl Report {
    /// Bytes over the wire, gzipped, in total.
    pub(super) fn gzipped(&self) -> u64 {
        self.files.iter().map(|(_, size)| size.gzipped).sum()
    }

    fn raw(&self) -> u64 {
        self.files.iter().map(|(_, size)| size.raw).sum()
    }
}

/// Measures every file below `folder`, and what is sent for it: its packed form where there is one.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn measure(folder: &Path) -> Result<Report> {
    let mut files = Vec::new();
    for path in sync::files(folder)? {
        if path.to_string_lossy().ends_with(pack::ENDING) {
            continue;
        }
        let length = |path: &Path| fs::metadata(path).map(|file| file.len());
        let raw = length(&folder.join(&path))?;
        let packed = folder.join(format!("{}{}", path.display(), pack::ENDING));
        // What is not there packed is sent as it is.
        let gzipped = if packed.exists() { length(&packed)? } else { raw };
        files.push((path, Size { raw, gzipped }));
    }
    files.sort_by_key(|(_, size)| std::cmp::Reverse(size.gzipped));
    Ok(Report { files })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line =
            |raw: u64, gzipped: u64, name: &str| writeln!(f, "{raw:>10} {gzipped:>10}  {name}");
        for (path, size) in &self.files {
            line(size.raw, size.gzipped, &path.display().to_string())?;
        }
        line(self.raw(), self.gzipped(), "in total (bytes; bytes gzipped)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_counts_once_and_as_it_is_sent() {
        let temporary = tempfile::tempdir().unwrap();
        fs::write(temporary.path().join("long"), "a".repeat(10_000)).unwrap();
        fs::write(temporary.path().join("long.gz"), "a stand-in").unwrap();
        fs::write(temporary.path().join("short"), "b").unwrap();

        let report = measure(temporary.path()).unwrap();

        assert_eq!((report.raw(), report.gzipped()), (10_001, 11), "{report}");
        let short = report.files.iter().find(|(path, _)| path.as_os_str() == "short").unwrap();
        assert_eq!(short.1.gzipped, 1);
    }
}
