//! Names of everything in the output module.
//!
//! Only what the program uses is declared: a runtime entry that is never called is not asked for at link time, and a
//! literal that optimization removed takes no room. The symbols are those of MIR text (`fn3.fib`, `str0`, `g1.total`),
//! so that a disassembly can be read beside it; the entry function alone has a fixed name.

use std::collections::{BTreeMap, HashMap};

use cranelift_module::{DataId, FuncId, Linkage, Module as Output, ModuleError};
use resilient_abi::{CHECK_LEAKS_SYMBOL, PROGRAM_SYMBOL, RtFn};
use resilient_base::SecondaryMap;
use resilient_mir::analysis::static_fn;
use resilient_mir::ir::{
    Const, FileNameId, FuncId as MirFunc, Function, GlobalId, Inst, InstKind, LayoutId, Loc, Module as Program, StrId,
    Terminator, Ty,
};

use crate::count::{release_entry, retain_entry};
use crate::error::{CodegenError, Phase};
use crate::signature::{entry_signature, internal_signature, leak_check_signature, runtime_signature};
use crate::target::{RuntimeDistance, Target};

/// What the program's parts are called in the output module.
pub(crate) struct Declared {
    /// Functions that are not removed.
    pub funcs: SecondaryMap<MirFunc, Option<FuncId>>,
    /// Runtime entries in use, by number.
    pub runtime: Vec<Option<FuncId>>,
    /// String literals in use.
    pub strings: SecondaryMap<StrId, Option<DataId>>,
    /// Layouts in use.
    pub layouts: SecondaryMap<LayoutId, Option<DataId>>,
    /// Function values without captured variables: function and layout.
    pub fn_values: BTreeMap<(MirFunc, LayoutId), DataId>,
    /// Globals.
    pub globals: SecondaryMap<GlobalId, Option<DataId>>,
    /// The table of globals that hold references, if there are any and leaks are checked.
    pub counted_globals: Option<DataId>,
    /// The function that checks leaks at the end of an executable. The JIT does it from outside.
    pub leak_check: Option<FuncId>,
    /// The table of sites.
    pub sites: Sites,
}

/// A place in the source.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub file: FileNameId,
    pub line: u32,
    pub col: u32,
}

/// The fault sites of the program, each once: one data object, a site being a number in it.
#[derive(Default)]
pub(crate) struct Sites {
    /// In the order of their numbers.
    pub list: Vec<Position>,
    /// Numbers.
    pub index: HashMap<Loc, usize>,
    /// The data object of all sites, if there are any.
    pub data: Option<DataId>,
    /// The data object of the file names.
    pub files: Option<DataId>,
}

impl Sites {
    /// The site of the caller is an argument of a function, and so none of these.
    fn add(&mut self, loc: Loc) {
        match loc {
            Loc::At { file, line, col } => {
                self.index.entry(loc).or_insert_with(|| {
                    self.list.push(Position { file, line, col });
                    self.list.len() - 1
                });
            }
            Loc::Caller => {}
        }
    }
}

/// What a program refers to.
struct Usage {
    fn_values: Vec<(MirFunc, LayoutId)>,
    runtime: Vec<bool>,
    strings: SecondaryMap<StrId, bool>,
    layouts: SecondaryMap<LayoutId, bool>,
    sites: Sites,
}

/// Declares everything `program` consists of.
pub(crate) fn declare(program: &Program, target: &Target, output: &mut dyn Output) -> Result<Declared, CodegenError> {
    let usage = find_usage(program, target);
    try_declare(program, target, usage, output).map_err(|error| CodegenError::new(Phase::Declare, error))
}

fn find_usage(program: &Program, target: &Target) -> Usage {
    let mut usage = Usage {
        fn_values: Vec::new(),
        runtime: vec![false; RtFn::ALL.len()],
        strings: SecondaryMap::new(),
        layouts: SecondaryMap::new(),
        sites: Sites::default(),
    };
    for func in program.funcs.values().filter(|func| !func.is_removed()) {
        usage.add_function(program, func, target);
    }
    for global in program.globals.values() {
        if let Const::Str(id) = global.init {
            usage.strings[id] = true;
        }
    }
    usage
}

impl Usage {
    fn add_function(&mut self, program: &Program, func: &Function, target: &Target) {
        for &block in &func.layout {
            for &inst in &func.blocks[block].insts {
                self.add_inst(program, func, inst, target);
            }
            if let Terminator::NoReturn(entry, _, loc) = &func.blocks[block].terminator {
                self.add_entry(*entry, *loc);
            }
        }
    }

