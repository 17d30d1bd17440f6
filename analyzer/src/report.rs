//! The report: what `recscope analyze --json` prints and the app shows. Field names are stable.
//!
//! Times are seconds since the epoch (µs resolution), durations milliseconds.

mod problem;
mod signalling;
mod traffic;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

pub use problem::{Problem, ProblemKind};
pub use signalling::{CallEvent, CallEventKind, Correlation, Dialog, TlsConnection, Transaction};
pub(crate) use traffic::describe;

/// The `schema` of every report.
pub const SCHEMA: &str = "recscope.report/1";

/// All that was found in one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The file itself.
    pub file: File,
    /// Whether it could be read, in one word.
    pub status: Status,
    /// Why the file could not be read at all; only with [`Status::Unreadable`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Finding>,
    /// What was irregular, in file order.
    pub warnings: Vec<Finding>,
    /// Warnings counted beyond the ones listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub warnings_omitted: u64,
    /// Captures only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<Capture>,
    /// Signalling messages in capture order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// SIP calls, by first message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// SIP requests outside calls with their answers, by first message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transactions: Vec<Transaction>,
    /// TLS connections, by first packet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tls: Vec<TlsConnection>,
    /// RTP streams, by first packet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<Stream>,
    /// Recordings seen being made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recording_sessions: Vec<RecordingSession>,
    /// What is wrong with the media, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// Problems counted beyond the ones listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub problems_omitted: u64,
    /// Phone recordings and WAVE files only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<Recording>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// How far a file could be read; the exit status of `recscope analyze`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Read whole (0).
    Whole,
    /// Read, but something was lost (1).
    Damaged,
    /// Not readable as any known kind (2).
    Unreadable,
}

/// The file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name, without folders.
    pub name: String,
    /// Bytes read.
    pub bytes: u64,
    /// What it is, by content.
    pub kind: FileKind,
    /// `gzip`, if it was compressed.
    pub compression: Option<String>,
}

/// The kinds of file that are told apart by content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// Classic pcap.
    Pcap,
    /// pcapng. Spelled without a dash everywhere.
    Pcapng,
    /// The phones' recording file (BX-L3).
    PhoneRecording,
    /// RIFF, RIFX, RF64 or BW64 WAVE.
    RiffWave,
    /// None of these.
    Unknown,
}

/// Something irregular: where and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Byte offset in the file (of the uncompressed data, if it was compressed).
    pub offset: u64,
    /// The layer it was found in, as [`recscope_core::Layer::name`].
    pub layer: String,
    /// One sentence: what, and what to do where that is known.
    pub message: String,
}

/// What the capture holds as a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// Packets of every kind.
    pub packets: u64,
    /// Time of the earliest packet.
    pub first: Option<f64>,
    /// Time of the latest packet.
    pub last: Option<f64>,
    /// Link types met, by their libpcap names without `LINKTYPE_`.
    pub link_types: Vec<String>,
    /// Packets that were not decoded, by protocol name.
    pub undecoded: BTreeMap<String, u64>,
    /// Datagrams put together from IP fragments.
    pub fragments_reassembled: u64,
    /// Holes in TCP streams.
    pub tcp_gaps: u64,
    /// Comments in pcapng sections and packets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<String>,
    /// Names for addresses that the capture carries (pcapng NRB).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

/// One signalling message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The packet it ends in, from 1 as in Wireshark.
    pub packet: u64,
    /// When it was captured.
    pub time: f64,
    /// How it was carried.
    pub transport: Transport,
    /// `address:port` of the sender; IPv6 in brackets.
    pub src: String,
    /// `address:port` of the receiver.
    pub dst: String,
    /// What it is a message of.
    pub protocol: MessageProtocol,
    /// Its start line or command in brief.
    pub summary: String,
    /// The call it belongs to.
    pub call: Option<usize>,
    /// The transaction outside calls that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<usize>,
    /// The earlier message of which this is the same bytes again.
    pub retransmission_of: Option<usize>,
}

/// Transport of a signalling message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS: named, not decrypted.
    Tls,
}

