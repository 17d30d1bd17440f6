//! Reading files and listening to them.

use recscope_analyzer::{Analysis, Analyzer, Audio, Extraction, Options, Survey, Surveyor};
use std::fs;
use std::path::{Path, PathBuf};

/// A file of the workspace's `testdata`.
pub(crate) fn testdata(path: &str) -> Vec<u8> {
    let path = root().join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The captures or recordings in a folder of `testdata`.
pub(crate) fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("testdata is there");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "pcap" || kind == "wav"))
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("in the workspace").join("testdata")
}

/// The findings about a file that is pushed in chunks of `chunk` bytes.
pub(crate) fn analyse_in(bytes: &[u8], chunk: usize) -> Analysis {
    let mut analyzer = Analyzer::new("file", Some(bytes.len() as u64), Options::default());
    for part in bytes.chunks(chunk) {
        analyzer.push(part);
    }
    analyzer.finish()
}

/// The findings about a file that is surveyed and pushed in pieces of `piece` bytes.
pub(crate) fn analyse_surveyed(bytes: &[u8], piece: usize) -> Analysis {
    let options = Options::default();
    let (mut surveyor, mut survey) = (Surveyor::new(&options), Survey::default());
    let mut analyzer = Analyzer::new("file", Some(bytes.len() as u64), options);
    for part in bytes.chunks(piece) {
        surveyor.survey(part, &mut survey);
        analyzer.push_surveyed(part, &survey);
    }
    analyzer.finish()
}

/// The findings about a file that is pushed at once.
pub(crate) fn analyse(bytes: &[u8]) -> Analysis {
    analyse_in(bytes, bytes.len().max(1))
}

/// What an extraction from these bytes sounds like.
pub(crate) fn hear(bytes: &[u8], mut extraction: Extraction) -> Audio {
    while let Some(range) = extraction.wanted() {
        assert!(range.end - range.start <= 1024 * 1024, "{range:?} is more than 1 MiB");
        let start = usize::try_from(range.start).expect("small");
        let end = usize::try_from(range.end).expect("small").min(bytes.len());
        extraction.push(bytes.get(start..end).unwrap_or_default());
    }
    extraction.finish()
}
