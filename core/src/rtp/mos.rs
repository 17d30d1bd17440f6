//! Speech quality from what the network did: the E-model (ITU-T G.107), as far as codec, loss and
//! delay go.
//!
//! R = 93.2 − Id − Ie,eff; the mean opinion score follows from R. An estimate of what the transport
//! leaves possible, not a judgement of what was said into the phone.

/// What a codec costs, and how well it stands losses (ITU-T G.113 Appendix I).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// Equipment impairment factor Ie, in points of R.
    pub ie: f64,
    /// Packet-loss robustness factor Bpl; more is better.
    pub bpl: f64,
}

/// Whether the receiver fills the place of lost packets with something like speech.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Concealment {
    /// It does: the usual case.
    #[default]
    Plc,
    /// It plays silence.
    None,
}

/// What a score means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Narrow-band telephony, best 4.5: what the model is made for.
    Narrowband,
    /// A wide-band codec placed on the narrow-band scale as if it were G.711; the gain of its
    /// bandwidth is left out.
    NarrowbandEquivalent,
}

impl Scale {
    /// The words to put beside a score.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Narrowband => "MOS-CQE (narrow-band)",
            Self::NarrowbandEquivalent => "MOS-CQE (narrow-band-equivalent estimate)",
        }
    }
}

/// The figures of a codec by its RTP encoding name, in any case; `None` where we have none.
///
/// G.729 and G.723 stand with the figures of G.729A and of G.723.1 at 6.3 kbit/s, which conceal by
/// themselves. G.722 takes those of G.711.
#[must_use]
pub fn impairment(codec: &str, concealment: Concealment) -> Option<(Impairment, Scale)> {
    const TABLE: [(&str, Impairment); 3] = [
        ("G729", Impairment { ie: 11.0, bpl: 19.0 }),
        ("G723", Impairment { ie: 15.0, bpl: 16.1 }),
        ("GSM-EFR", Impairment { ie: 5.0, bpl: 10.0 }),
    ];
    let g711 = match concealment {
        Concealment::Plc => Impairment { ie: 0.0, bpl: 25.1 },
        Concealment::None => Impairment { ie: 0.0, bpl: 4.3 },
    };
    let is = |name: &str| codec.eq_ignore_ascii_case(name);
    if is("PCMU") || is("PCMA") {
        return Some((g711, Scale::Narrowband));
    }
    if is("G722") {
        return Some((g711, Scale::NarrowbandEquivalent));
    }
    let (_, impairment) = TABLE.iter().find(|(name, _)| is(name))?;
    Some((*impairment, Scale::Narrowband))
}

/// What the network did to a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// Packets lost, in percent; taken as 0 to 100.
    pub loss_percent: f64,
    /// How much losses cluster: 1 for chance, more for bursts ([`burst_ratio`]).
    pub burst_ratio: f64,
    /// Mouth to ear, one way, in ms.
    pub delay_ms: f64,
}

impl Default for Conditions {
    fn default() -> Self {
        Self { loss_percent: 0.0, burst_ratio: 1.0, delay_ms: 0.0 }
    }
}

/// The transmission rating R, 93.2 at best; may fall below 0.
#[must_use]
pub fn r_factor(impairment: Impairment, conditions: &Conditions) -> f64 {
    let Impairment { ie, bpl } = impairment;
    let loss = conditions.loss_percent.clamp(0.0, 100.0);
    let burst_ratio = conditions.burst_ratio.max(1.0);
    let ie_eff = if loss > 0.0 { ie + (95.0 - ie) * loss / (loss / burst_ratio + bpl) } else { ie };
    let delay = conditions.delay_ms.max(0.0);
    let id = 0.024 * delay + 0.11 * (delay - 177.3).max(0.0);
    93.2 - id - ie_eff
}

/// The mean opinion score for a rating R: 1 to 4.5 (G.107 Annex B).
#[must_use]
pub fn mos(r: f64) -> f64 {
    let r = r.clamp(0.0, 100.0);
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).clamp(1.0, 4.5)
}

/// The mean opinion score of a stream of `codec` with concealment, and how to read it.
#[must_use]
pub fn estimate(codec: &str, conditions: &Conditions) -> Option<(f64, Scale)> {
    let (impairment, scale) = impairment(codec, Concealment::Plc)?;
    Some((mos(r_factor(impairment, conditions)), scale))
}

