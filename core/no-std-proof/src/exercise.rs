//! A call into each part of core, so that the linker has to find all that they need.

use recscope_core::codec::{Codec, Decoder, Encoder};
use recscope_core::control::{Command, Splitter};
use recscope_core::recording::{Repairer, Writer};
use recscope_core::rtp::Packet;
use recscope_core::rtp::statistics::{PacketFacts, Statistics};
use recscope_core::{Limits, ParseError, sdp, sip, wave};

extern crate alloc;
use alloc::string::ToString;
use alloc::vec::Vec;

/// Takes the same bytes for a message, a packet, a file and sound; gives a number that depends on
/// all of it.
///
/// # Errors
/// When the bytes are not one of these, which they cannot all be.
pub(crate) fn everything(input: &[u8]) -> Result<usize, ParseError> {
    let limits = Limits::default();
    let mut sum = sound(input) + recording(input, &limits)? + command(input, &limits);

    let message = sip::Message::parse(input)?.strict()?;
    sum += message.to_bytes().len() + message.via().map_or(0, |via| via.to_string().len());

    let session = sdp::Session::parse(input)?.strict()?;
    sum += session.to_string().len();

    let packet = Packet::parse(input)?;
    let mut statistics = Statistics::new(8000);
    statistics.on_packet(0, &PacketFacts::of(&packet));
    sum += packet.csrc().len() + usize::from(statistics.summary().packets > 0);

    let (consumed, _) = wave::Reader::new(&limits).push(input)?;
    Ok(sum + consumed)
}

fn sound(input: &[u8]) -> usize {
    let (mut samples, mut bytes) = (Vec::new(), Vec::new());
    for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
        Decoder::new(codec).decode(input, &mut samples);
        Encoder::new(codec).encode(&samples, &mut bytes);
    }
    samples.len() + bytes.len()
}

fn recording(input: &[u8], limits: &Limits) -> Result<usize, ParseError> {
    let mut out = Vec::new();
    let mut repairer = Repairer::new(None, limits);
    repairer.push(input, &mut out)?;
    let repaired = repairer.finish(&mut out)?;
    let written = Writer::new("PCMU", 160, 160).map_or(0, |writer| writer.file_len());
    Ok(out.len() + repaired.header.len() + usize::try_from(written).unwrap_or(0))
}

fn command(input: &[u8], limits: &Limits) -> usize {
    let (consumed, _) = Splitter::new(limits).push(input);
    consumed + Command::parse(input).map_or(0, |parsed| parsed.command.to_string().len())
}
