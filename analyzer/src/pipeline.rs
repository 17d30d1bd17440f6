//! The way of a file's bytes through the parsers.

use crate::analysis::Analysis;
use crate::report::{File, FileKind, Finding, Report, SCHEMA, Status};
use recscope_core::{Layer, Limits};

/// How to analyse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Bounds on what is held in memory.
    pub limits: Limits,
}

/// Takes a file's bytes and finds out what they say. It never fails: what is wrong with the file
/// is part of the [`Analysis`].
#[derive(Debug)]
pub struct Analyzer {
    name: String,
    bytes: u64,
}

impl Analyzer {
    /// An analyzer for a file called `name` (used for display only, the kind of file is told by
    /// its content) of `size` bytes, where that is known.
    #[must_use]
    pub fn new(name: &str, _size: Option<u64>, _options: Options) -> Self {
        Self { name: name.to_owned(), bytes: 0 }
    }

    /// Takes the next bytes. How the file is cut into chunks never changes the result.
    pub fn push(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
    }

    /// Bytes pushed so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Ends the file and gives its findings.
    #[must_use]
    pub fn finish(self) -> Analysis {
        let message = if self.bytes == 0 {
            "the file is empty"
        } else {
            "the file is not a capture (pcap, pcapng), phone recording or WAVE file"
        };
        Analysis::new(Report {
            schema: SCHEMA.to_owned(),
            file: File {
                name: self.name,
                bytes: self.bytes,
                kind: FileKind::Unknown,
                compression: None,
            },
            status: Status::Unreadable,
            error: Some(Finding {
                offset: 0,
                layer: Layer::File.name().to_owned(),
                message: message.to_owned(),
            }),
            warnings: Vec::new(),
            warnings_omitted: 0,
            capture: None,
            messages: Vec::new(),
            calls: Vec::new(),
            streams: Vec::new(),
            recording_sessions: Vec::new(),
            recording: None,
        })
    }
}
