//! The passes in their order, by optimization level.
//!
//! In: a module that verifies. Out: one that means the same. Each level's order is plain code, with reasons. Every pass is
//! reported to the caller by name when it is done, which is how `--emit` shows the module between passes.

use crate::analysis::ownership::Signatures;
use crate::ir::{FuncId, Function, Module};
use crate::pass::inline::Budget;
use crate::pass::{
    accumulate, borrow_params, cells, cfg, checks, compact, copy_elision, dead_code, drop_sites, gvn, inline,
    known_requires, scalarize, simplify, supervise, unbox, uniqueness,
};
use crate::print::print_module;
use crate::verify::{verify_module, verify_scalarized};

/// How much to optimize.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OptLevel {
    /// For debugging and quick turnaround: only aggregates and what cannot be reached go.
    None,
    /// The passes that cost least and gain most.
    One,
    /// All.
    #[default]
    Two,
    /// All, but nothing that makes code larger.
    Size,
}

/// What one call costs, and so the size of a callee that is worth inlining whatever the circumstances.
const CALL_SIZE: u32 = 3;

/// The numbers are from measurements of small recursive and loop programs on x86-64, compile time included.
const BUDGET_SPEED: Budget =
    Budget { always: CALL_SIZE, callee: 30, single: 150, caller: 2000, own: 40, own_levels: 2, own_total: 120 };

const BUDGET_ONE: Budget =
    Budget { always: CALL_SIZE, callee: 8, single: 30, caller: 500, own: 0, own_levels: 0, own_total: 0 };

const BUDGET_SIZE: Budget = Budget {
    always: CALL_SIZE,
    callee: CALL_SIZE,
    single: u32::MAX,
    caller: u32::MAX,
    own: 0,
    own_levels: 0,
    own_total: 0,
};

/// A pass over one function; tells whether it changed.
type FunctionPass = fn(FuncId, &mut Function, &Signatures) -> bool;

/// Passes over functions, by name.
const FUNCTION_PASSES: [(&str, FunctionPass); 11] = [
    ("simplify", |_, func, _| simplify::run(func)),
    ("dead_code", |_, func, _| dead_code::run(func)),
    ("cfg", |_, func, _| cfg::run(func)),
    ("gvn", |_, func, signatures| gvn::run(func, signatures)),
    ("checks", |_, func, _| checks::run(func)),
    ("accumulate", |id, func, _| accumulate::run(id, func)),
    ("unbox", |_, func, _| unbox::run(func)),
    ("cells", |_, func, _| cells::run(func)),
    ("copy_elision", |_, func, signatures| copy_elision::run(func, signatures)),
    ("uniqueness", |_, func, _| uniqueness::run(func)),
    ("compact", |_, func, _| {
        compact::run(func);
        true
    }),
];

/// Optimizes a module. With `verify`, it is checked after each pass, and a pass that broke it is a mistake of the compiler
/// that stops it. `on_pass` is called after each pass.
///
/// # Panics
///
/// Only with `verify`: if the module does not verify after a pass.
pub fn optimize(module: &mut Module, level: OptLevel, verify: bool, on_pass: &mut dyn FnMut(&str, &Module)) {
    if verify && let Err(errors) = verify_module(module) {
        panic!("the module does not verify when it is built:\n{errors}\n\n{}", print_module(module));
    }
    // Before anything else: no other pass knows handlers, nor aggregates.
    supervise::run(module);
    scalarize::run(module);
    let mut pipeline = Pipeline { signatures: Signatures::new(module), module, verify, on_pass };
    pipeline.done("scalarize");
    match level {
        OptLevel::None => pipeline.none(),
        OptLevel::One => pipeline.one(),
        OptLevel::Two => pipeline.all(&BUDGET_SPEED),
        OptLevel::Size => pipeline.all(&BUDGET_SIZE),
    }
}

/// Runs the pass with this name, as tests do; false if there is none. Inlining has the budget of the default level.
pub fn run_pass(name: &str, module: &mut Module) -> bool {
    if name == "scalarize" {
        scalarize::run(module);
        return true;
    }
    if name == "supervise" {
        supervise::run(module);
        return true;
    }
    if name == "drop_sites" {
        drop_sites::run(module);
        return true;
    }
    if name == "borrow_params" {
        borrow_params::run(module);
        return true;
    }
    if name == "known_requires" {
        known_requires::run(module);
        return true;
    }
    if name == "inline" {
        inline::run(module, &BUDGET_SPEED, &mut |_| false);
        return true;
    }
    let Some((_, pass)) = FUNCTION_PASSES.iter().find(|(found, _)| *found == name) else {
        return false;
    };
    let signatures = Signatures::new(module);
    for (id, func) in module.funcs.iter_mut().filter(|(_, func)| !func.is_removed()) {
        pass(id, func, &signatures);
    }
    true
}

