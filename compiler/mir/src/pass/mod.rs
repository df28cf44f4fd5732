//! Transformations. Each keeps what a program can show: its output, its faults with their order and places, its exit
//! status. Each leaves a module that verifies. The order they run in is [`crate::pipeline`]'s.

pub mod accumulate;
pub mod borrow_params;
pub mod cells;
pub mod cfg;
pub mod checks;
pub mod compact;
pub mod copy_elision;
pub mod dead_code;
pub mod drop_sites;
pub mod gvn;
pub mod inline;
pub mod known_requires;
pub mod scalarize;
pub mod simplify;
pub mod supervise;
pub mod unbox;
pub mod uniqueness;

mod aliases;
mod fold;

pub use aliases::Aliases;
