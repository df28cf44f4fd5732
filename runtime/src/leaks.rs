//! The check that a program has released all it made, for tests of the compiler.
//!
//! It is asked for with the environment variable `RESILIENT_CHECK_LEAKS=1` of the compiler. A program that ends by itself,
//! not by a fault or `exit`, then reports objects that are still there, but for those that globals hold, and ends with
//! status 101. Executables have the check only if they were built so: their entry calls it. Others pay nothing.

use crate::abi::{CountedGlobals, ObjectHeader};
use crate::number::IntText;
use crate::{fault, heap, object, output, sys};

/// The exit status of a program with leaks.
pub const LEAK_STATUS: i32 = 101;

/// Whether the check is asked for.
#[cfg(not(feature = "standalone"))]
pub fn requested() -> bool {
    std::env::var_os("RESILIENT_CHECK_LEAKS").is_some_and(|value| value == "1")
}

/// If the check is asked for and objects are still there, reports them and ends the program. Whoever runs a program calls
/// this at its end, after releasing what its globals hold.
#[cfg(not(feature = "standalone"))]
pub fn check() {
    if requested() {
        report_live_objects();
    }
}

fn report_live_objects() {
    let n = heap::live_objects();
    if n > 0 {
        output::flush();
        fault::write_error(&["Error: ", IntText::unsigned(n as u64).as_str(), " objects not released\n"]);
        sys::exit(LEAK_STATUS);
    }
}

/// Releases what globals hold.
///
/// # Safety
/// The table is that of a program that has ended, or null: each global holds an object or null, and nothing reads it any
/// more.
pub unsafe fn release_globals(table: *const CountedGlobals) {
    if table.is_null() {
        return;
    }
    // SAFETY: by contract; so many addresses follow the length.
    unsafe {
        let globals = (&raw const (*table).globals).cast::<*const *mut ObjectHeader>();
        for n in 0..(*table).len {
            let object = (*globals.add(n)).read();
            if !object.is_null() {
                object::release(object);
            }
        }
    }
}

/// What the entry of an executable with the check calls at its end.
///
/// # Safety
/// As for [`release_globals`].
#[cfg(feature = "standalone")]
#[unsafe(no_mangle)]
unsafe extern "C" fn resilient_check_leaks(table: *const CountedGlobals) {
    // SAFETY: by contract.
    unsafe { release_globals(table) };
    report_live_objects();
}
