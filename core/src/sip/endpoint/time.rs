//! What an endpoint does because of time.

use super::Endpoint;
use super::event::EndpointEvent;
use super::table::AcceptExpiry;
use crate::Instant;
use crate::machine::Outbox;
use crate::rule::rfc;
use crate::sip::Method;
use crate::sip::transaction::{ClientExpiry, ServerExpiry};

impl Endpoint {
    /// Does what is due by `now`; harmless at any other time.
    pub fn handle_timeout(&mut self, now: Instant, outbox: &mut Outbox) {
        self.expire_clients(now, outbox);
        self.expire_servers(now, outbox);
        self.expire_dialogs(now, outbox);
    }

    fn expire_clients(&mut self, now: Instant, outbox: &mut Outbox) {
        for key in self.clients.due(now) {
            while let Some(entry) = self.clients.entry_mut(key)
                && let Some(expiry) = entry.machine.on_timeout(now)
            {
                match expiry {
                    ClientExpiry::Retransmit => {
                        let request = &entry.request;
                        let local = self.config.local;
                        outbox.datagram(local, request.remote, &request.bytes, request.rule);
                    }
                    ClientExpiry::TimedOut => {
                        let (dialog, is_bye) = (entry.dialog, entry.is(Method::Bye));
                        if !entry.is(Method::Cancel) {
                            let event = EndpointEvent::TimedOut { transaction: key, dialog };
                            self.events.push_back(event);
                        }
                        if is_bye && let Some(dialog) = dialog {
                            self.forget(dialog);
                        }
                    }
                    ClientExpiry::Ended => {}
                }
            }
            if self.clients.entry(key).is_some_and(|entry| entry.machine.is_terminated()) {
                self.clients.remove(key);
            }
        }
    }

    fn expire_servers(&mut self, now: Instant, outbox: &mut Outbox) {
        let local = self.config.local;
        for key in self.servers.due(now) {
            while let Some(entry) = self.servers.entry_mut(key)
                && let Some(expiry) = entry.machine.on_timeout(now)
            {
                match expiry {
                    ServerExpiry::Trying => {
                        let trying = self.response(key, 100);
                        self.respond(now, key, trying, rfc::INVITE_SERVER, outbox);
                    }
                    ServerExpiry::Retransmit => {
                        if let Some(last) = &entry.last {
                            outbox.datagram(local, last.remote, &last.bytes, last.rule);
                        }
                    }
                    ServerExpiry::NotAcknowledged | ServerExpiry::Ended => {}
                }
            }
            if self.servers.entry(key).is_some_and(|entry| entry.machine.is_terminated()) {
                self.servers.remove(key);
            }
        }
    }

    fn expire_dialogs(&mut self, now: Instant, outbox: &mut Outbox) {
        let local = self.config.local;
        for key in self.dialogs.due(now) {
            while let Some(entry) = self.dialogs.entry_mut(key)
                && let Some(accepted) = &mut entry.accepted
                && let Some(expiry) = accepted.on_timeout(now)
            {
                match expiry {
                    AcceptExpiry::Retransmit => {
                        let response = &accepted.response;
                        outbox.datagram(local, response.remote, &response.bytes, response.rule);
                    }
                    AcceptExpiry::GiveUp => {
                        let rule = entry.bye.unwrap_or(rfc::ACCEPT);
                        self.events.push_back(EndpointEvent::NotAcknowledged { dialog: key });
                        self.send_bye(now, key, rule, outbox);
                    }
                }
            }
        }
    }
}
