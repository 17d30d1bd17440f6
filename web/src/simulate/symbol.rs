//! Small drawings of the Simulate page: what buttons do, and the devices at the heads.

use recscope_flow::{ActorKind, Protocol};
use yew::prelude::*;

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// To the first step.
    First,
    /// A step back.
    Back,
    /// A step forward.
    Forward,
    /// To the last step.
    Last,
    /// Play.
    Play,
    /// Pause.
    Pause,
    /// Something goes wrong on purpose.
    Break,
    /// Settings.
    Settings,
    /// As it was.
    Reset,
    /// A list.
    List,
    /// Larger.
    Larger,
    /// Smaller.
    Smaller,
    /// Close, remove.
    Close,
}

impl Sign {
    const fn path(self) -> &'static str {
        match self {
            Self::First => "M12.5 3.2v9.6L5.8 8zM3.5 3v10",
            Self::Back => "M11.5 2.8v10.4L4 8z",
            Self::Forward => "M4.5 2.8v10.4L12 8z",
            Self::Last => "M3.5 3.2v9.6L10.2 8zM12.5 3v10",
            Self::Play => "M4.5 2.8v10.4L13 8z",
            Self::Pause => "M5 3v10M11 3v10",
            Self::Break => "M9 1.8 3.6 9h3.6L6.2 14.2 12.4 6.6H8.4z",
            Self::Settings => {
                "M2.5 4.5h6.2M12.3 4.5h1.2M2.5 11.5h1.2M7.3 11.5h6.2M10.5 2.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4zM5.5 9.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4z"
            }
            Self::Reset => "M3.2 8a4.8 4.8 0 1 0 1.6-3.6M3 2.2v3h3",
            Self::List => "M2.5 4h.5M6 4h7.5M2.5 8h.5M6 8h7.5M2.5 12h.5M6 12h7.5",
            Self::Larger => "M8 3.5v9M3.5 8h9",
            Self::Smaller => "M3.5 8h9",
            Self::Close => "M4 4l8 8M12 4l-8 8",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::First | Self::Back | Self::Forward | Self::Last | Self::Play | Self::Break => {
                "icon solid"
            }
            _ => "icon",
        }
    }

    /// The drawing; what it means is said by the text or name of what it is in.
    pub fn html(self) -> Html {
        html! {
            <svg class={self.class()} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                <path d={self.path()} />
            </svg>
        }
    }
}

/// SVG path data of a device in a square of 24 px.
#[must_use]
pub const fn device(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Phone => {
            "M4 8.2c0-4.2 16-4.2 16 0v1.6h-4.2V8.4H8.2v1.4H4zM7.4 11h9.2l2.2 8.2H5.2zM9.8 13.2h.1M12 13.2h.1M14.2 13.2h.1M9.4 16h.1M12 16h.1M14.6 16h.1"
        }
        ActorKind::Pbx => {
            "M4 4.5h16v6H4zM4 13.5h16v6H4zM7 7.5h.1M10 7.5h.1M14 7.5h3.4M7 16.5h.1M10 16.5h.1M14 16.5h3.4"
        }
        ActorKind::Recorder => {
            "M3.5 5.5h17v13h-17zM8.4 9a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2zM15.6 9a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2zM8.4 14.2h7.2M8.4 11.6h.1M15.6 11.6h.1"
        }
        ActorKind::Storage => "M8.5 3.5h7v5.2h-7zM6.5 8.7h11v11.8h-11zM10.6 6h.1M13.4 6h.1",
        ActorKind::Person => {
            "M12 4a3.6 3.6 0 1 1 0 7.2A3.6 3.6 0 0 1 12 4zM5 20c0-4 3-6.2 7-6.2s7 2.2 7 6.2"
        }
        ActorKind::Host => "M3.5 5h17v11h-17zM9 19.5h6M12 16v3.5",
    }
}

/// A device's name, for who does not see its drawing.
#[must_use]
pub const fn device_name(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Phone => "telephone",
        ActorKind::Pbx => "PBX",
        ActorKind::Recorder => "recorder",
        ActorKind::Storage => "USB drive",
        ActorKind::Person => "person",
        ActorKind::Host => "computer",
    }
}

/// The mark at an arrow's beginning, by which protocols are told apart.
#[must_use]
pub fn origin(protocol: Protocol, x: f64, y: f64) -> String {
    let r = 3.5;
    let (l, right, t, b) = (x - r, x + r, y - r, y + r);
    match protocol {
        Protocol::Sip => {
            format!("M{l:.1} {y:.1}a{r} {r} 0 1 0 {w} 0a{r} {r} 0 1 0 -{w} 0Z", w = 2.0 * r)
        }
        Protocol::Csta => format!("M{l:.1} {t:.1}H{right:.1}V{b:.1}H{l:.1}Z"),
        Protocol::Http => format!(
            "M{x:.1} {:.1}L{:.1} {y:.1}L{x:.1} {:.1}L{:.1} {y:.1}Z",
            t - 1.0,
            right + 1.0,
            b + 1.0,
            l - 1.0
        ),
        Protocol::Control => format!("M{l:.1} {b:.1}L{x:.1} {t:.1}L{right:.1} {b:.1}Z"),
        Protocol::Ras => format!("M{l:.1} {t:.1}L{x:.1} {b:.1}L{right:.1} {t:.1}Z"),
        Protocol::H225 => format!("M{right:.1} {t:.1}L{l:.1} {y:.1}L{right:.1} {b:.1}Z"),
        Protocol::Tcp => format!("M{x:.1} {:.1}V{:.1}", t - 1.5, b + 1.5),
        Protocol::Rtp | Protocol::Local => {
            format!("M{l:.1} {t:.1}L{right:.1} {b:.1}M{l:.1} {b:.1}L{right:.1} {t:.1}")
        }
    }
}
