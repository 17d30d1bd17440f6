//! The files as they go over the wire: gzipped beforehand, and better than a server does while
//! somebody waits.

use super::{modified, sync};
use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use zopfli::{BlockType, GzipEncoder, Options};

/// What a packed file has at the end of its name.
pub(super) const ENDING: &str = ".gz";

/// Rounds of Zopfli's search. More gain less than 0.1 % on our files and take as long again.
const ROUNDS: NonZeroU64 = NonZeroU64::new(5).expect("five is not zero");

/// Packs the files of `sources` into `folder`, which then holds nothing else. A file that does
/// not shrink by a tenth is left out; one that was packed since it last changed stays.
///
/// # Errors
/// On any file error.
pub(super) fn pack(sources: &[PathBuf], folder: &Path) -> Result<()> {
    let mut kept = Vec::new();
    for source in sources {
        for path in sync::files(source)? {
            let packed = PathBuf::from(format!("{}{ENDING}", path.display()));
            pack_file(&source.join(path), &folder.join(&packed))?;
            kept.push(packed);
        }
    }
    for path in sync::files(folder)?.iter().filter(|path| !kept.contains(path)) {
        fs::remove_file(folder.join(path))?;
    }
    Ok(())
}

fn pack_file(from: &Path, to: &Path) -> Result<()> {
    if modified(to).is_some() && modified(to) >= modified(from) {
        return Ok(());
    }
    let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    let packed = gzip(&content)?;
    if packed.len() < content.len() / 10 * 9 {
        fs::write(to, packed).with_context(|| format!("cannot write {}", to.display()))
    } else if to.exists() {
        fs::remove_file(to).with_context(|| format!("cannot remove {}", to.display()))
    } else {
        Ok(())
    }
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let options = Options { iteration_count: ROUNDS, ..Options::default() };
    let mut encoder = GzipEncoder::new(options, BlockType::Dynamic, Vec::new())?;
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn what_shrinks_is_packed_and_unpacks_to_the_same() {
        let temporary = tempfile::tempdir().unwrap();
        let (source, folder) = (temporary.path().join("a"), temporary.path().join("b"));
        fs::create_dir_all(source.join("in")).unwrap();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("gone.gz"), "stale").unwrap();
        let text = "a line that repeats\n".repeat(500);
        fs::write(source.join("in/long.txt"), &text).unwrap();
        fs::write(source.join("short"), "x").unwrap();

        pack(&[source], &folder).unwrap();

        assert_eq!(sync::files(&folder).unwrap(), [PathBuf::from("in/long.txt.gz")]);
        let mut unpacked = String::new();
        let packed = fs::read(folder.join("in/long.txt.gz")).unwrap();
        GzDecoder::new(packed.as_slice()).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
    }
}
