//! The files of a machine, in one folder.

use crate::output::reason;
use anyhow::{Result, anyhow};
use recscope_core::machine::{FileId, StorageCommand, StorageEvent};
use std::collections::{HashMap, VecDeque};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

/// A folder that names of files never leave.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    root: Option<PathBuf>,
    open: HashMap<FileId, Open>,
    /// The files closed last, which may still be deleted.
    closed: VecDeque<(FileId, PathBuf)>,
}

/// Files that are remembered after they were closed.
const MOST_CLOSED: usize = 64;

#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    /// Bytes of it that were written whole.
    len: u64,
}

/// What the machine is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A drive was plugged in.
    Inserted {
        /// Bytes free on it.
        free: u64,
    },
    /// The drive is gone.
    Removed,
    /// So many bytes are free now.
    Free(u64),
    /// A file could not be made, opened or written.
    Failed(FileId),
    /// A file is open for reading.
    Opened {
        /// Which.
        file: FileId,
        /// Its length in bytes.
        size: u64,
    },
    /// Bytes of a file.
    Data {
        /// Which.
        file: FileId,
        /// Where in it.
        offset: u64,
        /// What stands there.
        bytes: Vec<u8>,
    },
}

impl Answer {
    /// As machines take it.
    pub(super) fn event(&self) -> StorageEvent<'_> {
        match self {
            Self::Inserted { free } => StorageEvent::Inserted { free: *free },
            Self::Removed => StorageEvent::Removed,
            Self::Free(free) => StorageEvent::Free(*free),
            Self::Failed(file) => StorageEvent::Failed(*file),
            Self::Opened { file, size } => StorageEvent::Opened { file: *file, size: *size },
            Self::Data { file, offset, bytes } => {
                StorageEvent::Data { file: *file, offset: *offset, bytes }
            }
        }
    }
}

impl Open {
    /// Writes all, or leaves nothing of it at the end of the file.
    fn write(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let written = write_at(&self.file, bytes, offset);
        if written.is_ok() {
            self.len = self.len.max(offset + bytes.len() as u64);
        } else {
            // A disk that is full takes a part of what is written, and what cannot be cut off
            // readers recognise as a part.
            let _ = self.file.set_len(self.len);
        }
        written
    }
}

impl Folder {
    /// The folder at `root`, made if it is not there.
    ///
    /// # Errors
    /// When it can not be made.
    pub(crate) fn new(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        Ok(Self { root: Some(root.to_owned()), ..Self::default() })
    }

    /// The folder that recordings go to, made if it is not there, and tried out: better to learn now
    /// than with the first call that nothing can be written there.
    ///
    /// # Errors
    /// When it can not be made or written to, in words for the user.
    pub(crate) fn for_recordings(root: &Path) -> Result<Self> {
        let tried = Self::new(root).and_then(|folder| tempfile::tempfile_in(root).map(|_| folder));
        tried.map_err(|error| {
            let why = match error.kind() {
                io::ErrorKind::AlreadyExists => "it is a file, not a folder".to_owned(),
                io::ErrorKind::NotFound => "no folder can be made there".to_owned(),
                _ => reason(&error),
            };
            anyhow!("cannot record to {}: {why}; name another folder with --dir", root.display())
        })
    }

    /// No folder: every file fails.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Where a file that is open lies.
    pub(crate) fn path(&self, file: FileId) -> Option<&Path> {
        self.open.get(&file).map(|open| open.path.as_path())
    }

    /// Does what the machine wants, and says what it is to be told.
    pub(crate) fn carry_out(&mut self, command: StorageCommand<'_>) -> Option<Answer> {
        match command {
            StorageCommand::Create { file, name } => self.create(file, name),
            StorageCommand::Write { file, offset, bytes } => {
                let written = match self.open.get_mut(&file) {
                    Some(open) => open.write(bytes, offset),
                    None => Err(io::Error::from(io::ErrorKind::NotFound)),
                };
                written.err().map(|_| Answer::Failed(file))
            }
            StorageCommand::Open { file, name } => Some(match self.open(file, name) {
                Ok(size) => Answer::Opened { file, size },
                Err(_) => Answer::Failed(file),
            }),
            StorageCommand::Read { file, offset, len } => {
                let read = match self.open.get(&file) {
                    Some(open) => read_at(&open.file, offset, len),
                    None => Err(io::Error::from(io::ErrorKind::NotFound)),
                };
                Some(match read {
                    Ok(bytes) => Answer::Data { file, offset, bytes },
                    Err(_) => Answer::Failed(file),
                })
            }
            StorageCommand::Close(file) => {
                self.close(file);
                None
            }
            StorageCommand::Delete(file) => {
                self.close(file);
                let place = self.closed.iter().position(|(closed, _)| *closed == file)?;
                let (_, path) = self.closed.remove(place)?;
                fs::remove_file(path).err().map(|_| Answer::Failed(file))
            }
        }
    }

