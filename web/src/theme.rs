//! Light or dark: the system's setting, or the user's, which is remembered.
//!
//! `theme.js` applies the remembered one before the first paint; the key and the attribute are
//! known to it and to `style.css`.

use gloo::storage::{LocalStorage, Storage};
use gloo::utils::document_element;

/// Where the choice is kept.
const KEY: &str = "recscope.theme";

/// What the user chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The remembered choice. A browser that remembers nothing has the system's.
    #[must_use]
    pub fn remembered() -> Self {
        match LocalStorage::raw().get_item(KEY).ok().flatten().as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// Shows this theme and remembers it.
    pub fn apply(self) {
        let root = document_element();
        // Neither call matters enough to bother the user: the theme then lasts for this page.
        let _ = match self {
            Self::System => {
                LocalStorage::delete(KEY);
                root.remove_attribute("data-theme")
            }
            _ => {
                let _ = LocalStorage::raw().set_item(KEY, self.name());
                root.set_attribute("data-theme", self.name())
            }
        };
    }

    /// The one that the switch goes to from here.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}
