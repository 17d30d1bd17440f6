//! Who is where: registrations by SIP and by RAS, one phone for each extension.

use alloc::format;
use alloc::string::{String, ToString};
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use super::monitors::{Device, back_in_service};
use super::{Due, Order, Pbx};
use crate::csta::{Event as CstaEvent, ServiceEvent};
use crate::machine::{Event, State as _, states};
use crate::ras;
use crate::rule::{self, rfc};
use crate::sip::endpoint::{Received, ServerKey};
use crate::sip::{Contact, Host, Message, Method, NameAddr, Uri};

/// Registrations held at once; more are refused.
const MAX_REGISTRATIONS: usize = 100_000;

states! {
    /// Whether an extension can be reached.
    pub enum Presence: "extension" {
        /// No phone has it.
        Absent = "not registered",
        /// A phone has it.
        Present = "registered",
    }
    Absent -> Present: "REGISTER", rfc::REGISTRAR;
    Absent -> Present: "registration", rule::MX_C1;
    Present -> Absent: "expiry of zero", rfc::REGISTRAR;
    Present -> Absent: "un-registration", rule::MX_C1;
    Present -> Absent: "expiry", rfc::REGISTRAR;
    Present -> Absent: "restart", rule::MX_S14;
}

/// The phone that has an extension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Registration {
    /// Ties it to its deadline.
    id: u32,
    /// Where SIP requests for it go.
    pub(super) target: SocketAddr,
    /// The URI of its contact.
    pub(super) contact: String,
    /// How it registered.
    by: By,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum By {
    /// SIP: the Call-ID and CSeq of its last REGISTER.
    Sip { call_id: String, cseq: u32 },
    /// RAS, from this address.
    Ras(SocketAddr),
}

impl Registration {
    /// Where calls to it go, if it is an H.323 terminal.
    pub(super) const fn terminal(&self) -> Option<SocketAddr> {
        match self.by {
            By::Ras(remote) => Some(remote),
            By::Sip { .. } => None,
        }
    }
}

/// What changed about an extension, to be told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct News {
    extension: String,
    event: CstaEvent,
    /// The phone that had the extension until now.
    displaced: Option<Registration>,
}

/// One contact of a REGISTER.
struct Binding<'a> {
    contact: &'a NameAddr<'a>,
    target: SocketAddr,
    expires: Duration,
    call_id: &'a str,
    cseq: u32,
}

impl Pbx {
    /// Whether there is such an extension, and where.
    pub(super) fn device(&self, extension: &str) -> Device {
        let is_known = self.config.extensions.is_empty()
            || self.config.extensions.iter().any(|known| known == extension);
        match self.registrations.get(extension) {
            Some(registration) => Device::At(registration.target.ip()),
            None if is_known => Device::Absent,
            None => Device::Unknown,
        }
    }

    /// Answers a REGISTER (RFC 3261 10.3).
    pub(super) fn register(&mut self, transaction: ServerKey, received: &Received) {
        let Some(request) = received.message() else { return self.endpoint.ignore(transaction) };
        let status = match self.bind(&request, received.remote) {
            Ok(()) => 200,
            Err(status) => status,
        };
        let mut response = self.endpoint.response(transaction, status);
        let extension = user_of(request.to()).unwrap_or_default();
        if status == 200
            && let Some(registration) = self.registrations.get(&extension)
        {
            let left = self.deadlines.deadline(Due::Registration(registration.id));
            let left = left.map_or(0, |at| (at - self.deadlines.now()).as_secs());
            let contact = format!("<{}>;expires={left}", registration.contact);
            response = response.header("Contact", contact);
        }
        self.respond(transaction, response, rfc::REGISTRAR);
        self.publish();
    }

    /// Does what a REGISTER asks for.
    ///
    /// # Errors
    /// The status to refuse it with.
    fn bind(&mut self, request: &Message<'_>, remote: SocketAddr) -> Result<(), u16> {
        let extension = user_of(request.to()).ok_or(404_u16)?;
        if matches!(self.device(&extension), Device::Unknown) {
            return Err(404);
        }
        let call_id = request.call_id().ok_or(400_u16)?;
        let cseq = request.cseq().ok_or(400_u16)?.number;
        let by_header = request.header("Expires").map(|value| value.trim().parse::<u32>());
        let is_stale = self.registrations.get(&extension).is_some_and(|known| {
            matches!(&known.by, By::Sip { call_id: last, cseq: number } if last == call_id && *number >= cseq)
        });
        if is_stale {
            return Err(500);
        }
        // One phone for each extension (MX-S11): a further contact would be a second one.
        match request.contacts().next() {
            None => Ok(()),
            Some(Contact::Any) => {
                if by_header != Some(Ok(0)) {
                    return Err(400);
                }
                self.unbind(&extension, "expiry of zero", "normal");
                Ok(())
            }
            Some(Contact::Address(contact)) => {
                let asked = match contact.params.value("expires") {
                    Some(text) => text.parse().ok(),
                    None => by_header.and_then(Result::ok),
                };
                let asked = asked.map_or(self.config.registration, |seconds: u32| {
                    Duration::from_secs(u64::from(seconds))
                });
                let expires = asked.min(self.config.registration);
                let target = address_of(&contact.uri, remote);
                let binding = Binding { contact: &contact, target, expires, call_id, cseq };
                self.bind_contact(&extension, &binding)
            }
        }
    }

