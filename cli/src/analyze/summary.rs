//! A readable file's report for people: what it is, what stands out, and the tables behind it.

use super::table::{Column, Table};
use super::units::{bytes, utc};
use anstyle::{AnsiColor, Style};
use recscope_analyzer::report::{
    Call, CallState, FileKind, Message, MessageProtocol, Recording, RecordingMethod,
    RecordingResult, Spread, Stream,
};
use recscope_analyzer::wording::{count, duration};
use recscope_analyzer::{Report, Weight, remarks};
use recscope_flow::measure::plain;
use std::collections::HashMap;
use std::fmt;

/// A report, written by its [`Display`](fmt::Display) with terminal styles.
pub(super) struct Summary<'a> {
    pub(super) report: &'a Report,
    /// Columns to keep to, where known.
    pub(super) width: Option<usize>,
}

const BOLD: Style = Style::new().bold();
const FAULT: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();

/// Rows of one table; `--json` has all.
const ROWS: usize = 100;
/// Warnings and remarks listed one by one.
const LINES: usize = 20;

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.file(f)?;
        self.remarks(f)?;
        self.calls(f)?;
        self.course(f)?;
        self.transactions(f)?;
        self.other_messages(f)?;
        self.streams(f)?;
        self.receivers(f)?;
        self.sessions(f)?;
        if let Some(recording) = &self.report.recording {
            write_recording(f, recording)?;
        }
        self.undecoded(f)?;
        self.warnings(f)
    }
}

