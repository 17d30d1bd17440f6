//! What the receivers of streams say about them over RTCP.

use super::streams::Streams;
use crate::net::Datagram;
use recscope_core::rtp::rtcp::{self, Block, Packet, ReportBlock, SenderReports, VoipMetrics};
use recscope_core::rtp::statistics::Spread;

/// The receiver's view of one stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feedback {
    /// When the sender's reports passed, for round trips.
    sent: SenderReports,
    /// Report blocks about the stream.
    pub(crate) reports: u64,
    /// Packets lost as the last block says.
    pub(crate) lost: i32,
    /// Largest share of packets lost between two reports, in percent.
    pub(crate) worst_loss_percent: f64,
    /// The packet that reported it.
    pub(crate) worst_loss_packet: u64,
    /// Extended reports with VoIP metrics.
    pub(crate) extended: u64,
    /// Packets that came too late for the receiver's jitter buffer, in percent, as it last said.
    pub(crate) discarded_percent: Option<f64>,
    /// Largest jitter reported, in ticks of the RTP clock.
    pub(crate) max_jitter: u32,
    round_trips: u64,
    round_trip_sum_ms: f64,
    round_trip_ms: Spread,
    /// The last conversational or listening MOS of an extended report.
    pub(crate) mos: Option<f64>,
}

impl Feedback {
    /// Round trips from the capturing point to the receiver and back.
    pub(crate) fn round_trip_ms(&self) -> Option<Spread> {
        #[allow(clippy::cast_precision_loss, reason = "2⁵³ reports are not met")]
        let mean = self.round_trip_sum_ms / self.round_trips as f64;
        (self.round_trips > 0).then_some(Spread { mean, ..self.round_trip_ms })
    }

    fn on_block(&mut self, packet: u64, time_ns: i64, block: &ReportBlock) {
        self.reports += 1;
        self.lost = block.cumulative_lost;
        self.on_loss(packet, f64::from(block.fraction_lost) * 100.0 / 256.0);
        self.max_jitter = self.max_jitter.max(block.jitter);
        let Some(us) = self.sent.round_trip_us(time_ns.div_euclid(1000), block) else { return };
        #[allow(clippy::cast_precision_loss, reason = "2⁵³ µs are 285 years")]
        self.on_round_trip(us.max(0) as f64 / 1000.0);
    }

    /// Extended reports say of the whole call what report blocks say of the time since the last.
    fn on_metrics(&mut self, packet: u64, metrics: &VoipMetrics) {
        self.extended += 1;
        self.on_loss(packet, metrics.loss_percent);
        self.discarded_percent = Some(metrics.discard_percent);
        if metrics.round_trip_ms > 0 {
            self.on_round_trip(metrics.round_trip_ms.into());
        }
        let mos = metrics.mos_conversational.or(metrics.mos_listening);
        self.mos = mos.or(self.mos);
    }

    fn on_loss(&mut self, packet: u64, percent: f64) {
        if percent > self.worst_loss_percent {
            self.worst_loss_percent = percent;
            self.worst_loss_packet = packet;
        }
    }

    fn on_round_trip(&mut self, ms: f64) {
        let Spread { min, max, .. } = self.round_trip_ms;
        let (min, max) = if self.round_trips == 0 { (ms, ms) } else { (min.min(ms), max.max(ms)) };
        self.round_trip_ms = Spread { min, mean: 0.0, max };
        self.round_trips += 1;
        self.round_trip_sum_ms += ms;
    }
}

impl Streams {
    /// Takes a compound RTCP packet.
    pub(super) fn on_rtcp(&mut self, datagram: &Datagram<'_>) {
        let Datagram { src, dst, .. } = *datagram;
        for packet in rtcp::packets(datagram.payload) {
            let Ok(packet) = packet else { return };
            match packet {
                Packet::SenderReport { ssrc, sender, reports } => {
                    let time_us = datagram.time_ns.div_euclid(1000);
                    self.with_feedback(ssrc, src, dst, |feedback| {
                        feedback.sent.on_sender_report(time_us, ssrc, &sender);
                    });
                    self.on_blocks(datagram, reports.iter());
                }
                Packet::ReceiverReport { reports, .. } => self.on_blocks(datagram, reports.iter()),
                Packet::Extended { blocks, .. } => {
                    for block in blocks.iter() {
                        let Block::Voip(metrics) = block else { continue };
                        self.with_feedback(metrics.ssrc, dst, src, |feedback| {
                            feedback.on_metrics(datagram.packet, &metrics);
                        });
                    }
                }
                _ => {}
            }
        }
    }

    /// Report blocks go against the streams they are about.
    fn on_blocks(
        &mut self,
        datagram: &Datagram<'_>,
        blocks: impl IntoIterator<Item = ReportBlock>,
    ) {
        for block in blocks {
            self.with_feedback(block.ssrc, datagram.dst, datagram.src, |feedback| {
                feedback.on_block(datagram.packet, datagram.time_ns, &block);
            });
        }
    }
}
