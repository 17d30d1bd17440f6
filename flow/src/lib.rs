//! A message flow as data: who takes part, who said what to whom, what media ran, what it means.
//!
//! The analyzer and the simulator both produce a [`Flow`]; one layout and one set of exports
//! serve the app, the command line and the docs.
//!
//! ```
//! use recscope_flow::{Flow, layout::{LayoutOptions, layout}};
//!
//! let flow = Flow::default();
//! let layout = layout(&flow, &LayoutOptions::default());
//! for row in layout.rows_between(0.0, 600.0) {
//!     let shape = layout.shape(&flow, row);
//!     assert!(shape.is_some(), "every row that the layout names has a shape");
//! }
//! ```

pub mod appearance;
#[cfg(test)]
mod cases;
pub mod clock;
pub mod layout;
pub mod measure;
pub mod mermaid;
pub mod model;
pub mod svg;
pub mod text;

pub use model::{
    Actor, ActorKind, Arrow, Band, Class, Delivery, Flow, Item, Note, Protocol, StateChange,
};
