//! A recording in the parts that a phone wrote at its file size limit, read as one (BX-L4).

use crate::output::{self, Destination, reason};
use crate::source::{CHUNK, Source};
use anyhow::{Result, anyhow, bail};
use recscope_core::Limits;
use recscope_core::recording::{Joined, Joiner, Seam};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Opens one file, or several recordings as the one that they are parts of. What is missing
/// between parts goes to standard error.
///
/// # Errors
/// When a file cannot be read, or is no part of the same recording.
pub(crate) fn open(paths: &[PathBuf]) -> Result<Source> {
    let [first, _, ..] = paths else {
        let only = paths.first().map_or(Path::new("-"), PathBuf::as_path);
        return Source::open_seekable(only);
    };
    let failed = |error: std::io::Error| {
        anyhow!("cannot join the parts in a temporary file: {}", reason(&error))
    };
    let mut file = tempfile::tempfile().map_err(failed)?;
    let joined = join(paths, &mut file)?;
    for (part, seam) in paths.iter().skip(1).zip(&joined.seams) {
        if let Some(problem) = problem(*seam) {
            output::diagnose(&format!("{}: {problem}", part.display()));
        }
    }
    let size = file.stream_position().map_err(failed)?;
    file.rewind().map_err(failed)?;
    file.write_all(joined.header.as_ref().map_or(&[], <[u8; 76]>::as_slice)).map_err(failed)?;
    file.rewind().map_err(failed)?;
    Ok(Source::of_file(first, file, size))
}

/// Where to write what comes of several files: none of them.
///
/// # Errors
/// When it is one of them, or a folder.
pub(crate) fn destination(path: &Path, inputs: &[PathBuf]) -> Result<Destination> {
    let inputs = inputs.iter().map(PathBuf::as_path).chain([Path::new("-")]);
    let mut checked = inputs.map(|input| Destination::new(path, input));
    let first = checked.next().unwrap_or_else(|| Destination::new(path, Path::new("-")))?;
    checked.try_fold(first, |_, next| next)
}

fn join(paths: &[PathBuf], file: &mut File) -> Result<Joined> {
    let mut joiner = Joiner::new(&Limits::default());
    let mut chunk = vec![0; CHUNK];
    let mut out = Vec::new();
    let mut write = |out: &mut Vec<u8>| {
        let written = file.write_all(out);
        out.clear();
        written.map_err(|error| anyhow!("cannot join the parts: {}", reason(&error)))
    };
    for path in paths {
        let mut source = Source::open_seekable(path)?;
        let name = source.name();
        let size = source.size();
        let input = source.rewound()?;
        let refused = |error| anyhow!("cannot join {name}: {error}");
        joiner.begin(size);
        loop {
            match input.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => {
                    let bytes = chunk.get(..read).unwrap_or_default();
                    joiner.push(bytes, &mut out).map_err(refused)?;
                    write(&mut out)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => bail!("cannot read {name}: {}", reason(&error)),
            }
        }
        let summary = joiner.end(&mut out).map_err(refused)?;
        write(&mut out)?;
        for repair in &summary.repairs {
            output::diagnose(&format!("{name}: {repair}"));
        }
    }
    Ok(joiner.finish())
}

/// What is wrong between a part and the one before.
fn problem(seam: Seam) -> Option<String> {
    match seam {
        Seam::Lost { blocks } => {
            Some(format!("{blocks} blocks are missing between this part and the one before"))
        }
        Seam::Unrelated => {
            Some("this part does not follow the one before: name the parts in order".to_owned())
        }
        Seam::Seamless | Seam::Pause { .. } | Seam::Unknown => None,
    }
}
