use super::*;
use recscope_simulator::scenario::{Changes, catalogue};
use std::collections::BTreeMap;

/// States, and from which to which there are ways, by their numbers.
type Drawn = (Vec<&'static str>, Vec<(usize, usize)>);

/// Every machine that a scenario shows.
fn machines() -> BTreeMap<&'static str, Drawn> {
    let mut machines = BTreeMap::new();
    for entry in catalogue() {
        let scenario = entry.scenario(&Changes::default()).expect("it is in the catalogue");
        for diagram in scenario.cast.iter().flat_map(|member| member.actor.diagrams()) {
            let number = |name: &str| {
                let place = diagram.states.iter().position(|state| *state == name);
                place.expect("a way joins states of its machine")
            };
            let ways = diagram.transitions.iter().map(|t| (number(t.from), number(t.to)));
            machines.insert(diagram.machine, (diagram.states.to_vec(), ways.collect()));
        }
    }
    machines
}

/// All numbers of a path that are horizontal places.
fn places(path: &str) -> Vec<(char, Vec<f64>)> {
    let mut commands: Vec<(char, Vec<f64>)> = Vec::new();
    let mut number = String::new();
    for c in path.chars().chain(std::iter::once(' ')) {
        if c.is_ascii_digit() || c == '.' || c == '-' {
            number.push(c);
            continue;
        }
        if let (Some((_, numbers)), Ok(value)) = (commands.last_mut(), number.parse()) {
            numbers.push(value);
        }
        number.clear();
        if c.is_ascii_alphabetic() {
            commands.push((c, Vec::new()));
        }
    }
    commands
}

#[test]
fn every_machine_of_the_catalogue_is_readable_at_280_px() {
    let machines = machines();
    assert!(machines.len() >= 10, "{}", machines.len());
    for (name, (states, ways)) in machines {
        let placed = place(&states, &ways, 280.0);
        assert_eq!(placed.boxes.len(), states.len(), "{name}");
        for (state, found) in states.iter().zip(&placed.boxes) {
            let text: Vec<_> = found.lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(text.join(" "), *state, "{name}: nothing of a name is cut off");
            assert!(found.x >= 0.0 && found.x + found.width <= 280.0, "{name}: {state}");
        }
        let mut distinct = ways.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(placed.ways.len(), distinct.len(), "{name}: no way is missing");
        for way in &placed.ways {
            for (command, numbers) in places(&way.line) {
                let xs: Vec<f64> = match command {
                    'V' => Vec::new(),
                    'H' => numbers,
                    _ => numbers.iter().copied().step_by(2).collect(),
                };
                assert!(xs.iter().all(|x| (0.0..=280.0).contains(x)), "{name}: {}", way.line);
            }
        }
    }
}

#[test]
fn trunks_to_different_states_never_share_a_place() {
    for (name, (states, ways)) in machines() {
        let placed = place(&states, &ways, 280.0);
        // The stretch of a way that runs beside the column, with the state that it leads to.
        let stretches: Vec<(usize, f64, f64, f64)> = placed
            .ways
            .iter()
            .filter(|way| way.from.abs_diff(way.to) > 1)
            .filter_map(|way| {
                let commands = places(&way.line);
                let numbers = |letter: char, nth: usize| {
                    let mut found = commands.iter().filter(|(command, _)| *command == letter);
                    found.nth(nth).map(|(_, numbers)| numbers.clone())
                };
                let (turn, end) = (numbers('Q', 0)?, numbers('V', 0)?);
                let (x, a, b) = (*turn.first()?, *turn.get(3)?, *end.first()?);
                Some((way.to, x, a.min(b), a.max(b)))
            })
            .collect();
        for (number, one) in stretches.iter().enumerate() {
            for other in stretches.iter().skip(number + 1).filter(|other| other.0 != one.0) {
                let apart = (one.1 - other.1).abs() >= 3.9 || one.3 < other.2 || other.3 < one.2;
                assert!(apart, "{name}: {one:?} and {other:?}");
            }
        }
    }
}

#[test]
fn boxes_stand_below_each_other_with_room_for_an_arrow() {
    for (name, (states, ways)) in machines() {
        let placed = place(&states, &ways, 280.0);
        for (one, next) in placed.boxes.iter().zip(placed.boxes.iter().skip(1)) {
            assert!(next.y >= one.y + one.height + 14.0, "{name}");
        }
        let last = placed.boxes.last().map_or(0.0, |last| last.y + last.height);
        assert!(placed.height > last, "{name}");
    }
}

#[test]
fn ways_that_make_no_sense_are_left_out() {
    let placed = place(&["a", "b"], &[(0, 0), (0, 7), (0, 1), (0, 1)], 280.0);
    let ways: Vec<_> = placed.ways.iter().map(|way| (way.from, way.to)).collect();
    assert_eq!(ways, [(0, 1)]);
    assert!(place(&[], &[], 280.0).boxes.is_empty());
}
