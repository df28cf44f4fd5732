//! Replaces aggregates by their leaves: the fields, and the fields of fields, that are no aggregates.
//!
//! ```text
//! agg0 = (i64, str)
//! block0(v0: agg0 p):                        block0(v5: i64 p.0, v6: str p.1):
//!     v1: i64 = extract v0, 0                    v3: i64 = iadd v5, v5
//!     v2: str = extract v0, 1           =>       v2: str = retain v6
//!     v3: i64 = iadd v1, v1                      release v6
//!     release v0                                 return v3, v2
//!     v4: agg0 = make_agg agg0 (v3, v2)
//!     return v4
//! ```
//!
//! Parameters, results, block parameters and arguments become one per leaf. `make_agg`, `take_apart` and `peek_field` go:
//! their results are leaves that exist. `extract` retains the counted leaves of the field; `retain` and `release` of an
//! aggregate do the same for each counted leaf. The whole module is done at once, as signatures change.
//!
//! Mandatory at every level, and first: no later pass and no backend sees an aggregate. Meaning is kept because an aggregate
//! has no identity. Unreachable blocks leave the layout. Linear in the size of the result.

use std::ops::Range;

use resilient_base::{PrimaryMap, SecondaryMap};

use super::Aliases;
use crate::analysis::Cfg;
use crate::ir::*;

/// Replaces all aggregates of a module; tells whether there were any.
pub fn run(module: &mut Module) -> bool {
    let leaves = LeafTypes::new(&module.aggs);
    let mut changed = false;
    for func in module.funcs.values_mut() {
        changed |= expand_signature(&mut func.params, &mut func.results, &leaves);
    }
    for sig in module.sigs.values_mut() {
        changed |= expand_signature(&mut sig.params, &mut sig.results, &leaves);
    }
    for func in module.funcs.values_mut().filter(|func| !func.is_removed()) {
        if func.values.values().any(|data| is_agg(data.ty)) {
            Scalarizer::new(func, &leaves).run();
            changed = true;
        }
    }
    module.aggs.clear();
    changed
}

fn is_agg(ty: Ty) -> bool {
    matches!(ty, Ty::Agg(_))
}

/// Leaves of aggregate types.
struct LeafTypes {
    tys: PrimaryMap<AggId, Vec<Ty>>,
    /// The leaves of each field.
    fields: PrimaryMap<AggId, Vec<Range<usize>>>,
}

impl LeafTypes {
    fn new(aggs: &PrimaryMap<AggId, Box<[Ty]>>) -> LeafTypes {
        let mut leaves = LeafTypes { tys: PrimaryMap::new(), fields: PrimaryMap::new() };
        for fields in aggs.values() {
            let mut tys = Vec::new();
            let mut ranges = Vec::with_capacity(fields.len());
            for &field in fields {
                let start = tys.len();
                leaves.add_to(field, &mut tys);
                ranges.push(start..tys.len());
            }
            leaves.tys.push(tys);
            leaves.fields.push(ranges);
        }
        leaves
    }

    /// Appends the leaves of `ty`, which is itself one if it is no aggregate.
    fn add_to(&self, ty: Ty, tys: &mut Vec<Ty>) {
        match ty {
            Ty::Agg(agg) => tys.extend_from_slice(&self.tys[agg]),
            leaf => tys.push(leaf),
        }
    }

    fn of_all(&self, tys: impl IntoIterator<Item = Ty>) -> Vec<Ty> {
        let mut leaves = Vec::new();
        tys.into_iter().for_each(|ty| self.add_to(ty, &mut leaves));
        leaves
    }
}

fn expand_signature(params: &mut Vec<Param>, results: &mut Vec<Ty>, leaves: &LeafTypes) -> bool {
    if !params.iter().map(|param| param.ty).chain(results.iter().copied()).any(is_agg) {
        return false;
    }
    let expand = |param: &Param| {
        let borrowed = param.borrowed;
        let tys = leaves.of_all([param.ty]).into_iter();
        tys.map(move |ty| Param { ty, borrowed: borrowed && ty.is_counted() }).collect::<Vec<_>>()
    };
    *params = params.iter().flat_map(expand).collect();
    *results = leaves.of_all(results.iter().copied());
    true
}

struct Scalarizer<'a> {
    func: &'a mut Function,
    leaf_tys: &'a LeafTypes,
    /// Leaves of aggregates, once defined.
    leaves: SecondaryMap<Value, Vec<Value>>,
    /// Values that are leaves of something.
    aliases: Aliases,
    /// Instructions of the current block so far.
    placed: Vec<Inst>,
}