    fn add_inst(&mut self, program: &Program, func: &Function, inst: Inst, target: &Target) {
        let data = &func.insts[inst];
        match &data.kind {
            InstKind::Const(Const::Str(id)) => self.strings[*id] = true,
            InstKind::CallRt(entry, _) => self.add_entry(*entry, data.loc),
            InstKind::Release(a) => self.add_entry(release_entry(func.ty(*a)), None),
            InstKind::Retain(a) => self.add_retain(func.ty(*a), target),
            InstKind::GlobalGet(global) => self.add_retain(program.globals[*global].ty, target),
            InstKind::ArrayLoad(leaf, ..) | InstKind::BoxLoad(leaf, _) | InstKind::CellGet(leaf, _) => {
                self.add_retain(program.layouts[leaf.layout].leaves[leaf.index as usize].ty(), target);
            }
            InstKind::ArrayLit(layout, _) => self.add_entry_with_layout(RtFn::ArrayNew, *layout),
            InstKind::ArrayPush(layout, ..) => self.add_entry_with_layout(RtFn::ArrayGrow, *layout),
            kind @ InstKind::BoxNew(..) if let Some(value) = static_fn(program, func, kind) => {
                self.fn_values.push(value);
                self.layouts[value.1] = true;
            }
            InstKind::Call(callee, _) => {
                if let (true, Some(loc)) = (program.funcs[*callee].takes_site, data.loc) {
                    self.sites.add(loc);
                }
            }
            InstKind::BoxNew(layout, _) => self.add_entry_with_layout(RtFn::BoxNew, *layout),
            InstKind::ArrayUnique(..) | InstKind::ArrayUniqueAt(..) => self.add_entry(RtFn::ArrayUnique, None),
            InstKind::Const(_)
            | InstKind::Unary(..)
            | InstKind::Binary(..)
            | InstKind::IntCmp(..)
            | InstKind::UintCmp(..)
            | InstKind::FloatCmp(..)
            | InstKind::Select(..)
            | InstKind::GlobalSet(..)
            | InstKind::GlobalReplace(..)
            | InstKind::CallIndirect(..)
            | InstKind::FuncAddr(_)
            | InstKind::MakeAgg(..)
            | InstKind::Extract(..)
            | InstKind::PeekField(..)
            | InstKind::TakeApart(_)
            | InstKind::ArrayLen(_)
            | InstKind::ArrayPeek(..)
            | InstKind::ArrayStore(..)
            | InstKind::ArrayReplace(..)
            | InstKind::BoxPeek(..)
            | InstKind::CellSet(..)
            | InstKind::CellReplace(..) => {}
        }
    }

    /// Retaining is a call in small code only.
    fn add_retain(&mut self, ty: Ty, target: &Target) {
        if ty.is_counted() && target.small_code {
            self.add_entry(retain_entry(ty), None);
        }
    }

    fn add_entry_with_layout(&mut self, entry: RtFn, layout: LayoutId) {
        self.add_entry(entry, None);
        self.layouts[layout] = true;
    }

    fn add_entry(&mut self, entry: RtFn, loc: Option<Loc>) {
        self.runtime[entry as usize] = true;
        if entry.sig().sited
            && let Some(loc) = loc
        {
            self.sites.add(loc);
        }
    }
}

fn try_declare(
    program: &Program,
    target: &Target,
    usage: Usage,
    output: &mut dyn Output,
) -> Result<Declared, Box<ModuleError>> {
    let mut declared = Declared {
        funcs: SecondaryMap::new(),
        runtime: vec![None; RtFn::ALL.len()],
        strings: SecondaryMap::new(),
        layouts: SecondaryMap::new(),
        fn_values: BTreeMap::new(),
        globals: SecondaryMap::new(),
        counted_globals: None,
        leak_check: None,
        sites: usage.sites,
    };
    for (id, func) in program.funcs.iter().filter(|(_, func)| !func.is_removed()) {
        let func_id = if id == program.entry {
            output.declare_function(PROGRAM_SYMBOL, Linkage::Export, &entry_signature(target))?
        } else {
            let name = format!("{id}.{}", func.name);
            output.declare_function(&name, Linkage::Local, &internal_signature(func, target))?
        };
        declared.funcs[id] = Some(func_id);
    }
    for &entry in RtFn::ALL.iter().filter(|&&entry| usage.runtime[entry as usize]) {
        let signature = runtime_signature(entry, target);
        let func_id = output.declare_function(entry.sig().symbol, Linkage::Import, &signature)?;
        declared.runtime[entry as usize] = Some(func_id);
    }
    for id in program.strings.keys().filter(|&id| usage.strings[id]) {
        declared.strings[id] = Some(output.declare_data(&id.to_string(), Linkage::Local, false, false)?);
    }
    for id in program.layouts.keys().filter(|&id| usage.layouts[id]) {
        declared.layouts[id] = Some(output.declare_data(&id.to_string(), Linkage::Local, false, false)?);
    }
    for &(func, layout) in &usage.fn_values {
        if declared.fn_values.contains_key(&(func, layout)) {
            continue;
        }
        let name = format!("{func}.{}.value.{layout}", program.funcs[func].name);
        declared.fn_values.insert((func, layout), output.declare_data(&name, Linkage::Local, false, false)?);
    }
    for (id, global) in program.globals.iter() {
        let name = format!("{id}.{}", global.name);
        declared.globals[id] = Some(output.declare_data(&name, Linkage::Local, true, false)?);
    }
    if target.check_leaks && program.globals.values().any(|global| global.ty.is_counted()) {
        declared.counted_globals = Some(output.declare_data("counted_globals", Linkage::Local, false, false)?);
    }
    if target.check_leaks && target.runtime == RuntimeDistance::Near {
        let signature = leak_check_signature(target);
        declared.leak_check = Some(output.declare_function(CHECK_LEAKS_SYMBOL, Linkage::Import, &signature)?);
    }
    if !declared.sites.list.is_empty() {
        declared.sites.files = Some(output.declare_data("files", Linkage::Local, false, false)?);
        declared.sites.data = Some(output.declare_data("sites", Linkage::Local, false, false)?);
    }
    Ok(declared)
}
