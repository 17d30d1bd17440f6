//! What is known about a file once it has been read.

use crate::audio::{AudioError, AudioRequest, Extraction};
use crate::report::Report;
use recscope_flow::Flow;
use serde::{Deserialize, Serialize};

/// One file's findings, and the way back into its bytes.
#[derive(Debug)]
pub struct Analysis {
    report: Report,
}

/// Which messages and streams a flow shows. The indices are those of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlowScope {
    /// One call.
    Call(usize),
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
    pub(crate) const fn new(report: Report) -> Self {
        Self { report }
    }

    /// The report, as printed by `recscope analyze --json`.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// The message flow of one call, one recording session or everything. A scope that names no
    /// call or session of this file gives an empty flow.
    #[must_use]
    pub fn flow(&self, _scope: FlowScope) -> Flow {
        Flow { title: self.report.file.name.clone(), ..Flow::default() }
    }

    /// The bytes and parts of the report's message `index`.
    #[must_use]
    pub fn message(&self, _index: usize) -> Option<MessageDetail> {
        None
    }

    /// The header of a phone recording or WAVE file, field by field; empty for captures.
    #[must_use]
    pub fn recording_fields(&self) -> Vec<Field> {
        Vec::new()
    }

    /// The quality of the report's stream `index` over time, one bucket per second in which a
    /// packet came or went missing.
    #[must_use]
    pub fn buckets(&self, _stream: usize) -> Vec<Bucket> {
        Vec::new()
    }

    /// Prepares to hear something: what comes back says which parts of the file to read again.
    ///
    /// # Errors
    ///
    /// When the file has no such call, stream or recording, or its sound cannot be decoded; the
    /// error says which and why.
    pub fn audio(&self, request: AudioRequest) -> Result<Extraction, AudioError> {
        match request {
            AudioRequest::Stream(index) => Err(AudioError::NoSuchStream { index }),
            AudioRequest::Call(index) => Err(AudioError::NoSuchCall { index }),
            AudioRequest::Recording => Err(AudioError::NotARecording),
        }
    }
}
