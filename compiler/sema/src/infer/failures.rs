//! Checked failures: the names after `fails`, `fail` and `try`.
//!
//! What is checked here can be read off the text of a function: whether `fail` names a failure that the function declares
//! or a `try` around it catches. What calls may raise depends on what functions do, and is found in the typed program by
//! [`crate::failures`].

use resilient_base::{Diagnostic, diag::codes};
use resilient_syntax::ast::{self, ContractKind, FnDecl, TryCatch};

use super::Checker;
use super::body::{Body, Sink};
use super::ty::{Ty, TyKind};
use crate::decls::FnId;
use crate::types::Failure;

impl Checker<'_, '_, '_> {
    /// The failures that `decl` declares, as the last part of a function type.
    pub(super) fn failures(&mut self, decl: &FnDecl<'_>) -> Ty {
        let names: Vec<ast::Name> =
            decl.contracts.iter().flat_map(|contract| declared(&contract.kind)).copied().collect();
        self.failure_names(&names)
    }

    /// These failures as the last part of a function type.
    pub(super) fn failure_names(&mut self, names: &[ast::Name]) -> Ty {
        let failures: Vec<Failure> = names.iter().map(|&name| self.failure(name)).collect();
        self.out.tys.failure_type(&failures)
    }

    fn failure(&mut self, name: ast::Name) -> Failure {
        self.out.tys.failure(name.symbol, self.cx.name(name.symbol))
    }

    /// The first failure that a method declares and its declaration in the trait does not.
    pub(super) fn raises_more(&self, declared: FnId, given: FnId) -> Option<String> {
        let [declared, given] = [declared, given].map(|id| self.out.tys.failures_of(self.out.sigs[id].failures));
        let more = given.iter().find(|failure| !declared.contains(failure));
        more.map(|&failure| self.out.tys.failures[failure].to_string())
    }

    /// Lets functions among these parameters raise nothing.
    pub(super) fn forbid_failures(&mut self, params: &[Ty]) {
        for &param in params {
            if let TyKind::Fn(list) = self.out.tys.kind(param) {
                let failures = self.out.tys.fn_failures(list);
                self.out.tys.unify(failures, Ty::VOID);
            }
        }
    }
}

/// The failures that a contract clause declares.
pub fn declared<'a>(clause: &ContractKind<'a>) -> &'a [ast::Name] {
    match clause {
        ContractKind::Fails(names) => names,
        ContractKind::Requires(_) | ContractKind::Ensures(_) | ContractKind::RecoversTo(_) => &[],
    }
}

impl<'a> Body<'_, '_, '_, 'a> {
    /// How many bodies of `try` are around the current point, within the function.
    pub(super) fn n_tries(&self) -> u32 {
        self.tries.len() as u32
    }

    pub(super) fn fail(&mut self, name: ast::Name) -> Ty {
        let failure = self.ck.failure(name);
        let is_caught = self.tries.iter().any(|caught| caught.contains(&failure));
        let declared = self.function.map_or(Ty::VOID, |function| function.failures);
        if !is_caught && !self.ck.out.tys.failures_of(declared).contains(&failure) {
            let text = self.ck.cx.name(name.symbol);
            let message = format!(
                "unhandled failure variant {text} — declare `fails {text}` on the enclosing function or wrap the \
                 statement in `try {{ ... }} catch {text} {{ ... }}`"
            );
            self.error(Diagnostic::error(codes::UNHANDLED_FAILURE, name.span, message));
        }
        Ty::NEVER
    }

    /// The value is that of the body, or of the arm that was taken.
    pub(super) fn try_catch(&mut self, node: &'a TryCatch<'a>, sink: Sink) -> Ty {
        let caught = node.arms.iter().map(|(name, _)| self.ck.failure(*name)).collect();
        self.tries.push(caught);
        let mut ty = self.block(&node.body, sink);
        self.tries.pop();
        for (_, arm) in node.arms {
            let found = self.block(arm, sink);
            if self.is_never(ty) {
                ty = found;
            }
        }
        ty
    }
}
