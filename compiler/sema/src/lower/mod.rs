//! Checked bodies to the typed program: types made concrete, sugar spelled out, variables given slots.
//!
//! Only programs without errors come here. What can still be wrong are patterns that do not cover every value: that is
//! found while they are made decision trees, and the program that comes out is then none. What code cannot reach is dropped: nothing follows an
//! expression of type never in a block, and such an expression is the operand of no other (the right side of `&&` and
//! `||`, which may not be evaluated, aside).

mod asserts;
mod bind;
mod calls;
mod chains;
mod collections;
mod constants;
mod construct;
mod contracts;
mod control;
mod derived;
mod dynamic;
mod enums;
mod expr;
mod failures;
mod format;
mod func;
mod invariants;
mod iterations;
mod iterators;
mod live;
mod loops;
mod main_call;
mod matching;
mod nested;
mod ops;
mod patterns;
mod places;
mod statics;
mod tracing;
mod type_words;
mod types;
mod values;

use bumpalo::Bump;
use resilient_base::{Diagnostics, EntityRef, FileId, PrimaryMap, SecondaryMap, Span, Symbol};
use resilient_syntax::ast::{ExprKind, StmtKind};

use rustc_hash::FxHashMap;

use crate::cfg::Cx;
use crate::decls::{ConstId, Decls, TopLetId};
use crate::infer::ty::{Ty, TyList};
use crate::infer::{Checked, InstId, Instance, is_const_form};
use crate::scopes::{ScopeId, Value};
use crate::tables::StaticId;
use crate::typed::{Claim, Func, FuncId, Global, GlobalId, Program};
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
        has_chains: chains::are_used(&checked, &decls.library),
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
        made: Vec::new(),
        derived: Vec::new(),
        derived_ids: FxHashMap::default(),
        n_declared: 0,
        globals: PrimaryMap::new(),
        let_globals: SecondaryMap::new(),
        static_globals: SecondaryMap::new(),
        const_globals: Vec::new(),
        uses: Vec::new(),
        call_sites: FxHashMap::default(),
        reads_trace: false,
        claims: Vec::new(),
    };
    lower.types.failures = lower.checked.tys.failures.clone();
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
    while let Some(&(derived, id)) = lower.derived.get(next) {
        let made = FnLower::derived(&mut lower, derived);
        lower.set_made(id, made);
        next += 1;
    }
    for (func, uses) in std::mem::take(&mut lower.made).into_iter().flatten() {
        funcs.push(func);
        lower.uses.push(uses);
    }
    funcs[top].body = FnLower::with_constants(&mut lower, funcs[top].body);
    lower.mark_checked(&stmt_uses);
    lower.mark_boxed();
    let tracing = lower.tracing();
    // Instances of one function state the same.
    lower.claims.sort_by_key(|claim| (claim.span.file, claim.span.lo));
    lower.claims.dedup_by_key(|claim| claim.span);
    Program { types: lower.types, funcs, globals: lower.globals, top, file, tracing, claims: lower.claims }
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
    /// Whether errors may have contexts.
    has_chains: bool,
    concretes: FxHashMap<Ty, Type>,
    /// A type of the inference that the concrete one stands for.
    origins: FxHashMap<Type, Ty>,
    func_ids: SecondaryMap<InstId, Option<FuncId>>,
    /// Functions that no declaration at top level tells of. They stand behind the declared ones and the top-level code.
    made: Vec<Option<(Func<'t>, Uses)>>,
    /// Those of them that are made for types, in the order in which they were asked for.
    derived: Vec<(Derived, FuncId)>,
    derived_ids: FxHashMap<Derived, FuncId>,
    n_declared: usize,
    globals: PrimaryMap<GlobalId, Global<'t>>,
    let_globals: SecondaryMap<TopLetId, Option<GlobalId>>,
    static_globals: SecondaryMap<StaticId, Option<GlobalId>>,
    /// Constants that are made once, in the order of their first uses.
    const_globals: Vec<(ConstId, GlobalId)>,
    /// Of the functions in order.
    uses: Vec<Uses>,
    /// See [`typed::Tracing`](crate::typed::Tracing).
    call_sites: FxHashMap<Span, Span>,
    /// Whether the program looks at the trace of its calls.
    reads_trace: bool,
    claims: Vec<Claim>,
}

