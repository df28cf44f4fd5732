//! Deferred calls as functions: `defer e;` stands for a function without parameters that evaluates `e`, so that what it
//! captures is found as for any function literal.

use bumpalo::Bump;
use resilient_syntax::ast::{self, Block, FnDecl, Stmt, StmtKind};
use rustc_hash::FxHashMap;

use crate::tables::Key;
use crate::units::Units;
use crate::walk::{self, Node};

/// The functions for the deferred expressions of the program, keyed by these.
pub fn functions<'a>(units: &Units<'a>, scratch: &'a Bump) -> FxHashMap<Key, &'a FnDecl<'a>> {
    let mut found = FxHashMap::default();
    let trees = units.list().map(|unit| &unit.tree).filter(|tree| tree.has_defers);
    walk::each(trees.flat_map(|tree| walk::item_roots(tree.stmts)), &mut |node| {
        if let Node::Stmt(Stmt { kind: StmtKind::Defer(expr), .. }) = node {
            found.insert(Key::of(*expr), &*scratch.alloc(function(expr, scratch)));
        }
    });
    found
}

/// `fn() { expr; }`
fn function<'a>(expr: &'a ast::Expr<'a>, scratch: &'a Bump) -> FnDecl<'a> {
    let stmt = Stmt { attrs: &[], kind: StmtKind::Expr { expr, semi: true }, span: expr.span };
    let body = Block { stmts: scratch.alloc_slice_fill_iter([stmt]), span: expr.span };
    FnDecl {
        is_pub: false,
        effect: None,
        name: None,
        params_first: false,
        type_params: &[],
        params: &[],
        result: None,
        arrow_effect: None,
        wheres: &[],
        contracts: &[],
        body: Some(body),
        is_pipe: false,
    }
}
