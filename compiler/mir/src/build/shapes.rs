//! How values of the types of a typed program are represented.
//!
//! | type | value | in arrays and boxes |
//! |---|---|---|
//! | integers | `i64`, extended | as wide as the type |
//! | `char` | `i64` | 32 bits |
//! | `float`, `f32`, `bool`, `string` | `f64`, `f32`, `bool`, `str` | the same |
//! | array | `ref` to an array of the element's leaves | `ref` |
//! | struct, tuple, range | aggregate of its fields | their leaves |
//! | enum without payload | `i64`, the number of the variant | the number, as narrow as possible |
//! | enum, boxed | `ref` to a box of tag and slots | `ref` |
//! | other enum | aggregate of tag and slots | tag and slots |
//! | void, never | none | none |
//!
//! The *leaves* of a type are the values that are no aggregates, in order. The payloads of an enum's variants share
//! *slots*: each leaf of a payload lies in the first slot of its register type that the payload has not taken yet. Slots
//! that a variant does not use hold a value that can be counted without effect: 0, the empty string, a reference to
//! nothing.

use std::collections::HashMap;
use std::rc::Rc;

use resilient_base::{PrimaryMap, SecondaryMap};
use resilient_sema::types::{EnumDef, EnumId, IntTy, Type, TypeKind, Types};

use crate::ir::{AggId, Layout, LayoutId, MemTy, NarrowInt, Ty};

/// The representation of a type with values.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Type of a value.
    pub(super) ty: Ty,
    /// Its leaves.
    pub(super) leaves: Rc<[MemTy]>,
}

/// The representation of an enum.
#[derive(Debug)]
pub(super) struct EnumShape {
    /// How a tag is stored.
    tag: MemTy,
    /// The slots, which come behind the tag.
    pub(super) slots: Vec<MemTy>,
    /// For each variant and each field of its payload the slots of its leaves.
    pub(super) variants: Vec<Vec<Vec<u32>>>,
}

/// Representations by type, and the tables of the module that they need.
pub(super) struct Shapes<'p> {
    types: &'p Types,
    pub(super) aggs: PrimaryMap<AggId, Box<[Ty]>>,
    pub(super) layouts: PrimaryMap<LayoutId, Layout>,
    /// None within: not known yet. None inside: no values.
    shapes: SecondaryMap<Type, Option<Option<Shape>>>,
    enums: SecondaryMap<EnumId, Option<Rc<EnumShape>>>,
    layout_ids: HashMap<Vec<MemTy>, LayoutId>,
}

/// The integer type of this width, if narrower than a register.
pub(super) fn narrow(int: IntTy) -> Option<NarrowInt> {
    match (int.bits, int.signed) {
        (8, true) => Some(NarrowInt::I8),
        (8, false) => Some(NarrowInt::U8),
        (16, true) => Some(NarrowInt::I16),
        (16, false) => Some(NarrowInt::U16),
        (32, true) => Some(NarrowInt::I32),
        (32, false) => Some(NarrowInt::U32),
        _ => None,
    }
}

fn int_in_memory(int: IntTy) -> MemTy {
    match narrow(int) {
        Some(NarrowInt::I8) => MemTy::I8,
        Some(NarrowInt::U8) => MemTy::U8,
        Some(NarrowInt::I16) => MemTy::I16,
        Some(NarrowInt::U16) => MemTy::U16,
        Some(NarrowInt::I32) => MemTy::I32,
        Some(NarrowInt::U32) => MemTy::U32,
        None => MemTy::I64,
    }
}

