//! Functions: parameters, contract clauses, the body and its result.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{ContractKind, Expr, FnDecl, Name, ParamKind};

use super::body::{Body, Sink};
use super::closures::{FnScope, Head};
use super::instances::InstId;
use super::report::Site;
use super::ty::{Ty, TyKind};
use crate::tables::Tables;

impl<'c, 'a> Body<'_, 'c, '_, 'a> {
    /// Checks the body of an instance.
    pub(super) fn check_function(mut self, inst: InstId) -> Tables {
        let instance = &self.ck.out.insts[inst];
        let (func, result, tys) = (instance.func, instance.result, instance.params.clone());
        let entry = &self.ck.decls.fns[func];
        let (decl, name) = (entry.decl, entry.name);
        let first_goal = self.ck.goals.len();
        if let Some(written) = decl.result
            && self.ck.out.tys.is_open(result)
        {
            let ty = self.ck.resolve_type(written);
            self.ck.out.tys.unify(result, ty);
        }
        let head = Head { text: self.ck.cx.name(name.symbol), span: name.span };
        let failures = self.ck.out.sigs[func].failures;
        self.function_parts(decl, &tys, FnScope::named(head, result, decl, failures));
        self.finish(first_goal)
    }

    /// Checks a function with all that belongs to it.
    pub(super) fn function_parts(&mut self, decl: &'a FnDecl<'a>, tys: &[Ty], function: FnScope<'c>) {
        let FnScope { head, result, .. } = function;
        let infers = function.infers;
        self.t.is_deferred = function.is_deferred;
        self.function = Some(function);
        self.scopes.enter();
        for (param, &ty) in decl.params.iter().zip(tys) {
            let local = match param.kind {
                ParamKind::Name(name) => self.declare(name, ty, false),
                ParamKind::Struct(pattern) => self.unnamed(ty, pattern.span),
            };
            self.t.params.push(local);
        }
        self.t.result = Some(result);
        for (param, &ty) in decl.params.iter().zip(tys) {
            if let ParamKind::Struct(pattern) = param.kind {
                self.bind(pattern, ty);
            }
        }
        self.requires(decl);
        self.body(decl, head, result, infers);
        self.ensures(decl, head, result);
        self.scopes.leave();
    }

    fn requires(&mut self, decl: &FnDecl<'a>) {
        for contract in decl.contracts {
            if let ContractKind::Requires(cond) = contract.kind {
                self.in_clause = true;
                self.coerce(cond, Ty::BOOL, Site::Clause("requires"));
                self.in_clause = false;
            }
        }
    }

