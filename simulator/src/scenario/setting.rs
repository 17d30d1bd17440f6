//! What a user may change in a scenario.

use crate::text;

/// A setting: a page makes a field of its form from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What `--set` and `$key` in the scenario call it; `phone.model` for one that a scenario does
    /// not declare and its actor offers.
    pub key: String,
    /// What a form calls it.
    pub label: String,
    /// A sentence about it; may be empty.
    pub hint: String,
    /// What values it takes.
    pub kind: Kind,
    /// The value unless it is changed.
    pub default: String,
    /// The value in this run.
    pub value: String,
}

impl Setting {
    /// Whether the scenario declares it; otherwise one of its actors offers it.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        !self.key.contains('.')
    }
}

/// What values a setting takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A duration between two.
    Duration {
        /// The least, as text.
        min: Option<String>,
        /// The most, as text.
        max: Option<String>,
    },
    /// A whole number between two.
    Integer {
        /// The least.
        min: Option<u32>,
        /// The most.
        max: Option<u32>,
    },
    /// A number of bytes.
    Size,
    /// Yes or no: `true` or `false`.
    Switch,
    /// One of these.
    Choice(Vec<String>),
    /// Any text.
    Text,
}

impl Kind {
    /// Its name in scenarios.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Duration { .. } => "duration",
            Self::Integer { .. } => "integer",
            Self::Size => "size",
            Self::Switch => "switch",
            Self::Choice(_) => "choice",
            Self::Text => "text",
        }
    }

    /// Whether `value` is one that the setting takes.
    ///
    /// # Errors
    /// What to write instead.
    pub fn check(&self, value: &str) -> Result<(), String> {
        match self {
            Self::Duration { min, max } => {
                let duration = text::duration(value)
                    .ok_or_else(|| format!("{value:?} is no duration: write 20ms, 1.5s or 2min"))?;
                let limit = |limit: &Option<String>| limit.as_deref().and_then(text::duration);
                if limit(min).is_some_and(|min| duration < min) {
                    return Err(format!("{value} is too short: at least {}", shown(min)));
                }
                if limit(max).is_some_and(|max| duration > max) {
                    return Err(format!("{value} is too long: at most {}", shown(max)));
                }
                Ok(())
            }
            Self::Integer { min, max } => {
                let number = text::number(value)
                    .ok_or_else(|| format!("{value:?} is no whole number: write digits only"))?;
                if let Some(min) = min.filter(|min| number < *min) {
                    return Err(format!("{number} is too small: at least {min}"));
                }
                if let Some(max) = max.filter(|max| number > *max) {
                    return Err(format!("{number} is too large: at most {max}"));
                }
                Ok(())
            }
            Self::Size => text::size(value)
                .map(drop)
                .ok_or_else(|| format!("{value:?} is no size: write 20KB, 64MB or a number")),
            Self::Switch => match value {
                "true" | "false" => Ok(()),
                _ => Err(format!("{value:?} is neither true nor false")),
            },
            Self::Choice(choices) => {
                if choices.iter().any(|choice| choice == value) {
                    return Ok(());
                }
                Err(format!("{value:?} is not among {}", choices.join(", ")))
            }
            Self::Text => Ok(()),
        }
    }
}

fn shown(limit: &Option<String>) -> &str {
    limit.as_deref().unwrap_or_default()
}