/// Protocol of a signalling message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageProtocol {
    /// SIP.
    Sip,
    /// RecordServer commands.
    Control,
    /// CSTA XML.
    Csta,
    /// HTTP.
    Http,
}

/// One SIP call: the messages of one INVITE's Call-ID.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Index in the report.
    pub id: usize,
    /// Call-ID header.
    pub call_id: String,
    /// URI of the From header.
    pub from: String,
    /// URI of the To header.
    pub to: String,
    /// How it ended, or stands at the end of the capture.
    pub state: CallState,
    /// The final status of the first INVITE, once there is one.
    pub status: Option<u16>,
    /// Why it failed, in words; empty when it did not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Time of the INVITE.
    pub start: f64,
    /// From the INVITE to its 2xx.
    pub setup_ms: Option<f64>,
    /// From the 2xx to the BYE or, where none was seen, to the last message or media packet.
    pub duration_ms: Option<f64>,
    /// Its messages, retransmissions included.
    pub messages: u64,
    /// Of these, retransmissions.
    pub retransmissions: u64,
    /// Its RTP streams.
    pub streams: Vec<usize>,
    /// Its early dialogs, where the INVITE was answered from several places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialogs: Vec<Dialog>,
    /// Its course: early media, hold, transfer, changes of codec and media, its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<CallEvent>,
    /// Other legs of the same conversation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub correlated: Vec<Correlation>,
}

/// The state of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallState {
    /// Answered and hung up.
    Completed,
    /// Answered, not hung up within the capture.
    Established,
    /// Provisional answers only.
    Ringing,
    /// Cancelled by the caller.
    Cancelled,
    /// Refused, with a status of 300 or more.
    Failed,
    /// No answer of any kind.
    Unanswered,
}

/// One RTP stream: an SSRC between two addresses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// Index in the report.
    pub id: usize,
    /// The call whose SDP announced it.
    pub call: Option<usize>,
    /// SSRC, `0x` and eight hex digits.
    pub ssrc: String,
    /// `address:port` of the sender.
    pub src: String,
    /// `address:port` of the receiver.
    pub dst: String,
    /// Payload types met, ascending.
    pub payload_types: Vec<u8>,
    /// Name of the main payload's codec; empty when unknown.
    pub codec: String,
    /// RTP clock in Hz.
    pub clock: u32,
    /// Time of the first packet.
    pub first: f64,
    /// Time of the last packet.
    pub last: f64,
    /// Packets captured.
    pub packets: u64,
    /// Extended highest − first sequence number + 1 (RFC 3550 A.3).
    pub expected: u64,
    /// `expected` − `packets`; negative when duplicates outweigh losses.
    pub lost: i64,
    /// `lost` in percent of `expected`.
    pub lost_percent: f64,
    /// Packets with a sequence number seen before.
    pub duplicates: u64,
    /// Packets that came after a higher sequence number.
    pub out_of_order: u64,
    /// Arrival difference of successive packets.
    pub delta_ms: Spread,
    /// Interarrival jitter over packets (RFC 3550 A.8).
    pub jitter_ms: Spread,
    /// E-model estimate (G.107), where the codec has figures.
    pub mos: Option<f64>,
    /// RFC 4733 digits.
    pub dtmf: String,
    /// Comfort noise packets (RFC 3389).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub comfort_noise: u64,
    /// Playing time of a packet, where most packets last as long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ptime_ms: Option<f64>,
    /// Millionths by which the sender's clock is faster than the capture's; known after half a
    /// minute of a steady way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_ppm: Option<f64>,
    /// Runs between restarts (SSRC kept, sequence or time jumped).
    pub segments: u32,
    /// SRTP: the payload is not readable.
    pub encrypted: bool,
    /// What its receiver says of it, where RTCP about it was captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtcp: Option<Rtcp>,
}

