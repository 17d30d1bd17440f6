//! Numbers that need to differ, not to be secret: tags, branches, SSRCs, recording ids.
//!
//! The core draws nothing of its own: each machine gets a seed from its host, so that a run
//! repeats byte by byte.

/// A small generator of well-spread numbers (SplitMix64: Steele, Lea and Flood, 2014). Not for
/// keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Random(u64);

impl Random {
    /// The generator that starts from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next number, as 32 bits.
    #[allow(clippy::cast_possible_truncation, reason = "a shift by 32 leaves 32 bits")]
    pub const fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    /// The next number, as 16 bits.
    #[allow(clippy::cast_possible_truncation, reason = "a shift by 48 leaves 16 bits")]
    pub const fn next_u16(&mut self) -> u16 {
        (self.next_u64() >> 48) as u16
    }

    /// A seed for a generator of its own, so that what one part draws does not shift another's.
    #[must_use]
    pub const fn fork(&mut self) -> Self {
        Self(self.next_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_reference_generator() {
        // The first outputs of the reference implementation for seed 1234567.
        let mut random = Random::new(1_234_567);
        let expected: [u64; 3] =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        for number in expected {
            assert_eq!(random.next_u64(), number);
        }
    }
}
