//! What can happen to the actors of a room.

use crate::forged::{self, Damage, Forgery};
use crate::room::{
    DESK, Flight, News, Outcome, PBX, PHONE, Parcel, RECORDER, Room, SEATS, STRANGER, TERMINAL,
};
use proptest::prelude::*;
use recscope_core::machine::{Connection, FileId, Side};
use recscope_core::ras;
use recscope_core::time::Instant;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Everything arrives that is on its way.
    Settle,
    /// One thing arrives, and is perhaps kept to arrive again.
    Deliver {
        which: usize,
        again: bool,
    },
    Lose(usize),
    /// SIP that was said before arrives changed, or from another sender.
    Echo {
        which: usize,
        damage: Damage,
        from: Option<Ipv4Addr>,
    },
    /// What is on its way arrives changed.
    Damage {
        which: usize,
        damage: Damage,
    },
    Forge {
        to: usize,
        port: u16,
        from: Ipv4Addr,
        forgery: Forgery,
    },
    Bytes {
        to: usize,
        port: u16,
        from: Ipv4Addr,
        bytes: Vec<u8>,
    },
    Order(usize, &'static str),
    Words(usize, String),
    Ras {
        to: usize,
        from: Ipv4Addr,
        message: ras::Message,
    },
    /// News of a connection that exists, counted from the last, or of any number.
    Tcp {
        which: usize,
        end: bool,
        number: Option<u32>,
        event: News,
    },
    ToSeat {
        to: usize,
        parcel: Parcel,
    },
    Insert(usize, u64),
    Pull(usize),
    Sound {
        to: usize,
        side: Side,
        frames: usize,
        len: Option<usize>,
    },
    /// A deadline is said to have come that has not.
    Early(usize),
    Pass(u64),
    Jump(u64),
    /// A host that is wrong about the time.
    Back(u64),
}

const PHONES: [&str; 22] = [
    "power on",
    "power off",
    "log-on",
    "log-off",
    "dial 0701",
    "dial 0701",
    "dial 1000",
    "dial 1001",
    "dial 1002",
    "dial <>",
    "answer",
    "answer",
    "hang-up",
    "record",
    "record",
    "pause",
    "resume",
    "on-demand",
    "on-demand",
    "play Record_20260101000002.wav",
    "seek 3",
    "stop-playing",
];
const SWITCHBOARD: [&str; 14] = [
    "down",
    "up",
    "restart",
    "order 1000 read-configuration",
    "order 1000 load-firmware",
    "order 1001 read-configuration",
    "order 1001 log-off",
    "call 0702 1000 Zoë",
    "call 0702 1001",
    "answer 1000",
    "hang-up 1000",
    "hang-up 1001",
    "info 403",
    "info accept",
];
const RECORDERS: [&str; 6] = [
    "start",
    "registered 1000 192.0.2.20",
    "registered 1000 192.0.2.22",
    "unregistered 1000",
    "call-started 1000",
    "call-ended 1000",
];

fn order() -> impl Strategy<Value = Step> {
    let phone = prop::sample::select(&[PHONE, PHONE, TERMINAL, DESK][..]);
    prop_oneof![
        6 => (phone, prop::sample::select(&PHONES[..])).prop_map(|(to, words)| Step::Order(to, words)),
        2 => prop::sample::select(&SWITCHBOARD[..]).prop_map(|words| Step::Order(PBX, words)),
        1 => prop::sample::select(&RECORDERS[..]).prop_map(|words| Step::Order(RECORDER, words)),
        1 => prop::sample::select(&["drain", "stop"][..])
            .prop_map(|words| Step::Order(SEATS - 1, words)),
    ]
}

fn source() -> impl Strategy<Value = Ipv4Addr> + Clone {
    let known = [1, 9, 20, 21, 40].map(|last| Ipv4Addr::new(192, 0, 2, last));
    let mut all = known.to_vec();
    all.push(STRANGER);
    prop::sample::select(all)
}

fn port() -> impl Strategy<Value = u16> {
    prop::sample::select(&[5060_u16, 5060, 7300, 11_780, 20_000, 20_008, 30_000, 8080][..])
}

