//! Files in, reports and sound out: what is promised whatever the file is like.

mod arbitrary;
mod captures;
mod files;
mod recordings;
mod sessions;
