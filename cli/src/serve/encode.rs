//! How a file is sent: its media type, its tag, and whether compressed.
//!
//! Also compiled into the build script, which does for the embedded bundle what the server does
//! for a folder.

use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// The `Content-Type` of a file by its extension.
pub(crate) fn media_type(path: &str) -> &'static str {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        "wav" => "audio/wav",
        "pcap" | "pcapng" | "cap" => "application/vnd.tcpdump.pcap",
        _ => "application/octet-stream",
    }
}

/// The `ETag` of a file's content; weak, since it stands for the gzipped bytes as well.
pub(crate) fn entity_tag(content: &[u8]) -> String {
    // FNV-1a: a tag tells two builds apart, nobody attacks it.
    let hash = content.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("W/\"{hash:016x}-{:x}\"", content.len())
}

/// `content` gzipped, where that makes it smaller by a tenth at least.
pub(crate) fn gzip(content: &[u8], level: Compression) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(content).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < content.len() / 10 * 9).then_some(packed)
}
