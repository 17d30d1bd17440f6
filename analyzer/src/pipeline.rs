//! The way of a file's bytes through the parsers.

mod capture;
mod fields;
mod recording;

use crate::analysis::Analysis;
use crate::capture::gzip::{self, Inflater};
use crate::findings::Findings;
use crate::report::FileKind;
use crate::survey::Survey;
use capture::CapturePipeline;
pub(crate) use capture::CapturedTraffic;
use recording::RecordingPipeline;
pub(crate) use recording::{Recorded, RecordedKind};
use recscope_core::recording as recording_file;
use recscope_core::rtp::statistics::Rule;
use recscope_core::{ErrorKind, Layer, Limits, ParseError, wave};

/// How to analyse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Bounds on what is held in memory.
    pub limits: Limits,
    /// Whose definition of loss, jitter and arrival differences holds.
    pub statistics: Rule,
}

/// Takes a file's bytes and finds out what they say. It never fails: what is wrong with the file
/// is part of the [`Analysis`].
#[derive(Debug)]
pub struct Analyzer {
    name: String,
    size: Option<u64>,
    bytes: u64,
    compression: Compression,
    content: Content,
}

/// What is around the file's content.
#[derive(Debug)]
enum Compression {
    /// Not enough bytes yet to tell.
    Unknown(Vec<u8>),
    None,
    Gzip(Box<Gzip>),
}

#[derive(Debug)]
struct Gzip {
    inflater: Inflater,
    buffer: Box<[u8]>,
    /// Inflating went wrong; what follows is left alone.
    failed: bool,
}

/// The file's content, inflated if it was compressed.
#[derive(Debug)]
struct Content {
    options: Options,
    /// Its size, where that is known beforehand.
    size: Option<u64>,
    stage: Stage,
    findings: Findings,
}

/// How far the content is understood.
#[derive(Debug)]
enum Stage {
    /// Gathering enough to tell the kind.
    Sniffing(Vec<u8>),
    Capture(Box<CapturePipeline>),
    Recording(Box<RecordingPipeline>),
    /// Nothing that is known, which starts with these bytes.
    Unknown(Vec<u8>),
}

/// The file as it was given.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) is_gzip: bool,
}

/// What a file turned out to be.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) kind: FileKind,
    pub(crate) findings: Findings,
    /// Why the file cannot be read at all.
    pub(crate) error: Option<ParseError>,
    pub(crate) subject: Subject,
}

/// What was found, apart from warnings.
#[derive(Debug)]
pub(crate) enum Subject {
    Nothing,
    Capture(Box<CapturedTraffic>),
    Recording(Box<Recorded>),
}

impl Analyzer {
    /// Bytes that tell whether a file is compressed.
    const COMPRESSION_SNIFF: usize = 3;
    /// Bytes inflated at a time.
    const INFLATE_BUFFER: usize = 64 * 1024;

    /// An analyzer for a file called `name` (used for display only, the kind of file is told by
    /// its content) of `size` bytes, where that is known.
    #[must_use]
    pub fn new(name: &str, size: Option<u64>, options: Options) -> Self {
        Self {
            name: name.to_owned(),
            size,
            bytes: 0,
            compression: Compression::Unknown(Vec::new()),
            content: Content::new(options),
        }
    }

    /// Takes the next bytes. How the file is cut into chunks never changes the result.
    pub fn push(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        if let Compression::Unknown(held) = &mut self.compression {
            held.extend_from_slice(chunk);
            if held.len() >= Self::COMPRESSION_SNIFF {
                self.tell_compression();
            }
            return;
        }
        self.take(chunk);
    }

    /// Takes the next bytes, with what a [`Surveyor`](crate::Surveyor) found in these very bytes. The
    /// result is that of [`Self::push`], which has more to do.
    pub fn push_surveyed(&mut self, chunk: &[u8], survey: &Survey) {
        match (&self.compression, &mut self.content.stage) {
            (Compression::None, Stage::Capture(capture)) => {
                self.bytes += chunk.len() as u64;
                capture.push_surveyed(chunk, survey, &mut self.content.findings);
            }
            _ => self.push(chunk),
        }
    }

    /// Bytes pushed so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Ends the file and gives its findings.
    #[must_use]
    pub fn finish(mut self) -> Analysis {
        self.tell_compression();
        let is_gzip = matches!(self.compression, Compression::Gzip(_));
        if let Compression::Gzip(gzip) = self.compression
            && !gzip.failed
            && let Err(error) = gzip.inflater.finish()
        {
            self.content.findings.damage(&error);
        }
        let source = Source { name: self.name, bytes: self.bytes, is_gzip };
        Analysis::new(source, self.content.finish())
    }

