//! What the tasks need beyond cargo, installed where we may.

use crate::process;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The target of the app.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";
/// A target without a standard library, for the link proof of core.
pub(crate) const BARE_METAL: &str = "thumbv7em-none-eabihf";

/// A program that Debian packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// Its name on the path.
    pub(crate) name: &'static str,
    /// The Debian package that holds it.
    pub(crate) package: &'static str,
}

/// The browser and its remote control.
pub(crate) const BROWSER: &[Program] = &[
    Program { name: "chromium", package: "chromium" },
    Program { name: "chromedriver", package: "chromium-driver" },
];

/// Wireshark's command line.
pub(crate) const TSHARK: Program = Program { name: "tshark", package: "tshark" };

/// The programs that tests compare our results with, or that compile and watch our C.
pub(crate) const PEERS: &[Program] = &[
    TSHARK,
    Program { name: "ffmpeg", package: "ffmpeg" },
    Program { name: "sox", package: "sox" },
    Program { name: "sipp", package: "sip-tester" },
    Program { name: "ip", package: "iproute2" },
    Program { name: "gcc", package: "gcc" },
    Program { name: "pkg-config", package: "pkg-config" },
    Program { name: "valgrind", package: "valgrind" },
];

/// Runs programs for a Cortex-M4.
pub(crate) const EMULATOR: Program =
    Program { name: "qemu-system-arm", package: "qemu-system-arm" };

/// Makes sure that rustc can compile for `target`, by rustup if it cannot yet.
///
/// # Errors
/// When the target is missing and rustup cannot add it.
pub(crate) fn rust_target(target: &str) -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", target])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start rustc")?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && folder.is_dir() {
        return Ok(());
    }
    eprintln!("installing the Rust target {target}");
    process::run(Command::new("rustup").args(["target", "add", target])).with_context(|| {
        format!("the Rust target {target} is missing; type: rustup target add {target}")
    })
}

/// Makes sure that these programs are on the path, by apt-get where we are root.
///
/// # Errors
/// When one is missing and we are not root or not on Debian: the message is the line to type.
pub(crate) fn programs(wanted: &[Program]) -> Result<()> {
    let missing = || -> Vec<&str> {
        wanted.iter().filter(|p| find(p.name).is_none()).map(|p| p.package).collect()
    };
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get update && apt-get install -y {}", packages.join(" "));
    if !is_root() || find("apt-get").is_none() {
        bail!("missing: {}; type: sudo sh -c '{line}'", packages.join(", "));
    }
    eprintln!("installing {}", packages.join(", "));
    let apt = |arguments: &[&str]| {
        process::run(
            Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(arguments)
                .stdout(Stdio::null()),
        )
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], &packages[..]].concat())?;
    let packages = missing();
    if !packages.is_empty() {
        bail!("apt-get installed {}, but their programs are not on the path", packages.join(", "));
    }
    Ok(())
}

/// Where a program is on the path.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(target_os = "linux"))]
const fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_on_the_path_is_found_and_another_is_not() {
        assert!(find("sh").is_some());
        assert_eq!(find("no-such-program-in-any-folder"), None);
    }

    #[test]
    fn nothing_is_installed_when_nothing_is_missing() {
        programs(&[Program { name: "sh", package: "no-such-package" }]).unwrap();
    }
}
