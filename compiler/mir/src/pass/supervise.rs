//! Makes faults inside live blocks come back to them.
//!
//! ```text
//! block1 handler block2:                   block1:
//!     v2: i64 = call fn1(v0)                   v2: i64, v3: bool = call fn2(v0)     ; fn1 supervised
//!     return v2                      =>        branch v3, block4, block3
//! block2:                                  block3:
//!     ..                                       return v2
//!                                          block4:
//!                                              jump block2
//! ```
//!
//! Construction marks the blocks of a live block, and of whatever else handles faults, with the *handler*, where control goes when a fault ends an attempt
//! ([`BlockData::handler`]). A handler has no parameters, and what is owned at its start is owned in all of its blocks. This
//! pass runs before all others at every level and leaves no marks: what it leaves is ordinary control flow.
//!
//! *Supervised* code is what may run while a live block is active: the marked blocks, and a second copy, `NAME.supervised`, of
//! each function that is called from supervised code and may fault. The copy has one result more, which tells that a fault is
//! pending; the other results mean nothing then. In supervised code
//!
//! - `noreturn fault_..` becomes the entry point that leaves the fault pending instead (`raise_..`);
//! - behind a call of a copy, and of an entry point that may fault, a branch tests whether a fault is pending;
//! - from both places control goes to the handler, or where there is none out of the copy, after what is owned there and
//!   not at the handler was released. Ownership is exact, so nothing has to be recorded for that at run time.
//!
//! What a code pointer points to is not known. If supervised code calls one, all functions whose address is taken are
//! supervised themselves, without a copy, and callers elsewhere ignore the additional result: while no live block is
//! active a raised fault ends the program.
//!
//! Functions that cannot fault, and all code outside, stay as they are. Linear in the module but for the rounds of the
//! fixed points.

use fixedbitset::FixedBitSet;
use resilient_abi::RtFn;
use resilient_base::{PrimaryMap, SecondaryMap};

use crate::analysis::Cfg;
use crate::analysis::ownership::{Mode, Signatures, for_each_rt_use, is_literal, peeked_from};
use crate::ir::*;

/// Supervises the code of the module's live blocks; tells whether there were any.
pub fn run(module: &mut Module) -> bool {
    if !module.funcs.values().any(has_handlers) {
        return false;
    }
    let mut plan = Plan::new(module);
    let signatures = Signatures::new(module);
    let nothing = Nothing { empty: empty_string(module), aggs: module.aggs.clone() };
    let changed: Vec<FuncId> = module.funcs.keys().collect();
    for id in plan.copied.clone() {
        let mut copy = module.funcs[id].clone();
        copy.name = format!("{}.supervised", copy.name).into();
        copy.results.push(Ty::Bool);
        plan.variants[id] = Some(module.funcs.push(copy));
    }
    for id in plan.in_place.clone() {
        module.funcs[id].results.push(Ty::Bool);
        plan.variants[id] = Some(id);
    }
    for &id in &changed {
        let is_supervised = plan.in_place.contains(&id);
        supervise(&mut module.funcs[id], is_supervised, &plan, &signatures, &nothing);
    }
    for id in module.funcs.keys().skip(changed.len()).collect::<Vec<_>>() {
        supervise(&mut module.funcs[id], true, &plan, &signatures, &nothing);
    }
    if plan.has_indirect_calls {
        module.sigs.values_mut().for_each(|sig| sig.results.push(Ty::Bool));
    }
    true
}

fn has_handlers(func: &Function) -> bool {
    func.layout.iter().any(|&block| func.blocks[block].handler.is_some())
}

fn empty_string(module: &mut Module) -> StrId {
    match module.strings.iter().find(|(_, text)| text.is_empty()) {
        Some((id, _)) => id,
        None => module.strings.push("".into()),
    }
}

/// The entry point that leaves the fault of `entry` pending.
fn raising(entry: RtFn) -> Option<RtFn> {
    Some(match entry {
        RtFn::FaultDivisionByZero => RtFn::RaiseDivisionByZero,
        RtFn::FaultModuloByZero => RtFn::RaiseModuloByZero,
        RtFn::FaultShiftAmount => RtFn::RaiseShiftAmount,
        RtFn::FaultIntRange => RtFn::RaiseIntRange,
        RtFn::FaultOverflow => RtFn::RaiseOverflow,
        RtFn::FaultIndex => RtFn::RaiseIndex,
        RtFn::FaultIndexDim => RtFn::RaiseIndexDim,
        RtFn::FaultMessage => RtFn::RaiseMessage,
        RtFn::FaultPending => RtFn::RaisePending,
        RtFn::FaultAgain => RtFn::RaiseAgain,
        RtFn::Fail => RtFn::RaiseFailure,
        _ => return None,
    })
}

