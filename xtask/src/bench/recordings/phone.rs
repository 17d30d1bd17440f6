//! A phone that asks to be recorded, from the definitions of its formats.

use anyhow::{Context, Result, ensure};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// Samples, and so bytes of µ-law, of one packet.
const SAMPLES: usize = 160;

/// Bytes in front of them (RFC 3550 5.1).
const HEADER: usize = 12;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A phone in a recording.
#[derive(Debug)]
pub(super) struct Phone {
    number: u16,
    control: TcpStream,
    rtp: UdpSocket,
    port: u16,
    packet: [u8; HEADER + SAMPLES],
}

impl Phone {
    /// Asks for a recording.
    ///
    /// # Errors
    /// When it is not granted.
    pub(super) fn start(server: SocketAddr, number: u16) -> Result<Self> {
        let mut control = TcpStream::connect(server).context("cannot connect to the server")?;
        control.set_read_timeout(Some(PATIENCE))?;
        control.set_nodelay(true)?;
        write!(
            control,
            "cmd=RecordStartRequest&id={number}&device={number:012x}&remote_number=2001&\
             remote_name=&local_number={number}&local_name=&dir=out&codec=PCMU"
        )?;
        let answer = read(&mut control)?;
        let port = answer.rsplit_once("&port=").and_then(|(_, port)| port.trim().parse().ok());
        ensure!(answer.contains("&result=success&"), "the server refused: {answer}");
        let port = port.with_context(|| format!("no port in {answer}"))?;
        let rtp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        rtp.connect((server.ip(), port))?;
        let mut packet = [0; HEADER + SAMPLES];
        packet[0] = 0x80;
        packet[8..10].copy_from_slice(&number.to_be_bytes());
        packet[11] = 1;
        Ok(Self { number, control, rtp, port, packet })
    }

    /// The port that it sends to.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Sends a packet, the `round`th.
    ///
    /// # Errors
    /// When the system does not take it.
    pub(super) fn speak(&mut self, round: u32) -> Result<()> {
        let [_, _, high, low] = round.to_be_bytes();
        self.packet[2..4].copy_from_slice(&[high, low]);
        self.packet[4..8].copy_from_slice(&round.wrapping_mul(160).to_be_bytes());
        let number = self.number;
        for (byte, place) in self.packet[HEADER..].iter_mut().zip(0..) {
            *byte = spoken(number, round, place);
        }
        self.rtp.send(&self.packet).context("cannot send RTP")?;
        Ok(())
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// When the server does not agree, or does not close.
    pub(super) fn stop(&mut self) -> Result<()> {
        writeln!(self.control, "cmd=RecordStopRequest&id={}&reason=user", self.number)?;
        let answer = read(&mut self.control)?;
        ensure!(answer.ends_with("&result=success"), "the server did not stop: {answer}");
        ensure!(read(&mut self.control)?.is_empty(), "the server did not close");
        Ok(())
    }

    /// Whether a WAVE file holds all that was sent in so many packets, and nothing else.
    pub(super) fn is_recorded_in(&self, file: &[u8], rounds: u32) -> bool {
        let Some((header, samples)) = file.split_at_checked(44) else { return false };
        let claimed = header
            .get(40..44)
            .map_or(0, |len| u32::from_le_bytes([len[0], len[1], len[2], len[3]]));
        let linear: Vec<[u8; 2]> = (0..=255).map(|code| linear(code).to_le_bytes()).collect();
        let sent = (0..rounds).flat_map(|round| {
            (0..160).map(move |place| usize::from(spoken(self.number, round, place)))
        });
        let is_like = |(sent, found): (usize, &[u8])| linear.get(sent).is_some_and(|l| l == found);
        samples.len() == rounds as usize * SAMPLES * 2
            && claimed as usize == samples.len()
            && sent.zip(samples.chunks_exact(2)).all(is_like)
    }
}

/// What a phone says at some place of some packet.
fn spoken(number: u16, round: u32, place: u32) -> u8 {
    let sum = u32::from(number) * 7 + round * 31 + place * 3;
    sum.to_le_bytes()[0]
}

/// A byte of µ-law as a sample (ITU-T G.711).
fn linear(code: u8) -> i16 {
    let code = !code;
    let (exponent, mantissa) = ((code >> 4) & 7, i16::from(code & 15));
    let magnitude = (((mantissa << 3) + 132) << exponent) - 132;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

/// What the server says next; nothing when it has closed.
fn read(control: &mut TcpStream) -> Result<String> {
    let mut buffer = [0; 1024];
    let len = control.read(&mut buffer).context("the server does not answer")?;
    Ok(String::from_utf8_lossy(&buffer[..len]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_those_of_the_standard() {
        // ITU-T G.711, table 2a and 2b: the ends and the middle of both halves, as 16 bits.
        for (code, sample) in
            [(0x80, 32_124), (0x00, -32_124), (0xff, 0), (0x7f, 0), (0xfe, 8), (0xf0, 120)]
        {
            assert_eq!(linear(code), sample, "{code:#x}");
        }
    }
}
