//! Files in, reports and sound out: what is promised whatever the file is like.

mod arbitrary;
mod calls;
mod captures;
mod files;
mod legs;
mod recordings;
mod samples;
mod sessions;
mod surveyed;
mod transactions;
mod unread;
mod wire;
