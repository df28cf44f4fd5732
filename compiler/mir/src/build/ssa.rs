//! SSA construction on the fly, after Braun, Buchwald, Hack, Leißa, Mallon and Zwinkau, *Simple and Efficient
//! Construction of Static Single Assignment Form* (CC 2013), with block parameters for φ functions.
//!
//! A variable that is never assigned after its initialisation is one value. Of any other, the last definition per block
//! is kept; a read looks for one in the block, then in its predecessors, and makes a block parameter where they differ.
//! A block is *sealed* once all its predecessors are known. Only loop headers are built before they are sealed: their
//! parameters get arguments when they are.
//!
//! # Invariants
//!
//! Every cycle of blocks goes through a block made by [`Ssa::new_header`], so a read ends there. A parameter that
//! turned out to stand for one other value is recorded in `aliases` and stays in place until [`super::finish`]; values
//! handed out before may be such parameters, which is harmless.
//!
//! A counted variable owns its value at each point, so arguments for its parameters move the value on.

use std::collections::HashMap;

use resilient_abi::{AbiResult, RtFn};
use resilient_base::SecondaryMap;
use resilient_sema::typed::LocalId;

use crate::analysis::ownership::abi_ty;
use crate::ir::{
    Block, BlockCall, BlockData, Const, FuncId, Function, Inst, InstKind, Loc, Terminator, Ty, Value, ValueDef,
};

/// A function in construction.
pub(super) struct Ssa {
    pub(super) func: Function,
    /// Parameters that stand for another value.
    pub(super) aliases: SecondaryMap<Value, Option<Value>>,
    current: Option<Block>,
    vars: Vec<Variable>,
    /// The value of a variable that is never assigned.
    single: SecondaryMap<LocalId, Option<Value>>,
    /// The value of an assigned variable at the end of a block, as far as known.
    defs: HashMap<(LocalId, Block), Value>,
    preds: SecondaryMap<Block, Vec<Block>>,
    kinds: SecondaryMap<Block, BlockKind>,
    /// Parameters of an unsealed block that wait for arguments.
    incomplete: SecondaryMap<Block, Vec<(LocalId, Value)>>,
    /// The handler of new blocks; see [`super::regions`].
    handler: Option<Block>,
    /// Blocks that are rarely reached, though they do not end in a fault.
    pub(super) cold: SecondaryMap<Block, bool>,
}

/// A variable of the function, if it is of a type with values.
pub(super) struct Variable {
    pub(super) ty: Option<Ty>,
    pub(super) assigned: bool,
    /// Shown in the text form.
    pub(super) name: Option<Box<str>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum BlockKind {
    #[default]
    Plain,
    UnsealedHeader,
    SealedHeader,
}

impl Ssa {
    pub(super) fn new(func: Function, vars: Vec<Variable>) -> Ssa {
        Ssa {
            func,
            aliases: SecondaryMap::new(),
            current: None,
            vars,
            single: SecondaryMap::new(),
            defs: HashMap::new(),
            preds: SecondaryMap::new(),
            kinds: SecondaryMap::new(),
            incomplete: SecondaryMap::new(),
            handler: None,
            cold: SecondaryMap::new(),
        }
    }

    // Blocks

    /// A block whose predecessors are all known when it is started.
    pub(super) fn new_block(&mut self) -> Block {
        self.func.blocks.push(BlockData { handler: self.handler, ..BlockData::default() })
    }

    /// A block that is rarely reached.
    pub(super) fn new_cold_block(&mut self) -> Block {
        let block = self.new_block();
        self.cold[block] = true;
        block
    }

    /// The handler of new blocks.
    pub(super) fn handler(&self) -> Option<Block> {
        self.handler
    }

    /// From here on, new blocks have this handler. Gives the former.
    pub(super) fn set_handler(&mut self, handler: Option<Block>) -> Option<Block> {
        std::mem::replace(&mut self.handler, handler)
    }

    /// A block that gets predecessors after it was started, until [`Ssa::seal`].
    pub(super) fn new_header(&mut self) -> Block {
        let block = self.new_block();
        self.kinds[block] = BlockKind::UnsealedHeader;
        block
    }

    /// A block with a parameter, if `ty` has values.
    pub(super) fn new_join(&mut self, ty: Option<Ty>) -> (Block, Option<Value>) {
        let block = self.new_block();
        let param = ty.map(|ty| self.func.add_param(block, ty));
        (block, param)
    }

    /// Continues in `block`, if anything goes there.
    pub(super) fn start(&mut self, block: Block) -> bool {
        debug_assert!(self.current.is_none(), "the block before has ended");
        let is_reached = !self.preds[block].is_empty();
        if is_reached {
            self.start_entry(block);
        }
        is_reached
    }

