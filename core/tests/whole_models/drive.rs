//! Recording to a drive, in a call that a PBX makes and ends: the parts together hold every block,
//! and whatever is on the drive can be read, whenever power or drive go (BX-L4, BX-L6).

use crate::explorer::{Model, explore};
use crate::world::{Action, Budget, Deed, World};
use recscope_core::codec::{Codec, Encoder};
use recscope_core::phone::model::Model as PhoneModel;
use recscope_core::phone::{PhoneConfig, RecordMethod, local};
use recscope_core::recording::{HEADER_LEN, Reader, Step};
use recscope_core::{Instant, Limits};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

const BLOCK: usize = 12 + 160;
const DEEDS: &[Deed] = &[
    Deed::RecordKey,
    Deed::HangUp,
    Deed::FarEndHangsUp,
    Deed::CutPower,
    Deed::Pull,
    Deed::PbxStops,
];

struct Recorded {
    budget: Budget,
    /// Every second block is lost on its way to the drive.
    loses_blocks: bool,
}

#[derive(Clone)]
struct State {
    world: World,
    /// The numbers of the frames that have to be on the drive.
    expected: Vec<u16>,
}

/// The payload of the frame of this number.
fn payload(frame: u16) -> Vec<u8> {
    let mut payload = Vec::new();
    let level = i16::try_from(frame).unwrap() * 256;
    Encoder::new(Codec::Pcma).encode(&[level; 160], &mut payload);
    payload
}

/// The payloads of a file.
fn read(content: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut reader = Reader::new(Some(content.len() as u64), &Limits::default());
    let (mut payloads, mut input) = (Vec::new(), content);
    loop {
        let (consumed, step) = reader.push(input).map_err(|error| error.to_string())?;
        input = &input[consumed..];
        match step {
            Step::Block(block) => payloads.push(block.payload().to_vec()),
            Step::Header(_) => {}
            Step::NeedMore | Step::End => return Ok(payloads),
        }
    }
}

impl Model for Recorded {
    type State = State;
    type Action = Action;

    fn start(&self) -> State {
        let phone = PhoneConfig {
            model: PhoneModel::Bx6,
            codec: Codec::Pcma,
            record_method: RecordMethod::Local,
            // Two blocks to a part.
            local: local::Config {
                size_limit: (HEADER_LEN + 2 * BLOCK) as u64,
                ..local::Config::default()
            },
            ..PhoneConfig::default()
        };
        let mut world = World::new(phone, None, None, self.budget);
        world.act(Deed::Dial);
        world.go_on(Duration::from_millis(1_500));
        assert!(world.is_talking(), "the call stands");
        State { world, expected: Vec::new() }
    }

    fn actions(&self, State { world, .. }: &State) -> Vec<Action> {
        let mut actions = world.actions();
        if world.budget.deeds > 0 && world.now < Instant::ORIGIN + Duration::from_secs(8) {
            let can = |deed: &&Deed| match deed {
                Deed::PbxStops => world.is_pbx_up(),
                _ => world.is_talking(),
            };
            actions.extend(DEEDS.iter().filter(can).map(|deed| Action::Deed(*deed)));
        }
        actions
    }

    fn step(&self, state: &State, action: &Action) -> Result<State, String> {
        let mut next = state.clone();
        let was_recording = next.world.state("local recording") == "recording";
        next.world.take(*action);
        let is_frame = *action == Action::Frame;
        let is_lost = self.loses_blocks && next.world.frames().is_multiple_of(2);
        if is_frame && is_lost {
            next.world.files.clone_from(&state.world.files);
        }
        if is_frame && was_recording {
            next.expected.push(next.world.frames());
        }
        Ok(next)
    }

    fn check(&self, state: &State) -> Result<(), String> {
        let mut found = Vec::new();
        for (file, content) in &state.world.files {
            // What is there if the power fails now.
            if content.len() < HEADER_LEN {
                continue;
            }
            let payloads = read(content).map_err(|problem| format!("{file:?}: {problem}"))?;
            let whole = (content.len() - HEADER_LEN) / BLOCK;
            if payloads.len() != whole {
                let read = payloads.len();
                return Err(format!("{file:?}: {read} of {whole} whole blocks can be read"));
            }
            found.extend(payloads);
        }
        let expected: Vec<_> = state.expected.iter().copied().map(payload).collect();
        if found != expected {
            return Err(format!("{} blocks are there, not {}", found.len(), expected.len()));
        }
        Ok(())
    }

    fn fingerprint(&self, state: &State) -> u64 {
        let mut hasher = DefaultHasher::new();
        (state.world.fingerprint(), &state.expected, &state.world.files).hash(&mut hasher);
        hasher.finish()
    }
}

const BUDGET: Budget =
    Budget { losses: 1, duplicates: 0, delays: 1, breaks: 0, deeds: 3, frames: 6, waits: 2 };

#[test]
fn with_a_pbx_too_every_block_is_in_a_part_that_can_be_read() {
    match explore(&Recorded { budget: BUDGET, loses_blocks: false }) {
        Ok(explored) => eprintln!("phone, PBX and drive: {explored}"),
        Err(counterexample) => panic!("{counterexample}"),
    }
}

#[test]
fn blocks_that_are_lost_on_purpose_are_missed() {
    let counterexample = explore(&Recorded { budget: BUDGET, loses_blocks: true }).unwrap_err();
    assert!(counterexample.problem.contains("blocks"), "{counterexample}");
    eprintln!("{counterexample}");
}
