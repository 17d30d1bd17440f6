//! Recording on demand, the recorder's side: requests over HTTP (MX-D2 to MX-D4).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::http::{Message, Reader, StartLine, Step};
use crate::machine::{Connection, Outbox, TcpCommand, TcpEvent};
use crate::rule::{self, Rule};

/// Most connections at once; further ones are dropped.
const MAX_CONNECTIONS: usize = 64;

/// Most bytes of a request.
const MAX_REQUEST: usize = 16 * 1024;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Page {
    /// `page=START`
    Start,
    /// `page=STOP`
    Stop,
    /// `page=SAVE`
    Save,
}

impl Page {
    fn from_name(name: &str) -> Option<Self> {
        Some(match () {
            () if name.eq_ignore_ascii_case("START") => Self::Start,
            () if name.eq_ignore_ascii_case("STOP") => Self::Stop,
            () if name.eq_ignore_ascii_case("SAVE") => Self::Save,
            () => return None,
        })
    }

    const fn rule(self) -> &'static Rule {
        match self {
            Self::Start | Self::Stop => rule::MX_D2,
            Self::Save => rule::MX_D3,
        }
    }
}

/// A request that was read and waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Demand {
    connection: Connection,
    pub(super) page: Page,
    pub(super) extension: String,
}

/// The server that the phones' keys reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct DemandServer {
    /// Open connections with what they sent so far.
    connections: Vec<(Connection, Vec<u8>)>,
}

impl DemandServer {
    /// Takes what happened on a connection; a request that is whole is to be
    /// [answered](Self::answer).
    pub(super) fn on_tcp(
        &mut self,
        connection: Connection,
        event: TcpEvent<'_>,
        outbox: &mut Outbox,
    ) -> Option<Demand> {
        match event {
            TcpEvent::Accepted { .. } if self.connections.len() < MAX_CONNECTIONS => {
                self.connections.push((connection, Vec::new()));
            }
            TcpEvent::Accepted { .. } => {
                outbox.tcp(connection, TcpCommand::Abort, rule::MX_D4);
            }
            TcpEvent::Data(bytes) => return self.on_data(connection, bytes, outbox),
            TcpEvent::Closed => {
                if self.forget(connection) {
                    outbox.tcp(connection, TcpCommand::Close, rule::MX_D4);
                }
            }
            TcpEvent::Failed => {
                self.forget(connection);
            }
            TcpEvent::Connected { .. } => {}
        }
        None
    }

    /// Answers and closes.
    pub(super) fn answer(&mut self, demand: &Demand, status: u16, outbox: &mut Outbox) {
        self.respond(demand.connection, status, demand.page.rule(), outbox);
    }

    fn on_data(
        &mut self,
        connection: Connection,
        bytes: &[u8],
        outbox: &mut Outbox,
    ) -> Option<Demand> {
        let (_, buffer) = self.connections.iter_mut().find(|(other, _)| *other == connection)?;
        buffer.extend_from_slice(bytes);
        // Requests are short, so reading them anew is cheaper than to keep a reader's state.
        let mut reader = Reader::default();
        match reader.push(buffer) {
            (_, Step::Message(received)) => match demand(&received.message) {
                Some((page, extension)) => return Some(Demand { connection, page, extension }),
                None => self.respond(connection, 400, rule::MX_D4, outbox),
            },
            (_, Step::Skipped(_)) => self.respond(connection, 400, rule::MX_D4, outbox),
            (_, Step::NeedMore) if buffer.len() > MAX_REQUEST => {
                self.respond(connection, 413, rule::MX_D4, outbox);
            }
            (_, Step::NeedMore) => {}
        }
        None
    }

    fn respond(
        &mut self,
        connection: Connection,
        status: u16,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) {
        if !self.forget(connection) {
            outbox.ignored("the connection is gone", rule);
            return;
        }
        let response = Message::response(status, reason(status)).with_header("Connection", "close");
        outbox.tcp(connection, TcpCommand::Send(&response.to_bytes()), rule);
        outbox.tcp(connection, TcpCommand::Close, rule);
    }

