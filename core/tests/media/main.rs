//! Codecs, recordings and WAVE files against tools and material that are not ours.

mod codec;
mod peer;
mod samples;
