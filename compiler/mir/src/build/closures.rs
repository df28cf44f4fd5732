//! Function values and cells.
//!
//! A function value is a box of a code pointer and the leaves of the captured variables. What it points to is not the
//! function that was written, but a *thunk* that takes the captured variables out of the box:
//!
//! ```text
//! fn7 "<anon>$closure"(i64, ref borrowed) -> i64 {
//! block0(v0: i64, v1: ref):
//!     v2: str = box_load layout3.1 v1
//!     v3: i64 = call fn2(v0, v2)
//!     return v3
//! ```
//!
//! So all function values of one type are called in one way, whatever they captured, and functions that are also called by
//! name need no second form. There is one thunk for each function that a function value is made of. Their ids come behind
//! those of the program's functions, in the order in which they are asked for.

use resilient_base::{PrimaryMap, Span};
use resilient_sema::typed::{self, Expr};
use resilient_sema::types::{Type, TypeKind, Types};

use super::function::FuncBuilder;
use super::{Flow, ModuleBuilder, func_id};
use crate::ir::{
    AggId, Block, FuncId, Function, InstKind, LayoutId, Leaf, Loc, MemTy, Param, Signature, Terminator, Ty, Value,
};

impl ModuleBuilder<'_, '_> {
    /// The thunk of a function.
    fn thunk(&mut self, func: typed::FuncId, n_captures: usize) -> FuncId {
        let next = self.program.funcs.len() + self.thunks.len();
        let thunks = &mut self.thunks;
        *self.thunk_ids[func].get_or_insert_with(|| {
            thunks.push((func, n_captures));
            FuncId::from_u32(next as u32)
        })
    }

    /// The layout of a function value that captured variables of these types.
    fn closure_layout(&mut self, captures: impl Iterator<Item = Type>) -> LayoutId {
        let mut leaves = vec![MemTy::Code];
        for ty in captures {
            leaves.extend(self.shapes.shape(ty).iter().flat_map(|shape| shape.leaves.iter().copied()));
        }
        self.shapes.layout(leaves)
    }

    /// How function values with these parameters and this result are called.
    fn signature(&mut self, params: &[Type], result: Type) -> Signature {
        let tys: Vec<Ty> = params.iter().filter_map(|&ty| self.ty(ty)).collect();
        let mut params: Vec<Param> = tys.into_iter().map(|ty| Param { ty, borrowed: false }).collect();
        params.push(Param { ty: Ty::Ref, borrowed: true });
        Signature { params, results: self.ty(result).into_iter().collect() }
    }

    /// Builds the thunks behind the functions of the program.
    pub(super) fn make_thunks(&mut self, funcs: &mut PrimaryMap<FuncId, Function>) {
        for (id, n_captures) in std::mem::take(&mut self.thunks) {
            let thunk = self.make_thunk(id, n_captures);
            funcs.push(thunk);
        }
    }

    fn make_thunk(&mut self, id: typed::FuncId, n_captures: usize) -> Function {
        let decl = self.program.funcs[id];
        let param_tys: Vec<Type> = decl.params.iter().map(|&param| decl.locals[param.as_u32() as usize].ty).collect();
        let (declared, captured) = param_tys.split_at(param_tys.len() - n_captures);
        let Signature { params, results } = self.signature(declared, decl.result);
        let layout = self.closure_layout(captured.iter().copied());
        // Wherever the value is called, the library knows of no other place.
        let loc = decl.at_caller.then(|| self.loc(decl.span));
        let mut thunk = Thunk {
            module: self,
            func: Function::new(format!("{}$closure", decl.name), params, results),
            layout,
            next: 1,
        };
        let block = thunk.func.add_block();
        let tys: Vec<Ty> = thunk.func.params.iter().map(|param| param.ty).collect();
        let mut args: Vec<Value> = tys.into_iter().map(|ty| thunk.func.add_param(block, ty)).collect();
        let Some(closure) = args.pop() else {
            unreachable!("the function value is a parameter");
        };
        for &ty in captured {
            if let Some(ty) = thunk.module.ty(ty) {
                args.push(thunk.load(block, closure, ty));
            }
        }
        let results = thunk.func.results.clone();
        let entry = thunk.module.thunk_entry(id);
        if let Some(entry) = &entry {
            entry.enter(&mut thunk.func, block);
        }
        let call = thunk.func.append_inst(block, InstKind::Call(func_id(id), args), &results, loc);
        if let Some(entry) = entry {
            entry.leave(&mut thunk.func, block);
        }
        let results = thunk.func.insts[call].results.clone();
        let never = decl.result == Types::NEVER;
        thunk.func.blocks[block].terminator = if never { Terminator::Unreachable } else { Terminator::Return(results) };
        thunk.func
    }
}