struct Pipeline<'m, 'o> {
    module: &'m mut Module,
    signatures: Signatures,
    verify: bool,
    on_pass: &'o mut dyn FnMut(&str, &Module),
}

impl Pipeline<'_, '_> {
    fn none(&mut self) {
        inline::remove_unused(self.module);
        self.done("remove_unused");
    }

    fn one(&mut self) {
        // Functions that nobody calls would only cost time.
        inline::remove_unused(self.module);
        self.done("remove_unused");
        self.each("clean", |_, func, signatures| clean(func, signatures) | open(func, signatures));
        self.inline(&BUDGET_ONE);
        self.elide_copies();
        self.discharge();
        self.finish();
    }

    fn all(&mut self, budget: &Budget) {
        inline::remove_unused(self.module);
        self.done("remove_unused");
        // Sizes of functions and facts about their calls are judged on clean code.
        self.each("clean", |_, func, signatures| clean(func, signatures) | open(func, signatures));
        // Before inlining: the calls that become loops are gone then, and what is inlined has the loops.
        self.each("accumulate", |id, func, signatures| accumulate::run(id, func) && clean(func, signatures));
        self.inline(budget);
        self.elide_copies();
        self.discharge();
        self.finish();
    }

    fn inline(&mut self, budget: &Budget) {
        let signatures = &self.signatures;
        inline::run(self.module, budget, &mut |func| {
            clean(func, signatures);
            open(func, signatures)
        });
        self.done("inline");
    }

    /// After inlining, which shows both ends of a reference that was handed to a call.
    fn elide_copies(&mut self) {
        // Of the calls that are left, most only lend their arguments.
        if borrow_params::run(self.module) {
            self.signatures = Signatures::new(self.module);
        }
        self.done("borrow_params");
        self.each("copy_elision", |_, func, signatures| copy_elision::run(func, signatures));
        // Calls that only borrow a function value or cell were in the way before.
        self.each("open", |_, func, signatures| {
            let opened = open(func, signatures);
            opened && copy_elision::run(func, signatures)
        });
        // Of arrays that nothing retains any more. The values that stood for one array become one.
        self.each("uniqueness", |_, func, signatures| uniqueness::run(func) && clean(func, signatures));
    }

    /// After all that learns from checks.
    fn discharge(&mut self) {
        for id in known_requires::run(self.module) {
            clean(&mut self.module.funcs[id], &self.signatures);
        }
        self.done("known_requires");
    }

    /// What earlier passes have left behind goes at the end, once.
    fn finish(&mut self) {
        self.each("dead_code", |_, func, _| dead_code::run(func));
        inline::remove_unused(self.module);
        self.done("remove_unused");
        drop_sites::run(self.module);
        self.done("drop_sites");
        self.each("compact", |_, func, _| {
            compact::run(func);
            true
        });
    }

    fn each(&mut self, name: &str, pass: FunctionPass) {
        for (id, func) in self.module.funcs.iter_mut().filter(|(_, func)| !func.is_removed()) {
            pass(id, func, &self.signatures);
        }
        self.done(name);
    }

    fn done(&mut self, name: &str) {
        if self.verify
            && let Err(errors) = verify_scalarized(self.module)
        {
            panic!("the module does not verify after `{name}`:\n{errors}\n\n{}", print_module(self.module));
        }
        (self.on_pass)(name, self.module);
    }
}

/// Does away with the boxes and cells that a function does not need, as far as inlining has shown; tells whether it did.
fn open(func: &mut Function, signatures: &Signatures) -> bool {
    if !unbox::has_work(func) {
        return false;
    }
    let unboxed = unbox::run(func);
    // A cell that a closure captured had a reference in its box.
    copy_elision::run(func, signatures);
    let opened = cells::run(func) || unboxed;
    if opened {
        clean(func, signatures);
    }
    opened
}

/// The passes over one function that feed each other.
fn clean(func: &mut Function, signatures: &Signatures) -> bool {
    // Constants show which branches go one way, and what is left can be merged into longer blocks; in these, values are
    // found equal; equal values decide checks. Checks that went are branches that go one way again, hence once more.
    let mut changed = simplify::run(func);
    changed |= cfg::run(func);
    changed |= gvn::run(func, signatures);
    if checks::run(func) {
        changed = true;
        simplify::run(func);
        cfg::run(func);
    }
    // Last: the others leave instructions that nothing uses.
    changed |= dead_code::run(func);
    // Parameters that went may leave blocks with nothing but a jump.
    changed | cfg::run(func)
}
