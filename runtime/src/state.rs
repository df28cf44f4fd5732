//! Where the runtime keeps its state: static data in an executable, thread-local data in the compiler.
//!
//! All fields have interior mutability through `Cell`, because the handler for stack overflows looks at them while the
//! interrupted code may be in the midst of any operation.

use crate::chars::Cursors;
use crate::deferred::Deferred;
#[cfg(not(target_os = "none"))]
use crate::heap::Heap;
#[cfg(not(target_os = "none"))]
use crate::host::Host;
use crate::live::Live;
#[cfg(not(target_os = "none"))]
use crate::output::Output;
use crate::pending::Pending;
use crate::random::Random;
#[cfg(not(target_os = "none"))]
use crate::stack::Guard;
use crate::trace::Trace;

/// All state of a running program.
pub(crate) struct State {
    /// Free blocks and counters of the allocator. Microcontrollers keep them apart, so that programs that do not allocate
    /// have no memory for them.
    #[cfg(not(target_os = "none"))]
    pub(crate) heap: Heap,
    /// Known places in strings.
    pub(crate) cursors: Cursors,
    /// Pending text for standard output.
    #[cfg(not(target_os = "none"))]
    pub(crate) output: Output,
    /// The live blocks that are active, and counters.
    pub(crate) live: Live,
    /// The functions with deferred calls that are active.
    pub(crate) deferred: Deferred,
    /// The fault or failure on its way.
    pub(crate) pending: Pending,
    /// The calls that are active.
    pub(crate) trace: Trace,
    /// What the operating system said.
    #[cfg(not(target_os = "none"))]
    pub(crate) host: Host,
    /// The random generator.
    pub(crate) random: Random,
    /// The guard area below the stack in use.
    #[cfg(not(target_os = "none"))]
    pub(crate) guard: Guard,
}

impl State {
    const fn new() -> State {
        State {
            #[cfg(not(target_os = "none"))]
            heap: Heap::new(),
            cursors: Cursors::new(),
            #[cfg(not(target_os = "none"))]
            output: Output::new(),
            live: Live::new(),
            deferred: Deferred::new(),
            pending: Pending::new(),
            trace: Trace::new(),
            #[cfg(not(target_os = "none"))]
            host: Host::new(),
            random: Random::new(),
            #[cfg(not(target_os = "none"))]
            guard: Guard::new(),
        }
    }
}

#[cfg(feature = "standalone")]
struct OneThread(State);

// SAFETY: an executable has one thread; nothing in the runtime or in compiled programs starts another.
#[cfg(feature = "standalone")]
unsafe impl Sync for OneThread {}

/// Runs `f` on the state of this thread.
#[cfg(feature = "standalone")]
#[inline(always)]
pub(crate) fn with<R>(f: impl FnOnce(&State) -> R) -> R {
    static STATE: OneThread = OneThread(State::new());
    f(&STATE.0)
}

#[cfg(not(feature = "standalone"))]
std::thread_local! {
    // Constant and without destructor: reading it is one instruction and allowed in a signal handler.
    static STATE: State = const { State::new() };
}

#[cfg(not(feature = "standalone"))]
const _: () = assert!(!core::mem::needs_drop::<State>());

/// Runs `f` on the state of this thread.
#[cfg(not(feature = "standalone"))]
#[inline(always)]
pub(crate) fn with<R>(f: impl FnOnce(&State) -> R) -> R {
    STATE.with(f)
}
