//! Which sockets have something to say, without a task for each.
//!
//! Every socket has a waker of its own that puts its token on one list. Whoever hosts a machine
//! waits for the list and looks at those sockets alone, so that hundreds of quiet ones cost
//! nothing.

use recscope_core::machine::Connection;
use std::future::poll_fn;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Wake, Waker};

/// Names a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A UDP socket, by its place.
    Socket(usize),
    /// A TCP listener, by its place.
    Listener(usize),
    /// A TCP connection.
    Connection(Connection),
}

/// The list of sockets to look at.
#[derive(Clone, Default)]
pub(super) struct Readiness(Arc<Mutex<List>>);

#[derive(Default)]
struct List {
    ready: Vec<Arc<Bell>>,
    host: Option<Waker>,
}

/// A socket's way onto the list.
struct Bell {
    token: Token,
    is_listed: AtomicBool,
    list: Readiness,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        Self::wake_by_ref(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.is_listed.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut list = self.list.lock();
        list.ready.push(Arc::clone(self));
        let host = list.host.take();
        drop(list);
        if let Some(host) = host {
            host.wake();
        }
    }
}

impl Readiness {
    /// The waker of a socket. A new socket is woken once, to be looked at for the first time.
    pub(super) fn waker(&self, token: Token) -> Waker {
        let is_listed = AtomicBool::new(false);
        Waker::from(Arc::new(Bell { token, is_listed, list: self.clone() }))
    }

    /// Waits until a socket has something to say, and moves the tokens of all that have to
    /// `tokens`.
    pub(super) async fn wait(&self, tokens: &mut Vec<Token>) {
        poll_fn(|context| {
            let mut list = self.lock();
            if list.ready.is_empty() {
                list.host = Some(context.waker().clone());
                return Poll::Pending;
            }
            tokens.extend(list.ready.drain(..).map(|bell| {
                bell.is_listed.store(false, Ordering::Release);
                bell.token
            }));
            Poll::Ready(())
        })
        .await;
    }

    /// Forgets whom to wake, and breaks the circle of list and bells.
    pub(super) fn close(&self) {
        let ready = mem::take(&mut *self.lock());
        drop(ready);
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        // The list is whole after every step; who panicked elsewhere has not harmed it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::Context;

    #[test]
    fn a_socket_that_calls_twice_is_listed_once() {
        let readiness = Readiness::default();
        let [first, second] = [Token::Socket(1), Token::Connection(Connection(7))];
        let waker = readiness.waker(first);
        waker.wake_by_ref();
        waker.wake_by_ref();
        readiness.waker(second).wake();

        let mut tokens = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(readiness.wait(&mut tokens)).poll(&mut context).is_ready());
        assert_eq!(tokens, [first, second]);

        tokens.clear();
        assert!(pin!(readiness.wait(&mut tokens)).poll(&mut context).is_pending());
        waker.wake_by_ref();
        assert!(pin!(readiness.wait(&mut tokens)).poll(&mut context).is_ready());
        assert_eq!(tokens, [first], "it may call again once it was looked at");
        readiness.close();
    }
}
