//! A `cranelift_module::Module` whose functions are compiled for Thumb-2, and which becomes an object file.
//!
//! So whatever builds Cranelift IR against that trait needs nothing else for this target. Code that was compiled elsewhere
//! (`define_function_bytes`) and thread-local data are refused.

use std::collections::BTreeMap;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{ExternalName, LibCall, Signature, UserExternalName};
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::{CodegenError, Context};
use cranelift_module::{
    DataDescription, DataId, FuncId, Init, Linkage, Module, ModuleDeclarations, ModuleError, ModuleReloc,
    ModuleRelocTarget, ModuleResult,
};

use crate::error::{Error, ErrorKind};
use crate::inst::Symbol;
use crate::object::{Data, ObjectFile, SymbolRef, Visibility};
use crate::{CodeGenerator, Target};

/// The module.
pub struct ThumbModule {
    isa: OwnedTargetIsa,
    target: Target,
    declarations: ModuleDeclarations,
    file: ObjectFile,
    funcs: SecondaryMap<FuncId, Option<SymbolRef>>,
    data: SecondaryMap<DataId, Option<SymbolRef>>,
    helpers: BTreeMap<&'static str, SymbolRef>,
    defined_funcs: SecondaryMap<FuncId, bool>,
    defined_data: SecondaryMap<DataId, bool>,
    frames: Vec<(FuncId, u32)>,
}

impl ThumbModule {
    /// An empty module. `isa` is what builders ask; see [`crate::isa::stand_in`].
    pub fn new(isa: OwnedTargetIsa, target: Target) -> ThumbModule {
        ThumbModule {
            isa,
            target,
            declarations: ModuleDeclarations::default(),
            file: ObjectFile::new(&target),
            funcs: SecondaryMap::new(),
            data: SecondaryMap::new(),
            helpers: BTreeMap::new(),
            defined_funcs: SecondaryMap::new(),
            defined_data: SecondaryMap::new(),
            frames: Vec::new(),
        }
    }

    /// The object file.
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        self.file.finish()
    }

    /// Bytes of stack that each function takes, those of its callees aside, in the order of definition.
    pub fn frames(&self) -> &[(FuncId, u32)] {
        &self.frames
    }

    fn func_symbol(&mut self, id: FuncId) -> SymbolRef {
        let decl = self.declarations.get_function_decl(id);
        let file = &mut self.file;
        *self.funcs[id].get_or_insert_with(|| file.symbol(&decl.linkage_name(id), visibility(decl.linkage), true))
    }

    fn data_symbol(&mut self, id: DataId) -> SymbolRef {
        let decl = self.declarations.get_data_decl(id);
        let file = &mut self.file;
        *self.data[id].get_or_insert_with(|| file.symbol(&decl.linkage_name(id), visibility(decl.linkage), false))
    }

    fn user_symbol(&mut self, name: &UserExternalName) -> SymbolRef {
        match name.namespace {
            0 => self.func_symbol(FuncId::from_u32(name.index)),
            _ => self.data_symbol(DataId::from_u32(name.index)),
        }
    }

    fn helper_symbol(&mut self, name: &'static str) -> SymbolRef {
        let file = &mut self.file;
        *self.helpers.entry(name).or_insert_with(|| file.symbol(name, Visibility::Import, true))
    }

    /// The symbol of a name in a function; what the name is if there can be none.
    fn symbol(&mut self, context: &Context, symbol: &Symbol) -> Result<SymbolRef, String> {
        match symbol {
            Symbol::Helper(name) => Ok(self.helper_symbol(name)),
            Symbol::External(ExternalName::User(name)) => {
                let name = context.func.params.user_named_funcs()[*name].clone();
                Ok(self.user_symbol(&name))
            }
            Symbol::External(ExternalName::LibCall(call)) => match libcall_name(*call) {
                Some(name) => Ok(self.helper_symbol(name)),
                None => Err(format!("library call {call}")),
            },
            Symbol::External(name) => Err(format!("name {name:?}")),
        }
    }

    fn reloc_target(&mut self, target: &ModuleRelocTarget) -> Result<SymbolRef, String> {
        match target {
            ModuleRelocTarget::User { namespace, index } => {
                Ok(self.user_symbol(&UserExternalName { namespace: *namespace, index: *index }))
            }
            other => Err(format!("reference to {other} in data")),
        }
    }
}

fn visibility(linkage: Linkage) -> Visibility {
    match linkage {
        Linkage::Import => Visibility::Import,
        Linkage::Local => Visibility::Local,
        Linkage::Preemptible | Linkage::Hidden | Linkage::Export => Visibility::Global,
    }
}

fn libcall_name(call: LibCall) -> Option<&'static str> {
    match call {
        LibCall::Memcpy => Some("memcpy"),
        LibCall::Memset => Some("memset"),
        LibCall::Memmove => Some("memmove"),
        LibCall::Memcmp => Some("memcmp"),
        _ => None,
    }
}

