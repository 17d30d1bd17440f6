use super::*;
use recscope_flow::Protocol;

fn passage(name: &'static str, identity: u64) -> Passage<'static> {
    let message = Some(MessageName { name, protocol: Protocol::Sip });
    Passage { from: 0, to: 1, message, identity }
}

fn faulty(faults: &[&str]) -> Network {
    let mut network = Network::new(7, Link::default());
    for fault in faults {
        let Ok(Fault::Message { effect, target }) = fault.parse() else { panic!("{fault}") };
        network.add_fault(effect, &target, |name| match name {
            "a" => Some(0),
            "b" => Some(1),
            _ => None,
        });
    }
    network
}

const NOW: Instant = Instant::ORIGIN;

#[test]
fn a_lost_message_stays_lost_when_it_is_sent_again() {
    let mut network = faulty(&["lose:UPDATE@a:2"]);
    let mut arrives =
        |identity| network.pass(NOW, &passage("UPDATE", identity)).arrivals[0].is_some();
    assert!(arrives(10));
    assert!(!arrives(20));
    assert!(arrives(10));
    assert!(!arrives(20), "the same message again");
    assert!(arrives(30));
}

#[test]
fn lose_once_spares_what_is_sent_again() {
    let mut network = faulty(&["lose-once:UPDATE@a,b"]);
    let mut arrives =
        |identity| network.pass(NOW, &passage("UPDATE", identity)).arrivals[0].is_some();
    assert!(!arrives(10));
    assert!(arrives(10));
    assert!(arrives(20));
}

#[test]
fn faults_mean_only_the_direction_they_name() {
    let mut network = faulty(&["lose:UPDATE@b"]);
    assert!(network.pass(NOW, &passage("UPDATE", 1)).arrivals[0].is_some());
}

#[test]
fn delay_duplicate_and_corrupt_do_what_they_say() {
    let mut network = faulty(&["delay=300ms:ACK", "duplicate:BYE", "corrupt:INVITE"]);
    let fate = network.pass(NOW, &passage("ACK", 1));
    assert_eq!(fate.arrivals, [Some(Instant::from_micros(300_400)), None]);
    let fate = network.pass(NOW, &passage("BYE", 2));
    assert_eq!(fate.arrivals[1], Some(Instant::from_micros(900)));
    assert!(network.pass(NOW, &passage("INVITE", 3)).damage.is_some());
}

#[test]
fn a_cut_ends_when_it_says_or_is_healed() {
    let mut network = Network::new(7, Link::default());
    let at = |seconds: u64| Instant::from_micros(seconds * 1_000_000);
    network.cut(0, Some(1), at(10), Some(at(14)));
    let arrives =
        |network: &mut Network, s| network.pass(at(s), &passage("ACK", s)).arrivals[0].is_some();
    assert!(arrives(&mut network, 9));
    assert!(!arrives(&mut network, 10));
    assert!(arrives(&mut network, 14));
    network.cut(1, None, at(20), None);
    assert!(!arrives(&mut network, 21));
    network.heal(1, None, at(22));
    assert!(arrives(&mut network, 22));
}

#[test]
fn chance_keeps_to_its_shares_and_to_its_seed() {
    let link = Link { loss: 100_000, jitter: Duration::from_millis(5), ..Link::default() };
    let run = |seed| {
        let mut network = Network::new(seed, link);
        (0..10_000_u64)
            .map(|n| network.pass(Instant::from_micros(n * 20_000), &passage("RTP", 0)).arrivals[0])
            .collect::<Vec<_>>()
    };
    let first = run(1);
    let lost = first.iter().filter(|arrival| arrival.is_none()).count();
    assert!((900..1_100).contains(&lost), "{lost} of 10 000");
    let arrivals: Vec<_> = first.iter().flatten().collect();
    assert!(arrivals.is_sorted(), "jitter alone does not reorder");
    assert_eq!(first, run(1));
    assert_ne!(first, run(2));
}
