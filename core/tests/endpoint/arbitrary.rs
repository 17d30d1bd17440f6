//! Anything, in any state, at any time: no panic, and no timer that does not end.

use crate::peer::{Ask, Bench, PHONE, RECORDER, address, answer};
use core::time::Duration;
use proptest::prelude::*;
use recscope_core::machine::{Event, Output};
use recscope_core::rule;
use recscope_core::sip::endpoint::{ClientKey, DialogKey, EndpointEvent, ServerKey};
use recscope_core::sip::{Message, MessageBuilder, Method};
use std::path::PathBuf;

const METHODS: [&str; 8] =
    ["INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "INFO", "OPTIONS", "REGISTER"];

#[derive(Clone, Debug)]
enum Op {
    /// A request of the recorder; the tag is one that the endpoint gave, if there is one.
    Request {
        method: usize,
        tag: Option<usize>,
        branch: u8,
        cseq: u32,
        offer: bool,
    },
    /// An answer to something that the endpoint sent.
    Answer {
        to: usize,
        status: u16,
        tag: u8,
    },
    /// One of these with some of its bytes changed or cut off.
    Damaged {
        of: Box<Op>,
        at: usize,
        byte: u8,
        cut: bool,
    },
    Bytes(Vec<u8>),
    Pass(u64),
    Respond {
        to: usize,
        status: u16,
    },
    Ignore(usize),
    Invite,
    Ask {
        dialog: usize,
        method: usize,
    },
    Ack(usize),
    Bye(usize),
    Cancel(usize),
    Forget(usize),
    Reset,
}

fn message() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0..METHODS.len(), prop::option::of(0_usize..3), 0_u8..6, 0_u32..5, any::<bool>())
            .prop_map(|(method, tag, branch, cseq, offer)| Op::Request {
                method,
                tag,
                branch,
                cseq,
                offer
            }),
        (0_usize..8, prop_oneof![100_u16..=700, Just(180), Just(200), Just(487)], 0_u8..3)
            .prop_map(|(to, status, tag)| Op::Answer { to, status, tag }),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => message(),
        2 => (message(), any::<usize>(), any::<u8>(), any::<bool>()).prop_map(
            |(of, at, byte, cut)| Op::Damaged { of: Box::new(of), at, byte, cut }
        ),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Op::Bytes),
        3 => prop_oneof![0_u64..1000, 0_u64..40_000].prop_map(Op::Pass),
        4 => (0_usize..4, prop_oneof![100_u16..=700, Just(200), Just(180), Just(486)])
            .prop_map(|(to, status)| Op::Respond { to, status }),
        1 => (0_usize..4).prop_map(Op::Ignore),
        2 => Just(Op::Invite),
        2 => (0_usize..3, 0..METHODS.len()).prop_map(|(dialog, method)| Op::Ask { dialog, method }),
        2 => (0_usize..3).prop_map(Op::Ack),
        1 => (0_usize..3).prop_map(Op::Bye),
        1 => (0_usize..4).prop_map(Op::Cancel),
        1 => (0_usize..3).prop_map(Op::Forget),
        1 => Just(Op::Reset),
    ]
}

/// What came out of an endpoint, to be used again. Keys of what is over stay in use: a machine
/// may be late.
#[derive(Default)]
struct Known {
    tags: Vec<String>,
    sent: Vec<crate::peer::Sent>,
    servers: Vec<ServerKey>,
    clients: Vec<ClientKey>,
    dialogs: Vec<DialogKey>,
}

fn pick<T: Clone>(of: &[T], at: usize) -> Option<T> {
    of.len().checked_sub(1).and_then(|last| of.get(last.saturating_sub(at)).cloned())
}

impl Known {
    fn bytes(&self, op: &Op) -> Vec<u8> {
        match op {
            Op::Request { method, tag, branch, cseq, offer } => {
                let mut ask = Ask::new(METHODS[*method]).cseq(*cseq).branch(&branch.to_string());
                if let Some(tag) = tag.and_then(|tag| pick(&self.tags, tag)) {
                    ask = ask.to(&tag);
                }
                if *offer { ask.body("v=0\r\n").text() } else { ask.text() }.into_bytes()
            }
            Op::Answer { to, status, tag } => match pick(&self.sent, *to) {
                Some(sent) => answer(&sent, *status, &format!("t{tag}")).into_bytes(),
                None => b"SIP/2.0 200 OK\r\n\r\n".to_vec(),
            },
            Op::Damaged { of, at, byte, cut } => {
                let mut bytes = self.bytes(of);
                let at = at % bytes.len().max(1);
                if *cut {
                    bytes.truncate(at);
                } else if let Some(found) = bytes.get_mut(at) {
                    *found = *byte;
                }
                bytes
            }
            Op::Bytes(bytes) => bytes.clone(),
            _ => Vec::new(),
        }
    }

