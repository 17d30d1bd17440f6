//! A recording's way: a phone's recording or a WAVE file → its description and levels.

use super::{Outcome, Subject};
use crate::analysis::Field;
use crate::audio::Levels;
use crate::audio::file::{FileSound, PhoneSound, Sound, WaveSound};
use crate::findings::Findings;
use crate::report::{FileKind, Gap, Recording, hundredths, milliseconds_of};
use recscope_core::codec::Codec;
use recscope_core::recording::{self, Encoding, GapKind};
use recscope_core::{Layer, Limits, ParseError, wave};

/// Reads one recording.
#[derive(Debug)]
pub(super) struct RecordingPipeline {
    content: FileSound,
    levels: Option<Levels>,
    /// The file's first bytes, for the inspector.
    head: Vec<u8>,
    /// Why there is no going on.
    error: Option<ParseError>,
    limits: Limits,
    bytes: u64,
}

/// A recording and how to read it again.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) kind: RecordedKind,
    pub(crate) recording: Recording,
    pub(crate) fields: Vec<Field>,
    /// Bytes of the (inflated) file.
    pub(crate) bytes: u64,
    /// The sound can be decoded.
    pub(crate) is_audible: bool,
    pub(crate) limits: Limits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordedKind {
    Phone,
    Wave,
}

impl RecordingPipeline {
    /// Bytes kept for the inspector.
    const HEAD: usize = 4096;

    pub(super) fn phone(size: Option<u64>, limits: &Limits) -> Self {
        Self::new(FileSound::Phone(Box::new(PhoneSound::new(size, limits))), limits)
    }

    pub(super) fn wave(limits: &Limits) -> Self {
        Self::new(FileSound::Wave(Box::new(WaveSound::new(limits))), limits)
    }

    fn new(content: FileSound, limits: &Limits) -> Self {
        Self {
            content,
            levels: None,
            head: Vec::new(),
            error: None,
            limits: limits.clone(),
            bytes: 0,
        }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        let missing = Self::HEAD.saturating_sub(self.head.len()).min(chunk.len());
        self.head.extend_from_slice(chunk.get(..missing).unwrap_or_default());
        if self.error.is_some() {
            return;
        }
        self.error = self.content.push(chunk, &mut measure(&mut self.levels)).err();
    }

    pub(super) fn finish(mut self, findings: Findings) -> Outcome {
        if self.error.is_none() {
            self.error = self.content.end_of_input(&mut measure(&mut self.levels)).err();
        }
        let Self { head, levels, limits, bytes, error, content } = self;
        let file = FileEnd { head, levels, limits, bytes };
        match content {
            FileSound::Phone(phone) => {
                let summary = error.map_or_else(|| phone.reader.finish(), Err);
                file.into_outcome(FileKind::PhoneRecording, &summary, findings, of_phone)
            }
            FileSound::Wave(sound) => {
                let WaveSound { reader, chunks, .. } = *sound;
                let summary = error.map_or_else(|| reader.finish(), Err);
                let describe = |summary: &_, file: &_, findings: &mut _| {
                    of_wave(summary, &chunks, file, findings)
                };
                file.into_outcome(FileKind::RiffWave, &summary, findings, describe)
            }
        }
    }
}

/// Passes samples on to the levels, which are made for the first of them.
fn measure(levels: &mut Option<Levels>) -> impl FnMut(&Sound, u64, &[i16]) {
    |sound, _, samples| {
        levels.get_or_insert_with(|| Levels::new(sound.sample_rate, sound.channels)).push(samples);
    }
}

/// What is known at the end of either kind of file.
struct FileEnd {
    head: Vec<u8>,
    levels: Option<Levels>,
    limits: Limits,
    bytes: u64,
}

impl FileEnd {
    fn into_outcome<S>(
        self,
        kind: FileKind,
        summary: &Result<S, ParseError>,
        mut findings: Findings,
        describe: impl FnOnce(&S, &Self, &mut Findings) -> Recorded,
    ) -> Outcome {
        match summary {
            Ok(summary) => {
                let recorded = describe(summary, &self, &mut findings);
                let subject = Subject::Recording(Box::new(recorded));
                Outcome { kind, findings, error: None, subject }
            }
            Err(error) => {
                let error = Some(error.clone());
                Outcome { kind, findings, error, subject: Subject::Nothing }
            }
        }
    }
}

