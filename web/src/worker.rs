//! The worker's side: a desk that takes orders, one at a time, and keeps every analysis.

mod answer;
mod blame;
mod desk;
mod reading;

use crate::protocol::{Notice, Order, pack, unpack};
use desk::Desk;
use js_sys::Array;
use std::panic::{self, PanicHookInfo};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Whether the program runs in a worker, and not in a page.
#[must_use]
pub fn is_here() -> bool {
    js_sys::global().is_instance_of::<DedicatedWorkerGlobalScope>()
}

/// Starts taking orders.
pub fn start() {
    panic::set_hook(Box::new(|info| {
        let (place, doing) = (place_of(info), blame::current());
        post(&Notice::Crashed { place, doing }, &Array::new());
    }));
    let desk = Rc::new(Desk::default());
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // What cannot be unpacked is not from this page.
        if let Some((order, attachments)) = unpack::<Order>(&event.data()) {
            desk::take(&desk, order, &attachments);
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // Lives as long as the worker.
    on_message.forget();
}

/// Where in the program it failed, for a bug report.
pub(crate) fn place_of(info: &PanicHookInfo<'_>) -> String {
    info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default()
}

pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Tells the page `notice`, handing over the memory of the attached typed arrays.
fn post(notice: &Notice, attachments: &Array) {
    let buffers: Array = attachments
        .iter()
        .map(|part| part.unchecked_into::<js_sys::Uint8Array>().buffer())
        .collect();
    // Cannot fail: the buffers were made here and have not been handed over before.
    let _ = scope().post_message_with_transfer(&pack(notice, attachments), &buffers);
}
