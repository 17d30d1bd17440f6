//! Which job is being done, so that a panic can be put down to it.

use crate::protocol::Job;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;

thread_local! {
    static CURRENT: Cell<Option<Job>> = const { Cell::new(None) };
}

/// The job that is being done at this moment.
pub(super) fn current() -> Option<Job> {
    CURRENT.get()
}

/// Does `work`, whose steps all count as `job`.
pub(super) async fn on<T>(job: Job, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        CURRENT.set(Some(job));
        let step = work.as_mut().poll(context);
        CURRENT.set(None);
        step
    })
    .await
}