fn news() -> impl Strategy<Value = News> {
    let data = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..80),
        prop::sample::select(forged::SPEECHES).prop_map(<[u8]>::to_vec),
    ];
    let address = SocketAddr::from(([192, 0, 2, 20], 49_152));
    prop_oneof![
        1 => Just(News::Connected(address)),
        1 => Just(News::Accepted(address, address)),
        3 => data.prop_map(News::Data),
        1 => Just(News::Closed),
        1 => Just(News::Failed),
    ]
}

fn ras_message() -> impl Strategy<Value = ras::Message> {
    use ras::Message as Ras;
    prop::sample::select(vec![
        Ras::RegistrationRequest { extension: "1000".into() },
        Ras::RegistrationRequest { extension: String::new() },
        Ras::RegistrationConfirm,
        Ras::RegistrationReject { reason: "" },
        Ras::KeepAlive,
        Ras::KeepAliveConfirm,
        Ras::UnregistrationRequest { reason: "load the firmware" },
        Ras::UnregistrationRequest { reason: "" },
        Ras::UnregistrationConfirm,
        Ras::Setup { calling: "1".into(), name: "\r\n".into(), called: "1001".into() },
        Ras::Setup { calling: "1001".into(), name: String::new(), called: "1000".into() },
        Ras::Alerting,
        Ras::Connect,
        Ras::ReleaseComplete { reason: "" },
    ])
}

fn storage() -> impl Strategy<Value = Parcel> {
    let file = (0_u32..5).prop_map(FileId).boxed();
    prop_oneof![
        file.clone().prop_map(Parcel::Failed),
        (file.clone(), any::<u64>()).prop_map(|(file, size)| Parcel::Opened { file, size }),
        (file, any::<u64>(), prop::collection::vec(any::<u8>(), 0..200))
            .prop_map(|(file, offset, bytes)| Parcel::Data { file, offset, bytes }),
    ]
}

/// Anything.
pub(crate) fn anything() -> impl Strategy<Value = Step> {
    let side = prop::sample::select(&[Side::Sent, Side::Received, Side::Mixed][..]);
    let seat = || 0..SEATS;
    let often = prop_oneof![
        8 => Just(Step::Settle),
        6 => order(),
        4 => prop_oneof![0_u64..5_000, 0_u64..100_000].prop_map(Step::Pass),
        4 => (0_usize..6, any::<bool>()).prop_map(|(which, again)| Step::Deliver { which, again }),
        2 => (0_usize..6).prop_map(Step::Lose),
        2 => (seat(), side, 1_usize..30, prop::option::of(0_usize..2_000))
            .prop_map(|(to, side, frames, len)| Step::Sound { to, side, frames, len }),
    ];
    let wrong = prop_oneof![
        3 => (0_usize..12, forged::damage(), prop::option::of(source()))
            .prop_map(|(which, damage, from)| Step::Echo { which, damage, from }),
        2 => (0_usize..6, forged::damage()).prop_map(|(which, damage)| Step::Damage { which, damage }),
        4 => (seat(), port(), source(), forged::anything())
            .prop_map(|(to, port, from, forgery)| Step::Forge { to, port, from, forgery }),
        1 => (seat(), port(), source(), prop::collection::vec(any::<u8>(), 0..200))
            .prop_map(|(to, port, from, bytes)| Step::Bytes { to, port, from, bytes }),
        1 => (seat(), "[a-z-]{0,9}( \\PC{0,9})?").prop_map(|(to, words)| Step::Words(to, words)),
        2 => (seat(), source(), ras_message())
            .prop_map(|(to, from, message)| Step::Ras { to, from, message }),
        3 => (0_usize..4, any::<bool>(), prop::option::weighted(0.2, any::<u32>()), news())
            .prop_map(|(which, end, number, event)| Step::Tcp { which, end, number, event }),
        1 => (seat(), storage()).prop_map(|(to, parcel)| Step::ToSeat { to, parcel }),
        1 => (seat(), prop_oneof![0_u64..2_000, any::<u64>()])
            .prop_map(|(to, free)| Step::Insert(to, free)),
        1 => seat().prop_map(Step::Pull),
        1 => seat().prop_map(Step::Early),
        1 => prop_oneof![0_u64..200_000, 0_u64..=u64::MAX / 1_000_000].prop_map(Step::Jump),
        1 => (0_u64..100_000).prop_map(Step::Back),
    ];
    prop_oneof![2 => often, 1 => wrong]
}

