//! What stands in object files.

use crate::common::{LEVELS, module, options};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};
use resilient_clif::compile_object;

const PROGRAM: &str = r#"
    file0 = "p.rz"
    str0 = "used"
    str1 = "unused"
    g0 "counter": i64 = 0
    g1 "start": i64 = 5
    entry fn0
    fn0 "main"() -> i64 {
    block0:
        v0: str = sconst str0
        rt print_str(v0)
        v1: i64 = global_get g1
        global_set g0, v1
        v2: i64 = call fn1(v1)
        return v2
    }
    fn1 "checked"(i64) -> i64 {
    block0(v0: i64):
        v1: i64 = iconst 0
        v2: bool = icmp eq v0, v1
        branch v2, block1, block2
    block1:
        noreturn fault_division_by_zero() @ file0:3:5
    block2:
        v3: i64 = iconst 100
        v4: i64 = idiv v3, v0
        return v4
    }
    fn2 "gone"() removed
"#;

#[test]
fn symbols() {
    let bytes = compile_object(&module(PROGRAM), &options(LEVELS[1])).expect("compiles");
    let file = object::File::parse(&*bytes).expect("an object file");
    let names = |want: fn(&object::Symbol<'_, '_>) -> bool| {
        let mut names: Vec<_> = file.symbols().filter(want).map(|s| s.name().unwrap_or("?").to_owned()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(|s| s.is_global() && s.is_definition()), ["resilient_program"]);
    assert_eq!(names(|s| s.is_undefined()), ["resilient_fault_division_by_zero", "resilient_print_str"]);
    let local = names(|s| s.is_local() && s.is_definition());
    assert_eq!(local, ["files", "fn1.checked", "g0.counter", "g1.start", "sites", "str0"]);
}

/// One object for a function value that captures nothing, wherever it is made.
#[test]
fn function_values_are_constant() {
    let text = r#"
        layout0 = (code)
        sig0 = (i64, ref borrowed) -> i64
        entry fn0
        fn0 "main"() -> i64 {
        block0:
            v0: code = func_addr fn1
            v1: ref = box_new layout0 (v0)
            v2: ref = box_new layout0 (v0)
            v3: code = box_load layout0.0 v1
            v4: i64 = iconst 5
            v5: i64 = call_indirect sig0 v3 (v4, v2)
            release v1
            release v2
            return v5
        }
        fn1 "same"(i64, ref borrowed) -> i64 {
        block0(v0: i64, v1: ref):
            return v0
        }"#;
    for level in LEVELS {
        let bytes = compile_object(&module(text), &options(level)).expect("compiles");
        let file = object::File::parse(&*bytes).expect("an object file");
        let names: Vec<_> = file.symbols().filter_map(|symbol| symbol.name().ok()).collect();
        assert_eq!(names.iter().filter(|name| **name == "fn1.same.value.layout0").count(), 1, "{names:?}");
        assert!(!names.contains(&"resilient_box_new"), "{names:?}");
    }
}

#[test]
fn only_code_and_data() {
    let bytes = compile_object(&module(PROGRAM), &options(LEVELS[1])).expect("compiles");
    let file = object::File::parse(&*bytes).expect("an object file");
    let text = file.sections().filter(|s| s.kind() == SectionKind::Text).count();
    assert_eq!(text, 2, "a section per function");
    for section in file.sections() {
        let name = section.name().expect("a name");
        assert!(![".eh_frame", ".comment"].contains(&name), "{name}");
    }
    let counter = file.symbol_by_name("g0.counter").and_then(|s| s.section_index()).expect("a section");
    assert_eq!(file.section_by_index(counter).expect("there").kind(), SectionKind::UninitializedData);
}

/// Nothing needs a table of the dynamic linker.
#[test]
fn relocations_are_direct() {
    let bytes = compile_object(&module(PROGRAM), &options(LEVELS[1])).expect("compiles");
    let file = object::File::parse(&*bytes).expect("an object file");
    for section in file.sections() {
        for (_, relocation) in section.relocations() {
            let kind = relocation.kind();
            let direct = matches!(
                kind,
                object::RelocationKind::Relative
                    | object::RelocationKind::Absolute
                    | object::RelocationKind::PltRelative
            );
            assert!(direct, "{kind:?} in {:?}", section.name());
        }
    }
}

#[test]
fn output_is_deterministic() {
    let mut text = "entry fn0\nfile0 = \"f\"\n".to_owned();
    for n in 0..300 {
        text += &format!(
            "fn{n} \"f\"() -> i64 {{\nblock0:\nv0: f64 = fconst {n}.5\nv1: i64 = rt float_to_int(v0) @ file0:{n}:1\n
             v2: i64 = iconst {n}\nv3: i64 = imul v1, v2\nv4: i64 = iadd v3, v2\nv5: i64 = iadd v4, v1\nv6: i64 = isub v5, v3\n
             v7: i64 = ixor v6, v2\nreturn v7\n}}\n"
        );
    }
    let program = module(&text);
    for level in LEVELS {
        let first = compile_object(&program, &options(level)).expect("compiles");
        for _ in 0..3 {
            assert!(first == compile_object(&program, &options(level)).expect("compiles"), "{level:?}");
        }
    }
}
