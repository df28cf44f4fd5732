//! The program's stack and its overflow.
//!
//! A program runs on a mapping of its own, from low to high addresses:
//!
//! ```text
//! | signal stack, 64 KiB | guard, 1 MiB, no access | stack, grows down from the top |
//! ```
//!
//! Nothing counts calls. A call that is too deep touches the guard; the kernel raises a signal, and its handler, running
//! on the signal stack, reports the fault `stack overflow` and ends the program. The guard is large because a frame may
//! skip a part of it before it touches the first byte. Any other memory fault is none of ours: the handler puts the
//! action before it back in force and returns, so that the instruction faults again and the crash shows.

use crate::{fault, state, sys};
use core::cell::Cell;
use core::ffi::c_void;

const SIGNAL_STACK_SIZE: usize = 64 << 10;
const GUARD_SIZE: usize = 1 << 20;

/// The guard area below the stack in use: empty as long as there is none.
pub(crate) struct Guard {
    start: Cell<usize>,
    end: Cell<usize>,
}

impl Guard {
    pub(crate) const fn new() -> Guard {
        Guard { start: Cell::new(0), end: Cell::new(0) }
    }

    fn contains(&self, address: usize) -> bool {
        (self.start.get()..self.end.get()).contains(&address)
    }

    fn replace(&self, bounds: (usize, usize)) -> (usize, usize) {
        (self.start.replace(bounds.0), self.end.replace(bounds.1))
    }
}

/// A mapped stack with its guard and signal stack.
pub(crate) struct Stack {
    start: *mut u8,
    len: usize,
}

impl Stack {
    /// Maps a stack of `size` bytes (rounded up to pages); `None` if there is not enough address space.
    pub(crate) fn map(size: usize) -> Option<Stack> {
        let len = size.checked_next_multiple_of(64 << 10)?.checked_add(SIGNAL_STACK_SIZE + GUARD_SIZE)?;
        let start = sys::map_stack(len)?.as_ptr();
        let stack = Stack { start, len };
        // SAFETY: these pages lie within the fresh mapping.
        match unsafe { sys::protect(start.wrapping_add(SIGNAL_STACK_SIZE), GUARD_SIZE) } {
            Ok(()) => Some(stack),
            Err(_) => {
                // SAFETY: the mapping was made above and is unused.
                unsafe { sys::unmap(start, len) };
                None
            }
        }
    }

    /// The upper end, aligned to pages.
    pub(crate) fn top(&self) -> *mut u8 {
        self.start.wrapping_add(self.len)
    }

    fn guard(&self) -> (usize, usize) {
        let start = self.start as usize + SIGNAL_STACK_SIZE;
        (start, start + GUARD_SIZE)
    }

    /// Reports overflows of this stack for the rest of the process.
    #[cfg(feature = "standalone")]
    pub(crate) fn guard_forever(&self) {
        state::with(|state| state.guard.replace(self.guard()));
        // Where one of these fails an overflow is a plain crash: still no memory corruption, and no reason not to run.
        // SAFETY: the signal stack is part of the mapping, which is never given back; the handler is fit for signals.
        unsafe {
            let _ = sys::set_signal_stack(self.start, SIGNAL_STACK_SIZE);
            let _ = sys::handle_memory_faults(on_memory_fault);
        }
    }
}

/// The handler. It may interrupt any code that runs on the program's stack, allocation and output included; of these it
/// uses only `output::flush`, which works at any moment.
extern "C" fn on_memory_fault(_: i32, info: *const sys::SigInfo, _: *mut c_void) {
    // SAFETY: the kernel passes a valid description.
    let address = unsafe { (*info).address() };
    if state::with(|state| state.guard.contains(address)) {
        fault::report_at(None, fault::STACK_OVERFLOW);
    }
    // SAFETY: the previous action was in force before.
    unsafe { sys::restore_memory_faults(previous_action()) };
}

#[cfg(feature = "standalone")]
fn previous_action() -> Option<sys::SigAction> {
    None
}

#[cfg(not(feature = "standalone"))]
fn previous_action() -> Option<sys::SigAction> {
    hosted::previous_action()
}

#[cfg(not(feature = "standalone"))]
pub use hosted::run_on_program_stack;

/// Running a part of a larger process on a program stack.
#[cfg(not(feature = "standalone"))]
mod hosted {
    use super::{SIGNAL_STACK_SIZE, Stack, on_memory_fault};
    use crate::{fault, state, sys};
    use core::ffi::c_void;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::OnceLock;

    /// Set when the handler is installed, which happens once per process: actions belong to all threads, so taking it
    /// away at the end of one run could hit another run that still needs it. Threads without a guard are not affected,
    /// for them the handler falls back to this action.
    static PREVIOUS: OnceLock<Option<sys::SigAction>> = OnceLock::new();

    pub(super) fn previous_action() -> Option<sys::SigAction> {
        PREVIOUS.get().copied().flatten()
    }

    /// Puts guard and signal stack of the thread back, also when the call on the stack panicked.
    struct Restore {
        guard: (usize, usize),
        signal_stack: Option<sys::SignalStack>,
        stack: Stack,
    }

    impl Drop for Restore {
        fn drop(&mut self) {
            state::with(|state| state.guard.replace(self.guard));
            // SAFETY: the old signal stack is what the thread had before; this stack is not in use any more.
            unsafe {
                if let Some(old) = &self.signal_stack {
                    sys::restore_signal_stack(old);
                }
                sys::unmap(self.stack.start, self.stack.len);
            }
        }
    }

