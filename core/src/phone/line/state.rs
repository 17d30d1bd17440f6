//! The states and timers of a line.

use crate::machine::{states, timers};
use crate::rule::{self, rfc};

states! {
    /// Where the phone is with its PBX.
    pub enum RegistrationState: "registration" {
        /// Not registered, and not to be.
        LoggedOff = "logged off",
        /// Asked to be registered.
        Registering = "registering",
        /// Registered.
        Registered = "registered",
        /// Waits for the end of its registration to be confirmed.
        Leaving = "unregistering",
        /// Waits before it tries again.
        Waiting = "waiting to register",
        /// Reads its configuration file.
        Reading = "reading the configuration",
        /// Loads firmware and restarts.
        Restarting = "restarting",
    }
    LoggedOff -> Registering: "log-on", rfc::CONTACTS;
    Waiting -> Registering: "log-on", rfc::CONTACTS;
    Leaving -> Registering: "log-on", rfc::CONTACTS;
    Registering -> Registered: "confirmed", rfc::CONTACTS;
    Registering -> Waiting: "refused", rfc::CONTACTS;
    Registering -> Waiting: "no answer", rule::MX_S14;
    Waiting -> Registering: "retry", rule::MX_S14;
    Registered -> Waiting: "refused", rfc::CONTACTS;
    Registered -> Leaving: "log-off", rule::MX_S5;
    Registering -> LoggedOff: "log-off", rule::MX_S5;
    Waiting -> LoggedOff: "log-off", rule::MX_S5;
    Reading -> LoggedOff: "log-off", rule::MX_S5;
    Restarting -> LoggedOff: "log-off", rule::MX_S5;
    Registered -> Leaving: "no answer to the keep-alive", rule::MX_S14;
    Registered -> LoggedOff: "forced log-off", rule::MX_S11;
    Registered -> Leaving: "order to read the configuration", rule::MX_S13;
    Registered -> Leaving: "order to load firmware", rule::MX_S13;
    Leaving -> LoggedOff: "un-registration over", rule::MX_S5;
    Leaving -> Waiting: "un-registration over", rule::MX_S14;
    Leaving -> Reading: "un-registration over", rule::MX_S13;
    Leaving -> Restarting: "un-registration over", rule::MX_S13;
    Reading -> Registering: "configuration read", rule::MX_S13;
    Restarting -> Registering: "restarted", rule::MX_S13;
    Registering -> LoggedOff: "power off", rule::MX_S12;
    Registered -> LoggedOff: "power off", rule::MX_S12;
    Leaving -> LoggedOff: "power off", rule::MX_S12;
    Waiting -> LoggedOff: "power off", rule::MX_S12;
    Reading -> LoggedOff: "power off", rule::MX_S12;
    Restarting -> LoggedOff: "power off", rule::MX_S12;
}

states! {
    /// What the phone's one call is doing.
    pub enum CallState: "call" {
        /// There is none.
        Idle = "idle",
        /// The other party was called.
        Calling = "calling",
        /// Somebody calls.
        Ringing = "ringing",
        /// Both talk.
        Talking = "talking",
    }
    Idle -> Calling: "dial", rfc::CALL;
    Calling -> Talking: "answer", rfc::CALL;
    Calling -> Idle: "refused", rfc::CALL;
    Calling -> Idle: "no answer", rfc::INVITE_CLIENT;
    Calling -> Idle: "hang up", rfc::CANCELLING;
    Idle -> Ringing: "INVITE", rfc::CALL;
    Idle -> Ringing: "SETUP", rule::MX_1;
    Talking -> Idle: "release", rule::MX_1;
    Ringing -> Talking: "answer", rfc::CALL;
    Ringing -> Idle: "hang up", rfc::CALL;
    Ringing -> Idle: "cancelled", rfc::CANCELLED;
    Talking -> Idle: "hang up", rfc::BYE;
    Talking -> Idle: "BYE", rfc::BYE;
    Talking -> Idle: "no ACK", rfc::ACCEPT;
    Calling -> Idle: "power off", rule::MX_S12;
    Ringing -> Idle: "power off", rule::MX_S12;
    Talking -> Idle: "power off", rule::MX_S12;
}

states! {
    /// Whether the PBX records, as far as the phone was told.
    pub enum InfoState: "recording by INFO" {
        /// It does not.
        Off = "off",
        /// It was asked to.
        Starting = "asked to start",
        /// It does.
        On = "recording",
        /// It was asked to stop.
        Stopping = "asked to stop",
    }
    Off -> Starting: "record key", rule::BX_I1;
    Starting -> On: "200", rule::BX_I2;
    Starting -> Off: "refused", rule::BX_I3;
    Starting -> Off: "no answer", rule::BX_I3;
    On -> Stopping: "record key", rule::BX_I1;
    Stopping -> Off: "200", rule::BX_I2;
    Stopping -> On: "refused", rule::BX_I3;
    Stopping -> On: "no answer", rule::BX_I3;
    Starting -> Off: "call ended", rule::BX_I2;
    On -> Off: "call ended", rule::BX_I2;
    Stopping -> Off: "call ended", rule::BX_I2;
}

timers! {
    /// Deadlines of a line, besides SIP's own.
    pub enum LineTimer {
        /// The registration is to be renewed.
        KeepAlive = "registration keep-alive",
        /// An answer over RAS is due.
        RasAnswer = "RAS answer",
        /// The phone tries to register again.
        Retry = "registration retry",
        /// The called party is to ring or answer, over H.323.
        Setup = "call set-up",
        /// The configuration is read, or the restart over.
        Update = "update",
    }
}
