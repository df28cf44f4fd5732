//! The list of operations, and what is made from it: [`Opcode`], [`Inst`], encoding, decoding and names.
//!
//! # Naming
//!
//! - A plain name works on 64-bit integers, words of any type (`move`, `eq`) or, for `and`, `or`, `xor`, bools too. Names
//!   of float operations start with `f`, of those with 32 bits with `g`, of unsigned ones with `u`.
//! - `_imm` takes its last operand from the instruction: 8 bits in arithmetic, 16 bits in branches.
//! - `br_X` compares as `X` does and branches if true; `br_not_X` if false. Integer comparisons need no `not`: `lt` and
//!   `le` with their operands swapped are the negations of each other. Float comparisons do: NaN makes both false.
//! - `A_br_X` does `A`, then `br_X` on its result.
//! - A number of bits ends the names of memory accesses, with `s` where they extend the sign. `ref` retains what it reads.
//! - The digit of `rt`, `rt_void` counts register arguments; `const` has the bits of its immediate.
//!
//! # Columns
//!
//! `Variant "name" (operand: Kind, ..)`, the kinds being those of [`Operand`]. An instruction reads all its `Use` registers
//! before it writes its `Def`. A register that is read and written stands as `Def` with a comment.

use crate::encoding::{Field, Reader, Writer, n_words};
use crate::operand::{Entry, FnIdx, GlobalIdx, LayoutIdx, Operand, Reg, RtIdx, SiteIdx, Slot, StrIdx, Target};

