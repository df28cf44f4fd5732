//! Checks that a module is well formed. Runs after construction and after every pass in tests and debug builds.
//!
//! # Module
//!
//! - The entry function exists, is not removed, has no parameters, takes no site and has one `i64` result.
//! - The initial value of a global has the global's type, which is no aggregate. Each string literal stands once.
//! - A field of an aggregate type that is an aggregate is of an earlier type. A layout has a leaf; only its first is a
//!   code pointer.
//!
//! # Structure
//!
//! - Ids in use have entries: blocks, instructions, values, callees, globals, strings, files, aggregate types, layouts,
//!   signatures.
//! - The layout has no block twice; blocks in use are in it; an instruction is in one block, once.
//! - A value in use knows the place where it is defined; the place knows the value.
//! - The entry block's parameters have the types of the function's. Nothing goes to the entry block.
//! - Only parameters of counted types are borrowed.
//! - Locations at the caller stand in functions that take a site only. Calls of such functions have a location, and their
//!   address is not taken.
//! - A handler is in the layout, has no parameters and is not the entry.
//!
//! # Types
//!
//! - Operands and results have the number and the types that the instruction asks for.
//! - Arguments of a jump or branch agree with the block's parameters, returned values with the function's results.
//! - `select`, `global_set` and `cell_set` are not used for counted types; `retain`, `release`, `global_replace` and
//!   `cell_replace` only for them.
//! - Cases of a switch are in ascending order.
//! - Calls agree with the callee's signature, or with that of the instruction; the callee was not removed.
//! - Runtime calls agree with the table of entry points; those that take a layout are not called by themselves. Those that return are called by `rt`, those that do not stand in
//!   `noreturn`. References are counted by `retain` and `release`, not by calls. Where an entry point may fault there is a
//!   location.
//!
//! # SSA
//!
//! - The definition of a value dominates its uses. (Not checked for uses in unreachable blocks.)
//! - A handler can be reached, and those of its dominators that define something dominate the blocks marked with it. So
//!   whatever is defined at its start is at each of their faults.
//!
//! # Ownership
//!
//! See [`crate::ir`]. By forward data flow over the owned values of counted types, in reachable blocks:
//!
//! - A value is not used after it is consumed, on any path; not even in the instruction that consumes it.
//! - It is consumed on every path that returns, and before control comes back to its definition in a loop; a reference
//!   to a literal need not be.
//! - A borrowed parameter is never consumed. Neither is what was read without a reference of its own (`array_peek` and
//!   its like), and it is not used after the value that it was read from is consumed.
//! - What is owned at the start of a handler, coming by ordinary edges, is owned wherever a block marked with it may fault.
//!
//! # Not checked
//!
//! - That divisors are not zero and shift amounts are in range: it would take the proof that a pass made.
//! - That indices are in range, that an array changed in place is the only reference to its object, and that what was
//!   peeked is not used after a change of the object.
//! - That a removed check was redundant, that a call's callee leaves a faulting path cold, and other matters of meaning.
//! - That locations lie in the source.
//! - That the code pointer of a call is that of a function with its signature.
//!
//! Errors of a later heading are looked for only when the function has none of an earlier one.

mod handlers;
mod ownership;
mod ssa;
mod types;

use std::fmt;

use fixedbitset::FixedBitSet;
use resilient_base::EntityRef;

use crate::analysis::{Cfg, ownership::Signatures};
use crate::ir::*;
use crate::print::{print_inst, print_terminator};

/// What is wrong with a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyErrors(Vec<VerifyError>);

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// Id and name of the function; none if it is about the module.
    pub func: Option<String>,
    /// The block.
    pub block: Option<Block>,
    /// Text of the instruction or terminator.
    pub text: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl VerifyErrors {
    /// The errors, at least one.
    pub fn as_slice(&self) -> &[VerifyError] {
        &self.0
    }
}

