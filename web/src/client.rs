//! The page's side of the worker: orders, answers, and a new worker when one has failed.

pub mod answer;
pub mod assets;

use crate::protocol::{
    Answer, FileId, Job, Notice, Order, Question, RequestId, Summary, pack, unpack,
};
use assets::Engine;
use gloo::events::{EventListener, EventListenerOptions};
use js_sys::Array;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, File, MessageEvent, Worker};
use yew::Callback;

/// What happens to a file while and after it is read.
#[derive(Clone, Debug, PartialEq)]
pub enum FileEvent {
    /// It waits for its turn, for the first time or again.
    Waiting,
    /// So much has been read.
    Progress {
        /// Bytes so far.
        bytes: f64,
        /// Bytes per second.
        rate: f64,
    },
    /// It was read to its end.
    Read(Rc<Summary>),
    /// It could not be read, says this sentence.
    Unread(String),
}

/// An answer, with its typed arrays.
pub type Reply = Result<(Answer, Array), String>;

/// The way to the worker; clones are the same one.
#[derive(Clone)]
pub struct Client {
    inner: Rc<Inner>,
}

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

struct Inner {
    engine: Engine,
    running: RefCell<Option<Running>>,
    opened: RefCell<Vec<Opened>>,
    pending: RefCell<Vec<Pending>>,
    listener: RefCell<Callback<(FileId, FileEvent)>>,
    next_file: Cell<u32>,
    next_request: Cell<u32>,
}

struct Running {
    worker: Worker,
    _listeners: [EventListener; 2],
}

struct Opened {
    id: FileId,
    file: File,
    is_read: bool,
}

struct Pending {
    request: RequestId,
    file: FileId,
    question: Question,
    reply: Callback<Reply>,
}

