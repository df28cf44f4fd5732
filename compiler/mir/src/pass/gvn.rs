//! Removes an instruction that computes what an instruction that dominates it has computed.
//!
//! ```text
//! v2 = iadd v0, v1                        v2 = iadd v0, v1
//! branch v9, block1, block2      =>       branch v9, block1, block2
//! block1:                                 block1:
//!     v3 = iadd v1, v0                        v4 = imul v2, v2
//!     v4 = imul v3, v3
//! ```
//!
//! Only for instructions whose result depends on nothing but their operands and is not an owned reference: constants,
//! arithmetic, comparisons, `select`, what is read from boxes, and pure runtime calls that borrow their arguments. Two uses
//! of one string see the same text, since a string is changed in place only by who consumes it. The length of an array is
//! that of any array with the same length ([`crate::analysis::lengths`]), also of one that was consumed in between, or the
//! number that it was made with.
//!
//! Method: walk the dominator tree with a table from instruction to value, with scopes (Briggs, Cooper, Simpson, "Value
//! Numbering", 1997, section 4). Operands of commutative operators are sorted. Expected linear time. Cranelift does this
//! again, but cannot see that runtime calls are pure, and the passes that compare values rely on it.

use resilient_abi::{AbiTy, RtFn};
use rustc_hash::FxHashMap;

use super::Aliases;
use super::simplify::is_commutative;
use crate::analysis::lengths::Length;
use crate::analysis::ownership::{Signatures, is_owned};
use crate::analysis::{Cfg, Dominators, LengthClasses};
use crate::ir::*;

/// Removes recomputations from a function; tells whether it changed.
pub fn run(func: &mut Function, signatures: &Signatures) -> bool {
    let cfg = Cfg::new(func);
    let dominators = Dominators::new(&cfg);
    let lengths = LengthClasses::new(func, &cfg);
    let mut aliases = Aliases::new();
    // The value last computed for each key, with the block that did; and what to restore behind a subtree.
    let mut table: FxHashMap<Key, (Block, Value)> = FxHashMap::default();
    for &block in dominators.preorder() {
        let mut insts = std::mem::take(&mut func.blocks[block].insts);
        insts.retain(|&inst| {
            let data = &mut func.insts[inst];
            data.kind.for_each_operand_mut(|value| *value = aliases.resolve(*value));
            let &[result] = data.results.as_slice() else {
                return true;
            };
            if let InstKind::ArrayLen(array) = data.kind {
                match lengths.known(func, array, signatures) {
                    Some(Length::Is(length)) => {
                        aliases.replace(result, length);
                        return false;
                    }
                    Some(Length::Const(length)) => func.insts[inst].kind = InstKind::Const(Const::Int(length)),
                    None => {}
                }
            }
            let data = &func.insts[inst];
            let Some(key) = Key::new(&data.kind, func.values[result].ty, &lengths) else {
                return true;
            };
            match table.get(&key) {
                // An entry from a subtree that was left does not dominate and is overwritten: in preorder no later
                // block can want it, but those below the block that wrote it.
                Some(&(definer, value)) if dominators.dominates(definer, block) => {
                    aliases.replace(result, value);
                    false
                }
                _ => {
                    table.insert(key, (block, result));
                    true
                }
            }
        });
        func.blocks[block].insts = insts;
    }
    aliases.apply(func);
    !aliases.is_empty()
}

/// What an instruction computes.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Const(Const),
    Unary(UnaryOp, Value),
    Binary(BinaryOp, Value, Value),
    IntCmp(CmpOp, Value, Value),
    UintCmp(CmpOp, Value, Value),
    FloatCmp(CmpOp, Value, Value),
    Select(Value, Value, Value),
    /// With up to two arguments, as all such entries have.
    CallRt(RtFn, Option<Value>, Option<Value>),
    /// Of the array with this length class.
    ArrayLen(Value),
    /// A box is never changed.
    BoxLoad(Leaf, Value),
    BoxPeek(Leaf, Value),
    FuncAddr(FuncId),
}

impl Key {
    fn new(kind: &InstKind, result: Ty, lengths: &LengthClasses) -> Option<Key> {
        Some(match *kind {
            InstKind::Const(Const::Str(_) | Const::Null) => return None,
            InstKind::Const(constant) => Key::Const(constant),
            InstKind::Unary(op, a) => Key::Unary(op, a),
            InstKind::Binary(op, a, b) if is_commutative(op) => Key::Binary(op, a.min(b), a.max(b)),
            InstKind::Binary(op, a, b) => Key::Binary(op, a, b),
            InstKind::IntCmp(op, a, b) => Key::IntCmp(op, a, b),
            InstKind::UintCmp(op, a, b) => Key::UintCmp(op, a, b),
            InstKind::FloatCmp(op, a, b) => Key::FloatCmp(op, a, b),
            InstKind::Select(c, a, b) => Key::Select(c, a, b),
            InstKind::CallRt(entry, ref args) if is_function_of_args(entry) && args.len() <= 2 => {
                Key::CallRt(entry, args.first().copied(), args.get(1).copied())
            }
            InstKind::ArrayLen(array) => Key::ArrayLen(lengths.class(array)),
            InstKind::BoxLoad(leaf, a) if !result.is_counted() => Key::BoxLoad(leaf, a),
            InstKind::BoxPeek(leaf, a) => Key::BoxPeek(leaf, a),
            InstKind::FuncAddr(func) => Key::FuncAddr(func),
            InstKind::CallRt(..)
            | InstKind::MakeAgg(..)
            | InstKind::Extract(..)
            | InstKind::PeekField(..)
            | InstKind::TakeApart(_)
            | InstKind::ArrayLit(..)
            | InstKind::ArrayLoad(..)
            | InstKind::ArrayPeek(..)
            | InstKind::ArrayUnique(..)
            | InstKind::ArrayUniqueAt(..)
            | InstKind::ArrayStore(..)
            | InstKind::ArrayReplace(..)
            | InstKind::ArrayPush(..)
            | InstKind::BoxNew(..)
            | InstKind::BoxLoad(..)
            | InstKind::Retain(_)
            | InstKind::Release(_)
            | InstKind::GlobalGet(_)
            | InstKind::GlobalSet(..)
            | InstKind::GlobalReplace(..)
            | InstKind::CellGet(..)
            | InstKind::CellSet(..)
            | InstKind::CellReplace(..)
            | InstKind::CallIndirect(..)
            | InstKind::Call(..) => return None,
        })
    }
}

fn is_function_of_args(entry: RtFn) -> bool {
    use resilient_abi::AbiResult;
    let sig = entry.sig();
    let scalar_result = matches!(sig.result, AbiResult::Value(AbiTy::Int | AbiTy::Float | AbiTy::Bool));
    sig.pure && scalar_result && !sig.params.iter().any(|&kind| is_owned(kind))
}