impl<'a> Scalarizer<'a> {
    fn new(func: &'a mut Function, leaf_tys: &'a LeafTypes) -> Scalarizer<'a> {
        let leaves = SecondaryMap::with_capacity(func.values.len());
        Scalarizer { func, leaf_tys, leaves, aliases: Aliases::new(), placed: Vec::new() }
    }

    fn run(mut self) {
        let cfg = Cfg::new(self.func);
        self.func.layout.retain(|&block| cfg.is_reachable(block));
        for &block in cfg.rpo() {
            self.params(block);
        }
        // In reverse postorder a definition comes before its uses, but for parameters, which are done.
        for &block in cfg.rpo() {
            for inst in std::mem::take(&mut self.func.blocks[block].insts) {
                self.inst(inst);
            }
            self.func.blocks[block].insts = std::mem::take(&mut self.placed);
            self.terminator(block);
        }
        self.aliases.apply(self.func);
        // Values out of use keep no type that is gone.
        for data in self.func.values.values_mut().filter(|data| is_agg(data.ty)) {
            data.ty = Ty::I64;
        }
    }

    /// A name for a leaf of a named value.
    fn leaf_name(&self, of: Value, index: usize) -> Option<Box<str>> {
        self.func.values[of].name.as_ref().map(|name| format!("{name}.{index}").into())
    }

    fn params(&mut self, block: Block) {
        let old = std::mem::take(&mut self.func.blocks[block].params);
        for param in old {
            let Ty::Agg(agg) = self.func.ty(param) else {
                let index = self.func.blocks[block].params.len() as u32;
                self.func.values[param].def = ValueDef::Param(block, index);
                self.func.blocks[block].params.push(param);
                continue;
            };
            let tys = &self.leaf_tys.tys[agg];
            self.leaves[param] = tys.iter().map(|&ty| self.func.add_param(block, ty)).collect();
            for (index, &leaf) in self.leaves[param].iter().enumerate() {
                self.func.values[leaf].name = self.leaf_name(param, index);
            }
        }
    }

    /// The leaves of values, which themselves are some if they are no aggregates.
    fn all_leaves(&self, values: &[Value]) -> Vec<Value> {
        let mut all = Vec::with_capacity(values.len());
        for &value in values {
            if is_agg(self.func.ty(value)) {
                all.extend_from_slice(&self.leaves[value]);
            } else {
                all.push(value);
            }
        }
        all
    }

    /// `value` is made of these leaves.
    fn set_leaves(&mut self, value: Value, leaves: Vec<Value>) {
        match (self.func.ty(value), leaves.as_slice()) {
            (Ty::Agg(_), _) => self.leaves[value] = leaves,
            (_, &[leaf]) => self.aliases.replace(value, leaf),
            (ty, _) => unreachable!("{value} of type {ty} is one leaf"),
        }
    }

    fn field(&self, value: Value, field: u32) -> &[Value] {
        match self.func.ty(value) {
            Ty::Agg(agg) => &self.leaves[value][self.leaf_tys.fields[agg][field as usize].clone()],
            ty => unreachable!("{value} of type {ty} has no fields"),
        }
    }

    /// New references where the leaves are counted.
    fn retained(&mut self, leaves: &[Value], loc: Option<Loc>) -> Vec<Value> {
        let retain = |&leaf: &Value| {
            let ty = self.func.ty(leaf);
            if !ty.is_counted() {
                return leaf;
            }
            let inst = self.func.make_inst(InstKind::Retain(leaf), &[ty], loc);
            self.placed.push(inst);
            self.func.insts[inst].results[0]
        };
        leaves.iter().map(retain).collect()
    }

    fn inst(&mut self, inst: Inst) {
        let InstData { kind, results, loc } = self.func.insts[inst].clone();
        match kind {
            InstKind::MakeAgg(_, fields) => {
                let leaves = self.all_leaves(&fields);
                self.set_leaves(results[0], leaves);
            }
            InstKind::Extract(value, n) => {
                let field = self.field(value, n).to_vec();
                let leaves = self.retained(&field, loc);
                self.set_leaves(results[0], leaves);
            }
            InstKind::PeekField(value, n) => {
                let field = self.field(value, n).to_vec();
                self.set_leaves(results[0], field);
            }
            InstKind::TakeApart(value) => {
                for (n, &result) in results.iter().enumerate() {
                    let field = self.field(value, n as u32).to_vec();
                    self.set_leaves(result, field);
                }
            }
            InstKind::Retain(value) if is_agg(self.func.ty(value)) => {
                let leaves = self.leaves[value].clone();
                let leaves = self.retained(&leaves, loc);
                self.set_leaves(results[0], leaves);
            }
            InstKind::Release(value) if is_agg(self.func.ty(value)) => {
                for leaf in self.leaves[value].clone() {
                    if self.func.ty(leaf).is_counted() {
                        let release = self.func.make_inst(InstKind::Release(leaf), &[], loc);
                        self.placed.push(release);
                    }
                }
            }
            InstKind::Call(callee, args) => {
                let args = self.all_leaves(&args);
                self.call(inst, InstKind::Call(callee, args), &results);
            }
            InstKind::CallIndirect(sig, code, args) => {
                let args = self.all_leaves(&args);
                self.call(inst, InstKind::CallIndirect(sig, code, args), &results);
            }
            _ => self.placed.push(inst),
        }
    }

    /// A call, `kind` already with leaves, whose results were `results`.
    fn call(&mut self, inst: Inst, kind: InstKind, results: &[Value]) {
        self.func.insts[inst].kind = kind;
        self.placed.push(inst);
        if !results.iter().any(|&result| is_agg(self.func.ty(result))) {
            return;
        }
        self.func.insts[inst].results.clear();
        for &result in results {
            let tys = self.leaf_tys.of_all([self.func.ty(result)]);
            let mut leaves = Vec::with_capacity(tys.len());
            for (n, ty) in tys.into_iter().enumerate() {
                let index = self.func.insts[inst].results.len() as u32;
                let name = if is_agg(self.func.ty(result)) { self.leaf_name(result, n) } else { None };
                let leaf = self.func.values.push(ValueData { ty, def: ValueDef::Result(inst, index), name });
                self.func.insts[inst].results.push(leaf);
                leaves.push(leaf);
            }
            self.set_leaves(result, leaves);
        }
    }

    fn terminator(&mut self, block: Block) {
        let mut terminator = std::mem::take(&mut self.func.blocks[block].terminator);
        if let Terminator::Return(values) = &mut terminator {
            *values = self.all_leaves(values);
        }
        for target in terminator.successors_mut() {
            target.args = self.all_leaves(&target.args);
        }
        self.func.blocks[block].terminator = terminator;
    }
}