    fn forget(&mut self, connection: Connection) -> bool {
        let before = self.connections.len();
        self.connections.retain(|(other, _)| *other != connection);
        self.connections.len() < before
    }
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        409 => "Conflict",
        413 => "Content Too Large",
        _ => "Error",
    }
}

/// What a request asks for, and for whom: `page` and `OPN` in its query, its form, or as elements
/// of its XML or SOAP body.
fn demand(request: &Message) -> Option<(Page, String)> {
    if !matches!(request.start, StartLine::Request { .. }) {
        return None;
    }
    let body = core::str::from_utf8(&request.body).unwrap_or_default();
    let document = roxmltree::Document::parse(body).ok();
    let value = |key: &str| {
        let element = || {
            let nodes = document.as_ref()?.descendants();
            let mut named = nodes.filter(|node| node.tag_name().name().eq_ignore_ascii_case(key));
            Some(named.next()?.text()?.trim().to_string())
        };
        request.query_value(key).map(|value| value.to_string()).or_else(element)
    };
    Some((Page::from_name(&value("page")?)?, value("OPN").filter(|number| !number.is_empty())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Output;
    use core::net::SocketAddr;

    const CONNECTION: Connection = Connection(Connection::ACCEPTED);

    fn ask(request: &[u8]) -> (Option<Demand>, String) {
        let (mut server, mut outbox) = (DemandServer::default(), Outbox::default());
        let address = SocketAddr::from(([192, 0, 2, 9], 8080));
        let accepted = TcpEvent::Accepted { local: address, remote: address };
        server.on_tcp(CONNECTION, accepted, &mut outbox);
        let mut found = None;
        // Byte by byte: how TCP cuts a request must not matter.
        for byte in request {
            found = found.or(server.on_tcp(CONNECTION, TcpEvent::Data(&[*byte]), &mut outbox));
        }
        if let Some(demand) = &found {
            server.answer(demand, 200, &mut outbox);
        }
        let Some(Output::Tcp { command: TcpCommand::Send(answer), .. }) = outbox.poll() else {
            return (found, String::new());
        };
        (found, String::from_utf8_lossy(answer).lines().next().unwrap_or_default().into())
    }

    #[test]
    fn queries_forms_and_soap_say_the_same() {
        let soap = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>\
                    <Record><Page>start</Page><OPN> 1000 </OPN></Record></s:Body></s:Envelope>";
        let requests = [
            "GET /XVOIPService?page=START&OPN=1000 HTTP/1.1\r\n\r\n".to_string(),
            "POST /x HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: 19\r\n\r\npage=START&OPN=1000"
                .to_string(),
            alloc::format!(
                "POST /x HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{soap}",
                soap.len()
            ),
        ];
        for request in requests {
            let (demand, answer) = ask(request.as_bytes());
            let demand = demand.expect("understood");
            assert_eq!((demand.page, &*demand.extension), (Page::Start, "1000"));
            assert_eq!(answer, "HTTP/1.1 200 OK");
        }
    }

    #[test]
    fn what_is_not_understood_is_answered_400() {
        for request in [
            "GET /XVOIPService?page=START HTTP/1.1\r\n\r\n",
            "GET /XVOIPService?page=DANCE&OPN=1000 HTTP/1.1\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "not a word of HTTP\r\n\r\n",
        ] {
            let (demand, answer) = ask(request.as_bytes());
            assert_eq!((demand, &*answer), (None, "HTTP/1.1 400 Bad Request"), "{request}");
        }
    }

    #[test]
    fn a_request_without_end_is_cut_off() {
        let (demand, answer) = ask(&[b'x'; MAX_REQUEST + 1]);
        assert_eq!((demand, &*answer), (None, "HTTP/1.1 413 Content Too Large"));
    }
}
