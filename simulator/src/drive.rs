//! A drive: files by name, a size, and what goes wrong with it.

use recscope_core::machine::FileId;
use std::collections::BTreeMap;

/// A USB drive or a server's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drive {
    capacity: u64,
    used: u64,
    plugged: bool,
    files: BTreeMap<String, Vec<u8>>,
    open: BTreeMap<FileId, String>,
    last_written: Option<String>,
}

impl Drive {
    /// A plugged-in drive with `free` bytes left on it.
    #[must_use]
    pub fn new(free: u64) -> Self {
        Self { capacity: free, plugged: true, ..Self::default() }
    }

    /// Whether it is plugged in.
    #[must_use]
    pub const fn is_plugged(&self) -> bool {
        self.plugged
    }

    /// Bytes left.
    #[must_use]
    pub const fn free(&self) -> u64 {
        self.capacity.saturating_sub(self.used)
    }

    /// Every file on it, by name.
    #[must_use]
    pub const fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// Puts a file on it, as if it had been there before.
    pub fn place(&mut self, name: &str, content: Vec<u8>) {
        self.files.insert(name.to_owned(), content);
        self.count();
    }

    /// Takes away or gives back room, so that `free` bytes are left.
    pub fn leave(&mut self, free: u64) {
        self.capacity = self.used.saturating_add(free);
    }

    pub(crate) const fn plug(&mut self) {
        self.plugged = true;
    }

    /// Pulls it out. The last `unflushed` bytes at the end of the file written last never reached
    /// it.
    pub(crate) fn pull(&mut self, unflushed: usize) {
        self.plugged = false;
        self.forget_handles();
        let last = self.last_written.take();
        if let Some(file) = last.and_then(|name| self.files.get_mut(&name)) {
            file.truncate(file.len().saturating_sub(unflushed));
        }
        self.count();
    }

    /// Whoever had files open is gone.
    pub(crate) fn forget_handles(&mut self) {
        self.open.clear();
    }

    pub(crate) fn create(&mut self, file: FileId, name: &str) -> Result<(), Refused> {
        if !self.plugged || self.free() == 0 {
            return Err(Refused);
        }
        self.files.insert(name.to_owned(), Vec::new());
        self.count();
        self.open.insert(file, name.to_owned());
        Ok(())
    }

    /// Opens an existing file and tells its size.
    pub(crate) fn open(&mut self, file: FileId, name: &str) -> Result<u64, Refused> {
        let content = self.files.get(name).filter(|_| self.plugged).ok_or(Refused)?;
        let size = content.len() as u64;
        self.open.insert(file, name.to_owned());
        Ok(size)
    }

    pub(crate) fn write(&mut self, file: FileId, at: u64, bytes: &[u8]) -> Result<(), Refused> {
        let free = self.free();
        let name = self.open.get(&file).filter(|_| self.plugged).ok_or(Refused)?;
        let content = self.files.get_mut(name).ok_or(Refused)?;
        let at = usize::try_from(at).map_err(|_| Refused)?;
        let end = at.checked_add(bytes.len()).ok_or(Refused)?;
        let growth = end.saturating_sub(content.len()) as u64;
        if growth > free {
            return Err(Refused);
        }
        if growth > 0 {
            content.resize(end, 0);
            self.used += growth;
        }
        content.get_mut(at..end).ok_or(Refused)?.copy_from_slice(bytes);
        if self.last_written.as_ref() != Some(name) {
            self.last_written = Some(name.clone());
        }
        Ok(())
    }

    /// Up to `len` bytes from `at`; fewer at the end of the file.
    pub(crate) fn read(&self, file: FileId, at: u64, len: u32) -> Result<&[u8], Refused> {
        let name = self.open.get(&file).filter(|_| self.plugged).ok_or(Refused)?;
        let content = self.files.get(name).ok_or(Refused)?;
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(content.len());
        let end = at.saturating_add(len as usize).min(content.len());
        Ok(content.get(at..end).unwrap_or_default())
    }

    pub(crate) fn delete(&mut self, file: FileId) -> Result<(), Refused> {
        if !self.plugged {
            return Err(Refused);
        }
        let name = self.open.remove(&file).ok_or(Refused)?;
        self.files.remove(&name);
        self.count();
        Ok(())
    }

    pub(crate) fn close(&mut self, file: FileId) {
        self.open.remove(&file);
    }

    fn count(&mut self) {
        self.used = self.files.values().map(|content| content.len() as u64).sum();
    }
}

/// The drive did not do it: not there, no room, no such file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(0);

    #[test]
    fn writing_extends_overwrites_and_stops_at_the_capacity() {
        let mut drive = Drive::new(6);
        drive.create(FILE, "a").unwrap();
        drive.write(FILE, 0, b"1234").unwrap();
        drive.write(FILE, 1, b"xy").unwrap();
        assert_eq!(drive.write(FILE, 4, b"567"), Err(Refused), "one byte too many");
        drive.write(FILE, 4, b"56").unwrap();
        assert_eq!(drive.files()["a"], b"1xy456");
        assert_eq!(drive.free(), 0);
        assert_eq!(drive.create(FileId(1), "b"), Err(Refused));
    }

    #[test]
    fn a_pulled_drive_refuses_and_keeps_what_was_flushed() {
        let mut drive = Drive::new(100);
        drive.create(FILE, "a").unwrap();
        drive.write(FILE, 0, b"123456").unwrap();
        drive.pull(2);
        assert_eq!(drive.write(FILE, 6, b"7"), Err(Refused));
        assert_eq!(drive.files()["a"], b"1234");
        drive.plug();
        assert_eq!(drive.write(FILE, 6, b"7"), Err(Refused), "the handle went with it");
        assert_eq!(drive.open(FILE, "a"), Ok(4));
        assert_eq!(drive.read(FILE, 2, 10), Ok(&b"34"[..]));
    }
}