/// What has to be supervised.
struct Plan {
    /// Functions that get a copy, in order.
    copied: Vec<FuncId>,
    /// Functions that are supervised themselves, in order.
    in_place: Vec<FuncId>,
    /// Whether supervised code calls code pointers.
    has_indirect_calls: bool,
    /// The supervised form of a function, if it has one.
    variants: SecondaryMap<FuncId, Option<FuncId>>,
}

impl Plan {
    fn new(module: &Module) -> Plan {
        let may_fault = faulting(module);
        let mut plan =
            Plan { copied: Vec::new(), in_place: Vec::new(), has_indirect_calls: false, variants: SecondaryMap::new() };
        let mut found: SecondaryMap<FuncId, bool> = SecondaryMap::new();
        let mut pending = Vec::new();
        for func in module.funcs.values() {
            plan.visit(func, |block| block.handler.is_some(), &may_fault, &mut pending);
        }
        let mut has_pointers = false;
        loop {
            while let Some(id) = pending.pop() {
                if !std::mem::replace(&mut found[id], true) {
                    plan.visit(&module.funcs[id], |_| true, &may_fault, &mut pending);
                }
            }
            if !plan.has_indirect_calls || std::mem::replace(&mut has_pointers, true) {
                break;
            }
            plan.in_place = address_taken(module);
            pending.extend(&plan.in_place);
        }
        let is_copied = |id: &FuncId| found[*id] && !plan.in_place.contains(id);
        plan.copied = module.funcs.keys().filter(is_copied).collect();
        plan
    }

    /// Adds what the blocks for which `is_supervised` holds call.
    fn visit(
        &mut self,
        func: &Function,
        is_supervised: impl Fn(&BlockData) -> bool,
        may_fault: &SecondaryMap<FuncId, bool>,
        pending: &mut Vec<FuncId>,
    ) {
        for &block in func.layout.iter().filter(|&&block| is_supervised(&func.blocks[block])) {
            for &inst in &func.blocks[block].insts {
                match func.insts[inst].kind {
                    InstKind::Call(callee, _) if may_fault[callee] => pending.push(callee),
                    InstKind::CallIndirect(..) => self.has_indirect_calls = true,
                    _ => {}
                }
            }
        }
    }
}

/// The functions that may fault, themselves or in what they call.
fn faulting(module: &Module) -> SecondaryMap<FuncId, bool> {
    let mut may_fault: SecondaryMap<FuncId, bool> = SecondaryMap::with_capacity(module.funcs.len());
    let mut changed = true;
    while changed {
        changed = false;
        for (id, func) in module.funcs.iter() {
            if !may_fault[id] && has_fault(func, &may_fault) {
                may_fault[id] = true;
                changed = true;
            }
        }
    }
    may_fault
}

fn has_fault(func: &Function, may_fault: &SecondaryMap<FuncId, bool>) -> bool {
    func.layout.iter().any(|&block| {
        let data = &func.blocks[block];
        matches!(data.terminator, Terminator::NoReturn(entry, ..) if raising(entry).is_some())
            || data.insts.iter().any(|&inst| match func.insts[inst].kind {
                InstKind::Call(callee, _) => may_fault[callee],
                InstKind::CallRt(entry, _) => entry.sig().faults,
                InstKind::CallIndirect(..) => true,
                _ => false,
            })
    })
}

fn address_taken(module: &Module) -> Vec<FuncId> {
    let mut taken: SecondaryMap<FuncId, bool> = SecondaryMap::new();
    for func in module.funcs.values() {
        for &inst in func.layout.iter().flat_map(|&block| &func.blocks[block].insts) {
            if let InstKind::FuncAddr(id) = func.insts[inst].kind {
                taken[id] = true;
            }
        }
    }
    module.funcs.keys().filter(|&id| taken[id]).collect()
}

/// Results that mean nothing.
struct Nothing {
    empty: StrId,
    aggs: PrimaryMap<AggId, Box<[Ty]>>,
}

impl Nothing {
    /// A value of type `ty` at the end of `block`, owned if counted.
    fn append(&self, func: &mut Function, block: Block, ty: Ty) -> Value {
        let kind = match ty {
            Ty::I64 => InstKind::Const(Const::Int(0)),
            Ty::F64 => InstKind::Const(Const::Float(0)),
            Ty::F32 => InstKind::Const(Const::F32(0)),
            Ty::Bool => InstKind::Const(Const::Bool(false)),
            Ty::Str => InstKind::Const(Const::Str(self.empty)),
            Ty::Ref => InstKind::Const(Const::Null),
            Ty::Agg(agg) => {
                InstKind::MakeAgg(agg, self.aggs[agg].iter().map(|&field| self.append(func, block, field)).collect())
            }
            Ty::Code => unreachable!("functions give no code"),
        };
        let inst = func.append_inst(block, kind, &[ty], None);
        func.insts[inst].results[0]
    }
}

