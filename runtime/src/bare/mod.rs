//! The runtime without an operating system: what stands in for the modules of the same names.

pub mod heap;
pub(crate) mod host;
pub mod output;

/// The runtime has no reachable panic; this keeps a mistake from going unnoticed.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    crate::fault::report_at(None, "internal error in the runtime")
}
