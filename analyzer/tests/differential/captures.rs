//! The captures that are compared.

use recscope_analyzer::{Analysis, Analyzer, Audio, Extraction, Options};
use std::fs;
use std::path::{Path, PathBuf};

/// A capture on disk.
pub(crate) struct Capture {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Capture {
    fn read(path: PathBuf) -> Self {
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        Self { path, name, bytes }
    }

    /// A file that is not on disk yet, put into `folder`.
    pub(crate) fn write(folder: &Path, name: &str, bytes: Vec<u8>) -> Self {
        let path = folder.join(name);
        fs::write(&path, &bytes).expect("a temporary file");
        Self { path, name: name.to_owned(), bytes }
    }

    /// Our findings.
    pub(crate) fn analyse(&self) -> Analysis {
        let options = Options::default();
        let mut analyzer = Analyzer::new(&self.name, Some(self.bytes.len() as u64), options);
        for chunk in self.bytes.chunks(100_000) {
            analyzer.push(chunk);
        }
        analyzer.finish()
    }

    /// What an extraction from this capture sounds like.
    pub(crate) fn hear(&self, mut extraction: Extraction) -> Audio {
        while let Some(range) = extraction.wanted() {
            let start = usize::try_from(range.start).expect("captures here are small");
            let end = usize::try_from(range.end).expect("captures here are small");
            extraction.push(&self.bytes[start..end.min(self.bytes.len())]);
        }
        extraction.finish()
    }
}

/// The captures of `testdata`.
pub(crate) fn testdata() -> Vec<Capture> {
    let captures = of_folder(&workspace().join("testdata/captures"));
    assert!(!captures.is_empty(), "testdata holds captures");
    captures
}

/// The sample captures beside the workspace; none, with a line on stderr, where there are none.
pub(crate) fn samples() -> Vec<Capture> {
    let root = std::env::var_os("RECSCOPE_SAMPLES")
        .map_or_else(|| workspace().join("../shared/samples"), PathBuf::from);
    let folders = ["own/captures", "public/captures"];
    folders
        .iter()
        .map(|folder| root.join(folder))
        .filter(|folder| {
            let there = folder.is_dir();
            if !there {
                eprintln!(
                    "skipped: no samples at {}; name their folder in RECSCOPE_SAMPLES",
                    folder.display()
                );
            }
            there
        })
        .flat_map(|folder| of_folder(&folder))
        .collect()
}

fn of_folder(folder: &Path) -> Vec<Capture> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "md"))
        .collect();
    paths.sort();
    paths.into_iter().map(Capture::read).collect()
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace")
}