/// Calls `$callback!` with the whole list.
macro_rules! for_each_op {
    ($callback:ident) => {
        $callback! {
            // Constants and moves.
            /// `dst = k`
            Const16 "const16" (dst: Def, k: I16)
            /// `dst = k`, sign-extended.
            Const32 "const32" (dst: Def, k: I32)
            /// `dst = k`
            Const64 "const64" (dst: Def, k: Bits)
            /// `dst` = the literal; it is immortal, so nothing is counted.
            ConstStr "const_str" (dst: Def, s: Str)
            /// `dst = a`
            Move "move" (dst: Def, a: Use)
            /// Exchanges `a` and `b`, both read and written: a step of a cyclic parallel move.
            Swap "swap" (a: Def, b: Def)
            /// `dst = slot`
            LoadFar "load_far" (dst: Def, slot: Slot)
            /// `slot = a`
            StoreFar "store_far" (a: Use, slot: Slot)

            // Integers.
            /// `dst = -a`
            Neg "neg" (dst: Def, a: Use)
            /// `dst = a + b`
            Add "add" (dst: Def, a: Use, b: Use)
            /// `dst = a - b`
            Sub "sub" (dst: Def, a: Use, b: Use)
            /// `dst = a * b`
            Mul "mul" (dst: Def, a: Use, b: Use)
            /// `dst = a / b`, truncated; the smallest int by -1 gives itself.
            Div "div" (dst: Def, a: Use, b: Use)
            /// `dst = a % b`, with the sign of `a`.
            Rem "rem" (dst: Def, a: Use, b: Use)
            /// `dst = a & b`
            And "and" (dst: Def, a: Use, b: Use)
            /// `dst = a | b`
            Or "or" (dst: Def, a: Use, b: Use)
            /// `dst = a ^ b`
            Xor "xor" (dst: Def, a: Use, b: Use)
            /// `dst = a << b`, the low six bits of `b` counting.
            Shl "shl" (dst: Def, a: Use, b: Use)
            /// `dst = a >> b`, arithmetic, the low six bits of `b` counting.
            Shr "shr" (dst: Def, a: Use, b: Use)
            /// `dst = a + k`
            AddImm "add_imm" (dst: Def, a: Use, k: I8)
            /// `dst = k - a`
            SubFromImm "sub_from_imm" (dst: Def, a: Use, k: I8)
            /// `dst = a * k`
            MulImm "mul_imm" (dst: Def, a: Use, k: I8)
            /// `dst = a / k`, `k` not zero.
            DivImm "div_imm" (dst: Def, a: Use, k: U8)
            /// `dst = a % k`, `k` not zero.
            RemImm "rem_imm" (dst: Def, a: Use, k: U8)
            /// `dst = a / 2^k`, truncated, `k` in 1..=62.
            DivPow2 "div_pow2" (dst: Def, a: Use, k: U8)
            /// `dst = a % 2^k`, with the sign of `a`, `k` in 1..=62.
            RemPow2 "rem_pow2" (dst: Def, a: Use, k: U8)
            /// `dst = a & k`
            AndImm "and_imm" (dst: Def, a: Use, k: I8)
            /// `dst = a << k`
            ShlImm "shl_imm" (dst: Def, a: Use, k: U8)
            /// `dst = a >> k`, arithmetic.
            ShrImm "shr_imm" (dst: Def, a: Use, k: U8)
            /// `dst = a / b`, unsigned.
            UDiv "udiv" (dst: Def, a: Use, b: Use)
            /// `dst = a % b`, unsigned.
            URem "urem" (dst: Def, a: Use, b: Use)
            /// `dst = a >> b`, logical, the low six bits of `b` counting.
            UShr "ushr" (dst: Def, a: Use, b: Use)
            /// `dst = a >> k`, logical.
            UShrImm "ushr_imm" (dst: Def, a: Use, k: U8)
            /// `dst` = whether the exact sum is out of range; so the following.
            AddOverflows "add_overflows" (dst: Def, a: Use, b: Use)
            /// Of the difference.
            SubOverflows "sub_overflows" (dst: Def, a: Use, b: Use)
            /// Of the product.
            MulOverflows "mul_overflows" (dst: Def, a: Use, b: Use)
            /// Of the product of unsigned operands.
            UMulOverflows "umul_overflows" (dst: Def, a: Use, b: Use)
            /// `dst` = the low 8 bits of `a`, sign-extended.
            SExt8 "sext8" (dst: Def, a: Use)
            /// `dst` = the low 8 bits of `a`.
            ZExt8 "zext8" (dst: Def, a: Use)
            /// `dst` = the low 16 bits of `a`, sign-extended.
            SExt16 "sext16" (dst: Def, a: Use)
            /// `dst` = the low 16 bits of `a`.
            ZExt16 "zext16" (dst: Def, a: Use)
            /// `dst` = the low 32 bits of `a`, sign-extended.
            SExt32 "sext32" (dst: Def, a: Use)
            /// `dst` = the low 32 bits of `a`.
            ZExt32 "zext32" (dst: Def, a: Use)

            // Floats.
            /// `dst = -a`
            FNeg "fneg" (dst: Def, a: Use)
            /// `dst = a + b`
            FAdd "fadd" (dst: Def, a: Use, b: Use)
            /// `dst = a - b`
            FSub "fsub" (dst: Def, a: Use, b: Use)
            /// `dst = a * b`
            FMul "fmul" (dst: Def, a: Use, b: Use)
            /// `dst = a / b`
            FDiv "fdiv" (dst: Def, a: Use, b: Use)
            /// `dst` = the float nearest to the int `a`.
            FFromInt "ffrom_int" (dst: Def, a: Use)
            /// `dst` = the float nearest to the unsigned int `a`.
            FFromUint "ffrom_uint" (dst: Def, a: Use)
            /// `dst` = the `f32` `a`, exactly.
            FFromF32 "ffrom_f32" (dst: Def, a: Use)

            // Floats of 32 bits: the low half of a register, the other being 0.
            /// `dst = -a`
            GNeg "gneg" (dst: Def, a: Use)
            /// `dst = a + b`
            GAdd "gadd" (dst: Def, a: Use, b: Use)
            /// `dst = a - b`
            GSub "gsub" (dst: Def, a: Use, b: Use)
            /// `dst = a * b`
            GMul "gmul" (dst: Def, a: Use, b: Use)
            /// `dst = a / b`
            GDiv "gdiv" (dst: Def, a: Use, b: Use)
            /// `dst` = the `f32` nearest to the int `a`.
            GFromInt "gfrom_int" (dst: Def, a: Use)
            /// `dst` = the `f32` nearest to the unsigned int `a`.
            GFromUint "gfrom_uint" (dst: Def, a: Use)
            /// `dst` = the `f32` nearest to the float `a`.
            GFromFloat "gfrom_float" (dst: Def, a: Use)

            // Comparisons and bools.
            /// `dst = a < b`
            Lt "lt" (dst: Def, a: Use, b: Use)
            /// `dst = a <= b`
            Le "le" (dst: Def, a: Use, b: Use)
            /// `dst = a == b`
            Eq "eq" (dst: Def, a: Use, b: Use)
            /// `dst = a != b`
            Ne "ne" (dst: Def, a: Use, b: Use)
            /// `dst = a < k`
            LtImm "lt_imm" (dst: Def, a: Use, k: I8)
            /// `dst = a >= k`
            GeImm "ge_imm" (dst: Def, a: Use, k: I8)
            /// `dst = a == k`
            EqImm "eq_imm" (dst: Def, a: Use, k: I8)
            /// `dst = a != k`
            NeImm "ne_imm" (dst: Def, a: Use, k: I8)
            /// `dst = a < b`
            FLt "flt" (dst: Def, a: Use, b: Use)
            /// `dst = a <= b`
            FLe "fle" (dst: Def, a: Use, b: Use)
            /// `dst = a == b`
            FEq "feq" (dst: Def, a: Use, b: Use)
            /// `dst = a != b`
            FNe "fne" (dst: Def, a: Use, b: Use)
            /// `dst = a < b`, of `f32`
            GLt "glt" (dst: Def, a: Use, b: Use)
            /// `dst = a <= b`, of `f32`
            GLe "gle" (dst: Def, a: Use, b: Use)
            /// `dst = a == b`, of `f32`
            GEq "geq" (dst: Def, a: Use, b: Use)
            /// `dst = a != b`, of `f32`
            GNe "gne" (dst: Def, a: Use, b: Use)
            /// `dst = a < b`, unsigned
            ULt "ult" (dst: Def, a: Use, b: Use)
            /// `dst = a <= b`, unsigned
            ULe "ule" (dst: Def, a: Use, b: Use)
            /// `dst = !a`
            Not "not" (dst: Def, a: Use)
            /// `dst = if c { a } else { b }`
            Select "select" (dst: Def, c: Use, a: Use, b: Use)

            // Branches.
            /// Goes to `target`.
            Jump "jump" (target: Target)
            /// If the bool `a`.
            BrIf "br_if" (a: Use, target: Target)
            /// If not the bool `a`.
            BrIfNot "br_if_not" (a: Use, target: Target)
            /// If `a < b`.
            BrLt "br_lt" (a: Use, b: Use, target: Target)
            /// If `a <= b`.
            BrLe "br_le" (a: Use, b: Use, target: Target)
            /// If `a == b`.
            BrEq "br_eq" (a: Use, b: Use, target: Target)
            /// If `a != b`.
            BrNe "br_ne" (a: Use, b: Use, target: Target)
            /// If `a < b`, unsigned.
            BrULt "br_ult" (a: Use, b: Use, target: Target)
            /// If `a <= b`, unsigned.
            BrULe "br_ule" (a: Use, b: Use, target: Target)
            /// If `a < k`.
            BrLtImm "br_lt_imm" (a: Use, k: I16, target: Target)
            /// If `a >= k`.
            BrGeImm "br_ge_imm" (a: Use, k: I16, target: Target)
            /// If `a == k`.
            BrEqImm "br_eq_imm" (a: Use, k: I16, target: Target)
            /// If `a != k`.
            BrNeImm "br_ne_imm" (a: Use, k: I16, target: Target)
            /// If `a < b`.
            BrFLt "br_flt" (a: Use, b: Use, target: Target)
            /// If `a <= b`.
            BrFLe "br_fle" (a: Use, b: Use, target: Target)
            /// If `a == b`.
            BrFEq "br_feq" (a: Use, b: Use, target: Target)
            /// If `a != b`.
            BrFNe "br_fne" (a: Use, b: Use, target: Target)
            /// If not `a < b`.
            BrNotFLt "br_not_flt" (a: Use, b: Use, target: Target)
            /// If not `a <= b`.
            BrNotFLe "br_not_fle" (a: Use, b: Use, target: Target)
            /// `a += k`; if `a < b`: the end of a counting loop.
            AddImmBrLt "add_imm_br_lt" (a: Def, b: Use, k: I8, target: Target)
            /// `a += k`; if `a <= b`.
            AddImmBrLe "add_imm_br_le" (a: Def, b: Use, k: I8, target: Target)
            /// `a += k`; if `a < limit`: the end of a loop with a constant bound.
            AddImmBrLtImm "add_imm_br_lt_imm" (a: Def, k: I8, limit: I16, target: Target)
            /// `a += k`; if `a >= limit`: the end of a loop that counts down.
            AddImmBrGeImm "add_imm_br_ge_imm" (a: Def, k: I8, limit: I16, target: Target)
            /// Goes where the `jump` with number `a` of the `n` that follow goes; behind them if there are not so many.
            BrTable "br_table" (a: Use, n: U16)

            // Calls.
            /// Calls a function whose window is `base` words above; its arguments stand there. `dst` gets its result.
            Call "call" (dst: Def, base: Base, entry: Entry)
            /// Calls a function that gives no or several results; the latter are left at the bottom of its window.
            CallVoid "call_void" (base: Base, entry: Entry)
            /// Calls the function whose address is in `a`, as `call`.
            CallIndirect "call_indirect" (dst: Def, base: Base, a: Use)
            /// Calls the function whose address is in `a`, as `call_void`.
            CallVoidIndirect "call_void_indirect" (base: Base, a: Use)
            /// `dst` = the address of a function.
            FuncAddr "func_addr" (dst: Def, entry: Entry)
            /// `dst` = the function value; it is immortal, so nothing is counted.
            ConstFn "const_fn" (dst: Def, f: Fn)
            /// `dst` = the address of a site, the hidden argument of a function.
            ConstSite "const_site" (dst: Def, site: Site)
            /// The site with address `a` is that of the next runtime call that stands at the caller.
            CallerSite "caller_site" (a: Use)
            /// Returns `a` to a `call`.
            Ret "ret" (a: Use)
            /// Returns `k` to a `call`.
            RetImm "ret_imm" (k: I16)
            /// Returns to a `call_void`.
            RetVoid "ret_void" ()
            /// Ends the program with the status `a`; stands behind the call of the top level only.
            Halt "halt" (a: Use)
            /// Behind a call that does not return.
            Unreachable "unreachable" ()

            // Globals and strings.
            /// `dst = g`
            GlobalGet "global_get" (dst: Def, g: Global)
            /// `dst` = a new reference to the string in `g`.
            GlobalGetStr "global_get_str" (dst: Def, g: Global)
            /// `dst` = a new reference to the object in `g`, or null.
            GlobalGetRef "global_get_ref" (dst: Def, g: Global)
            /// `g = a`
            GlobalSet "global_set" (a: Use, g: Global)
            /// `dst = g; g = a`
            GlobalReplace "global_replace" (dst: Def, a: Use, g: Global)
            /// `dst` = a new reference to the string `a`.
            Retain "retain" (dst: Def, a: Use)
            /// Gives a reference to the string `a` up.
            Release "release" (a: Use)
            /// `dst` = a new reference to the object `a`, or null.
            RetainRef "retain_ref" (dst: Def, a: Use)
            /// Gives the reference `a` up, unless it is null.
            ReleaseRef "release_ref" (a: Use)

            // Arrays and boxes. `stride` is the distance between elements, `offset` the place of a leaf in an element; short
            // forms are for elements of one leaf. Indices are in range.
            /// `dst` = a new array of `n` elements, to be filled by `put_X`.
            ArrayNew "array_new" (dst: Def, n: U32, layout: Layout)
            /// `dst` = the number of elements of `a`.
            ArrayLen "array_len" (dst: Def, a: Use)
            /// `dst` = the array `a`, copied if there are other references to it.
            ArrayUnique "array_unique" (dst: Def, a: Use)
            /// `dst` = the array in a leaf of `a[i]`; copied in its place if there are other references to it.
            UniqueLeaf "unique_leaf" (dst: Def, a: Use, i: Use, stride: U32, offset: U32)
            /// `dst` = the array `a` with one element more, to be filled by `put_last_X`.
            ArrayExtend "array_extend" (dst: Def, a: Use, layout: Layout)
            /// `dst` = the array `a` with one element `b` of 64 bits more.
            ArrayPush64 "array_push64" (dst: Def, a: Use, b: Use, layout: Layout)
            /// `dst` = a new box, to be filled by `put_X`.
            BoxNew "box_new" (dst: Def, layout: Layout)
            /// `dst = a[i]`, 8 bits, sign-extended.
            ElemS8 "elem_s8" (dst: Def, a: Use, i: Use)
            /// `dst = a[i]`, 8 bits.
            ElemU8 "elem_u8" (dst: Def, a: Use, i: Use)
            /// `dst = a[i]`, 16 bits, sign-extended.
            ElemS16 "elem_s16" (dst: Def, a: Use, i: Use)
            /// `dst = a[i]`, 16 bits.
            ElemU16 "elem_u16" (dst: Def, a: Use, i: Use)
            /// `dst = a[i]`, 32 bits, sign-extended.
            ElemS32 "elem_s32" (dst: Def, a: Use, i: Use)
            /// `dst = a[i]`, 32 bits.
            ElemU32 "elem_u32" (dst: Def, a: Use, i: Use)
            /// `dst = a[i]`, 64 bits.
            Elem64 "elem_64" (dst: Def, a: Use, i: Use)
            /// `dst` = a new reference to the object `a[i]`, or null.
            ElemRef "elem_ref" (dst: Def, a: Use, i: Use)
            /// `dst` = a leaf of `a[i]`, 8 bits, sign-extended.
            LeafS8 "leaf_s8" (dst: Def, a: Use, i: Use, stride: U32, offset: U32)
            /// `dst` = a leaf of `a[i]`, 8 bits.
            LeafU8 "leaf_u8" (dst: Def, a: Use, i: Use, stride: U32, offset: U32)
            /// `dst` = a leaf of `a[i]`, 16 bits, sign-extended.
            LeafS16 "leaf_s16" (dst: Def, a: Use, i: Use, stride: U32, offset: U32)
            /// `dst` = a leaf of `a[i]`, 16 bits.
            LeafU16 "leaf_u16" (dst: Def, a: Use, i: Use, stride: U32, offset: U32)
            /// `dst` = a leaf of `a[i]`, 32 bits, sign-extended.
            LeafS32 "leaf_s32" (dst: Def, a: Use, i: Use, stride: U32, offset: U32)
            /// `dst` = a leaf of `a[i]`, 32 bits.
            LeafU32 "leaf_u32" (dst: Def, a: Use, i: Use, stride: U32, offset: U32)
            /// `dst` = a leaf of `a[i]`, 64 bits.
            Leaf64 "leaf_64" (dst: Def, a: Use, i: Use, stride: U32, offset: U32)
            /// `dst` = a new reference to the object in a leaf of `a[i]`, or null.
            LeafRef "leaf_ref" (dst: Def, a: Use, i: Use, stride: U32, offset: U32)
            /// `a[i] = b`, 8 bits.
            Set8 "set8" (a: Use, i: Use, b: Use)
            /// `a[i] = b`, 16 bits.
            Set16 "set16" (a: Use, i: Use, b: Use)
            /// `a[i] = b`, 32 bits.
            Set32 "set32" (a: Use, i: Use, b: Use)
            /// `a[i] = b`, 64 bits.
            Set64 "set64" (a: Use, i: Use, b: Use)
            /// A leaf of `a[i]` = `b`, 8 bits.
            SetLeaf8 "set_leaf8" (a: Use, i: Use, b: Use, stride: U32, offset: U32)
            /// A leaf of `a[i]` = `b`, 16 bits.
            SetLeaf16 "set_leaf16" (a: Use, i: Use, b: Use, stride: U32, offset: U32)
            /// A leaf of `a[i]` = `b`, 32 bits.
            SetLeaf32 "set_leaf32" (a: Use, i: Use, b: Use, stride: U32, offset: U32)
            /// A leaf of `a[i]` = `b`, 64 bits.
            SetLeaf64 "set_leaf64" (a: Use, i: Use, b: Use, stride: U32, offset: U32)
            /// `dst` = a leaf of `a[i]` of 64 bits; it becomes `b`.
            Replace "replace" (dst: Def, a: Use, i: Use, b: Use, stride: U32, offset: U32)
            /// `dst` = what stands at `offset` in the object `a`, 8 bits, sign-extended.
            GetS8 "get_s8" (dst: Def, a: Use, offset: U32)
            /// `dst` = what stands at `offset` in the object `a`, 8 bits.
            GetU8 "get_u8" (dst: Def, a: Use, offset: U32)
            /// `dst` = what stands at `offset` in the object `a`, 16 bits, sign-extended.
            GetS16 "get_s16" (dst: Def, a: Use, offset: U32)
            /// `dst` = what stands at `offset` in the object `a`, 16 bits.
            GetU16 "get_u16" (dst: Def, a: Use, offset: U32)
            /// `dst` = what stands at `offset` in the object `a`, 32 bits, sign-extended.
            GetS32 "get_s32" (dst: Def, a: Use, offset: U32)
            /// `dst` = what stands at `offset` in the object `a`, 32 bits.
            GetU32 "get_u32" (dst: Def, a: Use, offset: U32)
            /// `dst` = what stands at `offset` in the object `a`, 64 bits.
            Get64 "get_64" (dst: Def, a: Use, offset: U32)
            /// `dst` = a new reference to the object at `offset` in the object `a`, or null.
            GetRef "get_ref" (dst: Def, a: Use, offset: U32)
            /// `b` to `offset` in the object `a`, 8 bits.
            Put8 "put8" (a: Use, b: Use, offset: U32)
            /// `b` to `offset` in the object `a`, 16 bits.
            Put16 "put16" (a: Use, b: Use, offset: U32)
            /// `b` to `offset` in the object `a`, 32 bits.
            Put32 "put32" (a: Use, b: Use, offset: U32)
            /// `b` to `offset` in the object `a`, 64 bits.
            Put64 "put64" (a: Use, b: Use, offset: U32)
            /// `b` to `offset` in the last element of `a`, 8 bits.
            PutLast8 "put_last8" (a: Use, b: Use, stride: U32, offset: U32)
            /// `b` to `offset` in the last element of `a`, 16 bits.
            PutLast16 "put_last16" (a: Use, b: Use, stride: U32, offset: U32)
            /// `b` to `offset` in the last element of `a`, 32 bits.
            PutLast32 "put_last32" (a: Use, b: Use, stride: U32, offset: U32)
            /// `b` to `offset` in the last element of `a`, 64 bits.
            PutLast64 "put_last64" (a: Use, b: Use, stride: U32, offset: U32)

            // Runtime calls.
            /// `dst = f()`
            Rt0 "rt0" (dst: Def, f: Rt)
            /// `dst = f(a)`
            Rt1 "rt1" (dst: Def, a: Use, f: Rt)
            /// `dst = f(a, b)`
            Rt2 "rt2" (dst: Def, a: Use, b: Use, f: Rt)
            /// `dst = f(a, b, c)`
            Rt3 "rt3" (dst: Def, a: Use, b: Use, c: Use, f: Rt)
            /// `dst = f(a, b, c, d)`
            Rt4 "rt4" (dst: Def, a: Use, b: Use, c: Use, d: Use, f: Rt)
            /// `f()`, without result.
            RtVoid0 "rt_void0" (f: Rt)
            /// `f(a)`, without result.
            RtVoid1 "rt_void1" (a: Use, f: Rt)
            /// `f(a, b)`, without result.
            RtVoid2 "rt_void2" (a: Use, b: Use, f: Rt)
            /// `f(a, b, c)`, without result.
            RtVoid3 "rt_void3" (a: Use, b: Use, c: Use, f: Rt)
        }
    };
}

