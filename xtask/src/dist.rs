//! `cargo xtask dist`: the app as a browser loads it.
//!
//! Each binary of `recscope-web` becomes `NAME.js` and `NAME_bg.wasm` by wasm-bindgen, beside the
//! files of `static/`; each file that shrinks by it is there gzipped as well, as a server may send
//! it. Only what changed is written, so that what is built from `dist/` (the
//! bundle inside `recscope`) stays up to date when nothing did.

mod pack;
mod size;
mod squeeze;
mod sync;

use crate::{process, provision, workspace};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wasm_bindgen_cli_support::Bindgen;

/// Builds, prints the sizes, and fails if a page needs more than it may.
///
/// # Errors
/// When something does not build or the result is too large.
pub(crate) fn run() -> Result<()> {
    build()?;
    let report = size::measure(&workspace::dist())?;
    print!("{report}");
    let mut heavy = Vec::new();
    for page in size::PAGES {
        let gzipped = report.gzipped(&page);
        let size::Page { name, limit, .. } = page;
        println!("{gzipped:>21}  needed by {name}, which may need {limit}");
        if gzipped > limit {
            heavy.push(format!("{name} needs {gzipped} bytes gzipped where it may need {limit}"));
        }
    }
    ensure!(heavy.is_empty(), "{}", heavy.join(", "));
    Ok(())
}

/// Brings `dist/` up to date.
///
/// # Errors
/// When something does not build.
pub(crate) fn build() -> Result<()> {
    provision::rust_target(provision::WASM)?;
    let binaries = process::build(&[
        "--package",
        "recscope-web",
        "--bins",
        "--target",
        provision::WASM,
        "--profile",
        "web",
    ])?;
    ensure!(!binaries.is_empty(), "recscope-web has no binary to build the app from");

    let mut parts = vec![workspace::static_files()];
    for (name, wasm) in &binaries {
        parts.push(bind(name, wasm)?);
    }
    let packed = workspace::target().join("web-bundle-packed");
    fs::create_dir_all(&packed)?;
    pack::pack(&parts, &packed)?;
    parts.push(packed);
    sync::merge(&parts, &workspace::dist())
}

/// Makes the JavaScript side of one WebAssembly binary, in a folder of its own below `target/`.
fn bind(name: &str, wasm: &Path) -> Result<PathBuf> {
    let folder = workspace::target().join("web-bundle").join(name);
    let bound = folder.join(format!("{name}_bg.wasm"));
    // wasm-bindgen is part of this program: a newer one of us may write something else.
    if modified(&bound) >= modified(wasm).max(modified(&std::env::current_exe()?))
        && modified(&bound).is_some()
    {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    Bindgen::new()
        .input_path(wasm)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&folder)
        .with_context(|| format!("wasm-bindgen cannot process {}", wasm.display()))?;
    let script = folder.join(format!("{name}.js"));
    fs::write(&script, squeeze::squeeze(&fs::read_to_string(&script)?))?;
    Ok(folder)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
