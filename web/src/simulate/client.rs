//! The page's side of the worker: one lesson at a time, the latest asked for.

use super::protocol::{Answer, Export, Notice, Order, Task};
use crate::client::assets::Engine;
use crate::client::attachment;
use crate::protocol::{RequestId, pack, unpack};
use gloo::events::{EventListener, EventListenerOptions};
use js_sys::{Array, Uint8Array};
use recscope_simulator::lesson::{Lesson, Problem, Setup};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{ErrorEvent, Event, MessageEvent, Worker};
use yew::prelude::*;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What was asked for cannot be played.
    Problem(Problem),
    /// The worker failed, says this sentence.
    Failed(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => problem.fmt(f),
            Self::Failed(sentence) => f.write_str(sentence),
        }
    }
}

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
    pending: RefCell<Vec<Pending>>,
    next_request: Cell<u32>,
}

struct Running {
    worker: Worker,
    _listeners: [EventListener; 2],
}

struct Pending {
    request: RequestId,
    task: Task,
    reply: Reply,
}

#[derive(Clone)]
enum Reply {
    Lesson(Callback<Result<Rc<Lesson>, Refusal>>),
    File(Callback<Result<Uint8Array, Refusal>>),
}

impl Client {
    /// Starts a worker from `engine`.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        let client = Self {
            inner: Rc::new(Inner {
                engine,
                running: RefCell::default(),
                pending: RefCell::default(),
                next_request: Cell::new(0),
            }),
        };
        client.start();
        client
    }

    /// Has a lesson made. An earlier one that is still on its way is wanted no more: nobody is
    /// called with it, and the worker that may be busy with it gets a successor.
    pub fn play(&self, setup: &Setup, reply: Callback<Result<Rc<Lesson>, Refusal>>) {
        let is_lesson = |pending: &Pending| matches!(pending.reply, Reply::Lesson(_));
        let was_busy = self.inner.pending.borrow().iter().any(is_lesson);
        self.inner.pending.borrow_mut().retain(|pending| !is_lesson(pending));
        if was_busy {
            self.restart();
        }
        self.put(Task::Play(setup.clone()), Reply::Lesson(reply));
    }

    /// Has a file made of what is set up.
    pub fn export(
        &self,
        setup: &Setup,
        export: Export,
        reply: Callback<Result<Uint8Array, Refusal>>,
    ) {
        self.put(Task::Export(setup.clone(), export), Reply::File(reply));
    }

    fn put(&self, task: Task, reply: Reply) {
        let request = RequestId(self.inner.next_request.get());
        self.inner.next_request.set(request.0.wrapping_add(1));
        let pending = Pending { request, task, reply };
        self.send(&pending);
        self.inner.pending.borrow_mut().push(pending);
    }

    fn send(&self, Pending { request, task, .. }: &Pending) {
        if let Some(running) = &*self.inner.running.borrow() {
            let order = Order { request: *request, task: task.clone() };
            // Fails only for what cannot be cloned, and bytes can.
            let _ = running.worker.post_message(&pack(&order, &Array::new()));
        }
    }

    fn start(&self) {
        let Ok(worker) = self.inner.engine.start() else { return };
        let client = self.clone();
        let on_message = EventListener::new(&worker, "message", move |event: &Event| {
            let data = event.unchecked_ref::<MessageEvent>().data();
            if let Some((notice, attachments)) = unpack::<Notice>(&data) {
                client.hear(notice, &attachments);
            }
        });
        let client = self.clone();
        let active = EventListenerOptions::enable_prevent_default();
        let on_error = EventListener::new_with_options(&worker, "error", active, move |event| {
            event.prevent_default();
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            client.crashed(&message.unwrap_or_default());
        });
        self.inner.running.replace(Some(Running { worker, _listeners: [on_message, on_error] }));
    }

    /// Puts a new worker in the place of one, and has it do what is still wanted.
    fn restart(&self) {
        if let Some(running) = self.inner.running.take() {
            running.worker.terminate();
        }
        self.start();
        for pending in &*self.inner.pending.borrow() {
            self.send(pending);
        }
    }

    fn hear(&self, notice: Notice, attachments: &Array) {
        let (request, answer) = match notice {
            Notice::Answer { request, answer } => (request, answer),
            Notice::Crashed { place } => return self.crashed(&place),
        };
        let mut pending = self.inner.pending.borrow_mut();
        let found = pending.iter().position(|pending| pending.request == request);
        let found = found.map(|index| pending.remove(index));
        drop(pending);
        let refused = Refusal::Problem;
        match (found.map(|pending| pending.reply), answer) {
            (Some(Reply::Lesson(reply)), Ok(Answer::Lesson(lesson))) => reply.emit(Ok(lesson)),
            (Some(Reply::File(reply)), Ok(Answer::File)) => {
                reply.emit(Ok(attachment(attachments, 0)));
            }
            (Some(reply), Err(problem)) => reply.refuse(&refused(problem)),
            // Nobody waits for it any more, or it is an answer to something else.
            _ => {}
        }
    }

    /// The orders are taken one after the other, so the first is the one that the worker failed
    /// at.
    fn crashed(&self, place: &str) {
        let mut pending = self.inner.pending.borrow_mut();
        let culprit = (!pending.is_empty()).then(|| pending.remove(0));
        drop(pending);
        self.restart();
        if let Some(culprit) = culprit {
            culprit.reply.refuse(&Refusal::Failed(format!(
                "the simulator failed here, which is a defect of Recscope ({place}); please \
                 report it"
            )));
        }
    }
}

