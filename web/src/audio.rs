//! Sound: what is loaded, the player, and the time cursor that every view follows.

pub mod player;
pub mod stretch;
pub mod track;
mod voice;

pub use player::{Motion, Player};
pub use track::{Lane, Pan, Track};
