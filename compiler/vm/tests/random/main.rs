//! Random MIR, run by the virtual machine and by a plain evaluator: both must agree.

mod evaluator;
mod generator;

use evaluator::Evaluator;
use generator::{FUEL, Random, module};

/// Runs modules made from these seeds both ways; gives the number of listings that use far words of windows.
fn check(seeds: std::ops::Range<u64>) -> usize {
    let mut n_far = 0;
    for seed in seeds {
        let module = module(&mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1));
        let globals = vec![FUEL as u64, 7];
        let expected = Evaluator::new(&module, globals).call(module.entry, &[])[0] as i64;
        let program = resilient_vm::compile(&module).expect("within limits");
        let listing = || resilient_vm::disassemble(&program);
        let text = || resilient_mir::print::print_module(&module);
        let live = resilient_runtime::heap::live_objects();
        assert_eq!(program.run(), expected, "seed {seed}\n{}\n{}", text(), listing());
        assert_eq!(resilient_runtime::heap::live_objects(), live, "seed {seed}: not all objects were freed");
        n_far += listing().contains("load_far") as usize;
    }
    n_far
}

#[test]
fn machine_and_evaluator_agree() {
    let n_far = check(0..300);
    assert!(n_far > 5, "only {n_far} programs had windows of more than 256 words");
}

#[test]
#[ignore = "takes minutes"]
fn machine_and_evaluator_agree_for_long() {
    check(300..20_000);
}
