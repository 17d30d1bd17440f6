//! How each type of the protocol goes over the wire; those of a flow are in `protocol::forms`.

use super::{Answer, Export, Notice, Order, Task};
use crate::protocol::wire::{Wire, choice, record};
use recscope_simulator::lesson::{
    Difference, Lesson, MachineInfo, Mark, Missing, Moment, Player, Problem, Setup, Source,
    Standing, Step, Timer, Way,
};
use recscope_simulator::report::{
    self, ChangeDetail, MediaDetail, MessageDetail, Saying, StepSort, Trigger,
};
use recscope_simulator::scenario::{self, Kind, Setting};

record! {
    Order { request, task }
    Setup { source, seed, set, faults }
    Setting { key, label, hint, kind, default, value }
    scenario::Problem { file, line, column, message }
}

record! {
    Lesson {
        id, title, summary, source, method, seed, settings, faults, problems, flow, steps, bytes,
        players, moments, expectations, files, difference
    }
    Step { facts, bytes }
    report::Step {
        index, time_ms, kind, from, to, summary, rule, bytes, say, message, media, change
    }
    ChangeDetail { machine, from, to, cause, trigger, step, text }
    Saying { text, rule }
    MessageDetail {
        protocol, selector, source, destination, delivery, arrived_ms, repeats, text
    }
    MediaDetail { ssrc, payload_type, end_ms, packets, lost }
    Player { id, label, kind, address, settings, machines }
    MachineInfo { name, states, ways }
    Way { from, to, cause, rule }
    Moment { step, player, standing, timers }
    Standing { machine, state }
    Timer { name, set_us, due_us }
    report::Expectation { text, ok, found }
    report::File { actor, name, bytes }
    Difference { marks, missing }
    Missing { before, step }
}

choice! {
    Task {
        0 Play { 0: setup }
        1 Export { 0: setup, 1: export }
    }
    Export { 0 Svg {} 1 Mermaid {} 2 Text {} 3 Pcap {} 4 Json {} }
    Notice {
        0 Answer { request: request, answer: answer }
        1 Crashed { place: place }
    }
    Answer {
        0 Lesson { 0: lesson }
        1 File {}
    }
    Source {
        0 Catalogue { 0: id }
        1 Own { name: name, text: text }
    }
    Problem {
        0 Scenario { 0: problem }
        1 Unknown { id: id }
        2 Setting { index: index, key: key, sentence: sentence }
        3 Fault { index: index, fault: fault, sentence: sentence }
    }
    Kind {
        0 Duration { min: min, max: max }
        1 Integer { min: min, max: max }
        2 Size {}
        3 Switch {}
        4 Choice { 0: choices }
        5 Text {}
    }
    Trigger {
        0 Message {} 1 Order {} 2 Timer {} 3 Connection {} 4 Drive {} 5 Sound {} 6 Start {}
    }
    StepSort { 0 Message {} 1 State {} 2 Note {} 3 Media {} }
    Mark { 0 Same {} 1 Moved {} 2 Changed {} 3 New {} }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::RequestId;
    use recscope_simulator::lesson::Teacher;
    use std::rc::Rc;

    #[test]
    fn a_lesson_arrives_as_it_was_given() {
        let setup = Setup {
            seed: Some(7),
            set: vec![("keep_alive".to_owned(), "10s".to_owned())],
            faults: vec!["lose:UPDATE@recorder".to_owned(), "nonsense".to_owned()],
            ..Setup::of(Source::Catalogue("mx-keepalive".to_owned()))
        };
        let order =
            Order { request: RequestId(3), task: Task::Export(setup.clone(), Export::Pcap) };
        let mut bytes = Vec::new();
        order.put(&mut bytes);
        assert_eq!(Order::take(&mut bytes.as_slice()), Some(order));

        let lesson = Teacher::default().lesson(&setup).unwrap();
        assert!(!lesson.problems.is_empty() && lesson.difference.is_some());
        let answer = Ok(Answer::Lesson(Rc::new(lesson)));
        let notice = Notice::Answer { request: RequestId(4), answer };
        bytes.clear();
        notice.put(&mut bytes);
        let mut rest = bytes.as_slice();
        assert!(Notice::take(&mut rest) == Some(notice) && rest.is_empty());
    }
}
