//! The headers of recordings taken apart for the inspector.

use crate::analysis::Field;
use recscope_core::recording::{self, HEADER_LEN, Header};
use recscope_core::wave;

fn field(
    offset: u64,
    len: u64,
    name: &str,
    value: impl Into<String>,
    meaning: impl Into<String>,
) -> Field {
    Field { offset, len, name: name.to_owned(), value: value.into(), meaning: meaning.into() }
}

/// The 76 bytes of a phone's recording (BX-L3), and where its blocks lie.
pub(super) fn of_phone(summary: &recording::Summary, head: &[u8]) -> Vec<Field> {
    let header = &summary.header;
    let order = header.byte_order.name();
    let clock = summary.clock;
    let name = header.codec.as_str();
    let block_ms = summary.time_of(summary.increment.into()).as_secs_f64() * 1000.0;
    let codec = match summary.codec {
        Some(codec) => format!("{} Hz audio on an RTP clock of {clock} Hz", codec.sample_rate()),
        None => String::from("named, but not decoded here"),
    };
    let blocks = match summary.layout.rtp_headers {
        recording::RtpHeaders::Present => "an RTP header and its payload",
        recording::RtpHeaders::Absent => "payload without an RTP header",
    };
    let size = match u64::from(header.data_size) {
        size if size == summary.data_bytes => format!("{} whole blocks", summary.blocks),
        _ => {
            format!("the file holds {} whole blocks, {} bytes", summary.blocks, summary.data_bytes)
        }
    };
    let at = |offset: usize| offset as u64;
    let mut fields = vec![
        field(at(Header::CODEC_OFFSET), 64, "codec", name, codec),
        field(
            at(Header::RTP_LEN_OFFSET),
            4,
            "rtpLen",
            header.rtp_len.to_string(),
            format!("bytes of each block ({order}-endian): {blocks}"),
        ),
        field(
            at(Header::INCREMENT_OFFSET),
            4,
            "increment",
            header.increment.to_string(),
            format!("RTP clock ticks per block: {block_ms:.1} ms"),
        ),
        field(at(Header::DATA_SIZE_OFFSET), 4, "dataSize", header.data_size.to_string(), size),
    ];
    let first = head.get(HEADER_LEN..).unwrap_or_default();
    if let (recording::RtpHeaders::Present, Ok(rtp)) =
        (summary.layout.rtp_headers, recscope_core::rtp::Header::parse(first))
    {
        fields.extend(of_rtp(HEADER_LEN as u64, &rtp));
    }
    fields
}

/// The fixed header of the first block's RTP packet.
fn of_rtp(base: u64, rtp: &recscope_core::rtp::Header) -> [Field; 5] {
    let kind = recscope_core::rtp::payload::payload_type_name(rtp.payload_type);
    let kind = kind.map_or("", |(name, _)| name);
    [
        field(
            base,
            1,
            "rtp version",
            "2",
            "first block: RTP version 2, then padding, extension, CSRC count",
        ),
        field(base + 1, 1, "rtp payload type", rtp.payload_type.to_string(), kind),
        field(base + 2, 2, "rtp sequence", rtp.sequence.to_string(), "place in the stream"),
        field(
            base + 4,
            4,
            "rtp timestamp",
            rtp.timestamp.to_string(),
            "sampling instant, in ticks of the RTP clock",
        ),
        field(base + 8, 4, "rtp ssrc", rtp.ssrc.to_string(), "the stream's sender"),
    ]
}

/// The chunks of a WAVE file, and what its format says.
pub(super) fn of_wave(summary: &wave::Summary, chunks: &[wave::Chunk], head: &[u8]) -> Vec<Field> {
    let format = &summary.format;
    let order = format.container.byte_order();
    let mut fields = vec![
        field(0, 4, "container", format.container.name(), "the kind of RIFF"),
        field(8, 4, "form", "WAVE", ""),
    ];
    if let Some(size) = bytes_at(head, 4) {
        let meaning = "bytes that follow, as the header claims";
        fields.insert(1, field(4, 4, "size", order.u32(size).to_string(), meaning));
    }
    for chunk in chunks {
        let id = String::from_utf8_lossy(&chunk.id);
        let start = chunk.offset.saturating_sub(8);
        fields.push(field(start, 4, "chunk", id.trim_end(), chunk_meaning(&chunk.id)));
        fields.push(field(
            start + 4,
            4,
            "chunk size",
            chunk.len.to_string(),
            "bytes of its content",
        ));
        if &chunk.id == b"fmt " {
            fields.extend(of_format(format, chunk.offset, head));
        }
    }
    fields
}

fn chunk_meaning(id: &[u8; 4]) -> &'static str {
    match id {
        b"fmt " => "what the samples are",
        b"data" => "the samples",
        b"ds64" => "sizes that do not fit 32 bits",
        b"fact" => "samples per channel",
        b"LIST" => "title, software and other texts",
        b"bext" => "broadcast extension: origin and time",
        b"cue " => "marked places",
        b"JUNK" | b"PAD " => "filling",
        _ => "left alone",
    }
}

fn of_format(format: &wave::Format, base: u64, head: &[u8]) -> Vec<Field> {
    let order = format.container.byte_order();
    let number = |at: u64| {
        let at = usize::try_from(base + at).ok()?;
        Some(u32::from(order.u16(bytes_at(head, at)?)))
    };
    let encoding = match format.encoding {
        wave::Encoding::Other(_) => "a format that is not decoded here",
        other => other.name(),
    };
    let mut fields = Vec::new();
    if let Some(tag) = number(0) {
        fields.push(field(base, 2, "format tag", tag.to_string(), encoding));
    }
    fields.push(field(base + 2, 2, "channels", format.channels.to_string(), ""));
    fields.push(field(
        base + 4,
        4,
        "sample rate",
        format.sample_rate.to_string(),
        "samples per second and channel",
    ));
    let per_second = u64::from(format.sample_rate) * u64::from(format.block_align);
    fields.push(field(
        base + 8,
        4,
        "byte rate",
        per_second.to_string(),
        "bytes per second, as the other fields give it",
    ));
    fields.push(field(
        base + 12,
        2,
        "block align",
        format.block_align.to_string(),
        "bytes of one sample of every channel",
    ));
    if let Some(bits) = number(14) {
        fields.push(field(base + 14, 2, "bits", bits.to_string(), "bits per sample"));
    }
    fields
}

fn bytes_at<const N: usize>(head: &[u8], at: usize) -> Option<[u8; N]> {
    head.get(at..)?.first_chunk().copied()
}
