//! MIR to Cranelift IR: one builder for the JIT and for object files.
