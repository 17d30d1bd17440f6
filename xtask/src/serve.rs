//! `cargo xtask serve`: the app in a browser on this machine.
//!
//! The server is `recscope serve`, the one that users have; this only keeps `dist/` fresh.

use crate::{dist, process, watch, workspace};
use anyhow::{Context, Result};
use std::process::{Child, Command};
use std::thread;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Port to listen on
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Rebuild when a source file changes; reload the page to see it
    #[arg(long)]
    watch: bool,
}

/// Builds what is stale and serves until stopped.
///
/// # Errors
/// When the app does not build or the server ends with an error.
pub(crate) fn run(options: &Options) -> Result<()> {
    dist::build()?;
    let recscope = process::build_recscope(&[])?;
    let mut server = Command::new(recscope);
    server.arg("serve").args(["--port", &options.port.to_string()]);
    server.arg("--dir").arg(workspace::dist());
    if options.open {
        server.arg("--open");
    }
    if !options.watch {
        return process::run(&mut server);
    }
    let server = server
        .spawn()
        .with_context(|| format!("cannot start `{}`", process::command_line(&server)))?;
    rebuild_while_running(server)
}

fn rebuild_while_running(mut server: Child) -> Result<()> {
    let mut sources = watch::Sources::new(workspace::root());
    loop {
        thread::sleep(watch::INTERVAL);
        if let Some(status) = server.try_wait()? {
            anyhow::ensure!(status.success(), "the server ended with {status}");
            return Ok(());
        }
        if sources.changed() {
            match dist::build() {
                Ok(()) => eprintln!("rebuilt; reload the page"),
                // The page of before is still served; the next change may mend it.
                Err(error) => eprintln!("not rebuilt: {error:#}"),
            }
        }
    }
}
