//! Matches as text: the decision tree, then the arms.
//!
//! ```text
//! match: int {
//!     switch o#0 {
//!         Some => if (o#0.Some.0 ==int 1) {
//!             arm 0
//!         } else {
//!             let n#1 = o#0.Some.0; arm 1
//!         }
//!         None => arm 2
//!     }
//! } arm 0 {
//!     ..
//! } ..
//! ```

use super::Printer;
use crate::typed::{Decision, Expr, LocalId, Match};
use crate::types::Type;

impl<'t> Printer<'_, 't> {
    pub(super) fn match_(&mut self, ty: Type, node: &Match<'t>) {
        self.word(&format!("match{} {{", self.type_note(ty)));
        self.nested(node.decision);
        self.word("}");
        for (index, arm) in node.arms.iter().enumerate() {
            self.word(&format!(" arm {index} "));
            self.braced(arm);
        }
    }

    /// A decision on lines of its own.
    fn nested(&mut self, decision: &Decision<'t>) {
        self.indent += 1;
        self.line();
        self.decision(decision);
        self.indent -= 1;
        self.line();
    }

    fn bindings(&mut self, bindings: &[(LocalId, Expr<'t>)]) {
        for (local, value) in bindings {
            self.word(&format!("let {} = ", self.declared(*local)));
            self.expr(value);
            self.word("; ");
        }
    }

    fn decision(&mut self, decision: &Decision<'t>) {
        match decision {
            Decision::Arm { bindings, arm } => {
                self.bindings(bindings);
                self.word(&format!("arm {arm}"));
            }
            Decision::Guard { bindings, guard, arm, otherwise } => {
                self.bindings(bindings);
                self.word("if ");
                self.expr(guard);
                self.word(&format!(" {{ arm {arm} }} else {{"));
                self.nested(otherwise);
                self.word("}");
            }
            Decision::Switch { subject, cases, default } => {
                self.word("switch ");
                self.expr(subject);
                self.word(" {");
                self.indent += 1;
                for (variant, case) in *cases {
                    self.line();
                    self.word(&format!("{} => ", self.variant_name(subject.ty, *variant)));
                    self.decision(case);
                }
                if let Some(default) = default {
                    self.line();
                    self.word("_ => ");
                    self.decision(default);
                }
                self.indent -= 1;
                self.line();
                self.word("}");
            }
            Decision::If(cond, then, otherwise) => {
                self.word("if ");
                self.expr(cond);
                self.word(" {");
                self.nested(then);
                self.word("} else {");
                self.nested(otherwise);
                self.word("}");
            }
        }
    }
}