impl Reply {
    fn refuse(self, refusal: &Refusal) {
        match self {
            Self::Lesson(reply) => reply.emit(Err(refusal.clone())),
            Self::File(reply) => reply.emit(Err(refusal.clone())),
        }
    }
}

/// How far a lesson has come.
#[derive(Clone, Debug)]
pub struct Played {
    /// The last lesson that was made; kept while another is on its way, so that a view does not
    /// blink, and when that cannot be.
    pub lesson: Option<Rc<Lesson>>,
    /// What it was made of.
    pub setup: Option<Setup>,
    /// Why there is none of what was asked for last.
    pub refusal: Option<Refusal>,
}

impl PartialEq for Played {
    fn eq(&self, other: &Self) -> bool {
        let lessons = (&self.lesson, &other.lesson);
        let same = match lessons {
            (Some(one), Some(other)) => Rc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        same && self.setup == other.setup && self.refusal == other.refusal
    }
}

impl Played {
    /// Whether the lesson is the one of `setup`.
    #[must_use]
    pub fn is_of(&self, setup: &Setup) -> bool {
        self.setup.as_ref() == Some(setup) && self.refusal.is_none()
    }
}

/// Has the lesson of `setup` made whenever that changes.
#[hook]
pub fn use_lesson(client: &Client, setup: Option<&Setup>) -> Played {
    let played = use_state_eq(|| Played { lesson: None, setup: None, refusal: None });
    // What is there when the answer comes, not when it was asked for.
    let latest = use_mut_ref(|| Played { lesson: None, setup: None, refusal: None });
    use_effect_with((client.clone(), setup.cloned()), {
        let setter = played.setter();
        move |(client, setup)| {
            let Some(setup) = setup.clone() else {
                setter.set(Played { lesson: None, setup: None, refusal: None });
                return;
            };
            let reply = {
                let setup = setup.clone();
                Callback::from(move |answer: Result<Rc<Lesson>, Refusal>| {
                    let mut played = latest.borrow_mut();
                    played.setup = Some(setup.clone());
                    match answer {
                        Ok(lesson) => {
                            played.lesson = Some(lesson);
                            played.refusal = None;
                        }
                        Err(refusal) => played.refusal = Some(refusal),
                    }
                    setter.set(played.clone());
                })
            };
            client.play(&setup, reply);
        }
    });
    (*played).clone()
}
