//! An endpoint, and somebody who writes to it by hand.

use core::net::SocketAddr;
use core::time::Duration;
use recscope_core::Instant;
use recscope_core::machine::{Event, Outbox, Output};
use recscope_core::rule::{self, Rule};
use recscope_core::sip::endpoint::{DialogKey, Endpoint, EndpointConfig, EndpointEvent, ServerKey};
use recscope_core::sip::{Message, Method};

pub(crate) const PHONE: &str = "192.0.2.7:7300";
pub(crate) const RECORDER: &str = "192.0.2.9:5060";

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A datagram that the endpoint sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) remote: SocketAddr,
    pub(crate) text: String,
    pub(crate) rule: &'static Rule,
}

impl Sent {
    /// Its first line, less the version.
    pub(crate) fn line(&self) -> String {
        let line = self.text.lines().next().unwrap_or_default();
        line.replace("SIP/2.0", "").trim().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let message = Message::parse(self.text.as_bytes()).unwrap().message;
        message.header(name).unwrap_or_default().to_owned()
    }
}

pub(crate) struct Bench {
    pub(crate) endpoint: Endpoint,
    pub(crate) outbox: Outbox,
    pub(crate) now: Instant,
    pub(crate) ignored: Vec<&'static str>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(adapt: impl FnOnce(&mut EndpointConfig)) -> Self {
        let mut config =
            EndpointConfig { user: "1000".into(), seed: 7, ..EndpointConfig::new(address(PHONE)) };
        adapt(&mut config);
        Self {
            endpoint: Endpoint::new(config),
            outbox: Outbox::default(),
            now: Instant::ORIGIN,
            ignored: Vec::new(),
        }
    }

    /// Hands it a datagram from the recorder; what it sends.
    pub(crate) fn hear(&mut self, text: &str) -> Vec<Sent> {
        self.hear_from(RECORDER, text)
    }

    pub(crate) fn hear_from(&mut self, remote: &str, text: &str) -> Vec<Sent> {
        let (local, remote) = (address(PHONE), address(remote));
        self.endpoint.handle_datagram(self.now, local, remote, text.as_bytes(), &mut self.outbox);
        self.sent()
    }

    /// What it sent since asked last.
    pub(crate) fn sent(&mut self) -> Vec<Sent> {
        let mut sent = Vec::new();
        while let Some(output) = self.outbox.poll() {
            match output {
                Output::Datagram { local, remote, payload, rule } => {
                    assert_eq!(local, address(PHONE));
                    let text = String::from_utf8(payload.to_vec()).unwrap();
                    let check = Message::parse(payload).unwrap().strict().unwrap().check();
                    assert!(check.is_empty(), "{check:?}\n{text}");
                    sent.push(Sent { remote, text, rule });
                }
                Output::Event(Event::Ignored { reason, .. }) => self.ignored.push(reason),
                other => panic!("{other:?}"),
            }
        }
        sent
    }

    pub(crate) fn lines(&mut self, text: &str) -> Vec<String> {
        self.hear(text).iter().map(Sent::line).collect()
    }

    pub(crate) fn events(&mut self) -> Vec<EndpointEvent> {
        std::iter::from_fn(|| self.endpoint.poll_event()).collect()
    }

    /// The one request that waits for an answer.
    pub(crate) fn request(&mut self) -> (ServerKey, Option<DialogKey>) {
        match self.events().as_slice() {
            [EndpointEvent::Request { transaction, dialog, .. }] => (*transaction, *dialog),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn respond(&mut self, key: ServerKey, status: u16) -> Option<DialogKey> {
        let response = self.endpoint.response(key, status);
        self.endpoint.respond(self.now, key, response, rule::MX_S1, &mut self.outbox)
    }

    /// Takes an INVITE, and accepts it; the dialog, and this side's tag.
    pub(crate) fn accept_invite(&mut self) -> (DialogKey, String) {
        self.hear(&Ask::new("INVITE").text());
        let (key, None) = self.request() else { panic!("a dialog before the INVITE") };
        let dialog = self.respond(key, 200).unwrap();
        let tag = self.endpoint.dialog(dialog).unwrap().local_tag().to_owned();
        (dialog, tag)
    }

    /// The same, with its ACK.
    pub(crate) fn established(&mut self) -> (DialogKey, String) {
        let (dialog, tag) = self.accept_invite();
        self.sent();
        assert!(self.hear(&Ask::new("ACK").to(&tag).branch("ack").text()).is_empty());
        assert!(matches!(self.events().as_slice(), [EndpointEvent::Ack { .. }]));
        (dialog, tag)
    }

    /// Sends an INVITE to the recorder; its text.
    pub(crate) fn invite(&mut self) -> (recscope_core::sip::endpoint::ClientKey, Sent) {
        let invite = self.endpoint.request(
            Method::Invite,
            "sip:recorder@192.0.2.9",
            "<sip:1000@192.0.2.7>",
            "<sip:recorder@192.0.2.9>",
        );
        let recorder = address(RECORDER);
        let key =
            self.endpoint.send_request(self.now, recorder, invite, rule::MX_S1, &mut self.outbox);
        (key, self.sent().remove(0))
    }

    /// Lets time pass until then: what was sent, with the time in ms since the start.
    pub(crate) fn pass(&mut self, duration: Duration) -> Vec<(u64, String)> {
        let end = self.now + duration;
        let mut sent = Vec::new();
        while let Some((due, _)) = self.endpoint.next_timeout().filter(|(due, _)| *due <= end) {
            self.now = due;
            self.endpoint.handle_timeout(due, &mut self.outbox);
            let next = self.endpoint.next_timeout();
            assert!(next.is_none_or(|(next, _)| next > due), "time stands still");
            let at = due.as_micros() / 1000;
            sent.extend(self.sent().iter().map(|sent| (at, sent.line())));
        }
        self.now = end;
        sent
    }
}

/// The answer to a request of the endpoint.
pub(crate) fn answer(to: &Sent, status: u16, tag: &str) -> String {
    use recscope_core::sip::MessageBuilder;
    let request = Message::parse(to.text.as_bytes()).unwrap().message;
    let response = MessageBuilder::response_to(&request, status)
        .to_tag(tag)
        .header("Contact", "<sip:recorder@192.0.2.9:5060>");
    String::from_utf8(response.build()).unwrap()
}

/// A request of the recorder, header by header.
#[derive(Clone)]
pub(crate) struct Ask {
    method: String,
    version: &'static str,
    to: String,
    branch: String,
    cseq: String,
    extra: String,
    body: &'static str,
    without: &'static str,
}

impl Ask {
    pub(crate) fn new(method: &str) -> Self {
        Self {
            method: method.to_owned(),
            version: "SIP/2.0",
            to: "<sip:1000@192.0.2.7>".to_owned(),
            branch: "z9hG4bK-1".to_owned(),
            cseq: format!("1 {method}"),
            extra: String::new(),
            body: "",
            without: "",
        }
    }

    pub(crate) fn to(mut self, tag: &str) -> Self {
        self.to = format!("<sip:1000@192.0.2.7>;tag={tag}");
        self
    }

    pub(crate) fn branch(mut self, branch: &str) -> Self {
        self.branch = format!("z9hG4bK-{branch}");
        self
    }

    /// Another number, and a branch that goes with it.
    pub(crate) fn cseq(mut self, number: u32) -> Self {
        self.cseq = format!("{number} {}", self.method);
        let method = self.method.clone();
        self.branch(&format!("{method}-{number}"))
    }

    pub(crate) fn with(mut self, header: &str) -> Self {
        self.extra = format!("{}{header}\r\n", self.extra);
        self
    }

    pub(crate) fn body(mut self, body: &'static str) -> Self {
        self.body = body;
        self.with("Content-Type: application/sdp")
    }

    pub(crate) const fn without(mut self, header: &'static str) -> Self {
        self.without = header;
        self
    }

    pub(crate) const fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    pub(crate) fn cseq_of(mut self, method: &str) -> Self {
        self.cseq = format!("1 {method}");
        self
    }

    pub(crate) fn text(&self) -> String {
        let Self { method, version, to, branch, cseq, extra, body, without } = self;
        let mut text = format!("{method} sip:1000@192.0.2.7:7300 {version}\r\n");
        for (name, value) in [
            ("Via", format!("SIP/2.0/UDP 192.0.2.9:5060;rport;branch={branch}")),
            ("Max-Forwards", "70".to_owned()),
            ("From", "<sip:recorder@192.0.2.9>;tag=r1".to_owned()),
            ("To", to.clone()),
            ("Call-ID", "rec-1@192.0.2.9".to_owned()),
            ("CSeq", cseq.clone()),
            ("Contact", "<sip:recorder@192.0.2.9:5060>".to_owned()),
            ("Content-Length", body.len().to_string()),
        ] {
            if name != *without {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        format!("{text}{extra}\r\n{body}")
    }
}