    /// Continues in `block`, the entry.
    pub(super) fn start_entry(&mut self, block: Block) {
        self.func.layout.push(block);
        self.current = Some(block);
    }

    /// All predecessors of a header are known now.
    pub(super) fn seal(&mut self, header: Block) {
        self.kinds[header] = BlockKind::SealedHeader;
        for (var, param) in std::mem::take(&mut self.incomplete[header]) {
            self.complete(var, header, param);
        }
    }

    pub(super) fn has_preds(&self, block: Block) -> bool {
        !self.preds[block].is_empty()
    }

    /// Ends the current block.
    pub(super) fn terminate(&mut self, terminator: Terminator) {
        let Some(block) = self.current.take() else {
            unreachable!("a block has one end");
        };
        for target in terminator.successors() {
            debug_assert!(!self.preds[target.block].contains(&block), "one edge between two blocks");
            self.preds[target.block].push(block);
        }
        self.func.blocks[block].terminator = terminator;
    }

    pub(super) fn jump(&mut self, block: Block, arg: Option<Value>) {
        self.jump_with(block, arg.into_iter().collect());
    }

    pub(super) fn jump_with(&mut self, block: Block, args: Vec<Value>) {
        self.terminate(Terminator::Jump(BlockCall { block, args }));
    }

    /// To `then` if `cond`; neither takes arguments.
    pub(super) fn branch(&mut self, cond: Value, then: Block, otherwise: Block) {
        let call = |block| BlockCall { block, args: Vec::new() };
        self.terminate(Terminator::Branch(cond, call(then), call(otherwise)));
    }

    // Instructions

    fn append(&mut self, kind: InstKind, tys: &[Ty], loc: Option<Loc>) -> Inst {
        let block = self.current_block();
        self.func.append_inst(block, kind, tys, loc)
    }

    /// An instruction with one result.
    pub(super) fn def(&mut self, kind: InstKind, ty: Ty) -> Value {
        let inst = self.append(kind, &[ty], None);
        self.func.insts[inst].results[0]
    }

    /// An instruction with results of these types.
    pub(super) fn defs(&mut self, kind: InstKind, tys: &[Ty]) -> Vec<Value> {
        let inst = self.append(kind, tys, None);
        self.func.insts[inst].results.clone()
    }

    /// An instruction without result.
    pub(super) fn effect(&mut self, kind: InstKind) {
        self.append(kind, &[], None);
    }

    /// An instruction with or without result.
    pub(super) fn inst(&mut self, kind: InstKind, ty: Option<Ty>) -> Option<Value> {
        let inst = self.append(kind, ty.as_slice(), None);
        self.func.insts[inst].results.first().copied()
    }

    /// A call of a function, with or without result; `loc` where it takes a site.
    pub(super) fn call(&mut self, callee: FuncId, args: Vec<Value>, ty: Option<Ty>, loc: Option<Loc>) -> Option<Value> {
        let inst = self.append(InstKind::Call(callee, args), ty.as_slice(), loc);
        self.func.insts[inst].results.first().copied()
    }

    pub(super) fn constant(&mut self, value: Const) -> Value {
        self.def(InstKind::Const(value), value.ty())
    }

    pub(super) fn int(&mut self, value: i64) -> Value {
        self.constant(Const::Int(value))
    }

    pub(super) fn bool(&mut self, value: bool) -> Value {
        self.constant(Const::Bool(value))
    }

    /// Calls a runtime entry point without result.
    pub(super) fn rt_effect(&mut self, callee: RtFn, args: &[Value]) {
        self.effect(InstKind::CallRt(callee, args.to_vec()));
    }

    /// Calls a runtime entry point without result that may fault.
    pub(super) fn rt_may_fault(&mut self, callee: RtFn, args: &[Value], loc: Loc) {
        self.append(InstKind::CallRt(callee, args.to_vec()), &[], Some(loc));
    }

    /// The block that is being filled.
    pub(super) fn current_block(&self) -> Block {
        self.current.unwrap_or_else(|| unreachable!("instructions stand in a block"))
    }

    /// Calls a runtime entry point with a result; `loc` where it may fault.
    pub(super) fn rt(&mut self, callee: RtFn, args: &[Value], loc: Option<Loc>) -> Value {
        let AbiResult::Value(kind) = callee.sig().result else {
            unreachable!("`{}` has no result", callee.sig().name);
        };
        let inst = self.append(InstKind::CallRt(callee, args.to_vec()), &[abi_ty(kind)], loc);
        self.func.insts[inst].results[0]
    }

    /// The int a value is known to be.
    pub(super) fn known_int(&self, value: Value) -> Option<i64> {
        let ValueDef::Result(inst, _) = self.func.values[value].def else {
            return None;
        };
        match self.func.insts[inst].kind {
            InstKind::Const(Const::Int(known)) => Some(known),
            _ => None,
        }
    }

