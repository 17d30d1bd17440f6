use super::*;
use flate2::{Compression, GzBuilder};
use proptest::prelude::*;
use std::io::Write;

fn member(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// Inflates a file that comes in chunks, through a buffer of `room` bytes; gives what came out
/// and what was wrong.
fn inflate(file: &[u8], chunk: usize, room: usize) -> (Vec<u8>, Vec<String>) {
    let (mut inflater, mut buffer) = (Inflater::new(), vec![0; room]);
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    for mut chunk in file.chunks(chunk) {
        loop {
            match inflater.push(chunk, &mut buffer) {
                Ok((0, 0)) => break,
                Ok((consumed, produced)) => {
                    chunk = &chunk[consumed..];
                    out.extend_from_slice(&buffer[..produced]);
                }
                Err(error) => errors.push(error.to_string()),
            }
        }
        assert!(chunk.is_empty());
    }
    errors.extend(inflater.finish().err().map(|error| error.to_string()));
    (out, errors)
}

fn text() -> Vec<u8> {
    (0..600_u32).flat_map(|n| n.to_string().into_bytes()).collect()
}

#[test]
fn every_part_of_a_header_is_passed_over() {
    let mut file = Vec::new();
    for (extra, name, comment) in [(0, "", ""), (3, "a.pcap", ""), (700, "", "why"), (1, "b", "c")]
    {
        let mut builder = GzBuilder::new().extra(vec![7; extra]);
        if !name.is_empty() {
            builder = builder.filename(name);
        }
        if !comment.is_empty() {
            builder = builder.comment(comment);
        }
        let mut encoder = builder.write(Vec::new(), Compression::best());
        encoder.write_all(&text()).unwrap();
        file.extend(encoder.finish().unwrap());
    }
    // A header with its own check sum, which the library does not write.
    let mut with_sum = member(&text());
    with_sum[3] |= HEADER_CRC;
    with_sum.splice(10..10, [0, 0]);
    file.extend(with_sum);
    for chunk in [1, 1000, usize::MAX] {
        assert_eq!(inflate(&file, chunk, 777), (text().repeat(5), vec![]));
    }
}

#[test]
fn a_cut_file_gives_what_is_there_and_says_so() {
    let file = member(&text());
    for len in 0..file.len() {
        let (out, errors) = inflate(&file[..len], 100, 100);
        assert!(text().starts_with(&out));
        let cut = "gzip: the compressed file ends inside a member, the rest is lost at offset";
        assert_eq!(errors, [format!("{cut} {len}")]);
    }
}

#[test]
fn damage_is_said_once_after_all_that_was_good() {
    let good = member(&text());
    let mut wrong_sum = good.clone();
    let at = wrong_sum.len() - 8;
    wrong_sum[at] ^= 1;
    let sum =
        format!("gzip: the check sum or length of the compressed data differs at offset {at}");
    let (out, errors) = inflate(&[wrong_sum, good.clone()].concat(), 50, 100);
    assert_eq!((out, errors), (text().repeat(2), vec![sum]));

    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0xff);
    let (out, errors) = inflate(&damaged, 50, WINDOW);
    assert!(out.len() > 100 && out[..100] == text()[..100]);
    assert_eq!(errors.len(), 1);

    let (out, errors) = inflate(&[&good[..], b"trailing"].concat(), 50, 100);
    assert_eq!(out, text());
    assert!(errors[0].contains("something that is not gzip follows"));
    let (out, errors) = inflate(b"\x1f\x8b\x07 not deflated", 50, 100);
    assert_eq!(out, []);
    assert!(errors[0].contains("expected the magic number of gzip at offset 0"));
}

#[test]
fn a_bomb_costs_time_only() {
    // 64 MiB of zeros come from 64 KiB through a small buffer.
    let zeros = vec![0; 1 << 20];
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..64 {
        encoder.write_all(&zeros).unwrap();
    }
    let file = encoder.finish().unwrap();
    let (mut inflater, mut buffer, mut total) = (Inflater::new(), vec![0; 1 << 16], 0);
    let mut rest = &file[..];
    loop {
        let (consumed, produced) = inflater.push(rest, &mut buffer).unwrap();
        if (consumed, produced) == (0, 0) {
            break;
        }
        rest = &rest[consumed..];
        total += produced;
    }
    assert_eq!(total, 64 << 20);
    assert!(file.len() < 1 << 17);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_never_panic_and_chunks_make_no_difference(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        damage in any::<prop::sample::Index>(),
        start in 0_usize..3,
        chunk in 1_usize..50,
    ) {
        let mut file = match start {
            0 => Vec::new(),
            1 => vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0],
            _ => member(&text()[..300]),
        };
        if start == 2 {
            let at = damage.index(file.len());
            file[at] ^= 0x10;
        }
        file.extend(bytes);
        let whole = inflate(&file, usize::MAX, WINDOW);
        prop_assert_eq!(inflate(&file, chunk, 2 * WINDOW), whole);
    }
}
