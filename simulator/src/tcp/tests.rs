use super::*;
use std::collections::BTreeMap;

const CLIENT: u32 = 0;
const SERVER: u32 = 1;

/// Two hosts and a wire that loses what a test says.
struct Wire {
    tcp: Tcp,
    now: Instant,
    timers: BTreeMap<(Instant, u32), ()>,
    told: Vec<(u32, String)>,
    segments: Vec<String>,
    arrived: Vec<usize>,
}

impl Wire {
    fn new() -> Self {
        Self {
            tcp: Tcp::new(1),
            now: Instant::ORIGIN,
            timers: BTreeMap::new(),
            told: Vec::new(),
            segments: Vec::new(),
            arrived: Vec::new(),
        }
    }

    fn connect(&mut self) {
        let (local, remote) = (socket(1), socket(2));
        self.tcp.connect(self.now, CLIENT, Connection(0), local, remote);
    }

    /// Carries out all there is to do, then fires timers, until nothing is left or `until`.
    fn run(&mut self, until: u64, listens: bool, mut lose: impl FnMut(usize) -> bool) {
        loop {
            while let Some(action) = self.tcp.poll() {
                match action {
                    Action::Transmit(segment) => {
                        let lost = lose(self.segments.len());
                        let flags = segment.fields.flags.0;
                        self.segments.push(format!("{} {flags:02x}", segment.from));
                        if !lost {
                            let to = 1 - segment.from;
                            self.tcp.arrive(self.now, to, &segment, listens && to == SERVER);
                        }
                    }
                    Action::Tell { host, news, .. } => {
                        let news = match news {
                            News::Data(bytes) => String::from_utf8(bytes).unwrap(),
                            other => format!("{other:?}").split(' ').next().unwrap().to_owned(),
                        };
                        self.told.push((host, news));
                    }
                    Action::Timer { end, at } => drop(self.timers.insert((at, end), ())),
                    Action::Arrived { step } => self.arrived.push(step),
                }
            }
            let limit = Instant::from_micros(until * 1_000_000);
            let due = self.timers.first_key_value().map(|(due, ())| *due);
            let Some((at, end)) = due.filter(|(at, _)| *at <= limit) else { return };
            self.timers.remove(&(at, end));
            self.now = at;
            self.tcp.timer(at, end);
        }
    }
}

fn socket(last: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, last], 1_000))
}

#[test]
fn a_connection_opens_carries_data_and_closes() {
    let mut wire = Wire::new();
    wire.connect();
    wire.run(1, true, |_| false);
    wire.tcp.send(wire.now, CLIENT, Connection(0), b"hello", 7);
    wire.run(1, true, |_| false);
    wire.tcp.close(wire.now, CLIENT, Connection(0));
    wire.run(1, true, |_| false);
    wire.tcp.close(wire.now, SERVER, Connection(Connection::ACCEPTED));
    wire.run(1, true, |_| false);
    let told: Vec<_> = wire.told.iter().map(|(host, news)| (*host, news.as_str())).collect();
    assert_eq!(
        told,
        [(0, "Connected"), (1, "Accepted"), (1, "hello"), (1, "Closed"), (0, "Closed")]
    );
    assert_eq!(wire.arrived, [7]);
    assert_eq!(
        wire.segments,
        ["0 02", "1 12", "0 10", "0 18", "1 10", "0 11", "1 10", "1 11", "0 10"]
    );
    wire.run(100, true, |_| false);
    assert!(wire.tcp.by_sockets.is_empty(), "nothing is left of it");
}

#[test]
fn every_lost_segment_is_made_good() {
    for lost in 0..9 {
        let mut wire = Wire::new();
        wire.connect();
        let lose = |n| n == lost;
        wire.run(4, true, lose);
        wire.tcp.send(wire.now, CLIENT, Connection(0), &[b'x'; 3_000], 1);
        wire.tcp.close(wire.now, CLIENT, Connection(0));
        wire.run(20, true, lose);
        wire.tcp.close(wire.now, SERVER, Connection(Connection::ACCEPTED));
        wire.run(40, true, lose);
        let data: usize =
            wire.told.iter().filter(|(_, news)| news.starts_with('x')).map(|(_, n)| n.len()).sum();
        assert_eq!(data, 3_000, "segment {lost} lost");
        assert!(wire.told.contains(&(0, "Closed".to_owned())), "segment {lost} lost");
        assert_eq!(wire.arrived, [1]);
    }
}

#[test]
fn nobody_listening_refuses() {
    let mut wire = Wire::new();
    wire.connect();
    wire.run(1, false, |_| false);
    assert_eq!(wire.told, [(0, "Failed".to_owned())]);
    assert_eq!(wire.segments, ["0 02", "1 14"]);
}

#[test]
fn nobody_answering_is_given_up_after_127_seconds() {
    let mut wire = Wire::new();
    wire.connect();
    wire.run(200, true, |_| true);
    assert_eq!(wire.told, [(0, "Failed".to_owned())]);
    assert_eq!(wire.segments.len(), 7);
    assert_eq!(wire.now, Instant::from_micros(127_000_000));
}

#[test]
fn an_end_that_lost_power_resets_what_it_no_longer_knows() {
    let mut wire = Wire::new();
    wire.connect();
    wire.run(1, true, |_| false);
    wire.tcp.forget(CLIENT);
    wire.tcp.send(wire.now, SERVER, Connection(Connection::ACCEPTED), b"still there?", 3);
    wire.run(1, true, |_| false);
    assert_eq!(wire.told.last(), Some(&(1, "Failed".to_owned())));
}

#[test]
fn a_lost_fin_is_sent_again() {
    let mut wire = Wire::new();
    wire.connect();
    wire.run(1, true, |_| false);
    wire.tcp.send(wire.now, CLIENT, Connection(0), b"hello", 7);
    wire.run(1, true, |_| false);
    let before = wire.segments.len();
    wire.tcp.close(wire.now, CLIENT, Connection(0));
    wire.run(8, true, |_| true);
    assert_eq!(wire.segments[before..], ["0 11", "0 11", "0 11", "0 11"]);
}

#[test]
fn a_connection_that_nobody_answered_is_dropped_without_a_word() {
    let mut wire = Wire::new();
    wire.connect();
    wire.run(2, true, |_| true);
    let before = wire.segments.len();
    wire.tcp.abort(CLIENT, Connection(0));
    wire.run(1, true, |_| false);
    assert!(wire.segments[before..].is_empty(), "{:?}", wire.segments);
    assert!(wire.tcp.by_sockets.is_empty());
}