/// Mean length of the runs of lost packets over the length that chance would give at this loss
/// (G.107 3.5); 1 where nothing is lost.
#[must_use]
pub fn burst_ratio(expected: u64, lost: u64, runs: u64) -> f64 {
    if lost == 0 || runs == 0 || lost >= expected {
        return 1.0;
    }
    let mean_run = lost as f64 / runs as f64;
    let received = (expected - lost) as f64 / expected as f64;
    (mean_run * received).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLC: Impairment = Impairment { ie: 0.0, bpl: 25.1 };

    #[test]
    fn scores_follow_the_recommendations_table() {
        // G.107 Annex B, with its two decimals; it has 4.03 for the 4.024 of its own formula.
        for (r, expected) in [(90.0, 4.34), (80.0, 4.03), (70.0, 3.60), (60.0, 3.10), (50.0, 2.58)]
        {
            assert!((mos(r) - expected).abs() < 0.0065, "{r}: {}", mos(r));
        }
        assert_eq!((mos(-10.0), mos(0.0), mos(100.0), mos(130.0)), (1.0, 1.0, 4.5, 4.5));
    }

    #[test]
    fn an_unharmed_g711_stream_scores_4_41() {
        let (score, scale) = estimate("pcmu", &Conditions::default()).unwrap();
        assert!((score - 4.41).abs() < 0.005, "{score}");
        assert_eq!(scale, Scale::Narrowband);
    }

    #[test]
    fn losses_and_delay_take_what_the_formula_says() {
        let cases = [
            // 95 · 1 / (1 + 25.1) and 95 · 5 / (5 + 4.3)
            (PLC, 1.0, 1.0, 0.0, 93.2 - 3.639_846_7),
            (Impairment { ie: 0.0, bpl: 4.3 }, 5.0, 1.0, 0.0, 93.2 - 51.075_268_8),
            // Bursts twice as long: 95 · 5 / (2.5 + 25.1)
            (PLC, 5.0, 2.0, 0.0, 93.2 - 17.210_144_9),
            (PLC, 0.0, 1.0, 100.0, 93.2 - 2.4),
            (PLC, 0.0, 1.0, 277.3, 93.2 - 6.655_2 - 11.0),
        ];
        for (impairment, loss_percent, burst_ratio, delay_ms, expected) in cases {
            let r = r_factor(impairment, &Conditions { loss_percent, burst_ratio, delay_ms });
            assert!((r - expected).abs() < 1e-6, "{r} instead of {expected}");
        }
    }

    #[test]
    fn wide_band_is_labelled_and_the_unknown_has_no_score() {
        assert_eq!(
            estimate("G722", &Conditions::default()).map(|(_, scale)| scale),
            Some(Scale::NarrowbandEquivalent)
        );
        assert_eq!(estimate("opus", &Conditions::default()), None);
    }

    #[test]
    fn the_burst_ratio_is_one_for_single_losses_and_grows_with_runs() {
        assert_eq!(burst_ratio(100, 0, 0), 1.0);
        assert_eq!(burst_ratio(100, 10, 10), 1.0);
        assert!((burst_ratio(100, 10, 2) - 4.5).abs() < 1e-12);
        assert_eq!(burst_ratio(10, 10, 1), 1.0);
    }

    proptest! {
        #[test]
        fn more_loss_burst_or_delay_never_scores_better(
            loss in 0.0..100.0, burst in 1.0..20.0, delay in 0.0..2000.0,
            more in 0.0..50.0, which in 0..3,
        ) {
            let better = Conditions { loss_percent: loss, burst_ratio: burst, delay_ms: delay };
            let mut worse = better;
            match which {
                0 => worse.loss_percent += more,
                1 => worse.burst_ratio += more,
                _ => worse.delay_ms += more,
            }
            for codec in ["PCMA", "G729", "G723", "GSM-EFR", "G722"] {
                let (better, _) = estimate(codec, &better).unwrap();
                let (worse, _) = estimate(codec, &worse).unwrap();
                prop_assert!(worse <= better);
                prop_assert!((1.0..=4.5).contains(&worse));
            }
        }

        #[test]
        fn a_higher_rating_never_scores_worse(r in -50.0..150.0f64, more in 0.0..50.0f64) {
            prop_assert!(mos(r + more) >= mos(r));
        }
    }
}
