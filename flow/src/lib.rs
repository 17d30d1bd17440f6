//! A message flow as data: who takes part, who said what to whom, what media ran, what it means.
//!
//! The analyzer and the simulator both produce a [`Flow`]; one layout and one set of exports
//! serve the app, the command line and the docs.

pub mod model;

pub use model::{
    Actor, ActorKind, Arrow, Band, Class, Delivery, Flow, Item, Note, Protocol, StateChange,
};
