use super::*;
use crate::{Limits, ParseError};
use core::time::Duration;
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

/// Everything a file gives: chunk names, samples, summary.
type Read = (Vec<String>, Vec<i16>, Summary);

fn read_in(file: &[u8], part: usize) -> Result<Read, ParseError> {
    let mut reader = Reader::new(&Limits::default());
    let mut converter = None;
    let (mut chunks, mut samples) = (Vec::new(), Vec::new());
    for mut input in file.chunks(part.max(1)) {
        loop {
            let (consumed, step) = reader.push(input)?;
            input = &input[consumed..];
            match step {
                Step::NeedMore => {
                    assert_eq!(input, []);
                    break;
                }
                Step::End => break,
                Step::Chunk(chunk) => {
                    let name = String::from_utf8_lossy(&chunk.id).into_owned();
                    chunks.push(format!("{name}@{}+{}", chunk.offset, chunk.len));
                }
                Step::Format(format) => converter = SampleReader::new(&format).ok(),
                Step::Data(bytes) => {
                    if let Some(converter) = &mut converter {
                        converter.push(bytes, &mut samples);
                    }
                }
            }
        }
    }
    Ok((chunks, samples, reader.finish()?))
}

fn read(file: &[u8]) -> Result<Read, ParseError> {
    read_in(file, file.len())
}

fn message(file: &[u8]) -> String {
    read(file).unwrap_err().to_string()
}

fn warnings(summary: &Summary) -> Vec<String> {
    summary.warnings.iter().map(ToString::to_string).collect()
}

fn chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len()).unwrap();
    let padding = vec![0; content.len() % 2];
    [&id[..], &len.to_le_bytes(), content, &padding].concat()
}

fn fmt(tag: u16, channels: u16, rate: u32, align: u16, bits: u16) -> Vec<u8> {
    let mut content = Vec::new();
    content.extend(tag.to_le_bytes());
    content.extend(channels.to_le_bytes());
    content.extend(rate.to_le_bytes());
    content.extend((rate * u32::from(align)).to_le_bytes());
    content.extend(align.to_le_bytes());
    content.extend(bits.to_le_bytes());
    content
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let len = u32::try_from(body.len() + 4).unwrap();
    [b"RIFF", &len.to_le_bytes()[..], b"WAVE", &body].concat()
}

fn mono16(data: &[u8]) -> Vec<u8> {
    riff(&[chunk(b"fmt ", &fmt(1, 1, 8000, 2, 16)), chunk(b"data", data)])
}

