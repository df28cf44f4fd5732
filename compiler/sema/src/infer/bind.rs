//! Variables of `let`, `for`, comprehensions and parameters. That their patterns always match is found when they are
//! lowered.

use resilient_base::Span;
use resilient_syntax::ast::{self, Pattern};

use super::StaticInfo;
use super::body::Body;
use super::ty::Ty;
use crate::tables::{Binding, Key, Res};
use crate::typed::LocalId;

impl<'a> Body<'_, '_, '_, 'a> {
    /// Declares the variables of `pattern`, which a value of type `ty` is taken apart by.
    pub(super) fn bind(&mut self, pattern: &'a Pattern<'a>, ty: Ty) {
        self.t.patterns.insert(Key::of(pattern), ty);
        self.pattern(pattern, ty);
    }

    /// Brings a variable into scope that keeps its value across calls.
    pub(super) fn bind_static(&mut self, name: ast::Name, ty: Ty, is_const: bool) -> Binding {
        let info = StaticInfo { name: name.symbol, ty, is_const, span: name.span };
        let id = self.ck.out.statics.push(info);
        self.scopes.declare(name.symbol, Res::Static(id));
        Binding::Static(id)
    }

    /// Brings a variable into scope: of top-level code, if the statement stands there.
    pub(super) fn bind_name(&mut self, name: ast::Name, ty: Ty, is_const: bool) -> Binding {
        if self.makes_statics {
            return self.bind_static(name, ty, is_const);
        }
        if self.is_top_stmt()
            && let Some(id) = self.ck.decls.let_at(name.span)
        {
            self.ck.out.lets[id].ty = Some(ty);
            return Binding::TopLet(id);
        }
        Binding::Local(self.declare(name, ty, is_const))
    }

    /// A parameter without a name.
    pub(super) fn unnamed(&mut self, ty: Ty, span: Span) -> LocalId {
        self.new_local(None, ty, false, span)
    }
}

/// Which part of `n_values` the pattern number `index` of `n_patterns` is for, with `..` at `rest`.
pub fn part_index(index: usize, n_patterns: usize, rest: Option<u32>, n_values: usize) -> usize {
    match rest {
        Some(rest) if index >= rest as usize => n_values - (n_patterns - index),
        _ => index,
    }
}