impl Summary<'_> {
    fn file(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.report.file;
        write!(f, "{BOLD}{}{BOLD:#}  ", plain(&file.name))?;
        match file.kind {
            FileKind::Unknown => {}
            FileKind::Pcap => f.write_str("pcap, ")?,
            FileKind::Pcapng => f.write_str("pcapng, ")?,
            FileKind::PhoneRecording => f.write_str("phone recording, ")?,
            FileKind::RiffWave => f.write_str("WAVE, ")?,
        }
        if let Some(compression) = &file.compression {
            write!(f, "{}, ", plain(compression))?;
        }
        f.write_str(&bytes(file.bytes))?;
        if let Some(capture) = &self.report.capture {
            write!(f, ", {}", count(capture.packets, "packet"))?;
            if let (Some(first), Some(last)) = (capture.first, capture.last) {
                write!(f, " in {}\n  from {} UTC", duration((last - first) * 1000.0), utc(first))?;
            }
            if !capture.link_types.is_empty() {
                write!(f, ", {}", plain(&capture.link_types.join(", ")))?;
            }
        }
        writeln!(f)
    }

    fn remarks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remarks = remarks(self.report);
        writeln!(f, "\n{BOLD}What stands out{BOLD:#}")?;
        if remarks.is_empty() {
            return writeln!(f, "  {GOOD}✓{GOOD:#} nothing: no fault was found");
        }
        for remark in remarks.iter().take(LINES) {
            let (style, mark) = match remark.weight {
                Weight::Fault => (FAULT, '✗'),
                Weight::Hint => (HINT, '!'),
            };
            writeln!(f, "  {style}{mark}{style:#} {}", plain(&remark.text))?;
        }
        more(f, remarks.len(), LINES)
    }

    fn calls(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = &self.report.calls;
        if calls.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{BOLD}Calls{BOLD:#}")?;
        let mut table = Table::new(&[
            (Column::Right, "#"),
            (Column::Spare(2), "started (UTC)"),
            (Column::Flexible, "from"),
            (Column::Flexible, "to"),
            (Column::Left, "state"),
            (Column::Right, "setup"),
            (Column::Right, "lasted"),
            (Column::Spare(1), "messages"),
            (Column::Left, "streams"),
            (Column::Left, "legs"),
        ]);
        for call in calls.iter().take(ROWS) {
            table.row([
                call.id.to_string(),
                utc(call.start),
                party(&call.from),
                party(&call.to),
                state(call),
                call.setup_ms.map_or(String::new(), duration),
                call.duration_ms.map_or(String::new(), duration),
                call.messages.to_string(),
                list(&call.streams),
                list(&call.correlated.iter().map(|other| other.call).collect::<Vec<_>>()),
            ]);
        }
        table.write(f, self.width)?;
        more(f, calls.len(), ROWS)
    }

    /// What happened in the calls, and which of them are legs of one conversation.
    fn course(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(&[
            (Column::Right, "call"),
            (Column::Right, "after"),
            (Column::Right, "packet"),
            (Column::Flexible, "what happened"),
        ]);
        let mut rows = 0;
        let mut row = |cells: [String; 4]| {
            rows += 1;
            if rows <= ROWS {
                table.row(cells);
            }
        };
        for call in &self.report.calls {
            for event in &call.events {
                row([
                    call.id.to_string(),
                    duration((event.time - call.start) * 1000.0),
                    event.packet.to_string(),
                    event.text.clone(),
                ]);
            }
            for other in call.correlated.iter().filter(|other| other.call > call.id) {
                let text = format!("one conversation with call {}: {}", other.call, other.reason);
                row([call.id.to_string(), String::new(), String::new(), text]);
            }
        }
        if rows == 0 {
            return Ok(());
        }
        writeln!(f, "\n{BOLD}Course of the calls{BOLD:#}")?;
        table.write(f, self.width)?;
        more(f, rows, ROWS)
    }

    /// SIP outside calls; the same request with the same result again is one row.
    fn transactions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: Vec<(usize, u64, u64)> = Vec::new();
        let mut known = HashMap::new();
        for (index, found) in self.report.transactions.iter().enumerate() {
            let kind = (&found.method, &found.from, &found.to, &found.result, found.challenged);
            let at = *known.entry(kind).or_insert(kinds.len());
            if at == kinds.len() {
                kinds.push((index, 0, 0));
            }
            kinds[at].1 += 1;
            kinds[at].2 += found.retransmissions;
        }
        if kinds.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{BOLD}Outside calls{BOLD:#}")?;
        let mut table = Table::new(&[
            (Column::Right, "#"),
            (Column::Spare(2), "started (UTC)"),
            (Column::Left, "method"),
            (Column::Flexible, "from"),
            (Column::Flexible, "to"),
            (Column::Flexible, "result"),
            (Column::Right, "times"),
            (Column::Right, "sent again"),
        ]);
        let some = |number: u64| if number == 0 { String::new() } else { number.to_string() };
        for &(index, times, again) in kinds.iter().take(ROWS) {
            let found = &self.report.transactions[index];
            let challenged = if found.challenged { ", after a challenge" } else { "" };
            table.row([
                index.to_string(),
                utc(found.start),
                found.method.clone(),
                party(&found.from),
                party(&found.to),
                format!("{}{challenged}", found.result),
                if times == 1 { String::new() } else { times.to_string() },
                some(again),
            ]);
        }
        table.write(f, self.width)?;
        more(f, kinds.len(), ROWS)
    }

    /// Messages that belong to no call and no transaction, by protocol.
    fn other_messages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_other = |message: &&Message| message.call.is_none() && message.transaction.is_none();
        let others = || self.report.messages.iter().filter(is_other);
        if others().next().is_none() {
            return Ok(());
        }
        write!(f, "\n{BOLD}Other messages{BOLD:#}\n  ")?;
        let names = [
            (MessageProtocol::Sip, "SIP"),
            (MessageProtocol::Control, "RecordServer"),
            (MessageProtocol::Csta, "CSTA"),
            (MessageProtocol::Http, "HTTP"),
        ];
        let counted = names.into_iter().filter_map(|(protocol, name)| {
            match others().filter(|message| message.protocol == protocol).count() {
                0 => None,
                number => Some(format!("{number} {name}")),
            }
        });
        writeln!(f, "{}", counted.collect::<Vec<_>>().join(", "))
    }

    fn streams(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let streams = &self.report.streams;
        if streams.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{BOLD}Streams{BOLD:#}")?;
        let mut table = Table::new(&[
            (Column::Right, "#"),
            (Column::Right, "call"),
            (Column::Spare(2), "ssrc"),
            (Column::Flexible, "from"),
            (Column::Flexible, "to"),
            (Column::Left, "codec"),
            (Column::Spare(3), "lasted"),
            (Column::Right, "packets"),
            (Column::Right, "lost"),
            (Column::Left, ""),
            (Column::Spare(1), "jitter mean/max"),
            (Column::Spare(4), "delta max"),
            (Column::Right, "MOS"),
            (Column::Left, "digits"),
        ]);
        for stream in streams.iter().take(ROWS) {
            table.row(stream_cells(stream));
        }
        table.write(f, self.width)?;
        more(f, streams.len(), ROWS)
    }

    /// What the receivers of streams say over RTCP.
    fn receivers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let streams = || self.report.streams.iter().filter_map(|s| Some((s.id, s.rtcp.as_ref()?)));
        if streams().next().is_none() {
            return Ok(());
        }
        writeln!(f, "\n{BOLD}What receivers report (RTCP){BOLD:#}")?;
        let mut table = Table::new(&[
            (Column::Right, "stream"),
            (Column::Right, "reports"),
            (Column::Right, "lost"),
            (Column::Right, "at worst"),
            (Column::Right, "jitter max"),
            (Column::Right, "round trip mean/max"),
            (Column::Right, "discarded"),
            (Column::Right, "MOS"),
        ]);
        for (id, rtcp) in streams().take(ROWS) {
            let percent = |percent: f64| format!("{percent:.1} %");
            table.row([
                id.to_string(),
                rtcp.reports.to_string(),
                rtcp.lost.max(0).to_string(),
                percent(rtcp.worst_loss_percent),
                rtcp.max_jitter_ms.map_or(String::new(), |jitter| format!("{jitter:.1} ms")),
                rtcp.round_trip_ms
                    .map_or(String::new(), |trip| format!("{:.1}/{:.1} ms", trip.mean, trip.max)),
                rtcp.discarded_percent.map_or(String::new(), percent),
                rtcp.mos.map_or(String::new(), |mos| format!("{mos:.1}")),
            ]);
        }
        table.write(f, self.width)?;
        more(f, streams().count(), ROWS)
    }

    fn sessions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sessions = &self.report.recording_sessions;
        if sessions.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{BOLD}Recording sessions{BOLD:#}")?;
        let mut table = Table::new(&[
            (Column::Right, "#"),
            (Column::Left, "method"),
            (Column::Left, "extension"),
            (Column::Flexible, "phone"),
            (Column::Flexible, "recorder"),
            (Column::Left, "codec"),
            (Column::Right, "lasted"),
            (Column::Left, "result"),
            (Column::Left, "state"),
            (Column::Left, "streams"),
        ]);
        for (index, session) in sessions.iter().enumerate().take(ROWS) {
            let method = match session.method {
                RecordingMethod::Server => "server",
                RecordingMethod::SipInfo => "SIP INFO",
                RecordingMethod::Active => "active",
                RecordingMethod::OnDemand => "on demand",
            };
            let result = match session.result {
                RecordingResult::Success => "success",
                RecordingResult::Failed => "failed",
                RecordingResult::Aborted => "aborted",
            };
            let lasted = session.end.map(|end| duration((end - session.start) * 1000.0));
            table.row([
                index.to_string(),
                method.to_owned(),
                session.extension.clone(),
                session.phone.clone(),
                session.recorder.clone(),
                session.codec.clone(),
                lasted.unwrap_or_default(),
                result.to_owned(),
                session.state.clone(),
                list(&session.streams),
            ]);
        }
        table.write(f, self.width)?;
        more(f, sessions.len(), ROWS)
    }

    fn undecoded(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(capture) = &self.report.capture else { return Ok(()) };
        if capture.undecoded.is_empty() {
            return Ok(());
        }
        let named = |(name, number): (&String, &u64)| format!("{number} {}", plain(name));
        let named: Vec<_> = capture.undecoded.iter().map(named).collect();
        writeln!(f, "\n{BOLD}Packets not decoded{BOLD:#}\n  {}", named.join(", "))
    }

    fn warnings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let warnings = &self.report.warnings;
        if warnings.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{BOLD}Warnings{BOLD:#}")?;
        for warning in warnings.iter().take(LINES) {
            let message = plain(&warning.message);
            writeln!(f, "  at {:#x}, {}: {message}", warning.offset, plain(&warning.layer))?;
        }
        let omitted = usize::try_from(self.report.warnings_omitted).unwrap_or(usize::MAX);
        more(f, warnings.len().saturating_add(omitted), LINES)
    }
}

