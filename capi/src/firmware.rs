//! Where there is no operating system: memory and the end of all things come from the firmware.
//!
//! The four functions below are the firmware's to define, in C:
//!
//! ```c
//! void *recscope_alloc(size_t size, size_t align);
//! void *recscope_realloc(void *old, size_t old_size, size_t align, size_t new_size);
//! void recscope_dealloc(void *memory, size_t size, size_t align);
//! void recscope_panic(const char *file, size_t file_len, uint32_t line);
//! ```
//!
//! - `recscope_alloc` gives memory of a size that is not 0 at a multiple of `align`, a power of
//!   two that is at most 8 here; or NULL, which ends in `recscope_panic`.
//! - `recscope_realloc` likewise, keeping what fits of the old; NULL leaves the old as it was.
//! - `recscope_panic` is called for mistakes within the library and for want of memory. It must not
//!   return: to restart the phone is what there is left to do.

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_char, c_void};
use core::panic::PanicInfo;

unsafe extern "C" {
    fn recscope_alloc(size: usize, align: usize) -> *mut c_void;
    fn recscope_realloc(
        old: *mut c_void,
        old_size: usize,
        align: usize,
        new_size: usize,
    ) -> *mut c_void;
    fn recscope_dealloc(memory: *mut c_void, size: usize, align: usize);
    fn recscope_panic(file: *const c_char, file_len: usize, line: u32);
}

/// The firmware's memory.
struct Firmware;

// SAFETY: the firmware's functions keep the contract of `GlobalAlloc`, as the module says.
unsafe impl GlobalAlloc for Firmware {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's layout has a size, as `GlobalAlloc` asks for.
        unsafe { recscope_alloc(layout.size(), layout.align()) }.cast()
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller got `old` for this layout, and the new size is not 0.
        unsafe { recscope_realloc(old.cast(), layout.size(), layout.align(), new_size) }.cast()
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller got `memory` for this layout and gives it up.
        unsafe { recscope_dealloc(memory.cast(), layout.size(), layout.align()) };
    }
}

#[global_allocator]
static FIRMWARE: Firmware = Firmware;

#[panic_handler]
fn end(info: &PanicInfo<'_>) -> ! {
    let (file, line) = info.location().map_or(("", 0), |place| (place.file(), place.line()));
    // SAFETY: the text is as long as is said, and lives forever.
    unsafe { recscope_panic(file.as_ptr().cast(), file.len(), line) };
    // The firmware broke its word. Nothing can go on from here.
    loop {
        core::hint::spin_loop();
    }
}
