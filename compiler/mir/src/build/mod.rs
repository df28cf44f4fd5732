//! Typed program to MIR.
//!
//! In goes a checked [`Program`] and the sources its spans point into; out comes a [`Module`] that satisfies
//! [`crate::ir`]: SSA form, ownership and faults explicit. Function ids are those of the typed program.
//!
//! # Idea
//!
//! One walk over the tree per function. [`ssa`] makes SSA form on the way, so there is no memory form of variables.
//! Control that does not get past an expression shows as [`Diverged`]: what would follow is not built, so there are no
//! unreachable blocks to clean up. [`finish`] removes block parameters that turned out to be superfluous, moves cold
//! blocks to the end and numbers everything densely.
//!
//! # Ownership
//!
//! A variable of a counted type owns its value from its declaration to the end of its scope. Between, an expression in
//! evaluation holds the operands it has already. Both stand on one stack ([`scope`]), and whatever leaves early
//! releases what lies above the point it goes to. An operand that is only looked at is not retained, unless a later
//! operand may store to the variable it came from ([`effects`]).
//!
//! # Not done here
//!
//! No optimization but what needs the source form: `s += x` takes the string out of `s`, so that it can grow in place;
//! printing an interpolated string prints its parts; a variable that is the value of its own scope is moved.

mod control;
mod effects;
mod expr;
mod finish;
mod function;
mod loops;
mod operators;
mod places;
mod scope;
mod ssa;
#[cfg(test)]
mod tests;
mod text;

use std::collections::HashMap;

use resilient_base::{FileId, PrimaryMap, SecondaryMap, SourceMap, Span};
use resilient_sema::typed::{self, Program};
use resilient_sema::types::{Type, TypeKind};

use crate::ir::{Const, FileNameId, FuncId, Global, GlobalId, Loc, Module, StrId, Ty};

/// Builds the MIR of `program`, whose spans point into `sources`.
pub fn build_module(program: &Program<'_>, sources: &SourceMap) -> Module {
    let mut builder = ModuleBuilder::new(program, sources);
    let funcs = program.funcs.keys().map(|id| function::build_function(&mut builder, id)).collect();
    Module {
        funcs,
        globals: builder.globals,
        strings: builder.strings,
        files: builder.files,
        entry: func_id(program.top),
    }
}

/// Control does not get past what was built: the current block has ended.
struct Diverged;

/// What building an expression gives.
type Flow<T> = Result<T, Diverged>;

/// Functions keep their numbers.
fn func_id(id: typed::FuncId) -> FuncId {
    FuncId::from_u32(id.as_u32())
}

/// The tables of the module, filled while functions are built.
struct ModuleBuilder<'p, 't> {
    program: &'p Program<'t>,
    sources: &'p SourceMap,
    globals: PrimaryMap<GlobalId, Global>,
    strings: PrimaryMap<StrId, Box<str>>,
    files: PrimaryMap<FileNameId, Box<str>>,
    /// Where the value of a global is; none for a void one.
    global_ids: SecondaryMap<typed::GlobalId, Option<GlobalId>>,
    /// Flags of checked globals: the initialiser has run.
    ready_ids: SecondaryMap<typed::GlobalId, Option<GlobalId>>,
    /// Flags of `static let`s: control has been there.
    reached_ids: SecondaryMap<typed::GlobalId, Option<GlobalId>>,
    string_ids: HashMap<Box<str>, StrId>,
    file_ids: SecondaryMap<FileId, Option<FileNameId>>,
}

impl<'p, 't> ModuleBuilder<'p, 't> {
    fn new(program: &'p Program<'t>, sources: &'p SourceMap) -> ModuleBuilder<'p, 't> {
        let mut builder = ModuleBuilder {
            program,
            sources,
            globals: PrimaryMap::new(),
            strings: PrimaryMap::new(),
            files: PrimaryMap::new(),
            global_ids: SecondaryMap::new(),
            ready_ids: SecondaryMap::new(),
            reached_ids: SecondaryMap::new(),
            string_ids: HashMap::new(),
            file_ids: SecondaryMap::new(),
        };
        for (id, global) in program.globals.iter() {
            builder.declare_global(id, global);
        }
        builder
    }

    fn declare_global(&mut self, id: typed::GlobalId, global: &typed::Global<'_>) {
        if let Some(ty) = self.ty(global.ty) {
            let init = self.initial(ty);
            self.global_ids[id] = Some(self.globals.push(Global { name: global.name.into(), ty, init }));
        }
        if global.checked {
            self.ready_ids[id] = Some(self.flag(format!("{}.ready", global.name)));
        }
    }

    /// What a global holds before its initialiser has run. Nobody sees it; that of a counted type can be released.
    fn initial(&mut self, ty: Ty) -> Const {
        match ty {
            Ty::I64 => Const::Int(0),
            Ty::F64 => Const::Float(0),
            Ty::Bool => Const::Bool(false),
            Ty::Str => Const::Str(self.string("")),
        }
    }

    fn flag(&mut self, name: String) -> GlobalId {
        self.globals.push(Global { name: name.into(), ty: Ty::Bool, init: Const::Bool(false) })
    }

    /// The flag that says whether control has reached this `static let`.
    fn reached_flag(&mut self, id: typed::GlobalId) -> GlobalId {
        if let Some(flag) = self.reached_ids[id] {
            return flag;
        }
        let flag = self.flag(format!("{}.reached", self.program.globals[id].name));
        self.reached_ids[id] = Some(flag);
        flag
    }

    /// Type of the values of a type; void and never have none.
    fn ty(&self, ty: Type) -> Option<Ty> {
        match self.program.types.kind(ty) {
            TypeKind::Void | TypeKind::Never => None,
            TypeKind::Int => Some(Ty::I64),
            TypeKind::Float => Some(Ty::F64),
            TypeKind::Bool => Some(Ty::Bool),
            TypeKind::Str => Some(Ty::Str),
        }
    }

    /// The literal with this text.
    fn string(&mut self, text: &str) -> StrId {
        if let Some(&id) = self.string_ids.get(text) {
            return id;
        }
        let id = self.strings.push(text.into());
        self.string_ids.insert(text.into(), id);
        id
    }

    /// Where `span` starts.
    fn loc(&mut self, span: Span) -> Loc {
        let sources = self.sources;
        let files = &mut self.files;
        let file =
            *self.file_ids[span.file].get_or_insert_with(|| files.push(sources.file(span.file).name.as_str().into()));
        let at = sources.line_col(span);
        Loc { file, line: at.line, col: at.col }
    }
}
