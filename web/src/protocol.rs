//! What the page and the worker say to each other.
//!
//! A message is a JavaScript array: first one of [`Order`] or [`Notice`] as bytes ([`Wire`]), then
//! its attachments (a `File`, typed arrays), which are handed over and not copied.

mod forms;
pub(crate) mod wire;

use js_sys::{Array, Uint8Array};
use recscope_analyzer::report::{Message, Report};
use recscope_analyzer::{AudioRequest, Bucket, Field, FlowScope};
use recscope_flow::Flow;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
pub use wire::Wire;

/// A file, for as long as the page is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A question, so that its answer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub u32);

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Read a file; attached: the `File`.
    Open {
        /// What to call it from now on.
        file: FileId,
    },
    /// Stop reading a file, or do not begin, and forget it.
    Close {
        /// Which.
        file: FileId,
    },
    /// Answer a question about a file that was read.
    Ask {
        /// Repeated in the answer.
        request: RequestId,
        /// The file.
        file: FileId,
        /// The question.
        question: Question,
    },
}

/// What the page may want to know about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The message flow, as data.
    Flow(FlowScope),
    /// The message flow, as a stand-alone SVG file.
    Svg(FlowScope),
    /// A run of the message table.
    Messages(MessageQuery),
    /// One message in full, by its index in the report.
    Message(usize),
    /// The header of a recording.
    Header,
    /// Samples to play and draw.
    Audio(AudioRequest),
    /// The same samples as a WAVE file.
    Wav(AudioRequest),
    /// A stream's quality over time, by its index in the report.
    Quality(usize),
}

/// Which rows of the message table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageQuery {
    /// Only messages of this call.
    pub call: Option<usize>,
    /// Only messages with this text in a column, in any case of letters; empty for all.
    pub text: String,
    /// The first row wanted, counted among those that match.
    pub first: usize,
    /// How many rows at most.
    pub count: usize,
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// So much of a file has been read.
    Progress {
        /// The file.
        file: FileId,
        /// Bytes read so far.
        bytes: f64,
        /// Bytes per second since reading began.
        rate: f64,
    },
    /// A file was read to its end.
    Read {
        /// The file.
        file: FileId,
        /// What was found.
        summary: Rc<Summary>,
    },
    /// A file could not be read to its end.
    Unread {
        /// The file.
        file: FileId,
        /// One sentence: what went wrong, and what to do.
        sentence: String,
    },
    /// The answer to a question; `Err` is one sentence.
    Answer {
        /// As in the question.
        request: RequestId,
        /// What was asked for, or why it cannot be had.
        answer: Result<Answer, String>,
    },
    /// The worker has failed and is of no more use.
    Crashed {
        /// Where in the program, for a bug report.
        place: String,
        /// What it was doing.
        doing: Option<Job>,
    },
}

/// Something the worker does, in steps between those of other jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Reads a file.
    Reading(FileId),
    /// Answers a question.
    Answering(RequestId),
}

/// A report without its messages, of which there may be a million: the table asks for those it
/// shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The report; `messages` is empty.
    pub report: Report,
    /// How many messages there are.
    pub messages: usize,
}

impl Summary {
    /// What `report` says, less its messages.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self {
            messages: report.messages.len(),
            report: Report {
                schema: report.schema.clone(),
                file: report.file.clone(),
                status: report.status,
                error: report.error.clone(),
                warnings: report.warnings.clone(),
                warnings_omitted: report.warnings_omitted,
                capture: report.capture.clone(),
                messages: Vec::new(),
                calls: report.calls.clone(),
                transactions: report.transactions.clone(),
                tls: report.tls.clone(),
                streams: report.streams.clone(),
                recording_sessions: report.recording_sessions.clone(),
                problems: report.problems.clone(),
                problems_omitted: report.problems_omitted,
                recording: report.recording.clone(),
            },
        }
    }
}

/// What the worker answers, variant by variant as in [`Question`].
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To [`Question::Flow`].
    Flow(Rc<Flow>),
    /// To [`Question::Svg`].
    Svg(String),
    /// To [`Question::Messages`].
    Messages(Rc<MessagePage>),
    /// To [`Question::Message`] and [`Question::Header`]; attached: the bytes, a `Uint8Array`.
    Bytes(Rc<Dissection>),
    /// To [`Question::Audio`]; attached: per channel the samples and the [peaks](PEAK_FRAMES),
    /// both an `Int16Array`.
    Audio(Sound),
    /// To [`Question::Wav`]; attached: the file, a `Uint8Array`.
    Wav,
    /// To [`Question::Quality`].
    Quality(Rc<Vec<Bucket>>),
}

/// Frames that one pair of peaks (smallest, largest sample) stands for.
pub const PEAK_FRAMES: usize = 160;

/// Rows of the message table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessagePage {
    /// Rows that match in all.
    pub total: usize,
    /// The place of the first of `rows` among them.
    pub first: usize,
    /// Those asked for: index in the report, and message.
    pub rows: Vec<(usize, Message)>,
}

/// Bytes and what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissection {
    /// The packet that the bytes end in, from 1; none for a recording.
    pub packet: Option<u64>,
    /// Where the bytes begin in the file; none when several packets were put together.
    pub offset: Option<u64>,
    /// The parts, their offsets counted from the first byte.
    pub fields: Vec<Field>,
}

/// What is said about samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// Frames per second.
    pub sample_rate: u32,
    /// Whose voice each channel is.
    pub labels: Vec<String>,
    /// When the first frame was captured, in seconds since the epoch.
    pub start: Option<f64>,
}

/// A message for `postMessage`: `body`, then `attachments`.
#[must_use]
pub fn pack(body: &impl Wire, attachments: &Array) -> Array {
    let mut bytes = Vec::new();
    body.put(&mut bytes);
    Array::of1(&Uint8Array::from(bytes.as_slice())).concat(attachments)
}

/// The parts of a message that [`pack`] made; none when it is no such message.
#[must_use]
pub fn unpack<T: Wire>(message: &JsValue) -> Option<(T, Array)> {
    let parts: &Array = message.dyn_ref()?;
    let bytes = parts.shift().dyn_into::<Uint8Array>().ok()?.to_vec();
    Some((T::take(&mut bytes.as_slice())?, parts.clone()))
}
