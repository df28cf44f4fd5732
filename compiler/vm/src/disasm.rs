//! The text form of bytecode.
//!
//! ```text
//! fn fib: @5, window 4
//!     @5     br_lt_imm r0, 2, @13
//!     @7     add_imm r3, r0, -1
//!     @8     call r1, +3, fib@5
//! ```
//!
//! `@N` is a word of the code, `+N` the distance to the callee's window. Strings and runtime calls are shown by what they
//! are. There are no addresses: the same program gives the same text.

use std::fmt::Write;

use crate::operand::{Operand, Reg};
use crate::ops::Inst;
use crate::program::Program;

/// The bytecode of a program as text.
pub fn disassemble(program: &Program) -> String {
    let mut out = String::new();
    for (index, func) in program.funcs.iter().enumerate() {
        let end = program.funcs.get(index + 1).map_or(program.code.len(), |next| next.start);
        if index > 0 {
            out.push('\n');
        }
        // Writing to a string does not fail.
        let _ = writeln!(out, "fn {}: @{}, window {}", func.name, func.start, func.window);
        let mut pc = func.start;
        while let Some((inst, len)) = Inst::decode(&program.code[pc..end]) {
            let text = inst_text(program, inst, pc);
            let _ = writeln!(out, "    {:<6} {text}", format!("@{pc}"));
            pc += len;
        }
    }
    out
}

fn inst_text(program: &Program, inst: Inst<Reg>, pc: usize) -> String {
    let mut text = inst.opcode().name().to_string();
    let mut separator = " ";
    inst.for_each_operand(|operand| {
        text.push_str(separator);
        separator = ", ";
        // As above.
        let _ = match operand {
            Operand::Def(reg) | Operand::Use(reg) => write!(text, "{reg}"),
            Operand::I8(k) => write!(text, "{k}"),
            Operand::U8(k) => write!(text, "{k}"),
            Operand::I16(k) => write!(text, "{k}"),
            Operand::U16(k) => write!(text, "{k}"),
            Operand::I32(k) => write!(text, "{k}"),
            Operand::U32(k) => write!(text, "{k}"),
            Operand::Bits(k) => write!(text, "{k:#x}"),
            Operand::Base(base) => write!(text, "+{base}"),
            Operand::Slot(slot) => write!(text, "{slot}"),
            Operand::Target(target) => write!(text, "@{}", pc as i64 + i64::from(target.0)),
            Operand::Entry(entry) => {
                let entry = entry.0 as usize;
                let name = program.funcs.iter().find(|func| func.start == entry).map_or("", |func| &func.name);
                write!(text, "{name}@{entry}")
            }
            Operand::Str(s) => write!(text, "{:?}", program.texts[s.0 as usize]),
            Operand::Global(g) => write!(text, "g{} {}", g.0, program.globals[g.0 as usize].name),
            Operand::Layout(layout) => write!(text, "layout{}", layout.0),
            Operand::Fn(f) => write!(text, "{}", program.fn_names[f.0 as usize]),
            Operand::Site(site) => {
                // SAFETY: sites belong to the program.
                match unsafe { program.sites[site.0 as usize].as_ref() } {
                    Some(site) => write!(text, "{}:{}", site.line, site.col),
                    None => Ok(()),
                }
            }
            Operand::Rt(f) => {
                let call = &program.rt_calls[f.0 as usize];
                // SAFETY: sites belong to the program.
                match unsafe { call.site.as_ref() } {
                    Some(_) if call.site == program.caller_site => write!(text, "{} caller", call.f.sig().name),
                    Some(site) => write!(text, "{} {}:{}", call.f.sig().name, site.line, site.col),
                    None => write!(text, "{}", call.f.sig().name),
                }
            }
        };
    });
    text
}
