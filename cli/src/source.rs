//! Where bytes come from: a file, or standard input.

use crate::output::reason;
use anyhow::{Result, bail};
use recscope_analyzer::report::{Finding, Status};
use recscope_analyzer::{Analysis, Analyzer, Audio, Extraction, Options, Report, Survey, Surveyor};
use recscope_core::Layer;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// Bytes read at once.
pub(crate) const CHUNK: usize = 1024 * 1024;

/// Most that is copied aside from a standard input that has to be read twice.
const SPOOL_LIMIT: u64 = 16 * 1024 * 1024 * 1024;

/// An open file or standard input.
pub(crate) struct Source {
    path: PathBuf,
    input: Input,
    size: Option<u64>,
}

enum Input {
    File(File),
    Stdin(io::Stdin),
}

/// What came of reading a file to its end, or as far as it went.
pub(crate) struct Reading {
    /// The findings in what was read.
    pub(crate) analysis: Analysis,
    /// Why reading ended early, if it did.
    pub(crate) interrupted: Option<Finding>,
}

impl Reading {
    /// How far the file could be read.
    pub(crate) fn status(&self) -> Status {
        let status = self.analysis.report().status;
        if self.interrupted.is_some() { status.max(Status::Damaged) } else { status }
    }

    /// The report, an early end included.
    pub(crate) fn report(&self) -> Cow<'_, Report> {
        let report = self.analysis.report();
        let Some(interrupted) = &self.interrupted else { return Cow::Borrowed(report) };
        let mut report = report.clone();
        report.status = self.status();
        match &mut report.error {
            Some(error) => error.clone_from(interrupted),
            None => report.warnings.push(interrupted.clone()),
        }
        Cow::Owned(report)
    }

    /// Says why nothing more can be done with a file that is of no known kind.
    ///
    /// # Errors
    /// When the file is not readable.
    pub(crate) fn readable(&self, name: &str) -> Result<&Analysis> {
        match self.error() {
            Some(error) => bail!("cannot read {name}: {}", sentence(error)),
            None => Ok(&self.analysis),
        }
    }

    /// What was lost of a damaged file, in one sentence.
    pub(crate) fn damage(&self) -> Option<String> {
        if self.status() == Status::Whole {
            return None;
        }
        let report = self.report();
        let repairs = report.recording.iter().flat_map(|recording| recording.repairs.clone());
        let mut found = repairs.chain(report.warnings.iter().map(sentence));
        let first = found.next().unwrap_or_else(|| "something is missing".to_owned());
        Some(match found.count() {
            0 => first,
            more => format!("{first} (and {more} more, see `recscope analyze`)"),
        })
    }

    /// Why nothing could be read: of a file that ended early, that it did.
    fn error(&self) -> Option<&Finding> {
        let error = self.analysis.report().error.as_ref()?;
        Some(self.interrupted.as_ref().unwrap_or(error))
    }
}

