//! Codecs, recordings and WAVE files against tools and material that are not ours.

mod codec;
#[path = "../../../testdata/recordings/damage.rs"]
mod damage;
mod peer;
mod recording;
mod samples;
mod wave;
