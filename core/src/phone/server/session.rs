//! One recording by a server, and its RTP.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use super::super::media::{Mixer, Stream};
use super::{Config, Parties};
use crate::codec::Codec;
use crate::control::{Command, Splitter, StartRequest, StopRequest};
use crate::machine::{Connection, Outbox, Side};
use crate::random::Random;
use crate::rule;
use crate::spelling::{push_hex, text};

/// What is known from the start request to the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Session {
    pub(super) connection: Connection,
    pub(super) server: SocketAddr,
    pub(super) id: String,
    parties: Parties,
    pub(super) splitter: Splitter,
    /// There while RTP flows.
    pub(super) media: Option<Media>,
}

impl Session {
    pub(super) fn new(
        connection: Connection,
        server: SocketAddr,
        id: String,
        parties: Parties,
    ) -> Self {
        Self { connection, server, id, parties, splitter: Splitter::default(), media: None }
    }

    pub(super) fn start_request(&self, config: &Config) -> Command {
        let parties = self.parties.clone();
        Command::StartRequest(StartRequest {
            id: self.id.clone(),
            device: device(config.mac),
            remote_number: parties.remote_number,
            remote_name: parties.remote_name,
            local_number: parties.local_number,
            local_name: parties.local_name,
            direction: Some(parties.direction),
            codec: config.codec.clone(),
        })
    }

    pub(super) fn stop_request(&self, reason: &str) -> Command {
        let parties = self.parties.clone();
        Command::StopRequest(StopRequest {
            id: self.id.clone(),
            remote_number: parties.remote_number,
            remote_name: parties.remote_name,
            local_number: parties.local_number,
            local_name: parties.local_name,
            reason: reason.into(),
        })
    }
}

/// Twelve hex digits (BX-S4).
fn device(mac: [u8; 6]) -> String {
    let mut digits = Vec::new();
    mac.iter().for_each(|&byte| push_hex(&mut digits, byte.into(), 2));
    text(digits)
}

/// The mixed stream to the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Media {
    mixer: Mixer,
    stream: Stream,
    remote: SocketAddr,
}

impl Media {
    pub(super) fn new(
        codec: Codec,
        remote: SocketAddr,
        packet_time: Duration,
        random: &mut Random,
    ) -> Self {
        let stream = Stream::new(codec, packet_time, random);
        Self { mixer: Mixer::new(codec.sample_rate()), stream, remote }
    }

    /// Sends what is whole with this frame.
    pub(super) fn send(
        &mut self,
        side: Side,
        samples: &[i16],
        local: SocketAddr,
        outbox: &mut Outbox,
    ) {
        self.mixer.push(side, samples);
        self.mixer.mix_into(&mut self.stream);
        self.send_packets(local, outbox);
    }

    /// Sends what is left, completed with silence.
    pub(super) fn finish(&mut self, local: SocketAddr, outbox: &mut Outbox) {
        self.mixer.flush_into(&mut self.stream);
        self.send_packets(local, outbox);
        self.stream.pad();
        self.send_packets(local, outbox);
    }

    fn send_packets(&mut self, local: SocketAddr, outbox: &mut Outbox) {
        while self.stream.is_ready() {
            outbox.datagram_with(local, self.remote, rule::BX_S8, |bytes| {
                self.stream.write_packet(bytes);
            });
        }
    }
}
