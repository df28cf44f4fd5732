//! Names of everything in the output module.
//!
//! Only what the program uses is declared: a runtime entry that is never called is not asked for at link time, and a
//! literal that optimization removed takes no room. The symbols are those of MIR text (`fn3.fib`, `str0`, `g1.total`),
//! so that a disassembly can be read beside it; the entry function alone has a fixed name.

use std::collections::HashMap;

use cranelift_module::{DataId, FuncId, Linkage, Module as Output, ModuleError};
use resilient_abi::{PROGRAM_SYMBOL, RtFn};
use resilient_base::SecondaryMap;
use resilient_mir::ir::{
    Const, FuncId as MirFunc, Function, GlobalId, InstKind, Loc, Module as Program, StrId, Terminator,
};

use crate::error::{CodegenError, Phase};
use crate::signature::{entry_signature, internal_signature, runtime_signature};
use crate::target::Target;

/// What the program's parts are called in the output module.
pub(crate) struct Declared {
    /// Functions that are not removed.
    pub funcs: SecondaryMap<MirFunc, Option<FuncId>>,
    /// Runtime entries in use, by number.
    pub runtime: Vec<Option<FuncId>>,
    /// String literals in use.
    pub strings: SecondaryMap<StrId, Option<DataId>>,
    /// Globals.
    pub globals: SecondaryMap<GlobalId, Option<DataId>>,
    /// The table of sites.
    pub sites: Sites,
}

/// The fault sites of the program, each once: one data object, a site being a number in it.
#[derive(Default)]
pub(crate) struct Sites {
    /// In the order of their numbers.
    pub list: Vec<Loc>,
    /// Numbers.
    pub index: HashMap<Loc, usize>,
    /// The data object of all sites, if there are any.
    pub data: Option<DataId>,
    /// The data object of the file names.
    pub files: Option<DataId>,
}

impl Sites {
    fn add(&mut self, loc: Loc) {
        self.index.entry(loc).or_insert_with(|| {
            self.list.push(loc);
            self.list.len() - 1
        });
    }
}

/// What a program refers to.
struct Usage {
    runtime: Vec<bool>,
    strings: SecondaryMap<StrId, bool>,
    sites: Sites,
}

/// Declares everything `program` consists of.
pub(crate) fn declare(program: &Program, target: &Target, output: &mut dyn Output) -> Result<Declared, CodegenError> {
    let usage = find_usage(program, target);
    try_declare(program, target, usage, output).map_err(|error| CodegenError::new(Phase::Declare, error))
}

fn find_usage(program: &Program, target: &Target) -> Usage {
    let mut usage =
        Usage { runtime: vec![false; RtFn::ALL.len()], strings: SecondaryMap::new(), sites: Sites::default() };
    for func in program.funcs.values().filter(|func| !func.is_removed()) {
        usage.add_function(func, target);
    }
    for global in program.globals.values() {
        if let Const::Str(id) = global.init {
            usage.strings[id] = true;
        }
    }
    usage
}

impl Usage {
    fn add_function(&mut self, func: &Function, target: &Target) {
        for &block in &func.layout {
            for &inst in &func.blocks[block].insts {
                let data = &func.insts[inst];
                match &data.kind {
                    InstKind::Const(Const::Str(id)) => self.strings[*id] = true,
                    InstKind::CallRt(entry, _) => self.add_entry(*entry, data.loc),
                    InstKind::Release(_) => self.add_entry(RtFn::StrRelease, None),
                    InstKind::Retain(_) if target.small_code => self.add_entry(RtFn::StrRetain, None),
                    InstKind::GlobalGet(_) if target.small_code => {
                        if data.results.iter().any(|&v| func.ty(v).is_counted()) {
                            self.add_entry(RtFn::StrRetain, None);
                        }
                    }
                    InstKind::Const(_)
                    | InstKind::Unary(..)
                    | InstKind::Binary(..)
                    | InstKind::IntCmp(..)
                    | InstKind::FloatCmp(..)
                    | InstKind::Select(..)
                    | InstKind::Retain(_)
                    | InstKind::GlobalGet(_)
                    | InstKind::GlobalSet(..)
                    | InstKind::GlobalReplace(..)
                    | InstKind::Call(..) => {}
                }
            }
            if let Terminator::NoReturn(entry, _, loc) = &func.blocks[block].terminator {
                self.add_entry(*entry, *loc);
            }
        }
    }

    fn add_entry(&mut self, entry: RtFn, loc: Option<Loc>) {
        self.runtime[entry as usize] = true;
        if entry.sig().faults
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
        globals: SecondaryMap::new(),
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
    for (id, global) in program.globals.iter() {
        let name = format!("{id}.{}", global.name);
        declared.globals[id] = Some(output.declare_data(&name, Linkage::Local, true, false)?);
    }
    if !declared.sites.list.is_empty() {
        declared.sites.files = Some(output.declare_data("files", Linkage::Local, false, false)?);
        declared.sites.data = Some(output.declare_data("sites", Linkage::Local, false, false)?);
    }
    Ok(declared)
}
