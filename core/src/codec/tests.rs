use alloc::vec::Vec;

use super::*;

#[test]
fn names_are_read_without_regard_to_case_and_spaces() {
    let cases = [
        ("PCMU", Some(Codec::Pcmu)),
        ("pcma", Some(Codec::Pcma)),
        (" G722  ", Some(Codec::G722)),
        ("G7221", None),
        ("G729", None),
        ("", None),
    ];
    for (name, codec) in cases {
        assert_eq!(Codec::from_name(name), codec, "{name:?}");
    }
}

#[test]
fn static_payload_types_lead_to_their_codec_and_back() {
    let known: Vec<_> =
        (0..=255).filter_map(|number| Some((number, Codec::from_payload_type(number)?))).collect();
    assert_eq!(known, [(0, Codec::Pcmu), (8, Codec::Pcma), (9, Codec::G722)]);
}

#[test]
fn a_payload_of_20_ms_gives_20_ms_of_samples_and_back() {
    for codec in Codec::ALL {
        let payload: Vec<u8> = (0..160).collect();
        let mut samples = Vec::new();
        Decoder::new(codec).decode(&payload, &mut samples);
        assert_eq!(samples.len(), codec.sample_rate() as usize / 50, "{codec} decoded");
        let mut code = Vec::new();
        Encoder::new(codec).encode(&samples, &mut code);
        assert_eq!(code.len(), payload.len(), "{codec} encoded");
    }
}

#[test]
fn the_silence_byte_of_every_codec_decodes_to_next_to_nothing() {
    for codec in Codec::ALL {
        let mut samples = Vec::new();
        Decoder::new(codec).decode(&[codec.silence_byte(); 800], &mut samples);
        let loudest = samples.iter().map(|s| s.unsigned_abs()).max();
        assert!(loudest <= Some(8), "{codec}: {loudest:?}");
    }
}

/// Room for the result is all that is ever allocated, and where there is room, nothing is.
#[test]
fn results_fit_the_room_that_was_reserved_for_them() {
    for codec in Codec::ALL {
        let code = [0x12; 160];
        let mut samples = Vec::with_capacity(160 * codec.samples_per_byte());
        let room = (samples.as_ptr(), samples.capacity());
        Decoder::new(codec).decode(&code, &mut samples);
        assert_eq!((samples.as_ptr(), samples.capacity()), room, "{codec} decoded");

        let mut encoded = Vec::with_capacity(160);
        let room = (encoded.as_ptr(), encoded.capacity());
        let mut encoder = Encoder::new(codec);
        let (one, rest) = samples.split_at(1);
        encoder.encode(one, &mut encoded);
        encoder.encode(rest, &mut encoded);
        assert_eq!((encoded.as_ptr(), encoded.capacity()), room, "{codec} encoded");
        assert_eq!(encoded.len(), 160, "{codec} encoded");
    }
}

/// However a stream is cut, the result is the same, and a clone goes on from where it was taken.
#[test]
fn cutting_a_stream_anywhere_changes_nothing() {
    let code: Vec<u8> = (0..997_u32).map(|n| (n * n).to_le_bytes()[1]).collect();
    for codec in Codec::ALL {
        let mut whole = Vec::new();
        Decoder::new(codec).decode(&code, &mut whole);
        let mut encoded = Vec::new();
        Encoder::new(codec).encode(&whole, &mut encoded);
        for step in [1, 2, 3, 7, 160] {
            let (mut decoder, mut samples) = (Decoder::new(codec), Vec::new());
            for part in code.chunks(step) {
                decoder.decode(part, &mut samples);
            }
            assert_eq!(samples, whole, "{codec} decoded in steps of {step}");
            let (mut encoder, mut bytes) = (Encoder::new(codec), Vec::new());
            for part in whole.chunks(step) {
                encoder.encode(part, &mut bytes);
            }
            assert_eq!(bytes, encoded, "{codec} encoded in steps of {step}");
        }
    }
}
