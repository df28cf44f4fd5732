//! Declarations inside blocks. A block that holds some has a scope of its own for them, in which they are known in the
//! whole block; local functions are variables of the body they stand in and not looked at here.

use resilient_base::EntityRef;
use resilient_syntax::ast::{Block, Item, Stmt, StmtKind};

use super::{Collector, FnId};
use crate::scopes::ScopeId;
use crate::tables::Key;
use crate::walk::{self, Node};

impl<'a> Collector<'_, '_, 'a> {
    /// Collects the declarations inside all blocks of files that have any.
    pub(super) fn blocks(&mut self) {
        if !self.units.list().any(|unit| unit.tree.has_inner_items) {
            return;
        }
        self.is_in_block = true;
        for index in 0..self.decls.stmts.len() {
            let stmt = self.decls.stmts[index];
            if !matches!(stmt.kind, StmtKind::Item(_)) {
                self.node(Node::Stmt(stmt), self.decls.stmt_scope(index), index as u32);
            }
        }
        // Those that are found have methods with blocks of their own.
        let mut next = 0;
        while let Some(entry) = self.decls.fns.get(FnId::new(next)) {
            let (decl, scope, index) = (entry.decl, entry.scope, entry.index);
            if let Some(body) = &decl.body {
                self.block(body, scope, index);
            }
            next += 1;
        }
    }

    fn block(&mut self, block: &'a Block<'a>, outer: ScopeId, index: u32) {
        let mut scope = outer;
        if let Some(first) = block.stmts.first()
            && self.cx.active(block.stmts).any(|stmt| is_declaration(stmt))
        {
            scope = self.decls.scopes.push(Some(outer), String::new());
            self.decls.block_scopes.insert(Key::of(first), scope);
            self.scope = scope;
            for stmt in self.cx.active(block.stmts).filter(|stmt| is_declaration(stmt)) {
                if let StmtKind::Item(item) = &stmt.kind {
                    self.item(item, stmt, index);
                }
            }
        }
        for stmt in self.cx.active(block.stmts) {
            self.node(Node::Stmt(stmt), scope, index);
        }
    }

    /// The blocks in `node`. The parser bounds how deep they nest.
    fn node(&mut self, node: Node<'a>, scope: ScopeId, index: u32) {
        let blocks = walk::blocks(node);
        for &block in &blocks {
            self.block(block, scope, index);
        }
        let is_in_block =
            |stmt: &Stmt<'_>| blocks.iter().any(|block| block.span.lo <= stmt.span.lo && stmt.span.hi <= block.span.hi);
        for part in walk::parts_of(node) {
            match part {
                Node::Stmt(stmt) if is_in_block(stmt) => {}
                _ => self.node(part, scope, index),
            }
        }
    }
}

/// Whether `stmt` declares what belongs to the scope of its block.
pub fn is_declaration(stmt: &Stmt<'_>) -> bool {
    matches!(
        stmt.kind,
        StmtKind::Item(
            Item::Struct(_)
                | Item::Enum(_)
                | Item::Alias(_)
                | Item::Newtype(_)
                | Item::Impl(_)
                | Item::Trait(_)
                | Item::Const(_)
        )
    )
}
