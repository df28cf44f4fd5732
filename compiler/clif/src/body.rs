//! The body of one function: blocks, terminators, and what the lowering of instructions stands on.
//!
//! MIR and CLIF are both SSA with block parameters, so blocks and values map one to one; a few instructions need further
//! CLIF blocks. Blocks are filled in reverse postorder, where a definition comes before its uses whatever the layout is;
//! blocks that cannot be reached are left out.
//!
//! Cranelift decides on the layout. It moves cold blocks behind all others, and lets a branch fall through to its second
//! target; see [`Body::lower_branch`].

use std::borrow::Cow;
use std::collections::HashMap;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{
    self, AliasRegionData, BlockArg, ExtFuncData, ExternalName, FuncRef, GlobalValueData, InstBuilder, MemFlagsData,
    Signature, TrapCode, UserExternalName,
};
use cranelift_codegen::packed_option::PackedOption;
use cranelift_module::{DataId, FuncId as OutputFunc};
use resilient_base::SecondaryMap;
use resilient_mir::analysis::{Cfg, ColdBlocks, Dominators, Loops};
use resilient_mir::ir::{Block, BlockCall, Function, GlobalId, Inst, Module as Program, SigId, Terminator, Value};

use crate::declare::Declared;
use crate::division::Quotients;
use crate::print::{inst_mark, terminator_mark};
use crate::signature::{AREA_STRIDE, Results, indirect_signature, results_of};
use crate::target::Target;

/// Everything a body is built from.
#[derive(Clone, Copy)]
pub(crate) struct BodyInput<'a> {
    /// The program.
    pub program: &'a Program,
    /// The function.
    pub func: &'a Function,
    /// Names in the output module.
    pub declared: &'a Declared,
    /// The target.
    pub target: &'a Target,
    /// Whether the function is the program's entry.
    pub is_entry: bool,
    /// Note for each CLIF instruction the MIR instruction it comes from, as its source location.
    pub mark_origins: bool,
}

/// The CLIF block of each MIR block that can be reached.
pub(crate) type BlockMap = SecondaryMap<Block, PackedOption<ir::Block>>;

/// Code that is never reached, as it follows a call that does not return.
pub(crate) const UNREACHABLE: TrapCode = TrapCode::unwrap_user(1);

/// Number of alias regions that globals have for themselves; the others share one. Cranelift wants less than 65536
/// kinds of memory access in a function.
const GLOBAL_REGIONS: u32 = 4096;

/// The first of the alias regions of objects.
pub(crate) const HEAP_REGIONS: u32 = GLOBAL_REGIONS + 1;

/// A body under construction.
pub(crate) struct Body<'a> {
    pub input: BodyInput<'a>,
    /// Where instructions go.
    pub cursor: FuncCursor<'a>,
    blocks: BlockMap,
    values: SecondaryMap<Value, PackedOption<ir::Value>>,
    funcs: HashMap<OutputFunc, FuncRef>,
    sigs: HashMap<SigId, ir::SigRef>,
    symbols: HashMap<(DataId, i64), ir::GlobalValue>,
    /// The site of the call of this function, if it takes one.
    pub caller_site: Option<ir::Value>,
    /// Where this function's results go, if not in registers.
    result_area: Option<ir::Value>,
    /// Room for results of callees; shared by all calls, as they are read at once.
    callee_area: Option<ir::StackSlot>,
    /// Quotients of the current block.
    pub quotients: Quotients,
    /// Nesting of loops, if code is to be fast.
    loops: Option<Loops>,
}

/// Fills `func`, which has its name and signature already.
pub(crate) fn build_body<'a>(input: BodyInput<'a>, func: &'a mut ir::Function) -> BlockMap {
    let mut body = Body {
        input,
        cursor: FuncCursor::new(func),
        blocks: SecondaryMap::with_capacity(input.func.blocks.len()),
        values: SecondaryMap::with_capacity(input.func.values.len()),
        funcs: HashMap::new(),
        sigs: HashMap::new(),
        symbols: HashMap::new(),
        caller_site: None,
        result_area: None,
        callee_area: None,
        quotients: Quotients::new(),
        loops: None,
    };
    let cfg = Cfg::new(input.func);
    body.create_blocks(&cfg);
    if !input.target.small_code {
        body.loops = Some(Loops::new(&cfg, &Dominators::new(&cfg)));
    }
    for &block in cfg.rpo() {
        body.fill_block(block);
    }
    body.blocks
}

