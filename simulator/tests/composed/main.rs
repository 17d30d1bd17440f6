//! Whole actors: phones of three kinds, the recorder, the PBX and the record server, joined so that
//! they get wherever they can get, and given anything at any time: what they say to each other,
//! late, twice, changed or from another sender; requests and answers that were made up; bytes;
//! orders; sound; news of connections and drives; time that stands, jumps and goes back.
//!
//! `room.rs` says what must hold after every input, `step.rs` what can happen.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod answers;
mod broken;
mod forged;
mod room;
mod step;

use proptest::prelude::*;
use room::{Room, Setup};

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_an_actor_panic_spin_or_overflow(
        setup in any_setup(), steps in prop::collection::vec(step::anything(), 0..80),
    ) {
        let mut room = Room::new(&setup);
        for step in &steps {
            room.take(step)?;
        }
        room.be_left_alone()?;
    }

    #[test]
    fn equal_histories_make_equal_actors(
        setup in any_setup(), steps in prop::collection::vec(step::anything(), 0..20),
    ) {
        let run = || -> Result<String, TestCaseError> {
            let mut room = Room::new(&setup);
            steps.iter().try_for_each(|step| room.take(step))?;
            Ok(room.picture())
        };
        prop_assert_eq!(run()?, run()?);
    }
}

/// Every way in which the actors can be set up to talk to each other.
fn any_setup() -> impl Strategy<Value = Setup> {
    let one_of = |names: &'static [&'static str]| prop::sample::select(names);
    let ways = (
        one_of(&["none", "local", "server", "info"]),
        one_of(&["drop", "403", "603"]),
        one_of(&["call-id", "sdp-origin", "session-id"]),
        one_of(&["dynamic", "static"]),
        one_of(&["none", "start", "save"]),
    );
    let shapes = (
        one_of(&["two-media", "two-ssrcs", "mixed"]),
        one_of(&["retransmission", "merged", "new-cseq", "new-call-id"]),
        0_u8..3,
        0_u64..1000,
    );
    (ways, shapes).prop_map(|(ways, shapes)| {
        let (record, policy, naming, mapping, on_demand) = ways;
        let (layout, repeat_shape, repeats, seed) = shapes;
        Setup { record, policy, naming, mapping, on_demand, layout, repeat_shape, repeats, seed }
    })
}
