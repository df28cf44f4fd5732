//! Programs that work with objects, the same as for the virtual machine.

#[path = "../../../vm/tests/objects/closures.rs"]
mod closures;
#[path = "../../../vm/tests/objects/programs.rs"]
mod programs;

use crate::common::{LEVELS, module, options};
use resilient_clif::jit::JitProgram;
use resilient_runtime::entry;
use resilient_runtime::heap::live_objects;

#[test]
fn programs_give_their_status_and_free_all() {
    for &(name, text, expected) in programs::PROGRAMS.iter().chain(closures::PROGRAMS) {
        for level in LEVELS {
            let program = JitProgram::compile(&module(text), &options(level), entry::address).expect("compiles");
            let before = live_objects();
            let status = resilient_runtime::stack::run_on_program_stack(16 << 20, || program.run());
            assert_eq!(status, expected, "{name} at {level:?}");
            assert_eq!(live_objects(), before, "{name} at {level:?}: not all objects were freed");
        }
    }
}