fn of_phone(summary: &recording::Summary, file: &FileEnd, findings: &mut Findings) -> Recorded {
    let header = &summary.header;
    let name = header.codec.as_str();
    let codec = match summary.codec.map(Codec::name).or(Encoding::find(name).map(|e| e.name)) {
        Some(known) => known.to_owned(),
        None => name.trim().to_owned(),
    };
    for warning in &summary.warnings {
        findings.warn(warning);
    }
    for gap in &summary.gaps {
        let GapKind::Lost { blocks } = gap.kind else { continue };
        findings.mark_damaged();
        findings.say(gap.offset, Layer::Recording, || {
            let at = summary.time_of(gap.position);
            format!("{blocks} blocks are missing before this one, at {:.3} s", at.as_secs_f64())
        });
    }
    if !summary.repairs.is_empty() {
        findings.mark_damaged();
    }
    findings.omit(summary.repairs_omitted + summary.gaps_omitted);
    let gap = |gap: &recording::Gap| Gap {
        at_ms: milliseconds_of(summary.time_of(gap.position)),
        ms: milliseconds_of(summary.time_of(gap.ticks)),
    };
    let levels = file.levels.as_ref();
    let recording = Recording {
        codec,
        rtp_len: Some(header.rtp_len.into()),
        increment: Some(header.increment.into()),
        data_size: header.data_size.into(),
        byte_order: header.byte_order.name().to_owned(),
        blocks: Some(summary.blocks),
        rtp_headers: Some(summary.layout.rtp_headers.name().to_owned()),
        certainty: Some(hundredths(summary.layout.certainty)),
        sample_rate: summary.codec.map_or(summary.clock, Codec::sample_rate),
        channels: 1,
        duration_ms: milliseconds_of(summary.span),
        lost: summary.lost,
        gaps: summary.gaps.iter().map(gap).collect(),
        repairs: summary.repairs.iter().map(ToString::to_string).collect(),
        peak_dbfs: levels.and_then(Levels::peak_dbfs).map(hundredths),
        rms_dbfs: levels.and_then(Levels::rms_dbfs).map(hundredths),
        silence_percent: levels.and_then(Levels::silence_percent).map(hundredths),
    };
    Recorded {
        kind: RecordedKind::Phone,
        fields: super::fields::of_phone(summary, &file.head),
        recording,
        bytes: file.bytes,
        is_audible: summary.codec.is_some(),
        limits: file.limits.clone(),
    }
}

fn of_wave(
    summary: &wave::Summary,
    chunks: &[wave::Chunk],
    file: &FileEnd,
    findings: &mut Findings,
) -> Recorded {
    for warning in &summary.warnings {
        findings.warn(warning);
    }
    if summary.data_claimed.is_some_and(|claimed| claimed > summary.data_len) {
        findings.mark_damaged();
    }
    let format = &summary.format;
    let levels = file.levels.as_ref();
    let recording = Recording {
        codec: format.encoding.name().to_owned(),
        data_size: summary.data_claimed.unwrap_or(summary.data_len),
        byte_order: format.container.byte_order().name().to_owned(),
        sample_rate: format.sample_rate,
        channels: format.channels,
        duration_ms: milliseconds_of(summary.duration()),
        peak_dbfs: levels.and_then(Levels::peak_dbfs).map(hundredths),
        rms_dbfs: levels.and_then(Levels::rms_dbfs).map(hundredths),
        silence_percent: levels.and_then(Levels::silence_percent).map(hundredths),
        ..Recording::default()
    };
    Recorded {
        kind: RecordedKind::Wave,
        fields: super::fields::of_wave(summary, chunks, &file.head),
        recording,
        bytes: file.bytes,
        is_audible: wave::SampleReader::new(format).is_ok(),
        limits: file.limits.clone(),
    }
}
