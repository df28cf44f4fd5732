//! Types as written: names, arguments, aliases, bare constructors.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, Expr, ExprKind, TypeArg, TypeKind};

use super::Checker;
use super::control::strip_parens;
use super::nominal::{EnumDeclId, StructDeclId};
use super::traits::Bound;
use super::ty::{Ty, TyKind, TyList};
use crate::cfg::Cx;
use crate::decls::{AliasId, ImplId, TraitId, TypeName};
use crate::scopes::ScopeId;
use crate::suggest;

/// What type parameters and `Self` mean at the moment.
#[derive(Clone, Default)]
pub(super) struct TypeEnv {
    pub(super) params: Vec<(Symbol, Ty)>,
    pub(super) self_ty: Option<Ty>,
    /// Where a bare constructor makes type parameters: the number of the next one. Elsewhere it makes variables.
    pub(super) next_implicit: Option<u32>,
    /// Whether the types stand in the declaration of a struct or enum, where only the arguments of built-in types may be
    /// left out.
    pub(super) in_nominal: bool,
    /// Where names of declarations are looked up.
    pub(super) scope: ScopeId,
    /// The bounds in force.
    pub(super) bounds: Vec<Bound>,
    /// The trait or `impl` around.
    pub(super) trait_: Option<TraitId>,
    pub(super) impl_: Option<ImplId>,
}

/// How far an alias is resolved.
#[derive(Clone, Copy, Default)]
pub(super) enum AliasState {
    #[default]
    Todo,
    Running,
    Done(Ty),
}

impl<'a> Checker<'_, '_, 'a> {
    /// The type that is written as `ty`; an error type where something was reported.
    pub(super) fn resolve_type(&mut self, ty: &ast::Type<'_>) -> Ty {
        let found = self.resolve_form(ty);
        self.limited(found, ty.span)
    }