impl Room {
    /// Lets a step happen.
    pub(crate) fn take(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Settle => self.settle(),
            Step::Deliver { which, again } => match self.pick(*which) {
                Some(flight) => {
                    if *again {
                        self.flights.push(flight.clone());
                    }
                    self.deliver(&flight)
                }
                None => Ok(()),
            },
            Step::Lose(which) => {
                self.pick(*which);
                Ok(())
            }
            Step::Echo { which, damage, from } => {
                let last = self.said.len().checked_sub(which + 1);
                let Some(mut flight) = last.and_then(|at| self.said.get(at).cloned()) else {
                    return Ok(());
                };
                damage.apply(&mut flight, *from);
                self.deliver(&flight)
            }
            Step::Damage { which, damage } => match self.pick(*which) {
                Some(mut flight) => {
                    damage.apply(&mut flight, None);
                    self.deliver(&flight)
                }
                None => Ok(()),
            },
            Step::Forge { to, port, from, forgery } => {
                let payload = forgery.bytes(&self.said);
                self.say(*to, *port, *from, payload)
            }
            Step::Bytes { to, port, from, bytes } => self.say(*to, *port, *from, bytes.clone()),
            Step::Order(to, words) => self.order(*to, words),
            Step::Words(to, words) => self.order(*to, words),
            Step::Ras { to, from, message } => {
                let remote = SocketAddr::from((*from, 1_719));
                let parcel = Parcel::Ras { remote, message: message.clone() };
                self.deliver(&Flight { to: *to, parcel })
            }
            Step::Tcp { which, end, number, event } => {
                let last = self.connections.len().checked_sub(which + 1);
                let ends = last.and_then(|at| self.connections.get(at));
                let known = ends.map(|ends| ends[usize::from(*end)]);
                let (to, connection) = known.unwrap_or((*which, Connection(0)));
                let connection = number.map_or(connection, Connection);
                self.deliver(&Flight {
                    to,
                    parcel: Parcel::Tcp { connection, event: event.clone() },
                })
            }
            Step::ToSeat { to, parcel } => {
                self.deliver(&Flight { to: *to, parcel: parcel.clone() })
            }
            Step::Insert(to, free) => self.insert_drive(*to, *free),
            Step::Pull(to) => self.pull_drive(*to),
            Step::Sound { to, side, frames, len } => {
                let len = len.unwrap_or_else(|| self.frame(*to));
                self.speak(*to, *side, *frames, len)
            }
            Step::Early(to) => self.wake(*to),
            Step::Pass(millis) => self.pass(Duration::from_millis(*millis)),
            Step::Jump(millis) => self.jump(Duration::from_millis(*millis)),
            Step::Back(millis) => {
                let micros = self.now.as_micros().saturating_sub(millis * 1_000);
                let now = std::mem::replace(&mut self.now, Instant::from_micros(micros));
                let outcome = self.settle();
                self.now = now;
                outcome
            }
        }
    }

    /// Takes something out of what is on its way.
    fn pick(&mut self, which: usize) -> Option<Flight> {
        (which < self.flights.len()).then(|| self.flights.remove(which))
    }

    /// Lets a datagram arrive.
    pub(crate) fn say(
        &mut self,
        to: usize,
        port: u16,
        from: Ipv4Addr,
        payload: Vec<u8>,
    ) -> Outcome {
        let local = SocketAddr::from((self.seats[to].address, port));
        let remote = SocketAddr::from((from, 5060));
        self.deliver(&Flight { to, parcel: Parcel::Datagram { local, remote, payload } })
    }
}
