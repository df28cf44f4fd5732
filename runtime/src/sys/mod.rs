//! All that depends on the operating system and the processor.
//!
//! Each operating system has a file, and in it one for each processor: system calls, the switch of stacks, the entry point
//! of an executable. The memory intrinsics depend on the processor only and exist in executables only; elsewhere the C
//! library has them.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod linux;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) use linux::*;

#[cfg(all(target_os = "none", target_arch = "arm"))]
mod cortex_m;
#[cfg(all(target_os = "none", target_arch = "arm"))]
pub(crate) use cortex_m::*;

#[cfg(not(any(
    all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")),
    all(target_os = "none", target_arch = "arm")
)))]
compile_error!("the runtime supports Linux on x86-64 and 64-bit Arm, and Cortex-M processors without a system");

#[cfg(all(any(test, feature = "standalone"), not(target_os = "none")))]
mod memory;

#[cfg(not(target_os = "none"))]
pub(crate) use system::{Errno, IoSlice};

#[cfg(not(target_os = "none"))]
mod system;
