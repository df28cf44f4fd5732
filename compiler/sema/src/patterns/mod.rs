//! Patterns: which values they cover, and in which order to test.
//!
//! In: the arms of a `match` as [`Pattern`]s over concrete types, with every name and literal resolved. Out: a
//! [`Decision`](crate::typed::Decision) that makes no test twice, and what is wrong with the arms: values that none of
//! them covers, written as patterns, and arms that no value reaches.
//!
//! # Idea
//!
//! One pass gives all of it (Maranget, "Compiling pattern matching to good decision trees", 2008). The arms are the rows of
//! a matrix; a step picks a part of the value that the first row tests, and splits the rows by what that part may be. A
//! branch in which no row is left is a value that nothing covers: the tests on the way to it spell the counterexample. A
//! row that never gets first is unreachable. Rows list only the parts they test, so that structs and tuples, which have a
//! single shape, cost no step.
//!
//! - [`tree`] is that pass; [`ordered`] makes the tests of parts that are told apart by comparisons (numbers, chars,
//!   strings), in logarithmic depth; [`witness`] writes the counterexamples.
//!
//! # What holds
//!
//! A guard is tested at most once per evaluation of the `match`: with alternatives, for the first one that matches.
//! Each arm may be reached from several places of the tree; its body is not part of it.

mod ordered;
#[cfg(test)]
mod tests;
mod tree;
mod witness;

pub use tree::{Arm, Outcome, compile};

use crate::typed::LocalId;
use crate::types::Type;

/// A pattern, all sugar gone.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern<'t> {
    /// Matches everything.
    Any,
    /// Makes a variable of the value, one that lives in a cell of this type if there is one, and goes on.
    Bind(LocalId, Option<Type>, Box<Pattern<'t>>),
    /// The first of these that matches; all make the same variables.
    Or(Vec<Pattern<'t>>),
    /// A bool.
    Bool(bool),
    /// An int or char in this inclusive range, which is not empty and within the type.
    Range(i128, i128),
    /// An equal float; of type `f32` it is exact there. Never NaN.
    Float(f64),
    /// An equal string.
    Str(&'t str),
    /// This variant, with payload fields by index. Fields not listed may be anything.
    Variant(u32, Vec<(u32, Pattern<'t>)>),
    /// A struct or tuple, with fields by index. Fields not listed may be anything.
    Fields(Vec<(u32, Pattern<'t>)>),
}

impl Pattern<'_> {
    /// Whether it matches every value of its type, as far as its form tells.
    fn is_certain(&self) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Bind(_, _, inner) => inner.is_certain(),
            Pattern::Fields(fields) => fields.iter().all(|(_, field)| field.is_certain()),
            Pattern::Or(alternatives) => alternatives.iter().any(Pattern::is_certain),
            Pattern::Bool(_) | Pattern::Range(..) | Pattern::Float(_) | Pattern::Str(_) | Pattern::Variant(..) => false,
        }
    }
}
