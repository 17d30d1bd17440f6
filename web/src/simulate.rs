//! The Simulate page: a second program of the same shape as the Analyze page's.
//!
//! One binary, `simulate`, runs in the page and in a worker. The worker plays what is set up to
//! its end and makes a [`Lesson`](recscope_simulator::lesson::Lesson) of it; the page only goes to
//! and fro in that, so that a step back costs what a step forward does.

pub mod actors;
pub mod address;
pub mod bytes;
pub mod catalogue;
pub mod checks;
pub mod client;
pub mod diagram;
pub mod editor;
pub mod explanation;
pub mod hand_over;
pub mod machine;
pub mod page;
pub mod playing;
pub mod prediction;
pub mod presenter;
pub mod print;
pub mod protocol;
pub mod raster;
pub mod route;
pub mod settings;
pub mod shown;
pub mod side;
pub mod state_diagram;
pub mod stepper;
pub mod symbol;
pub mod take_along;
pub mod what_if;
pub mod worker;
