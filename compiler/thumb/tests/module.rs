//! A program built against Cranelift's module trait: data that changes, data that does not, addresses in data, calls through
//! them, library calls.

mod harness;

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, MemFlagsData, Signature, UserFuncName, types};
use cranelift_codegen::isa::CallConv;
use cranelift_codegen::settings::{self, Flags};
use cranelift_module::{DataDescription, FuncId, Linkage, Module, ModuleError};
use harness::{link_and_run, targets};
use resilient_thumb::Target;
use resilient_thumb::isa::stand_in;
use resilient_thumb::module::ThumbModule;

fn new_module(target: Target) -> ThumbModule {
    ThumbModule::new(stand_in(Flags::new(settings::builder())).expect("built in"), target)
}

fn signature(params: usize, results: usize) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.resize(params, AbiParam::new(types::I32));
    signature.returns.resize(results, AbiParam::new(types::I32));
    signature
}

/// Defines a function with a body of one block.
fn define(module: &mut ThumbModule, id: FuncId, body: impl FnOnce(&mut ThumbModule, &mut FuncCursor<'_>)) {
    let signature = module.declarations().get_function_decl(id).signature.clone();
    let mut func = Function::with_name_signature(UserFuncName::user(0, id.as_u32()), signature);
    let block = func.dfg.make_block();
    for param in func.signature.params.clone() {
        func.dfg.append_block_param(block, param.value_type);
    }
    func.layout.append_block(block);
    let mut cursor = FuncCursor::new(&mut func);
    cursor.goto_bottom(block);
    body(module, &mut cursor);
    module.define_function(id, &mut Context::for_function(func)).unwrap_or_else(|error| panic!("{error:?}"));
}

/// `twice(x)`, a table that has its address, a counter, and `test(x)`, which counts and calls it through the table.
fn program(target: Target) -> Vec<u8> {
    let mut module = new_module(target);
    let twice = module.declare_function("twice", Linkage::Local, &signature(1, 1)).expect("declared");
    let test = module.declare_function("test", Linkage::Export, &signature(1, 1)).expect("declared");
    let c_add = module.declare_function("c_add", Linkage::Import, &signature(2, 1)).expect("declared");
    let counter = module.declare_data("counter", Linkage::Local, true, false).expect("declared");
    let zeros = module.declare_data("zeros", Linkage::Local, true, false).expect("declared");
    let table = module.declare_data("table", Linkage::Local, false, false).expect("declared");
    let anonymous = module.declare_anonymous_data(false, false).expect("declared");

    let mut data = DataDescription::new();
    data.define(100u32.to_le_bytes().into());
    module.define_data(counter, &data).expect("defined");
    let mut data = DataDescription::new();
    data.define_zeroinit(12);
    module.define_data(zeros, &data).expect("defined");
    let mut data = DataDescription::new();
    data.define(vec![7u8, 0, 0, 0, 9, 0, 0, 0].into());
    module.define_data(anonymous, &data).expect("defined");
    let mut data = DataDescription::new();
    data.define(vec![0; 8].into());
    let (func, value) =
        (module.declare_func_in_data(twice, &mut data), module.declare_data_in_data(anonymous, &mut data));
    data.write_function_addr(0, func);
    data.write_data_addr(4, value, 4);
    module.define_data(table, &data).expect("defined");

    define(&mut module, twice, |_, cursor| {
        let x = cursor.func.dfg.block_params(cursor.current_block().expect("a block"))[0];
        let sum = cursor.ins().iadd(x, x);
        cursor.ins().return_(&[sum]);
    });
    define(&mut module, test, |module, cursor| {
        let x = cursor.func.dfg.block_params(cursor.current_block().expect("a block"))[0];
        let flags = MemFlagsData::trusted();
        let counter = module.declare_data_in_func(counter, cursor.func);
        let counter = cursor.ins().symbol_value(types::I32, counter);
        let count = cursor.ins().load(types::I32, flags, counter, 0);
        let more = cursor.ins().iadd_imm_s(count, 1);
        cursor.ins().store(flags, more, counter, 0);
        let zeros = module.declare_data_in_func(zeros, cursor.func);
        let zeros = cursor.ins().symbol_value(types::I32, zeros);
        let zero = cursor.ins().load(types::I32, flags, zeros, 8);
        let table = module.declare_data_in_func(table, cursor.func);
        let table = cursor.ins().symbol_value(types::I32, table);
        let code = cursor.ins().load(types::I32, flags, table, 0);
        let nine = cursor.ins().load(types::I32, flags, table, 4);
        let nine = cursor.ins().load(types::I32, flags, nine, 0);
        let indirect = cursor.func.import_signature(signature(1, 1));
        let call = cursor.ins().call_indirect(indirect, code, &[x]);
        let doubled = cursor.func.dfg.first_result(call);
        let sum = cursor.ins().iadd(doubled, nine);
        let sum = cursor.ins().iadd(sum, zero);
        let c_add = module.declare_func_in_func(c_add, cursor.func);
        let call = cursor.ins().call(c_add, &[sum, more]);
        let result = cursor.func.dfg.first_result(call);
        let near = module.declare_func_in_func(twice, cursor.func);
        let address = cursor.ins().func_addr(types::I32, near);
        let same = cursor.ins().isub(address, code);
        let result = cursor.ins().iadd(result, same);
        cursor.ins().return_(&[result]);
    });
    assert_eq!(module.frames().len(), 2);
    module.finish().expect("written")
}

#[test]
fn data_and_addresses() {
    let c = format!(
        "{}extern uint32_t test(uint32_t); uint32_t c_add(uint32_t a, uint32_t b) {{ return a + b; }}\n\
         void program(void) {{ hex(test(5)); hex(test(1000)); }}",
        include_str!("harness/runtime.c")
    );
    for (name, target) in targets() {
        let output = link_and_run(&format!("module-{name}"), &program(target), &c, &target);
        assert_eq!(output, Ok(format!("{:016x}\n{:016x}\n", 19 + 101, 2009 + 102)), "{name}");
    }
}

#[test]
fn mistakes_are_errors() {
    let mut module = new_module(Target::cortex_m3());
    let import = module.declare_function("import", Linkage::Import, &signature(0, 0)).expect("declared");
    let own = module.declare_function("own", Linkage::Local, &signature(0, 0)).expect("declared");
    assert!(module.declare_data("local", Linkage::Local, true, true).is_err(), "thread-local data");
    define(&mut module, own, |_, cursor| {
        cursor.ins().return_(&[]);
    });
    let mut again = Context::new();
    assert!(matches!(module.define_function(own, &mut again), Err(ModuleError::DuplicateDefinition(_))));
    assert!(matches!(module.define_function(import, &mut again), Err(ModuleError::InvalidImportDefinition(_))));
    assert!(module.define_function_bytes(own, 4, &[0, 0], &[]).is_err());
}
