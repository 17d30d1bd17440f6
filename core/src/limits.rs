//! Bounds on what hostile or damaged input may make a parser hold.

/// Upper bounds checked before anything is allocated. [`Limits::default`] suits real traffic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one captured packet. Wireshark's own bound is 256 KiB.
    pub packet_bytes: u32,
    /// Bytes of one pcapng block.
    pub block_bytes: u32,
    /// Bytes of one SIP message with its body.
    pub sip_message_bytes: u32,
    /// Bytes of one RecordServer command (BX-S5).
    pub control_message_bytes: u32,
    /// Bytes of one HTTP head, and of one HTTP body as it is kept (MX-D1).
    pub http_message_bytes: u32,
    /// Bytes of one CSTA frame with its header (MX-C2).
    pub csta_frame_bytes: u32,
    /// Bytes held for one TCP direction while waiting for a gap to close.
    pub tcp_flow_bytes: u32,
    /// Bytes held for all TCP directions together.
    pub tcp_total_bytes: u32,
    /// TCP connections followed at once.
    pub tcp_flows: u32,
    /// Datagrams under reassembly from IP fragments at once.
    pub ip_fragments: u32,
    /// Bytes held for IP fragments together.
    pub ip_fragment_bytes: u32,
    /// RTP streams (SSRC per address pair) followed.
    pub rtp_streams: u32,
    /// Signalling messages kept with their text.
    pub messages: u32,
    /// Bytes of signalling text kept in all.
    pub message_bytes: u64,
    /// Samples of one channel of sound that is taken out of a file, silence between it included.
    pub audio_samples: u32,
    /// Warnings kept word for word; more are counted.
    pub warnings: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet_bytes: 256 * 1024,
            block_bytes: 16 * 1024 * 1024,
            sip_message_bytes: 64 * 1024,
            control_message_bytes: 8 * 1024,
            http_message_bytes: 64 * 1024,
            csta_frame_bytes: 65_535,
            tcp_flow_bytes: 256 * 1024,
            tcp_total_bytes: 16 * 1024 * 1024,
            tcp_flows: 16 * 1024,
            ip_fragments: 1024,
            ip_fragment_bytes: 8 * 1024 * 1024,
            rtp_streams: 16 * 1024,
            messages: 1_000_000,
            message_bytes: 512 * 1024 * 1024,
            // 4 hours and 39 minutes at 8 kHz, in 256 MiB.
            audio_samples: 1 << 27,
            warnings: 1000,
        }
    }
}
