//! Where test material comes from.

use std::fs;
use std::path::{Path, PathBuf};

/// A file under the workspace's `testdata`.
pub(crate) fn testdata(path: &str) -> Vec<u8> {
    let path = workspace().join("testdata").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folder of public, third-party samples with this name, or `None`, with a line on stderr,
/// where they are not at hand: they are not part of this project.
pub(crate) fn public(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RECSCOPE_SAMPLES")
        .map_or_else(|| workspace().join("../shared/samples"), PathBuf::from);
    let path = root.join("public").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no samples at {}; name their folder in RECSCOPE_SAMPLES", path.display());
    None
}

/// A file of [`public`].
pub(crate) fn public_file(path: &str) -> Option<Vec<u8>> {
    let (folder, name) = path.split_once('/').expect("a folder and a file");
    let path = public(folder)?.join(name);
    Some(fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("core lies in the workspace")
}

/// Bytes without pattern, the same in every run.
pub(crate) fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}
