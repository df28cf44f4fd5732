//! Calls of the program's functions and of runtime entries.

use cranelift_codegen::ir::{self, FuncRef, InstBuilder, MemFlagsData};
use resilient_abi::RtFn;
use resilient_mir::ir::{FuncId, Inst, Loc, SigId, Ty, Value};

use crate::body::Body;
use crate::data::DataLayout;
use crate::signature::{
    AREA_STRIDE, Results, entry_signature, internal_signature, leak_check_signature, results_of, runtime_signature,
};
use crate::target::RuntimeDistance;

impl Body<'_> {
    /// `v.. = call fn0(a, ..)`
    pub fn lower_call(&mut self, inst: Inst, callee: FuncId, args: &[Value], loc: Option<Loc>) {
        let func = &self.input.program.funcs[callee];
        let func_ref = self.program_func_ref(callee);
        let site = func.takes_site.then(|| self.site(loc));
        self.emit_call(inst, args, site, &func.results, |body, args| body.cursor.ins().call(func_ref, args));
    }

    /// `v.. = call_indirect sig0 a (b, ..)`
    pub fn lower_call_indirect(&mut self, inst: Inst, sig: SigId, code: Value, args: &[Value]) {
        let results = &self.input.program.sigs[sig].results;
        let (sig_ref, code) = (self.sig_ref(sig), self.value(code));
        let call = |body: &mut Self, args: &[_]| body.cursor.ins().call_indirect(sig_ref, code, args);
        self.emit_call(inst, args, None, results, call);
    }

    /// `v = func_addr fn0`
    pub fn lower_func_addr(&mut self, callee: FuncId) -> ir::Value {
        let func_ref = self.program_func_ref(callee);
        self.cursor.ins().func_addr(self.input.target.pointer, func_ref)
    }

    fn program_func_ref(&mut self, callee: FuncId) -> FuncRef {
        let input = self.input;
        let id = input.declared.funcs[callee].expect("a function in use is not removed");
        self.func_ref(id, true, || match callee == input.program.entry {
            true => entry_signature(input.target),
            false => internal_signature(&input.program.funcs[callee], input.target),
        })
    }

    /// Makes a call of a function of the program with `call`, and defines the results of `inst`.
    fn emit_call(
        &mut self,
        inst: Inst,
        args: &[Value],
        site: Option<ir::Value>,
        results: &[Ty],
        call: impl FnOnce(&mut Self, &[ir::Value]) -> ir::Inst,
    ) {
        let target = self.input.target;
        let area = match results_of(results, target) {
            Results::InRegisters => None,
            Results::InArea { bytes } => Some(self.callee_area(bytes)),
        };
        let args: Vec<_> = area.into_iter().chain(args.iter().map(|&v| self.value(v))).chain(site).collect();
        let call = call(self, &args);
        let values: Vec<_> = match area {
            None => self.cursor.func.dfg.inst_results(call).to_vec(),
            Some(area) => (results.iter().enumerate())
                .map(|(n, &ty)| {
                    let offset = n as i32 * AREA_STRIDE as i32;
                    self.cursor.ins().load(target.value_type(ty), MemFlagsData::trusted(), area, offset)
                })
                .collect(),
        };
        self.define_all(inst, &values);
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
        if entry.sig().sited {
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
        if let (Some(Loc::Caller), Some(site)) = (loc, self.caller_site) {
            return site;
        }
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
