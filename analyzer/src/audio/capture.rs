//! Sound out of a capture: packets read again, those of the wanted streams placed in time.

use super::canvas::Canvas;
use super::timeline::Timeline;
use super::{Audio, Channel, resample};
use crate::capture::{Checkpoint, Reader, Step};
use crate::net::{Decoder, Payload};
use crate::order;
use crate::trace::{Ends, FastMap, StreamKey};
use recscope_core::Limits;
use recscope_core::rtp::Packet;
use std::ops::Range;

/// The streams to be heard, and where they lie.
#[derive(Debug)]
pub(super) struct CaptureExtraction {
    limits: Limits,
    /// Parts of the capture with the state to start each from, ascending.
    pieces: Vec<(Range<u64>, Checkpoint)>,
    next: usize,
    reader: Option<Reader>,
    decoder: Decoder,
    voices: Voices,
    channels: Vec<ChannelInWork>,
    start_ns: i64,
}

/// The timelines of the wanted streams.
#[derive(Debug)]
struct Voices {
    by_key: FastMap<StreamKey, usize>,
    all: Vec<Voice>,
}

#[derive(Debug)]
struct Voice {
    channel: usize,
    timeline: Timeline,
}

/// A channel with a canvas for each rate that occurs in it.
#[derive(Debug)]
struct ChannelInWork {
    label: String,
    limits: Limits,
    canvases: Vec<(u32, Canvas)>,
}

impl CaptureExtraction {
    /// Hears from `pieces` of a capture; the first sample is of `start_ns`.
    pub(super) fn new(
        pieces: Vec<(Range<u64>, Checkpoint)>,
        labels: Vec<String>,
        start_ns: i64,
        limits: &Limits,
    ) -> Self {
        let channel = |label| ChannelInWork { label, limits: limits.clone(), canvases: Vec::new() };
        Self {
            limits: limits.clone(),
            pieces,
            next: 0,
            reader: None,
            decoder: Decoder::new(limits),
            voices: Voices { by_key: FastMap::default(), all: Vec::new() },
            channels: labels.into_iter().map(channel).collect(),
            start_ns,
        }
    }

    /// Adds a stream to a channel.
    pub(super) fn add(&mut self, key: StreamKey, channel: usize, timeline: Timeline) {
        self.voices.by_key.insert(key, self.voices.all.len());
        self.voices.all.push(Voice { channel, timeline });
    }

    /// The bytes that are needed, ascending.
    pub(super) fn ranges(&self) -> Vec<Range<u64>> {
        self.pieces.iter().map(|(range, _)| range.clone()).collect()
    }

    /// Takes bytes of the capture that start at `offset`, in the order of the ranges.
    pub(super) fn push(&mut self, offset: u64, mut bytes: &[u8]) {
        while let Some((range, checkpoint)) = self.pieces.get(self.next) {
            if offset < range.end {
                if self.reader.is_none() {
                    let reader = Reader::resume(checkpoint.clone(), &self.limits);
                    self.reader = Some(reader);
                }
                break;
            }
            self.next += 1;
            self.reader = None;
        }
        let Some(reader) = &mut self.reader else { return };
        loop {
            let (consumed, step) = reader.push(bytes);
            match step {
                Step::Packet(packet) => {
                    let (voices, channels) = (&mut self.voices, &mut self.channels);
                    self.decoder.decode(&packet, &mut |payload| voices.hear(&payload, channels));
                }
                Step::NeedMore | Step::End => break,
                _ => {}
            }
            bytes = bytes.get(consumed..).unwrap_or_default();
        }
    }

    pub(super) fn finish(mut self) -> Audio {
        let (voices, channels) = (&mut self.voices, &mut self.channels);
        self.decoder.finish(&mut |payload| voices.hear(&payload, channels));
        for voice in self.voices.all {
            let Some(channel) = self.channels.get_mut(voice.channel) else { continue };
            voice.timeline.finish(&mut |rate, position, samples| {
                channel.put(rate, position, samples);
            });
        }
        let rates = self.channels.iter().flat_map(|channel| &channel.canvases);
        let sample_rate = rates.map(|(rate, _)| *rate).max().unwrap_or(8000);
        let beyond = self.channels.iter().flat_map(|channel| &channel.canvases);
        let is_cut = beyond.map(|(_, canvas)| canvas.beyond()).sum::<u64>() > 0;
        let mut channels: Vec<Channel> =
            self.channels.into_iter().map(|channel| channel.mix(sample_rate)).collect();
        let frames = channels.iter().map(|channel| channel.samples.len()).max().unwrap_or(0);
        for channel in &mut channels {
            channel.samples.resize(frames, 0);
        }
        let start = Some(crate::report::seconds(self.start_ns));
        Audio { sample_rate, channels, start, is_cut }
    }
}

impl Voices {
    fn hear(&mut self, payload: &Payload<'_>, channels: &mut [ChannelInWork]) {
        let Payload::Udp(datagram) = payload else { return };
        let Ok(packet) = Packet::parse(datagram.payload) else { return };
        let key = StreamKey::new(Ends { src: datagram.src, dst: datagram.dst }, packet.ssrc);
        let voice = self.by_key.get(&key).and_then(|&index| self.all.get_mut(index));
        let Some(voice) = voice else { return };
        let Some(channel) = channels.get_mut(voice.channel) else { return };
        voice.timeline.on_packet(
            datagram.packet,
            datagram.time_ns,
            &packet,
            &mut |rate, position, samples: &[i16]| channel.put(rate, position, samples),
        );
    }
}

impl ChannelInWork {
    fn put(&mut self, rate: u32, position: u64, samples: &[i16]) {
        let at = self.canvases.iter().position(|(other, _)| *other == rate);
        let at = at.unwrap_or_else(|| {
            self.canvases.push((rate, Canvas::new(&self.limits)));
            self.canvases.len() - 1
        });
        if let Some((_, canvas)) = self.canvases.get_mut(at) {
            canvas.put(position, samples);
        }
    }

    /// All of it at one rate, which is that of the canvases or twice that.
    fn mix(self, sample_rate: u32) -> Channel {
        let mut mixed: Option<Canvas> = None;
        let mut canvases = self.canvases;
        // The highest rate first: it is taken as it is, the others are added to it.
        order::sort_by_key(&mut canvases, |&(rate, _)| u64::MAX - u64::from(rate));
        for (rate, canvas) in canvases {
            if rate == sample_rate && mixed.is_none() {
                mixed = Some(canvas);
            } else {
                let doubled = resample::double(&canvas.into_samples());
                mixed.get_or_insert_with(|| Canvas::new(&self.limits)).put(0, &doubled);
            }
        }
        let samples = mixed.map(Canvas::into_samples).unwrap_or_default();
        Channel { label: self.label, samples }
    }
}
