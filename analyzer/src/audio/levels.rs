//! How loud sound is.

/// Peak, mean loudness and silence of samples, gathered as they come.
///
/// ```
/// use recscope_analyzer::audio::Levels;
///
/// let mut levels = Levels::new(8000, 1);
/// levels.push(&[0; 160]); // 20 ms of silence
/// levels.push(&[16_384, -16_384].repeat(80)); // 20 ms at half of full scale
/// assert_eq!(levels.peak_dbfs().map(f64::round), Some(-6.0));
/// assert_eq!(levels.silence_percent(), Some(50.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    /// Samples of a 20 ms frame, all channels together.
    frame_len: u64,
    peak: u16,
    samples: u64,
    squares: f64,
    frame: Frame,
    frames: u64,
    silent: u64,
}

/// The frame in work. Its squares stay below 2⁶⁴: a frame of the highest rate and most channels
/// has fewer than 2³² samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Frame {
    samples: u64,
    squares: u64,
}

impl Levels {
    /// Frames quieter than this are silence, in dB below full scale.
    pub const SILENCE_DBFS: f64 = -60.0;

    /// Levels of interleaved samples of this rate and so many channels.
    #[must_use]
    pub fn new(sample_rate: u32, channels: u16) -> Self {
        let frame_len = u64::from(sample_rate / 50).saturating_mul(u64::from(channels)).max(1);
        Self {
            frame_len,
            peak: 0,
            samples: 0,
            squares: 0.0,
            frame: Frame::default(),
            frames: 0,
            silent: 0,
        }
    }

    /// Takes the next samples.
    pub fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            let size = sample.unsigned_abs();
            self.peak = self.peak.max(size);
            self.frame.squares += u64::from(size) * u64::from(size);
            self.frame.samples += 1;
            if self.frame.samples >= self.frame_len {
                self.end_frame();
            }
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a level needs no 53 bits")]
    fn end_frame(&mut self) {
        let Frame { samples, squares } = std::mem::take(&mut self.frame);
        self.frames += 1;
        self.samples += samples;
        self.squares += squares as f64;
        let mean = squares as f64 / samples.max(1) as f64;
        if power_dbfs(mean) < Self::SILENCE_DBFS {
            self.silent += 1;
        }
    }

    /// The loudest sample in dB below full scale; `None` where all are zero.
    #[must_use]
    pub fn peak_dbfs(&self) -> Option<f64> {
        let peak = f64::from(self.peak);
        (self.peak > 0).then(|| power_dbfs(peak * peak))
    }

    /// Root mean square in dB below full scale; `None` where all samples are zero.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a level needs no 53 bits")]
    pub fn rms_dbfs(&self) -> Option<f64> {
        let squares = self.squares + self.frame.squares as f64;
        let samples = self.samples + self.frame.samples;
        (squares > 0.0).then(|| power_dbfs(squares / samples as f64))
    }

    /// Share of whole 20 ms frames below [`Levels::SILENCE_DBFS`], in percent; `None` below 20 ms.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a percentage needs no 53 bits")]
    pub fn silence_percent(&self) -> Option<f64> {
        (self.frames > 0).then(|| self.silent as f64 * 100.0 / self.frames as f64)
    }
}

/// A mean square in dB below that of full scale, 32768².
fn power_dbfs(mean_square: f64) -> f64 {
    10.0 * (mean_square / f64::from(1 << 30)).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_has_no_level() {
        let mut levels = Levels::new(8000, 1);
        levels.push(&[0; 1000]);
        assert_eq!((levels.peak_dbfs(), levels.rms_dbfs()), (None, None));
        assert_eq!(levels.silence_percent(), Some(100.0));
    }

    #[test]
    fn full_scale_is_zero() {
        let mut levels = Levels::new(16_000, 2);
        levels.push(&[i16::MIN; 640]);
        assert_eq!((levels.peak_dbfs(), levels.rms_dbfs()), (Some(0.0), Some(0.0)));
        assert_eq!(levels.silence_percent(), Some(0.0));
    }

    #[test]
    fn how_samples_are_cut_changes_nothing() {
        let samples: Vec<i16> = (0..5000).map(|n| (n * 37 % 2000) as i16 - 1000).collect();
        let (mut whole, mut cut) = (Levels::new(8000, 1), Levels::new(8000, 1));
        whole.push(&samples);
        samples.chunks(7).for_each(|chunk| cut.push(chunk));
        assert_eq!(whole, cut);
    }

    #[test]
    fn nothing_has_no_level_at_all() {
        let levels = Levels::new(0, 0);
        assert_eq!(
            (levels.peak_dbfs(), levels.rms_dbfs(), levels.silence_percent()),
            (None, None, None)
        );
    }
}
