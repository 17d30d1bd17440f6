//! Every RTCP packet of the samples, field by field as tshark prints them.

use recscope_core::rtp::Ssrc;
use recscope_core::rtp::rtcp::{self, Packet, Reports, SenderReports};

use crate::tshark;

const FIELDS: [&str; 16] = [
    "frame.time_epoch",
    "udp.payload",
    "rtcp.roundtrip-delay",
    "rtcp.senderssrc",
    "rtcp.timestamp.ntp.msw",
    "rtcp.timestamp.ntp.lsw",
    "rtcp.timestamp.rtp",
    "rtcp.sender.packetcount",
    "rtcp.sender.octetcount",
    "rtcp.ssrc.fraction",
    "rtcp.ssrc.cum_nr",
    "rtcp.ssrc.ext_high",
    "rtcp.ssrc.jitter",
    "rtcp.ssrc.lsr",
    "rtcp.ssrc.dlsr",
    "rtcp.sdes.text",
];

const OPTIONS: [&str; 4] = [
    "-o",
    "rtcp.show_roundtrip_calculation:TRUE",
    "-o",
    // That is how tshark spells it.
    "rtcp.roundtrip_min_threshhold:0",
];

#[test]
fn captured_packets_have_tsharks_fields_and_round_trips() {
    if tshark::is_left_out() {
        return;
    }
    let Some(captures) = tshark::sample_captures() else { return };
    let (mut compared, mut round_trips) = (0, 0);
    for capture in &captures {
        let text = tshark::print_fields(capture, &OPTIONS, "rtcp", &FIELDS);
        let mut senders = SenderReports::default();
        for line in text.lines() {
            let columns: Vec<_> = line.split('\t').map(str::to_owned).collect();
            let [time, payload, round_trip, fields @ ..] = &columns[..] else {
                panic!("tshark printed {line:?}")
            };
            let payload = tshark::from_hex(payload);
            assert!(rtcp::looks_like_rtcp(&payload), "{}: {line}", capture.display());
            assert_eq!(fields, fields_of(&payload), "{}", capture.display());
            let ours = round_trip_of(&payload, tshark::micros(time), &mut senders);
            if let Ok(theirs) = round_trip.parse::<i64>() {
                // tshark cuts each term to whole milliseconds.
                let ours = ours.expect("tshark found the sender report");
                assert!((ours - theirs * 1000).abs() < 2000, "{}: {ours}", capture.display());
                round_trips += 1;
            }
            compared += 1;
        }
    }
    eprintln!("compared {compared} RTCP packets, {round_trips} round trips");
    assert!(compared > 0 && round_trips > 0, "no sample capture has RTCP");
}

/// Of the last block that shows one, in µs.
fn round_trip_of(payload: &[u8], arrival_us: i64, senders: &mut SenderReports) -> Option<i64> {
    let mut round_trip = None;
    for packet in rtcp::packets(payload).filter_map(Result::ok) {
        if let Packet::SenderReport { ssrc, sender, reports } = packet {
            round_trip =
                reports.iter().filter_map(|block| senders.round_trip_us(arrival_us, &block)).last();
            senders.on_sender_report(arrival_us, ssrc, &sender);
        }
    }
    round_trip
}

/// The columns from `rtcp.senderssrc` on.
fn fields_of(payload: &[u8]) -> Vec<String> {
    let mut columns = vec![Vec::new(); FIELDS.len() - 3];
    let mut add = |column: &str, value: String| {
        let place = FIELDS.iter().position(|field| field.ends_with(column)).expect("a field");
        columns[place - 3].push(value);
    };
    let hex = |Ssrc(ssrc): Ssrc| format!("{ssrc:#010x}");
    for packet in rtcp::packets(payload).map(|packet| packet.expect("tshark reads it")) {
        match packet {
            Packet::SenderReport { ssrc, sender, reports } => {
                add("senderssrc", hex(ssrc));
                add("ntp.msw", (sender.ntp >> 32).to_string());
                add("ntp.lsw", (sender.ntp & 0xFFFF_FFFF).to_string());
                add("timestamp.rtp", sender.timestamp.to_string());
                add("packetcount", sender.packets.to_string());
                add("octetcount", sender.octets.to_string());
                add_reports(reports, &mut add);
            }
            Packet::ReceiverReport { ssrc, reports } => {
                add("senderssrc", hex(ssrc));
                add_reports(reports, &mut add);
            }
            Packet::SourceDescription(sdes) => {
                for item in sdes.items() {
                    // Some senders count a C string's NUL in.
                    let text = item.text.strip_suffix(b"\0").unwrap_or(item.text);
                    add("sdes.text", String::from_utf8_lossy(text).into_owned());
                }
            }
            Packet::Bye(bye) if !bye.reason.is_empty() => {
                add("sdes.text", String::from_utf8_lossy(bye.reason).into_owned());
            }
            _ => {}
        }
    }
    columns.into_iter().map(|values| values.join(",")).collect()
}

fn add_reports(reports: Reports<'_>, add: &mut impl FnMut(&str, String)) {
    for block in reports.iter() {
        add("fraction", block.fraction_lost.to_string());
        add("cum_nr", block.cumulative_lost.to_string());
        add("ext_high", block.highest_sequence.to_string());
        add("jitter", block.jitter.to_string());
        add("lsr", block.last_sender_report.0.to_string());
        add("dlsr", block.delay_since_last.0.to_string());
    }
}
