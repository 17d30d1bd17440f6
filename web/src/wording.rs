//! Numbers as they are written on the page.

use recscope_analyzer::report::{CallState, FileKind, Finding, Stream};

/// A size: `76 bytes`, `258.6 kB`, `1.25 GB`, in powers of 1000.
#[must_use]
pub fn bytes(count: f64) -> String {
    if count < 1e3 {
        return if count == 1.0 { "1 byte".to_owned() } else { format!("{count:.0} bytes") };
    }
    let (value, unit) = match count {
        ..999_950.0 => (count / 1e3, "kB"),
        ..999_950_000.0 => (count / 1e6, "MB"),
        _ => (count / 1e9, "GB"),
    };
    let digits = if unit == "GB" { 2 } else { 1 };
    format!("{value:.digits$} {unit}")
}

/// A stream's lost packets; more packets than were sent are no loss.
#[must_use]
pub fn lost(stream: &Stream) -> String {
    format!("{} ({:.2} %)", stream.lost.max(0), stream.lost_percent.max(0.0))
}

/// A position or length in a recording: `0:03.2`, `12:05.0`, `1:02:03.4`.
#[must_use]
pub fn clock(seconds: f64) -> String {
    let tenths = whole(seconds.max(0.0) * 10.0);
    let (minutes, tenths) = (tenths / 600, tenths % 600);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let seconds = format!("{:02}.{}", tenths / 10, tenths % 10);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds}")
    } else {
        format!("{minutes}:{seconds}")
    }
}

/// A length of time in the unit that suits it: `4 ms`, `11.0 s`, `3 min 20 s`, `2 h 05 min`.
#[must_use]
pub fn span(ms: f64) -> String {
    if ms < 999.5 {
        return format!("{ms:.0} ms");
    }
    if ms < 59_950.0 {
        return format!("{:.1} s", ms / 1e3);
    }
    let seconds = whole(ms / 1e3);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    if minutes < 60 {
        return format!("{minutes} min {seconds:02} s");
    }
    format!("{} h {:02} min", minutes / 60, minutes % 60)
}

/// A count with its digits in groups of three: `1 000 000`, with narrow spaces.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// `count` and the noun in the right number: `1 packet`, `551 packets`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// What a file is.
#[must_use]
pub const fn kind(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Pcap => "pcap capture",
        FileKind::Pcapng => "pcapng capture",
        FileKind::PhoneRecording => "phone recording",
        FileKind::RiffWave => "WAVE file",
        FileKind::Unknown => "unknown",
    }
}

/// A kind as the report's JSON has it.
#[must_use]
pub const fn kind_id(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Pcap => "pcap",
        FileKind::Pcapng => "pcapng",
        FileKind::PhoneRecording => "phone-recording",
        FileKind::RiffWave => "riff-wave",
        FileKind::Unknown => "unknown",
    }
}

/// How a call ended.
#[must_use]
pub const fn call_state(state: CallState) -> &'static str {
    match state {
        CallState::Completed => "completed",
        CallState::Established => "established",
        CallState::Ringing => "ringing",
        CallState::Cancelled => "cancelled",
        CallState::Failed => "failed",
        CallState::Unanswered => "unanswered",
    }
}

/// Where something irregular was found: ` (riff, offset 44)`; nothing for the file as a whole.
#[must_use]
pub fn place(finding: &Finding) -> String {
    if finding.layer == "file" && finding.offset == 0 {
        return String::new();
    }
    format!(" ({}, offset {})", finding.layer, finding.offset)
}

/// A party as briefly as it can be told: the user part of a SIP or tel URI, or else the host.
#[must_use]
pub fn party(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let rest = rest.split([';', '?', '>']).next().unwrap_or(rest);
    rest.split_once('@').map_or(rest, |(user, _)| user)
}

/// `text` in lower case, by the browser, so that its tables need not be carried along.
#[must_use]
pub fn lower_case(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// The nearest whole number of something that is not negative.
fn whole(number: f64) -> u64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded; the cast saturates, and what is no number becomes 0"
    )]
    let whole = number.round() as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_unit_that_suits_them() {
        for (count, text) in [
            (0.0, "0 bytes"),
            (1.0, "1 byte"),
            (76.0, "76 bytes"),
            (258_560.0, "258.6 kB"),
            (999_950.0, "1.0 MB"),
            (5e9, "5.00 GB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn positions_carry_over() {
        for (seconds, text) in [
            (-1.0, "0:00.0"),
            (3.24, "0:03.2"),
            (59.96, "1:00.0"),
            (725.0, "12:05.0"),
            (3_723.4, "1:02:03.4"),
            (f64::NAN, "0:00.0"),
        ] {
            assert_eq!(clock(seconds), text);
        }
    }

    #[test]
    fn spans_choose_their_unit() {
        for (ms, text) in [
            (4.2, "4 ms"),
            (999.5, "1.0 s"),
            (11_020.0, "11.0 s"),
            (200_000.0, "3 min 20 s"),
            (7_500_000.0, "2 h 05 min"),
        ] {
            assert_eq!(span(ms), text);
        }
    }

    #[test]
    fn counts_are_grouped_and_nouns_agree() {
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(counted(1, "packet"), "1 packet");
        assert_eq!(counted(0, "packet"), "0 packets");
    }

    #[test]
    fn parties_lose_scheme_host_and_parameters() {
        for (uri, text) in [
            ("sip:1000@pbx.example;user=phone", "1000"),
            ("sip:pbx.example", "pbx.example"),
            ("tel:+4930123;phone-context=x", "+4930123"),
            ("", ""),
        ] {
            assert_eq!(party(uri), text);
        }
    }
}