#[test]
fn every_encoding_becomes_16_bits() {
    let float = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let double = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let half_step = 0.5 / 32_768.0;
    type Case = (&'static str, Vec<u8>, Vec<u8>, Vec<i16>);
    let cases: [Case; 13] = [
        ("8", fmt(1, 1, 8000, 1, 8), vec![0, 0x80, 0xFF], vec![-32_768, 0, 32_512]),
        ("16", fmt(1, 1, 8000, 2, 16), vec![1, 0x80, 0xFF, 0x7F], vec![-32_767, 32_767]),
        // Twelve valid bits stand at the top of their two bytes.
        ("12", fmt(1, 1, 8000, 2, 12), vec![0xF0, 0x7F], vec![0x7FF0]),
        ("24", fmt(1, 1, 8000, 3, 24), vec![0xFF, 0xFE, 0xFF, 0, 0, 0x80], vec![-2, -32_768]),
        (
            "24 in 4",
            fmt(1, 1, 8000, 4, 24),
            vec![0xFF, 0xFE, 0xFF, 0, 0, 0, 0x80, 0],
            vec![-2, -32_768],
        ),
        ("32", fmt(1, 1, 8000, 4, 32), vec![0, 0, 0x34, 0x12], vec![0x1234]),
        (
            "float 32",
            fmt(3, 1, 8000, 4, 32),
            float(&[0.5, -1.0, 1.0, 7.0, -7.0, f32::NAN, f32::INFINITY]),
            vec![16_384, -32_768, 32_767, 32_767, -32_768, 0, 32_767],
        ),
        (
            "halves go to even",
            fmt(3, 1, 8000, 8, 64),
            double(&[half_step, 3.0 * half_step, -half_step, -3.0 * half_step, 1.1 * half_step]),
            vec![0, 2, 0, -2, 1],
        ),
        ("A-law", fmt(6, 1, 8000, 1, 8), vec![0xD5, 0x55], vec![8, -8]),
        ("µ-law", fmt(7, 1, 8000, 1, 8), vec![0xFF, 0x00], vec![0, -32_124]),
        ("stereo", fmt(1, 2, 8000, 4, 16), vec![1, 0, 2, 0, 3, 0, 4, 0], vec![1, 2, 3, 4]),
        // 14 bytes: the form before bits per sample were thought of.
        ("no bits", fmt(1, 1, 8000, 1, 8)[..14].to_vec(), vec![0x81], vec![0x100]),
        ("senseless block", fmt(1, 2, 8000, 3, 16), vec![1, 0, 2, 0], vec![1, 2]),
    ];
    for (name, fmt, data, expected) in cases {
        let file = riff(&[chunk(b"fmt ", &fmt), chunk(b"data", &data)]);
        let (_, samples, summary) = read(&file).unwrap();
        assert_eq!(samples, expected, "{name}");
        assert_eq!(warnings(&summary), [""; 0], "{name}");
    }
}

#[test]
fn frames_come_out_whole() {
    let stereo = Format::parse(Container::Riff, &fmt(1, 2, 8000, 4, 16)).unwrap();
    let mut reader = SampleReader::new(&stereo).unwrap();
    let mut samples = Vec::new();
    reader.push(&[1, 0, 2], &mut samples);
    assert_eq!(samples, []);
    reader.push(&[0, 3, 0], &mut samples);
    assert_eq!(samples, [1, 2]);
    reader.push(&[4, 0, 5, 0], &mut samples);
    assert_eq!(samples, [1, 2, 3, 4]);
}

#[test]
fn extensible_formats_tell_their_real_tag_and_bits() {
    let mut extensible = fmt(0xFFFE, 2, 48_000, 8, 32);
    extensible.extend([22, 0, 24, 0, 3, 0, 0, 0, 1, 0]);
    extensible.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    let format = Format::parse(Container::Riff, &extensible).unwrap();
    assert_eq!(format.encoding, Encoding::Pcm { bits: 32 });
    assert_eq!((format.valid_bits, format.sample_stride()), (24, 4));
    extensible[39] = 0x72;
    let format = Format::parse(Container::Riff, &extensible).unwrap();
    assert_eq!(format.encoding, Encoding::Other(0xFFFE));
    let error = SampleReader::new(&format).unwrap_err();
    assert_eq!(error.to_string(), "riff: WAVE format tag 65534 is not supported at offset 0");
}

#[test]
fn other_chunks_are_passed_over_with_their_padding() {
    let file = riff(&[
        chunk(b"JUNK", &[1; 3]),
        chunk(b"fmt ", &[&fmt(1, 1, 8000, 2, 16)[..], &[0; 32]].concat()),
        chunk(b"LIST", &[2; 7]),
        chunk(b"data", &[1, 0, 2, 0, 9]),
        chunk(b"id3 ", &[3; 4]),
    ]);
    let (chunks, samples, summary) = read(&file).unwrap();
    assert_eq!(chunks, ["JUNK@20+3", "fmt @32+48", "LIST@88+7", "data@104+5", "id3 @118+4"]);
    assert_eq!(samples, [1, 2]);
    assert_eq!((summary.frames(), summary.data_len), (2, 5));
    assert_eq!(
        warnings(&summary),
        ["riff: the last frame needs 2 bytes but only 1 are left at offset 108"]
    );
}

#[test]
fn missing_padding_is_noticed_and_strange_padding_ignored() {
    let head = riff(&[chunk(b"fmt ", &fmt(6, 1, 8000, 1, 8))]);
    let after = chunk(b"LIST", &[0; 4]);
    let data = [&b"data"[..], &3_u32.to_le_bytes(), &[0xD5; 3]].concat();
    let stamp = |mut file: Vec<u8>| {
        let len = u32::try_from(file.len() - 8).unwrap();
        file[4..8].copy_from_slice(&len.to_le_bytes());
        file
    };
    let without = stamp([&head[..], &data, &after].concat());
    let strange = stamp([&head[..], &data, &[0xEE], &after].concat());
    let letter = stamp([&head[..], &data, b"x", &after].concat());
    for (file, list, warned) in [(without, 55, 1), (strange, 56, 0), (letter, 56, 0)] {
        let (chunks, samples, summary) = read(&file).unwrap();
        assert_eq!(chunks[2], format!("LIST@{list}+4"));
        assert_eq!(samples, [8; 3]);
        assert_eq!(summary.warnings.len(), warned);
    }
}

/// Written to a pipe, or not closed: sizes of 0 or 2^32 − 1 in one header or in both.
#[test]
fn streamed_files_are_read_to_their_end() {
    let whole = mono16(&[1, 0, 2, 0, 3, 0]);
    for size in [[0; 4], [0xFF; 4]] {
        let mut data_only = whole.clone();
        data_only[40..44].copy_from_slice(&size);
        let mut both = data_only.clone();
        both[4..8].copy_from_slice(&size);
        // As it was before the first sample.
        data_only[4..8].copy_from_slice(&36_u32.to_le_bytes());
        for file in [data_only, both] {
            let (_, samples, summary) = read(&file).unwrap();
            assert_eq!(samples, [1, 2, 3]);
            assert_eq!((summary.data_claimed, summary.data_len), (None, 6));
            assert_eq!(
                warnings(&summary),
                [
                    "riff: the data chunk has no size, as the file was streamed or not closed; it is \
                  read to the end of the file at offset 36"
                ]
            );
        }
    }
}

#[test]
fn an_empty_data_chunk_is_empty_where_more_follows() {
    let file = riff(&[
        chunk(b"fmt ", &fmt(1, 1, 8000, 2, 16)),
        chunk(b"data", &[]),
        chunk(b"LIST", &[0; 8]),
    ]);
    let (chunks, samples, summary) = read(&file).unwrap();
    assert_eq!(chunks.len(), 3);
    assert_eq!((samples.len(), summary.data_claimed), (0, Some(0)));
    assert_eq!(summary.duration(), Duration::ZERO);
}

#[test]
fn a_cut_file_gives_what_is_there() {
    let whole = mono16(&[7; 16_000]);
    let (_, samples, summary) = read(&whole[..44 + 8001]).unwrap();
    assert_eq!(samples.len(), 4000);
    assert_eq!(summary.duration(), Duration::from_millis(500));
    assert_eq!(
        warnings(&summary),
        ["riff: the data chunk needs 16000 bytes but only 8001 are left at offset 44"]
    );
}

#[test]
fn what_follows_the_riff_is_not_read() {
    let mut file = mono16(&[1, 0]);
    file.extend(mono16(&[2, 0]));
    let (chunks, samples, summary) = read(&file).unwrap();
    assert_eq!((chunks.len(), samples), (2, vec![1]));
    assert_eq!(warnings(&summary), [""; 0]);
}

#[test]
fn repeated_chunks_are_left_out_with_a_warning() {
    let file = riff(&[
        chunk(b"fmt ", &fmt(1, 1, 8000, 2, 16)),
        chunk(b"fmt ", &fmt(6, 2, 16_000, 2, 8)),
        chunk(b"data", &[1, 0]),
        chunk(b"data", &[2, 0]),
    ]);
    let (_, samples, summary) = read(&file).unwrap();
    assert_eq!(samples, [1]);
    assert_eq!(summary.warnings.len(), 2);
}

#[test]
fn rf64_takes_the_size_of_its_data_from_ds64() {
    for id in [b"RF64", b"BW64"] {
        let mut ds64 = 98_u64.to_le_bytes().to_vec();
        ds64.extend(4_u64.to_le_bytes());
        ds64.extend([0; 12]);
        let mut file = [&id[..], &[0xFF; 4], b"WAVE"].concat();
        file.extend(chunk(b"ds64", &ds64));
        file.extend(chunk(b"fmt ", &fmt(1, 1, 8000, 2, 16)));
        file.extend([&b"data"[..], &[0xFF; 4], &[1, 0, 2, 0]].concat());
        file.extend(chunk(b"LIST", &[0; 14]));
        let (chunks, samples, summary) = read(&file).unwrap();
        assert_eq!(chunks[2..], ["data@80+4", "LIST@92+14"]);
        assert_eq!(samples, [1, 2]);
        assert_eq!(warnings(&summary), [""; 0]);
    }
}

#[test]
fn rifx_is_big_endian_throughout() {
    let mut fmt = Vec::new();
    fmt.extend([0, 1, 0, 2, 0, 0, 0x1F, 0x40, 0, 0, 0x7D, 0, 0, 4, 0, 16]);
    let mut file = [&b"RIFX\0\0\0\x28WAVEfmt \0\0\0\x10"[..], &fmt, b"data\0\0\0\x04"].concat();
    file.extend([0x12, 0x34, 0xFF, 0xFE]);
    let (_, samples, summary) = read(&file).unwrap();
    assert_eq!(samples, [0x1234, -2]);
    assert_eq!((summary.format.channels, summary.format.sample_rate), (2, 8000));
}

#[test]
fn what_cannot_be_read_is_said_in_one_sentence() {
    let good = mono16(&[1, 0]);
    let with = |at: usize, value: &[u8]| {
        let mut file = good.clone();
        file[at..at + value.len()].copy_from_slice(value);
        file
    };
    let cases = [
        (vec![], "riff: the RIFF header needs 12 bytes but only 0 are left at offset 0"),
        (
            good[..11].to_vec(),
            "riff: the RIFF header needs 12 bytes but only 11 are left at offset 0",
        ),
        (
            with(8, b"AVI "),
            "riff: expected WAVE; other kinds of RIFF file are not read at offset 8",
        ),
        (with(0, b"FORM"), "riff: expected RIFF, RIFX, RF64 or BW64 at offset 0"),
        (good[..12].to_vec(), "riff: expected a fmt chunk before the end of the file at offset 12"),
        (
            good[..15].to_vec(),
            "riff: a chunk's header needs 8 bytes but only 3 are left at offset 12",
        ),
        (
            good[..30].to_vec(),
            "riff: the fmt or ds64 chunk needs 16 bytes but only 10 are left at offset 20",
        ),
        (
            good[..36].to_vec(),
            "riff: expected a data chunk before the end of the file at offset 36",
        ),
        (
            with(12, b"LIST\xFF\xFF\xFF\xFF"),
            "riff: a chunk needs 4294967295 bytes but only 26 are left at offset 20",
        ),
        (
            with(16, &[4, 0, 0, 0]),
            "riff: fmt chunk needs 14 bytes but only 4 are left at offset 20",
        ),
        (with(22, &[0, 0]), "riff: number of channels is 0, outside 1 to 65535 at offset 22"),
        (
            with(22, &[0xFF, 0xFF]),
            "riff: number of channels is 65535, outside 1 to 32767 at offset 22",
        ),
        (with(24, &[0; 4]), "riff: sample rate is 0, outside 1 to 4294967295 at offset 24"),
        (with(34, &[0; 2]), "riff: bits per sample is 0, outside 1 to 64 at offset 34"),
        (with(34, &[64, 0]), "riff: bits per sample is 64, outside 1 to 32 at offset 34"),
        (with(12, b"XXXX"), "riff: expected the fmt chunk before the data chunk at offset 36"),
    ];
    for (file, expected) in cases {
        assert_eq!(message(&file), expected);
    }
}

#[test]
fn what_is_written_reads_back() {
    for (channels, frames) in
        [(1, 0), (1, 5), (2, 3), (2, 0x1000_0000), (2, 0x4000_0000), (1, 1 << 40)]
    {
        let header = pcm16_header(channels, 16_000, frames).unwrap();
        let mut reader = Reader::new(&Limits::default());
        let mut input = header.as_bytes();
        let mut data = None;
        while !input.is_empty() {
            let (consumed, step) = reader.push(input).unwrap();
            input = &input[consumed..];
            match step {
                Step::Format(format) => {
                    assert_eq!(format.container, header.container());
                    assert_eq!(format.encoding, Encoding::Pcm { bits: 16 });
                    assert_eq!((format.channels, format.sample_rate), (channels, 16_000));
                }
                Step::Chunk(chunk) if chunk.id == *b"data" => data = Some(chunk),
                _ => {}
            }
        }
        let data = data.unwrap();
        assert_eq!(data.offset, header.as_bytes().len() as u64);
        if frames > 0 {
            assert_eq!(data.len, frames * 2 * u64::from(channels));
        }
        let large = frames * u64::from(channels) * 2 > 0xFFFF_FFFF - 36;
        assert_eq!(header.container() == Container::Rf64, large);
    }
}

#[test]
fn a_header_that_cannot_be_written_is_refused() {
    let error = pcm16_header(0, 8000, 1).unwrap_err();
    assert_eq!(error.to_string(), "riff: number of channels is 0, outside 1 to 32767 at offset 0");
    assert!(pcm16_header(40_000, 8000, 1).is_err());
    assert!(pcm16_header(2, u32::MAX, 1).is_err());
    assert!(pcm16_header(1, 8000, u64::MAX).is_err());
    assert!(pcm16_header(1, 8000, u64::MAX / 2).is_err());
}

fn nearly_right() -> impl Strategy<Value = Vec<u8>> {
    let id = prop_oneof![Just(*b"data"), Just(*b"LIST"), Just(*b"fmt "), Just(*b"ds64")];
    let part = (id, prop::option::of(any::<u32>()), prop::collection::vec(any::<u8>(), 0..40));
    let container = prop_oneof![Just(*b"RIFF"), Just(*b"RIFX"), Just(*b"RF64")];
    let tag = prop_oneof![Just(1_u16), Just(3), Just(6), Just(0xFFFE)];
    let format =
        (tag, 0..4_u16, 0..12_u16, prop_oneof![Just(8_u16), Just(16), Just(24), 0..70_u16]);
    (container, any::<u32>(), format, prop::collection::vec(part, 0..6)).prop_map(
        |(container, size, (tag, channels, align, bits), chunks)| {
            let mut file = [&container[..], &size.to_le_bytes(), b"WAVE"].concat();
            file.extend(chunk(b"fmt ", &fmt(tag, channels, 8000, align, bits)));
            for (id, len, content) in chunks {
                let len = len.unwrap_or(u32::try_from(content.len()).unwrap());
                file.extend(id);
                file.extend(len.to_le_bytes());
                file.extend(content);
            }
            file
        },
    )
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(mut file in prop::collection::vec(any::<u8>(), 0..200), riff: bool) {
        if riff && file.len() > 12 {
            file[..4].copy_from_slice(b"RIFF");
            file[8..12].copy_from_slice(b"WAVE");
        }
        let _ = read(&file);
    }

    #[test]
    fn parts_of_any_size_give_what_one_slice_gives(file in nearly_right(), part in 1..60_usize) {
        let whole = read(&file);
        prop_assert_eq!(&read_in(&file, 1), &whole);
        prop_assert_eq!(&read_in(&file, part), &whole);
    }
}
