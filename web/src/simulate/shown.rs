//! A lesson as components pass it on.

use crate::same::Same;
use recscope_simulator::lesson::Lesson;

/// A lesson that is shown.
pub type Shown = Same<Lesson>;
