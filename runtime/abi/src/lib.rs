//! The table of runtime entry points, shared by compiler and runtime.
