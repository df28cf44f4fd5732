//! Checks code before it may run. The core relies on it instead of checking at run time.
//!
//! # What is checked
//!
//! - Instructions: known opcodes, whole, from the first word to the last.
//! - Registers and slots lie in the function's window; the window of a callee starts behind its caller's registers.
//! - Branches lead to the start of an instruction of the same function, calls to the start of a function. Tables are
//!   followed by their jumps.
//! - Calls and returns agree on whether there is one result. `halt` stands in the start code only.
//! - Indices of strings, globals, layouts, sites, function values and runtime calls exist; runtime calls have as many arguments as the entry point takes.
//! - The last instruction of a function does not go on behind it.
//!
//! # What is not
//!
//! Types of words, so that a call through an address leads to a function with the right results, and that registers are written before they are read: both follow from MIR. Words of the stack are
//! zero at first, so reading one is not undefined.

use crate::operand::{Operand, Reg};
use crate::ops::Inst;
use crate::program::{FuncInfo, Program};
use resilient_abi::AbiResult;

/// Checks a program; the error says where and what.
pub(crate) fn verify(program: &Program) -> Result<(), String> {
    for (index, func) in program.funcs.iter().enumerate() {
        let end = program.funcs.get(index + 1).map_or(program.code.len(), |next| next.start);
        let verifier = Verifier { program, func, is_start: index == 0 };
        verifier.func(end).map_err(|(pc, what)| format!("{} @{pc}: {what}", func.name))?;
    }
    Ok(())
}

struct Verifier<'a> {
    program: &'a Program,
    func: &'a FuncInfo,
    /// Whether this is the code that calls the top level.
    is_start: bool,
}

impl Verifier<'_> {
    fn func(&self, end: usize) -> Result<(), (usize, String)> {
        let mut starts = vec![false; end - self.func.start];
        let mut targets = Vec::new();
        let mut pc = self.func.start;
        let mut ends = false;
        // Jumps that a table still lacks.
        let mut n_jumps = 0;
        while pc < end {
            let (inst, len) = Inst::decode(&self.program.code[pc..end]).ok_or((pc, "no instruction".to_string()))?;
            starts[pc - self.func.start] = true;
            self.operands(inst, |target| targets.push((pc, pc as i64 + i64::from(target))))
                .map_err(|what| (pc, what))?;
            self.inst(inst).map_err(|what| (pc, what))?;
            match inst {
                Inst::BrTable { n, .. } if n_jumps == 0 => n_jumps = n,
                Inst::Jump { .. } => n_jumps = n_jumps.saturating_sub(1),
                _ if n_jumps > 0 => return Err((pc, "a table lacks jumps".to_string())),
                _ => {}
            }
            ends = self.is_end(inst);
            pc += len;
        }
        if !ends || n_jumps > 0 {
            return Err((pc, "code runs off its end".to_string()));
        }
        for (pc, target) in targets {
            let offset = usize::try_from(target).ok().and_then(|target| target.checked_sub(self.func.start));
            if offset.is_none_or(|offset| starts.get(offset) != Some(&true)) {
                return Err((pc, format!("branch to {target}")));
            }
        }
        Ok(())
    }

    fn operands(&self, inst: Inst<Reg>, mut target: impl FnMut(i32)) -> Result<(), String> {
        let program = self.program;
        let mut result = Ok(());
        inst.for_each_operand(|operand| {
            let good = match operand {
                Operand::Def(reg) | Operand::Use(reg) => (reg.0 as usize) < self.func.window,
                Operand::Slot(slot) => (slot.0 as usize) < self.func.window,
                Operand::Base(base) => base > 0 && base as usize <= self.func.window,
                Operand::Entry(entry) => self.callee(entry.0).is_some(),
                Operand::Str(s) => (s.0 as usize) < program.strings.len(),
                Operand::Global(g) => (g.0 as usize) < program.globals.len(),
                Operand::Rt(f) => (f.0 as usize) < program.rt_calls.len(),
                Operand::Site(site) => (site.0 as usize) < program.sites.len(),
                Operand::Fn(f) => (f.0 as usize) < program.fn_values.len(),
                Operand::Target(to) => {
                    target(to.0);
                    true
                }
                Operand::Layout(layout) => (layout.0 as usize) < program.layouts.len(),
                Operand::I8(_)
                | Operand::U8(_)
                | Operand::I16(_)
                | Operand::U16(_)
                | Operand::I32(_)
                | Operand::U32(_)
                | Operand::Bits(_) => true,
            };
            if !good {
                result = Err(format!("bad operand {operand:?}"));
            }
        });
        result
    }

    fn callee(&self, entry: u32) -> Option<&FuncInfo> {
        let funcs = &self.program.funcs;
        funcs.binary_search_by_key(&(entry as usize), |func| func.start).ok().map(|index| &funcs[index])
    }

    fn inst(&self, inst: Inst<Reg>) -> Result<(), String> {
        let good = match inst {
            Inst::Call { entry, .. } => self.callee(entry.0).is_some_and(|callee| callee.n_results == 1),
            Inst::CallVoid { entry, .. } => self.callee(entry.0).is_some_and(|callee| callee.n_results != 1),
            Inst::Ret { .. } | Inst::RetImm { .. } => self.func.n_results == 1 && !self.is_start,
            Inst::RetVoid {} => self.func.n_results != 1 && !self.is_start,
            Inst::Halt { .. } => self.is_start,
            Inst::Rt0 { f, .. } => self.takes(f.0, 0, true),
            Inst::Rt1 { f, .. } => self.takes(f.0, 1, true),
            Inst::Rt2 { f, .. } => self.takes(f.0, 2, true),
            Inst::Rt3 { f, .. } => self.takes(f.0, 3, true),
            Inst::Rt4 { f, .. } => self.takes(f.0, 4, true),
            Inst::RtVoid0 { f } => self.takes(f.0, 0, false),
            Inst::RtVoid1 { f, .. } => self.takes(f.0, 1, false),
            Inst::RtVoid2 { f, .. } => self.takes(f.0, 2, false),
            Inst::RtVoid3 { f, .. } => self.takes(f.0, 3, false),
            _ => true,
        };
        if good { Ok(()) } else { Err(format!("bad use of {}", inst.opcode().name())) }
    }

    /// Whether the entry point of a runtime call has this signature.
    fn takes(&self, f: u32, n_args: usize, has_result: bool) -> bool {
        let sig = self.program.rt_calls[f as usize].f.sig();
        let result_agrees = match sig.result {
            AbiResult::Value(_) => has_result,
            AbiResult::Void | AbiResult::Never => !has_result,
        };
        sig.params.len() == n_args && result_agrees
    }

    /// Whether nothing runs on behind the instruction.
    fn is_end(&self, inst: Inst<Reg>) -> bool {
        match inst {
            Inst::Jump { .. } | Inst::Ret { .. } | Inst::RetImm { .. } | Inst::RetVoid {} => true,
            Inst::Halt { .. } | Inst::Unreachable {} => true,
            Inst::RtVoid0 { f } | Inst::RtVoid1 { f, .. } | Inst::RtVoid2 { f, .. } | Inst::RtVoid3 { f, .. } => {
                self.program.rt_calls[f.0 as usize].f.sig().result == AbiResult::Never
            }
            _ => false,
        }
    }
}
