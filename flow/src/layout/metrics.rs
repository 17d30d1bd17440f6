//! The sizes that everything else is counted from.

/// For a desk or for a phone's screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// Times and differences side by side, room between the rows.
    #[default]
    Comfortable,
    /// Narrow life-lines, differences below the times: three actors in 390 px.
    Compact,
}

impl Density {
    /// The sizes of this density.
    #[must_use]
    pub const fn metrics(self) -> Metrics {
        match self {
            Self::Comfortable => Metrics {
                density: self,
                spacing: Spacing::Even,
                margin: 12.0,
                gutter: 148.0,
                time_width: 68.0,
                lane_range: (120.0, 360.0),
                head_height: 46.0,
                row_height: 34.0,
                line_offset: 22.0,
                loop_height: 14.0,
                mark_height: 20.0,
                line_height: 16.0,
                padding: 6.0,
                gap: 10.0,
                font: 13.0,
                small_font: 11.0,
                time_font: 11.5,
            },
            Self::Compact => Metrics {
                density: self,
                spacing: Spacing::Even,
                margin: 6.0,
                gutter: 60.0,
                time_width: 54.0,
                lane_range: (76.0, 240.0),
                head_height: 38.0,
                row_height: 32.0,
                line_offset: 20.0,
                loop_height: 12.0,
                mark_height: 18.0,
                line_height: 14.0,
                padding: 4.0,
                gap: 8.0,
                font: 11.0,
                small_font: 10.0,
                time_font: 10.0,
            },
        }
    }
}

/// How far apart rows are that are apart in time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Spacing {
    /// Alike; a long silence shows as a little more room.
    #[default]
    Even,
    /// As their times are, so far as rows then have room for themselves; arrows slant by the time
    /// that they took.
    Scaled {
        /// The scale; kept within 0 and 1 000.
        px_per_second: f64,
    },
}

/// Sizes in px. Renderers take the font sizes from here, for by them texts were fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// The density that they belong to.
    pub density: Density,
    /// How far apart rows are that are apart in time.
    pub spacing: Spacing,
    /// Room around the whole.
    pub margin: f64,
    /// Width of the column with the times.
    pub gutter: f64,
    /// Width of the times within it.
    pub time_width: f64,
    /// Least and greatest distance of life-lines when a diagram is fitted to a width.
    pub lane_range: (f64, f64),
    /// Height of a life-line's head.
    pub head_height: f64,
    /// Height of an arrow's row.
    pub row_height: f64,
    /// From a row's upper edge to its arrow.
    pub line_offset: f64,
    /// Further height of an arrow from an actor to itself.
    pub loop_height: f64,
    /// Height of a state mark.
    pub mark_height: f64,
    /// Line distance in notes.
    pub line_height: f64,
    /// Room around text in a box.
    pub padding: f64,
    /// Room between boxes.
    pub gap: f64,
    /// Font size of labels.
    pub font: f64,
    /// Font size of second lines, tags and notes.
    pub small_font: f64,
    /// Font size of times.
    pub time_font: f64,
}

impl Metrics {
    /// Room above a row for the silence before it, in an even layout: from one second on a pause
    /// can be seen.
    #[must_use]
    pub const fn pause(&self, delta_us: i64) -> f64 {
        match delta_us {
            ..1_000_000 => 0.0,
            1_000_000..10_000_000 => self.gap,
            10_000_000..60_000_000 => self.gap * 1.8,
            60_000_000.. => self.gap * 2.6,
        }
    }
}
