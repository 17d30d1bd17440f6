//! The diagram's content, free of coordinates.

use serde::{Deserialize, Serialize};

/// A flow: life-lines in column order, and what happened on them in time order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// One line that says which call or scenario this is.
    pub title: String,
    /// Life-lines, left to right.
    pub actors: Vec<Actor>,
    /// What happened, ordered by [`Item::time_us`].
    pub items: Vec<Item>,
}

impl Flow {
    /// Life-lines needed: the actors, and one more where an item names an actor that does not
    /// exist.
    #[must_use]
    pub fn lanes(&self) -> usize {
        let actors = self.actors.len();
        let unknown = self.items.iter().any(|item| match item {
            Item::Message(arrow) => arrow.from >= actors || arrow.to >= actors,
            Item::Media(band) => band.from >= actors || band.to >= actors,
            Item::Note(note) => note.actor.is_some_and(|actor| actor >= actors),
            Item::State(change) => change.actor >= actors,
        });
        actors + usize::from(unknown)
    }

    /// Whether messages of several protocols occur, so that arrows must say theirs.
    #[must_use]
    pub fn tagged(&self) -> bool {
        let mut protocols = self.items.iter().filter_map(|item| match item {
            Item::Message(arrow) => Some(arrow.protocol),
            _ => None,
        });
        let first = protocols.next();
        protocols.any(|protocol| Some(protocol) != first)
    }
}

/// One life-line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Stable and unique in the flow: an address, or a scenario's actor name.
    pub id: String,
    /// What is shown at the head of the life-line.
    pub label: String,
    /// A second, quieter line: an address below a name, a device type.
    pub detail: String,
    /// What sort of device it is, as far as known.
    pub kind: ActorKind,
}

/// The sort of device behind a life-line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// A telephone.
    Phone,
    /// A PBX, proxy or registrar.
    Pbx,
    /// A recorder or record server.
    Recorder,
    /// A USB drive or other storage.
    Storage,
    /// A person: presses keys, pulls drives.
    Person,
    /// Only an address is known.
    #[default]
    Host,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Item {
    /// A message between two actors.
    Message(Arrow),
    /// A media stream over a span of time.
    Media(Band),
    /// A remark at an actor.
    Note(Note),
    /// An actor's machine changed state.
    State(StateChange),
}

impl Item {
    /// When it happened or began, in µs on the flow's own clock.
    #[must_use]
    pub const fn time_us(&self) -> i64 {
        match self {
            Self::Message(arrow) => arrow.time_us,
            Self::Media(band) => band.start_us,
            Self::Note(note) => note.time_us,
            Self::State(change) => change.time_us,
        }
    }
}

/// A message as an arrow. `from` and `to` index [`Flow::actors`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrow {
    /// When it was sent, in µs (capture: since the epoch; simulation: since the start).
    pub time_us: i64,
    /// The sender's column.
    pub from: usize,
    /// The receiver's column.
    pub to: usize,
    /// Few words on the arrow: `INVITE (SDP)`, `200 OK`.
    pub label: String,
    /// The start line or its like, for a tool tip and the text export.
    pub detail: String,
    /// What it is a message of.
    pub protocol: Protocol,
    /// What it does.
    pub class: Class,
    /// Whether it arrived.
    pub delivery: Delivery,
    /// How many further times the same bytes were sent.
    pub repeats: u32,
    /// The message's index where it came from (the report's `messages`, the run's steps).
    pub source: Option<usize>,
    /// The rule behind it (`MX-S1`), where one is known.
    pub rule: Option<String>,
    /// When it arrived, on the clock of `time_us`, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_us: Option<i64>,
}

/// The protocol of an arrow; told apart by more than colour in every rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// SIP.
    Sip,
    /// RecordServer commands over TCP.
    Control,
    /// CSTA XML.
    Csta,
    /// HTTP or HTTPS.
    Http,
    /// H.323 registration (RAS).
    Ras,
    /// H.323 calls (H.225 call signalling).
    H225,
    /// TCP itself: connect, reset, close.
    Tcp,
    /// RTP shown packet-wise.
    Rtp,
    /// Something done by hand or inside a device: a key, a drive pulled.
    Local,
}

/// What an arrow does, for its style.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A request, command or event.
    Request,
    /// A provisional answer (SIP 1xx).
    Provisional,
    /// A positive final answer.
    Success,
    /// A redirection or authentication challenge (SIP 3xx, 401, 407).
    Challenge,
    /// A negative final answer.
    Failure,
}

/// What became of a message on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// It arrived, as far as known.
    #[default]
    Delivered,
    /// It was lost: the arrow ends in a cross.
    Lost,
}

/// A media stream as a band.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// First packet, in µs.
    pub start_us: i64,
    /// Last packet, in µs.
    pub end_us: i64,
    /// The sender's column.
    pub from: usize,
    /// The receiver's column.
    pub to: usize,
    /// `RTP PCMU, 551 packets, 0 lost`.
    pub label: String,
    /// Packets missing.
    pub lost: u64,
    /// The stream's id where it came from.
    pub source: Option<usize>,
}

/// A remark at one actor, or across all when `actor` is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When, in µs.
    pub time_us: i64,
    /// The column it belongs to.
    pub actor: Option<usize>,
    /// One sentence.
    pub text: String,
    /// The rule it cites.
    pub rule: Option<String>,
}

/// A state change of an actor's machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// When, in µs.
    pub time_us: i64,
    /// The actor's column.
    pub actor: usize,
    /// Which of its machines.
    pub machine: String,
    /// The state left.
    pub from: String,
    /// The state entered.
    pub to: String,
    /// The rule that asks for it.
    pub rule: Option<String>,
}

#[cfg(test)]
mod tests {
    use crate::cases;
    use crate::model::Flow;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_flow_survives_its_json(flow in cases::any_flow()) {
            let json = serde_json::to_string(&flow).unwrap();
            prop_assert_eq!(serde_json::from_str::<Flow>(&json).unwrap(), flow);
        }
    }
}
