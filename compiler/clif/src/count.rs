//! Reference counts.
//!
//! The count is the first word of an object. Literals are marked by its top bit and live in read-only memory, so they
//! must not be written to. For speed the counts are changed in line:
//!
//! ```text
//! retain v:    n = load v; if n < 0 goto done         release v:   n = load v; if n <= 1 goto slow (cold)
//!              store n + 1, v                                      store n - 1, v
//! done:                                               done:        ...
//!                                                     slow:        if n >= 0 then str_release(v); goto done
//! ```
//!
//! For size they are calls.

use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData};
use resilient_abi::RtFn;

use crate::body::Body;

/// Offset of the count in every counted object.
const COUNT_OFFSET: i32 = 0;

impl Body<'_> {
    /// One more reference to `object`; gives the object.
    pub fn emit_retain(&mut self, object: ir::Value) -> ir::Value {
        if self.input.target.small_code {
            let call = self.emit_runtime_call(RtFn::StrRetain, &[object]);
            return self.cursor.func.dfg.first_result(call);
        }
        let done = self.new_block();
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

    /// One reference to `object` less; the last one frees it.
    pub fn emit_release(&mut self, object: ir::Value) {
        if self.input.target.small_code {
            self.emit_runtime_call(RtFn::StrRelease, &[object]);
            return;
        }
        let done = self.new_block();
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
        self.emit_runtime_call(RtFn::StrRelease, &[object]);
        self.cursor.ins().jump(done, &[]);

        self.cursor.goto_bottom(done);
    }

    fn load_count(&mut self, object: ir::Value) -> ir::Value {
        let pointer = self.input.target.pointer;
        self.cursor.ins().load(pointer, MemFlagsData::trusted(), object, COUNT_OFFSET)
    }

    fn store_count(&mut self, object: ir::Value, count: ir::Value) {
        self.cursor.ins().store(MemFlagsData::trusted(), count, object, COUNT_OFFSET);
    }
}
