//! Embeds the app in the binary: the folder named by `RECSCOPE_BUNDLE`, or else `dist/` in the
//! workspace where `cargo xtask dist` made one. Without either, `recscope serve` says how.

#[path = "src/serve/encode.rs"]
mod encode;

use flate2::Compression;
use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/serve/encode.rs");
    println!("cargo::rerun-if-env-changed=RECSCOPE_BUNDLE");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let named = env::var_os("RECSCOPE_BUNDLE").map(PathBuf::from);
    let bundle = named.clone().unwrap_or_else(|| Path::new("..").join("dist"));
    println!("cargo::rerun-if-changed={}", bundle.display());

    let mut list = String::from("[\n");
    if bundle.join("index.html").is_file() {
        let files = files(&bundle)?;
        let is_sent = |file: &&PathBuf| file.extension().is_none_or(|ending| ending != "gz");
        for (number, file) in files.iter().filter(is_sent).enumerate() {
            embed(&bundle, file, number, &out, &mut list)?;
        }
    } else if named.is_some() {
        return Err(format!("RECSCOPE_BUNDLE={} holds no index.html", bundle.display()).into());
    }
    list.push_str("]\n");
    fs::write(out.join("bundle.rs"), list)?;
    Ok(())
}

/// Every file below a folder but hidden ones, in a fixed order.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut found = Vec::new();
    for entry in entries {
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Copies one file to the build's output, compressed where that is worth it, and lists it. Where
/// `dist/` holds it packed already, that is better than what is made here.
fn embed(
    bundle: &Path,
    file: &Path,
    number: usize,
    out: &Path,
    list: &mut String,
) -> Result<(), Box<dyn Error>> {
    let content = fs::read(file)?;
    let relative = file.strip_prefix(bundle)?;
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    let path = parts.join("/");
    let packed = match fs::read(format!("{}.gz", file.display())) {
        Ok(packed) => Some(packed),
        Err(_) => encode::gzip(&content, Compression::best()),
    };
    let copy = out.join(format!("bundle-{number}"));
    fs::write(&copy, packed.as_ref().unwrap_or(&content))?;
    writeln!(
        list,
        "    Embedded {{ path: {path:?}, media_type: {:?}, tag: {:?}, gzipped: {}, \
         content: include_bytes!({copy:?}) }},",
        encode::media_type(&path),
        encode::entity_tag(&content),
        packed.is_some(),
    )?;
    Ok(())
}
