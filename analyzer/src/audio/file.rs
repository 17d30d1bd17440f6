//! Sound out of a file that is itself a recording: a phone's, or WAVE.

use recscope_core::codec::{Codec, Decoder};
use recscope_core::{Limits, ParseError, recording, wave};

/// Takes samples, channels interleaved, at a position counted in samples per channel.
pub(crate) trait Sink: FnMut(&Sound, u64, &[i16]) {}
impl<F: FnMut(&Sound, u64, &[i16])> Sink for F {}

/// What the samples are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sound {
    pub(crate) sample_rate: u32,
    pub(crate) channels: u16,
}

/// The sound of either kind of file.
#[derive(Debug)]
pub(crate) enum FileSound {
    Phone(Box<PhoneSound>),
    Wave(Box<WaveSound>),
}

impl FileSound {
    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// Where the file cannot be read on.
    pub(crate) fn push(&mut self, chunk: &[u8], sink: &mut impl Sink) -> Result<(), ParseError> {
        match self {
            Self::Phone(phone) => phone.push(chunk, sink),
            Self::Wave(wave) => wave.push(chunk, sink),
        }
    }

    /// Takes what waited for the end of the file.
    ///
    /// # Errors
    /// As [`FileSound::push`].
    pub(crate) fn end_of_input(&mut self, sink: &mut impl Sink) -> Result<(), ParseError> {
        match self {
            Self::Phone(phone) => phone.end_of_input(sink),
            Self::Wave(_) => Ok(()),
        }
    }
}

/// Decodes a phone's recording as it is pushed.
#[derive(Debug)]
pub(crate) struct PhoneSound {
    pub(crate) reader: recording::Reader,
    decoder: Option<(Codec, Decoder)>,
    samples: Vec<i16>,
}

impl PhoneSound {
    pub(crate) fn new(size: Option<u64>, limits: &Limits) -> Self {
        Self { reader: recording::Reader::new(size, limits), decoder: None, samples: Vec::new() }
    }

    fn push(&mut self, mut chunk: &[u8], sink: &mut impl Sink) -> Result<(), ParseError> {
        loop {
            let (consumed, step) = self.reader.push(chunk)?;
            match step {
                recording::Step::Header(header) => {
                    self.decoder = header.codec().map(|codec| (codec, Decoder::new(codec)));
                }
                recording::Step::Block(block) => {
                    if self.decoder.is_none() && block.index == 0 {
                        // A header without a name; the payload type tells.
                        let codec =
                            block.rtp.and_then(|rtp| Codec::from_payload_type(rtp.payload_type));
                        self.decoder = codec.map(|codec| (codec, Decoder::new(codec)));
                    }
                    if let Some((codec, decoder)) = &mut self.decoder {
                        self.samples.clear();
                        decoder.decode(block.payload(), &mut self.samples);
                        let sample_rate = codec.sample_rate();
                        let per_tick = u64::from(sample_rate / codec.rtp_clock());
                        let sound = Sound { sample_rate, channels: 1 };
                        sink(&sound, block.position.saturating_mul(per_tick), &self.samples);
                    }
                }
                recording::Step::NeedMore | recording::Step::End => return Ok(()),
            }
            chunk = chunk.get(consumed..).unwrap_or_default();
        }
    }

    /// The last blocks of a file of unknown size are known as such at its end only.
    fn end_of_input(&mut self, sink: &mut impl Sink) -> Result<(), ParseError> {
        self.reader.end_of_input();
        self.push(&[], sink)
    }
}

/// Converts a WAVE file as it is pushed.
#[derive(Debug)]
pub(crate) struct WaveSound {
    pub(crate) reader: wave::Reader,
    converter: Option<(Sound, wave::SampleReader)>,
    /// Samples per channel so far.
    position: u64,
    samples: Vec<i16>,
    /// The chunks met, the first so many.
    pub(crate) chunks: Vec<wave::Chunk>,
}

impl WaveSound {
    const MOST_CHUNKS: usize = 100;

    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            reader: wave::Reader::new(limits),
            converter: None,
            position: 0,
            samples: Vec::new(),
            chunks: Vec::new(),
        }
    }

    fn push(&mut self, mut chunk: &[u8], sink: &mut impl Sink) -> Result<(), ParseError> {
        loop {
            let (consumed, step) = self.reader.push(chunk)?;
            match step {
                wave::Step::Chunk(found) => {
                    if self.chunks.len() < Self::MOST_CHUNKS {
                        self.chunks.push(found);
                    }
                }
                wave::Step::Format(format) => {
                    let sound =
                        Sound { sample_rate: format.sample_rate, channels: format.channels };
                    // A format that is not read leaves the file described, and mute.
                    let converter = wave::SampleReader::new(&format).ok();
                    self.converter = converter.map(|converter| (sound, converter));
                }
                wave::Step::Data(bytes) => {
                    if let Some((sound, converter)) = &mut self.converter {
                        self.samples.clear();
                        converter.push(bytes, &mut self.samples);
                        sink(sound, self.position, &self.samples);
                        let frames = self.samples.len() / usize::from(sound.channels.max(1));
                        self.position += frames as u64;
                    }
                }
                wave::Step::NeedMore | wave::Step::End => return Ok(()),
            }
            chunk = chunk.get(consumed..).unwrap_or_default();
        }
    }
}
