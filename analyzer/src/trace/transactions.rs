//! SIP transactions that belong to no call: registrations, keep-alives, subscriptions, messages.

use super::calls::FinalAnswer;
use super::heard::Heard;
use super::key::FastMap;
use foldhash::fast::FixedState;
use recscope_core::sip::header::{Contact, Event, SubscriptionState};
use recscope_core::sip::{Message, Method};
use std::hash::BuildHasher;

/// A transaction's place in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TransactionIndex(pub(crate) usize);

/// A request outside calls with its answers, from end to end: the hops over proxies count as one,
/// and so does the repetition with credentials that a challenge (401, 407) asks for.
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) method: Box<str>,
    /// URI of the From header.
    pub(crate) from: Box<str>,
    /// URI of the To header.
    pub(crate) to: Box<str>,
    pub(crate) start_ns: i64,
    last_ns: i64,
    provisional: bool,
    final_answer: Option<FinalAnswer>,
    /// A challenge was met with credentials.
    pub(crate) is_challenged: bool,
    subject: Subject,
    pub(crate) messages: u64,
    pub(crate) retransmissions: u64,
}

/// What the request is about, beyond its method.
#[derive(Clone, Debug, Default)]
struct Subject {
    /// Event package, of SUBSCRIBE, NOTIFY and PUBLISH.
    event: Option<Box<str>>,
    /// Seconds asked for, or granted.
    expires: Option<u32>,
    /// State of the subscription, of NOTIFY.
    state: Option<Box<str>>,
    /// URI of the contact; a registration without one asks what is registered.
    contact: Option<Box<str>>,
}

impl Subject {
    fn of(message: &Message<'_>) -> Self {
        let event = message.typed::<Event<'_>>().and_then(Result::ok);
        let state = message.typed::<SubscriptionState<'_>>().and_then(Result::ok);
        let contact = message.contacts().next();
        Self {
            event: event.map(|event| event.package.into()),
            expires: expires(message, contact.as_ref()),
            state: state.map(|state| state.state.into()),
            contact: contact.map(|contact| uri(&contact)),
        }
    }

    /// Takes over for how long it was granted; the answer to a registration lists all contacts.
    fn grant(&mut self, message: &Message<'_>) {
        let ours = message.contacts().find(|contact| Some(uri(contact)) == self.contact);
        if self.expires != Some(0) {
            self.expires = expires(message, ours.as_ref()).or(self.expires);
        }
    }
}

fn uri(contact: &Contact<'_>) -> Box<str> {
    contact.address().map_or_else(|| "*".into(), |address| address.uri.to_string().into())
}

/// Seconds for which something is to hold: of the contact itself, else of the message.
fn expires(message: &Message<'_>, contact: Option<&Contact<'_>>) -> Option<u32> {
    let of_contact = contact.and_then(Contact::expires);
    of_contact.or_else(|| message.header("Expires")?.trim().parse().ok())
}

impl Transaction {
    fn on_message(&mut self, message: &Message<'_>) {
        match message.status() {
            None => self.subject = Subject::of(message),
            Some(..=199) => self.provisional = true,
            // The hops in front of a proxy repeat the answer.
            Some(_) if self.final_answer.is_some() => {}
            Some(status) => {
                self.subject.grant(message);
                self.final_answer = Some(FinalAnswer::of(message, status));
            }
        }
    }

    /// The final status.
    pub(crate) fn status(&self) -> Option<u16> {
        self.final_answer.as_ref().map(|answer| answer.status)
    }

    fn is_met_with_challenge(&self) -> bool {
        matches!(self.status(), Some(401 | 407))
    }

