//! Instructions on objects: counting, arrays, boxes.

use resilient_mir::ir::{GlobalId, Layout, LayoutId, Leaf, MemTy, Placement, Ty, Value};

use super::Selector;
use crate::lir::VReg;
use crate::objects::{ARRAY_DATA, BOX_DATA};
use crate::operand::{GlobalIdx, LayoutIdx};
use crate::ops::Inst;
use crate::program::POINTER_SIZE;

/// What a load of a counted leaf gives.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Counting {
    /// A new reference.
    Retain,
    /// The reference that is there.
    Borrow,
}

/// What is read of a leaf.
enum Read {
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    Word,
    Ref,
}

impl Read {
    fn new(leaf: MemTy, counting: Counting) -> Read {
        match leaf {
            MemTy::I8 => Read::S8,
            MemTy::U8 | MemTy::Bool => Read::U8,
            MemTy::I16 => Read::S16,
            MemTy::U16 => Read::U16,
            MemTy::I32 => Read::S32,
            MemTy::U32 | MemTy::F32 => Read::U32,
            MemTy::I64 | MemTy::F64 | MemTy::Code => Read::Word,
            MemTy::Str | MemTy::Ref => match counting {
                Counting::Retain => Read::Ref,
                Counting::Borrow => Read::Word,
            },
        }
    }
}

