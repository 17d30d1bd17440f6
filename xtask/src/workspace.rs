//! Where things lie in the workspace.

use std::env;
use std::path::PathBuf;

/// The workspace root.
///
/// Cargo says at run time which checkout it runs for; a target directory shared by several
/// checkouts may hold a binary that another of them compiled.
pub(crate) fn root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or(xtask.clone(), PathBuf::from)
}

/// What a browser loads, built by `cargo xtask dist`.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// The parts of the app that are not compiled.
pub(crate) fn static_files() -> PathBuf {
    root().join("static")
}

/// Cargo's output folder, for intermediate files of our own.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}
