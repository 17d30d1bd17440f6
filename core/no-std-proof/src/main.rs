//! A program without an operating system that calls into `recscope-core`: that it links for
//! `thumbv7em-none-eabihf` shows that nothing in core, or below it, needs std. Phones are such
//! places.
//!
//! It is not meant to run. On a system that has std it is an empty program, so that commands for
//! the whole workspace work.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(not(target_os = "none"))]
fn main() {}

#[cfg(target_os = "none")]
mod exercise;

#[cfg(target_os = "none")]
mod bare_metal {
    use crate::exercise;
    use core::alloc::{GlobalAlloc, Layout};
    use core::cell::UnsafeCell;
    use core::hint::black_box;
    use core::panic::PanicInfo;
    use core::sync::atomic::{AtomicUsize, Ordering};

    const HEAP_BYTES: usize = 64 * 1024;

    /// Hands out a fixed region front to back and takes nothing back.
    struct Bump {
        region: UnsafeCell<[u8; HEAP_BYTES]>,
        used: AtomicUsize,
    }

    // SAFETY: every byte of the region is handed out at most once, because `used` only grows, by
    // an atomic exchange.
    unsafe impl Sync for Bump {}

    // SAFETY: `alloc` returns null or memory of the layout's size and alignment inside the region
    // that no other allocation overlaps.
    unsafe impl GlobalAlloc for Bump {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let base = self.region.get().cast::<u8>();
            let mut used = self.used.load(Ordering::Relaxed);
            loop {
                let padding = base.wrapping_add(used).align_offset(layout.align());
                let Some(start) = used.checked_add(padding) else {
                    return core::ptr::null_mut();
                };
                let Some(end) = start.checked_add(layout.size()).filter(|end| *end <= HEAP_BYTES)
                else {
                    return core::ptr::null_mut();
                };
                match self.used.compare_exchange(used, end, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => return base.wrapping_add(start),
                    Err(now) => used = now,
                }
            }
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    #[global_allocator]
    static HEAP: Bump =
        Bump { region: UnsafeCell::new([0; HEAP_BYTES]), used: AtomicUsize::new(0) };

    #[panic_handler]
    fn stop(_: &PanicInfo<'_>) -> ! {
        loop {
            core::hint::spin_loop();
        }
    }

    /// Where the linker begins.
    // SAFETY: no other function of this program has this name.
    #[unsafe(no_mangle)]
    extern "C" fn _start() -> ! {
        let _ = black_box(exercise::everything(black_box(&[])));
        loop {
            core::hint::spin_loop();
        }
    }
}