/// Which counted values are owned.
struct Owned<'s> {
    signatures: &'s Signatures,
    /// The index in the sets of those that can be.
    index: SecondaryMap<Value, Option<u32>>,
    values: Vec<Value>,
    /// At the start of each block that can be reached, parameters included.
    starts: SecondaryMap<Block, Option<FixedBitSet>>,
}

impl<'s> Owned<'s> {
    fn new(func: &Function, cfg: &Cfg, signatures: &'s Signatures) -> Owned<'s> {
        let mut owned =
            Owned { signatures, index: SecondaryMap::new(), values: Vec::new(), starts: SecondaryMap::new() };
        let borrowed = |value: Value| {
            let entry = &func.blocks[func.entry()].params;
            func.params.iter().zip(entry).any(|(param, &it)| param.borrowed && it == value)
        };
        for (value, data) in func.values.iter() {
            let is_kept = peeked_from(func, value).is_some() || is_literal(func, value) || borrowed(value);
            if data.ty.is_counted() && !is_kept {
                owned.index[value] = Some(owned.values.len() as u32);
                owned.values.push(value);
            }
        }
        owned.solve(func, cfg);
        owned
    }

    fn solve(&mut self, func: &Function, cfg: &Cfg) {
        self.starts[func.entry()] = Some(FixedBitSet::with_capacity(self.values.len()));
        let mut changed = true;
        while changed {
            changed = false;
            for &block in cfg.rpo() {
                let Some(mut set) = self.starts[block].clone() else { continue };
                self.define(&func.blocks[block].params, &mut set);
                for &inst in &func.blocks[block].insts {
                    self.step(func, inst, &mut set);
                }
                for target in func.blocks[block].terminator.successors() {
                    let mut set = set.clone();
                    target.args.iter().for_each(|&arg| self.consume(arg, &mut set));
                    if let Some(start) = &self.starts[target.block] {
                        set.intersect_with(start);
                        if set == *start {
                            continue;
                        }
                    }
                    self.starts[target.block] = Some(set);
                    changed = true;
                }
            }
        }
    }

    fn define(&self, values: &[Value], set: &mut FixedBitSet) {
        for index in values.iter().filter_map(|&value| self.index[value]) {
            set.insert(index as usize);
        }
    }

    fn consume(&self, value: Value, set: &mut FixedBitSet) {
        if let Some(index) = self.index[value] {
            set.remove(index as usize);
        }
    }

    /// From before an instruction to behind it.
    fn step(&self, func: &Function, inst: Inst, set: &mut FixedBitSet) {
        let data = &func.insts[inst];
        self.signatures.for_each_use(&data.kind, |value, mode| {
            if mode == Mode::Consume {
                self.consume(value, set);
            }
        });
        self.define(&data.results, set);
    }
}

/// Where a pending fault goes.
#[derive(Clone, Copy)]
enum Target {
    Handler(Block),
    /// Out of the function.
    Caller,
}

/// Rewrites one function; `is_supervised` if all of it is supervised.
fn supervise(func: &mut Function, is_supervised: bool, plan: &Plan, signatures: &Signatures, nothing: &Nothing) {
    if func.is_removed() {
        return;
    }
    let cfg = Cfg::new(func);
    let owned = Owned::new(func, &cfg, signatures);
    settle_headers(func);
    let layout = std::mem::take(&mut func.layout);
    let mut rewriter = Rewriter { func, is_supervised, plan, owned, nothing, cleanups: Vec::new() };
    for block in layout {
        match rewriter.owned.starts[block].clone() {
            Some(start) => rewriter.block(block, start),
            None => rewriter.func.layout.push(block),
        }
    }
    let Rewriter { cleanups, .. } = rewriter;
    func.layout.extend(cleanups);
    func.blocks.values_mut().for_each(|block| block.handler = None);
}

/// Nothing is pending in a header, whose question has told what there was to tell.
fn settle_headers(func: &mut Function) {
    for inst in func.insts.values_mut() {
        if let InstKind::CallRt(RtFn::FaultIsPending, _) = inst.kind {
            inst.kind = InstKind::Const(Const::Bool(false));
        }
    }
}

struct Rewriter<'r> {
    func: &'r mut Function,
    is_supervised: bool,
    plan: &'r Plan,
    owned: Owned<'r>,
    nothing: &'r Nothing,
    /// They stand at the end.
    cleanups: Vec<Block>,
}

