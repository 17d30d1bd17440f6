//! What is known about a file once it has been read.

mod cast;
mod fields;
mod flow;

use crate::audio::request::{self, FileShape};
use crate::audio::{AudioError, AudioRequest, Extraction};
use crate::pipeline::{Outcome, Source, Subject};
use crate::report::{self, File, Finding, Report, SCHEMA, Status};
use recscope_core::rtp::statistics;
use recscope_flow::Flow;
use serde::{Deserialize, Serialize};

pub use fields::dissect;

/// One file's findings, and the way back into its bytes.
#[derive(Debug)]
pub struct Analysis {
    report: Report,
    subject: Subject,
    is_gzip: bool,
}

/// Which messages and streams a flow shows. The indices are those of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlowScope {
    /// One call.
    Call(usize),
    /// One call, with all other legs of the conversation.
    Legs(usize),
    /// One SIP transaction outside calls.
    Transaction(usize),
    /// One recording session.
    Session(usize),
    /// The whole file.
    All,
}

/// A signalling message as it was on the wire, and its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDetail {
    /// The message's bytes.
    pub raw: Vec<u8>,
    /// The packet it ends in, from 1.
    pub packet: u64,
    /// Where `raw` starts in the (uncompressed) file; `None` when it was put together from
    /// several packets.
    pub offset: Option<u64>,
    /// Its parts in order; offsets count from the start of `raw`.
    pub fields: Vec<Field>,
}

/// A named run of bytes and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// First byte, counted from the start of the message or file.
    pub offset: u64,
    /// Bytes.
    pub len: u64,
    /// The field's name in its format's own words.
    pub name: String,
    /// Its value as written.
    pub value: String,
    /// What the value means; empty where the value says it all.
    pub meaning: String,
}

/// A stream's quality over a span of time, for charts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Start of the span, in ms since the stream's first packet.
    pub start_ms: u64,
    /// Length of the span: 1000, or a multiple of it in very long streams.
    pub width_ms: u64,
    /// Packets that arrived in it.
    pub packets: u32,
    /// Packets found missing in it.
    pub lost: u32,
    /// Largest interarrival jitter in it, in ms.
    pub max_jitter_ms: f32,
}

impl Analysis {
    pub(crate) fn new(source: Source, outcome: Outcome) -> Self {
        let Outcome { kind, findings, error, subject } = outcome;
        let status = match (&error, findings.is_damaged()) {
            (Some(_), _) => Status::Unreadable,
            (None, true) => Status::Damaged,
            (None, false) => Status::Whole,
        };
        let (warnings, warnings_omitted) = findings.into_parts();
        let mut report = Report {
            schema: SCHEMA.to_owned(),
            file: File {
                name: source.name,
                bytes: source.bytes,
                kind,
                compression: source.is_gzip.then(|| "gzip".to_owned()),
            },
            status,
            error: error.map(|error| Finding {
                offset: error.offset,
                layer: error.layer.name().to_owned(),
                message: error.kind.to_string(),
            }),
            warnings,
            warnings_omitted,
            capture: None,
            messages: Vec::new(),
            calls: Vec::new(),
            transactions: Vec::new(),
            tls: Vec::new(),
            streams: Vec::new(),
            recording_sessions: Vec::new(),
            problems: Vec::new(),
            problems_omitted: 0,
            recording: None,
        };
        match &subject {
            Subject::Capture(captured) => {
                report.capture = Some(captured.capture.clone());
                report::describe(&captured.traffic, &mut report);
            }
            Subject::Recording(recorded) => report.recording = Some(recorded.recording.clone()),
            Subject::Nothing => {}
        }
        Self { report, subject, is_gzip: source.is_gzip }
    }

    /// The report, as printed by `recscope analyze --json`.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// The message flow of one call, one recording session or everything. A scope that names no
    /// call or session of this file gives an empty flow.
    #[must_use]
    pub fn flow(&self, scope: FlowScope) -> Flow {
        match &self.subject {
            Subject::Capture(captured) => flow::build(scope, &self.report, &captured.traffic),
            Subject::Recording(_) | Subject::Nothing => {
                Flow { title: self.report.file.name.clone(), ..Flow::default() }
            }
        }
    }

    /// The bytes and parts of the report's message `index`.
    #[must_use]
    pub fn message(&self, index: usize) -> Option<MessageDetail> {
        let Subject::Capture(captured) = &self.subject else { return None };
        let message = captured.traffic.messages.get(index)?;
        Some(MessageDetail {
            raw: message.raw.to_vec(),
            packet: message.origin.packet,
            offset: message.origin.offset,
            fields: fields::of_message(message),
        })
    }

    /// The header of a phone recording or WAVE file, field by field; empty for captures.
    #[must_use]
    pub fn recording_fields(&self) -> Vec<Field> {
        match &self.subject {
            Subject::Recording(recorded) => recorded.fields.clone(),
            Subject::Capture(_) | Subject::Nothing => Vec::new(),
        }
    }

    /// The quality of the report's stream `index` over time, one bucket per second in which a
    /// packet came or went missing.
    #[must_use]
    pub fn buckets(&self, stream: usize) -> Vec<Bucket> {
        let Subject::Capture(captured) = &self.subject else { return Vec::new() };
        let Some(stream) = captured.traffic.streams.get(stream) else { return Vec::new() };
        let series = stream.statistics.series();
        let width_ms = series.width_s().saturating_mul(1000);
        let is_empty = |bucket: &statistics::Bucket| bucket.packets == 0 && bucket.lost == 0;
        (0..)
            .zip(series.buckets())
            .filter(|(_, bucket)| !is_empty(bucket))
            .map(|(number, bucket)| Bucket {
                start_ms: width_ms.saturating_mul(number),
                width_ms,
                packets: bucket.packets,
                lost: bucket.lost,
                max_jitter_ms: bucket.max_jitter_ms,
            })
            .collect()
    }

    /// Prepares to hear something: what comes back says which parts of the file to read again.
    ///
    /// # Errors
    ///
    /// When the file has no such call, stream or recording, or its sound cannot be decoded; the
    /// error says which and why.
    pub fn audio(&self, request: AudioRequest) -> Result<Extraction, AudioError> {
        let file = FileShape { bytes: self.report.file.bytes, is_gzip: self.is_gzip };
        match (request, &self.subject) {
            (AudioRequest::Stream(index), Subject::Capture(captured)) => {
                request::of_stream(captured, index, file)
            }
            (AudioRequest::Call(index), Subject::Capture(captured)) => {
                request::of_call(captured, index, file)
            }
            (AudioRequest::Recording, Subject::Recording(recorded)) => {
                request::of_recording(recorded, file)
            }
            (AudioRequest::Stream(index), _) => Err(AudioError::NoSuchStream { index }),
            (AudioRequest::Call(index), _) => Err(AudioError::NoSuchCall { index }),
            (AudioRequest::Recording, _) => Err(AudioError::NotARecording),
        }
    }
}
