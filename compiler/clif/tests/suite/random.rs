//! Random MIR, compiled at all levels and run by a plain evaluator, the ones the virtual machine is tested with.

#[path = "../../../vm/tests/random/evaluator.rs"]
mod evaluator;
#[path = "../../../vm/tests/random/generator.rs"]
pub mod generator;

use self::evaluator::Evaluator;
use self::generator::{FUEL, Random, module};
use crate::common::{LEVELS, options};
use resilient_clif::jit::JitProgram;
use resilient_runtime::entry;
use resilient_runtime::heap::live_objects;

fn check(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let module = module(&mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1));
        let globals = vec![FUEL as u64, 7];
        let expected = Evaluator::new(&module, globals).call(module.entry, &[])[0] as i64;
        for level in LEVELS {
            let program = JitProgram::compile(&module, &options(level), entry::address)
                .unwrap_or_else(|error| panic!("seed {seed} at {level:?}: {}", error.message));
            let before = live_objects();
            let status = resilient_runtime::stack::run_on_program_stack(16 << 20, || program.run());
            let text = || resilient_mir::print::print_module(&module);
            assert_eq!(status, expected, "seed {seed} at {level:?}\n{}", text());
            assert_eq!(live_objects(), before, "seed {seed} at {level:?}: not all objects were freed");
        }
    }
}

#[test]
fn compiled_code_and_evaluator_agree() {
    check(0..40);
}

#[test]
#[ignore = "takes minutes"]
fn compiled_code_and_evaluator_agree_for_long() {
    check(40..2_000);
}