impl<'t> Lower<'_, '_, '_, 't> {
    /// Gives the instances their numbers.
    fn declare_functions(&mut self) -> Vec<InstId> {
        let insts: Vec<InstId> =
            self.checked.insts.iter().filter(|(_, inst)| self.is_declared(inst)).map(|(id, _)| id).collect();
        for (i, &inst) in insts.iter().enumerate() {
            self.func_ids[inst] = Some(FuncId::new(i));
        }
        self.n_declared = insts.len();
        insts
    }

    /// The number of a function that [`Self::set_made`] will be called for.
    fn new_func(&mut self) -> FuncId {
        self.made.push(None);
        FuncId::new(self.n_declared + self.made.len())
    }

    fn set_made(&mut self, id: FuncId, made: (Func<'t>, Uses)) {
        self.made[id.index() - self.n_declared - 1] = Some(made);
    }

    /// Whether the instance is part of the program in any case. One of the library is if something calls it.
    fn is_declared(&self, inst: &Instance) -> bool {
        !inst.is_probe && !self.decls.library.contains(inst.func)
    }

    fn func_id(&mut self, inst: InstId) -> FuncId {
        if self.decls.library.contains(self.checked.insts[inst].func) {
            return self.derived_id(Derived::LibraryFn(inst));
        }
        self.func_ids[inst].expect("only instances that are part of the program are called")
    }

    fn text(&self, name: Symbol) -> &'t str {
        self.arena.alloc_str(self.cx.name(name))
    }

    /// Top-level variables that no function mentions stay locals of the top-level code, where they cost nothing. But a
    /// static that a live block changes keeps its value when the variables of the function are restored, and an arm of a
    /// `try` reads what its body assigned before the failure.
    fn declare_globals(&mut self) {
        for (id, entry) in self.decls.lets.iter() {
            let info = self.checked.lets[id];
            if info.used_by_fn || info.assigned_in_try || entry.decl.is_static && info.assigned_in_live {
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

    /// The function that is called behind the top-level code: the test that is to be run, or the `main` that starts by itself: it has no parameters, and the program's own file has no statements but declarations, `static
    /// let`s, and `let`s with constant initialisers.
    fn implicit_main(&self) -> Option<InstId> {
        let own = ScopeId::default();
        if let Some(test) = &self.cx.options.test_entry {
            let test = self.decls.scopes[own].fns.get(self.cx.interner.get(test)?)?;
            return self.checked.inst_ids.get(&(test, TyList::EMPTY)).copied();
        }
        let main = self.decls.scopes[own].fns.entry(self.cx.interner.get("main")?)?;
        if main.is_imported || !self.decls.fns[main.meaning].decl.params.is_empty() {
            return None;
        }
        let is_plain = |(index, stmt): (usize, &&resilient_syntax::ast::Stmt<'_>)| match stmt.kind {
            StmtKind::Item(_) => true,
            _ if self.decls.stmt_scope(index) != own => true,
            StmtKind::Let(node) => {
                node.is_static || is_const_form(node.init).is_ok() && self.names_constants(node.init, index as u32)
            }
            _ => false,
        };
        let inst = self.checked.inst_ids.get(&(main.meaning, TyList::EMPTY)).copied()?;
        self.decls.stmts.iter().enumerate().all(is_plain).then_some(inst)
    }

    /// Whether all names in `expr`, at statement `index`, are those of constants.
    fn names_constants(&self, expr: &resilient_syntax::ast::Expr<'_>, index: u32) -> bool {
        let mut all = true;
        walk::each([Node::Expr(expr)], &mut |node| {
            if let Node::Expr(part) = node
                && let ExprKind::Path(path) = &part.kind
            {
                let value = self.decls.scopes.value_at(ScopeId::default(), path.segments, index);
                all &= matches!(value, Some(Value::Const(_)));
            }
        });
        all
    }
}
