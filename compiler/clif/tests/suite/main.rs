//! MIR given as text, compiled in every way there is.

mod common;
mod jit;
mod object;
mod objects;
mod print;
mod random;
mod thumb;