impl fmt::Display for VerifyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            let line_feed = if n == 0 { "" } else { "\n" };
            write!(f, "{line_feed}{error}")?;
        }
        Ok(())
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.func {
            Some(func) => write!(f, "{func}")?,
            None => f.write_str("module")?,
        }
        if let Some(block) = self.block {
            write!(f, ", {block}")?;
        }
        if let Some(text) = &self.text {
            write!(f, ", `{text}`")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for VerifyErrors {}

/// Checks everything, and that there are no aggregates, as behind the pass `scalarize`.
pub fn verify_scalarized(module: &Module) -> Result<(), VerifyErrors> {
    verify_module(module)?;
    let is_agg = |ty: &Ty| matches!(ty, Ty::Agg(_));
    let mut errors = Vec::new();
    for (id, func) in module.funcs.iter() {
        let in_signature = func.params.iter().any(|param| is_agg(&param.ty)) || func.results.iter().any(is_agg);
        if in_signature || func.values.values().any(|data| is_agg(&data.ty)) {
            let func = Some(format!("{id} {:?}", func.name));
            errors.push(VerifyError { func, block: None, text: None, message: "it has aggregates".to_string() });
        }
    }
    for (id, sig) in module.sigs.iter() {
        if sig.params.iter().any(|param| is_agg(&param.ty)) || sig.results.iter().any(is_agg) {
            let message = format!("{id} has aggregates");
            errors.push(VerifyError { func: None, block: None, text: None, message });
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(VerifyErrors(errors)) }
}

/// Checks everything.
pub fn verify_module(module: &Module) -> Result<(), VerifyErrors> {
    let mut errors = Vec::new();
    verify_types_table(module, &mut errors);
    if !errors.is_empty() {
        return Err(VerifyErrors(errors));
    }
    verify_globals(module, &mut errors);
    verify_entry(module, &mut errors);
    let signatures = Signatures::new(module);
    for (id, func) in module.funcs.iter() {
        if !func.is_removed() {
            Verifier { module, id, func, errors: &mut errors }.run(&signatures);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(VerifyErrors(errors)) }
}

fn verify_types_table(module: &Module, errors: &mut Vec<VerifyError>) {
    let mut add = |message| errors.push(VerifyError { func: None, block: None, text: None, message });
    for (id, fields) in module.aggs.iter() {
        for field in fields {
            if let Ty::Agg(field) = field
                && *field >= id
            {
                add(format!("{id} has a field of {field}, which is not before it"));
            }
        }
    }
    for (id, layout) in module.layouts.iter() {
        if layout.leaves.is_empty() {
            add(format!("{id} has no leaf"));
        }
        if layout.leaves.iter().skip(1).any(|&leaf| leaf == MemTy::Code) {
            add(format!("{id} has a code pointer that is not its first leaf"));
        }
    }
    for (id, sig) in module.sigs.iter() {
        for ty in sig.params.iter().map(|param| param.ty).chain(sig.results.iter().copied()) {
            if let Ty::Agg(agg) = ty
                && !module.aggs.is_valid(agg)
            {
                add(format!("{id} uses {agg}, which does not exist"));
            }
        }
        if sig.params.iter().any(|param| param.borrowed && !param.ty.is_counted()) {
            add(format!("{id} has a borrowed parameter of an uncounted type"));
        }
    }
    for (id, func) in module.funcs.iter() {
        let params = func.params.iter().map(|param| param.ty);
        for ty in params.chain(func.results.iter().copied()).chain(func.values.values().map(|data| data.ty)) {
            if let Ty::Agg(agg) = ty
                && !module.aggs.is_valid(agg)
            {
                add(format!("{id} uses {agg}, which does not exist"));
            }
        }
    }
}

fn verify_globals(module: &Module, errors: &mut Vec<VerifyError>) {
    let mut add = |message| errors.push(VerifyError { func: None, block: None, text: None, message });
    for (id, global) in module.globals.iter() {
        if let Ty::Agg(_) = global.ty {
            add(format!("{id} is an aggregate"));
        } else if global.init.ty() != global.ty {
            add(format!("the initial value of {id} has another type"));
        }
        if let Const::Str(text) = global.init
            && !module.strings.is_valid(text)
        {
            add(format!("the initial value of {id} is {text}, which does not exist"));
        }
    }
    let mut strings: Vec<_> = module.strings.iter().collect();
    strings.sort_by_key(|&(id, text)| (text, id));
    for pair in strings.windows(2) {
        if pair[0].1 == pair[1].1 {
            add(format!("{} and {} are the same", pair[0].0, pair[1].0));
        }
    }
}

fn verify_entry(module: &Module, errors: &mut Vec<VerifyError>) {
    let message = match module.funcs.get(module.entry) {
        None => "the entry does not exist",
        Some(func) if func.is_removed() => "the entry was removed",
        Some(func) if func.takes_site => "the entry takes a site",
        Some(func) if !func.params.is_empty() || func.results != [Ty::I64] => "the entry is not of type `() -> i64`",
        Some(_) => return,
    };
    errors.push(VerifyError { func: None, block: None, text: None, message: message.to_string() });
}

/// What an error is about.
#[derive(Clone, Copy)]
enum Place {
    Function,
    Block(Block),
    Inst(Block, Inst),
    Terminator(Block),
}

struct Verifier<'m> {
    module: &'m Module,
    id: FuncId,
    func: &'m Function,
    errors: &'m mut Vec<VerifyError>,
}

impl Verifier<'_> {
    fn run(&mut self, signatures: &Signatures) {
        let before = self.errors.len();
        let clean = |verifier: &Self| verifier.errors.len() == before;
        self.verify_structure();
        if clean(self) {
            self.verify_types();
        }
        if clean(self) {
            let cfg = Cfg::new(self.func);
            self.verify_ssa(&cfg);
            if clean(self) {
                self.verify_ownership(&cfg, signatures);
            }
        }
    }

    fn error(&mut self, place: Place, message: impl Into<String>) {
        let (block, text) = match place {
            Place::Function => (None, None),
            Place::Block(block) => (Some(block), None),
            Place::Inst(block, inst) => (Some(block), Some(print_inst(self.func, inst))),
            Place::Terminator(block) => (Some(block), Some(print_terminator(&self.func.blocks[block].terminator))),
        };
        let func = Some(format!("{} {:?}", self.id, self.func.name));
        self.errors.push(VerifyError { func, block, text, message: message.into() });
    }

    fn verify_structure(&mut self) {
        let func = self.func;
        let mut in_layout = FixedBitSet::with_capacity(func.blocks.len());
        for &block in &func.layout {
            if !func.blocks.is_valid(block) {
                self.error(Place::Function, format!("{block} of the layout does not exist"));
                return;
            }
            if in_layout.put(block.index()) {
                self.error(Place::Function, format!("{block} is in the layout twice"));
            }
        }
        let mut placed = FixedBitSet::with_capacity(func.insts.len());
        for &block in &func.layout {
            let data = &func.blocks[block];
            for (n, &param) in data.params.iter().enumerate() {
                self.verify_definition(Place::Block(block), param, ValueDef::Param(block, n as u32));
            }
            for &inst in &data.insts {
                let place = Place::Inst(block, inst);
                if !func.insts.is_valid(inst) {
                    self.error(place, "the instruction does not exist");
                    continue;
                }
                if placed.put(inst.index()) {
                    self.error(place, "the instruction stands twice");
                }
                self.verify_inst_structure(place, inst);
            }
            self.verify_terminator_structure(block, &in_layout);
            self.verify_handler_structure(block, &in_layout);
        }
    }

    fn verify_definition(&mut self, place: Place, value: Value, def: ValueDef) {
        match self.func.values.get(value) {
            None => self.error(place, format!("{value} does not exist")),
            Some(data) if data.def != def => self.error(place, format!("{value} is defined elsewhere")),
            Some(_) => {}
        }
    }

    fn verify_inst_structure(&mut self, place: Place, inst: Inst) {
        let func = self.func;
        let module = self.module;
        let data = &func.insts[inst];
        for (n, &result) in data.results.iter().enumerate() {
            self.verify_definition(place, result, ValueDef::Result(inst, n as u32));
        }
        data.kind.for_each_operand(|value| {
            if !func.values.is_valid(value) {
                self.error(place, format!("{value} does not exist"));
            }
        });
        match data.kind {
            InstKind::Const(Const::Str(id)) if !module.strings.is_valid(id) => {
                self.error(place, format!("{id} does not exist"));
            }
            InstKind::GlobalGet(id) | InstKind::GlobalSet(id, _) | InstKind::GlobalReplace(id, _)
                if !module.globals.is_valid(id) =>
            {
                self.error(place, format!("{id} does not exist"));
            }
            InstKind::Call(id, _) => match module.funcs.get(id) {
                None => self.error(place, format!("{id} does not exist")),
                Some(callee) if callee.is_removed() => self.error(place, format!("{id} was removed")),
                Some(callee) if callee.takes_site && data.loc.is_none() => {
                    self.error(place, format!("{id} takes a site and there is no location"));
                }
                Some(_) => {}
            },
            InstKind::FuncAddr(id) => match module.funcs.get(id) {
                None => self.error(place, format!("{id} does not exist")),
                Some(callee) if callee.is_removed() => self.error(place, format!("{id} was removed")),
                Some(callee) if callee.takes_site => self.error(place, format!("{id} takes a site")),
                Some(_) => {}
            },
            InstKind::CallIndirect(id, ..) if !module.sigs.is_valid(id) => {
                self.error(place, format!("{id} does not exist"));
            }
            InstKind::MakeAgg(id, _) if !module.aggs.is_valid(id) => {
                self.error(place, format!("{id} does not exist"));
            }
            InstKind::ArrayLit(id, _)
            | InstKind::ArrayUnique(id, _)
            | InstKind::ArrayPush(id, ..)
            | InstKind::BoxNew(id, _)
            | InstKind::ArrayLoad(Leaf { layout: id, .. }, ..)
            | InstKind::ArrayPeek(Leaf { layout: id, .. }, ..)
            | InstKind::ArrayUniqueAt(Leaf { layout: id, .. }, ..)
            | InstKind::ArrayStore(Leaf { layout: id, .. }, ..)
            | InstKind::ArrayReplace(Leaf { layout: id, .. }, ..)
            | InstKind::BoxLoad(Leaf { layout: id, .. }, _)
            | InstKind::BoxPeek(Leaf { layout: id, .. }, _)
            | InstKind::CellGet(Leaf { layout: id, .. }, _)
            | InstKind::CellSet(Leaf { layout: id, .. }, ..)
            | InstKind::CellReplace(Leaf { layout: id, .. }, ..)
                if !module.layouts.is_valid(id) =>
            {
                self.error(place, format!("{id} does not exist"));
            }
            _ => {}
        }
        self.verify_loc(place, data.loc);
    }

    fn verify_loc(&mut self, place: Place, loc: Option<Loc>) {
        match loc {
            Some(Loc::At { file, .. }) if !self.module.files.is_valid(file) => {
                self.error(place, format!("{file} does not exist"));
            }
            Some(Loc::Caller) if !self.func.takes_site => {
                self.error(place, "it stands at the caller, and the function takes no site");
            }
            Some(_) | None => {}
        }
    }

    fn verify_terminator_structure(&mut self, block: Block, in_layout: &FixedBitSet) {
        let func = self.func;
        let terminator = &func.blocks[block].terminator;
        let place = Place::Terminator(block);
        terminator.for_each_operand(|value| {
            if !func.values.is_valid(value) {
                self.error(place, format!("{value} does not exist"));
            }
        });
        for target in terminator.successors() {
            if !in_layout.contains(target.block.index()) {
                self.error(place, format!("{} is not in the layout", target.block));
            } else if target.block == func.entry() {
                self.error(place, "it goes to the entry block");
            }
        }
        if let Terminator::NoReturn(_, _, loc) = terminator {
            self.verify_loc(place, *loc);
        }
    }
}