/// A thunk that is being built.
struct Thunk<'m, 'p, 't> {
    module: &'m mut ModuleBuilder<'p, 't>,
    func: Function,
    layout: LayoutId,
    /// Index of the next leaf.
    next: u32,
}

impl Thunk<'_, '_, '_> {
    /// The value of type `ty` of the next leaves.
    fn load(&mut self, block: Block, closure: Value, ty: Ty) -> Value {
        let kind = match ty {
            Ty::Agg(agg) => InstKind::MakeAgg(agg, self.load_fields(block, closure, agg)),
            _ => {
                self.next += 1;
                InstKind::BoxLoad(Leaf { layout: self.layout, index: self.next - 1 }, closure)
            }
        };
        let inst = self.func.append_inst(block, kind, &[ty], None);
        self.func.insts[inst].results[0]
    }

    fn load_fields(&mut self, block: Block, closure: Value, agg: AggId) -> Vec<Value> {
        let tys = self.module.shapes.aggs[agg].clone();
        tys.iter().map(|&ty| self.load(block, closure, ty)).collect()
    }
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// A function value.
    pub(super) fn closure(&mut self, func: typed::FuncId, captures: &'t [Expr<'t>]) -> Flow<Value> {
        let depth = self.held.len();
        let values = self.held_values(captures)?;
        self.held.truncate(depth);
        let layout = self.module.closure_layout(captures.iter().map(|capture| capture.ty));
        let thunk = self.module.thunk(func, captures.len());
        let mut leaves = vec![self.ssa.def(InstKind::FuncAddr(thunk), Ty::Code)];
        for value in values.into_iter().flatten() {
            leaves.extend(self.take_leaves(value));
        }
        Ok(self.ssa.def(InstKind::BoxNew(layout, leaves), Ty::Ref))
    }

    /// A call of a function value.
    pub(super) fn call_value(&mut self, callee: &'t Expr<'t>, args: &'t [Expr<'t>], span: Span) -> Flow<Option<Value>> {
        let TypeKind::Fn(params, result, _) = self.types().kind(callee.ty).clone() else {
            unreachable!("function values are called, {} is none", self.types().display(callee.ty));
        };
        let depth = self.held.len();
        let later: Vec<&Expr<'t>> = args.iter().collect();
        let callee = self.operand(callee, &later)?;
        self.hold_operand(callee);
        let mut values: Vec<Value> = self.held_values(args)?.into_iter().flatten().collect();
        self.held.truncate(depth);
        let code = self.module.shapes.layout(vec![MemTy::Code]);
        let code = self.ssa.def(InstKind::BoxLoad(Leaf { layout: code, index: 0 }, callee.value), Ty::Code);
        values.push(callee.value);
        let sig = self.module.signature(&params, result);
        let sig = self.module.sig_id(sig);
        let ty = self.ty(result);
        let kind = InstKind::CallIndirect(sig, code, values);
        let value = self.traced(None, span, |this| this.ssa.inst(kind, ty));
        self.release_operand(callee);
        Ok(value)
    }

    /// A new cell.
    pub(super) fn cell_new(&mut self, content: &'t Expr<'t>) -> Flow<Value> {
        let value = self.eval(content)?;
        let layout = self.module.shapes.element_layout(content.ty);
        let leaves = self.element_leaves(value);
        Ok(self.ssa.def(InstKind::BoxNew(layout, leaves), Ty::Ref))
    }

    /// The value in a cell; none if it is void.
    pub(super) fn cell_get(&mut self, cell: &'t Expr<'t>, content: Type) -> Flow<Option<Value>> {
        let cell = self.operand(cell, &[])?;
        let value = self.ty(content).map(|ty| {
            let leaves = self.cell_leaves(cell.value, content);
            let values = leaves.into_iter().map(|(leaf, ty)| self.get_leaf(leaf, ty)).collect();
            self.join_leaves(ty, values)
        });
        self.release_operand(cell);
        Ok(value)
    }

    /// Stores to a cell.
    pub(super) fn cell_set(&mut self, cell: &'t Expr<'t>, content: &'t Expr<'t>) -> Flow<()> {
        let depth = self.held.len();
        let cell = self.operand(cell, &[content])?;
        self.hold_operand(cell);
        let value = self.eval(content)?;
        self.held.truncate(depth);
        let leaves = self.cell_leaves(cell.value, content.ty);
        self.set_leaves(&leaves, value);
        self.release_operand(cell);
        Ok(())
    }

    /// A call of a function of the program. A fault of the library stands at `span`.
    pub(super) fn call_function(&mut self, func: typed::FuncId, args: Vec<Value>, span: Span) -> Option<Value> {
        let decl = self.module.program.funcs[func];
        let loc: Option<Loc> = decl.at_caller.then(|| self.loc(span));
        let ty = self.ty(decl.result);
        self.traced(Some(func), span, |this| this.ssa.call(func_id(func), args, ty, loc))
    }
}
