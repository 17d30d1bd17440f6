//! Every scenario of the catalogue: its expectations hold, and its ladder is as it was read.

mod ladders;
mod refusals;
