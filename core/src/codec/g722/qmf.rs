//! The quadrature mirror filter that splits 16 kHz audio into two bands and joins them again
//! (G.722 clauses 3.1 and 4.4).

/// Every second tap of the 24-tap filter, which is symmetric: the others are these backwards.
const TAPS: [i32; 12] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

/// The last 24 samples, dealt out to the two halves of the filter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Qmf {
    even: [i16; 12],
    odd: [i16; 12],
}

impl Qmf {
    pub(super) const fn new() -> Self {
        Self { even: [0; 12], odd: [0; 12] }
    }

    /// Splits two samples at 16 kHz into one for the low and one for the high band.
    ///
    /// The ITU's own software holds both within 15 bits, ffmpeg does not, and we do as ffmpeg
    /// does. It makes a difference to full-scale squares and sweeps alone, which overload the
    /// filter; either code decodes alike everywhere.
    pub(super) fn split(&mut self, pair: [i16; 2]) -> (i32, i32) {
        let [a, b] = self.filter(pair);
        ((a + b) >> 14, (a - b) >> 14)
    }

    /// Joins one sample of each band, 15 bits wide, to two at 16 kHz.
    pub(super) fn join(&mut self, low: i16, high: i16) -> [i16; 2] {
        // Two 15-bit words cannot overflow here.
        self.filter([low.saturating_add(high), low.saturating_sub(high)])
            .map(|sum| saturate(sum >> 11))
    }

    /// Takes in the newest two samples and gives the sums of the odd and of the even half.
    fn filter(&mut self, [even, odd]: [i16; 2]) -> [i32; 2] {
        self.even.copy_within(1.., 0);
        self.even[11] = even;
        self.odd.copy_within(1.., 0);
        self.odd[11] = odd;
        let even = self.even.iter().zip(TAPS);
        let odd = self.odd.iter().zip(TAPS.into_iter().rev());
        [
            odd.map(|(&sample, tap)| i32::from(sample) * tap).sum(),
            even.map(|(&sample, tap)| i32::from(sample) * tap).sum(),
        ]
    }
}

/// `value` held within 16 bits.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the value has just been clamped to the range of i16"
)]
pub(super) fn saturate(value: i32) -> i16 {
    value.clamp(-0x8000, 0x7fff) as i16
}
