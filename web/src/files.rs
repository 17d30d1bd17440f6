//! The files on the page, and which of their parts is looked at.

use crate::client::FileEvent;
use crate::protocol::{FileId, Summary};
use crate::same::Same;
use recscope_analyzer::report::{FileKind, Status};
use recscope_analyzer::{AudioRequest, FlowScope};
use std::rc::Rc;
use yew::{AttrValue, Reducible};

/// How far a file has come.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Others are read before it.
    Waiting,
    /// It is being read.
    Reading {
        /// Bytes so far.
        bytes: f64,
        /// Bytes per second.
        rate: f64,
    },
    /// It was read, whole, damaged or in vain.
    Read(Same<Summary>),
    /// The browser or the worker failed at it, says this sentence.
    Failed(AttrValue),
}

impl State {
    /// Whether more is still to come.
    #[must_use]
    pub const fn is_reading(&self) -> bool {
        matches!(self, Self::Waiting | Self::Reading { .. })
    }
}

/// A row of the file list.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name in messages to the worker.
    pub id: FileId,
    /// Name without folders.
    pub name: AttrValue,
    /// Bytes.
    pub size: f64,
    /// How far it has come.
    pub state: State,
}

impl Entry {
    /// The report of a file that could be read.
    #[must_use]
    pub fn summary(&self) -> Option<&Same<Summary>> {
        match &self.state {
            State::Read(summary) if summary.report.status != Status::Unreadable => Some(summary),
            _ => None,
        }
    }
}

/// What is looked at. Indices are those of the file's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of the file.
    Whole,
    /// A call.
    Call(usize),
    /// A stream.
    Stream(usize),
    /// A recording session.
    Session(usize),
    /// A SIP transaction outside calls.
    Transaction(usize),
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The file.
    pub file: FileId,
    /// Its part.
    pub part: Part,
}

/// All files, in the order in which they were opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Files {
    /// The rows.
    pub entries: Vec<Rc<Entry>>,
    /// What is looked at.
    pub selection: Option<Selection>,
}

/// What changes [`Files`].
#[derive(Clone, Debug)]
pub enum Change {
    /// A file was opened.
    Opened(Entry),
    /// A file was removed, or its reading cancelled.
    Closed(FileId),
    /// Something happened to a file.
    Happened(FileId, FileEvent),
    /// The user chose what to look at.
    Selected(Selection),
}

impl Change {
    /// `file` was opened and is called `id`.
    #[must_use]
    pub fn opened(file: &web_sys::File, id: FileId) -> Self {
        let (name, size) = (file.name().into(), file.size());
        Self::Opened(Entry { id, name, size, state: State::Waiting })
    }
}

impl Files {
    /// The file `id`.
    #[must_use]
    pub fn entry(&self, id: FileId) -> Option<&Rc<Entry>> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The report of the file that is looked at, if it could be read.
    #[must_use]
    pub fn selected(&self) -> Option<(Selection, Same<Summary>)> {
        let selection = self.selection?;
        let summary = self.entry(selection.file)?.summary()?;
        Some((selection, summary.clone()))
    }

    /// Whether any file is still waiting or being read.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        let is_reading = |entry: &Rc<Entry>| entry.state.is_reading();
        self.entries.iter().any(is_reading)
    }

    fn set_state(&mut self, id: FileId, state: State) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            Rc::make_mut(entry).state = state;
        }
    }

    /// Looks at `file` if nothing worth looking at is selected.
    fn offer(&mut self, file: FileId, part: Part) {
        if self.selected().is_none() || self.selection.is_some_and(|chosen| chosen.file == file) {
            let kept = self.selection.filter(|chosen| chosen.file == file);
            self.selection = kept.or(Some(Selection { file, part }));
        }
    }
}