impl<'p> Shapes<'p> {
    pub(super) fn new(types: &'p Types) -> Shapes<'p> {
        Shapes {
            types,
            aggs: PrimaryMap::new(),
            layouts: PrimaryMap::new(),
            shapes: SecondaryMap::new(),
            enums: SecondaryMap::new(),
            layout_ids: HashMap::new(),
        }
    }

    /// The representation of a type; none if it has no values.
    pub(super) fn shape(&mut self, ty: Type) -> Option<Shape> {
        if let Some(known) = &self.shapes[ty] {
            return known.clone();
        }
        let shape = self.new_shape(ty);
        self.shapes[ty] = Some(shape.clone());
        shape
    }

    fn new_shape(&mut self, ty: Type) -> Option<Shape> {
        let types = self.types;
        let leaf = match types.kind(ty) {
            TypeKind::Void | TypeKind::Never => return None,
            TypeKind::Int(int) => int_in_memory(*int),
            TypeKind::Float => MemTy::F64,
            TypeKind::F32 => MemTy::F32,
            TypeKind::Bool => MemTy::Bool,
            TypeKind::Char => MemTy::U32,
            TypeKind::Str => MemTy::Str,
            TypeKind::Array(_) | TypeKind::Fn(..) | TypeKind::Cell(_) => MemTy::Ref,
            TypeKind::Struct(id) => {
                let fields = types.structs[*id].fields.iter();
                let fields: Vec<Shape> = fields.filter_map(|field| self.shape(field.ty)).collect();
                let tys = fields.iter().map(|field| field.ty).collect();
                let leaves = fields.iter().flat_map(|field| field.leaves.iter().copied()).collect();
                return Some(Shape { ty: Ty::Agg(self.aggs.push(tys)), leaves });
            }
            TypeKind::Enum(id) if types.enums[*id].boxed => MemTy::Ref,
            TypeKind::Enum(id) => {
                let shape = self.enum_shape(*id);
                if !shape.slots.is_empty() {
                    let leaves: Rc<[MemTy]> = shape.leaves().collect();
                    let agg = self.aggs.push(leaves.iter().map(|leaf| leaf.ty()).collect());
                    return Some(Shape { ty: Ty::Agg(agg), leaves });
                }
                shape.tag
            }
        };
        Some(Shape { ty: leaf.ty(), leaves: Rc::new([leaf]) })
    }

    /// The representation of an enum.
    pub(super) fn enum_shape(&mut self, id: EnumId) -> Rc<EnumShape> {
        if let Some(shape) = &self.enums[id] {
            return shape.clone();
        }
        let types = self.types;
        let shape = Rc::new(self.new_enum_shape(&types.enums[id]));
        self.enums[id] = Some(shape.clone());
        shape
    }

    fn new_enum_shape(&mut self, def: &EnumDef) -> EnumShape {
        let mut slots: Vec<MemTy> = Vec::new();
        let mut variants = Vec::with_capacity(def.variants.len());
        for variant in &def.variants {
            let mut taken = vec![false; slots.len()];
            let mut fields = Vec::with_capacity(variant.fields.len());
            for field in &variant.fields {
                let leaves = self.shape(field.ty).map(|shape| shape.leaves);
                let leaves = leaves.iter().flat_map(|leaves| leaves.iter());
                fields.push(leaves.map(|&leaf| take_slot(&mut slots, &mut taken, leaf)).collect());
            }
            variants.push(fields);
        }
        let tag = match def.variants.len() {
            0..=0x100 => MemTy::U8,
            0x101..=0x1_0000 => MemTy::U16,
            _ => MemTy::U32,
        };
        EnumShape { tag, slots, variants }
    }

    /// The layout with these leaves. One without gets a byte that nobody looks at, so that elements can be counted.
    pub(super) fn layout(&mut self, mut leaves: Vec<MemTy>) -> LayoutId {
        if leaves.is_empty() {
            leaves.push(MemTy::U8);
        }
        if let Some(&id) = self.layout_ids.get(&leaves) {
            return id;
        }
        let id = self.layouts.push(Layout { leaves: leaves.clone() });
        self.layout_ids.insert(leaves, id);
        id
    }

    /// Layout of the elements of an array whose elements are of this type.
    pub(super) fn element_layout(&mut self, element: Type) -> LayoutId {
        let leaves = self.shape(element).map_or_else(Vec::new, |shape| shape.leaves.to_vec());
        self.layout(leaves)
    }

    /// Layout of the box of a boxed enum.
    pub(super) fn box_layout(&mut self, shape: &EnumShape) -> LayoutId {
        self.layout(shape.leaves().collect())
    }

    /// Number of leaves before field `n` of a struct, and its number among the fields with values.
    pub(super) fn field_place(&mut self, ty: Type, n: u32) -> (u32, u32) {
        let types = self.types;
        let TypeKind::Struct(id) = types.kind(ty) else {
            unreachable!("fields are those of structs, {} is none", types.display(ty));
        };
        let (mut first_leaf, mut index) = (0, 0);
        for field in &types.structs[*id].fields[..n as usize] {
            if let Some(shape) = self.shape(field.ty) {
                first_leaf += shape.leaves.len() as u32;
                index += 1;
            }
        }
        (first_leaf, index)
    }
}

/// The first slot of the leaf's register type that is not taken, a new one if there is none.
fn take_slot(slots: &mut Vec<MemTy>, taken: &mut Vec<bool>, leaf: MemTy) -> u32 {
    taken.resize(slots.len(), false);
    let free = (0..slots.len()).find(|&slot| !taken[slot] && slots[slot].ty() == leaf.ty());
    let slot = match free {
        Some(slot) => {
            if slots[slot] != leaf {
                // Only ints differ, and all of them fit.
                slots[slot] = MemTy::I64;
            }
            taken[slot] = true;
            slot
        }
        None => {
            slots.push(leaf);
            taken.push(true);
            slots.len() - 1
        }
    };
    slot as u32
}

impl EnumShape {
    /// Tag and slots.
    pub(super) fn leaves(&self) -> impl Iterator<Item = MemTy> {
        std::iter::once(self.tag).chain(self.slots.iter().copied())
    }
}
