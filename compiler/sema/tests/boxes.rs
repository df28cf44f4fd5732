//! Which enums are stored by reference: those whose values contain values of their own type without an array between.

mod common;

/// The names of the enums of `source`, each with whether it is boxed.
fn boxes(source: &str) -> Vec<(String, bool)> {
    common::with_program(source, |_, _, program| {
        let program = program.expect("the program is accepted");
        program.types.enums.values().map(|def| (def.name.to_string(), def.boxed)).collect()
    })
}

fn boxed(source: &str, name: &str) -> bool {
    let found = boxes(source);
    found.iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("{name} is not among {found:?}")).1
}

#[test]
fn direct_recursion() {
    let source = "enum List { Cons(int, List), Nil } println(List::Nil);";
    assert!(boxed(source, "List"));
}

#[test]
fn recursion_through_a_struct_boxes_what_lies_on_the_way() {
    let source = "struct Node { int value, Option<Node> next, }\nprintln(new Node { value: 1, next: None });";
    assert!(boxed(source, "Option"));
}

#[test]
fn an_array_between_is_reference_enough() {
    let source = "enum Tree { Leaf, Branch(array<Tree>) } println(Tree::Leaf);";
    assert!(!boxed(source, "Tree"));
}

#[test]
fn containing_a_boxed_enum_is_no_reason() {
    let source = "enum List { Cons(int, List), Nil }\nenum Holder { One(List), None(int) }\nprintln(Holder::None(1));";
    assert!(boxed(source, "List") && !boxed(source, "Holder"));
}

#[test]
fn instances_are_judged_one_by_one() {
    let source = "enum Chain<T> { End, Link(T, Option<Chain<T>>) }\nprintln(Chain::Link(1, None)); println(Some(2));";
    let found = boxes(source);
    assert_eq!(found.iter().filter(|(name, boxed)| name == "Option" && *boxed).count(), 1, "{found:?}");
    assert_eq!(found.iter().filter(|(name, boxed)| name == "Option" && !*boxed).count(), 1, "{found:?}");
}
