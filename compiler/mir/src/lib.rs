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
