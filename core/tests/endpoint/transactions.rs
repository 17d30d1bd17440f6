//! RFC 3261 Table 4 and figures 5 to 8, with RFC 6026: when each transaction does what.

use core::time::Duration;
use recscope_core::Instant;
use recscope_core::machine::State as _;
use recscope_core::sip::endpoint::Endpoint;
use recscope_core::sip::transaction::{
    Client, ClientExpiry, ClientStep, InviteClientState, Kind, OtherServerState, Server,
    ServerExpiry, ServerStep, Timing, Transport,
};

const MS: u64 = 1000;

fn at(millis: u64) -> Instant {
    Instant::from_micros(millis * MS)
}

/// Lets time pass until nothing is due any more: what happened, and when in ms.
fn run<T, E>(
    machine: &mut T,
    next: impl Fn(&T) -> Option<(Instant, &'static str)>,
    expire: impl Fn(&mut T, Instant) -> Option<E>,
) -> Vec<(u64, &'static str, E)> {
    let mut happened = Vec::new();
    while let Some((due, timer)) = next(machine) {
        let expiry = expire(machine, due).expect("a timer that is due does something");
        happened.push((due.as_micros() / MS, timer, expiry));
        assert!(happened.len() < 100, "timers go on and on");
    }
    happened
}

fn run_client(client: &mut Client) -> Vec<(u64, &'static str, ClientExpiry)> {
    run(client, Client::next_timeout, Client::on_timeout)
}

fn run_server(server: &mut Server) -> Vec<(u64, &'static str, ServerExpiry)> {
    run(server, Server::next_timeout, Server::on_timeout)
}

fn client(kind: Kind, transport: Transport) -> Client {
    Client::start(at(0), kind, transport, Timing::default())
}

fn server(kind: Kind, transport: Transport) -> Server {
    Server::start(at(0), kind, transport, Timing::default())
}

fn repeated<E: Copy>(times: &[u64], timer: &'static str, expiry: E) -> Vec<(u64, &'static str, E)> {
    times.iter().map(|&time| (time, timer, expiry)).collect()
}

#[test]
fn an_unanswered_invite_is_sent_seven_times_and_given_up_after_32_s() {
    let mut client = client(Kind::Invite, Transport::Unreliable);
    let mut expected =
        repeated(&[500, 1500, 3500, 7500, 15_500, 31_500], "timer A", ClientExpiry::Retransmit);
    expected.push((32_000, "timer B", ClientExpiry::TimedOut));
    assert_eq!(run_client(&mut client), expected);
    assert!(client.is_terminated());
}

#[test]
fn an_unanswered_request_backs_off_to_4_s_and_is_given_up_after_32_s() {
    let mut client = client(Kind::Other, Transport::Unreliable);
    let times = [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    let mut expected = repeated(&times, "timer E", ClientExpiry::Retransmit);
    expected.push((32_000, "timer F", ClientExpiry::TimedOut));
    assert_eq!(run_client(&mut client), expected);
}

#[test]
fn a_provisional_answer_slows_a_request_and_stills_an_invite() {
    let mut request = client(Kind::Other, Transport::Unreliable);
    assert_eq!(request.on_response(at(100), 100), ClientStep::Deliver);
    let times = [500, 4500, 8500, 12_500, 16_500, 20_500, 24_500, 28_500];
    let mut expected = repeated(&times, "timer E", ClientExpiry::Retransmit);
    expected.push((32_000, "timer F", ClientExpiry::TimedOut));
    assert_eq!(run_client(&mut request), expected);

    let mut invite = client(Kind::Invite, Transport::Unreliable);
    assert_eq!(invite.on_response(at(100), 180), ClientStep::Deliver);
    assert_eq!(invite.next_timeout(), None);
    assert_eq!(invite.on_response(at(60_000), 183), ClientStep::Deliver);
    invite.on_cancel(at(90_000));
    assert_eq!(run_client(&mut invite), [(122_000, "timer B", ClientExpiry::TimedOut)]);
}

#[test]
fn nothing_is_repeated_over_a_reliable_transport() {
    for (kind, timer) in [(Kind::Invite, "timer B"), (Kind::Other, "timer F")] {
        let mut client = client(kind, Transport::Reliable);
        assert_eq!(run_client(&mut client), [(32_000, timer, ClientExpiry::TimedOut)]);
    }
    let mut refusal = server(Kind::Invite, Transport::Reliable);
    assert!(refusal.on_respond(at(0), 486));
    assert_eq!(run_server(&mut refusal), [(32_000, "timer H", ServerExpiry::NotAcknowledged)]);
}

#[test]
fn a_client_lingers_as_long_as_repetitions_can_come() {
    use Transport::{Reliable, Unreliable};
    for (kind, transport, status, timer, lasts) in [
        (Kind::Invite, Unreliable, 486, "timer D", 32_000),
        (Kind::Invite, Reliable, 486, "timer D", 0),
        (Kind::Invite, Unreliable, 200, "timer M", 32_000),
        (Kind::Invite, Reliable, 200, "timer M", 32_000),
        (Kind::Other, Unreliable, 200, "timer K", 5000),
        (Kind::Other, Unreliable, 481, "timer K", 5000),
        (Kind::Other, Reliable, 200, "timer K", 0),
    ] {
        let mut client = client(kind, transport);
        client.on_response(at(250), status);
        assert_eq!(run_client(&mut client), [(250 + lasts, timer, ClientExpiry::Ended)]);
        assert!(client.is_terminated());
        assert_eq!(client.on_response(at(99_000), status), ClientStep::Absorb);
    }
}

#[test]
fn a_server_lingers_as_long_as_repetitions_can_come() {
    use Transport::{Reliable, Unreliable};
    for (kind, transport, status, timer, lasts) in [
        (Kind::Invite, Unreliable, 200, "timer L", 32_000),
        (Kind::Invite, Reliable, 200, "timer L", 32_000),
        (Kind::Other, Unreliable, 200, "timer J", 32_000),
        (Kind::Other, Reliable, 200, "timer J", 0),
    ] {
        let mut server = server(kind, transport);
        assert!(server.on_respond(at(50), status));
        assert!(!server.on_respond(at(50), status), "there is one final answer");
        assert_eq!(run_server(&mut server), [(50 + lasts, timer, ServerExpiry::Ended)]);
    }
    for (transport, lasts) in [(Unreliable, 5000), (Reliable, 0)] {
        let mut server = server(Kind::Invite, transport);
        server.on_respond(at(50), 603);
        assert_eq!(server.on_ack(at(90)), ServerStep::Absorb);
        assert_eq!(server.on_ack(at(90)), ServerStep::Absorb);
        assert_eq!(server.on_request(at(90)), ServerStep::Absorb);
        assert_eq!(run_server(&mut server), [(90 + lasts, "timer I", ServerExpiry::Ended)]);
    }
}

#[test]
fn a_refusal_of_an_invite_is_repeated_until_32_s_without_ack() {
    let mut server = server(Kind::Invite, Transport::Unreliable);
    server.on_respond(at(0), 486);
    let times = [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    let mut expected = repeated(&times, "timer G", ServerExpiry::Retransmit);
    expected.push((32_000, "timer H", ServerExpiry::NotAcknowledged));
    assert_eq!(run_server(&mut server), expected);
}

#[test]
fn a_user_that_thinks_long_is_covered_by_100_trying() {
    let mut slow = server(Kind::Invite, Transport::Unreliable);
    assert_eq!(slow.on_request(at(100)), ServerStep::Repeat);
    assert_eq!(run_server(&mut slow), [(200, "100 Trying", ServerExpiry::Trying)]);
    let mut quick = server(Kind::Invite, Transport::Unreliable);
    quick.on_respond(at(199), 180);
    assert_eq!(quick.next_timeout(), None);
}

#[test]
fn each_answer_does_what_the_state_asks_for() {
    use ClientStep::{Absorb, Acknowledge, AcknowledgeAndDeliver, Deliver};
    for (kind, answers) in [
        (Kind::Invite, &[(180, Deliver), (200, Deliver), (200, Deliver), (486, Absorb)][..]),
        (Kind::Invite, &[(200, Deliver), (180, Absorb)]),
        (Kind::Invite, &[(487, AcknowledgeAndDeliver), (487, Acknowledge), (200, Absorb)]),
        (Kind::Invite, &[(180, Deliver), (603, AcknowledgeAndDeliver), (180, Absorb)]),
        (Kind::Other, &[(100, Deliver), (200, Deliver), (200, Absorb), (481, Absorb)]),
        (Kind::Other, &[(500, Deliver), (100, Absorb)]),
    ] {
        let mut client = client(kind, Transport::Unreliable);
        for (status, step) in answers {
            assert_eq!(client.on_response(at(1), *status), *step, "{kind:?} {answers:?}");
        }
    }
}

#[test]
fn the_values_scale_with_t1() {
    let timing = Timing { t1: Duration::from_millis(100), ..Timing::default() };
    let mut client = Client::start(at(0), Kind::Invite, Transport::Unreliable, timing);
    let happened = run_client(&mut client);
    assert_eq!(happened.first().map(|step| step.0), Some(100));
    assert_eq!(happened.last().map(|step| step.0), Some(6400));
}

#[test]
fn the_diagrams_are_those_of_the_rfcs() {
    assert_eq!(Endpoint::DIAGRAMS.len(), 4);
    for diagram in Endpoint::DIAGRAMS {
        for transition in diagram.transitions {
            assert!(diagram.states.contains(&transition.from), "{transition:?}");
            assert!(diagram.states.contains(&transition.to), "{transition:?}");
        }
        for state in diagram.states.iter().skip(1) {
            assert!(diagram.transitions.iter().any(|way| way.to == *state), "{state} unreached");
        }
    }
    // RFC 6026 figure 1: an accepted INVITE does not end at once.
    let accepted = InviteClientState::Accepted.name();
    let ends = |way: &&recscope_core::machine::Transition| way.from == accepted;
    let ways: Vec<_> = InviteClientState::DIAGRAM.transitions.iter().filter(ends).collect();
    assert_eq!(ways.iter().map(|way| way.cause).collect::<Vec<_>>(), ["timer M"]);
    assert_eq!(OtherServerState::DIAGRAM.states.first(), Some(&"trying"));
}