    fn resolve_form(&mut self, ty: &ast::Type<'_>) -> Ty {
        match &ty.kind {
            TypeKind::Path(path, args) => match path.segments {
                [name] => self.named_type(*name, ty.span, args),
                [head, item] if self.is_projection_base(*head) => {
                    let base = self.named_type(*head, head.span, &[]);
                    self.type_args(ty.span, self.cx.name(item.symbol), args, 0);
                    self.projection(base, *item)
                }
                _ => self.type_of_module(path, ty.span, args),
            },
            TypeKind::Array(element, _) => {
                let element = self.resolve_type(element);
                self.out.tys.array(element)
            }
            TypeKind::Tuple(parts) => {
                let parts: Vec<Ty> = parts.iter().map(|part| self.resolve_type(part)).collect();
                self.out.tys.tuple(&parts)
            }
            TypeKind::Ref { ty, .. } | TypeKind::Linear(ty) => self.resolve_type(ty),
            TypeKind::Never => {
                let message = "`!` can only be the result of a function";
                self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, ty.span, message));
                Ty::ERROR
            }
            TypeKind::Error => Ty::ERROR,
            TypeKind::Record(fields) => self.record_type(fields, ty.span),
            TypeKind::Dyn(path) => match self.trait_named(path) {
                Some(id) => self.dyn_type(id, ty.span),
                None => Ty::ERROR,
            },
            TypeKind::Fn(node) => self.function_type(node, ty.span),
        }
    }

    /// `{ x: int }`
    fn record_type(&mut self, fields: &[ast::Field<'_>], span: Span) -> Ty {
        let mut list: Vec<(&str, Ty)> = Vec::with_capacity(fields.len());
        for field in fields {
            let ty = self.resolve_type(field.ty);
            let Some(name) = field.name else { continue };
            let text = self.cx.name(name.symbol);
            if list.iter().any(|&(earlier, _)| earlier == text) {
                let message = format!("field `{text}` is given twice");
                self.diags.push(Diagnostic::error(codes::FIELD, name.span, message));
            } else {
                list.push((text, ty));
            }
        }
        self.out.tys.record(&list, span)
    }

    /// Whether `name` means a type parameter or `Self`, whose associated types may be named.
    fn is_projection_base(&self, name: ast::Name) -> bool {
        self.env.params.iter().any(|(param, _)| *param == name.symbol)
            || self.env.self_ty.is_some() && self.cx.name(name.symbol) == "Self"
    }

    fn function_type(&mut self, node: &ast::FnType<'_>, span: Span) -> Ty {
        let params: Vec<Ty> = node.params.iter().map(|param| self.resolve_type(param)).collect();
        let result = self.result_type_of(node.result);
        // What the library is given may raise anything: it passes it on.
        let failures = match self.decls.library.owns(span.file) {
            true => self.unwritten(),
            false => self.failure_names(node.fails),
        };
        self.out.tys.failing_function(&params, result, failures)
    }

    /// The declared result of a function; void if there is none.
    pub(super) fn result_type_of(&mut self, written: Option<&ast::Type<'_>>) -> Ty {
        match written {
            Some(ty) if matches!(ty.kind, TypeKind::Never) => Ty::NEVER,
            Some(ty) => self.resolve_type(ty),
            None => Ty::VOID,
        }
    }

    fn named_type(&mut self, name: ast::Name, span: Span, args: &[TypeArg<'_>]) -> Ty {
        let text = self.cx.name(name.symbol);
        if let Some(&(_, ty)) = self.env.params.iter().find(|(param, _)| *param == name.symbol) {
            self.type_args(span, text, args, 0);
            return ty;
        }
        if let Some(ty) = builtin_type(text) {
            self.type_args(span, text, args, 0);
            return ty;
        }
        match text {
            "Self" if let Some(ty) = self.env.self_ty => return ty,
            "any" | "Any" if self.env.next_implicit.is_some() && !self.env.in_nominal => return self.unwritten(),
            "array" | "Array" => return self.array_type(span, text, args),
            "Option" => return self.option_type(span, args),
            "Result" => return self.result_type(span, args),
            "Cell" => return self.cell_type(span, args),
            _ => {}
        }
        if let Some(id) = StructDeclId::by_name(text) {
            return self.collection_type(span, text, args, id);
        }
        let of_library = StructDeclId::of_library(text).map(TypeName::Struct);
        let declared = match of_library {
            // The library means its own struct whatever the program declares.
            Some(_) if self.decls.library.owns(name.span.file) => None,
            _ => self.decls.scopes.type_name(self.env.scope, name.symbol),
        };
        match declared.or(of_library) {
            Some(meaning) => self.declared_type(meaning, text, span, args),
            None => {
                self.unknown_type(name, span);
                Ty::ERROR
            }
        }
    }

    /// `m::T`
    fn type_of_module(&mut self, path: &ast::Path<'_>, span: Span, args: &[TypeArg<'_>]) -> Ty {
        let (module, rest) = self.decls.scopes.enter(self.env.scope, path.segments);
        let (Some(module), [name]) = (module, rest) else {
            self.unknown_path(path);
            return Ty::ERROR;
        };
        match self.decls.scopes[module].types.get(name.symbol) {
            Some(meaning) => self.declared_type(meaning, self.cx.name(name.symbol), span, args),
            None => {
                self.unknown_member(path, module, *name);
                Ty::ERROR
            }
        }
    }

    fn declared_type(&mut self, meaning: TypeName, text: &str, span: Span, args: &[TypeArg<'_>]) -> Ty {
        match meaning {
            TypeName::Struct(id) => {
                let args = self.nominal_args(span, text, args, self.out.tys.nominals.structs[id].n_params, Ok(id));
                let ty = self.out.tys.intern(TyKind::Struct(id, args));
                self.demand_nominal_bounds(ty, span);
                ty
            }
            TypeName::Enum(id) => {
                let args = self.nominal_args(span, text, args, self.out.tys.nominals.enums[id].n_params, Err(id));
                let ty = self.out.tys.intern(TyKind::Enum(id, args));
                self.demand_nominal_bounds(ty, span);
                ty
            }
            TypeName::Alias(id) => {
                self.type_args(span, text, args, 0);
                self.alias_type(id)
            }
            TypeName::Trait(id) => {
                self.type_args(span, text, args, 0);
                self.dyn_type(id, span)
            }
        }
    }

    fn unknown_type(&mut self, name: ast::Name, span: Span) {
        let text = self.cx.name(name.symbol);
        if matches!(text, "any" | "Any") {
            let message = "`any` can only be the type of a parameter";
            self.diags.push(
                Diagnostic::error(codes::ANY_TYPE, span, message)
                    .with_note("it stands for a type of its own in each call; there are no values without a type")
                    .with_help("use an enum, or `dyn` with a trait"),
            );
        } else if !self.decls.reported.contains(&name.symbol) {
            let cx = self.cx;
            let declared = self.decls.scopes.type_names(self.env.scope).map(|symbol| cx.name(symbol));
            let built_in = BUILTIN_TYPES.iter().map(|&(name, _)| name).chain(GENERIC_TYPES.iter().copied());
            // Names that are no spelling of a built-in type mean themselves.
            let meaning = |name: &str| builtin_type(name).ok_or(name.to_string());
            let near = suggest::near_meanings(text, declared.chain(built_in), meaning);
            let message = format!("Unknown type '{text}'{}", suggest::in_words(&near));
            self.diags.push(Diagnostic::error(codes::UNKNOWN_NAME, name.span, message));
        }
    }

    /// What a type argument that is not written is.
    fn unwritten(&mut self) -> Ty {
        match &mut self.env.next_implicit {
            Some(next) => {
                *next += 1;
                let param = TyKind::Param(*next - 1);
                self.out.tys.intern(param)
            }
            None => self.out.tys.fresh(),
        }
    }

    /// The types among `args`, of which there must be `expected`.
    fn type_args(&mut self, span: Span, name: &str, args: &[TypeArg<'_>], expected: usize) -> Vec<Ty> {
        let mut tys = Vec::new();
        for arg in args {
            match arg {
                TypeArg::Type(ty) => tys.push(self.resolve_type(ty)),
                TypeArg::Length(_, at) => {
                    let message = format!("type `{name}` takes no length");
                    self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, *at, message));
                }
            }
        }
        if tys.len() != expected {
            let takes = match expected {
                0 => "no type arguments".to_string(),
                1 => "1 type argument".to_string(),
                n => format!("{n} type arguments"),
            };
            let message = format!("type `{name}` takes {takes}");
            self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, span, message));
            tys.resize(expected, Ty::ERROR);
        }
        tys
    }

    fn array_type(&mut self, span: Span, name: &str, args: &[TypeArg<'_>]) -> Ty {
        let element = match args {
            [] => self.unwritten(),
            [TypeArg::Type(element)] | [TypeArg::Type(element), TypeArg::Length(..)] => self.resolve_type(element),
            _ => self.type_args(span, name, args, 1)[0],
        };
        self.out.tys.array(element)
    }

    fn option_type(&mut self, span: Span, args: &[TypeArg<'_>]) -> Ty {
        let payload = match args {
            [] => self.unwritten(),
            _ => self.type_args(span, "Option", args, 1)[0],
        };
        self.out.tys.option(payload)
    }

    fn cell_type(&mut self, span: Span, args: &[TypeArg<'_>]) -> Ty {
        let content = match args {
            [] => self.unwritten(),
            _ => self.type_args(span, "Cell", args, 1)[0],
        };
        self.out.tys.cell(content)
    }

    fn collection_type(&mut self, span: Span, name: &str, args: &[TypeArg<'_>], id: StructDeclId) -> Ty {
        let n_params = self.out.tys.nominals.structs[id].n_params;
        let args: Vec<Ty> = match args {
            [] => (0..n_params).map(|_| self.unwritten()).collect(),
            _ => self.type_args(span, name, args, n_params),
        };
        if let Some(&key) = args.first() {
            self.check_key(key, span);
        }
        let args = self.out.tys.list(&args);
        self.out.tys.intern(TyKind::Struct(id, args))
    }

    fn result_type(&mut self, span: Span, args: &[TypeArg<'_>]) -> Ty {
        let (ok, err) = match args {
            [] => (self.unwritten(), self.unwritten()),
            [TypeArg::Type(ok)] => (self.resolve_type(ok), self.unwritten()),
            _ => {
                let args = self.type_args(span, "Result", args, 2);
                (args[0], args[1])
            }
        };
        self.out.tys.result(ok, err)
    }

    /// The arguments of a declared type. Without any, a generic type is itself inside its `impl`, and bare elsewhere.
    fn nominal_args(
        &mut self,
        span: Span,
        name: &str,
        args: &[TypeArg<'_>],
        n_params: usize,
        id: Result<StructDeclId, EnumDeclId>,
    ) -> TyList {
        if !args.is_empty() || n_params == 0 {
            let args = self.type_args(span, name, args, n_params);
            return self.out.tys.list(&args);
        }
        let own = self.env.self_ty.map(|ty| self.out.tys.kind(ty));
        match (own, id) {
            (Some(TyKind::Struct(own, args)), Ok(id)) if own == id => args,
            (Some(TyKind::Enum(own, args)), Err(id)) if own == id => args,
            _ if self.env.in_nominal => {
                let args = self.type_args(span, name, args, n_params);
                self.out.tys.list(&args)
            }
            _ => {
                let args: Vec<Ty> = (0..n_params).map(|_| self.unwritten()).collect();
                self.out.tys.list(&args)
            }
        }
    }

    /// The type an alias stands for.
    pub(super) fn alias_type(&mut self, id: AliasId) -> Ty {
        match self.alias_states[id] {
            AliasState::Done(ty) => return ty,
            AliasState::Running => {
                self.report_alias_cycle(id);
                self.alias_states[id] = AliasState::Done(Ty::ERROR);
                return Ty::ERROR;
            }
            AliasState::Todo => {}
        }
        self.alias_states[id] = AliasState::Running;
        self.alias_stack.push(id);
        let scope = self.decls.alias_scope(id);
        let env = std::mem::replace(&mut self.env, TypeEnv { scope, ..TypeEnv::default() });
        let ty = self.resolve_type(self.decls.aliases[id].ty);
        self.env = env;
        self.alias_stack.pop();
        if let AliasState::Running = self.alias_states[id] {
            self.alias_states[id] = AliasState::Done(ty);
        }
        ty
    }

    fn report_alias_cycle(&mut self, id: AliasId) {
        let start = self.alias_stack.iter().position(|&on_stack| on_stack == id).unwrap_or(0);
        let names: Vec<&str> = self.alias_stack[start..]
            .iter()
            .chain([&id])
            .map(|&id| self.cx.name(self.decls.aliases[id].name.symbol))
            .collect();
        let message = format!("type alias cycle: {}", names.join(" -> "));
        self.diags.push(Diagnostic::error(codes::TYPE_CYCLE, self.decls.aliases[id].name.span, message));
    }

    /// Reports array literals in `value` that have another length than `ty`, as written, states.
    pub(super) fn check_lengths(&mut self, ty: &ast::Type<'_>, value: &'a Expr<'a>) {
        let (element, length) = match &ty.kind {
            TypeKind::Array(element, length) => (*element, *length),
            TypeKind::Path(_, [TypeArg::Type(element), TypeArg::Length(length, _)]) => (*element, Some(*length)),
            TypeKind::Path(_, [TypeArg::Type(element)]) => (*element, None),
            _ => return,
        };
        let ExprKind::Array(items) = &strip_parens(value).kind else { return };
        if let Some(length) = length
            && items.len() as u64 != length
        {
            let message = format!("expected an array of length {length}, found one of length {}", items.len());
            self.diags.push(
                Diagnostic::error(codes::TYPE_MISMATCH, value.span, message)
                    .with_secondary(ty.span, "the length is stated here"),
            );
        }
        items.iter().for_each(|item| self.check_lengths(element, item));
    }
}

/// Number of arguments that a type as written leaves open: those of bare constructors in it.
pub fn n_unwritten(ty: &ast::Type<'_>, cx: Cx<'_>) -> usize {
    match &ty.kind {
        TypeKind::Path(path, args) => {
            let own = match (path.segments, args.len()) {
                ([name], 0) => match cx.name(name.symbol) {
                    "array" | "Array" | "Option" | "Cell" | "Set" | "set" => 1,
                    "Result" | "Map" | "map" => 2,
                    _ => 0,
                },
                ([name], 1) if cx.name(name.symbol) == "Result" => 1,
                _ => 0,
            };
            let below = args.iter().map(|arg| match arg {
                TypeArg::Type(ty) => n_unwritten(ty, cx),
                TypeArg::Length(..) => 0,
            });
            own + below.sum::<usize>()
        }
        TypeKind::Array(element, _) => n_unwritten(element, cx),
        TypeKind::Tuple(parts) => parts.iter().map(|part| n_unwritten(part, cx)).sum(),
        TypeKind::Fn(node) => node.params.iter().copied().chain(node.result).map(|part| n_unwritten(part, cx)).sum(),
        TypeKind::Ref { ty, .. } | TypeKind::Linear(ty) => n_unwritten(ty, cx),
        TypeKind::Record(fields) => fields.iter().map(|field| n_unwritten(field.ty, cx)).sum(),
        _ => 0,
    }
}

/// The built-in type of this spelling.
pub(super) fn builtin_type(name: &str) -> Option<Ty> {
    BUILTIN_TYPES.iter().find(|(spelling, _)| *spelling == name).map(|&(_, ty)| ty)
}

/// Whether `name` is a spelling of a built-in type that is built.
pub fn is_builtin_type_name(name: &str) -> bool {
    builtin_type(name).is_some()
        || matches!(name, "array" | "Array" | "Option" | "Result" | "Cell" | "Self" | "any" | "Any")
        || StructDeclId::by_name(name).is_some()
}

/// Built-in types that are not in [`BUILTIN_TYPES`], for suggestions.
const GENERIC_TYPES: &[&str] = &["Cell", "Map", "Option", "Range", "Result", "Set", "array", "bytes"];

const BUILTIN_TYPES: &[(&str, Ty)] = &[
    ("int", Ty::INT),
    ("Int", Ty::INT),
    ("Int64", Ty::INT),
    ("i64", Ty::INT),
    ("long", Ty::INT),
    ("i8", Ty::I8),
    ("Int8", Ty::I8),
    ("int8", Ty::I8),
    ("i16", Ty::I16),
    ("Int16", Ty::I16),
    ("int16", Ty::I16),
    ("i32", Ty::I32),
    ("Int32", Ty::I32),
    ("int32", Ty::I32),
    ("u8", Ty::U8),
    ("UInt8", Ty::U8),
    ("uint8", Ty::U8),
    ("byte", Ty::U8),
    ("u16", Ty::U16),
    ("UInt16", Ty::U16),
    ("uint16", Ty::U16),
    ("u32", Ty::U32),
    ("UInt32", Ty::U32),
    ("uint32", Ty::U32),
    ("u64", Ty::U64),
    ("UInt64", Ty::U64),
    ("uint64", Ty::U64),
    ("float", Ty::FLOAT),
    ("Float", Ty::FLOAT),
    ("f64", Ty::FLOAT),
    ("Float64", Ty::FLOAT),
    ("double", Ty::FLOAT),
    ("f32", Ty::F32),
    ("Float32", Ty::F32),
    ("bool", Ty::BOOL),
    ("Bool", Ty::BOOL),
    ("boolean", Ty::BOOL),
    ("char", Ty::CHAR),
    ("Char", Ty::CHAR),
    ("string", Ty::STR),
    ("String", Ty::STR),
    ("str", Ty::STR),
    ("void", Ty::VOID),
    ("Void", Ty::VOID),
];
