//! Figures for Prometheus, in its text format (version 0.0.4).

use super::tally::Tally;
use crate::output::reason;
use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::http::header;
use axum::routing::get;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;

/// A page that is served, and that says what it was last told.
#[derive(Clone, Debug)]
pub(super) struct Page {
    address: SocketAddr,
    text: Arc<Mutex<String>>,
}

/// What changes up and down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gauges {
    /// Recordings under way.
    pub(super) recordings: usize,
    /// Control connections that stand.
    pub(super) connections: usize,
    /// UDP ports that no recording has.
    pub(super) free_ports: usize,
    /// Bytes free on the disk, where it tells.
    pub(super) free_bytes: Option<u64>,
    /// RTP packets missing in the recordings under way.
    pub(super) lost: u64,
    /// RTP packets written to them.
    pub(super) written: u64,
}

/// Serves the page at `/metrics`.
///
/// # Errors
/// When the address cannot be listened on.
pub(super) async fn serve(address: SocketAddr) -> Result<Page> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| anyhow!("cannot serve metrics at {address}: {}", reason(&error)))?;
    let address = listener.local_addr().context("cannot tell the port of the metrics")?;
    let text = Arc::new(Mutex::new(render(&Tally::default(), Gauges::default())));
    let page = Page { address, text: Arc::clone(&text) };
    let answer = move || {
        // The text is replaced as a whole, so it is whole even if a thread died over it.
        let text = text.lock().unwrap_or_else(PoisonError::into_inner).clone();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text) }
    };
    let router = Router::new().route("/metrics", get(answer));
    tokio::spawn(async move {
        // It ends with the process; who asks for metrics when it has ended learns of that.
        let _ = axum::serve(listener, router).await;
    });
    Ok(page)
}

impl Page {
    /// Where it is served.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces what it says.
    pub(super) fn update(&self, tally: &Tally, gauges: Gauges) {
        let text = render(tally, gauges);
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

fn render(tally: &Tally, gauges: Gauges) -> String {
    let mut page = Text(String::new());
    page.gauge("recordings", "Recordings under way.", gauges.recordings);
    page.gauge("connections", "Control connections that stand.", gauges.connections);
    page.gauge("free_ports", "UDP ports that no recording has.", gauges.free_ports);
    if let Some(free) = gauges.free_bytes {
        page.gauge("free_bytes", "Bytes free where recordings go.", free);
    }
    page.counter("recordings_started_total", "Recordings that began.", tally.started);
    page.counters("recordings_ended_total", "Recordings that ended.", "cause", &tally.ended);
    page.counters("requests_refused_total", "Requests refused.", "reason", &tally.refused);
    let help = "Connections that asked for nothing.";
    page.counters("connections_idle_total", help, "cause", &tally.left);
    page.counter("rtp_received_total", "Datagrams on the ports for RTP.", tally.received);
    page.counter("rtp_received_bytes_total", "Bytes in them.", tally.received_bytes);
    let written = tally.written + gauges.written;
    page.counter("rtp_written_total", "RTP packets in files.", written);
    // A late packet takes a loss back, so this may go down.
    page.gauge("rtp_lost", "RTP packets missing in files.", tally.lost + gauges.lost);
    let help = "Input that was dropped on purpose.";
    page.counters("ignored_total", help, "reason", &tally.ignored);
    page.counter("files_total", "Files made.", tally.files);
    let help = "Files that could not be made or written.";
    page.counter("write_errors_total", help, tally.write_errors);
    page.0
}

/// The page as it grows.
struct Text(String);

impl Text {
    fn gauge(&mut self, name: &str, help: &str, value: impl fmt::Display) {
        self.head(name, help, "gauge");
        let _ = writeln!(self.0, "recscope_{name} {value}");
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        let _ = writeln!(self.0, "recscope_{name} {value}");
    }

    /// A counter for each value of a label. The values are words of ours, which need no escapes.
    fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: &BTreeMap<&'static str, u64>,
    ) {
        self.head(name, help, "counter");
        for (value, count) in values {
            let _ = writeln!(self.0, "recscope_{name}{{{label}=\"{value}\"}} {count}");
        }
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP recscope_{name} {help}");
        let _ = writeln!(self.0, "# TYPE recscope_{name} {kind}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_its_help_its_type_and_its_value() {
        let tally = Tally {
            started: 4,
            ended: BTreeMap::from([("stop request", 2), ("no RTP", 1)]),
            written: 1000,
            lost: 3,
            ..Tally::default()
        };
        let gauges = Gauges { recordings: 1, written: 20, lost: 1, ..Gauges::default() };
        let text = render(&tally, gauges);
        for line in [
            "# TYPE recscope_recordings gauge",
            "recscope_recordings 1",
            "recscope_recordings_started_total 4",
            "# TYPE recscope_recordings_ended_total counter",
            "recscope_recordings_ended_total{cause=\"no RTP\"} 1",
            "recscope_recordings_ended_total{cause=\"stop request\"} 2",
            "recscope_rtp_written_total 1020",
            "recscope_rtp_lost 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        assert!(!text.contains("free_bytes"), "what is not known is not told");
        assert!(text.ends_with('\n') && !text.contains("\n\n"));
    }
}
