//! The runtime of Resilient programs.
