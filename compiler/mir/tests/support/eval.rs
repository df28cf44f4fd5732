//! Runs MIR of scalars, with a limit. Written for being obviously right: no sharing with the compiler's own folding.

use std::collections::HashMap;

use resilient_abi::RtFn;
use resilient_mir::ir::*;

/// What can be seen of a run.
#[derive(Debug, PartialEq, Clone)]
pub struct Run {
    /// Ints printed.
    pub prints: Vec<i64>,
    /// How it ended.
    pub end: End,
}

/// How a run ended.
#[derive(Debug, PartialEq, Clone)]
pub enum End {
    /// With this result.
    Result(i64),
    /// With a fault at this line.
    Fault(u32),
    /// It was cut off, or recursed too deep.
    OutOfFuel,
}

struct Machine<'m> {
    module: &'m Module,
    fuel: u64,
    prints: Vec<i64>,
}

/// Runs a function of ints with one result.
pub fn run(module: &Module, func: FuncId, args: &[i64], fuel: u64) -> Run {
    let mut machine = Machine { module, fuel, prints: Vec::new() };
    let end = match machine.call(func, args, 0) {
        Ok(results) => End::Result(results[0]),
        Err(end) => end,
    };
    Run { prints: machine.prints, end }
}

impl Machine<'_> {
    /// Bools are 0 and 1.
    fn call(&mut self, id: FuncId, args: &[i64], depth: u32) -> Result<Vec<i64>, End> {
        if depth > 200 {
            return Err(End::OutOfFuel);
        }
        let func = &self.module.funcs[id];
        let mut values: HashMap<Value, i64> = HashMap::new();
        let mut block = func.entry();
        let mut passed = args.to_vec();
        loop {
            let data = &func.blocks[block];
            values.extend(data.params.iter().copied().zip(passed));
            for &inst in &data.insts {
                self.fuel = self.fuel.checked_sub(1).ok_or(End::OutOfFuel)?;
                let InstData { kind, results, .. } = &func.insts[inst];
                let found = self.inst(kind, &values, depth)?;
                values.extend(results.iter().copied().zip(found));
            }
            self.fuel = self.fuel.checked_sub(1).ok_or(End::OutOfFuel)?;
            let target = match &data.terminator {
                Terminator::Jump(target) => target,
                Terminator::Branch(cond, then, otherwise) => {
                    if values[cond] != 0 {
                        then
                    } else {
                        otherwise
                    }
                }
                Terminator::Switch(subject, cases, default) => {
                    cases.iter().find(|(value, _)| *value == values[subject]).map_or(default, |(_, target)| target)
                }
                Terminator::Return(results) => return Ok(results.iter().map(|value| values[value]).collect()),
                Terminator::NoReturn(_, _, Some(Loc::At { line, .. })) => return Err(End::Fault(*line)),
                Terminator::NoReturn(_, _, loc) => panic!("a fault stands at {loc:?}"),
                Terminator::Unreachable => panic!("reached what is unreachable"),
            };
            passed = target.args.iter().map(|arg| values[arg]).collect();
            block = target.block;
        }
    }

    fn inst(&mut self, kind: &InstKind, values: &HashMap<Value, i64>, depth: u32) -> Result<Vec<i64>, End> {
        let get = |value: &Value| values[value];
        let result = match kind {
            InstKind::Const(Const::Int(value)) => *value,
            InstKind::Const(Const::Bool(value)) => i64::from(*value),
            InstKind::Unary(UnaryOp::IntNeg, a) => 0i64.wrapping_sub(get(a)),
            InstKind::Unary(UnaryOp::Not, a) => 1 - get(a),
            InstKind::Unary(UnaryOp::Wrap(NarrowInt::I8), a) => i64::from(get(a) as i8),
            InstKind::Unary(UnaryOp::Wrap(NarrowInt::U8), a) => i64::from(get(a) as u8),
            InstKind::Unary(UnaryOp::Wrap(NarrowInt::I16), a) => i64::from(get(a) as i16),
            InstKind::Unary(UnaryOp::Wrap(NarrowInt::U16), a) => i64::from(get(a) as u16),
            InstKind::Unary(UnaryOp::Wrap(NarrowInt::I32), a) => i64::from(get(a) as i32),
            InstKind::Unary(UnaryOp::Wrap(NarrowInt::U32), a) => i64::from(get(a) as u32),
            InstKind::Binary(op, a, b) => binary(*op, get(a), get(b)),
            InstKind::IntCmp(op, a, b) => i64::from(match op {
                CmpOp::Eq => get(a) == get(b),
                CmpOp::Ne => get(a) != get(b),
                CmpOp::Lt => get(a) < get(b),
                CmpOp::Le => get(a) <= get(b),
                CmpOp::Gt => get(a) > get(b),
                CmpOp::Ge => get(a) >= get(b),
            }),
            InstKind::UintCmp(op, a, b) => i64::from(match op {
                CmpOp::Eq => get(a) == get(b),
                CmpOp::Ne => get(a) != get(b),
                CmpOp::Lt => (get(a) as u64) < get(b) as u64,
                CmpOp::Le => get(a) as u64 <= get(b) as u64,
                CmpOp::Gt => get(a) as u64 > get(b) as u64,
                CmpOp::Ge => get(a) as u64 >= get(b) as u64,
            }),
            InstKind::Select(c, a, b) => {
                if get(c) != 0 {
                    get(a)
                } else {
                    get(b)
                }
            }
            InstKind::Call(callee, args) => {
                let args: Vec<i64> = args.iter().map(get).collect();
                return self.call(*callee, &args, depth + 1);
            }
            InstKind::CallRt(RtFn::PrintInt, args) => {
                self.prints.push(get(&args[0]));
                return Ok(Vec::new());
            }
            other => panic!("not generated: {other:?}"),
        };
        Ok(vec![result])
    }
}