fn unsupported(what: String) -> ModuleError {
    ModuleError::Compilation(CodegenError::Unsupported(what))
}

/// This crate's errors as those of the trait.
fn module_error(error: &Error) -> ModuleError {
    ModuleError::Compilation(match &error.kind {
        ErrorKind::TooLarge(_) => CodegenError::CodeTooLarge,
        _ => CodegenError::Unsupported(error.to_string()),
    })
}

impl Module for ThumbModule {
    fn isa(&self) -> &dyn TargetIsa {
        &*self.isa
    }

    fn declarations(&self) -> &ModuleDeclarations {
        &self.declarations
    }

    fn declare_function(&mut self, name: &str, linkage: Linkage, signature: &Signature) -> ModuleResult<FuncId> {
        Ok(self.declarations.declare_function(name, linkage, signature)?.0)
    }

    fn declare_anonymous_function(&mut self, signature: &Signature) -> ModuleResult<FuncId> {
        self.declarations.declare_anonymous_function(signature)
    }

    fn declare_data(&mut self, name: &str, linkage: Linkage, writable: bool, tls: bool) -> ModuleResult<DataId> {
        if tls {
            return Err(unsupported(format!("thread-local data {name}")));
        }
        Ok(self.declarations.declare_data(name, linkage, writable, tls)?.0)
    }

    fn declare_anonymous_data(&mut self, writable: bool, tls: bool) -> ModuleResult<DataId> {
        if tls {
            return Err(unsupported("thread-local data".into()));
        }
        self.declarations.declare_anonymous_data(writable, tls)
    }

    fn define_function_with_control_plane(
        &mut self,
        id: FuncId,
        context: &mut Context,
        _: &mut ControlPlane,
    ) -> ModuleResult<()> {
        let decl = self.declarations.get_function_decl(id);
        if !decl.linkage.is_definable() {
            return Err(ModuleError::InvalidImportDefinition(decl.linkage_name(id).into_owned()));
        }
        if std::mem::replace(&mut self.defined_funcs[id], true) {
            return Err(ModuleError::DuplicateDefinition(decl.linkage_name(id).into_owned()));
        }
        let code = self.target.compile(context, false).map_err(|error| module_error(&error))?;
        let symbols: Result<Vec<_>, _> = code.relocs.iter().map(|reloc| self.symbol(context, &reloc.symbol)).collect();
        let symbols = symbols.map_err(unsupported)?;
        let symbol = self.func_symbol(id);
        let mut symbols = symbols.into_iter();
        self.frames.push((id, code.stack));
        // They are asked for in the order of the relocations.
        (self.file.define_function(symbol, &code, |_, _| symbols.next().unwrap_or(symbol)))
            .map_err(|error| module_error(&error))
    }

    fn define_function_bytes(&mut self, id: FuncId, _: u64, _: &[u8], _: &[ModuleReloc]) -> ModuleResult<()> {
        let name = self.declarations.get_function_decl(id).linkage_name(id).into_owned();
        Err(unsupported(format!("machine code of {name} that was made elsewhere")))
    }

    fn define_data(&mut self, id: DataId, description: &DataDescription) -> ModuleResult<()> {
        let decl = self.declarations.get_data_decl(id);
        let (name, writable, linkage) = (decl.linkage_name(id).into_owned(), decl.writable, decl.linkage);
        if !linkage.is_definable() {
            return Err(ModuleError::InvalidImportDefinition(name));
        }
        if std::mem::replace(&mut self.defined_data[id], true) {
            return Err(ModuleError::DuplicateDefinition(name));
        }
        let mut addresses = Vec::new();
        for &(offset, func) in &description.function_relocs {
            addresses.push((offset, self.reloc_target(&description.function_decls[func]).map_err(unsupported)?, 0));
        }
        for &(offset, data, addend) in &description.data_relocs {
            let addend = i32::try_from(addend).map_err(|_| unsupported(format!("distance {addend} from a symbol")))?;
            addresses.push((offset, self.reloc_target(&description.data_decls[data]).map_err(unsupported)?, addend));
        }
        let (bytes, size) = match &description.init {
            Init::Bytes { contents } => (contents.to_vec(), contents.len() as u64),
            Init::Zeros { size } if addresses.is_empty() => (Vec::new(), *size as u64),
            Init::Zeros { size } => (vec![0; *size], *size as u64),
            Init::Uninitialized => return Err(unsupported(format!("data {name} without content"))),
        };
        let data = Data { bytes, size, align: description.align.unwrap_or(8), writable, addresses };
        let symbol = self.data_symbol(id);
        self.file.define_data(symbol, &data).map_err(|error| module_error(&error))
    }
}
