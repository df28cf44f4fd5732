//! Checked bodies to the typed program: types made concrete, sugar spelled out, variables given slots.
//!
//! Only programs without errors come here. What can still be wrong are patterns that do not cover every value: that is
//! found while they are made decision trees, and the program that comes out is then none. What code cannot reach is dropped: nothing follows an
//! expression of type never in a block, and such an expression is the operand of no other (the right side of `&&` and
//! `||`, which may not be evaluated, aside).

mod asserts;
mod bind;
mod calls;
mod construct;
mod contracts;
mod control;
mod derived;
mod enums;
mod expr;
mod func;
mod loops;
mod matching;
mod ops;
mod patterns;
mod places;
mod types;

use bumpalo::Bump;
use resilient_base::{Diagnostics, EntityRef, FileId, PrimaryMap, SecondaryMap, Symbol};
use resilient_syntax::ast::{ExprKind, StmtKind};

use rustc_hash::FxHashMap;

use crate::cfg::Cx;
use crate::decls::{Decls, TopLetId};
use crate::infer::ty::{Ty, TyList};
use crate::infer::{Checked, InstId, is_const_form};
use crate::tables::StaticId;
use crate::typed::{FuncId, Global, GlobalId, Program};
use crate::types::{Type, Types};
use crate::walk::{self, Node};

use self::derived::Derived;
use self::func::FnLower;

/// The program that `checked` describes. It is one only if no error was added to `diags`.
pub fn lower<'t>(
    cx: Cx<'_>,
    decls: &Decls<'_>,
    checked: Checked,
    file: FileId,
    arena: &'t Bump,
    diags: &mut Diagnostics,
) -> Program<'t> {
    let mut lower = Lower {
        cx,
        decls,
        checked,
        file,
        arena,
        diags,
        types: Types::default(),
        concretes: FxHashMap::default(),
        origins: FxHashMap::default(),
        func_ids: SecondaryMap::new(),
        derived: Vec::new(),
        derived_ids: FxHashMap::default(),
        n_declared: 0,
        globals: PrimaryMap::new(),
        let_globals: SecondaryMap::new(),
        static_globals: SecondaryMap::new(),
        uses: Vec::new(),
    };
    lower.declare_globals();
    let insts = lower.declare_functions();
    let mut funcs = PrimaryMap::new();
    for inst in insts {
        let (func, uses) = FnLower::function(&mut lower, inst);
        funcs.push(func);
        lower.uses.push(uses);
    }
    let (top, stmt_uses) = FnLower::top(&mut lower);
    let top = funcs.push(top);
    lower.uses.push(Uses::default());
    // Each may ask for more of them.
    let mut next = 0;
    while let Some(&derived) = lower.derived.get(next) {
        let (func, uses) = FnLower::derived(&mut lower, derived);
        funcs.push(func);
        lower.uses.push(uses);
        next += 1;
    }
    lower.mark_checked(&stmt_uses);
    lower.mark_boxed();
    Program { types: lower.types, funcs, globals: lower.globals, top, file }
}

/// What a body mentions.
#[derive(Default, Clone)]
struct Uses {
    fns: Vec<FuncId>,
    lets: Vec<TopLetId>,
}

struct Lower<'c, 'd, 'a, 't> {
    cx: Cx<'c>,
    decls: &'d Decls<'a>,
    checked: Checked,
    file: FileId,
    arena: &'t Bump,
    diags: &'d mut Diagnostics,
    types: Types,
    concretes: FxHashMap<Ty, Type>,
    /// A type of the inference that the concrete one stands for.
    origins: FxHashMap<Type, Ty>,
    func_ids: SecondaryMap<InstId, Option<FuncId>>,
    /// The functions that are made for types, which stand behind the declared ones and the top-level code.
    derived: Vec<Derived>,
    derived_ids: FxHashMap<Derived, FuncId>,
    n_declared: usize,
    globals: PrimaryMap<GlobalId, Global<'t>>,
    let_globals: SecondaryMap<TopLetId, Option<GlobalId>>,
    static_globals: SecondaryMap<StaticId, Option<GlobalId>>,
    /// Of the functions in order.
    uses: Vec<Uses>,
}

impl<'t> Lower<'_, '_, '_, 't> {
    /// Gives the instances their numbers.
    fn declare_functions(&mut self) -> Vec<InstId> {
        let insts: Vec<InstId> =
            self.checked.insts.iter().filter(|(_, inst)| !inst.is_probe).map(|(id, _)| id).collect();
        for (i, &inst) in insts.iter().enumerate() {
            self.func_ids[inst] = Some(FuncId::new(i));
        }
        self.n_declared = insts.len();
        insts
    }

    fn func_id(&self, inst: InstId) -> FuncId {
        self.func_ids[inst].expect("only instances that are part of the program are called")
    }

    fn text(&self, name: Symbol) -> &'t str {
        self.arena.alloc_str(self.cx.name(name))
    }

    /// Top-level variables that no function mentions stay locals of the top-level code, where they cost nothing.
    fn declare_globals(&mut self) {
        for (id, entry) in self.decls.lets.iter() {
            let info = self.checked.lets[id];
            if info.used_by_fn {
                let ty = info.ty.map_or(Types::VOID, |ty| self.concrete(ty));
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
            let ty = self.concrete(ty);
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
    fn implicit_main(&self) -> Option<InstId> {
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
        let inst = self.checked.inst_ids.get(&(main, TyList::EMPTY)).copied()?;
        self.decls.stmts.iter().enumerate().all(is_plain).then_some(inst)
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
