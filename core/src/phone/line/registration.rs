//! Registering, keeping it alive, and leaving (MX-S5, MX-S11 to MX-S14).

use alloc::format;
use alloc::string::{String, ToString};
use core::time::Duration;

use super::{Leaving, Line, LineNotice, LineTimer, RegistrationState as State};
use crate::machine::State as _;
use crate::pbx::Order;
use crate::phone::model::Registration;
use crate::ras;
use crate::rule::{self, Rule, rfc};
use crate::sip::endpoint::{ClientKey, Received};
use crate::sip::{Contact, Method};

/// How often a question over RAS is asked.
const RAS_ATTEMPTS: u8 = 3;

/// A question to the registrar or gatekeeper that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Attempt {
    /// By SIP.
    Sip(ClientKey, Wish),
    /// By RAS: what was asked, and how often it may be asked again.
    Ras(Wish, u8),
}

/// What the phone wants of its registrar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wish {
    Register,
    KeepAlive,
    Unregister,
}

impl Attempt {
    pub(super) fn is(attempt: Option<&Self>, transaction: ClientKey) -> bool {
        matches!(attempt, Some(Self::Sip(key, _)) if *key == transaction)
    }

    const fn wish(&self) -> Wish {
        match *self {
            Self::Sip(_, wish) | Self::Ras(wish, _) => wish,
        }
    }
}

impl Line {
    pub(super) fn enter_registration(&mut self, to: State, cause: &'static str) {
        self.outbox.event(self.registration.enter(to, cause));
    }

    pub(super) fn log_on(&mut self) {
        if matches!(self.registration, State::LoggedOff | State::Waiting | State::Leaving) {
            self.register_anew("log-on");
        } else {
            self.outbox.ignored("the phone is logged on", rfc::CONTACTS);
        }
    }

    pub(super) fn register_anew(&mut self, cause: &'static str) {
        self.timers.clear_all();
        self.leaving = None;
        self.enter_registration(State::Registering, cause);
        self.ask(Wish::Register, rfc::CONTACTS);
    }

    /// The user logs off.
    pub(super) fn log_off(&mut self) {
        self.hang_up();
        self.leaving = None;
        match self.registration {
            State::Registered => {
                self.enter_registration(State::Leaving, "log-off");
                self.timers.clear_all();
                self.ask(Wish::Unregister, rule::MX_S5);
            }
            State::LoggedOff | State::Leaving => {}
            _ => {
                // A registration under way may yet succeed at the PBX: it is taken back.
                let was_asked = self.registration == State::Registering;
                self.enter_registration(State::LoggedOff, "log-off");
                self.timers.clear_all();
                if was_asked {
                    self.ask(Wish::Unregister, rule::MX_S5);
                }
            }
        }
    }

    /// The rest of the phone is ready for the end of the registration.
    pub(super) fn leave(&mut self, why: Leaving) {
        if self.registration != State::Registered {
            return;
        }
        self.hang_up();
        self.timers.clear_all();
        self.leaving = Some(why);
        let cause = match why {
            Leaving::Unanswered => "no answer to the keep-alive",
            Leaving::Ordered(Order::ReadConfiguration) => "order to read the configuration",
            Leaving::Ordered(Order::LoadFirmware) => "order to load firmware",
            Leaving::Ordered(Order::LogOff) => {
                // The extension is another phone's already: there is nothing to unregister.
                self.attempt = None;
                self.leaving = None;
                self.confirm_urq(rule::MX_S11);
                return self.enter_registration(State::LoggedOff, "forced log-off");
            }
        };
        let rule = match why {
            Leaving::Unanswered => rule::MX_S14,
            Leaving::Ordered(order) => order.rule(),
        };
        self.enter_registration(State::Leaving, cause);
        match (why, self.config.registration) {
            (Leaving::Ordered(_), Registration::H323) => {
                // The gatekeeper took the registration back itself.
                self.attempt = None;
                self.confirm_urq(rule);
                self.left();
            }
            _ => self.ask(Wish::Unregister, rule),
        }
    }

    fn confirm_urq(&mut self, rule: &'static Rule) {
        if self.config.registration == Registration::H323 {
            let confirm = ras::Message::UnregistrationConfirm;
            self.outbox.ras(self.config.gatekeeper, confirm, rule);
        }
    }

