//! A firmware that copies calls for a recording system.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(not(target_os = "none"))]
fn main() {}

// SAFETY: no other function of the program has this name.
#[cfg(target_os = "none")]
#[unsafe(no_mangle)]
extern "C" fn program() {
    recscope_firmware::active::record();
}
