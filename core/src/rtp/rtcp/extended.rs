//! Extended reports (RFC 3611): the blocks that say how a call sounded.

use super::{NtpShort, Word};
use crate::rtp::Ssrc;

/// One block of an extended report.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Block<'a> {
    /// Receiver reference time (4.4): the NTP timestamp of a receiver.
    ReferenceTime {
        /// Seconds since 1900 and their 2⁻³² parts.
        ntp: u64,
    },
    /// One answer to a reference time (4.5); each of a DLRR block's is given as a block.
    LastReceiverReport {
        /// Whose reference time is quoted.
        ssrc: Ssrc,
        /// The reference time quoted.
        last: NtpShort,
        /// How long ago it came.
        delay: NtpShort,
    },
    /// VoIP metrics (4.7).
    Voip(VoipMetrics),
    /// A block that is not read here.
    Other {
        /// Block type.
        block_type: u8,
        /// Content after the four header bytes.
        body: &'a [u8],
    },
}

/// How a voice stream fared, as its receiver measured it (RFC 3611 4.7).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoipMetrics {
    /// The stream's sender.
    pub ssrc: Ssrc,
    /// Packets lost in the network, percent.
    pub loss_percent: f64,
    /// Packets discarded by the jitter buffer, percent.
    pub discard_percent: f64,
    /// Lost or discarded within bursts, percent.
    pub burst_density_percent: f64,
    /// Lost or discarded within gaps, percent.
    pub gap_density_percent: f64,
    /// Mean length of a burst, ms.
    pub burst_duration_ms: u16,
    /// Mean length of a gap, ms.
    pub gap_duration_ms: u16,
    /// Round trip, ms; 0 if not measured.
    pub round_trip_ms: u16,
    /// Delay in the measuring end, ms.
    pub end_system_delay_ms: u16,
    /// Speech level in dBm0, where known.
    pub signal_level: Option<i8>,
    /// Noise level in dBm0, where known.
    pub noise_level: Option<i8>,
    /// Residual echo return loss in dB, where known.
    pub echo_return_loss: Option<u8>,
    /// Packets in a row that end a burst.
    pub gap_threshold: u8,
    /// R of the stream, 0 to 100, where known.
    pub r_factor: Option<u8>,
    /// R of a segment of the call outside the session, where known.
    pub external_r_factor: Option<u8>,
    /// Listening quality, 1 to 5, where known.
    pub mos_listening: Option<f64>,
    /// Conversational quality, 1 to 5, where known.
    pub mos_conversational: Option<f64>,
    /// Jitter buffer now, ms.
    pub jitter_buffer_nominal_ms: u16,
    /// Jitter buffer at most so far, ms.
    pub jitter_buffer_maximum_ms: u16,
    /// Jitter buffer at most ever, ms.
    pub jitter_buffer_limit_ms: u16,
}

impl VoipMetrics {
    /// Bytes on the wire, after the block's header.
    pub const LEN: usize = 32;

    /// From the block's words.
    const fn read(words: &[Word; Self::LEN / 4]) -> Self {
        let [ssrc, rates, durations, delays, levels, scores, buffer, limits] = *words;
        let [loss, discard, burst_density, gap_density] = rates;
        let [burst_duration, gap_duration] = halves(durations);
        let [round_trip, end_system] = halves(delays);
        let [signal, noise, echo, gap_threshold] = levels;
        let [r_factor, external_r, mos_lq, mos_cq] = scores;
        let [_receiver_configuration, jitter_nominal] = halves(buffer);
        let [jitter_maximum, jitter_limit] = halves(limits);
        Self {
            ssrc: Ssrc(u32::from_be_bytes(ssrc)),
            loss_percent: percent(loss),
            discard_percent: percent(discard),
            burst_density_percent: percent(burst_density),
            gap_density_percent: percent(gap_density),
            burst_duration_ms: burst_duration,
            gap_duration_ms: gap_duration,
            round_trip_ms: round_trip,
            end_system_delay_ms: end_system,
            signal_level: level(signal),
            noise_level: level(noise),
            echo_return_loss: known(echo),
            gap_threshold,
            r_factor: known(r_factor),
            external_r_factor: known(external_r),
            mos_listening: score(mos_lq),
            mos_conversational: score(mos_cq),
            jitter_buffer_nominal_ms: jitter_nominal,
            jitter_buffer_maximum_ms: jitter_maximum,
            jitter_buffer_limit_ms: jitter_limit,
        }
    }
}

const fn halves([a, b, c, d]: Word) -> [u16; 2] {
    [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
}

/// 127 stands for "unavailable" throughout the block.
const UNAVAILABLE: u8 = 127;

const fn known(value: u8) -> Option<u8> {
    if value == UNAVAILABLE { None } else { Some(value) }
}

const fn level(value: u8) -> Option<i8> {
    if value == UNAVAILABLE { None } else { Some(value.cast_signed()) }
}

const fn percent(fraction: u8) -> f64 {
    fraction as f64 * 100.0 / 256.0
}

const fn score(tenths: u8) -> Option<f64> {
    if tenths == UNAVAILABLE { None } else { Some(tenths as f64 / 10.0) }
}

/// The blocks of an extended report's body.
pub(super) fn blocks(words: &[Word]) -> impl Iterator<Item = Block<'_>> {
    let mut rest = words;
    // The answers of a DLRR block under way.
    let mut answers: &[[Word; 3]] = &[];
    core::iter::from_fn(move || {
        loop {
            if let Some((&[ssrc, last, delay], others)) = answers.split_first() {
                answers = others;
                return Some(Block::LastReceiverReport {
                    ssrc: Ssrc(u32::from_be_bytes(ssrc)),
                    last: NtpShort(u32::from_be_bytes(last)),
                    delay: NtpShort(u32::from_be_bytes(delay)),
                });
            }
            let (&[block_type, _, l0, l1], after) = rest.split_first()?;
            let len = usize::from(u16::from_be_bytes([l0, l1]));
            let (body, after) = after.split_at_checked(len)?;
            rest = after;
            match (block_type, body) {
                (4, &[high, low]) => {
                    let [high, low] = [high, low].map(u32::from_be_bytes).map(u64::from);
                    return Some(Block::ReferenceTime { ntp: high << 32 | low });
                }
                (5, answered) => (answers, _) = answered.as_chunks(),
                (7, metrics) if metrics.len() >= VoipMetrics::LEN / 4 => {
                    let metrics = metrics.first_chunk()?;
                    return Some(Block::Voip(VoipMetrics::read(metrics)));
                }
                _ => return Some(Block::Other { block_type, body: body.as_flattened() }),
            }
        }
    })
}
