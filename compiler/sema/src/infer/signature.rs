//! Signatures: types of parameters and results, default values, and types as written.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, ParamKind, TypeKind};

use super::Checker;
use super::consts::ConstValue;
use super::report::Site;
use super::ty::Ty;
use crate::decls::FnId;
use crate::gaps::{self, Gap};

/// A parameter.
#[derive(Clone, Debug)]
pub struct ParamSig {
    /// Its name.
    pub name: ast::Name,
    /// Its type.
    pub ty: Ty,
    /// Its default value.
    pub default: Option<ConstValue>,
}

/// What calls of a function need to know.
#[derive(Clone)]
pub struct Signature {
    /// The parameters.
    pub params: Vec<ParamSig>,
    /// The result; a variable until the body was checked, if it is not declared.
    pub result: Ty,
    /// Whether something was reported that makes its calls impossible to judge.
    pub is_broken: bool,
}

impl<'a> Checker<'_, '_, 'a> {
    /// Resolves the signatures of all functions.
    pub(super) fn resolve_signatures(&mut self) {
        for entry in self.decls.fns.values() {
            let is_broken = self.reject_unsupported(entry.decl);
            let params = self.params(entry.decl);
            let result = match entry.decl.result {
                Some(ty) if matches!(ty.kind, TypeKind::Never) => Ty::NEVER,
                Some(ty) => self.resolve_type(ty),
                None => self.out.tys.fresh(),
            };
            self.out.sigs.push(Signature { params, result, is_broken });
        }
    }

    /// Tells whether the parameters cannot be understood.
    fn reject_unsupported(&mut self, decl: &ast::FnDecl<'_>) -> bool {
        if let Some(first) = decl.type_params.first() {
            self.diags.push(Gap::TypeParams.at(first.name.span));
        }
        for contract in decl.contracts {
            if let ast::ContractKind::Fails(_) = contract.kind {
                self.diags.push(Gap::CheckedFailure.at(contract.span));
            }
        }
        !decl.type_params.is_empty() || decl.params.iter().any(|p| matches!(p.kind, ParamKind::Struct(_)))
    }

    fn params(&mut self, decl: &'a ast::FnDecl<'a>) -> Vec<ParamSig> {
        let mut params = Vec::with_capacity(decl.params.len());
        for param in decl.params {
            let name = match param.kind {
                ParamKind::Name(name) => name,
                ParamKind::Struct(pattern) => {
                    self.diags.push(Gap::PatternParam.at(pattern.span));
                    continue;
                }
            };
            let ty = match param.ty {
                Some(ty) => self.resolve_type(ty),
                None => {
                    self.diags.push(Gap::ImplicitTypeParam.at(param.span));
                    Ty::ERROR
                }
            };
            let default = param.default.and_then(|value| self.default_value(value, ty));
            params.push(ParamSig { name, ty, default });
        }
        params
    }

    fn default_value(&mut self, value: &'a ast::Expr<'a>, ty: Ty) -> Option<ConstValue> {
        let (found, value_span) = (self.const_value(value, None)?, value.span);
        if !self.out.tys.unify(ty, found.ty()) {
            self.report_mismatch(Site::Default, ty, found.ty(), value_span);
        }
        Some(found)
    }

    /// The type that is written as `ty`; an error type where something was reported.
    pub(super) fn resolve_type(&mut self, ty: &ast::Type<'_>) -> Ty {
        match &ty.kind {
            TypeKind::Path(path, args) if path.segments.len() == 1 => {
                self.named_type(path.segments[0], ty.span, !args.is_empty())
            }
            TypeKind::Ref { ty, .. } | TypeKind::Linear(ty) => self.resolve_type(ty),
            TypeKind::Never => {
                let message = "`!` can only be the result of a function";
                self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, ty.span, message));
                Ty::ERROR
            }
            TypeKind::Error => Ty::ERROR,
            TypeKind::Path(..)
            | TypeKind::Array(..)
            | TypeKind::Tuple(_)
            | TypeKind::Fn(_)
            | TypeKind::Record(_)
            | TypeKind::Dyn(_) => {
                self.diags.push(Gap::TypeForm.at(ty.span));
                Ty::ERROR
            }
        }
    }

    fn named_type(&mut self, name: ast::Name, span: Span, has_args: bool) -> Ty {
        let text = self.cx.name(name.symbol);
        if let Some(ty) = builtin_type(text) {
            if has_args {
                let message = format!("type `{text}` takes no type arguments");
                self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, span, message));
            }
            return ty;
        }
        if gaps::is_builtin_type(text) {
            self.diags.push(Gap::Type(text).at(span));
        } else if !self.decls.reported.contains(&name.symbol) {
            let near = crate::suggest::did_you_mean(text, BUILTIN_TYPES.iter().map(|&(spelling, _)| spelling));
            let message = format!("Unknown type '{text}'{near}");
            self.diags.push(Diagnostic::error(codes::UNKNOWN_NAME, name.span, message));
        }
        Ty::ERROR
    }

    /// The signature of `id` as in messages.
    pub(super) fn signature_text(&mut self, id: FnId) -> String {
        let sig = self.out.sigs[id].clone();
        let params: Vec<String> = sig
            .params
            .iter()
            .map(|param| {
                let default = param.default.as_ref().map_or(String::new(), |value| format!(" = {value}"));
                format!("{} {}{default}", self.display(param.ty), self.cx.name(param.name.symbol))
            })
            .collect();
        let result = match self.out.tys.shallow(sig.result) {
            Ty::VOID => String::new(),
            result => format!(" -> {}", self.display(result)),
        };
        format!("fn {}({}){result}", self.cx.name(self.decls.fns[id].name.symbol), params.join(", "))
    }
}

/// The built-in type of this spelling.
pub(super) fn builtin_type(name: &str) -> Option<Ty> {
    BUILTIN_TYPES.iter().find(|(spelling, _)| *spelling == name).map(|&(_, ty)| ty)
}

const BUILTIN_TYPES: &[(&str, Ty)] = &[
    ("int", Ty::INT),
    ("Int", Ty::INT),
    ("Int64", Ty::INT),
    ("i64", Ty::INT),
    ("long", Ty::INT),
    ("float", Ty::FLOAT),
    ("Float", Ty::FLOAT),
    ("f64", Ty::FLOAT),
    ("Float64", Ty::FLOAT),
    ("double", Ty::FLOAT),
    ("bool", Ty::BOOL),
    ("Bool", Ty::BOOL),
    ("boolean", Ty::BOOL),
    ("string", Ty::STR),
    ("String", Ty::STR),
    ("str", Ty::STR),
    ("void", Ty::VOID),
    ("Void", Ty::VOID),
];