/// Whether a register operand is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Written.
    Def,
    /// Read.
    Use,
}

/// The type that holds an operand of kind `K`; registers are of type `R`.
type Of<K, R> = <K as kind::Kind>::Of<R>;

/// The kinds of operands as types, so that a macro can name the type that holds an operand of a kind.
mod kind {
    use super::*;

    /// Kind of an operand.
    pub(crate) trait Kind {
        /// Holds the operand; registers are of type `R`.
        type Of<R>;
    }

    macro_rules! kinds {
        ($($kind:ident = $ty:ty,)*) => { $(
            pub(crate) enum $kind {}
            impl Kind for $kind {
                type Of<R> = $ty;
            }
        )* };
    }

    kinds! {
        Def = R,
        Use = R,
        I8 = i8,
        U8 = u8,
        I16 = i16,
        U16 = u16,
        I32 = i32,
        U32 = u32,
        Bits = u64,
        Base = u16,
        Slot = super::Slot,
        Target = super::Target,
        Entry = super::Entry,
        Str = StrIdx,
        Global = GlobalIdx,
        Layout = LayoutIdx,
        Site = SiteIdx,
        Fn = FnIdx,
        Rt = RtIdx,
    }
}

/// An operand with its registers mapped by `$f`.
macro_rules! map_operand {
    (Def, $operand:ident, $f:ident) => {
        $f(Role::Def, $operand)
    };
    (Use, $operand:ident, $f:ident) => {
        $f(Role::Use, $operand)
    };
    ($other:ident, $operand:ident, $f:ident) => {
        $operand
    };
}

