//! The middle representation: SSA with block parameters, explicit ownership, faults and contract checks.

pub mod analysis;
pub mod audit;
pub mod build;
pub mod ir;
pub mod pass;
pub mod pipeline;
pub mod print;
pub mod read;
pub mod verify;

// The random modules of `tests/random_passes.rs`, for a test that needs to see inside.
#[cfg(test)]
extern crate self as resilient_mir;
#[cfg(test)]
#[path = "../tests/support/eval.rs"]
mod random_eval;
#[cfg(test)]
#[path = "../tests/support/generate.rs"]
mod random_modules;
