use super::*;
use crate::net::Bytes;
use proptest::prelude::*;

fn frame(number: u64) -> Frame {
    Frame {
        number,
        time_ns: i64::try_from(number).unwrap() * 1000,
        offset: Some(number),
        file_offset: number,
        nested: 0,
    }
}

fn fragment(identification: u32, start: u32, more: bool, data: &[u8]) -> Fragment<'_> {
    let route = Route {
        src: IpAddr::from([192, 0, 2, 1]),
        dst: IpAddr::from([192, 0, 2, 2]),
        protocol: 17,
    };
    Fragment { route, identification, start, more, data: Bytes { data, at: 0, missing: 0 } }
}

/// What is really held, counted anew.
fn held(fragments: &Fragments) -> usize {
    fragments.datagrams.values().map(|datagram| datagram.cost).sum()
}

#[test]
fn a_million_fragments_that_are_never_completed_stay_within_the_limits() {
    let limits = Limits::default();
    let mut decoder = Decoder::new(&limits);
    let data = [0; 1000];
    for number in 0..1_000_000 {
        let id = u32::try_from(number).unwrap();
        assert!(decoder.fragment(frame(number), &fragment(id, 0, true, &data)).is_none());
        assert!(decoder.fragments.datagrams.len() <= limits.ip_fragments as usize);
        assert!(decoder.fragments.cost <= limits.ip_fragment_bytes as usize);
        assert!(decoder.fragments.order.len() <= 2 * limits.ip_fragments as usize + 65);
    }
    assert_eq!(decoder.fragments.cost, held(&decoder.fragments));
    let warnings = decoder.take_warnings();
    assert_eq!(warnings.len(), 1, "said once");
    assert!(warnings[0].to_string().contains("waiting for ip fragments is 1025"));
    decoder.finish(&mut |_| {});
    assert_eq!(decoder.fragments_lost(), 1_000_000);
    assert_eq!((decoder.fragments.cost, decoder.fragments.datagrams.len()), (0, 0));
}

#[test]
fn bytes_are_limited_whatever_their_number() {
    let limits = Limits::default();
    let mut fragments = Fragments::new(&limits);
    let (data, mut given_up) = ([0; 8], GivenUp::default());
    // Eight-byte pieces with holes between them: as costly as fragments can be.
    for number in 0..300_000_u64 {
        let (id, at) = (u32::try_from(number / 4000).unwrap(), number % 4000);
        let piece = fragment(id, u32::try_from(at * 16).unwrap(), true, &data);
        assert!(fragments.add(frame(number), &piece, &mut given_up).is_none());
        assert!(fragments.cost <= limits.ip_fragment_bytes as usize);
    }
    assert_eq!(fragments.cost, held(&fragments));
    let (kind, _) = given_up.over_limit.expect("a limit was met");
    assert!(kind.to_string().contains("bytes of ip fragments"));
}

#[test]
fn what_is_not_complete_after_half_a_minute_is_given_up() {
    let mut fragments = Fragments::new(&Limits::default());
    let mut given_up = GivenUp::default();
    assert!(fragments.add(frame(0), &fragment(1, 0, true, &[1; 8]), &mut given_up).is_none());
    let late = frame(30_000_001);
    assert!(fragments.add(late, &fragment(1, 8, false, &[2; 8]), &mut given_up).is_none());
    assert_eq!(given_up.incomplete.len(), 1);
    let again = frame(30_000_002);
    let whole = fragments.add(again, &fragment(1, 0, true, &[3; 8]), &mut given_up).unwrap();
    assert_eq!(whole.data, [3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2]);
}

#[test]
fn duplicates_that_trail_a_completed_datagram_begin_no_other() {
    let mut fragments = Fragments::new(&Limits::default());
    let mut given_up = GivenUp::default();
    let (first, last) = (fragment(1, 0, true, &[1; 8]), fragment(1, 8, false, &[2; 8]));
    let mut whole = 0;
    for (number, piece) in (0..).zip([&first, &first, &last, &last, &first, &last]) {
        whole += u32::from(fragments.add(frame(number), piece, &mut given_up).is_some());
    }
    assert_eq!(whole, 2, "the last two are another datagram");
    fragments.finish(&mut given_up);
    assert_eq!(given_up.incomplete.len(), 0);
}

proptest! {
    /// Any cut into fragments in any order, with repetitions and overlaps of the same bytes,
    /// gives the datagram, once every byte is there; and the cost is what is held.
    #[test]
    fn pieces_in_any_order_become_the_datagram(
        len in 1_usize..600,
        pieces in prop::collection::vec((0_usize..80, 1_usize..80), 0..40),
    ) {
        let data: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let mut fragments = Fragments::new(&Limits::default());
        let mut given_up = GivenUp::default();
        let mut covered = vec![false; len];
        let mut complete = false;
        // The whole at the end makes sure that it can be completed at all.
        for (number, (start, units)) in (0..).zip(pieces.into_iter().chain([(0, 80)])) {
            let (start, end) = (start * 8, (start * 8 + units * 8).min(len));
            if start >= end {
                continue;
            }
            covered[start..end].fill(true);
            let piece =
                fragment(7, u32::try_from(start).unwrap(), end < len, &data[start..end]);
            if let Some(whole) = fragments.add(frame(number), &piece, &mut given_up) {
                prop_assert_eq!(&whole.data, &data);
                complete = true;
                break;
            }
            prop_assert_eq!(fragments.cost, held(&fragments));
        }
        prop_assert!(complete && covered.iter().all(|byte| *byte));
    }

    #[test]
    fn fragments_of_any_bounds_never_panic_and_stay_within_the_limits(
        pieces in prop::collection::vec(
            (0_u32..4, 0_u32..0x1fff, any::<bool>(), 0_usize..1500, 0_u64..40_000_000),
            0..60
        ),
    ) {
        let mut limits = Limits::default();
        limits.ip_fragments = 3;
        limits.ip_fragment_bytes = 9000;
        let mut fragments = Fragments::new(&limits);
        let data = [0; 1500];
        for (id, start, more, len, number) in pieces {
            let mut given_up = GivenUp::default();
            let piece = fragment(id, start * 8, more, &data[..len]);
            fragments.add(frame(number), &piece, &mut given_up);
            prop_assert_eq!(fragments.cost, held(&fragments));
            prop_assert!(fragments.cost <= 9000 && fragments.datagrams.len() <= 3);
        }
        fragments.finish(&mut GivenUp::default());
        prop_assert_eq!(fragments.cost, 0);
    }
}