impl Body<'_> {
    /// Creates the CLIF blocks with their parameters, in the layout of the MIR.
    fn create_blocks(&mut self, cfg: &Cfg) {
        let func = self.input.func;
        let cold = ColdBlocks::new(func, cfg);
        for &block in func.layout.iter().filter(|&&block| cfg.is_reachable(block)) {
            let clif = self.cursor.func.dfg.make_block();
            self.cursor.func.layout.append_block(clif);
            if cold.is_cold(block) && block != func.entry() {
                self.cursor.func.layout.set_cold(clif);
            }
            self.blocks[block] = clif.into();
            if block == func.entry() && results_of(&func.results, self.input.target) != Results::InRegisters {
                self.result_area = Some(self.cursor.func.dfg.append_block_param(clif, self.input.target.pointer));
            }
            for &param in &func.blocks[block].params {
                let ty = self.input.target.value_type(func.ty(param));
                let value = self.cursor.func.dfg.append_block_param(clif, ty);
                self.values[param] = value.into();
            }
            if block == func.entry() && func.takes_site {
                self.caller_site = Some(self.cursor.func.dfg.append_block_param(clif, self.input.target.pointer));
            }
        }
    }

    fn fill_block(&mut self, block: Block) {
        let clif = self.block(block);
        self.cursor.goto_bottom(clif);
        self.collect_quotients(block);
        let data = &self.input.func.blocks[block];
        for &inst in &data.insts {
            self.mark(|_| inst_mark(inst));
            self.lower_inst(inst);
        }
        self.mark(|func| terminator_mark(func, block));
        self.lower_terminator(&data.terminator);
    }

    fn mark(&mut self, origin: impl Fn(&Function) -> ir::SourceLoc) {
        if self.input.mark_origins {
            self.cursor.set_srcloc(origin(self.input.func));
        }
    }

    fn lower_terminator(&mut self, terminator: &Terminator) {
        match terminator {
            Terminator::Jump(target) => {
                let args = self.block_args(target);
                let block = self.block(target.block);
                self.cursor.ins().jump(block, &args);
            }
            Terminator::Branch(cond, then, otherwise) => self.lower_branch(*cond, then, otherwise),
            Terminator::Switch(subject, cases, default) => self.lower_switch(*subject, cases, default),
            Terminator::Return(values) => self.lower_return(values),
            Terminator::NoReturn(entry, args, loc) => {
                self.call_runtime(*entry, args, *loc);
                self.cursor.ins().trap(UNREACHABLE);
            }
            Terminator::Unreachable => {
                self.cursor.ins().trap(UNREACHABLE);
            }
        }
    }

    /// The target that stays in the innermost loop comes second: Cranelift lays out a function so that control falls
    /// through to it, and an iteration has no jump but the one back to the header.
    fn lower_branch(&mut self, cond: Value, then: &BlockCall, otherwise: &BlockCall) {
        let leaves = |loops: &Loops| loops.depth(otherwise.block) < loops.depth(then.block);
        let (cond, then, otherwise) = match self.loops.as_ref().is_some_and(leaves) {
            true => (self.emit_negated(cond), otherwise, then),
            false => (self.value(cond), then, otherwise),
        };
        let (then_args, else_args) = (self.block_args(then), self.block_args(otherwise));
        let (then, otherwise) = (self.block(then.block), self.block(otherwise.block));
        self.cursor.ins().brif(cond, then, &then_args, otherwise, &else_args);
    }

    fn lower_return(&mut self, values: &[Value]) {
        if self.input.is_entry {
            self.emit_leak_check();
        }
        let values: Vec<_> = values.iter().map(|&v| self.value(v)).collect();
        match self.result_area {
            None => {
                self.cursor.ins().return_(&values);
            }
            Some(area) => {
                for (n, &value) in values.iter().enumerate() {
                    let offset = n as i32 * AREA_STRIDE as i32;
                    self.cursor.ins().store(MemFlagsData::trusted(), value, area, offset);
                }
                self.cursor.ins().return_(&[]);
            }
        }
    }

    /// The arguments of a jump.
    pub fn block_args(&self, target: &BlockCall) -> Vec<BlockArg> {
        target.args.iter().map(|&v| BlockArg::Value(self.value(v))).collect()
    }

    /// The CLIF block of a MIR block.
    pub fn block(&self, block: Block) -> ir::Block {
        self.blocks[block].expect("successors of a reachable block are reachable")
    }

    /// The CLIF value of a MIR value.
    pub fn value(&self, value: Value) -> ir::Value {
        self.values[value].expect("in SSA form, a definition comes before its uses in reverse postorder")
    }

    /// Gives `inst` its only result.
    pub fn define(&mut self, inst: Inst, value: ir::Value) {
        self.define_all(inst, &[value]);
    }

    /// Gives `inst` its results.
    pub fn define_all(&mut self, inst: Inst, values: &[ir::Value]) {
        let results = &self.input.func.insts[inst].results;
        debug_assert_eq!(results.len(), values.len());
        for (&result, &value) in results.iter().zip(values) {
            self.values[result] = value.into();
        }
    }

    /// A new block behind the current one.
    pub fn new_block(&mut self) -> ir::Block {
        let block = self.cursor.func.dfg.make_block();
        match self.cursor.current_block() {
            Some(current) => self.cursor.func.layout.insert_block_after(block, current),
            None => self.cursor.func.layout.append_block(block),
        }
        block
    }

    /// A new block for what happens rarely.
    pub fn new_cold_block(&mut self) -> ir::Block {
        let block = self.new_block();
        self.cursor.func.layout.set_cold(block);
        block
    }

    /// The reference to a function of the output module.
    pub fn func_ref(&mut self, id: OutputFunc, near: bool, signature: impl FnOnce() -> Signature) -> FuncRef {
        let func = &mut *self.cursor.func;
        *self.funcs.entry(id).or_insert_with(|| {
            let signature = func.import_signature(signature());
            let name = func.declare_imported_user_function(UserExternalName { namespace: 0, index: id.as_u32() });
            let name = ExternalName::user(name);
            func.import_function(ExtFuncData { name, signature, colocated: near, patchable: false })
        })
    }

    /// The reference to the signature of calls through an address.
    pub fn sig_ref(&mut self, id: SigId) -> ir::SigRef {
        let (input, func) = (self.input, &mut *self.cursor.func);
        let import = || func.import_signature(indirect_signature(&input.program.sigs[id], input.target));
        *self.sigs.entry(id).or_insert_with(import)
    }

    /// The address of data of the program.
    pub fn address(&mut self, id: DataId, offset: i64) -> ir::Value {
        let func = &mut *self.cursor.func;
        let symbol = *self.symbols.entry((id, offset)).or_insert_with(|| {
            let name = func.declare_imported_user_function(UserExternalName { namespace: 1, index: id.as_u32() });
            let (name, offset) = (ExternalName::user(name), offset.into());
            func.create_global_value(GlobalValueData::Symbol { name, offset, colocated: true, tls: false })
        });
        self.cursor.ins().symbol_value(self.input.target.pointer, symbol)
    }

    /// How a global is accessed: no two globals overlap, nor do they with anything else.
    pub fn global_flags(&mut self, id: GlobalId) -> MemFlagsData {
        let region = id.as_u32().min(GLOBAL_REGIONS);
        let name = if region == GLOBAL_REGIONS { "other globals" } else { &*self.input.program.globals[id].name };
        let description = if self.input.mark_origins { Cow::Owned(name.to_owned()) } else { Cow::Borrowed("global") };
        let region = self.cursor.func.dfg.alias_regions.insert(AliasRegionData { user_id: region, description });
        MemFlagsData::trusted().with_alias_region(Some(region))
    }

    /// The address of room for `bytes` of results.
    pub fn callee_area(&mut self, bytes: u32) -> ir::Value {
        let func = &mut *self.cursor.func;
        let slot = *self.callee_area.get_or_insert_with(|| {
            let data = ir::StackSlotData::new(ir::StackSlotKind::ExplicitSlot, bytes, AREA_STRIDE.ilog2() as u8);
            func.create_sized_stack_slot(data)
        });
        let data = &mut func.sized_stack_slots[slot];
        data.size = data.size.max(bytes);
        self.cursor.ins().stack_addr(self.input.target.pointer, slot, 0)
    }
}