impl Source {
    /// Opens a file, or standard input for `-`.
    ///
    /// # Errors
    /// When it does not exist, is a folder or may not be read.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self {
                path: path.to_owned(),
                input: Input::Stdin(io::stdin()),
                size: None,
            });
        }
        let shown = path.display();
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => bail!("cannot open {shown}: {}", reason(&error)),
        };
        let metadata = match file.metadata() {
            Ok(metadata) => metadata,
            Err(error) => bail!("cannot open {shown}: {}", reason(&error)),
        };
        if metadata.is_dir() {
            bail!("cannot read {shown}: it is a folder; name the files in it");
        }
        // Devices, pipes and the files of /proc say 0 and hold more.
        let size = Some(metadata.len()).filter(|len| metadata.is_file() && *len > 0);
        Ok(Self { path: path.to_owned(), input: Input::File(file), size })
    }

    /// A source that can be read a second time: standard input is copied to a file that vanishes
    /// with this process, unless it is a file already.
    ///
    /// # Errors
    /// When copying fails or does not end.
    pub(crate) fn open_seekable(path: &Path) -> Result<Self> {
        let source = Self::open(path)?;
        let Input::Stdin(stdin) = &source.input else { return Ok(source) };
        let (file, size) = match redirected(stdin) {
            Some(redirected) => redirected,
            None => spool(&mut stdin.lock(), SPOOL_LIMIT)?,
        };
        Ok(Self { input: Input::File(file), size: Some(size), ..source })
    }

    /// A file of ours, read in the place of the one at `path`.
    pub(crate) fn of_file(path: &Path, file: File, size: u64) -> Self {
        Self { path: path.to_owned(), input: Input::File(file), size: Some(size) }
    }

    /// What to call it in messages: the path as it was given.
    pub(crate) fn name(&self) -> String {
        if self.path == Path::new("-") {
            "standard input".to_owned()
        } else {
            self.path.display().to_string()
        }
    }

    /// Reads all of it.
    pub(crate) fn read(&mut self) -> Reading {
        self.read_with(Options::default())
    }

    /// Reads all of it in the way that `options` say.
    pub(crate) fn read_with(&mut self, options: Options) -> Reading {
        let name = name_of(&self.path);
        match &mut self.input {
            Input::File(file) => read(file, &name, self.size, options),
            Input::Stdin(stdin) => read(stdin, &name, None, options),
        }
    }

    /// Reads again what an extraction wants, and gives its samples.
    ///
    /// # Errors
    /// When the file cannot be read again.
    pub(crate) fn hear(&mut self, mut extraction: Extraction) -> Result<Audio> {
        let name = self.name();
        let Input::File(file) = &mut self.input else {
            bail!("cannot read {name} twice: save it to a file first");
        };
        let mut buffer = Vec::new();
        while let Some(range) = extraction.wanted() {
            buffer.clear();
            let wanted = range.end.saturating_sub(range.start);
            let again = file
                .seek(SeekFrom::Start(range.start))
                .and_then(|_| file.by_ref().take(wanted).read_to_end(&mut buffer));
            if let Err(error) = again {
                bail!("cannot read {name} again at offset {}: {}", range.start, reason(&error));
            }
            extraction.push(&buffer);
        }
        Ok(extraction.finish())
    }

    /// Bytes of the file, where that is known.
    pub(crate) fn size(&self) -> Option<u64> {
        self.size
    }

    /// The bytes from the beginning.
    ///
    /// # Errors
    /// When the file cannot be read again.
    pub(crate) fn rewound(&mut self) -> Result<&mut File> {
        let name = self.name();
        let Input::File(file) = &mut self.input else {
            bail!("cannot read {name} twice: save it to a file first");
        };
        match file.rewind() {
            Ok(()) => Ok(file),
            Err(error) => bail!("cannot read {name} again: {}", reason(&error)),
        }
    }
}

/// What was found, and where.
pub(crate) fn sentence(finding: &Finding) -> String {
    match finding.offset {
        0 => finding.message.clone(),
        offset => format!("{} (at byte {offset})", finding.message),
    }
}

