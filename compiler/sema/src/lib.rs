//! Syntax tree to typed program: names, types, inference and checks.
//!
//! In: the tree of a file. Out: a [`typed::Program`] that needs no further checks, or diagnostics. The phases, each in
//! its own module and each reading what the earlier ones found:
//!
//! 1. `decls`: who is declared where;
//! 2. `infer`: types, constants, signatures, then all bodies, generic ones once per instance; results stand in side
//!    tables (`tables`);
//! 3. `fold`: the certain faults that are errors;
//! 4. `lower`: tables and tree to the typed program, with the functions that display and compare compound values;
//!    `patterns` makes decision trees there and finds what they leave out.
//!
//! What the language has and this crate does not build yet is listed in `gaps`.

mod attributes;
mod cfg;
mod decls;
mod fold;
mod gaps;
mod infer;
mod library;
mod lower;
mod patterns;
mod print;
mod suggest;
mod tables;
pub mod typed;
pub mod types;
mod walk;

use bumpalo::Bump;
use resilient_base::{Diagnostics, FileId, Interner, SourceMap};
use resilient_syntax::ast;

pub use cfg::Options;
pub use print::print_program;

use cfg::Cx;
use decls::Decls;

/// Checks `file`, which is `file_id` of `sources`. The program, in `arena`, is there exactly if `diags` holds no error
/// afterwards, those of the parser included.
pub fn check<'t>(
    file: &ast::File<'_>,
    file_id: FileId,
    sources: &SourceMap,
    interner: &Interner,
    arena: &'t Bump,
    options: &Options,
    diags: &mut Diagnostics,
) -> Option<typed::Program<'t>> {
    let cx = Cx { sources, interner, options };
    let decls = Decls::collect(file, cx, diags);
    let checked = infer::check(cx, &decls, diags);
    fold::check(cx, &decls, &checked, diags);
    if diags.has_errors() {
        return None;
    }
    let program = lower::lower(cx, &decls, checked, file_id, arena, diags);
    (!diags.has_errors()).then_some(program)
}
