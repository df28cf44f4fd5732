//! Generic local functions. Each is a template; its instances are checked at the end of the body, when the type
//! arguments of its uses are known, in the scopes of its declaration.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, FnDecl};
use rustc_hash::FxHashMap;

use super::body::Body;
use super::closures::{FnScope, Head};
use super::scope::Scopes;
use super::signature::ParamSig;
use super::ty::{Ty, TyKind, TyList};
use super::written::{TypeEnv, n_unwritten};
use crate::tables::{InstanceCheck, Mentioned, NestedId, Res, Tables, TemplateId, UseId};

/// How many instances a generic local function may have. One that calls itself with ever new type arguments has no end.
const MAX_INSTANCES: usize = 128;

/// A generic local function.
pub(super) struct Template<'a> {
    decl: &'a FnDecl<'a>,
    pub(super) name: ast::Name,
    type_params: Vec<Option<Symbol>>,
    /// The parameters, whose types mention the type parameters.
    pub(super) params: Vec<ParamSig>,
    /// The result, if it is declared.
    pub(super) result: Option<Ty>,
    /// Where it is declared; none before that.
    place: Option<Place>,
    frame: Option<NestedId>,
    instances: FxHashMap<TyList, NestedId>,
}

/// Where a template is declared: what its body sees, and when.
#[derive(Clone)]
struct Place {
    scopes: Scopes,
    repeat: Option<u32>,
    tick: u32,
}

/// A use of a generic local function.
#[derive(Clone, Copy)]
pub(super) struct Use {
    id: UseId,
    template: TemplateId,
    args: TyList,
    result: Ty,
    at: Span,
    /// Whether the function is called; as a value its type arguments must be determined.
    is_call: bool,
}

/// A generic local function at a use.
pub(super) struct Instantiated {
    pub(super) id: UseId,
    pub(super) params: Vec<Ty>,
    pub(super) result: Ty,
    pub(super) failures: Ty,
}