    fn apply(&mut self, bench: &mut Bench, op: &Op) {
        let (now, endpoint, outbox) = (bench.now, &mut bench.endpoint, &mut bench.outbox);
        match op {
            Op::Request { .. } | Op::Answer { .. } | Op::Damaged { .. } | Op::Bytes(_) => {
                let bytes = self.bytes(op);
                let (local, remote) = (address(PHONE), address(RECORDER));
                endpoint.handle_datagram(now, local, remote, &bytes, outbox);
            }
            Op::Pass(millis) => {
                // Hosts may be late: all that is due is dealt with at once.
                bench.now = now + Duration::from_millis(*millis);
                endpoint.handle_timeout(bench.now, outbox);
                let next = endpoint.next_timeout();
                assert!(next.is_none_or(|(next, _)| next > bench.now), "{next:?} was due");
            }
            Op::Respond { to, status } => {
                if let Some(key) = pick(&self.servers, *to) {
                    let response = endpoint.response(key, *status);
                    endpoint.respond(now, key, response, rule::MX_S1, outbox);
                }
            }
            Op::Ignore(at) => {
                pick(&self.servers, *at).into_iter().for_each(|key| endpoint.ignore(key));
            }
            Op::Invite => {
                let at = "<sip:1000@192.0.2.7>";
                let invite = endpoint.request(Method::Invite, "sip:192.0.2.9", at, at);
                let recorder = address(RECORDER);
                let key = endpoint.send_request(now, recorder, invite, rule::MX_S1, outbox);
                self.clients.push(key);
            }
            Op::Ask { dialog, method } => {
                if let Some(key) = pick(&self.dialogs, *dialog) {
                    let method = Method::from_token(METHODS[*method]);
                    let request = endpoint.request_in(key, method);
                    let client = endpoint.send_in(now, key, request, rule::MX_S3, outbox);
                    self.clients.extend(client);
                }
            }
            Op::Ack(at) => {
                if let Some(key) = pick(&self.dialogs, *at) {
                    let ack = endpoint.ack(key);
                    endpoint.send_ack(now, key, ack, rule::MX_S1, outbox);
                }
            }
            Op::Bye(at) => {
                if let Some(key) = pick(&self.dialogs, *at) {
                    endpoint.bye(now, key, rule::MX_S5, outbox);
                }
            }
            Op::Cancel(at) => {
                if let Some(key) = pick(&self.clients, *at) {
                    endpoint.cancel(now, key, rule::MX_S1, outbox);
                }
            }
            Op::Forget(at) => {
                pick(&self.dialogs, *at).into_iter().for_each(|key| endpoint.forget(key));
            }
            Op::Reset => endpoint.reset(),
        }
        self.learn(bench);
    }