impl Selector<'_> {
    pub(super) fn retain(&mut self, dst: VReg, a: Value) -> Inst<VReg> {
        let is_str = self.func.ty(a) == Ty::Str;
        let a = self.reg(a);
        if is_str { Inst::Retain { dst, a } } else { Inst::RetainRef { dst, a } }
    }

    pub(super) fn release(&mut self, a: Value) -> Inst<VReg> {
        let is_str = self.func.ty(a) == Ty::Str;
        let a = self.reg(a);
        if is_str { Inst::Release { a } } else { Inst::ReleaseRef { a } }
    }

    pub(super) fn global_get(&mut self, dst: VReg, global: GlobalId) -> Inst<VReg> {
        let g = GlobalIdx(global.as_u32());
        match self.module.globals[global].ty {
            Ty::Str => Inst::GlobalGetStr { dst, g },
            Ty::Ref => Inst::GlobalGetRef { dst, g },
            Ty::I64 | Ty::F64 | Ty::F32 | Ty::Bool | Ty::Code | Ty::Agg(_) => Inst::GlobalGet { dst, g },
        }
    }

    fn layout(&self, id: LayoutId) -> (&Layout, Placement) {
        let layout = &self.module.layouts[id];
        (layout, layout.place(POINTER_SIZE))
    }

    /// Type, stride and offset of a leaf.
    fn leaf(&self, leaf: Leaf) -> (MemTy, u32, u32) {
        let (layout, placement) = self.layout(leaf.layout);
        let index = leaf.index as usize;
        (layout.leaves[index], placement.size, placement.offsets[index])
    }

    /// Whether an element is nothing but this leaf.
    fn is_alone(ty: MemTy, stride: u32) -> bool {
        ty.size(POINTER_SIZE) == stride
    }

    /// `a` is an array whose element `i` has this leaf.
    pub(super) fn array_load(&mut self, dst: VReg, leaf: Leaf, a: Value, i: Value, counting: Counting) -> Inst<VReg> {
        let (ty, stride, offset) = self.leaf(leaf);
        let (a, i) = (self.reg(a), self.reg(i));
        let read = Read::new(ty, counting);
        if Self::is_alone(ty, stride) {
            return match read {
                Read::S8 => Inst::ElemS8 { dst, a, i },
                Read::U8 => Inst::ElemU8 { dst, a, i },
                Read::S16 => Inst::ElemS16 { dst, a, i },
                Read::U16 => Inst::ElemU16 { dst, a, i },
                Read::S32 => Inst::ElemS32 { dst, a, i },
                Read::U32 => Inst::ElemU32 { dst, a, i },
                Read::Word => Inst::Elem64 { dst, a, i },
                Read::Ref => Inst::ElemRef { dst, a, i },
            };
        }
        match read {
            Read::S8 => Inst::LeafS8 { dst, a, i, stride, offset },
            Read::U8 => Inst::LeafU8 { dst, a, i, stride, offset },
            Read::S16 => Inst::LeafS16 { dst, a, i, stride, offset },
            Read::U16 => Inst::LeafU16 { dst, a, i, stride, offset },
            Read::S32 => Inst::LeafS32 { dst, a, i, stride, offset },
            Read::U32 => Inst::LeafU32 { dst, a, i, stride, offset },
            Read::Word => Inst::Leaf64 { dst, a, i, stride, offset },
            Read::Ref => Inst::LeafRef { dst, a, i, stride, offset },
        }
    }

    pub(super) fn array_unique_at(&mut self, dst: VReg, leaf: Leaf, a: Value, i: Value) -> Inst<VReg> {
        let (_, stride, offset) = self.leaf(leaf);
        Inst::UniqueLeaf { dst, a: self.reg(a), i: self.reg(i), stride, offset }
    }

    pub(super) fn array_store(&mut self, leaf: Leaf, a: Value, i: Value, b: Value) -> Inst<VReg> {
        let (ty, stride, offset) = self.leaf(leaf);
        let (a, i, b) = (self.reg(a), self.reg(i), self.reg(b));
        match (ty.size(POINTER_SIZE), Self::is_alone(ty, stride)) {
            (1, true) => Inst::Set8 { a, i, b },
            (2, true) => Inst::Set16 { a, i, b },
            (4, true) => Inst::Set32 { a, i, b },
            (_, true) => Inst::Set64 { a, i, b },
            (1, false) => Inst::SetLeaf8 { a, i, b, stride, offset },
            (2, false) => Inst::SetLeaf16 { a, i, b, stride, offset },
            (4, false) => Inst::SetLeaf32 { a, i, b, stride, offset },
            (_, false) => Inst::SetLeaf64 { a, i, b, stride, offset },
        }
    }

    /// Counted leaves have the size of a register.
    pub(super) fn array_replace(&mut self, dst: VReg, leaf: Leaf, a: Value, i: Value, b: Value) -> Inst<VReg> {
        let (_, stride, offset) = self.leaf(leaf);
        Inst::Replace { dst, a: self.reg(a), i: self.reg(i), b: self.reg(b), stride, offset }
    }

    pub(super) fn box_load(&mut self, dst: VReg, leaf: Leaf, a: Value, counting: Counting) -> Inst<VReg> {
        let (ty, _, offset) = self.leaf(leaf);
        let (a, offset) = (self.reg(a), BOX_DATA + offset);
        match Read::new(ty, counting) {
            Read::S8 => Inst::GetS8 { dst, a, offset },
            Read::U8 => Inst::GetU8 { dst, a, offset },
            Read::S16 => Inst::GetS16 { dst, a, offset },
            Read::U16 => Inst::GetU16 { dst, a, offset },
            Read::S32 => Inst::GetS32 { dst, a, offset },
            Read::U32 => Inst::GetU32 { dst, a, offset },
            Read::Word => Inst::Get64 { dst, a, offset },
            Read::Ref => Inst::GetRef { dst, a, offset },
        }
    }

    /// Makes the array with room, then fills it.
    pub(super) fn array_lit(&mut self, dst: VReg, id: LayoutId, leaves: &[Value]) {
        let (layout, placement) = self.layout(id);
        let n_leaves = layout.leaves.len();
        let n = (leaves.len() / n_leaves) as u32;
        // The constants among the elements are loaded before, so that filling is one row of stores.
        self.push(Inst::ArrayNew { dst, n, layout: LayoutIdx(id.as_u32()) });
        for (element, leaves) in leaves.chunks(n_leaves).enumerate() {
            self.fill(dst, id, &placement, ARRAY_DATA + element as u32 * placement.size, leaves);
        }
    }

    /// Stores a leaf.
    pub(super) fn cell_set(&mut self, leaf: Leaf, a: Value, b: Value) -> Inst<VReg> {
        let (ty, _, offset) = self.leaf(leaf);
        let (a, b, offset) = (self.reg(a), self.reg(b), BOX_DATA + offset);
        match ty.size(POINTER_SIZE) {
            1 => Inst::Put8 { a, b, offset },
            2 => Inst::Put16 { a, b, offset },
            4 => Inst::Put32 { a, b, offset },
            _ => Inst::Put64 { a, b, offset },
        }
    }

    /// Counted leaves have the size of a register.
    pub(super) fn cell_replace(&mut self, dst: VReg, leaf: Leaf, a: Value, b: Value) {
        let old = self.box_load(dst, leaf, a, Counting::Borrow);
        let store = self.cell_set(leaf, a, b);
        self.push(old);
        self.push(store);
    }

    pub(super) fn box_new(&mut self, dst: VReg, id: LayoutId, leaves: &[Value]) {
        let (_, placement) = self.layout(id);
        self.push(Inst::BoxNew { dst, layout: LayoutIdx(id.as_u32()) });
        self.fill(dst, id, &placement, BOX_DATA, leaves);
    }

    /// Writes the leaves of a value at `start` in the object `a`.
    fn fill(&mut self, a: VReg, id: LayoutId, placement: &Placement, start: u32, leaves: &[Value]) {
        for (index, &leaf) in leaves.iter().enumerate() {
            let b = self.reg(leaf);
            let offset = start + placement.offsets[index];
            let inst = match self.module.layouts[id].leaves[index].size(POINTER_SIZE) {
                1 => Inst::Put8 { a, b, offset },
                2 => Inst::Put16 { a, b, offset },
                4 => Inst::Put32 { a, b, offset },
                _ => Inst::Put64 { a, b, offset },
            };
            self.push(inst);
        }
    }

    pub(super) fn array_push(&mut self, dst: VReg, id: LayoutId, array: Value, leaves: &[Value]) {
        let (_, placement) = self.layout(id);
        let sizes: Vec<u32> = self.module.layouts[id].leaves.iter().map(|leaf| leaf.size(POINTER_SIZE)).collect();
        let (a, layout) = (self.reg(array), LayoutIdx(id.as_u32()));
        if let ([8], [leaf]) = (&sizes[..], leaves) {
            let b = self.reg(*leaf);
            return self.push(Inst::ArrayPush64 { dst, a, b, layout });
        }
        self.push(Inst::ArrayExtend { dst, a, layout });
        let (a, stride) = (dst, placement.size);
        for (index, &leaf) in leaves.iter().enumerate() {
            let b = self.reg(leaf);
            let offset = placement.offsets[index];
            let inst = match sizes[index] {
                1 => Inst::PutLast8 { a, b, stride, offset },
                2 => Inst::PutLast16 { a, b, stride, offset },
                4 => Inst::PutLast32 { a, b, stride, offset },
                _ => Inst::PutLast64 { a, b, stride, offset },
            };
            self.push(inst);
        }
    }
}
