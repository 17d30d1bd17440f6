//! The rules of the two recording documents, by id, each in one sentence.
//!
//! Machines, findings, scenarios and help texts cite these ids, so that a reader can go from an
//! arrow in a diagram to the rule behind it.

use core::fmt;

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Stated by the phone makers' documents.
    Stated,
    /// A fact from other public material: an RFC, a manual, an implementation.
    Fact,
    /// Our assumption where nothing is published; always configurable.
    Assumed,
}

impl Basis {
    /// One word for the reader.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stated => "stated",
            Self::Fact => "fact",
            Self::Assumed => "assumed",
        }
    }
}

/// A rule: its id, where it comes from, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Stable id, such as `MX-S9`.
    pub id: &'static str,
    /// Where it comes from.
    pub basis: Basis,
    /// What it says, in one or two sentences; nothing with the feature `small`.
    pub text: &'static str,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl Rule {
    /// The rule with this id, letter case aside: one of the documents', or one of [`rfc`].
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        ALL.iter().chain(rfc::ALL).copied().find(|rule| rule.id.eq_ignore_ascii_case(id))
    }
}

/// The text of a rule. Firmware, which shows none, is spared it.
const fn said(text: &'static str) -> &'static str {
    if cfg!(feature = "small") { "" } else { text }
}

macro_rules! rules {
    ($($name:ident $id:literal $basis:ident $text:literal;)*) => {
        $(#[doc = $text] pub const $name: &Rule =
            &Rule { id: $id, basis: Basis::$basis, text: $crate::rule::said($text) };)*
        /// Every rule of this module, in order.
        pub const ALL: &[&Rule] = &[$($name),*];
    };
}

pub mod rfc;

rules! {
    BX_1 "BX-1" Stated "An active call is recorded in one of three ways: to a USB drive, by a record server, or by asking the PBX with SIP INFO.";
    BX_2 "BX-2" Stated "BX5S and BX6 record to USB, BX3S and BX4 do not; for the other models nothing is stated.";
    BX_3 "BX-3" Stated "The phone mixes both sides into one stream, receives that mix on a local port and passes its RTP on to the file or the server.";
    BX_4 "BX-4" Fact "Provisioning sets whether and how to record, the codec, the file size limit, the server's address and port, the record tone and the two INFO header lines.";
    BX_L1 "BX-L1" Stated "Local recording needs a mounted USB drive with room: without one, or on a model that cannot, the phone shows a prompt and creates no file.";
    BX_L2 "BX-L2" Stated "A local recording is named Record_ and the system time, with the ending .wav.";
    BX_L3 "BX-L3" Stated "The file is a 76-byte header (codec, block length, timestamp increment, data size) and then RTP blocks back to back; it is not RIFF.";
    BX_L4 "BX-L4" Stated "At the file size limit the phone goes on in a new file, if there is room, and no audio is lost between the two.";
    BX_L5 "BX-L5" Stated "A recording can be paused and resumed.";
    BX_L6 "BX-L6" Assumed "Power loss or a pulled drive leaves a stale data size and a cut last block; the header is never more than one second behind the audio.";
    BX_L7 "BX-L7" Stated "Playback computes the duration from the header: data size over block length, times increment, over the RTP clock.";
    BX_S1 "BX-S1" Stated "Server recording needs an address and a port: commands go over TCP, RTP over UDP to a port that the server gives to each recording.";
    BX_S2 "BX-S2" Stated "The phone asks to start with its id, device, both parties, direction and codec; the server answers success with address and port, or failed with a reason.";
    BX_S3 "BX-S3" Stated "The phone asks to stop with the recording's id and a reason; the server confirms.";
    BX_S4 "BX-S4" Fact "The id is random and stays for the recording; the device is the phone's MAC address; values are URL-encoded, in any order, blanks kept and unknown keys ignored.";
    BX_S5 "BX-S5" Fact "Commands have neither terminator nor length; one connection carries start, then stop, and then the server closes it.";
    BX_S6 "BX-S6" Stated "When the server answers failed, the phone shows that recording failed, with the reason, and clears the session.";
    BX_S7 "BX-S7" Stated "On a socket error both sides end the session and clear their state; the server keeps what it received.";
    BX_S8 "BX-S8" Stated "RTP flows until stop or until the connection drops.";
    BX_S9 "BX-S9" Stated "A record server takes PCMA, PCMU and G722; anything else is refused.";
    BX_S10 "BX-S10" Assumed "Waiting ends: five seconds to connect, to start and to stop, sixty without RTP at the server; nothing is retried by itself.";
    BX_I1 "BX-I1" Stated "A phone registered at a server that understands it asks that server, by SIP INFO, to record.";
    BX_I2 "BX-I2" Fact "The request is an INFO inside the call's dialog with a Record: on or Record: off header and no body; 200 means done.";
    BX_I3 "BX-I3" Fact "A refusal (403, 481, 488 and others) is shown to the user and leaves the recording as it was.";
    MX_1 "MX-1" Stated "The phone copies its RTP to a VoIP logger on the recording system's order; the user cannot stop it.";
    MX_2 "MX-2" Stated "With dynamic mapping there is one recording session per call; with static mapping it lasts from registration until log-off.";
    MX_3 "MX-3" Fact "What the phone sends and what it receives are recorded as two streams, preferably as two media lines.";
    MX_4 "MX-4" Fact "Keys of encrypted media reach the recorder over CTI, not over SIP; the copies may be the original ciphertext.";
    MX_S1 "MX-S1" Stated "INVITE says where to send the copies, 200 OK agrees, ACK starts them and BYE ends them; nothing is sent before the ACK.";
    MX_S2 "MX-S2" Stated "With static mapping the recorder sends INVITE once the terminal is registered and BYE when it logs off.";
    MX_S3 "MX-S3" Stated "As a keep-alive the recorder sends UPDATE and the phone answers 200 OK.";
    MX_S4 "MX-S4" Stated "The phone compares the source address of INVITE, ACK, UPDATE and BYE with the addresses that its configuration allows.";
    MX_S5 "MX-S5" Stated "When it unregisters with a session open, the phone sends BYE to the logger.";
    MX_S6 "MX-S6" Stated "A phone that is logged off ignores INVITE.";
    MX_S7 "MX-S7" Stated "SIP for recording listens on port 7300 on 7400 and 442x terminals, and on a configured port on 6700.";
    MX_S8 "MX-S8" Stated "Headers, body and above all SDP must be as in the reference trace of a working session.";
    MX_S9 "MX-S9" Stated "An INVITE repeated for want of an answer has the same session id: the phone answers the first, and starts when the ACK's session id belongs to it.";
    MX_S10 "MX-S10" Stated "If UPDATE stays unanswered, the recorder refreshes with a re-INVITE; if that does too, a new INVITE opens a new session, and the phone sends no BYE for the old one.";
    MX_S11 "MX-S11" Stated "When another phone registers the same extension, the first is logged off and sends BYE; the PBX reports the new address over CSTA, and the next INVITE goes there.";
    MX_S12 "MX-S12" Stated "A phone that loses power cannot send BYE; when it registers again, the PBX reports its address and the recorder sends INVITE.";
    MX_S13 "MX-S13" Stated "Ordered to read its configuration or firmware, the phone unregisters and sends BYE first; after registering again it is invited anew.";
    MX_S14 "MX-S14" Stated "When the PBX restarts, the phone's keep-alive fails: it tries to unregister, sends BYE if a session is active, and registers again when it can.";
    MX_D1 "MX-D1" Stated "A function key makes the phone send an HTTP or HTTPS request whose content its configuration file sets, for one call at a time.";
    MX_D2 "MX-D2" Stated "In the start variant the request makes the recorder invite the phone as in active recording, until the call is cleared.";
    MX_D3 "MX-D3" Stated "In the save variant calls are recorded from their start and the request makes the recorder keep this one.";
    MX_D4 "MX-D4" Fact "The request's URL carries variables such as the user's name, number and call state; one without a value becomes empty; any 2xx is success.";
    MX_C1 "MX-C1" Stated "Extensions to be recorded are monitored over CSTA; the PBX reports calls, and at registration address and extension.";
    MX_C2 "MX-C2" Fact "CSTA XML travels over TCP in frames of a four-byte length, four digits of invoke id, and the document.";
    MX_C3 "MX-C3" Assumed "The address of an extension travels as private data of BackInService and OutOfService.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_found_in_any_case() {
        let ids: BTreeSet<_> = ALL.iter().chain(rfc::ALL).map(|rule| rule.id).collect();
        assert_eq!(ids.len(), ALL.len() + rfc::ALL.len());
        assert_eq!(Rule::find("mx-s9"), Some(MX_S9));
        assert_eq!(Rule::find("rfc 3261 15"), Some(rfc::BYE));
        assert_eq!(Rule::find("MX-S99"), None);
    }
}
