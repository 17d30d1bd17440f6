//! The answers to questions about a file that was read.

use super::desk::Shelved;
use super::reading::read_range;
use crate::protocol::{
    Answer, Dissection, MessagePage, MessageQuery, PEAK_FRAMES, Question, Sound,
};
use crate::wording::lower_case;
use js_sys::{Array, Int16Array, Uint8Array};
use recscope_analyzer::audio::peaks;
use recscope_analyzer::report::{Message, Report};
use recscope_analyzer::{Audio, AudioRequest};
use recscope_flow::layout::{Density, LayoutOptions};
use recscope_flow::svg::to_svg;
use std::rc::Rc;

/// Bytes of a recording's header shown at most: chunk lists of real WAVE files are far shorter.
const HEADER_BYTES: u64 = 4096;

/// Indices of the messages that the last query found, so that scrolling does not search again.
#[derive(Default)]
pub(super) struct Search {
    call: Option<usize>,
    text: String,
    found: Option<Vec<usize>>,
}

/// Answers `question`, with the typed arrays to attach.
///
/// # Errors
///
/// One sentence that says why there is no answer.
pub(super) async fn answer(
    shelved: &Shelved,
    question: Question,
) -> Result<(Answer, Array), String> {
    let analysis = &shelved.analysis;
    let answer = match question {
        Question::Flow(scope) => Answer::Flow(Rc::new(analysis.flow(scope))),
        Question::Svg(scope) => {
            let flow = analysis.flow(scope);
            // As `recscope flow --format svg` lays it out, so that both write the same file.
            let options = LayoutOptions::natural(&flow, Density::Comfortable);
            Answer::Svg(to_svg(&flow, &options))
        }
        Question::Messages(query) => {
            let page = page(analysis.report(), &mut shelved.search.borrow_mut(), &query);
            Answer::Messages(Rc::new(page))
        }
        Question::Message(index) => {
            let detail = analysis.message(index).ok_or("this message was not kept")?;
            let raw = Uint8Array::from(detail.raw.as_slice());
            let dissection = Dissection {
                packet: Some(detail.packet),
                offset: detail.offset,
                fields: detail.fields,
            };
            return Ok((Answer::Bytes(Rc::new(dissection)), Array::of1(&raw)));
        }
        Question::Header => {
            let fields = analysis.recording_fields();
            let end = fields.iter().map(|field| field.offset.saturating_add(field.len)).max();
            let mut raw = Vec::new();
            read_range(&shelved.file, 0..end.unwrap_or(0).min(HEADER_BYTES), &mut raw).await?;
            let raw = Uint8Array::from(raw.as_slice());
            let dissection = Dissection { packet: None, offset: Some(0), fields };
            return Ok((Answer::Bytes(Rc::new(dissection)), Array::of1(&raw)));
        }
        Question::Audio(request) => {
            let audio = extract(shelved, request).await?;
            return Ok(sound(&audio));
        }
        Question::Wav(request) => {
            let wav = extract(shelved, request).await?.to_wav();
            return Ok((Answer::Wav, Array::of1(&Uint8Array::from(wav.as_slice()))));
        }
        Question::Quality(stream) => Answer::Quality(Rc::new(analysis.buckets(stream).to_vec())),
    };
    Ok((answer, Array::new()))
}

/// Reads from the file what `request` needs.
async fn extract(shelved: &Shelved, request: AudioRequest) -> Result<Audio, String> {
    let mut extraction = shelved.analysis.audio(request).map_err(|error| error.to_string())?;
    let mut piece = Vec::new();
    while let Some(range) = extraction.wanted() {
        read_range(&shelved.file, range, &mut piece).await?;
        extraction.push(&piece);
    }
    Ok(extraction.finish())
}

fn sound(audio: &Audio) -> (Answer, Array) {
    let attachments = Array::new();
    for channel in &audio.channels {
        let samples = channel.samples.as_slice();
        attachments.push(&Int16Array::from(samples));
        let pairs: Vec<i16> = peaks(samples, samples.len().div_ceil(PEAK_FRAMES))
            .into_iter()
            .flat_map(|(low, high)| [low, high])
            .collect();
        attachments.push(&Int16Array::from(pairs.as_slice()));
    }
    let sound = Sound {
        sample_rate: audio.sample_rate,
        labels: audio.channels.iter().map(|channel| channel.label.clone()).collect(),
        start: audio.start,
    };
    (Answer::Audio(sound), attachments)
}

/// The rows that `query` asks for.
fn page(report: &Report, search: &mut Search, query: &MessageQuery) -> MessagePage {
    let text = lower_case(query.text.trim());
    if query.call.is_none() && text.is_empty() {
        let rows = report.messages.iter().enumerate().skip(query.first).take(query.count);
        return MessagePage {
            total: report.messages.len(),
            first: query.first,
            rows: rows.map(|(index, message)| (index, message.clone())).collect(),
        };
    }
    if search.found.is_none() || search.call != query.call || search.text != text {
        let messages = report.messages.iter().enumerate();
        search.found = Some(
            messages
                .filter(|(_, message)| query.call.is_none_or(|call| message.call == Some(call)))
                .filter(|(_, message)| mentions(message, &text))
                .map(|(index, _)| index)
                .collect(),
        );
        search.call = query.call;
        search.text = text;
    }
    let found = search.found.as_deref().unwrap_or_default();
    let rows = found.iter().skip(query.first).take(query.count);
    MessagePage {
        total: found.len(),
        first: query.first,
        rows: rows
            .filter_map(|&index| Some((index, report.messages.get(index)?.clone())))
            .collect(),
    }
}

/// Whether a column of the table shows `text`, which is in lower case.
fn mentions(message: &Message, text: &str) -> bool {
    [&message.summary, &message.src, &message.dst]
        .into_iter()
        .any(|column| lower_case(column).contains(text))
}
