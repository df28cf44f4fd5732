//! The middle representation: SSA with block parameters, explicit ownership, faults and contract checks.