    /// Makes a file. Where the name is taken, it gets a number: nothing is ever overwritten.
    fn create(&mut self, file: FileId, name: &str) -> Option<Answer> {
        let made = self.path_of(name).and_then(|path| {
            let mut names = (1..=MOST_OF_A_NAME).map(|number| numbered(&path, number));
            names
                .find_map(|path| {
                    match OpenOptions::new().write(true).create_new(true).open(&path) {
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
                        made => Some(made.map(|file| Open { file, path, len: 0 })),
                    }
                })
                .unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::AlreadyExists)))
        });
        match made {
            Ok(open) => {
                self.open.insert(file, open);
                None
            }
            Err(_) => Some(Answer::Failed(file)),
        }
    }

    fn open(&mut self, file: FileId, name: &str) -> io::Result<u64> {
        let path = self.path_of(name)?;
        let opened = File::open(&path)?;
        let facts = opened.metadata()?;
        if !facts.is_file() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        self.open.insert(file, Open { file: opened, path, len: facts.len() });
        Ok(facts.len())
    }

    fn close(&mut self, file: FileId) {
        if let Some(open) = self.open.remove(&file) {
            self.closed.truncate(MOST_CLOSED - 1);
            self.closed.push_front((file, open.path));
        }
    }

    /// The path of a file in the folder; a name is one part of a path, whatever it says.
    fn path_of(&self, name: &str) -> io::Result<PathBuf> {
        let root = self.root.as_ref().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let mut parts = Path::new(name).components();
        let is_plain = matches!(
            (parts.next(), parts.next()),
            (Some(Component::Normal(part)), None) if part == OsStr::new(name)
        );
        if !is_plain || name.contains('\0') {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        Ok(root.join(name))
    }
}

/// Files of one name that are told apart by number.
const MOST_OF_A_NAME: u32 = 1000;

/// `Record_1.wav` as the second of its name: `Record_1-2.wav`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn write_at(mut file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    use std::io::Write;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

/// At most `len` bytes, fewer at the end of the file.
fn read_at(mut file: &File, offset: u64, len: u32) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(len.into()).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(3);

    fn create(folder: &mut Folder, name: &str) -> Option<Answer> {
        folder.carry_out(StorageCommand::Create { file: FILE, name })
    }

    #[test]
    fn files_are_written_where_the_machine_says_and_read_again() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = Folder::new(&place.path().join("new")).unwrap();
        assert_eq!(create(&mut folder, "Record_1.wav"), None);
        for (offset, bytes) in [(4, &b"data"[..]), (0, b"head")] {
            let write = StorageCommand::Write { file: FILE, offset, bytes };
            assert_eq!(folder.carry_out(write), None);
        }
        assert_eq!(folder.carry_out(StorageCommand::Close(FILE)), None);
        assert_eq!(fs::read(place.path().join("new/Record_1.wav")).unwrap(), b"headdata");

        let open = StorageCommand::Open { file: FILE, name: "Record_1.wav" };
        assert_eq!(folder.carry_out(open), Some(Answer::Opened { file: FILE, size: 8 }));
        let read = StorageCommand::Read { file: FILE, offset: 6, len: 100 };
        let data = Answer::Data { file: FILE, offset: 6, bytes: b"ta".to_vec() };
        assert_eq!(folder.carry_out(read), Some(data));
    }

    #[test]
    fn a_folder_that_takes_no_recordings_is_refused_at_once() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        for (path, why) in [
            (file.as_path(), "it is a file, not a folder"),
            (&file.join("inner"), "a part of its path is not a folder"),
        ] {
            let refused = Folder::for_recordings(path).unwrap_err().to_string();
            let said = format!("cannot record to {}: {why}; name another", path.display());
            assert!(refused.starts_with(&said), "{refused}");
        }
        assert!(Folder::for_recordings(&place.path().join("new")).is_ok());
    }

    #[test]
    fn nothing_is_overwritten() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("a.wav"), "before").unwrap();
        let mut folder = Folder::new(place.path()).unwrap();
        assert_eq!(create(&mut folder, "a.wav"), None);
        assert_eq!(folder.path(FILE), Some(place.path().join("a-2.wav").as_path()));
        assert_eq!(fs::read(place.path().join("a.wav")).unwrap(), b"before");
    }

    #[test]
    fn a_closed_file_can_be_deleted() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = Folder::new(place.path()).unwrap();
        create(&mut folder, "a.wav");
        folder.carry_out(StorageCommand::Close(FILE));
        assert_eq!(folder.carry_out(StorageCommand::Delete(FILE)), None);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn names_never_leave_the_folder() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = Folder::new(&place.path().join("inner")).unwrap();
        let long = "x".repeat(10_000);
        for name in ["../a", "/a", "a/b", "..", ".", "", "a\0b", "./a", "a/", &long] {
            assert_eq!(create(&mut folder, name), Some(Answer::Failed(FILE)), "{name}");
            let open = StorageCommand::Open { file: FILE, name };
            assert_eq!(folder.carry_out(open), Some(Answer::Failed(FILE)), "{name}");
        }
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}
