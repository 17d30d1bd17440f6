//! Dialogs: what two sides remember of each other between requests (RFC 3261 12).

use super::build::MessageBuilder;
use super::header::{Contact, NameAddr, RecordRoute, TypedHeader};
use super::message::Message;
use super::method::Method;
use super::uri::Uri;
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;

/// One side's view of a confirmed dialog: made by a 2xx to an INVITE.
///
/// Early dialogs are not kept: nothing in the recording documents needs a request between a 180
/// and the 200.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dialog {
    call_id: String,
    local_tag: String,
    remote_tag: String,
    /// The From value of requests that this side sends, with its tag.
    local: String,
    /// Their To value.
    remote: String,
    /// Where the other side wants its requests: its Contact.
    target: String,
    /// The proxies in between, in the order in which requests of this side pass them.
    routes: Vec<String>,
    local_cseq: u32,
    remote_cseq: Option<u32>,
    /// Where the other side's last message came from.
    peer: SocketAddr,
}

impl Dialog {
    /// The dialog that accepting `invite` makes, on the side that accepts (12.1.1). `None` if the
    /// INVITE lacks what that takes.
    #[must_use]
    pub fn accepted(invite: &Message<'_>, local_tag: &str, peer: SocketAddr) -> Option<Self> {
        let (from, to) = (invite.from()?, invite.to()?);
        Some(Self {
            call_id: invite.call_id()?.to_owned(),
            local_tag: local_tag.to_owned(),
            remote_tag: from.tag().unwrap_or_default().to_owned(),
            local: address(&to, local_tag),
            remote: address(&from, from.tag().unwrap_or_default()),
            target: contact(invite).unwrap_or_else(|| from.uri.as_str().to_owned()),
            routes: record_routes(invite).map(|route| route.to_string()).collect(),
            local_cseq: 0,
            remote_cseq: Some(invite.cseq()?.number),
            peer,
        })
    }

    /// The dialog that a 2xx to `invite` makes, on the side that invited (12.1.2). `None` if the
    /// messages lack what that takes.
    #[must_use]
    pub fn established(
        invite: &Message<'_>,
        response: &Message<'_>,
        peer: SocketAddr,
    ) -> Option<Self> {
        let (from, to) = (invite.from()?, response.to()?);
        let mut routes: Vec<_> = record_routes(response).map(|route| route.to_string()).collect();
        routes.reverse();
        Some(Self {
            call_id: invite.call_id()?.to_owned(),
            local_tag: from.tag()?.to_owned(),
            remote_tag: to.tag().unwrap_or_default().to_owned(),
            local: address(&from, from.tag()?),
            remote: address(&to, to.tag().unwrap_or_default()),
            target: contact(response).unwrap_or_else(|| to.uri.as_str().to_owned()),
            routes,
            local_cseq: invite.cseq()?.number,
            remote_cseq: None,
            peer,
        })
    }

