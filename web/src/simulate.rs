//! The Simulate page: a second program of the same shape as the Analyze page's.
//!
//! One binary, `simulate`, runs in the page and in a worker. The worker plays what is set up to
//! its end and makes a [`Lesson`](recscope_simulator::lesson::Lesson) of it; the page only goes to
//! and fro in that, so that a step back costs what a step forward does.

pub mod address;
pub mod client;
pub mod page;
pub mod protocol;
pub mod route;
pub mod worker;
