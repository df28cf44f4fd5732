//! The command line of resilientc.

fn main() {}