    /// Runs `f` on a guarded stack of `size` bytes, where an overflow ends the process with the fault `stack overflow`.
    /// A panic of `f` is passed on. Runs may nest, and other threads may run at the same time.
    ///
    /// Without the address space for the stack this is the fault `out of memory`.
    pub fn run_on_program_stack<R, F: FnOnce() -> R>(size: usize, f: F) -> R {
        let Some(stack) = Stack::map(size) else { fault::report_at(None, fault::OUT_OF_MEMORY) };
        // SAFETY: the handler is fit for signals.
        PREVIOUS.get_or_init(|| unsafe { sys::handle_memory_faults(on_memory_fault) }.ok());
        let top = stack.top();
        let restore = Restore {
            guard: state::with(|state| state.guard.replace(stack.guard())),
            // SAFETY: the memory is part of the mapping, which lives until `Restore` has put the old setting back.
            signal_stack: unsafe { sys::set_signal_stack(stack.start, SIGNAL_STACK_SIZE) },
            stack,
        };
        let mut call = Call { f: Some(f), result: None };
        // SAFETY: `run` gets the call it is made for and catches panics; the stack is fresh.
        unsafe { sys::call_on_stack((&raw mut call).cast(), run::<R, F>, top) };
        drop(restore);
        match call.result {
            Some(Ok(value)) => value,
            Some(Err(panic)) => resume_unwind(panic),
            None => unreachable!("`run` always leaves a result"),
        }
    }

    struct Call<R, F> {
        f: Option<F>,
        result: Option<std::thread::Result<R>>,
    }

    /// # Safety
    /// `call` points to a `Call<R, F>`.
    unsafe extern "C" fn run<R, F: FnOnce() -> R>(call: *mut c_void) {
        // SAFETY: by contract, and the caller waits for us.
        let call = unsafe { &mut *call.cast::<Call<R, F>>() };
        if let Some(f) = call.f.take() {
            call.result = Some(catch_unwind(AssertUnwindSafe(f)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::boxed::Box;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::string::String;
    use std::vec::Vec;

    fn depth(n: usize) -> usize {
        let pad = core::hint::black_box([n; 64]);
        if n == 0 { 0 } else { 1 + depth(n - 1) + (pad[0] - n) }
    }

    #[test]
    fn runs_deeper_than_a_thread_stack() {
        // 512 bytes and more for each of 200 000 calls: a test thread has 2 MiB.
        assert_eq!(run_on_program_stack(1 << 30, || depth(200_000)), 200_000);
    }

    #[test]
    fn passes_results_and_panics_on_and_nests() {
        let name = String::from("x");
        assert_eq!(run_on_program_stack(1 << 20, || run_on_program_stack(1 << 20, || name + "y")), "xy");
        let caught = catch_unwind(AssertUnwindSafe(|| run_on_program_stack(1 << 20, || panic!("inner"))));
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"inner"));
        assert_eq!(state::with(|state| state.guard.replace((0, 0))), (0, 0));
    }

    #[test]
    fn threads_run_side_by_side() {
        let threads: Vec<_> =
            (0..4).map(|n| std::thread::spawn(move || run_on_program_stack(64 << 20, || depth(10_000 + n)))).collect();
        for (n, thread) in threads.into_iter().enumerate() {
            assert_eq!(thread.join().ok(), Some(10_000 + n));
        }
    }

    /// Runs this test again in a process of its own, where `ROLE` tells it to crash; gives what came out.
    fn crash(role: &str) -> std::process::Output {
        let test = std::env::current_exe().expect("the test program");
        let arguments = ["--exact", "stack::tests::crashes_are_told_apart", "--nocapture"];
        std::process::Command::new(test).args(arguments).env(ROLE, role).output().expect("it runs")
    }

    const ROLE: &str = "RESILIENT_RUNTIME_TEST_CRASH";

    #[test]
    fn crashes_are_told_apart() {
        match std::env::var(ROLE).as_deref() {
            Ok("overflow") => run_on_program_stack(8 << 20, || {
                crate::output::write("pending");
                depth(1 << 40)
            }),
            // SAFETY: none; the crash is the point.
            Ok("foreign") => run_on_program_stack(8 << 20, || unsafe { *core::hint::black_box(64 as *const usize) }),
            _ => {
                let output = crash("overflow");
                assert_eq!(output.status.code(), Some(fault::FAULT_STATUS));
                assert_eq!(String::from_utf8_lossy(&output.stderr), "Error: Runtime error: stack overflow\n");
                assert!(output.stdout.ends_with(b"pending"));
                let output = crash("foreign");
                assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(11));
                0
            }
        };
    }

    #[test]
    fn layout_has_the_guard_below_the_stack() {
        let stack = Box::new(Stack::map(100).expect("address space"));
        let (start, end) = stack.guard();
        assert_eq!(end - start, GUARD_SIZE);
        assert_eq!(stack.top() as usize - end, 64 << 10);
        // SAFETY: the last word below the top belongs to the stack.
        unsafe { stack.top().sub(8).cast::<u64>().write(1) };
        // SAFETY: nothing uses the stack.
        unsafe { sys::unmap(stack.start, stack.len) };
    }
}
