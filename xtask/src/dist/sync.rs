//! Making one folder hold exactly what several others hold.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Makes `target` hold the files of all `sources` and nothing else. Files that are the same
/// already are left alone, with their times.
///
/// # Errors
/// When two sources hold the same path, or on any file error.
pub(super) fn merge(sources: &[PathBuf], target: &Path) -> Result<()> {
    let mut wanted = BTreeMap::new();
    for source in sources {
        for path in files(source)? {
            let from = source.join(&path);
            let name = path.display().to_string();
            let before = wanted.insert(path, from);
            ensure!(before.is_none(), "{name} comes from two places, one is {}", source.display());
        }
    }
    fs::create_dir_all(target)?;
    for path in files(target)? {
        if !wanted.contains_key(&path) {
            fs::remove_file(target.join(path))?;
        }
    }
    for (path, from) in wanted {
        let to = target.join(path);
        let content = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        if fs::read(&to).is_ok_and(|old| old == content) {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&to, content).with_context(|| format!("cannot write {}", to.display()))?;
    }
    Ok(())
}

/// All files below a folder, relative to it, in order. Hidden files are an editor's or the file
/// manager's, not the app's.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let here = folder.join(&below);
        let entries =
            fs::read_dir(&here).with_context(|| format!("cannot read {}", here.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, path: &str, content: &str) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[test]
    fn the_target_holds_what_the_sources_hold_and_nothing_else() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = |name: &str| temporary.path().join(name);
        write(&folder("one"), "index.html", "new");
        write(&folder("one"), ".swp", "not ours");
        write(&folder("two"), "snippets/a/inline0.js", "js");
        write(&folder("target"), "index.html", "old");
        write(&folder("target"), "snippets/b/gone.js", "stale");

        merge(&[folder("one"), folder("two")], &folder("target")).unwrap();

        let paths = files(&folder("target")).unwrap();
        assert_eq!(paths, ["index.html", "snippets/a/inline0.js"].map(PathBuf::from));
        assert_eq!(fs::read(folder("target").join("index.html")).unwrap(), b"new");
    }

    #[test]
    fn a_file_that_is_the_same_keeps_its_time() {
        let temporary = tempfile::tempdir().unwrap();
        let (source, target) = (temporary.path().join("source"), temporary.path().join("target"));
        write(&source, "a", "same");
        merge(std::slice::from_ref(&source), &target).unwrap();
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        fs::File::options()
            .write(true)
            .open(target.join("a"))
            .unwrap()
            .set_modified(long_ago)
            .unwrap();

        merge(&[source], &target).unwrap();

        assert_eq!(fs::metadata(target.join("a")).unwrap().modified().unwrap(), long_ago);
    }

    #[test]
    fn the_same_path_from_two_sources_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        let (one, two) = (temporary.path().join("one"), temporary.path().join("two"));
        write(&one, "app.js", "1");
        write(&two, "app.js", "2");
        let error = merge(&[one, two], &temporary.path().join("target")).unwrap_err();
        assert!(error.to_string().contains("app.js"), "{error}");
    }
}