/// A file's name without its folders, as far as it has one.
pub(crate) fn name_of(path: &Path) -> String {
    if path == Path::new("-") {
        return "standard input".to_owned();
    }
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The report of a file that could not even be opened: that of an empty one, with another reason.
pub(crate) fn unopened(path: &Path, message: String) -> Report {
    let analysis = Analyzer::new(&name_of(path), None, Options::default()).finish();
    let mut report = analysis.report().clone();
    report.error = Some(Finding { offset: 0, layer: Layer::File.name().to_owned(), message });
    report
}

/// Pushes all that a reader gives through the analyzer. A reader that fails ends the file there.
///
/// Two threads do the same: read a piece, survey it, analyse it. Each of these is for one of them at
/// a time, and in the order of the file; as each takes about a third of the time, neither waits long.
/// So a piece stays in the cache of the processor that read it: what there is to know of the streams
/// is far less to hand over.
fn read(
    reader: &mut (impl Read + Send),
    name: &str,
    size: Option<u64>,
    options: Options,
) -> Reading {
    let input = Mutex::new(Bytes { reader, end: None });
    let surveyor = Mutex::new(Surveyor::new(&options));
    let analyzer = Mutex::new(Analyzer::new(name, size, options));
    let read_all = || {
        let (mut piece, mut survey) = (vec![0; CHUNK], Survey::default());
        loop {
            // Each is locked before the one ahead of it is let go, so that no piece overtakes another.
            let mut input = locked(&input);
            let Some(bytes) = input.next(&mut piece) else { break };
            let mut surveyor = locked(&surveyor);
            drop(input);
            surveyor.survey(bytes, &mut survey);
            let mut analyzer = locked(&analyzer);
            drop(surveyor);
            analyzer.push_surveyed(bytes, &survey);
        }
    };
    thread::scope(|scope| {
        scope.spawn(read_all);
        read_all();
    });
    let end = locked(&input).end.take();
    let analyzer = analyzer.into_inner().unwrap_or_else(PoisonError::into_inner);
    let offset = analyzer.bytes();
    let why = match end {
        Some(Err(error)) => Some(format!("reading ended early: {}", reason(&error))),
        _ => size.filter(|size| *size > offset).map(|size| {
            format!(
                "the file became shorter while it was read: {offset} of {size} bytes were there"
            )
        }),
    };
    let interrupted =
        why.map(|message| Finding { offset, layer: Layer::File.name().to_owned(), message });
    Reading { analysis: analyzer.finish(), interrupted }
}

/// What is read.
struct Bytes<R> {
    reader: R,
    /// How it ended, once it has. Nothing is read after that: a terminal would wait for more.
    end: Option<io::Result<()>>,
}

impl<R: Read> Bytes<R> {
    /// Reads the next piece into `buffer`, unless there is none.
    fn next<'a>(&mut self, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        if self.end.is_some() {
            return None;
        }
        match fill(&mut self.reader, buffer) {
            Ok(0) => self.end = Some(Ok(())),
            Err(error) => self.end = Some(Err(error)),
            Ok(read) => return buffer.get(..read),
        }
        None
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads once, as much as comes.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Standard input as a file, where the shell opened one for us.
#[cfg(unix)]
fn redirected(stdin: &io::Stdin) -> Option<(File, u64)> {
    use std::os::fd::AsFd;
    let mut file = File::from(stdin.as_fd().try_clone_to_owned().ok()?);
    let metadata = file.metadata().ok()?;
    let unread = file.stream_position().ok()? == 0;
    (metadata.is_file() && unread).then_some((file, metadata.len()))
}

/// Standard input as a file, where the shell opened one for us.
#[cfg(not(unix))]
fn redirected(_stdin: &io::Stdin) -> Option<(File, u64)> {
    None
}

/// Copies a stream to a file without a name.
fn spool(reader: &mut impl Read, limit: u64) -> Result<(File, u64)> {
    let mut file = match tempfile::tempfile() {
        Ok(file) => file,
        Err(error) => bail!("cannot keep standard input in a temporary file: {}", reason(&error)),
    };
    let copied = io::copy(&mut reader.take(limit + 1), &mut file);
    match copied.and_then(|size| file.rewind().map(|()| size)) {
        Ok(size) if size > limit => bail!(
            "standard input is longer than {} GiB: save it to a file and name that",
            limit >> 30
        ),
        Ok(size) => Ok((file, size)),
        Err(error) => bail!("cannot keep standard input in a temporary file: {}", reason(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that fails when its bytes are used up, as a drive does that is pulled.
    struct Pulled(&'static [u8]);

    impl Read for Pulled {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::Error::other("input/output error"));
            }
            self.0.read(buffer)
        }
    }

    #[test]
    fn a_file_that_vanishes_while_read_keeps_what_was_read() {
        let begun = include_bytes!("../../testdata/captures/call-pcmu.pcap").split_at(5_000).0;
        let reading = read(&mut Pulled(begun), "x", Some(1_000_000), Options::default());
        let report = reading.report();
        assert_eq!((report.file.bytes, report.status), (5_000, Status::Damaged));
        assert_eq!(report.calls.len(), 1);
        let finding = reading.interrupted.as_ref().unwrap();
        assert_eq!((finding.offset, finding.layer.as_str()), (5_000, "file"));
        assert_eq!(finding.message, "reading ended early: input/output error");
        assert!(report.warnings.contains(finding));
    }

    #[test]
    fn a_file_that_cannot_be_read_at_all_says_why_and_not_that_it_is_empty() {
        let reading = read(&mut Pulled(b""), "x", Some(1_000), Options::default());
        let report = reading.report();
        assert_eq!(report.status, Status::Unreadable);
        assert_eq!(
            report.error.as_ref().unwrap().message,
            "reading ended early: input/output error"
        );
    }

    #[test]
    fn a_file_that_shrinks_while_read_is_damaged() {
        let reading = read(&mut &b"half"[..], "x", Some(8), Options::default());
        let finding = reading.interrupted.unwrap();
        assert!(finding.message.ends_with("4 of 8 bytes were there"), "{}", finding.message);
    }

    #[test]
    fn what_does_not_end_is_not_kept_for_ever() {
        let error = spool(&mut io::repeat(0), 4096).err().unwrap().to_string();
        assert!(error.contains("save it to a file"), "{error}");
        let (mut file, size) = spool(&mut &b"short"[..], 4096).unwrap();
        let mut content = String::new();
        file.read_to_string(&mut content).unwrap();
        assert_eq!((content.as_str(), size), ("short", 5));
    }
}
