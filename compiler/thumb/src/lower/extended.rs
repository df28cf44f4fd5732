//! Which narrow integers have zeros above their bits, in the register that holds them.
//!
//! All block parameters are taken for such at first, and those that turn out to get another value are crossed out, until
//! nothing changes: so loops that keep bools keep this knowledge.

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{BlockArg, Function, Opcode, Type, Value, ValueDef, types};

use super::call::extends_params;

/// The analysis of a function.
pub(super) fn analyse(func: &Function) -> SecondaryMap<Value, bool> {
    let mut extended = SecondaryMap::new();
    for block in func.layout.blocks() {
        for &param in func.dfg.block_params(block) {
            extended[param] = is_narrow(func.dfg.value_type(param));
        }
    }
    if let Some(entry) = func.layout.entry_block() {
        let trusted = extends_params(&func.signature);
        for (&param, abi) in func.dfg.block_params(entry).iter().zip(&func.signature.params) {
            extended[param] &= trusted(abi);
        }
    }
    loop {
        let mut changed = false;
        for block in func.layout.blocks() {
            for inst in func.layout.block_insts(block) {
                for &value in func.dfg.inst_results(inst) {
                    let now = is_narrow(func.dfg.value_type(value)) && is_extended(func, &extended, value);
                    changed |= extended[value] != now;
                    extended[value] = now;
                }
            }
        }
        if !cross_out(func, &mut extended) && !changed {
            return extended;
        }
    }
}

fn is_narrow(ty: Type) -> bool {
    ty == types::I8 || ty == types::I16
}

/// Crosses out block parameters that get values with other bits above; whether there were any.
fn cross_out(func: &Function, extended: &mut SecondaryMap<Value, bool>) -> bool {
    let mut changed = false;
    for block in func.layout.blocks() {
        let Some(last) = func.layout.last_inst(block) else { continue };
        let dfg = &func.dfg;
        for call in dfg.insts[last].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
            let params = dfg.block_params(call.block(&dfg.value_lists));
            for (&param, arg) in params.iter().zip(call.args(&dfg.value_lists)) {
                let BlockArg::Value(arg) = arg else { continue };
                if extended[param] && !extended[arg] {
                    extended[param] = false;
                    changed = true;
                }
            }
        }
    }
    changed
}

/// Whether the result of an instruction has zeros above.
fn is_extended(func: &Function, extended: &SecondaryMap<Value, bool>, value: Value) -> bool {
    let ValueDef::Result(inst, _) = func.dfg.value_def(value) else { return false };
    let args = func.dfg.inst_args(inst);
    let narrow_ok = |arg: &Value| extended[*arg];
    match func.dfg.insts[inst].opcode() {
        Opcode::Icmp | Opcode::Fcmp | Opcode::Uload8 | Opcode::Uload16 | Opcode::Load | Opcode::Iconst => true,
        Opcode::Umin | Opcode::Umax | Opcode::Udiv | Opcode::Urem | Opcode::Ushr => true,
        Opcode::Band => args.iter().any(narrow_ok),
        Opcode::Bor | Opcode::Bxor => args.iter().all(narrow_ok),
        Opcode::Select => args[1..].iter().all(narrow_ok),
        Opcode::Call | Opcode::CallIndirect => {
            let signature = func.dfg.call_signature(inst).map(|sig| &func.dfg.signatures[sig]);
            let number = func.dfg.inst_results(inst).iter().position(|&result| result == value);
            let promise = signature.zip(number).map(|(sig, n)| extends_params(sig)(&sig.returns[n]));
            promise.unwrap_or(false)
        }
        // From I8 to I16; the result of the extension is either the register of the operand, or extended.
        Opcode::Uextend => true,
        _ => false,
    }
}
