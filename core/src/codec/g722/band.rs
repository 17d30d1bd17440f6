//! The two bands' adaptive differential PCM: quantizers and their scale factors
//! (G.722 clauses 3.2, 3.3, 3.5).

use super::predictor::Predictor;
use super::tables;

/// Largest logarithm of the low band's scale factor.
pub(super) const LOW_LIMIT: i32 = 18_432;

/// The low band: 0 to 4 kHz, six bits a sample, of which the predictor follows the top four.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct LowBand {
    predictor: Predictor,
    scale: ScaleFactor,
}

impl LowBand {
    pub(super) const fn new() -> Self {
        Self { predictor: Predictor::new(), scale: ScaleFactor::new(LOW_LIMIT, 8) }
    }

    /// The 6-bit code of a sample.
    pub(super) fn quantize(&self, sample: i32) -> u8 {
        let difference = self.predictor.difference(sample);
        let magnitude = ones_complement_magnitude(difference);
        let steps =
            tables::LOW_DECISIONS.partition_point(|&decision| magnitude >= self.scale.of(decision));
        let codes = if difference < 0 { &tables::LOW_NEGATIVE } else { &tables::LOW_POSITIVE };
        // There is one more interval than there are decisions between them.
        codes[steps.min(tables::LOW_DECISIONS.len())]
    }

    /// The decoded sample whose quantized difference is `level`, 15 bits wide.
    pub(super) fn reconstruct(&self, level: i32) -> i16 {
        self.predictor.reconstruct(self.scale.of(level))
    }

    /// Moves on by one sample, whose code begins with these four bits.
    pub(super) fn adapt(&mut self, code: u8) {
        let code = usize::from(code & 0x0f);
        self.predictor.adapt(self.scale.of(tables::LOW_4_BIT[code]));
        self.scale.adapt(tables::LOW_SCALE_STEP[code]);
    }
}

/// The high band: 4 to 8 kHz, two bits a sample.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HighBand {
    predictor: Predictor,
    scale: ScaleFactor,
}

impl HighBand {
    pub(super) const fn new() -> Self {
        Self { predictor: Predictor::new(), scale: ScaleFactor::new(22_528, 10) }
    }

    /// The 2-bit code of a sample.
    pub(super) fn quantize(&self, sample: i32) -> u8 {
        let difference = self.predictor.difference(sample);
        let magnitude = ones_complement_magnitude(difference);
        let small = magnitude < self.scale.of(tables::HIGH_DECISION);
        u8::from(difference >= 0) << 1 | u8::from(small)
    }

    /// The decoded sample with this 2-bit code, 15 bits wide.
    pub(super) fn reconstruct(&self, code: u8) -> i16 {
        let level = tables::HIGH_2_BIT[usize::from(code & 3)];
        self.predictor.reconstruct(self.scale.of(level))
    }

    /// Moves on by one sample, which has this 2-bit code.
    pub(super) fn adapt(&mut self, code: u8) {
        let code = usize::from(code & 3);
        self.predictor.adapt(self.scale.of(tables::HIGH_2_BIT[code]));
        self.scale.adapt(tables::HIGH_SCALE_STEP[code]);
    }
}

/// The step size of a quantizer, which follows the signal's level: kept as a logarithm that leaks
/// towards silence, used as a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ScaleFactor {
    /// 2048 per octave.
    logarithm: i32,
    /// A quarter of the recommendation's word, which is always a multiple of four.
    linear: i32,
    limit: i32,
    octaves_down: i32,
}

impl ScaleFactor {
    const fn new(limit: i32, octaves_down: i32) -> Self {
        Self { logarithm: 0, linear: 2048 >> octaves_down, limit, octaves_down }
    }

    /// A quantizer's level or decision value, scaled.
    fn of(&self, level: i32) -> i32 {
        (level * self.linear) >> 10
    }

    fn adapt(&mut self, step: i32) {
        self.logarithm = next_scale(self.logarithm, step).min(self.limit);
        #[allow(clippy::cast_sign_loss, reason = "the clamp keeps it positive")]
        let fraction = tables::POWER_OF_TWO[(self.logarithm >> 6) as usize & 31];
        let octave = (self.logarithm >> 11) - self.octaves_down;
        // The limit keeps this within one octave upwards and `octaves_down` downwards.
        self.linear = if octave < 0 { fraction >> -octave } else { fraction << octave };
    }
}

/// The logarithm of a scale factor one sample on, before its limit.
pub(super) fn next_scale(logarithm: i32, step: i32) -> i32 {
    (((logarithm * 127) >> 7) + step).max(0)
}

/// |value| for positive values, |value| − 1 for negative ones.
fn ones_complement_magnitude(value: i32) -> i32 {
    value ^ (value >> 31)
}