fn binary(op: BinaryOp, a: i64, b: i64) -> i64 {
    let wide = |result: i128| result as i64;
    let (a128, b128) = (i128::from(a), i128::from(b));
    match op {
        BinaryOp::IntAdd => wide(a128 + b128),
        BinaryOp::IntSub => wide(a128 - b128),
        BinaryOp::IntMul => wide(a128 * b128),
        BinaryOp::IntDiv => {
            assert_ne!(b, 0, "a divisor is zero");
            wide(a128 / b128)
        }
        BinaryOp::IntRem => {
            assert_ne!(b, 0, "a divisor is zero");
            wide(a128 % b128)
        }
        BinaryOp::UintDiv => {
            assert_ne!(b, 0, "a divisor is zero");
            (a as u64 / b as u64) as i64
        }
        BinaryOp::UintRem => {
            assert_ne!(b, 0, "a divisor is zero");
            (a as u64 % b as u64) as i64
        }
        BinaryOp::UintShr => {
            assert!((0..64).contains(&b), "a shift amount is out of range");
            (a as u64 >> b) as i64
        }
        BinaryOp::IntAddOverflows => i64::from(i64::try_from(a128 + b128).is_err()),
        BinaryOp::IntSubOverflows => i64::from(i64::try_from(a128 - b128).is_err()),
        BinaryOp::IntMulOverflows => i64::from(i64::try_from(a128 * b128).is_err()),
        BinaryOp::UintMulOverflows => i64::from((a as u64).checked_mul(b as u64).is_none()),
        BinaryOp::IntAnd | BinaryOp::BoolAnd => a & b,
        BinaryOp::IntOr | BinaryOp::BoolOr => a | b,
        BinaryOp::IntXor | BinaryOp::BoolXor => a ^ b,
        BinaryOp::IntShl => {
            assert!((0..64).contains(&b), "a shift amount is out of range");
            wide(a128 << b)
        }
        BinaryOp::IntShr => {
            assert!((0..64).contains(&b), "a shift amount is out of range");
            wide(a128 >> b)
        }
        other => panic!("not generated: {other:?}"),
    }
}