    fn learn(&mut self, bench: &mut Bench) {
        while let Some(output) = bench.outbox.poll() {
            match output {
                Output::Datagram { remote, payload, rule, .. } => {
                    let message = Message::parse(payload).unwrap().message;
                    if let Some(tag) = message.to().and_then(|to| to.tag().map(str::to_owned)) {
                        self.tags.push(tag);
                    }
                    if message.is_request() && message.method() != Some(Method::Ack) {
                        let text = String::from_utf8_lossy(payload).into_owned();
                        self.sent.push(crate::peer::Sent { remote, text, rule });
                    }
                }
                Output::Event(Event::Ignored { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        while let Some(event) = bench.endpoint.poll_event() {
            match event {
                EndpointEvent::Request { transaction, dialog, received } => {
                    assert!(received.message().is_some());
                    self.servers.push(transaction);
                    self.dialogs.extend(dialog);
                }
                EndpointEvent::Response { dialog, status, .. } => {
                    assert!((100..=699).contains(&status));
                    self.dialogs.extend(dialog);
                }
                EndpointEvent::Ack { dialog, .. } | EndpointEvent::NotAcknowledged { dialog } => {
                    self.dialogs.push(dialog);
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn anything_at_any_time_neither_panics_nor_leaves_a_timer(
        ops in prop::collection::vec(op(), 0..60),
    ) {
        let mut bench = Bench::with(|config| {
            config.max_transactions = 20;
            config.methods.push(Method::Info);
        });
        let mut known = Known::default();
        for op in &ops {
            known.apply(&mut bench, op);
            // The schedule says what the timers themselves say.
            bench.endpoint.advance(bench.now);
            let next = bench.endpoint.next_timeout().map(|(at, _)| at.max(bench.now));
            let first = bench.endpoint.timers().map(|(_, left)| bench.now + left).min();
            prop_assert_eq!(next, first);
        }
        // Whatever was asked and never answered is dropped; then time alone must end it all.
        for key in known.servers.clone() {
            bench.endpoint.ignore(key);
        }
        for _ in 0..2000 {
            let Some((due, _)) = bench.endpoint.next_timeout() else { break };
            bench.now = bench.now.max(due);
            bench.endpoint.handle_timeout(bench.now, &mut bench.outbox);
            known.learn(&mut bench);
            let next = bench.endpoint.next_timeout();
            prop_assert!(next.is_none_or(|(next, _)| next > bench.now), "time stands still");
        }
        prop_assert_eq!(bench.endpoint.next_timeout(), None);
        prop_assert_eq!(bench.endpoint.timers().count(), 0);
    }

    #[test]
    fn equal_histories_make_equal_endpoints(ops in prop::collection::vec(op(), 0..20)) {
        let run = || {
            let (mut bench, mut known) = (Bench::new(), Known::default());
            ops.iter().for_each(|op| known.apply(&mut bench, op));
            bench.endpoint
        };
        prop_assert_eq!(run(), run());
    }
}

/// The folder of samples, if it is there: `RECSCOPE_SAMPLES`, or beside the workspace.
fn samples() -> Option<PathBuf> {
    let given = std::env::var_os("RECSCOPE_SAMPLES").map(PathBuf::from);
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    let folder = given.unwrap_or_else(beside).join("public/sip");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no samples at {} (set RECSCOPE_SAMPLES)", folder.display());
    None
}

#[test]
fn each_tortured_sample_is_answered_or_handed_on_and_ends() {
    let Some(folder) = samples() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let whole = std::fs::read(&path).unwrap();
        // As it is, and cut at every byte.
        for end in 0..=whole.len() {
            let bytes = &whole[..end];
            let mut bench = Bench::with(|config| {
                config.methods.extend([Method::Register, Method::Options]);
            });
            let local = address(PHONE);
            let remote = address(RECORDER);
            bench.endpoint.handle_datagram(bench.now, local, remote, bytes, &mut bench.outbox);
            let mut outcomes = 0;
            while let Some(output) = bench.outbox.poll() {
                outcomes += 1;
                if let Output::Datagram { payload, .. } = output {
                    assert!(Message::parse(payload).unwrap().message.status().is_some());
                }
            }
            for event in bench.events() {
                outcomes += 1;
                if let EndpointEvent::Request { transaction, .. } = event {
                    bench.respond(transaction, 486);
                    let message = Message::parse(&whole).unwrap().message;
                    assert!(message.is_request());
                }
            }
            assert!(outcomes > 0 || end == 0, "{} cut at {end}", path.display());
            let mut sent = 0;
            while let Some((due, _)) = bench.endpoint.next_timeout() {
                bench.endpoint.handle_timeout(due, &mut bench.outbox);
                sent += std::iter::from_fn(|| bench.outbox.poll().map(drop)).count();
                assert!(sent <= 11, "{} cut at {end}", path.display());
            }
        }
        seen += 1;
    }
    assert!(seen >= 2, "{seen} messages");
}

#[test]
fn a_builder_without_what_sip_needs_harms_nobody() {
    let mut bench = Bench::new();
    let recorder = address(RECORDER);
    for builder in [MessageBuilder::response(200), MessageBuilder::request(Method::Other(""), "")] {
        let now = bench.now;
        bench.endpoint.send_request(now, recorder, builder, rule::MX_S1, &mut bench.outbox);
    }
    while bench.outbox.poll().is_some() {}
    bench.hear(&Ask::new("INVITE").text());
    let (key, _) = bench.request();
    let nonsense = MessageBuilder::request(Method::Bye, "sip:x");
    let now = bench.now;
    bench.endpoint.respond(now, key, nonsense, rule::MX_S1, &mut bench.outbox);
    assert!(bench.sent().is_empty());
}
