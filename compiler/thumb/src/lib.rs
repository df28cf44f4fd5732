//! x
pub mod inst;
