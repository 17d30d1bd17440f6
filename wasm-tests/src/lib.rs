//! Tests of Recscope where it is used: in a browser.
//!
//! - `tests/analysis.rs` and `tests/simulation.rs` run the crates below the app inside the browser,
//!   compiled to WebAssembly, and hold them to what they say natively (`build.rs` writes that
//!   down).
//! - `tests/end_to_end/` uses the whole app as a person does: files are chosen, rows clicked,
//!   sound played and saved.
//!
//! `README.md` lists the hooks in the page that the tests hold on to; how to run the tests is in
//! the workspace's `CONTRIBUTING.md`.

mod findings;
mod played;

pub use findings::of_file as findings_of_file;
pub use played::scenarios as played_scenarios;
