//! Constant folding and algebraic simplification of single instructions.
//!
//! ```text
//! v2 = iconst 1                        v2 = iconst 1
//! v3 = isub v0, v2                     v8 = iconst -1
//! v4 = isub v3, v2           =>        v9 = iconst -2
//! v5 = icmp eq v4, v4                  v4 = iadd v0, v9
//! branch v5, block1, block2            jump block1
//! ```
//!
//! Each instruction is looked at once, in reverse postorder, after the instructions it uses. It becomes another one, or
//! an existing value takes its place. Operands of commutative operators and of comparisons are put in order: a constant
//! stands on the right; a subtracted constant is added negated. The instructions that are no longer used stay, for
//! [`super::dead_code`] to remove.
//!
//! Meaning is kept because each rule is an identity of wrapping 64-bit arithmetic, of booleans, or of binary64 for all
//! values including -0.0, infinities and NaN. Sums of floats are not reassociated, `x + 0.0` is not `x` (it is 0.0 for
//! -0.0), and an operation that gives a NaN is not folded. Division is folded for divisors that are not zero; `idiv`
//! promises that its divisor is none, which is what `x / x = 1` uses.
//!
//! Linear time. Cranelift folds much of this again within a function; here it feeds the passes that follow and the VM.

use super::{Aliases, fold};
use crate::analysis::Cfg;
use crate::analysis::facts::{negated, swapped};
use crate::ir::*;

/// Simplifies a function; tells whether it changed.
pub fn run(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let mut simplifier = Simplifier { func, aliases: Aliases::new(), placed: Vec::new(), loc: None, changed: false };
    for &block in cfg.rpo() {
        simplifier.block(block);
    }
    let Simplifier { func, aliases, changed, .. } = simplifier;
    aliases.apply(func);
    changed || !aliases.is_empty()
}

/// What an instruction becomes.
enum Outcome {
    Kept,
    Becomes(InstKind),
    Is(Value),
}

use Outcome::{Becomes, Is, Kept};

struct Simplifier<'f> {
    func: &'f mut Function,
    aliases: Aliases,
    /// Instructions of the current block so far.
    placed: Vec<Inst>,
    /// Location of the current instruction, for those made for it.
    loc: Option<Loc>,
    changed: bool,
}

