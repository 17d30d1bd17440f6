//! Core's machines on a virtual network: scenarios that a trainer can tell and a test can check.
//!
//! A [`World`] hosts machines as actors: it delivers what they send over links that delay, lose,
//! double and damage, keeps their connections and drives, and writes down what happened as a
//! [`Trace`]. Time is virtual and all chance comes from a seed, so a run is the same whenever and
//! wherever it is made.

pub mod actor;
pub mod audio;
pub mod describe;
pub mod drive;
pub mod export;
pub mod fault;
mod flow;
pub mod lesson;
pub mod network;
pub mod pattern;
mod queue;
pub mod report;
pub mod run;
pub mod scenario;
mod tcp;
mod text;
pub mod trace;
pub mod wire;
pub mod world;

pub use fault::Fault;
pub use run::{Run, RunOptions};
pub use scenario::Scenario;
pub use trace::Trace;
pub use world::World;
