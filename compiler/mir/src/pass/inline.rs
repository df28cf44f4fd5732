//! Puts bodies of functions in the place of calls to them.
//!
//! ```text
//! fn0 "add"(i64, i64) -> i64              block0(v0: i64):
//!   block0(v0: i64, v1: i64):                 v1 = iadd v0, v0
//!     v2 = iadd v0, v1               =>       jump block1(v1)
//!     return v2                           block1(v2: i64):
//! ...                                         return v2
//! block0(v0: i64):
//!     v1 = call fn0(v0, v0)
//!     return v1
//! ```
//!
//! # When
//!
//! Bottom-up over the call graph, callees before callers, so that what is judged and copied is already optimized. A call
//! is replaced if the callee is smaller than the call itself, or its only call is this one, or it is within a size that
//! constant arguments, function values and loops around the call raise. Nothing is inlined into or from code that ends in a fault, and
//! nothing beyond a total size of the caller. The entry function is never a callee.
//!
//! A function that calls itself is not put into others, but small ones are put into themselves, which saves call overhead
//! and shows the checks of the inner call what the outer one knows. The function copied is the one before, so that each
//! level is one more unrolling of the recursion.
//!
//! Functions that cannot be reached from the entry any more are removed.
//!
//! # Why meaning is kept
//!
//! Parameters are values and blocks take the callee's returned values as arguments; ownership of an argument goes over
//! into the body as it did into the call. Faults have locations, not frames; those that stand at the caller get that of the
//! call. Recursion stays recursion, in fewer and not
//! much larger frames: what is copied is small.
//!
//! Cost: each caller is rebuilt once per inlined call, in the size of the callee and of the rest of the block.

use resilient_base::{PrimaryMap, SecondaryMap};

use crate::analysis::{Cfg, ColdBlocks, Dominators, Loops};
use crate::ir::*;

/// Limits, in instructions as counted by this pass.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Callees up to this size are always inlined: no larger than the call.
    pub always: u32,
    /// Callees up to this size are inlined.
    pub callee: u32,
    /// Callees with a single call up to this size are inlined.
    pub single: u32,
    /// No caller grows beyond.
    pub caller: u32,
    /// Functions up to this size are inlined into themselves.
    pub own: u32,
    /// How many levels of a function are inlined into itself.
    pub own_levels: u32,
    /// No function grows beyond this by inlining itself.
    pub own_total: u32,
}

/// How much a known function as argument counts, in constant arguments: its calls in the callee are inlined, too, and making
/// the function value goes.
const FUNCTION_BONUS: u32 = 3;

/// Inlines within a module, and removes functions out of use. `clean` is run on each function that changed, before it is
/// looked at as a callee; it tells whether it found new calls of known functions.
pub fn run(module: &mut Module, budget: &Budget, clean: &mut dyn FnMut(&mut Function) -> bool) {
    let order = bottom_up(module);
    let mut inliner = Inliner {
        budget,
        n_calls: count_calls(module),
        shapes: module.funcs.keys().map(|_| None).collect(),
        entry: module.entry,
    };
    for id in order {
        inliner.function(module, id, clean);
    }
    remove_unused(module);
}

/// Functions reachable from the entry, callees before callers but for recursion.
fn bottom_up(module: &Module) -> Vec<FuncId> {
    let callees = |id: FuncId| {
        let func = &module.funcs[id];
        let mut callees = Vec::new();
        for_each_callee(func, |callee| callees.push(callee));
        callees
    };
    let mut seen: SecondaryMap<FuncId, bool> = SecondaryMap::with_capacity(module.funcs.len());
    let mut order = Vec::new();
    let mut stack = vec![(module.entry, callees(module.entry).into_iter())];
    seen[module.entry] = true;
    while let Some((id, rest)) = stack.last_mut() {
        match rest.next() {
            Some(callee) if seen[callee] => {}
            Some(callee) => {
                seen[callee] = true;
                stack.push((callee, callees(callee).into_iter()));
            }
            None => {
                order.push(*id);
                stack.pop();
            }
        }
    }
    order
}

/// The functions that a function calls or takes the address of, once for each place.
fn for_each_callee(func: &Function, mut f: impl FnMut(FuncId)) {
    for &block in &func.layout {
        for &inst in &func.blocks[block].insts {
            if let InstKind::Call(callee, _) | InstKind::FuncAddr(callee) = func.insts[inst].kind {
                f(callee);
            }
        }
    }
}

fn count_calls(module: &Module) -> SecondaryMap<FuncId, u32> {
    let mut counts = SecondaryMap::with_capacity(module.funcs.len());
    for func in module.funcs.values() {
        for_each_callee(func, |callee| counts[callee] += 1);
    }
    counts
}

