//! CSTA XML over TCP: how a recording system learns from the PBX which calls there are, and at
//! which address an extension is (MX-C1 to MX-C3; ECMA-323).
//!
//! [`Splitter`] cuts a stream into frames, [`Message::parse`] reads the XML of one,
//! [`Message`]'s `Display` writes it and [`Frame::to_bytes`] frames it.
//!
//! ```
//! use recscope_core::csta::{Event, Frame, InvokeId, Message, ServiceEvent, Splitter, Step};
//!
//! let event = Message::Event {
//!     cross_ref: "7".into(),
//!     event: Event::BackInService(ServiceEvent {
//!         device: "1000".into(),
//!         cause: "normal".into(),
//!         address: "192.0.2.20".parse().ok(),
//!     }),
//! };
//! let bytes = Frame { invoke_id: InvokeId::EVENT, xml: event.to_string().into() }.to_bytes()?;
//! let (_, Step::Frame(_, frame)) = Splitter::default().push(&bytes) else { panic!("a frame") };
//! assert_eq!(Message::parse(&frame.xml)?.message, event);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod frame;
mod message;
mod splitter;
mod write;

pub use frame::{Frame, InvokeId, looks_like_csta};
pub use message::{
    CallEvent, CallEventKind, Event, Message, PRIVATE_NAMESPACE, Parsed, ServiceEvent,
};
pub use splitter::{Splitter, Step};

#[cfg(test)]
mod tests;
