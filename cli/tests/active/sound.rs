//! The sound that is played, and what is left of it after a codec.

use recscope_core::codec::{Codec, Decoder, Encoder};
use recscope_core::rtp::Packet;
use recscope_core::wave::pcm16_header;
use std::f64::consts::TAU;
use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// So many seconds of a tone whose pitch rises, so that no two moments of it are alike.
#[allow(clippy::cast_possible_truncation, reason = "the amplitude is below that of i16")]
pub(crate) fn chirp(sample_rate: u32, hertz: f64, seconds: f64) -> Vec<i16> {
    let rate = f64::from(sample_rate);
    let count = (rate * seconds) as u32;
    let at = |n: u32| f64::from(n) / rate;
    (0..count)
        .map(|n| ((hertz + 90.0 * at(n)) * at(n) * TAU).sin() * 12_000.0)
        .map(|x| x as i16)
        .collect()
}

pub(crate) fn write_wav(path: &Path, sample_rate: u32, samples: &[i16]) {
    let header = pcm16_header(1, sample_rate, samples.len() as u64).unwrap();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    fs::write(path, bytes).unwrap();
}

/// What a decoder makes of what an encoder made of it.
pub(crate) fn through(codec: Codec, samples: &[i16]) -> Vec<i16> {
    let (mut bytes, mut decoded) = (Vec::new(), Vec::new());
    Encoder::new(codec).encode(samples, &mut bytes);
    Decoder::new(codec).decode(&bytes, &mut decoded);
    decoded
}

/// A file of 16-bit samples, by a reader that we did not write.
pub(crate) fn channels(path: &Path) -> (u32, Vec<Vec<i16>>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let count = usize::from(spec.channels);
    let channel = |nth| samples.iter().skip(nth).step_by(count).copied().collect();
    (spec.sample_rate, (0..count).map(channel).collect())
}

/// Without the frames of silence at the end of a side: there the other side has a packet more.
pub(crate) fn trimmed(side: &[i16], frame: usize) -> &[i16] {
    let frames = side.chunks(frame);
    let silent = frames.rev().take_while(|frame| frame.iter().all(|&sample| sample == 0)).count();
    &side[..side.len() - silent * frame]
}

/// Fails unless `heard` is the beginning of `played`, and at least `least` samples of it.
pub(crate) fn assert_heard(heard: &[i16], played: &[i16], least: usize) {
    assert!(heard.len() >= least, "only {} samples were heard", heard.len());
    let differs = heard.iter().zip(played).position(|(heard, played)| heard != played);
    assert_eq!(differs, None, "the first sample that is another one");
    assert!(heard.len() <= played.len(), "something follows the end");
}

/// Takes what comes to a UDP port, until it is stopped.
pub(crate) struct Ear {
    pub(crate) port: u16,
    is_done: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Vec<u8>>>,
}

impl Ear {
    pub(crate) fn open() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let port = socket.local_addr().unwrap().port();
        let is_done = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_done);
        let thread = thread::spawn(move || {
            let (mut packets, mut buffer) = (Vec::new(), [0; 2048]);
            loop {
                match socket.recv(&mut buffer) {
                    Ok(len) => packets.push(buffer[..len].to_vec()),
                    Err(_) if flag.load(Ordering::Relaxed) => return packets,
                    Err(_) => {}
                }
            }
        });
        Self { port, is_done, thread }
    }

    /// The packets that came.
    pub(crate) fn packets(self) -> Vec<Vec<u8>> {
        self.is_done.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }

    /// The sound of the one stream that came: no packet lost, none out of order.
    pub(crate) fn sound(self, codec: Codec) -> Vec<i16> {
        let packets = self.packets();
        let mut decoder = Decoder::new(codec);
        let mut samples = Vec::new();
        let mut last = None;
        for packet in &packets {
            let packet = Packet::parse(packet).unwrap();
            assert_eq!(packet.payload_type, codec.payload_type());
            if let Some((ssrc, sequence, timestamp)) = last {
                assert_eq!(packet.ssrc, ssrc);
                assert_eq!(packet.sequence.distance_from(sequence), 1);
                assert_eq!(packet.timestamp.distance_from(timestamp), 160);
            }
            last = Some((packet.ssrc, packet.sequence, packet.timestamp));
            decoder.decode(packet.payload, &mut samples);
        }
        samples
    }
}