impl Rewriter<'_> {
    fn block(&mut self, block: Block, mut set: FixedBitSet) {
        let data = &mut self.func.blocks[block];
        let target = match (data.handler, self.is_supervised) {
            (Some(handler), _) => Some(Target::Handler(handler)),
            (None, true) => Some(Target::Caller),
            (None, false) => None,
        };
        let insts = std::mem::take(&mut data.insts);
        let terminator = std::mem::take(&mut data.terminator);
        self.owned.define(&self.func.blocks[block].params, &mut set);
        self.func.layout.push(block);
        let mut at = block;
        for inst in insts {
            self.owned.step(self.func, inst, &mut set);
            self.func.blocks[at].insts.push(inst);
            let flag = self.flag_of(inst, at, target);
            if let (Some(flag), Some(target)) = (flag, target) {
                at = self.test(flag, at, &set, target);
            }
        }
        self.terminate(at, terminator, set, target);
    }

    /// Supervises the call that `inst` is, which ends `at` for now; gives what tells whether it left a fault pending.
    fn flag_of(&mut self, inst: Inst, at: Block, target: Option<Target>) -> Option<Value> {
        match &mut self.func.insts[inst].kind {
            InstKind::Call(callee, _) => {
                let variant = self.plan.variants[*callee]?;
                // A copy is for supervised code; a function that has none is what everybody calls.
                if target.is_none() && variant != *callee {
                    return None;
                }
                *callee = variant;
            }
            InstKind::CallIndirect(..) if self.plan.has_indirect_calls => {}
            InstKind::CallRt(entry, _) if entry.sig().faults && target.is_some() => {
                let test = InstKind::CallRt(RtFn::FaultIsPending, Vec::new());
                let test = self.func.append_inst(at, test, &[Ty::Bool], None);
                return Some(self.func.insts[test].results[0]);
            }
            _ => return None,
        }
        let n = self.func.insts[inst].results.len() as u32;
        let flag = self.func.values.push(ValueData { ty: Ty::Bool, def: ValueDef::Result(inst, n), name: None });
        self.func.insts[inst].results.push(flag);
        Some(flag)
    }

    /// Leaves `at` if `flag` is true; gives the block where code goes on if not.
    fn test(&mut self, flag: Value, at: Block, set: &FixedBitSet, target: Target) -> Block {
        let rest = self.func.add_block();
        let cleanup = self.func.blocks.push(BlockData::default());
        let to = |block| BlockCall { block, args: Vec::new() };
        self.func.blocks[at].terminator = Terminator::Branch(flag, to(cleanup), to(rest));
        self.leave(cleanup, set, target);
        self.cleanups.push(cleanup);
        rest
    }

    fn terminate(&mut self, at: Block, terminator: Terminator, mut set: FixedBitSet, target: Option<Target>) {
        self.func.blocks[at].terminator = match (terminator, target) {
            (Terminator::NoReturn(entry, args, loc), Some(target)) => match raising(entry) {
                Some(raise) => {
                    for_each_rt_use(entry, &args, |value, mode| {
                        if mode == Mode::Consume {
                            self.owned.consume(value, &mut set);
                        }
                    });
                    self.func.append_inst(at, InstKind::CallRt(raise, args), &[], loc);
                    return self.leave(at, &set, target);
                }
                None => Terminator::NoReturn(entry, args, loc),
            },
            (Terminator::Return(mut values), _) if self.is_supervised => {
                values.push(self.constant(at, false));
                Terminator::Return(values)
            }
            (terminator, _) => terminator,
        };
    }

    /// Ends `at` by going to `target`; nothing of `set` is owned any more but what is there too.
    fn leave(&mut self, at: Block, set: &FixedBitSet, target: Target) {
        let kept = match target {
            Target::Handler(handler) => self.owned.starts[handler].as_ref(),
            Target::Caller => None,
        };
        for index in set.ones().filter(|&index| !kept.is_some_and(|kept| kept.contains(index))) {
            let value = self.owned.values[index];
            self.func.append_inst(at, InstKind::Release(value), &[], None);
        }
        self.func.blocks[at].terminator = match target {
            Target::Handler(block) => Terminator::Jump(BlockCall { block, args: Vec::new() }),
            Target::Caller => {
                let (_, tys) =
                    self.func.results.split_last().map_or((Ty::Bool, Vec::new()), |(&flag, tys)| (flag, tys.to_vec()));
                let mut values: Vec<Value> = tys.iter().map(|&ty| self.nothing.append(self.func, at, ty)).collect();
                values.push(self.constant(at, true));
                Terminator::Return(values)
            }
        };
    }

    fn constant(&mut self, at: Block, value: bool) -> Value {
        let inst = self.func.append_inst(at, InstKind::Const(Const::Bool(value)), &[Ty::Bool], None);
        self.func.insts[inst].results[0]
    }
}
