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

/// A page of the app, and what only it needs.
pub(super) struct Page {
    pub(super) name: &'static str,
    /// What everything that it needs may weigh, gzipped.
    pub(super) limit: u64,
    /// What the paths of its own files begin with.
    own: &'static [&'static str],
}

/// The pages. What neither has for itself, both need.
pub(super) const PAGES: [Page; 2] = [
    Page { name: "Analyze", limit: 500_000, own: &["app", "samples"] },
    // Every machine of core is in it, and the catalogue.
    Page { name: "Simulate", limit: 667_000, own: &["simulate", "print"] },
];

impl Page {
    fn owns(&self, path: &Path) -> bool {
        let path = path.to_string_lossy();
        self.own.iter().any(|start| path.starts_with(start))
    }

    fn needs(&self, path: &Path) -> bool {
        self.owns(path) || !PAGES.iter().any(|page| page.owns(path))
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Size {
    raw: u64,
    gzipped: u64,
}

impl Report {
    /// Bytes over the wire, gzipped, of all that a page needs.
    pub(super) fn gzipped(&self, page: &Page) -> u64 {
        let needed = self.files.iter().filter(|(path, _)| page.needs(path));
        needed.map(|(_, size)| size.gzipped).sum()
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
        let sizes = || self.files.iter().map(|(_, size)| size);
        let raw = sizes().map(|size| size.raw).sum();
        let gzipped = sizes().map(|size| size.gzipped).sum();
        line(raw, gzipped, "in total (bytes; bytes gzipped)")
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

        assert!(report.to_string().contains("     10001         11  in total"), "{report}");
        let short = report.files.iter().find(|(path, _)| path.as_os_str() == "short").unwrap();
        assert_eq!(short.1.gzipped, 1);
    }

    #[test]
    fn a_page_needs_its_own_files_and_those_of_nobody() {
        let size = |raw| Size { raw, gzipped: raw };
        let files = [("app.js", 1), ("simulate.css", 2), ("samples/call.pcap", 4), ("boot.js", 8)];
        let files = files.map(|(path, raw)| (PathBuf::from(path), size(raw)));
        let report = Report { files: files.to_vec() };
        assert_eq!(PAGES.map(|page| report.gzipped(&page)), [13, 10]);
    }
}
