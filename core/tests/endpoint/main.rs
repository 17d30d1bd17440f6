//! The SIP endpoint that all machines share: its timers against RFC 3261's tables, its own
//! answers, its dialogs, two ends over a bad network, and anything at all at any time.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod answers;
mod arbitrary;
mod dialogs;
mod lossy;
mod peer;
mod transactions;