macro_rules! define {
    ($($(#[$doc:meta])* $variant:ident $name:literal ($($operand:ident: $kind:ident),*))*) => {
        /// What an instruction does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Opcode {
            $($(#[$doc])* $variant,)*
        }

        impl Opcode {
            /// All opcodes; the index is the code.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$variant),*];

            /// Name in listings.
            pub fn name(self) -> &'static str {
                const NAMES: &[&str] = &[$($name),*];
                NAMES[self as usize]
            }
        }

        /// An instruction. `R` is [`Reg`] in finished code, a virtual register before allocation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Inst<R> {
            $($(#[$doc])* $variant { $($operand: Of<kind::$kind, R>),* },)*
        }

        impl<R: Copy> Inst<R> {
            /// The operands in order.
            pub fn for_each_operand(&self, mut f: impl FnMut(Operand<R>)) {
                match *self {
                    $(Inst::$variant { $($operand),* } => { $(f(Operand::$kind($operand));)* })*
                }
            }

            /// The instruction with its registers mapped, in order.
            #[allow(unused_variables, reason = "instructions without registers")]
            pub fn map_regs<S>(self, mut f: impl FnMut(Role, R) -> S) -> Inst<S> {
                match self {
                    $(Inst::$variant { $($operand),* } => {
                        Inst::$variant { $($operand: map_operand!($kind, $operand, f)),* }
                    })*
                }
            }

            /// What it does.
            pub fn opcode(&self) -> Opcode {
                match self {
                    $(Inst::$variant { .. } => Opcode::$variant,)*
                }
            }
        }

        impl Inst<Reg> {
            /// Appends the instruction to the code.
            pub fn encode(self, code: &mut Vec<u32>) {
                let mut writer = Writer::new(code, self.opcode() as u8);
                match self {
                    $(Inst::$variant { $($operand),* } => { $(writer.put($operand);)* })*
                }
            }

            /// The instruction at the start of `words` and its number of words, if there is a whole one.
            pub fn decode(words: &[u32]) -> Option<(Inst<Reg>, usize)> {
                let opcode = *Opcode::ALL.get((*words.first()? & 0xff) as usize)?;
                match opcode {
                    $(Opcode::$variant => {
                        let words = words.get(..fetch::$variant::WORDS)?;
                        let fetch::$variant { $($operand),* } = fetch::$variant::read(|i| words[i]);
                        Some((Inst::$variant { $($operand),* }, fetch::$variant::WORDS))
                    })*
                }
            }
        }

        /// The operands of one operation each, for code that knows the opcode.
        pub(crate) mod fetch {
            use super::*;

            $(
                $(#[$doc])*
                pub(crate) struct $variant {
                    $(#[doc = stringify!($kind)] pub $operand: Of<kind::$kind, Reg>,)*
                }

                impl $variant {
                    /// Words of the instruction.
                    pub const WORDS: usize = n_words(&[$(<Of<kind::$kind, Reg> as Field>::BITS),*]);

                    /// The operands; `word` gives the words of the instruction by index.
                    #[inline(always)]
                    #[allow(unused_mut, unused_variables, reason = "instructions without operands")]
                    pub fn read(word: impl Fn(usize) -> u32) -> Self {
                        let mut reader = Reader::new(word);
                        $(let $operand = reader.get();)*
                        Self { $($operand),* }
                    }
                }
            )*
        }

        /// One instruction of every operation, its operands taken from `bits`.
        #[cfg(test)]
        fn samples(mut bits: impl FnMut() -> u64) -> Vec<Inst<Reg>> {
            vec![$({
                $(let $operand = Of::<kind::$kind, Reg>::from_bits(
                    bits() & (u64::MAX >> (64 - <Of<kind::$kind, Reg> as Field>::BITS)),
                );)*
                Inst::$variant { $($operand),* }
            }),*]
        }
    };
}

for_each_op!(define);

// A return reads the register for the result and the distance of the windows from the call before the place it returns
// to, without a look at the kind of call: they stand in the same places.
const _: () = {
    assert!(fetch::Call::WORDS == fetch::CallIndirect::WORDS);
    assert!(fetch::CallVoid::WORDS == fetch::CallVoidIndirect::WORDS);
};

#[cfg(test)]
mod tests {
    use super::*;

    /// xorshift64
    fn random() -> impl FnMut() -> u64 {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        }
    }

    #[test]
    fn every_operation_decodes_to_what_was_encoded() {
        let mut random = random();
        for round in 0..100 {
            for inst in samples(|| if round == 0 { u64::MAX } else { random() }) {
                let mut code = Vec::new();
                inst.encode(&mut code);
                assert_eq!(Inst::decode(&code), Some((inst, code.len())));
                code.push(0xdead_beef);
                assert_eq!(Inst::decode(&code), Some((inst, code.len() - 1)));
                code.truncate(code.len() - 2);
                assert_eq!(Inst::decode(&code), None, "{inst:?}: cut off");
            }
        }
    }

    #[test]
    fn common_operations_are_short() {
        assert_eq!(fetch::Add::WORDS, 1);
        assert_eq!(fetch::AddImm::WORDS, 1);
        assert_eq!(fetch::Const16::WORDS, 1);
        assert_eq!(fetch::Const64::WORDS, 3);
        assert_eq!(fetch::BrLtImm::WORDS, 2);
        assert_eq!(fetch::AddImmBrLt::WORDS, 2);
        assert_eq!(fetch::Call::WORDS, 2);
        assert_eq!(fetch::Rt2::WORDS, 2);
    }

    #[test]
    fn names_and_codes_are_unique() {
        for (code, &opcode) in Opcode::ALL.iter().enumerate() {
            assert_eq!(opcode as usize, code);
            assert_eq!(Opcode::ALL.iter().filter(|o| o.name() == opcode.name()).count(), 1, "{}", opcode.name());
        }
    }
}
