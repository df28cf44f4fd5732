//! A plain evaluator of MIR: what other ways to run it are compared with.

use std::collections::HashMap;

use resilient_base::EntityRef;
use resilient_mir::ir::*;

/// Runs a module. Values are words, objects are numbers in `objects`.
pub struct Evaluator<'a> {
    module: &'a Module,
    globals: Vec<u64>,
    /// Layout and elements, each a row of leaves. What is released stays.
    objects: Vec<(LayoutId, Vec<Vec<u64>>)>,
}

impl<'a> Evaluator<'a> {
    /// At the start of the module.
    pub fn new(module: &'a Module, globals: Vec<u64>) -> Evaluator<'a> {
        Evaluator { module, globals, objects: Vec::new() }
    }

    /// Calls a function.
    pub fn call(&mut self, callee: FuncId, args: &[u64]) -> Vec<u64> {
        let func = &self.module.funcs[callee];
        let mut values: HashMap<Value, u64> = HashMap::new();
        let (mut block, mut args) = (func.entry(), args.to_vec());
        loop {
            let data = &func.blocks[block];
            values.extend(data.params.iter().copied().zip(args));
            for &inst in &data.insts {
                let results = self.inst(func, &func.insts[inst].kind, &values);
                values.extend(func.insts[inst].results.iter().copied().zip(results));
            }
            let get = |list: &[Value]| list.iter().map(|value| values[value]).collect::<Vec<u64>>();
            let next = match &data.terminator {
                Terminator::Jump(next) => next,
                Terminator::Branch(cond, then, otherwise) => {
                    if values[cond] != 0 {
                        then
                    } else {
                        otherwise
                    }
                }
                Terminator::Switch(subject, cases, default) => {
                    let value = values[subject] as i64;
                    cases.iter().find(|case| case.0 == value).map_or(default, |case| &case.1)
                }
                Terminator::Return(results) => return get(results),
                Terminator::NoReturn(..) | Terminator::Unreachable => unreachable!("not used here"),
            };
            args = get(&next.args);
            block = next.block;
        }
    }

    fn object(&mut self, layout: LayoutId, mut elements: Vec<Vec<u64>>) -> u64 {
        let leaves = &self.module.layouts[layout].leaves;
        for element in &mut elements {
            for (word, &ty) in element.iter_mut().zip(leaves) {
                *word = stored(ty, *word);
            }
        }
        self.objects.push((layout, elements));
        self.objects.len() as u64 - 1
    }

    fn inst(&mut self, func: &Function, kind: &InstKind, values: &HashMap<Value, u64>) -> Vec<u64> {
        let int = |v: &Value| values[v] as i64;
        let float = |v: &Value| f64::from_bits(values[v]);
        let float32 = |v: &Value| f32::from_bits(values[v] as u32);
        let is_f32 = |v: &Value| func.ty(*v) == Ty::F32;
        let all = |list: &[Value]| list.iter().map(|v| values[v]).collect::<Vec<u64>>();
        vec![match kind {
            InstKind::Const(Const::Int(k)) => *k as u64,
            InstKind::Const(Const::Float(k)) => *k,
            InstKind::Const(Const::F32(k)) => (*k).into(),
            InstKind::Const(Const::Bool(k)) => *k as u64,
            InstKind::Unary(op, a) => match op {
                UnaryOp::IntNeg => int(a).wrapping_neg() as u64,
                UnaryOp::FloatNeg if is_f32(a) => (-float32(a)).to_bits().into(),
                UnaryOp::FloatNeg => (-float(a)).to_bits(),
                UnaryOp::Not => 1 - values[a],
                UnaryOp::IntToFloat => (int(a) as f64).to_bits(),
                UnaryOp::UintToFloat => (values[a] as f64).to_bits(),
                UnaryOp::IntToF32 => (int(a) as f32).to_bits().into(),
                UnaryOp::UintToF32 => (values[a] as f32).to_bits().into(),
                UnaryOp::F32ToFloat => f64::from(float32(a)).to_bits(),
                UnaryOp::FloatToF32 => (float(a) as f32).to_bits().into(),
                UnaryOp::Wrap(ty) => ty.wrap(int(a)) as u64,
            },
            InstKind::Binary(op, a, b) if is_f32(a) => float32_binary(*op, float32(a), float32(b)).to_bits().into(),
            InstKind::Binary(op, a, b) => binary(*op, values[a], values[b]),
            InstKind::IntCmp(op, a, b) => holds(*op, int(a).partial_cmp(&int(b))),
            InstKind::UintCmp(op, a, b) => holds(*op, values[a].partial_cmp(&values[b])),
            InstKind::FloatCmp(op, a, b) if is_f32(a) => holds(*op, float32(a).partial_cmp(&float32(b))),
            InstKind::FloatCmp(op, a, b) => holds(*op, float(a).partial_cmp(&float(b))),
            InstKind::Select(c, a, b) => {
                if values[c] != 0 {
                    values[a]
                } else {
                    values[b]
                }
            }
            InstKind::GlobalGet(g) => self.globals[g.index()],
            InstKind::GlobalSet(g, a) => {
                self.globals[g.index()] = values[a];
                return Vec::new();
            }
            InstKind::Call(callee, args) => {
                return self.call(*callee, &args.iter().map(|arg| values[arg]).collect::<Vec<_>>());
            }
            InstKind::ArrayLit(layout, leaves) => {
                let elements =
                    all(leaves).chunks(self.module.layouts[*layout].leaves.len()).map(<[u64]>::to_vec).collect();
                self.object(*layout, elements)
            }
            InstKind::BoxNew(layout, leaves) => self.object(*layout, vec![all(leaves)]),
            InstKind::ArrayPush(_, array, leaves) => {
                let (layout, mut elements) = self.objects[values[array] as usize].clone();
                elements.push(all(leaves));
                self.object(layout, elements)
            }
            InstKind::ArrayUnique(_, array) => {
                let (layout, elements) = self.objects[values[array] as usize].clone();
                self.object(layout, elements)
            }
            InstKind::ArrayLen(array) => self.objects[values[array] as usize].1.len() as u64,
            InstKind::ArrayLoad(leaf, array, i) => {
                self.objects[values[array] as usize].1[values[i] as usize][leaf.index as usize]
            }
            InstKind::BoxLoad(leaf, object) => self.objects[values[object] as usize].1[0][leaf.index as usize],
            InstKind::ArrayStore(leaf, array, i, value) => {
                let (layout, elements) = &mut self.objects[values[array] as usize];
                let ty = self.module.layouts[*layout].leaves[leaf.index as usize];
                elements[values[i] as usize][leaf.index as usize] = stored(ty, values[value]);
                return Vec::new();
            }
            InstKind::Retain(a) => values[a],
            InstKind::Release(_) => return Vec::new(),
            other => unreachable!("{other:?} is not used here"),
        }]
    }
}

/// What is read back of a leaf.
fn stored(ty: MemTy, word: u64) -> u64 {
    let narrow = match ty {
        MemTy::I8 => NarrowInt::I8,
        MemTy::U8 => NarrowInt::U8,
        MemTy::I16 => NarrowInt::I16,
        MemTy::U16 => NarrowInt::U16,
        MemTy::I32 => NarrowInt::I32,
        MemTy::U32 => NarrowInt::U32,
        MemTy::I64 | MemTy::F32 | MemTy::F64 | MemTy::Bool | MemTy::Str | MemTy::Ref | MemTy::Code => return word,
    };
    narrow.wrap(word as i64) as u64
}

fn holds(op: CmpOp, order: Option<std::cmp::Ordering>) -> u64 {
    let result = match op {
        CmpOp::Eq => order.is_some_and(|o| o.is_eq()),
        CmpOp::Ne => order.is_none_or(|o| o.is_ne()),
        CmpOp::Lt => order.is_some_and(|o| o.is_lt()),
        CmpOp::Le => order.is_some_and(|o| o.is_le()),
        CmpOp::Gt => order.is_some_and(|o| o.is_gt()),
        CmpOp::Ge => order.is_some_and(|o| o.is_ge()),
    };
    result as u64
}

fn binary(op: BinaryOp, a: u64, b: u64) -> u64 {
    let (x, y) = (a as i64, b as i64);
    let (f, g) = (f64::from_bits(a), f64::from_bits(b));
    match op {
        BinaryOp::IntAdd => x.wrapping_add(y) as u64,
        BinaryOp::IntSub => x.wrapping_sub(y) as u64,
        BinaryOp::IntMul => x.wrapping_mul(y) as u64,
        BinaryOp::IntDiv => x.wrapping_div(y) as u64,
        BinaryOp::IntRem => x.wrapping_rem(y) as u64,
        BinaryOp::IntAnd | BinaryOp::BoolAnd => a & b,
        BinaryOp::IntOr | BinaryOp::BoolOr => a | b,
        BinaryOp::IntXor | BinaryOp::BoolXor => a ^ b,
        BinaryOp::IntShl => (x << y) as u64,
        BinaryOp::IntShr => (x >> y) as u64,
        BinaryOp::UintDiv => a / b,
        BinaryOp::UintRem => a % b,
        BinaryOp::UintShr => a >> b,
        BinaryOp::IntAddOverflows => u64::from(x.overflowing_add(y).1),
        BinaryOp::IntSubOverflows => u64::from(x.overflowing_sub(y).1),
        BinaryOp::IntMulOverflows => u64::from(x.overflowing_mul(y).1),
        BinaryOp::UintMulOverflows => u64::from(a.overflowing_mul(b).1),
        BinaryOp::FloatAdd => (f + g).to_bits(),
        BinaryOp::FloatSub => (f - g).to_bits(),
        BinaryOp::FloatMul => (f * g).to_bits(),
        BinaryOp::FloatDiv => (f / g).to_bits(),
    }
}

fn float32_binary(op: BinaryOp, a: f32, b: f32) -> f32 {
    match op {
        BinaryOp::FloatAdd => a + b,
        BinaryOp::FloatSub => a - b,
        BinaryOp::FloatMul => a * b,
        BinaryOp::FloatDiv => a / b,
        other => unreachable!("{other:?} is not of floats"),
    }
}