    fn ensures(&mut self, decl: &FnDecl<'a>, head: Head<'c>, result: Ty) {
        let clauses: Vec<(&'static str, &'a Expr<'a>)> = decl
            .contracts
            .iter()
            .filter_map(|contract| match contract.kind {
                ContractKind::Ensures(cond) => Some(("ensures", cond)),
                ContractKind::RecoversTo(cond) => Some(("recovers_to", cond)),
                ContractKind::Requires(_) | ContractKind::Fails(_) => None,
            })
            .collect();
        if clauses.is_empty() {
            return;
        }
        self.scopes.enter();
        if matches!(self.ck.out.tys.kind(result), TyKind::Void | TyKind::Never) {
            self.lacks_result = true;
        } else if let Some(symbol) = self.ck.cx.interner.get("result") {
            let local = self.declare(Name { symbol, span: head.span }, result, false);
            self.t.result_local = Some(local);
        }
        self.in_clause = true;
        for (word, cond) in clauses {
            self.coerce(cond, Ty::BOOL, Site::Clause(word));
        }
        self.in_clause = false;
        self.lacks_result = false;
        self.scopes.leave();
    }

    fn body(&mut self, decl: &'a FnDecl<'a>, head: Head<'c>, result: Ty, infers: bool) {
        let Some(block) = &decl.body else { return };
        if infers {
            self.collected = self.ck.out.tys.fresh();
            self.block(block, Sink::Collect);
            self.infer_result(head, result);
            return;
        }
        match self.ck.out.tys.kind(result) {
            TyKind::Void => {
                self.block(block, Sink::Unused);
            }
            TyKind::Never => {
                let ty = self.block(block, Sink::Unused);
                if !self.is_never(ty) {
                    let message = format!("fn {} is declared `-> !` but can return", head.text);
                    self.error(
                        Diagnostic::error(codes::NEVER_RETURNS, head.span, message)
                            .with_secondary(block.span.end(), "the end of the body can be reached"),
                    );
                }
            }
            _ => {
                self.block(block, Sink::Coerce(result, Site::BodyEnd));
                self.report_missing_end(head, result);
            }
        }
    }

    fn report_missing_end(&mut self, head: Head<'c>, result: Ty) {
        let Some(end) = self.missing_end else { return };
        let message = format!(
            "fn {}: missing return on at least one path — declared `{}`, but the body can fall off the end without \
             returning a value",
            head.text,
            self.ck.display(result)
        );
        let mut diagnostic =
            Diagnostic::error(codes::MISSING_RETURN, head.span, message).with_secondary(end.at, "no value here");
        if let Some(stmt) = end.discarded {
            diagnostic = diagnostic
                .with_secondary(stmt, "this value is discarded by the `;`")
                .with_help(format!("remove the `;` after `{}` to return it", self.ck.short_text(stmt)));
        }
        self.error(diagnostic);
    }

    /// The result of a function that declares none: what its `return`s have determined so far, and the values of its
    /// body. If those do not agree and everything else is void, the function is void and drops them.
    fn infer_result(&mut self, head: Head<'c>, result: Ty) {
        let leaves = std::mem::take(&mut self.leaves);
        let tys = &mut self.ck.out.tys;
        let trial = tys.begin_trial();
        let agree = leaves.iter().all(|&(ty, _)| tys.unify(self.collected, ty));
        if agree {
            tys.commit(trial);
        } else {
            tys.rollback(trial);
        }
        let returns = tys.kind(result);
        if !agree && matches!(returns, TyKind::Var(_) | TyKind::Void) {
            tys.unify(self.collected, Ty::VOID);
            tys.unify(result, Ty::VOID);
            return;
        }
        for (ty, at) in leaves {
            if !self.ck.out.tys.try_unify(result, ty) {
                self.report_mixed_results(head, result, ty, at);
                break;
            }
        }
        self.ck.out.tys.unify(self.collected, result);
    }

    fn report_mixed_results(&mut self, head: Head<'c>, result: Ty, found: Ty, at: Span) {
        let text = head.text;
        let (want, have) = (self.ck.display(result), self.ck.display(found));
        let is_end = self.ck.out.tys.kind(found) == TyKind::Void;
        let diagnostic = if is_end {
            let message = format!(
                "fn {text}: missing return on at least one path — other paths return `{want}`, but the body can fall \
                 off the end without returning a value"
            );
            Diagnostic::error(codes::MISSING_RETURN, head.span, message).with_secondary(at, "no value here")
        } else {
            let message = format!("fn {text}: paths have different results: `{want}` and `{have}`");
            Diagnostic::error(codes::TYPE_MISMATCH, at, message)
                .with_label(format!("this is `{have}`"))
                .with_help("end it with `;` to drop the value, or return the same type everywhere")
        };
        self.error(diagnostic);
    }

    pub(super) fn return_(&mut self, value: Option<&'a Expr<'a>>, span: Span) -> Ty {
        let Some(FnScope { head, result, is_declared, is_deferred, .. }) = self.function else {
            // At top level: ends the program. An int is the exit status, other values are dropped.
            value.map(|value| self.value(value));
            return Ty::NEVER;
        };
        if is_deferred {
            let message = "`return` cannot leave a deferred call";
            self.error(
                Diagnostic::error(codes::DEFERRED, span, message)
                    .with_note("the function is being left already when the call is made"),
            );
        }
        match (self.ck.out.tys.kind(result), value) {
            (TyKind::Never, value) => {
                let found = value.map_or(Ty::VOID, |value| self.value(value));
                if !self.is_never(found) {
                    let message = format!("fn {} is declared `-> !` and cannot return", head.text);
                    self.error(Diagnostic::error(codes::NEVER_RETURNS, span, message));
                }
            }
            (TyKind::Void, Some(value)) if is_declared => {
                let found = self.value(value);
                if !matches!(self.ck.out.tys.kind(found), TyKind::Void | TyKind::Never | TyKind::Error) {
                    let message = format!("a function declared `-> void` cannot return a `{}`", self.ck.display(found));
                    self.error(Diagnostic::error(codes::TYPE_MISMATCH, value.span, message));
                }
            }
            (_, Some(value)) => {
                self.coerce(value, result, Site::Return);
            }
            (_, None) => {
                if !self.ck.out.tys.unify(result, Ty::VOID) {
                    let message = format!("`return` needs a value of type `{}`", self.ck.display(result));
                    self.error(Diagnostic::error(codes::TYPE_MISMATCH, span, message));
                }
            }
        }
        Ty::NEVER
    }
}
