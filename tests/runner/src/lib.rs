//! Runs the conformance programs on every backend.
