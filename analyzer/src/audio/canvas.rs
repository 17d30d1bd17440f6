//! Where samples are put down in time.

use recscope_core::Limits;

/// The samples of one channel at one rate, silent wherever nothing was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Canvas {
    samples: Vec<i16>,
    /// Samples that there may be.
    most: usize,
    /// Samples that lay beyond these.
    beyond: u64,
}

impl Canvas {
    /// Nothing yet, and room for as much as `limits` allow.
    pub(super) fn new(limits: &Limits) -> Self {
        let most = usize::try_from(limits.audio_samples).unwrap_or(usize::MAX);
        Self { samples: Vec::new(), most, beyond: 0 }
    }

    /// Puts `samples` at `position`; where something is already, the two sound together.
    pub(super) fn put(&mut self, position: u64, samples: &[i16]) {
        let room = self.most.saturating_sub(usize::try_from(position).unwrap_or(usize::MAX));
        let (samples, beyond) = samples.split_at(room.min(samples.len()));
        self.beyond += beyond.len() as u64;
        // `room` is above zero only where the position is below `most`.
        let Some(start) = usize::try_from(position).ok().filter(|_| !samples.is_empty()) else {
            return;
        };
        let end = start + samples.len();
        if end > self.samples.len() {
            self.samples.resize(end, 0);
        }
        for (to, from) in self.samples.iter_mut().skip(start).zip(samples) {
            *to = to.saturating_add(*from);
        }
    }

    /// Samples that found no room.
    pub(super) const fn beyond(&self) -> u64 {
        self.beyond
    }

    pub(super) fn into_samples(self) -> Vec<i16> {
        self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_between_is_silent_and_what_overlaps_is_mixed() {
        let mut canvas = Canvas::new(&Limits::default());
        canvas.put(2, &[5, 6]);
        canvas.put(0, &[1]);
        canvas.put(3, &[i16::MAX, 7]);
        assert_eq!(canvas.into_samples(), [1, 0, 5, i16::MAX, 7]);
    }

    #[test]
    fn far_positions_are_counted_not_stored() {
        let mut limits = Limits::default();
        limits.audio_samples = 100;
        let mut canvas = Canvas::new(&limits);
        canvas.put(u64::MAX, &[1, 2]);
        canvas.put(100, &[1]);
        canvas.put(99, &[1, 2]);
        assert_eq!(canvas.beyond(), 4);
        assert_eq!(canvas.into_samples().len(), 100);
    }
}
