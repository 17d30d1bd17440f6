//! Where samples are put down in time.

/// The samples of one channel at one rate, silent wherever nothing was put.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Canvas {
    samples: Vec<i16>,
    /// Samples that lay beyond [`Canvas::MOST`].
    beyond: u64,
}

impl Canvas {
    /// Most samples of a channel: 4 hours and 39 minutes at 8 kHz, 256 MiB.
    pub(super) const MOST: usize = 1 << 27;

    /// Puts `samples` at `position`; where something is already, the two sound together.
    pub(super) fn put(&mut self, position: u64, samples: &[i16]) {
        let room = Self::MOST.saturating_sub(usize::try_from(position).unwrap_or(usize::MAX));
        let (samples, beyond) = samples.split_at(room.min(samples.len()));
        self.beyond += beyond.len() as u64;
        // `room` is above zero only where the position is below MOST.
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
        let mut canvas = Canvas::default();
        canvas.put(2, &[5, 6]);
        canvas.put(0, &[1]);
        canvas.put(3, &[i16::MAX, 7]);
        assert_eq!(canvas.into_samples(), [1, 0, 5, i16::MAX, 7]);
    }

    #[test]
    fn far_positions_are_counted_not_stored() {
        let mut canvas = Canvas::default();
        canvas.put(u64::MAX, &[1, 2]);
        canvas.put(Canvas::MOST as u64, &[1]);
        canvas.put(0, &[1]);
        assert_eq!(canvas.beyond(), 3);
        assert_eq!(canvas.into_samples().len(), 1);
    }
}
