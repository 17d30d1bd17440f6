//! The files that are opened.

use crate::program::workspace;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A call with PCMU both ways.
pub(crate) fn call() -> PathBuf {
    captures().swap_remove(0)
}

/// Captures of one call each: PCMU, PCMA, G722.
pub(crate) fn captures() -> Vec<PathBuf> {
    ["call-pcmu.pcap", "call-pcma.pcap", "call-g722.pcap"]
        .map(|name| workspace().join("testdata/captures").join(name))
        .to_vec()
}

/// A call in two legs.
pub(crate) fn legs() -> PathBuf {
    workspace().join("testdata/legs/two-legs.pcap")
}

/// A phone's recording, PCMU with RTP headers.
pub(crate) fn recording() -> PathBuf {
    recordings().swap_remove(0)
}

/// Phone recordings: PCMU and PCMA with RTP headers, G722 without.
pub(crate) fn recordings() -> Vec<PathBuf> {
    ["Record_20261122091500.wav", "Record_20261122093000.wav", "Record_20261122094500.wav"]
        .map(|name| workspace().join("testdata/recordings").join(name))
        .to_vec()
}

/// A phone recording's header (BX-L3) with RTP data of its own.
fn phone_recording(codec: &[u8], rtp_len: i32, data_size: u32, data: &[u8]) -> Vec<u8> {
    let mut file = codec.to_vec();
    file.resize(64, 0);
    file.extend(rtp_len.to_le_bytes());
    file.extend(160_i32.to_le_bytes());
    file.extend(data_size.to_le_bytes());
    file.extend(data);
    file
}

/// Files that are not what they claim to be, or not whole, by what is wrong with them.
pub(crate) fn bad(folder: &Path) -> Vec<PathBuf> {
    let mut giant_chunk = b"RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xf0".to_vec();
    giant_chunk.resize(200, 0);
    let mut giant_packet =
        b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0".to_vec();
    giant_packet.extend([0; 8]);
    giant_packet.extend([0xff; 8]);
    giant_packet.resize(200, 0);
    let files: [(&str, Vec<u8>); 9] = [
        ("empty.wav", Vec::new()),
        ("75-bytes.wav", phone_recording(b"PCMU", 160, 160, &[])[..75].to_vec()),
        ("rtp-len-0.wav", phone_recording(b"PCMU", 0, 320, &[0; 320])),
        ("rtp-len-minus-1.wav", phone_recording(b"PCMU", -1, 320, &[0; 320])),
        ("rtp-len-2-to-the-31.wav", phone_recording(b"PCMU", i32::MAX, 320, &[0; 320])),
        ("codec-not-ascii.wav", phone_recording(b"\xff\xfe\x80G\x01", 160, 320, &[0; 320])),
        ("giant-chunk.wav", giant_chunk),
        ("giant-packet.pcap", giant_packet),
        ("text.wav", b"This is a letter, and not a sound.\n".repeat(20)),
    ];
    files
        .into_iter()
        .map(|(name, content)| {
            let path = folder.join(name);
            fs::write(&path, content).expect("the temporary folder takes files");
            path
        })
        .collect()
}

/// A recording whose header promises more than there is.
pub(crate) fn cut_recording(folder: &Path) -> PathBuf {
    let whole = fs::read(recording()).expect("the test data is there");
    let path = folder.join("cut.wav");
    fs::write(&path, &whole[..whole.len() / 2]).expect("the temporary folder takes files");
    path
}

/// A capture of next to nothing but zeros: it takes a while to read, and no room on the disk.
pub(crate) fn slow_capture(folder: &Path) -> PathBuf {
    let path = folder.join("slow.pcap");
    let mut file = fs::File::create(&path).expect("the temporary folder takes files");
    let header = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0";
    file.write_all(header).expect("the temporary folder takes files");
    file.seek(SeekFrom::Start(16 << 30)).expect("a file may have a hole");
    file.write_all(&[0; 16]).expect("the temporary folder takes files");
    path
}