/// Removes functions that cannot be reached from the entry.
pub fn remove_unused(module: &mut Module) {
    let mut used: SecondaryMap<FuncId, bool> = SecondaryMap::with_capacity(module.funcs.len());
    for id in bottom_up(module) {
        used[id] = true;
    }
    for (id, func) in module.funcs.iter_mut() {
        if !used[id] {
            func.layout.clear();
            func.blocks.clear();
            func.insts.clear();
            func.values.clear();
        }
    }
}

/// What counts when a function is a callee.
#[derive(Clone, Copy)]
struct Shape {
    /// Size of what is not cold.
    hot: u32,
    /// Size of all.
    total: u32,
    /// Whether it calls itself.
    is_recursive: bool,
    /// Whether it can return.
    returns: bool,
}

impl Shape {
    fn new(id: FuncId, func: &Function) -> Shape {
        let cfg = Cfg::new(func);
        let cold = ColdBlocks::new(func, &cfg);
        let mut shape = Shape { hot: 0, total: 0, is_recursive: false, returns: !cold.is_cold(func.entry()) };
        for &block in cfg.rpo() {
            let data = &func.blocks[block];
            let mut size = data.terminator.successors().count().saturating_sub(1) as u32;
            for &inst in &data.insts {
                let kind = &func.insts[inst].kind;
                size += inst_size(kind);
                shape.is_recursive |= matches!(kind, InstKind::Call(callee, _) if *callee == id);
            }
            shape.total += size;
            if !cold.is_cold(block) {
                shape.hot += size;
            }
        }
        shape
    }
}

fn inst_size(kind: &InstKind) -> u32 {
    match kind {
        // Mostly part of the instructions that use them.
        InstKind::Const(_) => 0,
        InstKind::Unary(..)
        | InstKind::Binary(..)
        | InstKind::IntCmp(..)
        | InstKind::UintCmp(..)
        | InstKind::FloatCmp(..)
        | InstKind::Select(..)
        | InstKind::GlobalSet(..)
        | InstKind::Extract(..)
        | InstKind::ArrayLen(_)
        | InstKind::ArrayPeek(..)
        | InstKind::ArrayStore(..)
        | InstKind::BoxPeek(..)
        | InstKind::CellSet(..)
        | InstKind::FuncAddr(_) => 1,
        InstKind::Retain(_)
        | InstKind::Release(_)
        | InstKind::GlobalGet(_)
        | InstKind::GlobalReplace(..)
        | InstKind::ArrayLoad(..)
        | InstKind::ArrayReplace(..)
        | InstKind::BoxLoad(..)
        | InstKind::CellGet(..)
        | InstKind::CellReplace(..) => 2,
        InstKind::ArrayUnique(..) | InstKind::ArrayUniqueAt(..) => 3,
        // Only moves, which go away.
        InstKind::MakeAgg(..) | InstKind::PeekField(..) | InstKind::TakeApart(_) => 0,
        InstKind::Call(_, args)
        | InstKind::CallRt(_, args)
        | InstKind::ArrayLit(_, args)
        | InstKind::BoxNew(_, args) => 2 + args.len() as u32,
        InstKind::CallIndirect(_, _, args) => 3 + args.len() as u32,
        InstKind::ArrayPush(_, _, leaves) => 3 + leaves.len() as u32,
    }
}

struct Inliner<'a> {
    budget: &'a Budget,
    n_calls: SecondaryMap<FuncId, u32>,
    /// Of functions that were done.
    shapes: PrimaryMap<FuncId, Option<Shape>>,
    entry: FuncId,
}