/// A stream as its receiver reports it over RTCP (RFC 3550 6.4, RFC 3611).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rtcp {
    /// Report blocks about the stream.
    pub reports: u64,
    /// Packets lost on the way to the receiver, as the last block says; the receiver's count, which
    /// may differ from what the capture saw.
    pub lost: i64,
    /// Largest share lost between two reports.
    pub worst_loss_percent: f64,
    /// Largest jitter reported; none where the clock is unknown.
    pub max_jitter_ms: Option<f64>,
    /// From the capturing point to the receiver and back.
    pub round_trip_ms: Option<Spread>,
    /// The receiver's own MOS, where it sends extended reports.
    pub mos: Option<f64>,
    /// Packets that its jitter buffer threw away, where it sends extended reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discarded_percent: Option<f64>,
}

/// Smallest, mean and largest of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Smallest.
    pub min: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Largest.
    pub max: f64,
}

/// A recording seen being made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordingSession {
    /// How it was ordered.
    pub method: RecordingMethod,
    /// Its state at the end of the capture.
    pub state: String,
    /// First control message.
    pub start: f64,
    /// Last control message or packet.
    pub end: Option<f64>,
    /// The recorded extension, where said.
    pub extension: String,
    /// The phone's address.
    pub phone: String,
    /// The recorder's address.
    pub recorder: String,
    /// Codec agreed.
    pub codec: String,
    /// Its control messages, as indices into `messages`.
    pub control: Vec<usize>,
    /// Its RTP streams.
    pub streams: Vec<usize>,
    /// What came of it.
    pub result: RecordingResult,
    /// Why, in words.
    pub reason: String,
}

/// The ways to order a recording (BX-1, MX-1, MX-D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingMethod {
    /// RecordServer commands.
    Server,
    /// SIP INFO to the PBX.
    SipInfo,
    /// A recorder's INVITE to the phone.
    Active,
    /// A key on the phone.
    OnDemand,
}

/// What came of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingResult {
    /// Started and, if it ended, ended in order.
    Success,
    /// Never started.
    Failed,
    /// Started and broken off.
    Aborted,
}

/// A phone recording (BX-L3) or WAVE file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Codec by its SDP name; `PCM`, `FLOAT` for those WAVE formats.
    pub codec: String,
    /// Bytes per block; phone recordings only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtp_len: Option<i64>,
    /// RTP timestamp units per block; phone recordings only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increment: Option<i64>,
    /// Bytes of audio that the header claims.
    pub data_size: u64,
    /// `little` or `big`.
    pub byte_order: String,
    /// Whole blocks read; phone recordings only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<u64>,
    /// `present` or `absent`; phone recordings only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtp_headers: Option<String>,
    /// How sure that is, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certainty: Option<f64>,
    /// Samples per second and channel once decoded.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u16,
    /// Playing time, gaps included.
    pub duration_ms: f64,
    /// Blocks missing by sequence number.
    pub lost: u64,
    /// Where they are missing.
    pub gaps: Vec<Gap>,
    /// What had to be corrected to read it, one sentence each.
    pub repairs: Vec<String>,
    /// Loudest sample in dB below full scale; none for silence or an undecodable codec.
    pub peak_dbfs: Option<f64>,
    /// Root mean square in dB below full scale.
    pub rms_dbfs: Option<f64>,
    /// Share of 20 ms frames below −60 dBFS.
    pub silence_percent: Option<f64>,
}

/// A hole in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// Where it begins on the playing time.
    pub at_ms: f64,
    /// How long it is.
    pub ms: f64,
}

/// Seconds since the epoch, to the µs, from nanoseconds.
#[allow(clippy::cast_precision_loss, reason = "2⁵³ µs last until the year 2255")]
pub(crate) fn seconds(ns: i64) -> f64 {
    ns.div_euclid(1000) as f64 / 1e6
}

/// A number to be read: to two decimals, as for dB, percent and MOS.
pub(crate) fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// A number of milliseconds to the µs.
pub(crate) fn thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// Milliseconds, to the µs.
#[allow(clippy::cast_precision_loss, reason = "2⁵³ µs are 285 years")]
pub(crate) fn milliseconds_of(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e3
}

/// Milliseconds, to the µs, from nanoseconds.
#[allow(clippy::cast_precision_loss, reason = "2⁵³ µs are 285 years")]
pub(crate) fn milliseconds(ns: i64) -> f64 {
    ns.div_euclid(1000) as f64 / 1e3
}