    /// What came of it, in words.
    pub(crate) fn result(&self) -> String {
        let Some(answer) = &self.final_answer else {
            let heard = if self.provisional { "no final answer" } else { "no answer" };
            return heard.to_owned();
        };
        if answer.status >= 300 {
            let mut words = answer.in_words();
            if self.is_met_with_challenge() {
                words.push_str(match self.is_challenged {
                    true => ": the credentials were not accepted",
                    false => ": no credentials followed",
                });
            }
            return words;
        }
        let Subject { event, expires, state, contact } = &self.subject;
        let (mut words, held) = match (&*self.method, expires) {
            ("REGISTER", _) if contact.is_none() => ("asked who is registered", false),
            ("REGISTER", Some(0)) => ("unregistered", false),
            ("REGISTER", _) => ("registered", true),
            ("SUBSCRIBE", Some(0)) => ("unsubscribed", false),
            ("SUBSCRIBE", _) => ("subscribed", true),
            ("PUBLISH", _) => ("published", true),
            ("NOTIFY", _) => ("notified", false),
            ("MESSAGE", _) => ("delivered", false),
            _ => return answer.in_words(),
        };
        if let (&"notified", Some(state)) = (&words, state) {
            words = state;
        }
        let mut words = words.to_owned();
        if let Some(event) = event {
            words.push_str(" (");
            words.push_str(event);
            words.push(')');
        }
        if let (true, Some(seconds)) = (held, expires) {
            words.push_str(&format!(" for {seconds} s"));
        }
        words
    }
}

/// All transactions outside calls, in the order of their first message.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    all: Vec<Transaction>,
    /// By Call-ID, From tag, method and CSeq, hashed; the latest of each method by that alone.
    known: FastMap<u64, usize>,
}

impl Transactions {
    /// What comes later than this under the same name is another transaction: no stack repeats a
    /// request longer (64·T1, RFC 3261 17.1.2.2), but some begin to count anew when restarted.
    const LONGEST_NS: i64 = 64_000_000_000;

    /// The transaction that `message` belongs to, counted in it. An ACK alone makes none.
    pub(crate) fn on_message(
        &mut self,
        message: &Heard<'_>,
        time_ns: i64,
        is_retransmission: bool,
    ) -> Option<TransactionIndex> {
        let (cseq, call_id) = (message.cseq()?, message.call_id()?);
        let tag = message.tag_of_from();
        let is_ack = cseq.method == Method::Ack;
        let method = if is_ack { Method::Invite } else { cseq.method };
        let key =
            |tag, number| FixedState::default().hash_one((call_id, tag, method.as_str(), number));
        // Some take a new tag when they repeat a request with credentials.
        let (own, latest) = (key(tag, Some(cseq.number)), key(None, None));
        let fresh = |index: &usize| {
            let found = self.all.get(*index);
            found.is_some_and(|found| time_ns - found.last_ns <= Self::LONGEST_NS)
        };
        let known = self.known.get(&own).copied().filter(fresh);
        let repeats = has_credentials(message);
        let challenged = || {
            let latest = self.known.get(&latest).copied().filter(|_| repeats).filter(fresh)?;
            self.all.get(latest).is_some_and(Transaction::is_met_with_challenge).then_some(latest)
        };
        let index = match known.or_else(challenged) {
            None if is_ack => return None,
            Some(index) => index,
            None => self.all.len(),
        };
        if index == self.all.len() {
            self.all.push(Transaction::new(message, method, time_ns));
        }
        self.known.insert(own, index);
        self.known.insert(latest, index);
        let transaction = self.all.get_mut(index)?;
        transaction.messages += 1;
        transaction.last_ns = transaction.last_ns.max(time_ns);
        if is_retransmission {
            transaction.retransmissions += 1;
        } else if !is_ack {
            if repeats && transaction.is_met_with_challenge() {
                transaction.final_answer = None;
                transaction.is_challenged = true;
            }
            transaction.on_message(message);
        }
        Some(TransactionIndex(index))
    }

    pub(crate) fn into_all(self) -> Vec<Transaction> {
        self.all
    }
}

impl Transaction {
    fn new(message: &Message<'_>, method: Method<'_>, time_ns: i64) -> Self {
        let uri = |name| message.address(name).map(|a| a.uri.to_string()).unwrap_or_default();
        Self {
            method: method.as_str().into(),
            from: uri("From").into(),
            to: uri("To").into(),
            start_ns: time_ns,
            last_ns: time_ns,
            provisional: false,
            final_answer: None,
            is_challenged: false,
            subject: Subject::default(),
            messages: 0,
            retransmissions: 0,
        }
    }
}

fn has_credentials(message: &Message<'_>) -> bool {
    message.is_request()
        && (message.header("Authorization").is_some()
            || message.header("Proxy-Authorization").is_some())
}

#[cfg(test)]
mod tests;
