//! HTTP, as far as record on demand needs it (MX-D1 to MX-D4).

pub mod query;
