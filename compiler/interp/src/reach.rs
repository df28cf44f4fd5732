//! What a call of a function may read besides its arguments: whether a variable can be given up to the call.

use std::collections::HashSet;

use resilient_sema::typed::{
    AssignPart, Block, Builtin, Decision, Expr, ExprKind, Func, FuncId, PartOp, Place, Program, Projection, Stmt,
};

/// What a function and all that it calls may read.
#[derive(Clone, Copy, Default)]
pub struct Reach {
    /// A global variable.
    pub globals: bool,
    /// A variable in a cell.
    pub cells: bool,
}

impl Reach {
    const ALL: Reach = Reach { globals: true, cells: true };

    /// What a call of `root` may read.
    pub fn of(program: &Program<'_>, root: FuncId) -> Reach {
        let mut search = Search { reach: Reach::default(), exprs: Vec::new(), funcs: vec![root] };
        let mut seen = HashSet::from([root]);
        while let Some(id) = search.funcs.pop() {
            let from = search.funcs.len();
            search.func(&program.funcs[id]);
            while let Some(expr) = search.exprs.pop() {
                search.expr(expr);
            }
            let called = search.funcs.split_off(from);
            search.funcs.extend(called.into_iter().filter(|id| seen.insert(*id)));
        }
        search.reach
    }

    /// Whether it may read the variable, which is one of the caller.
    pub fn includes(self, place: Place) -> bool {
        match place {
            Place::Local(_) => false,
            Place::Global(_) => self.globals,
            Place::Cell(_) => self.cells,
        }
    }
}

/// A search through bodies: what is still to be looked at.
struct Search<'p> {
    reach: Reach,
    exprs: Vec<&'p Expr<'p>>,
    funcs: Vec<FuncId>,
}

impl<'p> Search<'p> {
    fn func(&mut self, func: &Func<'p>) {
        for clause in func.requires.iter().chain(func.ensures) {
            self.exprs.extend([clause.cond, clause.message]);
        }
        self.exprs.push(func.body);
        if func.deferred.is_some() {
            // The calls may be of any function.
            self.reach = Reach::ALL;
        }
    }

    fn expr(&mut self, expr: &'p Expr<'p>) {
        match expr.kind {
            ExprKind::Void
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Char(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::Local(_)
            | ExprKind::Continue(_)
            | ExprKind::Fail(_) => {}
            ExprKind::Global(_) => self.reach.globals = true,
            ExprKind::Unary(_, operand)
            | ExprKind::Convert(_, operand)
            | ExprKind::Display(operand)
            | ExprKind::Quoted(operand)
            | ExprKind::Fault(operand)
            | ExprKind::Field(operand, _)
            | ExprKind::VariantField(operand, ..)
            | ExprKind::CellNew(operand) => self.exprs.push(operand),
            ExprKind::CellGet(operand) => {
                self.reach.cells = true;
                self.exprs.push(operand);
            }
            ExprKind::Binary(_, left, right)
            | ExprKind::And(left, right)
            | ExprKind::Or(left, right)
            | ExprKind::Index(left, right) => self.exprs.extend([left, right]),
            ExprKind::Concat(operands)
            | ExprKind::Struct(operands)
            | ExprKind::Variant(_, operands)
            | ExprKind::Array(operands)
            // What the function value does is up to its calls.
            | ExprKind::Closure(_, operands) => self.exprs.extend(operands),
            ExprKind::CallBuiltin(builtin, args) => {
                self.reach.cells |= builtin == Builtin::CellSet;
                self.exprs.extend(args);
            }
            ExprKind::Call(call) => {
                self.funcs.push(call.func);
                self.exprs.extend(call.args);
            }
            // It may be any function.
            ExprKind::CallValue(..) => self.reach = Reach::ALL,
            ExprKind::Block(block) => self.block(block),
            ExprKind::Live(node) => {
                self.exprs.push(node.body);
                self.exprs.extend(node.invariants.iter().flat_map(|clause| [clause.cond, clause.message]));
                node.restored.iter().for_each(|&place| self.place(place));
            }
            ExprKind::Try(node) => self.exprs.extend(node.arms.iter().map(|arm| arm.body).chain([node.body])),
            ExprKind::If(cond, then, otherwise) => self.exprs.extend([cond, then].into_iter().chain(otherwise)),
            ExprKind::Loop(node) => self.exprs.extend(node.cond.into_iter().chain([node.body])),
            ExprKind::ForRange(node) => self.exprs.extend([node.lo, node.hi, node.body]),
            ExprKind::Match(node) => {
                self.exprs.extend(node.arms);
                self.decision(node.decision);
            }
            ExprKind::Assign(place, value) | ExprKind::AssignOp(place, _, value) => {
                self.place(place);
                self.exprs.push(value);
            }
            ExprKind::AssignPart(node) => self.assign_part(node),
            ExprKind::Return(value) | ExprKind::Break(_, value) => self.exprs.extend(value),
        }
    }

    fn place(&mut self, place: Place) {
        match place {
            Place::Local(_) => {}
            Place::Global(_) => self.reach.globals = true,
            Place::Cell(_) => self.reach.cells = true,
        }
    }

    fn assign_part(&mut self, node: &AssignPart<'p>) {
        self.place(node.root);
        self.exprs.push(node.value);
        for step in node.path {
            match *step {
                Projection::Field(_) => {}
                Projection::Index(index) => self.exprs.push(index),
                Projection::Key { key, position, .. } => {
                    self.exprs.push(key);
                    self.funcs.push(position);
                }
            }
        }
        if let PartOp::Insert { key, insert } = node.op {
            self.exprs.push(key);
            self.funcs.push(insert);
        }
    }

    fn block(&mut self, block: &Block<'p>) {
        for stmt in block.stmts {
            match *stmt {
                Stmt::Expr(expr) | Stmt::Let(_, expr) => self.exprs.push(expr),
                Stmt::InitGlobal(_, expr) | Stmt::InitStatic(_, expr) => {
                    self.reach.globals = true;
                    self.exprs.push(expr);
                }
            }
        }
        self.exprs.extend(block.value);
    }

    fn decision(&mut self, root: &'p Decision<'p>) {
        let mut todo = vec![root];
        while let Some(decision) = todo.pop() {
            match decision {
                Decision::Arm { bindings, .. } => self.exprs.extend(bindings.iter().map(|(_, value)| value)),
                Decision::Guard { bindings, guard, otherwise, .. } => {
                    self.exprs.extend(bindings.iter().map(|(_, value)| value));
                    self.exprs.push(guard);
                    todo.push(otherwise);
                }
                Decision::Switch { subject, cases, default } => {
                    self.exprs.push(subject);
                    todo.extend(cases.iter().map(|(_, decision)| decision).chain(*default));
                }
                Decision::If(cond, then, otherwise) => {
                    self.exprs.push(cond);
                    todo.extend([*then, *otherwise]);
                }
            }
        }
    }
}
