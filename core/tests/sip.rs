//! SIP read as others write it: torture messages, samples, real captures, and arbitrary bytes.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

#[path = "sip/arbitrary.rs"]
mod arbitrary;
#[path = "sip/captures.rs"]
mod captures;
#[path = "sip/rfc4475.rs"]
mod rfc4475;
#[path = "sip/rfc5118.rs"]
mod rfc5118;
#[path = "sip/samples.rs"]
mod samples;
#[path = "sip/wire.rs"]
mod wire;