    fn bind_contact(&mut self, extension: &str, binding: &Binding<'_>) -> Result<(), u16> {
        let contact = binding.contact.uri.as_str();
        let known = self.registrations.get(extension);
        if binding.expires.is_zero() {
            if known.is_some_and(|known| known.contact == contact) {
                self.unbind(extension, "expiry of zero", "normal");
            }
            return Ok(());
        }
        if known.is_none() && self.registrations.len() >= MAX_REGISTRATIONS {
            return Err(503);
        }
        let by = By::Sip { call_id: binding.call_id.to_string(), cseq: binding.cseq };
        let is_refresh = known.is_some_and(|known| {
            known.contact == contact
                && matches!(&known.by, By::Sip { call_id, .. } if call_id == binding.call_id)
        });
        self.enrol(extension, contact, binding.target, by, binding.expires, is_refresh);
        Ok(())
    }

    /// Takes a message of a terminal to its gatekeeper.
    pub(super) fn gatekeeper(&mut self, remote: SocketAddr, message: &ras::Message) {
        let of_remote = |(_, known): &(&String, &Registration)| known.by == By::Ras(remote);
        let extension = self.registrations.iter().find(of_remote).map(|(name, _)| name.clone());
        let answer = match (message, extension) {
            (ras::Message::RegistrationRequest { extension }, known) => {
                if matches!(self.device(extension), Device::Unknown) {
                    ras::Message::RegistrationReject { reason: "unknown extension" }
                } else if self.registrations.len() >= MAX_REGISTRATIONS && known.is_none() {
                    ras::Message::RegistrationReject { reason: "resource unavailable" }
                } else {
                    let target = SocketAddr::new(remote.ip(), 5060);
                    let contact = format!("sip:{extension}@{target}");
                    let expires = self.config.registration;
                    self.enrol(extension, &contact, target, By::Ras(remote), expires, false);
                    ras::Message::RegistrationConfirm
                }
            }
            (ras::Message::KeepAlive, Some(extension)) => {
                if let Some(known) = self.registrations.get(&extension) {
                    self.deadlines.set(Due::Registration(known.id), self.config.registration);
                }
                ras::Message::KeepAliveConfirm
            }
            (ras::Message::KeepAlive, None) => {
                ras::Message::RegistrationReject { reason: "full registration required" }
            }
            (ras::Message::UnregistrationRequest { .. }, known) => {
                if let Some(extension) = known {
                    self.unbind(&extension, "un-registration", "normal");
                }
                ras::Message::UnregistrationConfirm
            }
            (ras::Message::UnregistrationConfirm, known) => {
                // The terminal obeyed an order; if another has its extension, it is not found.
                if let Some(extension) = known {
                    self.unbind(&extension, "un-registration", "maintenance");
                }
                return self.publish();
            }
            (
                ras::Message::Setup { .. }
                | ras::Message::Alerting
                | ras::Message::Connect
                | ras::Message::ReleaseComplete { .. },
                _,
            ) => return self.h323_call(remote, message),
            _ => {
                let reason = "a gatekeeper does not get this message";
                return self.outbox.ignored(reason, rule::MX_1);
            }
        };
        self.outbox.ras(remote, answer, rule::MX_C1);
        self.publish();
    }

    /// Gives an extension to a phone, and takes it from another one (MX-S11).
    fn enrol(
        &mut self,
        extension: &str,
        contact: &str,
        target: SocketAddr,
        by: By,
        expires: Duration,
        is_refresh: bool,
    ) {
        let cause = match by {
            By::Sip { .. } => "REGISTER",
            By::Ras(_) => "registration",
        };
        let former = self.registrations.remove(extension);
        let id = former.as_ref().map_or_else(|| self.next_id(), |former| former.id);
        let registration = Registration { id, target, contact: contact.to_string(), by };
        self.registrations.insert(extension.to_string(), registration);
        self.deadlines.set(Due::Registration(id), expires);
        if is_refresh {
            return;
        }
        let mut presence = if former.is_some() { Presence::Present } else { Presence::Absent };
        self.outbox.event(presence.enter(Presence::Present, cause));
        let displaced = former.filter(|former| former.target.ip() != target.ip());
        if displaced.is_none() {
            // The phone lost its memory of them when it lost its registration.
            self.drop_calls(extension);
        }
        let event = back_in_service(extension.to_string(), target.ip());
        self.news.push(News { extension: extension.to_string(), event, displaced });
    }

