//! What a message looks like, without colour: dash, head and tag.
//!
//! Colour only repeats what these say, so that a diagram survives a grey printer and a reader who
//! does not see the colours apart.

use crate::model::{Class, Protocol};

/// The stroke of an arrow's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Unbroken: requests.
    Solid,
    /// Dots: provisional answers.
    Dotted,
    /// Dashes: final answers.
    Dashed,
    /// Dashes and dots in turn: challenges and redirections.
    DashDot,
}

impl Dash {
    /// The SVG `stroke-dasharray`; none for an unbroken line.
    #[must_use]
    pub const fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Solid => None,
            Self::Dotted => Some("2 4"),
            Self::Dashed => Some("8 4"),
            Self::DashDot => Some("8 3 2 3"),
        }
    }
}

/// The head of an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// A filled triangle: requests and success.
    Filled,
    /// Two strokes: provisional answers.
    Open,
    /// An outlined triangle: challenges.
    Hollow,
    /// A filled triangle against a bar: failure.
    Barred,
}

impl Head {
    /// The name used in style sheets.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filled => "filled",
            Self::Open => "open",
            Self::Hollow => "hollow",
            Self::Barred => "barred",
        }
    }
}

impl Class {
    /// The line that messages of this class are drawn with.
    #[must_use]
    pub const fn dash(self) -> Dash {
        match self {
            Self::Request => Dash::Solid,
            Self::Provisional => Dash::Dotted,
            Self::Success | Self::Failure => Dash::Dashed,
            Self::Challenge => Dash::DashDot,
        }
    }

    /// The head that messages of this class are drawn with.
    #[must_use]
    pub const fn head(self) -> Head {
        match self {
            Self::Request | Self::Success => Head::Filled,
            Self::Provisional => Head::Open,
            Self::Challenge => Head::Hollow,
            Self::Failure => Head::Barred,
        }
    }

    /// The name used in style sheets, as in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Provisional => "provisional",
            Self::Success => "success",
            Self::Challenge => "challenge",
            Self::Failure => "failure",
        }
    }
}

impl Protocol {
    /// The tag that marks the protocol on an arrow: short, upper case.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Sip => "SIP",
            Self::Control => "CMD",
            Self::Csta => "CSTA",
            Self::Http => "HTTP",
            Self::Ras => "RAS",
            Self::H225 => "H.225",
            Self::Tcp => "TCP",
            Self::Rtp => "RTP",
            Self::Local => "LOCAL",
        }
    }

    /// The name used in style sheets, as in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sip => "sip",
            Self::Control => "control",
            Self::Csta => "csta",
            Self::Http => "http",
            Self::Ras => "ras",
            Self::H225 => "h225",
            Self::Tcp => "tcp",
            Self::Rtp => "rtp",
            Self::Local => "local",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_classes_share_both_dash_and_head() {
        let classes =
            [Class::Request, Class::Provisional, Class::Success, Class::Challenge, Class::Failure];
        for (index, a) in classes.iter().enumerate() {
            for b in classes.iter().skip(index + 1) {
                assert!((a.dash(), a.head()) != (b.dash(), b.head()), "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn names_are_those_of_the_json() {
        for class in [Class::Request, Class::Provisional, Class::Challenge] {
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
        for protocol in [Protocol::Sip, Protocol::Ras, Protocol::H225, Protocol::Local] {
            assert_eq!(serde_json::to_value(protocol).unwrap(), protocol.name());
        }
    }
}
