//! Typed program to MIR.
//!
//! In goes a checked [`Program`] and the sources its spans point into; out comes a [`Module`] that satisfies
//! [`crate::ir`]: SSA form, ownership and faults explicit. Function ids are those of the typed program; the functions that
//! function values point to come behind.
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
//! operand may store to the variable it came from ([`effects`]); nor are parts of values on the way to a part ([`view`]).
//!
//! # Types
//!
//! [`shapes`] says how values of each type are represented. A struct is one value here and in SSA form; leaves show where
//! it is put into an array, a box or a global. `scalarize` makes leaves of all the rest.
//!
//! # Not done here
//!
//! No optimization but what needs the source form: `s += x` takes the string out of `s`, so that it can grow in place,
//! and `a = push(a, x)` the array;
//! printing an interpolated string prints its parts; a variable that is the value of its own scope is moved.

mod aggregates;
mod arrays;
mod changes;
mod closures;
mod control;
mod effects;
mod expr;
mod failures;
mod finish;
mod function;
mod live;
mod loops;
mod matches;
mod memory;
mod operators;
mod overflow;
mod parts;
mod places;
mod primitives;
mod regions;
mod scope;
mod shapes;
mod ssa;
#[cfg(test)]
mod tests;
mod text;
mod trace;
mod units;
mod view;

use std::collections::HashMap;

use resilient_base::{FileId, PrimaryMap, SecondaryMap, SourceMap, Span};
use resilient_sema::typed::{self, Program};
use resilient_sema::types::{EnumId, Type};

use crate::ir::{Const, FileNameId, FuncId, Function, Global, GlobalId, Loc, Module, SigId, Signature, StrId, Ty};
use crate::pass::drop_sites;
use shapes::Shapes;
use units::UnitBox;

/// Something in a program that cannot be built yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSupported {
    /// Where it is.
    pub span: Span,
    /// What it is, in the words of a diagnostic.
    pub what: &'static str,
}

/// Builds the MIR of `program`, whose spans point into `sources`; or tells the first thing in it that cannot be built.
pub fn build_module(program: &Program<'_>, sources: &SourceMap) -> Result<Module, NotSupported> {
    let mut builder = ModuleBuilder::new(program, sources);
    let mut funcs: PrimaryMap<FuncId, Function> =
        program.funcs.keys().map(|id| function::build_function(&mut builder, id)).collect();
    if let Some(gap) = builder.gap {
        return Err(gap);
    }
    builder.make_thunks(&mut funcs);
    builder.make_unit_boxes(&mut funcs[func_id(program.top)]);
    let mut module = Module {
        funcs,
        globals: builder.globals,
        strings: builder.strings,
        files: builder.files,
        aggs: builder.shapes.aggs,
        layouts: builder.shapes.layouts,
        sigs: builder.sigs,
        entry: func_id(program.top),
    };
    drop_sites::run(&mut module);
    Ok(module)
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
    /// Where the leaves of a global's value are; none for a void one.
    global_ids: SecondaryMap<typed::GlobalId, Vec<GlobalId>>,
    /// Flags of checked globals: the initialiser has run.
    ready_ids: SecondaryMap<typed::GlobalId, Option<GlobalId>>,
    /// Flags of `static let`s: control has been there.
    reached_ids: SecondaryMap<typed::GlobalId, Option<GlobalId>>,
    string_ids: HashMap<Box<str>, StrId>,
    file_ids: SecondaryMap<FileId, Option<FileNameId>>,
    shapes: Shapes<'p>,
    unit_boxes: HashMap<(EnumId, u32), UnitBox>,
    sigs: PrimaryMap<SigId, Signature>,
    sig_ids: HashMap<Signature, SigId>,
    /// Functions with thunks, and how many of the last parameters are captured variables; see [`closures`].
    thunks: Vec<(typed::FuncId, usize)>,
    thunk_ids: SecondaryMap<typed::FuncId, Option<FuncId>>,
    /// Whether the program may go on after a fault or failure: in a live block, a `try`, or a deferred call. What outlives the code that faulted must be
    /// whole then.
    survives_faults: bool,
    /// The first thing that cannot be built; then there is no module.
    gap: Option<NotSupported>,
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
            shapes: Shapes::new(&program.types),
            unit_boxes: HashMap::new(),
            sigs: PrimaryMap::new(),
            sig_ids: HashMap::new(),
            thunks: Vec::new(),
            thunk_ids: SecondaryMap::new(),
            survives_faults: program.funcs.values().any(effects::has_region),
            gap: None,
        };
        for (id, global) in program.globals.iter() {
            builder.declare_global(id, global);
        }
        builder
    }

    fn declare_global(&mut self, id: typed::GlobalId, global: &typed::Global<'_>) {
        let leaves = self.shapes.shape(global.ty).map_or_else(Vec::new, |shape| shape.leaves.to_vec());
        for (n, leaf) in leaves.iter().enumerate() {
            let name = if leaves.len() == 1 { global.name.into() } else { format!("{}.{n}", global.name).into() };
            let ty = leaf.ty();
            let init = self.initial(ty);
            self.global_ids[id].push(self.globals.push(Global { name, ty, init }));
        }
        if global.checked {
            self.ready_ids[id] = Some(self.flag(format!("{}.ready", global.name)));
        }
    }

    /// What a leaf is that nobody looks at: of a global before its initialiser has run, or of an unused slot. That of a
    /// counted type can be released.
    fn initial(&mut self, ty: Ty) -> Const {
        match ty {
            Ty::I64 => Const::Int(0),
            Ty::F64 => Const::Float(0),
            Ty::F32 => Const::F32(0),
            Ty::Bool => Const::Bool(false),
            Ty::Str => Const::Str(self.string("")),
            Ty::Ref => Const::Null,
            Ty::Code | Ty::Agg(_) => unreachable!("neither aggregates nor code are leaves of values"),
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
    fn ty(&mut self, ty: Type) -> Option<Ty> {
        self.shapes.shape(ty).map(|shape| shape.ty)
    }

    /// The id of a signature.
    fn sig_id(&mut self, sig: Signature) -> SigId {
        let sigs = &mut self.sigs;
        *self.sig_ids.entry(sig).or_insert_with_key(|sig| sigs.push(sig.clone()))
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
        Loc::At { file, line: at.line, col: at.col }
    }
}