    /// Takes an extension from the phone that has it.
    pub(super) fn unbind(&mut self, extension: &str, cause: &'static str, told: &str) {
        let Some(former) = self.registrations.remove(extension) else { return };
        self.deadlines.clear(Due::Registration(former.id));
        let mut presence = Presence::Present;
        self.outbox.event(presence.enter(Presence::Absent, cause));
        let event = CstaEvent::OutOfService(ServiceEvent {
            device: extension.to_string(),
            cause: told.to_string(),
            address: Some(former.target.ip()),
        });
        self.news.push(News { extension: extension.to_string(), event, displaced: None });
    }

    /// Tells of what changed, once the phone that changed it has its answer: a recorder that hears
    /// of it before would invite a phone that does not know yet that it is registered.
    pub(super) fn publish(&mut self) {
        for News { extension, event, displaced } in core::mem::take(&mut self.news) {
            let mut rule = rule::MX_C3;
            if let Some(displaced) = displaced {
                rule = rule::MX_S11;
                let from = displaced.target.ip();
                let text = format!(
                    "extension {extension} moves: the phone at {from} that had it is logged off"
                );
                self.outbox.note(text, rule);
                self.give_order(&extension, &displaced, Order::LogOff);
            }
            self.monitors.tell(&extension, &event, rule, &mut self.outbox);
        }
    }

    /// A registration was not renewed in time.
    pub(super) fn expire(&mut self, id: u32) {
        let mut all = self.registrations.iter();
        let extension = all.find(|(_, known)| known.id == id).map(|(name, _)| name.clone());
        if let Some(extension) = extension {
            self.unbind(&extension, "expiry", "networkNotObtainable");
            self.publish();
        }
    }

    /// Orders the phone of an extension to do something (MX-S13).
    pub(super) fn order(&mut self, extension: &str, order: Order) {
        match self.registrations.get(extension).cloned() {
            Some(registration) => self.give_order(extension, &registration, order),
            None => self.outbox.event(Event::Ignored {
                reason: "the extension to be ordered is not registered",
                rule: order.rule(),
            }),
        }
    }

    fn give_order(&mut self, extension: &str, phone: &Registration, order: Order) {
        if let By::Ras(remote) = phone.by {
            let reason = order.reason();
            let request = ras::Message::UnregistrationRequest { reason };
            return self.outbox.ras(remote, request, order.rule());
        }
        let here = self.config.sip;
        let aor = format!("sip:{extension}@{here}");
        let notify = self
            .endpoint
            .request(Method::Notify, &phone.contact, format!("<sip:{here}>"), format!("<{aor}>"))
            .header("Contact", format!("<sip:{here}>"))
            .header("Event", order.event());
        let notify = match order {
            Order::LogOff => notify
                .header("Subscription-State", "terminated;reason=rejected")
                .body("application/reginfo+xml", reginfo(&aor, phone).as_bytes()),
            _ => notify.header("Subscription-State", "terminated"),
        };
        self.send_request(phone.target, notify, order.rule());
    }
}

/// The document that says that a contact is gone by the PBX's will (RFC 3680 5).
fn reginfo(aor: &str, phone: &Registration) -> String {
    let mut contact = String::new();
    crate::http::variables::escape_xml(&phone.contact, &mut contact);
    let id = phone.id;
    format!(
        "<?xml version=\"1.0\"?>\r\n\
         <reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\">\
         <registration aor=\"{aor}\" id=\"a{id}\" state=\"terminated\">\
         <contact id=\"c{id}\" state=\"terminated\" event=\"rejected\"><uri>{contact}</uri></contact>\
         </registration></reginfo>\r\n"
    )
}

/// The user of an address.
pub(super) fn user_of(address: Option<NameAddr<'_>>) -> Option<String> {
    address?.uri.user.map(ToString::to_string).filter(|user| !user.is_empty())
}

/// Where a contact leads; to whom it came from, where it names no address.
fn address_of(uri: &Uri<'_>, remote: SocketAddr) -> SocketAddr {
    let host: Option<IpAddr> = uri.host.as_ref().and_then(Host::address);
    host.map_or(remote, |ip| SocketAddr::new(ip, uri.port_or_default()))
}
