//! Programs that a test runs beside itself, and that end with it.

use anyhow::{Context, Result, bail};
use std::env;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take until it listens.
const START_TIME: Duration = Duration::from_secs(30);

/// A server that is running; dropping it ends it.
pub(crate) struct Server {
    child: Child,
    /// The port it listens on, on the loopback address.
    pub(crate) port: u16,
}

impl Server {
    /// Serves the built app with `recscope serve`.
    pub(crate) async fn of_the_app() -> Result<Self> {
        let port = free_port()?;
        let mut command = recscope();
        command.args(["serve", "--port", &port.to_string(), "--dir"]).arg(dist());
        Self::start(command, port).await
    }

    /// A chromedriver of our own.
    pub(crate) async fn of_web_driver() -> Result<Self> {
        let port = free_port()?;
        let program = env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let mut command = Command::new(program);
        command.arg(format!("--port={port}"));
        Self::start(command, port).await
    }

    async fn start(mut command: Command, port: u16) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.get_program()))?;
        let mut server = Self { child, port };
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{:?} ended with {status}", command.get_program());
            }
            if start.elapsed() > START_TIME {
                bail!("{:?} does not listen on port {port}", command.get_program());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    /// Ends it, and gives whoever connects to its port from now on.
    pub(crate) fn replace_by_listener(mut self) -> Result<TcpListener> {
        self.end();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    fn end(&mut self) {
        // It may have ended by itself, and then there is nothing to kill or to wait for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// The `recscope` command: `RECSCOPE_BIN`, or the one beside this test in the target folder.
pub(crate) fn recscope() -> Command {
    let program = env::var_os("RECSCOPE_BIN").map_or_else(
        || {
            let test = env::current_exe().expect("a test knows its own path");
            test.ancestors().nth(2).expect("it lies in target/PROFILE/deps").join("recscope")
        },
        PathBuf::from,
    );
    Command::new(program)
}

/// The built app: `RECSCOPE_DIST`, or `dist/` in the workspace.
fn dist() -> PathBuf {
    env::var_os("RECSCOPE_DIST").map_or_else(|| workspace().join("dist"), PathBuf::from)
}

/// The workspace root.
pub(crate) fn workspace() -> PathBuf {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    package.parent().map(PathBuf::from).unwrap_or(package)
}

/// A port that nothing listens on.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
