//! Constants at their uses. Small values are spelled out; those that are in memory are made once, before the program's first
//! statement, and kept in a global that nothing assigns.

use resilient_base::Span;

use super::Lower;
use super::func::FnLower;
use crate::decls::ConstId;
use crate::typed::{Expr, ExprKind, Global, GlobalId, Stmt};

impl<'t> FnLower<'_, '_, '_, '_, 't> {
    /// The value of the constant `id`.
    pub(super) fn constant(&mut self, id: ConstId, span: Span) -> Expr<'t> {
        let value = self.p.checked.consts[id].clone().expect("constants of a program without errors have values");
        if !value.is_stored() {
            return self.const_value(&value, span);
        }
        let global = match self.p.const_globals.iter().find(|&&(known, _)| known == id) {
            Some(&(_, global)) => global,
            None => self.constant_global(id),
        };
        Expr { kind: ExprKind::Global(global), ty: self.p.globals[global].ty, span }
    }

    fn constant_global(&mut self, id: ConstId) -> GlobalId {
        let name = self.p.decls.consts[id].decl.name;
        let ty = self.p.checked.consts[id].as_ref().map(|value| value.ty(&mut self.p.checked.tys));
        let ty = ty.map(|ty| self.concrete(ty)).expect("constants of a program without errors have values");
        let global = Global { name: self.p.text(name.symbol), ty, checked: false, span: name.span };
        let global = self.p.globals.push(global);
        self.p.const_globals.push((id, global));
        global
    }
}

impl<'l, 'c, 'd, 'a, 't> FnLower<'l, 'c, 'd, 'a, 't> {
    /// The top-level code with `body`, which makes the constants that the program uses first.
    pub(super) fn with_constants(p: &'l mut Lower<'c, 'd, 'a, 't>, body: &'t Expr<'t>) -> &'t Expr<'t> {
        if p.const_globals.is_empty() {
            return body;
        }
        let mut this = FnLower::new(p, body.ty);
        let mut stmts = Vec::new();
        for (id, global) in this.p.const_globals.clone() {
            let value = this.p.checked.consts[id].clone().expect("constants of a program without errors have values");
            let value = this.const_value(&value, this.p.globals[global].span);
            stmts.push(Stmt::InitGlobal(global, this.alloc(value)));
        }
        let whole = this.block_of(&stmts, Some(*body), body.ty, body.span);
        this.alloc(whole)
    }
}