impl Simplifier<'_> {
    fn block(&mut self, block: Block) {
        let insts = std::mem::take(&mut self.func.blocks[block].insts);
        self.placed = Vec::with_capacity(insts.len());
        for inst in insts {
            self.inst(inst);
        }
        let mut terminator = std::mem::take(&mut self.func.blocks[block].terminator);
        self.terminator(&mut terminator);
        self.func.blocks[block].insts = std::mem::take(&mut self.placed);
        self.func.blocks[block].terminator = terminator;
    }

    fn inst(&mut self, inst: Inst) {
        let data = &mut self.func.insts[inst];
        self.loc = data.loc;
        data.kind.for_each_operand_mut(|value| *value = self.aliases.resolve(*value));
        // Rules give forms that other rules apply to, in ever smaller or more ordered forms; few rounds are needed.
        const MAX_ROUNDS: usize = 4;
        for _ in 0..MAX_ROUNDS {
            match self.simplified(&self.func.insts[inst].kind.clone()) {
                Kept => break,
                Becomes(kind) => {
                    self.func.insts[inst].kind = kind;
                    self.changed = true;
                }
                Is(value) => {
                    // Copied before its uses are replaced: it must not be an operand that is itself replaced.
                    let result = self.func.insts[inst].results[0];
                    self.aliases.replace(result, value);
                    return;
                }
            }
        }
        self.placed.push(inst);
    }

    fn terminator(&mut self, terminator: &mut Terminator) {
        terminator.for_each_operand_mut(|value| *value = self.aliases.resolve(*value));
        if let Terminator::Switch(subject, cases, default) = terminator {
            if let Some(known) = self.int(*subject) {
                *terminator = Terminator::Jump(switch_target(known, cases, default).clone());
                self.changed = true;
            } else if let [(value, target)] = cases.as_slice() {
                *terminator = self.branch_on_case(*subject, *value, target.clone(), default.clone());
                self.changed = true;
            } else if cases.is_empty() {
                *terminator = Terminator::Jump(default.clone());
                self.changed = true;
            }
        }
        while let Terminator::Branch(cond, then, otherwise) = terminator {
            match (self.constant(*cond), self.kind(*cond)) {
                (Some(Const::Bool(known)), _) => {
                    let target = if known { then } else { otherwise };
                    *terminator = Terminator::Jump(target.clone());
                }
                (_, Some(&InstKind::Unary(UnaryOp::Not, inverse))) => {
                    *terminator = Terminator::Branch(inverse, otherwise.clone(), then.clone());
                }
                _ => return,
            }
            self.changed = true;
        }
    }

    /// A switch with one case.
    fn branch_on_case(&mut self, subject: Value, value: i64, case: BlockCall, default: BlockCall) -> Terminator {
        self.loc = None;
        let value = self.new_int(value);
        let compare = self.func.make_inst(InstKind::IntCmp(CmpOp::Eq, subject, value), &[Ty::Bool], None);
        self.placed.push(compare);
        Terminator::Branch(self.func.insts[compare].results[0], case, default)
    }

    /// The instruction that defines a value.
    fn kind(&self, value: Value) -> Option<&InstKind> {
        match self.func.values[value].def {
            ValueDef::Result(inst, _) => Some(&self.func.insts[inst].kind),
            ValueDef::Param(..) => None,
        }
    }

    fn constant(&self, value: Value) -> Option<Const> {
        match self.kind(value) {
            Some(InstKind::Const(constant)) => Some(*constant),
            _ => None,
        }
    }

    fn int(&self, value: Value) -> Option<i64> {
        match self.constant(value) {
            Some(Const::Int(value)) => Some(value),
            _ => None,
        }
    }

    fn float(&self, value: Value) -> Option<f64> {
        match self.constant(value) {
            Some(Const::Float(bits)) => Some(f64::from_bits(bits)),
            // Comparing and being one of the identities are the same in both widths.
            Some(Const::F32(bits)) => Some(f64::from(f32::from_bits(bits))),
            _ => None,
        }
    }

    /// A new int constant before the current instruction.
    fn new_int(&mut self, value: i64) -> Value {
        let inst = self.func.make_inst(InstKind::Const(Const::Int(value)), &[Ty::I64], self.loc);
        self.placed.push(inst);
        self.func.insts[inst].results[0]
    }

    fn simplified(&mut self, kind: &InstKind) -> Outcome {
        match *kind {
            InstKind::Unary(op, a) => self.unary(op, a),
            InstKind::Binary(op, a, b) => self.binary(op, a, b),
            InstKind::IntCmp(op, a, b) => self.int_cmp(op, a, b),
            InstKind::UintCmp(op, a, b) => self.uint_cmp(op, a, b),
            InstKind::FloatCmp(op, a, b) => match (self.float(a), self.float(b)) {
                (Some(a), Some(b)) => bool_const(fold::compare(op, a, b)),
                _ => Kept,
            },
            InstKind::Select(c, a, b) => self.select(c, a, b),
            InstKind::Const(_)
            | InstKind::Retain(_)
            | InstKind::Release(_)
            | InstKind::GlobalGet(_)
            | InstKind::GlobalSet(..)
            | InstKind::GlobalReplace(..)
            | InstKind::Call(..)
            | InstKind::CallRt(..)
            | InstKind::MakeAgg(..)
            | InstKind::Extract(..)
            | InstKind::PeekField(..)
            | InstKind::TakeApart(_)
            | InstKind::ArrayLit(..)
            | InstKind::ArrayLen(_)
            | InstKind::ArrayLoad(..)
            | InstKind::ArrayPeek(..)
            | InstKind::ArrayUnique(..)
            | InstKind::ArrayUniqueAt(..)
            | InstKind::ArrayStore(..)
            | InstKind::ArrayReplace(..)
            | InstKind::ArrayPush(..)
            | InstKind::BoxNew(..)
            | InstKind::BoxLoad(..)
            | InstKind::BoxPeek(..)
            | InstKind::CellGet(..)
            | InstKind::CellSet(..)
            | InstKind::CellReplace(..)
            | InstKind::FuncAddr(_)
            | InstKind::CallIndirect(..) => Kept,
        }
    }

    fn unary(&mut self, op: UnaryOp, a: Value) -> Outcome {
        if let Some(folded) = self.constant(a).and_then(|a| fold::unary(op, a)) {
            return Becomes(InstKind::Const(folded));
        }
        match (op, self.kind(a)) {
            // Each of these undoes itself.
            (UnaryOp::IntNeg | UnaryOp::FloatNeg | UnaryOp::Not, Some(&InstKind::Unary(inner, x))) if inner == op => {
                Is(x)
            }
            (UnaryOp::IntNeg, Some(&InstKind::Binary(BinaryOp::IntSub, x, y))) => {
                Becomes(InstKind::Binary(BinaryOp::IntSub, y, x))
            }
            // What is in range already stays.
            (UnaryOp::Wrap(outer), Some(&InstKind::Unary(UnaryOp::Wrap(inner), x))) => match outer {
                _ if inner.min() >= outer.min() && inner.max() <= outer.max() => Is(a),
                _ if outer.bits() <= inner.bits() => Becomes(InstKind::Unary(op, x)),
                _ => Kept,
            },
            (UnaryOp::Wrap(outer), Some(&InstKind::Binary(BinaryOp::IntAnd, _, mask))) => match self.int(mask) {
                Some(mask) if mask >= 0 && mask <= outer.max() => Is(a),
                _ => Kept,
            },
            // Exact, then back.
            (UnaryOp::FloatToF32, Some(&InstKind::Unary(UnaryOp::F32ToFloat, x))) => Is(x),
            (UnaryOp::Not, Some(&InstKind::IntCmp(cmp, x, y))) => Becomes(InstKind::IntCmp(negated(cmp), x, y)),
            (UnaryOp::Not, Some(&InstKind::UintCmp(cmp, x, y))) => Becomes(InstKind::UintCmp(negated(cmp), x, y)),
            // The other comparisons are false both ways for NaN.
            (UnaryOp::Not, Some(&InstKind::FloatCmp(cmp @ (CmpOp::Eq | CmpOp::Ne), x, y))) => {
                Becomes(InstKind::FloatCmp(negated(cmp), x, y))
            }
            _ => Kept,
        }
    }

    fn binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Outcome {
        let (const_a, const_b) = (self.constant(a), self.constant(b));
        if let (Some(x), Some(y)) = (const_a, const_b) {
            return match fold::binary(op, x, y) {
                Some(folded) => Becomes(InstKind::Const(folded)),
                None => Kept,
            };
        }
        if const_a.is_some() && is_commutative(op) {
            return Becomes(InstKind::Binary(op, b, a));
        }
        match op {
            BinaryOp::IntAdd => self.int_add(a, b),
            BinaryOp::IntSub => self.int_sub(a, b),
            BinaryOp::IntMul => self.int_mul(a, b),
            BinaryOp::IntDiv => self.int_div(a, b),
            BinaryOp::IntRem => match self.int(b) {
                Some(1 | -1) => int_const(0),
                _ if a == b || self.int(a) == Some(0) => int_const(0),
                _ => Kept,
            },
            BinaryOp::IntAnd | BinaryOp::IntOr | BinaryOp::IntXor => self.int_bitwise(op, a, b),
            BinaryOp::UintDiv | BinaryOp::UintRem => self.uint_div_or_rem(op, a, b),
            BinaryOp::IntShl | BinaryOp::IntShr | BinaryOp::UintShr => match (self.int(a), self.int(b)) {
                (_, Some(0)) => Is(a),
                (Some(0), _) => int_const(0),
                _ => Kept,
            },
            BinaryOp::FloatAdd => self.float_identity(a, b, -0.0),
            BinaryOp::FloatSub => self.float_identity(a, b, 0.0),
            BinaryOp::FloatMul | BinaryOp::FloatDiv => self.float_identity(a, b, 1.0),
            BinaryOp::BoolAnd | BinaryOp::BoolOr | BinaryOp::BoolXor => self.bool_binary(op, a, b),
            BinaryOp::IntAddOverflows | BinaryOp::IntSubOverflows => match self.int(b) {
                Some(0) => bool_const(false),
                _ => Kept,
            },
            BinaryOp::IntMulOverflows | BinaryOp::UintMulOverflows => match self.int(b) {
                Some(0 | 1) => bool_const(false),
                _ => Kept,
            },
        }
    }

    /// `a op x` is `a` for exactly this `x`, whatever `a` is.
    fn float_identity(&self, a: Value, b: Value, identity: f64) -> Outcome {
        match self.float(b) {
            Some(b) if b.to_bits() == identity.to_bits() => Is(a),
            _ => Kept,
        }
    }

    /// `value`, if it is `base op constant`.
    fn with_constant(&self, op: BinaryOp, value: Value) -> Option<(Value, i64)> {
        match self.kind(value) {
            Some(&InstKind::Binary(found, base, constant)) if found == op => Some((base, self.int(constant)?)),
            _ => None,
        }
    }

    fn int_add(&mut self, a: Value, b: Value) -> Outcome {
        if let Some(addend) = self.int(b) {
            if addend == 0 {
                return Is(a);
            }
            if let Some((base, inner)) = self.with_constant(BinaryOp::IntAdd, a) {
                let sum = self.new_int(inner.wrapping_add(addend));
                return Becomes(InstKind::Binary(BinaryOp::IntAdd, base, sum));
            }
        }
        match (self.kind(a), self.kind(b)) {
            (_, Some(&InstKind::Unary(UnaryOp::IntNeg, y))) => Becomes(InstKind::Binary(BinaryOp::IntSub, a, y)),
            (Some(&InstKind::Unary(UnaryOp::IntNeg, x)), _) => Becomes(InstKind::Binary(BinaryOp::IntSub, b, x)),
            (Some(&InstKind::Binary(BinaryOp::IntSub, x, y)), _) if y == b => Is(x),
            (_, Some(&InstKind::Binary(BinaryOp::IntSub, x, y))) if y == a => Is(x),
            _ => Kept,
        }
    }

    fn int_sub(&mut self, a: Value, b: Value) -> Outcome {
        if a == b {
            return int_const(0);
        }
        if let Some(subtrahend) = self.int(b) {
            let addend = self.new_int(subtrahend.wrapping_neg());
            return Becomes(InstKind::Binary(BinaryOp::IntAdd, a, addend));
        }
        if self.int(a) == Some(0) {
            return Becomes(InstKind::Unary(UnaryOp::IntNeg, b));
        }
        match (self.kind(a), self.kind(b)) {
            (_, Some(&InstKind::Unary(UnaryOp::IntNeg, y))) => Becomes(InstKind::Binary(BinaryOp::IntAdd, a, y)),
            (Some(&InstKind::Binary(BinaryOp::IntAdd, x, y)), _) if y == b => Is(x),
            (Some(&InstKind::Binary(BinaryOp::IntAdd, x, y)), _) if x == b => Is(y),
            _ => Kept,
        }
    }

    fn int_mul(&mut self, a: Value, b: Value) -> Outcome {
        match self.int(b) {
            Some(0) => int_const(0),
            Some(1) => Is(a),
            Some(-1) => Becomes(InstKind::Unary(UnaryOp::IntNeg, a)),
            Some(factor) => match self.with_constant(BinaryOp::IntMul, a) {
                Some((base, inner)) => {
                    let product = self.new_int(inner.wrapping_mul(factor));
                    Becomes(InstKind::Binary(BinaryOp::IntMul, base, product))
                }
                None => Kept,
            },
            None => Kept,
        }
    }

    fn int_div(&mut self, a: Value, b: Value) -> Outcome {
        match self.int(b) {
            Some(1) => Is(a),
            Some(-1) => Becomes(InstKind::Unary(UnaryOp::IntNeg, a)),
            _ if a == b => int_const(1),
            _ if self.int(a) == Some(0) => int_const(0),
            _ => Kept,
        }
    }

    fn uint_div_or_rem(&mut self, op: BinaryOp, a: Value, b: Value) -> Outcome {
        let is_div = op == BinaryOp::UintDiv;
        match self.int(b) {
            Some(1) => {
                if is_div {
                    Is(a)
                } else {
                    int_const(0)
                }
            }
            // A power of two: a shift, or the bits below it.
            Some(divisor) if (divisor as u64).is_power_of_two() => {
                let shift = divisor.trailing_zeros();
                let operand = self.new_int(if is_div { i64::from(shift) } else { divisor.wrapping_sub(1) });
                let op = if is_div { BinaryOp::UintShr } else { BinaryOp::IntAnd };
                Becomes(InstKind::Binary(op, a, operand))
            }
            _ if a == b => int_const(i64::from(is_div)),
            _ if self.int(a) == Some(0) => int_const(0),
            _ => Kept,
        }
    }

    fn int_bitwise(&mut self, op: BinaryOp, a: Value, b: Value) -> Outcome {
        let is_xor = op == BinaryOp::IntXor;
        if a == b {
            return if is_xor { int_const(0) } else { Is(a) };
        }
        match (op, self.int(b)) {
            (BinaryOp::IntAnd, Some(0)) => int_const(0),
            (BinaryOp::IntAnd, Some(-1)) | (BinaryOp::IntOr | BinaryOp::IntXor, Some(0)) => Is(a),
            (BinaryOp::IntOr, Some(-1)) => int_const(-1),
            (_, Some(outer)) => match self.with_constant(op, a) {
                Some((base, inner)) => {
                    let both = match op {
                        BinaryOp::IntAnd => inner & outer,
                        BinaryOp::IntOr => inner | outer,
                        _ => inner ^ outer,
                    };
                    let both = self.new_int(both);
                    Becomes(InstKind::Binary(op, base, both))
                }
                None => Kept,
            },
            _ => Kept,
        }
    }

    fn bool_binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Outcome {
        if a == b {
            return if op == BinaryOp::BoolXor { bool_const(false) } else { Is(a) };
        }
        let Some(Const::Bool(known)) = self.constant(b) else {
            return Kept;
        };
        match (op, known) {
            (BinaryOp::BoolAnd, true) | (BinaryOp::BoolOr | BinaryOp::BoolXor, false) => Is(a),
            (BinaryOp::BoolXor, true) => Becomes(InstKind::Unary(UnaryOp::Not, a)),
            (_, known) => bool_const(known),
        }
    }

    fn int_cmp(&mut self, op: CmpOp, a: Value, b: Value) -> Outcome {
        if a == b {
            return bool_const(fold::compare(op, 0, 0));
        }
        let Some(bound) = self.int(b) else {
            return if self.int(a).is_some() { Becomes(InstKind::IntCmp(swapped(op), b, a)) } else { Kept };
        };
        if let Some(a) = self.int(a) {
            return bool_const(fold::compare(op, a, bound));
        }
        match (op, bound) {
            (CmpOp::Lt, i64::MIN) | (CmpOp::Gt, i64::MAX) => bool_const(false),
            (CmpOp::Ge, i64::MIN) | (CmpOp::Le, i64::MAX) => bool_const(true),
            (CmpOp::Eq | CmpOp::Ne, _) => match self.with_constant(BinaryOp::IntAdd, a) {
                Some((base, addend)) => {
                    let bound = self.new_int(bound.wrapping_sub(addend));
                    Becomes(InstKind::IntCmp(op, base, bound))
                }
                None => Kept,
            },
            _ => Kept,
        }
    }

    fn uint_cmp(&mut self, op: CmpOp, a: Value, b: Value) -> Outcome {
        if let CmpOp::Eq | CmpOp::Ne = op {
            return Becomes(InstKind::IntCmp(op, a, b));
        }
        if a == b {
            return bool_const(fold::compare(op, 0, 0));
        }
        match (self.int(a), self.int(b)) {
            (Some(a), Some(b)) => bool_const(fold::compare(op, a as u64, b as u64)),
            (Some(_), None) => Becomes(InstKind::UintCmp(swapped(op), b, a)),
            (None, Some(0)) if op == CmpOp::Lt => bool_const(false),
            (None, Some(0)) if op == CmpOp::Ge => bool_const(true),
            _ => Kept,
        }
    }

    fn select(&mut self, c: Value, a: Value, b: Value) -> Outcome {
        if a == b {
            return Is(a);
        }
        if let Some(Const::Bool(known)) = self.constant(c) {
            return Is(if known { a } else { b });
        }
        if let Some(&InstKind::Unary(UnaryOp::Not, inverse)) = self.kind(c) {
            return Becomes(InstKind::Select(inverse, b, a));
        }
        match (self.constant(a), self.constant(b)) {
            (Some(Const::Bool(true)), Some(Const::Bool(false))) => Is(c),
            (Some(Const::Bool(false)), Some(Const::Bool(true))) => Becomes(InstKind::Unary(UnaryOp::Not, c)),
            (Some(Const::Bool(true)), _) => Becomes(InstKind::Binary(BinaryOp::BoolOr, c, b)),
            (_, Some(Const::Bool(false))) => Becomes(InstKind::Binary(BinaryOp::BoolAnd, c, a)),
            _ => Kept,
        }
    }
}

