//! `recscope phone`: a phone on real sockets.

mod bx;
mod desk;
mod mx;

use crate::Outcome;
use anyhow::{Result, anyhow};

/// Run a phone: it records, or lets itself be recorded
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(clap::Subcommand)]
enum Kind {
    Bx(bx::Arguments),
    Mx(mx::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| anyhow!("cannot start: {error}"))?;
    runtime.block_on(async {
        match &arguments.kind {
            Kind::Bx(arguments) => bx::run(arguments).await,
            Kind::Mx(arguments) => mx::run(arguments).await,
        }
    })
}
