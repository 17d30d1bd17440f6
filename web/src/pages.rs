//! The pages.

pub mod analyze;
