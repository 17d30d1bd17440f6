//! How a phone's line is set up and ordered about, and what it tells the rest of the phone.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use crate::codec::Codec;
use crate::control::Direction;
use crate::pbx::Order;
use crate::phone::model::Registration;
use crate::sip::transaction::Timing;

/// Settings of a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LineConfig {
    /// Where its tags, branches and Call-IDs start from.
    pub seed: u64,
    /// Its SIP socket.
    pub sip: SocketAddr,
    /// The PBX's SIP socket.
    pub pbx: SocketAddr,
    /// How it registers there.
    pub registration: Registration,
    /// The gatekeeper, where it registers by RAS.
    pub gatekeeper: SocketAddr,
    /// The extension.
    pub extension: String,
    /// Its user's name.
    pub display_name: String,
    /// What it can speak, preferred first.
    pub codecs: Vec<Codec>,
    /// The port for the sound of its calls.
    pub rtp_port: u16,
    /// How long a registration is asked for.
    pub expires: Duration,
    /// How often it makes sure that the PBX is there, by renewing its registration. Assumed: 30 s
    /// (MX-S14).
    pub keep_alive: Duration,
    /// How long it waits for an answer over RAS before it asks again; the third time it gives up.
    /// 3 s, as H.225.0 recommends.
    pub ras_answer: Duration,
    /// How long a call over H.323 may stay without any answer: 4 s, timer T303.
    pub setup: Duration,
    /// How long it waits before it tries to register again. Assumed: 10 s.
    pub retry: Duration,
    /// How long it takes to read its configuration file. Assumed: 2 s (MX-S13).
    pub configuration: Duration,
    /// How long it takes to load firmware and to restart. Assumed: 20 s (MX-S13).
    pub restart: Duration,
    /// The header line that asks the PBX to record (BX-4).
    pub record_on: String,
    /// The header line that asks it to stop.
    pub record_off: String,
    /// The base values of SIP's timers.
    pub timing: Timing,
}

impl Default for LineConfig {
    /// A SIP phone at 192.0.2.20, extension 1000, with a PBX at 192.0.2.1.
    fn default() -> Self {
        let pbx = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        Self {
            seed: 1,
            sip: SocketAddr::from(([192, 0, 2, 20], 5060)),
            pbx: SocketAddr::new(pbx, 5060),
            registration: Registration::Sip,
            gatekeeper: SocketAddr::new(pbx, 1719),
            extension: String::from("1000"),
            display_name: String::from("Desk 1000"),
            codecs: alloc::vec![Codec::Pcma, Codec::Pcmu, Codec::G722],
            rtp_port: 11_000,
            expires: Duration::from_secs(120),
            keep_alive: Duration::from_secs(30),
            ras_answer: Duration::from_secs(3),
            setup: Duration::from_secs(4),
            retry: Duration::from_secs(10),
            configuration: Duration::from_secs(2),
            restart: Duration::from_secs(20),
            record_on: String::from("Record: on"),
            record_off: String::from("Record: off"),
            timing: Timing::default(),
        }
    }
}

/// What the user, or the rest of the phone, orders.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LineCommand {
    /// Register.
    LogOn,
    /// End the call, and unregister.
    LogOff,
    /// Go on with leaving the PBX for this reason, after [`LineNotice::Leaving`].
    Leave(Leaving),
    /// Call this number.
    Dial(String),
    /// Answer the call that rings.
    Answer,
    /// End the call.
    HangUp,
    /// Ask the PBX to record the call, or to stop (BX-I1).
    Record,
    /// The power is gone: forget everything without a word.
    PowerOff,
}

/// Why a registration ends otherwise than by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leaving {
    /// The PBX ordered it.
    Ordered(Order),
    /// The PBX does not answer any more (MX-S14).
    Unanswered,
}

/// Who a call is with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Party {
    /// The other party's number.
    pub number: String,
    /// The other party's name; empty where it is not known.
    pub name: String,
    /// Who called whom.
    pub direction: Direction,
}

/// What the rest of the phone has to know, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LineNotice {
    /// The phone is registered.
    Registered,
    /// The registration is to end. Everything that has to happen before that is to be done now;
    /// then comes [`LineCommand::Leave`].
    Leaving(Leaving),
    /// A call stands.
    CallStarted(Party),
    /// It is over.
    CallEnded,
    /// The phone restarts: whatever is not configuration is to be forgotten (MX-S13).
    Restarting,
}
