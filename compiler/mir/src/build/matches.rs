//! `match`: a decision tree becomes branches and switches, whose ends jump to the arms.
//!
//! ```text
//!     v1 = peek_field v0, 0                   the tag
//!     switch v1, 0: block1, default: block2
//! block1:
//!     v2 = peek_field v0, 1                   the payload
//!     v3 = retain v2
//!     jump block3(v3)
//! block3(v4: str name):                       an arm, with the variables of its pattern
//!     ..
//!     jump block5(v9)
//! ```
//!
//! Several ends may lead to one arm (`A(x) | B(x)`), hence the parameters; those that are not needed go when the function
//! is finished.

use resilient_sema::typed::{Decision, Expr, ExprKind, LocalId, Match};
use resilient_sema::types::Type;

use super::Flow;
use super::control::Joined;
use super::function::FuncBuilder;
use crate::ir::{self, Block, BlockCall, InstKind, Terminator, Ty, Value};

/// An arm that is reached.
struct Arm {
    block: Block,
    /// The variables of its pattern, those with values, and the parameters that bring them.
    bindings: Vec<(LocalId, Value)>,
}

/// Whether a body does nothing and has no value.
fn is_void(body: &Expr<'_>) -> bool {
    matches!(body.kind, ExprKind::Void)
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// `match`
    pub(super) fn match_(&mut self, node: &'t Match<'t>, ty: Type) -> Flow<Option<Value>> {
        let wanted = self.ty(ty);
        let join = self.new_join(wanted);
        let mut arms: Vec<Option<Arm>> = node.arms.iter().map(|_| None).collect();
        self.decide(node.decision, &mut arms);
        let last = arms.iter().zip(node.arms).rposition(|(arm, body)| arm.is_some() && is_void(body));
        let last = last.and_then(|n| arms[n].take());
        for (arm, body) in arms.into_iter().zip(node.arms) {
            if let Some(arm) = arm {
                self.arm(arm, body, wanted, join);
            }
        }
        match last {
            // Of a `let .. else`: what follows is the rest of this arm, and has its variables.
            Some(arm) if !self.ssa.has_preds(join.block) => {
                self.ssa.start(arm.block);
                for (local, param) in arm.bindings {
                    self.declare(local, param);
                }
                return Ok(None);
            }
            Some(arm) => self.void_arm(arm, join),
            None => {}
        }
        self.start_join(join)
    }

    fn arm(&mut self, arm: Arm, body: &'t Expr<'t>, wanted: Option<Ty>, join: Joined) {
        self.ssa.start(arm.block);
        let depth = self.held.len();
        for (local, param) in arm.bindings {
            self.declare(local, param);
        }
        if let Ok(value) = self.leave_scopes(Some(body), wanted, depth) {
            self.ssa.jump(join.block, value);
        }
        self.held.truncate(depth);
    }

    /// An arm that does nothing: its variables go.
    fn void_arm(&mut self, arm: Arm, join: Joined) {
        self.ssa.start(arm.block);
        for (_, param) in arm.bindings {
            if self.is_counted(param) {
                self.release(param);
            }
        }
        self.ssa.jump(join.block, None);
    }

    /// Goes to the arm that the decision says. Chains of conditions can be long and are no recursion.
    fn decide(&mut self, mut decision: &'t Decision<'t>, arms: &mut [Option<Arm>]) {
        let depth = self.held.len();
        loop {
            match decision {
                Decision::Arm { bindings, arm } => {
                    if self.bind(bindings).is_ok() {
                        self.go_to_arm(*arm, bindings, arms);
                    }
                    self.held.truncate(depth);
                    return;
                }
                Decision::Guard { bindings, guard, arm, otherwise } => {
                    if self.bind(bindings).is_err() {
                        self.held.truncate(depth);
                        return;
                    }
                    let holds = self.ssa.new_block();
                    let fails = self.ssa.new_block();
                    self.branch_on(guard, holds, fails);
                    if self.ssa.start(holds) {
                        self.go_to_arm(*arm, bindings, arms);
                    }
                    let is_reached = self.ssa.start(fails);
                    if is_reached {
                        self.release_above(depth, None);
                    }
                    self.held.truncate(depth);
                    if !is_reached {
                        return;
                    }
                    decision = otherwise;
                }
                Decision::If(cond, then, otherwise) => {
                    let holds = self.ssa.new_block();
                    let fails = self.ssa.new_block();
                    self.branch_on(cond, holds, fails);
                    if self.ssa.start(holds) {
                        self.decide(then, arms);
                    }
                    if !self.ssa.start(fails) {
                        return;
                    }
                    decision = otherwise;
                }
                Decision::Switch { subject, cases, default } => {
                    self.switch(subject, cases, *default, arms);
                    return;
                }
            }
        }
    }

    /// Makes the variables of a pattern. They are held.
    fn bind(&mut self, bindings: &'t [(LocalId, Expr<'t>)]) -> Flow<()> {
        for (local, value) in bindings {
            if let Some(value) = self.eval(value)? {
                self.declare(*local, value);
            }
        }
        Ok(())
    }

    /// Jumps to an arm with the variables of its pattern, which stay on the stack of what is held for the caller to cut.
    fn go_to_arm(&mut self, arm: u32, bindings: &'t [(LocalId, Expr<'t>)], arms: &mut [Option<Arm>]) {
        let arm = &mut arms[arm as usize];
        if arm.is_none() {
            *arm = Some(self.new_arm(bindings));
        }
        if let Some(arm) = arm {
            let args = arm.bindings.iter().map(|&(local, _)| self.ssa.read(local)).collect();
            self.ssa.jump_with(arm.block, args);
        }
    }

    fn new_arm(&mut self, bindings: &'t [(LocalId, Expr<'t>)]) -> Arm {
        let block = self.ssa.new_block();
        let mut params = Vec::with_capacity(bindings.len());
        for &(local, _) in bindings {
            if let Some(ty) = self.ssa.var_ty(local) {
                params.push((local, self.ssa.func.add_param(block, ty)));
            }
        }
        Arm { block, bindings: params }
    }

    fn switch(
        &mut self,
        subject: &'t Expr<'t>,
        cases: &'t [(u32, Decision<'t>)],
        default: Option<&'t Decision<'t>>,
        arms: &mut [Option<Arm>],
    ) {
        let (listed, rest) = match (cases, default) {
            (listed, Some(default)) => (listed, default),
            // All variants are listed: the last one is what is left.
            ([listed @ .., (_, last)], None) => (listed, last),
            ([], None) => {
                // A value of a type without variants: there is none.
                self.ssa.terminate(Terminator::Unreachable);
                return;
            }
        };
        let Ok(tag) = self.tag(subject) else {
            return;
        };
        let blocks: Vec<Block> = listed.iter().map(|_| self.ssa.new_block()).collect();
        let rest_block = self.ssa.new_block();
        let to = |block| BlockCall { block, args: Vec::new() };
        match (listed, blocks.as_slice()) {
            ([], _) => self.ssa.jump(rest_block, None),
            ([(variant, _)], &[block]) => {
                let variant = self.ssa.int(i64::from(*variant));
                let is_it = self.ssa.def(InstKind::IntCmp(ir::CmpOp::Eq, tag, variant), Ty::Bool);
                self.ssa.branch(is_it, block, rest_block);
            }
            _ => {
                let targets = listed.iter().zip(&blocks).map(|((variant, _), &block)| (i64::from(*variant), to(block)));
                self.ssa.terminate(Terminator::Switch(tag, targets.collect(), to(rest_block)));
            }
        }
        let decisions = listed.iter().map(|(_, decision)| decision).chain([rest]);
        for (decision, block) in decisions.zip(blocks.into_iter().chain([rest_block])) {
            self.ssa.start(block);
            self.decide(decision, arms);
        }
    }

    /// The number of the variant that `subject` is.
    fn tag(&mut self, subject: &'t Expr<'t>) -> Flow<Value> {
        let viewed = self.view(subject)?;
        let tag = self.view_tag(&viewed.view, subject.ty);
        self.release_owner(viewed.owner);
        Ok(tag)
    }
}
