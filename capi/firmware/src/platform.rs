//! The least that a Cortex-M4 needs to run the library: what stands at its vectors, memory for
//! `recscope_alloc`, and a way to say how much of it was used.
//!
//! Memory is given out front to back and never again, so that the code stays out of the figures; the
//! counters tell what a real allocator would have to hold.

use core::arch::{asm, naked_asm};
use core::ffi::{c_char, c_void};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

unsafe extern "C" {
    static mut __data_start: u32;
    static __data_end: u32;
    static __data_load: u32;
    static mut __bss_start: u32;
    static __bss_end: u32;
    static mut __heap_start: u8;
    static __heap_end: u8;
    static mut __stack_end: u32;
    static __stack_start: u32;
    /// What the program does.
    fn program();
}

/// Where the processor starts: the stack, and what to run.
#[repr(C)]
struct Vectors {
    stack: *const u32,
    reset: unsafe extern "C" fn() -> !,
    /// NMI and the faults: none of them is expected.
    faults: [unsafe extern "C" fn() -> !; 5],
}

// SAFETY: nothing in it changes.
unsafe impl Sync for Vectors {}

// SAFETY: the linker script puts the section where the processor looks for it.
#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: Vectors = Vectors { stack: &raw const __stack_start, reset, faults: [fault; 5] };

/// Switches the floating-point unit on, which compiled code may use from its first line on.
// SAFETY: no other function of the program has this name, and all it does is what the processor's
// manual asks for before the jump to `start`.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn reset() -> ! {
    naked_asm!(
        "ldr r0, =0xE000ED88",
        "ldr r1, [r0]",
        "orr r1, r1, #0xF00000",
        "str r1, [r0]",
        "dsb",
        "isb",
        "b {start}",
        start = sym start,
    )
}

unsafe extern "C" fn start() -> ! {
    // SAFETY: nothing uses these regions yet, as the program has not begun; the stack is painted
    // only below what this function itself uses.
    unsafe {
        let words = (&raw const __data_end).offset_from((&raw const __data_start).cast());
        let words = usize::try_from(words).unwrap_or(0);
        ptr::copy_nonoverlapping(&raw const __data_load, &raw mut __data_start, words);
        let words = (&raw const __bss_end).offset_from((&raw const __bss_start).cast());
        ptr::write_bytes(&raw mut __bss_start, 0, usize::try_from(words).unwrap_or(0));
        let mut word = &raw mut __stack_end;
        let here = ptr::from_ref(&word).cast::<u32>().wrapping_sub(32);
        while word.cast_const() < here {
            word.write_volatile(PAINT);
            word = word.add(1);
        }
        program();
    }
    say(b"heap ");
    say_number(PEAK.load(Relaxed));
    say(b" stack ");
    say_number(stack_used());
    say(b"\n");
    exit(true)
}

unsafe extern "C" fn fault() -> ! {
    say(b"fault\n");
    exit(false)
}

/// What a word of the stack holds that was never used.
const PAINT: u32 = 0xA5A5_5A5A;

fn stack_used() -> usize {
    // SAFETY: only words between the two ends are looked at.
    unsafe {
        let (mut word, start) = (&raw const __stack_end, &raw const __stack_start);
        while word < start && word.read_volatile() == PAINT {
            word = word.add(1);
        }
        start.addr() - word.addr()
    }
}

static USED: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: no other function of the program has this name; every byte is given out at most once.
#[unsafe(no_mangle)]
extern "C" fn recscope_alloc(size: usize, align: usize) -> *mut c_void {
    let start = (USED.load(Relaxed) + align - 1) & !(align - 1);
    let room = (&raw const __heap_end).addr() - (&raw const __heap_start).addr();
    if start + size > room {
        return ptr::null_mut();
    }
    USED.store(start + size, Relaxed);
    let live = LIVE.load(Relaxed) + size;
    LIVE.store(live, Relaxed);
    PEAK.store(PEAK.load(Relaxed).max(live), Relaxed);
    (&raw mut __heap_start).wrapping_add(start).cast()
}

// SAFETY: no other function of the program has this name; the old memory is as long as is said.
#[unsafe(no_mangle)]
unsafe extern "C" fn recscope_realloc(
    old: *mut c_void,
    old_size: usize,
    align: usize,
    new_size: usize,
) -> *mut c_void {
    let new = recscope_alloc(new_size, align);
    if !new.is_null() {
        // SAFETY: both are at least as long as what is copied, and the new one is new.
        unsafe { ptr::copy_nonoverlapping(old.cast::<u8>(), new.cast(), old_size.min(new_size)) };
        LIVE.store(LIVE.load(Relaxed) - old_size, Relaxed);
    }
    new
}

// SAFETY: no other function of the program has this name.
#[unsafe(no_mangle)]
extern "C" fn recscope_dealloc(_: *mut c_void, size: usize, _: usize) {
    LIVE.store(LIVE.load(Relaxed) - size, Relaxed);
}

// SAFETY: no other function of the program has this name; the text is as long as is said.
#[unsafe(no_mangle)]
unsafe extern "C" fn recscope_panic(file: *const c_char, file_len: usize, line: u32) {
    say(b"panic in ");
    // SAFETY: as the library promises.
    say(unsafe { core::slice::from_raw_parts(file.cast(), file_len) });
    say(b":");
    say_number(line as usize);
    say(b"\n");
    exit(false)
}

fn say_number(number: usize) {
    if number >= 10 {
        say_number(number / 10);
    }
    say(&[b'0' + u8::try_from(number % 10).unwrap_or(0)]);
}

/// Writes to the debugger: QEMU's standard output.
pub(crate) fn say(text: &[u8]) {
    for byte in text {
        semihosting(0x03, ptr::from_ref(byte).cast());
    }
}

/// Ends the run, well or not.
pub(crate) fn exit(is_well: bool) -> ! {
    // ADP_Stopped_ApplicationExit, or _RunTimeError.
    semihosting(0x18, if is_well { 0x20026 } else { 0x20023 } as *const c_void);
    loop {
        core::hint::spin_loop();
    }
}

fn semihosting(operation: usize, parameter: *const c_void) {
    // SAFETY: the operations used here read one byte, or nothing.
    unsafe {
        asm!("bkpt 0xAB", inout("r0") operation => _, in("r1") parameter, options(nostack));
    }
}
