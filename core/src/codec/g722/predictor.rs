//! The adaptive predictor that both bands share: two poles and six zeros
//! (G.722 clauses 3.6 and 6.2, blocks `RECONS` to `PREDIC`).

use super::qmf::saturate;

/// Predicts a band's next sample from what the far end can reconstruct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Predictor {
    /// The prediction (`S`).
    prediction: i32,
    /// What the zeros contribute to it (`SZ`).
    from_zeros: i32,
    /// Coefficients of the two poles (`A`), 1.0 being 2^14.
    poles: [i32; 2],
    /// Coefficients of the six zeros (`B`), 1.0 being 2^14.
    zeros: [i32; 6],
    /// The last six quantized differences, doubled, newest first (`D`).
    differences: [i32; 6],
    /// The last reconstructed sample, doubled (`R`).
    reconstructed: i32,
    /// Whether the last two partial reconstructions were negative, newest first (`P`).
    partial_negative: [bool; 2],
}

impl Predictor {
    pub(super) const fn new() -> Self {
        Self {
            prediction: 0,
            from_zeros: 0,
            poles: [0; 2],
            zeros: [0; 6],
            differences: [0; 6],
            reconstructed: 0,
            partial_negative: [false; 2],
        }
    }

    /// What a sample differs from its prediction by.
    pub(super) fn difference(&self, sample: i32) -> i32 {
        i32::from(saturate(sample - self.prediction))
    }

    /// The prediction mended by a quantized difference, held within 15 bits.
    pub(super) fn reconstruct(&self, difference: i32) -> i16 {
        saturate((self.prediction + difference).clamp(-0x4000, 0x3fff))
    }

    /// Moves on by one sample, whose quantized difference this is.
    pub(super) fn adapt(&mut self, difference: i32) {
        self.adapt_poles(difference);
        self.adapt_zeros(difference);

        let reconstructed = i32::from(saturate((self.prediction + difference) * 2));
        let from_poles =
            ((self.poles[0] * reconstructed) >> 15) + ((self.poles[1] * self.reconstructed) >> 15);
        self.prediction = i32::from(saturate(self.from_zeros + from_poles));
        self.reconstructed = reconstructed;
    }

    /// Pulls the poles by the signs of the last three partial reconstructions, and keeps them
    /// where the filter is stable (blocks `UPPOL2`, `UPPOL1`).
    fn adapt_poles(&mut self, difference: i32) {
        let negative = self.from_zeros + difference < 0;
        let [last, before] = self.partial_negative;
        self.partial_negative = [negative, last];
        let agrees_with_last = if negative == last { 1 } else { -1 };
        let agrees_with_before = if negative == before { 1 } else { -1 };

        let [first, second] = self.poles;
        let pull = ((-agrees_with_last * first.clamp(-8191, 8191)) >> 5) + agrees_with_before * 128;
        let second = (pull + ((second * 127) >> 7)).clamp(-12_288, 12_288);
        let limit = 15_360 - second;
        let first = (agrees_with_last * 192 + ((first * 255) >> 8)).clamp(-limit, limit);
        self.poles = [first, second];
    }

    /// Pulls each zero towards the sign that its difference has in common with the newest, then
    /// sums what they contribute (blocks `UPZERO`, `FILTEZ`).
    fn adapt_zeros(&mut self, difference: i32) {
        for (zero, past) in self.zeros.iter_mut().zip(self.differences) {
            let pull = match difference {
                0 => 0,
                _ if (past ^ difference) < 0 => -128,
                _ => 128,
            };
            *zero = ((*zero * 255) >> 8) + pull;
        }
        self.differences.copy_within(..5, 1);
        self.differences[0] = difference * 2;
        let products = self.zeros.iter().zip(self.differences);
        self.from_zeros = products.map(|(&zero, past)| (zero * past) >> 15).sum();
    }
}
