//! The worker's side: plays what it is told to, one order after the other.

use super::protocol::{Answer, Export, Notice, Order, Task};
use crate::protocol::{pack, unpack};
use crate::worker::{place_of, scope};
use js_sys::{Array, Uint8Array};
use recscope_simulator::export;
use recscope_simulator::lesson::{Problem, Setup, Teacher};
use std::panic;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::MessageEvent;

/// Starts taking orders.
pub fn start() {
    panic::set_hook(Box::new(|info| {
        post(&Notice::Crashed { place: place_of(info) }, &Array::new());
    }));
    let mut teacher = Teacher::default();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // What cannot be unpacked is not from this page.
        if let Some((Order { request, task }, _)) = unpack::<Order>(&event.data()) {
            let (answer, attachments) = carry_out(&mut teacher, task);
            post(&Notice::Answer { request, answer }, &attachments);
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // Lives as long as the worker.
    on_message.forget();
}

fn carry_out(teacher: &mut Teacher, task: Task) -> (Result<Answer, Problem>, Array) {
    match task {
        Task::Play(setup) => {
            let lesson = teacher.lesson(&setup);
            (lesson.map(|lesson| Answer::Lesson(Rc::new(lesson))), Array::new())
        }
        Task::Export(setup, export) => match exported(&setup, export) {
            Ok(file) => (Ok(Answer::File), Array::of1(&file)),
            Err(problem) => (Err(problem), Array::new()),
        },
    }
}

fn exported(setup: &Setup, export: Export) -> Result<Uint8Array, Problem> {
    let run = setup.played()?;
    let text = match export {
        Export::Svg => export::svg(&run),
        Export::Mermaid => export::mermaid(&run),
        Export::Text => export::text(&run, export::COLUMNS),
        Export::Json => export::json(&run),
        Export::Pcap => return Ok(Uint8Array::from(export::pcap(&run))),
    };
    Ok(Uint8Array::from(text.as_bytes()))
}

/// Tells the page `notice`, handing over the memory of the attached file.
fn post(notice: &Notice, attachments: &Array) {
    let buffers: Array =
        attachments.iter().map(|part| part.unchecked_into::<Uint8Array>().buffer()).collect();
    // Cannot fail: the buffers were made here and have not been handed over before.
    let _ = scope().post_message_with_transfer(&pack(notice, attachments), &buffers);
}
