//! The app: pages on the main thread, the analyzer and the simulator in workers.
//!
//! Two binaries are built from this library with `wasm-bindgen --target web`: `app`, the Analyze
//! page, and `simulate`, the Simulate page. Each runs twice: in the page, where it draws and plays
//! sound, and in a worker, where it reads files and answers questions about them ([`protocol`]), or
//! plays scenarios ([`simulate::protocol`]). Nothing else runs, and nothing is sent anywhere.
//!
//! # What the server has to deliver
//!
//! The folder `static/` with `app.js`, `app_bg.wasm`, `simulate.js` and `simulate_bg.wasm` beside
//! `index.html`. `boot.js` starts the page that the address asks for and loads what the other one
//! needs, and only after that the body gets `data-ready`. From there on no request is made: a
//! worker is started from what is in memory, also after a crash. That is why the content security
//! policy, which `index.html` carries and a server may repeat, allows `worker-src blob:`. It allows
//! no inline script and no inline style: sizes that only the program knows are SVG attributes.

pub mod app;
pub mod audio;
pub mod client;
pub mod components;
pub mod download;
pub mod files;
pub mod frame;
pub mod intake;
pub mod pages;
pub mod protocol;
pub mod same;
pub mod simulate;
pub mod theme;
pub mod wording;
pub mod worker;
