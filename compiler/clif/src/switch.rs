//! Switches, as a [`SwitchPlan`] says: comparisons and tables of addresses.

use std::ops::Range;

use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, JumpTableData, types};
use resilient_mir::analysis::SwitchPlan;
use resilient_mir::ir::{BlockCall, Value};

use crate::body::Body;

/// What a switch is about.
struct Switch<'a> {
    subject: ir::Value,
    cases: &'a [(i64, BlockCall)],
    default: &'a BlockCall,
}

impl Body<'_> {
    /// `switch v, 0: block1(a), 5: block2, default: block3`
    pub fn lower_switch(&mut self, subject: Value, cases: &[(i64, BlockCall)], default: &BlockCall) {
        let values: Vec<i64> = cases.iter().map(|case| case.0).collect();
        let switch = Switch { subject: self.value(subject), cases, default };
        self.lower_plan(&switch, &SwitchPlan::new(&values));
    }

    fn lower_plan(&mut self, switch: &Switch<'_>, plan: &SwitchPlan) {
        match plan {
            SwitchPlan::Compare(cases) => self.compare_each(switch, cases.clone()),
            SwitchPlan::Table { cases, first, len } => self.lower_table(switch, cases.clone(), *first, *len),
            SwitchPlan::Split { at, low, high } => {
                let (low_block, high_block) = (self.new_block(), self.new_block());
                let value = switch.cases[*at].0;
                let is_low = self.cursor.ins().icmp_imm_s(IntCC::SignedLessThan, switch.subject, value);
                self.cursor.ins().brif(is_low, low_block, &[], high_block, &[]);
                self.cursor.goto_bottom(low_block);
                self.lower_plan(switch, low);
                self.cursor.goto_bottom(high_block);
                self.lower_plan(switch, high);
            }
        }
    }

    fn compare_each(&mut self, switch: &Switch<'_>, cases: Range<usize>) {
        let (default, default_args) = (self.block(switch.default.block), self.block_args(switch.default));
        let Some(last) = cases.clone().last() else {
            self.cursor.ins().jump(default, &default_args);
            return;
        };
        for case in cases {
            let (value, target) = &switch.cases[case];
            let is_case = self.cursor.ins().icmp_imm_s(IntCC::Equal, switch.subject, *value);
            let (block, args) = (self.block(target.block), self.block_args(target));
            if case == last {
                self.cursor.ins().brif(is_case, block, &args, default, &default_args);
            } else {
                let next = self.new_block();
                self.cursor.ins().brif(is_case, block, &args, next, &[]);
                self.cursor.goto_bottom(next);
            }
        }
    }

    fn lower_table(&mut self, switch: &Switch<'_>, cases: Range<usize>, first: i64, len: usize) {
        // The index of a table has 32 bits: all that is beyond the table becomes the first place behind it.
        let index = match first {
            0 => switch.subject,
            _ => self.cursor.ins().iadd_imm_s(switch.subject, first.wrapping_neg()),
        };
        let beyond = self.cursor.ins().iconst(types::I64, len as i64);
        let index = self.cursor.ins().umin(index, beyond);
        let index = self.cursor.ins().ireduce(types::I32, index);
        // Every place needs a list of arguments of its own: a copied block call shares it, and Cranelift changes it once
        // for each.
        let mut cases = switch.cases[cases].iter().peekable();
        let places: Vec<_> = (0..len as i64)
            .map(|place| {
                let case = cases.next_if(|case| case.0 == first.wrapping_add(place));
                self.clif_call(case.map_or(switch.default, |case| &case.1))
            })
            .collect();
        let default = self.clif_call(switch.default);
        let table = self.cursor.func.create_jump_table(JumpTableData::new(default, &places));
        self.cursor.ins().br_table(index, table);
    }

    fn clif_call(&mut self, target: &BlockCall) -> ir::BlockCall {
        let (block, args) = (self.block(target.block), self.block_args(target));
        ir::BlockCall::new(block, args, &mut self.cursor.func.dfg.value_lists)
    }
}