/// Says how many of `all` were not among the first `shown`.
fn more(f: &mut fmt::Formatter<'_>, all: usize, shown: usize) -> fmt::Result {
    match all.saturating_sub(shown) {
        0 => Ok(()),
        rest => writeln!(f, "  … and {rest} more (all of them with --json)"),
    }
}

/// A URI without the scheme that nearly all have.
fn party(uri: &str) -> String {
    uri.strip_prefix("sip:").unwrap_or(uri).to_owned()
}

fn state(call: &Call) -> String {
    let state = match call.state {
        CallState::Completed => "completed",
        CallState::Established => "established",
        CallState::Ringing => "ringing",
        CallState::Cancelled => "cancelled",
        CallState::Failed => "failed",
        CallState::Unanswered => "unanswered",
    };
    match call.status {
        Some(status) if call.state == CallState::Failed => format!("{state} {status}"),
        _ => state.to_owned(),
    }
}

fn list(indices: &[usize]) -> String {
    indices.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn stream_cells(stream: &Stream) -> [String; 14] {
    let Spread { mean, max, .. } = stream.jitter_ms;
    let types: Vec<_> = stream.payload_types.iter().map(ToString::to_string).collect();
    [
        stream.id.to_string(),
        stream.call.map_or("–".to_owned(), |call| call.to_string()),
        stream.ssrc.clone(),
        stream.src.clone(),
        stream.dst.clone(),
        match (stream.codec.is_empty(), stream.encrypted) {
            (true, _) => format!("type {}", types.join(", ")),
            (false, true) => format!("{} (SRTP)", stream.codec),
            (false, false) => stream.codec.clone(),
        },
        duration((stream.last - stream.first) * 1000.0),
        stream.packets.to_string(),
        stream.lost.max(0).to_string(),
        if stream.lost <= 0 { String::new() } else { format!("{:.1} %", stream.lost_percent) },
        format!("{mean:.1}/{max:.1} ms"),
        format!("{:.1} ms", stream.delta_ms.max),
        stream.mos.map_or(String::new(), |mos| format!("{mos:.2}")),
        stream.dtmf.clone(),
    ]
}

fn write_recording(f: &mut fmt::Formatter<'_>, recording: &Recording) -> fmt::Result {
    writeln!(f, "\n{BOLD}Recording{BOLD:#}")?;
    let mut fact = |name: &str, value: String| {
        if value.is_empty() { Ok(()) } else { writeln!(f, "  {name:<10}{}", plain(&value)) }
    };
    let channels = match recording.channels {
        0 => String::new(),
        1 => ", mono".to_owned(),
        2 => ", stereo".to_owned(),
        channels => format!(", {channels} channels"),
    };
    let rate = if recording.sample_rate == 0 {
        String::new()
    } else {
        format!(", {} Hz", recording.sample_rate)
    };
    fact("codec", format!("{}{rate}{channels}", recording.codec))?;
    fact("lasts", duration(recording.duration_ms))?;
    if let (Some(blocks), Some(rtp_len), Some(increment)) =
        (recording.blocks, recording.rtp_len, recording.increment)
    {
        let of = format!("of {rtp_len} bytes, RTP time +{increment} each");
        fact("blocks", format!("{blocks} {of}"))?;
    }
    if let Some(headers) = &recording.rtp_headers {
        let sure = recording
            .certainty
            .map_or(String::new(), |certainty| format!(" ({:.0} % sure)", certainty * 100.0));
        fact("headers", format!("RTP headers {headers}{sure}"))?;
    }
    let claims = format!("claims {} of audio", bytes(recording.data_size));
    fact("header", format!("{claims}, {}-endian", recording.byte_order))?;
    let decibels = |value: Option<f64>| {
        // Adding 0 turns −0 into 0.
        value.map(|value| format!("{:.1} dBFS", (value * 10.0).round() / 10.0 + 0.0))
    };
    if let Some(peak) = decibels(recording.peak_dbfs) {
        let rms = decibels(recording.rms_dbfs).map_or(String::new(), |rms| format!(", RMS {rms}"));
        let silence = recording
            .silence_percent
            .map_or(String::new(), |percent| format!(", {percent:.0} % of it silence"));
        fact("level", format!("peak {peak}{rms}{silence}"))?;
    }
    for gap in recording.gaps.iter().take(LINES) {
        fact("gap", format!("{} at {}", duration(gap.ms), duration(gap.at_ms)))?;
    }
    more(f, recording.gaps.len(), LINES)
}
