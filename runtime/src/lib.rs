//! The runtime of Resilient programs.
//!
//! One crate, used in two ways. As a Rust library it is part of the compiler, where the interpreter, the VM and the JIT
//! call it. Built with the feature `standalone` as a static archive it is linked with the object code of a program to an
//! executable that needs no C library. Either way the same code formats numbers, grows strings and reports faults,
//! which is why all backends agree byte for byte.
//!
//! | module | subject |
//! |---|---|
//! | [`entry`] | the functions compiled code calls, made from the table in `resilient-abi` |
//! | [`object`] | counting references, freeing what nobody refers to |
//! | [`string`](mod@string) | string objects |
//! | `chars` | characters of strings by index |
//! | [`array`] | array objects |
//! | [`index`] | the hash index of maps and sets |
//! | [`text`] | searching, joining and mapping texts |
//! | [`bounds`] | indices and bounds of slices, and their faults |
//! | `host` | what library functions ask of the operating system |
//! | `math` | mathematical functions |
//! | [`number`] | text of numbers, conversion faults |
//! | [`fault`] | texts and reports of faults |
//! | [`random`] | the random generator |
//! | [`output`] | standard output |
//! | [`heap`] | the allocator |
//! | [`live`] | attempts of live blocks |
//! | `deferred` | functions that make calls when they are left |
//! | `pending` | the fault or failure on its way to whoever has to do with it |
//! | `wide` | ints of 128 bits |
//! | [`leaks`] | the check that everything was released |
//! | [`stack`] | the program's stack and its overflow |
//! | `state` | where all of them keep what they remember |
//! | `start` | how an executable begins (only `standalone`) |
//! | `sys` | all that depends on the operating system and the processor |
//! | `bare` | `heap`, `output` and start of microcontrollers |
//!
//! # Threads
//!
//! A program has one thread. In an executable the state is plain static data without locks. In the compiler every thread
//! has a state of its own, so that tests may run programs side by side; an object stays on the thread that made it
//! ([`string::Str`] is not `Send`).
#![no_std]

// Outside executables the state is thread-local and a panic may cross the switch of stacks: both need the standard
// library, which every hosted user has anyway.
#[cfg(any(test, not(feature = "standalone")))]
extern crate std;

pub mod array;
pub mod bounds;
pub mod entry;
pub mod fault;
#[cfg(not(target_os = "none"))]
pub mod heap;
pub mod index;
pub mod leaks;
pub mod live;
pub mod number;
pub mod object;
#[cfg(not(target_os = "none"))]
pub mod output;
pub mod random;
#[cfg(not(target_os = "none"))]
pub mod stack;
pub mod string;
pub mod text;
pub mod trace;

#[cfg(target_os = "none")]
mod bare;
#[cfg(target_os = "none")]
use bare::host;
#[cfg(target_os = "none")]
pub use bare::{heap, output};

mod chars;
mod deferred;
#[cfg(not(target_os = "none"))]
mod host;
mod math;
mod pending;

#[cfg(all(feature = "standalone", not(target_os = "none")))]
mod start;
mod state;
mod sys;
mod wide;

pub use resilient_abi as abi;
