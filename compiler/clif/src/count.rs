//! Reference counts.
//!
//! The count is 32 bits at the start of every object. Literals and other static objects are marked by its top bit and live
//! in read-only memory, so they must not be written to. For speed the counts are changed in line:
//!
//! ```text
//! retain v:    n = load v; if n < 0 goto done         release v:   n = load v; if n <= 1 goto slow (cold)
//!              store n + 1, v                                      store n - 1, v
//! done:                                               done:        ...
//!                                                     slow:        if n >= 0 then str_release(v); goto done
//! ```
//!
//! A `ref` may be null, which is tested before. For size they are calls.

use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use resilient_abi::RtFn;
use resilient_mir::ir::Ty;

use crate::body::Body;
use crate::heap::Part;

/// Offset of the count in every counted object.
const COUNT_OFFSET: i32 = 0;

impl Body<'_> {
    /// One more reference to `object` of type `ty`; gives the object.
    pub fn emit_retain(&mut self, object: ir::Value, ty: Ty) -> ir::Value {
        if self.input.target.small_code {
            let call = self.emit_runtime_call(retain_entry(ty), &[object]);
            return self.cursor.func.dfg.first_result(call);
        }
        let done = self.new_block();
        self.skip_null(object, ty, done);
        let counted = self.new_block();
        let count = self.load_count(object);
        let immortal = self.cursor.ins().icmp_imm_s(IntCC::SignedLessThan, count, 0);
        self.cursor.ins().brif(immortal, done, &[], counted, &[]);

        self.cursor.goto_bottom(counted);
        let more = self.cursor.ins().iadd_imm_s(count, 1);
        self.store_count(object, more);
        self.cursor.ins().jump(done, &[]);

        self.cursor.goto_bottom(done);
        object
    }

    /// One reference to `object` of type `ty` less; the last one frees it.
    pub fn emit_release(&mut self, object: ir::Value, ty: Ty) {
        if self.input.target.small_code {
            self.emit_runtime_call(release_entry(ty), &[object]);
            return;
        }
        let done = self.new_block();
        self.skip_null(object, ty, done);
        let last = self.new_cold_block();
        let slow = self.new_cold_block();
        let shared = self.new_block();
        let count = self.load_count(object);
        let is_slow = self.cursor.ins().icmp_imm_s(IntCC::SignedLessThanOrEqual, count, 1);
        self.cursor.ins().brif(is_slow, slow, &[], shared, &[]);

        self.cursor.goto_bottom(shared);
        let less = self.cursor.ins().iadd_imm_s(count, -1);
        self.store_count(object, less);
        self.cursor.ins().jump(done, &[]);

        self.cursor.goto_bottom(slow);
        let immortal = self.cursor.ins().icmp_imm_s(IntCC::SignedLessThan, count, 0);
        self.cursor.ins().brif(immortal, done, &[], last, &[]);

        self.cursor.goto_bottom(last);
        self.emit_runtime_call(release_entry(ty), &[object]);
        self.cursor.ins().jump(done, &[]);

        self.cursor.goto_bottom(done);
    }

    /// Goes to `done` if the object is null.
    fn skip_null(&mut self, object: ir::Value, ty: Ty, done: ir::Block) {
        if ty != Ty::Str {
            let there = self.new_block();
            self.cursor.ins().brif(object, there, &[], done, &[]);
            self.cursor.goto_bottom(there);
        }
    }

    /// Whether the reference to `object`, which is not null, is the only one.
    pub fn emit_is_unique(&mut self, object: ir::Value) -> ir::Value {
        let count = self.load_count(object);
        self.cursor.ins().icmp_imm_s(IntCC::Equal, count, 1)
    }

    fn load_count(&mut self, object: ir::Value) -> ir::Value {
        let flags = self.heap_flags(Part::Count);
        self.cursor.ins().load(types::I32, flags, object, COUNT_OFFSET)
    }

    fn store_count(&mut self, object: ir::Value, count: ir::Value) {
        let flags = self.heap_flags(Part::Count);
        self.cursor.ins().store(flags, count, object, COUNT_OFFSET);
    }
}

/// The runtime entry that retains a value of a counted type.
pub(crate) fn retain_entry(ty: Ty) -> RtFn {
    if ty == Ty::Str { RtFn::StrRetain } else { RtFn::RefRetain }
}

/// The runtime entry that releases a value of a counted type.
pub(crate) fn release_entry(ty: Ty) -> RtFn {
    if ty == Ty::Str { RtFn::StrRelease } else { RtFn::RefRelease }
}
