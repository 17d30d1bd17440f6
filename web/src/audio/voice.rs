//! The Web Audio graph: per channel a gain and a pan, and blocks of samples queued into them.

use super::track::Pan;
use wasm_bindgen::JsValue;
use web_sys::{
    AudioBufferSourceNode, AudioContext, AudioContextOptions, GainNode, StereoPannerNode,
};

/// How a channel is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strip {
    /// Whether it is heard at all.
    pub audibility: Audibility,
    /// Where.
    pub pan: Pan,
}

/// Whether a channel is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audibility {
    /// It is.
    Heard,
    /// It is not.
    Muted,
}

impl Audibility {
    /// The other one.
    #[must_use]
    pub const fn toggled(self) -> Self {
        match self {
            Self::Heard => Self::Muted,
            Self::Muted => Self::Heard,
        }
    }

    const fn gain(self) -> f32 {
        match self {
            Self::Heard => 1.0,
            Self::Muted => 0.0,
        }
    }
}

/// A graph for tracks of one sample rate.
pub(super) struct Voice {
    context: AudioContext,
    sample_rate: f32,
    channels: Vec<(GainNode, StereoPannerNode)>,
    queued: Vec<(f64, AudioBufferSourceNode)>,
}

impl Voice {
    /// A graph with a channel for each of `strips`.
    ///
    /// # Errors
    ///
    /// When the browser has no Web Audio or no context to spare.
    pub(super) fn new(sample_rate: u32, strips: &[Strip]) -> Result<Self, JsValue> {
        #[allow(clippy::cast_precision_loss, reason = "audio rates are below 2^24")]
        let sample_rate = sample_rate as f32;
        // At the track's own rate the browser resamples the sum once, and block joins are exact.
        let options = AudioContextOptions::new();
        options.set_sample_rate(sample_rate);
        let context =
            AudioContext::new_with_context_options(&options).or_else(|_| AudioContext::new())?;
        let channels = strips
            .iter()
            .map(|strip| {
                let (gain, pan) = (context.create_gain()?, context.create_stereo_panner()?);
                gain.gain().set_value(strip.audibility.gain());
                pan.pan().set_value(strip.pan.value());
                gain.connect_with_audio_node(&pan)?;
                pan.connect_with_audio_node(&context.destination())?;
                Ok((gain, pan))
            })
            .collect::<Result<_, JsValue>>()?;
        Ok(Self { context, sample_rate, channels, queued: Vec::new() })
    }

    /// Lets time pass; a browser may have held it until the user did something.
    pub(super) fn resume(&self) {
        // The promise fails only for a closed context, and this one is closed when it is dropped.
        let _ = self.context.resume();
    }

    /// The graph's clock in seconds.
    pub(super) fn now(&self) -> f64 {
        self.context.current_time()
    }

    /// Plays `blocks`, one per channel, from `at` on the graph's clock.
    ///
    /// # Errors
    ///
    /// When the browser has no memory for them.
    pub(super) fn queue(&mut self, at: f64, blocks: &[Vec<f32>]) -> Result<(), JsValue> {
        let now = self.now();
        self.queued.retain(|(end, _)| *end > now);
        for ((gain, _), block) in self.channels.iter().zip(blocks) {
            let frames = u32::try_from(block.len()).unwrap_or(u32::MAX);
            let buffer = self.context.create_buffer(1, frames, self.sample_rate)?;
            buffer.copy_to_channel(block, 0)?;
            let source = self.context.create_buffer_source()?;
            source.set_buffer(Some(&buffer));
            source.connect_with_audio_node(gain)?;
            source.start_with_when(at)?;
            self.queued.push((at + f64::from(frames) / f64::from(self.sample_rate), source));
        }
        Ok(())
    }

    /// Stops what is playing and forgets what is queued.
    pub(super) fn hush(&mut self) {
        for (_, source) in self.queued.drain(..) {
            // Fails only for a source that was never started.
            let _ = source.disconnect();
        }
    }

    /// Changes how channel `index` is heard.
    pub(super) fn set(&self, index: usize, strip: Strip) {
        if let Some((gain, pan)) = self.channels.get(index) {
            gain.gain().set_value(strip.audibility.gain());
            pan.pan().set_value(strip.pan.value());
        }
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        let _ = self.context.close();
    }
}