impl Inliner<'_> {
    fn function(&mut self, module: &mut Module, id: FuncId, clean: &mut dyn FnMut(&mut Function) -> bool) {
        // Calls of function values that became known, and what these call in turn.
        const MAX_ROUNDS: usize = 4;
        // The function is out of the module while it changes: it is never its own callee here.
        let mut func = std::mem::replace(&mut module.funcs[id], Function::new("", Vec::new(), Vec::new()));
        for _ in 0..MAX_ROUNDS {
            if !self.inline_others(module, id, &mut func) || !clean(&mut func) {
                break;
            }
        }
        self.inline_itself(id, &mut func, clean);
        self.shapes[id] = Some(Shape::new(id, &func));
        module.funcs[id] = func;
    }

    fn inline_others(&mut self, module: &Module, id: FuncId, func: &mut Function) -> bool {
        let cfg = Cfg::new(func);
        let loops = Loops::new(&cfg, &Dominators::new(&cfg));
        let cold = ColdBlocks::new(func, &cfg);
        let mut size = Shape::new(id, func).total;
        let mut changed = false;
        for &block in cfg.rpo() {
            if cold.is_cold(block) || !has_call(func, block) {
                continue;
            }
            let mut wanted = Vec::new();
            for &inst in &func.blocks[block].insts {
                let InstKind::Call(callee, args) = &func.insts[inst].kind else {
                    continue;
                };
                let Some(shape) = self.shapes[*callee].filter(|_| *callee != id) else {
                    continue;
                };
                if self.is_worth_it(func, *callee, args, shape, loops.depth(block))
                    && size + shape.total <= self.budget.caller.max(size + self.budget.always)
                {
                    size += shape.total;
                    wanted.push(inst);
                }
            }
            changed |= !wanted.is_empty();
            self.inline_calls(func, block, &wanted, |callee| &module.funcs[callee]);
        }
        changed
    }

    fn is_worth_it(&self, func: &Function, callee: FuncId, args: &[Value], shape: Shape, loop_depth: u32) -> bool {
        if callee == self.entry || shape.is_recursive || !shape.returns {
            return false;
        }
        // Cold code is copied, too.
        let size = shape.hot.max(shape.total / 4);
        if size <= self.budget.always + args.len() as u32 {
            return true;
        }
        if self.n_calls[callee] == 1 {
            return size <= self.budget.single;
        }
        let is_constant = |&arg: &Value| match func.values[arg].def {
            ValueDef::Result(inst, _) => matches!(func.insts[inst].kind, InstKind::Const(_)),
            ValueDef::Param(..) => false,
        };
        let is_function = |&arg: &Value| match func.values[arg].def {
            ValueDef::Result(inst, _) => is_function_value(func, inst),
            ValueDef::Param(..) => false,
        };
        let mut bonus = u32::from(args.iter().any(is_constant)) + loop_depth.min(2);
        if args.iter().any(is_function) {
            bonus += FUNCTION_BONUS;
        }
        size <= self.budget.callee + self.budget.callee / 2 * bonus
    }

    /// Inlines small functions into themselves.
    fn inline_itself(&mut self, id: FuncId, func: &mut Function, clean: &mut dyn FnMut(&mut Function) -> bool) {
        let mut shape = Shape::new(id, func);
        if !shape.is_recursive || shape.hot > self.budget.own || id == self.entry {
            return;
        }
        let original = func.clone();
        for _ in 0..self.budget.own_levels {
            let cfg = Cfg::new(func);
            let cold = ColdBlocks::new(func, &cfg);
            let mut sites = Vec::new();
            for &block in cfg.rpo().iter().filter(|&&block| !cold.is_cold(block)) {
                let is_own = |&inst: &Inst| matches!(func.insts[inst].kind, InstKind::Call(callee, _) if callee == id);
                let calls: Vec<Inst> = func.blocks[block].insts.iter().copied().filter(is_own).collect();
                sites.push((block, calls));
            }
            let n_sites: usize = sites.iter().map(|(_, calls)| calls.len()).sum();
            if n_sites == 0 || shape.hot + n_sites as u32 * Shape::new(id, &original).hot > self.budget.own_total {
                return;
            }
            for (block, calls) in sites {
                self.inline_calls(func, block, &calls, |_| &original);
            }
            clean(func);
            shape = Shape::new(id, func);
        }
    }

    /// Inlines the listed calls of a block, which stand in it in this order.
    fn inline_calls<'m>(
        &mut self,
        func: &mut Function,
        mut block: Block,
        calls: &[Inst],
        body: impl Fn(FuncId) -> &'m Function,
    ) {
        for &call in calls {
            let InstKind::Call(id, _) = func.insts[call].kind else {
                continue;
            };
            let callee = body(id);
            if let Some(rest) = inline_call(func, block, call, callee) {
                block = rest;
                self.n_calls[id] = self.n_calls[id].saturating_sub(1);
                // With the last call of it gone, what it calls has moved and was not copied.
                if self.n_calls[id] > 0 {
                    for_each_callee(callee, |inner| self.n_calls[inner] += 1);
                }
            }
        }
    }
}

/// Whether an instruction makes a function value.
fn is_function_value(func: &Function, inst: Inst) -> bool {
    let InstKind::BoxNew(_, leaves) = &func.insts[inst].kind else {
        return false;
    };
    leaves.first().is_some_and(|&code| func.ty(code) == Ty::Code)
}