impl Client {
    /// Starts a worker from `engine`.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        let client = Self {
            inner: Rc::new(Inner {
                engine,
                running: RefCell::default(),
                opened: RefCell::default(),
                pending: RefCell::default(),
                listener: RefCell::new(Callback::noop()),
                next_file: Cell::new(0),
                next_request: Cell::new(0),
            }),
        };
        client.start();
        client
    }

    /// Whom to tell about files from now on.
    pub fn listen(&self, listener: Callback<(FileId, FileEvent)>) {
        self.inner.listener.replace(listener);
    }

    /// Has `file` read after those that wait already.
    #[must_use]
    pub fn open(&self, file: File) -> FileId {
        let id = FileId(next(&self.inner.next_file));
        self.send(&Order::Open { file: id }, &Array::of1(&file));
        self.inner.opened.borrow_mut().push(Opened { id, file, is_read: false });
        id
    }

    /// Stops reading `file` and forgets it.
    pub fn close(&self, file: FileId) {
        self.inner.opened.borrow_mut().retain(|opened| opened.id != file);
        self.send(&Order::Close { file }, &Array::new());
    }

    /// Asks about `file`. `reply` is called once, later, unless [`drop_question`](Self::drop_question)
    /// comes first.
    pub fn ask(&self, file: FileId, question: Question, reply: Callback<Reply>) -> RequestId {
        let request = RequestId(next(&self.inner.next_request));
        let pending = Pending { request, file, question, reply };
        self.put(&pending);
        self.inner.pending.borrow_mut().push(pending);
        request
    }

    /// Makes sure that nobody is called with the answer to `request`.
    pub fn drop_question(&self, request: RequestId) {
        self.inner.pending.borrow_mut().retain(|pending| pending.request != request);
    }

    fn put(&self, Pending { request, file, question, .. }: &Pending) {
        let order = Order::Ask { request: *request, file: *file, question: question.clone() };
        self.send(&order, &Array::new());
    }

    fn send(&self, order: &Order, attachments: &Array) {
        if let Some(running) = &*self.inner.running.borrow() {
            // Fails only for what cannot be cloned, and a `File` can.
            let _ = running.worker.post_message(&pack(order, attachments));
        }
    }

    fn start(&self) {
        let Ok(worker) = self.inner.engine.start() else { return };
        let client = self.clone();
        let on_message = EventListener::new(&worker, "message", move |event: &Event| {
            let data = event.unchecked_ref::<MessageEvent>().data();
            if let Some((notice, attachments)) = unpack::<Notice>(&data) {
                client.hear(notice, attachments);
            }
        });
        let client = self.clone();
        let active = EventListenerOptions::enable_prevent_default();
        let on_error = EventListener::new_with_options(&worker, "error", active, move |event| {
            event.prevent_default();
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            client.crashed(&message.unwrap_or_default(), None);
        });
        self.inner.running.replace(Some(Running { worker, _listeners: [on_message, on_error] }));
    }

    fn hear(&self, notice: Notice, attachments: Array) {
        match notice {
            Notice::Progress { file, bytes, rate } => {
                self.tell(file, FileEvent::Progress { bytes, rate });
            }
            Notice::Read { file, summary } => {
                let mut opened = self.inner.opened.borrow_mut();
                if let Some(opened) = opened.iter_mut().find(|opened| opened.id == file) {
                    opened.is_read = true;
                }
                drop(opened);
                self.tell(file, FileEvent::Read(summary));
            }
            Notice::Unread { file, sentence } => {
                self.inner.opened.borrow_mut().retain(|opened| opened.id != file);
                self.tell(file, FileEvent::Unread(sentence));
            }
            Notice::Answer { request, answer } => {
                let mut pending = self.inner.pending.borrow_mut();
                let found = pending.iter().position(|pending| pending.request == request);
                let found = found.map(|index| pending.remove(index));
                drop(pending);
                if let Some(Pending { reply, .. }) = found {
                    reply.emit(answer.map(|answer| (answer, attachments)));
                }
            }
            Notice::Crashed { place, doing } => self.crashed(&place, doing),
        }
    }

    /// Puts a new worker in the place of one that failed, and has it do again what the other
    /// did, less the job that it failed at. Where that is not known (no memory, no stack), every
    /// job under way is suspect.
    fn crashed(&self, place: &str, doing: Option<Job>) {
        if let Some(running) = self.inner.running.take() {
            running.worker.terminate();
        }
        self.start();
        let sentence = format!(
            "the analyzer failed here, which is a defect of Recscope ({place}); please report it"
        );
        let mut opened = self.inner.opened.borrow_mut();
        let culprit = match doing {
            Some(Job::Reading(file)) => Some(file),
            Some(Job::Answering(_)) => None,
            None => opened.iter().find(|opened| !opened.is_read).map(|opened| opened.id),
        };
        opened.retain(|opened| Some(opened.id) != culprit);
        for opened in opened.iter_mut() {
            opened.is_read = false;
        }
        let again: Vec<_> = opened.iter().map(|opened| (opened.id, opened.file.clone())).collect();
        drop(opened);
        for (id, file) in again {
            self.send(&Order::Open { file: id }, &Array::of1(&file));
            self.tell(id, FileEvent::Waiting);
        }
        if let Some(file) = culprit {
            self.tell(file, FileEvent::Unread(sentence.clone()));
        }
        let (failed, others): (Vec<_>, _) =
            self.inner.pending.take().into_iter().partition(|pending| match doing {
                Some(Job::Reading(file)) => pending.file == file,
                Some(Job::Answering(request)) => pending.request == request,
                None => true,
            });
        for pending in &others {
            self.put(pending);
        }
        self.inner.pending.replace(others);
        for Pending { reply, .. } in failed {
            reply.emit(Err(sentence.clone()));
        }
    }

    fn tell(&self, file: FileId, event: FileEvent) {
        let listener = self.inner.listener.borrow().clone();
        listener.emit((file, event));
    }
}

fn next(counter: &Cell<u32>) -> u32 {
    let number = counter.get();
    counter.set(number.wrapping_add(1));
    number
}

/// The attachment `index` of an answer, as the typed array that the protocol promises.
#[must_use]
pub fn attachment<T: JsCast>(attachments: &Array, index: u32) -> T {
    let part: JsValue = attachments.get(index);
    part.unchecked_into()
}