    /// The registration is over, confirmed or not.
    fn left(&mut self) {
        let over = "un-registration over";
        match self.leaving.take() {
            None => self.enter_registration(State::LoggedOff, over),
            Some(Leaving::Unanswered) => self.wait(over),
            Some(Leaving::Ordered(Order::LoadFirmware)) => {
                self.enter_registration(State::Restarting, over);
                self.timers.set(LineTimer::Update, self.config.restart);
                self.notices.push_back(LineNotice::Restarting);
            }
            Some(Leaving::Ordered(_)) => {
                self.enter_registration(State::Reading, over);
                self.timers.set(LineTimer::Update, self.config.configuration);
            }
        }
    }

    fn wait(&mut self, cause: &'static str) {
        self.enter_registration(State::Waiting, cause);
        self.timers.clear_all();
        self.timers.set(LineTimer::Retry, self.config.retry);
    }

    /// The configuration is read, or the restart over.
    pub(super) fn updated(&mut self) {
        let cause = match self.registration {
            State::Restarting => {
                // What it knew of earlier registrations went with the restart.
                self.registers = None;
                "restarted"
            }
            _ => "configuration read",
        };
        self.register_anew(cause);
    }

    pub(super) fn keep_alive(&mut self) {
        if self.attempt.is_none() {
            self.ask(Wish::KeepAlive, rule::MX_S14);
        }
    }

    /// Asks the registrar or gatekeeper for something; an earlier question is not waited for any
    /// more.
    fn ask(&mut self, wish: Wish, rule: &'static Rule) {
        if self.config.registration == Registration::H323 {
            self.ask_by_ras(wish, RAS_ATTEMPTS, rule);
            return;
        }
        let expires = match wish {
            Wish::Unregister => 0,
            Wish::Register | Wish::KeepAlive => self.config.expires.as_secs(),
        };
        let (pbx, extension) = (self.config.pbx, &self.config.extension);
        let aor = format!("<sip:{extension}@{pbx}>");
        let from = match &*self.config.display_name {
            "" => aor.clone(),
            name => format!("\"{}\" {aor}", name.replace(['"', '\\'], "'")),
        };
        let contact = format!("<sip:{extension}@{}>;expires={expires}", self.config.sip);
        let mut register = self.endpoint.request(Method::Register, format!("sip:{pbx}"), from, aor);
        let (call_id, cseq) = match self.registers.take() {
            Some((call_id, cseq)) => (call_id, cseq.wrapping_add(1)),
            None => (self.new_call_id(), 1),
        };
        register = register
            .set("Call-ID", &call_id)
            .set("CSeq", format!("{cseq} REGISTER"))
            .set("Contact", contact);
        self.registers = Some((call_id, cseq));
        let now = self.timers.now();
        let key = self.endpoint.send_request(now, pbx, register, rule, &mut self.outbox);
        self.attempt = Some(Attempt::Sip(key, wish));
    }

    /// A Call-ID for all registrations until the next loss of power.
    fn new_call_id(&mut self) -> String {
        let random = self.random.next_u64();
        format!("{random:016x}@{}", self.config.sip.ip())
    }

    fn ask_by_ras(&mut self, wish: Wish, attempts: u8, rule: &'static Rule) {
        let message = match wish {
            Wish::Register => {
                let extension = self.config.extension.clone();
                ras::Message::RegistrationRequest { extension }
            }
            Wish::KeepAlive => ras::Message::KeepAlive,
            Wish::Unregister => ras::Message::UnregistrationRequest {
                reason: match self.leaving {
                    Some(Leaving::Unanswered) => "no answer to the keep-alive",
                    _ => "log-off",
                },
            },
        };
        self.outbox.ras(self.config.gatekeeper, message, rule);
        self.attempt = Some(Attempt::Ras(wish, attempts.saturating_sub(1)));
        self.timers.set(LineTimer::RasAnswer, self.config.ras_answer);
    }

    /// No answer over RAS came in time.
    pub(super) fn ras_unanswered(&mut self) {
        match self.attempt {
            Some(Attempt::Ras(wish, left)) if left > 0 => self.ask_by_ras(wish, left, rule::MX_S14),
            Some(Attempt::Ras(..)) => self.register_unanswered(),
            _ => {}
        }
    }

