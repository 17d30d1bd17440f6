//! A firmware that does nothing: what the others' platform costs.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(not(target_os = "none"))]
fn main() {}

#[cfg(target_os = "none")]
use recscope_firmware as _;

// SAFETY: no other function of the program has this name.
#[cfg(target_os = "none")]
#[unsafe(no_mangle)]
extern "C" fn program() {}
