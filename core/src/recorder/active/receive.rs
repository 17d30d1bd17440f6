//! RTP on its way from the phones to the files.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::file::{File, file_name};
use super::stereo::Stereo;
use super::tape::{Incoming, Tape};
use super::{Logger, Mapping, PORTS_PER_EXTENSION, Takes};
use crate::machine::{FileId, Side};
use crate::recording::SystemTime;
use crate::rtp::statistics::Summary;
use crate::rtp::{Packet, Ssrc};
use crate::sdp::forwarding::Expected;
use crate::time::Instant;

/// Most streams that one session is given credit for.
const MAX_STREAMS: usize = 4;

/// A stream of copies as the recorder sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamFacts<'a> {
    /// Whose phone sends it.
    pub extension: &'a str,
    /// Whose sound it is.
    pub side: Side,
    /// As which source.
    pub ssrc: Ssrc,
    /// What was counted.
    pub summary: Summary,
}

/// The place of the stream that a packet belongs to, which may be new; none if it was not to come.
fn place(
    streams: &mut Vec<Incoming>,
    expected: &[Expected],
    came_as: (u16, u8),
    ssrc: Ssrc,
) -> Option<usize> {
    let Expected { side, codec, .. } = *expected.iter().find(|stream| {
        (stream.port, stream.payload_type) == came_as
            && stream.ssrc.is_none_or(|expected| expected == ssrc)
    })?;
    let known = streams.iter().position(|s| s.ssrc == ssrc && s.side == side);
    if known.is_none() {
        if streams.len() >= MAX_STREAMS {
            return None;
        }
        // There are two as a rule; room for more would keep apart what lies together.
        streams.reserve_exact(2_usize.saturating_sub(streams.len()));
        streams.push(Incoming::new(side, ssrc, codec));
    }
    let at = known.unwrap_or(streams.len() - 1);
    if let Some(stream) = streams.get_mut(at) {
        *stream.came_as = Some(came_as);
    }
    Some(at)
}

impl Logger {
    /// The streams of the sessions that run, and of each extension's last one.
    pub fn streams(&self) -> impl Iterator<Item = StreamFacts<'_>> {
        self.subscribers.iter().flat_map(|subscriber| {
            subscriber.incoming.iter().map(|incoming| StreamFacts {
                extension: &subscriber.number,
                side: incoming.side,
                ssrc: incoming.ssrc,
                summary: incoming.statistics.summary(),
            })
        })
    }

    /// A packet for a port of ours. Whatever fits no session is passed over.
    pub(super) fn on_rtp(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        payload: &[u8],
    ) {
        let offset = local.port().wrapping_sub(self.config.rtp_port);
        let (index, within) = (offset / PORTS_PER_EXTENSION, offset % PORTS_PER_EXTENSION);
        let Some(subscriber) = self.subscribers.get_mut(usize::from(index)) else { return };
        let Some(session) = &subscriber.session else { return };
        if within / 4 != subscriber.generation || session.remote.ip() != remote.ip() {
            return;
        }
        let Ok(packet) = Packet::parse(payload) else { return };
        let came_as = (local.port(), packet.payload_type);
        let streams = &mut subscriber.incoming;
        let goes_on = |s: &Incoming| s.ssrc == packet.ssrc && *s.came_as == Some(came_as);
        let at = match streams.iter().position(goes_on) {
            Some(at) => at,
            None => match place(streams, &session.expected, came_as, packet.ssrc) {
                Some(at) => at,
                None => return,
            },
        };
        let Some(incoming) = streams.get_mut(at) else { return };
        incoming.count(now, &packet);
        let in_call = match self.config.mapping {
            Mapping::Dynamic => subscriber.in_call,
            Mapping::Static => subscriber.in_call || !subscriber.hears_calls,
        };
        // What was under way when the session ended is no recording of its own.
        if !self.config.writes_files || !in_call || !subscriber.state.is_established() {
            return;
        }
        let (side, codec) = (incoming.side, incoming.codec);
        let seconds = self.config.epoch_seconds.saturating_add(now.as_micros() / 1_000_000);
        let time = SystemTime(seconds);
        let mut file = || {
            let file = FileId(self.next_file);
            self.next_file = self.next_file.wrapping_add(1);
            file
        };
        if self.config.takes == Takes::Stereo && side != Side::Mixed {
            let stereo = match &mut subscriber.stereo {
                Some(stereo) => stereo,
                none => {
                    let name = file_name(&subscriber.number, subscriber.takes, time, None);
                    none.insert(Stereo::create(now, file(), &name, codec, &mut self.outbox))
                }
            };
            if stereo.takes(side, codec) {
                return stereo.write(now, side, codec, &packet, &mut self.outbox);
            }
        }
        let tape = match &mut incoming.tape {
            Some(tape) => tape,
            none => {
                let name = file_name(&subscriber.number, subscriber.takes, time, Some(side));
                none.insert(Box::new(Tape::create(file(), &name, codec, &mut self.outbox)))
            }
        };
        tape.write(&packet, &mut self.outbox);
    }

    /// Brings the headers of all files up to date.
    pub(super) fn save(&mut self) {
        for subscriber in &mut self.subscribers {
            let tapes = subscriber.incoming.iter_mut().filter_map(|stream| stream.tape.as_mut());
            let stereo = subscriber.stereo.iter_mut().map(Stereo::file_mut);
            for file in tapes.map(|tape| tape.file_mut()).chain(stereo) {
                file.save(&mut self.outbox);
            }
        }
    }

    /// The recording of an extension ends: its files are completed, or taken away.
    pub(super) fn end_take(&mut self, index: usize) {
        let discards = self.discards();
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        let keeps = !discards || subscriber.keep;
        subscriber.keep = false;
        subscriber.takes = subscriber.takes.saturating_add(1);
        let tapes = subscriber.incoming.iter_mut().filter_map(|stream| stream.tape.take());
        let stereo = subscriber.stereo.take().map(Stereo::into_file);
        let files: Vec<File> = tapes.map(|tape| tape.into_file()).chain(stereo).collect();
        if !keeps && !files.is_empty() {
            self.note_discarded(index);
        }
        for file in files {
            file.finish(keeps, &mut self.outbox);
        }
    }
}
