//! Where results and diagnostics go.

use anyhow::{Context, Result, bail};
use recscope_flow::measure;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes one line to standard error; nothing can be done where that fails.
pub(crate) fn diagnose(message: &str) {
    let _ = writeln!(io::stderr(), "recscope: {}", measure::plain(message));
}

/// Whether an error is that of a reader who went away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// What an I/O error says, in the words of a sentence.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is not a folder".to_owned(),
        io::ErrorKind::StorageFull => "no space is left on the device".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => error.to_string(),
    }
}

/// A place for a result: a file that appears whole or not at all, or standard output for `-`.
pub(crate) struct Destination {
    place: Place,
    shown: String,
}

enum Place {
    Stdout,
    /// A pipe or device: written to as it is.
    Device(PathBuf),
    File(PathBuf),
}

impl Destination {
    /// The destination called `path`, which must not be the file `input` is read from.
    ///
    /// # Errors
    /// When it is that file, or a folder.
    pub(crate) fn new(path: &Path, input: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        if path == Path::new("-") {
            return Ok(Self { place: Place::Stdout, shown: "standard output".to_owned() });
        }
        // Through a link its target is written, and the link stays.
        let place = match fs::canonicalize(path) {
            Ok(existing) if existing.is_dir() => {
                bail!("cannot write {shown}: it is a folder; name a file in it")
            }
            Ok(existing) if !existing.is_file() => Place::Device(existing),
            Ok(existing) => {
                if fs::canonicalize(input).is_ok_and(|input| input == existing) {
                    bail!("cannot write {shown}: it is the input file; name another one");
                }
                Place::File(existing)
            }
            Err(_) => Place::File(path.to_owned()),
        };
        Ok(Self { place, shown })
    }

    /// Writes the result, replacing a file that exists.
    ///
    /// # Errors
    /// When `content` fails, or writing does; an existing file is as before then.
    pub(crate) fn write(&self, content: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        match &self.place {
            Place::Stdout => {
                let mut out = io::BufWriter::new(io::stdout().lock());
                content(&mut out)?;
                out.flush().context("cannot write to standard output")
            }
            Place::Device(path) => {
                let device = fs::OpenOptions::new().write(true).open(path);
                let mut out = io::BufWriter::new(device.map_err(|error| self.error(&error))?);
                content(&mut out)?;
                out.flush().map_err(|error| self.error(&error))
            }
            Place::File(path) => self.replace(path, content),
        }
    }

    fn replace(
        &self,
        path: &Path,
        content: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            bail!("cannot write {}: there is no folder {}", self.shown, folder.display());
        }
        let mut new = tempfile::Builder::new();
        new.prefix(".recscope-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // What any new file gets; the user's mask takes away from it.
            new.permissions(fs::Permissions::from_mode(0o666));
        }
        let new = new.tempfile_in(folder).map_err(|error| self.error(&error))?;
        let mut out = io::BufWriter::new(new);
        content(&mut out)?;
        let new = out.into_inner().map_err(|error| self.error(error.error()))?;
        new.persist(path).map_err(|error| self.error(&error.error))?;
        Ok(())
    }

    fn error(&self, error: &io::Error) -> anyhow::Error {
        anyhow::anyhow!("cannot write {}: {}", self.shown, reason(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.wav");
        fs::write(&path, "before").unwrap();
        let destination = Destination::new(&path, Path::new("other")).unwrap();
        let failed = destination.write(|out| {
            out.write_all(b"half")?;
            bail!("no more")
        });
        assert_eq!(failed.unwrap_err().to_string(), "no more");
        assert_eq!(fs::read(&path).unwrap(), b"before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");

        destination.write(|out| Ok(out.write_all(b"after")?)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after");
    }

    #[test]
    fn the_input_is_never_written_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in.wav");
        fs::write(&path, "x").unwrap();
        let other_name = folder.path().join(".").join("in.wav");
        let error = Destination::new(&other_name, &path).err().unwrap().to_string();
        assert!(error.contains("it is the input file"), "{error}");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none").join("out.wav");
        let destination = Destination::new(&path, Path::new("other")).unwrap();
        let error = destination.write(|_| Ok(())).unwrap_err().to_string();
        assert!(error.contains("there is no folder"), "{error}");
    }
}
