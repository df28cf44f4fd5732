//! Arrays and boxes: reading and writing their parts, making and growing them.
//!
//! ```text
//! array_push a (v):    if unique(a) and len(a) < cap(a) goto ready
//!                      a = array_grow(a, layout)      (cold)
//! ready:               store v at element len(a); len(a) += 1
//!
//! array_unique a:      if unique(a) goto done
//!                      a = array_unique(a)            (cold)
//! done:
//! ```
//!
//! For small code the calls are made in any case.
//!
//! Counts, lengths and content never overlap each other, which the accesses say, so that a store to an element does not
//! make the length unknown.

use std::borrow::Cow;

use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AliasRegionData, BlockArg, InstBuilder, MemFlagsData, types};
use resilient_abi::RtFn;
use resilient_mir::ir::{LayoutId, Leaf, MemTy, Placement, Value};

use crate::body::{Body, HEAP_REGIONS};
use crate::data::DataLayout;

/// A part of objects that does not overlap the others.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// The reference count.
    Count,
    /// Length and capacity of an array.
    Length,
    /// Elements, or the content of a box.
    Content,
    /// The content of a cell. What a new cell is filled with belongs to the part of boxes: the call that makes it comes before
    /// and may change everything, so that no older content is taken for it.
    Cell,
}

/// What a load of a counted leaf gives.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Counting {
    /// A new reference.
    Retain,
    /// The reference that is there.
    Borrow,
}

/// Where the parts of a value are.
#[derive(Clone, Copy)]
struct Place {
    base: ir::Value,
    /// Bytes from `base` to the value.
    offset: u32,
    part: Part,
}

