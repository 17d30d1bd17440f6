//! What a browser loads, in bytes.

use super::sync;
use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt;
use std::fs;
use std::io::Write;
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

/// Measures every file below `folder`.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn measure(folder: &Path) -> Result<Report> {
    let mut files = Vec::new();
    for path in sync::files(folder)? {
        let content = fs::read(folder.join(&path))?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&content)?;
        let gzipped = gzip.finish()?;
        // A server sends what does not shrink as it is.
        let size =
            Size { raw: content.len() as u64, gzipped: gzipped.len().min(content.len()) as u64 };
        files.push((path, size));
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
    fn every_file_counts_once_and_no_more_than_its_own_bytes() {
        let temporary = tempfile::tempdir().unwrap();
        fs::write(temporary.path().join("long"), "a".repeat(10_000)).unwrap();
        fs::write(temporary.path().join("short"), "b").unwrap();

        let report = measure(temporary.path()).unwrap();

        assert_eq!(report.raw(), 10_001);
        assert!(report.gzipped() < 100, "{report}");
        let short = report.files.iter().find(|(path, _)| path.as_os_str() == "short").unwrap();
        assert_eq!(short.1.gzipped, 1);
    }
}
