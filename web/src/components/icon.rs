//! Small drawings, all in the colour of the text around them.

use yew::prelude::*;

/// Which drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A telephone receiver: a call.
    Call,
    /// A wave: a stream or recording.
    Wave,
    /// A dot in a ring: a recording being made.
    Record,
    /// A capture.
    Capture,
    /// Play.
    Play,
    /// Pause.
    Pause,
    /// A loudspeaker.
    Sound,
    /// A loudspeaker crossed out.
    Mute,
    /// A cross: close, remove.
    Close,
    /// An arrow into a tray: save.
    Save,
    /// Half a disc: the theme.
    Theme,
    /// A plus: more.
    Plus,
    /// A minus: less.
    Minus,
    /// Two links of a chain: a link.
    Link,
    /// A sheet leaving a printer.
    Print,
    /// Four corners: the whole screen.
    Screen,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Call => {
                "M4.5 2.5 2.8 4.2c-.5 3 5.9 9.5 9 9l1.7-1.7-2.7-2.2-1.6 1.1C7.6 9.6 6.4 8.4 5.6 6.8l1.1-1.6z"
            }
            Self::Wave => "M1.5 8h1.6M4.8 5v6M7.2 2.5v11M9.6 4.5v7M12 6.5v3M14.2 8h.3",
            Self::Record => "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
            Self::Capture => "M2.5 4.5h11M2.5 8h11M2.5 11.5h11M5.5 2.5v11M10.5 2.5v11",
            Self::Play => "M4.5 2.8v10.4L13 8z",
            Self::Pause => "M5 3v10M11 3v10",
            Self::Sound => {
                "M2.5 6v4h2.3L8 12.8V3.2L4.8 6zM10.3 5.8a3 3 0 0 1 0 4.4M12.2 4a5.6 5.6 0 0 1 0 8"
            }
            Self::Mute => "M2.5 6v4h2.3L8 12.8V3.2L4.8 6zM10.5 6l4 4M14.5 6l-4 4",
            Self::Close => "M4 4l8 8M12 4l-8 8",
            Self::Save => "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M2.5 13.5h11",
            Self::Theme => "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 2v12M8 5h4.8M8 8h6M8 11h4.8",
            Self::Plus => "M8 3.5v9M3.5 8h9",
            Self::Minus => "M3.5 8h9",
            Self::Link => {
                "M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.4-2.4A2.6 2.6 0 0 0 9 3.3L8 4.3M9.4 6.6a2.6 2.6 0 0 0-3.7 0L3.3 9A2.6 2.6 0 0 0 7 12.7l1-1"
            }
            Self::Print => "M4.5 5.5v-3h7v3M4.5 11.5h-2v-6h11v6h-2M4.5 9.5h7v4h-7z",
            Self::Screen => "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Play => "icon solid",
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
