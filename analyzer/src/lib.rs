//! From the bytes of a capture or recording to what happened in it.
//!
//! No I/O: the caller pushes the file in chunks of any size into an [`Analyzer`] and gets an
//! [`Analysis`] back: the [`Report`], message flows, messages byte by byte, and what has to be
//! re-read to hear a stream. The file is never held; samples come from an [`Extraction`], which
//! says which ranges of the file it wants.
//!
//! ```
//! use recscope_analyzer::{Analyzer, Options};
//!
//! let file = b"neither a capture nor a recording";
//! let mut analyzer = Analyzer::new("x.pcap", Some(file.len() as u64), Options::default());
//! for chunk in file.chunks(8) {
//!     analyzer.push(chunk);
//! }
//! let analysis = analyzer.finish();
//! assert!(analysis.report().error.is_some());
//! ```

pub mod analysis;
pub mod audio;
pub mod capture;
mod findings;
pub mod net;
mod order;
pub mod pipeline;
mod problems;
pub mod remarks;
pub mod report;
mod survey;
mod trace;
pub mod wording;

pub use analysis::{Analysis, Bucket, Field, FlowScope, MessageDetail, dissect};
pub use audio::{Audio, AudioError, AudioRequest, Channel, Extraction};
pub use pipeline::{Analyzer, Options};
pub use remarks::{Remark, Weight, remarks};
pub use report::Report;
pub use survey::{Survey, Surveyor};