    /// Whether a request of the other side belongs to this dialog.
    #[must_use]
    pub fn matches(&self, request: &Message<'_>) -> bool {
        let tag = |address: Option<NameAddr<'_>>, expected: &str| {
            address.is_some_and(|address| address.tag().unwrap_or_default() == expected)
        };
        request.call_id() == Some(&self.call_id)
            && tag(request.to(), &self.local_tag)
            && tag(request.from(), &self.remote_tag)
    }

    /// Whether a response to this side's INVITE came from the other end of this dialog.
    #[must_use]
    pub fn is_with(&self, response: &Message<'_>) -> bool {
        response.call_id() == Some(&self.call_id)
            && response.from().and_then(|from| from.tag()) == Some(&self.local_tag)
            && response.to().is_some_and(|to| to.tag().unwrap_or_default() == self.remote_tag)
    }

    /// Counts a request of the other side; `false` if its number does not grow, so that it is to
    /// be answered 500 (12.2.2).
    pub fn count(&mut self, cseq: u32) -> bool {
        let grows = self.remote_cseq.is_none_or(|last| cseq > last);
        if grows {
            self.remote_cseq = Some(cseq);
        }
        grows
    }

    /// Takes the Contact of a message that may change where requests go: re-INVITE, UPDATE and
    /// their 2xx (12.2).
    pub fn refresh(&mut self, message: &Message<'_>, peer: SocketAddr) {
        if let Some(target) = contact(message) {
            self.target = target;
        }
        self.peer = peer;
    }

    /// The next request of this side, without its Via.
    #[must_use]
    pub fn request(&mut self, method: Method<'_>) -> MessageBuilder {
        self.local_cseq = self.local_cseq.saturating_add(1);
        self.numbered(method, self.local_cseq)
    }

    /// The ACK to a 2xx for the INVITE with this number, without its Via.
    #[must_use]
    pub fn ack(&self, cseq: u32) -> MessageBuilder {
        self.numbered(Method::Ack, cseq)
    }

    fn numbered(&self, method: Method<'_>, cseq: u32) -> MessageBuilder {
        let loose = self.routes.first().is_none_or(|route| is_loose(route));
        let mut routes: Vec<&str> = self.routes.iter().map(String::as_str).collect();
        let mut target = self.target.as_str();
        if !loose && !routes.is_empty() {
            // A strict router wants itself in the Request-URI and the target at the end (12.2.1.1).
            target = NameAddr::parse(routes.remove(0)).map_or(target, |first| first.uri.as_str());
        }
        let mut request = MessageBuilder::request_to(method, target);
        for route in routes {
            request.add("Route", &[route]);
        }
        if !loose {
            request.add("Route", &["<", &self.target, ">"]);
        }
        request.add("From", &[&self.local]);
        request.add("To", &[&self.remote]);
        request.add("Call-ID", &[&self.call_id]);
        request.add_cseq(cseq, method);
        request
    }

    /// Where requests of this side are sent: the first proxy, else the other side's Contact, if
    /// that is an address; else where its last message came from.
    #[must_use]
    pub fn next_hop(&self) -> SocketAddr {
        let first = self.routes.first().and_then(|route| NameAddr::parse(route).ok());
        let uri = first.map_or_else(|| Uri::parse(&self.target).ok(), |first| Some(first.uri));
        uri.and_then(|uri| {
            Some(SocketAddr::new(uri.host.as_ref()?.address()?, uri.port_or_default()))
        })
        .filter(|address| address.port() != 0)
        .unwrap_or(self.peer)
    }

    /// The name of the call.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// This side's tag.
    #[must_use]
    pub fn local_tag(&self) -> &str {
        &self.local_tag
    }

    /// The other side's tag; empty if it sent none.
    #[must_use]
    pub fn remote_tag(&self) -> &str {
        &self.remote_tag
    }

    /// The other side's address, as in the To of requests to it: `<sip:1001@pbx>;tag=a1`.
    #[must_use]
    pub fn remote(&self) -> &str {
        &self.remote
    }

    /// Where the other side wants its requests.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Where the other side's last message came from.
    #[must_use]
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }
}

/// An address with this tag as its only parameter.
fn address(of: &NameAddr<'_>, tag: &str) -> String {
    if tag.is_empty() { of.with_params(&[]) } else { of.with_params(&[";tag=", tag]) }
}

fn contact(message: &Message<'_>) -> Option<String> {
    message.contacts().find_map(|contact| match contact {
        Contact::Address(address) => Some(address.uri.as_str().to_owned()),
        Contact::Any => None,
    })
}

fn record_routes<'m>(message: &'m Message<'_>) -> impl Iterator<Item = RecordRoute<'m>> {
    message.texts(RecordRoute::NAME).filter_map(|route| RecordRoute::parse(route).ok())
}

fn is_loose(route: &str) -> bool {
    RecordRoute::parse(route).is_ok_and(|route| route.0.uri.is_loose_route())
}