    /// Takes a message of the gatekeeper.
    pub(super) fn ras(&mut self, message: &ras::Message) {
        let wish = self.attempt.as_ref().map(Attempt::wish);
        match (message, wish) {
            (ras::Message::RegistrationConfirm, Some(Wish::Register))
            | (ras::Message::KeepAliveConfirm, Some(Wish::KeepAlive)) => {
                let expires = self.config.expires;
                self.registered(expires);
            }
            (ras::Message::RegistrationReject { .. }, Some(Wish::KeepAlive)) => {
                // The gatekeeper lost its memory: it wants the whole registration.
                self.timers.clear(LineTimer::RasAnswer);
                self.ask(Wish::Register, rule::MX_S14);
            }
            (ras::Message::RegistrationReject { reason }, Some(Wish::Register)) => {
                self.attempt = None;
                self.outbox.prompt(format!("Cannot log on: {reason}"), rfc::CONTACTS);
                self.wait("refused");
            }
            (ras::Message::UnregistrationConfirm, Some(Wish::Unregister)) => {
                self.attempt = None;
                self.timers.clear(LineTimer::RasAnswer);
                if self.registration == State::Leaving {
                    self.left();
                }
            }
            (ras::Message::UnregistrationRequest { reason }, _) => {
                match Order::from_reason(reason) {
                    Some(order) if self.registration == State::Registered => {
                        self.notices.push_back(LineNotice::Leaving(Leaving::Ordered(order)));
                    }
                    _ => self
                        .outbox
                        .ignored("the URQ asks for nothing that can be done", rule::MX_S13),
                }
            }
            (
                ras::Message::Setup { .. }
                | ras::Message::Alerting
                | ras::Message::Connect
                | ras::Message::ReleaseComplete { .. },
                _,
            ) => self.h323_call(message),
            _ => self.outbox.ignored("the gatekeeper was not asked for this", rfc::CONTACTS),
        }
    }

    /// The registrar answered by SIP.
    pub(super) fn register_answered(&mut self, status: u16, received: &Received) {
        if status < 200 {
            return;
        }
        let wish = self.attempt.as_ref().map(Attempt::wish);
        match (status, wish) {
            (_, Some(Wish::Unregister)) => {
                self.attempt = None;
                if self.registration == State::Leaving {
                    self.left();
                }
            }
            (200..=299, _) => {
                let granted = granted(received, &self.config.sip.to_string());
                let granted = granted.unwrap_or(self.config.expires);
                self.registered(granted);
            }
            _ => {
                self.attempt = None;
                let reason = crate::sip::status_text(status);
                self.outbox.prompt(format!("Cannot log on: {status} {reason}"), rfc::CONTACTS);
                self.wait("refused");
            }
        }
    }

    fn registered(&mut self, granted: Duration) {
        self.attempt = None;
        self.timers.clear(LineTimer::RasAnswer);
        if !matches!(self.registration, State::Registering | State::Registered) {
            return;
        }
        // In good time before it would end by itself.
        let renewal = self.config.keep_alive.min(granted / 2).max(Duration::from_secs(1));
        self.timers.set(LineTimer::KeepAlive, renewal);
        if self.registration == State::Registering {
            self.enter_registration(State::Registered, "confirmed");
            self.notices.push_back(LineNotice::Registered);
        }
    }

    /// The registrar or gatekeeper did not answer at all.
    pub(super) fn register_unanswered(&mut self) {
        let wish = self.attempt.take().map(|attempt| attempt.wish());
        match (wish, self.registration) {
            (Some(Wish::Register), State::Registering) => self.wait("no answer"),
            (Some(Wish::Register | Wish::KeepAlive), State::Registered) => {
                self.notices.push_back(LineNotice::Leaving(Leaving::Unanswered));
            }
            (Some(Wish::Unregister), State::Leaving) => self.left(),
            _ => {}
        }
    }
}

/// How long the registrar lets this phone's contact last.
fn granted(received: &Received, socket: &str) -> Option<Duration> {
    let response = received.message()?;
    let seconds = response
        .contacts()
        .find_map(|contact| match contact {
            Contact::Address(address) if address.uri.as_str().contains(socket) => {
                address.params.value("expires")?.parse::<u32>().ok()
            }
            _ => None,
        })
        .or_else(|| response.header("Expires")?.trim().parse().ok())?;
    Some(Duration::from_secs(u64::from(seconds)))
}