    // Variables

    /// Type of the values of `var`.
    pub(super) fn var_ty(&self, var: LocalId) -> Option<Ty> {
        self.vars[var.as_u32() as usize].ty
    }

    pub(super) fn is_assigned(&self, var: LocalId) -> bool {
        self.vars[var.as_u32() as usize].assigned
    }

    /// From here on `var` is `value`.
    pub(super) fn define(&mut self, var: LocalId, value: Value) {
        let variable = &self.vars[var.as_u32() as usize];
        let name = &mut self.func.values[value].name;
        if name.is_none() {
            name.clone_from(&variable.name);
        }
        match (variable.assigned, self.current) {
            (true, Some(block)) => {
                self.defs.insert((var, block), value);
            }
            (true, None) => unreachable!("variables are defined in a block"),
            (false, _) => self.single[var] = Some(value),
        }
    }

    /// What `var` is here.
    pub(super) fn read(&mut self, var: LocalId) -> Value {
        let value = match (self.is_assigned(var), self.current) {
            (true, Some(block)) => Some(self.read_in(var, block)),
            _ => self.single[var],
        };
        match value {
            Some(value) => self.resolve(value),
            None => unreachable!("a variable is defined before it is read"),
        }
    }

    /// What `var` is at the end of `block`. Goes up single predecessors in a loop, so that recursion is as deep as
    /// joins are, not blocks.
    fn read_in(&mut self, var: LocalId, block: Block) -> Value {
        let mut passed = Vec::new();
        let mut at = block;
        let value = loop {
            if let Some(&value) = self.defs.get(&(var, at)) {
                break self.resolve(value);
            }
            passed.push(at);
            if self.kinds[at] == BlockKind::UnsealedHeader {
                let param = self.new_param(var, at);
                self.incomplete[at].push((var, param));
                break param;
            }
            match self.preds[at][..] {
                [pred] => at = pred,
                _ => break self.read_at_join(var, at),
            }
        };
        for block in passed {
            self.defs.insert((var, block), value);
        }
        value
    }

    fn read_at_join(&mut self, var: LocalId, block: Block) -> Value {
        if self.kinds[block] == BlockKind::SealedHeader {
            // The parameter comes first: the search comes back here round the loop.
            let param = self.new_param(var, block);
            self.defs.insert((var, block), param);
            return self.complete(var, block, param);
        }
        let values = self.read_in_preds(var, block);
        if let Some(value) = only_value(&values, None) {
            return value;
        }
        let param = self.new_param(var, block);
        self.add_args(block, &values);
        param
    }

    /// Gives `param` its arguments.
    fn complete(&mut self, var: LocalId, block: Block, param: Value) -> Value {
        let values = self.read_in_preds(var, block);
        self.add_args(block, &values);
        let only = only_value(&values, Some(param));
        self.aliases[param] = only;
        only.unwrap_or(param)
    }

    fn new_param(&mut self, var: LocalId, block: Block) -> Value {
        let variable = &self.vars[var.as_u32() as usize];
        let Some(ty) = variable.ty else {
            unreachable!("a void variable has no value");
        };
        let param = self.func.add_param(block, ty);
        self.func.values[param].name.clone_from(&variable.name);
        param
    }

    fn read_in_preds(&mut self, var: LocalId, block: Block) -> Vec<Value> {
        let preds = self.preds[block].clone();
        let values: Vec<Value> = preds.into_iter().map(|pred| self.read_in(var, pred)).collect();
        // A later read may have found out that an earlier value is another's alias.
        values.into_iter().map(|value| self.resolve(value)).collect()
    }

    /// Adds `values` as last arguments, one per predecessor.
    fn add_args(&mut self, block: Block, values: &[Value]) {
        for (&pred, &value) in self.preds[block].iter().zip(values) {
            for target in self.func.blocks[pred].terminator.successors_mut() {
                if target.block == block {
                    target.args.push(value);
                }
            }
        }
    }

    fn resolve(&self, value: Value) -> Value {
        resolve(&self.aliases, value)
    }
}

/// What `value` stands for.
pub(super) fn resolve(aliases: &SecondaryMap<Value, Option<Value>>, mut value: Value) -> Value {
    while let Some(other) = aliases[value] {
        value = other;
    }
    value
}

/// The one value that `values` are, not counting `itself`.
pub(super) fn only_value(values: &[Value], itself: Option<Value>) -> Option<Value> {
    let mut others = values.iter().copied().filter(|&value| Some(value) != itself);
    let first = others.next()?;
    others.all(|value| value == first).then_some(first)
}