impl Reducible for Files {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut files = Rc::unwrap_or_clone(self);
        match change {
            Change::Opened(entry) => files.entries.push(Rc::new(entry)),
            Change::Closed(id) => {
                files.entries.retain(|entry| entry.id != id);
                if files.selection.is_some_and(|selection| selection.file == id) {
                    files.selection = None;
                    let next = files
                        .entries
                        .iter()
                        .find_map(|entry| Some((entry.id, first_part(entry.summary()?))));
                    if let Some((file, part)) = next {
                        files.offer(file, part);
                    }
                }
            }
            Change::Happened(id, FileEvent::Waiting) => files.set_state(id, State::Waiting),
            Change::Happened(id, FileEvent::Progress { bytes, rate }) => {
                files.set_state(id, State::Reading { bytes, rate });
            }
            Change::Happened(id, FileEvent::Read(summary)) => {
                let part = first_part(&summary);
                files.set_state(id, State::Read(Same(summary)));
                files.offer(id, part);
            }
            Change::Happened(id, FileEvent::Unread(sentence)) => {
                files.set_state(id, State::Failed(sentence.into()));
            }
            Change::Selected(selection) => files.selection = Some(selection),
        }
        Rc::new(files)
    }
}

/// What there is most likely to look at first.
#[must_use]
pub fn first_part(summary: &Summary) -> Part {
    let report = &summary.report;
    if !report.calls.is_empty() {
        Part::Call(0)
    } else if report.messages.is_empty() && summary.messages == 0 && !report.streams.is_empty() {
        Part::Stream(0)
    } else {
        Part::Whole
    }
}

/// The flow that shows `part`.
#[must_use]
pub fn flow_scope(summary: &Summary, part: Part) -> FlowScope {
    match part {
        Part::Call(call) => FlowScope::Call(call),
        Part::Session(session) => FlowScope::Session(session),
        Part::Transaction(transaction) => FlowScope::Transaction(transaction),
        Part::Stream(stream) => {
            let call = summary.report.streams.get(stream).and_then(|stream| stream.call);
            call.map_or(FlowScope::All, FlowScope::Call)
        }
        Part::Whole => FlowScope::All,
    }
}

/// Whether `part` is a call of which other legs are known.
#[must_use]
pub fn has_legs(summary: &Summary, part: Part) -> bool {
    let call = match part {
        Part::Call(call) => summary.report.calls.get(call),
        _ => None,
    };
    call.is_some_and(|call| !call.correlated.is_empty())
}

/// What there is to hear of `part`.
#[must_use]
pub fn audio_request(summary: &Summary, part: Part) -> Option<AudioRequest> {
    let report = &summary.report;
    match part {
        Part::Stream(stream) => Some(AudioRequest::Stream(stream)),
        Part::Call(call) => {
            let streams = &report.calls.get(call)?.streams;
            (!streams.is_empty()).then_some(AudioRequest::Call(call))
        }
        Part::Session(session) => {
            let stream = report.recording_sessions.get(session)?.streams.first()?;
            Some(AudioRequest::Stream(*stream))
        }
        Part::Transaction(_) => None,
        Part::Whole if is_recording(report.file.kind) => Some(AudioRequest::Recording),
        Part::Whole => {
            let call = report.calls.iter().find(|call| !call.streams.is_empty());
            call.map(|call| AudioRequest::Call(call.id))
                .or_else(|| Some(AudioRequest::Stream(report.streams.first()?.id)))
        }
    }
}

/// The streams whose quality is shown for `part`.
#[must_use]
pub fn streams_of(summary: &Summary, part: Part) -> Vec<usize> {
    let report = &summary.report;
    match part {
        Part::Stream(stream) => vec![stream],
        Part::Transaction(_) => Vec::new(),
        Part::Call(call) => {
            report.calls.get(call).map(|call| call.streams.clone()).unwrap_or_default()
        }
        Part::Session(session) => report
            .recording_sessions
            .get(session)
            .map(|session| session.streams.clone())
            .unwrap_or_default(),
        Part::Whole => report.streams.iter().map(|stream| stream.id).collect(),
    }
}

/// Whether a file of this kind holds samples, and no packets.
#[must_use]
pub const fn is_recording(kind: FileKind) -> bool {
    matches!(kind, FileKind::PhoneRecording | FileKind::RiffWave)
}
