//! What the worker keeps: files waiting to be read, analyses, and questions that came too early.

use super::{answer, blame, post, reading};
use crate::protocol::{FileId, Job, Notice, Order, Question, RequestId, Summary};
use js_sys::Array;
use recscope_analyzer::Analysis;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

/// A file that was read, and what the last message query found in it.
pub(super) struct Shelved {
    pub(super) file: File,
    pub(super) analysis: Analysis,
    pub(super) search: RefCell<answer::Search>,
}

struct Early {
    file: FileId,
    request: RequestId,
    question: Question,
}

/// Orders come in while earlier ones are carried out, so everything is behind a cell, and no
/// borrow is held across an `await`.
#[derive(Default)]
pub(super) struct Desk {
    waiting: RefCell<VecDeque<(FileId, File)>>,
    reading: Cell<Option<FileId>>,
    shelf: RefCell<Vec<(FileId, Rc<Shelved>)>>,
    early: RefCell<Vec<Early>>,
}

impl Desk {
    /// Whether `file` is still wanted while it is read.
    pub(super) fn is_reading(&self, file: FileId) -> bool {
        self.reading.get() == Some(file)
    }

    fn shelved(&self, file: FileId) -> Option<Rc<Shelved>> {
        self.shelf.borrow().iter().find(|(id, _)| *id == file).map(|(_, shelved)| shelved.clone())
    }

    fn forget(&self, file: FileId) {
        self.waiting.borrow_mut().retain(|(id, _)| *id != file);
        self.shelf.borrow_mut().retain(|(id, _)| *id != file);
        self.early.borrow_mut().retain(|early| early.file != file);
        if self.is_reading(file) {
            self.reading.set(None);
        }
    }

    fn is_awaited(&self, file: FileId) -> bool {
        self.is_reading(file) || self.waiting.borrow().iter().any(|(id, _)| *id == file)
    }
}

/// Carries out `order`, now or as soon as it can be.
pub(super) fn take(desk: &Rc<Desk>, order: Order, attachments: &Array) {
    match order {
        Order::Open { file } => {
            if let Ok(blob) = attachments.get(0).dyn_into::<File>() {
                desk.waiting.borrow_mut().push_back((file, blob));
            }
            if desk.reading.get().is_none() {
                spawn_local(read_all(desk.clone()));
            }
        }
        Order::Close { file } => desk.forget(file),
        Order::Ask { request, file, question } => {
            if desk.is_awaited(file) {
                desk.early.borrow_mut().push(Early { file, request, question });
            } else {
                ask(desk, file, request, question);
            }
        }
    }
}

fn ask(desk: &Desk, file: FileId, request: RequestId, question: Question) {
    let shelved = desk.shelved(file);
    spawn_local(async move {
        let (answer, attachments) = match shelved {
            Some(shelved) => {
                let work = answer::answer(&shelved, question);
                match blame::on(Job::Answering(request), work).await {
                    Ok((answer, attachments)) => (Ok(answer), attachments),
                    Err(sentence) => (Err(sentence), Array::new()),
                }
            }
            None => (Err("the file has been closed".to_owned()), Array::new()),
        };
        post(&Notice::Answer { request, answer }, &attachments);
    });
}

/// Reads the waiting files one after the other.
async fn read_all(desk: Rc<Desk>) {
    while desk.reading.get().is_none() {
        let Some((id, file)) = desk.waiting.borrow_mut().pop_front() else { return };
        desk.reading.set(Some(id));
        let outcome = blame::on(Job::Reading(id), reading::read(&desk, id, &file)).await;
        if !desk.is_reading(id) {
            // Closed meanwhile; another reader may be under way already.
            continue;
        }
        desk.reading.set(None);
        match outcome {
            Ok(analysis) => {
                post(
                    &Notice::Read { file: id, summary: Rc::new(Summary::of(analysis.report())) },
                    &Array::new(),
                );
                let shelved = Shelved { file, analysis, search: RefCell::default() };
                desk.shelf.borrow_mut().push((id, Rc::new(shelved)));
            }
            Err(sentence) => post(&Notice::Unread { file: id, sentence }, &Array::new()),
        }
        let (due, later): (Vec<_>, _) =
            desk.early.take().into_iter().partition(|early| early.file == id);
        desk.early.replace(later);
        for Early { file, request, question } in due {
            ask(&desk, file, request, question);
        }
    }
}
