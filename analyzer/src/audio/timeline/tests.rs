use super::*;
use recscope_core::rtp::{Header, SequenceNumber, Ssrc};

/// PCMU code of a quiet sample that is not silence, per packet.
const PACKET: usize = 160;

fn payloads() -> Vec<Payload> {
    let media = |payload_type, codec| Payload {
        payload_type,
        since_packet: 0,
        codec: Some(codec),
        role: Role::Media,
        clock: 8000,
    };
    vec![
        media(0, Codec::Pcmu),
        media(9, Codec::G722),
        Payload { payload_type: 101, since_packet: 0, codec: None, role: Role::Event, clock: 8000 },
        Payload {
            payload_type: 13,
            since_packet: 0,
            codec: None,
            role: Role::ComfortNoise,
            clock: 8000,
        },
    ]
}

/// Packets as (payload type, sequence, timestamp, arrival in ms); every sounding byte of packet n
/// is the PCMU code `n`. Gives what was sounded: (position, first code) per packet.
fn place(packets: &[(u8, u16, u32, i64)]) -> Vec<(u64, i16)> {
    let mut timeline = Timeline::new(payloads(), 0);
    let mut placed = Vec::new();
    let mut sink = |rate: u32, position: u64, samples: &[i16]| {
        assert_eq!((rate, samples.len()), (8000, PACKET));
        placed.push((position, samples[0]));
    };
    for &(payload_type, sequence, timestamp, arrival_ms) in packets {
        let header = Header {
            marker: false,
            payload_type,
            sequence: SequenceNumber(sequence),
            timestamp: RtpTime(timestamp),
            ssrc: Ssrc(1),
        };
        let code = u8::try_from(sequence % 256).unwrap();
        let mut bytes = header.write().to_vec();
        bytes.extend([code; PACKET]);
        let packet = Packet::parse(&bytes).unwrap();
        timeline.on_packet(0, arrival_ms * 1_000_000, &packet, &mut sink);
    }
    timeline.finish(&mut sink);
    placed
}

fn sample(sequence: u16) -> i16 {
    let mut out = Vec::new();
    Decoder::new(Codec::Pcmu).decode(&[u8::try_from(sequence % 256).unwrap()], &mut out);
    out[0]
}

/// Each expected place with the sequence number found there.
fn expect(places: &[(u64, u16)]) -> Vec<(u64, i16)> {
    places.iter().map(|&(position, sequence)| (position, sample(sequence))).collect()
}

#[test]
fn timestamps_place_packets_and_jitter_does_not() {
    let packets = [(0, 7, 1000, 5), (0, 8, 1160, 60), (0, 9, 1320, 61)];
    assert_eq!(place(&packets), expect(&[(40, 7), (200, 8), (360, 9)]));
}

#[test]
fn late_packets_find_their_place_and_duplicates_are_dropped() {
    let packets =
        [(0, 1, 0, 0), (0, 3, 320, 20), (0, 2, 160, 30), (0, 3, 320, 31), (0, 4, 480, 60)];
    assert_eq!(place(&packets), expect(&[(0, 1), (160, 2), (320, 3), (480, 4)]));
}

#[test]
fn loss_and_comfort_noise_leave_time_without_sound() {
    let packets = [(0, 1, 0, 0), (0, 3, 320, 40), (13, 4, 480, 60), (0, 5, 4000, 500)];
    assert_eq!(place(&packets), expect(&[(0, 1), (320, 3), (4000, 5)]));
}

#[test]
fn events_do_not_sound_and_do_not_hold_up_what_follows() {
    let packets =
        [(0, 1, 0, 0), (101, 2, 160, 20), (101, 3, 160, 40), (101, 4, 160, 60), (0, 5, 640, 80)];
    assert_eq!(place(&packets), expect(&[(0, 1), (640, 5)]));
}

#[test]
fn counters_wrap() {
    let packets = [(0, 65_535, u32::MAX - 159, 0), (0, 0, 0, 20), (0, 1, 160, 40)];
    assert_eq!(place(&packets), expect(&[(0, 65_535), (160, 0), (320, 1)]));
}

#[test]
fn a_restart_is_placed_by_its_arrival() {
    let packets = [(0, 1, 0, 0), (0, 2, 160, 20), (0, 30_000, 7, 1000), (0, 30_001, 167, 1020)];
    assert_eq!(place(&packets), expect(&[(0, 1), (160, 2), (8000, 30_000), (8160, 30_001)]));
}

#[test]
fn a_single_stray_packet_does_not_sound() {
    let packets = [(0, 1, 0, 0), (0, 30_000, 7, 10), (0, 2, 160, 20)];
    assert_eq!(place(&packets), expect(&[(0, 1), (160, 2)]));
}

#[test]
fn after_a_pause_capture_time_counts_again() {
    // The sender's clock is fast: 10 s of its time pass in 9 s.
    let packets = [(0, 1, 0, 0), (0, 2, 160, 20), (0, 3, 80_000, 9000)];
    assert_eq!(place(&packets), expect(&[(0, 1), (160, 2), (72_000, 3)]));
}

#[test]
fn a_timestamp_that_steps_back_a_little_overwrites_nothing() {
    let packets = [(0, 1, 1600, 0), (0, 2, 1760, 20), (0, 3, 1700, 40), (0, 4, 1860, 60)];
    assert_eq!(place(&packets), expect(&[(0, 1), (160, 2), (320, 3), (480, 4)]));
}
