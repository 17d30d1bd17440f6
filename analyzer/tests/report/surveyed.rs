//! A survey ahead of the analysis saves time and changes nothing else.

use crate::files::{analyse, analyse_surveyed, hear, names, testdata};
use proptest::prelude::*;
use recscope_analyzer::capture::{LinkType, writer};
use recscope_analyzer::{AudioRequest, FlowScope};

fn assert_same(file: &[u8], pieces: &[usize]) {
    let plain = analyse(file);
    for &piece in pieces {
        let surveyed = analyse_surveyed(file, piece);
        assert_eq!(surveyed.report(), plain.report(), "pieces of {piece} bytes");
        assert_eq!(surveyed.flow(FlowScope::All), plain.flow(FlowScope::All));
        for stream in 0..plain.report().streams.len().min(4) {
            let request = AudioRequest::Stream(stream);
            assert_eq!(surveyed.buckets(stream), plain.buckets(stream));
            match (surveyed.audio(request), plain.audio(request)) {
                (Ok(ours), Ok(theirs)) => assert_eq!(hear(file, ours), hear(file, theirs)),
                (ours, theirs) => assert_eq!(ours.is_err(), theirs.is_err()),
            }
        }
    }
}

#[test]
fn captures_say_the_same() {
    for name in names("captures") {
        assert_same(&testdata(&format!("captures/{name}")), &[3_000, 65_536, usize::MAX]);
    }
}

/// Streams that begin one after the other and then take turns, with losses, and with packets of
/// other kinds between theirs.
fn crowd(streams: u16, packets: u16) -> Vec<u8> {
    let mut file = writer::file_header(LinkType::ETHERNET).to_vec();
    let mut time_us = 1_700_000_000_000_000;
    for n in 0..packets {
        for stream in (0..streams).filter(|stream| stream / 8 <= n) {
            let [high, low] = stream.to_be_bytes();
            let turn = u32::from(n) * 31 + u32::from(stream);
            let mut payload = match turn % 257 {
                0 => continue,
                1 => b"of no kind that is known".to_vec(),
                // A receiver report without blocks, from a stream's own port.
                2 => vec![0x80, 201, 0, 1, 0, 0, high, low],
                _ => vec![0x80, 0],
            };
            if payload.len() == 2 {
                payload.extend(n.to_be_bytes());
                payload.extend((u32::from(n) * 160).to_be_bytes());
                payload.extend([0, 0, high, low]);
                payload.extend([low; 160]);
            }
            let port = 10_000 + 2 * stream;
            let len =
                |extra: usize| (u16::try_from(payload.len() + extra).expect("small")).to_be_bytes();
            let mut frame = vec![0; 12];
            frame.extend([8, 0, 0x45, 0]);
            frame.extend(len(28));
            frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
            frame.extend([port.to_be_bytes(), port.to_be_bytes(), len(8), [0, 0]].as_flattened());
            frame.extend(&payload);
            file.extend(writer::record_header(time_us, frame.len()).expect("in range"));
            file.extend(frame);
            time_us += 40;
        }
        time_us += 8_000;
    }
    file
}

#[test]
fn a_crowd_of_streams_says_the_same() {
    let file = crowd(300, 50);
    assert_eq!(analyse(&file).report().streams.len(), 300);
    assert_same(&file, &[100_000, 1 << 20, usize::MAX]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn damaged_captures_say_the_same(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
        piece in 1_usize..50_000,
    ) {
        let mut file = crowd(6, 60);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file.truncate(cut.index(file.len()) + 1);
        let (surveyed, plain) = (analyse_surveyed(&file, piece), analyse(&file));
        prop_assert_eq!(surveyed.report(), plain.report());
    }
}
