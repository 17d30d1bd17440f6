//! Which streams make up what was asked for.

use super::capture::CaptureExtraction;
use super::timeline::{Payload, Timeline};
use super::{AudioError, Extraction};
use crate::order;
use crate::pipeline::{CapturedTraffic, Recorded};
use crate::trace::{CallIndex, ChunkIndex, Ends, Party, Runs, Stream, StreamKey};

/// One RTP stream, mono.
pub(crate) fn of_stream(
    captured: &CapturedTraffic,
    index: usize,
    file: FileShape,
) -> Result<Extraction, AudioError> {
    let streams = &captured.traffic.streams;
    let stream = streams.get(index).ok_or(AudioError::NoSuchStream { index })?;
    check(stream, index)?;
    let label = format!("{} {}", stream.ssrc, stream.src);
    Ok(extract(captured, &[(label, vec![stream])], file))
}

/// Both directions of a call: the caller's voice first.
pub(crate) fn of_call(
    captured: &CapturedTraffic,
    index: usize,
    file: FileShape,
) -> Result<Extraction, AudioError> {
    let call = captured.traffic.calls.get(index).ok_or(AudioError::NoSuchCall { index })?;
    let side = |party: Party, uri: &str| {
        let owned = captured.traffic.streams.iter().filter(|stream| {
            stream.call() == Some(CallIndex(index)) && stream.sender() == Some(party)
        });
        let role = if party == Party::Caller { "caller" } else { "callee" };
        (format!("{role} {uri}"), once_each(owned.filter(|stream| check(stream, 0).is_ok())))
    };
    let mut sides = vec![side(Party::Caller, &call.from), side(Party::Callee, &call.to)];
    sides.retain(|(_, streams)| !streams.is_empty());
    if sides.is_empty() {
        // Say what is wrong with the first stream rather than that there is nothing.
        for (number, stream) in captured.traffic.streams.iter().enumerate() {
            if stream.call() == Some(CallIndex(index)) {
                check(stream, number)?;
            }
        }
        return Err(AudioError::SilentCall { index });
    }
    Ok(extract(captured, &sides, file))
}

/// A phone's recording or a WAVE file.
pub(crate) fn of_recording(recorded: &Recorded, file: FileShape) -> Result<Extraction, AudioError> {
    if !recorded.is_audible {
        return Err(AudioError::UnsupportedCodec { codec: recorded.recording.codec.clone() });
    }
    Ok(Extraction::of_recording(recorded, file.bytes, file.is_gzip))
}

/// How large the file is and whether it is compressed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileShape {
    pub(crate) bytes: u64,
    pub(crate) is_gzip: bool,
}

/// Whether a stream can be heard.
fn check(stream: &Stream, index: usize) -> Result<(), AudioError> {
    if stream.encrypted {
        return Err(AudioError::Encrypted { index });
    }
    if stream.payloads.iter().any(|payload| payload.format.codec.is_some()) {
        return Ok(());
    }
    let codec = match stream.main_payload().map(|payload| &payload.format) {
        Some(format) if !format.name.is_empty() => format.name.to_string(),
        Some(format) => format!("payload type {}", format.payload_type),
        None => String::from("a stream without packets"),
    };
    Err(AudioError::UnsupportedCodec { codec })
}

/// Leaves out streams that run beside a larger one of the same direction: where a capture sees
/// both sides of a media relay, the same voice is there twice.
fn once_each<'a>(streams: impl Iterator<Item = &'a Stream>) -> Vec<&'a Stream> {
    let mut by_size: Vec<&Stream> = streams.collect();
    order::sort_by_key(&mut by_size, |stream| u64::MAX - stream.statistics.summary().packets);
    let mut kept: Vec<&Stream> = Vec::new();
    for stream in by_size {
        let length = stream.last_ns.saturating_sub(stream.first_ns);
        let is_beside = kept.iter().any(|other| {
            let common = stream
                .last_ns
                .min(other.last_ns)
                .saturating_sub(stream.first_ns.max(other.first_ns));
            common > length / 2
        });
        if !is_beside {
            kept.push(stream);
        }
    }
    kept
}

fn extract(
    captured: &CapturedTraffic,
    channels: &[(String, Vec<&Stream>)],
    file: FileShape,
) -> Extraction {
    let streams = || channels.iter().flat_map(|(_, streams)| streams.iter().copied());
    let start_ns = streams().map(|stream| stream.first_ns).min().unwrap_or_default();
    let runs = Runs::union(streams().map(|stream| &stream.runs));
    let pieces = runs
        .into_iter()
        .filter_map(|run| {
            let checkpoint = captured.chunks.checkpoint(ChunkIndex(run.start))?;
            Some((captured.chunks.bytes(&run, captured.bytes), checkpoint.clone()))
        })
        .collect();
    let labels = channels.iter().map(|(label, _)| label.clone()).collect();
    let mut extraction = CaptureExtraction::new(pieces, labels, start_ns, &captured.limits);
    for (channel, (_, streams)) in channels.iter().enumerate() {
        for stream in streams {
            let key = StreamKey::new(Ends { src: stream.src, dst: stream.dst }, stream.ssrc);
            extraction.add(key, channel, Timeline::new(payloads(stream), start_ns));
        }
    }
    Extraction::of_capture(extraction, file.bytes, file.is_gzip)
}

/// What the timeline needs to know of a stream's payload types. What one was first met with held
/// from the start; signalling may have told it later.
fn payloads(stream: &Stream) -> Vec<Payload> {
    let mut seen = [false; 128];
    stream
        .payloads
        .iter()
        .map(|payload| {
            let format = &payload.format;
            let seen = seen.get_mut(usize::from(format.payload_type));
            let is_first = seen.is_some_and(|seen| !std::mem::replace(seen, true));
            Payload {
                payload_type: format.payload_type,
                since_packet: if is_first { 0 } else { payload.since_packet },
                codec: format.codec,
                role: format.role,
                clock: format.clock,
            }
        })
        .collect()
}
