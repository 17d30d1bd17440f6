//! The file beside a recording: what the phone said, and how its RTP came, as JSON.

use crate::host::Timestamp;
use recscope_core::codec::Codec;
use recscope_core::control::{Direction, StartRequest};
use recscope_core::recorder::server::{Ended, Recording};
use recscope_core::rtp::statistics::{Spread, Summary};
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What the host knows of a recording, and the machine does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// Its files, in order.
    pub(super) files: Vec<PathBuf>,
    /// When the phone asked, by the clock on the wall.
    pub(super) started: SystemTime,
}

impl Facts {
    /// A recording that begins now and has no file yet.
    pub(super) fn new() -> Self {
        Self { files: Vec::new(), started: SystemTime::now() }
    }

    /// Where the side-car goes; there is none without a recording.
    pub(super) fn path(&self) -> Option<PathBuf> {
        self.files.first().map(|file| file.with_extension("json"))
    }

    /// What is told of a recording under way.
    pub(super) fn of_running(&self, recording: &Recording<'_>, length: Duration) -> Value {
        let said = Said { request: recording.request, codec: recording.codec };
        let mut value = self.value("recording", &said, recording.phone, recording.port, length);
        let statistics = recording.statistics.summary();
        insert(&mut value, "rtp", rtp(&statistics, recording.packets));
        value
    }

    /// What is told of one that is over.
    pub(super) fn of_ended(&self, ended: &Ended) -> Value {
        let said = Said { request: &ended.request, codec: ended.codec };
        let length = ended.ended - ended.started;
        let mut value = self.value("ended", &said, ended.phone, ended.port, length);
        insert(&mut value, "ended", timestamp(self.started + length).into());
        let mut end = json!({ "cause": ended.cause });
        if let Some(stop) = &ended.stop {
            let said = json!({
                "reason": stop.reason,
                "remote_number": stop.remote_number,
                "remote_name": stop.remote_name,
                "local_number": stop.local_number,
                "local_name": stop.local_name,
            });
            insert(&mut end, "stop_request", said);
        }
        insert(&mut value, "end", end);
        insert(&mut value, "rtp", rtp(&ended.statistics, ended.packets));
        value
    }

    fn value(
        &self,
        state: &str,
        said: &Said<'_>,
        phone: IpAddr,
        port: u16,
        length: Duration,
    ) -> Value {
        let names = self.files.iter().filter_map(|file| file.file_name());
        let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
        let request = said.request;
        json!({
            "state": state,
            "files": names,
            "started": timestamp(self.started),
            "seconds": (length.as_secs_f64() * 1000.0).round() / 1000.0,
            "phone": phone,
            "port": port,
            "codec": said.codec.name(),
            "request": {
                "id": request.id,
                "device": request.device,
                "remote_number": request.remote_number,
                "remote_name": request.remote_name,
                "local_number": request.local_number,
                "local_name": request.local_name,
                "dir": request.direction.map(Direction::name),
                "codec": request.codec,
            },
        })
    }
}

/// The request, and the codec that was understood of it.
struct Said<'a> {
    request: &'a StartRequest,
    codec: Codec,
}

fn insert(value: &mut Value, key: &str, part: Value) {
    if let Value::Object(object) = value {
        object.insert(key.to_owned(), part);
    }
}

fn rtp(summary: &Summary, written: u64) -> Value {
    json!({
        "packets": summary.packets,
        "written": written,
        "expected": summary.expected,
        "lost": summary.lost,
        "lost_percent": thousandth(summary.lost_percent),
        "duplicates": summary.duplicates,
        "out_of_order": summary.out_of_order,
        "gaps": summary.gaps,
        "segments": summary.segments,
        "delta_ms": summary.delta_ms.map(spread),
        "jitter_ms": summary.jitter_ms.map(spread),
    })
}

fn spread(spread: Spread) -> Value {
    json!({
        "min": thousandth(spread.min),
        "mean": thousandth(spread.mean),
        "max": thousandth(spread.max),
    })
}

fn thousandth(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(since).to_string()
}

/// Writes a side-car; a reader sees it whole, or as it was before.
///
/// # Errors
/// When it cannot be written; what was there stays.
pub(super) fn write(path: &Path, value: &Value) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    let unfinished = path.with_extension("json.part");
    let written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use recscope_core::control::StopRequest;
    use recscope_core::time::Instant;

    fn ended() -> Ended {
        Ended {
            request: StartRequest {
                id: "15082".into(),
                device: "00087b10a2f4".into(),
                remote_number: "../2001".into(),
                remote_name: "Zoë \"Z\"\n".into(),
                local_number: "1000".into(),
                direction: Some(Direction::In),
                codec: "pcma ".into(),
                ..StartRequest::default()
            },
            stop: Some(StopRequest { reason: "user".into(), ..StopRequest::default() }),
            phone: [192, 0, 2, 20].into(),
            port: 41_000,
            codec: Codec::Pcma,
            started: Instant::from_micros(2_000_000),
            ended: Instant::from_micros(12_500_000),
            cause: "stop request",
            packets: 524,
            statistics: Summary { packets: 524, expected: 525, lost: 1, ..Summary::default() },
        }
    }

    fn facts() -> Facts {
        Facts {
            files: vec![PathBuf::from("out/a.wav"), PathBuf::from("out/a_2.wav")],
            started: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_338_900),
        }
    }

    #[test]
    fn all_that_the_phone_said_is_told_as_it_said_it() {
        let value = facts().of_ended(&ended());
        assert_eq!(value["files"], json!(["a.wav", "a_2.wav"]));
        assert_eq!(value["started"], "2026-11-22T09:15:00.000Z");
        assert_eq!(value["ended"], "2026-11-22T09:15:10.500Z");
        assert_eq!(value["seconds"], 10.5);
        assert_eq!(
            (&value["codec"], &value["request"]["codec"]),
            (&json!("PCMA"), &json!("pcma "))
        );
        assert_eq!(value["request"]["remote_number"], "../2001");
        assert_eq!(value["request"]["remote_name"], "Zoë \"Z\"\n");
        assert_eq!(value["request"]["dir"], "in");
        assert_eq!(value["end"]["cause"], "stop request");
        assert_eq!(value["end"]["stop_request"]["reason"], "user");
        assert_eq!((&value["rtp"]["written"], &value["rtp"]["lost"]), (&json!(524), &json!(1)));
        assert_eq!(value["rtp"]["jitter_ms"], Value::Null);
        let cut_off = facts().of_ended(&Ended { stop: None, ..ended() });
        assert_eq!(cut_off["end"], json!({ "cause": "stop request" }));
    }

    #[test]
    fn a_side_car_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, &json!({ "state": "recording" })).unwrap();
        write(&path, &json!({ "state": "ended" })).unwrap();
        let read: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(read["state"], "ended");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write(&folder.path().join("none/a.json"), &json!(1)).is_err());
    }
}