/// Where a switch goes for a value.
pub(super) fn switch_target<'t>(value: i64, cases: &'t [(i64, BlockCall)], default: &'t BlockCall) -> &'t BlockCall {
    match cases.binary_search_by_key(&value, |&(case, _)| case) {
        Ok(n) => &cases[n].1,
        Err(_) => default,
    }
}

fn int_const(value: i64) -> Outcome {
    Becomes(InstKind::Const(Const::Int(value)))
}

fn bool_const(value: bool) -> Outcome {
    Becomes(InstKind::Const(Const::Bool(value)))
}

/// Whether the operands can be swapped.
pub(super) fn is_commutative(op: BinaryOp) -> bool {
    match op {
        BinaryOp::IntAdd
        | BinaryOp::IntMul
        | BinaryOp::IntAnd
        | BinaryOp::IntOr
        | BinaryOp::IntXor
        | BinaryOp::FloatAdd
        | BinaryOp::FloatMul
        | BinaryOp::BoolAnd
        | BinaryOp::BoolOr
        | BinaryOp::BoolXor
        | BinaryOp::IntAddOverflows
        | BinaryOp::IntMulOverflows
        | BinaryOp::UintMulOverflows => true,
        BinaryOp::IntSub
        | BinaryOp::IntDiv
        | BinaryOp::IntRem
        | BinaryOp::IntShl
        | BinaryOp::IntShr
        | BinaryOp::UintDiv
        | BinaryOp::UintRem
        | BinaryOp::UintShr
        | BinaryOp::FloatSub
        | BinaryOp::FloatDiv
        | BinaryOp::IntSubOverflows => false,
    }
}
