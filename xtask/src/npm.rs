//! Packages of the npm registry: fetched to test and measure with, and no part of anything that is
//! built.

use crate::{process, provision, workspace};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What fetches them.
const NPM: provision::Program = provision::Program { name: "npm", package: "npm" };

/// A package of the registry, in one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// What the registry calls it.
    pub(crate) name: &'static str,
    /// Which version.
    pub(crate) version: &'static str,
}

/// The checker of accessibility that the end-to-end tests run inside the page.
pub(crate) const AXE: Package = Package { name: "axe-core", version: "4.14.1" };

impl Package {
    /// Where one of its files is, below `target/`; the package is fetched if it is not there.
    ///
    /// # Errors
    /// When it cannot be fetched, or has no such file.
    pub(crate) fn file(self, path: &str) -> Result<PathBuf> {
        let folder = workspace::target().join("npm").join(self.name).join(self.version);
        let file = folder.join("package").join(path);
        if !file.is_file() {
            self.fetch(&folder)?;
        }
        ensure!(file.is_file(), "{} has no file {path}", self.in_registry());
        Ok(file)
    }

    /// As one asks the registry for it: `axe-core@4.14.1`.
    pub(crate) fn in_registry(self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    fn fetch(self, folder: &PathBuf) -> Result<()> {
        provision::programs(&[NPM])?;
        fs::create_dir_all(folder)?;
        eprintln!("fetching {}", self.in_registry());
        let mut fetch = Command::new(NPM.name);
        fetch
            .args(["pack", "--silent", &self.in_registry()])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let output = fetch.output().context("cannot start npm")?;
        let line = process::command_line(&fetch);
        ensure!(output.status.success(), "`{line}` ended with {}", output.status);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let archive = said.trim().lines().last().context("npm names no archive")?;
        process::run(Command::new("tar").args(["xzf", archive]).current_dir(folder))
    }
}
