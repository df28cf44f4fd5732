//! Syntax tree to typed program: names, types, inference and checks.
//!
//! In: the trees of a program's files. Out: a [`typed::Program`] that needs no further checks, or diagnostics. The phases, each in
//! its own module and each reading what the earlier ones found:
//!
//! 1. `units`: the files of the program, by way of a reader that the caller has; `decls`: who is declared where, with the
//!    meanings of names by file, module and block in `scopes`;
//! 2. `infer`: types, constants, signatures, then all bodies, generic ones once per instance; results stand in side
//!    tables (`tables`);
//! 3. `fold`: the certain faults that are errors;
//! 4. `lower`: tables and tree to the typed program, with the functions that display and compare compound values;
//!    `patterns` makes decision trees there and finds what they leave out;
//! 5. `failures`: which checked failures calls can raise, in the typed program.
//!
//! What the language has and this crate does not build yet is listed in `gaps`.

mod attributes;
mod cfg;
mod decls;
mod failures;
mod fold;
mod gaps;
mod infer;
mod intrinsics;
mod library;
mod lower;
mod patterns;
mod policy;
mod print;
mod scopes;
mod stdlib;
mod suggest;
mod tables;
mod template;
pub mod typed;
pub mod types;
pub mod units;
mod walk;

use bumpalo::Bump;
use resilient_base::{Diagnostics, Interner, SourceMap};
use resilient_library::LibraryFn;

pub use cfg::{Options, Overflow, TEST_MARKER};
pub use print::print_program;

use cfg::Cx;
use decls::Decls;
use units::Units;

/// Checks the program that consists of `units`, with these functions of the library at hand. The program, in `arena`, is
/// there exactly if `diags` holds no error afterwards, those of the parser included.
pub fn check<'a, 't>(
    units: &Units<'a>,
    sources: &SourceMap,
    interner: &Interner,
    library: &[LibraryFn<'a>],
    arena: &'t Bump,
    options: &Options,
    diags: &mut Diagnostics,
) -> Option<typed::Program<'t>> {
    let cx = Cx { sources, interner, options };
    let scratch = Bump::new();
    let decls = Decls::collect(units, library, &scratch, cx, diags);
    let checked = infer::check(cx, &decls, diags);
    fold::check(cx, &decls, &checked, diags);
    policy::check(cx, &decls, diags);
    if diags.has_errors() {
        return None;
    }
    let program = lower::lower(cx, &decls, checked, units.unit(units.main()).file, arena, diags);
    failures::check(&program, sources, diags);
    (!diags.has_errors()).then_some(program)
}
