use std::vec::Vec;

use super::*;

fn decoded(rate: Rate, code: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    Decoder::new(rate).decode(code, &mut samples);
    samples
}

fn encoded(rate: Rate, samples: &[i16]) -> Vec<u8> {
    let mut code = Vec::new();
    Encoder::new(rate).encode(samples, &mut code);
    code
}

/// A slow tone and a fast one, so that both bands have work.
fn two_tones() -> Vec<i16> {
    let tone = |n: i32, period: i32| {
        let phase = n % period * 4 - period * 2;
        (phase.abs() - period) * 9000 / period
    };
    (0..16_000).map(|n| i16::try_from(tone(n, 41) + tone(n, 3)).unwrap()).collect()
}

/// Signal-to-noise ratio in dB of `output`, which lags `input` by the 22 samples of both filters.
fn snr(input: &[i16], output: &[i16]) -> f64 {
    let pairs = || input.iter().zip(&output[22..]).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    let signal: f64 = pairs().map(|(a, _)| a * a).sum();
    let noise: f64 = pairs().map(|(a, b)| (a - b) * (a - b)).sum();
    10.0 * (signal / noise).log10()
}

#[test]
fn what_is_encoded_comes_back_better_the_higher_the_rate() {
    let samples = two_tones();
    let [at_64, at_56, at_48] = [Rate::Kbps64, Rate::Kbps56, Rate::Kbps48]
        .map(|rate| snr(&samples, &decoded(rate, &encoded(rate, &samples))));
    assert!(at_64 > at_56 && at_56 > at_48, "{at_64} {at_56} {at_48}");
    assert!(at_48 > 10.0, "{at_48}");
}

#[test]
fn auxiliary_bits_are_zero_when_written_and_ignored_when_read() {
    let samples = two_tones();
    for (rate, mask) in [(Rate::Kbps64, 0), (Rate::Kbps56, 1), (Rate::Kbps48, 3)] {
        let code = encoded(rate, &samples);
        assert!(code.iter().all(|byte| byte & mask == 0), "{rate:?}");
        let with_data: Vec<u8> = code.iter().map(|byte| byte | mask).collect();
        assert_eq!(decoded(rate, &with_data), decoded(rate, &code), "{rate:?}");
    }
}

/// The predictors see only the bits that every rate has, so the codes differ in nothing else.
#[test]
fn a_lower_rate_only_drops_bits() {
    let samples = two_tones();
    let whole = encoded(Rate::Kbps64, &samples);
    for (rate, mask) in [(Rate::Kbps56, !1), (Rate::Kbps48, !3)] {
        let masked: Vec<u8> = whole.iter().map(|byte| byte & mask).collect();
        assert_eq!(encoded(rate, &samples), masked, "{rate:?}");
    }
}

#[test]
fn an_odd_last_sample_waits_for_its_partner() {
    let mut encoder = Encoder::new(Rate::Kbps64);
    let mut code = Vec::new();
    encoder.encode(&[1000], &mut code);
    encoder.encode(&[], &mut code);
    assert_eq!(code, []);
    encoder.encode(&[-1000], &mut code);
    assert_eq!(code, encoded(Rate::Kbps64, &[1000, -1000]));
}
