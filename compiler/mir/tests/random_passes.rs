//! Random functions of scalars mean the same before and after each pass and each level of the pipeline.
//!
//! A seeded generator makes modules of a few functions with loops, branches, checks that fault, prints and calls, some to
//! themselves. An evaluator that knows nothing of the passes runs them on edge values and records what can be seen:
//! prints, then the result, or the fault. Runs that take too long are cut off; of those nothing is compared but what they
//! had printed until the shorter one ended. The test also requires that enough runs end by themselves to mean anything.

#[path = "support/eval.rs"]
mod eval;
#[path = "support/generate.rs"]
mod generate;

use eval::{End, Run};
use resilient_mir::ir::{FuncId, Module};
use resilient_mir::pipeline::{self, OptLevel};
use resilient_mir::print::print_module;
use resilient_mir::read::read_module;
use resilient_mir::verify::verify_module;

const EDGES: [i64; 9] = [0, 1, 2, 3, 10, -1, -7, i64::MAX, i64::MIN];
/// By default; the environment variable `RESILIENT_RANDOM_MODULES` asks for more.
const N_MODULES: u64 = 60;
/// More for the changed module: passes may add a few instructions to a path.
const FUEL: u64 = 1_000;

fn runs(module: &Module, fuel: u64) -> Vec<Run> {
    let subject = FuncId::from_u32(generate::SUBJECT);
    let mut runs = Vec::new();
    for a in EDGES {
        for b in [EDGES[(a.unsigned_abs() % 9) as usize], 5] {
            runs.push(eval::run(module, subject, &[a, b], fuel));
        }
    }
    runs
}

/// Whether two runs look the same, as far as both got.
fn agree(before: &Run, after: &Run) -> bool {
    if before.end == End::OutOfFuel || after.end == End::OutOfFuel {
        let common = before.prints.len().min(after.prints.len());
        return before.prints[..common] == after.prints[..common];
    }
    before == after
}

fn check(seed: u64, what: &str, original: &str, expected: &[Run], change: impl Fn(&mut Module)) {
    let mut module = read_module(original).expect("it was printed");
    change(&mut module);
    if let Err(errors) = verify_module(&module) {
        panic!("seed {seed}: after {what}:\n{errors}\n{}\nfrom\n{original}", print_module(&module));
    }
    for (before, after) in expected.iter().zip(runs(&module, 4 * FUEL)) {
        assert!(
            agree(before, &after),
            "seed {seed}: {what} changes {before:?} to {after:?}\n{}\nfrom\n{original}",
            print_module(&module)
        );
    }
}

#[test]
fn passes_keep_the_meaning_of_random_functions() {
    const PASSES: [&str; 9] =
        ["simplify", "cfg", "gvn", "checks", "known_requires", "dead_code", "inline", "accumulate", "compact"];
    let mut n_ended = 0;
    let mut n_faults = 0;
    let mut n_runs = 0;
    let n_modules = std::env::var("RESILIENT_RANDOM_MODULES").ok().and_then(|n| n.parse().ok()).unwrap_or(N_MODULES);
    for seed in 1..=n_modules {
        let module = generate::module(seed);
        let original = print_module(&module);
        if let Err(errors) = verify_module(&module) {
            panic!("seed {seed}: the generator made a bad module:\n{errors}\n{original}");
        }
        let expected = runs(&module, FUEL);
        n_runs += expected.len();
        n_ended += expected.iter().filter(|run| run.end != End::OutOfFuel).count();
        n_faults += expected.iter().filter(|run| matches!(run.end, End::Fault(_))).count();
        for pass in PASSES {
            check(seed, pass, &original, &expected, |module| assert!(pipeline::run_pass(pass, module)));
        }
        for level in [OptLevel::None, OptLevel::One, OptLevel::Two, OptLevel::Size] {
            check(seed, &format!("{level:?}"), &original, &expected, |module| {
                pipeline::optimize(module, level, true, &mut |_, _| {});
            });
        }
    }
    assert!(n_ended * 2 > n_runs, "only {n_ended} of {n_runs} runs ended");
    assert!(n_faults * 50 > n_runs && n_faults * 4 < n_ended * 3, "{n_faults} of {n_ended} runs faulted");
}

#[test]
fn optimizing_twice_gives_the_same_text() {
    for seed in 1..=40 {
        let mut first = generate::module(seed);
        let mut second = generate::module(seed);
        pipeline::optimize(&mut first, OptLevel::Two, false, &mut |_, _| {});
        pipeline::optimize(&mut second, OptLevel::Two, false, &mut |_, _| {});
        assert_eq!(print_module(&first), print_module(&second), "seed {seed}");
    }
}
