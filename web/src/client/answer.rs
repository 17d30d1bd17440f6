//! A component's view of one question.

use super::{Client, Reply};
use crate::protocol::{Answer, FileId, Question};
use js_sys::Array;
use std::rc::Rc;
use yew::prelude::*;

/// How far a question has come.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Nothing is asked, or the answer is on its way.
    Waiting,
    /// The answer.
    Answered(Rc<(Answer, Array)>),
    /// There is none, says this sentence.
    Refused(AttrValue),
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Waiting, Self::Waiting) => true,
            (Self::Answered(a), Self::Answered(b)) => Rc::ptr_eq(a, b),
            (Self::Refused(a), Self::Refused(b)) => a == b,
            _ => false,
        }
    }
}

impl Asked {
    fn from_reply(reply: Reply) -> Self {
        match reply {
            Ok(answer) => Self::Answered(Rc::new(answer)),
            Err(sentence) => Self::Refused(sentence.into()),
        }
    }
}

/// Asks `client` the `question` whenever it changes; none asks nothing.
///
/// The answer to an earlier question is kept until the later one's is there, so that a view does
/// not blink; [`Asked::Waiting`] is seen only before the first.
#[hook]
pub fn use_answer(client: &Client, question: Option<(FileId, Question)>) -> Asked {
    let asked = use_state_eq(|| Asked::Waiting);
    let setter = asked.setter();
    use_effect_with((client.clone(), question), move |(client, question)| {
        let request = match question {
            Some((file, question)) => {
                let reply =
                    Callback::from(move |reply: Reply| setter.set(Asked::from_reply(reply)));
                Some((client.clone(), client.ask(*file, question.clone(), reply)))
            }
            None => {
                setter.set(Asked::Waiting);
                None
            }
        };
        move || {
            if let Some((client, request)) = request {
                client.drop_question(request);
            }
        }
    });
    (*asked).clone()
}
