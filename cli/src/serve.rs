//! `recscope serve`: the app, for a browser on this machine.

mod assets;
mod encode;
mod respond;

use crate::Outcome;
use crate::output::reason;
use anyhow::{Context, Result, anyhow};
use assets::Assets;
use axum::Router;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serve the app to a browser on this machine
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Port to listen on; 0 for any that is free
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Serve the files of this folder instead of the app inside this program
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

const EXAMPLES: &str = "Examples:
  recscope serve --open
  recscope serve --port 9000
  recscope serve --listen 0.0.0.0      for other machines too, without encryption

The app runs in the browser alone: files dropped there never reach this server.";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let assets = match &arguments.dir {
        Some(folder) => Assets::folder(folder)?,
        None => Assets::embedded().context(
            "this program was built without the app: run `cargo xtask dist` and build it again, \
             or name a built app with --dir",
        )?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(|error| anyhow!("cannot start the server: {error}"))?;
    runtime.block_on(serve(arguments, assets))?;
    Ok(Outcome::Whole)
}

async fn serve(arguments: &Arguments, assets: Assets) -> Result<()> {
    let address = SocketAddr::new(arguments.listen, arguments.port);
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            anyhow!("port {} is in use: choose another with --port", arguments.port)
        }
        io::ErrorKind::AddrNotAvailable => {
            anyhow!("{} is not an address of this machine", arguments.listen)
        }
        _ => anyhow!("cannot listen on {address}: {}", reason(&error)),
    })?;
    let bound = listener.local_addr().context("cannot tell the port")?;
    let url = url_of(bound);
    // Whoever started us may wait for this line and then go away.
    let _ = writeln!(io::stdout(), "Recscope is at {url} (stop it with Ctrl-C)");
    let _ = io::stdout().flush();
    if arguments.open && !open(&url) {
        crate::output::diagnose(&format!("no browser could be started: open {url} yourself"));
    }

    let assets = Arc::new(assets);
    let router = Router::new().fallback(move |request| {
        let assets = Arc::clone(&assets);
        async move { respond::respond(&assets, &request) }
    });
    let stop = async {
        // Without a signal to wait for, the process is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
        .map_err(|error| anyhow!("the server ended: {}", reason(&error)))
}

/// The page's address as a browser on this machine reaches it.
fn url_of(bound: SocketAddr) -> String {
    match bound.ip() {
        ip if ip.is_unspecified() => format!("http://localhost:{}/", bound.port()),
        IpAddr::V4(ip) => format!("http://{ip}:{}/", bound.port()),
        IpAddr::V6(ip) => format!("http://[{ip}]:{}/", bound.port()),
    }
}

/// Asks the desktop to show a page; false where it has no way to.
fn open(url: &str) -> bool {
    let mut command = if cfg!(target_os = "windows") {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else if cfg!(target_os = "macos") {
        Command::new("open")
    } else {
        Command::new("xdg-open")
    };
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
