//! Every file of the corpus, through the function that its fuzz target calls.

use recscope_fuzz::{TARGETS, Target};
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    entries
        .map(|entry| entry.expect("the folder can be listed").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

#[test]
fn every_file_of_the_corpus_keeps_its_property() {
    let mut broken = Vec::new();
    for Target { name, check } in TARGETS {
        let folder = corpus().join(name);
        let files = names(&folder);
        assert!(files.len() >= 5, "{} files are no corpus of {name}", files.len());
        for file in files {
            let bytes = fs::read(folder.join(&file)).expect("the file can be read");
            if catch_unwind(AssertUnwindSafe(|| check(&bytes))).is_err() {
                broken.push(format!("{name}/{file}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_property_has_a_target_and_a_corpus() {
    let properties: BTreeSet<String> =
        TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let targets = names(&corpus().with_file_name("targets").join("src/bin"));
    let targets: BTreeSet<String> =
        targets.iter().filter_map(|file| file.strip_suffix(".rs")).map(str::to_owned).collect();
    assert_eq!(targets, properties);
    assert_eq!(names(&corpus()), properties);
}

#[test]
fn every_property_holds_for_nothing_and_for_little() {
    for Target { check, .. } in TARGETS {
        check(&[]);
        for byte in 0..=255 {
            check(&[byte]);
            check(&[byte; 70]);
        }
    }
}
