//! What the receivers of streams say about them over RTCP.

use super::streams::Streams;
use recscope_core::rtp::rtcp::{self, Block, Packet, ReportBlock, SenderReports};
use recscope_core::rtp::statistics::Spread;
use std::net::SocketAddr;

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

    fn on_block(&mut self, time_ns: i64, block: &ReportBlock) {
        self.reports += 1;
        self.lost = block.cumulative_lost;
        let loss = f64::from(block.fraction_lost) * 100.0 / 256.0;
        self.worst_loss_percent = self.worst_loss_percent.max(loss);
        self.max_jitter = self.max_jitter.max(block.jitter);
        let Some(us) = self.sent.round_trip_us(time_ns.div_euclid(1000), block) else { return };
        #[allow(clippy::cast_precision_loss, reason = "2⁵³ µs are 285 years")]
        let ms = us.max(0) as f64 / 1000.0;
        let Spread { min, max, .. } = self.round_trip_ms;
        let (min, max) = if self.round_trips == 0 { (ms, ms) } else { (min.min(ms), max.max(ms)) };
        self.round_trip_ms = Spread { min, mean: 0.0, max };
        self.round_trips += 1;
        self.round_trip_sum_ms += ms;
    }
}

impl Streams {
    /// Takes a compound RTCP packet from `src` to `dst`.
    pub(super) fn on_rtcp(&mut self, time_ns: i64, src: SocketAddr, dst: SocketAddr, bytes: &[u8]) {
        for packet in rtcp::packets(bytes) {
            let Ok(packet) = packet else { return };
            match packet {
                Packet::SenderReport { ssrc, sender, reports } => {
                    self.with_feedback(ssrc, src, dst, |feedback| {
                        feedback.sent.on_sender_report(time_ns.div_euclid(1000), ssrc, &sender);
                    });
                    for block in reports.iter() {
                        self.on_block(time_ns, src, dst, &block);
                    }
                }
                Packet::ReceiverReport { reports, .. } => {
                    for block in reports.iter() {
                        self.on_block(time_ns, src, dst, &block);
                    }
                }
                Packet::Extended { blocks, .. } => {
                    for block in blocks.iter() {
                        let Block::Voip(metrics) = block else { continue };
                        let mos = metrics.mos_conversational.or(metrics.mos_listening);
                        self.with_feedback(metrics.ssrc, dst, src, |feedback| {
                            feedback.mos = mos.or(feedback.mos);
                        });
                    }
                }
                _ => {}
            }
        }
    }

    /// A report block goes against the stream it is about.
    fn on_block(&mut self, time_ns: i64, src: SocketAddr, dst: SocketAddr, block: &ReportBlock) {
        self.with_feedback(block.ssrc, dst, src, |feedback| feedback.on_block(time_ns, block));
    }
}