impl<'a> Body<'_, '_, '_, 'a> {
    /// Whether the local function is generic, by type parameters or by types that are left open.
    pub(super) fn is_generic(&self, decl: &FnDecl<'_>) -> bool {
        let cx = self.ck.cx;
        let is_open = |ty: &ast::Type<'_>| n_unwritten(ty, cx) > 0 || mentions_any(ty, cx);
        !decl.type_params.is_empty() || decl.params.iter().filter_map(|param| param.ty).any(is_open)
    }

    pub(super) fn template(&mut self, decl: &'a FnDecl<'a>, name: ast::Name) -> Res {
        let mut type_params: Vec<Option<Symbol>> =
            decl.type_params.iter().map(|param| Some(param.name.symbol)).collect();
        let mut params: Vec<(Symbol, Ty)> = Vec::new();
        for (param, i) in decl.type_params.iter().zip(0..) {
            params.push((param.name.symbol, self.ck.out.tys.intern(TyKind::Param(i))));
        }
        // The nearest meaning of a name comes first.
        params.extend(self.ck.env.params.iter().copied());
        let env = TypeEnv { params, next_implicit: Some(type_params.len() as u32), ..self.ck.env.clone() };
        let outer = std::mem::replace(&mut self.ck.env, env);
        let params = self.ck.params(decl);
        let n_params = self.ck.env.next_implicit.take().unwrap_or(0) as usize;
        let result = decl.result.map(|_| self.ck.result_type_of(decl.result));
        let result = result.filter(|&ty| !self.ck.out.tys.has_variables(ty));
        self.ck.env = outer;
        type_params.resize(n_params, None);
        let instances = FxHashMap::default();
        let template = Template { decl, name, type_params, params, result, place: None, frame: self.frame, instances };
        Res::Template(self.local_fns.templates.push(template))
    }

    /// The declaration of the template: from here on its body can be checked.
    pub(super) fn place_template(&mut self, id: TemplateId, later: &[(Symbol, Res)]) {
        let mut scopes = self.scopes.clone();
        for &(name, res) in later {
            scopes.declare(name, res);
        }
        self.local_fns.templates[id].place = Some(Place { scopes, repeat: self.repeat, tick: self.tick });
    }

    /// A use of the template, with type arguments that are to be inferred.
    pub(super) fn instantiate_template(&mut self, template: TemplateId, at: Span, is_call: bool) -> Instantiated {
        let Template { type_params, params, result, .. } = &self.local_fns.templates[template];
        let (n_params, result) = (type_params.len(), *result);
        let params: Vec<Ty> = params.iter().map(|param| param.ty).collect();
        let args = self.ck.out.tys.fresh_list(n_params);
        let params = params.into_iter().map(|ty| self.ck.out.tys.subst(ty, args)).collect();
        let result = match result {
            Some(ty) => self.ck.out.tys.subst(ty, args),
            None => self.ck.out.tys.fresh(),
        };
        let id = self.t.nested.uses.push(None);
        self.mention(Mentioned::Instance(id), at);
        self.local_fns.uses.push(Use { id, template, args, result, at, is_call });
        let failures = self.ck.failures(self.local_fns.templates[template].decl);
        Instantiated { id, params, result, failures }
    }

    /// Ends the check of a body whose goals begin at `first_goal`: makes the instances of generic local functions.
    pub(super) fn finish(mut self, first_goal: usize) -> Tables {
        let mut waiting: Vec<Use> = Vec::new();
        loop {
            waiting.append(&mut self.local_fns.uses);
            if waiting.is_empty() {
                break;
            }
            self.ck.settle_goals(first_goal);
            // One whose type arguments are known, else the first, for which nothing more will be.
            let ready = waiting.iter().position(|found| self.ck.out.tys.is_closed_list(found.args)).unwrap_or(0);
            let found = waiting.remove(ready);
            self.make_instance(found);
        }
        self.probe_templates();
        self.t
    }

    fn make_instance(&mut self, found: Use) {
        if !found.is_call && !self.ck.out.tys.is_closed_list(found.args) {
            let name = self.local_fns.templates[found.template].name;
            self.ck.report_undetermined(name, found.at);
        }
        let args = self.ck.out.tys.close_list(found.args);
        let tys = self.ck.out.tys.args(args).to_vec();
        if tys.into_iter().any(|ty| self.ck.out.tys.contains_error(ty)) {
            self.ck.out.tys.unify(found.result, Ty::ERROR);
            return;
        }
        let template = &self.local_fns.templates[found.template];
        let id = match template.instances.get(&args) {
            Some(&id) => id,
            None if template.instances.len() >= MAX_INSTANCES => {
                let message =
                    format!("`{}` has more than {MAX_INSTANCES} instances", self.ck.cx.name(template.name.symbol));
                self.error(
                    Diagnostic::error(codes::INSTANCE_DEPTH, found.at, message)
                        .with_note("each call of it leads to one with other type arguments"),
                );
                return;
            }
            None => self.instance(found.template, args, false),
        };
        self.t.nested.uses[found.id] = Some(id);
        let result = self.t.nested.fns[id].result;
        self.ck.settle(found.result, result, found.at);
    }

    /// Makes and checks an instance in the scopes of the declaration.
    fn instance(&mut self, id: TemplateId, args: TyList, is_probe: bool) -> NestedId {
        let Template { decl, name, ref type_params, ref params, result, ref place, frame, .. } =
            self.local_fns.templates[id];
        let (type_params, mut params, place) = (type_params.clone(), params.clone(), place.clone());
        for param in &mut params {
            param.ty = self.ck.out.tys.subst(param.ty, args);
        }
        let tys = self.ck.out.tys.args(args).to_vec();
        let own = type_params.iter().zip(tys).filter_map(|(name, ty)| name.map(|name| (name, ty)));
        let params_in_force = own.chain(self.ck.env.params.iter().copied()).collect();
        let env = TypeEnv { params: params_in_force, next_implicit: None, ..self.ck.env.clone() };
        let outer_env = std::mem::replace(&mut self.ck.env, env);
        let result = match (result, decl.result) {
            (Some(ty), _) => self.ck.out.tys.subst(ty, args),
            (None, Some(_)) => self.ck.result_type_of(decl.result),
            (None, None) => self.ck.out.tys.fresh(),
        };
        let outer_frame = std::mem::replace(&mut self.frame, frame);
        let nested = self.add_nested(decl, Some(name.symbol), name.span, params, result);
        self.t.nested.fns[nested].is_probe = is_probe;
        self.local_fns.templates[id].instances.insert(args, nested);
        // What stands behind a jump is never declared, and never called.
        let place = place.unwrap_or(Place { scopes: Scopes::default(), repeat: None, tick: self.tick });
        let outer_scopes = std::mem::replace(&mut self.scopes, place.scopes);
        let outer_repeat = std::mem::replace(&mut self.repeat, place.repeat);
        let check = InstanceCheck { outer: self.local_fns.instance, start: self.tick, declared: place.tick };
        self.t.nested.checks.push(check);
        let outer_check = self.local_fns.instance.replace((self.t.nested.checks.len() - 1) as u32);
        let n_diags = self.ck.diags.len();
        let head = Head { text: self.ck.cx.name(name.symbol), span: name.span };
        let failures = self.t.nested.fns[nested].failures;
        self.nested_body(nested, decl, FnScope::named(head, result, decl, failures), &[]);
        if !is_probe {
            self.ck.note_local_instance(head.text, &type_params, args, n_diags);
        }
        self.local_fns.instance = outer_check;
        self.repeat = outer_repeat;
        self.scopes = outer_scopes;
        self.frame = outer_frame;
        self.ck.env = outer_env;
        nested
    }

    /// Checks what does not depend on type parameters in those that nothing uses.
    fn probe_templates(&mut self) {
        let unused: Vec<(TemplateId, usize)> = self
            .local_fns
            .templates
            .iter()
            .filter(|(_, template)| template.instances.is_empty() && template.place.is_some())
            .map(|(id, template)| (id, template.type_params.len()))
            .collect();
        for (id, n_params) in unused {
            let args = self.ck.out.tys.list(&vec![Ty::ERROR; n_params]);
            self.instance(id, args, true);
        }
        // What these ask for is of no interest.
        self.local_fns.uses.clear();
    }
}

/// Whether a parameter type says `any`.
fn mentions_any(ty: &ast::Type<'_>, cx: crate::cfg::Cx<'_>) -> bool {
    use ast::{TypeArg, TypeKind};
    match &ty.kind {
        TypeKind::Path(path, args) => {
            matches!(path.segments, [name] if matches!(cx.name(name.symbol), "any" | "Any"))
                || args.iter().any(|arg| matches!(arg, TypeArg::Type(ty) if mentions_any(ty, cx)))
        }
        TypeKind::Array(element, _) => mentions_any(element, cx),
        TypeKind::Tuple(parts) => parts.iter().any(|part| mentions_any(part, cx)),
        TypeKind::Ref { ty, .. } | TypeKind::Linear(ty) => mentions_any(ty, cx),
        TypeKind::Fn(node) => node.params.iter().copied().chain(node.result).any(|part| mentions_any(part, cx)),
        _ => false,
    }
}
