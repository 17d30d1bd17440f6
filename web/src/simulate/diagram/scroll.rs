//! Keeping the current step in view without a jump.

use web_sys::HtmlElement;

/// How much of the view stays free below the current step, as a part of its height.
pub(super) const BELOW: f64 = 0.24;

/// Where the current step is, in px of what is scrolled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Here {
    /// Its upper edge.
    pub(super) top: f64,
    /// Its lower edge.
    pub(super) bottom: f64,
    /// Height of the heads, which cover what lies under them.
    pub(super) heads: f64,
    /// Height of the view.
    pub(super) height: f64,
    /// As far as there is something to see.
    pub(super) most: f64,
}

impl Here {
    /// Where to scroll, being at `scrolled`: not at all while the step is well in view; else so far
    /// that forward it stays on one line, and back there is something to see before it.
    pub(super) fn follow(self, scrolled: f64) -> f64 {
        let lowest = self.bottom - self.height * (1.0 - BELOW);
        let before = (self.height * 0.2).min(120.0);
        let highest = self.top - self.heads - 8.0;
        let to = if scrolled < lowest {
            lowest.min(highest.max(0.0))
        } else if scrolled > highest {
            (highest - before).max(lowest)
        } else {
            scrolled
        };
        to.min(self.most).max(0.0)
    }
}

/// Puts the what-if menu below the current step, or above it where there is more room. The policy
/// allows no style in the markup, but the program may set one.
pub(super) fn put_beside(popover: &HtmlElement, here: Here, scrolled: f64) {
    let is_low = here.bottom - scrolled > here.heads + (here.height - here.heads) * 0.5;
    let (top, shift) = if is_low { (here.top, "translateY(-100%)") } else { (here.bottom, "none") };
    let style = popover.style();
    // They fail only for a property that cannot be.
    let _ = style.set_property("top", &format!("{top:.0}px"));
    let _ = style.set_property("transform", shift);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A step of 34 px at `top`, the last so far, in a view of 600 px under heads of 76.
    fn at(top: f64) -> Here {
        let bottom = top + 34.0;
        let most = bottom + BELOW * 600.0 - 600.0;
        Here { top, bottom, heads: 76.0, height: 600.0, most }
    }

    #[test]
    fn a_step_in_view_scrolls_nothing() {
        assert_eq!(at(200.0).follow(0.0), 0.0);
        assert_eq!(at(1_000.0).follow(578.0), 578.0);
    }

    #[test]
    fn a_step_back_at_the_end_scrolls_no_further_than_there_is_something_left() {
        let last = at(1_034.0).follow(0.0);
        assert_eq!(at(1_000.0).follow(last), last - 34.0);
    }

    #[test]
    fn going_forward_the_current_step_stays_on_one_line() {
        let first = at(1_000.0).follow(0.0);
        let second = at(1_034.0).follow(first);
        assert!((second - first - 34.0).abs() < 1e-9, "{first} {second}");
    }

    #[test]
    fn wherever_one_was_the_step_is_in_view_below_the_heads() {
        for top in [76.0, 300.0, 1_000.0, 40_000.0] {
            for scrolled in [0.0, 500.0, 39_000.0, 60_000.0] {
                let here = at(top);
                let to = here.follow(scrolled);
                assert!(to >= 0.0);
                assert!(here.top >= to + here.heads, "{top} {scrolled} {to}");
                assert!(here.bottom <= to + here.height, "{top} {scrolled} {to}");
            }
        }
    }
}
