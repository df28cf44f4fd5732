//! Checked bodies to the typed program: types made concrete, sugar spelled out, variables given slots.
//!
//! Only programs without errors come here, so nothing can fail. What code cannot reach is dropped: nothing follows an
//! expression of type never in a block, and such an expression is the operand of no other (the right side of `&&` and
//! `||`, which may not be evaluated, aside).

mod asserts;
mod contracts;
mod control;
mod expr;
mod func;
mod ops;

use bumpalo::Bump;
use resilient_base::{EntityRef, FileId, PrimaryMap, SecondaryMap, Symbol};
use resilient_syntax::ast::{ExprKind, StmtKind};

use crate::cfg::Cx;
use crate::decls::{Decls, FnId, TopLetId};
use crate::infer::{Checked, is_const_form};
use crate::tables::StaticId;
use crate::typed::{Func, FuncId, Global, GlobalId, Program};
use crate::types::Types;
use crate::walk::{self, Node};

use self::func::FnLower;

/// The program that `checked` describes.
pub fn lower<'t>(cx: Cx<'_>, decls: &Decls<'_>, checked: Checked, file: FileId, arena: &'t Bump) -> Program<'t> {
    let mut lower = Lower {
        cx,
        decls,
        checked,
        file,
        arena,
        funcs: PrimaryMap::new(),
        globals: PrimaryMap::new(),
        let_globals: SecondaryMap::new(),
        static_globals: SecondaryMap::new(),
        uses: Vec::new(),
    };
    lower.declare_globals();
    for id in decls.fns.keys() {
        let (func, uses) = FnLower::function(&mut lower, id);
        lower.funcs.push(func);
        lower.uses.push(uses);
    }
    let (top, stmt_uses) = FnLower::top(&mut lower);
    let top = lower.funcs.push(top);
    lower.mark_checked(&stmt_uses);
    Program { types: Types::default(), funcs: lower.funcs, globals: lower.globals, top, file }
}

/// What a body mentions.
#[derive(Default, Clone)]
struct Uses {
    fns: Vec<FnId>,
    lets: Vec<TopLetId>,
}

struct Lower<'c, 'd, 'a, 't> {
    cx: Cx<'c>,
    decls: &'d Decls<'a>,
    checked: Checked,
    file: FileId,
    arena: &'t Bump,
    funcs: PrimaryMap<FuncId, Func<'t>>,
    globals: PrimaryMap<GlobalId, Global<'t>>,
    let_globals: SecondaryMap<TopLetId, Option<GlobalId>>,
    static_globals: SecondaryMap<StaticId, Option<GlobalId>>,
    /// Of the functions in order.
    uses: Vec<Uses>,
}

impl<'t> Lower<'_, '_, '_, 't> {
    fn text(&self, name: Symbol) -> &'t str {
        self.arena.alloc_str(self.cx.name(name))
    }

    /// Top-level variables that no function mentions stay locals of the top-level code, where they cost nothing.
    fn declare_globals(&mut self) {
        for (id, entry) in self.decls.lets.iter() {
            let info = self.checked.lets[id];
            if info.used_by_fn {
                let ty = info.ty.map_or(Types::VOID, |ty| self.checked.tys.concrete(ty));
                let name = self.text(entry.name.symbol);
                let global = Global { name, ty, checked: false, span: entry.name.span };
                self.let_globals[id] = Some(self.globals.push(global));
            }
        }
        for id in self.checked.statics.keys() {
            let (name, ty, span) = {
                let info = &self.checked.statics[id];
                (info.name, info.ty, info.span)
            };
            let ty = self.checked.tys.concrete(ty);
            // Its uses stand behind it in the block that declares it.
            let global = Global { name: self.text(name), ty, checked: false, span };
            self.static_globals[id] = Some(self.globals.push(global));
        }
    }

    /// Finds the globals that a call may reach before their initialiser ran. Top-level statements run in order, so each
    /// function matters only at the first statement that can reach it.
    fn mark_checked(&mut self, stmt_uses: &[(usize, Uses)]) {
        let mut is_reached = vec![false; self.uses.len()];
        for (index, uses) in stmt_uses {
            let mut todo = uses.fns.clone();
            while let Some(id) = todo.pop() {
                if std::mem::replace(&mut is_reached[id.index()], true) {
                    continue;
                }
                let uses = &self.uses[id.index()];
                todo.extend(&uses.fns);
                for &used in &uses.lets {
                    if self.decls.lets[used].index as usize >= *index
                        && let Some(global) = self.let_globals[used]
                    {
                        self.globals[global].checked = true;
                    }
                }
            }
        }
    }

    /// The `main` that starts by itself: it has no parameters, and the file has no statements but declarations, `static
    /// let`s, and `let`s with constant initialisers.
    fn implicit_main(&self) -> Option<FnId> {
        let main = self.decls.function(self.cx.interner.get("main")?)?;
        if !self.decls.fns[main].decl.params.is_empty() {
            return None;
        }
        let is_plain = |(index, stmt): (usize, &&resilient_syntax::ast::Stmt<'_>)| match stmt.kind {
            StmtKind::Item(_) => true,
            StmtKind::Let(node) => {
                node.is_static || is_const_form(node.init).is_ok() && self.names_constants(node.init, index as u32)
            }
            _ => false,
        };
        self.decls.stmts.iter().enumerate().all(is_plain).then_some(main)
    }

    /// Whether all names in `expr`, at statement `index`, are those of constants.
    fn names_constants(&self, expr: &resilient_syntax::ast::Expr<'_>, index: u32) -> bool {
        let mut all = true;
        walk::each([Node::Expr(expr)], &mut |node| {
            if let Node::Expr(part) = node
                && let ExprKind::Path(path) = &part.kind
            {
                let name = path.segments[0].symbol;
                all &= self.decls.top_let(name, index).is_none() && self.decls.constant(name).is_some();
            }
        });
        all
    }
}
