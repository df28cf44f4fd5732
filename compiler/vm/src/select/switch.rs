//! Switches, as a [`SwitchPlan`] says.
//!
//! What a part of the plan becomes stands in a block of its own, behind those of MIR; only the first takes the place of
//! the terminator.

use std::ops::Range;

use resilient_mir::analysis::SwitchPlan;
use resilient_mir::ir::{BlockCall, Const, Value};

use super::{Selector, load_const};
use crate::lir::{Block, Cond, Edge, Node, Term, VReg};
use crate::ops::Inst;

/// What a switch is about.
struct Switch {
    subject: VReg,
    cases: Vec<(i64, Edge)>,
    default: Edge,
    loop_depth: u32,
}

impl Selector<'_> {
    pub(super) fn switch(&mut self, subject: Value, cases: &[(i64, BlockCall)], default: &BlockCall) -> Term {
        let values: Vec<i64> = cases.iter().map(|case| case.0).collect();
        let switch = Switch {
            subject: self.reg(subject),
            cases: cases.iter().map(|(value, call)| (*value, self.edge(call))).collect(),
            default: self.edge(default),
            loop_depth: self.loop_depth,
        };
        self.plan(&switch, &SwitchPlan::new(&values))
    }

    /// The terminator that does what the plan says.
    fn plan(&mut self, switch: &Switch, plan: &SwitchPlan) -> Term {
        match plan {
            SwitchPlan::Compare(cases) => self.compare_each(switch, cases.clone()),
            SwitchPlan::Table { cases, first, len } => self.table(switch, cases.clone(), *first, *len),
            SwitchPlan::Split { at, low, high } => {
                let cond = self.compare(switch, *at, Cond::LtImm, Cond::Lt);
                let low = self.in_new_block(switch, |selector| selector.plan(switch, low));
                Term::Branch(cond, low, self.in_new_block(switch, |selector| selector.plan(switch, high)))
            }
        }
    }

    fn compare_each(&mut self, switch: &Switch, mut cases: Range<usize>) -> Term {
        let Some(case) = cases.next() else { return Term::Jump(switch.default.clone()) };
        let cond = self.compare(switch, case, Cond::EqImm, Cond::Eq);
        let otherwise = match cases.is_empty() {
            true => switch.default.clone(),
            false => self.in_new_block(switch, |selector| selector.compare_each(switch, cases)),
        };
        Term::Branch(cond, switch.cases[case].1.clone(), otherwise)
    }

    /// A condition on the subject and the value of a case.
    fn compare(
        &mut self,
        switch: &Switch,
        case: usize,
        with_imm: fn(VReg, i16) -> Cond<VReg>,
        with_reg: fn(VReg, VReg) -> Cond<VReg>,
    ) -> Cond<VReg> {
        let value = switch.cases[case].0;
        if let Ok(k) = i16::try_from(value) {
            return with_imm(switch.subject, k);
        }
        let dst = self.new_vreg();
        self.push(load_const(dst, Const::Int(value)));
        with_reg(switch.subject, dst)
    }

    fn table(&mut self, switch: &Switch, cases: Range<usize>, first: i64, len: usize) -> Term {
        let mut edges = vec![switch.default.clone(); len + 1];
        for (value, edge) in &switch.cases[cases] {
            edges[value.wrapping_sub(first) as usize] = edge.clone();
        }
        Term::Table(self.subtract(switch.subject, first), edges)
    }

    fn subtract(&mut self, a: VReg, k: i64) -> VReg {
        if k == 0 {
            return a;
        }
        let dst = self.new_vreg();
        match i8::try_from(k.wrapping_neg()) {
            Ok(k) => self.push(Inst::AddImm { dst, a, k }),
            Err(_) => {
                let b = self.new_vreg();
                self.push(load_const(b, Const::Int(k)));
                self.push(Inst::Sub { dst, a, b });
            }
        }
        dst
    }

    /// A new block that ends as `fill` says; gives the way there.
    fn in_new_block(&mut self, switch: &Switch, fill: impl FnOnce(&mut Self) -> Term) -> Edge {
        // What belongs to the block that is being selected waits meanwhile.
        let outer: Vec<Node> = std::mem::take(&mut self.nodes);
        let term = fill(self);
        let nodes = std::mem::replace(&mut self.nodes, outer);
        self.more_blocks.push(Block { params: Vec::new(), nodes, term, loop_depth: switch.loop_depth });
        Edge { block: self.order.blocks.len() + self.more_blocks.len() - 1, args: Vec::new() }
    }
}
