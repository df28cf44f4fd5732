//! Lends arguments that a function only looks at, instead of giving them to it.
//!
//! ```text
//! fn0 "length"(ref) -> i64 {               fn0 "length"(ref borrowed) -> i64 {
//! block0(v0: ref):                         block0(v0: ref):
//!     v1: i64 = array_len v0        =>         v1: i64 = array_len v0
//!     release v0                               return v1
//!     return v1                            ..
//! ..                                           v5: i64 = call fn0(v4)
//!     v5: i64 = call fn0(v4)                   release v4
//! ```
//!
//! A parameter can be borrowed if it is released, looked at, or given to parameters that can be borrowed, and nothing
//! else. All are taken to be so until a use speaks against it; since recursive functions pass their own parameters on,
//! starting with none would find few. The caller releases what it gave up before, behind the call. Mostly it had made a
//! reference for the call only, and [`super::copy_elision`] then finds both superfluous.
//!
//! Meaning is kept because the count of references shows in no output. Objects live longer, to the end of the call.
//! The entry has no parameters; all calls of other functions are known, but for those whose address is taken, which keep
//! theirs. Time: the module times the rounds, which are few.

use resilient_base::SecondaryMap;

use crate::analysis::ownership::{Mode, Signatures};
use crate::ir::*;

/// Makes parameters of a module borrowed where that is possible; tells whether there are any.
pub fn run(module: &mut Module) -> bool {
    let mut lent = Lent::new(module);
    let signatures = Signatures::new(module);
    while module.funcs.iter().fold(false, |changed, (id, func)| lent.reject(id, func, &signatures) | changed) {}
    let mut changed = false;
    for (id, func) in module.funcs.iter_mut() {
        let own = lent.values(id, func);
        changed |= !own.is_empty();
        for (param, &is_lent) in func.params.iter_mut().zip(&lent.0[id]) {
            param.borrowed |= is_lent;
        }
        lent.rewrite(func, &own);
    }
    changed
}

/// For each function which parameters can become borrowed.
struct Lent(SecondaryMap<FuncId, Vec<bool>>);

impl Lent {
    fn new(module: &Module) -> Lent {
        let mut lent: SecondaryMap<FuncId, Vec<bool>> = SecondaryMap::with_capacity(module.funcs.len());
        for (id, func) in module.funcs.iter().filter(|(_, func)| !func.is_removed()) {
            lent[id] = func.params.iter().map(|param| param.ty.is_counted() && !param.borrowed).collect();
        }
        for func in module.funcs.values() {
            for &inst in func.layout.iter().flat_map(|&block| &func.blocks[block].insts) {
                if let InstKind::FuncAddr(id) = func.insts[inst].kind {
                    lent[id].fill(false);
                }
            }
        }
        Lent(lent)
    }

    /// Rejects the parameters of a function that are given up; tells whether there are new ones.
    fn reject(&mut self, id: FuncId, func: &Function, signatures: &Signatures) -> bool {
        if !self.0[id].contains(&true) {
            return false;
        }
        let mut given_up: SecondaryMap<Value, bool> = SecondaryMap::new();
        for &block in &func.layout {
            let data = &func.blocks[block];
            for &inst in &data.insts {
                match &func.insts[inst].kind {
                    InstKind::Release(_) => {}
                    InstKind::Call(callee, args) => {
                        for (n, &arg) in args.iter().enumerate() {
                            given_up[arg] |= !self.0[*callee][n] && !signatures.get(*callee).params[n].borrowed;
                        }
                    }
                    kind => signatures.for_each_use(kind, |value, mode| given_up[value] |= mode == Mode::Consume),
                }
            }
            data.terminator.for_each_operand(|value| given_up[value] = true);
        }
        let mut changed = false;
        for (lent, &param) in self.0[id].iter_mut().zip(&func.blocks[func.entry()].params) {
            changed |= *lent && given_up[param];
            *lent &= !given_up[param];
        }
        changed
    }

    /// The parameters of a function that become borrowed.
    fn values(&self, id: FuncId, func: &Function) -> Vec<Value> {
        if func.is_removed() {
            return Vec::new();
        }
        let params = &func.blocks[func.entry()].params;
        self.0[id].iter().zip(params).filter(|(lent, _)| **lent).map(|(_, &param)| param).collect()
    }

    /// Drops the releases of the function's own parameters, and adds those of what it lends.
    fn rewrite(&self, func: &mut Function, own: &[Value]) {
        for n in 0..func.layout.len() {
            let block = func.layout[n];
            let mut insts = Vec::with_capacity(func.blocks[block].insts.len());
            for inst in std::mem::take(&mut func.blocks[block].insts) {
                let InstData { kind, loc, .. } = &func.insts[inst];
                let loc = *loc;
                match kind {
                    InstKind::Release(value) if own.contains(value) => continue,
                    InstKind::Call(callee, args) => {
                        let lent = args.iter().zip(&self.0[*callee]).filter(|(_, lent)| **lent);
                        let released: Vec<Value> = lent.map(|(&arg, _)| arg).filter(|arg| !own.contains(arg)).collect();
                        insts.push(inst);
                        for value in released {
                            insts.push(func.make_inst(InstKind::Release(value), &[], loc));
                        }
                    }
                    _ => insts.push(inst),
                }
            }
            func.blocks[block].insts = insts;
        }
    }
}
