//! Noticing that source files changed, by their times: enough for a few hundred files, and the
//! same on every system.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often to look.
pub(crate) const INTERVAL: Duration = Duration::from_millis(500);

/// The folders that the app is built from.
const FOLDERS: &[&str] = &["core", "flow", "analyzer", "web", "static"];

/// The sources of the app as last seen.
pub(crate) struct Sources {
    root: PathBuf,
    seen: Snapshot,
}

/// Number of files and time of the latest: one of them changes when anything does.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Snapshot {
    files: usize,
    latest: Option<SystemTime>,
}

impl Sources {
    /// The sources below a workspace root, as they are now.
    pub(crate) fn new(root: PathBuf) -> Self {
        let seen = look(&root);
        Self { root, seen }
    }

    /// Whether anything changed since the last time this was asked.
    pub(crate) fn changed(&mut self) -> bool {
        let now = look(&self.root);
        let changed = now != self.seen;
        self.seen = now;
        changed
    }
}

fn look(root: &Path) -> Snapshot {
    let mut snapshot = Snapshot { files: 0, latest: None };
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        // A folder may vanish between being listed and being read.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                snapshot.files += 1;
                snapshot.latest = snapshot.latest.max(metadata.modified().ok());
            }
        }
    }
    snapshot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_and_a_newer_file_are_changes_and_nothing_is_none() {
        let temporary = tempfile::tempdir().unwrap();
        let web = temporary.path().join("web");
        fs::create_dir(&web).unwrap();
        let mut sources = Sources::new(temporary.path().to_owned());
        assert!(!sources.changed());

        fs::write(web.join("a.rs"), "").unwrap();
        assert!(sources.changed());
        assert!(!sources.changed());

        let later = SystemTime::now() + Duration::from_secs(60);
        fs::File::options()
            .write(true)
            .open(web.join("a.rs"))
            .unwrap()
            .set_modified(later)
            .unwrap();
        assert!(sources.changed());
    }
}
