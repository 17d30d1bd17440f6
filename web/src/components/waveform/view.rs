//! The stretch of time on show.

/// From when to when, in seconds of the track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct View {
    start: f64,
    end: f64,
}

/// The shortest stretch that can be looked at, in seconds.
const LEAST: f64 = 0.02;

impl View {
    /// All of a track.
    pub(super) const fn whole(duration: f64) -> Self {
        Self { start: 0.0, end: duration }
    }

    /// Its beginning.
    pub(super) const fn start(self) -> f64 {
        self.start
    }

    /// Its end.
    pub(super) const fn end(self) -> f64 {
        self.end
    }

    fn length(self) -> f64 {
        (self.end - self.start).max(LEAST)
    }

    /// The time at a part of the width, 0 to 1.
    pub(super) fn at(self, part: f64) -> f64 {
        self.start + self.length() * part
    }

    /// The part of the width at which a time is.
    pub(super) fn part(self, time: f64) -> f64 {
        (time - self.start) / self.length()
    }

    /// Whether a time is in it.
    pub(super) fn holds(self, time: f64) -> bool {
        (0.0..=1.0).contains(&self.part(time))
    }

    /// Whether all of a track is seen.
    pub(super) fn is_whole(self, duration: f64) -> bool {
        self.start <= 0.0 && self.end >= duration
    }

    /// As long a view that begins at `start`, or as late as the track allows.
    pub(super) fn from(self, start: f64, duration: f64) -> Self {
        let length = self.length().min(duration);
        let start = start.min(duration - length).max(0.0);
        Self { start, end: start + length }
    }

    /// Moved by a part of its length.
    pub(super) fn moved(self, part: f64, duration: f64) -> Self {
        self.from(self.start + self.length() * part, duration)
    }

    /// `factor` times as large on screen, with the time `around` staying where it is, or coming to
    /// the middle if it is not on show.
    pub(super) fn zoomed(self, factor: f64, around: f64, duration: f64) -> Self {
        let length = (self.length() / factor).clamp(LEAST, duration.max(LEAST));
        let part = if self.holds(around) { self.part(around) } else { 0.5 };
        Self { start: 0.0, end: length }.from(around - length * part, duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_a_time_in_its_place_and_stays_in_the_track() {
        let whole = View::whole(10.0);
        let near = whole.zoomed(4.0, 5.0, 10.0);
        assert_eq!(near, View { start: 3.75, end: 6.25 });
        assert_eq!(whole.zoomed(2.0, 10.0, 10.0), View { start: 5.0, end: 10.0 });
        assert_eq!(near.zoomed(0.01, 5.0, 10.0), whole);
        assert!(near.is_whole(10.0) != whole.is_whole(10.0));
        // A time out of sight comes to the middle.
        assert_eq!(near.zoomed(1.0, 8.0, 10.0), View { start: 6.75, end: 9.25 });
    }

    #[test]
    fn moving_stops_at_both_ends() {
        let near = View { start: 1.0, end: 3.0 };
        assert_eq!(near.moved(0.5, 10.0), View { start: 2.0, end: 4.0 });
        assert_eq!(near.moved(-9.0, 10.0), View { start: 0.0, end: 2.0 });
        assert_eq!(near.moved(9.0, 10.0), View { start: 8.0, end: 10.0 });
    }

    #[test]
    fn an_empty_track_has_a_view() {
        let view = View::whole(0.0);
        assert!(view.part(0.0).is_finite());
        assert!(view.zoomed(2.0, 0.0, 0.0).start() == 0.0);
    }
}
