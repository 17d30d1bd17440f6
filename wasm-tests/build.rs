//! Writes down what the analyzer finds and what the simulator plays natively, for
//! `tests/analysis.rs` and `tests/simulation.rs` to compare with in the browser.

#[allow(unreachable_pub, reason = "it is public in the library")]
#[path = "src/findings.rs"]
mod findings;
#[allow(unreachable_pub, reason = "it is public in the library")]
#[path = "src/played.rs"]
mod played;

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var("OUT_DIR")?;
    for folder in ["captures", "recordings"] {
        let folder = Path::new("../testdata").join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.ends_with(".md") {
                for (found, kind) in findings::of_file(&name, &fs::read(&path)?)
                    .iter()
                    .zip(["report", "flow", "wav"])
                {
                    fs::write(Path::new(&out).join(format!("{name}.{kind}")), found)?;
                }
            }
        }
    }
    fs::write(Path::new(&out).join("scenarios"), played::scenarios().join("\n"))?;
    Ok(())
}