    fn tell_compression(&mut self) {
        let Compression::Unknown(held) = &mut self.compression else { return };
        let held = std::mem::take(held);
        if gzip::looks_like_gzip(&held) {
            self.compression = Compression::Gzip(Box::new(Gzip {
                inflater: Inflater::new(),
                buffer: vec![0; Self::INFLATE_BUFFER].into_boxed_slice(),
                failed: false,
            }));
        } else {
            self.content.size = self.size;
            self.compression = Compression::None;
        }
        self.take(&held);
    }

    fn take(&mut self, chunk: &[u8]) {
        match &mut self.compression {
            Compression::Gzip(gzip) => gzip.push(chunk, &mut self.content),
            _ => self.content.push(chunk),
        }
    }
}

impl Gzip {
    fn push(&mut self, mut chunk: &[u8], content: &mut Content) {
        while !self.failed {
            match self.inflater.push(chunk, &mut self.buffer) {
                Ok((0, 0)) => return,
                Ok((consumed, produced)) => {
                    content.push(self.buffer.get(..produced).unwrap_or_default());
                    chunk = chunk.get(consumed..).unwrap_or_default();
                }
                Err(error) => {
                    content.findings.damage(&error);
                    self.failed = true;
                }
            }
        }
    }
}

impl Content {
    /// Bytes that tell the kind: a recording's header and the start of its first blocks.
    const SNIFF: usize = 4096;

    fn new(options: Options) -> Self {
        let findings = Findings::new(options.limits.warnings);
        Self { options, size: None, stage: Stage::Sniffing(Vec::new()), findings }
    }

    fn push(&mut self, chunk: &[u8]) {
        if let Stage::Sniffing(held) = &mut self.stage {
            let missing = Self::SNIFF.saturating_sub(held.len()).min(chunk.len());
            let (now, later) = chunk.split_at(missing);
            held.extend_from_slice(now);
            if held.len() >= Self::SNIFF {
                self.tell_kind();
                self.take(later);
            }
            return;
        }
        self.take(chunk);
    }

    fn take(&mut self, chunk: &[u8]) {
        match &mut self.stage {
            Stage::Capture(capture) => capture.push(chunk, &mut self.findings),
            Stage::Recording(recording) => recording.push(chunk),
            Stage::Sniffing(_) | Stage::Unknown(_) => {}
        }
    }

    fn tell_kind(&mut self) {
        let Stage::Sniffing(held) = &mut self.stage else { return };
        let held = std::mem::take(held);
        let limits = &self.options.limits;
        self.stage = match crate::capture::sniff(&held) {
            Some(kind) => Stage::Capture(Box::new(CapturePipeline::new(kind, &self.options))),
            None if wave::looks_like_wave(&held) => {
                Stage::Recording(Box::new(RecordingPipeline::wave(limits)))
            }
            None if recording_file::looks_like_recording(&held) => {
                Stage::Recording(Box::new(RecordingPipeline::phone(self.size, limits)))
            }
            None => {
                self.stage = Stage::Unknown(held);
                return;
            }
        };
        self.take(&held);
    }

    fn finish(mut self) -> Outcome {
        self.tell_kind();
        match self.stage {
            Stage::Capture(capture) => capture.finish(self.findings),
            Stage::Recording(recording) => recording.finish(self.findings),
            Stage::Sniffing(start) | Stage::Unknown(start) => Outcome {
                kind: FileKind::Unknown,
                findings: self.findings,
                error: Some(ParseError::new(
                    Layer::File,
                    0,
                    ErrorKind::Irregular { problem: why_unknown(&start) },
                )),
                subject: Subject::Nothing,
            },
        }
    }
}

/// Why a file that starts so is of no known kind, and what to do.
fn why_unknown(start: &[u8]) -> &'static str {
    const TEXT_SAMPLE: usize = 256;
    let sample = start.get(..TEXT_SAMPLE.min(start.len())).unwrap_or_default();
    let is_text = sample.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 32..=126));
    if start.is_empty() {
        "the file is empty"
    } else if is_text {
        "the file is text; give a pcap or pcapng capture, a phone's recording, or a WAVE file"
    } else {
        "the file is no pcap or pcapng capture, phone recording or WAVE file, whatever its name says"
    }
}
