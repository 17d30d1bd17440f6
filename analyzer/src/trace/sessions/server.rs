//! Recordings ordered by RecordServer commands (BX-S1 to BX-S9).

use super::{End, Phase, Session, SessionIndex, Sessions};
use crate::findings::Findings;
use crate::net::ConnectionId;
use crate::report::{MessageProtocol, RecordingMethod, RecordingResult};
use crate::trace::media::{Declaration, Format, Side};
use crate::trace::messages::{Origin, SignallingMessage};
use crate::trace::{MessageIndex, Trace};
use recscope_core::codec::Codec;
use recscope_core::control::{Command, Outcome, StartRequest, StartResponse};
use recscope_core::rule;
use recscope_core::sdp::Direction;
use std::net::{IpAddr, SocketAddr};

impl Trace {
    /// Takes a whole command.
    pub(in crate::trace) fn on_control(
        &mut self,
        connection: ConnectionId,
        origin: Origin,
        bytes: &[u8],
        findings: &mut Findings,
    ) {
        let base = origin.offset.unwrap_or_default();
        let parsed = match Command::parse(bytes) {
            Ok(parsed) => parsed,
            Err(error) => {
                findings.warn(&error.at(base).into());
                return;
            }
        };
        for warning in parsed.warnings {
            findings.warn(&warning.0.at(base).into());
        }
        if !self.messages.has_room(bytes.len()) {
            return;
        }
        let message = self.messages.add(SignallingMessage {
            origin,
            protocol: MessageProtocol::Control,
            summary: summary(&parsed.command),
            raw: bytes.into(),
            call: None,
            transaction: None,
            retransmission_of: None,
        });
        self.follow(connection, &origin, message, &parsed.command);
    }

    fn follow(
        &mut self,
        connection: ConnectionId,
        origin: &Origin,
        message: MessageIndex,
        command: &Command,
    ) {
        let time_ns = origin.time_ns;
        if let Command::StartRequest(request) = command {
            let mut session = Session::of_request(origin, request);
            session.add(message, rule::BX_S2, time_ns);
            self.sessions.open_record(connection, &request.id, session);
            return;
        }
        let Some(index) = self.sessions.record(connection, command.id()) else { return };
        let Some(session) = self.sessions.get_mut(index) else { return };
        match command {
            Command::StartRequest(_) => {}
            Command::StartResponse(response) => {
                session.add(message, rule::BX_S2, time_ns);
                let media = session.on_start_response(response);
                let codec = Codec::from_name(&session.codec);
                if let Some(media) = media {
                    self.declare(index, media, codec, origin);
                }
            }
            Command::StopRequest(request) => {
                session.add(message, rule::BX_S3, time_ns);
                if session.phase != Phase::Failed {
                    session.phase = Phase::Stopping;
                    session.reason.clone_from(&request.reason);
                }
            }
            Command::StopResponse(response) => {
                session.add(message, rule::BX_S3, time_ns);
                if response.result == Outcome::Failed {
                    session.reason = String::from("the server refused to stop");
                }
                session.phase = Phase::Ended;
            }
        }
    }

    /// The server's answer says where the phone sends its RTP.
    fn declare(
        &mut self,
        session: SessionIndex,
        address: SocketAddr,
        codec: Option<Codec>,
        origin: &Origin,
    ) {
        let format = codec.map(|codec| Format::of_static(codec.payload_type()));
        let declaration = Declaration {
            side: Side::Recorder(session),
            address,
            formats: format.into_iter().collect(),
            encrypted: false,
            direction: Direction::RecvOnly,
            ptime: None,
            is_audio: true,
            packet: origin.packet,
            is_agreed: true,
        };
        self.declare_media(&declaration, origin);
    }

    /// The connection that ordered recordings has ended.
    pub(in crate::trace) fn on_connection_end(
        &mut self,
        connection: ConnectionId,
        time_ns: i64,
        end: End,
    ) {
        self.sessions.asked.remove(&connection);
        for (_, index) in self.sessions.by_connection.remove(&connection).unwrap_or_default() {
            if let Some(session) = self.sessions.get_mut(index) {
                session.on_connection_end(time_ns, end);
            }
        }
    }
}

impl Sessions {
    fn open_record(&mut self, connection: ConnectionId, id: &str, session: Session) {
        if let Some(index) = self.open(session) {
            self.by_connection.entry(connection).or_default().push((id.into(), index));
        }
    }

    /// The latest recording of that id on the connection.
    fn record(&self, connection: ConnectionId, id: &str) -> Option<SessionIndex> {
        let records = self.by_connection.get(&connection)?;
        let (_, index) = records.iter().rev().find(|(name, _)| **name == *id)?;
        Some(*index)
    }
}

impl Session {
    fn of_request(origin: &Origin, request: &StartRequest) -> Self {
        Self {
            method: RecordingMethod::Server,
            phase: Phase::Starting,
            start_ns: origin.time_ns,
            end_ns: None,
            extension: request.local_number.clone(),
            phone: origin.src,
            recorder: origin.dst,
            codec: request.codec.clone(),
            control: Vec::new(),
            result: RecordingResult::Success,
            reason: String::new(),
            call: None,
            streams: Vec::new(),
        }
    }

    /// Returns where RTP is to be sent, if recording begins.
    fn on_start_response(&mut self, response: &StartResponse) -> Option<SocketAddr> {
        if response.result == Outcome::Failed {
            self.phase = Phase::Failed;
            self.result = RecordingResult::Failed;
            self.reason = match response.reason.as_str() {
                "" => String::from("refused without a reason"),
                given => given.to_owned(),
            };
            return None;
        }
        self.phase = Phase::Recording;
        // A name instead of an address leaves the host of the connection.
        let host: IpAddr = response.server.parse().unwrap_or(self.recorder.ip());
        response.port.map(|port| SocketAddr::new(host, port))
    }

    fn on_connection_end(&mut self, time_ns: i64, end: End) {
        let how = match end {
            End::Closed => "was closed",
            End::Broken => "broke",
        };
        match self.phase {
            Phase::Starting => {
                self.phase = Phase::Failed;
                self.result = RecordingResult::Failed;
                self.reason = format!("the connection {how} before an answer came");
            }
            Phase::Recording => {
                self.phase = Phase::BrokenOff;
                self.result = RecordingResult::Aborted;
                self.reason = format!("the connection {how} during the recording (BX-S7)");
            }
            Phase::Stopping => {
                self.phase = Phase::Ended;
                self.reason = format!("the connection {how} before stop was confirmed");
            }
            Phase::Ended | Phase::Failed | Phase::BrokenOff => return,
        }
        self.end_ns = Some(time_ns);
    }
}

fn summary(command: &Command) -> String {
    let (name, id) = (command.name(), command.id());
    match command {
        Command::StartRequest(request) => format!("{name} id={id} {}", request.codec),
        Command::StartResponse(response) => match (response.result, response.port) {
            (Outcome::Success, Some(port)) => {
                format!("{name} id={id} success {}:{port}", response.server)
            }
            (Outcome::Success, None) => format!("{name} id={id} success"),
            (Outcome::Failed, _) => format!("{name} id={id} failed {}", response.reason),
        },
        Command::StopRequest(request) => format!("{name} id={id} {}", request.reason),
        Command::StopResponse(response) => format!("{name} id={id} {}", response.result.name()),
    }
    .trim_end()
    .to_owned()
}
