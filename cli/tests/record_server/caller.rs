//! A phone made of plain sockets, which can also do what no phone would.

use crate::process::PATIENCE;
use recscope_core::codec::{Codec, Decoder};
use recscope_core::control::{self, Command, StartResponse};
use recscope_core::rtp;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

/// A recording that a test asked for.
pub(crate) struct Caller {
    pub(crate) control: TcpStream,
    rtp: UdpSocket,
    pub(crate) target: SocketAddr,
    id: String,
    codec: Codec,
    sequence: u16,
    /// What was sent.
    pub(crate) payload: Vec<u8>,
}

/// A start request as phones write it.
pub(crate) fn start_request(id: &str, codec: Codec) -> String {
    format!(
        "cmd=RecordStartRequest&id={id}&device=00087b10a2f4&remote_number=2001&remote_name=\
         &local_number=1000&local_name=&dir=in&codec={codec}"
    )
}

/// Connects, says something, and gives the answer.
pub(crate) fn ask(server: SocketAddr, text: &[u8]) -> (TcpStream, Vec<u8>) {
    let mut control = connect(server);
    control.write_all(text).unwrap();
    let answer = read(&mut control);
    (control, answer)
}

pub(crate) fn connect(server: SocketAddr) -> TcpStream {
    let control = TcpStream::connect(server).unwrap();
    control.set_read_timeout(Some(PATIENCE)).unwrap();
    control.set_nodelay(true).unwrap();
    control
}

/// What comes next; nothing when the connection was closed or reset.
pub(crate) fn read(control: &mut TcpStream) -> Vec<u8> {
    let mut buffer = [0; 4096];
    loop {
        match control.read(&mut buffer) {
            Ok(len) => return buffer[..len].to_vec(),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Vec::new(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("no answer: {error}"),
        }
    }
}

pub(crate) fn start_response(answer: &[u8]) -> StartResponse {
    match Command::parse(answer).unwrap().command {
        Command::StartResponse(response) => response,
        other => panic!("{other:?}"),
    }
}

/// Why a request was refused.
pub(crate) fn refusal(server: SocketAddr, text: &str) -> String {
    let (mut control, answer) = ask(server, text.as_bytes());
    let response = start_response(&answer);
    assert_eq!(response.result, control::Outcome::Failed);
    assert_eq!(read(&mut control), b"", "it closes");
    response.reason
}

impl Caller {
    /// Asks for a recording and gets it.
    pub(crate) fn start(server: SocketAddr, id: &str, codec: Codec) -> Self {
        Self::with(server, id, codec, &start_request(id, codec))
    }

    pub(crate) fn with(server: SocketAddr, id: &str, codec: Codec, request: &str) -> Self {
        let (control, answer) = ask(server, request.as_bytes());
        let response = start_response(&answer);
        assert_eq!(response.result, control::Outcome::Success, "{}", response.reason);
        Self {
            control,
            rtp: UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(),
            target: SocketAddr::new(response.server.parse().unwrap(), response.port.unwrap()),
            id: id.to_owned(),
            codec,
            sequence: 0,
            payload: Vec::new(),
        }
    }

    /// The next packet of its stream, with sound that tells it from all others.
    fn packet(&mut self) -> Vec<u8> {
        let header = rtp::Header {
            marker: self.sequence == 0,
            payload_type: self.codec.payload_type(),
            sequence: rtp::SequenceNumber(self.sequence),
            timestamp: rtp::RtpTime(u32::from(self.sequence) * 160),
            ssrc: rtp::Ssrc(0x1234),
        };
        let mut packet = header.write().to_vec();
        let seed = self.id.len() + usize::from(self.target.port());
        let sound = (0..160).map(|n| (n * 7 + usize::from(self.sequence) * 31 + seed) as u8);
        packet.extend(sound);
        self.sequence += 1;
        packet
    }

    /// Sends 20 ms of sound.
    pub(crate) fn speak(&mut self) {
        let packet = self.packet();
        self.rtp.send_to(&packet, self.target).unwrap();
        self.payload.extend_from_slice(&packet[12..]);
    }

    /// Speaks so many packets, at the pace of a phone.
    pub(crate) fn speak_for(&mut self, packets: u32) {
        let start = Instant::now();
        for number in 0..packets {
            let due = start + Duration::from_millis(20) * number;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            self.speak();
        }
    }

    /// The same packets from another address, which are not its own.
    pub(crate) fn let_a_stranger_speak(&self, from: IpAddr, packets: u16) {
        let stranger = UdpSocket::bind((from, 0)).unwrap();
        for sequence in 0..packets {
            let mut packet = vec![0x80, self.codec.payload_type()];
            packet.extend(sequence.to_be_bytes());
            packet.resize(12 + 160, 0x33);
            stranger.send_to(&packet, self.target).unwrap();
        }
    }

    /// Ends the recording in order; whether the server agrees.
    pub(crate) fn stop(mut self) -> Vec<u8> {
        let request = format!("cmd=RecordStopRequest&id={}&reason=user\n", self.id);
        self.control.write_all(request.as_bytes()).unwrap();
        let answer = read(&mut self.control);
        let Command::StopResponse(response) = Command::parse(&answer).unwrap().command else {
            panic!("{answer:?}");
        };
        assert_eq!((response.id, response.result), (self.id, control::Outcome::Success));
        assert_eq!(read(&mut self.control), b"", "it closes");
        self.payload
    }

    /// Goes away with a reset, as a phone that crashed.
    pub(crate) fn reset(self) -> Vec<u8> {
        socket2::SockRef::from(&self.control).set_linger(Some(Duration::ZERO)).unwrap();
        self.payload
    }
}

/// The samples of what was sent.
pub(crate) fn decoded(codec: Codec, payload: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    Decoder::new(codec).decode(payload, &mut samples);
    samples
}
