//! Calls of the program's functions and of runtime entries.

use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData};
use resilient_abi::RtFn;
use resilient_mir::ir::{FuncId, Inst, Loc, Value};

use crate::body::Body;
use crate::data::DataLayout;
use crate::signature::{
    AREA_STRIDE, Results, entry_signature, internal_signature, leak_check_signature, results_of, runtime_signature,
};
use crate::target::RuntimeDistance;

impl Body<'_> {
    /// `v.. = call fn0(a, ..)`
    pub fn lower_call(&mut self, inst: Inst, callee: FuncId, args: &[Value]) {
        let input = self.input;
        let func = &input.program.funcs[callee];
        let id = input.declared.funcs[callee].expect("a function that is called is not removed");
        let is_entry = callee == input.program.entry;
        let func_ref = self.func_ref(id, true, || match is_entry {
            true => entry_signature(input.target),
            false => internal_signature(func, input.target),
        });
        match results_of(func, input.target) {
            Results::InRegisters => {
                let args: Vec<_> = args.iter().map(|&v| self.value(v)).collect();
                let call = self.cursor.ins().call(func_ref, &args);
                let results = self.cursor.func.dfg.inst_results(call).to_vec();
                self.define_all(inst, &results);
            }
            Results::InArea { bytes } => {
                let area = self.callee_area(bytes);
                let args: Vec<_> = [area].into_iter().chain(args.iter().map(|&v| self.value(v))).collect();
                self.cursor.ins().call(func_ref, &args);
                let results: Vec<_> = (func.results.iter().enumerate())
                    .map(|(n, &ty)| {
                        let offset = n as i32 * AREA_STRIDE as i32;
                        self.cursor.ins().load(input.target.value_type(ty), MemFlagsData::trusted(), area, offset)
                    })
                    .collect();
                self.define_all(inst, &results);
            }
        }
    }

    /// `v = rt str_concat(a, b)`
    pub fn lower_call_rt(&mut self, inst: Inst, entry: RtFn, args: &[Value], loc: Option<Loc>) {
        let call = self.call_runtime(entry, args, loc);
        let results = self.cursor.func.dfg.inst_results(call).to_vec();
        self.define_all(inst, &results);
    }

    /// A call of a runtime entry, with its site if it takes one.
    pub fn call_runtime(&mut self, entry: RtFn, args: &[Value], loc: Option<Loc>) -> ir::Inst {
        let mut args: Vec<_> = args.iter().map(|&v| self.value(v)).collect();
        if entry.sig().faults {
            args.push(self.site(loc));
        }
        self.emit_runtime_call(entry, &args)
    }

    /// A call of a runtime entry with ready arguments.
    pub fn emit_runtime_call(&mut self, entry: RtFn, args: &[ir::Value]) -> ir::Inst {
        let target = self.input.target;
        let id = self.input.declared.runtime[entry as usize].expect("a runtime entry in use is declared");
        let near = target.runtime == RuntimeDistance::Near;
        let func_ref = self.func_ref(id, near, || runtime_signature(entry, target));
        self.cursor.ins().call(func_ref, args)
    }

    /// Calls the check for objects that were not released, in programs that are built so.
    pub fn emit_leak_check(&mut self) {
        let input = self.input;
        let Some(check) = input.declared.leak_check else { return };
        let globals = match input.declared.counted_globals {
            Some(data) => self.address(data, 0),
            None => self.cursor.ins().iconst(input.target.pointer, 0),
        };
        let func_ref = self.func_ref(check, true, || leak_check_signature(input.target));
        self.cursor.ins().call(func_ref, &[globals]);
    }

    /// The address of a site; null where there is none.
    fn site(&mut self, loc: Option<Loc>) -> ir::Value {
        let sites = &self.input.declared.sites;
        let entry = loc.and_then(|loc| sites.data.zip(sites.index.get(&loc)));
        match entry {
            Some((data, &number)) => {
                let offset = number as i64 * i64::from(DataLayout::new(self.input.target).site_size());
                self.address(data, offset)
            }
            None => self.cursor.ins().iconst(self.input.target.pointer, 0),
        }
    }
}
