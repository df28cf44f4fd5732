//! Syntax tree to typed program: names, types, inference and checks.