fn has_call(func: &Function, block: Block) -> bool {
    func.blocks[block].insts.iter().any(|&inst| matches!(func.insts[inst].kind, InstKind::Call(..)))
}

/// Replaces a call in `block` by the callee's body. Gives the new block with what came after the call.
fn inline_call(func: &mut Function, block: Block, call: Inst, callee: &Function) -> Option<Block> {
    let place = func.blocks[block].insts.iter().position(|&inst| inst == call)?;
    let InstKind::Call(_, args) = func.insts[call].kind.clone() else {
        return None;
    };
    let rest = func.add_block();
    func.blocks[rest].insts = func.blocks[block].insts.split_off(place + 1);
    func.blocks[rest].terminator = std::mem::take(&mut func.blocks[block].terminator);
    func.blocks[block].insts.pop();
    let site = func.insts[call].loc;
    let results = std::mem::take(&mut func.insts[call].results);
    for (index, &result) in results.iter().enumerate() {
        func.values[result].def = ValueDef::Param(rest, index as u32);
    }
    func.blocks[rest].params = results;
    Copier {
        func,
        callee,
        site,
        new_blocks: SecondaryMap::with_capacity(callee.blocks.len()),
        new_values: SecondaryMap::with_capacity(callee.values.len()),
    }
    .copy(block, &args, rest);
    Some(rest)
}

struct Copier<'a> {
    func: &'a mut Function,
    callee: &'a Function,
    /// Where the call stands.
    site: Option<Loc>,
    new_blocks: SecondaryMap<Block, Option<Block>>,
    new_values: SecondaryMap<Value, Option<Value>>,
}

impl Copier<'_> {
    /// Copies the body: its entry to the end of `block`, its returns to jumps to `rest`.
    fn copy(mut self, block: Block, args: &[Value], rest: Block) {
        let callee = self.callee;
        // Definitions first: the layout does not put each before its uses.
        for &old in &callee.layout {
            let data = &callee.blocks[old];
            if old == callee.entry() {
                self.new_blocks[old] = Some(block);
                for (&param, &arg) in data.params.iter().zip(args) {
                    self.new_values[param] = Some(arg);
                }
            } else {
                let new = self.func.add_block();
                self.new_blocks[old] = Some(new);
                for &param in &data.params {
                    let copy = self.func.add_param(new, callee.ty(param));
                    self.define(param, copy);
                }
            }
            self.insts(old);
        }
        for &old in &callee.layout {
            self.connect(old, rest);
        }
    }

    fn define(&mut self, old: Value, new: Value) {
        self.func.values[new].name = self.callee.values[old].name.clone();
        self.new_values[old] = Some(new);
    }

    /// A location of the callee as one of the caller.
    fn at_site(&self, loc: Option<Loc>) -> Option<Loc> {
        if loc == Some(Loc::Caller) { self.site } else { loc }
    }

    /// Copies the instructions of a block, operands still with the callee's names.
    fn insts(&mut self, old: Block) {
        let callee = self.callee;
        let Some(new) = self.new_blocks[old] else {
            return;
        };
        for &inst in &callee.blocks[old].insts {
            let InstData { kind, results, loc } = &callee.insts[inst];
            let tys: Vec<Ty> = results.iter().map(|&result| callee.ty(result)).collect();
            let copy = self.func.append_inst(new, kind.clone(), &tys, self.at_site(*loc));
            for (index, &result) in results.iter().enumerate() {
                self.define(result, self.func.insts[copy].results[index]);
            }
        }
    }

    /// Gives a copied block's operands and targets their names in the caller.
    fn connect(&mut self, old: Block, rest: Block) {
        let Some(new) = self.new_blocks[old] else {
            return;
        };
        let new_values = &self.new_values;
        let rename = |value: &mut Value| *value = new_values[*value].unwrap_or(*value);
        let site = self.site;
        let n_copied = self.callee.blocks[old].insts.len();
        let Function { blocks, insts, .. } = &mut *self.func;
        let data = &mut blocks[new];
        for &inst in &data.insts[data.insts.len() - n_copied..] {
            insts[inst].kind.for_each_operand_mut(rename);
        }
        let mut terminator = self.callee.blocks[old].terminator.clone();
        terminator.for_each_operand_mut(rename);
        for target in terminator.successors_mut() {
            target.block = self.new_blocks[target.block].unwrap_or(target.block);
        }
        if let Terminator::NoReturn(_, _, loc @ Some(Loc::Caller)) = &mut terminator {
            *loc = site;
        }
        data.terminator = match terminator {
            Terminator::Return(values) => Terminator::Jump(BlockCall { block: rest, args: values }),
            other => other,
        };
    }
}