impl Body<'_> {
    /// How a part of an object is accessed.
    pub fn heap_flags(&mut self, part: Part) -> MemFlagsData {
        let (number, description) = match part {
            Part::Count => (0, "reference counts"),
            Part::Length => (1, "array lengths"),
            Part::Content => (2, "array elements and boxes"),
            Part::Cell => (3, "cells"),
        };
        let data = AliasRegionData { user_id: HEAP_REGIONS + number, description: Cow::Borrowed(description) };
        let region = self.cursor.func.dfg.alias_regions.insert(data);
        MemFlagsData::trusted().with_alias_region(Some(region))
    }

    fn data_layout(&self) -> DataLayout {
        DataLayout::new(self.input.target)
    }

    fn placement(&self, layout: LayoutId) -> Placement {
        self.input.program.layouts[layout].place(self.input.target.pointer.bytes())
    }

    fn mem_ty(&self, leaf: Leaf) -> MemTy {
        self.input.program.layouts[leaf.layout].leaves[leaf.index as usize]
    }

    /// `array_len a`
    pub fn lower_array_len(&mut self, array: Value) -> ir::Value {
        let array = self.value(array);
        let len = self.load_length(array);
        match self.input.target.pointer {
            types::I64 => len,
            _ => self.cursor.ins().uextend(types::I64, len),
        }
    }

    /// `array_load layout0.1 a, i`
    pub fn lower_array_load(&mut self, leaf: Leaf, array: Value, index: Value, counting: Counting) -> ir::Value {
        let place = self.leaf_of_element(leaf, array, index);
        self.load_leaf(self.mem_ty(leaf), place, counting)
    }

    /// `box_load layout0.1 a`
    pub fn lower_box_load(&mut self, leaf: Leaf, object: Value, counting: Counting) -> ir::Value {
        let place = self.leaf_of_box(leaf, object, Part::Content);
        self.load_leaf(self.mem_ty(leaf), place, counting)
    }

    fn leaf_of_box(&self, leaf: Leaf, object: Value, part: Part) -> Place {
        let offset = self.data_layout().box_header() + self.placement(leaf.layout).offsets[leaf.index as usize];
        Place { base: self.value(object), offset, part }
    }

    /// `cell_get layout0.1 a`
    pub fn lower_cell_get(&mut self, leaf: Leaf, cell: Value) -> ir::Value {
        let place = self.leaf_of_box(leaf, cell, Part::Cell);
        self.load_leaf(self.mem_ty(leaf), place, Counting::Retain)
    }

    /// `cell_set layout0.1 a, b`
    pub fn lower_cell_set(&mut self, leaf: Leaf, cell: Value, value: Value) {
        let place = self.leaf_of_box(leaf, cell, Part::Cell);
        let value = self.value(value);
        self.store_leaf(self.mem_ty(leaf), place, value);
    }

    /// `cell_replace layout0.1 a, b`
    pub fn lower_cell_replace(&mut self, leaf: Leaf, cell: Value, value: Value) -> ir::Value {
        let place = self.leaf_of_box(leaf, cell, Part::Cell);
        let old = self.load_leaf(self.mem_ty(leaf), place, Counting::Borrow);
        let value = self.value(value);
        self.store_leaf(self.mem_ty(leaf), place, value);
        old
    }

    /// `array_store layout0.1 a, i, b`
    pub fn lower_array_store(&mut self, leaf: Leaf, array: Value, index: Value, value: Value) {
        let place = self.leaf_of_element(leaf, array, index);
        let value = self.value(value);
        self.store_leaf(self.mem_ty(leaf), place, value);
    }

    /// `array_replace layout0.1 a, i, b`
    pub fn lower_array_replace(&mut self, leaf: Leaf, array: Value, index: Value, value: Value) -> ir::Value {
        let place = self.leaf_of_element(leaf, array, index);
        let old = self.load_leaf(self.mem_ty(leaf), place, Counting::Borrow);
        let value = self.value(value);
        self.store_leaf(self.mem_ty(leaf), place, value);
        old
    }

    /// `array_unique_at layout0.1 a, i`
    pub fn lower_array_unique_at(&mut self, leaf: Leaf, array: Value, index: Value) -> ir::Value {
        let place = self.leaf_of_element(leaf, array, index);
        let inner = self.load_leaf(self.mem_ty(leaf), place, Counting::Borrow);
        let unique = self.emit_unique(inner);
        self.store_leaf(self.mem_ty(leaf), place, unique);
        unique
    }

    /// `array_unique layout0 a`
    pub fn lower_array_unique(&mut self, array: Value) -> ir::Value {
        let array = self.value(array);
        self.emit_unique(array)
    }

    /// `array_lit layout0 (a, b, c, d)`
    pub fn lower_array_lit(&mut self, layout: LayoutId, leaves: &[Value]) -> ir::Value {
        let n_leaves = self.input.program.layouts[layout].leaves.len();
        let n = self.cursor.ins().iconst(types::I64, (leaves.len() / n_leaves) as i64);
        let desc = self.layout_address(layout);
        let call = self.emit_runtime_call(RtFn::ArrayNew, &[desc, n, n]);
        let array = self.cursor.func.dfg.first_result(call);
        let (start, stride) = (self.data_layout().array_header(), self.placement(layout).size);
        for (element, leaves) in leaves.chunks(n_leaves).enumerate() {
            self.fill(
                layout,
                Place { base: array, offset: start + element as u32 * stride, part: Part::Content },
                leaves,
            );
        }
        array
    }

    /// `box_new layout0 (a, b)`
    pub fn lower_box_new(&mut self, layout: LayoutId, leaves: &[Value]) -> ir::Value {
        let desc = self.layout_address(layout);
        let call = self.emit_runtime_call(RtFn::BoxNew, &[desc]);
        let object = self.cursor.func.dfg.first_result(call);
        self.fill(layout, Place { base: object, offset: self.data_layout().box_header(), part: Part::Content }, leaves);
        object
    }

    /// `array_push layout0 a (b, c)`
    pub fn lower_array_push(&mut self, layout: LayoutId, array: Value, leaves: &[Value]) -> ir::Value {
        let array = self.value(array);
        let array = match self.input.target.small_code {
            true => self.emit_grow(array, layout),
            false => self.emit_room(array, layout),
        };
        let len = self.load_length(array);
        let base = self.element_address(array, len, self.placement(layout).size);
        self.fill(layout, Place { base, offset: self.data_layout().array_header(), part: Part::Content }, leaves);
        let more = self.cursor.ins().iadd_imm_s(len, 1);
        let (flags, offset) = (self.heap_flags(Part::Length), self.data_layout().array_len() as i32);
        self.cursor.ins().store(flags, more, array, offset);
        array
    }

    /// The array with room for one more element.
    fn emit_room(&mut self, array: ir::Value, layout: LayoutId) -> ir::Value {
        let ready = self.new_block();
        let result = self.cursor.func.dfg.append_block_param(ready, self.input.target.pointer);
        let grow = self.new_cold_block();
        let alone = self.new_block();
        let is_unique = self.emit_is_unique(array);
        self.cursor.ins().brif(is_unique, alone, &[], grow, &[]);

        self.cursor.goto_bottom(alone);
        let len = self.load_length(array);
        let (flags, offset) = (self.heap_flags(Part::Length), self.data_layout().array_cap() as i32);
        let cap = self.cursor.ins().load(self.input.target.pointer, flags, array, offset);
        let has_room = self.cursor.ins().icmp(IntCC::UnsignedLessThan, len, cap);
        self.cursor.ins().brif(has_room, ready, &[BlockArg::Value(array)], grow, &[]);

        self.cursor.goto_bottom(grow);
        let grown = self.emit_grow(array, layout);
        self.cursor.ins().jump(ready, &[BlockArg::Value(grown)]);

        self.cursor.goto_bottom(ready);
        result
    }

    fn emit_grow(&mut self, array: ir::Value, layout: LayoutId) -> ir::Value {
        let desc = self.layout_address(layout);
        let call = self.emit_runtime_call(RtFn::ArrayGrow, &[array, desc]);
        self.cursor.func.dfg.first_result(call)
    }

    /// The array as the only reference to its object.
    fn emit_unique(&mut self, array: ir::Value) -> ir::Value {
        if self.input.target.small_code {
            let call = self.emit_runtime_call(RtFn::ArrayUnique, &[array]);
            return self.cursor.func.dfg.first_result(call);
        }
        let done = self.new_block();
        let result = self.cursor.func.dfg.append_block_param(done, self.input.target.pointer);
        let copy = self.new_cold_block();
        let is_unique = self.emit_is_unique(array);
        self.cursor.ins().brif(is_unique, done, &[BlockArg::Value(array)], copy, &[]);

        self.cursor.goto_bottom(copy);
        let call = self.emit_runtime_call(RtFn::ArrayUnique, &[array]);
        let copied = self.cursor.func.dfg.first_result(call);
        self.cursor.ins().jump(done, &[BlockArg::Value(copied)]);

        self.cursor.goto_bottom(done);
        result
    }

    fn load_length(&mut self, array: ir::Value) -> ir::Value {
        let (flags, offset) = (self.heap_flags(Part::Length), self.data_layout().array_len() as i32);
        self.cursor.ins().load(self.input.target.pointer, flags, array, offset)
    }

    fn layout_address(&mut self, layout: LayoutId) -> ir::Value {
        let data = self.input.declared.layouts[layout].expect("a layout in use is declared");
        self.address(data, 0)
    }

    fn leaf_of_element(&mut self, leaf: Leaf, array: Value, index: Value) -> Place {
        let placement = self.placement(leaf.layout);
        let (array, mut index) = (self.value(array), self.value(index));
        if self.input.target.pointer != types::I64 {
            index = self.cursor.ins().ireduce(self.input.target.pointer, index);
        }
        let base = self.element_address(array, index, placement.size);
        Place {
            base,
            offset: self.data_layout().array_header() + placement.offsets[leaf.index as usize],
            part: Part::Content,
        }
    }

    /// The address of an element, less the size of the header, which loads and stores add.
    fn element_address(&mut self, array: ir::Value, index: ir::Value, stride: u32) -> ir::Value {
        let distance = match stride {
            1 => index,
            _ if stride.is_power_of_two() => self.cursor.ins().ishl_imm_u(index, i64::from(stride.ilog2())),
            _ => self.cursor.ins().imul_imm_u(index, i64::from(stride)),
        };
        self.cursor.ins().iadd(array, distance)
    }

    /// Stores the leaves of a value.
    fn fill(&mut self, layout: LayoutId, place: Place, leaves: &[Value]) {
        let program = self.input.program;
        let placement = self.placement(layout);
        for ((&leaf, &ty), &offset) in leaves.iter().zip(&program.layouts[layout].leaves).zip(&placement.offsets) {
            let value = self.value(leaf);
            self.store_leaf(ty, Place { offset: place.offset + offset, ..place }, value);
        }
    }

    fn load_leaf(&mut self, ty: MemTy, place: Place, counting: Counting) -> ir::Value {
        let flags = self.heap_flags(place.part);
        let (base, offset) = (place.base, place.offset as i32);
        match ty {
            MemTy::I8 => self.cursor.ins().sload8(types::I64, flags, base, offset),
            MemTy::U8 => self.cursor.ins().uload8(types::I64, flags, base, offset),
            MemTy::I16 => self.cursor.ins().sload16(types::I64, flags, base, offset),
            MemTy::U16 => self.cursor.ins().uload16(types::I64, flags, base, offset),
            MemTy::I32 => self.cursor.ins().sload32(flags, base, offset),
            MemTy::U32 => self.cursor.ins().uload32(flags, base, offset),
            MemTy::I64 | MemTy::F64 | MemTy::F32 | MemTy::Bool | MemTy::Code => {
                let ty = self.input.target.value_type(ty.ty());
                self.cursor.ins().load(ty, flags, base, offset)
            }
            MemTy::Str | MemTy::Ref => {
                let object = self.cursor.ins().load(self.input.target.pointer, flags, base, offset);
                match counting {
                    Counting::Retain => self.emit_retain(object, ty.ty()),
                    Counting::Borrow => object,
                }
            }
        }
    }

    fn store_leaf(&mut self, ty: MemTy, place: Place, value: ir::Value) {
        let flags = self.heap_flags(place.part);
        let (base, offset) = (place.base, place.offset as i32);
        match ty {
            MemTy::I8 | MemTy::U8 => self.cursor.ins().istore8(flags, value, base, offset),
            MemTy::I16 | MemTy::U16 => self.cursor.ins().istore16(flags, value, base, offset),
            MemTy::I32 | MemTy::U32 => self.cursor.ins().istore32(flags, value, base, offset),
            MemTy::I64 | MemTy::F64 | MemTy::F32 | MemTy::Bool | MemTy::Code | MemTy::Str | MemTy::Ref => {
                self.cursor.ins().store(flags, value, base, offset)
            }
        };
    }
}
