//! Programs that work with objects.

mod closures;
mod programs;

use resilient_mir::read::read_module;
use resilient_runtime::heap::live_objects;

#[test]
fn programs_give_their_status_and_free_all() {
    for &(name, text, expected) in programs::PROGRAMS.iter().chain(closures::PROGRAMS) {
        let module = read_module(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let errors = resilient_mir::verify::verify_module(&module);
        assert!(errors.is_ok(), "{name}: {errors:?}");
        let program = resilient_vm::compile(&module).expect("within limits");
        let before = live_objects();
        let status = program.run();
        assert_eq!(status, expected, "{name}\n{}", resilient_vm::disassemble(&program));
        assert_eq!(live_objects(), before, "{name}: not all objects were freed");
    }
}
